//! Replies that are not whole, or no HTTP at all.

use crate::rules::sight::{
    differs, ends_well, holds, is_discovery, is_document_get, is_role_configured, role_asked,
};
use crate::{Applies, Call, Case, Docket, End, Exchange, Level, Outcome, Provenance, Rule, Server};

pub(super) const ERR_013: Rule = Rule {
    id: "ERR-013",
    level: Level::Must,
    applies: Applies::Always,
    statement: "A reply whose connection ends before its body is complete is never used: no token, \
                role name or credentials come from it, and the resolve ends.",
    source: "aws/aws-sdk-php#1664 (2018-11-02): a partial document from the service; RFC 9112 \
             section 8: such a message is incomplete; botocore tests/unit/test_utils.py \
             `test_invalid_json_is_retried`",
    provenance: Provenance::Observed,
    rationale: "A cut token is 401 for six hours, a cut name asks for another role, a cut document \
                is half a secret; a client that misses the cut can also wait for ever.",
    differs: &[
        differs(
            "smithy-typescript",
            "never settles when the body is cut (by reading)",
        ),
        differs(
            "aws-c-auth",
            "appends the body of the retry to the partial one (by reading)",
        ),
    ],
    monitor: cut_replies_are_not_used,
};

fn cut_replies_are_not_used(case: &Case<'_>, docket: &mut Docket) {
    for call in case.lone_calls() {
        let mut is_tested = false;
        let mut is_used = false;
        for (i, cut) in case.imds_of(call).filter(|(_, x)| is_cut(x)) {
            is_tested = true;
            if let Some((number, what)) = use_of(case, call, i, cut) {
                is_used = true;
                docket.violated(
                    [cut.number, cut.reply_number, number],
                    "no use of an incomplete reply",
                    what,
                );
            }
        }
        if is_tested && !is_used {
            ends_well(case, call, docket, is_cut);
        }
    }
}

fn is_cut(x: &Exchange<'_>) -> bool {
    x.request.server == Server::Imds
        && (x.is_token_put() || is_discovery(x) || is_document_get(x))
        && x.reply
            .is_some_and(|r| r.end == End::Short && r.status.is_some())
}

/// The event in which part of a cut reply turns up, if one does, and as what.
fn use_of(
    case: &Case<'_>,
    call: &Call<'_>,
    index: usize,
    cut: &Exchange<'_>,
) -> Option<(u32, &'static str)> {
    let body = cut.reply_body();
    let mut later = case.imds_after(index).map(|(_, x)| x);
    if cut.is_token_put() {
        let is_part = |v: &str| {
            // A client may have kept the beginning and put the next token behind it.
            let tails = case.tokens.iter().filter_map(|t| v.strip_suffix(t.value));
            let kept = tails.min_by_key(|rest| rest.len()).unwrap_or(v).as_bytes();
            let is_whole = || came_whole(case, |x| x.is_token_put(), v.as_bytes());
            !kept.is_empty() && body.starts_with(kept) && !is_whole()
        };
        let get = later.find(|x| x.token().is_some_and(is_part))?;
        return Some((get.number, "part of a token in a header"));
    }
    if is_discovery(cut) {
        let is_part = |role: Vec<u8>| {
            body.starts_with(&role) && !came_whole(case, is_discovery, role.trim_ascii())
        };
        let is_use = |x: &&Exchange<'_>| role_asked(x).is_some_and(is_part);
        let get = later.find(is_use).filter(|_| !is_role_configured(case))?;
        return Some((get.number, "part of a role name in a target"));
    }
    let key = call.given()?.access_key_id.as_bytes();
    let has_key = |x: &Exchange<'_>| is_document_get(x) && holds(x.reply_body(), key);
    let is_elsewhere = || case.imds().any(|(_, x)| !is_cut(x) && has_key(x));
    (has_key(cut) && !is_elsewhere())
        .then_some((call.last_number(), "credentials from part of a document"))
}

/// Whether a reply to such a request, late or not, had just this text for its body.
fn came_whole(case: &Case<'_>, such: impl Fn(&Exchange<'_>) -> bool, text: &[u8]) -> bool {
    let mut replies = case.imds().map(|(_, x)| x);
    replies.any(|x| such(x) && !is_cut(x) && is_or_begins_with_line(x.reply_body(), text))
}

/// Whether a body is `text`, or its first line is: of several roles the first is used.
fn is_or_begins_with_line(body: &[u8], text: &[u8]) -> bool {
    let body = body.trim_ascii();
    let first = body.split(|b| *b == b'\n').next().unwrap_or(body);
    body == text || first.trim_ascii() == text
}

pub(super) const ERR_014: Rule = Rule {
    id: "ERR-014",
    level: Level::Must,
    applies: Applies::Always,
    statement: "A garbage status line, a flood of headers, or a connection closed or reset before \
                the reply neither crashes nor hangs the subject, at any of the three steps.",
    source: "botocore tests/functional/test_utils.py `test_catch_retryable_http_errors`, \
             tests/unit/test_utils.py `test_http_connection_errors_is_retried`; smithy-typescript \
             httpRequest.spec.ts 'throws error when request throws error'; boto/botocore#1049 \
             (2016-10-12)",
    provenance: Provenance::Tested,
    rationale: "Anything may answer at the metadata address; a crash in the credential code takes \
                the whole program with it.",
    differs: &[],
    monitor: no_http_breaks_nothing,
};

/// More header fields than this is a flood.
const FLOOD: usize = 100;

fn no_http_breaks_nothing(case: &Case<'_>, docket: &mut Docket) {
    for call in &case.calls {
        if case.imds_of(call).any(|(_, x)| is_no_http(x)) {
            ends_well(case, call, docket, is_no_http);
        } else if case.imds_of(call).any(|(_, x)| is_silent(x)) {
            // How long silence may hold a resolve is RETRY-001's matter.
            let is_hang = matches!(call.outcome, Some(Outcome::Deadline { .. }));
            if call.is_broken() && !is_hang {
                ends_well(case, call, docket, is_silent);
            }
        }
    }
}

fn is_no_http(x: &Exchange<'_>) -> bool {
    x.request.server == Server::Imds
        && x.reply.is_some_and(|r| {
            matches!(r.end, End::Garbage | End::Closed | End::Reset) || r.headers.0.len() > FLOOD
        })
}

fn is_silent(x: &Exchange<'_>) -> bool {
    x.request.server == Server::Imds && x.reply.is_some_and(|r| r.end == End::Silent)
}
