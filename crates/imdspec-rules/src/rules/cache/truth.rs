//! What is given is what was served: no later end, no mixture.

use super::clock::has_jumped_before;
use super::held::SLACK_MILLIS;
use crate::rules::doc::fetch::fetches;
use crate::rules::sight::differs;
use crate::{Applies, Case, Docket, Given, Level, Provenance, Rule, ServedDocument};
use imdspec_wire::Timestamp;

pub(super) const CACHE_008: Rule = Rule {
    id: "CACHE-008",
    level: Level::Should,
    applies: Applies::Always,
    statement: "The expiration reported for a document that was served with life left is not later than its own.",
    source: "smithy-rs aws/rust-runtime/aws-config/src/imds/credentials.rs `credentials_not_stale_should_be_used_as_they_are`; user reports of the opposite, which its maintainers call intended: botocore issue 2670; smithy-rs issue 2687 and its fix 2694 (ExpiredToken for 10 to 15 minutes)",
    provenance: Provenance::Tested,
    rationale: "Extending keys that have a true end lets a client use them after they are dead, exactly when new ones could be had.",
    differs: &[
        differs(
            "botocore",
            "extends any document with less than 17 to 25 minutes left (`test_expiry_time_extension`), the bare fetcher 12 to 20",
        ),
        differs(
            "aws-sdk-go-v2",
            "may report an earlier one (capped at an hour), which is allowed",
        ),
    ],
    monitor: promises_no_more,
};

pub(super) const CACHE_018: Rule = Rule {
    id: "CACHE-018",
    level: Level::Must,
    applies: Applies::Always,
    statement: "Access key, secret and security token of every answer come from one and the same document, also across a rotation.",
    source: "botocore tests/functional/test_credentials.py TestCredentialRefreshRaces `test_has_no_race_conditions`, `test_no_race_for_immediate_advisory_expiration`; user report: fluent-bit pull request 12207 (2026-08-03: access key of one refresh with the secret of the next)",
    provenance: Provenance::Tested,
    rationale: "A key of one document with the token of another is refused by every service; the failure is rare, load-dependent and nearly impossible to diagnose.",
    differs: &[
        differs(
            "fluent-bit",
            "copies the cached set without the lock, so a concurrent refresh can mix or free it (pull request 12207)",
        ),
        differs(
            "botocore",
            "reading its three properties one by one may mix generations; only the frozen set is consistent (its documentation)",
        ),
    ],
    monitor: never_mixes,
};

fn promises_no_more(case: &Case<'_>, docket: &mut Docket) {
    for fetch in fetches(case) {
        let (Some(given), Ok(credentials)) = (fetch.call.given(), &fetch.document.credentials)
        else {
            continue;
        };
        let end = credentials.expiration.wall();
        let ended = fetch.call.ended.unwrap_or(fetch.call.started).wall;
        // Once the document is over, extending it is static stability.
        if given.access_key_id != credentials.access_key_id
            || fetch.exchange.at.wall.max(ended) >= end
            || fetch.is_of_another_document(given)
            || has_jumped_before(case, fetch.call.number)
        {
            continue;
        }
        let reported = given.expiration.as_deref().map(Timestamp::parse);
        let Some(Ok(reported)) = reported else {
            continue;
        };
        if reported.wall().millis_since(end) > SLACK_MILLIS {
            let expected = format!("{} or earlier", credentials.expiration);
            docket.violated(fetch.events(), expected, reported.to_string());
        } else {
            docket.held();
        }
    }
}

fn never_mixes(case: &Case<'_>, docket: &mut Docket) {
    // With one document there is nothing to mix.
    let key = |d: &ServedDocument| d.text("AccessKeyId").map(str::to_owned);
    let first = case.documents.first().and_then(key);
    let second = case.documents.iter().find(|d| key(d) != first);
    let Some(second) = second.map(|d| case.exchanges[d.exchange].number) else {
        return;
    };
    for call in &case.calls {
        let (Some(given), Some(answered)) = (call.given(), call.outcome_number) else {
            continue;
        };
        if answered < second {
            continue;
        }
        let served = case
            .documents
            .partition_point(|d| case.exchanges[d.exchange].number < answered);
        let served = &case.documents[..served];
        let is_whole = |d: &ServedDocument| has_key_of(d, given) && has_rest_of(d, given, true);
        if served.iter().rev().any(is_whole) {
            docket.held();
            continue;
        }
        let of_key = served.iter().rev().find(|d| has_key_of(d, given));
        let of_rest = |d: &&ServedDocument| !has_key_of(d, given) && has_rest_of(d, given, false);
        if let Some(of_key) = of_key
            && let Some(of_rest) = served.iter().rev().find(of_rest)
        {
            let mut events: Vec<u32> = [of_key, of_rest]
                .iter()
                .flat_map(|d| case.exchanges[d.exchange].events())
                .collect();
            events.sort_unstable();
            events.push(answered);
            docket.violated(
                events,
                "access key, secret and security token of one document",
                format!("access key {} beside another's", given.access_key_id),
            );
        }
    }
}

fn has_key_of(document: &ServedDocument, given: &Given) -> bool {
    document.text("AccessKeyId") == Some(&given.access_key_id)
}

/// Whether secret and token (or, unless `both`, one of them) are the document's. One that is not
/// there says nothing, but one at least must say that they are.
fn has_rest_of(document: &ServedDocument, given: &Given, both: bool) -> bool {
    let is = |name, value: &str| !value.is_empty() && document.text(name) == Some(value);
    let secret = given.secret_access_key.as_deref();
    let secret = secret.map(|s| is("SecretAccessKey", s));
    let token = given.session_token.as_deref().map(|t| is("Token", t));
    let either = secret == Some(true) || token == Some(true);
    either && !(both && (secret == Some(false) || token == Some(false)))
}
