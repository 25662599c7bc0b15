//! A judge that keeps its proofs in a hash table.

use imdspec_rules::{Evidence, Finding, Trace};
use std::collections::HashMap;

pub(super) fn findings(trace: &Trace) -> Vec<Finding> {
    let reordered = |finding| match finding {
        Finding::Violated { times, evidence } => {
            let table: HashMap<usize, Evidence> = evidence.into_iter().enumerate().collect();
            Finding::Violated {
                times,
                evidence: table.into_values().collect(),
            }
        }
        other => other,
    };
    let found = imdspec_suite::properties::findings(trace);
    found.into_iter().map(reordered).collect()
}
