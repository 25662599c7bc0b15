//! How failures reach the caller.

use crate::rules::sight::{differs, is_discovery, is_document_get, surely_failed};
use crate::{
    Applies, Call, Case, Docket, End, Exchange, Given, Level, Outcome, Provenance, RefusalKind,
    Rule,
};

pub(super) const ERR_009: Rule = Rule {
    id: "ERR-009",
    level: Level::Pin,
    applies: Applies::Always,
    statement: "For each way of failing, whether the subject says that there are no credentials \
                here, so that a chain goes on, or gives an error that ends it.",
    source: "smithy-rs chain cases imds_no_iam_role (the chain goes on), imds_token_fail (error); \
             botocore tests/unit/test_utils.py (nothing, for nearly all) and \
             `test_v1_disabled_by_config` (raises)",
    provenance: Provenance::Tested,
    rationale: "It decides whether a later source is tried and what the user reads; SDKs disagree \
                on purpose.",
    differs: &[
        differs(
            "smithy-rs",
            "no PUT reply and 404 to the list: none; the rest: error (by reading)",
        ),
        differs("botocore", "none for nearly everything (by reading)"),
    ],
    monitor: kinds_of_failure,
};

fn kinds_of_failure(case: &Case<'_>, docket: &mut Docket) {
    for call in case.lone_calls() {
        let Some(Outcome::Refused {
            kind: Some(kind), ..
        }) = call.outcome
        else {
            continue;
        };
        let says = match kind {
            RefusalKind::None => "none",
            RefusalKind::Error => "error",
        };
        if let Some((failure, x)) = failure_of(case, call) {
            let events = x.events().into_iter().chain([call.last_number()]);
            docket.observed(format!("{failure}: {says}"), events);
        }
    }
}

/// What made a call fail, in a word or two.
fn failure_of<'c, 't>(
    case: &'c Case<'t>,
    call: &Call<'t>,
) -> Option<(&'static str, &'c Exchange<'t>)> {
    let (i, last) = case.imds_of(call).last()?;
    let put = case
        .imds_of(call)
        .map(|(_, x)| x)
        .find(|x| x.is_token_put() && surely_failed(x));
    if let Some(put) = put {
        return Some((failed_put(put)?, put));
    }
    let is_404 = last.is_answered() && last.status() == Some(404);
    if is_discovery(last) && is_404 {
        return Some(("list 404", last));
    }
    let served = case.documents.iter().rev().find(|d| d.exchange == i);
    let is_bad = served.is_some_and(|d| d.credentials.is_err());
    (is_document_get(last) && is_bad).then_some(("bad document", last))
}

fn failed_put(put: &Exchange<'_>) -> Option<&'static str> {
    match put.reply?.end {
        End::Silent => Some("PUT unanswered"),
        End::Closed | End::Reset => Some("PUT cut off"),
        End::Whole => match put.status()? {
            400 => Some("PUT 400"),
            403 => Some("PUT 403"),
            404 => Some("PUT 404"),
            405 => Some("PUT 405"),
            500..=599 => Some("PUT 5xx"),
            _ => None,
        },
        _ => None,
    }
}

pub(super) const ERR_010: Rule = Rule {
    id: "ERR-010",
    level: Level::Must,
    applies: Applies::Always,
    statement: "A document reply of 204 or 205, or of 200 with an empty body, never makes a \
                resolve succeed.",
    source: "botocore tests/unit/test_utils.py `test_empty_response_is_retried`; aws-sdk-ruby \
             instance_profile_credentials_spec.rb 'retries invalid JSON exactly 3 times'; \
             aws-c-auth tests/credentials_provider_imds_tests.c \
             `credentials_provider_imds_role_request_failure`; smithy-typescript \
             ImdsCredentials.spec.ts 'should reject scalar values'",
    provenance: Provenance::Tested,
    rationale: "Empty keys returned as success are worse than an error: the chain stops and every \
                call is refused. The service has sent empty answers (boto/botocore#1403, 2016-02).",
    differs: &[],
    monitor: empty_documents_are_no_success,
};

fn empty_documents_are_no_success(case: &Case<'_>, docket: &mut Docket) {
    for call in case.lone_calls() {
        let is_empty = |x: &Exchange<'_>| {
            let says_empty = matches!(x.status(), Some(204 | 205));
            let has_nothing = x.reply_body().trim_ascii().is_empty();
            is_document_get(x) && x.is_success() && (says_empty || has_nothing)
        };
        let Some((_, reply)) = case.imds_of(call).find(|(_, x)| is_empty(x)) else {
            continue;
        };
        if call.given().is_some_and(is_hollow) {
            docket.violated(
                [reply.number, reply.reply_number, call.last_number()],
                "no credentials from an empty document",
                "credentials without keys",
            );
        } else if call.outcome.is_some() && !call.is_broken() {
            docket.held();
        }
    }
}

/// Whether credentials hold nothing: keys that are empty, or an absent value put into words.
fn is_hollow(given: &Given) -> bool {
    let is_nothing = |key: &str| matches!(key.trim(), "" | "null" | "None" | "undefined" | "nil");
    is_nothing(&given.access_key_id) || given.secret_access_key.as_deref().is_some_and(is_nothing)
}
