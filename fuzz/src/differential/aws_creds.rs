//! aws-creds: only how it reads an expiration.
//!
//! Its functions for instance metadata send their requests to the service's own address, with a
//! client of their own, and the type that reads the document is private. The type of its `Expiration`
//! is public, and is what that document is read with.

use super::compare::{Answer, Given};
use super::reference::Reference;
use awscreds::Rfc3339OffsetDateTime;
use imdspec_wire::WireError;
use serde_json::Value;

/// What the crate makes of the expiration of a document in which it is all that matters.
pub(super) fn ask(reference: &Reference) -> Option<Answer> {
    match reference.verdict() {
        Ok(_) | Err(WireError::BadTimestamp) => {}
        Err(_) => return None,
    }
    let text = Value::String(reference.expiration()?.to_owned());
    Some(
        match serde_json::from_value::<Rfc3339OffsetDateTime>(text) {
            Ok(at) => Answer::Accepted(Given {
                expiration: Some(at.unix_timestamp()),
                ..Given::default()
            }),
            Err(_) => Answer::Refused,
        },
    )
}
