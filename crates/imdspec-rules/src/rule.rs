//! A named requirement and the monitor that judges it.

use crate::{Capability, Case, Docket, Finding};
use serde::{Deserialize, Serialize};

/// A named requirement with its level, source and provenance, and the monitor that judges it.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Such as `TOKEN-001`. Never reused.
    pub id: &'static str,
    /// What breaking it means.
    pub level: Level,
    /// For which subjects it is a rule at all.
    pub applies: Applies,
    /// The requirement in one sentence.
    pub statement: &'static str,
    /// Where it comes from: document and section, repository path and test, or dated capture.
    pub source: &'static str,
    /// How the source knows.
    pub provenance: Provenance,
    /// Why a user of credentials cares.
    pub rationale: &'static str,
    /// Implementations known to differ, and how.
    pub differs: &'static [Differs],
    /// The monitor. It says on the docket each time the rule was put to the test.
    pub monitor: fn(&Case<'_>, &mut Docket),
}

/// What breaking a rule means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// The run fails.
    Must,
    /// A warning; a failure with `--strict`.
    Should,
    /// The sources leave it open: what the subject does is recorded and shown.
    Pin,
}

/// How a rule's source knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provenance {
    /// AWS says so, or the standard (RFC) that the wire format rests on.
    Documented,
    /// A published test of an SDK shows it.
    Tested,
    /// A dated capture or report of the real service, or of a client in the field, shows it.
    Observed,
    /// Read from code, or derived. Never a MUST.
    Inferred,
}

/// For which subjects a rule is a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Applies {
    /// For all.
    Always,
    /// For those that have the capability.
    With(Capability),
    /// For those that do not have it.
    Without(Capability),
}

/// An implementation known to differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Differs {
    /// Its name.
    pub who: &'static str,
    /// What it does instead.
    pub how: &'static str,
}

/// The groups whose rules all rest on what the subject was set up with: on which settings it has, on
/// which it has not, and on which sources. A recording shows neither.
const RESTS_ON_SETTINGS: [&str; 3] = ["CONFIG", "CHAIN", "CONT"];

impl Rule {
    /// The group, such as `TOKEN`.
    #[must_use]
    pub fn group(&self) -> &'static str {
        self.id.split('-').next().unwrap_or(self.id)
    }

    /// Judges one trace, applicability aside.
    #[must_use]
    pub fn check(&self, case: &Case<'_>) -> Finding {
        if case.is_recorded() && RESTS_ON_SETTINGS.contains(&self.group()) {
            return Finding::Vacuous;
        }
        let mut docket = Docket::default();
        (self.monitor)(case, &mut docket);
        docket.close()
    }
}

impl Level {
    /// As standards spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Must => "MUST",
            Self::Should => "SHOULD",
            Self::Pin => "PIN",
        }
    }
}

impl Provenance {
    /// One word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Tested => "tested",
            Self::Observed => "observed",
            Self::Inferred => "inferred",
        }
    }
}
