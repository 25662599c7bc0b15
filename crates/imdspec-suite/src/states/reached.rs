//! The set of states that were reached.

use super::{STATES, State, walk};
use crate::states::Seen;
use imdspec_rules::Trace;
use serde::ser::{Serialize, SerializeStruct as _, Serializer};
use std::fmt;

const WORDS: usize = STATES.div_ceil(64);

/// The states that can be reached with a session token, and all that can be.
const REACHABLE: [[u64; WORDS]; 2] = [mask(false), mask(true)];

const fn mask(v1: bool) -> [u64; WORDS] {
    let mut mask = [0; WORDS];
    let mut number = 0;
    while let Some(state) = State::of_number(number) {
        if state.unreachable().is_none() && (v1 || !state.place.is_v1()) {
            mask[number / 64] |= 1 << (number % 64);
        }
        number += 1;
    }
    mask
}

/// The states that were reached, by any number of traces of any subject.
///
/// Adding a trace allocates nothing. As JSON it has `covered`, `reachable` and the names that are
/// `missing`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Reached([u64; WORDS]);

impl Default for Reached {
    fn default() -> Self {
        Self([0; WORDS])
    }
}

impl Reached {
    /// Adds what a trace shows; says whether any of it is new.
    pub fn add(&mut self, trace: &Trace) -> bool {
        let mut is_new = false;
        walk(trace, |seen| {
            if let Seen::State(state) = seen {
                is_new |= self.insert(state);
            }
        });
        is_new
    }

    /// Adds one state; says whether it is new.
    pub const fn insert(&mut self, state: State) -> bool {
        let (word, bit) = Self::place(state);
        let is_new = self.0[word] & bit == 0;
        self.0[word] |= bit;
        is_new
    }

    /// Adds all that another set has; says whether any of it is new.
    pub fn merge(&mut self, other: &Self) -> bool {
        let before = *self;
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine |= theirs;
        }
        *self != before
    }

    /// Whether a state was reached.
    #[must_use]
    pub const fn contains(&self, state: State) -> bool {
        let (word, bit) = Self::place(state);
        self.0[word] & bit != 0
    }

    /// The states that were reached, in their order.
    pub fn states(&self) -> impl Iterator<Item = State> {
        State::all().filter(|state| self.contains(*state))
    }

    /// How many of the reachable states were reached.
    #[must_use]
    pub fn covered(&self) -> usize {
        let both = self.0.iter().zip(self.reachable());
        both.map(|(a, b)| (a & b).count_ones() as usize).sum()
    }

    /// How many states this subject can reach.
    #[must_use]
    pub fn of(&self) -> usize {
        let words = self.reachable().iter();
        words.map(|word| word.count_ones() as usize).sum()
    }

    /// The states that this subject can reach and did not, in the order of a fetch.
    pub fn missing(&self) -> impl Iterator<Item = State> {
        let reachable = Self(*self.reachable());
        State::all().filter(move |s| reachable.contains(*s) && !self.contains(*s))
    }

    /// The states that this subject can reach: those of IMDSv1 only once it was seen to use it, for
    /// one that never does cannot be led there.
    fn reachable(&self) -> &'static [u64; WORDS] {
        let [v2, all] = &REACHABLE;
        let mut only_v1 = self.0.iter().zip(v2).zip(all);
        let uses_v1 = only_v1.any(|((mine, v2), all)| mine & all & !v2 != 0);
        if uses_v1 { all } else { v2 }
    }

    const fn place(state: State) -> (usize, u64) {
        let number = state.number();
        (number / 64, 1 << (number % 64))
    }
}

/// `212 of 592`.
impl fmt::Display for Reached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.covered(), self.of())
    }
}

impl fmt::Debug for Reached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reached({self})")
    }
}

impl Serialize for Reached {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let missing: Vec<String> = self.missing().map(|s| s.to_string()).collect();
        let mut shape = serializer.serialize_struct("Reached", 3)?;
        shape.serialize_field("covered", &self.covered())?;
        shape.serialize_field("reachable", &self.of())?;
        shape.serialize_field("missing", &missing)?;
        shape.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz::{Reach, scenario};
    use crate::{Reference, memory};
    use imdspec_client::Options;

    fn trace(byte: u8, v1_fallback: bool) -> Trace {
        let options = Options {
            v1_fallback,
            ..Options::default()
        };
        let scenario = scenario(&[byte; 40], Reach::ALL);
        memory::run(&scenario, &Reference { options }, 1)
    }

    #[test]
    fn a_merged_set_has_what_both_have() {
        let (mut a, mut b, mut both) = (Reached::default(), Reached::default(), Reached::default());
        for byte in 0..=u8::MAX {
            let trace = trace(byte, false);
            both.add(&trace);
            (if byte % 2 == 0 { &mut a } else { &mut b }).add(&trace);
        }
        assert!(a.merge(&b));
        assert!(!a.merge(&b));
        assert_eq!(a, both);
        assert_eq!(a.covered() + a.missing().count(), a.of());
    }

    #[test]
    fn who_never_uses_version_1_is_not_expected_there() {
        let mut reached = Reached::default();
        (0..=u8::MAX).for_each(|byte| _ = reached.add(&trace(byte, false)));
        assert!(reached.missing().all(|s| !s.place.is_v1()));
        let of = reached.of();
        (0..=u8::MAX).for_each(|byte| _ = reached.add(&trace(byte, true)));
        assert!(reached.of() > of);
        assert!(reached.missing().any(|s| s.place.is_v1()));
    }

    #[test]
    fn its_json_counts_and_names() {
        let mut reached = Reached::default();
        reached.add(&trace(0, false));
        let json = serde_json::to_value(reached).unwrap();
        let missing = json["missing"].as_array().unwrap();
        assert_eq!(json["covered"], reached.covered());
        assert_eq!(missing.len(), reached.of() - reached.covered());
        assert!(missing[0].as_str().unwrap().starts_with("token PUT: "));
    }
}
