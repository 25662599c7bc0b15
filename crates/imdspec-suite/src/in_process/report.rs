//! What one scenario showed of a value.

use super::conformance::Known;
use crate::show::Colour;
use crate::show::failure::{Replay, block};
use imdspec_rules::{Capabilities, Judgement, Trace, Verdict, What, judge, rules};

/// What one scenario showed: the trace, and what every rule says of it.
#[derive(Debug)]
pub struct Report {
    trace: Trace,
    judgements: Vec<Judgement<'static>>,
    expected: Vec<Known>,
    strict: bool,
    /// The rules the scenario is meant for.
    meant: Vec<String>,
}

impl Report {
    pub(super) fn new(
        trace: Trace,
        meant: &[String],
        declared: &Capabilities,
        expected: Vec<Known>,
        strict: bool,
    ) -> Self {
        let judgements = judge(rules::all(), std::slice::from_ref(&trace), declared);
        Self {
            trace,
            judgements,
            expected,
            strict,
            meant: meant.to_vec(),
        }
    }

    /// What happened, in order.
    #[must_use]
    pub const fn trace(&self) -> &Trace {
        &self.trace
    }

    /// What was said, the same each time the value does the same.
    #[must_use]
    pub fn conversation(&self) -> String {
        crate::conversation::normalised(&self.trace)
    }

    /// What every rule says of it.
    #[must_use]
    pub fn judgements(&self) -> &[Judgement<'static>] {
        &self.judgements
    }

    /// What is wrong, as the message of a failing test has it; none when all is as expected.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        let name = &self.trace.header.scenario;
        self.failure_again(&format!("Conformance::run({name:?})"))
    }

    pub(super) fn failure_again(&self, again: &str) -> Option<String> {
        let mut parts: Vec<String> = self
            .judgements
            .iter()
            .filter(|j| self.known(j).is_none())
            .filter(|j| match j.verdict {
                Verdict::Violated => true,
                Verdict::Warned => self.strict,
                _ => false,
            })
            .map(|j| self.shown(j, &again))
            .collect();
        parts.extend(self.expected.iter().filter_map(|known| self.stale(known)));
        if self.judgements.iter().all(|j| j.exercised == 0) {
            parts.push(self.hollow());
        }
        (!parts.is_empty()).then(|| parts.join("\n\n"))
    }

    /// One line for whoever looks at a test that passed.
    pub(super) fn summary(&self) -> String {
        let ids = |verdict: Verdict| {
            let found = self.judgements.iter().filter(|j| j.verdict == verdict);
            found.map(|j| j.rule.id).collect::<Vec<_>>()
        };
        let mut line = format!(
            "{}: {} rules held",
            self.trace.header.scenario,
            ids(Verdict::Held).len()
        );
        for (verdict, word) in [
            (Verdict::Violated, "violated"),
            (Verdict::Warned, "warned"),
            (Verdict::Observed, "observed"),
        ] {
            let ids = ids(verdict);
            if !ids.is_empty() {
                line.push_str(&format!("; {word} {}", ids.join(", ")));
            }
        }
        for judgement in self.untested() {
            let (rule, reason) = (judgement.rule.id, &judgement.reason);
            line.push_str(&format!(
                "\n  not put to the test, though meant: {rule} ({reason})"
            ));
        }
        for known in &self.expected {
            line.push_str(&format!("\n  expected {}: {}", known.rule, known.reason));
        }
        line
    }

    /// The rules the scenario is meant for that it did not put to the test.
    fn untested(&self) -> impl Iterator<Item = &Judgement<'static>> {
        let meant = |j: &&Judgement<'_>| self.meant.iter().any(|m| m == j.rule.id);
        self.judgements
            .iter()
            .filter(|j| j.exercised == 0)
            .filter(meant)
    }

    /// A test that could not have failed is not passed.
    fn hollow(&self) -> String {
        let requests = self
            .trace
            .events
            .iter()
            .any(|e| matches!(e.what, What::Request(_) | What::Connect { .. }));
        let mut text = format!(
            "{} put no rule to the test{}",
            self.trace.header.scenario,
            if requests {
                ""
            } else {
                ", and the provider sent no request: does it use the endpoint it is given?"
            }
        );
        for judgement in self.untested() {
            text.push_str(&format!("\n  {}: {}", judgement.rule.id, judgement.reason));
        }
        text.push_str(
            "\n  what it can do and cannot do is declared with Conformance::has and has_not",
        );
        text
    }

    fn known(&self, judgement: &Judgement<'_>) -> Option<&Known> {
        self.expected.iter().find(|k| k.rule == judgement.rule.id)
    }

    fn shown(&self, judgement: &Judgement<'_>, again: &dyn Replay) -> String {
        let Some(first) = judgement.evidence.first() else {
            return String::new();
        };
        let mut text = block(
            judgement,
            &first.evidence,
            &self.trace,
            again,
            Colour::Plain,
        );
        let more = judgement.evidence.len() - 1;
        if more > 0 {
            text.push_str(&format!("\n  ({more} more of {} here)", judgement.rule.id));
        }
        text
    }

    /// What is wrong with an expected violation, if it did not happen.
    fn stale(&self, known: &Known) -> Option<String> {
        let found = self.judgements.iter().find(|j| j.rule.id == known.rule);
        let verdict = found.map_or(Verdict::NotExercised, |j| j.verdict);
        if matches!(verdict, Verdict::Violated | Verdict::Warned) {
            return None;
        }
        Some(format!(
            "{} was expected to be broken in {} and is {}; remove the scenario from the entry\n  \
             reason    {}",
            known.rule,
            self.trace.header.scenario,
            verdict.as_str(),
            known.reason
        ))
    }
}
