//! The conversation with the container endpoint: one GET.

use super::document;
use super::fetch::Heard;
use super::imds::DOCUMENT_LIMIT;
use super::retry::{Failure, ok};
use crate::error::ProviderError;
use crate::exchange::{Lost, Send};
use crate::settings::container::{Authorization, ContainerEndpoint};
use crate::{HEAD_LIMIT, USER_AGENT};
use imdspec_wire::{Limits, Request, Response};

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
            tls: false,
            request,
            limits: Limits {
                head: HEAD_LIMIT,
                body: DOCUMENT_LIMIT,
            },
        })
    }

    pub(super) fn hear(&mut self, reply: Result<Response, Lost>) -> Heard {
        let sent = self.authorization.secret();
        match ok(reply).and_then(|reply| document::read(&reply.body, sent)) {
            Ok(credentials) => Heard::Done(Ok(credentials)),
            Err(failure) => self.failed(&failure),
        }
    }

    fn failed(&mut self, failure: &Failure) -> Heard {
        let error = ProviderError::error(format!(
            "the container endpoint at {}: {failure}",
            self.endpoint.authority
        ));
        // Somebody named this endpoint, so it should be there, and may be in a moment.
        let absent = matches!(failure, Failure::Lost(lost) if lost.is_absence());
        if !absent && !failure.may_pass() {
            return Heard::Done(Err(error));
        }
        self.failures += 1;
        Heard::Again {
            failures: self.failures,
            error,
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
}
