//! A subject in worlds of random sources, judged by the CHAIN rules; what breaks one is shrunk.

use super::random;
use super::worlds::world;
use crate::program::ContractError;
use crate::runner::{self, Plan, Progress};
use crate::sources::Sources;
use crate::subject::Subject;
use imdspec_rules::{Capabilities, Capability, Rule, Trace, judge, rules};
use imdspec_wire::Source;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::sync::Arc;
use tokio::sync::watch;

/// The rules that say whose credentials are given and who may be asked.
const JUDGES: [&str; 4] = ["CHAIN-009", "CHAIN-016", "CHAIN-017", "CHAIN-018"];

/// The most steps in which one world is shrunk.
const MOST_STEPS: u32 = 64;

/// A world that breaks a rule, and the smallest that still does.
#[derive(Debug, Clone)]
pub struct Counterexample {
    /// The name of the world as it was found.
    pub found: String,
    /// The name of the smallest one.
    pub smallest: String,
    /// The rules it breaks, each with what was expected and what was got.
    pub breaks: Vec<(String, String)>,
    /// Its trace.
    pub trace: Trace,
}

/// What came of an exploration.
#[derive(Debug, Default)]
pub struct Explored {
    /// Worlds that were run.
    pub cases: usize,
    /// Worlds that break a rule, by the first rule broken and the smallest world, once each.
    pub counterexamples: Vec<Counterexample>,
    /// Whether it was stopped before its end.
    pub interrupted: bool,
}

/// Runs a subject in `cases` worlds of the sources `among`. The order it is held against is its
/// [`document`](Subject::document).
///
/// # Errors
/// [`ContractError`] when the subject cannot be put under test at all.
pub async fn explore(
    subject: &Subject,
    among: &[Source],
    cases: u32,
    seed: u64,
    stop: watch::Receiver<bool>,
    mut progress: impl FnMut(Progress<'_>),
) -> Result<Explored, ContractError> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut random = TestRunner::new_with_rng(Config::default(), rng);
    let worlds = random::worlds(among.to_vec());
    let mut trees = Vec::new();
    for _ in 0..cases {
        // It fails only when nearly all worlds are without a source.
        if let Ok(tree) = worlds.new_tree(&mut random) {
            trees.push(tree);
        }
    }
    let mut explored = Explored::default();
    let first = trees.iter().map(|tree| tree.current()).collect();
    let traces = run(subject, first, seed, &stop, &mut progress).await?;
    for (tree, trace) in trees.iter_mut().zip(traces) {
        let Some(trace) = trace else {
            continue;
        };
        explored.cases += 1;
        let breaks = broken(&trace);
        if breaks.is_empty() || *stop.borrow() {
            continue;
        }
        let found = trace.header.scenario.clone();
        let mut smallest = (trace, breaks);
        for _ in 0..MOST_STEPS {
            if !tree.simplify() {
                break;
            }
            let smaller = vec![tree.current()];
            let traces = run(subject, smaller, seed, &stop, &mut progress).await?;
            let still = traces.into_iter().flatten().next().and_then(|trace| {
                let breaks = broken(&trace);
                let same = breaks.iter().any(|(id, _)| *id == smallest.1[0].0);
                same.then_some((trace, breaks))
            });
            match still {
                Some(smaller) => smallest = smaller,
                None if !tree.complicate() => break,
                None => {}
            }
        }
        let (trace, breaks) = smallest;
        let name = trace.header.scenario.clone();
        let known = |c: &Counterexample| c.smallest == name && c.breaks[0].0 == breaks[0].0;
        if !explored.counterexamples.iter().any(known) {
            explored.counterexamples.push(Counterexample {
                found,
                smallest: name,
                breaks,
                trace,
            });
        }
    }
    explored.interrupted = *stop.borrow();
    Ok(explored)
}

async fn run(
    subject: &Subject,
    worlds: Vec<Sources>,
    seed: u64,
    stop: &watch::Receiver<bool>,
    progress: &mut impl FnMut(Progress<'_>),
) -> Result<Vec<Option<Trace>>, ContractError> {
    let scenarios = worlds.into_iter().map(|w| Arc::new(world(w, None)));
    let plan = Plan {
        subject: subject.clone(),
        scenarios: scenarios.collect(),
        seed,
    };
    let done = runner::run(plan, stop.clone(), progress).await?;
    Ok(done.ran.into_iter().map(|ran| ran.result.ok()).collect())
}

/// The rules that a trace breaks, each with what was expected and what was got.
#[must_use]
pub fn broken(trace: &Trace) -> Vec<(String, String)> {
    let judges: Vec<Rule> = JUDGES
        .iter()
        .filter_map(|id| rules::get(id))
        .copied()
        .collect();
    let mut chain = Capabilities::default();
    chain.declare(Capability::Chain, true);
    judge(&judges, std::slice::from_ref(trace), &chain)
        .into_iter()
        .flat_map(|judgement| {
            let id = judgement.rule.id;
            judgement.evidence.into_iter().map(move |proof| {
                let proof = proof.evidence;
                let words = format!("expected {}; got {}", proof.expected, proof.got);
                (id.to_owned(), words)
            })
        })
        .collect()
}
