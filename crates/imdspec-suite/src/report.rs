//! The report for machines: `--json FILE`. The shape is published in `docs/report.schema.json`.

use crate::baseline::{Comparison, Missed};
use crate::runner::Done;
use crate::states::Reached;
use imdspec_rules::{Judgement, Level, Verdict};
use serde::Serialize;
use std::time::Duration;

/// The version of the report's shape.
pub const SCHEMA: u32 = 1;

/// A whole report.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The version of the program that wrote it.
    pub imdspec: &'static str,
    /// The version of this shape.
    pub schema: u32,
    /// The seed, hexadecimal.
    pub seed: String,
    /// Whether the run was stopped before its end.
    pub interrupted: bool,
    /// How many scenarios were picked up in the folder `regressions`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regressions: Option<usize>,
    /// Who was under test.
    pub subject: SubjectPart,
    /// How many of what.
    pub summary: Summary,
    /// The states of the model that were reached, and those that were not.
    pub states: Reached,
    /// What became of the expected verdicts, when they came from a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<BaselinePart>,
    /// Every rule that was judged.
    pub rules: Vec<RulePart>,
    /// What was observed where the sources leave it open.
    pub observations: Vec<Observation>,
}

/// Who was under test.
#[derive(Debug, Serialize)]
pub struct SubjectPart {
    /// Its name.
    pub name: String,
    /// Its version, as far as it says.
    pub version: String,
    /// How it was driven.
    pub kind: &'static str,
    /// Which network it was on.
    pub network: &'static str,
    /// Whose time it lived on.
    pub clock: &'static str,
}

/// How many of what.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Scenarios that were run.
    pub scenarios: usize,
    /// Rules held.
    pub held: usize,
    /// MUSTs broken.
    pub violated: usize,
    /// SHOULDs not met.
    pub warned: usize,
    /// PINs seen.
    pub observed: usize,
    /// Rules no trace put to the test.
    pub not_exercised: usize,
    /// Rules behind a capability that the subject has not.
    pub not_applicable: usize,
    /// Rules whose scenarios could not be run.
    pub not_run: usize,
    /// How long the run took.
    pub seconds: f64,
}

/// What became of the expected verdicts.
#[derive(Debug, Serialize)]
pub struct BaselinePart {
    /// The file they came from.
    pub file: String,
    /// How many it has.
    pub entries: usize,
    /// Those that did not come true.
    pub failures: Vec<Missed>,
    /// What else there is to know, such as what expired.
    pub notes: Vec<String>,
}

/// One rule.
#[derive(Debug, Serialize)]
pub struct RulePart {
    /// Its id.
    pub id: &'static str,
    /// Its level.
    pub level: Level,
    /// Its result.
    pub verdict: Verdict,
    /// How often it was put to the test.
    pub exercised: u32,
    /// Whether the result is as expected: good, or known and explained.
    pub expected: bool,
    /// The scenarios that put it to the test.
    pub scenarios: Vec<String>,
    /// The proof.
    pub evidence: Vec<EvidencePart>,
    /// What was observed, for a PIN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed: Option<String>,
    /// Why, where the verdict needs a reason.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// The proof from one scenario.
#[derive(Debug, Serialize)]
pub struct EvidencePart {
    /// The scenario.
    pub scenario: String,
    /// Numbers of the events in its trace.
    pub events: Vec<u32>,
    /// In words.
    pub message: String,
}

/// Something observed.
#[derive(Debug, Serialize)]
pub struct Observation {
    /// The rule's id.
    pub id: &'static str,
    /// What was seen.
    pub value: String,
}

impl Summary {
    /// Counts a run.
    #[must_use]
    pub fn of(done: &Done, judgements: &[Judgement<'_>]) -> Self {
        Self::over(judgements, done.traces().len(), done.took)
    }

    /// Counts judgements over so many traces.
    #[must_use]
    pub fn over(judgements: &[Judgement<'_>], traces: usize, took: Duration) -> Self {
        let count = |v: Verdict| judgements.iter().filter(|j| j.verdict == v).count();
        Self {
            scenarios: traces,
            held: count(Verdict::Held),
            violated: count(Verdict::Violated),
            warned: count(Verdict::Warned),
            observed: count(Verdict::Observed),
            not_exercised: count(Verdict::NotExercised),
            not_applicable: count(Verdict::NotApplicable),
            not_run: count(Verdict::NotRun),
            seconds: (took.as_secs_f64() * 1000.0).round() / 1000.0,
        }
    }
}

impl Report {
    /// The report of a run. Nothing secret is in it: rules name events, not values.
    #[must_use]
    pub fn of(done: &Done, judgements: &[Judgement<'_>], comparison: &Comparison) -> Self {
        let traces = done.traces();
        let name = |trace: usize| traces[trace].header.scenario.clone();
        let rules = judgements
            .iter()
            .map(|j| RulePart {
                id: j.rule.id,
                level: j.rule.level,
                verdict: j.verdict,
                exercised: j.exercised,
                expected: comparison.expects(j),
                scenarios: j.traces.iter().map(|t| name(*t)).collect(),
                evidence: j
                    .evidence
                    .iter()
                    .map(|e| EvidencePart {
                        scenario: name(e.trace),
                        events: e.evidence.events.clone(),
                        message: format!(
                            "expected {}; got {}",
                            e.evidence.expected, e.evidence.got
                        ),
                    })
                    .collect(),
                observed: (j.verdict == Verdict::Observed).then(|| observed(j)),
                reason: j.reason.clone(),
            })
            .collect();
        let observations = judgements
            .iter()
            .filter(|j| j.verdict == Verdict::Observed)
            .map(|j| Observation {
                id: j.rule.id,
                value: observed(j),
            })
            .collect();
        Self {
            imdspec: env!("CARGO_PKG_VERSION"),
            schema: SCHEMA,
            seed: format!("{:016x}", done.seed),
            interrupted: done.interrupted,
            regressions: Some(done.regressions()).filter(|n| *n > 0),
            subject: SubjectPart {
                name: done.subject.name.clone(),
                version: done.subject.version.clone(),
                kind: done.subject.kind.as_str(),
                network: done.subject.kind.network(),
                clock: done.subject.clock().as_str(),
            },
            summary: Summary::of(done, judgements),
            states: done.reached(),
            baseline: comparison.file.as_ref().map(|file| BaselinePart {
                file: file.display().to_string(),
                entries: comparison.entries,
                failures: comparison.failures.clone(),
                notes: comparison.notes.clone(),
            }),
            rules,
            observations,
        }
    }
}

/// What a PIN's judgement saw, each value once.
#[must_use]
pub fn observed(judgement: &Judgement<'_>) -> String {
    let mut values: Vec<&str> = Vec::new();
    for (_, value) in &judgement.observed {
        if !values.contains(&value.as_str()) {
            values.push(value);
        }
    }
    values.join("; ")
}
