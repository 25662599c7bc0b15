//! How the driver runs a command.

use crate::MOST_OUTPUT;
use crate::exchange::Ran;
use std::process::Stdio;
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};

/// Runs `line` by a shell and reads what it prints, no more of it than the limit and one byte.
pub(super) async fn run(line: String) -> Ran {
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg(line)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    // A group of its own, so that what it starts can be ended with it.
    #[cfg(unix)]
    command.process_group(0);
    let Ok(child) = command.spawn() else {
        return Ran::NotStarted;
    };
    let mut group = Group(child);
    let mut stdout = Vec::new();
    if let Some(pipe) = group.0.stdout.take() {
        // What was read before an error is what it printed.
        let _ = pipe
            .take(MOST_OUTPUT as u64 + 1)
            .read_to_end(&mut stdout)
            .await;
    }
    if stdout.len() > MOST_OUTPUT {
        return Ran::Ended {
            status: None,
            stdout,
        };
    }
    let status = group.0.wait().await;
    Ran::Ended {
        status: status.ok().and_then(|status| status.code()),
        stdout,
    }
}

/// A command and all that it started. Killed when dropped before the command has ended; what a
/// command leaves behind when it ends by itself, an agent perhaps, is its own affair.
struct Group(Child);

impl Drop for Group {
    fn drop(&mut self) {
        // Without an id it has ended and been waited for, and its number may be another's by now.
        #[cfg(unix)]
        if let Some(id) = self.0.id()
            && let Some(pid) = i32::try_from(id)
                .ok()
                .and_then(rustix::process::Pid::from_raw)
        {
            let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
        }
    }
}
