//! `Code`: the only sign of success, since the status is 200 in both cases.

use super::defects::Defects;
use super::fetch::{Made, accepts, fetches};
use super::keys::refuses;
use super::oddities::Oddity;
use crate::rules::sight::differs;
use crate::{Applies, Case, Docket, Level, Provenance, Rule};
use imdspec_wire::Success;

pub(super) const DOC_003: Rule = Rule {
    id: "DOC-003",
    level: Level::Must,
    applies: Applies::Always,
    statement: "A document whose Code is a text other than Success (letter case aside) gives no credentials, even if its keys, token and expiration are all there.",
    source: "IAM User Guide, \"Troubleshooting Amazon EC2 and IAM\" (Code AssumeRoleUnauthorizedAccess: no credentials are to be had until a later refresh); captures of real 200 replies: aws-cli issue 2060 (2016-07-11), botocore pull request 1519 (2018-08-20); smithy-rs aws/rust-runtime/aws-config/src/json_credentials.rs `json_credentials_error_response`; aws-sdk-go-v2 credentials/ec2rolecreds/provider_test.go `TestProvider_FailAssume`; aws-sdk-php tests/Credentials/InstanceProfileProviderTest.php `testThrowsExceptionOnInvalidMetadata` (Code Failed beside an AccessKeyId is refused)",
    provenance: Provenance::Documented,
    rationale: "A client that does not look at Code signs with whatever keys a failing or half-written reply happens to contain, and the user sees AccessDenied from a far service instead of the reason.",
    differs: &[
        differs(
            "botocore",
            "never looks at Code, only for the presence of four members (by reading)",
        ),
        differs(
            "smithy-typescript",
            "only checks that four members are strings (by reading)",
        ),
        differs("aws-c-auth, aws-sdk-ruby", "ignore Code (by reading)"),
        differs("aws-sdk-java-v2, object_store", "ignore Code (not re-read)"),
    ],
    monitor: refuses_a_failure,
};

pub(super) const DOC_005: Rule = Rule {
    id: "DOC-005",
    level: Level::Pin,
    applies: Applies::Always,
    statement: "Whether a complete document without Code is accepted.",
    source: "accepted: smithy-rs aws/rust-runtime/aws-config/src/json_credentials.rs `json_credentials_missing_code`, aws-sdk-java-v2 core/auth InstanceProfileCredentialsProviderTest `resolveCredentials_usesTokenByDefault` (its fixture has no Code); refused: aws-sdk-go-v2 credentials/ec2rolecreds/provider.go, by reading",
    provenance: Provenance::Tested,
    rationale: "Container endpoints never send Code, the real IMDS always does: this tells whether one parser serves both.",
    differs: &[
        differs(
            "smithy-rs, aws-sdk-java-v2",
            "accept (tested); botocore, smithy-typescript, aws-c-auth, aws-sdk-ruby accept too (by reading)",
        ),
        differs("aws-sdk-go-v2, aws-sdk-php", "refuse (by reading)"),
    ],
    monitor: code_missing,
};

pub(super) const DOC_007: Rule = Rule {
    id: "DOC-007",
    level: Level::Must,
    applies: Applies::Always,
    statement: "A Code written with JSON escapes that decodes to Success (such as S\\u0075ccess) is a success.",
    source: "RFC 8259, section 7 (any character may be escaped) and section 8.3 (comparing the escaped form gives wrong results)",
    provenance: Provenance::Documented,
    rationale: "Escaping is a matter of the writer, not of meaning; a client that compares the raw text loses credentials behind any proxy or emulator that escapes.",
    differs: &[differs(
        "smithy-rs",
        "accepts only a string that needed no unescaping; otherwise it reports an error with code Success (by reading)",
    )],
    monitor: unescapes_code,
};

fn refuses_a_failure(case: &Case<'_>, docket: &mut Docket) {
    refuses(case, docket, Defects::FAILURE, "no credentials");
}

fn code_missing(case: &Case<'_>, docket: &mut Docket) {
    for fetch in fetches(case) {
        let parsed = fetch.document.parsed.as_ref();
        if !parsed.is_ok_and(|d| d.success() == Success::Unsaid)
            || !fetch.is_complete()
            || fetch.life_left() <= 0
        {
            continue;
        }
        match fetch.made() {
            Some(Made::Exactly) => docket.observed("accepted", fetch.events()),
            Some(Made::Else(_)) if fetch.call.is_refusal() => {
                docket.observed("refused", fetch.events());
            }
            Some(Made::Else(_)) | None => {}
        }
    }
}

fn unescapes_code(case: &Case<'_>, docket: &mut Docket) {
    accepts(case, docket, Oddity::Code);
}
