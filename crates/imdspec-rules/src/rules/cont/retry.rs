//! A container endpoint that fails or says nothing.

use super::setup::{answered_calls, is_for_container, requests};
use crate::rules::sight::{differs, is_same_request, is_to_blame};
use crate::{Applies, Capability, Case, Docket, End, Exchange, Level, Provenance, Rule};

pub(super) const CONT_018: Rule = Rule {
    id: "CONT-018",
    level: Level::Should,
    applies: Applies::With(Capability::Container),
    statement: "A request to the container endpoint that is answered 5xx, or lost, is sent again in the same call.",
    source: "smithy-rs aws-config src/ecs.rs `retry_5xx`; botocore tests/unit/test_utils.py `test_can_retry_requests`, `test_error_raised_on_non_200_response`; aws-sdk-php tests/Credentials/EcsCredentialProviderTest.php `testHandlesSuccessScenarios` (with retries); aws-sdk-ruby ecs_credentials_spec.rb \"retries if the first load fails\"",
    provenance: Provenance::Tested,
    rationale: "Agents restart; one failed request must not take a program down.",
    differs: &[differs(
        "botocore",
        "sends again after 4xx too (`test_error_raised_on_non_200_response`)",
    )],
    monitor: failures_are_repeated,
};

pub(super) const CONT_019: Rule = Rule {
    id: "CONT-019",
    level: Level::Should,
    applies: Applies::With(Capability::Container),
    statement: "When the container endpoint takes a request and says nothing, resolve ends by itself.",
    source: "smithy-rs aws-config src/ecs.rs (2 s to connect, 5 s to read), botocore ContainerMetadataFetcher (2 s), aws-sdk-js-v3 fromHttp.ts (1 s), aws-sdk-ruby EcsCredentials (5 s), by reading",
    provenance: Provenance::Inferred,
    rationale: "A program that waits forever for its credentials looks alive to everybody.",
    differs: &[],
    monitor: silence_ends,
};

/// Whether the endpoint failed in a way that may pass.
fn failed_for_now(x: &Exchange<'_>) -> bool {
    let is_lost = x
        .reply
        .is_some_and(|r| matches!(r.end, End::Closed | End::Reset));
    is_lost || (x.is_answered() && matches!(x.status(), Some(500..=599)))
}

fn failures_are_repeated(case: &Case<'_>, docket: &mut Docket) {
    for call in answered_calls(case) {
        let failed = requests(case, call).find(|x| x.is_get() && failed_for_now(x));
        let Some(failed) = failed.filter(|_| !call.is_broken()) else {
            continue;
        };
        let mut later = requests(case, call).filter(|x| x.number > failed.number);
        if later.any(|x| is_same_request(x, failed)) {
            docket.held();
        } else if call.is_refusal() {
            // With credentials at hand there is no need to.
            let mut events = vec![call.number];
            events.extend(failed.events());
            events.push(call.last_number());
            docket.violated(events, "the request sent again", "a refusal after one");
        }
    }
}

fn silence_ends(case: &Case<'_>, docket: &mut Docket) {
    for call in answered_calls(case) {
        let is_silent = |x: &Exchange<'_>| {
            is_for_container(case, x) && x.reply.is_some_and(|r| r.end == End::Silent)
        };
        let Some(x) = case.of_call(call).iter().find(|x| is_silent(x)) else {
            continue;
        };
        if !call.is_broken() {
            docket.held();
        } else if is_to_blame(case, call, is_silent) {
            let mut events = vec![call.number];
            events.extend(x.events());
            events.push(call.last_number());
            docket.violated(events, "credentials or a refusal", call.in_words());
        }
    }
}
