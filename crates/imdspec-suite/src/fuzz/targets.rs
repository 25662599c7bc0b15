//! What holds for the reference client in any world, as functions that panic where it does not.
//!
//! The fuzz targets `flow` and `client_replies` call these, and so does the replay of the corpus.
//! Each takes the way of running a scenario as an argument: that is how the oracle is proven, with
//! a client that has a fault.

use super::{Reach, broken, replies, scenario};
use crate::subject::reference_capabilities;
use crate::{Reference, Scenario, memory};
use imdspec_client::Options;
use imdspec_rules::{Outcome, Trace, What};

/// The most requests one resolve may take, whatever is answered. The reference tries each of its
/// three requests a few times, and a token that was refused once more.
const MOST_REQUESTS: usize = 64;

/// Whatever the service does, each resolve of the reference client ends within its bounds and
/// holds every rule.
///
/// # Panics
/// When that does not hold, with the scenario as TOML.
pub fn flow(bytes: &[u8]) {
    flow_by(memory::run, bytes);
}

/// The same for any way of running a scenario.
///
/// # Panics
/// As [`flow`].
pub fn flow_by(run: impl Fn(&Scenario, &Reference, u64) -> Trace, bytes: &[u8]) {
    let (head, rest) = bytes.split_at(bytes.len().min(1));
    let reference = reference(head.first().is_some_and(|b| b & 1 == 1));
    holds(run, &scenario(rest, Reach::ALL), &reference);
}

/// Whatever bytes the service answers with, each resolve of the reference client ends within its
/// bounds and holds every rule.
///
/// # Panics
/// When that does not hold, with the scenario as TOML.
pub fn client_replies(bytes: &[u8]) {
    client_replies_by(memory::run, bytes);
}

/// The same for any way of running a scenario.
///
/// # Panics
/// As [`client_replies`].
pub fn client_replies_by(run: impl Fn(&Scenario, &Reference, u64) -> Trace, bytes: &[u8]) {
    holds(run, &replies(bytes), &reference(false));
}

fn reference(v1_fallback: bool) -> Reference {
    Reference {
        options: Options {
            v1_fallback,
            ..Options::default()
        },
    }
}

fn holds(
    run: impl Fn(&Scenario, &Reference, u64) -> Trace,
    scenario: &Scenario,
    reference: &Reference,
) {
    let trace = run(scenario, reference, 1);
    let words = || {
        let mut scenario = scenario.clone();
        scenario.exercises = vec!["ERR-014".into()];
        scenario.to_toml().unwrap_or_default()
    };
    let mut requests = 0;
    for event in &trace.events {
        match &event.what {
            What::Resolve { .. } => requests = 0,
            What::Request(_) => requests += 1,
            What::Outcome { outcome, .. } => assert!(
                matches!(outcome, Outcome::Credentials(_) | Outcome::Refused { .. }),
                "a resolve ended in neither credentials nor a refusal: {outcome:?}\n{}",
                words()
            ),
            _ => {}
        }
        assert!(
            requests <= MOST_REQUESTS,
            "more than {MOST_REQUESTS} requests in a resolve\n{}",
            words()
        );
    }
    let found = broken(&trace, &reference_capabilities(reference));
    assert!(found.is_empty(), "{found:#?}\n{}", words());
}
