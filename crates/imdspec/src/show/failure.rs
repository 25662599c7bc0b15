//! The block that must convince a maintainer in one minute.

use super::lanes;
use super::paint::{BOLD, DIM, RED, YELLOW, paint};
use imdspec_rules::{Evidence, Judgement, Trace, Verdict};

/// How to run just this one again.
pub(crate) struct Again<'a> {
    /// `imdspec check` and what it was given, scenario and rule aside.
    pub(crate) command: &'a str,
    /// What stands behind `--`, if anything.
    pub(crate) subject: &'a str,
}

/// One piece of evidence against a subject, as text.
pub(crate) fn block(
    judgement: &Judgement<'_>,
    evidence: &Evidence,
    trace: &Trace,
    again: &Again<'_>,
) -> String {
    let rule = judgement.rule;
    let (style, word) = match judgement.verdict {
        Verdict::Warned => (YELLOW, "warned"),
        _ => (RED, "violated"),
    };
    let mut lines = vec![
        format!(
            "{} {} {}",
            paint(style, rule.id),
            paint(style, rule.level.as_str()),
            paint(style, word),
        ),
        format!("  {}", paint(BOLD, rule.statement)),
        paint(
            DIM,
            format!("  source ({}): {}", rule.provenance.as_str(), rule.source),
        ),
        format!("  expected  {}", evidence.expected),
        format!("  got       {}", evidence.got),
        format!("  scenario  {}", trace.header.scenario),
    ];
    lines.extend(lanes(trace, &evidence.events));
    lines.push(format!(
        "  again     {} --scenario {} --rule {}{}",
        again.command, trace.header.scenario, rule.id, again.subject
    ));
    lines.push(format!("  more      imdspec explain {}", rule.id));
    lines.join("\n")
}
