//! The layers of one packet, down to its TCP segment.

use etherparse::{EtherType, LaxNetSlice, LaxSlicedPacket, TransportSlice};
use pcap_parser::Linktype;
use std::net::SocketAddr;

/// A TCP segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment<'p> {
    pub(super) from: SocketAddr,
    pub(super) to: SocketAddr,
    pub(super) sequence: u32,
    pub(super) begins: bool,
    pub(super) acknowledges: bool,
    pub(super) finishes: bool,
    pub(super) resets: bool,
    pub(super) bytes: &'p [u8],
}

/// Whether packets of such a link are understood.
pub(super) const fn is_known(link: Linktype) -> bool {
    layer(link).is_some()
}

enum Layer {
    Ethernet,
    /// The version of IP stands in its first byte, after so many bytes of something else.
    Ip(usize),
    /// The kind of the payload stands at the first number, the payload at the second.
    Kind(usize, usize),
}

const fn layer(link: Linktype) -> Option<Layer> {
    // The numbers are those of https://www.tcpdump.org/linktypes.html.
    Some(match link.0 {
        1 => Layer::Ethernet,
        // The loopback of the BSDs, with an address family in either byte order.
        0 | 108 => Layer::Ip(4),
        12 | 14 | 101 | 228 | 229 => Layer::Ip(0),
        // Linux's `any`, in two versions.
        113 => Layer::Kind(14, 16),
        276 => Layer::Kind(0, 20),
        _ => return None,
    })
}

/// The segment in a packet; none when it holds something else, or only part of one.
pub(super) fn of(link: Linktype, packet: &[u8]) -> Option<Segment<'_>> {
    let layers = match layer(link)? {
        Layer::Ethernet => LaxSlicedPacket::from_ethernet(packet).ok()?,
        Layer::Ip(at) => LaxSlicedPacket::from_ip(packet.get(at..)?).ok()?,
        Layer::Kind(kind, payload) => {
            let kind: [u8; 2] = packet.get(kind..kind + 2)?.try_into().ok()?;
            let kind = EtherType(u16::from_be_bytes(kind));
            LaxSlicedPacket::from_ether_type(kind, packet.get(payload..)?)
        }
    };
    let net = layers.net.as_ref()?;
    let (from, to) = match net {
        LaxNetSlice::Ipv4(ip) => {
            let header = ip.header();
            (
                header.source_addr().into(),
                header.destination_addr().into(),
            )
        }
        LaxNetSlice::Ipv6(ip) => {
            let header = ip.header();
            (
                std::net::IpAddr::from(header.source_addr()),
                header.destination_addr().into(),
            )
        }
        LaxNetSlice::Arp(_) => return None,
    };
    let payload = net.ip_payload_ref()?;
    let Some(TransportSlice::Tcp(tcp)) = &layers.transport else {
        return None;
    };
    Some(Segment {
        from: SocketAddr::new(from, tcp.source_port()),
        to: SocketAddr::new(to, tcp.destination_port()),
        sequence: tcp.sequence_number(),
        begins: tcp.syn(),
        acknowledges: tcp.ack(),
        // Of a packet that was cut short, the end stands nobody knows where.
        finishes: tcp.fin() && !payload.incomplete,
        resets: tcp.rst(),
        bytes: tcp.payload(),
    })
}
