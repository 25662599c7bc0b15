//! The same seed twice gives the same trace: byte for byte in memory, and over sockets but for the
//! ports.

use imdspec_rules::Trace;
use imdspec_suite::determinism::{Likeness, difference};
use imdspec_suite::fuzz::{self, Reach};
use imdspec_suite::runner::{self, Plan};
use imdspec_suite::{Reference, Scenario, Subject, memory, scenario};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use std::sync::Arc;
use tokio::sync::watch;

fn in_memory(scenario: &Scenario, seed: u64) -> Trace {
    memory::run(scenario, &Reference::default(), seed)
}

fn over_sockets(seed: u64) -> Vec<Trace> {
    let plan = Plan {
        subject: Subject::reference(true),
        scenarios: scenario::embedded().iter().cloned().map(Arc::new).collect(),
        seed,
    };
    let (_keep, stop) = watch::channel(false);
    let done = tokio::runtime::Runtime::new()
        .expect("a runtime")
        .block_on(runner::run(plan, stop, |_| {}))
        .expect("the reference client starts");
    let ran = done.ran.into_iter();
    ran.map(|ran| ran.result.expect("there are ports"))
        .collect()
}

#[test]
fn every_scenario_gives_the_same_bytes_in_memory() {
    for scenario in scenario::embedded() {
        let (first, second) = (in_memory(scenario, 7), in_memory(scenario, 7));
        let found = difference(&first, &second, Likeness::Bytes);
        assert_eq!(found, None, "{}", scenario.name);
        assert_eq!(first.to_string(), second.to_string(), "{}", scenario.name);
    }
}

#[test]
fn every_scenario_of_chance_gives_the_same_bytes_in_memory() {
    let mut chance = ChaCha8Rng::seed_from_u64(11);
    for seed in 0..2000 {
        let mut bytes = vec![0; if seed % 2 == 0 { 40 } else { 400 }];
        chance.fill_bytes(&mut bytes);
        let scenario = fuzz::scenario(&bytes, Reach::ALL);
        let run = || in_memory(&scenario, seed).to_string();
        assert_eq!(run(), run(), "{:?}", scenario.to_toml());
    }
}

#[test]
fn every_scenario_gives_the_same_but_for_ports_over_sockets() {
    let mut parted = Vec::new();
    for (first, second) in over_sockets(7).iter().zip(&over_sockets(7)) {
        if let Some(found) = difference(first, second, Likeness::ButPorts) {
            parted.push(format!("{}: {found}", first.header.scenario));
        }
    }
    assert!(parted.is_empty(), "{}", parted.join("\n"));
}
