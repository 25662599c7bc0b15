//! Recorded traffic, read back into traces that the rules can judge: our own trace files, HAR, and
//! captures of packets; and the recorders that write it.
//!
//! A recording shows the wire and nothing else: no resolve calls, no answers of the subject's, none
//! of its settings. What a rule needs of those it does not get, and then the rule is vacuous (see
//! [`imdspec_rules::Recorded`]).
//!
//! ```text
//!  pcap ─► packets ─► segments ─► streams ─► dialogue ─┐
//!  HAR ───────────────────────────────────► entries ───┼─► assemble ─► Trace + where each event was
//!  trace ──────────────────────────────────────────────┘
//!  tap ─► dialogue ─► writer ─► trace        serve ─► writer ─► trace
//! ```
//!
//! Every reader is total: any bytes give a [`Recording`] or a [`RecordingError`].

mod assemble;
mod capture;
mod dialogue;
mod error;
mod har;
mod packets;
mod secrets;
mod segment;
mod stream;
pub mod tap;
mod writer;

#[cfg(test)]
mod tests;

pub use error::RecordingError;
pub use writer::Writer;

use imdspec_rules::{Event, Recorded, Trace, What};
use std::fmt;

/// What a file of recorded traffic holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// What kind of file it is.
    pub format: Format,
    /// The traffic with the service, a part for each client.
    pub parts: Vec<Part>,
    /// How much was read, and how much of it left out.
    pub counts: Counts,
    /// What else there is to know, such as that the file ends in the middle of a packet.
    pub notes: Vec<String>,
}

/// The traffic of one client with the service.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The client's address, where the file says it.
    pub client: Option<String>,
    /// What was observed.
    pub trace: Trace,
    /// Where each event of the trace stands in the file, counted from 1 in [`Format::unit`]s; 0 for
    /// an event that stands nowhere in it. As many as there are events.
    pub places: Vec<u32>,
}

/// Kinds of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A trace as this program writes it.
    Trace,
    /// An HTTP archive, version 1.2.
    Har,
    /// Packets, in the old format.
    Pcap,
    /// Packets, in the new format.
    PcapNg,
}

/// How much was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Counts {
    /// Packets, entries or lines in the file.
    pub units: u32,
    /// TCP connections seen; as far as an HTTP archive tells them apart.
    pub connections: u32,
    /// Requests to the service.
    pub exchanges: u32,
    /// Requests to anybody else, and connections on which no request was understood; left out.
    pub left_out: u32,
    /// Packets that were sent again, or seen twice.
    pub repeated: u32,
    /// Packets that were not read: no TCP, in fragments, or of an unknown link.
    pub unread: u32,
    /// Connections with bytes missing in the middle.
    pub gaps: u32,
}

impl Format {
    /// What the numbers of [`Part::places`] count.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Trace => "line",
            Self::Har => "entry",
            Self::Pcap | Self::PcapNg => "packet",
        }
    }

    /// The same, several of them.
    #[must_use]
    pub const fn units(self) -> &'static str {
        match self {
            Self::Trace => "lines",
            Self::Har => "entries",
            Self::Pcap | Self::PcapNg => "packets",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Trace => "trace",
            Self::Har => "HAR",
            Self::Pcap => "pcap",
            Self::PcapNg => "pcapng",
        })
    }
}

/// Reads a file of recorded traffic, of whichever format its bytes are.
///
/// `servers` are the authorities (`address:port`) of the service; without any, it is known by its
/// addresses on an instance, and by what it is asked for.
///
/// # Errors
/// [`RecordingError`]: none of the formats, or broken, and where.
pub fn read(bytes: &[u8], servers: &[String]) -> Result<Recording, RecordingError> {
    match sniff(bytes)? {
        Format::Trace => trace(bytes),
        Format::Har => har::read(bytes, servers),
        format @ (Format::Pcap | Format::PcapNg) => capture::read(format, bytes, servers),
    }
}

/// What kind of file these bytes are the beginning of; a name may lie.
fn sniff(bytes: &[u8]) -> Result<Format, RecordingError> {
    if bytes.is_empty() {
        return Err(RecordingError::Empty);
    }
    if let Some(format) = packets::sniff(bytes) {
        return Ok(format);
    }
    if bytes.starts_with(&[0x1f, 0x8b]) || bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        return Err(RecordingError::Compressed);
    }
    let text = without_mark(bytes).trim_ascii_start();
    if !text.starts_with(b"{") {
        return Err(RecordingError::Unknown);
    }
    let line = text.split(|b| *b == b'\n').next().unwrap_or(text);
    let is_header = line.windows(15).any(|w| w == b"\"imdspec_trace\"");
    Ok(if is_header {
        Format::Trace
    } else {
        Format::Har
    })
}

/// The bytes without the mark that some programs put before UTF-8.
fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

fn trace(bytes: &[u8]) -> Result<Recording, RecordingError> {
    let text = std::str::from_utf8(without_mark(bytes)).map_err(|e| RecordingError::NotText {
        offset: e.valid_up_to(),
    })?;
    let trace: Trace = text.parse().map_err(RecordingError::Trace)?;
    let lines = (1_u32..).zip(text.lines());
    let written = lines.filter(|(_, l)| !l.trim().is_empty());
    let places: Vec<u32> = written.skip(1).map(|(n, _)| n).collect();
    let requests = |e: &&Event| matches!(e.what, What::Request(_));
    let exchanges = trace.events.iter().filter(requests).count();
    let mut conns: Vec<u32> = trace.events.iter().filter_map(conn_of).collect();
    conns.sort_unstable();
    conns.dedup();
    let counts = Counts {
        units: count(text.lines().count()),
        connections: count(conns.len()),
        exchanges: count(exchanges),
        ..Counts::default()
    };
    let (trace, places) = secrets::announced(trace, places);
    Ok(Recording {
        format: Format::Trace,
        parts: vec![Part {
            client: None,
            trace,
            places,
        }],
        counts,
        notes: Vec::new(),
    })
}

const fn conn_of(event: &Event) -> Option<u32> {
    match &event.what {
        What::Request(request) => Some(request.conn),
        What::Connect { conn, .. } | What::Malformed { conn, .. } => Some(*conn),
        _ => None,
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

impl Part {
    /// Takes the recording's word that it begins before the subject's first request. A trace of a
    /// run of ours needs no such word.
    pub fn set_from_start(&mut self) {
        if let Some(recorded) = &mut self.trace.header.recorded {
            *recorded = Recorded::FromStart;
        }
    }

    /// Takes the recording's word that it begins before the subject's first request and shows one
    /// resolve of it: that call then stands before everything else, and its answer is not known.
    pub fn set_one_resolve(&mut self) {
        self.set_from_start();
        let resolves = |e: &Event| matches!(e.what, What::Resolve { .. });
        let Some(first) = self.trace.events.first() else {
            return;
        };
        if self.trace.header.recorded.is_some() && !self.trace.events.iter().any(resolves) {
            let asked = Event {
                what: What::Resolve { call: 1 },
                ..first.clone()
            };
            self.trace.events.insert(0, asked);
            self.places.insert(0, 0);
        }
    }
}
