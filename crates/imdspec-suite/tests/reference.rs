//! The reference client, by every rule, in memory and over sockets.

use imdspec_client::Options;
use imdspec_rules::{Case, Finding, Verdict, judge, rules};
use imdspec_suite::runner::{self, Done, Plan};
use imdspec_suite::{Reference, Scenario, Subject, memory, scenario};
use std::sync::Arc;
use tokio::sync::watch;

fn check(subject: Subject, seed: u64) -> Done {
    let plan = Plan {
        subject,
        scenarios: scenario::embedded().iter().cloned().map(Arc::new).collect(),
        seed,
    };
    let (_keep, stop) = watch::channel(false);
    tokio::runtime::Runtime::new()
        .expect("a runtime")
        .block_on(runner::run(plan, stop, |_| {}))
        .expect("the reference client starts")
}

fn verdicts(done: &Done) -> Vec<(&'static str, Verdict)> {
    done.judgements(rules::all())
        .iter()
        .map(|j| (j.rule.id, j.verdict))
        .collect()
}

#[test]
fn the_reference_client_holds_every_rule() {
    let done = check(Subject::reference(false), 1);
    for judgement in done.judgements(rules::all()) {
        let good = matches!(
            judgement.verdict,
            Verdict::Held | Verdict::Observed | Verdict::NotApplicable
        );
        assert!(
            good,
            "{} is {:?}: {:?} {}",
            judgement.rule.id, judgement.verdict, judgement.evidence, judgement.reason
        );
        if judgement.verdict == Verdict::NotApplicable {
            let behind_v1 = judgement.reason.contains("v1-");
            assert!(behind_v1, "{}: {}", judgement.rule.id, judgement.reason);
        }
    }
}

#[test]
fn memory_and_sockets_give_equal_verdicts() {
    let memory = check(Subject::reference(false), 1);
    let sockets = check(Subject::reference(true), 1);
    assert_eq!(verdicts(&sockets), verdicts(&memory));
    for (there, here) in sockets.ran.iter().zip(&memory.ran) {
        let (there, here) = (
            there.result.as_ref().unwrap(),
            here.result.as_ref().unwrap(),
        );
        let (there, here) = (Case::new(there), Case::new(here));
        for rule in rules::all() {
            let (a, b) = (rule.check(&there), rule.check(&here));
            assert_eq!(
                std::mem::discriminant(&a),
                std::mem::discriminant(&b),
                "{} in {}: {a:?} over sockets, {b:?} in memory",
                rule.id,
                here.trace.header.scenario
            );
        }
    }
}

/// Each scenario puts the rules it names to the test, on the reference client or on its variant
/// that falls back to IMDSv1.
#[test]
fn every_scenario_exercises_what_it_names() {
    let v1 = Reference {
        options: Options {
            v1_fallback: true,
            ..Options::default()
        },
    };
    let mut idle = Vec::new();
    for scenario in scenario::embedded() {
        let traces = [
            memory::run(scenario, &Reference::default(), 1),
            memory::run(scenario, &v1, 1),
        ];
        for id in &scenario.exercises {
            let rule = rules::get(id).unwrap_or_else(|| panic!("{} names {id}", scenario.name));
            let exercised = traces
                .iter()
                .any(|t| rule.check(&Case::new(t)) != Finding::Vacuous);
            if !exercised {
                idle.push(format!("{} does not exercise {id}", scenario.name));
            }
        }
    }
    assert!(idle.is_empty(), "{}", idle.join("\n"));
}

/// A refusal would raise nothing either.
#[test]
fn what_has_ended_is_followed_by_new_credentials() {
    let of_two_lives = |s: &&Scenario| s.name.ends_with("-again-after-the-end");
    let mut seen = 0;
    for scenario in scenario::embedded().iter().filter(of_two_lives) {
        let trace = memory::run(scenario, &Reference::default(), 1);
        let case = Case::new(&trace);
        let ids: Vec<Option<&str>> = (case.calls.iter())
            .map(|call| call.given().map(|given| given.access_key_id.as_str()))
            .collect();
        let [Some(first), Some(second)] = ids.as_slice() else {
            panic!("{}: {ids:?}", scenario.name);
        };
        assert_ne!(first, second, "{}", scenario.name);
        seen += 1;
    }
    assert!(seen >= 4);
}

#[test]
fn every_rule_behind_a_capability_is_exercised_by_the_variant_that_has_it() {
    let reference = Reference {
        options: Options {
            v1_fallback: true,
            ..Options::default()
        },
    };
    let traces: Vec<_> = scenario::embedded()
        .iter()
        .map(|s| memory::run(s, &reference, 1))
        .collect();
    let mut declared = imdspec_rules::Capabilities::default();
    for capability in imdspec_rules::Capability::ALL {
        declared.declare(capability, true);
    }
    for judgement in judge(rules::all(), &traces, &declared) {
        let without_v1 = judgement.verdict == Verdict::NotApplicable;
        let good = matches!(judgement.verdict, Verdict::Held | Verdict::Observed);
        assert!(
            good || without_v1 && judgement.rule.id == "TOKEN-019",
            "{} is {:?}: {:?}",
            judgement.rule.id,
            judgement.verdict,
            judgement.evidence
        );
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    for scenario in scenario::embedded() {
        let run = |seed| memory::run(scenario, &Reference::default(), seed).to_string();
        assert_eq!(run(7), run(7), "{}", scenario.name);
        assert_ne!(run(7), run(8), "{}", scenario.name);
    }
}

#[test]
fn a_trace_survives_being_written_down() {
    for scenario in scenario::embedded() {
        let trace = memory::run(scenario, &Reference::default(), 3);
        let read: imdspec_rules::Trace = trace.to_string().parse().unwrap();
        assert_eq!(read, trace, "{}", scenario.name);
    }
}
