//! What one rule found in one trace, and how a monitor says it.

use serde::{Deserialize, Serialize};

/// What one rule found in one trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Put to the test this many times, and held each time.
    Held {
        /// How often.
        times: u32,
    },
    /// Broken at least once.
    Violated {
        /// How often it was put to the test.
        times: u32,
        /// The proof, one entry for each time it was broken.
        evidence: Vec<Evidence>,
    },
    /// What the subject did where the sources leave it open.
    Observed {
        /// In words, stable from run to run.
        value: String,
        /// The events that show it.
        events: Vec<u32>,
    },
    /// This trace never put the rule to the test.
    Vacuous,
}

/// The proof that a rule was broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Numbers of the events that prove it, the offending one last.
    pub events: Vec<u32>,
    /// What the rule asks for here.
    pub expected: String,
    /// What was seen.
    pub got: String,
}

/// Where a monitor writes down what it saw. It never holds a secret: monitors name events, not
/// values.
#[derive(Debug, Default)]
pub struct Docket {
    times: u32,
    evidence: Vec<Evidence>,
    observed: Vec<(String, Vec<u32>)>,
}

impl Docket {
    /// The rule was put to the test and held.
    pub const fn held(&mut self) {
        self.times += 1;
    }

    /// The rule was put to the test and broken: `events` prove it, the offending one last.
    pub fn violated(
        &mut self,
        events: impl IntoIterator<Item = u32>,
        expected: impl Into<String>,
        got: impl Into<String>,
    ) {
        self.times += 1;
        // The question of a call stands for an answer that never came, and may be older than what a
        // monitor names before it.
        let mut events: Vec<u32> = events.into_iter().collect();
        events.sort_unstable();
        self.evidence.push(Evidence {
            events,
            expected: expected.into(),
            got: got.into(),
        });
    }

    /// The subject did something the sources leave open.
    pub fn observed(&mut self, value: impl Into<String>, events: impl IntoIterator<Item = u32>) {
        self.observed
            .push((value.into(), events.into_iter().collect()));
    }

    pub(crate) fn close(self) -> Finding {
        if !self.evidence.is_empty() {
            return Finding::Violated {
                times: self.times,
                evidence: self.evidence,
            };
        }
        if self.times > 0 {
            return Finding::Held { times: self.times };
        }
        if self.observed.is_empty() {
            return Finding::Vacuous;
        }
        let mut values: Vec<String> = Vec::new();
        let mut events = Vec::new();
        for (value, seen) in self.observed {
            if !values.contains(&value) {
                values.push(value);
            }
            events.extend(seen);
        }
        Finding::Observed {
            value: values.join("; "),
            events,
        }
    }
}
