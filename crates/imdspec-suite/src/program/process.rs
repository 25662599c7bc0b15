//! A child process of ours: its own group, bounded output, and surely gone in the end.

use super::{ContractError, Program};
use crate::hosted::{Ground, Hosted};
use imdspec_rules::Outcome;
use imdspec_sandbox::{Lifeline, Step};
use rustix::process::{Pid, Signal, kill_process_group};
use std::os::unix::process::CommandExt as _;
use std::process::{ExitStatus, Stdio};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;

/// The most of its free output that is kept, in bytes, of each stream.
const MOST_OUTPUT: u64 = 1 << 20;

/// A running program. Dropping it kills its whole process group.
pub(crate) struct Process {
    child: Child,
    group: Option<Pid>,
    pub(crate) stdin: Option<ChildStdin>,
    pub(crate) stdout: BufReader<ChildStdout>,
    stderr: JoinHandle<Vec<u8>>,
    /// Everything in its sandbox lives as long as this.
    lifeline: Option<Lifeline>,
    /// Its home, removed when it is gone.
    _home: TempDir,
}

impl Process {
    /// Starts the program with the settings in a trace's header, in a home of its own, and in a
    /// sandbox of its own where the servers are to stand in one.
    pub(crate) fn start(program: &Program, hosted: &Hosted) -> Result<Self, ContractError> {
        let ours = |why: std::io::Error| ContractError::Ours {
            why: format!("could not make a home for the program: {why}"),
        };
        let home = TempDir::with_prefix("imdspec-").map_err(ours)?;
        hosted.furnish(home.path()).map_err(ours)?;
        let words = program.command.iter().map(|w| hosted.places().fill_sink(w));
        let words: Vec<String> = words.collect();
        let mut command = std::process::Command::new(&words[0]);
        command
            .args(&words[1..])
            .env_clear()
            .envs(program.environment(home.path(), hosted))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        let (mut child, lifeline) = launch(&mut command, &words[0], hosted)?;
        let piped = || ContractError::Ours {
            why: "the program's pipes could not be taken".into(),
        };
        let group = child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(Pid::from_raw);
        let stdout = child.stdout.take().ok_or_else(piped)?;
        let stderr = child.stderr.take().ok_or_else(piped)?;
        Ok(Self {
            group,
            stdin: child.stdin.take(),
            stdout: BufReader::new(stdout),
            stderr: tokio::spawn(keep(stderr)),
            child,
            lifeline,
            _home: home,
        })
    }

    /// The most memory it has held so far, in bytes; what it started itself is not counted. Linux
    /// alone tells it.
    pub(crate) fn peak(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()?)).ok()?;
        let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
        let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
        Some(kibibytes << 10)
    }

    /// Waits for the program to end by itself.
    pub(crate) async fn exit(&mut self) -> std::io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Waits for the program to end by itself, and keeps what it says on stdout meanwhile.
    pub(crate) async fn watch_to_its_end(
        &mut self,
        said: &mut Vec<u8>,
    ) -> std::io::Result<ExitStatus> {
        let stdout = keep_in(said, &mut self.stdout);
        tokio::select! {
            // What it started may hold the pipe for longer than it lives.
            status = self.child.wait() => return status,
            () = stdout => {}
        }
        self.child.wait().await
    }

    /// Keeps what it printed last and is still in the pipe. Once it has ended, this is soon done,
    /// unless something that it started holds the pipe.
    pub(crate) async fn keep_rest(&mut self, said: &mut Vec<u8>) {
        let rest = keep_in(said, &mut self.stdout);
        let _ = tokio::time::timeout(super::EXIT_DEADLINE, rest).await;
    }

    /// Ends what is left of the program and gives what it wrote to stderr.
    pub(crate) async fn end(mut self) -> String {
        self.kill();
        drop(self.lifeline.take());
        // Reaps it; it is dead already or about to be.
        let _ = self.child.wait().await;
        let stderr = std::mem::replace(&mut self.stderr, tokio::spawn(async { Vec::new() }));
        // A process that left the group may still hold the pipe: it is not waited for.
        let kept = tokio::time::timeout(super::EXIT_DEADLINE, stderr).await;
        let bytes = kept.ok().and_then(Result::ok).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn kill(&self) {
        if let Some(group) = self.group {
            // It fails only when nobody is left in the group.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        self.stderr.abort();
    }
}

/// Starts a command where its scenario takes place.
fn launch(
    command: &mut std::process::Command,
    name: &str,
    hosted: &Hosted,
) -> Result<(Child, Option<Lifeline>), ContractError> {
    let not_started = |why: std::io::Error| ContractError::Start {
        command: name.to_owned(),
        why: why.to_string(),
        missing: why.kind() == std::io::ErrorKind::NotFound,
    };
    let ours = |why: String| ContractError::Ours { why };
    if hosted.ground() != Ground::Sandbox {
        imdspec_sandbox::leash(command);
        return Ok((spawn(command).map_err(not_started)?, None));
    }
    let inside = match hosted.sandbox().spawn_by(command, spawn) {
        Ok(inside) => inside,
        Err(no) if no.step == Step::Start => return Err(not_started(no.error)),
        Err(no) => return Err(ours(format!("no sandbox could be had: {no}"))),
    };
    hosted
        .attach(inside.listeners)
        .map_err(|e| ours(format!("the sandbox could not be served: {e}")))?;
    if let Some((address, why)) = inside.missing.first()
        && hosted.needs(address)
    {
        return Err(ours(format!(
            "this machine does not carry {address}: {why}"
        )));
    }
    Ok((inside.child, Some(inside.lifeline)))
}

fn spawn(command: &mut std::process::Command) -> std::io::Result<Child> {
    let command = std::mem::replace(command, std::process::Command::new(""));
    Command::from(command).kill_on_drop(true).spawn()
}

/// Reads to the end, and keeps the first part.
async fn keep(mut pipe: impl AsyncRead + Unpin) -> Vec<u8> {
    let mut kept = Vec::new();
    keep_in(&mut kept, &mut pipe).await;
    kept
}

async fn keep_in(kept: &mut Vec<u8>, pipe: &mut (impl AsyncRead + Unpin)) {
    let left = MOST_OUTPUT.saturating_sub(kept.len() as u64);
    // What cannot be read is not there to be kept.
    let _ = (&mut *pipe).take(left).read_to_end(kept).await;
    let _ = tokio::io::copy(pipe, &mut tokio::io::sink()).await;
}

/// What an exit means that is neither of the two the contract names.
pub(super) fn crash(status: ExitStatus) -> Outcome {
    use std::os::unix::process::ExitStatusExt;
    let how = match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "an unknown end".into(),
    };
    Outcome::Crash { how }
}
