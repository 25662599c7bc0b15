//! What holds for any bytes at all, as functions that panic where it does not.
//!
//! The property tests, the replay of the corpus and the fuzz targets all call these, so that one
//! statement is put to the test in three ways.

use crate::{
    CredentialDocument, Field, Limits, Received, RequestReader, RequestStep, Response,
    ResponseReader, RoleList, Success, Timestamp, Ttl, WireError,
};

/// A credential document is read or refused; what is accepted has every part a signature needs,
/// and reads the same when it is written again.
///
/// # Panics
/// When that does not hold.
pub fn credential_document(bytes: &[u8]) {
    let Ok(document) = CredentialDocument::parse(bytes) else {
        return;
    };
    assert_eq!(document.raw().as_bytes(), bytes, "the raw text is kept");
    let Ok(credentials) = document.credentials() else {
        return;
    };
    assert_ne!(
        document.success(),
        Success::No,
        "a failure gives no credentials"
    );
    for part in [
        &credentials.access_key_id,
        &credentials.secret_access_key,
        &credentials.session_token,
    ] {
        assert!(!part.is_empty(), "no credential is partial");
    }
    assert_eq!(
        document.field("Token"),
        Field::Text(&credentials.session_token)
    );
    let again = serde_json::json!({
        "AccessKeyId": credentials.access_key_id,
        "SecretAccessKey": credentials.secret_access_key,
        "Token": credentials.session_token,
        "Expiration": credentials.expiration.to_string(),
        "AccountId": credentials.account_id.clone().unwrap_or_default(),
    });
    let reread =
        CredentialDocument::parse(again.to_string().as_bytes()).and_then(|d| d.credentials());
    assert_eq!(reread, Ok(credentials), "written again, it reads the same");
}

/// A role list is read or refused; the first name is one that stays in its path.
///
/// # Panics
/// When that does not hold.
pub fn role_list(bytes: &[u8]) {
    if let Ok(list) = RoleList::parse(bytes) {
        let name = list.first();
        assert!((1..=64).contains(&name.len()));
        assert!(
            !name.contains(['/', '?', '#', '%', '\r', '\n', ' ']),
            "{name:?}"
        );
        assert!(name != "." && name != "..");
    }
}

/// A timestamp is read or refused; what is read prints as something that reads the same.
///
/// # Panics
/// When that does not hold.
pub fn timestamp(text: &str) {
    if let Ok(instant) = Timestamp::parse(text) {
        assert_eq!(Timestamp::parse(&instant.to_string()), Ok(instant));
        let seconds = Timestamp::parse(&instant.to_seconds_text());
        assert!(
            seconds.is_ok_and(|s| s <= instant),
            "the fraction is dropped"
        );
    }
}

/// A time to live is read or refused; what is read is 1 to 21600.
///
/// # Panics
/// When that does not hold.
pub fn ttl(text: &str) {
    if let Ok(ttl) = Ttl::parse(text) {
        assert!((1..=21_600).contains(&ttl.seconds()));
        assert_eq!(text.trim_start_matches('0'), ttl.seconds().to_string());
    }
}

/// The limits under which responses are read here: small, so that they are reached.
const LIMITS: Limits = Limits {
    head: 1024,
    body: 1024,
};

/// A response reads the same whether it comes at once, a byte at a time, or in two halves.
///
/// # Panics
/// When that does not hold.
pub fn http_response(bytes: &[u8]) {
    let whole = read_response(&[bytes]);
    let singly: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(read_response(&singly), whole, "a byte at a time");
    let (a, b) = bytes.split_at(bytes.len() / 2);
    assert_eq!(read_response(&[a, b]), whole, "in two halves");
    if let Ok(response) = &whole {
        assert!(response.body.len() <= LIMITS.body);
        assert!(
            !matches!(response.status, 100..=199),
            "interim replies are skipped"
        );
    }
}

fn read_response(pieces: &[&[u8]]) -> Result<Response, WireError> {
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
