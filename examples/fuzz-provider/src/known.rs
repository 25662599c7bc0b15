//! Where the provider is known to break a rule. Each entry is read in the source of aws-config
//! 1.13.0, and stands with its scenarios in `docs/findings/aws-config.md`.

use imdspec_suite::fuzz::FuzzProvider;
use imdspec_suite::fuzz::document::Wrong;
use imdspec_suite::in_process::Capability;
use imdspec_wire::{CredentialDocument, WireError};

/// What the provider can do, and what is known of it.
#[must_use]
pub fn known(provider: FuzzProvider) -> FuzzProvider {
    provider
        .has_not(Capability::V1Fallback)
        .has(Capability::CachesToken)
        // Credentials are cached by the identity cache of the SDK, one layer above.
        .has_not(Capability::CachesCredentials)
        .has(Capability::StaticStability)
        .known_panic(
            "valid request: http::Error(InvalidUri",
            "imds/client.rs: the role list becomes a URI as it is (ROUTE-013)",
        )
        .known_panic(
            "overflow when adding duration to",
            "imds/client/token.rs, `get_token`: `now + token.ttl` (TOKEN-013)",
        )
        .known_panic(
            "NonUtf8Header",
            "aws-smithy-runtime-api, `Headers::append` unwraps, and a token may be no UTF-8",
        )
        .known(
            "TOKEN-017",
            "imds/client/token.rs, `parse_token_response`: of all statuses only 400 and 403 are \
             refusals; any other body beside a TTL header is a token",
        )
        .known(
            "ROUTE-006",
            "imds/credentials.rs, `retrieve_credentials`: an empty list is a role named \"\", whose \
             document has the path of the list",
        )
        .known(
            "DOC-009",
            "json_credentials.rs, `parse_json_credentials`: members must be there, and may be empty",
        )
        .known(
            "SEC-005",
            "imds/client/error.rs: the text of `ImdsError` has the whole reply, body and all, when its \
             status is an error",
        )
        .known("DOC-001", CODE_ESCAPED)
        .known("DOC-007", CODE_ESCAPED)
}

const CODE_ESCAPED: &str = "json_credentials.rs, `parse_json_credentials`: Code is compared with \
                            `Cow::Borrowed(\"Success\")`, and one with escapes is owned";

/// The same for a document by itself: empty keys (DOC-009), and a Code with escapes (DOC-007).
#[must_use]
pub fn known_document(bytes: &[u8], wrong: &Wrong) -> bool {
    match wrong {
        Wrong::Took(WireError::Empty(_)) => true,
        Wrong::Refused => CredentialDocument::parse(bytes)
            .is_ok_and(|document| !document.raw().contains("\"Success\"")),
        _ => false,
    }
}
