//! The two keys and the security token: present, strings, unescaped.

use super::defects::Defects;
use super::fetch::{accepts, fetches};
use super::oddities::Oddity;
use crate::rules::sight::differs;
use crate::{Applies, Case, Docket, Level, Outcome, Provenance, Rule};

/// What AWS says of all four members.
macro_rules! sts {
    () => {
        "AWS STS API Reference, data type \"Credentials\" (AccessKeyId of 16 to 128 characters, SecretAccessKey, SessionToken and Expiration all required)"
    };
}
pub(super) use sts;

pub(super) const DOC_008: Rule = Rule {
    id: "DOC-008",
    level: Level::Must,
    applies: Applies::Always,
    statement: "A document without AccessKeyId or SecretAccessKey gives no credentials.",
    source: concat!(
        "smithy-rs aws/rust-runtime/aws-config/src/json_credentials.rs `json_credentials_missing_akid`; smithy-typescript packages/credential-provider-imds/src/remoteProvider/ImdsCredentials.spec.ts \"should reject credentials without an AccessKeyId\" and \"... without a SecretAccessKey\"; botocore tests/unit/test_utils.py `test_missing_fields_in_credentials_response`; aws-c-auth tests/credentials_provider_imds_tests.c `credentials_provider_imds_bad_document_failure`; aws-sdk-java-v2 HttpCredentialsLoaderTest `testLoadCredentialsThrowsAceWhenClientResponseDontHaveKeys`; ",
        sts!()
    ),
    provenance: Provenance::Tested,
    rationale: "Missing keys returned as success stop the provider chain at a useless credential and turn a clear local error into signature failures far away.",
    differs: &[
        differs(
            "aws-sdk-go-v2",
            "does not check, so missing members become empty strings (by reading)",
        ),
        differs(
            "aws-sdk-ruby",
            "builds an object with nil members on first load, which it then calls not set (\"given an empty response, entry credentials are returned\")",
        ),
    ],
    monitor: |case, docket| {
        refuses(
            case,
            docket,
            Defects::NO_KEY,
            "no credentials without a key",
        )
    },
};

pub(super) const DOC_009: Rule = Rule {
    id: "DOC-009",
    level: Level::Must,
    applies: Applies::Always,
    statement: "A document whose AccessKeyId or SecretAccessKey is the empty string gives no credentials.",
    source: concat!(
        sts!(),
        "; user report of throttled replies taken as empty keys: ScrollPrize/villa pull request 920; checked by aws-c-auth source/credentials_utils.c and aws-sdk-ruby, by reading"
    ),
    provenance: Provenance::Documented,
    rationale: "An empty key can never sign. Returned as success it hides the cause, stops the chain and is cached until it expires.",
    differs: &[
        differs("smithy-rs, botocore", "check presence only (by reading)"),
        differs("smithy-typescript", "checks the type only (by reading)"),
        differs("aws-sdk-go-v2", "does not check (by reading)"),
        differs(
            "aws-sdk-ruby",
            "takes an empty AccessKeyId for a failed refresh, does not look at SecretAccessKey (by reading)",
        ),
    ],
    monitor: |case, docket| {
        refuses(
            case,
            docket,
            Defects::EMPTY_KEY,
            "no credentials with an empty key",
        );
    },
};

pub(super) const DOC_010: Rule = Rule {
    id: "DOC-010",
    level: Level::Should,
    applies: Applies::Always,
    statement: "A document without Token, or with a null one, gives no credentials.",
    source: concat!(
        "smithy-rs aws/rust-runtime/aws-config/src/json_credentials.rs `json_credentials_required_session_token`; smithy-typescript packages/credential-provider-imds/src/remoteProvider/ImdsCredentials.spec.ts \"should reject credentials without a Token\"; ",
        sts!(),
        "; against: aws-sdk-java-v2 core/auth InstanceProfileCredentialsProviderTest `resolveCredentials_usesTokenByDefault` (a fixture without Token)"
    ),
    provenance: Provenance::Tested,
    rationale: "Role keys are unusable without their security token; the failure should be local and named.",
    differs: &[
        differs(
            "aws-sdk-java-v2",
            "returns basic credentials; its own tests rely on it",
        ),
        differs("aws-sdk-go-v2", "gives an empty token (by reading)"),
        differs("aws-sdk-ruby", "gives a nil token (by reading)"),
        differs(
            "aws-sdk-php",
            "accepts a null Token (`testSeedsInitialCredentials`)",
        ),
    ],
    monitor: |case, docket| {
        refuses(
            case,
            docket,
            Defects::NO_TOKEN,
            "no credentials without a security token",
        );
    },
};

pub(super) const DOC_020: Rule = Rule {
    id: "DOC-020",
    level: Level::Must,
    applies: Applies::Always,
    statement: "A document in which AccessKeyId, SecretAccessKey or Token is not a string gives no credentials (a null Token is DOC-010).",
    source: concat!(
        sts!(),
        "; EC2 User Guide, \"Retrieve security credentials from instance metadata\" (example document); types checked by smithy-typescript remoteProvider/ImdsCredentials.ts and aws-c-auth source/credentials_utils.c, by reading"
    ),
    provenance: Provenance::Documented,
    rationale: "A key made of the text null or 123 signs requests that can only be rejected, and may reach logs as no secret.",
    differs: &[
        differs(
            "botocore, aws-sdk-ruby",
            "pass any type through (by reading)",
        ),
        differs(
            "aws-sdk-go-v2",
            "takes null for an empty string; other types fail to decode (by reading)",
        ),
        differs(
            "aws-sdk-java-v2",
            "turns a number into its text (not re-read)",
        ),
    ],
    monitor: |case, docket| {
        refuses(
            case,
            docket,
            Defects::WRONG_TYPE,
            "no credentials from what is no string",
        );
    },
};

pub(super) const DOC_021: Rule = Rule {
    id: "DOC-021",
    level: Level::Must,
    applies: Applies::Always,
    statement: "JSON escapes in AccessKeyId, SecretAccessKey and Token (such as \\/ or \\u003d) are decoded, character for character.",
    source: "RFC 8259, section 7; smithy-rs rust-runtime/aws-smithy-json/src/escape.rs `unescape` and `unicode_surrogates` (the parser under its credential reader)",
    provenance: Provenance::Documented,
    rationale: "Security tokens are base64, full of / and =, which several JSON writers escape; an escape left in invalidates every signature.",
    differs: &[],
    monitor: |case, docket| accepts(case, docket, Oddity::Keys),
};

/// Says `violated` each time credentials were taken from a document with a defect of this kind,
/// and `held` each time one was refused that has no other.
pub(super) fn refuses(case: &Case<'_>, docket: &mut Docket, kind: Defects, expected: &str) {
    for fetch in fetches(case) {
        let Some(defects) = fetch.defects().filter(|d| d.has(kind)) else {
            continue;
        };
        // What is no answer at all is the defect itself, handed on by one who did not look.
        let is_handed_on = matches!(fetch.call.outcome, Some(Outcome::BadOutput { .. }));
        if is_handed_on && kind == Defects::WRONG_TYPE && defects.is_only(kind) {
            docket.violated(fetch.events(), expected, fetch.call.in_words());
            continue;
        }
        match fetch.refused() {
            Some(true) if defects.is_only(kind) => docket.held(),
            Some(false) => docket.violated(fetch.events(), expected, fetch.call.in_words()),
            Some(true) | None => {}
        }
    }
}
