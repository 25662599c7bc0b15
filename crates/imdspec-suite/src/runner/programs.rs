//! Runs scenarios on a program, each with servers, ports and a home of its own.

use super::{MOST_AT_ONCE, NotRun, Plan};
use crate::hosted::{Hosted, Time};
use crate::program::{ContractError, Hello, Program, StartGate, hello, run_one_shot, run_session};
use crate::recorder::Recorder;
use crate::scenario::{Scenario, Step};
use crate::subject::Kind;
use imdspec_rules::{ClockKind, Outcome, Stream, Trace, What};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Semaphore;

pub(super) struct Runner {
    program: Program,
    session: bool,
    subject: String,
    at_once: Semaphore,
    gate: StartGate,
}

impl Runner {
    pub(super) fn new(program: Program, plan: &Plan) -> Arc<Self> {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Arc::new(Self {
            program,
            session: matches!(plan.subject.kind, Kind::Session(_)),
            subject: plan.subject.name.clone(),
            at_once: Semaphore::new(MOST_AT_ONCE),
            gate: StartGate::new(cores),
        })
    }

    /// One exchange on a healthy service before all others: a program that does not keep the
    /// contract there would only give the same complaint a hundred times.
    pub(super) async fn sanity(
        &self,
        seed: u64,
    ) -> Result<(Option<Hello>, Vec<String>), ContractError> {
        let scenario = healthy();
        let introduced = if self.session {
            let header = Recorder::header(&scenario, &self.subject, seed, ClockKind::Real);
            Some(hello(&self.program, &header).await?)
        } else {
            None
        };
        let trace = self.trace(&scenario, seed).await?;
        let mut requests = 0;
        let mut outcome = None;
        let mut stderr = String::new();
        for event in &trace.events {
            match &event.what {
                What::Request(_) => requests += 1,
                What::Outcome { outcome: o, .. } => outcome = Some(o),
                What::Output {
                    stream: Stream::Stderr,
                    text,
                } => stderr.clone_from(text),
                _ => {}
            }
        }
        let broke = match outcome {
            Some(Outcome::Credentials(_)) => None,
            Some(Outcome::Refused { .. }) => {
                return Ok((introduced, vec![not_reached(requests)]));
            }
            Some(Outcome::Crash { how }) => Some(format!("it crashed ({how})")),
            Some(Outcome::BadOutput { what }) => Some(what.clone()),
            Some(Outcome::Deadline { after }) => {
                Some(format!("it gave no answer within {after} ms"))
            }
            None => Some("it was never asked".into()),
        };
        match broke {
            None => Ok((introduced, Vec::new())),
            Some(what) => Err(ContractError::sanity(what, &stderr)),
        }
    }

    pub(super) async fn run(&self, scenario: &Scenario, seed: u64) -> Result<Trace, NotRun> {
        let _permit = self.at_once.acquire().await;
        self.trace(scenario, seed)
            .await
            .map_err(|e| NotRun::new(e.to_string()))
    }

    async fn trace(&self, scenario: &Scenario, seed: u64) -> Result<Trace, ContractError> {
        let header = Recorder::header(scenario, &self.subject, seed, ClockKind::Real);
        let hosted = Hosted::start(scenario, header, seed, Time::Real(Instant::now()), false)
            .await
            .map_err(|e| ContractError::Ours {
                why: format!("no loopback port could be had: {e}"),
            })?;
        if self.session {
            run_session(&self.program, scenario, &hosted, &self.gate).await?;
        } else {
            run_one_shot(&self.program, scenario, &hosted, &self.gate).await?;
        }
        Ok(hosted.finish().await)
    }
}

fn not_reached(requests: usize) -> String {
    if requests == 0 {
        "on a healthy service the subject gave no credentials and sent no request: does it read \
         AWS_EC2_METADATA_SERVICE_ENDPOINT?"
            .into()
    } else {
        format!("on a healthy service the subject gave no credentials after {requests} requests")
    }
}

/// The scenarios with their places in the plan, those that make a client wait first, so that they
/// wait while the others work.
pub(super) fn slow_first(scenarios: &[Arc<Scenario>]) -> Vec<(usize, Arc<Scenario>)> {
    let mut order: Vec<_> = scenarios.iter().cloned().enumerate().collect();
    order.sort_by_key(|(i, s)| (std::cmp::Reverse(slowness(s)), *i));
    order
}

fn slowness(scenario: &Scenario) -> u8 {
    let in_steps = scenario.steps.iter().flat_map(|s| match s {
        Step::Faults(faults) => faults.as_slice(),
        _ => &[],
    });
    scenario
        .world
        .faults
        .iter()
        .chain(in_steps)
        .map(|f| match f {
            f if f.drip.is_some() || f.endless => 3,
            f if f.instead.is_some() => 2,
            f if f.delay.is_some() => 1,
            _ => 0,
        })
        .max()
        .unwrap_or(0)
}

/// One resolve on a healthy service.
fn healthy() -> Scenario {
    Scenario {
        name: "sanity".into(),
        title: "a healthy service".into(),
        exercises: Vec::new(),
        why: None,
        clock: Default::default(),
        network: Default::default(),
        endpoint: Default::default(),
        world: Default::default(),
        env: Default::default(),
        config: Default::default(),
        code: Default::default(),
        steps: vec![Step::Resolve(1)],
    }
}
