//! The conversation with STS: one POST, opened by the keys of another source or by the token in a
//! file.
//!
//! ```text
//!   AssumeRole                 keys of the base ──────────► POST, signed ──200──► credentials
//!   AssumeRoleWithWebIdentity  READ the token file ──text──► POST, unsigned ──200──► credentials
//! ```
//!
//! The file is read in every conversation, because the token in it is changed while the program
//! runs.
//!
//! Source: STS API Reference, "AssumeRole" and "AssumeRoleWithWebIdentity".

use super::fetch::{Ask, Heard, News};
use super::retry::Failure;
use super::sigv4::{self, Scope};
use super::sts_reply;
use crate::credentials::ResolvedCredentials;
use crate::error::ProviderError;
use crate::exchange::{Lost, Send};
use crate::settings::role::Role;
use crate::settings::service::ServiceEndpoint;
use crate::{HEAD_LIMIT, USER_AGENT};
use imdspec_wire::{Limits, Now, Request, Response, Source};
use std::fmt;

/// How much of a reply is read, in bytes; STS's have about 2000.
const REPLY_LIMIT: usize = 64 << 10;
/// The region that the global endpoint signs for.
const GLOBAL_REGION: &str = "us-east-1";

/// STS, and a role to assume there.
#[derive(Clone)]
pub(crate) struct Sts {
    endpoint: ServiceEndpoint,
    /// The region that requests are signed for.
    region: String,
    role: Role,
    source: Source,
    opening: Opening,
    failures: u32,
}

/// What opens STS.
#[derive(Clone)]
pub(crate) enum Opening {
    /// The keys of the base, once it has given them.
    Keys(Option<ResolvedCredentials>),
    /// The token in the file of this path, once it has been read in this conversation.
    Token { path: String, text: Option<String> },
}

impl Opening {
    pub(crate) const fn keys() -> Self {
        Self::Keys(None)
    }

    pub(crate) fn token(path: &str) -> Self {
        Self::Token {
            path: path.to_owned(),
            text: None,
        }
    }
}

impl Sts {
    pub(crate) fn new(
        endpoint: ServiceEndpoint,
        region: Option<&str>,
        role: Role,
        source: Source,
        opening: Opening,
    ) -> Self {
        Self {
            endpoint,
            region: region.unwrap_or(GLOBAL_REGION).to_owned(),
            role,
            source,
            opening,
            failures: 0,
        }
    }

    /// Begins a conversation.
    pub(super) fn begin(&mut self) {
        self.failures = 0;
        if let Opening::Token { text, .. } = &mut self.opening {
            *text = None;
        }
    }

    /// Takes the keys to sign with.
    pub(super) fn stand_on(&mut self, keys: ResolvedCredentials) -> Result<(), ProviderError> {
        let token = keys.session_token.as_deref().unwrap_or_default();
        // A line break would begin another header, or another request.
        let fits = |text: &str| text.bytes().all(|b| matches!(b, b'!'..=b'~'));
        if !fits(&keys.access_key_id) || !fits(token) {
            return Err(ProviderError::error(
                "the keys to assume it with cannot stand in a header",
            ));
        }
        self.opening = Opening::Keys(Some(keys));
        Ok(())
    }

    /// What it means that there are no keys to sign with.
    pub(super) fn baseless(&self, error: &ProviderError) -> ProviderError {
        ProviderError::error(format!(
            "the role {} is not assumed: {error}",
            self.role.arn
        ))
    }

    const fn action(&self) -> &'static str {
        match self.opening {
            Opening::Keys(_) => "AssumeRole",
            Opening::Token { .. } => "AssumeRoleWithWebIdentity",
        }
    }

    pub(super) fn ask(&self, now: Now) -> Result<Ask, ProviderError> {
        let request = match &self.opening {
            Opening::Token { path, text: None } => return Ok(Ask::Read(path.clone())),
            Opening::Token {
                text: Some(token), ..
            } => self.request(Some(token)),
            Opening::Keys(None) => return Err(self.error("there are no keys to sign with")),
            Opening::Keys(Some(keys)) => {
                let scope = Scope {
                    region: &self.region,
                    service: "sts",
                };
                sigv4::sign(self.request(None), keys, scope, now.wall)
            }
        };
        let length = request.body.len().to_string();
        let send = Send {
            authority: self.endpoint.authority.clone(),
            tls: self.endpoint.tls,
            request: request.with("content-length", length),
            limits: Limits {
                head: HEAD_LIMIT,
                body: REPLY_LIMIT,
            },
        };
        Ok(send.into())
    }

    fn request(&self, token: Option<&str>) -> Request {
        let mut request = Request::new("POST", self.endpoint.target("/"))
            .with("host", self.endpoint.host_header())
            .with("user-agent", USER_AGENT)
            .with("accept", "*/*")
            .with("content-type", "application/x-www-form-urlencoded");
        let role = &self.role;
        let duration = role.duration.map(|seconds| seconds.to_string());
        let fields = [
            ("Action", Some(self.action())),
            ("Version", Some("2011-06-15")),
            ("RoleArn", Some(role.arn.as_str())),
            ("RoleSessionName", Some(role.session_name.as_str())),
            ("ExternalId", role.external_id.as_deref()),
            ("DurationSeconds", duration.as_deref()),
            ("WebIdentityToken", token),
        ];
        let fields = fields.into_iter().filter_map(|(name, v)| Some((name, v?)));
        let mut form = form_urlencoded::Serializer::new(String::new());
        request.body = form.extend_pairs(fields).finish().as_str().into();
        request
    }

    pub(super) fn hear(&mut self, news: News) -> Heard {
        let heard = match news {
            News::File(Ok(token)) if token.is_empty() => Err("is empty".to_owned()),
            News::File(Ok(token)) => Ok(token),
            News::File(Err(why)) => Err(why.to_string()),
            news => return self.hear_reply(news.into_reply()),
        };
        match (heard, &mut self.opening) {
            (Ok(token), Opening::Token { text, .. }) => {
                *text = Some(token);
                Heard::Next
            }
            (Err(why), Opening::Token { path, .. }) => {
                let message = format!("the web identity token file {path} {why}");
                Heard::Done(Err(ProviderError::error(message)))
            }
            (_, Opening::Keys(_)) => Heard::Next,
        }
    }

    fn hear_reply(&mut self, reply: Result<Response, Lost>) -> Heard {
        let read = reply.map_err(Failure::Lost).and_then(|reply| {
            let sent = match &self.opening {
                Opening::Keys(Some(keys)) => [
                    keys.secret_access_key.as_str(),
                    keys.session_token.as_deref().unwrap_or_default(),
                ],
                Opening::Keys(None) => [""; 2],
                Opening::Token { text, .. } => [text.as_deref().unwrap_or_default(), ""],
            };
            sts_reply::read(&reply, self.action(), self.source, &sent)
        });
        let failure = match read {
            Ok(credentials) => return Heard::Done(Ok(credentials)),
            Err(failure) => failure,
        };
        let error = self.error(&failure);
        if !failure.may_pass_where_expected() {
            return Heard::Done(Err(error));
        }
        self.failures += 1;
        Heard::Again {
            failures: self.failures,
            error,
        }
    }

    fn error(&self, why: impl fmt::Display) -> ProviderError {
        ProviderError::error(format!(
            "STS at {}, {} of {}: {why}",
            self.endpoint.authority,
            self.action(),
            self.role.arn
        ))
    }
}

impl fmt::Debug for Sts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sts")
            .field("endpoint", &self.endpoint)
            .field("role", &self.role.arn)
            .field("action", &self.action())
            .finish_non_exhaustive()
    }
}
