//! A check-up: is this machine fit to test programs, and does a program keep the contract?
//!
//! Each step tries one sentence of the subject contract by itself, with a process of its own, so
//! that one mistake does not hide the next. No rule is judged here: a program may pass every step
//! and break every rule.

mod credentials;
mod machine;
mod program;
mod session;

pub use machine::machine;

use crate::hosted::{Ground, Hosted, Time};
use crate::program::{ContractError, Network, Program, tail};
use crate::recorder::Recorder;
use crate::runner::programs::settle_network;
use crate::runner::programs::{Runner, plain};
use crate::shift;
use crate::subject::{Driven, Kind, Subject};
use imdspec_model::World;
use imdspec_rules::{Trace, What};
use std::time::Instant;

/// What was found, in the order it was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checkup {
    /// The steps.
    pub steps: Vec<Step>,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it is about, in one or two words.
    pub name: &'static str,
    /// How it stands.
    pub health: Health,
    /// What was expected, where that is not what came; empty otherwise.
    pub expected: String,
    /// What came, in a sentence or two.
    pub words: String,
    /// What to change, one piece of advice an item.
    pub advice: Vec<String>,
    /// The last lines the program wrote to stderr, where they may tell why; without the made-up
    /// secrets of the run.
    pub stderr: String,
}

/// How something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Health {
    /// As it should be.
    Good,
    /// Worth knowing; nothing is wrong with the program.
    Note,
    /// The program does not keep the contract.
    Bad,
    /// Not looked at, for a reason that an earlier step gives.
    Skipped,
}

/// News while a check-up is under way.
#[derive(Debug)]
pub enum News<'a> {
    /// A step began.
    Begins(&'static str),
    /// A step ended.
    Ends(&'a Step),
}

impl Checkup {
    /// Whether the program keeps the contract, as far as was looked at.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.count(Health::Bad) == 0
    }

    /// How many steps stand so.
    #[must_use]
    pub fn count(&self, health: Health) -> usize {
        self.steps.iter().filter(|s| s.health == health).count()
    }
}

impl Health {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Note => "note",
            Self::Bad => "bad",
            Self::Skipped => "skipped",
        }
    }
}

impl Step {
    fn new(name: &'static str, health: Health, words: impl Into<String>) -> Self {
        Self {
            name,
            health,
            expected: String::new(),
            words: words.into(),
            advice: Vec::new(),
            stderr: String::new(),
        }
    }

    fn good(name: &'static str, words: impl Into<String>) -> Self {
        Self::new(name, Health::Good, words)
    }

    fn note(name: &'static str, words: impl Into<String>) -> Self {
        Self::new(name, Health::Note, words)
    }

    fn bad(name: &'static str, expected: impl Into<String>, got: impl Into<String>) -> Self {
        Self {
            expected: expected.into(),
            ..Self::new(name, Health::Bad, got)
        }
    }

    fn skipped(name: &'static str, words: impl Into<String>) -> Self {
        Self::new(name, Health::Skipped, words)
    }

    fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice.push(advice.into());
        self
    }

    /// With the end of what the program wrote to stderr, unless all is good.
    fn told(mut self, stderr: &str, trace: &Trace) -> Self {
        if matches!(self.health, Health::Bad | Health::Note) {
            self.stderr = redacted(&tail(stderr), trace);
        }
        self
    }
}

/// Looks at how a program keeps the contract. Subjects that are no programs keep it by themselves.
pub async fn program(subject: &Subject, seed: u64, tell: impl FnMut(News<'_>)) -> Checkup {
    let mut log = Log {
        checkup: Checkup::default(),
        tell,
    };
    let Kind::Program(driven, program) = &subject.kind else {
        return log.checkup;
    };
    let Some(ground) = network(program, &mut log) else {
        return log.checkup;
    };
    let patient = Patient {
        subject,
        program,
        driven: *driven,
        ground,
        seed,
    };
    let fit = match driven {
        Driven::Session => session::look(&patient, &mut log).await,
        Driven::OneShot | Driven::Sink => program::look(&patient, &mut log).await,
    };
    clock(&patient, fit, &mut log).await;
    log.checkup
}

/// The steps so far, told to whoever listens.
struct Log<F> {
    checkup: Checkup,
    tell: F,
}

impl<F: FnMut(News<'_>)> Log<F> {
    fn begins(&mut self, name: &'static str) {
        (self.tell)(News::Begins(name));
    }

    fn ends(&mut self, step: Step) {
        (self.tell)(News::Ends(&step));
        self.checkup.steps.push(step);
    }
}

/// The program that is looked at, and where it runs.
struct Patient<'a> {
    subject: &'a Subject,
    program: &'a Program,
    driven: Driven,
    ground: Ground,
    seed: u64,
}

impl Patient<'_> {
    /// Servers that live in this world, for one process.
    async fn visit(&self, world: World) -> Result<Hosted, ContractError> {
        let scenario = crate::Scenario {
            world,
            ..plain("doctor", Vec::new())
        };
        let time = Time::Real(Instant::now());
        let header = Recorder::header(&scenario, &self.subject.name, self.seed, time.kind());
        Hosted::start(&scenario, header, self.seed, time, self.ground)
            .await
            .map_err(|e| ContractError::Ours {
                why: format!("no loopback port could be had: {e}"),
            })
    }

    fn runner(&self) -> Runner {
        Runner::new(self.program, self.driven, self.subject, self.ground)
    }

    /// Why it could not even be run.
    fn not_run(&self, name: &'static str, why: &ContractError) -> Step {
        let mut step = Step::bad(name, "a program that starts", why.to_string());
        if matches!(why, ContractError::Start { .. }) {
            let install = self.subject.install.iter();
            step.advice = install.map(|i| format!("to install it: {i}")).collect();
        }
        step
    }

    /// Why a program may have sent no request.
    fn unasked(&self) -> Vec<String> {
        let chain = "if it takes the first of several sources, instance metadata must be one of \
            them; a setting or a default may switch it off";
        let mut advice = vec![chain.to_owned()];
        match self.ground {
            Ground::Sandbox => advice.push(
                "if it first asks whether it is on EC2 at all (a file, a name, an address), that \
                 question has no answer in the sandbox: try --network endpoint"
                    .into(),
            ),
            Ground::Endpoint | Ground::Played | Ground::Memory => advice.push(format!(
                "it has to read {}; if it cannot, run it in the sandbox (--network sandbox)",
                self.endpoint_variable()
            )),
        }
        advice
    }

    fn endpoint_variable(&self) -> &str {
        let own = self.program.endpoint_variable.as_deref();
        own.unwrap_or("AWS_EC2_METADATA_SERVICE_ENDPOINT")
    }
}

/// What is not looked at of a program that cannot be spoken to.
const REST: &str = "the rest";

/// A service without a role attached: there are no credentials to be had.
fn no_role() -> World {
    World {
        role: String::new(),
        ..World::default()
    }
}

/// Where the program is to run; none when that cannot be had.
fn network(program: &Program, log: &mut Log<impl FnMut(News<'_>)>) -> Option<Ground> {
    const NAME: &str = "network";
    let mut notes = Vec::new();
    let (step, ground) = match settle_network(program.network, &mut notes) {
        Err(_) => {
            let got = "none can be had here; why is said of the machine, and what to change";
            let advice = "leave --network out, and the endpoint is used where there is no sandbox";
            (
                Step::bad(NAME, "a sandbox, as asked", got).advise(advice),
                None,
            )
        }
        Ok(Network::Sandbox) => {
            let words = "a sandbox: the service is at its real addresses, and nothing else is";
            (Step::good(NAME, words), Some(Ground::Sandbox))
        }
        Ok(Network::Auto | Network::Endpoint) => {
            let name = program.endpoint_variable.as_deref();
            let name = name.unwrap_or("AWS_EC2_METADATA_SERVICE_ENDPOINT");
            let words = format!("the loopback; {name} tells where");
            let step = if notes.is_empty() {
                Step::good(NAME, words)
            } else {
                Step::note(NAME, format!("{words}, because no sandbox can be had"))
            };
            (step, Some(Ground::Endpoint))
        }
    };
    log.ends(step);
    ground
}

/// Whether hours can be made to pass for the program.
async fn clock(patient: &Patient<'_>, fit: bool, log: &mut Log<impl FnMut(News<'_>)>) {
    const NAME: &str = "clock";
    use crate::program::ProgramClock::Faketime;
    let asked = patient.program.clock == Faketime;
    if !fit {
        // Nothing more is said of a program of which the rest was skipped.
        if log.checkup.steps.last().is_some_and(|s| s.name == REST) {
            return;
        }
        log.ends(Step::skipped(NAME, "it gave no credentials to begin with"));
        return;
    }
    if shift::library().is_none() {
        let words = "libfaketime is not installed here, so nothing is known of it";
        log.ends(Step::skipped(NAME, words));
        return;
    }
    log.begins(NAME);
    let moved = patient.runner().move_clock(patient.seed).await;
    log.ends(match moved {
        Ok(()) if asked => Step::good(NAME, "libfaketime moves it: hours can pass"),
        Ok(()) => Step::good(
            NAME,
            "libfaketime moves it: --clock faketime lets hours pass",
        ),
        Err(why) => {
            let step = Step::note(NAME, format!("hours cannot be made to pass: {why}"));
            if asked {
                step.advise("leave clock = \"faketime\" or --clock faketime out")
            } else {
                step
            }
        }
    });
}

/// `text` without the secrets of a trace.
fn redacted(text: &str, trace: &Trace) -> String {
    let mut secrets: Vec<&str> = trace
        .events
        .iter()
        .filter_map(|event| match &event.what {
            What::Secret { value, .. } => Some(value.as_str()),
            _ => None,
        })
        .collect();
    // The longest first: one secret may begin like another.
    secrets.sort_by_key(|value| std::cmp::Reverse(value.len()));
    let hide = |text: String, secret: &&str| text.replace(*secret, "<secret>");
    secrets.iter().fold(text.to_owned(), hide)
}

/// How many of something, in words.
fn many(n: usize, what: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{n} {what}{s}")
}

/// A time taken, in seconds.
fn seconds(took: std::time::Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}
