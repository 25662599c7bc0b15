//! Requests read from one connection, however their bytes are cut into pieces.

use crate::framing::BodyReader;
use crate::head::{bad_head, field_room, head_end, headers, version};
use crate::{Bytes, Limits, Request, WireError};

/// What [`RequestReader::next`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestStep {
    /// The next request is not whole yet.
    More,
    /// A whole request.
    Request(Request),
}

/// Reads the requests of one connection, pipelined ones included.
#[derive(Debug)]
pub struct RequestReader {
    limits: Limits,
    buffer: Vec<u8>,
    seen: usize,
    body: Option<(Request, BodyReader)>,
}

/// The bytes after which it is told that something else than HTTP is spoken: what it is shows in
/// them.
const TELLING: usize = 3;

impl RequestReader {
    /// A reader at the start of a connection.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        Self {
            limits,
            buffer: Vec::new(),
            seen: 0,
            body: None,
        }
    }

    /// Takes bytes from the connection.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Whether bytes of a request that is not whole have arrived.
    #[must_use]
    pub const fn is_midway(&self) -> bool {
        !self.buffer.is_empty() || self.body.is_some()
    }

    /// The bytes not taken by any request, as they arrived.
    #[must_use]
    pub fn pending(&self) -> &[u8] {
        &self.buffer
    }

    /// The next whole request, if there is one.
    ///
    /// # Errors
    /// [`WireError::BadHead`], [`WireError::BadFraming`] or [`WireError::TooLarge`]; the
    /// connection is of no further use then.
    #[expect(
        clippy::should_implement_trait,
        reason = "an iterator ends; a connection that has no whole request yet does not"
    )]
    pub fn next(&mut self) -> Result<RequestStep, WireError> {
        if self.body.is_none() {
            let Some((request, length)) = self.parse_head()? else {
                return Ok(RequestStep::More);
            };
            let reader = BodyReader::new(&request.headers, false, self.limits.body)?;
            self.buffer.drain(..length);
            self.seen = 0;
            self.body = Some((request, reader));
        }
        let Some((_, reader)) = &mut self.body else {
            return Ok(RequestStep::More);
        };
        let used = reader.feed(&self.buffer)?;
        self.buffer.drain(..used);
        if !reader.is_done() {
            return Ok(RequestStep::More);
        }
        match self.body.take() {
            Some((mut request, mut reader)) => {
                request.body = Bytes(reader.take());
                Ok(RequestStep::Request(request))
            }
            None => Ok(RequestStep::More),
        }
    }

    fn parse_head(&mut self) -> Result<Option<(Request, usize)>, WireError> {
        // Empty lines before a request are to be ignored (RFC 9112, section 2.2).
        let empty = self
            .buffer
            .iter()
            .take_while(|b| matches!(b, b'\r' | b'\n'))
            .count();
        self.buffer.drain(..empty);
        // No request begins so, but TLS does, whose client then waits for an answer: there may be
        // no empty line to wait for.
        if self.buffer.len() >= TELLING && self.buffer[0].is_ascii_control() {
            return Err(WireError::BadHead);
        }
        let end = head_end(&self.buffer, self.seen);
        if end.unwrap_or(self.buffer.len()) > self.limits.head {
            return Err(WireError::TooLarge {
                limit: self.limits.head,
            });
        }
        if end.is_none() {
            self.seen = self.buffer.len();
            return Ok(None);
        }
        let mut fields = field_room();
        let mut parsed = httparse::Request::new(&mut []);
        match parsed.parse_with_uninit_headers(&self.buffer, &mut fields) {
            Ok(httparse::Status::Partial) => Ok(None),
            Err(e) => Err(bad_head(e, self.limits.head)),
            Ok(httparse::Status::Complete(length)) => Ok(Some((
                Request {
                    method: parsed.method.unwrap_or_default().to_owned(),
                    target: parsed.path.unwrap_or_default().to_owned(),
                    version: version(parsed.version),
                    headers: headers(parsed.headers),
                    body: Bytes::default(),
                },
                length,
            ))),
        }
    }
}
