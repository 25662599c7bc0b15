//! A reply as bytes, and how it ends.

use crate::fault::DRIP_LASTS;
use crate::{ENDLESS_BYTES, Framing, Instead, Piece, Reply};
use std::fmt::Write as _;

/// How a reply ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// As its framing says.
    Whole,
    /// Before its framing says: the connection closes, or nothing more comes.
    Short,
    /// Nothing is sent, and the connection stays open.
    Silent,
    /// The connection closes with nothing sent.
    Closed,
    /// The connection is reset.
    Reset,
    /// What is sent is not HTTP.
    Garbage,
    /// The body comes a byte at a time.
    Drip,
    /// The body does not end.
    Endless,
}

/// Bytes that no reader of HTTP takes for a status line: a TLS alert, as from a port where
/// something else listens.
const GARBAGE: &[u8] = b"\x15\x03\x01\x00\x02\x02\x46not http at all\r\n\r\n";

impl Reply {
    /// How it ends.
    #[must_use]
    pub fn end(&self) -> End {
        match self.instead {
            Some(Instead::Silence) => End::Silent,
            Some(Instead::Close) => End::Closed,
            Some(Instead::Reset) => End::Reset,
            Some(Instead::Garbage) => End::Garbage,
            None if self.bodiless => End::Whole,
            None if self.endless => End::Endless,
            None if self.drip.is_some() => End::Drip,
            None if self.is_short() => End::Short,
            None => End::Whole,
        }
    }

    /// The steps of sending it.
    ///
    /// Where the body has no natural end ([`End::Drip`], [`End::Endless`]) the first
    /// [`Piece::Bytes`] is the head and all after it is body. [`Piece::Hang`], [`Piece::Close`] and
    /// [`Piece::Reset`] come last; without one of them the connection stays open for the next
    /// request.
    #[must_use]
    pub fn pieces(&self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        if !self.delay.is_zero() {
            pieces.push(Piece::Pause(self.delay));
        }
        match self.instead {
            Some(Instead::Silence) => pieces.push(Piece::Hang),
            Some(Instead::Close) => pieces.push(Piece::Close),
            Some(Instead::Reset) => pieces.push(Piece::Reset),
            Some(Instead::Garbage) => {
                pieces.extend([Piece::Bytes(GARBAGE.to_vec()), Piece::Close]);
            }
            None => self.http(&mut pieces),
        }
        pieces
    }

    fn http(&self, pieces: &mut Vec<Piece>) {
        let mut bytes = self.head();
        match self.end() {
            End::Drip => {
                pieces.push(Piece::Bytes(bytes));
                self.push_drip(pieces);
            }
            End::Endless => self.push_endless(bytes, pieces),
            _ if self.bodiless => pieces.push(Piece::Bytes(bytes)),
            _ => {
                self.push_body(&mut bytes);
                pieces.push(Piece::Bytes(bytes));
            }
        }
        pieces.extend(self.last());
    }

    /// What the connection does after the reply.
    fn last(&self) -> Option<Piece> {
        if self.bodiless {
            return self.close.then_some(Piece::Close);
        }
        if self.cut.is_some() || self.framing == Framing::Close {
            return Some(Piece::Close);
        }
        if !self.endless && self.is_short() {
            return Some(Piece::Hang);
        }
        self.close.then_some(Piece::Close)
    }

    /// Interim heads, then the head.
    fn head(&self) -> Vec<u8> {
        let mut head = String::with_capacity(256);
        let version = self.version.as_str();
        for status in &self.interim {
            let reason = crate::page::reason(*status);
            let _ = write!(head, "{version} {status} {reason}\r\n\r\n");
        }
        let _ = write!(head, "{version} {} {}\r\n", self.status, self.reason);
        for (name, value) in &self.headers.0 {
            for part in [name, ": ", value, "\r\n"] {
                head.push_str(part);
            }
        }
        head.push_str("\r\n");
        let mut bytes = if head.is_ascii() {
            head.into_bytes()
        } else {
            latin1(&head)
        };
        if !self.bodiless {
            bytes.reserve(self.body.len() + 32);
        }
        bytes
    }

    /// Whether less is sent than the framing says.
    fn is_short(&self) -> bool {
        match self.framing {
            Framing::Chunked => self.cut.is_some(),
            Framing::Length | Framing::Close => self
                .headers
                .get("content-length")
                .and_then(|claimed| claimed.parse::<u64>().ok())
                .is_some_and(|claimed| claimed > self.sent().len() as u64),
        }
    }

    /// The part of the body that is sent.
    fn sent(&self) -> &[u8] {
        let length = self.body.len();
        let cut = self
            .cut
            .map_or(length, |cut| usize::try_from(cut).unwrap_or(length));
        &self.body[..cut.min(length)]
    }

    fn push_body(&self, out: &mut Vec<u8>) {
        if self.framing != Framing::Chunked {
            out.extend_from_slice(self.sent());
            return;
        }
        // At least two chunks where there are two bytes, so that a reader has to join them.
        let size = self.body.len().div_ceil(2).clamp(1, 4096);
        let mut left = self.sent().len();
        for chunk in self.body.chunks(size) {
            if left == 0 && self.cut.is_some() {
                return;
            }
            out.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            let now = chunk.len().min(left);
            out.extend_from_slice(&chunk[..now]);
            left -= now;
            if now < chunk.len() {
                return;
            }
            out.extend_from_slice(b"\r\n");
        }
        if self.cut.is_none() {
            out.extend_from_slice(LAST_CHUNK);
        }
    }

    fn push_drip(&self, pieces: &mut Vec<Piece>) {
        let every = self.drip.unwrap_or_default();
        let chunked = self.framing == Framing::Chunked;
        let body = self.sent();
        // Slowly for as long as a drip must last; a long body ends at once after that.
        let slow = DRIP_LASTS.as_millis().div_ceil(every.as_millis().max(1));
        let (slow, rest) = body.split_at(body.len().min(usize::try_from(slow + 1).unwrap_or(1)));
        for (i, byte) in slow.iter().enumerate() {
            if i > 0 {
                pieces.push(Piece::Pause(every));
            }
            pieces.push(Piece::Bytes(if chunked {
                vec![b'1', b'\r', b'\n', *byte, b'\r', b'\n']
            } else {
                vec![*byte]
            }));
        }
        if !rest.is_empty() {
            pieces.push(Piece::Bytes(if chunked {
                let size = format!("{:x}\r\n", rest.len());
                [size.as_bytes(), rest, b"\r\n"].concat()
            } else {
                rest.to_vec()
            }));
        }
        if chunked && self.cut.is_none() {
            pieces.push(Piece::Bytes(LAST_CHUNK.to_vec()));
        }
    }

    fn push_endless(&self, mut head: Vec<u8>, pieces: &mut Vec<Piece>) {
        let chunked = self.framing == Framing::Chunked;
        if chunked {
            // One chunk holds it all: what follows is body and nothing but.
            head.extend_from_slice(format!("{ENDLESS_BYTES:x}\r\n").as_bytes());
        }
        pieces.push(Piece::Bytes(head));
        pieces.push(Piece::Repeat {
            bytes: match self.body.is_empty() {
                true => b" ".to_vec(),
                false => self.body.0.clone(),
            },
            total: self.cut.map_or(ENDLESS_BYTES, |cut| cut.min(ENDLESS_BYTES)),
        });
        if chunked && self.cut.is_none() {
            pieces.push(Piece::Bytes([b"\r\n", LAST_CHUNK].concat()));
        }
    }
}

const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// Text of header fields as bytes, the way it was read: a character up to U+00FF is one byte.
fn latin1(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        match u8::try_from(c) {
            Ok(byte) => bytes.push(byte),
            Err(_) => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes
}

#[cfg(test)]
mod tests;
