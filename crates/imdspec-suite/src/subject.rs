//! Who is under test, and its descriptor `subjects/NAME.toml`.

pub mod baseline;
mod descriptor;

pub use baseline::{Baseline, Expected};
pub use descriptor::{Descriptor, DescriptorError};

use crate::machine::Reference;
use crate::program::Program;
use crate::site::Abilities;
use imdspec_rules::{Capabilities, Capability, ClockKind};

/// An implementation under test and what is known of it before the run.
#[derive(Debug, Clone)]
pub struct Subject {
    /// Its name; a session program may give a better one.
    pub name: String,
    /// Its version; a session program may give it.
    pub version: String,
    /// How it is driven.
    pub kind: Kind,
    /// What it claims to do or not to do.
    pub capabilities: Capabilities,
    /// Verdicts that are known and explained.
    pub baseline: Baseline,
    /// How to install it; shown when it will not start.
    pub install: Vec<String>,
}

/// How a subject is driven.
#[derive(Debug, Clone)]
pub enum Kind {
    /// The reference client, in memory and virtual time.
    Memory(Reference),
    /// The reference client over sockets, in virtual time.
    Sockets(Reference),
    /// A session program over the loopback endpoint.
    Session(Program),
    /// A program run once per resolve, over the loopback endpoint.
    OneShot(Program),
}

impl Subject {
    /// The built-in reference client.
    #[must_use]
    pub fn reference(over_sockets: bool) -> Self {
        let reference = Reference::default();
        Self {
            name: "reference".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            capabilities: reference_capabilities(&reference),
            kind: if over_sockets {
                Kind::Sockets(reference)
            } else {
                Kind::Memory(reference)
            },
            baseline: Baseline::default(),
            install: Vec::new(),
        }
    }

    /// A program of which nothing is known but how to run it.
    #[must_use]
    pub fn program(program: Program, session: bool) -> Self {
        let name = std::path::Path::new(&program.command[0])
            .file_name()
            .map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        Self {
            name,
            version: String::new(),
            kind: if session {
                Kind::Session(program)
            } else {
                Kind::OneShot(program)
            },
            capabilities: Capabilities::default(),
            baseline: Baseline::default(),
            install: Vec::new(),
        }
    }

    /// Which clock it lives on.
    #[must_use]
    pub const fn clock(&self) -> ClockKind {
        match self.kind {
            Kind::Memory(_) | Kind::Sockets(_) => ClockKind::Virtual,
            Kind::Session(_) | Kind::OneShot(_) => ClockKind::Real,
        }
    }

    pub(crate) const fn abilities(&self) -> Abilities {
        match self.kind {
            Kind::Memory(_) | Kind::Sockets(_) => Abilities::ALL,
            Kind::Session(_) => Abilities {
                virtual_clock: false,
                addresses: false,
                code: false,
                session: true,
            },
            Kind::OneShot(_) => Abilities {
                virtual_clock: false,
                addresses: false,
                code: false,
                session: false,
            },
        }
    }
}

impl Kind {
    /// The kind in reports, as the contract spells it.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Memory(_) | Self::Sockets(_) => "value",
            Self::Session(_) => "session",
            Self::OneShot(_) => "one-shot",
        }
    }

    /// The network it is on, as the contract spells it.
    #[must_use]
    pub const fn network(&self) -> &'static str {
        match self {
            Self::Memory(_) => "memory",
            Self::Sockets(_) => "sockets",
            Self::Session(_) | Self::OneShot(_) => "endpoint",
        }
    }
}

/// What the reference client claims.
#[must_use]
pub(crate) fn reference_capabilities(reference: &Reference) -> Capabilities {
    let mut has = Capabilities::default();
    for capability in Capability::ALL {
        let claims = match capability {
            Capability::V1Fallback | Capability::V1DisableSetting => reference.options.v1_fallback,
            _ => true,
        };
        has.declare(capability, claims);
    }
    has
}
