//! A stimulus as data: the world, the settings and the script, one behaviour each.
//!
//! ```text
//!  scenarios/token/two-fetches.toml ──parse──► Document ──check──► Scenario ──to_toml──► text
//!          (what people write)               (with places)         (what runs)
//! ```
//!
//! In scope: reading scenarios, from the program itself or from a folder, and saying precisely
//! what is wrong with one. Out of scope: running them.
//!
//! The format is described for its writers in `docs/writing-a-scenario.md`.

mod check;
mod error;
mod link;
mod load;
mod parse;
pub mod regressions;
mod render;
mod step;
#[cfg(test)]
mod tests;

pub(crate) use check::wrong_with;
pub use error::ScenarioError;
pub use link::Link;
pub use load::{embedded, load_dir, load_file};
pub use step::{NewText, Step, Yes};

use crate::sources::{Breakage, Sources, State};
use imdspec_model::{Fault, Instead, Mode, World};
use imdspec_wire::Source;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// One stimulus: what the world is like, what the subject is told, and what happens when.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// Its path below the folder of scenarios, without the ending: `token/expires-between-resolves`.
    pub name: String,
    /// What happens, as a clause.
    pub title: String,
    /// The rules it is meant to put to the test, such as `TOKEN-009`. Every rule judges every
    /// trace; these are the ones that would be missed if the scenario went away.
    pub exercises: Vec<String>,
    /// What it is taken from (a bug report, a capture), or why it is as it is.
    pub why: Option<String>,
    /// The clock its steps need.
    pub clock: ClockNeed,
    /// The addresses it needs.
    pub network: NetworkNeed,
    /// Whether the runner tells the subject where the service is.
    pub endpoint: EndpointGiven,
    /// How the service's addresses are broken, if they are.
    pub links: BTreeMap<IpAddr, Link>,
    /// The service it meets, at first.
    pub world: World,
    /// The sources of credentials that are set up besides the service. Where there are some, the
    /// service itself has credentials only if [`Source::Imds`] is among
    /// them.
    pub sources: Sources,
    /// The profile that `AWS_PROFILE` names, and in which profile-based sources are set up; the
    /// default one when there is none.
    pub profile: Option<String>,
    /// Environment variables of the subject. In all three maps `${imds}`, `${collector}`, `${proxy}`
    /// and `${container}` stand for the URLs of servers of the runner, and `${home}` for the
    /// subject's home directory.
    pub env: BTreeMap<String, String>,
    /// Keys of the active profile in the subject's `~/.aws/config`.
    pub config: BTreeMap<String, String>,
    /// Settings given in code, under the names of the config keys they stand for.
    pub code: BTreeMap<String, String>,
    /// Files below the subject's home, such as `container-token`, each with its text.
    pub files: BTreeMap<String, String>,
    /// What happens, in order.
    pub steps: Vec<Step>,
}

/// The clock a scenario needs. Each can do what those before it can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClockNeed {
    /// Any: the interesting moment is there already.
    #[default]
    Any,
    /// One that the runner can move, by much; what passes between two moves does not matter.
    Movable,
    /// One that stands still but for the script's moves: seconds decide.
    Virtual,
}

/// The addresses a scenario needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkNeed {
    /// Any that the subject can be pointed at.
    #[default]
    Any,
    /// The service's own, 169.254.169.254 and fd00:ec2::254: the subject has to find them, or must
    /// not go there.
    Addresses,
}

/// Whether the runner tells the subject where the service is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndpointGiven {
    /// In the way the subject understands, by default `AWS_EC2_METADATA_SERVICE_ENDPOINT`.
    #[default]
    Default,
    /// It does not: the scenario's own settings do, or nothing does.
    None,
}

impl Scenario {
    /// Whether only the wall clock is moved, as by NTP, and not the one that counts time passed.
    #[must_use]
    pub(crate) fn jumps(&self) -> bool {
        self.steps.iter().any(|s| matches!(s, Step::Jump(_)))
    }

    /// Whether the script moves both clocks forward.
    #[must_use]
    pub(crate) fn advances(&self) -> bool {
        self.steps.iter().any(|s| matches!(s, Step::Advance(_)))
    }

    /// Whether the service has to be at its real addresses.
    #[must_use]
    pub fn needs_addresses(&self) -> bool {
        self.network == NetworkNeed::Addresses
    }

    /// Whether the runner tells the subject where the service is.
    #[must_use]
    pub fn sets_endpoint(&self) -> bool {
        self.endpoint == EndpointGiven::Default
    }

    /// Whether any service beside the instance metadata service can be asked.
    #[must_use]
    pub(crate) fn needs_services(&self) -> bool {
        let mentions = |settings: &BTreeMap<String, String>| {
            let of_container = |name: &str| name.starts_with("AWS_CONTAINER_");
            settings
                .iter()
                .any(|(name, value)| of_container(name) || value.contains("${container}"))
        };
        !self.sources.is_empty()
            || [&self.env, &self.config, &self.code]
                .into_iter()
                .any(mentions)
    }

    /// How the service's addresses are broken: as the scenario says, and where its sources lack the
    /// service, nobody is there.
    #[must_use]
    pub(crate) fn links(&self) -> BTreeMap<IpAddr, Link> {
        let mut links = self.links.clone();
        if self.needs_addresses() && self.lacks_imds() {
            for address in link::BREAKABLE {
                links.entry(address).or_insert(Link::Refused);
            }
        }
        links
    }

    /// The service's world: as the scenario says, and broken or turned off as its sources say.
    #[must_use]
    pub(crate) fn world(&self) -> World {
        let mut world = self.world.clone();
        let fault = |status, instead| Fault {
            status,
            instead,
            ..Fault::default()
        };
        match self.sources.state(Source::Imds).and_then(State::breakage) {
            None if self.lacks_imds() => world.mode = Mode::Off,
            None => {}
            Some(Breakage::Status403) => world.mode = Mode::Off,
            Some(Breakage::Status404) => world.role.clear(),
            Some(Breakage::Silent) => world.faults.push(fault(None, Some(Instead::Silence))),
            Some(_) => world.faults.push(fault(Some(500), None)),
        }
        world
    }

    fn lacks_imds(&self) -> bool {
        !self.sources.is_empty() && self.sources.state(Source::Imds).is_none()
    }

    /// How often the subject is asked for credentials in all.
    #[must_use]
    pub fn resolves(&self) -> u32 {
        self.steps.iter().map(Step::resolves).sum()
    }

    /// The most askings that are open at the same time.
    #[must_use]
    pub fn concurrency(&self) -> u32 {
        self.steps.iter().map(Step::resolves).max().unwrap_or(0)
    }

    /// Whether one provider has to live through several askings.
    #[must_use]
    pub fn needs_session(&self) -> bool {
        self.resolves() > 1
    }
}
