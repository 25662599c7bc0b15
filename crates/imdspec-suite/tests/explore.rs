//! Exploring finds what no directed scenario shows, and never accuses the innocent.

use imdspec_client::Options;
use imdspec_suite::explore::{self, lives};
use imdspec_suite::fuzz::campaign::{self, Campaign, Ended, Worlds};
use imdspec_suite::fuzz::{Reach, Waits, broken};
use imdspec_suite::scenario::ClockNeed;
use imdspec_suite::self_test::{Mutant, interactions};
use imdspec_suite::{Plan, Reference, Scenario, Step, Subject, memory, runner, scenario};
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// The most scenarios that it may take to find one: what a core runs in a few seconds.
const MOST_RUNS: u64 = 60_000;
/// The most steps of what is made of it.
const MOST_STEPS: usize = 5;

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_life_can_be_written_down(mut life in lives(Reach::ALL)) {
        life.exercises = vec!["CACHE-002".into()];
        let text = life.to_toml().expect("nothing in it is too big for TOML");
        let again = Scenario::parse("chance", "chance.toml", &text);
        prop_assert_eq!(again, Ok(life), "{}", text);
    }

    #[test]
    fn a_program_is_put_through_nothing_it_cannot_do(life in lives(NARROW)) {
        prop_assert!(life.clock <= ClockNeed::Movable);
        let some = |wanted: fn(&Step) -> bool| life.steps.iter().any(wanted);
        let passes = some(|s| matches!(s, Step::Advance(_)));
        prop_assert!(!(passes && some(|s| matches!(s, Step::Jump(_)))));
        prop_assert!(life.concurrency() <= 1);
    }

    #[test]
    fn the_reference_client_holds_every_rule_all_its_life(life in lives(Reach::ALL)) {
        for v1_fallback in [false, true] {
            let options = Options { v1_fallback, ..Options::default() };
            let reference = Reference { options };
            let trace = memory::run(&life, &reference, 1);
            prop_assert_eq!(broken(&trace, &reference.capabilities()), []);
        }
    }
}

const NARROW: Reach = Reach {
    clock: ClockNeed::Movable,
    waits: Waits::Real,
    callers: 1,
};

fn explore(mutant: &'static Mutant, seed: u64) -> Ended {
    let mut subject = Subject::reference(false);
    subject.capabilities = mutant.reference().capabilities();
    let campaign = Campaign {
        subject,
        worlds: Worlds::Lives,
        seed,
        time: Duration::from_secs(3600),
        runs: Some(MOST_RUNS),
        most_findings: None,
        jobs: None,
        strict: false,
        known: BTreeSet::new(),
    };
    let (sender, stop) = watch::channel(false);
    let way = |scenario: &_, seed| mutant.run(scenario, seed);
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let found = campaign::run_in_memory(campaign, way, stop, |_, found| {
        if found.is_some_and(|f| f.broken.rule == mutant.rule) {
            sender.send_replace(true);
        }
    });
    runtime.expect("a runtime").block_on(found)
}

#[test]
fn no_directed_scenario_shows_them() {
    let shown: Vec<String> = interactions()
        .iter()
        .flat_map(|mutant| {
            let has = mutant.reference().capabilities();
            let shows = move |s: &&Scenario| !broken(&mutant.run(s, 1), &has).is_empty();
            let shown = scenario::embedded().iter().filter(shows);
            shown.map(|s| format!("{}: {}", mutant.defect, s.name))
        })
        .collect();
    assert!(shown.is_empty(), "{}", shown.join("\n"));
}

#[test]
fn each_is_found_and_made_small() {
    assert!(interactions().len() >= 12);
    let mut wrong = Vec::new();
    for mutant in interactions() {
        let ended = explore(mutant, 1);
        let found = ended.findings.iter().find(|f| f.broken.rule == mutant.rule);
        let Some(found) = found else {
            let others: Vec<_> = ended.findings.iter().map(|f| f.broken.rule).collect();
            wrong.push(format!("not found: {}; but {others:?}", mutant.defect));
            continue;
        };
        let text = found.to_toml().expect("a scenario of ours can be written");
        println!(
            "{} runs, {:?}: {}\n{text}",
            ended.progress.executions, ended.took, mutant.defect
        );
        if found.scenario.steps.len() > MOST_STEPS || found.again != (4, 4) {
            wrong.push(format!(
                "not small, or not steady: {}\n{text}",
                mutant.defect
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The same over sockets.
#[test]
fn nobody_is_accused_over_sockets() {
    let mut chance = ChaCha8Rng::seed_from_u64(1);
    let mut bytes = [0; 96];
    let scenarios = (0..2000).map(|n| {
        chance.fill_bytes(&mut bytes);
        let life = explore::life(&bytes, Reach::ALL);
        let name = format!("chance-{n}");
        Arc::new(Scenario { name, ..life })
    });
    let plan = Plan {
        subject: Subject::reference(true),
        scenarios: scenarios.collect(),
        seed: 1,
    };
    let has = plan.subject.capabilities.clone();
    let (_keep, stop) = watch::channel(false);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let done = runtime.block_on(runner::run(plan, stop, |_| {}));
    let mut accused = Vec::new();
    for ran in done.expect("the reference client starts").ran {
        let trace = ran.result.expect("there are ports");
        let found = broken(&trace, &has);
        if !found.is_empty() {
            let mut scenario = Scenario::clone(&ran.scenario);
            scenario.exercises = vec!["CACHE-002".into()];
            accused.push(format!(
                "{found:#?}\n{}",
                scenario.to_toml().unwrap_or_default()
            ));
        }
    }
    assert!(accused.is_empty(), "{}", accused.join("\n"));
}
