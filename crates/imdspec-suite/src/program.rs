//! Programs as subjects: one process or more, spoken to over stdin and stdout.
//!
//! Whatever a program does (hang, crash, flood, garbage) ends as an outcome in the trace within its
//! deadline, and no process of its group is left behind.

mod answer;
mod lines;
mod object;
mod one_shot;
mod process;
mod session;
mod user;

pub use answer::ContractError;
pub(crate) use answer::{hello as parse_hello, session as read_answer, tail};
pub(crate) use lines::{Line, next as next_line};
pub(crate) use one_shot::finish as finish_one_shot;
pub(crate) use one_shot::run as run_one_shot;
pub(crate) use process::Process;
pub(crate) use session::{NoHello, Session, gone, read_hello, run as run_session};
pub(crate) use user::run as run_user;

use crate::hosted::{Hosted, Time};
use crate::sources::HOME_GAP;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::Semaphore;

/// A program and what it is given besides its scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// The command and its arguments; never empty. `{sink}` stands for the sink's URL.
    pub command: Vec<String>,
    /// Variables it is always given. `{sink}` stands for the sink's URL.
    pub env: BTreeMap<String, String>,
    /// Variables of our own environment that it keeps (PATH it always keeps).
    pub keep_env: Vec<String>,
    /// A folder of programs that is put in front of PATH.
    pub tools: Option<PathBuf>,
    /// The variable that tells it where the service is, where it cannot be at its real addresses,
    /// if that is not `AWS_EC2_METADATA_SERVICE_ENDPOINT`.
    pub endpoint_variable: Option<String>,
    /// Exit statuses besides 1 by which a one-shot program says that there are no credentials.
    pub refused_exit: Vec<i32>,
    /// The network it runs on.
    pub network: Network,
    /// Whose time it lives on.
    pub clock: ProgramClock,
    /// How long it may take to answer one resolve.
    pub deadline: Duration,
}

/// The network a program runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Network {
    /// The sandbox, and where it cannot be had the loopback endpoint.
    #[default]
    Auto,
    /// A network of its own in which the service is at its real addresses, and nothing else is.
    Sandbox,
    /// This machine's; the program is told where on the loopback the service is.
    Endpoint,
}

/// Whose time a program lives on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProgramClock {
    /// The machine's.
    #[default]
    Real,
    /// The machine's, moved by libfaketime where a scenario needs it.
    Faketime,
}

impl Program {
    /// A program of which nothing is known but how to run it.
    #[must_use]
    pub fn new(command: Vec<String>, deadline: Duration) -> Self {
        Self {
            command,
            env: BTreeMap::new(),
            keep_env: Vec::new(),
            tools: None,
            endpoint_variable: None,
            refused_exit: Vec::new(),
            network: Network::default(),
            clock: ProgramClock::default(),
            deadline,
        }
    }
}

/// What a session program says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// Its name.
    pub name: String,
    /// Its version, as it spells it.
    pub version: String,
    /// How many resolves may be outstanding.
    pub concurrency: u32,
}

/// How long a session program has for its first line. Subject contract, section 3.
pub(crate) const HELLO_DEADLINE: Duration = Duration::from_secs(30);
/// How long it has to exit once stdin has ended. Subject contract, section 3.
pub(crate) const EXIT_DEADLINE: Duration = Duration::from_secs(2);

/// Lets few programs start up at once: starting is what keeps the cores busy, and a program that
/// waits for its turn on a core may mistake that for a slow service.
#[derive(Debug)]
pub(crate) struct StartGate(Semaphore);

impl StartGate {
    pub(crate) fn new(at_once: usize) -> Self {
        Self(Semaphore::new(at_once.max(1)))
    }

    async fn enter(&self) -> Option<tokio::sync::SemaphorePermit<'_>> {
        // The semaphore is never closed.
        self.0.acquire().await.ok()
    }
}

impl Program {
    /// The variables a program starts with: PATH, what it keeps, its own, and the scenario's.
    fn environment(&self, home: &Path, hosted: &Hosted) -> BTreeMap<String, OsString> {
        let mut variables: BTreeMap<String, OsString> = self
            .keep_env
            .iter()
            .filter_map(|name| Some((name.clone(), std::env::var_os(name)?)))
            .collect();
        variables.insert("PATH".into(), self.path());
        variables.insert("HOME".into(), home.into());
        for (name, value) in &self.env {
            let value = hosted.places().fill_sink(value);
            variables.insert(name.clone(), value.into());
        }
        let scenario = hosted.with_site(|site| site.recorder.trace().header.env.clone());
        let told = scenario.get(ENDPOINT_VARIABLE);
        if let (Some(name), Some(url)) = (&self.endpoint_variable, told) {
            variables.insert(name.clone(), url.into());
        }
        let below = home.to_string_lossy();
        let in_home = |value: String| value.replace(HOME_GAP, &below);
        variables.extend(scenario.into_iter().map(|(n, v)| (n, in_home(v).into())));
        if let Time::Shifted(shift) = hosted.time() {
            let moved = shift.variables().into_iter();
            variables.extend(moved.map(|(n, v)| (n.to_owned(), v.into())));
        }
        variables
    }

    fn path(&self) -> OsString {
        let ours = std::env::var_os("PATH").unwrap_or_default();
        let Some(tools) = &self.tools else {
            return ours;
        };
        let mut path = tools.clone().into_os_string();
        path.push(":");
        path.push(ours);
        path
    }
}

/// The variable that most clients read to find the service.
const ENDPOINT_VARIABLE: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
