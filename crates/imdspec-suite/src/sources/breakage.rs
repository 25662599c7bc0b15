//! How a source is set up and yet gives nothing.

use imdspec_wire::Source;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How a source is set up and yet gives nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Breakage {
    /// An access key id without its secret.
    Partial,
    /// Both keys are set to nothing.
    Blank,
    /// The file is not of its format.
    Malformed,
    /// The command ends with exit status 1.
    #[serde(rename = "exit-1")]
    Exit1,
    /// The command prints something else than credentials.
    NotJson,
    /// What it rests on is not there: a command, a token's file, a cached token.
    Missing,
    /// The cached token is over, and nothing renews it.
    Expired,
    /// The service refuses what is shown to it.
    Denied,
    /// The service answers 403 to everything.
    #[serde(rename = "status-403")]
    Status403,
    /// The service answers 404: for the instance metadata service, there is no role.
    #[serde(rename = "status-404")]
    Status404,
    /// The service answers 500 to everything.
    #[serde(rename = "status-500")]
    Status500,
    /// The service does not answer, or the command does not end.
    Silent,
}

impl Breakage {
    /// Every breakage.
    pub const ALL: [Self; 12] = [
        Self::Partial,
        Self::Blank,
        Self::Malformed,
        Self::Exit1,
        Self::NotJson,
        Self::Missing,
        Self::Expired,
        Self::Denied,
        Self::Status403,
        Self::Status404,
        Self::Status500,
        Self::Silent,
    ];

    /// As written in scenarios and traces.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Partial => "partial",
            Self::Blank => "blank",
            Self::Malformed => "malformed",
            Self::Exit1 => "exit-1",
            Self::NotJson => "not-json",
            Self::Missing => "missing",
            Self::Expired => "expired",
            Self::Denied => "denied",
            Self::Status403 => "status-403",
            Self::Status404 => "status-404",
            Self::Status500 => "status-500",
            Self::Silent => "silent",
        }
    }

    /// The breakage called `name`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|b| b.as_str() == name)
    }

    /// The ways in which a source can be broken; none for one that cannot be set up.
    #[must_use]
    pub const fn of(source: Source) -> &'static [Self] {
        match source {
            Source::Code => &[],
            Source::SystemProperties | Source::Boto2 => &[Self::Partial],
            Source::Environment => &[Self::Partial, Self::Blank],
            Source::AssumeRole
            | Source::AssumeRoleEnvironment
            | Source::AssumeRoleContainer
            | Source::AssumeRoleImds => &[Self::Denied],
            Source::WebIdentity | Source::WebIdentityProfile => &[Self::Denied, Self::Missing],
            Source::Sso => &[Self::Expired, Self::Missing, Self::Denied],
            Source::Login => &[Self::Missing],
            Source::SharedCredentials | Source::ConfigFile => &[Self::Partial, Self::Malformed],
            Source::Process => &[Self::Exit1, Self::NotJson, Self::Missing, Self::Silent],
            Source::Container | Source::ContainerFull => &[
                Self::Status403,
                Self::Status404,
                Self::Status500,
                Self::Silent,
            ],
            Source::Imds => &[
                Self::Status403,
                Self::Status404,
                Self::Status500,
                Self::Silent,
            ],
        }
    }
}

impl fmt::Display for Breakage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_breakage_breaks_something_and_is_called_what_it_is_written() {
        for breakage in Breakage::ALL {
            assert_eq!(Breakage::named(breakage.as_str()), Some(breakage));
            assert_eq!(serde_json::to_value(breakage).unwrap(), breakage.as_str());
            let breaks = |source: &Source| Breakage::of(*source).contains(&breakage);
            assert!(Source::ALL.iter().any(breaks), "{breakage}");
        }
    }
}
