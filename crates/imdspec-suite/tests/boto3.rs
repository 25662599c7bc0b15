//! A real SDK, as the truth serum. Skipped, loudly, where boto3 is not installed.

use imdspec_rules::{Verdict, rules};
use imdspec_suite::runner::{self, Plan};
use imdspec_suite::{Descriptor, scenario};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

#[test]
fn boto3_shows_what_it_is_known_to_do() {
    if !pythons().iter().any(|python| has_boto3(python)) {
        eprintln!("\n*** SKIPPED: boto3 is not installed; scripts/subjects install boto3 ***\n");
        return;
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../subjects/boto3.toml");
    let descriptor = Descriptor::load(&file).unwrap();
    let names = [
        "doc/canonical",
        "doc/code-failed-with-keys",
        "err/token-put-400",
        "route/one-role",
    ];
    let scenarios: Vec<_> = scenario::embedded()
        .iter()
        .filter(|s| names.contains(&s.name.as_str()))
        .cloned()
        .map(Arc::new)
        .collect();
    assert_eq!(scenarios.len(), names.len(), "each name is a scenario");
    let plan = Plan {
        subject: descriptor.subject(Duration::from_secs(60)),
        scenarios,
        seed: 1,
    };
    let (_keep, stop) = watch::channel(false);
    let done = tokio::runtime::Runtime::new()
        .unwrap()
        .block_on(runner::run(plan, stop, |_| {}))
        .unwrap();
    assert_eq!(done.subject.name, "boto3");
    let verdict = |id: &str| {
        let judgements = done.judgements(rules::all());
        judgements.iter().find(|j| j.rule.id == id).unwrap().verdict
    };
    assert_eq!(
        verdict("DOC-003"),
        Verdict::Violated,
        "botocore does not look at Code"
    );
    assert_eq!(verdict("TOKEN-001"), Verdict::Held);
    assert_eq!(verdict("TOKEN-005"), Verdict::Held);
    assert_eq!(verdict("DOC-001"), Verdict::Held);
}

/// Where `scripts/subjects` puts one, and that of PATH.
fn pythons() -> [PathBuf; 2] {
    let cache = || {
        let home = PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
        home.join(".cache/imdspec/subjects")
    };
    let all = std::env::var_os("IMDSPEC_SUBJECTS").map_or_else(cache, PathBuf::from);
    [all.join("boto3/bin/python3"), "python3".into()]
}

fn has_boto3(python: &Path) -> bool {
    Command::new(python)
        .args(["-c", "import boto3"])
        .output()
        .is_ok_and(|o| o.status.success())
}
