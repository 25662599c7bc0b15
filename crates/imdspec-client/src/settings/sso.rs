//! What a profile says about IAM Identity Center (SSO).
//!
//! Source: AWS SDKs and Tools Reference Guide, "IAM Identity Center credential provider".

use super::profiles::{Profile, Profiles};
use super::service::{Aws, ServiceEndpoint, legal_region};
use crate::environment::Environment;
use crate::error::ProviderError;
use ring::digest;
use std::fmt::Write as _;

const SESSION: &str = "sso_session";
const ACCOUNT: &str = "sso_account_id";
const ROLE: &str = "sso_role_name";
const URL: &str = "sso_start_url";
const REGION: &str = "sso_region";

/// Whose credentials to ask for, with which token, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SsoSettings {
    pub(crate) account_id: String,
    pub(crate) role_name: String,
    /// The path of the file that a sign-in leaves the token in.
    pub(crate) token_file: String,
    /// What renews the token; none for the legacy form without a session, whose tokens cannot be.
    pub(crate) oidc: Option<ServiceEndpoint>,
    pub(crate) portal: ServiceEndpoint,
}

impl SsoSettings {
    /// The settings of a profile; none where it names neither account nor role.
    ///
    /// # Errors
    /// A message that names what is missing or contradicts itself.
    pub(crate) fn read(
        profile: Profile<'_>,
        profiles: &Profiles,
        environment: &Environment,
    ) -> Result<Option<Self>, ProviderError> {
        if profile.get(ACCOUNT).is_none() && profile.get(ROLE).is_none() {
            return Ok(None);
        }
        let account_id = profile.need(ACCOUNT, ROLE)?;
        let role_name = profile.need(ROLE, ACCOUNT)?;
        let (named, region) = match profile.get(SESSION) {
            Some(session) => (session, session_region(profile, profiles, session)?),
            None => (profile.need(URL, ACCOUNT)?, profile.need(REGION, ACCOUNT)?),
        };
        let region = legal_region(region, REGION)?;
        let endpoint =
            |service| ServiceEndpoint::read(service, environment, profiles, Some(&region));
        let has_session = profile.get(SESSION).is_some();
        Ok(Some(Self {
            account_id: account_id.to_owned(),
            role_name: role_name.to_owned(),
            token_file: token_file(environment, named)?,
            oidc: has_session.then(|| endpoint(Aws::SsoOidc)).transpose()?,
            portal: endpoint(Aws::Sso)?,
        }))
    }
}

/// The region of a session, which what the profile itself says must not contradict.
fn session_region<'a>(
    profile: Profile<'_>,
    profiles: &'a Profiles,
    name: &str,
) -> Result<&'a str, ProviderError> {
    let section = profiles.sso_session(name).ok_or_else(|| {
        profile.error(format_args!(
            "names the sso_session {name:?}, a section that the config file does not have"
        ))
    })?;
    let need = |key| {
        let value = section.get(key).filter(|v| !v.is_empty()).ok_or_else(|| {
            ProviderError::error(format!("the section [sso-session {name}] has no {key}"))
        })?;
        match profile.get(key) {
            Some(other) if other != value => Err(profile.error(format_args!(
                "and its [sso-session {name}] have different {key}; leave the profile's out"
            ))),
            _ => Ok(value.as_str()),
        }
    };
    need(URL)?;
    need(REGION)
}

/// Where the AWS CLI leaves the token of a session (or, in the legacy form, of a start URL).
fn token_file(environment: &Environment, named: &str) -> Result<String, ProviderError> {
    let home = environment.home.as_deref().ok_or_else(|| {
        ProviderError::error("there is no home directory to look for the token of SSO in; set HOME")
    })?;
    let sha1 = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, named.as_bytes());
    let mut path = format!("{}/.aws/sso/cache/", home.trim_end_matches('/'));
    for byte in sha1.as_ref() {
        let _ = write!(path, "{byte:02x}");
    }
    Ok(path + ".json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_file_is_called_by_the_hash_of_what_names_it() {
        let environment = Environment {
            home: Some("/home/user/".into()),
            ..Environment::default()
        };
        // printf abc | sha1sum; FIPS 180-2, appendix A.
        assert_eq!(
            token_file(&environment, "abc").unwrap(),
            "/home/user/.aws/sso/cache/a9993e364706816aba3e25717850c26c9cd0d89d.json"
        );
        assert!(token_file(&Environment::default(), "abc").is_err());
    }
}
