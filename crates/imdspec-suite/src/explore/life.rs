//! The life of a client: rounds of changes, each followed by a moment that matters.
//!
//! ```text
//!   round:  0 to 3 changes  ──►  the clock, to an edge  ──►  callers ask
//!           rotate, revoke,      expiration, refresh          1 to 4,
//!           role, mode,          window, TTL, next try,       at once
//!           outage, recovery     a second before or after
//! ```
//!
//! What goes wrong between two correct programs goes wrong where two of these meet, so the clock is
//! moved to where something is about to happen, and not just anywhere.

use super::edges::Edges;
use crate::fuzz::draw::Draw;
use crate::fuzz::{Reach, Waits, faults, least_clock};
use crate::scenario::{ClockNeed, Scenario, Step, Yes};
use imdspec_model::{Fault, Instead, Mode, Nth, On, Span, World};

/// The most rounds of a life.
const MOST_ROUNDS: u32 = 5;

/// A life drawn from bytes, of those that lie within `reach`.
///
/// Any bytes give one, and it can be written down: see [`scenario`](crate::fuzz::scenario), whose
/// worlds have more wrong with their bytes and less with their time.
#[must_use]
pub fn life(bytes: &[u8], reach: Reach) -> Scenario {
    let draw = &mut Draw::new(bytes);
    let world = world(draw, reach);
    let mut life = Life {
        draw,
        reach,
        edges: Edges::new(&world),
        lifetime: world.credential_lifetime,
        steps: Vec::new(),
    };
    let rounds = life.draw.up_to(MOST_ROUNDS - 1);
    life.ask();
    for _ in 0..rounds {
        life.round();
    }
    let mut scenario = Scenario {
        title: "a life of chance".into(),
        world,
        ..crate::runner::programs::plain("chance", life.steps)
    };
    settings(life.draw, &mut scenario);
    scenario.clock = least_clock(&scenario);
    if scenario.clock == ClockNeed::Virtual {
        scenario.why = Some("both clocks are moved, apart from each other".into());
    }
    scenario
}

fn world(draw: &mut Draw<'_>, reach: Reach) -> World {
    let mut world = World {
        mode: draw.of(&[
            Mode::V2Required,
            Mode::V2Required,
            Mode::V2Optional,
            Mode::V1Only,
        ]),
        longest_token: draw.span(&["6h", "6h", "10m", "3m", "60s"]),
        credential_lifetime: draw.span(&["6h", "6h", "1h", "20m", "10m", "90s"]),
        ..World::default()
    };
    if draw.once_in(4) {
        world.faults = trouble(draw, reach, world.credential_lifetime);
    }
    world
}

/// Settings of the subject that change what it may do.
fn settings(draw: &mut Draw<'_>, scenario: &mut Scenario) {
    if !draw.once_in(16) {
        return;
    }
    let (name, value) = draw.of(&[
        ("AWS_EC2_METADATA_V1_DISABLED", "true"),
        ("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "3"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ]);
    scenario.env.insert(name.into(), value.into());
}

struct Life<'d, 'b> {
    draw: &'d mut Draw<'b>,
    reach: Reach,
    edges: Edges,
    lifetime: Span,
    steps: Vec<Step>,
}

impl Life<'_, '_> {
    fn round(&mut self) {
        for _ in 0..self.draw.up_to(3) {
            let change = self.change();
            // Twice the same in a row is once.
            if self.steps.last() != Some(&change) {
                self.edges.change(&change);
                self.steps.push(change);
            }
        }
        if self.reach.clock > ClockNeed::Any && !self.draw.once_in(4) {
            self.moved();
        }
        self.ask();
    }

    fn ask(&mut self) {
        let callers = if self.draw.once_in(4) {
            1 + self.draw.up_to(self.reach.callers.max(1) - 1)
        } else {
            1
        };
        self.edges.asked();
        self.steps.push(Step::Resolve(callers));
    }

    fn change(&mut self) -> Step {
        match self.draw.up_to(11) {
            0 | 1 => Step::Rotate(Yes),
            2 | 3 => Step::RevokeTokens(Yes),
            4 => Step::Role(self.draw.of(&["other-role", "imdspec-role"]).into()),
            5 => Step::Role(self.draw.of(&["", "imdspec-role"]).into()),
            6 => Step::Mode(
                self.draw
                    .of(&[Mode::V2Required, Mode::V1Only, Mode::V2Optional]),
            ),
            7 => Step::Mode(self.draw.of(&[Mode::Off, Mode::V2Required])),
            8 => Step::Faults(Vec::new()),
            _ => Step::Faults(trouble(self.draw, self.reach, self.lifetime)),
        }
    }

    /// The clock goes where something is about to happen.
    fn moved(&mut self) {
        let did = |wanted: fn(&Step) -> bool| self.steps.iter().any(wanted);
        let apart = did(|s| matches!(s, Step::Jump(_)));
        let together = did(|s| matches!(s, Step::Advance(_)));
        let both = self.reach.clock == ClockNeed::Virtual;
        if self.draw.once_in(5) && (both || !together) {
            let span = self.draw.span(&[
                "-61s", "61s", "-10m", "-6h", "6h", "10m", "-24h", "24h", "5h 50m",
            ]);
            self.edges.jumped(span);
            self.steps.push(Step::Jump(span));
        } else if both || !apart {
            let span = self.edges.next(self.draw);
            self.edges.passed(span);
            self.steps.push(Step::Advance(span));
        }
    }
}

/// An outage or a defect of the service, of those that time has to do with; now and then any other.
fn trouble(draw: &mut Draw<'_>, reach: Reach, lifetime: Span) -> Vec<Fault> {
    if draw.once_in(4) {
        return faults(draw, reach, 2);
    }
    let on = draw.of(&[On::Any, On::Document, On::Roles, On::Token, On::Metadata]);
    let nth = if draw.once_in(3) {
        Nth {
            first: 1,
            last: Some(1 + draw.up_to(1)),
        }
    } else {
        Nth::default()
    };
    let blank = Fault {
        on,
        nth,
        ..Fault::default()
    };
    let fault = match draw.up_to(9) {
        0..=4 => Fault {
            status: Some(draw.of(&[500, 503, 401, 403, 404, 429, 502, 400])),
            ..blank
        },
        5 => Fault {
            instead: Some(draw.of(&[Instead::Close, Instead::Reset])),
            ..blank
        },
        6 if reach.waits == Waits::Virtual => Fault {
            instead: Some(Instead::Silence),
            ..blank
        },
        7 => ttl(draw, nth),
        8 => expiration(draw, nth, lifetime),
        _ => Fault {
            cut: Some(u64::from(draw.up_to(40))),
            ..blank
        },
    };
    vec![fault]
}

/// A token of another lifetime than it should have.
fn ttl(draw: &mut Draw<'_>, nth: Nth) -> Fault {
    let ttl = draw.of(&["1", "60", "0", "121", "21600"]);
    Fault {
        on: On::Token,
        nth,
        headers: vec![(imdspec_wire::TTL_HEADER.into(), ttl.into())],
        ..Fault::default()
    }
}

/// A document that ends at another time than it should: long ago, now, soon. In seconds from now.
fn expiration(draw: &mut Draw<'_>, nth: Nth, lifetime: Span) -> Fault {
    let end = draw.of(&[-1, -3600, 0, 1, 240, 300, 900, 960]);
    let earlier = lifetime.as_seconds() - end;
    let sign = if earlier < 0 { '+' } else { '-' };
    let body = format!(
        concat!(
            r#"{{"Code":"Success","AccessKeyId":"${{access-key-id}}","#,
            r#""SecretAccessKey":"${{secret-access-key}}","Token":"${{token}}","#,
            r#""Expiration":"${{expiration{}{}s}}"}}"#
        ),
        sign,
        earlier.abs()
    );
    Fault {
        on: On::Document,
        nth,
        body: Some(body),
        ..Fault::default()
    }
}
