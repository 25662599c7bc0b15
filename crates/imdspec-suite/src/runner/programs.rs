//! Runs scenarios on a program, each with servers, ports and a home of its own.

use super::kept::Stable;
use super::{MOST_AT_ONCE, NotRun, Plan};
use crate::hosted::{Ground, Hosted, Time};
use crate::program::{
    ContractError, Hello, Network, Program, ProgramClock, StartGate, run_one_shot, run_session,
    run_user,
};
use crate::recorder::Recorder;
use crate::scenario::{ClockNeed, Scenario, Step};
use crate::shift::{self, Shift};
use crate::subject::{Driven, Subject};
use imdspec_rules::{Header, Outcome, Stream, Trace, What};
use imdspec_wire::Order;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Semaphore;

pub(crate) struct Runner {
    pub(super) program: Program,
    pub(super) driven: Driven,
    subject: String,
    /// The order in which the subject says that it looks for credentials.
    order: Order,
    pub(super) ground: Ground,
    /// libfaketime, for the scenarios that move the clock.
    pub(super) library: Option<PathBuf>,
    pub(super) at_once: Semaphore,
    pub(super) gate: StartGate,
    pub(super) stable: Stable,
}

impl Runner {
    pub(crate) fn new(
        program: &Program,
        driven: Driven,
        subject: &Subject,
        ground: Ground,
    ) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            program: program.clone(),
            driven,
            subject: subject.name.clone(),
            order: subject.order(),
            ground,
            library: None,
            at_once: Semaphore::new(MOST_AT_ONCE),
            gate: StartGate::new(cores),
            stable: Stable::default(),
        }
    }

    /// One exchange on a healthy service before all others: a program that does not keep the
    /// contract there would only give the same complaint a hundred times.
    async fn sanity(&self, seed: u64) -> Result<(Option<Hello>, Vec<String>), ContractError> {
        let scenario = plain("sanity", vec![Step::Resolve(1)]);
        let time = Time::Real(Instant::now());
        let seen = self.trace(&scenario, seed, time).await?;
        let (trace, introduced) = (seen.trace, seen.hello);
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
                let note = not_reached(requests, self.ground);
                return Ok((introduced, vec![note]));
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

    /// Tries whether libfaketime moves this program's clock, and uses it if so.
    ///
    /// After a move the program has to look at the moved clock, or it lives on another one.
    ///
    /// # Errors
    /// Why the clock cannot be moved, in words.
    pub(crate) async fn move_clock(&mut self, seed: u64) -> Result<(), String> {
        let library = shift::library()
            .ok_or("libfaketime is not installed (Debian and Fedora: package faketime)")?;
        let shift = Shift::new(&library, false).map_err(|e| e.to_string())?;
        let shift = Arc::new(shift.watched().map_err(|e| e.to_string())?);
        let steps = vec![
            Step::Resolve(1),
            Step::Advance(imdspec_model::Span::seconds(7 * 3600)),
            Step::Resolve(1),
        ];
        let time = Time::Shifted(Arc::clone(&shift));
        self.trace(&plain("clock", steps), seed, time)
            .await
            .map_err(|e| format!("under libfaketime it did not start: {e}"))?;
        if !shift.was_read_since_it_moved() {
            return Err(
                "libfaketime has no effect on this program (it does not ask libc for the time, as \
                 programs in Go)"
                    .into(),
            );
        }
        self.library = Some(library);
        Ok(())
    }

    pub(crate) async fn run(&self, scenario: &Scenario, seed: u64) -> Result<Trace, NotRun> {
        self.watch(scenario, seed).await.map(|seen| seen.trace)
    }

    /// Runs a scenario, and looks at how much memory the program takes.
    pub(crate) async fn watch(&self, scenario: &Scenario, seed: u64) -> Result<Seen, NotRun> {
        let _permit = self.at_once.acquire().await;
        let seen = match self.time(scenario) {
            Ok(time) => self.trace(scenario, seed, time).await,
            Err(e) => Err(ContractError::clock(e)),
        };
        seen.map_err(|e| NotRun::new(e.to_string()))
    }

    fn time(&self, scenario: &Scenario) -> io::Result<Time> {
        match &self.library {
            // Elsewhere the machine's clock does, and libfaketime is one thing less to doubt.
            Some(library) if scenario.clock == ClockNeed::Movable => {
                let shift = Shift::new(library, scenario.jumps())?;
                Ok(Time::Shifted(Arc::new(shift)))
            }
            _ => Ok(Time::Real(Instant::now())),
        }
    }

    pub(super) fn header(&self, scenario: &Scenario, seed: u64, time: &Time) -> Header {
        let mut header = Recorder::header(scenario, &self.subject, seed, time.kind());
        header.whole_runs = self.driven == Driven::Sink;
        header.order.clone_from(&self.order);
        header
    }

    pub(super) async fn host(
        &self,
        scenario: &Scenario,
        seed: u64,
        time: Time,
    ) -> Result<Hosted, ContractError> {
        let header = self.header(scenario, seed, &time);
        Hosted::start(scenario, header, seed, time, self.ground)
            .await
            .map_err(|e| ContractError::Ours {
                why: format!("no loopback port could be had: {e}"),
            })
    }

    pub(crate) async fn trace(
        &self,
        scenario: &Scenario,
        seed: u64,
        time: Time,
    ) -> Result<Seen, ContractError> {
        let hosted = self.host(scenario, seed, time).await?;
        let (program, gate) = (&self.program, &self.gate);
        let hello = match self.driven {
            Driven::Session => Some(run_session(program, scenario, &hosted, gate).await?),
            Driven::OneShot => {
                run_one_shot(program, scenario, &hosted, gate).await?;
                None
            }
            Driven::Sink => {
                run_user(program, scenario, &hosted, gate).await?;
                None
            }
        };
        let peak = hosted.peak();
        Ok(Seen {
            trace: hosted.finish().await,
            hello,
            peak,
        })
    }
}

/// What a run of a program showed.
pub(crate) struct Seen {
    pub(crate) trace: Trace,
    pub(crate) hello: Option<Hello>,
    /// The most memory that a session program held, in bytes; none where nobody looked.
    pub(crate) peak: Option<u64>,
}

/// A program that can be put under test, and what was found out about it first.
pub(crate) struct Ready {
    pub(crate) runner: Runner,
    pub(crate) hello: Option<Hello>,
    pub(crate) clock: ProgramClock,
    /// Why the clock can do no more, in words.
    pub(crate) clock_reason: String,
    /// What the user should know before reading the verdicts.
    pub(crate) notes: Vec<String>,
}

/// Decides on the clock, and hears what the program says of itself.
pub(crate) async fn prepare(
    program: &Program,
    driven: Driven,
    plan: &Plan,
    network: Network,
) -> Result<Ready, ContractError> {
    let ground = match network {
        Network::Sandbox => Ground::Sandbox,
        Network::Auto | Network::Endpoint => Ground::Endpoint,
    };
    let mut runner = Runner::new(program, driven, &plan.subject, ground);
    let (hello, mut notes) = runner.sanity(plan.seed).await?;
    let mut clock = program.clock;
    let mut clock_reason = String::new();
    let moves = |s: &Arc<Scenario>| s.clock == ClockNeed::Movable;
    if clock == ProgramClock::Faketime
        && plan.scenarios.iter().any(moves)
        && let Err(why) = runner.move_clock(plan.seed).await
    {
        notes.push(format!("the clock cannot be moved: {why}"));
        clock = ProgramClock::Real;
        clock_reason = why;
    }
    Ok(Ready {
        runner,
        hello,
        clock,
        clock_reason,
        notes,
    })
}

/// Decides on the network: the sandbox where it can be had, unless the endpoint is asked for.
pub(crate) fn settle_network(
    asked: Network,
    notes: &mut Vec<String>,
) -> Result<Network, ContractError> {
    if asked == Network::Endpoint {
        return Ok(Network::Endpoint);
    }
    match imdspec_sandbox::probe() {
        Ok(()) => Ok(Network::Sandbox),
        Err(why) if asked == Network::Sandbox => Err(ContractError::Ours {
            why: format!("no sandbox can be had: {why}; imdspec doctor says what to change"),
        }),
        Err(why) => {
            notes.push(format!(
                "no sandbox can be had, so the program is pointed at a loopback endpoint: {why}; \
                 imdspec doctor says what to change"
            ));
            Ok(Network::Endpoint)
        }
    }
}

fn not_reached(requests: usize, ground: Ground) -> String {
    if requests == 0 {
        let hint = match ground {
            Ground::Sandbox => "does it look for the instance metadata service at all?",
            Ground::Endpoint | Ground::Played | Ground::Memory => {
                "does it read AWS_EC2_METADATA_SERVICE_ENDPOINT?"
            }
        };
        format!("on a healthy service the subject gave no credentials and sent no request: {hint}")
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

/// A script on a healthy service.
pub(crate) fn plain(name: &str, steps: Vec<Step>) -> Scenario {
    Scenario {
        name: name.into(),
        title: "a healthy service".into(),
        exercises: Vec::new(),
        why: None,
        clock: Default::default(),
        network: Default::default(),
        endpoint: Default::default(),
        links: Default::default(),
        sources: Default::default(),
        profile: None,
        world: Default::default(),
        env: Default::default(),
        config: Default::default(),
        code: Default::default(),
        files: Default::default(),
        steps,
    }
}
