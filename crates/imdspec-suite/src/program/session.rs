//! A session program: one process lives through a whole scenario.

use super::lines::{self, Line};
use super::process::{Process, crash};
use super::{ContractError, EXIT_DEADLINE, HELLO_DEADLINE, Hello, Program, StartGate, answer};
use crate::hosted::Hosted;
use crate::scenario::{Scenario, Step};
use imdspec_rules::{Outcome, Stream};
use std::collections::BTreeMap;
use std::fmt;
use std::process::ExitStatus;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, timeout, timeout_at};

/// Runs a scenario on a session program; gives what it said of itself.
pub(crate) async fn run(
    program: &Program,
    scenario: &Scenario,
    hosted: &Hosted,
    gate: &StartGate,
) -> Result<Hello, ContractError> {
    let mut session = Session::open(program, hosted, gate).await?;
    session.script(program, scenario, hosted).await?;
    // While it lives: of the dead nobody knows how much they held.
    if let Some(bytes) = session.process.peak() {
        hosted.note_peak(bytes);
    }
    drop(session.process.stdin.take());
    let _ = timeout(EXIT_DEADLINE, session.process.exit()).await;
    let stderr = session.process.end().await;
    hosted.with_site(|site| {
        site.recorder.output(hosted.now(), Stream::Stderr, stderr);
    });
    Ok(session.hello)
}

/// A session program that has said hello.
pub(crate) struct Session {
    process: Process,
    pub(crate) hello: Hello,
    next_id: u32,
}

impl Session {
    /// Starts the program and hears its hello.
    pub(crate) async fn open(
        program: &Program,
        hosted: &Hosted,
        gate: &StartGate,
    ) -> Result<Self, ContractError> {
        let permit = gate.enter().await;
        let mut process = Process::start(program, hosted)?;
        let hello = match read_hello(&mut process).await {
            Ok(hello) => hello,
            Err(no) => {
                let stderr = answer::tail(&process.end().await);
                let got = no.to_string();
                return Err(ContractError::Hello { got, stderr });
            }
        };
        drop(permit);
        Ok(Self {
            process,
            hello,
            next_id: 1,
        })
    }

    /// Takes it through a scenario's script; says whether it can be asked again.
    pub(crate) async fn script(
        &mut self,
        program: &Program,
        scenario: &Scenario,
        hosted: &Hosted,
    ) -> Result<bool, ContractError> {
        for step in &scenario.steps {
            match step {
                Step::Resolve(n) => {
                    let mut left = *n;
                    while left > 0 {
                        let at_once = left.min(self.hello.concurrency.max(1));
                        let id = self.next_id;
                        self.next_id += at_once;
                        left -= at_once;
                        if !resolve(program, hosted, &mut self.process, id, at_once).await {
                            return Ok(false);
                        }
                    }
                }
                change => hosted.change(change).map_err(ContractError::clock)?,
            }
        }
        Ok(true)
    }

    /// Asks for a new provider in place of the one it has; says whether it has one now. Programs
    /// that do not know how say so, and are none the worse.
    pub(crate) async fn renew(&mut self, deadline: Duration) -> bool {
        let id = self.next_id;
        self.next_id += 1;
        let question = format!("{{\"id\":{id},\"op\":\"new\"}}\n");
        let Some(stdin) = &mut self.process.stdin else {
            return false;
        };
        if stdin.write_all(question.as_bytes()).await.is_err() || stdin.flush().await.is_err() {
            return false;
        }
        let answer = timeout(deadline, lines::next(&mut self.process.stdout)).await;
        matches!(answer, Ok(Ok(Line::Text(line))) if answer::is_new(&line, id))
    }
}

/// Asks `n` times at once; says whether the program can be asked again.
async fn resolve(
    program: &Program,
    hosted: &Hosted,
    process: &mut Process,
    first_id: u32,
    n: u32,
) -> bool {
    let mut open: BTreeMap<u32, u32> = BTreeMap::new();
    let mut questions = String::new();
    for id in first_id..first_id + n {
        let call = hosted.with_site(|site| site.recorder.resolve(hosted.now()));
        open.insert(id, call);
        questions.push_str(&format!("{{\"id\":{id},\"op\":\"resolve\"}}\n"));
    }
    let deadline = Instant::now() + program.deadline;
    if let Some(stdin) = &mut process.stdin
        && stdin.write_all(questions.as_bytes()).await.is_ok()
    {
        // A pipe to a program that closed its stdin fails here or above; its exit tells more.
        let _ = stdin.flush().await;
    }
    while !open.is_empty() {
        let end = match timeout_at(deadline, lines::next(&mut process.stdout)).await {
            Ok(Ok(Line::Text(line))) => {
                let (id, outcome) = answer::session(&line);
                // A line without a known id still answers somebody: the oldest.
                let id = id.filter(|id| open.contains_key(id));
                let key = id.or_else(|| open.keys().next().copied());
                if let Some(call) = key.and_then(|key| open.remove(&key)) {
                    note(hosted, call, outcome);
                }
                continue;
            }
            Ok(Ok(Line::End)) => gone(process).await,
            Ok(Ok(Line::Flood)) => Outcome::BadOutput {
                what: "more on stdout than an answer can hold".into(),
            },
            Ok(Err(e)) => Outcome::BadOutput {
                what: format!("stdout could not be read: {e}"),
            },
            Err(_) => Outcome::Deadline {
                after: u64::try_from(program.deadline.as_millis()).unwrap_or(u64::MAX),
            },
        };
        for call in open.values() {
            note(hosted, *call, end.clone());
        }
        return false;
    }
    true
}

fn note(hosted: &Hosted, call: u32, outcome: Outcome) {
    hosted.note_runs();
    hosted.with_site(|site| site.recorder.outcome(hosted.now(), call, outcome));
}

/// What it means that stdout ended while an answer was due: the program died, one way or another.
pub(crate) async fn gone(process: &mut Process) -> Outcome {
    let how = match timeout(EXIT_DEADLINE, process.exit()).await {
        Ok(Ok(status)) if status.success() => "it exited without answering",
        Ok(Ok(status)) => return crash(status),
        Ok(Err(_)) | Err(_) => "it closed its stdout without answering",
    };
    Outcome::Crash { how: how.into() }
}

/// What came in place of a hello.
#[derive(Debug)]
pub(crate) enum NoHello {
    /// The program ended.
    Ended(ExitStatus),
    /// It closed its stdout and lives on.
    Closed,
    /// A line longer than any hello.
    Flood,
    /// Its stdout could not be read.
    Unreadable(std::io::Error),
    /// Nothing, until its time was over.
    Nothing,
    /// The hello of another version of the contract.
    Version(u32),
    /// Another line.
    Printed(Vec<u8>),
}

impl fmt::Display for NoHello {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended(status) => write!(f, "it ended first ({status})"),
            Self::Closed => f.write_str("it closed its stdout first"),
            Self::Flood => f.write_str("it printed a line longer than 1 MiB"),
            Self::Unreadable(e) => write!(f, "its stdout could not be read: {e}"),
            Self::Nothing => {
                let seconds = HELLO_DEADLINE.as_secs();
                write!(f, "nothing came within {seconds} seconds")
            }
            Self::Version(version) => {
                write!(f, "it speaks version {version} of the contract, not 1")
            }
            Self::Printed(line) => {
                let shown: String = String::from_utf8_lossy(line).chars().take(80).collect();
                write!(f, "it printed {shown:?}")
            }
        }
    }
}

pub(crate) async fn read_hello(process: &mut Process) -> Result<Hello, NoHello> {
    let line = match timeout(HELLO_DEADLINE, lines::next(&mut process.stdout)).await {
        Ok(Ok(Line::Text(line))) => line,
        Ok(Ok(Line::End)) => {
            return Err(match timeout(EXIT_DEADLINE, process.exit()).await {
                Ok(Ok(status)) => NoHello::Ended(status),
                Ok(Err(_)) | Err(_) => NoHello::Closed,
            });
        }
        Ok(Ok(Line::Flood)) => return Err(NoHello::Flood),
        Ok(Err(e)) => return Err(NoHello::Unreadable(e)),
        Err(_) => return Err(NoHello::Nothing),
    };
    answer::hello(&line).map_err(|version| match version {
        Some(version) => NoHello::Version(version),
        None => NoHello::Printed(line),
    })
}
