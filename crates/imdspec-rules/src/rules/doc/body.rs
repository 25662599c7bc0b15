//! Bodies that are no document.

use super::fetch::{Fetch, Made, fetches};
use super::writing::Body;
use crate::rules::sight::{differs, holds};
use crate::{Applies, Case, Docket, Given, Level, Provenance, Rule};
use imdspec_wire::{CredentialDocument, WireError};

pub(super) const DOC_016: Rule = Rule {
    id: "DOC-016",
    level: Level::Must,
    applies: Applies::Always,
    statement: "A document body that is empty, cut short, not JSON, or JSON but no object gives no credentials, and no crash or hang.",
    source: "smithy-rs aws/rust-runtime/aws-config/src/json_credentials.rs `json_credentials_invalid_json`, `json_credentials_not_json_object`; botocore tests/unit/test_utils.py `test_invalid_json_is_retried`, `test_empty_response_is_retried`; smithy-typescript packages/credential-provider-imds/src/fromInstanceMetadata.spec.ts \"throws SyntaxError if httpRequest returns unparseable creds\" and remoteProvider/ImdsCredentials.spec.ts \"should reject scalar values\"; aws-sdk-ruby gems/aws-sdk-core/spec/aws/instance_profile_credentials_spec.rb \"retries invalid JSON exactly 3 times\"; aws-sdk-php tests/Credentials/InstanceProfileProviderTest.php `testHandlesFailureScenarios`",
    provenance: Provenance::Tested,
    rationale: "Throttled or proxied replies are the commonest malformed bodies; they must end in an error the chain can handle, not in an abort or an endless loop.",
    differs: &[
        differs(
            "botocore",
            "a bare number or null raises an uncaught TypeError (by reading)",
        ),
        differs(
            "aws-sdk-ruby",
            "null or a number raises outside the rescued parse error (by reading)",
        ),
    ],
    monitor: survives_no_document,
};

pub(super) const DOC_017: Rule = Rule {
    id: "DOC-017",
    level: Level::Pin,
    applies: Applies::Always,
    statement: "Whether a complete document followed by other bytes, or by white space, is accepted.",
    source: "RFC 8259, section 2 (white space may follow the value, nothing else may); the clients' parsers, by reading",
    provenance: Provenance::Inferred,
    rationale: "Tells a strict parser from a streaming one; trailing bytes come from broken proxies and concatenated replies.",
    differs: &[
        differs(
            "aws-sdk-go-v2",
            "decodes the first value and ignores the rest (by reading)",
        ),
        differs(
            "smithy-rs, botocore, smithy-typescript",
            "refuse bytes other than white space (by reading)",
        ),
    ],
    monitor: bytes_after_the_document,
};

pub(super) const DOC_024: Rule = Rule {
    id: "DOC-024",
    level: Level::Must,
    applies: Applies::Always,
    statement: "A document body that is not UTF-8 causes no crash or hang, and no credentials with replaced or altered text.",
    source: "smithy-rs aws/rust-runtime/aws-config/src/imds/client.rs `non_utf8_response` (an error that names invalid UTF-8); RFC 8259, section 8.1 (JSON exchanged between systems is UTF-8)",
    provenance: Provenance::Tested,
    rationale: "Silent replacement changes a secret into another text and signs with it; an abort kills the host program on a corrupted reply.",
    differs: &[differs(
        "botocore",
        "reads text/plain without charset as ISO 8859-1, so such bytes pass as Latin-1 characters (by reading)",
    )],
    monitor: survives_other_encodings,
};

fn survives_no_document(case: &Case<'_>, docket: &mut Docket) {
    for fetch in fetches(case) {
        if matches!(
            fetch.document.parsed,
            Ok(_) | Err(WireError::NotUtf8 { .. })
        ) {
            continue;
        }
        let body = fetch.exchange.reply_body();
        let kind = match Body::of(body) {
            Body::Blank => "an empty body",
            Body::Cut => "a body cut short",
            Body::NoObject => "a body that is no JSON object",
            Body::Odd => "a body that is not JSON",
            Body::Object | Body::Trailed(_) => continue,
        };
        let is_from_it = |given: &Given| {
            let key = given.access_key_id.as_bytes();
            (key.is_empty() || holds(body, key)) && !fetch.is_of_another_document(given)
        };
        let is_taken = fetch.call.given().is_some_and(is_from_it);
        // What a lenient parser makes of almost-JSON is its own business.
        let is_taken_for_sure = is_taken && Body::of(body) != Body::Odd;
        if is_taken_for_sure || fetch.is_broken_by_it() {
            let expected = format!("no credentials from {kind}");
            docket.violated(fetch.events(), expected, fetch.call.in_words());
        } else if !is_taken && !fetch.call.is_broken() {
            docket.held();
        }
    }
}

fn bytes_after_the_document(case: &Case<'_>, docket: &mut Docket) {
    for fetch in fetches(case) {
        let body = fetch.exchange.reply_body();
        if fetch.document.parsed.is_ok() {
            if body.last().is_some_and(u8::is_ascii_whitespace) && fetch.is_acceptable() {
                match fetch.made() {
                    Some(Made::Exactly) => {
                        docket.observed("white space accepted", fetch.events());
                    }
                    Some(Made::Else(_)) => docket.observed("white space refused", fetch.events()),
                    None => {}
                }
            }
            continue;
        }
        let Body::Trailed(end) = Body::of(body) else {
            continue;
        };
        let first = CredentialDocument::parse(&body[..end]).and_then(|d| d.credentials());
        let Ok(credentials) = first else {
            continue;
        };
        match fetch.call.given() {
            None if fetch.call.is_refusal() => {
                docket.observed("other bytes refused", fetch.events());
            }
            Some(given)
                if given.access_key_id == credentials.access_key_id
                    && !fetch.is_of_another_document(given) =>
            {
                docket.observed("other bytes accepted", fetch.events());
            }
            Some(_) | None => {}
        }
    }
}

fn survives_other_encodings(case: &Case<'_>, docket: &mut Docket) {
    for fetch in fetches(case) {
        if !matches!(fetch.document.parsed, Err(WireError::NotUtf8 { .. })) {
            continue;
        }
        let altered = fetch.call.given().is_some_and(|g| is_altered(&fetch, g));
        // The bad bytes may be in the secret, which was not seen.
        let may_be_altered = || {
            let given = fetch.call.given().filter(|_| fetch.hides_secret());
            given.is_some_and(|g| has_text_of(&fetch, g))
        };
        if altered || fetch.is_broken_by_it() {
            let expected = "no credentials with altered text, and no crash";
            let got = match fetch.call.given() {
                Some(_) => "credentials with text the document does not have".into(),
                None => fetch.call.in_words(),
            };
            docket.violated(fetch.events(), expected, got);
        } else if !fetch.call.is_broken() && !may_be_altered() {
            docket.held();
        }
    }
}

/// The texts that were given, and seen.
fn texts(given: &Given) -> impl Iterator<Item = &str> {
    let hidden = [&given.secret_access_key, &given.session_token];
    let hidden = hidden.into_iter().filter_map(Option::as_deref);
    let texts = std::iter::once(given.access_key_id.as_str()).chain(hidden);
    texts.filter(|text| !text.is_empty())
}

/// Whether one of these texts is the body's, and not another document's.
fn has_text_of(fetch: &Fetch<'_, '_>, given: &Given) -> bool {
    let body = fetch.exchange.reply_body();
    texts(given).any(|text| holds(body, text.as_bytes())) && !fetch.is_of_another_document(given)
}

/// Whether these credentials are the body's with something else in the place of its bad bytes.
fn is_altered(fetch: &Fetch<'_, '_>, given: &Given) -> bool {
    let body = fetch.exchange.reply_body();
    // Escapes would hide a text from this search, so only what the body shows counts as its own.
    has_text_of(fetch, given)
        && !body.contains(&b'\\')
        && !texts(given).all(|text| holds(body, text.as_bytes()))
}
