//! Documents that every client takes, as they are.

use super::fetch::{Fetch, Made, accepts, fetches};
use super::oddities::Oddity;
use crate::rules::sight::differs;
use crate::{Applies, Case, Docket, Level, Provenance, Rule};

pub(super) const DOC_001: Rule = Rule {
    id: "DOC-001",
    level: Level::Must,
    applies: Applies::Always,
    statement: "A document with Code Success and all members, served with status 200, gives credentials whose access key, secret, security token and expiration are those of that one document.",
    source: "EC2 User Guide, \"Retrieve security credentials from instance metadata\" (example document); smithy-rs aws/rust-runtime/aws-config/src/json_credentials.rs `json_credentials_success_response`; aws-sdk-go-v2 credentials/ec2rolecreds/provider_test.go `TestProvider`; aws-sdk-ruby gems/aws-sdk-core/spec/aws/instance_profile_credentials_spec.rb \"populates credentials from the instance profile\"; aws-sdk-kotlin aws-runtime/aws-config ImdsCredentialsProviderTest `testSuccess`",
    provenance: Provenance::Documented,
    rationale: "This is the purpose of the provider: a field that is lost, swapped or altered makes every signed request fail with an opaque authentication error.",
    differs: &[
        differs(
            "botocore",
            "moves the expiration forward when less than about 17 to 25 minutes are left (`test_expiry_time_extension`)",
        ),
        differs(
            "aws-sdk-go-v2",
            "reports at most one hour of life, even for a document of six (pull request 1634, 2022-03-18)",
        ),
    ],
    monitor: gives_the_document,
};

pub(super) const DOC_002: Rule = Rule {
    id: "DOC-002",
    level: Level::Must,
    applies: Applies::Always,
    statement: "Members a client does not know (of any JSON type) and another order of members change nothing.",
    source: "aws-sdk-go-v2 credentials/ec2rolecreds/provider_sep_test.go `TestProvider_SEPTestCases` (fixtures carry a nested unexpected member); aws-sdk-java-v2 core/auth InstanceProfileCredentialsProviderExtendedApiTest `resolveCredentials_withUnstableProfile_ReturnsCredentials`; RFC 8259, section 4 (objects are unordered)",
    provenance: Provenance::Tested,
    rationale: "AWS adds members over time (AccountId is one); a client that refuses the unknown loses credentials on the day the service grows.",
    differs: &[],
    monitor: ignores_the_unknown,
};

pub(super) const DOC_023: Rule = Rule {
    id: "DOC-023",
    level: Level::Must,
    applies: Applies::Always,
    statement: "A valid document is accepted with Content-Type text/plain, with application/json, and without any Content-Type.",
    source: "text/plain: smithy-rs recording default-credential-provider-chain/imds_default_chain_success; application/json: aws-sdk-java-v2 HttpCredentialsLoaderTest `testLoadCredentialsParsesJsonResponseProperly`; none: botocore tests/unit/test_utils.py TestInstanceMetadataFetcher, e.g. `test_token_is_included` (all its replies have no headers)",
    provenance: Provenance::Tested,
    rationale: "Real IMDS labels JSON as text/plain while emulators say application/json; a client that insists on either fails with the other.",
    differs: &[],
    monitor: takes_any_label,
};

/// Half an hour: nearer to the end, clients report what they like (CACHE-008 looks at that).
pub(super) const COMFORTABLE_MILLIS: i64 = 1_800_000;

fn gives_the_document(case: &Case<'_>, docket: &mut Docket) {
    for fetch in fetches(case).filter(Fetch::is_acceptable) {
        match fetch.made() {
            // Nothing is wrong with what was seen; that is less than all of it.
            Some(Made::Exactly) if fetch.hides_secret() => {}
            Some(Made::Exactly) => {
                let comfortable = fetch.life_left() >= COMFORTABLE_MILLIS;
                // A later expiration is for CACHE-008 to judge, an earlier one is legal.
                match fetch.misreported(i64::MAX).filter(|_| comfortable) {
                    Some(got) => docket.violated(fetch.events(), fetch.asked(), got),
                    None => docket.held(),
                }
            }
            Some(Made::Else(got)) => docket.violated(fetch.events(), fetch.asked(), got),
            None => {}
        }
    }
}

fn ignores_the_unknown(case: &Case<'_>, docket: &mut Docket) {
    accepts(case, docket, Oddity::Members);
}

fn takes_any_label(case: &Case<'_>, docket: &mut Docket) {
    accepts(case, docket, Oddity::Label);
}
