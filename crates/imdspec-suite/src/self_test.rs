//! The suite on trial: what must be caught is caught, what is legal raises nothing.
//!
//! For every rule there is a *mutant*: the reference client with one defect, put there from the
//! outside by a `Tamper` that changes what goes in and out of the machine. The
//! reference client's own code knows nothing of it. And there are *legal variants* of the service:
//! replies spelled differently than usual but within the sources, on which nobody may be accused.

mod fixes;
mod interactions;
mod mutants;
mod tamper;
mod variants;

pub use interactions::interactions;
pub use mutants::mutants;
pub use variants::{Variant, variants};

use crate::scenario::{self, Scenario};
use crate::subject::reference_capabilities;
use crate::{Reference, memory};
use imdspec_client::{Environment, Options};
use imdspec_rules::{Case, Finding, Rule, Trace, Verdict, judge, rules};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use tamper::{Tamper, Tampered};

/// The reference client with one defect.
#[derive(Debug, Clone, Copy)]
pub struct Mutant {
    /// The rule it breaks, which must catch it.
    pub rule: &'static str,
    /// The defect, in words.
    pub defect: &'static str,
    /// Whether it is made from the variant that falls back to IMDSv1.
    pub v1_fallback: bool,
    tamper: fn(&Environment) -> Tamper,
}

/// The mutant that breaks the rule with this id.
#[must_use]
pub fn mutant_of(rule: &str) -> Option<&'static Mutant> {
    mutants().iter().find(|m| m.rule == rule)
}

impl Mutant {
    /// Runs a scenario on the mutant.
    #[must_use]
    pub fn run(&self, scenario: &Scenario, seed: u64) -> Trace {
        let reference = self.reference();
        memory::run_with(scenario, "mutant", &reference, seed, |environment| {
            Tampered::new((self.tamper)(environment), environment, &reference, seed)
        })
    }

    /// The client it is made from.
    #[must_use]
    pub fn reference(&self) -> Reference {
        Reference {
            options: Options {
                v1_fallback: self.v1_fallback,
                ..Options::default()
            },
        }
    }
}

/// What became of a mutant.
#[derive(Debug)]
pub struct Kill {
    /// The mutant.
    pub mutant: &'static Mutant,
    /// The scenarios in which its rule caught it.
    pub scenarios: Vec<String>,
    /// The other rules that caught it.
    pub also: Vec<&'static str>,
}

impl Kill {
    /// Whether its rule caught it.
    #[must_use]
    pub fn killed(&self) -> bool {
        !self.scenarios.is_empty()
    }
}

/// Runs a mutant through every scenario and sees which rules catch it.
#[must_use]
pub fn hunt(mutant: &'static Mutant, seed: u64) -> Kill {
    let traces = run_all(|scenario| mutant.run(scenario, seed));
    let honest = honest(mutant.v1_fallback, seed);
    let capabilities = reference_capabilities(&mutant.reference());
    let mut kill = Kill {
        mutant,
        scenarios: Vec::new(),
        also: Vec::new(),
    };
    let applies = |rule: &Rule| {
        judge::<Trace>(std::slice::from_ref(rule), &[], &capabilities)
            .iter()
            .all(|j| j.verdict != Verdict::NotApplicable)
    };
    for rule in rules::all().iter().filter(|r| applies(r)) {
        let caught = traces
            .iter()
            .zip(honest.iter())
            .filter(|(broken, honest)| catches(rule, broken, honest))
            .map(|(trace, _)| trace.header.scenario.clone());
        if rule.id == mutant.rule {
            kill.scenarios = caught.collect();
            // First those that are meant for it, and of them the short ones: they show it best.
            kill.scenarios
                .sort_by_key(|name| (!is_meant(name, rule.id), steps(name)));
        } else if caught.count() > 0 {
            kill.also.push(rule.id);
        }
    }
    kill
}

fn is_meant(scenario: &str, rule: &str) -> bool {
    let found = scenario::embedded().iter().find(|s| s.name == scenario);
    found.is_some_and(|s| s.exercises.iter().any(|e| e == rule))
}

fn steps(scenario: &str) -> usize {
    let found = scenario::embedded().iter().find(|s| s.name == scenario);
    found.map_or(0, |s| s.steps.len())
}

/// Whether a rule tells the mutant from the honest client: by a violation, or, where the sources
/// leave it open, by another observation.
fn catches(rule: &Rule, broken: &Trace, honest: &Trace) -> bool {
    match rule.check(&Case::new(broken)) {
        Finding::Violated { .. } => true,
        Finding::Observed { value, .. } => match rule.check(&Case::new(honest)) {
            Finding::Observed { value: usual, .. } => value != usual,
            Finding::Held { .. } | Finding::Violated { .. } | Finding::Vacuous => true,
        },
        Finding::Held { .. } | Finding::Vacuous => false,
    }
}

/// The traces of the client without a defect, made once a seed.
fn honest(v1_fallback: bool, seed: u64) -> Arc<Vec<Trace>> {
    type Made = Mutex<BTreeMap<(bool, u64), Arc<Vec<Trace>>>>;
    static MADE: Made = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    let traces = made.entry((v1_fallback, seed)).or_insert_with(|| {
        let reference = Reference {
            options: Options {
                v1_fallback,
                ..Options::default()
            },
        };
        Arc::new(run_all(|scenario| memory::run(scenario, &reference, seed)))
    });
    Arc::clone(traces)
}

fn run_all(run: impl Fn(&Scenario) -> Trace) -> Vec<Trace> {
    scenario::embedded().iter().map(run).collect()
}

/// A false alarm: a rule that accused the reference client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raised {
    /// The rule.
    pub rule: &'static str,
    /// The variant of service or client.
    pub variant: &'static str,
    /// The scenario.
    pub scenario: String,
    /// The accusation.
    pub what: String,
}

impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} on {:?} in {}: {}",
            self.rule, self.variant, self.scenario, self.what
        )
    }
}

/// Runs the reference client through every scenario on a legal variant, and collects what is raised.
#[must_use]
pub fn raise(variant: &Variant, seed: u64) -> Vec<Raised> {
    let traces = run_all(|scenario| variant.run(scenario, seed));
    let capabilities = reference_capabilities(&variant.reference());
    judge(rules::all(), &traces, &capabilities)
        .into_iter()
        .flat_map(|judgement| {
            let rule = judgement.rule.id;
            let traces = &traces;
            judgement.evidence.into_iter().map(move |proof| Raised {
                rule,
                variant: variant.name,
                scenario: traces[proof.trace].header.scenario.clone(),
                what: format!(
                    "expected {}; got {}",
                    proof.evidence.expected, proof.evidence.got
                ),
            })
        })
        .collect()
}
