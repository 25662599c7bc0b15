//! What the service says, before it is dressed for the wire.

use crate::page::{page, reason};
use crate::{Framing, Profile, Reply};
use imdspec_wire::{Bytes, Headers, Request, Version};
use std::time::Duration;

/// The field that ends a connection.
pub(crate) const CONNECTION: &str = "Connection";
/// The field that says how long a body is.
pub(crate) const CONTENT_LENGTH: &str = "Content-Length";
/// The field that says what a body is.
const CONTENT_TYPE: &str = "Content-Type";
/// The session token's lifetime, as the service spells the field.
const TTL: &str = "X-Aws-Ec2-Metadata-Token-Ttl-Seconds";

/// A status, a body, and the fields that belong to them.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    content_type: &'static str,
    body: Vec<u8>,
    /// Seconds a session token lives.
    pub(crate) ttl: Option<u64>,
    extra: Option<(&'static str, String)>,
}

impl Answer {
    /// A value; everything the service knows is plain text to it, JSON included.
    pub(crate) fn text(body: impl Into<Vec<u8>>) -> Self {
        Self {
            status: 200,
            content_type: "text/plain",
            body: body.into(),
            ttl: None,
            extra: None,
        }
    }

    /// A body of another kind of text, with its status.
    pub(crate) fn of(content_type: &'static str, status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            content_type,
            ..Self::text(body)
        }
    }

    /// A status and nothing else.
    pub(crate) fn empty(status: u16) -> Self {
        Self {
            status,
            ..Self::text("")
        }
    }

    /// An error with its page.
    pub(crate) fn error(status: u16) -> Self {
        Self {
            status,
            content_type: "text/html",
            ..Self::text(page(status))
        }
    }

    /// A method that this path does not know.
    pub(crate) fn method_not_allowed(allowed: &str) -> Self {
        Self {
            // RFC 9110, section 15.5.6, wants it; what the service does was never captured.
            extra: Some(("Allow", allowed.to_owned())),
            ..Self::error(405)
        }
    }

    /// A directory asked for without its slash: no body (kiam issue 116, capture of 2018).
    pub(crate) fn moved(location: String) -> Self {
        Self {
            extra: Some(("Location", location)),
            ..Self::empty(301)
        }
    }

    /// The reply that carries it.
    ///
    /// There is no `Date`: a model answers the same bytes to the same question, and a client that
    /// needs the date of a document has `LastUpdated`.
    pub(crate) fn reply(self, profile: Profile, request: &Request) -> Reply {
        let mut headers = Vec::with_capacity(6);
        let mut field = |name: &'static str, value: String| headers.push((name.into(), value));
        if let Some(seconds) = self.ttl {
            field(TTL, seconds.to_string());
        }
        field(CONTENT_TYPE, self.content_type.to_owned());
        if let Some((name, value)) = self.extra {
            field(name, value);
        }
        field(CONTENT_LENGTH, self.body.len().to_string());
        field("Server", "EC2ws".to_owned());
        let mut reply = Reply::plain(request, self.status, Headers(headers), self.body);
        if profile == Profile::Http10 {
            reply.version = Version::Http10;
        }
        if matches!(profile, Profile::Http10 | Profile::Http11Close) && !reply.close {
            reply.close = true;
            reply.headers.push(CONNECTION, "close");
        }
        reply
    }
}

impl Reply {
    /// A whole reply without any fault: these header fields in this order, then `Content-Length`
    /// and, if the client asked for it or speaks HTTP/1.0, `Connection: close`.
    ///
    /// ```
    /// use imdspec_model::Reply;
    /// use imdspec_wire::{Headers, Request};
    ///
    /// let fields = Headers::from_iter([("Content-Type", "text/plain")]);
    /// let reply = Reply::plain(&Request::new("HEAD", "/"), 200, fields, "hello");
    /// assert_eq!(reply.headers.get("content-length"), Some("5"));
    /// assert!(reply.bodiless);
    /// ```
    #[must_use]
    pub fn plain(
        request: &Request,
        status: u16,
        mut headers: Headers,
        body: impl Into<Bytes>,
    ) -> Self {
        let body = body.into();
        // RFC 9110, section 8.6: no length where there can be no body.
        if !is_bodiless_status(status) && !headers.has(CONTENT_LENGTH) {
            headers.push(CONTENT_LENGTH, body.len().to_string());
        }
        // A client of HTTP/1.0 would have to ask for more, and none does.
        let close =
            request.version == Version::Http10 || request.headers.all(CONNECTION).any(has_close);
        if close {
            headers.push(CONNECTION, "close");
        }
        Self {
            delay: Duration::ZERO,
            interim: Vec::new(),
            version: Version::Http11,
            status,
            reason: reason(status).to_owned(),
            headers,
            body,
            framing: Framing::Length,
            bodiless: is_bodiless(&request.method, status),
            cut: None,
            drip: None,
            endless: false,
            instead: None,
            close,
            fault: String::new(),
        }
    }
}

/// Whether a reply of `status` to a request of `method` has no body on the wire, whatever its
/// fields say (RFC 9112, section 6.3).
pub(crate) fn is_bodiless(method: &str, status: u16) -> bool {
    method == "HEAD" || is_bodiless_status(status)
}

/// Whether no reply of this status has a body.
pub(crate) const fn is_bodiless_status(status: u16) -> bool {
    matches!(status, 100..=199 | 204 | 304)
}

/// Whether a value of `Connection` ends it.
pub(crate) fn has_close(value: &str) -> bool {
    value
        .split(',')
        .any(|option| option.trim().eq_ignore_ascii_case("close"))
}
