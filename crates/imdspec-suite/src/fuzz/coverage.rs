//! How much of the model a subject has been led through.
//!
//! A program cannot be instrumented, but the model it talks to can be watched. A *state* is a class
//! of reply to a client that holds something (see [`states`](crate::states)); a *transition* is
//! what the subject did about it: its next request and how that was answered, or how it ended the
//! resolve. An input that shows a state or a transition for the first time is worth changing
//! further.

use crate::states::{Reached, Seen, walk};
use imdspec_rules::Trace;
use std::collections::HashSet;

/// States and transitions seen.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    reached: Reached,
    /// What followed on what, as pairs of numbers.
    transitions: HashSet<(u16, u16)>,
}

impl Coverage {
    /// Adds what a trace shows; says whether any of it is new.
    pub fn add(&mut self, trace: &Trace) -> bool {
        self.take(&seen(trace))
    }

    /// Adds what was [`seen`]; says whether any of it is new.
    pub(super) fn take(&mut self, seen: &[Seen]) -> bool {
        let mut is_new = false;
        let mut last = Seen::Asked.number();
        for seen in seen {
            let next = seen.number();
            if let Seen::State(state) = seen {
                is_new |= self.reached.insert(*state);
            }
            if !matches!(seen, Seen::Asked | Seen::AskedAgain) {
                is_new |= self.transitions.insert((last, next));
            }
            last = next;
        }
        is_new
    }

    /// How many states were reached.
    #[must_use]
    pub fn states(&self) -> usize {
        self.reached.covered()
    }

    /// How many times something followed on something for the first time.
    #[must_use]
    pub fn transitions(&self) -> usize {
        self.transitions.len()
    }

    /// The states that were reached.
    #[must_use]
    pub const fn reached(&self) -> &Reached {
        &self.reached
    }
}

/// What a trace adds to any coverage: as much of it as has to be carried from where it was made.
pub(super) fn seen(trace: &Trace) -> Vec<Seen> {
    let mut all = Vec::new();
    walk(trace, |seen| all.push(seen));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz::{Reach, scenario};
    use crate::{Reference, memory};

    #[test]
    fn what_was_seen_is_not_new() {
        let trace = |bytes: &[u8]| {
            let scenario = scenario(bytes, Reach::ALL);
            memory::run(&scenario, &Reference::default(), 1)
        };
        let mut coverage = Coverage::default();
        assert!(coverage.add(&trace(&[])));
        // Token, list, document; and credentials.
        assert_eq!((coverage.states(), coverage.transitions()), (3, 4));
        assert!(!coverage.add(&trace(&[])));
        let all = (0..=u8::MAX).map(|b| coverage.add(&trace(&[b; 32])));
        let news = all.filter(|is_new| *is_new).count();
        assert!((1..256).contains(&news), "{news}");
        assert!(coverage.states() > 3);
        assert_eq!(coverage.states(), coverage.reached().covered());
    }
}
