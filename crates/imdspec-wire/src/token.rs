//! The IMDSv2 session token, and the reply that carries it.

use crate::{Response, WireError};
use std::fmt;

/// The request header that asks for a lifetime, and the reply header that grants one.
pub const TTL_HEADER: &str = "x-aws-ec2-metadata-token-ttl-seconds";
/// The request header that carries the token.
pub const TOKEN_HEADER: &str = "x-aws-ec2-metadata-token";

/// An IMDSv2 session token that can stand in a header. Debug never shows it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SessionToken(String);

impl SessionToken {
    /// Takes a reply's body as a token: one or more visible ASCII characters, nothing else. White
    /// space is not trimmed: a token is opaque.
    ///
    /// # Errors
    /// [`WireError::BadToken`].
    pub fn parse(body: &[u8]) -> Result<Self, WireError> {
        if body.is_empty() || !body.iter().all(u8::is_ascii_graphic) {
            return Err(WireError::BadToken);
        }
        Ok(Self(body.iter().map(|&b| char::from(b)).collect()))
    }

    /// The token's text, for the header.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(redacted)")
    }
}

/// A token's time to live in seconds, 1 to 21600 (six hours).
///
/// Source: EC2 User Guide, "Use IMDSv2".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ttl(u32);

impl Ttl {
    /// Six hours, the longest.
    pub const MAX: Self = Self(21_600);

    /// A time to live of `seconds`, if it is one.
    #[must_use]
    pub const fn new(seconds: u32) -> Option<Self> {
        match seconds {
            1..=21_600 => Some(Self(seconds)),
            _ => None,
        }
    }

    /// Reads a header value: decimal digits only.
    ///
    /// # Errors
    /// [`WireError::BadTtl`].
    pub fn parse(text: &str) -> Result<Self, WireError> {
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(WireError::BadTtl);
        }
        text.parse()
            .ok()
            .and_then(Self::new)
            .ok_or(WireError::BadTtl)
    }

    /// Seconds.
    #[must_use]
    pub const fn seconds(self) -> u32 {
        self.0
    }
}

/// A successful reply to the token PUT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenReply {
    /// The token.
    pub token: SessionToken,
    /// How long the service says it lives.
    pub ttl: Ttl,
}

impl TokenReply {
    /// Takes a reply to the token PUT.
    ///
    /// # Errors
    /// [`WireError::Status`] unless the status is 200, then [`WireError::BadToken`],
    /// [`WireError::NoTtl`] or [`WireError::BadTtl`].
    pub fn parse(reply: &Response) -> Result<Self, WireError> {
        if reply.status != 200 {
            return Err(WireError::Status(reply.status));
        }
        let token = SessionToken::parse(&reply.body)?;
        let ttl = reply.headers.get(TTL_HEADER).ok_or(WireError::NoTtl)?;
        Ok(Self {
            token,
            ttl: Ttl::parse(ttl)?,
        })
    }
}
