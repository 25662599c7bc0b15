//! What a model answers: a reply as it goes on the wire, and when, faults included.

use crate::{Framing, Instead};
use imdspec_wire::{Bytes, Headers, Version};
use std::time::Duration;

/// What a model answers to one request.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The time before the first byte.
    pub delay: Duration,
    /// Interim statuses sent first.
    pub interim: Vec<u16>,
    /// The version on the status line.
    pub version: Version,
    /// The status.
    pub status: u16,
    /// The reason phrase.
    pub reason: String,
    /// Header fields, framing and connection fields included, in the order they are sent.
    pub headers: Headers,
    /// The body before any transfer coding.
    pub body: Bytes,
    /// How the body is framed.
    pub framing: Framing,
    /// Whether there is no body on the wire (HEAD, 204).
    pub bodiless: bool,
    /// Only so many bytes of the body are sent before the connection closes.
    pub cut: Option<u64>,
    /// The body comes a byte at a time, this far apart.
    pub drip: Option<Duration>,
    /// The body is repeated up to [`ENDLESS_BYTES`].
    pub endless: bool,
    /// What comes in place of all this.
    pub instead: Option<Instead>,
    /// Whether the connection closes after the reply.
    pub close: bool,
    /// The fault at work, in words; empty for a healthy reply.
    pub fault: String,
}

/// Where an endless body ends after all, so that no run lasts for ever: 20 MiB.
pub const ENDLESS_BYTES: u64 = 20 << 20;

/// One step of sending a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// These bytes.
    Bytes(Vec<u8>),
    /// These bytes of the body over and over, up to so many in all.
    Repeat {
        /// What is repeated; never empty.
        bytes: Vec<u8>,
        /// How many bytes in all.
        total: u64,
    },
    /// Nothing for a while.
    Pause(Duration),
    /// Nothing until the peer goes away.
    Hang,
    /// The connection closes.
    Close,
    /// The connection is reset.
    Reset,
}
