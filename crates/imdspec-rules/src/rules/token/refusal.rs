//! What follows a 401.

use crate::rules::sight::differs;
use crate::{Applies, Call, Case, Docket, Exchange, Level, Outcome, Provenance, Rule};

pub(super) const TOKEN_015: Rule = Rule {
    id: "TOKEN-015",
    level: Level::Should,
    applies: Applies::Always,
    statement: "After a 401 to a GET that carried a token, the subject fetches a new token before \
                its next GET and does not send the refused one again.",
    source: "EC2 User Guide, \"Retrieve instance metadata\" (on 401, generate a new token); \
             aws-sdk-ruby gems/aws-sdk-core/spec/aws/ec2_metadata_spec.rb 'should fetch a new \
             token if the original token is expired'; aws-sdk-go-v2 \
             feature/ec2/imds/request_middleware_test.go case 'unauthorized 401 re-enable'",
    provenance: Provenance::Documented,
    rationale: "A token can die early, as when a snapshot is restored on another host; a client \
                that keeps it sends the dead token for up to six hours (aws-sdk-java-v2#5764, \
                smithy-rs#1156, AWS.jl#736).",
    differs: &[
        differs(
            "smithy-rs",
            "retries with the cached token while its time runs (by reading)",
        ),
        differs(
            "botocore",
            "retries with the same token; the next resolve fetches one (by reading)",
        ),
        differs(
            "smithy-typescript",
            "retries with the same token; the next resolve fetches one (by reading)",
        ),
    ],
    monitor: refused_tokens_are_replaced,
};

fn refused_tokens_are_replaced(case: &Case<'_>, docket: &mut Docket) {
    for (i, refused) in case.imds() {
        let is_refused = refused.is_metadata_get()
            && refused.is_answered()
            && refused.status() == Some(401)
            && refused.token().is_some_and(|t| !t.is_empty());
        if !is_refused || !is_of_lone_call(case, refused) {
            continue;
        }
        let mut after = case.imds_after(i);
        let asked = after.clone();
        let Some((j, next)) = after.find(|(_, x)| x.is_metadata_get()) else {
            continue;
        };
        if !is_of_lone_call(case, next) {
            continue;
        }
        let asked_anew = asked
            .take_while(|(k, _)| *k < j)
            .any(|(_, x)| x.is_token_put());
        let issued_again = case.token_carried(j) != case.token_carried(i);
        let got = if next.token() == refused.token() && !issued_again {
            "the refused token once more"
        } else if next.token().is_none() && !asked_anew {
            "a GET without a token"
        } else {
            docket.held();
            continue;
        };
        docket.violated(
            [refused.number, refused.reply_number, next.number],
            "a new token before the next GET",
            got,
        );
    }
}

fn is_of_lone_call(case: &Case<'_>, x: &Exchange<'_>) -> bool {
    x.call.is_some_and(|c| case.calls[c].alone)
}

/// No SDK read comes near it: four attempts with a PUT each make eight.
const MOST_REQUESTS: usize = 20;

pub(super) const TOKEN_016: Rule = Rule {
    id: "TOKEN-016",
    level: Level::Must,
    applies: Applies::Always,
    statement: "Against a service that issues tokens and answers every metadata GET with 401, a \
                resolve ends after at most 20 requests.",
    source: "awslabs/aws-c-auth#217 (2023-11-02): endless retry between v2 and v1, fixed; \
             aws-c-auth tests/aws_imds_client_test.c `imds_client_insecure_fallback_request_failure`; \
             aws-sdk-php tests/Credentials/InstanceProfileProviderTest.php \
             `testHandlesFailureScenarios`; aws-sdk-go-v2 feature/ec2/imds/token_provider_test.go \
             `TestUnauthorizedErrorUnwrapsToResponseError`. The figure is ours",
    provenance: Provenance::Observed,
    rationale: "A hot loop on 401 burns a CPU and gets the whole instance throttled, since all \
                processes on it share one limit.",
    differs: &[],
    monitor: refusals_do_not_loop,
};

fn refusals_do_not_loop(case: &Case<'_>, docket: &mut Docket) {
    for call in case.lone_calls() {
        let Some(requests) = only_refusals(case, call) else {
            continue;
        };
        let hangs = matches!(call.outcome, Some(Outcome::Deadline { .. }));
        if requests.len() > MOST_REQUESTS || hangs {
            docket.violated(
                [call.number]
                    .into_iter()
                    .chain(requests.get(MOST_REQUESTS).copied())
                    .chain(call.outcome_number.filter(|_| hangs)),
                "an end after 20 requests or fewer",
                format!("{} requests, {}", requests.len(), call.in_words()),
            );
        } else if call.outcome.is_some() && !call.is_broken() {
            docket.held();
        }
    }
}

/// The requests of a call in which every PUT gave a token and every GET got 401, by event number.
fn only_refusals(case: &Case<'_>, call: &Call<'_>) -> Option<Vec<u32>> {
    let mut requests = Vec::new();
    let mut refusals = 0;
    for (_, x) in case.imds_of(call) {
        if x.is_metadata_get() {
            refusals += 1;
            if !x.is_answered() || x.status() != Some(401) {
                return None;
            }
        } else if !x.is_success() {
            return None;
        }
        requests.push(x.number);
    }
    (refusals > 0 && refusals < requests.len()).then_some(requests)
}
