//! The conversation with the instance metadata service: token, role list, document.
//!
//! ```text
//!            ┌──────────── 200 ───────────┐
//!            ▼                            │
//!   no token needed ──► GET list ──200──► GET document ──200──► credentials
//!            ▲             │                 │
//!           200           401               401    (once each: the token is dropped)
//!            │             ▼                 ▼
//!            └────────── PUT token ◄─────────┘◄──── no token, or near its end
//! ```
//!
//! The role list is read in every conversation, because the role may have been changed.
//! Source: EC2 User Guide, "Use IMDSv2" and "Retrieve security credentials from instance metadata".

use super::document;
use super::fetch::Heard;
use super::retry::{Failure, ok};
use super::token::{Pass, Session};
use crate::credentials::ResolvedCredentials;
use crate::error::ProviderError;
use crate::exchange::{Lost, Send};
use crate::settings::Endpoint;
use crate::{HEAD_LIMIT, USER_AGENT};
use imdspec_wire::{
    Limits, Mono, Request, Response, RoleList, SessionToken, Source, TOKEN_HEADER, TTL_HEADER,
    TokenReply, Ttl, WireError, paths,
};
use std::fmt;

/// How much of a token is read, in bytes; the service's have 56.
const TOKEN_LIMIT: usize = 4 << 10;
/// How much of a role list is read, in bytes; a name has at most 64.
const LIST_LIMIT: usize = 16 << 10;
/// How much of a document is read, in bytes; the service's have about 1300.
pub(super) const DOCUMENT_LIMIT: usize = 64 << 10;

/// How many tokens one conversation may use up: one to begin with, one for each of the two GETs
/// that may be refused, and one more for lifetimes of seconds.
const MOST_TOKENS: u32 = 4;

/// The service, and what is known of it.
#[derive(Debug, Clone)]
pub(crate) struct Imds {
    endpoint: Endpoint,
    /// Whether a refused PUT may be followed by GETs without a token.
    v1_fallback: bool,
    session: Session,
    talk: Talk,
}

/// One conversation.
#[derive(Debug, Clone)]
struct Talk {
    goal: Goal,
    /// Whether the request in flight is the PUT.
    putting: bool,
    /// Whether the service has refused a token for this goal.
    refused: bool,
    tokens: u32,
    failed_puts: u32,
    failed_gets: u32,
}

/// What is asked for as soon as there is a token.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Goal {
    List,
    Document { role: String },
}

impl Talk {
    const fn new() -> Self {
        Self {
            goal: Goal::List,
            putting: false,
            refused: false,
            tokens: 0,
            failed_puts: 0,
            failed_gets: 0,
        }
    }
}

impl Imds {
    pub(crate) const fn new(endpoint: Endpoint, v1_fallback: bool) -> Self {
        Self {
            endpoint,
            v1_fallback,
            session: Session::Absent,
            talk: Talk::new(),
        }
    }

    /// Begins a conversation.
    pub(super) fn begin(&mut self) {
        self.talk = Talk::new();
    }

    /// The request that is next, at `now`.
    pub(super) fn ask(&mut self, now: Mono) -> Result<Send, ProviderError> {
        let token = match self.session.pass(now) {
            Pass::Missing => return self.put(),
            Pass::Token(token) => Some(token),
            Pass::NotNeeded => None,
        };
        let (path, limit) = match &self.talk.goal {
            Goal::List => (paths::ROLES.to_owned(), LIST_LIMIT),
            // A legal role name stands in a path as it is.
            Goal::Document { role } => (format!("{}{role}", paths::ROLES), DOCUMENT_LIMIT),
        };
        let mut get = self.request("GET", &path);
        if let Some(token) = token {
            get.headers.push(TOKEN_HEADER, token.as_str());
        }
        self.talk.putting = false;
        Ok(self.send(get, limit))
    }

    fn put(&mut self) -> Result<Send, ProviderError> {
        if self.talk.tokens == MOST_TOKENS {
            return Err(self.error("the session tokens it grants end before they can be used"));
        }
        self.talk.putting = true;
        let put = self
            .request("PUT", paths::TOKEN)
            .with(TTL_HEADER, Ttl::MAX.seconds().to_string())
            .with("content-length", "0");
        Ok(self.send(put, TOKEN_LIMIT))
    }

    fn request(&self, method: &str, path: &str) -> Request {
        Request::new(method, self.endpoint.target(path))
            .with("host", self.endpoint.host_header())
            .with("user-agent", USER_AGENT)
            .with("accept", "*/*")
    }

    fn send(&self, request: Request, body: usize) -> Send {
        Send {
            authority: self.endpoint.authority.clone(),
            tls: self.endpoint.tls,
            request,
            limits: Limits {
                head: HEAD_LIMIT,
                body,
            },
        }
    }

    /// Takes what became of the last request.
    pub(super) fn hear(&mut self, now: Mono, reply: Result<Response, Lost>) -> Heard {
        if self.talk.putting {
            self.hear_token(now, reply)
        } else if matches!(&reply, Ok(reply) if reply.status == 401) {
            self.hear_refusal()
        } else {
            self.hear_metadata(reply)
        }
    }

    fn hear_token(&mut self, now: Mono, reply: Result<Response, Lost>) -> Heard {
        match ok(reply).and_then(|reply| Ok(TokenReply::parse(&reply)?)) {
            Ok(granted) => {
                self.session = Session::granted(granted, now);
                self.talk.tokens += 1;
                self.talk.failed_puts = 0;
                Heard::Next
            }
            // Of all failures, these alone can mean a service that knows no tokens.
            Err(Failure::Unusable(WireError::Status(403..=405))) if self.v1_fallback => {
                self.session = Session::V1;
                Heard::Next
            }
            Err(failure) => {
                self.talk.failed_puts += 1;
                self.failed(&failure, self.talk.failed_puts)
            }
        }
    }

    /// A GET was refused: the token is dead, or one is needed after all. It is never used again.
    fn hear_refusal(&mut self) -> Heard {
        self.session = Session::Absent;
        if self.talk.refused {
            return Heard::Done(Err(
                self.error(format_args!("{}: status 401, twice", self.what()))
            ));
        }
        self.talk.refused = true;
        Heard::Next
    }

    fn hear_metadata(&mut self, reply: Result<Response, Lost>) -> Heard {
        let reply = match ok(reply) {
            Ok(reply) => reply,
            Err(failure) => return self.failed_get(&failure),
        };
        match self.talk.goal {
            Goal::List => match RoleList::parse(&reply.body) {
                Ok(list) => {
                    self.talk.goal = Goal::Document {
                        role: list.first().to_owned(),
                    };
                    self.talk.refused = false;
                    self.talk.failed_gets = 0;
                    Heard::Next
                }
                Err(why) => self.failed_get(&why.into()),
            },
            Goal::Document { .. } => {
                let sent = self.session.token().map(SessionToken::as_str);
                match document::read(&reply.body, sent) {
                    Ok(credentials) => {
                        let served = ResolvedCredentials::served(credentials, Source::Imds);
                        Heard::Done(Ok(served))
                    }
                    Err(failure) => self.failed_get(&failure),
                }
            }
        }
    }

    fn failed_get(&mut self, failure: &Failure) -> Heard {
        self.talk.failed_gets += 1;
        self.failed(failure, self.talk.failed_gets)
    }

    /// What a failed request means; `failures` is how often it has failed in this conversation.
    fn failed(&self, failure: &Failure, failures: u32) -> Heard {
        let is_list = !self.talk.putting && self.talk.goal == Goal::List;
        match failure {
            Failure::Lost(lost) if lost.is_absence() => {
                Heard::Done(Err(ProviderError::none(format!(
                    "no instance metadata service at {}: {lost}",
                    self.endpoint.authority
                ))))
            }
            Failure::Unusable(WireError::Status(404) | WireError::NoRole) if is_list => {
                Heard::Done(Err(ProviderError::none("the instance has no role")))
            }
            _ => {
                let error = self.error(format_args!(
                    "{}: {failure}{}",
                    self.what(),
                    self.hint(failure)
                ));
                if failure.may_pass() {
                    Heard::Again { failures, error }
                } else {
                    Heard::Done(Err(error))
                }
            }
        }
    }

    const fn what(&self) -> &'static str {
        match &self.talk.goal {
            _ if self.talk.putting => "the session token",
            Goal::List => "the role list",
            Goal::Document { .. } => "the credential document",
        }
    }

    const fn hint(&self, failure: &Failure) -> &'static str {
        match failure {
            Failure::Lost(Lost::TimedOut) if self.talk.putting => {
                "; inside a container the instance's hop limit must be 2 or more"
            }
            Failure::Unusable(WireError::Status(403)) if self.talk.putting => {
                "; the service is turned off, or refuses this caller"
            }
            _ => "",
        }
    }

    fn error(&self, message: impl fmt::Display) -> ProviderError {
        ProviderError::error(format!(
            "the instance metadata service at {}: {message}",
            self.endpoint.authority
        ))
    }
}
