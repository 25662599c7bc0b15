//! Files of each format, whole and damaged.

use super::build::{Capture, Flag, told_again};
use crate::recording::{Format, Recording, RecordingError, read};
use crate::{Reference, memory, scenario};
use imdspec_rules::{ClockKind, End, Recorded, Reply, SecretKind, Server, Trace, What};
use std::net::SocketAddr;

const PUT: &[u8] = b"PUT /latest/api/token HTTP/1.1\r\nHost: h\r\n\r\n";
const GET: &[u8] = b"GET /latest/meta-data/iam/security-credentials/ HTTP/1.1\r\nHost: h\r\n\r\n";
const TOKEN: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nsecret-token";
const ROLE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nrole";

fn ends() -> (SocketAddr, SocketAddr) {
    let address = |text: &str| text.parse().unwrap();
    (address("10.0.0.7:40000"), address("169.254.169.254:80"))
}

/// A connection that is open, at 1000 ms.
fn opened() -> Capture {
    let (client, server) = ends();
    let mut capture = Capture::new();
    capture.segment(1000, client, server, Flag::Syn, b"");
    capture.segment(1000, server, client, Flag::SynAck, b"");
    capture
}

/// A connection on which a token was asked for and given: packets 3 and 4.
fn token() -> Capture {
    let (client, server) = ends();
    let mut capture = opened();
    capture.segment(1010, client, server, Flag::Data, PUT);
    capture.segment(1025, server, client, Flag::Data, TOKEN);
    capture
}

fn read_pcap(capture: &Capture) -> Recording {
    read(&capture.pcap(), &[]).unwrap()
}

fn replies(recording: &Recording) -> Vec<&Reply> {
    let events = recording.parts.iter().flat_map(|p| &p.trace.events);
    events
        .filter_map(|e| match &e.what {
            What::Reply(reply) => Some(reply),
            _ => None,
        })
        .collect()
}

fn ends_of(capture: &Capture) -> Vec<(Option<u16>, End)> {
    let recording = read_pcap(capture);
    let replies = replies(&recording).into_iter();
    replies.map(|r| (r.status, r.end)).collect()
}

#[test]
fn a_capture_is_a_trace_with_packet_numbers() {
    let recording = read_pcap(&token());
    assert_eq!(recording.format, Format::Pcap);
    let part = &recording.parts[0];
    assert_eq!(part.client.as_deref(), Some("10.0.0.7"));
    // The request, the announcement of what the reply shows, the reply.
    assert_eq!(part.places, [3, 0, 4]);
    let [request, secret, reply] = &part.trace.events[..] else {
        panic!("{}", part.trace);
    };
    assert_eq!((request.at.0, request.wall.0), (0, 1010));
    assert!(
        matches!(&request.what, What::Request(r) if r.to == "169.254.169.254:80" && r.server == Server::Imds)
    );
    assert!(
        matches!(&secret.what, What::Secret { kind: SecretKind::SessionToken, value } if value == "secret-token")
    );
    assert_eq!((reply.at.0, replies(&recording)[0].delay), (15, 15));
    assert_eq!(part.trace.header.clock, ClockKind::Wall);
    assert_eq!(part.trace.header.recorded, Some(Recorded::Midway));
}

#[test]
fn every_kind_of_capture_file_reads_the_same() {
    let capture = token();
    let plain = read_pcap(&capture).parts;
    let ng = read(&capture.pcapng(), &[]).unwrap();
    assert_eq!(ng.format, Format::PcapNg);
    assert_eq!(ng.parts, plain);
    // Without the head of 14 bytes; with the heads of Linux's `any` and of the BSDs' loopback.
    let cooked = [&[0; 14][..], &[8, 0]].concat();
    let cooked2 = [&[8, 0][..], &[0; 18]].concat();
    for (link, head) in [
        (101, &[][..]),
        (113, &cooked),
        (276, &cooked2),
        (0, &[2, 0, 0, 0]),
    ] {
        for order in [u32::to_le_bytes, u32::to_be_bytes] {
            let file = capture.pcap_of(order, link, 14, head);
            assert_eq!(read(&file, &[]).unwrap().parts, plain, "link {link}");
        }
    }
    let unknown = read(&capture.pcap_of(u32::to_le_bytes, 147, 0, &[]), &[]).unwrap();
    assert_eq!((unknown.parts.len(), unknown.counts.unread), (0, 4));
    assert!(
        unknown.notes[0].contains("link type 147"),
        "{:?}",
        unknown.notes
    );
}

#[test]
fn packets_out_of_order_and_sent_again_make_no_difference() {
    let (client, server) = ends();
    let mut capture = opened();
    let (first, rest) = PUT.split_at(10);
    capture.segment(1010, client, server, Flag::Data, first);
    capture.segment(1010, client, server, Flag::Data, rest);
    capture.segment(1010, server, client, Flag::Data, TOKEN);
    let straight = read_pcap(&capture);
    assert_eq!(straight.parts[0].places, [4, 0, 5]);
    capture.swap(2, 3);
    // The first segment once more, after everything.
    capture.numbered(1013, client, server, (Flag::Data, 0xffff_fff1), first);
    let crooked = read_pcap(&capture);
    assert_eq!(crooked.counts.repeated, 1);
    let whats = |r: &Recording| -> Vec<What> {
        r.parts[0]
            .trace
            .events
            .iter()
            .map(|e| e.what.clone())
            .collect()
    };
    assert_eq!(whats(&crooked), whats(&straight));
}

#[test]
fn a_packet_that_is_missing_is_said_and_nothing_is_made_up() {
    let (client, server) = ends();
    let mut capture = opened();
    capture.segment(1010, client, server, Flag::Data, PUT);
    let (head, body) = TOKEN.split_at(45);
    capture.segment(1011, server, client, Flag::Data, head);
    capture.segment(1012, server, client, Flag::Data, &body[..2]);
    capture.segment(1012, server, client, Flag::Data, &body[2..]);
    capture.drop_packet(4);
    let recording = read_pcap(&capture);
    assert_eq!(recording.counts.gaps, 1);
    assert!(recording.notes[0].contains("1 connection with bytes missing"));
    let [reply] = replies(&recording)[..] else {
        panic!("one reply");
    };
    assert_eq!((reply.status, reply.end), (Some(200), End::Unseen));
    // Of the reply's own beginning: not even its status is known.
    let mut capture = token();
    capture.segment(1030, server, client, Flag::Fin, b"");
    capture.drop_packet(3);
    assert_eq!(ends_of(&capture), [(None, End::Unseen)]);
}

#[test]
fn several_exchanges_stand_on_one_connection_and_in_one_packet() {
    let (client, server) = ends();
    let mut capture = opened();
    capture.segment(1010, client, server, Flag::Data, &[PUT, GET].concat());
    capture.segment(1011, server, client, Flag::Data, &[TOKEN, ROLE].concat());
    capture.segment(1012, client, server, Flag::Data, GET);
    capture.segment(1013, server, client, Flag::Data, ROLE);
    let recording = read_pcap(&capture);
    let bodies: Vec<_> = replies(&recording)
        .iter()
        .map(|r| r.body.text().into_owned())
        .collect();
    assert_eq!(bodies, ["secret-token", "role", "role"]);
    assert_eq!(
        (recording.counts.connections, recording.counts.exchanges),
        (1, 3)
    );
}

#[test]
fn how_a_reply_ends_is_told() {
    let (client, server) = ends();
    let after = |bytes: &[u8], more: &[(bool, Flag)]| {
        let mut capture = opened();
        capture.segment(1010, client, server, Flag::Data, PUT);
        if !bytes.is_empty() {
            capture.segment(1011, server, client, Flag::Data, bytes);
        }
        for (is_client, flag) in more {
            let (from, to) = if *is_client {
                (client, server)
            } else {
                (server, client)
            };
            capture.segment(1012, from, to, *flag, b"");
        }
        ends_of(&capture)[0]
    };
    let unframed = b"HTTP/1.0 200 OK\r\n\r\nto the end";
    let cut = &TOKEN[..TOKEN.len() - 3];
    let (client_fin, fin, reset) = ((true, Flag::Fin), (false, Flag::Fin), (false, Flag::Reset));
    assert_eq!(after(b"", &[fin]), (None, End::Closed));
    assert_eq!(after(b"", &[reset]), (None, End::Reset));
    assert_eq!(after(b"", &[client_fin, fin]), (None, End::Silent));
    assert_eq!(after(b"", &[(true, Flag::Reset)]), (None, End::Silent));
    assert_eq!(after(b"", &[]), (None, End::Unseen));
    assert_eq!(after(cut, &[fin]), (Some(200), End::Short));
    assert_eq!(after(cut, &[client_fin, fin]), (Some(200), End::Unseen));
    assert_eq!(after(cut, &[]), (Some(200), End::Unseen));
    assert_eq!(after(unframed, &[fin]), (Some(200), End::Whole));
    assert_eq!(after(unframed, &[reset]), (Some(200), End::Short));
    assert_eq!(after(b"SSH-2.0-x\r\n", &[fin]), (None, End::Garbage));
}

#[test]
fn other_traffic_is_left_out_and_counted() {
    let (client, server) = ends();
    let mut capture = token();
    let web: SocketAddr = "10.0.0.9:80".parse().unwrap();
    capture.segment(1030, client, web, Flag::Syn, b"");
    capture.segment(
        1030,
        client,
        web,
        Flag::Data,
        b"GET / HTTP/1.1\r\nHost: w\r\n\r\n",
    );
    let secure: SocketAddr = "10.0.0.9:443".parse().unwrap();
    capture.segment(1031, client, secure, Flag::Data, b"\x16\x03\x01 no HTTP");
    // Another client is another part.
    let other: SocketAddr = "10.0.0.8:40000".parse().unwrap();
    capture.segment(1032, other, server, Flag::Data, GET);
    let recording = read_pcap(&capture);
    assert_eq!(
        (recording.counts.left_out, recording.counts.exchanges),
        (1, 2)
    );
    let clients: Vec<_> = recording
        .parts
        .iter()
        .map(|p| p.client.as_deref())
        .collect();
    assert_eq!(clients, [Some("10.0.0.7"), Some("10.0.0.8")]);
}

#[test]
fn where_the_service_sends_somebody_is_not_the_service() {
    let (client, server) = ends();
    let mut capture = opened();
    capture.segment(1010, client, server, Flag::Data, GET);
    let away = b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.9:81/x\r\nContent-Length: 0\r\n\r\n";
    capture.segment(1011, server, client, Flag::Data, away);
    let stray: SocketAddr = "10.0.0.9:81".parse().unwrap();
    capture.segment(1012, client, stray, Flag::Data, GET);
    let recording = read_pcap(&capture);
    let servers: Vec<Server> = recording.parts[0]
        .trace
        .events
        .iter()
        .filter_map(|e| match &e.what {
            What::Request(r) => Some(r.server),
            _ => None,
        })
        .collect();
    assert_eq!(servers, [Server::Imds, Server::Collector]);
}

/// One entry of an archive.
fn entry(url: &str, response: &str) -> String {
    format!(
        r#"{{"startedDateTime":"2026-01-01T00:00:01.5Z","time":20,
        "request":{{"method":"PUT","url":"{url}","httpVersion":"HTTP/1.1","headers":
        [{{"name":"X-aws-ec2-metadata-token-ttl-seconds","value":"60"}}]}},
        "response":{response},"timings":{{"send":0,"wait":12,"receive":1}}}}"#
    )
}

fn har(entries: &[String]) -> Result<Recording, RecordingError> {
    let entries = entries.join(",");
    let text = format!(r#"{{"log":{{"version":"1.2","entries":[{entries}]}}}}"#);
    read(text.as_bytes(), &[])
}

#[test]
fn an_archive_is_a_trace_with_entry_numbers() {
    let answered = |content: &str| {
        format!(r#"{{"status":200,"httpVersion":"HTTP/1.0","headers":[],"content":{content}}}"#)
    };
    let url = "http://169.254.169.254/latest/api/token";
    let recording = har(&[
        entry("http://example.org/", &answered("{}")),
        entry(url, &answered(r#"{"size":12,"text":"secret-token"}"#)),
        entry(
            url,
            &answered(r#"{"size":12,"text":"c2VjcmV0","encoding":"base64"}"#),
        ),
        entry(url, &answered(r#"{"size":12}"#)),
        entry(url, r#"{"status":0,"headers":[],"content":{}}"#),
    ])
    .unwrap();
    assert_eq!(recording.format, Format::Har);
    assert_eq!(
        (recording.counts.left_out, recording.counts.exchanges),
        (1, 4)
    );
    let said: Vec<_> = replies(&recording)
        .iter()
        .map(|r| (r.end, r.status, r.body.text().into_owned(), r.delay))
        .collect();
    let whole = |text: &str| (End::Whole, Some(200), text.to_owned(), 12);
    assert_eq!(said[..2], [whole("secret-token"), whole("secret")]);
    assert_eq!(said[2], (End::Unseen, Some(200), String::new(), 12));
    assert_eq!(said[3], (End::Unseen, None, String::new(), 12));
    let part = &recording.parts[0];
    assert_eq!(part.places.iter().filter(|p| **p == 2).count(), 2);
    let first = &part.trace.events[0];
    assert_eq!((first.at.0, first.wall.0), (0, 1_767_225_601_500));
}

#[test]
fn a_trace_of_ours_comes_back_as_it_is() {
    let healthy = scenario::embedded()
        .iter()
        .find(|s| s.name == "doc/canonical")
        .unwrap();
    let trace = memory::run(healthy, &Reference::default(), 1);
    let text = trace.to_string().replace('\n', "\n\n");
    let recording = read(text.as_bytes(), &[]).unwrap();
    let part = &recording.parts[0];
    assert_eq!(part.trace.header, trace.header);
    assert_eq!(part.trace.header.recorded, None);
    // Nothing was to be learnt: the run announced its secrets.
    assert_eq!(part.trace.events, trace.events);
    assert_eq!(part.places[..2], [3, 5]);
    // It is no recording of somebody else's: nothing is to be added.
    let mut same = part.clone();
    same.set_one_resolve();
    assert_eq!(&same, part);
}

#[test]
fn one_resolve_stands_before_everything() {
    let mut part = read_pcap(&token()).parts.remove(0);
    part.set_one_resolve();
    assert_eq!(part.trace.events[0].what, What::Resolve { call: 1 });
    assert_eq!(part.places, [0, 3, 0, 4]);
    assert_eq!(part.trace.header.recorded, Some(Recorded::FromStart));
    // It can be written down, and read again.
    let again: Trace = part.trace.to_string().parse().unwrap();
    assert_eq!(again, part.trace);
}

#[test]
fn what_is_no_recording_says_what_was_expected_and_where() {
    let said = |bytes: &[u8]| read(bytes, &[]).unwrap_err().to_string();
    assert!(said(b"").contains("empty"));
    assert!(said(b"hello").contains("a capture with the magic number of pcap"));
    assert!(said(b"\x1f\x8b\x08").contains("decompress it first"));
    assert!(said(b"{}").contains("missing field `log` at line 1"));
    assert!(said(b"{\"imdspec_trace\":1}").contains("line 1 of the trace"));
    assert!(said(b"{\"imdspec_trace\":1,\xff").contains("not UTF-8 at byte 20"));
    let pcap = token().pcap();
    assert!(said(&pcap[..20]).contains("pcap header does not parse at byte 1"));
    let ng = token().pcapng();
    assert!(said(&ng[..20]).contains("pcapng header does not parse at byte 1"));
    let broken = entry("http://h/", r#"{"status":200}"#).replace("2026-01", "2026-13");
    let broken = har(&[broken]).unwrap_err().to_string();
    assert!(broken.contains("entry 1: startedDateTime"), "{broken}");
}

#[test]
fn a_file_that_ends_too_early_is_read_as_far_as_it_goes() {
    let capture = told_again(&memory::run(
        &scenario::embedded()[0],
        &Reference::default(),
        1,
    ));
    let last = capture.count();
    for file in [capture.pcap(), capture.pcapng()] {
        let recording = read(&file[..file.len() - 3], &[]).unwrap();
        let note = format!("the file ends in the middle of packet {last}");
        assert_eq!(recording.notes, [note]);
        assert_eq!(recording.counts.units, last - 1);
    }
}
