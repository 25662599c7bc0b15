//! Runs scenarios on a subject, side by side where that saves waiting.

mod kept;
pub(crate) mod programs;
mod seed;
mod standing;

use crate::program::ContractError;
use crate::scenario::Scenario;
use crate::states::Reached;
use crate::subject::{Kind, Subject};
use imdspec_rules::{Judgement, Rule, Trace, Verdict, judge};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinSet;

pub use seed::{run_seed, scenario_seed};
pub use standing::Standing;
pub(crate) use standing::{settle, start};

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
    done.notes = standing::settle(&mut done.subject)?;
    let standing = tokio::select! {
        ready = Standing::settled(
            done.subject.clone(),
            std::mem::take(&mut done.notes),
            &plan.scenarios,
            plan.seed,
        ) => ready?,
        Ok(_) = stop.wait_for(|stop| *stop) => {
            done.interrupted = true;
            done.ran = plan.scenarios.iter().map(interrupted).collect();
            done.took = began.elapsed();
            return Ok(done);
        }
    };
    done.subject = standing.subject().clone();
    done.notes = standing.notes().to_vec();
    if matches!(plan.subject.kind, Kind::Memory(_)) {
        for scenario in &plan.scenarios {
            if *stop.borrow() {
                done.interrupted = true;
                done.ran.push(interrupted(scenario));
                continue;
            }
            progress(Progress::Began);
            let ran = standing.run(scenario, plan.seed).await;
            progress(Progress::Ended(&ran));
            done.ran.push(ran);
        }
    } else {
        let standing = Arc::new(standing);
        let mut tasks = JoinSet::new();
        for (i, scenario) in in_order(&plan) {
            if standing.why_not(&scenario).is_none() {
                progress(Progress::Began);
            }
            let standing = Arc::clone(&standing);
            let seed = plan.seed;
            tasks.spawn(async move { (i, standing.run(&scenario, seed).await) });
        }
        gather(tasks, &plan, stop, &mut done, &mut progress).await;
    }
    done.took = began.elapsed();
    Ok(done)
}

/// The scenarios with their places in the plan, as they are begun.
fn in_order(plan: &Plan) -> Vec<(usize, Arc<Scenario>)> {
    match &plan.subject.kind {
        Kind::Program(..) => programs::slow_first(&plan.scenarios),
        Kind::Memory(_) | Kind::Sockets(_) => plan.scenarios.iter().cloned().enumerate().collect(),
    }
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

impl Done {
    /// The traces, in the order of [`judgements`](Self::judgements)' indices.
    #[must_use]
    pub fn traces(&self) -> Vec<&Trace> {
        self.ran
            .iter()
            .filter_map(|r| r.result.as_ref().ok())
            .collect()
    }

    /// How many of the scenarios were picked up in a folder of regressions.
    #[must_use]
    pub fn regressions(&self) -> usize {
        let ran = self.ran.iter();
        ran.filter(|r| r.scenario.is_regression()).count()
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
