//! Interim replies.

use crate::rules::sight::{differs, is_document_get};
use crate::{Applies, Case, Docket, Exchange, Level, Provenance, Rule};
use imdspec_wire::{CredentialDocument, RoleList, Route, SessionToken, TTL_HEADER, Ttl};

pub(super) const ERR_011: Rule = Rule {
    id: "ERR-011",
    level: Level::Must,
    applies: Applies::Always,
    statement: "Interim 1xx replies before a good reply are skipped: the resolve gives credentials \
                as if they had not come.",
    source: "RFC 9110 section 15.2: a client has to be able to read one or more 1xx replies before \
             the final one, expected or not",
    provenance: Provenance::Documented,
    rationale: "Proxies and emulators may add 100 or 103. A client that takes one for the answer \
                fails, or falls back to v1 (s3fs-fuse/s3fs-fuse#1581, 2021: a mount hung after a \
                100 Continue).",
    differs: &[differs(
        "botocore",
        "Python's http.client skips 100 only, so a 103 is taken for the final status, and the \
         token PUT counts as failed",
    )],
    monitor: interim_replies_are_skipped,
};

fn interim_replies_are_skipped(case: &Case<'_>, docket: &mut Docket) {
    for call in case.lone_calls() {
        let first_not_plain = |(_, x): &(usize, &Exchange<'_>)| has_interim(x) || !x.is_success();
        let Some((_, interim)) = case.imds_of(call).find(first_not_plain) else {
            continue;
        };
        if !has_interim(interim) || interim.status() != Some(200) {
            continue;
        }
        if call.outcome.is_none() || !case.imds_of(call).all(|(_, x)| is_good(x)) {
            continue;
        }
        if call.given().is_some() {
            docket.held();
        } else {
            let mut events = interim.events();
            let next = case.imds_of(call).find(|(_, x)| x.number > interim.number);
            events.extend(next.map(|(_, x)| x.number));
            events.push(call.last_number());
            docket.violated(events, "credentials: every reply was good", call.in_words());
        }
    }
}

fn has_interim(x: &Exchange<'_>) -> bool {
    x.reply.is_some_and(|r| !r.interim.is_empty())
}

/// Whether the service did its part: a reply that any client takes but for the interim ones, or a
/// refusal of a request that came without its token.
fn is_good(x: &Exchange<'_>) -> bool {
    let Some(reply) = x.reply.filter(|_| x.is_answered_at_last()) else {
        return false;
    };
    let body = &reply.body;
    match reply.status {
        Some(401) => x.is_metadata_get() && x.token().is_none_or(str::is_empty),
        Some(200) if x.is_token_put() => {
            let ttl = reply.headers.get(TTL_HEADER).map(Ttl::parse);
            SessionToken::parse(body).is_ok() && matches!(ttl, Some(Ok(_)))
        }
        Some(200) if matches!(x.route, Route::Roles { .. }) => RoleList::parse(body).is_ok(),
        Some(200) if is_document_get(x) => {
            CredentialDocument::parse(body).is_ok_and(|d| d.credentials().is_ok())
        }
        _ => false,
    }
}
