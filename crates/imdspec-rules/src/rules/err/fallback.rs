//! From a failed token PUT to IMDSv1, or not.
//!
//! ```text
//! PUT ──► 400                 the request is wrong: never on without a token   (ERR-001)
//!     ──► 403, 404, 405       no v2 here: on without one, by who falls back    (ERR-002)
//!     ──► 429, 5xx            not now: no reason to go on without one          (ERR-005)
//!     ──► any of these        and v1 forbidden: never on without one           (ERR-003)
//! ```

use crate::rules::sight::{
    differs, is_for_another_source, is_not_now, is_prompt, is_v1_forbidden, surely_failed,
};
use crate::{Applies, Call, Capability, Case, Docket, Exchange, Level, Provenance, Rule};
use imdspec_wire::TOKEN_HEADER;

pub(super) const ERR_001: Rule = Rule {
    id: "ERR-001",
    level: Level::Must,
    applies: Applies::Always,
    statement: "After a 400 to the token PUT no metadata GET without a token is sent in that \
                resolve.",
    source: "botocore tests/unit/test_utils.py \
             `test_metadata_token_bad_request_yields_no_credentials`; aws-c-auth \
             tests/aws_imds_client_test.c `imds_client_token_request_failure`; aws-sdk-go-v2 \
             feature/ec2/imds/request_middleware_test.go case 'bad request 400'; aws-sdk-java-v2 \
             `resolveCredentials_queriesTokenResource_400Error_throws`; smithy-typescript \
             fromInstanceMetadata.spec.ts",
    provenance: Provenance::Tested,
    rationale: "400 says that the client's own PUT is wrong; going on without a token hides the \
                bug and drops the protection.",
    differs: &[],
    monitor: bad_requests_do_not_fall_back,
};

fn bad_requests_do_not_fall_back(case: &Case<'_>, docket: &mut Docket) {
    let is_bad = |put: &Exchange<'_>| put.is_answered() && put.status() == Some(400);
    never_on_without_a_token(case, docket, is_bad, "no GET without a token after 400");
}

pub(super) const ERR_002: Rule = Rule {
    id: "ERR-002",
    level: Level::Should,
    applies: Applies::With(Capability::V1Fallback),
    statement: "A subject with v1 fallback goes on without a token after 403, 404 or 405 to the \
                token PUT, and gets the credentials where v1 is served.",
    source: "AWS SDKs and Tools Reference Guide, \"IMDS credential provider\"; botocore \
             tests/unit/test_utils.py `test_metadata_token_not_supported_403`, `_404`, `_405`; \
             aws-sdk-go-v2 feature/ec2/imds/request_middleware_test.go cases 'insecure 403', \
             'insecure 404', 'insecure 405'; aws-sdk-java-v2 \
             `resolveCredentials_queriesTokenResource_40xError_fallbackToInsecure`",
    provenance: Provenance::Documented,
    rationale: "Old proxies and emulators know no token path; without the fallback their users \
                lose credentials by an update of the SDK (boto/botocore#1892, 2019-11-19).",
    differs: &[differs(
        "object_store",
        "on 403 only, and only when opted in (by reading)",
    )],
    monitor: refused_puts_fall_back,
};

fn refused_puts_fall_back(case: &Case<'_>, docket: &mut Docket) {
    if is_v1_forbidden(case) {
        return;
    }
    for call in case.lone_calls() {
        let puts = case.imds_of(call).filter(|(_, x)| x.is_token_put());
        let Some((i, put)) = puts.last() else {
            continue;
        };
        if !put.is_answered() || !matches!(put.status(), Some(403..=405)) {
            continue;
        }
        let after = case
            .imds_after(i)
            .take_while(|(j, _)| call.exchanges.contains(j));
        let gets = after.map(|(_, x)| x).filter(|x| x.is_metadata_get());
        let evidence = [put.number, put.reply_number, call.last_number()];
        if gets.clone().next().is_none() {
            if call.is_refusal() && is_prompt(case, call) {
                docket.violated(evidence, "a GET without a token", "no GET at all");
            }
        } else if gets
            .clone()
            .all(|x| x.token().is_none() && is_plain_success(x))
        {
            if call.given().is_some() {
                docket.held();
            } else if call.is_refusal()
                && has_fresh_document(case, call)
                && !case.of_call(call).iter().any(is_for_another_source)
            {
                docket.violated(evidence, "the credentials served to v1", call.in_words());
            }
        }
    }
}

/// Success as the service says it. Whether other 2xx are one, clients see in different ways (ERR-010).
fn is_plain_success(x: &Exchange<'_>) -> bool {
    x.is_success() && x.status() == Some(200)
}

/// Whether an acceptable document that is far from expired was served in the call.
fn has_fresh_document(case: &Case<'_>, call: &Call<'_>) -> bool {
    const AN_HOUR: i64 = 3600;
    let in_call = case
        .documents
        .iter()
        .filter(|d| call.exchanges.contains(&d.exchange));
    in_call
        .filter_map(|d| d.credentials.as_ref().ok())
        .any(|c| c.expiration.wall() > call.started.wall.plus_seconds(AN_HOUR))
}

pub(super) const ERR_003: Rule = Rule {
    id: "ERR-003",
    level: Level::Must,
    applies: Applies::With(Capability::V1DisableSetting),
    statement: "With the setting that forbids v1 turned on, no metadata GET without a token is \
                sent, however the token PUT fails.",
    source: "AWS SDKs and Tools Reference Guide, \"IMDS credential provider\" \
             (AWS_EC2_METADATA_V1_DISABLED, ec2_metadata_v1_disabled); botocore \
             `test_v1_disabled_by_config`; aws-c-auth `imds_client_v1_fallback_disabled_failure`; \
             smithy-typescript 'allows blocking imdsv1 fallback'; aws-sdk-java-v2 \
             `resolveCredentials_fallbackToInsecureDisabledThroughProperty_throwsWhenTokenFails`",
    provenance: Provenance::Documented,
    rationale: "The setting is a security promise; one uncovered way of failing breaks it exactly \
                when somebody interferes with the PUT.",
    differs: &[],
    monitor: forbidden_v1_is_not_spoken,
};

fn forbidden_v1_is_not_spoken(case: &Case<'_>, docket: &mut Docket) {
    if is_v1_forbidden(case) {
        let expected = "no GET without a token while v1 is forbidden";
        never_on_without_a_token(case, docket, surely_failed, expected);
    }
}

pub(super) const ERR_004: Rule = Rule {
    id: "ERR-004",
    level: Level::Must,
    applies: Applies::With(Capability::V1Fallback),
    statement: "A metadata GET sent as v1 carries no x-aws-ec2-metadata-token header, not even an \
                empty one.",
    source: "botocore tests/unit/test_utils.py `test_metadata_token_not_supported_404`, `_403`, \
             `_405`, `_timeout`; aws-sdk-java-v2 \
             `resolveCredentials_queriesTokenResource_40xError_fallbackToInsecure`; object_store \
             src/aws/credential.rs `test_mock`; aws-c-auth \
             `imds_client_insecure_resource_request_success`",
    provenance: Provenance::Tested,
    rationale: "A request with the header counts as v2: the service answers 401 instead of serving \
                it, so the fallback fails for no visible reason.",
    differs: &[differs(
        "botocore",
        "after a 200 with an empty token it sends an empty header (by reading)",
    )],
    monitor: v1_has_no_token_header,
};

fn v1_has_no_token_header(case: &Case<'_>, docket: &mut Docket) {
    for call in case.lone_calls() {
        let mut failed: Option<&Exchange<'_>> = None;
        for (i, x) in case.imds_of(call) {
            if x.is_token_put() {
                failed = surely_failed(x).then_some(x);
                continue;
            }
            let Some(put) = failed.filter(|_| x.is_metadata_get()) else {
                continue;
            };
            if !x.request.headers.has(TOKEN_HEADER) {
                docket.held();
            } else if is_nobodys(case, i, x) {
                docket.violated(
                    put.events().into_iter().chain([x.number]),
                    "a GET without the token header",
                    "one that no token stands in",
                );
            }
        }
    }
}

/// Whether a token header holds nothing that any PUT was answered with.
fn is_nobodys(case: &Case<'_>, index: usize, x: &Exchange<'_>) -> bool {
    let value = x.token().unwrap_or_default().trim();
    value.is_empty()
        || !case.exchanges[..index].iter().any(|put| {
            // The beginning is enough: cut and padded tokens are for other rules.
            let body = put.reply_body().trim_ascii();
            let common = body.len().min(value.len()).min(8);
            put.is_token_put() && common > 0 && body[..common] == value.as_bytes()[..common]
        })
}

pub(super) const ERR_005: Rule = Rule {
    id: "ERR-005",
    level: Level::Should,
    applies: Applies::With(Capability::V1Fallback),
    statement: "After a 5xx or 429 to the token PUT, a subject with v1 fallback sends no metadata \
                GET without a token in that resolve.",
    source: "AWS SDKs and Tools Reference Guide, \"IMDS credential provider\" (the fallback is for \
             403, 404 and 405 only)",
    provenance: Provenance::Documented,
    rationale: "A throttled or provoked 503 must not switch a client from the protected to the \
                unprotected protocol.",
    differs: &[
        differs(
            "aws-sdk-go-v2",
            "falls back on 500 after three tries (its own test)",
        ),
        differs(
            "smithy-typescript",
            "falls back at once on all but 400 (its own test, for 406)",
        ),
        differs("botocore", "falls back after its attempts (by reading)"),
        differs("aws-c-auth", "falls back at once (by reading)"),
    ],
    monitor: busy_services_are_not_downgraded,
};

fn busy_services_are_not_downgraded(case: &Case<'_>, docket: &mut Docket) {
    let expected = "no GET without a token after 429 or 5xx";
    never_on_without_a_token(case, docket, is_not_now, expected);
}

/// Judges each call in which a PUT came to such an end: violated by the first GET without a token
/// while that is the last PUT, held when the call ends without any such GET.
fn never_on_without_a_token(
    case: &Case<'_>,
    docket: &mut Docket,
    such: impl Fn(&Exchange<'_>) -> bool,
    expected: &str,
) {
    for call in case.lone_calls() {
        let mut last: Option<&Exchange<'_>> = None;
        let mut is_tested = false;
        let mut went_on = false;
        for (_, x) in case.imds_of(call) {
            if x.is_token_put() {
                last = such(x).then_some(x);
                is_tested |= last.is_some();
            } else if x.is_metadata_get() && x.token().is_none() {
                went_on = true;
                if let Some(put) = last.take() {
                    docket.violated(put.events().into_iter().chain([x.number]), expected, "one");
                }
            }
        }
        if is_tested && !went_on && call.outcome.is_some() && !call.is_broken() {
            docket.held();
        }
    }
}
