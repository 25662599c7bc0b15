//! Why a file is no recording that can be read.

use super::Format;
use imdspec_rules::TraceError;
use std::fmt;

/// Why a file is no recording that can be read: what was expected, and where it stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordingError {
    /// There is nothing in it.
    Empty,
    /// It is none of the formats.
    Unknown,
    /// It is compressed.
    Compressed,
    /// A text with bytes in it that are none.
    NotText {
        /// How many bytes before them are fine.
        offset: usize,
    },
    /// A trace that does not parse.
    Trace(TraceError),
    /// JSON that is no HTTP archive.
    Har {
        /// What was expected, and where.
        why: String,
    },
    /// A capture whose header or one of whose packets does not parse.
    Packets {
        /// Which format it begins like.
        format: Format,
        /// The packet, counted from 1; 0 for the header.
        packet: u32,
        /// Where it begins, in bytes.
        offset: usize,
    },
}

impl fmt::Display for RecordingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the file is empty"),
            Self::Unknown => f.write_str(
                "the file is no recording: a trace or a HAR begins with {, a capture with the \
                 magic number of pcap or pcapng",
            ),
            Self::Compressed => f.write_str("the file is compressed; decompress it first"),
            Self::NotText { offset } => {
                write!(f, "the text is not UTF-8 at byte {}", offset + 1)
            }
            Self::Trace(e) => e.fmt(f),
            Self::Har { why } => write!(f, "no HTTP archive (HAR 1.2), nor a trace: {why}"),
            Self::Packets {
                format,
                packet: 0,
                offset,
            } => write!(
                f,
                "the {format} header does not parse at byte {}",
                offset + 1
            ),
            Self::Packets {
                format,
                packet,
                offset,
            } => write!(
                f,
                "packet {packet} of the {format} file does not parse; it begins at byte {}",
                offset + 1
            ),
        }
    }
}

impl std::error::Error for RecordingError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Trace(e) => Some(e),
            _ => None,
        }
    }
}
