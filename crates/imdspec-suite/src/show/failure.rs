//! The block that must convince a maintainer in one minute.

use super::paint::{BOLD, DIM, RED, YELLOW, paint};
use super::{Colour, lanes, lanes_at, wrap};
use imdspec_rules::{Evidence, Judgement, Trace, Verdict};

/// How to run just this one again.
#[derive(Debug, Clone, Copy)]
pub struct Again<'a> {
    /// `imdspec check` and what it was given, scenario and rule aside.
    pub command: &'a str,
    /// What stands behind `--`, if anything.
    pub subject: &'a str,
}

/// Says how to get the same failure once more.
pub trait Replay {
    /// The command, for one rule in one scenario.
    fn command(&self, scenario: &str, rule: &str) -> String;
}

impl Replay for Again<'_> {
    fn command(&self, scenario: &str, rule: &str) -> String {
        let (command, subject) = (self.command, self.subject);
        format!("{command} --scenario {scenario} --rule {rule}{subject}")
    }
}

/// A command that needs no more said.
impl Replay for &str {
    fn command(&self, _scenario: &str, _rule: &str) -> String {
        (*self).to_owned()
    }
}

/// Where a piece of evidence stands in a file of recorded traffic.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    /// The file, and whose traffic in it.
    pub recording: &'a str,
    /// What its numbers count, such as `packets`.
    pub units: &'a str,
    /// Where each event of the trace stands.
    pub places: &'a [u32],
}

/// One piece of evidence from recorded traffic, as text.
#[must_use]
pub fn block_found(
    judgement: &Judgement<'_>,
    evidence: &Evidence,
    trace: &Trace,
    found: Found<'_>,
    again: &str,
    colour: Colour,
) -> String {
    let mut lines = head(judgement, evidence);
    let (recording, units) = (found.recording, found.units);
    lines.push(format!("  recording {recording} (numbers are {units})"));
    lines.extend(lanes_at(trace, &evidence.events, found.places));
    lines.extend(tail(judgement, again));
    colour.of(lines.join("\n"))
}

/// One piece of evidence against a subject, as text.
#[must_use]
pub fn block(
    judgement: &Judgement<'_>,
    evidence: &Evidence,
    trace: &Trace,
    again: &dyn Replay,
    colour: Colour,
) -> String {
    let mut lines = head(judgement, evidence);
    lines.push(format!("  scenario  {}", trace.header.scenario));
    lines.extend(lanes(trace, &evidence.events));
    let command = again.command(&trace.header.scenario, judgement.rule.id);
    lines.extend(tail(judgement, &command));
    colour.of(lines.join("\n"))
}

/// How to see it again, and where to read on.
fn tail(judgement: &Judgement<'_>, command: &str) -> [String; 2] {
    let again = format!("  again     {command}");
    let more = format!("  more      imdspec explain {}", judgement.rule.id);
    [again, more]
}

/// What is broken, and how.
fn head(judgement: &Judgement<'_>, evidence: &Evidence) -> Vec<String> {
    let rule = judgement.rule;
    let (style, word) = match judgement.verdict {
        Verdict::Warned => (YELLOW, "warned"),
        _ => (RED, "violated"),
    };
    let mut lines = vec![format!(
        "{} {} {}",
        paint(style, rule.id),
        paint(style, rule.level.as_str()),
        paint(style, word),
    )];
    let painted = |style, head: &str, text: &str| {
        let lines = wrap(head, text).into_iter();
        lines.map(|line| paint(style, line)).collect::<Vec<_>>()
    };
    lines.extend(painted(BOLD, "  ", rule.statement));
    let source = format!("{} ({})", rule.source, rule.provenance.as_str());
    lines.extend(painted(DIM, "  source    ", &source));
    lines.push(format!("  expected  {}", evidence.expected));
    lines.push(format!("  got       {}", evidence.got));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::show::whole;
    use crate::{scenario, self_test};
    use imdspec_rules::{Capabilities, judge, rules};

    /// The block of a mutant, as a maintainer would see it.
    fn shown(rule: &str, scenario: &str) -> String {
        let mutant = self_test::mutant_of(rule).expect("every rule has one");
        let scenario = scenario::embedded()
            .iter()
            .find(|s| s.name == scenario)
            .expect("it is built in");
        let trace = mutant.run(scenario, 1);
        let rule = [*rules::get(rule).expect("it exists")];
        let judgements = judge(
            &rule,
            std::slice::from_ref(&trace),
            &Capabilities::default(),
        );
        let again = Again {
            command: "imdspec check --seed 1",
            subject: " -- my-provider",
        };
        let evidence = &judgements[0].evidence[0].evidence;
        block(&judgements[0], evidence, &trace, &again, Colour::Plain)
    }

    #[test]
    fn failure_blocks_are_as_accepted() {
        for (rule, scenario) in [
            ("DOC-003", "doc/code-failed-with-keys"),
            ("TOKEN-015", "token/revoked-between-resolves"),
            ("CACHE-002", "cache/expired-credentials"),
            ("ERR-014", "err/garbage-on-list"),
            ("RETRY-001", "retry/silent-document"),
        ] {
            insta::with_settings!({snapshot_path => "../../../../snapshots/failure", prepend_module_to_snapshot => false}, {
                insta::assert_snapshot!(rule, shown(rule, scenario));
            });
        }
    }

    #[test]
    fn no_secret_is_shown() {
        for mutant in self_test::mutants() {
            let rule = rules::get(mutant.rule).expect("it exists");
            for scenario in scenario::embedded() {
                if !scenario.exercises.iter().any(|e| e == rule.id) {
                    continue;
                }
                let trace = mutant.run(scenario, 1);
                let shown = whole(&trace, &[]).join("\n");
                for event in &trace.events {
                    if let imdspec_rules::What::Secret { value, .. } = &event.what {
                        assert!(!shown.contains(value), "{} in {}", rule.id, scenario.name);
                    }
                }
            }
        }
    }
}
