//! Faults: what goes wrong with which requests.

use super::bodies::{self, Body};
use super::draw::Draw;
use super::{Reach, Waits};
use imdspec_model::{Fault, Framing, Instead, Nth, On};
use imdspec_wire::{TOKEN_HEADER, TTL_HEADER, Version};

/// Statuses, those first that say something to a client of this service.
const STATUSES: [u16; 24] = [
    500, 503, 401, 403, 404, 400, 405, 429, 200, 204, 201, 202, 203, 205, 206, 301, 302, 304, 307,
    308, 418, 502, 504, 999,
];

/// Lifetimes as a token's reply may state them.
const TTLS: [&str; 14] = [
    "21600",
    "60",
    "1",
    "0",
    "-1",
    "",
    "abc",
    "21601",
    "18446744073709551615",
    "99999999999999999999",
    "+60",
    " 60",
    "1e2",
    "60, 60",
];

/// Up to `most` faults that are faults: none changes nothing, none contradicts itself.
pub(crate) fn faults(draw: &mut Draw<'_>, reach: Reach, most: u32) -> Vec<Fault> {
    (0..draw.up_to(most))
        .map(|_| fault(draw, reach))
        .filter(|fault| crate::scenario::wrong_with(fault).is_none())
        .collect()
}

fn fault(draw: &mut Draw<'_>, reach: Reach) -> Fault {
    let on = draw.of(&[On::Document, On::Roles, On::Token, On::Metadata, On::Any]);
    let nth = nth(draw);
    let blank = Fault {
        on,
        nth,
        ..Fault::default()
    };
    match draw.up_to(15) {
        0..=5 => with_body(draw, blank),
        6..=8 => Fault {
            status: Some(draw.of(&STATUSES)),
            ..blank
        },
        9 => Fault {
            status: Some(draw.of(&STATUSES)),
            ..with_body(draw, blank)
        },
        10 => Fault {
            on: On::Token,
            headers: vec![(TTL_HEADER.into(), draw.of(&TTLS).into())],
            ..blank
        },
        11 => with_headers(draw, blank),
        12 => framed(draw, blank),
        13 => Fault {
            interim: vec![draw.of(&[100, 102, 103]); 1 + draw.up_to(2) as usize],
            ..blank
        },
        14 => Fault {
            instead: Some(draw.of(&[Instead::Close, Instead::Reset, Instead::Garbage])),
            ..blank
        },
        _ => slow(draw, reach, blank),
    }
}

fn nth(draw: &mut Draw<'_>) -> Nth {
    match draw.up_to(4) {
        0..=2 => Nth::default(),
        3 => Nth {
            first: 1,
            last: Some(1 + draw.up_to(2)),
        },
        _ => Nth {
            first: 2 + draw.up_to(2),
            last: None,
        },
    }
}

/// Another body, of the kind that belongs there.
fn with_body(draw: &mut Draw<'_>, fault: Fault) -> Fault {
    let body = match fault.on {
        On::Roles => bodies::roles(draw),
        On::Token => bodies::token(draw),
        On::Metadata | On::Any => bodies::page(draw),
        _ => bodies::document(draw),
    };
    body.into_fault(fault)
}

fn with_headers(draw: &mut Draw<'_>, fault: Fault) -> Fault {
    let headers: &[(&str, &str)] = match draw.up_to(5) {
        0 => &[("Content-Type", "application/json")],
        1 => &[("Content-Type", "text/html")],
        2 => &[("Set-Cookie", "a=b; Path=/")],
        3 => &[("Location", "${collector}/latest/")],
        4 => &[("Connection", "close")],
        _ => {
            return Fault {
                without: vec![draw.of(&[TTL_HEADER, "Content-Type", TOKEN_HEADER]).into()],
                ..fault
            };
        }
    };
    let status = (headers[0].0 == "Location").then(|| draw.of(&[301, 302, 303, 307, 308]));
    Fault {
        status,
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        ..fault
    }
}

fn framed(draw: &mut Draw<'_>, fault: Fault) -> Fault {
    match draw.up_to(4) {
        0 => Fault {
            framing: Some(draw.of(&[Framing::Chunked, Framing::Close])),
            ..fault
        },
        1 => Fault {
            cut: Some(u64::from(draw.up_to(300))),
            ..fault
        },
        2 => Fault {
            version: Some(Version::Http10),
            ..fault
        },
        3 => Fault {
            header_flood: Some(draw.of(&[10, 100, 200, 1000])),
            ..fault
        },
        _ => Fault {
            cut: Some(u64::from(draw.up_to(300))),
            framing: Some(Framing::Chunked),
            ..fault
        },
    }
}

/// What makes a client wait. Where waiting costs real time there is little of it.
fn slow(draw: &mut Draw<'_>, reach: Reach, fault: Fault) -> Fault {
    if reach.waits == Waits::Real {
        return Fault {
            delay: "20ms".parse().ok(),
            ..fault
        };
    }
    match draw.up_to(3) {
        0 => Fault {
            delay: Some(draw.span(&["300ms", "1500ms", "10s"])),
            ..fault
        },
        1 => Fault {
            instead: Some(Instead::Silence),
            ..fault
        },
        2 => Fault {
            drip: Some(draw.span(&["500ms", "100ms"])),
            ..fault
        },
        _ => Fault {
            endless: true,
            ..fault
        },
    }
}

/// Replies as bytes on the wire, each as the fault that answers it. What is no HTTP is garbage.
pub(super) fn reply(nth: u32, bytes: &[u8]) -> Fault {
    use imdspec_wire::{Limits, Received, ResponseReader};
    let one = Nth {
        first: nth,
        last: Some(nth),
    };
    let limits = Limits {
        head: 16 << 10,
        body: 64 << 10,
    };
    let mut reader = ResponseReader::new("GET", limits);
    let read = match reader.feed(bytes) {
        Ok(Received::Done(response)) => Ok(response),
        Ok(Received::More) => reader.end(),
        Err(e) => Err(e),
    };
    let garbage = Fault {
        nth: one,
        instead: Some(Instead::Garbage),
        ..Fault::default()
    };
    match read {
        Ok(response) if (200..=999).contains(&response.status) => {
            let framing = |name: &str| {
                ["content-length", "transfer-encoding"]
                    .iter()
                    .any(|f| name.eq_ignore_ascii_case(f))
            };
            let headers = response.headers.0.into_iter();
            let fault = Fault {
                nth: one,
                status: Some(response.status),
                version: (response.version == Version::Http10).then_some(Version::Http10),
                headers: headers
                    .filter(|(name, value)| !framing(name) && !value.contains("${"))
                    .map(|(name, value)| (name.into_owned(), value))
                    .collect(),
                ..Fault::default()
            };
            Body::Raw(response.body.0).into_fault(fault)
        }
        _ => garbage,
    }
}
