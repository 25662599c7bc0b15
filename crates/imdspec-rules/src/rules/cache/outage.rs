//! Living through an outage of the service, and recovering.

use super::held::{Held, LONGEST_EXTENSION_MILLIS, SLACK_MILLIS, held, is_outage};
use crate::rules::doc::fetch::{Fetch, Made, fetches};
use crate::rules::sight::differs;
use crate::{Applies, Call, Capability, Case, Docket, Exchange, Level, Provenance, Rule, Server};
use imdspec_wire::Mono;

pub(super) const CACHE_005: Rule = Rule {
    id: "CACHE-005",
    level: Level::Must,
    applies: Applies::With(Capability::CachesCredentials),
    statement: "When a refresh fails (5xx, broken connection, no answer) while held credentials have more than ten minutes left, the resolve returns them.",
    source: "botocore tests/unit/test_credentials.py TestRefreshLogic `test_refresh_fails_is_not_an_error_during_advisory_period`; aws-sdk-java-v2 core/auth InstanceProfileCredentialsProviderTest `resolveCredentials_callsImdsIfCredentialsWithin5MinutesOfExpiration`; smithy-rs aws/rust-runtime/aws-config/src/imds/credentials.rs `fallback_credentials_should_be_used_when_imds_returns_500_during_credentials_refresh`; aws-sdk-go-v2 credentials/ec2rolecreds/provider_test.go `TestProvider_HandleFailToRetrieve`; user reports: aws-sdk-go issue 2011 (2018-06-27), botocore issue 1617 (2018-11-28)",
    provenance: Provenance::Tested,
    rationale: "The old keys still work. Throwing them away because an early, optional refresh failed turns a hiccup of the service into an outage of the application.",
    differs: &[
        differs(
            "botocore",
            "takes the empty result of a failed fetch for a refresh without members and raises CredentialRetrievalError (by reading; issue 1617 shows it in the field)",
        ),
        differs(
            "botocore",
            "raises on purpose with less than ten minutes left (`test_exception_propogated_on_error_during_mandatory_period`), hence the limit",
        ),
        differs(
            "aws-c-auth",
            "the cache replaces held credentials by none when a refresh fails, in the last five minutes (by reading)",
        ),
    ],
    monitor: keeps_what_still_works,
};

pub(super) const CACHE_006: Rule = Rule {
    id: "CACHE-006",
    level: Level::Should,
    applies: Applies::With(Capability::StaticStability),
    statement: "When held credentials are over and the service answers 5xx or not at all, the resolve returns them all the same.",
    source: "smithy-rs aws/rust-runtime/aws-config/src/imds/credentials.rs `fallback_credentials_should_be_used_when_imds_returns_500_during_credentials_refresh`, `read_timeout_during_credentials_refresh_should_yield_last_retrieved_credentials`; smithy-typescript packages/credential-provider-imds/src/utils/staticStabilityProvider.spec.ts \"should extend expired credentials if refresh fails\"; aws-sdk-java-v2 core/auth InstanceProfileCredentialsProviderTest `resolveCredentials_usesCacheIfImdsFailsOnSecondCall`; aws-sdk-kotlin aws-runtime/aws-config ImdsCredentialsProviderTest `testUsesPreviousCredentialsOnServerError`, `testUsesPreviousCredentialsOnReadTimeout`; aws-sdk-ruby gems/aws-sdk-core/spec/aws/instance_profile_credentials_spec.rb \"provides credentials after a read timeout during a refresh\"; aws-sdk-php tests/Credentials/InstanceProfileProviderTest.php `testExtendsExpirationAndSendsRequestIfImdsUnavailable`; aws-sdk-go-v2 credentials/ec2rolecreds/provider_test.go `TestProvider_HandleFailToRetrieve`",
    provenance: Provenance::Tested,
    rationale: "During an outage AWS services may go on accepting the last keys; failing fast turns the outage into downtime (smithy-rs issue 2117, 2022-12-20).",
    differs: &[
        differs(
            "botocore",
            "raises (`test_exception_propogated_on_expired_credentials`)",
        ),
        differs(
            "aws-c-auth",
            "has no static stability in its cache (by reading)",
        ),
        differs(
            "smithy-rs",
            "returns them with the old expiration, the others move it (by reading)",
        ),
    ],
    monitor: goes_on_when_over,
};

pub(super) const CACHE_011: Rule = Rule {
    id: "CACHE-011",
    level: Level::Must,
    applies: Applies::Always,
    statement: "After refreshes have failed or expired documents were served, a new valid document is taken within 30 minutes.",
    source: "aws-sdk-java-v2 core/auth InstanceProfileCredentialsProviderTest `resolveCredentials_callsImdsIfCredentialsWithin5MinutesOfExpiration` (fails, then takes the new secret); aws-sdk-kotlin aws-runtime/aws-config ImdsCredentialsProviderTest `testDontRefreshUntilNextRefreshTimeHasPassed`; user reports of never recovering: aws-sdk-cpp issue 2282 (2023-01-10), fluent-bit issue 7803 (2023-08-14), rusoto issue 1765",
    provenance: Provenance::Tested,
    rationale: "A client that latches a failure runs on old keys until they die and then stays down although the service is well again.",
    differs: &[],
    monitor: recovers,
};

const TEN_MINUTES_MILLIS: i64 = 600_000;

fn keeps_what_still_works(case: &Case<'_>, docket: &mut Docket) {
    for held in held(case) {
        let still_works = |h: &Held<'_, '_>| {
            let ended = h.call.ended.unwrap_or(h.call.started);
            h.believed_left_at(ended)
                .min(h.believed_left_at(h.call.started))
                > TEN_MINUTES_MILLIS
        };
        if still_works(&held) {
            returned_despite_failure(&held, docket, "credentials held are still good");
        }
    }
}

fn goes_on_when_over(case: &Case<'_>, docket: &mut Docket) {
    for held in held(case) {
        if held.left_at(held.call.started) < -SLACK_MILLIS {
            returned_despite_failure(&held, docket, "last credentials may still be taken");
        }
    }
}

fn returned_despite_failure(held: &Held<'_, '_>, docket: &mut Docket, why: &str) {
    let Some(failed) = held.failed_refresh() else {
        return;
    };
    match held.call.given() {
        Some(given) if given.access_key_id == held.given.access_key_id => docket.held(),
        None if held.call.is_refusal() => {
            let mut events = held.served.events();
            events.extend(failed.events());
            events.push(held.call.last_number());
            docket.violated(
                events,
                format!("access key {}: the {why}", held.given.access_key_id),
                held.call.in_words(),
            );
        }
        Some(_) | None => {}
    }
}

fn recovers(case: &Case<'_>, docket: &mut Docket) {
    for fetch in fetches(case) {
        if let Some(trouble) = trouble_before(case, fetch.call.exchanges.start)
            && fetch.is_acceptable()
        {
            takes_the_new(&fetch, trouble, docket);
        }
    }
    for index in 1..case.calls.len() {
        asks_again(case, index, docket);
    }
}

/// The exchange with the service last before `index`, if it was an outage or served a document
/// already over.
fn trouble_before<'c, 't>(case: &'c Case<'t>, index: usize) -> Option<&'c Exchange<'t>> {
    let of_imds = |x: &Exchange<'_>| x.request.server == Server::Imds;
    let at = case.exchanges[..index].iter().rposition(of_imds)?;
    let last = &case.exchanges[at];
    let is_stale = || {
        let document = case
            .document_at(at)
            .and_then(|d| d.credentials.as_ref().ok());
        document.is_some_and(|c| c.expiration.wall() < last.at.wall)
    };
    (is_outage(last) || is_stale()).then_some(last)
}

/// After trouble a new document was served: it is taken by this call, or, by a client that does not
/// wait for its refresh, by one at most half an hour later.
fn takes_the_new(fetch: &Fetch<'_, '_>, trouble: &Exchange<'_>, docket: &mut Docket) {
    let Ok(new) = fetch.document.credentials.as_ref() else {
        return;
    };
    let earlier = fetch.case.calls[..fetch.index].iter().rev();
    let mut earlier = earlier.filter_map(|c| c.given());
    if earlier
        .next()
        .is_none_or(|old| old.access_key_id == new.access_key_id)
    {
        return;
    }
    let mut violated = |last: u32, got: String| {
        let mut events = trouble.events();
        events.extend(fetch.exchange.events());
        events.push(last);
        docket.violated(events, fetch.asked(), got);
    };
    match fetch.made() {
        Some(Made::Exactly) => return docket.held(),
        Some(Made::Else(got)) => return violated(fetch.call.last_number(), got),
        None => {}
    }
    let served = fetch.exchange.at;
    for call in &fetch.case.calls[fetch.index + 1..] {
        if !call.alone || !call.exchanges.is_empty() || call.outcome.is_none() {
            return;
        }
        if call
            .given()
            .is_some_and(|g| g.access_key_id == new.access_key_id)
        {
            return docket.held();
        }
        let late = call.started.wall.millis_since(served.wall) > LONGEST_EXTENSION_MILLIS;
        if late && is_later_by_half_an_hour(call.started.mono, served.mono) && !call.is_broken() {
            return violated(call.last_number(), call.in_words());
        }
    }
}

/// Half an hour after trouble, a client whose credentials are over asks again.
fn asks_again(case: &Case<'_>, index: usize, docket: &mut Docket) {
    let call = &case.calls[index];
    if !call.alone || call.is_broken() || case.imds_of(call).next().is_some() {
        return;
    }
    let start = call.exchanges.start;
    let newest = case.documents.partition_point(|d| d.exchange < start);
    let newest = case.documents[..newest].last();
    let (Some(trouble), Some(Ok(newest))) = (
        trouble_before(case, start),
        newest.map(|d| d.credentials.as_ref()),
    ) else {
        return;
    };
    let now = call.started;
    let is_late = now.wall.millis_since(trouble.at.wall) > LONGEST_EXTENSION_MILLIS
        && is_later_by_half_an_hour(now.mono, trouble.at.mono);
    let is_over = now.wall.millis_since(newest.expiration.wall()) > SLACK_MILLIS;
    let is_of_it = |c: &Call<'_>| {
        c.given()
            .is_some_and(|g| g.access_key_id == newest.access_key_id)
    };
    let was_taken = || case.calls[..index].iter().rev().any(is_of_it);
    // With other credentials it need not recover: they are another source's.
    let is_stuck = call.is_refusal() || is_of_it(call);
    if is_late && is_over && is_stuck && was_taken() {
        let mut events = trouble.events();
        events.extend([call.number, call.last_number()]);
        docket.violated(
            events,
            "a request within 30 minutes of the failed refresh",
            format!("{}, unasked", call.in_words()),
        );
    }
}

fn is_later_by_half_an_hour(later: Mono, earlier: Mono) -> bool {
    i64::try_from(later.since(earlier).as_millis()).is_ok_and(|n| n > LONGEST_EXTENSION_MILLIS)
}
