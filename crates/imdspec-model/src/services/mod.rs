//! The services beside the instance metadata service that give credentials, as one machine.
//!
//! ```text
//!   container   GET  a path                 what opens it, if anything   ─► a document
//!   sts         POST Action=AssumeRole…     a signature, a web identity  ─► XML
//!   sso         GET  /federation/credentials   a token                   ─► JSON, once more
//!   oidc        POST /token                 a refresh token              ─► a token
//! ```
//!
//! Each knows what it is to give, and for what, from [`Grants`]; whatever is asked for without a
//! grant is refused in the service's own words. In scope: what a credential provider asks. Out of
//! scope: checking signatures, for which a judge has the access key id in them.

mod container;
mod form;
mod grants;
mod identity_center;
mod sts;
mod tag;

pub use grants::{Failing, Grants, RoleGrant, Shown, SsoGrant};

use crate::answer::Answer;
use crate::fault::Faults;
use crate::mint::{Keys, Mint, Secret};
use crate::template::Values;
use crate::tokens::Tokens;
use crate::{Fault, Instead, On, Profile, Reply, Span, World};
use imdspec_wire::{Now, Request, Source};
use tag::tag;

/// A service beside the instance metadata service that gives credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Giver {
    /// The container endpoint (ECS, EKS Pod Identity).
    Container,
    /// The Security Token Service.
    Sts,
    /// The portal of IAM Identity Center.
    Sso,
    /// The token service of IAM Identity Center.
    Oidc,
    /// The sign-in service of console logins.
    Signin,
}

/// Credentials that a source has, or that a service gave for it.
#[derive(Clone, PartialEq, Eq)]
pub struct SourceKeys {
    /// The source.
    pub source: Source,
    /// The access key id, which says whose it is.
    pub access_key_id: String,
    /// The secret access key.
    pub secret_access_key: String,
    /// The security token, if there is one.
    pub security_token: Option<String>,
}

/// Debug shows no secret.
impl std::fmt::Debug for SourceKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SourceKeys")
            .field("source", &self.source)
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

impl SourceKeys {
    fn new(source: Source, keys: Keys) -> Self {
        Self {
            source,
            access_key_id: keys.access_key_id,
            secret_access_key: keys.secret_access_key,
            security_token: Some(keys.security_token).filter(|t| !t.is_empty()),
        }
    }
}

/// The services, their secrets drawn from one seed.
///
/// ```
/// use imdspec_model::{Giver, Grants, Services};
/// use imdspec_wire::{Mono, Now, Request, Wall};
///
/// let mut services = Services::new(Grants::default(), Vec::new(), 7);
/// let now = Now { wall: Wall(1_767_225_600_000), mono: Mono(0) };
/// let (reply, given) = services.handle(now, Giver::Container, &Request::new("GET", "/any"));
/// assert_eq!(reply.status, 200);
/// assert!(given.unwrap().access_key_id.starts_with("ASIACTRFULL"));
/// ```
#[derive(Debug, Clone)]
pub struct Services {
    grants: Grants,
    faults: Faults,
    mint: Mint,
    tokens: Tokens,
    collector: String,
    world: World,
}

/// An answer, and whose credentials are in it.
type Given = (Answer, Option<SourceKeys>);

impl Services {
    /// Services that give what `grants` says, each fault put on the service that it names.
    #[must_use]
    pub fn new(grants: Grants, faults: Vec<Fault>, seed: u64) -> Self {
        Self {
            grants,
            faults: Faults::new(faults),
            mint: Mint::new(seed),
            tokens: Tokens::default(),
            collector: String::new(),
            world: World::default(),
        }
    }

    /// Where `${collector}` in a fault's header fields points.
    pub fn set_collector(&mut self, url: String) {
        self.collector = url;
    }

    /// How long credentials live that are given from here on.
    pub fn set_lifetime(&mut self, lifetime: Span) {
        self.world.credential_lifetime = lifetime;
    }

    /// These faults replace all others; counts begin anew.
    pub fn set_faults(&mut self, faults: Vec<Fault>) {
        self.faults = Faults::new(faults);
    }

    /// What is to be given, to be changed.
    pub const fn grants(&mut self) -> &mut Grants {
        &mut self.grants
    }

    /// New keys of a source that has them of its own. A profile's keys that are only there to
    /// assume a role with are tagged `BASE`.
    pub fn keys_of(&mut self, source: Source, base: bool, temporary: bool) -> SourceKeys {
        let tag = if base { "BASE" } else { tag(source) };
        SourceKeys::new(source, self.mint.keys_of(source, tag, temporary))
    }

    /// A new text to be shown to a service for a source's credentials.
    pub fn authorization_of(&mut self, source: Source) -> String {
        self.mint.authorization(source)
    }

    /// Every secret minted since the last take.
    #[must_use = "secrets are given once"]
    pub fn take_secrets(&mut self) -> Vec<Secret> {
        self.mint.take()
    }

    /// Answers a request that arrived at one of them at `now`; says whose credentials it gave.
    pub fn handle(
        &mut self,
        now: Now,
        giver: Giver,
        request: &Request,
    ) -> (Reply, Option<SourceKeys>) {
        let Some(armed) = self.faults.next_on(giver.into(), &request.method) else {
            let (answer, given) = self.answer(now, giver, request);
            return self.dressed(answer, given, request);
        };
        let fault = &armed.fault;
        let (mut reply, given) = if fault.instead.is_some() {
            (armed.blank(), None)
        } else if let Some(body) = armed.body() {
            let mut answer = Answer::text(self.values(now).fill_body(body));
            answer.status = fault.status.unwrap_or(200);
            (answer.reply(Profile::default(), request), None)
        } else {
            match fault.status {
                Some(status @ 400..) => (plain(Answer::error(status), request), None),
                Some(status @ (..200 | 204 | 205 | 300..)) => {
                    (plain(Answer::empty(status), request), None)
                }
                Some(_) | None => {
                    let (answer, given) = self.answer(now, giver, request);
                    self.dressed(answer, given, request)
                }
            }
        };
        let filled = |(name, value): &(String, String), values: &mut Values<'_>| {
            (name.clone(), values.fill(value))
        };
        let mut values = self.values(now);
        let headers = fault.headers.iter().map(|h| filled(h, &mut values));
        let headers: Vec<_> = headers.collect();
        armed.apply(&mut reply, headers, &request.method);
        (reply, given)
    }

    fn values(&mut self, now: Now) -> Values<'_> {
        let (mint, tokens) = (&mut self.mint, &mut self.tokens);
        Values::new(now, &self.world, &self.collector, mint, tokens)
    }

    fn answer(&mut self, now: Now, giver: Giver, request: &Request) -> Given {
        match giver {
            Giver::Container => self.container(now, request),
            Giver::Sts => self.sts(now, request),
            Giver::Sso => self.sso(now, request),
            Giver::Oidc => self.oidc(request),
            // Credentials of a console login are in its cache; nothing here renews them.
            Giver::Signin => (Answer::error(404), None),
        }
    }

    /// What a source's credentials look like on the wire, a failure of the source included.
    fn dressed(
        &self,
        answer: Answer,
        given: Option<SourceKeys>,
        request: &Request,
    ) -> (Reply, Option<SourceKeys>) {
        let mut reply = plain(answer, request);
        let source = given.as_ref().map(|keys| keys.source);
        match source.and_then(|source| self.grants.failing.get(&source)) {
            None => (reply, given),
            Some(Failing::Status(status)) => {
                reply = plain(Answer::error(*status), request);
                reply.fault = format!("status {status}");
                (reply, None)
            }
            Some(Failing::Silent) => {
                reply.instead = Some(Instead::Silence);
                reply.fault = "silence".into();
                (reply, None)
            }
        }
    }

    /// New keys for a source, and their end in words of [`Span`] from now.
    fn served(&mut self, source: Source) -> SourceKeys {
        SourceKeys::new(source, self.mint.keys_of(source, tag(source), true))
    }

    /// When keys given now end.
    const fn end(&self, now: Now) -> i64 {
        let end = (now.wall.0).saturating_add(self.world.credential_lifetime.millis());
        end - end.rem_euclid(1000)
    }
}

fn plain(answer: Answer, request: &Request) -> Reply {
    answer.reply(Profile::default(), request)
}

impl From<Giver> for On {
    fn from(giver: Giver) -> Self {
        match giver {
            Giver::Container => Self::Container,
            Giver::Sts => Self::Sts,
            Giver::Sso => Self::Sso,
            Giver::Oidc => Self::Oidc,
            Giver::Signin => Self::Signin,
        }
    }
}

#[cfg(test)]
mod tests;
