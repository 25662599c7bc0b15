//! HTTP messages, read in pieces.

use crate::{
    Headers, Limits, Received, Request, RequestReader, RequestStep, Response, ResponseReader,
    TOKEN_HEADER, WireError,
};

/// The limits under which messages are read here: small, so that they are reached.
pub(super) const LIMITS: Limits = Limits {
    head: 1024,
    body: 1024,
};

/// A response reads as [`http_response_by`] says.
///
/// # Panics
/// When that does not hold.
pub fn http_response(bytes: &[u8]) {
    http_response_by(read_response, bytes);
    says_the_same_on_the_way(bytes);
}

/// What a reader says of a response before it is whole is what it says of it in the end.
fn says_the_same_on_the_way(bytes: &[u8]) {
    let mut reader = ResponseReader::new("GET", LIMITS);
    assert!(reader.is_untouched(), "nothing has come");
    match reader.feed(bytes) {
        Ok(Received::Done(_)) => assert!(bytes.ends_with(reader.rest()), "what is left over"),
        Ok(Received::More) => {
            assert_eq!(
                reader.is_untouched(),
                bytes.is_empty(),
                "something has come"
            );
            assert!(
                reader.interim().iter().all(|s| (100..200).contains(s)),
                "interim"
            );
            let (may_end, so_far) = (reader.may_end(), reader.so_far());
            let ended = reader.end().ok();
            assert_eq!(may_end, ended.is_some(), "may end here");
            assert!(
                ended.is_none() || ended == so_far,
                "{so_far:?}, and in the end {ended:?}"
            );
        }
        Err(_) => {}
    }
}

/// A response reads the same whether it comes at once, or in pieces cut anywhere or somewhere a byte
/// at a time, one of which is each input's turn; what is read is within the limits, is what the bytes say, and does not
/// depend on what follows it.
///
/// `read` is given the pieces that arrive before the connection closes. Where the bytes are cut
/// follows from the bytes themselves.
///
/// # Panics
/// When that does not hold.
pub fn http_response_by(read: impl Fn(&[&[u8]]) -> Result<Response, WireError>, bytes: &[u8]) {
    let whole = read(&[bytes]);
    if has_turn(bytes, 2) {
        assert_eq!(read(&cut(bytes)), whole, "cut anywhere");
    } else {
        assert_eq!(read(&crumbled(bytes)), whole, "a byte at a time");
    }
    let Ok(response) = whole else {
        return;
    };
    assert!(response.body.len() <= LIMITS.body, "the limit of bodies");
    assert!((200..=999).contains(&response.status), "a final status");
    for (name, value) in &response.headers.0 {
        let legal = |b: u8| b.is_ascii_graphic() && !b"\"(),/:;<=>?@[\\]{}".contains(&b);
        assert!(!name.is_empty() && name.bytes().all(legal), "{name:?}");
        assert!(!value.contains(['\r', '\n', '\0']), "{value:?}");
    }
    assert_eq!(
        response.is_success(),
        (200..300).contains(&response.status),
        "2xx"
    );
    fields_hold(&response.headers);
    let again = written(&response);
    if again.len() <= LIMITS.head {
        assert_eq!(read(&[&again]), Ok(response.clone()), "written again");
    }
    // What is shown is the same for another token.
    let mut others = response.headers.clone();
    for (name, value) in &mut others.0 {
        if name.eq_ignore_ascii_case(TOKEN_HEADER) {
            "another".clone_into(value);
        }
    }
    let shown = format!("{:?}", response.headers);
    assert_eq!(shown, format!("{others:?}"), "no token is shown");
    if response.headers.has("transfer-encoding") || matches!(response.status, 204 | 304) {
        return;
    }
    // As long as it says, and these are the very bytes.
    if let Some(length) = response.headers.get("content-length") {
        let length = length.trim().parse::<usize>();
        assert_eq!(length, Ok(response.body.len()), "as long as it says");
        let more = [bytes, b"HTTP/1.1 500 \r\n\r\n"].concat();
        assert_eq!(
            read(&[&more]),
            Ok(response.clone()),
            "whatever comes after it"
        );
    } else {
        assert!(bytes.ends_with(&response.body), "up to the end");
    }
    let stands = response.body.is_empty()
        || bytes
            .windows(response.body.len())
            .any(|part| part == response.body.0);
    assert!(stands, "the body as sent");
}

/// A field that is set stands there once, at the end, and takes nothing else with it.
fn fields_hold(fields: &Headers) {
    let mut changed = fields.clone();
    changed.push("X-Imdspec", "twice");
    changed.set("x-imdspec", "once");
    assert!(changed.all("X-IMDSPEC").eq(["once"]), "set");
    assert_eq!(
        changed.0.last().map(|(_, value)| value.as_str()),
        Some("once"),
        "at the end"
    );
    changed.remove("x-Imdspec");
    let others = fields
        .0
        .iter()
        .filter(|(name, _)| !name.eq_ignore_ascii_case("x-imdspec"));
    assert!(changed.0.iter().eq(others), "removed");
    let empty = Request::new("GET", "/");
    let request = fields
        .0
        .iter()
        .fold(empty, |request, (n, v)| request.with(n.clone(), v));
    assert_eq!(request.headers, *fields, "added one by one");
}

/// A response as it would be written, framed as it says; one that came in chunks comes in one.
fn written(response: &Response) -> Vec<u8> {
    let version = response.version.as_str();
    let mut out = format!("{version} {:03} {}\r\n", response.status, response.reason).into_bytes();
    for (name, value) in &response.headers.0 {
        out.extend(format!("{name}:").bytes());
        // Each character is a byte.
        out.extend(
            value
                .chars()
                .filter_map(|c| u8::try_from(u32::from(c)).ok()),
        );
        out.extend(b"\r\n");
    }
    out.extend(b"\r\n");
    let chunked = response.headers.has("transfer-encoding");
    let bodiless = matches!(response.status, 204 | 304);
    if chunked && !bodiless {
        if !response.body.is_empty() {
            out.extend(format!("{:x}\r\n", response.body.len()).bytes());
            out.extend(&response.body.0);
            out.extend(b"\r\n");
        }
        out.extend(b"0\r\n\r\n");
    } else {
        out.extend(&response.body.0);
    }
    out
}

/// The bytes in five pieces, some perhaps empty, cut where a checksum of the bytes says.
#[must_use]
pub fn cut(bytes: &[u8]) -> Vec<&[u8]> {
    let mut state = checksum(bytes);
    let mut pieces = Vec::with_capacity(5);
    let mut rest = bytes;
    for _ in 0..4 {
        state = state
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        let (piece, behind) = rest.split_at(below(state, rest.len() + 1));
        pieces.push(piece);
        rest = behind;
    }
    pieces.push(rest);
    pieces
}

/// The most bytes that come singly: every one would be slow, and each place has its turn.
const SINGLY: usize = 32;

/// The bytes with some of them, all if there are few, each in a piece of its own. Where these begin
/// a checksum of the bytes says.
#[must_use]
pub fn crumbled(bytes: &[u8]) -> Vec<&[u8]> {
    let spare = bytes.len().saturating_sub(SINGLY);
    let (before, rest) = bytes.split_at(below(checksum(bytes), spare + 1));
    let (crumbs, behind) = rest.split_at(rest.len().min(SINGLY));
    let mut pieces = Vec::with_capacity(SINGLY + 2);
    pieces.push(before);
    pieces.extend(crumbs.chunks(1));
    pieces.push(behind);
    pieces
}

/// Whether it is these bytes' turn, which it is once in `times` times: for what costs as much as all
/// the rest and need not be seen of every input.
#[must_use]
pub fn has_turn(bytes: &[u8], times: usize) -> bool {
    below(checksum(bytes), times.max(1)) == 0
}

fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn below(state: u64, end: usize) -> usize {
    usize::try_from(state >> 33).unwrap_or(0) % end
}

/// Reads a response to a GET from the pieces in which it arrives before the connection closes.
///
/// # Errors
/// Those of [`ResponseReader`], under limits of 1024 bytes.
pub fn read_response(pieces: &[&[u8]]) -> Result<Response, WireError> {
    let mut reader = ResponseReader::new("GET", LIMITS);
    for piece in pieces {
        if let Received::Done(response) = reader.feed(piece)? {
            return Ok(response);
        }
    }
    reader.end()
}

/// Requests read the same whether they come at once or a byte at a time.
///
/// # Panics
/// When that does not hold.
pub fn http_requests(bytes: &[u8]) {
    let whole = read_requests(&[bytes]);
    let singly: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(read_requests(&singly), whole);
    assert_eq!(read_requests(&cut(bytes)), whole);
}

fn read_requests(pieces: &[&[u8]]) -> (Vec<Request>, bool) {
    let mut reader = RequestReader::new(LIMITS);
    let mut requests = Vec::new();
    for piece in pieces {
        reader.feed(piece);
        loop {
            match reader.next() {
                Ok(RequestStep::Request(request)) => requests.push(request),
                Ok(RequestStep::More) => break,
                Err(_) => return (requests, true),
            }
        }
    }
    (requests, false)
}
