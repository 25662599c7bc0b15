//! Credential documents, held against their grammar.

use super::grammar::{self, Reading};
use crate::{CredentialDocument, Credentials, Field, Success, WireError};

/// A credential document is read or refused as [`credential_document_by`] says; and whatever is
/// read at all is kept as it came.
///
/// # Panics
/// When that does not hold.
pub fn credential_document(bytes: &[u8]) {
    let read = |bytes: &[u8]| {
        let document = CredentialDocument::parse(bytes)?;
        let credentials = document.credentials();
        kept(&document, &credentials, bytes);
        credentials
    };
    credential_document_by(read, bytes);
}

/// Credentials are read from exactly those documents that the grammar has, each part as it stands
/// there and none missing; and written again they read the same.
///
/// The grammar (RFC 5234; what is not defined here is RFC 8259's, and the bytes are UTF-8 without a
/// byte order mark):
///
/// ```abnf
#[doc = include_str!("document.abnf")]
/// ```
///
/// Two things are nobody's: whether a number within half a per cent of the largest double is one,
/// and the reason of a refusal.
///
/// # Panics
/// When that does not hold.
pub fn credential_document_by(
    read: impl Fn(&[u8]) -> Result<Credentials, WireError>,
    bytes: &[u8],
) {
    let credentials = read(bytes);
    match grammar::read(bytes) {
        Reading::Open => {}
        Reading::Refused => assert!(
            credentials.is_err(),
            "accepted, and the grammar has no such document"
        ),
        Reading::Accepted(expected) => {
            let found = credentials.as_ref().map(grammar::Accepted::of);
            assert_eq!(found, Ok(expected), "each part as it stands there");
        }
    }
    let Ok(credentials) = credentials else {
        return;
    };
    let again = grammar::write(&credentials);
    assert_eq!(
        read(again.as_bytes()),
        Ok(credentials),
        "written again, it reads the same"
    );
}

/// The raw text is kept, a failure is told from credentials, and nothing secret is shown.
fn kept(document: &CredentialDocument, credentials: &Result<Credentials, WireError>, bytes: &[u8]) {
    assert_eq!(document.raw().as_bytes(), bytes, "the raw text is kept");
    let Ok(credentials) = credentials else {
        return;
    };
    assert_ne!(
        document.success(),
        Success::No,
        "a failure gives no credentials"
    );
    assert_eq!(
        document.field("Token"),
        Field::Text(&credentials.session_token)
    );
    assert!(document.duplicates().is_empty(), "no name stands twice");
    assert_shows_no_secret(document, credentials);
}

/// What is shown is the same for other secrets of the same lengths.
fn assert_shows_no_secret(document: &CredentialDocument, credentials: &Credentials) {
    let other = |secret: &str| "x".repeat(secret.chars().count());
    let others = Credentials {
        secret_access_key: other(&credentials.secret_access_key),
        session_token: other(&credentials.session_token),
        ..credentials.clone()
    };
    assert_eq!(
        format!("{credentials:?}"),
        format!("{others:?}"),
        "no secret is shown"
    );
    // Of a document, nothing but its size and what no client reads is shown.
    let shown = format!("{document:?}");
    let names = format!("{:?}{:?}", document.unknown(), document.duplicates());
    for secret in [&credentials.secret_access_key, &credentials.session_token] {
        // What is no longer than a word may stand anywhere.
        let told = secret.len() <= 16 || names.contains(secret.as_str());
        assert!(
            told || !shown.contains(secret.as_str()),
            "no secret of the document is shown"
        );
    }
}
