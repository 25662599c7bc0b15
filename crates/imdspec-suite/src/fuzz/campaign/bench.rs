//! Runs a few scenarios side by side, on whatever is under test.

use crate::memory;
use crate::program::ContractError;
use crate::runner::programs::{self, Runner};
use crate::runner::{Plan, scenario_seed};
use crate::scenario::{ClockNeed, Scenario, Step};
use crate::subject::{Kind, Subject};
use crate::{Reference, fuzz};
use imdspec_model::Span;
use imdspec_rules::Trace;
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
    pub(super) notes: Vec<String>,
    seed: u64,
    under: Under,
}

/// What a scenario showed.
pub(super) struct Shown {
    pub(super) trace: Trace,
    /// The most memory that the subject held, in bytes, where that can be seen.
    pub(super) peak: Option<u64>,
}

enum Under {
    Memory(Reference),
    Program(Arc<Runner>),
}

impl Bench {
    /// Starts the subject once on a healthy service, and finds out what it can be put through.
    pub(super) async fn set_up(
        mut subject: Subject,
        seed: u64,
        jobs: Option<usize>,
    ) -> Result<Self, ContractError> {
        let mut notes = Vec::new();
        let (under, reach, at_once) = match subject.kind.clone() {
            Kind::Memory(reference) | Kind::Sockets(reference) => {
                (Under::Memory(reference), fuzz::Reach::ALL, 1)
            }
            Kind::Program(driven, program) => {
                let network = programs::settle_network(program.network, &mut notes)?;
                subject.set_network(network);
                let plan = Plan {
                    subject: subject.clone(),
                    scenarios: vec![Arc::new(moves_the_clock())],
                    seed,
                };
                let ready = programs::prepare(&program, driven, &plan, network).await?;
                let callers = ready.hello.as_ref().map_or(1, |h| h.concurrency);
                if let Some(hello) = ready.hello {
                    subject.introduce(hello);
                }
                notes.extend(ready.notes);
                subject.set_clock(ready.clock);
                let clock = subject.abilities().clock;
                let reach = fuzz::Reach {
                    clock,
                    waits: fuzz::Waits::Real,
                    callers: callers.min(8),
                };
                // Most of the time a program starts up, or waits.
                let cores = std::thread::available_parallelism().map_or(2, usize::from);
                (Under::Program(Arc::new(ready.runner)), reach, 2 * cores)
            }
        };
        Ok(Self {
            subject,
            reach,
            jobs: jobs.unwrap_or(at_once).max(1),
            notes,
            seed,
            under,
        })
    }

    /// What some scenarios showed, in their order; nothing of one that could not be run, or was not
    /// begun before `until`. What is under way then is let end: one that does not answer is what is
    /// looked for, and has its deadline.
    pub(super) async fn run(
        &self,
        scenarios: Vec<Scenario>,
        until: Instant,
        mut stop: watch::Receiver<bool>,
    ) -> Vec<Option<Shown>> {
        let mut all: Vec<Option<Shown>> = scenarios.iter().map(|_| None).collect();
        let runner = match &self.under {
            Under::Memory(reference) => {
                for (slot, scenario) in all.iter_mut().zip(&scenarios) {
                    let seed = scenario_seed(self.seed, &scenario.name);
                    *slot = Some(Shown {
                        trace: memory::run(scenario, reference, seed),
                        peak: None,
                    });
                }
                return all;
            }
            Under::Program(runner) => runner,
        };
        let mut left = scenarios.into_iter().enumerate();
        let mut tasks = JoinSet::new();
        loop {
            let room = if Instant::now() < until {
                self.jobs - tasks.len()
            } else {
                0
            };
            for (i, scenario) in left.by_ref().take(room) {
                let runner = Arc::clone(runner);
                let seed = scenario_seed(self.seed, &scenario.name);
                tasks.spawn(async move { (i, runner.watch(&scenario, seed).await.ok()) });
            }
            let next = tokio::select! {
                next = tasks.join_next() => next,
                Ok(_) = stop.wait_for(|stop| *stop) => None,
            };
            match next {
                Some(Ok((i, seen))) => {
                    all[i] = seen.map(|seen| Shown {
                        trace: seen.trace,
                        peak: seen.peak,
                    });
                }
                Some(Err(_)) => {}
                None => break,
            }
        }
        tasks.shutdown().await;
        all
    }
}

fn moves_the_clock() -> Scenario {
    Scenario {
        clock: ClockNeed::Movable,
        ..programs::plain("clock", vec![Step::Advance(Span::seconds(1))])
    }
}
