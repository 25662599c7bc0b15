//! The states of the model that a subject can be led through, and which of them it was.
//!
//! ```text
//!                place      ×      reply      ×     held       ×    clock
//!           ┌──────────────┬──────────────────┬────────────────┬──────────────┐
//!   State = │ the request: │ sound, 401, cut, │ nothing, token,│ fresh, near  │
//!           │ PUT, list, … │ a member missing…│ credentials, … │ the end, over│
//!           └──────────────┴──────────────────┴────────────────┴──────────────┘
//!                     ▲ all of it is read from a trace, whoever made it
//! ```
//!
//! A program under test cannot be instrumented, but the service it talks to can be watched: a
//! state is one reply, together with what the client had been served before and how late it was.
//! [`State::all`] enumerates them, [`State::unreachable`] says which of them no trace can show and
//! why, and [`Reached`] remembers those that were. [`catalogue`] names the single faults and the
//! pairs that the directed scenarios have to lead through.
//!
//! In scope: what was reached. Out of scope: whether the subject was right there (the rules), and
//! where to go next (`fuzz`, `explore`).
//!
//! ```
//! use imdspec_suite::states::Reached;
//! use imdspec_suite::{Reference, memory, scenario};
//!
//! let healthy = scenario::embedded().iter().find(|s| s.name == "doc/canonical").unwrap();
//! let mut reached = Reached::default();
//! assert!(reached.add(&memory::run(healthy, &Reference::default(), 7)));
//! let names: Vec<String> = reached.states().map(|s| s.to_string()).collect();
//! assert_eq!(names, [
//!     "token PUT: sound, holding nothing",
//!     "role list: sound, holding a session token",
//!     "document: sound, holding a session token and the role",
//! ]);
//! ```

mod axes;
pub mod catalogue;
mod classify;
mod reached;
mod walk;

pub use axes::{Clock, Held, Place, Reply};
pub use reached::Reached;
pub use walk::{Change, Ended, Seen, walk};

use std::fmt;

/// One reply of the service, to a client that holds something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct State {
    /// The request.
    pub place: Place,
    /// What was answered.
    pub reply: Reply,
    /// What the client may hold, before the reply.
    pub held: Held,
    /// How its clock stands to that, when it asked.
    pub clock: Clock,
}

/// How many states there are, those included that cannot be reached.
pub(crate) const STATES: usize =
    Place::ALL.len() * Reply::ALL.len() * Held::ALL.len() * Clock::ALL.len();

impl State {
    /// Every combination, those included that cannot be reached, in the order of their numbers.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..STATES).filter_map(Self::of_number)
    }

    /// Every state that can be reached.
    pub fn reachable() -> impl Iterator<Item = Self> {
        Self::all().filter(|state| state.unreachable().is_none())
    }

    /// Its place among [`all`](Self::all).
    #[must_use]
    pub const fn number(self) -> usize {
        let at = self.place as usize;
        let at = at * Reply::ALL.len() + self.reply as usize;
        let at = at * Held::ALL.len() + self.held as usize;
        at * Clock::ALL.len() + self.clock as usize
    }

    /// The state at a place among [`all`](Self::all), if there is one.
    #[must_use]
    pub const fn of_number(number: usize) -> Option<Self> {
        if number >= STATES {
            return None;
        }
        let clock = Clock::ALL[number % Clock::ALL.len()];
        let number = number / Clock::ALL.len();
        let held = Held::ALL[number % Held::ALL.len()];
        let number = number / Held::ALL.len();
        let reply = Reply::ALL[number % Reply::ALL.len()];
        let place = Place::ALL[number / Reply::ALL.len()];
        Some(Self {
            place,
            reply,
            held,
            clock,
        })
    }

    /// Why no trace shows this state; none when one can.
    #[must_use]
    pub const fn unreachable(self) -> Option<&'static str> {
        use {Clock as C, Held as H, Place as P, Reply as R};
        let Self {
            place,
            reply,
            held,
            clock,
        } = self;
        if reply.is_of_documents() && !place.is_document() {
            return Some("only a document has members and a date");
        }
        match (place, reply) {
            (P::Token, R::Misshapen) => {
                return Some("a token is opaque: what can stand in a header is one");
            }
            (P::List | P::Document | P::ListV1 | P::DocumentV1, R::NoLifetime) => {
                return Some("only a token has a lifetime");
            }
            (P::List | P::Document | P::ListV1 | P::DocumentV1, R::Unreachable) => {
                return Some("without a connection nobody comes further than to the first request");
            }
            _ => {}
        }
        if matches!(reply, R::Unreachable) && !matches!(held, H::Nothing) {
            return Some("an address is broken from the beginning to the end, so nothing is held");
        }
        match (held, clock) {
            (H::Nothing, C::Closing | C::Over | C::SetBack) => {
                return Some("nothing is held that a clock could stand to");
            }
            (H::Token | H::Role, C::Closing | C::SetBack) => {
                return Some("a token's lifetime is a span: no date is near, none is set back");
            }
            (H::Role, C::Over) => {
                return Some("once the token is over the role makes no difference: see the token");
            }
            (H::Outdated, C::Closing | C::SetBack) => {
                return Some("what is outdated is told apart by whether it is over, and no finer");
            }
            _ => {}
        }
        if matches!((held, clock), (H::Token, C::Over)) && !place.is_put() && reply.is_taken() {
            return Some("a service that answers what a token opens takes it for one that lives");
        }
        if matches!((place, held, clock), (P::Document, H::Token, C::Over)) {
            return Some(
                "a dead token is told at the list: at the document it counts as one alive",
            );
        }
        match (place, held, clock) {
            (P::List | P::Document, H::Nothing, _) => Some("who shows a session token holds one"),
            (P::Document, H::Token, C::Fresh) => Some("who asks for a document has its name"),
            (P::ListV1 | P::DocumentV1, H::Token | H::Role | H::Outdated, _) => Some(
                "without a session token there is none to lose; what else is held counts as such",
            ),
            (P::ListV1 | P::DocumentV1, H::Credentials, C::Closing | C::SetBack) => {
                Some("without a session token credentials are told apart by whether they are over")
            }
            _ => None,
        }
    }
}

/// As people read it: `document: 5xx, holding credentials, near the end`.
impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            place,
            reply,
            held,
            clock,
        } = self;
        let (held, clock) = (held.as_str(), clock.as_str());
        write!(f, "{place}: {reply}, holding {held}{clock}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn numbers_and_names_tell_all_states_apart() {
        let all: Vec<State> = State::all().collect();
        assert_eq!(all.len(), STATES);
        assert!(all.iter().enumerate().all(|(i, s)| s.number() == i));
        assert_eq!(State::of_number(STATES), None);
        let names: BTreeSet<String> = all.iter().map(ToString::to_string).collect();
        assert_eq!(names.len(), STATES);
    }

    #[test]
    fn there_are_hundreds_and_not_thousands() {
        let v2 = State::reachable().filter(|s| !s.place.is_v1()).count();
        assert_eq!((v2, State::reachable().count()), (592, 739));
    }
}
