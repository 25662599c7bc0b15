//! Programs as subjects: one process or more, spoken to over stdin and stdout.
//!
//! Whatever a program does (hang, crash, flood, garbage) ends as an outcome in the trace within its
//! deadline, and no process of its group is left behind.

mod answer;
mod lines;
mod one_shot;
mod process;
mod session;

pub use answer::ContractError;
pub(crate) use one_shot::run as run_one_shot;
pub(crate) use session::{hello, run as run_session};

use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::Semaphore;

/// A program and what it is given besides its scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// The command and its arguments; never empty.
    pub command: Vec<String>,
    /// Variables of our own environment that it keeps (PATH it always keeps).
    pub keep_env: Vec<String>,
    /// How long it may take to answer one resolve.
    pub deadline: Duration,
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
const HELLO_DEADLINE: Duration = Duration::from_secs(30);
/// How long it has to exit once stdin has ended. Subject contract, section 3.
const EXIT_DEADLINE: Duration = Duration::from_secs(2);

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
    /// The variables a program starts with: PATH, what it keeps, and the scenario's.
    fn environment(
        &self,
        home: &std::path::Path,
        scenario: &BTreeMap<String, String>,
    ) -> BTreeMap<String, std::ffi::OsString> {
        let kept = ["PATH".to_owned()];
        let mut variables: BTreeMap<String, std::ffi::OsString> = kept
            .iter()
            .chain(&self.keep_env)
            .filter_map(|name| Some((name.clone(), std::env::var_os(name)?)))
            .collect();
        variables.insert("HOME".into(), home.into());
        variables.extend(
            scenario
                .iter()
                .map(|(name, value)| (name.clone(), value.into())),
        );
        variables
    }
}
