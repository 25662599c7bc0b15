//! Which statuses are asked about again.

use crate::rules::sight::{
    attempts_set, differs, is_discovery, is_document_get, is_not_now, is_prompt, is_same_request,
};
use crate::{Applies, Capability, Case, Docket, Exchange, Level, Provenance, Rule};

pub(super) const ERR_006: Rule = Rule {
    id: "ERR-006",
    level: Level::Must,
    applies: Applies::Always,
    statement: "A token PUT answered 403 is not repeated in the same resolve, unless a metadata \
                GET was answered 401 in between.",
    source: "AWS SDKs and Tools Reference Guide, \"IMDS credential provider\" (403, 404 and 405 \
             are not retried); smithy-rs aws-config/src/imds/client.rs `no_403_retry`, chain case \
             imds_token_fail; aws-sdk-kotlin ImdsClientTest `testNoRetryHttp403`; aws-sdk-go-v2 \
             feature/ec2/imds/request_middleware_test.go case 'insecure 403 fallback disabled'",
    provenance: Provenance::Documented,
    rationale: "Where the service is turned off, every start would pay for all retries with \
                back-off: seconds for each process.",
    differs: &[differs(
        "aws-sdk-php",
        "retries the PUT on every transfer error (by reading)",
    )],
    monitor: forbidden_puts_are_not_repeated,
};

fn forbidden_puts_are_not_repeated(case: &Case<'_>, docket: &mut Docket) {
    if case.trace.header.whole_runs {
        return;
    }
    for call in case.lone_calls() {
        let mut forbidden: Option<&Exchange<'_>> = None;
        let mut is_tested = false;
        let mut is_repeated = false;
        for (_, x) in case.imds_of(call) {
            // What excuses a repetition need only have come by some way.
            if x.is_metadata_get() && x.status() == Some(401) {
                forbidden = None;
            }
            if !x.is_token_put() {
                continue;
            }
            let again =
                |f: &mut &Exchange<'_>| is_same_request(f, x) && f.request.to == x.request.to;
            if let Some(first) = forbidden.take_if(again) {
                is_repeated = true;
                docket.violated(
                    [first.number, first.reply_number, x.number],
                    "no PUT after 403",
                    "another PUT",
                );
            }
            if x.is_answered() && x.status() == Some(403) {
                is_tested = true;
                forbidden = Some(x);
            }
        }
        if is_tested && !is_repeated && call.outcome.is_some() && !call.is_broken() {
            docket.held();
        }
    }
}

/// The largest default number of attempts read in any SDK (smithy-rs, Java).
const MOST_ATTEMPTS: usize = 4;

pub(super) const ERR_007: Rule = Rule {
    id: "ERR-007",
    level: Level::Must,
    applies: Applies::Always,
    statement: "In one resolve, discovery GETs answered 403 or 404, and document GETs answered \
                403, are no more than the attempts that were set, or four.",
    source: "smithy-rs chain case imds_no_iam_role (404: one GET, though four attempts are \
             configured); botocore tests/unit/test_utils.py \
             `test_exhaust_retries_on_role_name_request`, \
             `test_exhaust_retries_on_credentials_request`; aws-sdk-java-v2 core/imds \
             BaseEc2MetadataClientTest `get_returnsStatus4XX_shouldFailsAndNotRetry`; four is the \
             largest default read",
    provenance: Provenance::Tested,
    rationale: "403 and 404 do not go away by asking again; it delays every start and counts \
                against the throttle that all processes share.",
    differs: &[differs(
        "botocore",
        "repeats them up to its attempts, like any non-200 (by reading)",
    )],
    monitor: final_statuses_are_not_repeated,
};

fn final_statuses_are_not_repeated(case: &Case<'_>, docket: &mut Docket) {
    if case.trace.header.whole_runs {
        return;
    }
    // A recording does not show how many were set.
    if case.is_recorded() {
        return;
    }
    let most = attempts_set(case).unwrap_or_default().max(MOST_ATTEMPTS);
    for call in case.lone_calls() {
        let mut lists = 0;
        let mut documents = 0;
        let mut is_too_often = false;
        let mut first = None;
        for (_, x) in case.imds_of(call).filter(|(_, x)| x.is_answered()) {
            let times = match x.status() {
                Some(403 | 404) if is_discovery(x) => &mut lists,
                Some(403) if is_document_get(x) => &mut documents,
                _ => continue,
            };
            *times += 1;
            first = first.or(Some(x));
            if *times == most + 1 {
                is_too_often = true;
                docket.violated(
                    first
                        .into_iter()
                        .flat_map(Exchange::events)
                        .chain([x.number]),
                    format!("{most} such GETs at most"),
                    "one more",
                );
            }
        }
        let is_over = call.outcome.is_some() && !call.is_broken();
        if lists + documents > 0 && !is_too_often && is_over {
            docket.held();
        }
    }
}

pub(super) const ERR_008: Rule = Rule {
    id: "ERR-008",
    level: Level::Should,
    applies: Applies::With(Capability::AttemptsEnv),
    statement: "With more than one attempt set, a metadata GET answered 401 or 5xx is repeated, \
                and the resolve succeeds when the repetition does.",
    source: "smithy-rs aws-config/src/imds/client.rs `retry_500`, `retry_metadata_401`; \
             aws-sdk-kotlin ImdsClientTest `testRetryHttp500`; botocore tests/unit/test_utils.py \
             `test_non_200_response_is_retried`; aws-sdk-java-v2 core/imds \
             BaseEc2MetadataClientTest `get_failsOnceThenSucceed_withCustomClient_shouldSucceed`; \
             aws-sdk-php `testHandlesSuccessScenarios` (503)",
    provenance: Provenance::Tested,
    rationale: "One throttled answer at start must not become 'no credentials' for the life of a \
                process (boto/botocore#197, #1403).",
    differs: &[
        differs(
            "aws-c-auth",
            "repeats after transport errors, not statuses (by reading)",
        ),
        differs("aws-sdk-php", "401 is final (its own test)"),
    ],
    monitor: passing_failures_are_retried,
};

fn passing_failures_are_retried(case: &Case<'_>, docket: &mut Docket) {
    let may_retry = attempts_set(case).is_some_and(|n| n > 1);
    for call in case.lone_calls() {
        let mut seen: Vec<&str> = Vec::new();
        for (i, x) in case.imds_of(call) {
            let is_refused = x.is_answered() && x.status() == Some(401) && x.token().is_some();
            let is_busy = is_not_now(x) && x.status() != Some(429);
            let is_get = is_discovery(x) || is_document_get(x);
            if !is_get || !(is_refused || is_busy) || seen.contains(&x.request.target.as_str()) {
                continue;
            }
            seen.push(&x.request.target);
            let in_call = case
                .imds_after(i)
                .take_while(|(j, _)| call.exchanges.contains(j))
                .map(|(_, x)| x);
            // Without a new token there is nothing to try again with.
            let lost_token = in_call.clone().any(|y| y.is_token_put() && !y.is_success());
            let mut again = in_call.filter(|y| is_same_request(x, y)).peekable();
            if again.peek().is_none() {
                if may_retry && call.is_refusal() && is_prompt(case, call) && !lost_token {
                    docket.violated(
                        [x.number, x.reply_number, call.last_number()],
                        format!("a second try after {}", x.status().unwrap_or_default()),
                        call.in_words(),
                    );
                }
            } else if again.any(|y| y.is_success()) && call.given().is_some() {
                docket.held();
            }
        }
    }
}
