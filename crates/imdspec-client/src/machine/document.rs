//! What a credential document gives: credentials, or the reason why not.

use super::retry::Failure;
use super::words;
use imdspec_wire::{CredentialDocument, Credentials, Field, WireError};

/// Reads a document. `sent` is the secret that the request for it carried.
pub(super) fn read(body: &[u8], sent: Option<&str>) -> Result<Credentials, Failure> {
    let document = CredentialDocument::parse(body)?;
    document.credentials().map_err(|why| match why {
        WireError::Failure { .. } => Failure::Said(said(&document, sent)),
        why => Failure::Unusable(why),
    })
}

/// `Code` and `Message`, fit for a log.
fn said(document: &CredentialDocument, sent: Option<&str>) -> String {
    let text = |name| match document.field(name) {
        Field::Text(text) => Some(text),
        Field::Absent | Field::Other(_) => None,
    };
    let secrets = [text("SecretAccessKey"), text("Token"), sent];
    let clean = |words| words::clean(words, secrets.into_iter().flatten());
    let code = text("Code").map_or_else(|| "that is no text".to_owned(), clean);
    match text("Message") {
        Some(message) => format!("the service answered Code {code}: {}", clean(message)),
        None => format!("the service answered Code {code}"),
    }
}
