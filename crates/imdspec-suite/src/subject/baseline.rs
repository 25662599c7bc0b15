//! The baseline: verdicts that are known and explained, in a descriptor or a file of its own.
//!
//! It must stay true both ways. What it does not name must not go wrong ([`Comparison::expects`]),
//! and what it names must go wrong just so ([`Comparison::failures`]): an entry that is wrong, or
//! that nothing put to the test, fails the run like a violation.

mod compare;
mod day;
#[cfg(test)]
mod tests;
mod update;

pub use compare::{Comparison, Missed, Selection};
pub use day::Day;
pub use update::Updated;

use super::Subject;
use imdspec_rules::{ClockKind, Verdict};
use serde::Deserialize;
use std::fmt;
use std::path::{Path, PathBuf};

/// The verdicts that are expected of a subject.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Vec<Expected>")]
pub struct Baseline {
    entries: Vec<Expected>,
    source: Option<Source>,
}

/// Where entries came from.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Source {
    file: PathBuf,
    /// Its text when it was read; `None` when there is no such file yet.
    text: Option<String>,
}

/// A verdict that is known and explained.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Expected {
    /// The rule's id.
    pub rule: String,
    /// What it comes to.
    pub verdict: ExpectedVerdict,
    /// Why.
    pub reason: String,
    /// Where one can read more.
    pub link: Option<String>,
    /// The last day, in UTC, on which the entry counts.
    pub expires: Option<Day>,
    /// The runs it is about; all when left out.
    #[serde(default)]
    pub when: When,
}

/// A verdict that needs explaining.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExpectedVerdict {
    /// A MUST is broken.
    Violated,
    /// A SHOULD is not met.
    Warned,
}

/// The runs an entry is about. What is left out does not matter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct When {
    /// The network the subject is on.
    pub network: Option<WhenNetwork>,
    /// The clock it lives on.
    pub clock: Option<WhenClock>,
}

/// The networks an entry can be limited to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhenNetwork {
    /// The service at its real addresses.
    Sandbox,
    /// The service on the loopback, named by a variable.
    Endpoint,
}

/// The clocks an entry can be limited to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhenClock {
    /// One the suite can move.
    Faketime,
    /// The machine's.
    Real,
}

/// Why a baseline was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BaselineError {
    /// The file could not be read.
    Read {
        /// The file.
        file: PathBuf,
        /// What the system said.
        why: String,
    },
    /// The file is not a baseline.
    Invalid {
        /// The file.
        file: PathBuf,
        /// Where and what, in words.
        why: String,
    },
    /// The file could not be brought up to date.
    Update {
        /// The file.
        file: PathBuf,
        /// What stands in the way, in words.
        why: String,
    },
    /// There is no file to bring up to date.
    NoFile,
}

impl fmt::Display for BaselineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { file, why } => write!(f, "could not read {}: {why}", file.display()),
            Self::Invalid { file, why } => write!(f, "{}: {why}", file.display()),
            Self::Update { file, why } => write!(f, "could not update {}: {why}", file.display()),
            Self::NoFile => f.write_str("the expected verdicts came from no file"),
        }
    }
}

impl std::error::Error for BaselineError {}

impl From<Vec<Expected>> for Baseline {
    fn from(entries: Vec<Expected>) -> Self {
        Self {
            entries,
            source: None,
        }
    }
}

impl Baseline {
    /// Reads a file of `[[expected]]` entries.
    ///
    /// # Errors
    /// [`BaselineError`] names the file and what was expected.
    pub fn load(file: &Path) -> Result<Self, BaselineError> {
        let text = std::fs::read_to_string(file).map_err(|why| BaselineError::Read {
            file: file.into(),
            why: why.to_string(),
        })?;
        Self::parse(file, &text)
    }

    /// Reads a file of `[[expected]]` entries; without the file, a baseline without entries that
    /// [`update`](Self::update) will make it from.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_or_new(file: &Path) -> Result<Self, BaselineError> {
        // A link that leads nowhere is there, and is not to be replaced.
        if file
            .symlink_metadata()
            .is_err_and(|e| e.kind() == std::io::ErrorKind::NotFound)
        {
            return Ok(Self {
                entries: Vec::new(),
                source: Some(Source {
                    file: file.into(),
                    text: None,
                }),
            });
        }
        Self::load(file)
    }

    /// Reads the text of `file`.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn parse(file: &Path, text: &str) -> Result<Self, BaselineError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Whole {
            #[serde(default)]
            expected: Baseline,
        }
        let invalid = |why: String| BaselineError::Invalid {
            file: file.into(),
            why,
        };
        let whole: Whole = toml::from_str(text).map_err(|e| invalid(e.to_string()))?;
        whole.expected.check().map_err(invalid)?;
        Ok(whole.expected.standing_in(file, text))
    }

    /// The same entries, known to stand in this file.
    #[must_use]
    pub(super) fn standing_in(mut self, file: &Path, text: &str) -> Self {
        self.source = Some(Source {
            file: file.into(),
            text: Some(text.into()),
        });
        self
    }

    /// What no baseline may have, whatever the run. A rule that does not exist is not among it: that
    /// fails the run, like any expectation that cannot come true.
    pub(super) fn check(&self) -> Result<(), String> {
        let unexplained: Vec<&str> = self
            .entries
            .iter()
            .filter(|e| e.reason.trim().is_empty())
            .map(|e| e.rule.as_str())
            .collect();
        if !unexplained.is_empty() {
            return Err(format!(
                "write the reason of what is expected of {}: it is empty",
                unexplained.join(", ")
            ));
        }
        for (i, entry) in self.entries.iter().enumerate() {
            let twice = |e: &&Expected| e.rule == entry.rule && e.when.overlaps(entry.when);
            if self.entries[..i].iter().any(|e| twice(&e)) {
                return Err(format!(
                    "two entries for {} hold in the same run; make one of them, or tell them apart \
                     by when",
                    entry.rule
                ));
            }
        }
        Ok(())
    }

    /// The entries, in the file's order.
    #[must_use]
    pub fn entries(&self) -> &[Expected] {
        &self.entries
    }

    /// The file they came from.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.source.as_ref().map(|s| s.file.as_path())
    }
}

impl Expected {
    /// Whether the entry no longer counts on this day.
    #[must_use]
    pub fn expired(&self, today: Day) -> bool {
        self.expires.is_some_and(|last| last < today)
    }
}

impl ExpectedVerdict {
    /// As written in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.verdict().as_str()
    }

    /// Among all verdicts.
    #[must_use]
    pub const fn verdict(self) -> Verdict {
        match self {
            Self::Violated => Verdict::Violated,
            Self::Warned => Verdict::Warned,
        }
    }

    /// The expectation that this verdict meets, if it is one that needs explaining.
    #[must_use]
    pub const fn of(verdict: Verdict) -> Option<Self> {
        match verdict {
            Verdict::Violated => Some(Self::Violated),
            Verdict::Warned => Some(Self::Warned),
            _ => None,
        }
    }
}

impl When {
    /// The run of this subject, as far as an entry can be limited to it.
    #[must_use]
    pub fn of(subject: &Subject) -> Self {
        let network = subject.kind.network();
        Self {
            network: [WhenNetwork::Sandbox, WhenNetwork::Endpoint]
                .into_iter()
                .find(|n| n.as_str() == network),
            clock: match subject.clock() {
                ClockKind::Virtual | ClockKind::Wall => None,
                ClockKind::Real => Some(WhenClock::Real),
                ClockKind::Faketime => Some(WhenClock::Faketime),
            },
        }
    }

    /// Whether an entry limited so is about `run`.
    #[must_use]
    pub fn covers(self, run: Self) -> bool {
        (self.network.is_none() || self.network == run.network)
            && (self.clock.is_none() || self.clock == run.clock)
    }

    /// Whether there is a run that both are about.
    fn overlaps(self, other: Self) -> bool {
        fn meet<T: PartialEq>(a: Option<T>, b: Option<T>) -> bool {
            a.is_none() || b.is_none() || a == b
        }
        meet(self.network, other.network) && meet(self.clock, other.clock)
    }
}

impl WhenNetwork {
    /// As written in files and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Endpoint => "endpoint",
        }
    }
}

impl WhenClock {
    /// As written in files and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Faketime => "faketime",
            Self::Real => "real",
        }
    }
}
