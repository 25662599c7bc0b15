//! The places that AWS credentials come from, and the order in which a client looks.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A place that AWS credentials come from.
///
/// One variant for each way that is set up on its own and can be told from the others by what it
/// gives. The names are those of `orders/*.toml` and of the `chain` in a subject's descriptor.
///
/// Source: AWS SDKs and Tools Reference Guide, "Standardized credential providers".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// Given in code.
    Code,
    /// Properties of a Java virtual machine, `aws.accessKeyId` and its siblings.
    SystemProperties,
    /// `AWS_ACCESS_KEY_ID` and its siblings.
    Environment,
    /// A profile with `role_arn` and `source_profile`: a role of STS, assumed with the keys of
    /// another profile.
    AssumeRole,
    /// A profile with `role_arn` and `credential_source = Environment`.
    AssumeRoleEnvironment,
    /// A profile with `role_arn` and `credential_source = EcsContainer`.
    AssumeRoleContainer,
    /// A profile with `role_arn` and `credential_source = Ec2InstanceMetadata`.
    AssumeRoleImds,
    /// `AWS_ROLE_ARN` and `AWS_WEB_IDENTITY_TOKEN_FILE`.
    WebIdentity,
    /// A profile with `role_arn` and `web_identity_token_file`.
    WebIdentityProfile,
    /// A profile with `sso_session`, and a token of IAM Identity Center in the cache.
    Sso,
    /// A profile with `login_session`, and what a console login left in the cache.
    Login,
    /// Static keys in the credentials file.
    SharedCredentials,
    /// A profile with `credential_process`.
    Process,
    /// Static keys in the config file.
    ConfigFile,
    /// Static keys in boto's own file, `~/.boto`.
    Boto2,
    /// `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`.
    Container,
    /// `AWS_CONTAINER_CREDENTIALS_FULL_URI`.
    ContainerFull,
    /// The instance metadata service.
    Imds,
}

impl Source {
    /// Every source.
    pub const ALL: [Self; 18] = [
        Self::Code,
        Self::SystemProperties,
        Self::Environment,
        Self::AssumeRole,
        Self::AssumeRoleEnvironment,
        Self::AssumeRoleContainer,
        Self::AssumeRoleImds,
        Self::WebIdentity,
        Self::WebIdentityProfile,
        Self::Sso,
        Self::Login,
        Self::SharedCredentials,
        Self::Process,
        Self::ConfigFile,
        Self::Boto2,
        Self::Container,
        Self::ContainerFull,
        Self::Imds,
    ];

    /// The name, as in `orders/*.toml`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::SystemProperties => "system-properties",
            Self::Environment => "environment",
            Self::AssumeRole => "assume-role",
            Self::AssumeRoleEnvironment => "assume-role-environment",
            Self::AssumeRoleContainer => "assume-role-container",
            Self::AssumeRoleImds => "assume-role-imds",
            Self::WebIdentity => "web-identity",
            Self::WebIdentityProfile => "web-identity-profile",
            Self::Sso => "sso",
            Self::Login => "login",
            Self::SharedCredentials => "shared-credentials",
            Self::Process => "process",
            Self::ConfigFile => "config-file",
            Self::Boto2 => "boto2",
            Self::Container => "container",
            Self::ContainerFull => "container-full",
            Self::Imds => "imds",
        }
    }

    /// The source called `name`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == name)
    }

    /// What it is, for people, in a few words.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Code => "arguments in code",
            Self::SystemProperties => "JVM system properties",
            Self::Environment => "environment variables",
            Self::AssumeRole => "assumed role, from a source profile",
            Self::AssumeRoleEnvironment => "assumed role, from the environment",
            Self::AssumeRoleContainer => "assumed role, from the container",
            Self::AssumeRoleImds => "assumed role, from the instance",
            Self::WebIdentity => "web identity, by environment",
            Self::WebIdentityProfile => "web identity, by profile",
            Self::Sso => "IAM Identity Center",
            Self::Login => "console login",
            Self::SharedCredentials => "credentials file",
            Self::Process => "credential process",
            Self::ConfigFile => "config file",
            Self::Boto2 => "boto2 config file",
            Self::Container => "container, relative URI",
            Self::ContainerFull => "container, full URI",
            Self::Imds => "instance metadata service",
        }
    }

    /// Whether it stands in the active profile of the config or the credentials file.
    #[must_use]
    pub const fn is_in_profile(self) -> bool {
        matches!(
            self,
            Self::AssumeRole
                | Self::AssumeRoleEnvironment
                | Self::AssumeRoleContainer
                | Self::AssumeRoleImds
                | Self::WebIdentityProfile
                | Self::Sso
                | Self::Login
                | Self::SharedCredentials
                | Self::Process
                | Self::ConfigFile
        )
    }

    /// The source whose credentials it assumes a role with, if it takes them from one.
    #[must_use]
    pub const fn rests_on(self) -> Option<Self> {
        match self {
            Self::AssumeRoleEnvironment => Some(Self::Environment),
            Self::AssumeRoleContainer => Some(Self::Container),
            Self::AssumeRoleImds => Some(Self::Imds),
            _ => None,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The order in which a client looks for credentials: steps, first to last, each a source or
/// several that are not ordered among themselves.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Order(pub Vec<Vec<Source>>);

impl Order {
    /// The step a source stands on, from 0; none for a source that is not in the order.
    #[must_use]
    pub fn rank(&self, source: Source) -> Option<usize> {
        self.0.iter().position(|step| step.contains(&source))
    }

    /// Every source, first to last.
    pub fn sources(&self) -> impl Iterator<Item = Source> {
        self.0.iter().flatten().copied()
    }

    /// Whether the order says nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the order puts `first` before `second`; none where it does not say.
    #[must_use]
    pub fn puts_before(&self, first: Source, second: Source) -> Option<bool> {
        let (first, second) = (self.rank(first)?, self.rank(second)?);
        (first != second).then_some(first < second)
    }
}

impl FromIterator<Source> for Order {
    /// A total order.
    fn from_iter<I: IntoIterator<Item = Source>>(sources: I) -> Self {
        Self(sources.into_iter().map(|source| vec![source]).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_is_called_what_it_is_written() {
        for source in Source::ALL {
            assert_eq!(Source::named(source.as_str()), Some(source));
            let written = serde_json::to_value(source).unwrap();
            assert_eq!(written, source.as_str());
        }
    }

    #[test]
    fn a_step_does_not_order_what_stands_on_it() {
        use Source::{Container, ContainerFull, Environment, Imds};
        let order = Order(vec![vec![Environment], vec![Container, ContainerFull]]);
        assert_eq!(order.puts_before(Environment, Container), Some(true));
        assert_eq!(order.puts_before(Container, Environment), Some(false));
        assert_eq!(order.puts_before(Container, ContainerFull), None);
        assert_eq!(order.puts_before(Environment, Imds), None);
    }
}
