//! Programs that misbehave: each ends as a verdict or a clear refusal, and leaves nothing behind.
#![cfg(unix)]

use imdspec_rules::{Outcome, What};
use imdspec_suite::program::{ContractError, Program};
use imdspec_suite::runner::{self, Done, Plan};
use imdspec_suite::{Driven, Subject, scenario};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

const HELLO: &str = r#"echo '{"imdspec":1,"name":"sh"}'; "#;

fn run(command: &[&str], driven: Driven, scenarios: &[&str]) -> Result<Done, ContractError> {
    let command = command.iter().map(|c| (*c).to_owned()).collect();
    // Only what is meant to hang comes near it.
    let program = Program::new(command, Duration::from_secs(2));
    let plan = Plan {
        subject: Subject::program(program, driven),
        scenarios: scenario::embedded()
            .iter()
            .filter(|s| scenarios.contains(&s.name.as_str()))
            .cloned()
            .map(Arc::new)
            .collect(),
        seed: 1,
    };
    assert_eq!(
        plan.scenarios.len(),
        scenarios.len(),
        "each name is a scenario"
    );
    let (_keep, stop) = watch::channel(false);
    tokio::runtime::Runtime::new()
        .expect("a runtime")
        .block_on(runner::run(plan, stop, |_| {}))
}

fn why(command: &[&str], driven: Driven) -> String {
    run(command, driven, &["doc/canonical"])
        .expect_err("it keeps no contract")
        .to_string()
}

fn sh(script: &str) -> Vec<&str> {
    vec!["sh", "-c", script]
}

/// A session that keeps the contract until the scenario under test, told by its environment.
fn after_sanity(misbehaviour: &str) -> String {
    let refuse = r#"read q; id=${q#*:}; id=${id%%,*}; echo "{\"id\":$id,\"error\":{}}"; "#;
    format!(
        r#"{HELLO} if [ "$AWS_EC2_METADATA_DISABLED" = true ]; then {misbehaviour}; else {refuse} fi; read q"#
    )
}

fn outcome(script: &str) -> Outcome {
    let script = after_sanity(script);
    let done = run(&sh(&script), Driven::Session, &["config/disabled"]).expect("it says hello");
    let trace = done.ran[0].result.as_ref().expect("it ran");
    let outcomes: Vec<&Outcome> = trace
        .events
        .iter()
        .filter_map(|e| match &e.what {
            What::Outcome { outcome, .. } => Some(outcome),
            _ => None,
        })
        .collect();
    outcomes[0].clone()
}

#[test]
fn a_command_that_does_not_exist() {
    let why = why(&["no-such-program-anywhere"], Driven::OneShot);
    assert!(
        why.contains("could not start \"no-such-program-anywhere\""),
        "{why}"
    );
}

#[test]
fn a_one_shot_that_prints_garbage_or_dies() {
    assert!(
        why(&["echo", "hello"], Driven::OneShot).contains("stdout is no credential_process object")
    );
    assert!(why(&sh("kill -SEGV $$"), Driven::OneShot).contains("it crashed (signal 11)"));
    let said = why(&sh("echo why it died >&2; exit 3"), Driven::OneShot);
    assert!(
        said.contains("exit status 3") && said.contains("why it died"),
        "{said}"
    );
}

#[test]
fn a_one_shot_that_floods_or_hangs() {
    assert!(why(&["yes"], Driven::OneShot).contains("bytes on stdout"));
    assert!(why(&["sleep", "1000"], Driven::OneShot).contains("no answer within 2000 ms"));
}

#[test]
fn a_one_shot_that_refuses_is_judged() {
    let done = run(&["false"], Driven::OneShot, &["doc/canonical"]).unwrap();
    assert!(
        done.notes[0].contains("sent no request"),
        "{:?}",
        done.notes
    );
}

#[test]
fn a_session_without_a_hello() {
    assert!(why(&["echo", "hi there"], Driven::Session).contains("it printed \"hi there\""));
    assert!(why(&["true"], Driven::Session).contains("it ended first"));
    assert!(why(&["yes"], Driven::Session).contains("it printed \"y\""));
    let said = why(&sh("echo Traceback >&2; exit 1"), Driven::Session);
    assert!(said.contains("its stderr ends:\nTraceback"), "{said}");
}

#[test]
fn a_session_that_misbehaves_is_a_verdict() {
    let crash = |how: &str| Outcome::Crash { how: how.into() };
    assert_eq!(outcome("read q; kill -KILL $$"), crash("signal 9"));
    assert_eq!(outcome("read q; exit 7"), crash("exit status 7"));
    let silent = crash("it exited without answering");
    assert_eq!(outcome("read q; exit 0"), silent);
    let closed = crash("it closed its stdout without answering");
    assert_eq!(outcome("read q; exec >&-; sleep 1000"), closed);
    for (script, says) in [
        ("read q; echo garbage", "a line is no answer"),
        ("read q; echo '{\"id\":1}'", "neither credentials nor error"),
        ("read q; tr '\\0' y </dev/zero", "more on stdout"),
    ] {
        match outcome(script) {
            Outcome::BadOutput { what } => assert!(what.contains(says), "{script}: {what}"),
            other => panic!("{script}: {other:?}"),
        }
    }
}

#[test]
fn a_session_that_hangs_or_does_not_listen_has_a_deadline() {
    let late = Outcome::Deadline { after: 2000 };
    assert_eq!(outcome("read q; sleep 1000"), late);
    assert_eq!(outcome("exec <&-; sleep 1000"), late);
}

#[test]
fn nothing_is_left_running() {
    // A grandchild with a name of its own, which would outlive its parent by far.
    let script = after_sanity("sleep 98765 & read q; exit 7");
    run(&sh(&script), Driven::Session, &["config/disabled"]).unwrap();
    let left = std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| std::fs::read(entry.ok()?.path().join("cmdline")).ok())
        .any(|cmdline| cmdline == b"sleep\098765\0");
    assert!(!left, "the group was not ended");
}
