//! From a scenario back to text.

use super::{ClockNeed, EndpointGiven, Link, NetworkNeed, Scenario, ScenarioError, Step};
use crate::sources::Sources;
use imdspec_model::{Fault, World};
use serde::Serialize;
use std::collections::BTreeMap;
use std::net::IpAddr;
use toml::{Table, Value};

/// A scenario as it is written: in the order people read, and nothing that goes without saying.
#[derive(Serialize)]
struct Written<'a> {
    title: &'a str,
    exercises: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clock: Option<ClockNeed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<NetworkNeed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<EndpointGiven>,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    code: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    links: &'a BTreeMap<IpAddr, Link>,
    #[serde(skip_serializing_if = "Table::is_empty")]
    world: Table,
    #[serde(skip_serializing_if = "Sources::is_empty")]
    sources: &'a Sources,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    env: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    config: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    files: &'a BTreeMap<String, String>,
    step: Vec<Table>,
}

impl Scenario {
    /// The scenario as TOML, without its name. [`parse`](Self::parse) reads it back.
    ///
    /// # Errors
    ///
    /// [`ScenarioError::Render`] for numbers beyond what TOML holds.
    pub fn to_toml(&self) -> Result<String, ScenarioError> {
        self.written()
            .and_then(|written| toml::to_string_pretty(&written))
            .map_err(|e| ScenarioError::Render {
                name: self.name.clone(),
                why: e.to_string(),
            })
    }

    fn written(&self) -> Result<Written<'_>, toml::ser::Error> {
        let mut world = difference(&self.world, &World::default())?;
        if let Some(faults) = world.get_mut("faults") {
            *faults = written_faults(&self.world.faults)?;
        }
        Ok(Written {
            title: &self.title,
            exercises: &self.exercises,
            why: self.why.as_deref(),
            clock: unless_default(self.clock),
            network: unless_default(self.network),
            endpoint: unless_default(self.endpoint),
            profile: self.profile.as_deref(),
            code: &self.code,
            links: &self.links,
            world,
            sources: &self.sources,
            env: &self.env,
            config: &self.config,
            files: &self.files,
            step: self
                .steps
                .iter()
                .map(written_step)
                .collect::<Result<_, _>>()?,
        })
    }
}

fn written_step(step: &Step) -> Result<Table, toml::ser::Error> {
    let mut table = Table::try_from(step)?;
    if let Step::Faults(faults) = step {
        table.insert("faults".into(), written_faults(faults)?);
    }
    Ok(table)
}

fn written_faults(faults: &[Fault]) -> Result<Value, toml::ser::Error> {
    let tables = faults
        .iter()
        .map(|fault| difference(fault, &Fault::default()).map(Value::Table));
    tables.collect::<Result<_, _>>().map(Value::Array)
}

/// The members of `value` that `default` has not, or has otherwise.
fn difference<T: Serialize>(value: &T, default: &T) -> Result<Table, toml::ser::Error> {
    let default = Table::try_from(default)?;
    let mut table = Table::try_from(value)?;
    table.retain(|key, value| default.get(key) != Some(value));
    Ok(table)
}

fn unless_default<T: Default + PartialEq>(value: T) -> Option<T> {
    (value != T::default()).then_some(value)
}
