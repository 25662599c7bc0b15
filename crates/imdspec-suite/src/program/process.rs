//! A child process of ours: its own group, bounded output, and surely gone in the end.

use super::{ContractError, Program};
use crate::site::config_file;
use imdspec_rules::{Header, Outcome};
use rustix::process::{Pid, Signal, kill_process_group};
use std::process::{ExitStatus, Stdio};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;

/// The most of stderr that is kept, in bytes.
const MOST_STDERR: u64 = 1 << 20;

/// A running program. Dropping it kills its whole process group.
pub(super) struct Process {
    child: Child,
    group: Option<Pid>,
    pub(super) stdin: Option<ChildStdin>,
    pub(super) stdout: BufReader<ChildStdout>,
    stderr: JoinHandle<Vec<u8>>,
    /// Its home, removed when it is gone.
    _home: TempDir,
}

impl Process {
    /// Starts the program with the settings in a trace's header, in a home of its own.
    pub(super) fn start(program: &Program, header: &Header) -> Result<Self, ContractError> {
        let ours = |why: std::io::Error| ContractError::Ours {
            why: format!("could not make a home for the program: {why}"),
        };
        let home = TempDir::with_prefix("imdspec-").map_err(ours)?;
        if let Some(config) = config_file(&header.config) {
            let folder = home.path().join(".aws");
            std::fs::create_dir(&folder).map_err(ours)?;
            std::fs::write(folder.join("config"), config).map_err(ours)?;
        }
        let mut child = Command::new(&program.command[0])
            .args(&program.command[1..])
            .env_clear()
            .envs(program.environment(home.path(), &header.env))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|why| ContractError::Start {
                command: program.command[0].clone(),
                why: why.to_string(),
                missing: why.kind() == std::io::ErrorKind::NotFound,
            })?;
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
            _home: home,
        })
    }

    /// Waits for the program to end by itself.
    pub(super) async fn exit(&mut self) -> std::io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Ends what is left of the program and gives what it wrote to stderr.
    pub(super) async fn end(mut self) -> String {
        self.kill();
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

/// Reads to the end, and keeps the first part.
async fn keep(mut pipe: impl AsyncRead + Unpin) -> Vec<u8> {
    let mut kept = Vec::new();
    // What cannot be read is not there to be kept.
    let _ = (&mut pipe).take(MOST_STDERR).read_to_end(&mut kept).await;
    let _ = tokio::io::copy(&mut pipe, &mut tokio::io::sink()).await;
    kept
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
