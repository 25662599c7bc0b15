//! Which source is asked.
//!
//! ```text
//!  AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY ─set─► these keys
//!     │ neither
//!  aws_access_key_id and aws_secret_access_key in the active profile ─set─► these keys
//!     │ neither
//!  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or …_FULL_URI ─set─► the container endpoint
//!     │ neither
//!  the instance metadata service, unless it is turned off
//! ```
//!
//! Settings alone decide, so it is decided once: a source that is set up and fails is an error,
//! not a reason to take on the identity of the next one. For the same reason one key without the
//! other is an error: a pair is never made of two sources.
//! Other sources (web identity, SSO, assumed roles, `credential_process`) are not read.

use super::cache::Cache;
use super::container::Container;
use super::fetch::{Fetcher, Service};
use super::imds::Imds;
use super::retry::{Jitter, Policy};
use crate::credentials::{ResolvedCredentials, Source};
use crate::environment::Environment;
use crate::error::ProviderError;
use crate::options::Options;
use crate::settings::container::{Authorization, ContainerEndpoint};
use crate::settings::profile_file::{self, FileKind, Profile};
use crate::settings::{ATTEMPTS_LEGAL, Settings};

/// The source that is asked.
#[derive(Clone)]
pub(crate) enum Link {
    /// One that needs no asking: keys, or the reason why there can be none.
    Fixed(Result<ResolvedCredentials, ProviderError>),
    /// One that is asked over the network.
    Fetched(Box<Fetcher>),
}

pub(crate) fn choose(environment: &Environment, options: &Options, seed: u64) -> Link {
    let jitter = Jitter::new(seed);
    first_set_up(environment, options, jitter).unwrap_or_else(|error| Link::Fixed(Err(error)))
}

fn first_set_up(
    environment: &Environment,
    options: &Options,
    jitter: Jitter,
) -> Result<Link, ProviderError> {
    if let Some(keys) = environment_keys(environment)? {
        return Ok(Link::Fixed(Ok(keys)));
    }
    let profiles = Profiles::read(environment)?;
    if let Some(keys) = profiles.keys()? {
        return Ok(Link::Fixed(Ok(keys)));
    }
    let policy = Policy {
        attempts: (options.attempts).clamp(*ATTEMPTS_LEGAL.start(), *ATTEMPTS_LEGAL.end()),
        timeout: options.request_timeout,
        deadline: options.deadline,
        backoff: options.backoff,
        longest_pause: options.longest_pause,
    };
    if let Some(endpoint) = ContainerEndpoint::read(environment)? {
        let container = Container::new(endpoint, Authorization::read(environment));
        let service = Service::Container(container);
        let fetcher = Fetcher::new(service, policy, Cache::container(), jitter);
        return Ok(Link::Fetched(Box::new(fetcher)));
    }
    let settings = Settings::read(environment, &profiles.config)?;
    let v1_fallback = options.v1_fallback && !settings.v1_forbidden;
    let service = Service::Imds(Imds::new(settings.endpoint, v1_fallback));
    let timeout = settings.timeout.unwrap_or(policy.timeout);
    let policy = Policy {
        attempts: settings.attempts.unwrap_or(policy.attempts),
        timeout,
        // A request that may take longer than all of them would be given less than it was.
        deadline: policy.deadline.max(timeout),
        ..policy
    };
    let fetcher = Fetcher::new(service, policy, Cache::imds(), jitter);
    Ok(Link::Fetched(Box::new(fetcher)))
}

fn environment_keys(
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

/// The active profile, in the two files.
struct Profiles {
    config: Profile,
    credentials: Profile,
}

impl Profiles {
    fn read(environment: &Environment) -> Result<Self, ProviderError> {
        let named = environment.var("AWS_PROFILE");
        let name = named.unwrap_or("default");
        let find = |text: &Option<String>, kind| {
            profile_file::parse(text.as_deref().unwrap_or_default(), kind).remove(name)
        };
        let config = find(&environment.config_file, FileKind::Config);
        let credentials = find(&environment.credentials_file, FileKind::Credentials);
        if named.is_some() && config.is_none() && credentials.is_none() {
            return Err(ProviderError::error(format!(
                "AWS_PROFILE names {name:?}, a profile that neither the config file nor the \
                 credentials file has"
            )));
        }
        Ok(Self {
            config: config.unwrap_or_default(),
            credentials: credentials.unwrap_or_default(),
        })
    }

    /// The keys of the credentials file, else of the config file.
    fn keys(&self) -> Result<Option<ResolvedCredentials>, ProviderError> {
        let keys = |place| Keys {
            id: ("aws_access_key_id", "aws_secret_access_key"),
            place,
            security_token: "aws_session_token",
            account_id: "aws_account_id",
            source: Source::Profile,
        };
        match keys("the credentials file").read(|name| self.credentials.get(name))? {
            Some(found) => Ok(Some(found)),
            None => keys("the config file").read(|name| self.config.get(name)),
        }
    }
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
