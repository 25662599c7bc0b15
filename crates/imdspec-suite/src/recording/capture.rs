//! From packets to what was said on each connection.

use super::assemble::{Connection, Heard, assemble};
use super::dialogue::{Dialogue, Over, Sound};
use super::packets::{self, Packet};
use super::segment::{self, Segment};
use super::stream::Stream;
use super::{Counts, Format, Recording, RecordingError};
use imdspec_wire::Wall;
use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;

/// Reads a capture.
pub(super) fn read(
    format: Format,
    bytes: &[u8],
    servers: &[String],
) -> Result<Recording, RecordingError> {
    let mut capture = Capture::default();
    let is_cut = packets::each(format, bytes, |packet| capture.take(packet))?;
    capture.stop();
    let mut notes = Vec::new();
    if is_cut {
        notes.push(format!(
            "the file ends in the middle of packet {}",
            capture.counts.units + 1
        ));
    }
    if !capture.unknown.is_empty() {
        let links: Vec<String> = capture.unknown.iter().map(i32::to_string).collect();
        notes.push(format!(
            "packets of link type {} are not understood; capture on one interface, or on Linux's any",
            links.join(", ")
        ));
    }
    if capture.counts.gaps > 0 {
        notes.push(format!(
            "{} with bytes missing: what came after them is not read; capture whole packets (-s 0)",
            match capture.counts.gaps {
                1 => "1 connection".to_owned(),
                n => format!("{n} connections"),
            }
        ));
    }
    let Capture {
        connections,
        heard,
        counts,
        ..
    } = capture;
    let connections: Vec<Connection> = connections.into_iter().map(|c| c.whose).collect();
    Ok(assemble(
        format,
        servers,
        &connections,
        heard,
        counts,
        notes,
    ))
}

#[derive(Default)]
struct Capture {
    connections: Vec<Overheard>,
    /// The newest connection between two ends, the lesser first.
    open: HashMap<(SocketAddr, SocketAddr), usize>,
    heard: Vec<Heard>,
    counts: Counts,
    unknown: BTreeSet<i32>,
    last: Option<(Wall, u32)>,
}

/// A connection and how far it has come.
struct Overheard {
    whose: Connection,
    client: SocketAddr,
    from_client: Stream,
    from_server: Stream,
    dialogue: Dialogue,
    is_closed: bool,
}

impl Capture {
    fn take(&mut self, packet: Packet<'_>) {
        self.counts.units = packet.number;
        self.last = Some((packet.at, packet.number));
        if !segment::is_known(packet.link) {
            self.unknown.insert(packet.link.0);
            self.counts.unread += 1;
            return;
        }
        match segment::of(packet.link, packet.bytes) {
            Some(segment) => self.segment(packet.at, packet.number, &segment),
            None => self.counts.unread += 1,
        }
    }

    fn segment(&mut self, at: Wall, number: u32, segment: &Segment<'_>) {
        let Some(index) = self.connection(at, number, segment) else {
            return;
        };
        let connection = &mut self.connections[index];
        let is_client = segment.from == connection.client;
        let stream = if is_client {
            &mut connection.from_client
        } else {
            &mut connection.from_server
        };
        let mut sequence = segment.sequence;
        if segment.begins {
            if !stream.has_begun() {
                stream.begin(sequence);
            }
            sequence = sequence.wrapping_add(1);
        }
        let mut heard = Vec::new();
        let dialogue = &mut connection.dialogue;
        if !segment.bytes.is_empty() || segment.finishes {
            let added = stream.take(sequence, segment.bytes, segment.finishes);
            self.counts.repeated += u32::from(added.is_repeated);
            if is_client {
                heard.extend(dialogue.client(at, &added.bytes));
                if added.is_over {
                    heard.extend(dialogue.client_ends());
                }
            } else {
                heard.extend(dialogue.server(at, &added.bytes));
                if added.is_over {
                    heard.extend(dialogue.server_ends(Over::Finished));
                }
            }
        }
        if segment.resets {
            if is_client {
                heard.extend(dialogue.client_ends());
                heard.extend(dialogue.stops());
            } else {
                heard.extend(dialogue.server_ends(Over::Reset));
            }
            connection.is_closed = true;
        }
        self.hear(at, number, index, heard);
    }

    fn hear(&mut self, at: Wall, place: u32, connection: usize, sounds: Vec<Sound>) {
        self.heard.extend(sounds.into_iter().map(|sound| Heard {
            at,
            place,
            connection,
            sound,
        }));
    }

    /// The connection of a segment; none when nobody can tell which of its ends is the client.
    fn connection(&mut self, at: Wall, number: u32, segment: &Segment<'_>) -> Option<usize> {
        let (from, to) = (segment.from, segment.to);
        let key = (from.min(to), from.max(to));
        if let Some(&index) = self.open.get(&key) {
            let known = &self.connections[index];
            let is_new = segment.begins && !segment.acknowledges && from == known.client && {
                known.is_closed || known.from_client.is_of_another(segment.sequence)
            };
            if !is_new {
                return Some(index);
            }
            self.close(at, number, index);
        }
        let (client, server) = if segment.begins {
            if segment.acknowledges {
                (to, from)
            } else {
                (from, to)
            }
        } else if segment.bytes.starts_with(b"HTTP/") {
            (to, from)
        } else if begins_like_a_request(segment.bytes) {
            (from, to)
        } else {
            return None;
        };
        let index = self.connections.len();
        self.connections.push(Overheard {
            whose: Connection {
                client: Some(client.ip().to_canonical().to_string()),
                server: server.to_string(),
            },
            client,
            from_client: Stream::default(),
            from_server: Stream::default(),
            dialogue: Dialogue::new(),
            is_closed: false,
        });
        self.counts.connections += 1;
        self.open.insert(key, index);
        Some(index)
    }

    /// Nothing more comes on a connection.
    fn close(&mut self, at: Wall, number: u32, index: usize) {
        let connection = &mut self.connections[index];
        let dialogue = &mut connection.dialogue;
        let (client, server) = (
            connection.from_client.has_gap(),
            connection.from_server.has_gap(),
        );
        if client {
            dialogue.lose_client();
        }
        if server {
            dialogue.lose_server();
        }
        self.counts.gaps += u32::from(client || server);
        let heard = dialogue.stops();
        self.hear(at, number, index, heard);
    }

    /// The recording stops.
    fn stop(&mut self) {
        let (at, number) = self.last.unwrap_or((Wall(0), 0));
        let mut open: Vec<usize> = self.open.values().copied().collect();
        open.sort_unstable();
        for index in open {
            self.close(at, number, index);
        }
    }
}

/// Whether bytes in the middle of a connection are the beginning of a request.
fn begins_like_a_request(bytes: &[u8]) -> bool {
    [
        "GET ", "PUT ", "HEAD ", "POST ", "DELETE ", "OPTIONS ", "PATCH ",
    ]
    .iter()
    .any(|method| bytes.starts_with(method.as_bytes()))
}
