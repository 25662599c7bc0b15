//! The conversation with IAM Identity Center: the token of the last sign-in, then a role's
//! credentials.
//!
//! ```text
//!              the token is good
//!   READ ──────────────────────────────────────► GET credentials ──200──► credentials
//!    │  │                                           ▲
//!    │  │ it is not, and can be renewed             │
//!    │  └───────────────► POST token ──200──────────┘
//!    │
//!    └─ it is not: somebody must sign in again
//! ```
//!
//! A renewed token is kept here and not in the file, which belongs to whoever signs in. It is used
//! until somebody does so again.

use super::fetch::{Ask, Heard, News};
use super::json;
use super::retry::{Failure, ok};
use super::sso_token::{self, AccessToken, Renewal, SignIn};
use super::words;
use crate::credentials::ResolvedCredentials;
use crate::error::ProviderError;
use crate::exchange::{Lost, Send};
use crate::settings::service::ServiceEndpoint;
use crate::settings::sso::SsoSettings;
use crate::{HEAD_LIMIT, USER_AGENT};
use imdspec_wire::{Bytes, Limits, Now, Request, Response, Source, Timestamp, Wall, WireError};
use std::fmt;

/// How much of a reply is read, in bytes.
const REPLY_LIMIT: usize = 64 << 10;
const SIGN_IN: &str = "sign in again with `aws sso login`";

/// IAM Identity Center, and the role to ask it for.
#[derive(Clone)]
pub(crate) struct Sso {
    settings: SsoSettings,
    renewed: Option<Renewed>,
    step: Step,
    failures: u32,
}

/// A token that was renewed.
#[derive(Clone)]
struct Renewed {
    token: AccessToken,
    /// The token in the file that it takes the place of.
    of: AccessToken,
    refresh_token: String,
}

/// What is next.
#[derive(Clone)]
enum Step {
    File,
    Renew { renewal: Renewal, of: AccessToken },
    Portal { token: String },
}

impl Sso {
    pub(crate) const fn new(settings: SsoSettings) -> Self {
        Self {
            settings,
            renewed: None,
            step: Step::File,
            failures: 0,
        }
    }

    /// Begins a conversation.
    pub(super) fn begin(&mut self) {
        self.go(Step::File);
    }

    fn go(&mut self, step: Step) {
        self.step = step;
        self.failures = 0;
    }

    pub(super) fn ask(&self) -> Result<Ask, ProviderError> {
        let (endpoint, request) = match (&self.step, &self.settings.oidc) {
            (Step::File, _) => return Ok(Ask::Read(self.settings.token_file.clone())),
            (Step::Renew { renewal, .. }, Some(oidc)) => (oidc, renew(oidc, renewal)),
            (Step::Renew { .. }, None) => return Err(self.expired()),
            // A line break would begin another header, or another request.
            (Step::Portal { token }, _) if !token.bytes().all(|b| matches!(b, b'!'..=b'~')) => {
                return Err(ProviderError::error(format!(
                    "the token of SSO cannot stand in a header; {SIGN_IN}"
                )));
            }
            (Step::Portal { token }, _) => (&self.settings.portal, self.get(token)),
        };
        let send = Send {
            authority: endpoint.authority.clone(),
            tls: endpoint.tls,
            request,
            limits: Limits {
                head: HEAD_LIMIT,
                body: REPLY_LIMIT,
            },
        };
        Ok(send.into())
    }

    fn get(&self, token: &str) -> Request {
        let SsoSettings {
            portal,
            role_name,
            account_id,
            ..
        } = &self.settings;
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("role_name", role_name)
            .append_pair("account_id", account_id)
            .finish();
        Request::new(
            "GET",
            portal.target(&format!("/federation/credentials?{query}")),
        )
        .with("host", portal.host_header())
        .with("user-agent", USER_AGENT)
        .with("accept", "application/json")
        .with("x-amz-sso_bearer_token", token)
    }

    pub(super) fn hear(&mut self, now: Now, news: News) -> Heard {
        match (news, &self.step) {
            (News::File(text), Step::File) => {
                let path = &self.settings.token_file;
                let read = text.map_err(|why| why.to_string()).and_then(|text| {
                    SignIn::parse(&text).map_err(|why| format!("is no token of SSO: {why}"))
                });
                match read {
                    Ok(sign_in) => self.hear_sign_in(now.wall, sign_in),
                    Err(why) => Heard::Done(Err(ProviderError::error(format!(
                        "the file {path} {why}; {SIGN_IN}"
                    )))),
                }
            }
            (news, Step::Renew { renewal, of }) => {
                let (renewal, of) = (renewal.clone(), of.clone());
                self.hear_renewal(now.wall, news.into_reply(), renewal, of)
            }
            (news, Step::Portal { token }) => {
                let token = token.clone();
                self.hear_portal(news.into_reply(), &token)
            }
            (_, Step::File) => Heard::Next,
        }
    }

    fn hear_sign_in(&mut self, now: Wall, sign_in: SignIn) -> Heard {
        let SignIn { token, renewal } = sign_in;
        // Somebody has signed in since.
        let renewed = self.renewed.take().filter(|renewed| renewed.of == token);
        let renewal = renewal.map(|mut renewal| {
            if let Some(renewed) = &renewed {
                renewal.refresh_token.clone_from(&renewed.refresh_token);
            }
            renewal
        });
        let best = renewed.as_ref().map_or(&token, |renewed| &renewed.token);
        let next = if best.is_good(now) {
            let token = best.text.clone();
            Some(Step::Portal { token })
        } else {
            renewal
                .filter(|renewal| self.settings.oidc.is_some() && renewal.is_possible(now))
                .map(|renewal| Step::Renew { renewal, of: token })
        };
        self.renewed = renewed;
        match next {
            Some(step) => {
                self.go(step);
                Heard::Next
            }
            None => Heard::Done(Err(self.expired())),
        }
    }

    fn hear_renewal(
        &mut self,
        now: Wall,
        reply: Result<Response, Lost>,
        renewal: Renewal,
        of: AccessToken,
    ) -> Heard {
        let sent = [&*renewal.client_secret, &*renewal.refresh_token, &*of.text];
        let read = said(reply, ["error", "error_description"], &sent)
            .and_then(|body| Ok(sso_token::renewed(&body, now)?));
        match read {
            Ok((token, refresh_token)) => {
                let text = token.text.clone();
                self.renewed = Some(Renewed {
                    token,
                    of,
                    refresh_token: refresh_token.unwrap_or(renewal.refresh_token),
                });
                self.go(Step::Portal { token: text });
                Heard::Next
            }
            Err(failure) => {
                let oidc = self.settings.oidc.as_ref().unwrap_or(&self.settings.portal);
                let error = format!(
                    "the token of SSO has expired and was not renewed by {}: {failure}; {SIGN_IN}",
                    oidc.authority
                );
                self.failed(&failure, error)
            }
        }
    }

    fn hear_portal(&mut self, reply: Result<Response, Lost>, token: &str) -> Heard {
        let read = said(reply, ["__type", "message"], &[token])
            .and_then(|body| Ok(self.credentials(&body)?));
        match read {
            Ok(credentials) => Heard::Done(Ok(credentials)),
            Err(failure) => {
                let hint = match failure.status() {
                    Some(401) => format!("; {SIGN_IN}"),
                    _ => String::new(),
                };
                let error = format!(
                    "SSO at {}, the role {} in {}: {failure}{hint}",
                    self.settings.portal.authority,
                    self.settings.role_name,
                    self.settings.account_id,
                );
                self.failed(&failure, error)
            }
        }
    }

    fn credentials(&self, body: &[u8]) -> Result<ResolvedCredentials, WireError> {
        json::object(body, |object| {
            let found = object
                .inner("roleCredentials")
                .ok_or(WireError::Missing("roleCredentials"))?;
            let end = found
                .integer("expiration")
                .ok_or(WireError::Missing("expiration"))?;
            Ok(ResolvedCredentials {
                access_key_id: found.need("accessKeyId")?.to_owned(),
                secret_access_key: found.need("secretAccessKey")?.to_owned(),
                session_token: Some(found.need("sessionToken")?.to_owned()),
                expiration: Some(Timestamp::from_wall(Wall(end))),
                account_id: Some(self.settings.account_id.clone()),
                source: Source::Sso,
            })
        })
    }

    fn failed(&mut self, failure: &Failure, error: String) -> Heard {
        let error = ProviderError::error(error);
        if !failure.may_pass_where_expected() {
            return Heard::Done(Err(error));
        }
        self.failures += 1;
        Heard::Again {
            failures: self.failures,
            error,
        }
    }

    fn expired(&self) -> ProviderError {
        ProviderError::error(format!(
            "the token of SSO in {} has expired; {SIGN_IN}",
            self.settings.token_file
        ))
    }
}

fn renew(oidc: &ServiceEndpoint, renewal: &Renewal) -> Request {
    let body = serde_json::json!({
        "clientId": renewal.client_id,
        "clientSecret": renewal.client_secret,
        "grantType": "refresh_token",
        "refreshToken": renewal.refresh_token,
    });
    let body = Bytes(body.to_string().into_bytes());
    let mut request = Request::new("POST", oidc.target("/token"))
        .with("host", oidc.host_header())
        .with("user-agent", USER_AGENT)
        .with("accept", "application/json")
        .with("content-type", "application/json")
        .with("content-length", body.len().to_string());
    request.body = body;
    request
}

/// The body of a reply of status 200; else the words of the service, of the two members that have
/// them.
fn said(
    reply: Result<Response, Lost>,
    members: [&'static str; 2],
    sent: &[&str],
) -> Result<Bytes, Failure> {
    let reply = match reply {
        Ok(reply) if reply.status != 200 => reply,
        reply => return ok(reply).map(|reply| reply.body),
    };
    let status = reply.status;
    let words = json::object(&reply.body, |object| {
        let words = members
            .into_iter()
            .filter_map(|name| object.text(name).ok()?);
        Ok(words.collect::<Vec<_>>().join(": "))
    });
    match words {
        Ok(words) if !words.is_empty() => Err(Failure::Answered {
            status,
            words: words::clean(&words, sent.iter().copied()),
        }),
        _ => Err(WireError::Status(status).into()),
    }
}

impl fmt::Debug for Sso {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sso")
            .field("settings", &self.settings)
            .field("renewed", &self.renewed.as_ref().map(|_| "(redacted)"))
            .finish_non_exhaustive()
    }
}
