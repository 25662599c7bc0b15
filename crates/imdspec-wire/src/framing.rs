//! Where a message's body ends (RFC 9112, section 6), decoded as bytes arrive.

use crate::{Headers, WireError};

/// A body being read.
#[derive(Debug)]
pub(crate) struct BodyReader {
    framing: Framing,
    body: Vec<u8>,
    limit: usize,
}

#[derive(Debug)]
enum Framing {
    /// So many bytes are still to come.
    Length(usize),
    /// Chunked; the part of it being read.
    Chunked(Chunk),
    /// Until the connection closes.
    Close,
    /// The end was reached.
    Done,
}

#[derive(Debug)]
enum Chunk {
    /// The size line, gathered so far.
    Size(Vec<u8>),
    /// Data still to come.
    Data(usize),
    /// The line end after data; how many of its bytes were seen.
    DataEnd(u8),
    /// The trailer section; the bytes of its current line.
    Trailer(usize),
}

/// A size line longer than this is no size line.
const MAX_SIZE_LINE: usize = 256;

impl BodyReader {
    /// A reader for a body framed by `headers`; `until_close` says what no framing means.
    pub(crate) fn new(
        headers: &Headers,
        until_close: bool,
        limit: usize,
    ) -> Result<Self, WireError> {
        let framing = match (headers.get("transfer-encoding"), content_length(headers)?) {
            (Some(_), Some(_)) => return Err(WireError::BadFraming),
            (Some(coding), None) if coding.trim().eq_ignore_ascii_case("chunked") => {
                Framing::Chunked(Chunk::Size(Vec::new()))
            }
            (Some(_), None) => return Err(WireError::BadFraming),
            (None, Some(0)) => Framing::Done,
            (None, Some(length)) => Framing::Length(length),
            (None, None) if until_close => Framing::Close,
            (None, None) => Framing::Done,
        };
        Ok(Self {
            framing,
            body: Vec::new(),
            limit,
        })
    }

    /// A reader for a message that has no body whatever its headers say.
    pub(crate) const fn none() -> Self {
        Self {
            framing: Framing::Done,
            body: Vec::new(),
            limit: 0,
        }
    }

    /// Takes bytes and says how many belonged to this body.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Result<usize, WireError> {
        let mut used = 0;
        while used < bytes.len() && !self.is_done() {
            used += self.step(&bytes[used..])?;
        }
        Ok(used)
    }

    pub(crate) const fn is_done(&self) -> bool {
        matches!(self.framing, Framing::Done)
    }

    /// The body, once done.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.body)
    }

    /// Whether the connection may close here.
    pub(crate) const fn may_end(&self) -> bool {
        matches!(self.framing, Framing::Done | Framing::Close)
    }

    /// What has come of the body.
    pub(crate) fn so_far(&self) -> &[u8] {
        &self.body
    }

    /// The connection closed: the body, if that was a proper end.
    pub(crate) fn end(&mut self) -> Result<Vec<u8>, WireError> {
        match self.framing {
            Framing::Done | Framing::Close => Ok(self.take()),
            Framing::Length(_) | Framing::Chunked(_) => Err(WireError::Truncated),
        }
    }

    fn step(&mut self, bytes: &[u8]) -> Result<usize, WireError> {
        match &mut self.framing {
            Framing::Done => Ok(0),
            Framing::Close => self.keep(bytes.len(), bytes),
            Framing::Length(left) => {
                let n = bytes.len().min(*left);
                *left -= n;
                if *left == 0 {
                    self.framing = Framing::Done;
                }
                self.keep(n, bytes)
            }
            Framing::Chunked(chunk) => match chunk {
                Chunk::Size(line) => {
                    if line.len() >= MAX_SIZE_LINE {
                        return Err(WireError::BadFraming);
                    }
                    line.push(bytes[0]);
                    if bytes[0] == b'\n' {
                        *chunk = match chunk_size(line)? {
                            0 => Chunk::Trailer(0),
                            size => Chunk::Data(size),
                        };
                    }
                    Ok(1)
                }
                Chunk::Data(left) => {
                    let n = bytes.len().min(*left);
                    *left -= n;
                    if *left == 0 {
                        *chunk = Chunk::DataEnd(0);
                    }
                    self.keep(n, bytes)
                }
                Chunk::DataEnd(seen) => match (bytes[0], *seen) {
                    (b'\r', 0) => {
                        *seen = 1;
                        Ok(1)
                    }
                    (b'\n', _) => {
                        *chunk = Chunk::Size(Vec::new());
                        Ok(1)
                    }
                    _ => Err(WireError::BadFraming),
                },
                Chunk::Trailer(line) => {
                    match bytes[0] {
                        b'\n' if *line == 0 => self.framing = Framing::Done,
                        b'\n' => *line = 0,
                        b'\r' => {}
                        _ if *line >= MAX_SIZE_LINE => return Err(WireError::BadFraming),
                        _ => *line += 1,
                    }
                    Ok(1)
                }
            },
        }
    }

    fn keep(&mut self, n: usize, bytes: &[u8]) -> Result<usize, WireError> {
        if self.body.len() + n > self.limit {
            return Err(WireError::TooLarge { limit: self.limit });
        }
        self.body.extend_from_slice(&bytes[..n]);
        Ok(n)
    }
}

/// The one value of `Content-Length`; several equal ones count as one.
fn content_length(headers: &Headers) -> Result<Option<usize>, WireError> {
    let mut length = None;
    for value in headers.all("content-length") {
        let value = value.trim();
        if value.is_empty() || !value.bytes().all(|b| b.is_ascii_digit()) {
            return Err(WireError::BadFraming);
        }
        let value: usize = value.parse().map_err(|_| WireError::BadFraming)?;
        if length.is_some_and(|known| known != value) {
            return Err(WireError::BadFraming);
        }
        length = Some(value);
    }
    Ok(length)
}

fn chunk_size(line: &[u8]) -> Result<usize, WireError> {
    let text = std::str::from_utf8(line).map_err(|_| WireError::BadFraming)?;
    let digits = text.split(';').next().unwrap_or(text).trim();
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(WireError::BadFraming);
    }
    usize::from_str_radix(digits, 16).map_err(|_| WireError::BadFraming)
}
