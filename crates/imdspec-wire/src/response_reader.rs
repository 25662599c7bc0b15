//! A response read from bytes, however they are cut into pieces.

use crate::framing::BodyReader;
use crate::head::{bad_head, field_room, head_end, headers, version};
use crate::{Bytes, Response, WireError};

/// How much of a response is read before it is refused, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Status line and header fields, interim responses included.
    pub head: usize,
    /// The body after transfer decoding.
    pub body: usize,
}

/// What [`ResponseReader::feed`] has so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// The response is not whole yet.
    More,
    /// The response is whole, and the reader has given it away; bytes after it were not looked at:
    /// [`ResponseReader::rest`] has them.
    Done(Response),
}

/// Reads one final response; interim (1xx) responses before it are skipped.
///
/// The result does not depend on how the bytes are split over calls of [`feed`](Self::feed).
#[derive(Debug)]
pub struct ResponseReader {
    limits: Limits,
    bodiless: bool,
    buffer: Vec<u8>,
    seen: usize,
    skipped: usize,
    interim: Vec<u16>,
    rest: Vec<u8>,
    body: Option<(Response, BodyReader)>,
}

impl ResponseReader {
    /// A reader for the response to a request of `method`: HEAD has no body.
    #[must_use]
    pub fn new(method: &str, limits: Limits) -> Self {
        Self {
            limits,
            bodiless: method == "HEAD",
            buffer: Vec::new(),
            seen: 0,
            skipped: 0,
            interim: Vec::new(),
            rest: Vec::new(),
            body: None,
        }
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`WireError::BadHead`], [`WireError::BadFraming`] or [`WireError::TooLarge`]; the reader is
    /// of no further use then.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<Received, WireError> {
        if self.body.is_some() {
            return self.feed_body(bytes);
        }
        self.buffer.extend_from_slice(bytes);
        loop {
            self.check_start()?;
            let Some(end) = head_end(&self.buffer, self.seen) else {
                self.seen = self.buffer.len();
                return self.still_in_head(self.buffer.len());
            };
            self.still_in_head(end)?;
            let Some((response, length)) = self.parse_head()? else {
                return self.still_in_head(self.buffer.len());
            };
            let rest = self.buffer.split_off(length);
            self.seen = 0;
            if matches!(response.status, 100..=199) {
                self.skipped += self.buffer.len();
                self.interim.push(response.status);
                self.buffer = rest;
                continue;
            }
            let reader = if self.bodiless || matches!(response.status, 204 | 304) {
                BodyReader::none()
            } else {
                BodyReader::new(&response.headers, true, self.limits.body)?
            };
            self.buffer.clear();
            self.body = Some((response, reader));
            return self.feed_body(&rest);
        }
    }

    /// The connection closed: the response, if it may end there.
    ///
    /// # Errors
    /// [`WireError::Truncated`].
    pub fn end(self) -> Result<Response, WireError> {
        let (mut response, mut reader) = self.body.ok_or(WireError::Truncated)?;
        response.body = Bytes(reader.end()?);
        Ok(response)
    }

    /// The statuses of the interim responses that were skipped.
    #[must_use]
    pub fn interim(&self) -> &[u16] {
        &self.interim
    }

    /// What was fed after the end of the response: the beginning of a further one, on a connection
    /// that lives on.
    #[must_use]
    pub fn rest(&self) -> &[u8] {
        &self.rest
    }

    /// The response as far as it has come, once its head is whole.
    #[must_use]
    pub fn so_far(&self) -> Option<Response> {
        let (response, reader) = self.body.as_ref()?;
        Some(Response {
            body: Bytes(reader.so_far().to_vec()),
            ..response.clone()
        })
    }

    /// Whether the response is whole if the connection closes now.
    #[must_use]
    pub fn may_end(&self) -> bool {
        self.body.as_ref().is_some_and(|(_, r)| r.may_end())
    }

    /// Whether nothing of a response has come.
    #[must_use]
    pub const fn is_untouched(&self) -> bool {
        self.body.is_none() && self.buffer.is_empty() && self.skipped == 0
    }

    fn feed_body(&mut self, bytes: &[u8]) -> Result<Received, WireError> {
        let Some((_, reader)) = &mut self.body else {
            return Ok(Received::More);
        };
        let used = reader.feed(bytes)?;
        if !reader.is_done() {
            return Ok(Received::More);
        }
        self.rest = bytes.get(used..).unwrap_or_default().to_vec();
        let body = Bytes(reader.take());
        let whole = self
            .body
            .take()
            .map(|(response, _)| Response { body, ..response });
        Ok(whole.map_or(Received::More, Received::Done))
    }

    /// Refuses a head of `length` bytes or more that is over the limit, whatever stands in it.
    fn still_in_head(&self, length: usize) -> Result<Received, WireError> {
        if self.skipped + length > self.limits.head {
            return Err(WireError::TooLarge {
                limit: self.limits.head,
            });
        }
        Ok(Received::More)
    }

    /// A peer that does not speak HTTP is known by its first bytes, before its head ends.
    fn check_start(&self) -> Result<(), WireError> {
        let start = &self.buffer[..self.buffer.len().min(5)];
        if b"HTTP/".starts_with(start) {
            Ok(())
        } else {
            Err(WireError::BadHead)
        }
    }

    fn parse_head(&self) -> Result<Option<(Response, usize)>, WireError> {
        let mut fields = field_room();
        let mut parsed = httparse::Response::new(&mut []);
        // A user agent reads a folded line, and puts a space in its place (RFC 9112, section 5.2).
        let mut config = httparse::ParserConfig::default();
        config.allow_obsolete_multiline_headers_in_responses(true);
        match config.parse_response_with_uninit_headers(&mut parsed, &self.buffer, &mut fields) {
            Ok(httparse::Status::Partial) => Ok(None),
            Err(e) => Err(bad_head(e, self.limits.head)),
            // Three digits, but no class of status (RFC 9110, section 15).
            Ok(httparse::Status::Complete(_)) if parsed.code.is_none_or(|c| c < 100) => {
                Err(WireError::BadHead)
            }
            Ok(httparse::Status::Complete(length)) => Ok(Some((
                Response {
                    version: version(parsed.version),
                    status: parsed.code.unwrap_or_default(),
                    reason: parsed.reason.unwrap_or_default().to_owned(),
                    headers: headers(parsed.headers),
                    body: Bytes::default(),
                },
                length,
            ))),
        }
    }
}
