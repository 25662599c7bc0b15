//! Runs a few scenarios side by side, on whatever is under test.

use crate::fuzz;
use crate::fuzz::coverage::seen;
use crate::fuzz::{Broken, broken};
use crate::memory;
use crate::program::ContractError;
use crate::runner::programs::{self, Runner};
use crate::runner::{scenario_seed, settle, start};
use crate::scenario::{ClockNeed, Scenario, Step};
use crate::states::Seen;
use crate::subject::{Kind, Subject};
use imdspec_model::Span;
use imdspec_rules::{Capabilities, Trace};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A subject that stands ready.
pub(super) struct Bench {
    pub(super) subject: Subject,
    pub(super) reach: fuzz::Reach,
    /// How many scenarios are under way at once.
    pub(super) jobs: usize,
    /// How many each of them runs before the next are drawn.
    pub(super) round: usize,
    /// The most that are run to make one finding small.
    pub(super) tries: u32,
    pub(super) notes: Vec<String>,
    seed: u64,
    under: Under,
}

/// Fewer than this are run sooner than a thread is started.
const FEW: usize = 16;

/// In which process a program is put through a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// In one of its own, as a check does.
    Afresh,
    /// In one that has lived through others and makes a new provider, if the program knows how: it
    /// saves the start, and what it shows is not yet proven.
    Kept,
}

/// What a scenario showed.
pub(super) struct Shown {
    /// Its trace, where a rule is broken; the others are of no further use.
    pub(super) trace: Option<Trace>,
    /// Where in the model it led.
    pub(super) seen: Vec<Seen>,
    /// The rules it breaks.
    pub(super) broken: Vec<Broken>,
    /// The most memory that the subject held, in bytes, where that can be seen.
    pub(super) peak: Option<u64>,
}

/// A way to run a scenario that needs nothing but a thread.
pub(super) type Way = dyn Fn(&Scenario, u64) -> Trace + Send + Sync;

enum Under {
    Memory(Arc<Way>),
    Program(Arc<Runner>),
}

impl Bench {
    /// Starts the subject once on a healthy service, and finds out what it can be put through.
    pub(super) async fn set_up(
        mut subject: Subject,
        seed: u64,
        jobs: Option<usize>,
    ) -> Result<Self, ContractError> {
        let mut notes = settle(&mut subject)?;
        let (driven, program) = match subject.kind.clone() {
            Kind::Memory(reference) | Kind::Sockets(reference) => {
                let way = move |scenario: &Scenario, seed| memory::run(scenario, &reference, seed);
                return Ok(Self::in_memory(subject, seed, jobs, Arc::new(way)));
            }
            Kind::Program(driven, program) => (driven, program),
        };
        let moves = [Arc::new(moves_the_clock())];
        let started = start(driven, &program, &mut subject, &moves, seed).await?;
        notes.extend(started.notes);
        let reach = fuzz::Reach {
            clock: started.can.clock,
            waits: fuzz::Waits::Real,
            callers: started.concurrency.min(8),
        };
        Ok(Self {
            subject,
            reach,
            // Most of the time a program starts up, or waits.
            jobs: jobs.unwrap_or_else(|| 2 * cores()).max(1),
            round: 8,
            tries: 160,
            notes,
            seed,
            under: Under::Program(Arc::new(started.runner)),
        })
    }

    /// A subject that lives in this process, in virtual time.
    pub(super) fn in_memory(
        subject: Subject,
        seed: u64,
        jobs: Option<usize>,
        way: Arc<Way>,
    ) -> Self {
        Self {
            subject,
            reach: fuzz::Reach::ALL,
            jobs: jobs.unwrap_or_else(cores).max(1),
            round: 256,
            tries: 20_000,
            notes: Vec::new(),
            seed,
            under: Under::Memory(way),
        }
    }

    /// What some scenarios showed, in their order; nothing of one that could not be run, or was not
    /// begun before `until`. What is under way then is let end: one that does not answer is what is
    /// looked for, and has its deadline.
    pub(super) async fn run(
        &self,
        scenarios: &[Scenario],
        how: How,
        until: Instant,
        stop: watch::Receiver<bool>,
    ) -> Vec<Option<Shown>> {
        match &self.under {
            Under::Memory(way) => self.on_threads(way, scenarios),
            Under::Program(runner) => self.on_tasks(runner, scenarios, how, until, stop).await,
        }
    }

    fn on_threads(&self, way: &Arc<Way>, scenarios: &[Scenario]) -> Vec<Option<Shown>> {
        let has = &self.subject.capabilities;
        let one = |scenario: &Scenario| {
            let trace = way(scenario, scenario_seed(self.seed, &scenario.name));
            Some(Shown::new(trace, None, has))
        };
        let share = scenarios.len().div_ceil(self.jobs).max(FEW);
        let (mine, others) = scenarios.split_at(share.min(scenarios.len()));
        std::thread::scope(|scope| {
            let others: Vec<_> = others
                .chunks(share)
                .map(|part| scope.spawn(move || part.iter().map(one).collect::<Vec<_>>()))
                .collect();
            let mut all: Vec<_> = mine.iter().map(one).collect();
            for part in others {
                match part.join() {
                    Ok(shown) => all.extend(shown),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            all
        })
    }

    async fn on_tasks(
        &self,
        runner: &Arc<Runner>,
        scenarios: &[Scenario],
        how: How,
        until: Instant,
        mut stop: watch::Receiver<bool>,
    ) -> Vec<Option<Shown>> {
        let mut all: Vec<Option<Shown>> = scenarios.iter().map(|_| None).collect();
        let mut left = scenarios.iter().enumerate();
        let mut tasks = JoinSet::new();
        loop {
            let room = if Instant::now() < until {
                self.jobs - tasks.len()
            } else {
                0
            };
            for (i, scenario) in left.by_ref().take(room) {
                let (runner, scenario) = (Arc::clone(runner), scenario.clone());
                let seed = scenario_seed(self.seed, &scenario.name);
                tasks.spawn(async move {
                    let seen = match how {
                        How::Afresh => runner.watch(&scenario, seed).await,
                        How::Kept => runner.watch_kept(&scenario, seed).await,
                    };
                    (i, seen.ok())
                });
            }
            let next = tokio::select! {
                next = tasks.join_next() => next,
                Ok(_) = stop.wait_for(|stop| *stop) => None,
            };
            match next {
                Some(Ok((i, seen))) => {
                    let has = &self.subject.capabilities;
                    all[i] = seen.map(|seen| Shown::new(seen.trace, seen.peak, has));
                }
                Some(Err(_)) => {}
                None => break,
            }
        }
        tasks.shutdown().await;
        all
    }
}

impl Shown {
    fn new(trace: Trace, peak: Option<u64>, has: &Capabilities) -> Self {
        let broken = broken(&trace, has);
        Self {
            seen: seen(&trace),
            trace: (!broken.is_empty()).then_some(trace),
            broken,
            peak,
        }
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

fn moves_the_clock() -> Scenario {
    Scenario {
        clock: ClockNeed::Movable,
        ..programs::plain("clock", vec![Step::Advance(Span::seconds(1))])
    }
}
