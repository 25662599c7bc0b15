use super::*;
use crate::{Fault, Mode, Model, Span, World};
use imdspec_wire::{Limits, Mono, Now, Received, Request, Response, ResponseReader, Version, Wall};
use std::time::Duration;

const LIMITS: Limits = Limits {
    head: 1 << 20,
    body: 1 << 27,
};

fn reply_to(method: &str, change: impl FnOnce(&mut Fault)) -> Reply {
    let mut fault = Fault {
        body: Some("0123456789".into()),
        ..Fault::default()
    };
    change(&mut fault);
    let world = World {
        mode: Mode::V2Optional,
        faults: vec![fault],
        ..World::default()
    };
    let now = Now {
        wall: Wall(0),
        mono: Mono(0),
    };
    Model::new(world, 1).handle(now, &Request::new(method, "/"))
}

fn reply(change: impl FnOnce(&mut Fault)) -> Reply {
    reply_to("GET", change)
}

/// Everything sent, and what comes after it.
fn sent(reply: &Reply) -> (String, Vec<Piece>) {
    let mut text = String::new();
    let mut rest = Vec::new();
    for piece in reply.pieces() {
        match piece {
            Piece::Bytes(bytes) if rest.is_empty() => {
                text.extend(bytes.into_iter().map(char::from))
            }
            other => rest.push(other),
        }
    }
    (text, rest)
}

fn read(reply: &Reply) -> Option<Response> {
    let mut reader = ResponseReader::new("GET", LIMITS);
    for piece in reply.pieces() {
        match piece {
            Piece::Bytes(bytes) => {
                if let Received::Done(response) = reader.feed(&bytes).unwrap() {
                    return Some(response);
                }
            }
            Piece::Close => return reader.end().ok(),
            Piece::Pause(_) | Piece::Hang | Piece::Reset | Piece::Repeat { .. } => {}
        }
    }
    None
}

#[test]
fn a_healthy_reply_is_one_piece() {
    let (text, rest) = sent(&reply(|_| {}));
    assert_eq!(
        text,
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 10\r\nServer: EC2ws\r\n\r\n\
         0123456789"
    );
    assert_eq!(rest, []);
}

#[test]
fn interim_heads_come_first_and_readers_skip_them() {
    let reply = reply(|f| f.interim = vec![100, 103]);
    let (text, _) = sent(&reply);
    assert!(
        text.starts_with(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200"
        )
    );
    assert_eq!(read(&reply).unwrap().body.text(), "0123456789");
}

#[test]
fn chunks_are_joined_again() {
    let chunked = |body: String| {
        reply(|f| {
            f.body = Some(body);
            f.framing = Some(Framing::Chunked);
        })
    };
    let (text, _) = sent(&chunked("0123456789".into()));
    assert!(
        text.ends_with("\r\n\r\n5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n"),
        "{text}"
    );
    for length in [0, 1, 2, 3, 4096, 20_000] {
        let body = "x".repeat(length);
        let got = read(&chunked(body.clone())).unwrap();
        assert_eq!(got.body.text(), body, "{length}");
    }
}

#[test]
fn every_framing_reads_back_at_every_cut_or_not_at_all() {
    for framing in [Framing::Length, Framing::Chunked, Framing::Close] {
        for cut in [
            None,
            Some(0),
            Some(1),
            Some(4),
            Some(5),
            Some(9),
            Some(10),
            Some(99),
        ] {
            let reply = reply(|f| {
                f.framing = Some(framing);
                f.cut = cut;
            });
            let got = read(&reply).map(|r| r.body.text().into_owned());
            // A body framed by the connection's end is whole wherever that comes.
            let bytes = usize::try_from(cut.unwrap_or(99)).unwrap().min(10);
            let whole = match framing {
                Framing::Length => bytes == 10,
                Framing::Chunked => cut.is_none(),
                Framing::Close => true,
            };
            let expected = whole.then(|| "0123456789"[..bytes].to_owned());
            assert_eq!(got, expected, "{framing:?} {cut:?}");
            assert_eq!(reply.end() == End::Whole, whole, "{framing:?} {cut:?}");
            let closes = cut.is_some() || framing == Framing::Close;
            assert_eq!(reply.pieces().last() == Some(&Piece::Close), closes);
        }
    }
}

#[test]
fn a_length_too_long_leaves_the_peer_waiting_and_one_too_short_leaves_bytes_over() {
    let long = reply(|f| f.content_length = Some(11));
    assert_eq!(sent(&long).1, [Piece::Hang]);
    let short = reply(|f| f.content_length = Some(9));
    let (text, rest) = sent(&short);
    assert!(text.ends_with("\r\n\r\n0123456789"));
    assert_eq!((rest, read(&short).unwrap().body.len()), (vec![], 9));
}

#[test]
fn nothing_follows_a_head_without_a_body() {
    for framing in [Framing::Length, Framing::Chunked, Framing::Close] {
        let head = |f: &mut Fault| {
            f.framing = Some(framing);
            f.drip = Some(Span::seconds(1));
            f.endless = true;
        };
        let no_content = |f: &mut Fault| {
            head(f);
            f.status = Some(204);
        };
        for reply in [reply_to("HEAD", head), reply(no_content)] {
            let (text, rest) = sent(&reply);
            assert!(text.ends_with("\r\n\r\n"), "{text}");
            assert!(matches!(rest[..], [] | [Piece::Close]));
        }
    }
}

#[test]
fn what_is_no_reply_is_that_after_its_delay() {
    for (instead, pieces) in [
        (Instead::Silence, vec![Piece::Hang]),
        (Instead::Close, vec![Piece::Close]),
        (Instead::Reset, vec![Piece::Reset]),
        (
            Instead::Garbage,
            vec![Piece::Bytes(GARBAGE.to_vec()), Piece::Close],
        ),
    ] {
        let mut got = reply(|f| {
            f.instead = Some(instead);
            f.delay = Some(Span::seconds(2));
        })
        .pieces();
        assert_eq!(got.remove(0), Piece::Pause(Duration::from_secs(2)));
        assert_eq!(got, pieces);
    }
    assert!(ResponseReader::new("GET", LIMITS).feed(GARBAGE).is_err());
}

#[test]
fn a_drip_is_a_head_and_single_bytes_between_pauses() {
    let drip = |framing| {
        reply(|f| {
            f.drip = Some(Span::seconds(4));
            f.framing = Some(framing);
        })
    };
    let pieces = drip(Framing::Length).pieces();
    assert!(matches!(&pieces[0], Piece::Bytes(head) if head.ends_with(b"\r\n\r\n")));
    // Ten bytes of content need no padding to last 35 s.
    assert_eq!(pieces.len(), 1 + 10 + 9);
    assert_eq!(pieces[1], Piece::Bytes(b"0".to_vec()));
    assert_eq!(pieces[2], Piece::Pause(Duration::from_secs(4)));
    assert_eq!(
        read(&drip(Framing::Length)).unwrap().body.text(),
        "0123456789"
    );
    assert_eq!(
        read(&drip(Framing::Chunked)).unwrap().body.text(),
        "0123456789"
    );
    // A short interval is kept up for 35 s; then the rest comes at once.
    let quick = reply(|f| {
        f.drip = Some(Span::seconds(7));
        f.framing = Some(Framing::Length);
    });
    assert_eq!(quick.pieces().last(), Some(&Piece::Bytes(b"6789".to_vec())));
    let cut = reply(|f| {
        f.drip = Some(Span::seconds(4));
        f.cut = Some(2);
    });
    assert_eq!(cut.pieces().len(), 1 + 2 + 1 + 1);
    assert_eq!(cut.pieces().last(), Some(&Piece::Close));
}

#[test]
fn an_endless_body_ends_after_all() {
    for (framing, after) in [
        (Framing::Close, vec![Piece::Close]),
        (Framing::Length, vec![]),
        (
            Framing::Chunked,
            vec![Piece::Bytes(b"\r\n0\r\n\r\n".to_vec())],
        ),
    ] {
        let pieces = reply(|f| {
            f.endless = true;
            f.framing = Some(framing);
        })
        .pieces();
        let repeat = Piece::Repeat {
            bytes: b"0123456789".to_vec(),
            total: ENDLESS_BYTES,
        };
        assert_eq!(pieces[1], repeat, "{framing:?}");
        assert_eq!(pieces[2..], after, "{framing:?}");
    }
    let empty = reply(|f| {
        f.endless = true;
        f.body = Some(String::new());
    });
    assert!(matches!(&empty.pieces()[1], Piece::Repeat { bytes, .. } if !bytes.is_empty()));
}

#[test]
fn header_bytes_survive() {
    let reply = reply(|f| f.headers = vec![("X".into(), "\u{e9}\u{ff}".into())]);
    let Piece::Bytes(bytes) = &reply.pieces()[0] else {
        panic!("no bytes")
    };
    assert!(bytes.windows(7).any(|w| w == b"X: \xe9\xff\r\n"));
    assert_eq!(read(&reply).unwrap().headers.get("x"), Some("\u{e9}\u{ff}"));
}

#[test]
fn the_version_is_the_replys() {
    let reply = reply(|f| f.version = Some(Version::Http10));
    let (text, rest) = sent(&reply);
    assert!(text.starts_with("HTTP/1.0 200 OK\r\n"));
    assert_eq!(rest, [Piece::Close]);
}
