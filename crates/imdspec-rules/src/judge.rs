//! From the findings of many traces to one judgement a rule.

use crate::{Applies, Capabilities, Case, Evidence, Finding, Level, Rule, Trace};
use serde::{Deserialize, Serialize};
use std::borrow::Borrow;

/// A rule's result over a whole run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Put to the test, and held each time.
    Held,
    /// A MUST was broken.
    Violated,
    /// A SHOULD was not met.
    Warned,
    /// The sources leave it open; what the subject does is recorded.
    Observed,
    /// No trace put it to the test.
    NotExercised,
    /// The subject does not have the capability it stands behind.
    NotApplicable,
    /// Every scenario that would put it to the test could not be run.
    NotRun,
}

impl Verdict {
    /// As written in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Violated => "violated",
            Self::Warned => "warned",
            Self::Observed => "observed",
            Self::NotExercised => "not-exercised",
            Self::NotApplicable => "not-applicable",
            Self::NotRun => "not-run",
        }
    }
}

/// One rule's result over a run, with the proof.
#[derive(Debug, Clone)]
pub struct Judgement<'r> {
    /// The rule.
    pub rule: &'r Rule,
    /// Its result.
    pub verdict: Verdict,
    /// How often it was put to the test.
    pub exercised: u32,
    /// The traces, by their index, that put it to the test.
    pub traces: Vec<usize>,
    /// The proof, for violations and warnings.
    pub evidence: Vec<CaseEvidence>,
    /// What was observed, for a PIN.
    pub observed: Vec<(usize, String)>,
    /// Why, where the verdict needs a reason.
    pub reason: String,
}

/// The proof in one trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseEvidence {
    /// The trace, by its index.
    pub trace: usize,
    /// What it shows.
    pub evidence: Evidence,
}

/// Judges the traces of one run by every rule given.
///
/// Capabilities that were not declared are inferred from the traces. The verdict
/// [`Verdict::NotRun`] is the runner's to give: here a rule without a trace is not exercised.
#[must_use]
pub fn judge<'r, T: Borrow<Trace>>(
    rules: &'r [Rule],
    traces: &[T],
    declared: &Capabilities,
) -> Vec<Judgement<'r>> {
    let cases: Vec<Case<'_>> = traces.iter().map(|t| Case::new(t.borrow())).collect();
    let has = declared.or_inferred(&cases);
    rules
        .iter()
        .map(|rule| match why_not_applicable(rule, &has) {
            Some(reason) => Judgement {
                rule,
                verdict: Verdict::NotApplicable,
                exercised: 0,
                traces: Vec::new(),
                evidence: Vec::new(),
                observed: Vec::new(),
                reason,
            },
            None => over_cases(rule, &cases),
        })
        .collect()
}

/// The MUST and SHOULD rules that one trace breaks, each with its first proof, in the order of the
/// rules: what [`judge`] says of that trace alone, without what it says of all the others. For whom
/// thousands of traces a second have nothing to be said about.
///
/// Capabilities that were not declared are inferred from the one trace.
#[must_use]
pub fn accuse<'r>(
    rules: &'r [Rule],
    trace: &Trace,
    declared: &Capabilities,
) -> Vec<(&'r Rule, Evidence)> {
    let case = [Case::new(trace)];
    let has = declared.or_inferred(&case);
    let [case] = case;
    let in_force = |rule: &&Rule| rule.level != Level::Pin && applies(rule.applies, &has);
    rules
        .iter()
        .filter(in_force)
        .filter_map(|rule| match rule.check(&case) {
            Finding::Violated { evidence, .. } => Some((rule, evidence.into_iter().next()?)),
            _ => None,
        })
        .collect()
}

const fn applies(to: Applies, has: &Capabilities) -> bool {
    match to {
        Applies::Always => true,
        Applies::With(c) => has.has(c),
        Applies::Without(c) => has.knows(c) && !has.has(c),
    }
}

fn why_not_applicable(rule: &Rule, has: &Capabilities) -> Option<String> {
    if applies(rule.applies, has) {
        return None;
    }
    match rule.applies {
        Applies::Always => None,
        Applies::With(c) if has.knows(c) => Some(format!("the subject declares no {c}")),
        Applies::With(c) => Some(format!("{c} is not declared, and nothing seen shows it")),
        Applies::Without(c) if has.has(c) => Some(format!("the subject has {c}")),
        Applies::Without(c) => Some(format!(
            "{c} is not declared, and nothing seen calls for it"
        )),
    }
}

fn over_cases<'r>(rule: &'r Rule, cases: &[Case<'_>]) -> Judgement<'r> {
    let mut judgement = Judgement {
        rule,
        verdict: Verdict::NotExercised,
        exercised: 0,
        traces: Vec::new(),
        evidence: Vec::new(),
        observed: Vec::new(),
        reason: String::new(),
    };
    for (trace, case) in cases.iter().enumerate() {
        match rule.check(case) {
            Finding::Vacuous => continue,
            Finding::Held { times } => judgement.exercised += times,
            Finding::Violated { times, evidence } => {
                judgement.exercised += times;
                let proof = |evidence| CaseEvidence { trace, evidence };
                judgement.evidence.extend(evidence.into_iter().map(proof));
            }
            Finding::Observed { value, .. } => {
                judgement.exercised += 1;
                judgement.observed.push((trace, value));
            }
        }
        judgement.traces.push(trace);
    }
    if judgement.exercised == 0 {
        judgement.reason = "no trace put it to the test".into();
    }
    judgement.verdict = match (judgement.exercised, rule.level) {
        (0, _) => Verdict::NotExercised,
        (_, Level::Pin) => Verdict::Observed,
        _ if judgement.evidence.is_empty() => Verdict::Held,
        (_, Level::Must) => Verdict::Violated,
        (_, Level::Should) => Verdict::Warned,
    };
    judgement
}
