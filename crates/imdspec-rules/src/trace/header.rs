//! What is known of a run before anything happens in it.

use super::FORMAT;
use imdspec_wire::{Order, Source};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What was known before the first event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// The format's version, 1.
    pub imdspec_trace: u32,
    /// The scenario's name.
    pub scenario: String,
    /// The seed that makes the run repeatable.
    pub seed: String,
    /// The subject's name.
    pub subject: String,
    /// Which clock the subject lived on.
    pub clock: ClockKind,
    /// Settings given as environment variables.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
    /// Settings given in the active profile of the AWS config file.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub config: BTreeMap<String, String>,
    /// Settings given in code, by the name of the config key they stand for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub code: BTreeMap<String, String>,
    /// Addresses of the service that were broken below HTTP, and how: `no-route`, `refused`,
    /// `silent`. No event can show a packet that never arrived.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub links: BTreeMap<String, String>,
    /// Whether a call is a whole run of a program that uses credentials. It may ask its provider
    /// more than once, so that requests in one call cannot be counted as those of one resolve.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub whole_runs: bool,
    /// The sources of credentials that were set up, and in which state: `works`, or in a word how
    /// it was broken, such as `denied`. Empty where a scenario is not about sources.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sources: BTreeMap<Source, String>,
    /// The order in which the subject says that it looks for credentials; empty where it says none.
    #[serde(default, skip_serializing_if = "Order::is_empty")]
    pub order: Order,
    /// Whether this is recorded traffic, of a subject that nobody here asked for anything, and where
    /// in its life the recording begins; none for a run of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded: Option<Recorded>,
    /// The scenario itself, as its file has it, where its name alone does not bring it back. No rule
    /// looks at it: it is there so that what was observed can be run again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario_toml: Option<String>,
}

impl Header {
    /// The header of a scenario without settings or sources, on a subject that says nothing of its
    /// order. `seed` is hexadecimal.
    #[must_use]
    pub fn new(
        scenario: impl Into<String>,
        subject: impl Into<String>,
        seed: impl Into<String>,
        clock: ClockKind,
    ) -> Self {
        Self {
            imdspec_trace: FORMAT,
            scenario: scenario.into(),
            seed: seed.into(),
            subject: subject.into(),
            clock,
            env: Default::default(),
            config: Default::default(),
            code: Default::default(),
            links: Default::default(),
            whole_runs: false,
            sources: Default::default(),
            order: Default::default(),
            recorded: None,
            scenario_toml: None,
        }
    }
}

/// Where in a subject's life a recording of its traffic begins.
///
/// Of a recording only the wire is known: neither the subject's settings and sources, nor when it was
/// asked for credentials and what it answered, nor what became of the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recorded {
    /// Anywhere: the subject may hold a session token, credentials or a role's name already.
    Midway,
    /// Before its first request.
    FromStart,
}

/// Whose time a subject lives on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClockKind {
    /// Ours: it moves only when the scenario says so.
    Virtual,
    /// The machine's. Durations in such a trace prove nothing.
    Real,
    /// The machine's, moved by the scenario under the subject. Durations prove nothing but the
    /// moves, which are minutes and more.
    Faketime,
    /// The dates of a recording, and no stopwatch beside them: the clock may have been set, or the
    /// machine asleep, in between.
    Wall,
}

impl ClockKind {
    /// The kind as reports spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Virtual => "virtual",
            Self::Real => "real",
            Self::Faketime => "faketime",
            Self::Wall => "wall",
        }
    }
}
