//! The lines around the failures: who, what, and how it went.

use super::paint::{BLUE, DIM, GREEN, RED, YELLOW, paint};
use anstyle::Style;
use imdspec_rules::{Judgement, Verdict};
use imdspec_suite::baseline::Comparison;
use imdspec_suite::report::{Summary, observed};
use imdspec_suite::runner::Done;
use imdspec_suite::scenario::regressions;

/// At most six lines before everything else.
pub(crate) fn header(done: &Done, rules: usize, comparison: &Comparison) -> String {
    let subject = &done.subject;
    let version = if subject.version.is_empty() {
        String::new()
    } else {
        format!(" {}", subject.version)
    };
    let clock = subject.clock().as_str();
    let mut lines = vec![
        format!("imdspec {}", env!("CARGO_PKG_VERSION")),
        format!(
            "subject   {}{version} ({}, network {}, clock {clock})",
            subject.name,
            subject.kind.as_str(),
            subject.kind.network(),
        ),
        format!(
            "selected  {} scenarios{}, {rules} rules, seed {:016x}",
            done.ran.len(),
            saved(done),
            done.seed
        ),
    ];
    lines.extend(comparison.headline().map(|b| format!("baseline  {b}")));
    lines.extend(
        done.notes
            .iter()
            .map(|n| paint(YELLOW, format!("note      {n}"))),
    );
    lines.join("\n")
}

/// How many of the scenarios were picked up, and where.
fn saved(done: &Done) -> String {
    match done.regressions() {
        0 => String::new(),
        n => format!(" ({n} of them from {}/)", regressions::FOLDER),
    }
}

/// One line for a rule.
pub(crate) fn rule_line(judgement: &Judgement<'_>, expected: bool) -> String {
    let style = style(judgement.verdict);
    let mut line = format!(
        "{:<14} {} {:<6}",
        judgement.verdict.as_str(),
        judgement.rule.id,
        judgement.rule.level.as_str()
    );
    line = paint(style, line);
    match judgement.verdict {
        Verdict::Observed => line.push_str(&format!(" {}", observed(judgement))),
        Verdict::Held => line.push_str(&paint(DIM, format!(" {} times", judgement.exercised))),
        Verdict::Violated | Verdict::Warned => {
            let proof = judgement.evidence.len();
            line.push_str(&format!(" {} ({proof}x)", judgement.rule.statement));
            if expected {
                line.push_str(&paint(DIM, " (expected)"));
            }
        }
        Verdict::NotExercised | Verdict::NotApplicable | Verdict::NotRun => {
            line.push_str(&paint(DIM, format!(" {}", judgement.reason)));
        }
    }
    line
}

/// How a verdict is shown.
pub(crate) const fn style(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Held => GREEN,
        Verdict::Violated => RED,
        Verdict::Warned => YELLOW,
        Verdict::Observed => BLUE,
        Verdict::NotExercised | Verdict::NotApplicable | Verdict::NotRun => DIM,
    }
}

/// The counts on one line.
pub(crate) fn counts(summary: &Summary) -> String {
    format!(
        "{} in {} scenarios, {:.1} s",
        verdicts(summary),
        summary.scenarios,
        summary.seconds
    )
}

/// How many rules have which verdict.
pub(crate) fn verdicts(summary: &Summary) -> String {
    let mut parts = vec![paint(GREEN, format!("{} held", summary.held))];
    for (n, what, style) in [
        (summary.violated, "violated", RED),
        (summary.warned, "warned", YELLOW),
        (summary.observed, "observed", BLUE),
        (summary.not_exercised, "not exercised", DIM),
        (summary.not_applicable, "not applicable", DIM),
        (summary.not_run, "not run", DIM),
    ] {
        if n > 0 || what == "violated" {
            parts.push(paint(style, format!("{n} {what}")));
        }
    }
    parts.join(", ")
}
