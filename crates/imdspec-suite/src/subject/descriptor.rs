//! `subjects/NAME.toml`: how a real implementation is run, and what is expected of it.

use super::{Baseline, Driven, Subject};
use crate::order::Document;
use crate::program::{Program, ProgramClock};
use imdspec_rules::{Capabilities, Capability};
use imdspec_wire::Source;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The descriptor of a real implementation. See the subject contract.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Descriptor {
    /// Its name.
    pub name: String,
    /// Its home page.
    pub homepage: Option<String>,
    /// Its version, where the program cannot say it itself.
    #[serde(default)]
    pub version: String,
    /// The command; a part that names a file is taken relative to the descriptor's folder.
    pub command: Vec<String>,
    /// How it is driven.
    pub kind: Driven,
    /// Whose time it lives on.
    #[serde(default)]
    pub clock: ProgramClock,
    /// The folder beside the descriptor whose `install` sets it up; left out, its name.
    pub setup: Option<String>,
    /// How to install it; shown when it is missing, never run.
    #[serde(default)]
    pub install: Vec<String>,
    /// Variables it is always given.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// The variable that tells it where the service is, if not the usual one.
    pub endpoint_variable: Option<String>,
    /// Exit statuses besides 1 by which it says that there are no credentials.
    #[serde(default)]
    pub refused_exit: Vec<i32>,
    /// Variables of our environment that it keeps.
    #[serde(default)]
    pub keep_env: Vec<String>,
    /// The documented order in which it looks for credentials: the name of one of `orders/*.toml`,
    /// or a file beside the descriptor.
    pub order: Option<String>,
    /// What it claims to do (`true`) or not to do (`false`), and as `chain`, where no document says
    /// it, the order in which it looks: a list of sources.
    #[serde(default)]
    pub capabilities: BTreeMap<String, toml::Value>,
    /// Verdicts that are known and explained.
    #[serde(default, rename = "expected")]
    pub baseline: Baseline,
}

/// Why a descriptor was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DescriptorError {
    /// The file could not be read.
    Read {
        /// The file.
        file: PathBuf,
        /// What the system said.
        why: String,
    },
    /// The file is not a descriptor.
    Invalid {
        /// The file.
        file: PathBuf,
        /// Where and what, in words.
        why: String,
    },
}

impl fmt::Display for DescriptorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { file, why } => write!(f, "could not read {}: {why}", file.display()),
            Self::Invalid { file, why } => write!(f, "{}: {why}", file.display()),
        }
    }
}

impl std::error::Error for DescriptorError {}

impl Descriptor {
    /// Reads a descriptor.
    ///
    /// # Errors
    /// [`DescriptorError`] names the file and what was expected.
    pub fn load(file: &Path) -> Result<Self, DescriptorError> {
        let text = std::fs::read_to_string(file).map_err(|why| DescriptorError::Read {
            file: file.into(),
            why: why.to_string(),
        })?;
        let invalid = |why: String| DescriptorError::Invalid {
            file: file.into(),
            why,
        };
        let mut descriptor: Self = toml::from_str(&text).map_err(|e| invalid(e.to_string()))?;
        descriptor.check().map_err(invalid)?;
        descriptor.baseline = descriptor.baseline.standing_in(file, &text);
        let folder = file.parent().unwrap_or_else(|| Path::new(""));
        if let Some(order) = &mut descriptor.order {
            let beside = folder.join(&*order);
            if beside.is_file() {
                *order = beside.to_string_lossy().into_owned();
            }
            Document::named(order).map_err(|e| invalid(e.to_string()))?;
        }
        for part in &mut descriptor.command {
            let beside = folder.join(&*part);
            if part.contains('/') && beside.is_file() {
                // Absolute, because the program runs in a home of its own.
                let full = std::path::absolute(&beside).unwrap_or(beside);
                *part = full.to_string_lossy().into_owned();
            }
        }
        Ok(descriptor)
    }

    fn check(&self) -> Result<(), String> {
        if self.command.is_empty() {
            return Err("command is empty; name the program to run".into());
        }
        for name in self.capabilities.keys() {
            if name != "chain" && Capability::named(name).is_none() {
                let known: Vec<_> = Capability::ALL.iter().map(|c| c.as_str()).collect();
                return Err(format!(
                    "unknown capability {name:?}; known are {}",
                    known.join(", ")
                ));
            }
        }
        self.chain()?;
        self.baseline.check()
    }

    /// The order that the descriptor writes itself, if it does.
    fn chain(&self) -> Result<Option<Document>, String> {
        let Some(chain) = self.capabilities.get("chain") else {
            return Ok(None);
        };
        let no_list = || "chain is no list of sources".to_owned();
        let named = |value: &toml::Value| {
            let name = value.as_str().ok_or_else(no_list)?;
            Source::named(name).ok_or_else(|| {
                let known = Source::ALL.map(Source::as_str).join(", ");
                format!("chain: {name:?} is no source; known are {known}")
            })
        };
        let sources = chain.as_array().ok_or_else(no_list)?.iter().map(named);
        let sources = sources.collect::<Result<Vec<_>, _>>()?;
        Ok(Some(Document::of_chain(&self.name, &sources)))
    }

    /// The subject it describes.
    #[must_use]
    pub fn subject(self, deadline: Duration) -> Subject {
        let mut capabilities = Capabilities::default();
        for (name, value) in &self.capabilities {
            if let (Some(capability), Some(has)) = (Capability::named(name), value.as_bool()) {
                capabilities.declare(capability, has);
            }
        }
        // Both were looked at when it was read.
        let document = self.order.as_deref().and_then(|o| Document::named(o).ok());
        let document = document.or_else(|| self.chain().ok().flatten());
        let setup = self.setup.as_deref().unwrap_or(&self.name);
        let program = Program {
            env: self.env,
            keep_env: self.keep_env,
            tools: Some(installed(setup).join("bin")),
            endpoint_variable: self.endpoint_variable,
            refused_exit: self.refused_exit,
            clock: self.clock,
            ..Program::new(self.command, deadline)
        };
        Subject {
            name: self.name,
            version: self.version,
            capabilities,
            document,
            baseline: self.baseline,
            install: self.install,
            ..Subject::program(program, self.kind)
        }
    }
}

/// Where `scripts/subjects install` puts a subject: below `IMDSPEC_SUBJECTS`, or a folder of the
/// user's cache.
fn installed(setup: &str) -> PathBuf {
    let set = |name| std::env::var_os(name).filter(|v| !v.is_empty());
    let all = match set("IMDSPEC_SUBJECTS") {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(set("HOME").unwrap_or_default()).join(".cache/imdspec/subjects"),
    };
    all.join(setup)
}
