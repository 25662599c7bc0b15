//! A subject that was put under test, and runs one scenario after another.

use super::programs::{self, Runner};
use super::{MOST_AT_ONCE, NotRun, Plan, Ran, scenario_seed};
use crate::machine::Reference;
use crate::program::{ContractError, Hello, Program};
use crate::scenario::Scenario;
use crate::site::{Abilities, why_not};
use crate::subject::{Driven, Kind, Subject};
use crate::{memory, sockets};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// A subject that stands ready. What starts it, and tries its contract on a healthy service, is
/// done once, however many scenarios follow.
pub struct Standing {
    subject: Subject,
    notes: Vec<String>,
    under: Under,
}

enum Under {
    Memory(Reference),
    Sockets(Reference, Semaphore),
    Program(Box<Runner>, Abilities),
}

impl Standing {
    /// Puts a subject under test. What it is to be put through is looked at only to learn whether
    /// its clock has to be moved.
    ///
    /// # Errors
    /// [`ContractError`] when it cannot be put under test at all.
    pub async fn new(
        mut subject: Subject,
        scenarios: &[Arc<Scenario>],
        seed: u64,
    ) -> Result<Self, ContractError> {
        let notes = settle(&mut subject)?;
        Self::settled(subject, notes, scenarios, seed).await
    }

    /// The same, once it is known where a program runs.
    pub(super) async fn settled(
        mut subject: Subject,
        mut notes: Vec<String>,
        scenarios: &[Arc<Scenario>],
        seed: u64,
    ) -> Result<Self, ContractError> {
        let under = match subject.kind.clone() {
            Kind::Memory(reference) => Under::Memory(reference),
            Kind::Sockets(reference) => Under::Sockets(reference, Semaphore::new(MOST_AT_ONCE)),
            Kind::Program(driven, program) => {
                let started = start(driven, &program, &mut subject, scenarios, seed).await?;
                notes.extend(started.notes);
                Under::Program(Box::new(started.runner), started.can)
            }
        };
        Ok(Self {
            subject,
            notes,
            under,
        })
    }

    /// Who is under test, with what it said of itself.
    #[must_use]
    pub const fn subject(&self) -> &Subject {
        &self.subject
    }

    /// What the user should know before reading the verdicts.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Why the subject cannot be put through a scenario, if it cannot.
    pub(super) fn why_not(&self, scenario: &Scenario) -> Option<NotRun> {
        match &self.under {
            Under::Memory(_) | Under::Sockets(..) => None,
            Under::Program(_, can) => why_not(scenario, can),
        }
    }

    /// Runs a scenario with the seed it has in a run of this one. Ends what it started when it is
    /// dropped before its end.
    pub async fn run(&self, scenario: &Arc<Scenario>, run_seed: u64) -> Ran {
        let seed = scenario_seed(run_seed, &scenario.name);
        let result = match &self.under {
            Under::Memory(reference) => Ok(memory::run(scenario, reference, seed)),
            Under::Sockets(reference, at_once) => {
                // Never closed: each waits for its turn.
                let _permit = at_once.acquire().await;
                sockets::run(scenario, reference, seed)
                    .await
                    .map_err(|e| NotRun::new(format!("no loopback port could be had: {e}")))
            }
            Under::Program(runner, can) => match why_not(scenario, can) {
                Some(why) => Err(why),
                None => runner.run(scenario, seed).await,
            },
        };
        Ran {
            scenario: Arc::clone(scenario),
            result,
        }
    }
}

/// A program that was started once on a healthy service.
pub(crate) struct Started {
    pub(crate) runner: Runner,
    pub(crate) can: Abilities,
    /// How many resolves it takes at once.
    pub(crate) concurrency: u32,
    /// What the user should know before reading the verdicts.
    pub(crate) notes: Vec<String>,
}

/// Starts a program once, and notes in its subject what it says of itself.
pub(crate) async fn start(
    driven: Driven,
    program: &Program,
    subject: &mut Subject,
    scenarios: &[Arc<Scenario>],
    seed: u64,
) -> Result<Started, ContractError> {
    let plan = Plan {
        subject: subject.clone(),
        scenarios: scenarios.to_vec(),
        seed,
    };
    let ready = programs::prepare(program, driven, &plan, program.network).await?;
    let concurrency = ready.hello.as_ref().map_or(1, |hello| hello.concurrency);
    if let Some(hello) = ready.hello {
        subject.introduce(hello);
    }
    subject.set_clock(ready.clock);
    Ok(Started {
        runner: ready.runner,
        can: Abilities {
            clock_reason: ready.clock_reason,
            ..subject.abilities()
        },
        concurrency,
        notes: ready.notes,
    })
}

/// Decides where a program runs, and gives what there is to know about that.
pub(crate) fn settle(subject: &mut Subject) -> Result<Vec<String>, ContractError> {
    let mut notes = Vec::new();
    if let Some(program) = subject.kind.program() {
        let network = programs::settle_network(program.network, &mut notes)?;
        subject.set_network(network);
    }
    Ok(notes)
}

impl Subject {
    pub(crate) fn introduce(&mut self, hello: Hello) {
        self.name = hello.name;
        if !hello.version.is_empty() {
            self.version = hello.version;
        }
    }
}
