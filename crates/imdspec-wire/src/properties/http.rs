//! HTTP messages, read in pieces.

use crate::{Limits, Received, RequestReader, RequestStep, Response, ResponseReader, WireError};

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
}

/// A response reads the same whether it comes at once, a byte at a time, in two halves, or in
/// pieces cut anywhere; what is read is within the limits, is what the bytes say, and does not
/// depend on what follows it.
///
/// `read` is given the pieces that arrive before the connection closes. Where the bytes are cut
/// follows from the bytes themselves.
///
/// # Panics
/// When that does not hold.
pub fn http_response_by(read: impl Fn(&[&[u8]]) -> Result<Response, WireError>, bytes: &[u8]) {
    let whole = read(&[bytes]);
    let singly: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(read(&singly), whole, "a byte at a time");
    let (a, b) = bytes.split_at(bytes.len() / 2);
    assert_eq!(read(&[a, b]), whole, "in two halves");
    assert_eq!(read(&cut(bytes)), whole, "cut anywhere");
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

/// The bytes in five pieces, some perhaps empty, cut where a checksum of the bytes says.
#[must_use]
pub fn cut(bytes: &[u8]) -> Vec<&[u8]> {
    let mut state = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut pieces = Vec::with_capacity(5);
    let mut rest = bytes;
    for _ in 0..4 {
        state = state
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        let at = usize::try_from(state >> 33).unwrap_or(0) % (rest.len() + 1);
        let (piece, behind) = rest.split_at(at);
        pieces.push(piece);
        rest = behind;
    }
    pieces.push(rest);
    pieces
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

fn read_requests(pieces: &[&[u8]]) -> (Vec<crate::Request>, bool) {
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
