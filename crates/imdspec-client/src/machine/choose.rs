//! Which sources are set up, as settings say, in the order they are told to be looked at.
//!
//! ```text
//!  environment             AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
//!  assume-role             role_arn and source_profile in the active profile
//!  assume-role-…           role_arn and credential_source in the active profile
//!  web-identity            AWS_WEB_IDENTITY_TOKEN_FILE (and AWS_ROLE_ARN)
//!  web-identity-profile    web_identity_token_file (and role_arn) in the active profile
//!  sso                     sso_account_id or sso_role_name in the active profile
//!  shared-credentials      keys of the active profile in the credentials file
//!  process                 credential_process in the active profile
//!  config-file             keys of the active profile in the config file
//!  container               AWS_CONTAINER_CREDENTIALS_RELATIVE_URI
//!  container-full          AWS_CONTAINER_CREDENTIALS_FULL_URI
//!  imds                    always, unless it is turned off
//! ```
//!
//! Nothing is read that no source needs: keys of the environment that come first are not kept from
//! anybody by a config file that cannot be read. The first source that does need the profile fails
//! then; those after it, in a chain that goes on, do as if there were none.

use super::cache::Cache;
use super::chain::{Chain, Link};
use super::container::Container;
use super::fetch::{Fetcher, Service};
use super::imds::Imds;
use super::process::Process;
use super::retry::{Jitter, Policy};
use super::sso::Sso;
use super::sts::{Opening, Sts};
use crate::environment::Environment;
use crate::error::{ErrorKind, ProviderError};
use crate::options::Options;
use crate::settings::container::{Authorization, ContainerEndpoint};
use crate::settings::profiles::{Profile, Profiles, environment_keys};
use crate::settings::role::{AssumedWith, Role, assumed_with};
use crate::settings::service::{Aws, ServiceEndpoint, region};
use crate::settings::sso::SsoSettings;
use crate::settings::{ATTEMPTS_LEGAL, Settings};
use imdspec_wire::Source;

/// How many profiles a role may lead through. Nobody needs that many, and each is asked through
/// the one before it.
const MOST_PROFILES: usize = 16;

/// How much longer than others a request across the internet may take.
const FAR: u32 = 5;

pub(crate) fn choose(environment: &Environment, options: &Options, seed: u64) -> Chain {
    let mut chooser = Chooser::new(environment, options, seed);
    let mut links = Vec::new();
    let mut turned_off = None;
    let mut seen = Vec::new();
    for source in options.order.sources() {
        if seen.contains(&source) {
            continue;
        }
        seen.push(source);
        match chooser.link(source) {
            Ok(None) => {}
            Ok(Some(link)) => links.push(link),
            Err(error) if error.kind == ErrorKind::None => turned_off = Some(error),
            Err(error) => links.push(Link::fixed(Err(error))),
        }
        if !options.goes_on && !links.is_empty() {
            break;
        }
    }
    let mut links = links.into_iter();
    let nothing = || {
        let error =
            turned_off.unwrap_or_else(|| ProviderError::none("no source of credentials is set up"));
        Link::fixed(Err(error))
    };
    Chain::new(links.next().unwrap_or_else(nothing), links)
}

type Found = Result<Option<Link>, ProviderError>;

struct Chooser<'a> {
    environment: &'a Environment,
    options: &'a Options,
    seed: u64,
    /// Read when the first source needs them.
    profiles: Option<Result<Profiles, ProviderError>>,
    /// Whether a source has failed because what the active profile says of a role is wrong, which
    /// no other one needs to do again.
    bad_role: bool,
}

impl<'a> Chooser<'a> {
    fn new(environment: &'a Environment, options: &'a Options, seed: u64) -> Self {
        Self {
            environment,
            options,
            seed,
            profiles: None,
            bad_role: false,
        }
    }

    /// The source, if it is set up.
    fn link(&mut self, source: Source) -> Found {
        match source {
            Source::Environment => Ok(keys(environment_keys(self.environment)?)),
            Source::Container | Source::ContainerFull => self.container(source),
            Source::AssumeRole
            | Source::AssumeRoleEnvironment
            | Source::AssumeRoleContainer
            | Source::AssumeRoleImds
            | Source::WebIdentityProfile => {
                self.with_profiles(|chooser, profiles| chooser.role(source, profiles))
            }
            Source::WebIdentity => {
                // Before the profile is looked at: it is not needed where there is no such file.
                let role = Role::of_environment(self.environment, &self.session_name())?;
                let Some((role, path)) = role else {
                    return Ok(None);
                };
                self.with_profiles(|chooser, profiles| {
                    let opening = Opening::token(path);
                    chooser.sts(role, source, opening, profiles).map(Some)
                })
            }
            Source::Sso => {
                self.with_profiles(|chooser, profiles| chooser.sso(profiles.active(), profiles))
            }
            Source::Process => {
                self.with_profiles(|chooser, profiles| Ok(chooser.process(profiles.active())))
            }
            Source::SharedCredentials | Source::ConfigFile => {
                self.with_profiles(|_, profiles| Ok(keys(profiles.active().keys(source)?)))
            }
            Source::Imds => {
                self.with_profiles(|chooser, profiles| chooser.imds(profiles).map(Some))
            }
            // Whoever has them has them from elsewhere.
            Source::Code | Source::SystemProperties | Source::Boto2 | Source::Login => Ok(None),
        }
    }

    /// Asks `find` with the profiles.
    fn with_profiles(&mut self, find: impl FnOnce(&mut Self, &Profiles) -> Found) -> Found {
        let read = self.profiles.take();
        match read.unwrap_or_else(|| Profiles::read(self.environment)) {
            Ok(profiles) => {
                let found = find(self, &profiles);
                self.profiles = Some(Ok(profiles));
                found
            }
            Err(error) => {
                self.profiles = Some(Ok(Profiles::default()));
                Err(error)
            }
        }
    }

    fn role(&mut self, source: Source, profiles: &Profiles) -> Found {
        let profile = profiles.active();
        match assumed_with(profile) {
            Err(_) if self.bad_role => Ok(None),
            Err(error) => {
                self.bad_role = true;
                Err(error)
            }
            Ok(ways) => {
                let Some(with) = ways.into_iter().find(|with| with.source() == source) else {
                    return Ok(None);
                };
                let mut path = vec![profile.name];
                self.assume(profile, with, profiles, &mut path).map(Some)
            }
        }
    }

    /// The role of a profile. `path` are the profiles that led here, it included.
    fn assume<'p>(
        &self,
        profile: Profile<'p>,
        with: AssumedWith<'p>,
        profiles: &'p Profiles,
        path: &mut Vec<&'p str>,
    ) -> Result<Link, ProviderError> {
        let role = Role::of_profile(profile, &self.session_name())?;
        let base = match with {
            AssumedWith::WebIdentity(file) => {
                return self.sts(role, with.source(), Opening::token(file), profiles);
            }
            AssumedWith::Source(source) => self.named(profile, source, profiles)?,
            AssumedWith::Profile(name) => self.source_profile(profile, name, profiles, path)?,
        };
        match self.sts(role, with.source(), Opening::keys(), profiles)? {
            Link::Fetched(fetcher) => Ok(Link::Fetched(Box::new(fetcher.on(base)))),
            fixed @ Link::Fixed(_) => Ok(fixed),
        }
    }

    /// What a `credential_source` names.
    fn named(
        &self,
        profile: Profile<'_>,
        source: Source,
        profiles: &Profiles,
    ) -> Result<Link, ProviderError> {
        let found = match source {
            Source::Environment => keys(environment_keys(self.environment)?),
            // The setting does not say which of the two.
            Source::Container => match self.container(Source::Container)? {
                Some(link) => Some(link),
                None => self.container(Source::ContainerFull)?,
            },
            // Turned off it is an error: somebody asked for a role.
            _ => Some(
                self.imds(profiles)
                    .map_err(|error| ProviderError::error(error.message))?,
            ),
        };
        found.ok_or_else(|| {
            profile.error(format_args!(
                "has a credential_source that is not set up: {source}"
            ))
        })
    }

    /// What a `source_profile` names: keys if it has any, else a role, else what else it has.
    fn source_profile<'p>(
        &self,
        profile: Profile<'p>,
        name: &'p str,
        profiles: &'p Profiles,
        path: &mut Vec<&'p str>,
    ) -> Result<Link, ProviderError> {
        if name == profile.name {
            return keys(profile.any_keys()?).ok_or_else(|| {
                profile.error("names itself as source_profile and has no keys of its own")
            });
        }
        if path.contains(&name) {
            return Err(profile.error(format_args!(
                "names the source_profile {name:?}, which leads back to it"
            )));
        }
        if path.len() == MOST_PROFILES {
            return Err(profile.error(format_args!(
                "is the last of {MOST_PROFILES} that name each other; this client follows no more"
            )));
        }
        path.push(name);
        let next = profiles.get(name).ok_or_else(|| {
            profile.error(format_args!(
                "names the source_profile {name:?}, which neither the config file nor the \
                 credentials file has"
            ))
        })?;
        if let Some(link) = keys(next.any_keys()?) {
            return Ok(link);
        }
        if let Some(with) = assumed_with(next)?.into_iter().next() {
            return self.assume(next, with, profiles, path);
        }
        if let Some(link) = self.sso(next, profiles)? {
            return Ok(link);
        }
        self.process(next)
            .ok_or_else(|| next.error("is a source_profile and has no credentials"))
    }

    fn sts(
        &self,
        role: Role,
        source: Source,
        opening: Opening,
        profiles: &Profiles,
    ) -> Result<Link, ProviderError> {
        let region = region(self.environment, profiles)?;
        let region = region.as_deref();
        let endpoint = ServiceEndpoint::read(Aws::Sts, self.environment, profiles, region)?;
        let sts = Sts::new(endpoint, region, role, source, opening);
        Ok(self.fetched(Service::Sts(sts), self.far()))
    }

    fn sso(&self, profile: Profile<'_>, profiles: &Profiles) -> Found {
        let settings = SsoSettings::read(profile, profiles, self.environment)?;
        Ok(settings.map(|settings| self.fetched(Service::Sso(Sso::new(settings)), self.far())))
    }

    fn process(&self, profile: Profile<'_>) -> Option<Link> {
        let line = profile.get("credential_process")?;
        let process = Process::new(line, profile.get("aws_account_id"));
        let bound = self.options.process_timeout;
        let policy = Policy {
            timeout: bound,
            deadline: bound,
            ..self.policy()
        };
        Some(self.fetched(Service::Process(process), policy))
    }

    fn container(&self, source: Source) -> Found {
        let endpoint = ContainerEndpoint::read(self.environment, source)?;
        Ok(endpoint.map(|endpoint| {
            let container = Container::new(endpoint, Authorization::read(self.environment));
            self.fetched(Service::Container(container), self.policy())
        }))
    }

    fn imds(&self, profiles: &Profiles) -> Result<Link, ProviderError> {
        let settings = Settings::read(self.environment, profiles.active())?;
        let v1_fallback = self.options.v1_fallback && !settings.v1_forbidden;
        let service = Service::Imds(Imds::new(settings.endpoint, v1_fallback));
        let policy = self.policy();
        let timeout = settings.timeout.unwrap_or(policy.timeout);
        let policy = Policy {
            attempts: settings.attempts.unwrap_or(policy.attempts),
            timeout,
            // A request that may take longer than all of them would be given less than it was.
            deadline: policy.deadline.max(timeout),
            ..policy
        };
        let fetcher = Fetcher::new(service, policy, Cache::of_imds(), Jitter::new(self.seed));
        Ok(Link::Fetched(Box::new(fetcher)))
    }

    fn fetched(&self, service: Service, policy: Policy) -> Link {
        let jitter = Jitter::new(self.seed);
        Link::Fetched(Box::new(Fetcher::new(
            service,
            policy,
            Cache::of_others(),
            jitter,
        )))
    }

    fn policy(&self) -> Policy {
        let options = self.options;
        Policy {
            attempts: (options.attempts).clamp(*ATTEMPTS_LEGAL.start(), *ATTEMPTS_LEGAL.end()),
            timeout: options.request_timeout,
            deadline: options.deadline,
            backoff: options.backoff,
            longest_pause: options.longest_pause,
        }
    }

    /// The policy for a service on the other side of the internet.
    fn far(&self) -> Policy {
        let near = self.policy();
        Policy {
            timeout: near.timeout.saturating_mul(FAR),
            ..near
        }
    }

    /// What a session is called that nobody has named.
    fn session_name(&self) -> String {
        format!("imdspec-{:016x}", self.seed)
    }
}

fn keys(found: Option<crate::ResolvedCredentials>) -> Option<Link> {
    found.map(|keys| Link::fixed(Ok(keys)))
}
