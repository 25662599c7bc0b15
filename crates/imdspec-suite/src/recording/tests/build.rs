//! Capture files made of traces: what a run of ours would have looked like on the wire.

use etherparse::PacketBuilder;
use imdspec_rules::{End, Reply, RequestSeen, Trace, What};
use imdspec_wire::Headers;
use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};

/// Where every client is.
const CLIENT: [u8; 4] = [10, 0, 0, 7];

/// A capture being made, of Ethernet frames.
pub(super) struct Capture {
    packets: Vec<(i64, Vec<u8>)>,
    sequences: HashMap<(SocketAddr, SocketAddr), u32>,
}

/// What a segment does beside carrying bytes.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Flag {
    Syn,
    SynAck,
    Data,
    Fin,
    Reset,
}

impl Capture {
    pub(super) fn new() -> Self {
        Self {
            packets: Vec::new(),
            sequences: HashMap::new(),
        }
    }

    /// Adds a segment with the next sequence number of its direction.
    pub(super) fn segment(
        &mut self,
        at: i64,
        from: SocketAddr,
        to: SocketAddr,
        flag: Flag,
        bytes: &[u8],
    ) {
        let next = self.sequences.entry((from, to)).or_insert(0xffff_fff0);
        let sequence = *next;
        let takes = u32::from(flag != Flag::Data && flag != Flag::Reset);
        *next = next.wrapping_add(u32::try_from(bytes.len()).unwrap() + takes);
        self.numbered(at, from, to, (flag, sequence), bytes);
    }

    /// Adds a segment with this sequence number.
    pub(super) fn numbered(
        &mut self,
        at: i64,
        from: SocketAddr,
        to: SocketAddr,
        (flag, sequence): (Flag, u32),
        bytes: &[u8],
    ) {
        let link = PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]);
        let tcp = match (from, to) {
            (SocketAddr::V4(from), SocketAddr::V4(to)) => {
                link.ipv4(from.ip().octets(), to.ip().octets(), 64)
            }
            _ => {
                let octets = |a: SocketAddr| match a {
                    SocketAddr::V4(a) => a.ip().to_ipv6_mapped().octets(),
                    SocketAddr::V6(a) => a.ip().octets(),
                };
                link.ipv6(octets(from), octets(to), 64)
            }
        }
        .tcp(from.port(), to.port(), sequence, 64_000);
        let tcp = match flag {
            Flag::Syn => tcp.syn(),
            Flag::SynAck => tcp.syn().ack(1),
            Flag::Data => tcp.ack(1),
            Flag::Fin => tcp.fin().ack(1),
            Flag::Reset => tcp.rst(),
        };
        let mut packet = Vec::new();
        tcp.write(&mut packet, bytes).unwrap();
        self.packets.push((at, packet));
    }

    /// How many packets there are.
    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.packets.len()).unwrap()
    }

    /// The packets in another order.
    pub(super) fn swap(&mut self, a: usize, b: usize) {
        self.packets.swap(a, b);
    }

    /// A packet less.
    pub(super) fn drop_packet(&mut self, index: usize) {
        self.packets.remove(index);
    }

    /// As a file of the old format.
    pub(super) fn pcap(&self) -> Vec<u8> {
        self.pcap_of(u32::to_le_bytes, 1, 0, &[])
    }

    /// As a file of the old format, in this byte order, of this link, with so many bytes of each
    /// frame's head replaced.
    pub(super) fn pcap_of(
        &self,
        order: fn(u32) -> [u8; 4],
        link: u32,
        cut: usize,
        head: &[u8],
    ) -> Vec<u8> {
        let mut file = Vec::new();
        let version = if order(1) == 1_u32.to_be_bytes() {
            0x0002_0004
        } else {
            0x0004_0002
        };
        for word in [0xa1b2_c3d4, version, 0, 0, 0x4_0000, link] {
            file.extend(order(word));
        }
        for (at, packet) in &self.packets {
            let packet = [head, &packet[cut..]].concat();
            let length = u32::try_from(packet.len()).unwrap();
            let micros = u32::try_from(at.rem_euclid(1000) * 1000).unwrap();
            let seconds = u32::try_from(at.div_euclid(1000)).unwrap();
            for word in [seconds, micros, length, length] {
                file.extend(order(word));
            }
            file.extend(packet);
        }
        file
    }

    /// As a file of the new format, its times in milliseconds.
    pub(super) fn pcapng(&self) -> Vec<u8> {
        let mut file = Vec::new();
        let mut block = |kind: u32, body: &[u8]| {
            let length = u32::try_from(body.len() + 12).unwrap();
            file.extend(kind.to_le_bytes());
            file.extend(length.to_le_bytes());
            file.extend(body);
            file.extend(length.to_le_bytes());
        };
        let section = [0x1a2b_3c4d, 1, u32::MAX, u32::MAX].map(u32::to_le_bytes);
        block(0x0a0d_0d0a, section.as_flattened());
        // Link 1, and the option 9 (if_tsresol) of one byte: three digits.
        block(
            1,
            &[1, 0, 0, 0, 0, 0, 4, 0, 9, 0, 1, 0, 3, 0, 0, 0, 0, 0, 0, 0],
        );
        for (at, packet) in &self.packets {
            let at = u64::try_from(*at).unwrap();
            let length = u32::try_from(packet.len()).unwrap();
            let high = u32::try_from(at >> 32).unwrap();
            let low = u32::try_from(at & 0xffff_ffff).unwrap();
            let mut body = [0, high, low, length, length]
                .map(u32::to_le_bytes)
                .concat();
            body.extend(packet);
            body.resize(body.len().next_multiple_of(4), 0);
            block(6, &body);
        }
        file
    }
}

/// A trace told again as packets: what was known beside the wire is gone.
pub(super) fn told_again(trace: &Trace) -> Capture {
    let mut capture = Capture::new();
    let mut open: HashMap<(u32, String), (SocketAddr, SocketAddr)> = HashMap::new();
    let mut ports = 40_000;
    let mut asked: HashMap<u32, &RequestSeen> = HashMap::new();
    let mut last = 0;
    for event in &trace.events {
        last = event.wall.0;
        match &event.what {
            What::Request(request) => {
                asked.insert(request.request, request);
                let ends = ends(
                    &mut capture,
                    &mut open,
                    &mut ports,
                    request.conn,
                    &request.to,
                    last,
                );
                capture.segment(last, ends.0, ends.1, Flag::Data, &request_bytes(request));
            }
            What::Malformed { conn, bytes, .. } => {
                // In memory a connection may stand for several, to one server each.
                if let Some((_, ends)) = open.iter().find(|((c, _), _)| c == conn) {
                    let ends = *ends;
                    capture.segment(last, ends.0, ends.1, Flag::Data, bytes);
                    capture.segment(last, ends.0, ends.1, Flag::Fin, b"");
                }
            }
            What::Connect { conn, to, .. } => {
                ends(&mut capture, &mut open, &mut ports, *conn, to, last);
            }
            What::Reply(reply) => {
                let Some(request) = asked.get(&reply.request) else {
                    continue;
                };
                let of = (request.conn, request.to.clone());
                let Some(&(client, server)) = open.get(&of) else {
                    continue;
                };
                last += i64::try_from(reply.delay).unwrap();
                let sent = reply_bytes(reply, &request.method);
                for some in sent.chunks(32_000) {
                    capture.segment(last, server, client, Flag::Data, some);
                }
                let over = match reply.end {
                    End::Whole if !is_framed(reply, &request.method) => {
                        Some((server, client, Flag::Fin))
                    }
                    End::Whole => None,
                    End::Short | End::Closed | End::Garbage => Some((server, client, Flag::Fin)),
                    End::Reset => Some((server, client, Flag::Reset)),
                    End::Silent | End::Drip | End::Endless => Some((client, server, Flag::Fin)),
                    End::Unseen => None,
                };
                if let Some((from, to, flag)) = over {
                    capture.segment(last, from, to, flag, b"");
                    if flag != Flag::Reset {
                        capture.segment(last, to, from, Flag::Fin, b"");
                    }
                    open.remove(&of);
                }
            }
            _ => {}
        }
    }
    for (client, server) in open.into_values() {
        capture.segment(last, client, server, Flag::Fin, b"");
        capture.segment(last, server, client, Flag::Fin, b"");
    }
    capture
}

/// The two ends of a connection, opened when it is new.
fn ends(
    capture: &mut Capture,
    open: &mut HashMap<(u32, String), (SocketAddr, SocketAddr)>,
    ports: &mut u16,
    conn: u32,
    to: &str,
    at: i64,
) -> (SocketAddr, SocketAddr) {
    *open.entry((conn, to.to_owned())).or_insert_with(|| {
        *ports += 1;
        let client = SocketAddr::new(Ipv4Addr::from(CLIENT).into(), *ports);
        let server = to.parse().unwrap_or_else(|_| panic!("{to} is no address"));
        capture.segment(at, client, server, Flag::Syn, b"");
        capture.segment(at, server, client, Flag::SynAck, b"");
        (client, server)
    })
}

fn request_bytes(request: &RequestSeen) -> Vec<u8> {
    let version = request.version.as_str();
    let head = format!("{} {} {version}\r\n", request.method, request.target);
    let chunked = request.headers.has("transfer-encoding");
    message(&head, &request.headers, &request.body, chunked, true)
}

fn reply_bytes(reply: &Reply, method: &str) -> Vec<u8> {
    let Some(status) = reply.status else {
        return match reply.end {
            End::Garbage => b"garbage\r\n\r\n".to_vec(),
            _ => Vec::new(),
        };
    };
    let version = reply.version.as_str();
    let interim = reply
        .interim
        .iter()
        .map(|s| format!("{version} {s} Interim\r\n\r\n"));
    let head = format!(
        "{}{version} {status} Status\r\n",
        interim.collect::<String>()
    );
    let body: &[u8] = if has_no_body(reply, method) {
        b""
    } else {
        &reply.body
    };
    // A trace of ours has the whole body, and how much of it was sent in words.
    let cut = reply.fault.split_once("cut after ").map(|(_, rest)| rest);
    let cut = cut.and_then(|c| c.split(' ').next()?.parse::<usize>().ok());
    let body = &body[..cut.map_or(body.len(), |c| c.min(body.len()))];
    let body = match reply.end {
        End::Drip => &body[..body.len().saturating_sub(1)],
        _ => body,
    };
    let chunked = reply.headers.has("transfer-encoding");
    message(
        &head,
        &reply.headers,
        body,
        chunked,
        reply.end == End::Whole,
    )
}

fn has_no_body(reply: &Reply, method: &str) -> bool {
    method == "HEAD" || matches!(reply.status, Some(204 | 304))
}

/// Whether the end of the reply shows in itself.
fn is_framed(reply: &Reply, method: &str) -> bool {
    let length = reply.headers.get("content-length");
    let is_right = length.is_some_and(|n| n.trim().parse() == Ok(reply.body.len()));
    has_no_body(reply, method) || reply.headers.has("transfer-encoding") || is_right
}

fn message(head: &str, headers: &Headers, body: &[u8], chunked: bool, ends: bool) -> Vec<u8> {
    let mut bytes = head.as_bytes().to_vec();
    for (name, value) in &headers.0 {
        bytes.extend(format!("{name}: {value}\r\n").as_bytes());
    }
    bytes.extend(b"\r\n");
    if !chunked {
        bytes.extend(body);
        return bytes;
    }
    if !body.is_empty() {
        bytes.extend(format!("{:x}\r\n", body.len()).as_bytes());
        bytes.extend(body);
        bytes.extend(b"\r\n");
    }
    if ends {
        bytes.extend(b"0\r\n\r\n");
    }
    bytes
}
