//! What a sandbox holds, and starting a program in it.

use crate::Unavailable;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::process::{Child, Command};

/// How an address behaves that is not simply there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// There is no way to it: connecting fails at once (network unreachable).
    NoRoute,
    /// The host is there and nothing listens: connecting is refused.
    Refused,
    /// Packets to it are lost: connecting is never answered.
    Silent,
}

/// A namespace to be: which addresses are served in it, and which are broken and how.
///
/// The loopback itself (127.0.0.1, ::1) is always up. Every other address of the world cannot be
/// reached, and no name can be looked up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sandbox {
    pub(crate) listen: Vec<SocketAddr>,
    pub(crate) links: Vec<(IpAddr, Link)>,
}

impl Sandbox {
    /// Carries this address on the loopback and listens on its port.
    #[must_use]
    pub fn listen(mut self, at: SocketAddr) -> Self {
        self.listen.push(at);
        self
    }

    /// Breaks an address. What was to listen there does not.
    #[must_use]
    pub fn link(mut self, address: IpAddr, link: Link) -> Self {
        self.listen.retain(|at| at.ip() != address);
        self.links.push((address, link));
        self
    }

    /// Starts a program in a new sandbox of this shape.
    ///
    /// # Errors
    /// [`Unavailable`] when the namespace cannot be made, or the program cannot be started in it
    /// (step [`Start`](crate::Step::Start)).
    pub fn spawn(&self, mut command: Command) -> Result<Inside<Child>, Unavailable> {
        self.spawn_by(&mut command, Command::spawn)
    }

    /// As [`spawn`](Self::spawn), for callers that start the command in their own way, such as
    /// through an asynchronous runtime. `start` has to start the very command it is given, once.
    ///
    /// # Errors
    /// As for [`spawn`](Self::spawn).
    pub fn spawn_by<T>(
        &self,
        command: &mut Command,
        start: impl FnOnce(&mut Command) -> std::io::Result<T>,
    ) -> Result<Inside<T>, Unavailable> {
        #[cfg(target_os = "linux")]
        {
            crate::linux::spawn(self, command, start)
        }
        #[cfg(not(target_os = "linux"))]
        {
            let _ = (command, start);
            Err(Unavailable::other_system())
        }
    }
}

/// A program that runs in a sandbox.
#[derive(Debug)]
pub struct Inside<T> {
    /// The process. Its end is the program's end, status and signal included.
    pub child: T,
    /// What listens inside, in the order it was asked for.
    pub listeners: Vec<(SocketAddr, TcpListener)>,
    /// Addresses that this kernel would not carry, such as IPv6 ones where IPv6 is switched off.
    pub missing: Vec<(SocketAddr, std::io::Error)>,
    /// Everything in the sandbox lives as long as this does.
    pub lifeline: Lifeline,
}

/// Everything in a sandbox lives as long as this. Dropping it ends every process inside.
#[derive(Debug)]
pub struct Lifeline {
    #[cfg(unix)]
    #[expect(dead_code, reason = "held open, never written: its end is the message")]
    pub(crate) pipe: std::os::fd::OwnedFd,
}
