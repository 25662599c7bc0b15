//! Whole scenarios: a world, what goes wrong in it, and what happens when.

use super::draw::Draw;
use super::faults::{faults, reply};
use super::{Reach, Waits};
use crate::scenario::{ClockNeed, Scenario, Step, Yes};
use imdspec_model::{Mode, Profile, Span, World};

/// The most faults in force at once.
const MOST_FAULTS: u32 = 3;
/// The most steps before the last.
const MOST_STEPS: u32 = 8;
/// The most rounds: each time something else is wrong.
const MOST_ROUNDS: u32 = 12;

/// A scenario drawn from bytes, of those that lie within `reach`.
///
/// Any bytes give one, and it is one that could be written down: [`Scenario::to_toml`] followed by
/// [`Scenario::parse`] gives it back, once it has a rule to exercise. No bytes give the healthy
/// service and one asking.
#[must_use]
pub fn scenario(bytes: &[u8], reach: Reach) -> Scenario {
    let draw = &mut Draw::new(bytes);
    let mut scenario = if in_rounds(draw, reach) {
        let world = world(draw);
        let steps = rounds(draw, reach, &world);
        Scenario {
            world,
            ..plain(steps)
        }
    } else {
        let faults = faults(draw, reach, MOST_FAULTS);
        let steps = steps(draw, reach);
        let world = World {
            faults,
            ..world(draw)
        };
        Scenario {
            world,
            ..plain(steps)
        }
    };
    scenario.clock = clock(&scenario);
    if scenario.clock == ClockNeed::Virtual {
        scenario.why = Some("both clocks are moved, apart from each other".into());
    }
    scenario
}

/// A scenario in which the service's replies are these bytes, one after another, whatever they are
/// asked for. In the input, replies are separated by a line `--`.
#[must_use]
pub fn replies(bytes: &[u8]) -> Scenario {
    let mut scenario = plain(vec![Step::Resolve(1), Step::Resolve(1)]);
    scenario.world.faults = split(bytes)
        .take(MOST_REPLIES)
        .zip(1..)
        .map(|(bytes, nth)| reply(nth, bytes))
        .filter(|fault| crate::scenario::wrong_with(fault).is_none())
        .collect();
    scenario
}

/// The most replies that are made of one input; the service is healthy after that.
const MOST_REPLIES: usize = 16;
/// What stands between two replies.
const BETWEEN: &[u8] = b"\n--\n";

fn split(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut over = false;
    std::iter::from_fn(move || {
        if over {
            return None;
        }
        let at = bytes.windows(BETWEEN.len()).position(|w| w == BETWEEN);
        let Some(at) = at else {
            over = true;
            return Some(bytes);
        };
        let (first, rest) = bytes.split_at(at);
        bytes = &rest[BETWEEN.len()..];
        Some(first)
    })
}

fn plain(steps: Vec<Step>) -> Scenario {
    Scenario {
        title: "a world of chance".into(),
        ..crate::runner::programs::plain("chance", steps)
    }
}

fn world(draw: &mut Draw<'_>) -> World {
    let healthy = World::default();
    if draw.is_empty() {
        return healthy;
    }
    World {
        mode: draw.of(&[
            Mode::V2Required,
            Mode::V2Required,
            Mode::V2Required,
            Mode::V2Optional,
            Mode::V1Only,
            Mode::Off,
        ]),
        profile: draw.of(&[
            Profile::Http11,
            Profile::Http11Close,
            Profile::Http10,
            Profile::TtlOnGets,
        ]),
        longest_token: draw.span(&["6h", "6h", "10m", "121s", "60s", "1s"]),
        credential_lifetime: draw.span(&["6h", "6h", "1h", "10m", "4m", "60s"]),
        role: draw
            .of(&["imdspec-role", "a+b=c,d.e@f_g-h", "r", ""])
            .to_owned(),
        account_id: draw.once_in(4).then(|| "123456789012".to_owned()),
        ..healthy
    }
}

fn steps(draw: &mut Draw<'_>, reach: Reach) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for _ in 0..draw.up_to(MOST_STEPS) {
        steps.extend(step(draw, reach, &steps));
    }
    steps.push(Step::Resolve(1));
    steps
}

/// Whether the script is one of rounds. A program takes longer to start than to answer, so that it
/// is asked as often as it can be once it lives.
fn in_rounds(draw: &mut Draw<'_>, reach: Reach) -> bool {
    match reach.waits {
        Waits::Virtual => draw.once_in(4),
        Waits::Real => draw.up_to(3) > 0,
    }
}

/// Each time something else is wrong, and what is held is over, as far as the clock can be moved.
fn rounds(draw: &mut Draw<'_>, reach: Reach, world: &World) -> Vec<Step> {
    let over = Span::seconds(world.credential_lifetime.as_seconds() + 3600);
    let mut steps = Vec::new();
    // Where nothing has to start up, short scripts see more in the same time.
    let most = match reach.waits {
        Waits::Virtual => 2,
        Waits::Real => MOST_ROUNDS,
    };
    for round in 0..=draw.up_to(most - 1) {
        if round > 0 && reach.clock >= ClockNeed::Movable {
            steps.push(Step::Advance(over));
        }
        if draw.once_in(8) {
            steps.push(if draw.once_in(2) {
                Step::Rotate(Yes)
            } else {
                Step::RevokeTokens(Yes)
            });
        }
        steps.push(Step::Faults(faults(draw, reach, 2)));
        steps.push(Step::Resolve(1));
    }
    steps
}

/// A step, unless it would be one that this subject, or this script, cannot have.
fn step(draw: &mut Draw<'_>, reach: Reach, before: &[Step]) -> Option<Step> {
    match draw.up_to(9) {
        0..=2 => Some(Step::Resolve(1)),
        3 => Some(Step::Resolve(1 + draw.up_to(reach.callers.max(1) - 1))),
        4 => {
            let span = draw.span(&[
                "1s", "59s", "4m", "5m 30s", "16m", "55m", "59m", "5h 50m", "6h", "24h",
            ]);
            advances(reach, before).then_some(Step::Advance(span))
        }
        5 => {
            let span = draw.span(&["61s", "-90s", "-24h", "24h", "8760h"]);
            jumps(reach, before).then_some(Step::Jump(span))
        }
        6 => Some(Step::RevokeTokens(Yes)),
        7 => Some(Step::Rotate(Yes)),
        8 => Some(match draw.up_to(5) {
            0..=2 => Step::Role(draw.of(&["other-role", "imdspec-role", ""]).to_owned()),
            3 => Step::Mode(Mode::V2Required),
            4 => Step::Mode(Mode::V1Only),
            _ => Step::Mode(Mode::Off),
        }),
        _ => Some(Step::Faults(faults(draw, reach, MOST_FAULTS))),
    }
}

fn advances(reach: Reach, before: &[Step]) -> bool {
    let apart = || before.iter().any(|s| matches!(s, Step::Jump(_)));
    reach.clock == ClockNeed::Virtual || (reach.clock == ClockNeed::Movable && !apart())
}

fn jumps(reach: Reach, before: &[Step]) -> bool {
    let apart = || before.iter().any(|s| matches!(s, Step::Advance(_)));
    reach.clock == ClockNeed::Virtual || (reach.clock == ClockNeed::Movable && !apart())
}

/// The least clock that a script needs.
pub(crate) fn clock(scenario: &Scenario) -> ClockNeed {
    match (scenario.advances(), scenario.jumps()) {
        (true, true) => ClockNeed::Virtual,
        (false, false) => ClockNeed::Any,
        _ => ClockNeed::Movable,
    }
}

impl Reach {
    /// All there is: our own client, in virtual time.
    pub const ALL: Self = Self {
        clock: ClockNeed::Virtual,
        waits: Waits::Virtual,
        callers: 4,
    };
}
