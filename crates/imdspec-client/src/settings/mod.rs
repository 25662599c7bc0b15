//! What the client was told about the instance metadata service: in code, in the environment, in
//! the config file. Other sources have modules of their own here.
//!
//! Code goes before the environment and the environment before the active profile of the config
//! file. An empty value is no value, wherever it stands.
//!
//! | variable | in the profile and in code |
//! |---|---|
//! | `AWS_EC2_METADATA_DISABLED` | `disable_ec2_metadata` |
//! | `AWS_EC2_METADATA_SERVICE_ENDPOINT` | `ec2_metadata_service_endpoint` |
//! | `AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE` | `ec2_metadata_service_endpoint_mode` |
//! | `AWS_EC2_METADATA_V1_DISABLED` | `ec2_metadata_v1_disabled` |
//! | `AWS_METADATA_SERVICE_NUM_ATTEMPTS` | `metadata_service_num_attempts` |
//! | `AWS_METADATA_SERVICE_TIMEOUT` | `metadata_service_timeout` |
//!
//! Source: AWS SDKs and Tools Reference Guide, "IMDS credential provider", "Amazon EC2 instance
//! metadata" and "Precedence of settings".

pub(crate) mod config_file;
pub(crate) mod container;
#[cfg(test)]
mod corpus;
mod endpoint;
pub(crate) mod profiles;
pub(crate) mod role;
pub(crate) mod service;
pub(crate) mod sso;
mod uri;

pub(crate) use endpoint::Endpoint;

use crate::environment::Environment;
use crate::error::ProviderError;
use profiles::Profile;
use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

/// How to ask the instance metadata service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) endpoint: Endpoint,
    /// How often a request is tried in all, where something says so.
    pub(crate) attempts: Option<u32>,
    /// How long a try may take, where something says so.
    pub(crate) timeout: Option<Duration>,
    pub(crate) v1_forbidden: bool,
}

impl Settings {
    /// Reads the settings.
    ///
    /// # Errors
    /// Of kind `None` where the service is turned off, else a message that names the setting.
    pub(crate) fn read(
        environment: &Environment,
        profile: Profile<'_>,
    ) -> Result<Self, ProviderError> {
        let find = |setting| Found::find(setting, environment, profile);
        if let Some(found) = find(&DISABLED)
            && found.value.eq_ignore_ascii_case("true")
        {
            return Err(ProviderError::none(format!(
                "the instance metadata service is turned off by {found}"
            )));
        }
        Ok(Self {
            endpoint: endpoint(find(&ENDPOINT), find(&MODE))?,
            attempts: number(find(&ATTEMPTS), ATTEMPTS_LEGAL)?,
            timeout: number(find(&TIMEOUT), TIMEOUT_LEGAL)?
                .map(|seconds| Duration::from_secs(seconds.into())),
            // A switch that forbids: whatever it says but `false`, somebody meant to forbid.
            v1_forbidden: find(&V1_DISABLED)
                .is_some_and(|found| !found.value.eq_ignore_ascii_case("false")),
        })
    }
}

/// How often a request may be tried in all.
pub(crate) const ATTEMPTS_LEGAL: RangeInclusive<u32> = 1..=10;
/// How long a try may be made to take, in seconds: a resolve then still ends within a minute.
const TIMEOUT_LEGAL: RangeInclusive<u32> = 1..=60;

/// A setting's two names.
struct Setting {
    variable: &'static str,
    key: &'static str,
}

const DISABLED: Setting = Setting {
    variable: "AWS_EC2_METADATA_DISABLED",
    key: "disable_ec2_metadata",
};
const ENDPOINT: Setting = Setting {
    variable: "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    key: "ec2_metadata_service_endpoint",
};
const MODE: Setting = Setting {
    variable: "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
    key: "ec2_metadata_service_endpoint_mode",
};
const V1_DISABLED: Setting = Setting {
    variable: "AWS_EC2_METADATA_V1_DISABLED",
    key: "ec2_metadata_v1_disabled",
};
const ATTEMPTS: Setting = Setting {
    variable: "AWS_METADATA_SERVICE_NUM_ATTEMPTS",
    key: "metadata_service_num_attempts",
};
const TIMEOUT: Setting = Setting {
    variable: "AWS_METADATA_SERVICE_TIMEOUT",
    key: "metadata_service_timeout",
};

/// A setting's value and where it stands. Display names the place, never the value.
struct Found<'a> {
    value: &'a str,
    place: Place,
    setting: &'static Setting,
}

enum Place {
    Code,
    Variable,
    Profile,
}

impl<'a> Found<'a> {
    fn find(
        setting: &'static Setting,
        environment: &'a Environment,
        profile: Profile<'a>,
    ) -> Option<Self> {
        let code = environment.code.get(setting.key).filter(|v| !v.is_empty());
        let (value, place) = code
            .map(|value| (value.as_str(), Place::Code))
            .or_else(|| Some((environment.var(setting.variable)?, Place::Variable)))
            .or_else(|| Some((profile.in_config(setting.key)?, Place::Profile)))?;
        Some(Self {
            value,
            place,
            setting,
        })
    }

    fn error(&self, why: impl fmt::Display) -> ProviderError {
        ProviderError::error(format!("{self} {why}"))
    }
}

impl fmt::Display for Found<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Place::Code => write!(f, "{} (set in code)", self.setting.key),
            Place::Variable => f.write_str(self.setting.variable),
            Place::Profile => write!(f, "{} (in the config file)", self.setting.key),
        }
    }
}

/// The endpoint: the one given, else that of the mode given, else the IPv4 one. A mode that is not
/// needed is not looked at.
fn endpoint(
    endpoint: Option<Found<'_>>,
    mode: Option<Found<'_>>,
) -> Result<Endpoint, ProviderError> {
    if let Some(found) = endpoint {
        return Endpoint::parse(found.value).map_err(|why| found.error(why));
    }
    match mode {
        None => Ok(Endpoint::ipv4()),
        Some(found) if found.value.eq_ignore_ascii_case("IPv4") => Ok(Endpoint::ipv4()),
        Some(found) if found.value.eq_ignore_ascii_case("IPv6") => Ok(Endpoint::ipv6()),
        Some(found) => Err(found.error("is neither IPv4 nor IPv6")),
    }
}

fn number(
    found: Option<Found<'_>>,
    legal: RangeInclusive<u32>,
) -> Result<Option<u32>, ProviderError> {
    let Some(found) = found else {
        return Ok(None);
    };
    let is_digits = found.value.bytes().all(|b| b.is_ascii_digit());
    match found.value.parse() {
        Ok(number) if is_digits && legal.contains(&number) => Ok(Some(number)),
        _ => Err(found.error(format!(
            "is not a whole number from {} to {}",
            legal.start(),
            legal.end()
        ))),
    }
}
