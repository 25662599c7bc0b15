//! Not too often, and not too late.

use super::held::{Held, SLACK_MILLIS, held};
use crate::rules::sight::differs;
use crate::{Applies, Capability, Case, Docket, Level, Provenance, Rule};

pub(super) const CACHE_001: Rule = Rule {
    id: "CACHE-001",
    level: Level::Should,
    applies: Applies::With(Capability::CachesCredentials),
    statement: "While held credentials have more than an hour and more than half of their life left, a resolve returns them without a request.",
    source: "EC2 User Guide, \"Query throttling\" (cache credentials until they approach expiry); botocore tests/unit/test_credentials.py `test_no_refresh_needed`; aws-c-auth tests/credentials_tests.c `cached_credentials_provider_expired_test`; smithy-rs rust-runtime/aws-smithy-runtime/src/client/identity/cache/lazy.rs `reload_expired_test_identity`; aws-sdk-java-v2 InstanceProfileCredentialsProviderTest `imdsCallFrequencyIsLimited`",
    provenance: Provenance::Documented,
    rationale: "Uncached clients are throttled, and throttled replies are the source of most reports of lost credentials.",
    differs: &[
        differs(
            "smithy-rs ImdsCredentialsProvider, smithy-typescript fromInstanceMetadata, aws-sdk-go-v2 Provider, aws-c-auth unwrapped",
            "fetch at each call by design; test the cache around them",
        ),
        differs(
            "aws-sdk-go-v2",
            "caps the life at one hour, so it fetches again within a longer document (pull request 1634)",
        ),
    ],
    monitor: rests_while_much_is_left,
};

pub(super) const CACHE_002: Rule = Rule {
    id: "CACHE-002",
    level: Level::Must,
    applies: Applies::With(Capability::CachesCredentials),
    statement: "The first resolve after held credentials have expired asks the service before it returns.",
    source: "smithy-rs rust-runtime/aws-smithy-runtime/src/client/identity/cache/lazy.rs `reload_expired_test_identity`; aws-c-auth tests/credentials_tests.c `cached_credentials_provider_expired_test`; botocore tests/unit/test_credentials.py `test_refresh_needed`; aws-sdk-kotlin aws-runtime/aws-config ImdsCredentialsProviderTest `testDontRefreshUntilNextRefreshTimeHasPassed`; user reports: rust-s3 issue 163, arrow-rs-object-store issue 202, GDAL issue 1593",
    provenance: Provenance::Tested,
    rationale: "A client that never renews works for up to six hours and then fails until restarted: the commonest long-running failure in the bug reports.",
    differs: &[],
    monitor: renews_when_over,
};

const HOUR_MILLIS: i64 = 3_600_000;

fn rests_while_much_is_left(case: &Case<'_>, docket: &mut Docket) {
    for held in held(case) {
        let left = held.believed_left_at(held.call.started);
        let is_much = left > HOUR_MILLIS && left > held.life() / 2;
        // A clock that jumped since these credentials were first seen is a reason to look again.
        if !is_much || held.has_jumped() {
            continue;
        }
        match held.first_request() {
            Some(x) => docket.violated(
                held.events(x.number),
                format!("no request with {} minutes left", left / 60_000),
                format!("{} {}", x.request.method, x.request.target),
            ),
            None if held.call.is_broken() => {}
            None => docket.held(),
        }
    }
}

fn renews_when_over(case: &Case<'_>, docket: &mut Docket) {
    for held in held(case) {
        let aged = held.age() - held.life() > SLACK_MILLIS;
        if aged && must_ask(&held) {
            ask(&held, docket);
        }
    }
}

/// Whether this is the first call after the subject must know its credentials to be over, with
/// nothing in between that may have extended them.
pub(super) fn must_ask(held: &Held<'_, '_>) -> bool {
    held.life() > 0
        && held.before.ended.is_some_and(|t| held.left_at(t) >= 0)
        && held.known_over_for() > SLACK_MILLIS
        && held.is_undisturbed()
}

/// Says whether the call asked the service.
pub(super) fn ask(held: &Held<'_, '_>, docket: &mut Docket) {
    if held.first_request().is_some() {
        docket.held();
    } else if !held.call.is_broken() {
        docket.violated(
            held.events(held.call.last_number()),
            "a request: the credentials held are over",
            format!("{}, unasked", held.call.in_words()),
        );
    }
}
