//! What the machine and whoever drives it hand each other.

use imdspec_wire::{Limits, Request};
use std::fmt;
use std::str::FromStr;

/// Where a request goes. Display and [`FromStr`] use `host:port`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Authority {
    /// An address or a name; an IPv6 address stands in brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl Authority {
    /// As the `Host` header of plain http says it: the port only where it is not that of the
    /// scheme (RFC 9110, section 4.2.3).
    #[must_use]
    pub fn host_header(&self) -> String {
        self.host_header_over(false)
    }

    /// The same for `https` (`tls`) or plain http.
    pub(crate) fn host_header_over(&self, tls: bool) -> String {
        match (tls, self.port) {
            (false, 80) | (true, 443) => self.host.clone(),
            _ => self.to_string(),
        }
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// A text that is not `host:port`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnAuthority;

impl fmt::Display for NotAnAuthority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not host:port")
    }
}

impl std::error::Error for NotAnAuthority {}

impl FromStr for Authority {
    type Err = NotAnAuthority;

    fn from_str(text: &str) -> Result<Self, NotAnAuthority> {
        let (host, port) = text.rsplit_once(':').ok_or(NotAnAuthority)?;
        if host.is_empty() {
            return Err(NotAnAuthority);
        }
        Ok(Self {
            host: host.to_owned(),
            port: port.parse().map_err(|_| NotAnAuthority)?,
        })
    }
}

/// A request to send, exactly as it stands: one connection, no proxy, no redirect followed. Debug
/// shows the names of its headers, not their values.
#[derive(Clone, PartialEq, Eq)]
pub struct Send {
    /// Where to.
    pub authority: Authority,
    /// Whether over TLS (`https`).
    pub tls: bool,
    /// What; every header that goes on the wire is in it.
    pub request: Request,
    /// How much of the reply to read, in bytes; more of it is [`Lost::TooLarge`]. A longer body of a
    /// reply that is no success is left out: its status says all that it has to say.
    pub limits: Limits,
}

impl fmt::Debug for Send {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = (self.request.headers.0.iter())
            .map(|(name, _)| &**name)
            .collect();
        f.debug_struct("Send")
            .field("authority", &self.authority.to_string())
            .field("tls", &self.tls)
            .field("method", &self.request.method)
            .field("target", &self.request.target)
            .field("headers", &names)
            .field("limits", &self.limits)
            .finish()
    }
}

/// What became of the command of a `credential_process` setting.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ran {
    /// It ended.
    Ended {
        /// The exit status; none when a signal ended it.
        status: Option<i32>,
        /// What it printed on stdout, at most [`MOST_OUTPUT`](crate::MOST_OUTPUT) bytes and one;
        /// with that one it is ended, and there is no status.
        stdout: Vec<u8>,
    },
    /// It could not be started.
    NotStarted,
}

/// Debug never shows what was printed, which holds secrets.
impl fmt::Debug for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended { status, .. } => f
                .debug_struct("Ended")
                .field("status", status)
                .finish_non_exhaustive(),
            Self::NotStarted => f.write_str("NotStarted"),
        }
    }
}

/// Why a file gave no text. Display finishes the sentence "the file …".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unread {
    /// There is none, or it may not be read.
    Missing,
    /// It is a directory, a pipe or a device.
    NotAFile,
    /// It is not UTF-8.
    NotUtf8,
    /// It is larger than a file of its kind is.
    TooLarge,
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "cannot be read",
            Self::NotAFile => "is not a file",
            Self::NotUtf8 => "is not UTF-8",
            Self::TooLarge => "is too large",
        })
    }
}

/// Why there is no whole reply. Display finishes the sentence "no reply: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Lost {
    /// The connection was refused: nothing listens there.
    Refused,
    /// There is no way to that address, or the name has none.
    Unreachable,
    /// The connection was reset.
    Reset,
    /// The connection was closed before the reply was whole.
    Closed,
    /// The time for it ran out.
    TimedOut,
    /// The reply is larger than its limit.
    TooLarge,
    /// What came is not an HTTP/1.x reply.
    NotHttp,
    /// The request could not be put on the wire as it stands.
    Unsendable,
}

impl Lost {
    /// Whether the same request may well be answered a moment later.
    pub(crate) const fn may_pass(self) -> bool {
        matches!(self, Self::Reset | Self::Closed | Self::TimedOut)
    }

    /// Whether nobody is there at all.
    pub(crate) const fn is_absence(self) -> bool {
        matches!(self, Self::Refused | Self::Unreachable)
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "connection refused",
            Self::Unreachable => "unreachable",
            Self::Reset => "connection reset",
            Self::Closed => "connection closed before the reply was whole",
            Self::TimedOut => "timed out",
            Self::TooLarge => "the reply is too large",
            Self::NotHttp => "the reply is not HTTP/1.x",
            Self::Unsendable => "the request cannot be sent as it stands",
        })
    }
}
