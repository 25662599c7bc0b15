//! The conversation with the container endpoint: one GET, with the text of a file where one opens
//! it. The file is read in every conversation, because the token in it is changed while the program
//! runs.

use super::document;
use super::fetch::{Ask, Heard, News};
use super::imds::DOCUMENT_LIMIT;
use super::retry::{Failure, ok};
use crate::credentials::ResolvedCredentials;
use crate::error::ProviderError;
use crate::exchange::{Lost, Send};
use crate::settings::container::{Authorization, ContainerEndpoint};
use crate::{HEAD_LIMIT, USER_AGENT};
use imdspec_wire::{Limits, Request, Response};
use std::fmt;

/// The endpoint, and what opens it.
#[derive(Clone)]
pub(crate) struct Container {
    endpoint: ContainerEndpoint,
    authorization: Authorization,
    /// The text of the file that opens it, in this conversation.
    text: Option<String>,
    failures: u32,
}

impl Container {
    pub(crate) const fn new(endpoint: ContainerEndpoint, authorization: Authorization) -> Self {
        Self {
            endpoint,
            authorization,
            text: None,
            failures: 0,
        }
    }

    /// Begins a conversation.
    pub(super) fn begin(&mut self) {
        self.text = None;
        self.failures = 0;
    }

    pub(super) fn ask(&self) -> Result<Ask, ProviderError> {
        if let (Authorization::File(path), None) = (&self.authorization, &self.text) {
            return Ok(Ask::Read(path.clone()));
        }
        let ContainerEndpoint {
            authority,
            tls,
            target,
            ..
        } = &self.endpoint;
        let mut request = Request::new("GET", target)
            .with("host", authority.host_header_over(*tls))
            .with("user-agent", USER_AGENT)
            .with("accept", "application/json");
        if let Some(value) = self.authorization.header(self.text.as_deref())? {
            request.headers.push("authorization", value);
        }
        let send = Send {
            authority: authority.clone(),
            tls: *tls,
            request,
            limits: Limits {
                head: HEAD_LIMIT,
                body: DOCUMENT_LIMIT,
            },
        };
        Ok(send.into())
    }

    pub(super) fn hear(&mut self, news: News) -> Heard {
        match news {
            News::File(Ok(text)) => {
                self.text = Some(text);
                Heard::Next
            }
            News::File(Err(why)) => Heard::Done(Err(Authorization::unread(why))),
            news => self.hear_document(news.into_reply()),
        }
    }

    fn hear_document(&mut self, reply: Result<Response, Lost>) -> Heard {
        let sent = match &self.authorization {
            Authorization::Open => None,
            Authorization::Value(value) => Some(value.as_str()),
            Authorization::File(_) => self.text.as_deref(),
        };
        match ok(reply).and_then(|reply| document::read(&reply.body, sent)) {
            Ok(credentials) => {
                let source = self.endpoint.source;
                Heard::Done(Ok(ResolvedCredentials::served(credentials, source)))
            }
            Err(failure) => self.failed(&failure),
        }
    }

    fn failed(&mut self, failure: &Failure) -> Heard {
        let error = ProviderError::error(format!(
            "the container endpoint at {}: {failure}",
            self.endpoint.authority
        ));
        if !failure.may_pass_where_expected() {
            return Heard::Done(Err(error));
        }
        self.failures += 1;
        Heard::Again {
            failures: self.failures,
            error,
        }
    }
}

impl fmt::Debug for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Container")
            .field("endpoint", &self.endpoint)
            .field("authorization", &self.authorization)
            .field("failures", &self.failures)
            .finish_non_exhaustive()
    }
}
