//! A place where 169.254.169.254 is ours and nothing else exists.
//!
//! A program started in a [`Sandbox`] lives in a user, network, mount and process namespace of its
//! own. Its loopback carries the addresses asked for; the sockets that listen there are made inside
//! and handed out, so that the caller serves them like any other. No root, no container engine, no
//! setting of the program. Whatever the program starts dies with it, and all of it dies with the
//! caller, SIGKILL included.
//!
//! In scope: the namespace. Out of scope: what is served there.
//!
//! ```
//! # #[cfg(target_os = "linux")] {
//! use imdspec_sandbox::Sandbox;
//! use std::process::Command;
//!
//! # if imdspec_sandbox::probe().is_err() { return }
//! let mut curl = Command::new("bash");
//! curl.args(["-c", "exec 3<>/dev/tcp/169.254.169.254/80 && echo connected"]);
//! let sandbox = Sandbox::default().listen("169.254.169.254:80".parse().unwrap());
//! let inside = sandbox.spawn(curl).unwrap();
//! let (address, _listener) = &inside.listeners[0];
//! assert_eq!(address.to_string(), "169.254.169.254:80");
//! let output = inside.child.wait_with_output().unwrap();
//! assert!(output.status.success());
//! # }
//! ```
//!
//! The processes of one sandbox:
//!
//! ```text
//!  caller ──fork──► waiter ──fork──► init (process 1 inside) ──fork──► the program
//!    │              waits for init   reaps orphans; ends all  ◄─ ends ─┘
//!    └── lifeline ─────────────────► when it is told to, or when the caller is gone
//! ```

mod sandbox;
mod unavailable;

#[cfg(target_os = "linux")]
mod linux;

pub use sandbox::{Inside, Lifeline, Link, Sandbox};
pub use unavailable::{Step, Unavailable};

/// Has a command that is to run outside of any sandbox be killed when the thread that starts it
/// ends, which is when the caller is killed too. What the command starts itself is not seen to.
///
/// Does nothing on systems other than Linux.
pub fn leash(command: &mut std::process::Command) {
    #[cfg(target_os = "linux")]
    linux::leash(command);
    #[cfg(not(target_os = "linux"))]
    let _ = command;
}

/// Whether a sandbox can be had on this machine.
///
/// # Errors
/// [`Unavailable`] says which step failed, why, and what could be changed.
pub fn probe() -> Result<(), Unavailable> {
    #[cfg(target_os = "linux")]
    {
        linux::probe()
    }
    #[cfg(not(target_os = "linux"))]
    {
        Err(Unavailable::other_system())
    }
}
