//! What came of a campaign, for people and for machines.

use crate::args::Campaign as Args;
use crate::args::under_test::quote;
use crate::show::failure::block;
use crate::show::paint::{DIM, GREEN, RED, YELLOW, paint};
use crate::show::{Colour, wrap};
use imdspec_rules::{judge, rules};
use imdspec_suite::fuzz::campaign::{Ended, Finding};
use imdspec_suite::program::Network;
use imdspec_suite::states::Reached;
use std::path::{Path, PathBuf};

/// The name of the scenario that took the most memory.
pub(super) const HEAVY: &str = "much-memory";

/// How many of the states that were never reached are named.
const SHOWN_STATES: usize = 10;

pub(super) fn text(args: &Args, ended: &Ended, saved: &[PathBuf], seed: u64) -> String {
    let subject = &ended.subject;
    let mut lines = vec![
        format!("imdspec {}", env!("CARGO_PKG_VERSION")),
        format!(
            "subject   {} {} ({}, network {}, clock {})",
            subject.name,
            subject.version,
            subject.kind.as_str(),
            subject.kind.network(),
            subject.clock().as_str()
        ),
        format!("seed      {seed:016x}"),
    ];
    let notes = ended.notes.iter();
    lines.extend(notes.map(|n| paint(YELLOW, format!("note      {n}"))));
    lines.push(String::new());
    for (finding, path) in ended.findings.iter().zip(saved) {
        lines.push(shown(args, ended, finding, path));
        lines.push(paint(DIM, format!("  {}", steadiness(finding))));
        lines.push(String::new());
    }
    for (rule, got) in &ended.unsteady {
        lines.push(paint(
            YELLOW,
            format!("unsteady  {rule} was broken once, and not again in the same scenario: {got}"),
        ));
    }
    if let Some(heavy) = &ended.heavy {
        let (peak, healthy) = (heavy.peak >> 20, heavy.healthy >> 20);
        let file = args.out.join(HEAVY).with_extension("toml");
        lines.push(paint(
            RED,
            format!(
                "memory    {peak} MiB, and {healthy} MiB on a healthy service: {}",
                file.display()
            ),
        ));
    }
    if !ended.known.is_empty() {
        let known: Vec<String> = ended
            .known
            .iter()
            .map(|(rule, times)| format!("{rule} ({times}x)"))
            .collect();
        let known = format!("expected  by the baseline: {}", known.join(", "));
        lines.extend(wrap("", &known).into_iter().map(|line| paint(DIM, line)));
    }
    lines.extend(never_reached(&ended.progress.reached));
    lines.push(sum(ended));
    if ended.progress.reached.covered() == 0 {
        lines.push(paint(
            RED,
            "nothing was put to the test: the subject asked the service for no credentials",
        ));
    }
    if ended.interrupted {
        lines.push("interrupted: the time was not used up".into());
    }
    lines.join("\n") + "\n"
}

/// The first states that were never reached, and how many more there are.
fn never_reached(reached: &Reached) -> Vec<String> {
    let names: Vec<String> = reached.missing().map(|s| s.to_string()).collect();
    let shown = names.len().min(SHOWN_STATES);
    let mut lines: Vec<String> = (names[..shown].iter())
        .map(|name| format!("unreached {name}"))
        .collect();
    match names.len() - shown {
        0 => {}
        more => lines.push(format!("          and {more} more: --json FILE names them")),
    }
    lines.into_iter().map(|line| paint(DIM, line)).collect()
}

/// A finding as a check shows a violation, with the command that runs the saved scenario again.
fn shown(args: &Args, ended: &Ended, finding: &Finding, path: &Path) -> String {
    let rule: Vec<_> = rules::get(finding.broken.rule)
        .into_iter()
        .copied()
        .collect();
    let trace = std::slice::from_ref(&finding.trace);
    let judged = judge(&rule, trace, &ended.subject.capabilities);
    let program = ended.subject.kind.program();
    let network = program.map_or(Network::Auto, |p| p.network);
    let again = format!(
        "imdspec replay{}{} {}{}",
        if args.strict { " --strict" } else { "" },
        args.under_test.options(network),
        quote(&path.to_string_lossy()),
        args.under_test.command()
    );
    let proof = judged
        .iter()
        .find_map(|j| Some((j, &j.evidence.first()?.evidence)));
    match proof {
        Some((judgement, evidence)) => block(
            judgement,
            evidence,
            &finding.trace,
            &again.as_str(),
            Colour::Ansi,
        ),
        None => format!(
            "{}: {}\n  again     {again}",
            finding.broken.rule, finding.broken.got
        ),
    }
}

fn steadiness(finding: &Finding) -> String {
    let (shown, runs) = finding.again;
    let tries = finding.tries;
    if runs == 0 {
        format!("made small in {tries} runs; time was over before it was run once more")
    } else {
        format!("made small in {tries} runs; then shown {shown} times in {runs}")
    }
}

fn sum(ended: &Ended) -> String {
    let at = &ended.progress;
    let found = match ended.findings.len() {
        0 => paint(GREEN, "nothing found"),
        n => paint(RED, format!("{n} found")),
    };
    format!(
        "{found} in {} executions, {} of them to make findings small; {} states of the model \
         and {} transitions reached, {:.1} s",
        at.executions,
        at.on_findings,
        at.reached,
        at.transitions,
        ended.took.as_secs_f64()
    )
}

pub(super) fn json(ended: &Ended, saved: &[PathBuf], seed: u64) -> String {
    let at = &ended.progress;
    let findings = ended.findings.iter().zip(saved).map(|(finding, path)| {
        let broken = &finding.broken;
        serde_json::json!({
            "rule": broken.rule,
            "level": broken.level.as_str(),
            "expected": broken.expected,
            "got": broken.got,
            "scenario": path.to_string_lossy(),
            "runs_to_shrink": finding.tries,
            "shown_again": finding.again.0,
            "runs_again": finding.again.1,
        })
    });
    let report = serde_json::json!({
        "imdspec": env!("CARGO_PKG_VERSION"),
        "schema": 1,
        "seed": format!("{seed:016x}"),
        "subject": {
            "name": ended.subject.name,
            "version": ended.subject.version,
            "kind": ended.subject.kind.as_str(),
            "network": ended.subject.kind.network(),
            "clock": ended.subject.clock().as_str(),
        },
        "executions": at.executions,
        "states": at.reached,
        "transitions": at.transitions,
        "seconds": ended.took.as_secs_f64(),
        "interrupted": ended.interrupted,
        "expected": ended.known,
        "memory": ended.heavy.as_ref().map(|h| serde_json::json!({"peak": h.peak, "healthy": h.healthy})),
        "findings": findings.collect::<Vec<_>>(),
        "unsteady": ended.unsteady.iter().map(|(rule, got)| serde_json::json!({"rule": rule, "got": got})).collect::<Vec<_>>(),
    });
    format!("{report:#}\n")
}
