//! Sandboxes on Linux.

mod advice;
mod birth;
mod channel;
mod init;
mod netlink;

pub(crate) use advice::advice;
pub(crate) use birth::leash;

use crate::{Inside, Lifeline, Sandbox, Step, Unavailable};
use birth::Birth;
use channel::News;
use std::io;
use std::os::fd::{FromRawFd, OwnedFd};
use std::process::{Command, Stdio};

/// Makes a sandbox and starts a program in it.
pub(crate) fn spawn<T>(
    sandbox: &Sandbox,
    command: &mut Command,
    start: impl FnOnce(&mut Command) -> io::Result<T>,
) -> Result<Inside<T>, Unavailable> {
    let prepare = |error| Unavailable {
        step: Step::Prepare,
        error,
    };
    let (ours, theirs) = channel::pair().map_err(prepare)?;
    let (watched, held) = pipe().map_err(prepare)?;
    let birth = Birth::new(sandbox, theirs, watched);
    birth.attend(command);
    let started = start(command);
    let mut inside = Vec::new();
    let mut missing = Vec::new();
    for news in channel::heard(&ours) {
        match news {
            News::Failed(step, error) => return Err(Unavailable { step, error }),
            News::Listens(i, listener) => inside.push((sandbox.listen[i], listener)),
            News::Misses(i, error) => missing.push((sandbox.listen[i], error)),
        }
    }
    let child = started.map_err(|error| Unavailable {
        step: Step::Start,
        error,
    })?;
    Ok(Inside {
        child,
        listeners: inside,
        missing,
        lifeline: Lifeline { pipe: held },
    })
}

/// Whether a sandbox can be had: makes one and lets it go.
pub(crate) fn probe() -> Result<(), Unavailable> {
    let mut nothing = Command::new("true");
    nothing
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let sandbox = Sandbox::default().listen(([169, 254, 169, 254], 80).into());
    match sandbox.spawn(nothing) {
        Ok(mut inside) => {
            // Reaps it; how it ended does not matter.
            let _ = inside.child.wait();
            Ok(())
        }
        // The namespace was there; only the program was not.
        Err(e) if e.step == Step::Start => Ok(()),
        Err(e) => Err(e),
    }
}

/// A pipe: the end to read, the end to write. Both are closed on exec.
#[expect(
    unsafe_code,
    reason = "std's pipe has no flags that close it on exec in one step"
)]
fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut ends = [0; 2];
    // SAFETY: `ends` is room for two descriptors.
    if unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call has just given us both, and nobody else has them.
    Ok(unsafe { (OwnedFd::from_raw_fd(ends[0]), OwnedFd::from_raw_fd(ends[1])) })
}
