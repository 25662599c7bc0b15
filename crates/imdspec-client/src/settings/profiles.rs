//! The active profile, and the others that it may name.

use super::config_file::{ConfigFile, FileKind, Section};
use crate::credentials::ResolvedCredentials;
use crate::environment::Environment;
use crate::error::ProviderError;
use imdspec_wire::Source;

/// The profiles of both files, and which of them is active.
#[derive(Default)]
pub(crate) struct Profiles {
    config: ConfigFile,
    credentials: ConfigFile,
    active: String,
}

/// One profile, in the two files. An empty value is no value.
#[derive(Clone, Copy)]
pub(crate) struct Profile<'a> {
    pub(crate) name: &'a str,
    config: Option<&'a Section>,
    credentials: Option<&'a Section>,
}

impl Profiles {
    /// Reads the two files.
    ///
    /// # Errors
    /// When one of them is there and cannot be read, and when `AWS_PROFILE` names a profile that
    /// neither has. No profile can be trusted then, and all that stands in one fails.
    pub(crate) fn read(environment: &Environment) -> Result<Self, ProviderError> {
        if let Some((path, why)) = environment.unread.first_key_value() {
            return Err(ProviderError::error(format!("the file {path} {why}")));
        }
        let parse = |text: &Option<String>, kind| {
            ConfigFile::parse(text.as_deref().unwrap_or_default(), kind)
        };
        let named = environment.var("AWS_PROFILE");
        let name = named.unwrap_or("default");
        let profiles = Self {
            config: parse(&environment.config_file, FileKind::Config),
            credentials: parse(&environment.credentials_file, FileKind::Credentials),
            active: name.to_owned(),
        };
        if named.is_some() && profiles.get(name).is_none() {
            return Err(ProviderError::error(format!(
                "AWS_PROFILE names {name:?}, a profile that neither the config file nor the \
                 credentials file has"
            )));
        }
        Ok(profiles)
    }

    /// The active profile, which may have nothing in it.
    pub(crate) fn active(&self) -> Profile<'_> {
        self.get(&self.active).unwrap_or(Profile {
            name: &self.active,
            config: None,
            credentials: None,
        })
    }

    /// A profile of either file.
    pub(crate) fn get<'a>(&'a self, name: &'a str) -> Option<Profile<'a>> {
        let config = self.config.profiles.get(name);
        let credentials = self.credentials.profiles.get(name);
        (config.is_some() || credentials.is_some()).then_some(Profile {
            name,
            config,
            credentials,
        })
    }

    /// The section `[sso-session name]`.
    pub(crate) fn sso_session(&self, name: &str) -> Option<&Section> {
        self.config.sso_sessions.get(name)
    }

    /// The section `[services name]`.
    pub(crate) fn services(&self, name: &str) -> Option<&Section> {
        self.config.services.get(name)
    }
}

impl<'a> Profile<'a> {
    /// A setting; the credentials file goes before the config file, as in the SDKs.
    pub(crate) fn get(&self, key: &str) -> Option<&'a str> {
        let set = |section: Option<&'a Section>| section?.get(key).filter(|v| !v.is_empty());
        set(self.credentials)
            .or_else(|| set(self.config))
            .map(String::as_str)
    }

    /// A setting of the config file alone.
    pub(crate) fn in_config(&self, key: &str) -> Option<&'a str> {
        let value = self.config?.get(key).filter(|v| !v.is_empty())?;
        Some(value)
    }

    /// A setting that must be there.
    ///
    /// # Errors
    /// A message that names the setting, the profile, and `because`, the setting it goes with.
    pub(crate) fn need(&self, key: &str, because: &str) -> Result<&'a str, ProviderError> {
        self.get(key)
            .ok_or_else(|| self.error(format_args!("has {because} but no {key}")))
    }

    /// An error of this profile; `what` finishes the sentence "the profile …".
    pub(crate) fn error(&self, what: impl std::fmt::Display) -> ProviderError {
        ProviderError::error(format!("the profile {:?} {what}", self.name))
    }

    /// The static keys of one file, [`Source::SharedCredentials`] or [`Source::ConfigFile`].
    ///
    /// # Errors
    /// Where one key is there without the other. A pair is never made of two files.
    pub(crate) fn keys(
        &self,
        source: Source,
    ) -> Result<Option<ResolvedCredentials>, ProviderError> {
        let (section, place) = match source {
            Source::SharedCredentials => (self.credentials, "the credentials file"),
            _ => (self.config, "the config file"),
        };
        let keys = Keys {
            id: ("aws_access_key_id", "aws_secret_access_key"),
            place,
            security_token: "aws_session_token",
            account_id: "aws_account_id",
            source,
        };
        keys.read(|name| section?.get(name))
    }

    /// The static keys of either file.
    ///
    /// # Errors
    /// As [`keys`](Self::keys).
    pub(crate) fn any_keys(&self) -> Result<Option<ResolvedCredentials>, ProviderError> {
        match self.keys(Source::SharedCredentials)? {
            Some(keys) => Ok(Some(keys)),
            None => self.keys(Source::ConfigFile),
        }
    }
}

/// The keys of the environment.
///
/// # Errors
/// Where one key is there without the other.
pub(crate) fn environment_keys(
    environment: &Environment,
) -> Result<Option<ResolvedCredentials>, ProviderError> {
    let keys = Keys {
        id: ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
        place: "the environment",
        security_token: "AWS_SESSION_TOKEN",
        account_id: "AWS_ACCOUNT_ID",
        source: Source::Environment,
    };
    keys.read(|name| environment.vars.get(name))
}

/// Where static keys stand.
struct Keys {
    /// The access key id and the secret access key.
    id: (&'static str, &'static str),
    place: &'static str,
    security_token: &'static str,
    account_id: &'static str,
    source: Source,
}

impl Keys {
    fn read<'a>(
        &self,
        get: impl Fn(&str) -> Option<&'a String>,
    ) -> Result<Option<ResolvedCredentials>, ProviderError> {
        let set = |name| get(name).filter(|value| !value.trim().is_empty()).cloned();
        let (id, secret) = self.id;
        let partial = |there: &str, missing: &str| {
            Err(ProviderError::error(format!(
                "{there} is set in {} but {missing} is not; set both or neither",
                self.place
            )))
        };
        match (set(id), set(secret)) {
            (None, None) => Ok(None),
            (Some(_), None) => partial(id, secret),
            (None, Some(_)) => partial(secret, id),
            (Some(access_key_id), Some(secret_access_key)) => Ok(Some(ResolvedCredentials {
                access_key_id,
                secret_access_key,
                session_token: set(self.security_token),
                expiration: None,
                account_id: set(self.account_id),
                source: self.source,
            })),
        }
    }
}
