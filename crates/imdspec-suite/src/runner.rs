//! Runs scenarios on a subject, side by side where that saves waiting.

pub(crate) mod programs;
mod seed;

use crate::program::{ContractError, Hello};
use crate::scenario::Scenario;
use crate::site::{Abilities, why_not};
use crate::states::Reached;
use crate::subject::{Kind, Subject};
use crate::{memory, sockets};
use imdspec_rules::{Judgement, Rule, Trace, Verdict, judge};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

pub use seed::scenario_seed;

/// The most scenarios under way at once: most of them wait, but each holds ports and perhaps a
/// process.
pub(crate) const MOST_AT_ONCE: usize = 32;
/// Why what was left of a stopped run was not run.
const INTERRUPTED: &str = "the run was interrupted";

/// What is to be run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Who is under test.
    pub subject: Subject,
    /// The scenarios, in the order they are reported.
    pub scenarios: Vec<Arc<Scenario>>,
    /// Everything random comes from it.
    pub seed: u64,
}

/// Why a scenario was not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotRun(String);

impl NotRun {
    pub(crate) fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

impl fmt::Display for NotRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What became of one scenario.
#[derive(Debug, Clone)]
pub struct Ran {
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// Its trace, or why there is none.
    pub result: Result<Trace, NotRun>,
}

/// News while a run is under way.
#[derive(Debug)]
pub enum Progress<'a> {
    /// A scenario began.
    Began,
    /// A scenario ended, one way or the other.
    Ended(&'a Ran),
}

/// A run that is over.
#[derive(Debug)]
pub struct Done {
    /// Who was under test, with what it said of itself.
    pub subject: Subject,
    /// What became of each scenario, in the plan's order.
    pub ran: Vec<Ran>,
    /// The seed.
    pub seed: u64,
    /// How long it took.
    pub took: Duration,
    /// Whether it was stopped before its end.
    pub interrupted: bool,
    /// What the user should know before reading the verdicts.
    pub notes: Vec<String>,
}

/// Runs a plan. When `stop` turns true, what is running is ended, and the rest not begun.
///
/// # Errors
/// [`ContractError`] when the subject cannot be put under test at all.
pub async fn run(
    plan: Plan,
    mut stop: watch::Receiver<bool>,
    mut progress: impl FnMut(Progress<'_>),
) -> Result<Done, ContractError> {
    let began = Instant::now();
    let mut done = Done {
        subject: plan.subject.clone(),
        ran: Vec::new(),
        seed: plan.seed,
        took: Duration::ZERO,
        interrupted: false,
        notes: Vec::new(),
    };
    match &plan.subject.kind {
        Kind::Memory(reference) => {
            for scenario in &plan.scenarios {
                if *stop.borrow() {
                    done.interrupted = true;
                    done.ran.push(interrupted(scenario));
                    continue;
                }
                progress(Progress::Began);
                let seed = scenario_seed(plan.seed, &scenario.name);
                let ran = Ran {
                    scenario: Arc::clone(scenario),
                    result: Ok(memory::run(scenario, reference, seed)),
                };
                progress(Progress::Ended(&ran));
                done.ran.push(ran);
            }
        }
        Kind::Sockets(reference) => {
            let mut tasks = JoinSet::new();
            let at_once = Arc::new(Semaphore::new(MOST_AT_ONCE));
            for (i, scenario) in plan.scenarios.iter().cloned().enumerate() {
                let (reference, seed) = (reference.clone(), plan.seed);
                let at_once = Arc::clone(&at_once);
                progress(Progress::Began);
                tasks.spawn(async move {
                    // Never closed: each waits for its turn.
                    let _permit = at_once.acquire().await;
                    let seed = scenario_seed(seed, &scenario.name);
                    let result = sockets::run(&scenario, &reference, seed)
                        .await
                        .map_err(|e| NotRun::new(format!("no loopback port could be had: {e}")));
                    (i, Ran { scenario, result })
                });
            }
            gather(tasks, &plan, stop, &mut done, &mut progress).await;
        }
        Kind::Program(driven, program) => {
            let network = programs::settle_network(program.network, &mut done.notes)?;
            done.subject.set_network(network);
            let ready = tokio::select! {
                ready = programs::prepare(program, *driven, &plan, network) => ready?,
                Ok(_) = stop.wait_for(|stop| *stop) => {
                    done.interrupted = true;
                    done.ran = plan.scenarios.iter().map(interrupted).collect();
                    done.took = began.elapsed();
                    return Ok(done);
                }
            };
            if let Some(hello) = ready.hello {
                done.subject.introduce(hello);
            }
            done.notes.extend(ready.notes);
            done.subject.set_clock(ready.clock);
            let can = Abilities {
                clock_reason: ready.clock_reason,
                ..done.subject.abilities()
            };
            let runner = Arc::new(ready.runner);
            let mut tasks = JoinSet::new();
            for (i, scenario) in programs::slow_first(&plan.scenarios) {
                if let Some(why) = why_not(&scenario, &can) {
                    let result = Err(why);
                    tasks.spawn(async move { (i, Ran { scenario, result }) });
                    continue;
                }
                let runner = Arc::clone(&runner);
                let seed = scenario_seed(plan.seed, &scenario.name);
                progress(Progress::Began);
                tasks.spawn(async move {
                    let result = runner.run(&scenario, seed).await;
                    (i, Ran { scenario, result })
                });
            }
            gather(tasks, &plan, stop, &mut done, &mut progress).await;
        }
    }
    done.took = began.elapsed();
    Ok(done)
}

/// Awaits every task, or ends them all when `stop` turns true.
async fn gather(
    mut tasks: JoinSet<(usize, Ran)>,
    plan: &Plan,
    mut stop: watch::Receiver<bool>,
    done: &mut Done,
    progress: &mut impl FnMut(Progress<'_>),
) {
    let mut slots: Vec<Option<Ran>> = plan.scenarios.iter().map(|_| None).collect();
    let mut why = INTERRUPTED;
    loop {
        let next = tokio::select! {
            next = tasks.join_next() => next,
            Ok(_) = stop.wait_for(|stop| *stop) => {
                done.interrupted = true;
                None
            }
        };
        match next {
            Some(Ok((i, ran))) => {
                progress(Progress::Ended(&ran));
                slots[i] = Some(ran);
            }
            Some(Err(_)) => why = "the suite failed in this scenario; please report it",
            None => break,
        }
    }
    tasks.shutdown().await;
    done.ran = plan
        .scenarios
        .iter()
        .zip(slots)
        .map(|(scenario, slot)| {
            slot.unwrap_or_else(|| Ran {
                scenario: Arc::clone(scenario),
                result: Err(NotRun::new(why)),
            })
        })
        .collect();
}

fn interrupted(scenario: &Arc<Scenario>) -> Ran {
    Ran {
        scenario: Arc::clone(scenario),
        result: Err(NotRun::new(INTERRUPTED)),
    }
}

impl Subject {
    pub(crate) fn introduce(&mut self, hello: Hello) {
        self.name = hello.name;
        if !hello.version.is_empty() {
            self.version = hello.version;
        }
    }
}

impl Done {
    /// The traces, in the order of [`judgements`](Self::judgements)' indices.
    #[must_use]
    pub fn traces(&self) -> Vec<&Trace> {
        self.ran
            .iter()
            .filter_map(|r| r.result.as_ref().ok())
            .collect()
    }

    /// The states of the model that the subject was led through.
    #[must_use]
    pub fn reached(&self) -> Reached {
        let mut reached = Reached::default();
        for trace in self.traces() {
            reached.add(trace);
        }
        reached
    }

    /// The judgement of each rule over this run.
    ///
    /// A rule that no trace put to the test is [`Verdict::NotRun`] when scenarios meant for it
    /// could not be run.
    #[must_use]
    pub fn judgements<'r>(&self, rules: &'r [Rule]) -> Vec<Judgement<'r>> {
        let mut judgements = judge(rules, &self.traces(), &self.subject.capabilities);
        for judgement in &mut judgements {
            if judgement.verdict != Verdict::NotExercised {
                continue;
            }
            let mut reasons: Vec<String> = self
                .ran
                .iter()
                .filter(|r| r.scenario.exercises.iter().any(|e| e == judgement.rule.id))
                .filter_map(|r| r.result.as_ref().err().map(ToString::to_string))
                .collect();
            reasons.dedup();
            if !reasons.is_empty() {
                judgement.verdict = Verdict::NotRun;
                judgement.reason = reasons.join("; ");
            }
        }
        judgements
    }
}
