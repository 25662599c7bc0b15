//! Why there is no sandbox here, and what could be changed.

use std::fmt;
use std::io;

/// Which step of making a sandbox failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// The system is not Linux.
    System,
    /// Sockets and pipes to speak with the sandbox.
    Prepare,
    /// New namespaces.
    Namespaces,
    /// Our user in the new user namespace.
    Users,
    /// The loopback and its addresses.
    Loopback,
    /// Listening inside.
    Listen,
    /// Handing the listening sockets out.
    HandOut,
    /// Hiding the machine's name service.
    Mounts,
    /// The processes inside.
    Processes,
    /// Starting the program itself.
    Start,
}

impl Step {
    #[cfg(target_os = "linux")]
    pub(crate) const ALL: [Self; 10] = [
        Self::System,
        Self::Prepare,
        Self::Namespaces,
        Self::Users,
        Self::Loopback,
        Self::Listen,
        Self::HandOut,
        Self::Mounts,
        Self::Processes,
        Self::Start,
    ];

    const fn words(self) -> &'static str {
        match self {
            Self::System => "this system has no Linux namespaces",
            Self::Prepare => "could not make the sockets to speak with the sandbox",
            Self::Namespaces => "new namespaces are not allowed here",
            Self::Users => "a new user namespace could not be given its user",
            Self::Loopback => "the loopback of the new network could not be set up",
            Self::Listen => "could not listen in the sandbox",
            Self::HandOut => "the sockets of the sandbox could not be handed out",
            Self::Mounts => "the machine's name service could not be hidden",
            Self::Processes => "the processes of the sandbox could not be started",
            Self::Start => "the program could not be started",
        }
    }
}

/// Why a sandbox could not be had.
#[derive(Debug)]
pub struct Unavailable {
    /// Where it failed.
    pub step: Step,
    /// What the system said.
    pub error: io::Error,
}

impl Unavailable {
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn other_system() -> Self {
        Self {
            step: Step::System,
            error: io::ErrorKind::Unsupported.into(),
        }
    }

    /// What could be changed on this machine, one piece of advice an item. Empty when nothing is
    /// known.
    #[must_use]
    pub fn advice(&self) -> Vec<String> {
        if self.step == Step::Start {
            return Vec::new();
        }
        #[cfg(target_os = "linux")]
        {
            crate::linux::advice(&|file| std::fs::read_to_string(file).ok())
        }
        #[cfg(not(target_os = "linux"))]
        {
            vec!["run it on Linux, or point the program at a loopback endpoint".into()]
        }
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.step.words(), self.error)
    }
}

impl std::error::Error for Unavailable {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}
