//! What a credential document gives: credentials, or the reason why not.

use super::retry::Failure;
use imdspec_wire::{CredentialDocument, Credentials, Field, WireError};

/// How much of the service's words is passed on, in characters.
const MOST_SAID: usize = 256;

/// Reads a document. `sent` is the secret that the request for it carried.
pub(super) fn read(body: &[u8], sent: Option<&str>) -> Result<Credentials, Failure> {
    let document = CredentialDocument::parse(body)?;
    document.credentials().map_err(|why| match why {
        WireError::Failure { .. } => Failure::Said(words(&document, sent)),
        why => Failure::Unusable(why),
    })
}

/// `Code` and `Message`, fit for a log.
///
/// A service, or something that stands before it, may quote what it was sent or what it holds. So
/// secrets go first, before anything is cut: half a secret would be found no more.
fn words(document: &CredentialDocument, sent: Option<&str>) -> String {
    let text = |name| match document.field(name) {
        Field::Text(text) => Some(text),
        Field::Absent | Field::Other(_) => None,
    };
    let secrets = [text("SecretAccessKey"), text("Token"), sent];
    let clean = |words: &str| -> String {
        (secrets.iter().flatten().filter(|secret| !secret.is_empty()))
            .fold(words.to_owned(), |words, secret| {
                words.replace(secret, "(redacted)")
            })
            .chars()
            .filter(|c| !c.is_control())
            .take(MOST_SAID)
            .collect()
    };
    let code = text("Code").map_or_else(|| "that is no text".to_owned(), clean);
    match text("Message") {
        Some(message) => format!("the service answered Code {code}: {}", clean(message)),
        None => format!("the service answered Code {code}"),
    }
}
