//! A role of STS, as a profile or the environment describes it, and whose keys assume it.
//!
//! Source: AWS SDKs and Tools Reference Guide, "Assume role credential provider".

use super::profiles::Profile;
use crate::environment::Environment;
use crate::error::ProviderError;
use imdspec_wire::Source;
use std::ops::RangeInclusive;

const ARN: &str = "role_arn";
const SOURCE_PROFILE: &str = "source_profile";
const CREDENTIAL_SOURCE: &str = "credential_source";
const TOKEN_FILE: &str = "web_identity_token_file";

/// How long a role may be assumed for, in seconds. Source: STS API Reference, "AssumeRole".
const DURATION_LEGAL: RangeInclusive<u32> = 900..=43_200;

/// A role to assume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Role {
    pub(crate) arn: String,
    pub(crate) session_name: String,
    pub(crate) external_id: Option<String>,
    /// In seconds.
    pub(crate) duration: Option<u32>,
}

/// What a role is assumed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AssumedWith<'a> {
    /// The credentials of this profile.
    Profile(&'a str),
    /// The credentials of this source.
    Source(Source),
    /// The token in this file.
    WebIdentity(&'a str),
}

impl AssumedWith<'_> {
    /// What a profile that is assumed so is, as a source.
    pub(crate) const fn source(self) -> Source {
        match self {
            Self::Profile(_) => Source::AssumeRole,
            Self::Source(Source::Environment) => Source::AssumeRoleEnvironment,
            Self::Source(Source::Container) => Source::AssumeRoleContainer,
            Self::Source(_) => Source::AssumeRoleImds,
            Self::WebIdentity(_) => Source::WebIdentityProfile,
        }
    }
}

/// What the role of a profile can be assumed with, a web identity first; nothing where the profile
/// has no role. One that has a web identity and credentials besides is two sources, and the order
/// says which goes first.
///
/// # Errors
/// Where that is not said, or said twice, or of no source that there is.
pub(crate) fn assumed_with<'a>(
    profile: Profile<'a>,
) -> Result<Vec<AssumedWith<'a>>, ProviderError> {
    let mut ways = Vec::new();
    if let Some(token_file) = profile.get(TOKEN_FILE) {
        profile.need(ARN, TOKEN_FILE)?;
        ways.push(AssumedWith::WebIdentity(token_file));
    }
    if profile.get(ARN).is_some() {
        ways.extend(with_credentials(profile, !ways.is_empty())?);
    }
    Ok(ways)
}

/// Whose credentials the role of a profile is assumed with; `otherwise` says whether it need not
/// say that, because there is another way.
fn with_credentials(
    profile: Profile<'_>,
    otherwise: bool,
) -> Result<Option<AssumedWith<'_>>, ProviderError> {
    match (profile.get(SOURCE_PROFILE), profile.get(CREDENTIAL_SOURCE)) {
        (Some(source), None) => Ok(Some(AssumedWith::Profile(source))),
        (None, Some(name)) => {
            let names = [
                ("Environment", Source::Environment),
                ("EcsContainer", Source::Container),
                ("Ec2InstanceMetadata", Source::Imds),
            ];
            let known = names.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
            known
                .map(|(_, source)| Some(AssumedWith::Source(*source)))
                .ok_or_else(|| {
                    profile.error(
                        "has a credential_source that is none of Environment, EcsContainer and \
                         Ec2InstanceMetadata",
                    )
                })
        }
        (None, None) if otherwise => Ok(None),
        (None, None) => Err(profile.error(
            "has role_arn but neither source_profile, credential_source nor \
             web_identity_token_file",
        )),
        (Some(_), Some(_)) => {
            Err(profile.error("has both source_profile and credential_source; leave one out"))
        }
    }
}

impl Role {
    /// The role of a profile. Where it names no session, the session is called `session_name`.
    ///
    /// # Errors
    /// A message that names the setting.
    pub(crate) fn of_profile(
        profile: Profile<'_>,
        session_name: &str,
    ) -> Result<Self, ProviderError> {
        if profile.get("mfa_serial").is_some() {
            return Err(profile.error("has mfa_serial, and this client cannot ask for a code"));
        }
        let duration = profile.get("duration_seconds").map(|value| {
            let is_digits = value.bytes().all(|b| b.is_ascii_digit());
            let legal = |seconds: &u32| is_digits && DURATION_LEGAL.contains(seconds);
            value.parse().ok().filter(legal).ok_or_else(|| {
                profile.error(format_args!(
                    "has a duration_seconds that is not a whole number from {} to {}",
                    DURATION_LEGAL.start(),
                    DURATION_LEGAL.end()
                ))
            })
        });
        let session = profile.get("role_session_name").unwrap_or(session_name);
        Ok(Self {
            arn: profile.need(ARN, "a role")?.to_owned(),
            session_name: session.to_owned(),
            external_id: profile.get("external_id").map(str::to_owned),
            duration: duration.transpose()?,
        })
    }

    /// The role of the environment and the path of the file with the token for it; none where no
    /// such file is named.
    ///
    /// # Errors
    /// Where there is a file and no role.
    pub(crate) fn of_environment<'a>(
        environment: &'a Environment,
        session_name: &str,
    ) -> Result<Option<(Self, &'a str)>, ProviderError> {
        const FILE: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";
        let Some(path) = environment.var(FILE) else {
            return Ok(None);
        };
        let arn = environment.var("AWS_ROLE_ARN").ok_or_else(|| {
            ProviderError::error(format!("{FILE} is set but AWS_ROLE_ARN is not"))
        })?;
        let session = environment.var("AWS_ROLE_SESSION_NAME");
        let role = Self {
            arn: arn.to_owned(),
            session_name: session.unwrap_or(session_name).to_owned(),
            external_id: None,
            duration: None,
        };
        Ok(Some((role, path)))
    }
}
