//! GETs without a token, and who may send them.

use crate::rules::sight::{differs, in_words, surely_failed};
use crate::{Applies, Capability, Case, Docket, Level, Provenance, Rule};

pub(super) const TOKEN_019: Rule = Rule {
    id: "TOKEN-019",
    level: Level::Must,
    applies: Applies::Without(Capability::V1Fallback),
    statement: "A subject without v1 fallback never sends a metadata GET without a token header, \
                whatever happens to the token PUT.",
    source: "smithy-rs aws-config/src/imds/client.rs `no_403_retry` and chain case imds_token_fail; \
             aws-sdk-go-v2 feature/ec2/imds/request_middleware_test.go cases 'token failure \
             fallback disabled', 'insecure 403 fallback disabled'; aws-sdk-kotlin ImdsClientTest \
             `testNoRetryHttp403`; aws-sdk-java-v2 core/imds BaseEc2MetadataClientTest \
             `getToken_failsEverytime_shouldRetryAndFailsAndNotCallService`",
    provenance: Provenance::Tested,
    rationale: "Who relies on v2 alone for protection against SSRF loses it silently if one failed \
                PUT opens the v1 path.",
    differs: &[],
    monitor: no_get_without_a_token,
};

fn no_get_without_a_token(case: &Case<'_>, docket: &mut Docket) {
    for (i, get) in case.imds() {
        if get.is_metadata_get() && get.token().is_none() {
            let put = case.last_token_put_before(i).map(|p| p.events());
            docket.violated(
                put.unwrap_or_default().into_iter().chain([get.number]),
                "no GET without a token header",
                in_words(get),
            );
        }
    }
    for call in case.lone_calls().filter(|c| c.outcome.is_some()) {
        let mut exchanges = case.imds_of(call).map(|(_, x)| x);
        let is_tested = exchanges
            .clone()
            .any(|x| x.is_token_put() && surely_failed(x));
        if is_tested && !exchanges.any(|x| x.is_metadata_get() && x.token().is_none()) {
            docket.held();
        }
    }
}

pub(super) const TOKEN_022: Rule = Rule {
    id: "TOKEN-022",
    level: Level::Must,
    applies: Applies::With(Capability::V1Fallback),
    statement: "A remembered v1 fallback is forgotten once a GET without a token is answered 401: \
                a token PUT comes before the first GET of the next resolve, or earlier.",
    source: "aws-sdk-go-v2 feature/ec2/imds/request_middleware_test.go case 'unauthorized 401 \
             re-enable'; aws-c-auth tests/aws_imds_client_test.c \
             `imds_client_insecure_then_secure_resource_request_success`; aws-sdk-php \
             tests/Credentials/InstanceProfileProviderTest.php `testSwitchesBackToSecureModeOn401`; \
             aws/aws-sdk-cpp#2282 (2023-01-10)",
    provenance: Provenance::Tested,
    rationale: "One lost PUT reply must not make a process fail until restart on an instance that \
                requires tokens; the C++ report names about one such case a week in a fleet.",
    differs: &[differs(
        "aws-sdk-cpp before 2023",
        "one failed PUT switched v2 off for ever (aws-sdk-cpp#2282)",
    )],
    monitor: fallback_is_forgotten,
};

fn fallback_is_forgotten(case: &Case<'_>, docket: &mut Docket) {
    for (n, call) in case.calls.iter().enumerate().filter(|(_, c)| c.alone) {
        // The first refusal is enough: what follows it in this call may be repeats.
        let refused = case.imds_of(call).find(|(i, x)| {
            x.is_metadata_get()
                && x.token().is_none()
                && x.is_answered()
                && x.status() == Some(401)
                && case.last_token_put_before(*i).is_some_and(surely_failed)
        });
        let Some((i, refused)) = refused else {
            continue;
        };
        let decisive = case
            .imds_after(i)
            .map(|(_, x)| x)
            .find(|x| x.is_token_put() || (x.is_metadata_get() && x.call != Some(n)));
        let Some(next) = decisive else {
            continue;
        };
        if next.is_token_put() {
            docket.held();
        } else if next.call.is_some_and(|c| case.calls[c].alone) {
            docket.violated(
                [refused.number, refused.reply_number, next.number],
                "a token PUT before the next resolve's GET",
                "none",
            );
        }
    }
}
