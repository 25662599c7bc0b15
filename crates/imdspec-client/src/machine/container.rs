//! The conversation with the container endpoint: one GET.

use super::fetch::Heard;
use super::imds::{DOCUMENT_LIMIT, secrets};
use super::retry::{Failure, ok};
use crate::error::ProviderError;
use crate::exchange::{Lost, Send};
use crate::settings::container::{Authorization, ContainerEndpoint};
use crate::{HEAD_LIMIT, USER_AGENT};
use imdspec_wire::{CredentialDocument, Limits, Request, Response};

/// The endpoint, and what opens it.
#[derive(Debug, Clone)]
pub(crate) struct Container {
    endpoint: ContainerEndpoint,
    authorization: Authorization,
    failures: u32,
}

impl Container {
    pub(crate) const fn new(endpoint: ContainerEndpoint, authorization: Authorization) -> Self {
        Self {
            endpoint,
            authorization,
            failures: 0,
        }
    }

    /// Begins a conversation.
    pub(super) const fn begin(&mut self) {
        self.failures = 0;
    }

    pub(super) fn ask(&self) -> Result<Send, ProviderError> {
        let ContainerEndpoint { authority, target } = &self.endpoint;
        let mut request = Request::new("GET", target)
            .with("host", authority.host_header())
            .with("user-agent", USER_AGENT)
            .with("accept", "application/json");
        if let Some(value) = self.authorization.header()? {
            request.headers.push("authorization", value);
        }
        Ok(Send {
            authority: authority.clone(),
            request,
            limits: Limits {
                head: HEAD_LIMIT,
                body: DOCUMENT_LIMIT,
            },
        })
    }

    pub(super) fn hear(&mut self, reply: Result<Response, Lost>) -> Heard {
        let parsed = ok(reply).and_then(|reply| Ok(CredentialDocument::parse(&reply.body)?));
        match parsed {
            Ok(document) => Heard::Done(document.credentials().map_err(|why| {
                self.error(&why)
                    .without(secrets(&document))
                    .without(self.authorization.secret())
            })),
            Err(failure) => {
                let error = self.error(&failure);
                // Somebody named this endpoint, so it should be there, and may be in a moment.
                let absent = matches!(failure, Failure::Lost(lost) if lost.is_absence());
                if absent || failure.may_pass() {
                    self.failures += 1;
                    Heard::Again {
                        failures: self.failures,
                        error,
                    }
                } else {
                    Heard::Done(Err(error))
                }
            }
        }
    }

    pub(super) fn wanted_file(&self) -> Option<&str> {
        match &self.authorization {
            Authorization::File { path, .. } => Some(path),
            Authorization::Value(_) | Authorization::Open => None,
        }
    }

    pub(super) fn set_file(&mut self, new: Option<String>) {
        if let Authorization::File { text, .. } = &mut self.authorization {
            *text = new;
        }
    }

    fn error(&self, why: impl std::fmt::Display) -> ProviderError {
        ProviderError::error(format!(
            "the container endpoint at {}: {why}",
            self.endpoint.authority
        ))
    }
}
