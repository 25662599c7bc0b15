//! Documents that are over when they are served: the service's own back end is out.

use super::held::SLACK_MILLIS;
use crate::rules::doc::fetch::{Fetch, Made, fetches};
use crate::rules::sight::differs;
use crate::{Applies, Capability, Case, Docket, Level, Provenance, Rule};

pub(super) const CACHE_007: Rule = Rule {
    id: "CACHE-007",
    level: Level::Should,
    applies: Applies::With(Capability::StaticStability),
    statement: "A document that is already over when it is served gives its credentials all the same.",
    source: "smithy-rs aws/rust-runtime/aws-config/src/imds/credentials.rs `expired_credentials_should_be_extended`; botocore tests/unit/test_utils.py `test_expired_expiry_extension`; smithy-typescript packages/credential-provider-imds/src/utils/staticStabilityProvider.spec.ts \"should extend expired credentials if loaded expired credentials\"; aws-sdk-java-v2 core/auth InstanceProfileCredentialsProviderTest `resolveCredentials_doesNotFailIfImdsReturnsExpiredCredentials`; aws-sdk-kotlin aws-runtime/aws-config ImdsCredentialsProviderTest `testCanReturnExpiredCredentials`; aws-sdk-ruby gems/aws-sdk-core/spec/aws/instance_profile_credentials_spec.rb \"provides credentials when the first call returns expired credentials\"; aws-sdk-php tests/Credentials/InstanceProfileProviderTest.php `testExtendsExpirationAndSendsRequestIfImdsYieldsExpiredCreds`",
    provenance: Provenance::Tested,
    rationale: "The service hands out stale documents while its back end is out; whether they still work is for the called service to decide, not for the client.",
    differs: &[
        differs(
            "aws-sdk-kotlin",
            "leaves the reported expiration in the past (`testCanReturnExpiredCredentials`)",
        ),
        differs(
            "aws-sdk-go-v2",
            "extends only after a failed refresh (`TestProvider_HandleFailToRetrieve`)",
        ),
    ],
    monitor: takes_the_stale,
};

pub(super) const CACHE_009: Rule = Rule {
    id: "CACHE-009",
    level: Level::Should,
    applies: Applies::With(Capability::StaticStability),
    statement: "Right after a document that was already over has been taken, resolves that follow within five seconds do not ask the service again.",
    source: "aws-sdk-java-v2 core/auth InstanceProfileCredentialsProviderTest `resolveCredentials_onlyCallsImdsOnceEvenWithExpiredCredentials`, `imdsCallFrequencyIsLimited`; aws-sdk-kotlin aws-runtime/aws-config ImdsCredentialsProviderTest `testSuccessiveRequestsOnlyCallIMDSOnce`; aws-sdk-ruby gems/aws-sdk-core/spec/aws/instance_profile_credentials_spec.rb \"provides credentials when the first call returns expired credentials\"; smithy-rs issue 2117 (acceptance list: three requests, one call)",
    provenance: Provenance::Tested,
    rationale: "Asking at each call hammers a service that is already in trouble and gets the instance throttled.",
    differs: &[
        differs(
            "smithy-rs, smithy-typescript",
            "bare providers ask at each call; the limit comes from the cache around them",
        ),
        differs(
            "smithy-rs",
            "keeps the old expiration after a failed refresh, so a cache asks at each use (by reading)",
        ),
    ],
    monitor: leaves_the_troubled_alone,
};

/// A client may take a document that is over for longer than this for a mistake.
const OLD_MILLIS: i64 = 7 * 86_400_000;

/// Less than the shortest pause in the sources. Their tests ask back to back, and the pauses are
/// random: aws-sdk-java-v2's is one to ten minutes (`CachedSupplier.handleFetchedSuccess`), and
/// smithy-typescript's comes down to moments (five to ten minutes, less five of its window).
const PAUSE_MILLIS: i64 = 5_000;

/// A complete success whose life is over when it is served.
fn is_stale(fetch: &Fetch<'_, '_>) -> bool {
    (-OLD_MILLIS..-SLACK_MILLIS).contains(&fetch.life_left())
        && fetch.says_success()
        && fetch.is_complete()
}

fn takes_the_stale(case: &Case<'_>, docket: &mut Docket) {
    for fetch in fetches(case).filter(is_stale) {
        match fetch.made() {
            Some(Made::Exactly) => docket.held(),
            Some(Made::Else(got)) => docket.violated(fetch.events(), fetch.asked(), got),
            None => {}
        }
    }
}

fn leaves_the_troubled_alone(case: &Case<'_>, docket: &mut Docket) {
    for fetch in fetches(case).filter(is_stale) {
        let (Some(Made::Exactly), Some(taken)) = (fetch.made(), fetch.call.ended) else {
            continue;
        };
        for call in &case.calls[fetch.index + 1..] {
            let ended = call.ended.unwrap_or(call.started);
            let passed = i64::try_from(ended.mono.since(taken.mono).as_millis());
            let passed = passed.unwrap_or(i64::MAX);
            let wall = ended.wall.millis_since(taken.wall);
            if !call.alone || passed > PAUSE_MILLIS || (wall - passed).abs() > SLACK_MILLIS {
                break;
            }
            if let Some((_, asked)) = case.imds_of(call).next() {
                let mut events = fetch.events();
                events.extend([call.number, asked.number]);
                let got = format!("{} {}", asked.request.method, asked.request.target);
                docket.violated(events, "no request so soon", got);
                break;
            }
            if call.given().is_some() {
                docket.held();
            }
        }
    }
}
