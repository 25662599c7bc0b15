//! Follows a trace, and keeps what the client may hold.
//!
//! ```text
//!               a token          a list            a document
//!   NOTHING ───────────► TOKEN ──────────► ROLE ──────────────► CREDENTIALS ◄──┐
//!                          │ revoked          │ another role          │        │ a document
//!                          └──────────────────┴───────► OUTDATED ◄────┘────────┘
//!                                                        rotated, revoked, another role
//! ```

use super::classify::{Gave, classify, place};
use super::{Clock, Held, Place, Reply, STATES, State};
use imdspec_rules::{Event, Outcome, RequestSeen, Trace, What};
use imdspec_wire::{Now, TTL_HEADER, Ttl, Wall};

/// Something in a trace that a state machine of the client would be moved by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Seen {
    /// The client was asked for credentials for the first time.
    Asked,
    /// It was asked again: something may be held.
    AskedAgain,
    /// The service replied.
    State(State),
    /// Another request than the three that fetch credentials, or another server.
    Elsewhere,
    /// The scenario moved the clocks forward.
    Ahead,
    /// The scenario set the wall clock back.
    Back,
    /// The scenario changed the world.
    Changed(Change),
    /// The client answered.
    Ended(Ended),
}

/// What a scenario changes in mid-life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Change {
    /// Every session token was revoked.
    Revoked,
    /// Other credentials are served.
    Rotated,
    /// Another role is attached, or none.
    Role,
}

/// How a client answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Ended {
    /// With credentials.
    Credentials,
    /// It said that there are none, or that it failed.
    Refused,
    /// It died.
    Crash,
    /// With what is no answer.
    BadOutput,
    /// Not in its time.
    Deadline,
}

impl Seen {
    /// Another number for each.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "there are 3000 states, which a test counts"
    )]
    pub(crate) const fn number(self) -> u16 {
        const FIRST: u16 = STATES as u16;
        match self {
            Self::State(state) => state.number() as u16,
            Self::Asked => FIRST,
            Self::AskedAgain => FIRST + 1,
            Self::Elsewhere => FIRST + 2,
            Self::Ahead => FIRST + 3,
            Self::Back => FIRST + 4,
            Self::Changed(change) => FIRST + 5 + change as u16,
            Self::Ended(ended) => FIRST + 8 + ended as u16,
        }
    }
}

/// Follows a trace from its beginning, and tells what is seen on the way.
pub fn walk(trace: &Trace, mut see: impl FnMut(Seen)) {
    let mut holding = Holding::default();
    let mut asked = false;
    let mut requested = false;
    for (i, event) in trace.events.iter().enumerate() {
        match &event.what {
            What::Resolve { .. } => {
                see(if asked { Seen::AskedAgain } else { Seen::Asked });
                asked = true;
            }
            What::Clock { .. } => {
                let before = i.checked_sub(1).and_then(|i| trace.events.get(i));
                let back = before.is_some_and(|before| event.wall < before.wall);
                see(if back { Seen::Back } else { Seen::Ahead });
            }
            What::World { change } => {
                if let Some(change) = Change::of(change) {
                    holding.take_change(change);
                    see(Seen::Changed(change));
                }
            }
            What::Request(_) => requested = true,
            What::Reply(reply) => {
                let Some((at, request)) = request_of(&trace.events[..i], reply.request) else {
                    continue;
                };
                let Some(place) = place(request) else {
                    see(Seen::Elsewhere);
                    continue;
                };
                let (class, gave) = classify(place, reply, event.wall);
                see(Seen::State(holding.state(place, class, at)));
                holding.take(gave, request, event.now());
            }
            What::Outcome { outcome, .. } => {
                let ended = Ended::of(outcome);
                let broken = !trace.header.links.is_empty();
                if broken && !requested && ended != Ended::Credentials {
                    see(Seen::State(State {
                        place: Place::Token,
                        reply: Reply::Unreachable,
                        held: Held::Nothing,
                        clock: Clock::Fresh,
                    }));
                }
                see(Seen::Ended(ended));
            }
            What::Secret { .. }
            | What::Keys(_)
            | What::File { .. }
            | What::Ran { .. }
            | What::Connect { .. }
            | What::Sent { .. }
            | What::Malformed { .. }
            | What::Output { .. } => {}
        }
    }
}

/// The request that a reply answers: as a rule the event before.
fn request_of(before: &[Event], number: u32) -> Option<(Now, &RequestSeen)> {
    before.iter().rev().find_map(|event| match &event.what {
        What::Request(seen) if seen.request == number => Some((event.now(), seen)),
        _ => None,
    })
}

impl Change {
    /// By the words that a trace has for it.
    fn of(words: &str) -> Option<Self> {
        match words {
            "every session token revoked" => Some(Self::Revoked),
            "credentials rotated" => Some(Self::Rotated),
            "role detached" => Some(Self::Role),
            _ if words.starts_with("role is now ") => Some(Self::Role),
            _ => None,
        }
    }
}

impl Ended {
    const fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Credentials(_) => Self::Credentials,
            Outcome::Refused { .. } => Self::Refused,
            Outcome::Crash { .. } => Self::Crash,
            Outcome::BadOutput { .. } => Self::BadOutput,
            Outcome::Deadline { .. } => Self::Deadline,
        }
    }
}

/// What the client was served so far and may hold.
#[derive(Debug, Default)]
struct Holding {
    token: Option<Token>,
    role: bool,
    credentials: Option<Served>,
    /// What of it was revoked or replaced since.
    outdated: [bool; 3],
}

#[derive(Debug)]
struct Token {
    at: Now,
    /// In milliseconds.
    lives: u128,
}

#[derive(Debug)]
struct Served {
    at: Now,
    end: Wall,
}

/// In milliseconds; see [`Clock::Closing`].
const CLOSING: i64 = 15 * 60 * 1000;
/// How much later than the monotonic clock a wall clock may be before it was set back, in
/// milliseconds: those of a machine do not run alike.
const DRIFT: i64 = 1000;
/// The lifetime of a token when neither side named one, in seconds: the longest.
const LONGEST: u32 = Ttl::MAX.seconds();

impl Token {
    fn is_over(&self, now: Now) -> bool {
        now.mono.since(self.at.mono).as_millis() >= self.lives
    }
}

impl Served {
    fn clock(&self, now: Now) -> Clock {
        let left = self.end.millis_since(now.wall);
        let by_date = now.wall.millis_since(self.at.wall);
        let by_stopwatch = now.mono.since(self.at.mono).as_millis();
        let by_stopwatch = i64::try_from(by_stopwatch).unwrap_or(i64::MAX);
        if left <= 0 {
            Clock::Over
        } else if by_date.saturating_add(DRIFT) < by_stopwatch {
            Clock::SetBack
        } else if left <= CLOSING {
            Clock::Closing
        } else {
            Clock::Fresh
        }
    }
}

impl Holding {
    fn take_change(&mut self, change: Change) {
        let affects = match change {
            Change::Revoked => self.token.is_some(),
            Change::Rotated => self.credentials.is_some(),
            Change::Role => self.role || self.credentials.is_some(),
        };
        self.outdated[change as usize] |= affects;
    }

    fn take(&mut self, gave: Gave, request: &RequestSeen, now: Now) {
        // What follows a change is still outdated until there are credentials again.
        let bare = self.credentials.is_none();
        match gave {
            Gave::Nothing => {}
            Gave::Token(granted) => {
                let asked = || {
                    request
                        .headers
                        .get(TTL_HEADER)
                        .and_then(|t| Ttl::parse(t).ok())
                };
                let lives = granted
                    .or_else(|| asked().map(Ttl::seconds))
                    .unwrap_or(LONGEST);
                self.token = Some(Token {
                    at: now,
                    lives: u128::from(lives) * 1000,
                });
                self.outdated[Change::Revoked as usize] &= !bare;
            }
            Gave::Role => {
                self.role = true;
                self.outdated[Change::Role as usize] &= !bare;
            }
            Gave::Credentials(end) => {
                self.credentials = Some(Served { at: now, end });
                self.outdated = [false; 3];
            }
        }
    }

    /// The state of a request made `now`, told no finer than it matters: see
    /// [`State::unreachable`].
    fn state(&self, place: Place, reply: Reply, now: Now) -> State {
        let (held, clock) = self.held(now);
        let (held, clock) = match (place, held, clock) {
            (Place::List, Held::Nothing, _) => (Held::Token, Clock::Fresh),
            (Place::Document, Held::Nothing | Held::Token, _) => (Held::Role, Clock::Fresh),
            (Place::List, Held::Token, Clock::Over) if reply.is_taken() => {
                (Held::Token, Clock::Fresh)
            }
            (Place::ListV1 | Place::DocumentV1, ..) => match &self.credentials {
                None => (Held::Nothing, Clock::Fresh),
                Some(held) if held.clock(now) == Clock::Over => (Held::Credentials, Clock::Over),
                Some(_) => (Held::Credentials, Clock::Fresh),
            },
            _ => (held, clock),
        };
        State {
            place,
            reply,
            held,
            clock,
        }
    }

    fn held(&self, now: Now) -> (Held, Clock) {
        let outdated = self.outdated.contains(&true);
        match (&self.credentials, &self.token) {
            (Some(held), _) => match held.clock(now) {
                Clock::Over if outdated => (Held::Outdated, Clock::Over),
                _ if outdated => (Held::Outdated, Clock::Fresh),
                clock => (Held::Credentials, clock),
            },
            (None, Some(token)) if token.is_over(now) => (Held::Token, Clock::Over),
            (None, Some(_)) if outdated => (Held::Outdated, Clock::Fresh),
            (None, Some(_)) if self.role => (Held::Role, Clock::Fresh),
            (None, Some(_)) => (Held::Token, Clock::Fresh),
            (None, None) => (Held::Nothing, Clock::Fresh),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Reference, Scenario, memory};
    use std::collections::BTreeSet;

    fn seen(toml: &str) -> Vec<String> {
        let text = format!(
            "title = \"x\"\nexercises = [\"DOC-001\"]\nwhy = \"y\"\nclock = \"virtual\"\n{toml}"
        );
        let scenario = Scenario::parse("x", "x.toml", &text).expect("a scenario");
        let mut seen = Vec::new();
        walk(&memory::run(&scenario, &Reference::default(), 1), |s| {
            seen.push(match s {
                Seen::State(state) => state.to_string(),
                other => format!("{other:?}"),
            });
        });
        seen
    }

    #[test]
    fn what_is_seen_has_a_number_of_its_own() {
        let changes = [Change::Revoked, Change::Rotated, Change::Role].map(Seen::Changed);
        let ended = [
            Ended::Credentials,
            Ended::Refused,
            Ended::Crash,
            Ended::BadOutput,
            Ended::Deadline,
        ];
        let plain = [
            Seen::Asked,
            Seen::AskedAgain,
            Seen::Elsewhere,
            Seen::Ahead,
            Seen::Back,
        ];
        let all = State::all().map(Seen::State).chain(plain).chain(changes);
        let numbers: BTreeSet<u16> = all
            .chain(ended.map(Seen::Ended))
            .map(Seen::number)
            .collect();
        assert_eq!(numbers.len(), STATES + 13);
        assert_eq!(numbers.last().copied(), u16::try_from(STATES + 12).ok());
    }

    #[test]
    fn a_life_is_followed() {
        let seen = seen(
            "[[step]]\nresolve = 1\n[[step]]\nadvance = \"5h 50m\"\n\
             [[step]]\nfaults = [{ on = \"document\", status = 503 }]\n[[step]]\nresolve = 1\n\
             [[step]]\nadvance = \"1h\"\n[[step]]\nrole = \"other\"\n[[step]]\nresolve = 1\n",
        );
        let expected = [
            "Asked",
            "token PUT: sound, holding nothing",
            "role list: sound, holding a session token",
            "document: sound, holding a session token and the role",
            "Ended(Credentials)",
            "Ahead",
            "AskedAgain",
            "role list: sound, holding credentials, near the end",
            "document: 5xx, holding credentials, near the end",
            "document: 5xx, holding credentials, near the end",
            "document: 5xx, holding credentials, near the end",
            "Ended(Credentials)",
            "Ahead",
            "Changed(Role)",
            "AskedAgain",
            "token PUT: sound, holding what was revoked or replaced, over",
            "role list: sound, holding what was revoked or replaced, over",
            "document: 5xx, holding what was revoked or replaced, over",
            "document: 5xx, holding what was revoked or replaced, over",
            "document: 5xx, holding what was revoked or replaced, over",
            "Ended(Credentials)",
        ];
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_clock_set_back_and_every_change_are_seen() {
        let seen = seen(
            "[[step]]\nresolve = 1\n[[step]]\njump = \"-24h\"\n[[step]]\nresolve = 1\n\
             [[step]]\nrevoke-tokens = true\n[[step]]\nrotate = true\n[[step]]\nrole = \"\"\n",
        );
        assert!(
            seen.contains(&"role list: sound, holding credentials, the clock set back".to_owned()),
            "{seen:#?}"
        );
        let last = ["Changed(Revoked)", "Changed(Rotated)", "Changed(Role)"];
        assert!(seen.ends_with(&last.map(str::to_owned)), "{seen:#?}");
    }
}
