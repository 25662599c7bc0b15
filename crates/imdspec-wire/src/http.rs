//! HTTP/1.x messages exactly as sent: order, case and duplicates of headers are kept.

use crate::{Bytes, TOKEN_HEADER};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// The version on a request or status line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Version {
    /// `HTTP/1.0`, which the service was seen to speak until 2021.
    #[serde(rename = "HTTP/1.0")]
    Http10,
    /// `HTTP/1.1`.
    #[default]
    #[serde(rename = "HTTP/1.1")]
    Http11,
}

impl Version {
    /// As written on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http10 => "HTTP/1.0",
            Self::Http11 => "HTTP/1.1",
        }
    }
}

/// The name of a header field; one that stands in a program is not copied.
pub type FieldName = Cow<'static, str>;

/// Header fields in the order they were sent.
///
/// A value is text in which each `char` up to U+00FF stands for one byte (ISO 8859-1), so any
/// bytes a peer sent survive.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Headers(pub Vec<(FieldName, String)>);

/// The fields as sent, but for the values of those that carry secrets.
impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SECRET: [&str; 3] = [TOKEN_HEADER, "authorization", "x-amz-security-token"];
        let shown = self.0.iter().map(|(name, value)| {
            let secret = SECRET.iter().any(|s| name.eq_ignore_ascii_case(s));
            (name, if secret { "(redacted)" } else { value })
        });
        f.debug_map().entries(shown).finish()
    }
}

impl Headers {
    /// The first value of `name`, matched without regard to case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| v.as_str())
    }

    /// Every value of `name`, matched without regard to case, in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| v.as_str())
    }

    /// Whether `name` is there, even with an empty value.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Adds a field at the end, keeping any of the same name.
    pub fn push(&mut self, name: impl Into<FieldName>, value: impl Into<String>) {
        self.0.push((name.into(), value.into()));
    }

    /// Removes every field called `name`.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
    }

    /// Replaces every field called `name` by one, at the end.
    pub fn set(&mut self, name: impl Into<FieldName>, value: impl Into<String>) {
        let name = name.into();
        self.remove(&name);
        self.push(name, value);
    }
}

impl<N: Into<FieldName>, V: Into<String>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Self {
        let mut headers = Self::default();
        headers.extend(fields);
        headers
    }
}

impl<N: Into<FieldName>, V: Into<String>> Extend<(N, V)> for Headers {
    fn extend<I: IntoIterator<Item = (N, V)>>(&mut self, fields: I) {
        let fields = fields.into_iter();
        self.0.extend(fields.map(|(n, v)| (n.into(), v.into())));
    }
}

/// A request as sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The method, as spelled by the client.
    pub method: String,
    /// The request target: path and query, as spelled by the client.
    pub target: String,
    /// The version on the request line.
    pub version: Version,
    /// Header fields in order.
    pub headers: Headers,
    /// The body after transfer decoding; empty when there is none.
    pub body: Bytes,
}

impl Request {
    /// A request with neither headers nor body.
    #[must_use]
    pub fn new(method: impl Into<String>, target: impl Into<String>) -> Self {
        Self {
            method: method.into(),
            target: target.into(),
            version: Version::Http11,
            headers: Headers::default(),
            body: Bytes::default(),
        }
    }

    /// The same request with one header more.
    #[must_use]
    pub fn with(mut self, name: impl Into<FieldName>, value: impl Into<String>) -> Self {
        self.headers.push(name, value);
        self
    }
}

/// A final response as received: status line, headers, and the whole body after transfer decoding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// The version on the status line.
    pub version: Version,
    /// The status code, 200..=999.
    pub status: u16,
    /// The reason phrase, often empty.
    pub reason: String,
    /// Header fields in order.
    pub headers: Headers,
    /// The body after transfer decoding.
    pub body: Bytes,
}

impl Response {
    /// Whether the status is 2xx.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }
}

/// Bytes as ISO 8859-1 text, so that nothing is lost.
pub(crate) fn latin1(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() => text.to_owned(),
        _ => bytes.iter().map(|&b| char::from(b)).collect(),
    }
}
