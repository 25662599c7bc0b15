//! Capture files, old and new, as packets with their times.

use super::{Format, RecordingError};
use imdspec_wire::Wall;
use pcap_parser::pcapng::Block;
use pcap_parser::{
    LegacyPcapBlock, Linktype, PcapError, PcapHeader, parse_block_be, parse_block_le,
    parse_pcap_frame, parse_pcap_frame_be, parse_pcap_frame_modified, parse_pcap_header,
};

/// One packet of a capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Packet<'f> {
    /// Counts from 1.
    pub(super) number: u32,
    pub(super) at: Wall,
    pub(super) link: Linktype,
    pub(super) bytes: &'f [u8],
}

/// Which format the bytes begin like.
pub(super) fn sniff(bytes: &[u8]) -> Option<Format> {
    let magic: [u8; 4] = bytes.get(..4)?.try_into().ok()?;
    match u32::from_be_bytes(magic) {
        0x0a0d_0d0a => Some(Format::PcapNg),
        0xa1b2_c3d4 | 0xd4c3_b2a1 | 0xa1b2_3c4d | 0x4d3c_b2a1 | 0xa1b2_cd34 | 0x34cd_b2a1 => {
            Some(Format::Pcap)
        }
        _ => None,
    }
}

/// Gives `take` every packet, in the order of the file; whether the file ends in the middle of one.
pub(super) fn each<'f>(
    format: Format,
    bytes: &'f [u8],
    take: impl FnMut(Packet<'f>),
) -> Result<bool, RecordingError> {
    match format {
        Format::PcapNg => each_of_new(bytes, take),
        _ => each_of_old(bytes, take),
    }
}

type Parsed<T, I> = Result<T, pcap_parser::nom::Err<PcapError<I>>>;

/// What was parsed; none where the file ends first.
fn whole<T, I>(parsed: Parsed<T, I>, broken: RecordingError) -> Result<Option<T>, RecordingError> {
    match parsed {
        Ok(parsed) => Ok(Some(parsed)),
        Err(
            pcap_parser::nom::Err::Incomplete(_)
            | pcap_parser::nom::Err::Error(
                PcapError::Incomplete(_) | PcapError::Eof | PcapError::UnexpectedEof,
            ),
        ) => Ok(None),
        Err(_) => Err(broken),
    }
}

fn each_of_old<'f>(
    bytes: &'f [u8],
    mut take: impl FnMut(Packet<'f>),
) -> Result<bool, RecordingError> {
    let broken = |packet, rest: &[u8]| RecordingError::Packets {
        format: Format::Pcap,
        packet,
        offset: bytes.len() - rest.len(),
    };
    let header = whole(parse_pcap_header(bytes), broken(0, bytes))?;
    let Some((mut rest, header)) = header else {
        return Err(broken(0, bytes));
    };
    let mut number = 0;
    while !rest.is_empty() {
        number += 1;
        let Some((after, frame)) = whole(frame_of(&header, rest), broken(number, rest))? else {
            return Ok(true);
        };
        rest = after;
        let fraction = if header.is_nanosecond_precision() {
            i64::from(frame.ts_usec) / 1_000_000
        } else {
            i64::from(frame.ts_usec) / 1000
        };
        let seconds = i64::from(frame.ts_sec);
        take(Packet {
            number,
            at: Wall(seconds * 1000 + fraction),
            link: Linktype(header.network.0 & 0xffff),
            bytes: captured(frame.data, frame.caplen),
        });
    }
    Ok(false)
}

fn frame_of<'f>(
    header: &PcapHeader,
    rest: &'f [u8],
) -> Parsed<(&'f [u8], LegacyPcapBlock<'f>), &'f [u8]> {
    if header.is_modified_format() {
        parse_pcap_frame_modified(rest)
    } else if header.is_bigendian() {
        parse_pcap_frame_be(rest)
    } else {
        parse_pcap_frame(rest)
    }
}

fn captured(data: &[u8], length: u32) -> &[u8] {
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    data.get(..length).unwrap_or(data)
}

/// How an interface of the new format tells the time.
struct Interface {
    link: Linktype,
    /// Units a second.
    resolution: u64,
    /// Seconds.
    offset: i64,
}

impl Interface {
    fn wall(&self, high: u32, low: u32) -> Wall {
        let units = u128::from(high) << 32 | u128::from(low);
        let millis = units * 1000 / u128::from(self.resolution.max(1));
        let millis = i64::try_from(millis).unwrap_or(i64::MAX);
        Wall(millis).plus_seconds(self.offset)
    }
}

fn each_of_new<'f>(
    bytes: &'f [u8],
    mut take: impl FnMut(Packet<'f>),
) -> Result<bool, RecordingError> {
    let broken = |packet, rest: &[u8]| RecordingError::Packets {
        format: Format::PcapNg,
        packet,
        offset: bytes.len() - rest.len(),
    };
    let mut rest = bytes;
    let mut is_big_endian = false;
    let mut interfaces: Vec<Interface> = Vec::new();
    let mut number = 0;
    let mut last = Wall(0);
    while !rest.is_empty() {
        let begun = rest;
        let parsed = if is_big_endian {
            parse_block_be(rest)
        } else {
            parse_block_le(rest)
        };
        let next = if interfaces.is_empty() { 0 } else { number + 1 };
        let Some((after, block)) = whole(parsed, broken(next, begun))? else {
            return if next == 0 {
                Err(broken(0, begun))
            } else {
                Ok(true)
            };
        };
        rest = after;
        match block {
            Block::SectionHeader(section) => {
                is_big_endian = section.big_endian();
                interfaces.clear();
            }
            Block::InterfaceDescription(interface) => interfaces.push(Interface {
                link: interface.linktype,
                resolution: interface.ts_resolution().unwrap_or(1_000_000),
                offset: interface.ts_offset(),
            }),
            Block::EnhancedPacket(packet) => {
                number += 1;
                let at = usize::try_from(packet.if_id).unwrap_or(usize::MAX);
                let Some(interface) = interfaces.get(at) else {
                    return Err(broken(number, begun));
                };
                last = interface.wall(packet.ts_high, packet.ts_low);
                take(Packet {
                    number,
                    at: last,
                    link: interface.link,
                    bytes: captured(packet.data, packet.caplen),
                });
            }
            // It has no time of its own.
            Block::SimplePacket(packet) => {
                number += 1;
                let Some(interface) = interfaces.first() else {
                    return Err(broken(number, begun));
                };
                take(Packet {
                    number,
                    at: last,
                    link: interface.link,
                    bytes: captured(packet.data, packet.origlen),
                });
            }
            _ => {}
        }
    }
    Ok(false)
}
