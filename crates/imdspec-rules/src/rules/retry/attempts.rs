//! How many tries a request gets.

use crate::rules::sight::{
    attempts_set, differs, is_discovery, is_document_get, is_prompt, is_same_request,
};
use crate::{Applies, Capability, Case, Docket, Exchange, Level, Provenance, Rule};

pub(super) const RETRY_004: Rule = Rule {
    id: "RETRY-004",
    level: Level::Must,
    applies: Applies::With(Capability::AttemptsEnv),
    statement: "With AWS_METADATA_SERVICE_NUM_ATTEMPTS=n, a discovery or document GET that is \
                always answered 5xx is sent exactly n times in a resolve.",
    source: "AWS SDKs and Tools Reference Guide, \"Amazon EC2 instance metadata\" (the total \
             number of attempts, at least 1); botocore tests/unit/test_utils.py \
             `test_exhaust_retries_on_role_name_request` (n = 1), \
             `test_non_200_response_for_role_name_is_retried` (n = 2)",
    provenance: Provenance::Documented,
    rationale: "Operators raise it for busy hosts. A client that reads it as retries, or ignores \
                it, fails or stalls against the promise of its documentation.",
    differs: &[differs(
        "aws-sdk-go-v2, aws-sdk-java-v2, smithy-typescript, smithy-rs",
        "do not read it: the rule does not apply",
    )],
    monitor: attempts_are_counted_exactly,
};

fn attempts_are_counted_exactly(case: &Case<'_>, docket: &mut Docket) {
    const NAME: &str = "AWS_METADATA_SERVICE_NUM_ATTEMPTS";
    // A value in code goes before the variable.
    let n = attempts_set(case).filter(|n| {
        (2..=10).contains(n)
            && case.trace.header.env.get(NAME).map(|v| v.trim().parse()) == Some(Ok(*n))
    });
    let Some(n) = n else {
        return;
    };
    for call in case
        .lone_calls()
        .filter(|c| c.is_refusal() && is_prompt(case, c))
    {
        let gets = || {
            case.imds_of(call)
                .map(|(_, x)| x)
                .filter(|x| is_discovery(x) || is_document_get(x))
        };
        let mut seen: Vec<&str> = Vec::new();
        for first in gets() {
            if seen.contains(&first.request.target.as_str()) {
                continue;
            }
            seen.push(&first.request.target);
            let tries = || gets().filter(|x| is_same_request(first, x));
            if !tries().all(|x| x.is_answered() && matches!(x.status(), Some(500..=599))) {
                continue;
            }
            let times = tries().count();
            if times == n {
                docket.held();
            } else {
                let decisive = tries()
                    .nth(n)
                    .map_or_else(|| call.last_number(), |x| x.number);
                docket.violated(
                    tries().take(n).map(|x| x.number).chain([decisive]),
                    format!("{n} tries"),
                    times.to_string(),
                );
            }
        }
    }
}

pub(super) const RETRY_008: Rule = Rule {
    id: "RETRY-008",
    level: Level::Should,
    applies: Applies::With(Capability::AttemptsEnv),
    statement: "With more than one attempt set, a 503 followed by a 200 on token, list or document \
                still gives the credentials within one resolve, and with a token.",
    source: "smithy-rs chain case imds_default_chain_retries (503 before each of the three), \
             `retry_token_failure`; aws-sdk-php tests/Credentials/InstanceProfileProviderTest.php \
             `testHandlesSuccessScenarios`; aws-sdk-kotlin `testRetryTokenFailure`",
    provenance: Provenance::Tested,
    rationale: "Throttling hits all three steps; one lost step at start is 'no credentials' for \
                programs that look only once (boto/botocore#1791, #2304).",
    differs: &[
        differs(
            "smithy-typescript",
            "never repeats the PUT; goes on with v1 (by reading)",
        ),
        differs("aws-c-auth", "does not retry statuses (by reading)"),
    ],
    monitor: throttled_steps_are_retried,
};

fn throttled_steps_are_retried(case: &Case<'_>, docket: &mut Docket) {
    let may_retry = attempts_set(case).is_some_and(|n| n > 1);
    for call in case.lone_calls() {
        let without_token = case
            .imds_of(call)
            .map(|(_, x)| x)
            .find(|x| x.is_metadata_get() && x.token().is_none());
        let mut seen: Vec<&str> = Vec::new();
        for (i, first) in case.imds_of(call) {
            let is_step = first.is_token_put() || is_discovery(first) || is_document_get(first);
            let is_new = !seen.contains(&first.request.target.as_str());
            if !is_step || !is_new {
                continue;
            }
            seen.push(&first.request.target);
            if !is_throttled(first) {
                continue;
            }
            let in_call = case
                .imds_after(i)
                .take_while(|(j, _)| call.exchanges.contains(j));
            let mut again = in_call
                .map(|(_, x)| x)
                .filter(|x| is_same_request(first, x));
            // The first reply that is not 503 is the one that ends the throttling.
            let mut is_repeated = false;
            let passed = again.find(|x| {
                is_repeated = true;
                !is_throttled(x)
            });
            let evidence = first.events().into_iter();
            if !is_repeated && may_retry && is_prompt(case, call) {
                let got = without_token.filter(|x| first.is_token_put() && x.number > first.number);
                if let Some(get) = got {
                    let events = evidence.chain([get.number]);
                    docket.violated(events, "a second try after 503", "a GET without a token");
                } else if call.is_refusal() {
                    let events = evidence.chain([call.last_number()]);
                    docket.violated(events, "a second try after 503", call.in_words());
                }
            } else if passed.is_some_and(Exchange::is_success)
                && call.given().is_some()
                && without_token.is_none()
            {
                docket.held();
            }
        }
    }
}

fn is_throttled(x: &Exchange<'_>) -> bool {
    x.is_answered() && x.status() == Some(503)
}
