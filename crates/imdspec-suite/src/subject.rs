//! Who is under test, and its descriptor `subjects/NAME.toml`.

pub mod baseline;
mod descriptor;

pub use baseline::{Baseline, Expected};
pub use descriptor::{Descriptor, DescriptorError};

use crate::machine::Reference;
use crate::order::Document;
use crate::program::{Network, Program, ProgramClock};
use crate::scenario::ClockNeed;
use crate::site::Abilities;
use imdspec_rules::{Capabilities, Capability, ClockKind};
use imdspec_wire::Order;
use serde::Deserialize;

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
    /// The order in which it says that it looks for credentials, if it says one.
    pub document: Option<Document>,
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
    /// A program.
    Program(Driven, Program),
}

/// How a program is driven. See the subject contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Driven {
    /// One process lives through a whole scenario and is asked in JSON Lines.
    Session,
    /// Run once per resolve; it prints credentials.
    OneShot,
    /// Run once per resolve; it uses credentials, and the sink sees with which it signs.
    Sink,
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
            document: None,
            baseline: Baseline::default(),
            install: Vec::new(),
        }
    }

    /// A program of which nothing is known but how to run it.
    #[must_use]
    pub fn program(mut program: Program, driven: Driven) -> Self {
        if driven == Driven::Sink {
            // Where to send what it signs, in the ways that programs look for it.
            let told = [
                ("AWS_ENDPOINT_URL", "{sink}"),
                ("AWS_REGION", "us-east-1"),
                ("AWS_DEFAULT_REGION", "us-east-1"),
            ];
            for (name, value) in told {
                let set = program.env.entry(name.to_owned());
                set.or_insert_with(|| value.to_owned());
            }
        }
        let name = std::path::Path::new(&program.command[0])
            .file_name()
            .map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        Self {
            name,
            version: String::new(),
            kind: Kind::Program(driven, program),
            capabilities: Capabilities::default(),
            document: None,
            baseline: Baseline::default(),
            install: Vec::new(),
        }
    }

    /// The order in which it says that it looks for credentials; empty when it says none.
    #[must_use]
    pub fn order(&self) -> Order {
        self.document
            .as_ref()
            .map(Document::order)
            .unwrap_or_default()
    }

    /// Which clock it lives on.
    #[must_use]
    pub fn clock(&self) -> ClockKind {
        match self.kind.program().map(|p| p.clock) {
            None => ClockKind::Virtual,
            Some(ProgramClock::Real) => ClockKind::Real,
            Some(ProgramClock::Faketime) => ClockKind::Faketime,
        }
    }

    /// What the way it is run allows, once network and clock are settled.
    pub(crate) fn abilities(&self) -> Abilities {
        let Some(program) = self.kind.program() else {
            return Abilities::ALL;
        };
        Abilities {
            clock: match program.clock {
                ProgramClock::Real => ClockNeed::Any,
                ProgramClock::Faketime => ClockNeed::Movable,
            },
            clock_reason: String::new(),
            addresses: program.network == Network::Sandbox,
            code: false,
            session: matches!(self.kind, Kind::Program(Driven::Session, _)),
        }
    }

    /// Holds it against a documented order; the reference client plays it.
    pub fn set_document(&mut self, document: Document) {
        if let Kind::Memory(reference) | Kind::Sockets(reference) = &mut self.kind {
            *reference = Reference::playing(&document);
            self.capabilities = reference_capabilities(reference);
        }
        self.document = Some(document);
    }

    /// Has a program run on this network. Does nothing to other subjects.
    pub fn set_network(&mut self, network: Network) {
        if let Kind::Program(_, program) = &mut self.kind {
            program.network = network;
        }
    }

    /// Has a program live on this clock. Does nothing to other subjects.
    pub fn set_clock(&mut self, clock: ProgramClock) {
        if let Kind::Program(_, program) = &mut self.kind {
            program.clock = clock;
        }
    }
}

impl Kind {
    /// The kind in reports, as the contract spells it.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Memory(_) | Self::Sockets(_) => "value",
            Self::Program(Driven::Session, _) => "session",
            Self::Program(Driven::OneShot, _) => "one-shot",
            Self::Program(Driven::Sink, _) => "sink",
        }
    }

    /// The network it is on, as the contract spells it.
    #[must_use]
    pub const fn network(&self) -> &'static str {
        match self {
            Self::Memory(_) => "memory",
            Self::Sockets(_) => "sockets",
            Self::Program(_, program) => match program.network {
                Network::Auto => "not settled",
                Network::Sandbox => "sandbox",
                Network::Endpoint => "endpoint",
            },
        }
    }

    /// The program, if it is one.
    #[must_use]
    pub const fn program(&self) -> Option<&Program> {
        match self {
            Self::Memory(_) | Self::Sockets(_) => None,
            Self::Program(_, program) => Some(program),
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
