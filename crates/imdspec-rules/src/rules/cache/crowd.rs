//! Many callers at once: one fetch is enough for all of them.

use super::clock::has_jumped_before;
use crate::rules::sight::is_document_get;
use crate::{Applies, Capability, Case, Docket, Exchange, Level, Provenance, Rule, ServedDocument};
use std::ops::Range;

pub(super) const CACHE_014: Rule = Rule {
    id: "CACHE-014",
    level: Level::Should,
    applies: Applies::With(Capability::CachesCredentials),
    statement: "Callers that ask at the same time share one fetch: before the first of them is answered, one good document is asked for.",
    source: "aws-sdk-go-v2 aws/credential_cache_test.go `TestCredentialsCache_RetrieveConcurrent`; smithy-rs rust-runtime/aws-smithy-runtime/src/client/identity/cache/lazy.rs `load_contention` (two hundred callers, five loads)",
    provenance: Provenance::Tested,
    rationale: "The service answers few requests a second for a whole instance. When credentials end under load and each caller fetches its own, it throttles them, and the application with them.",
    differs: &[],
    monitor: shares_a_fetch,
};

/// With less life than this, in milliseconds, each caller may have reason to ask again.
const MUCH_LIFE: i64 = 30 * 60 * 1000;

fn shares_a_fetch(case: &Case<'_>, docket: &mut Docket) {
    for crowd in crowds(case) {
        let calls = &case.calls[crowd];
        let (Some(last), answered) = (calls.last(), calls.iter().filter_map(|c| c.outcome_number))
        else {
            continue;
        };
        let first_answer = answered.min().unwrap_or(u32::MAX);
        let window = |x: &Exchange<'_>| (last.number..first_answer).contains(&x.number);
        let good: Vec<&Exchange<'_>> = case
            .documents
            .iter()
            .map(|d| (d, &case.exchanges[d.exchange]))
            .filter(|(d, x)| window(x) && is_document_get(x) && is_good(d, x))
            .map(|(_, x)| x)
            .collect();
        // A caller that lived through a jump of the clock may know better than to wait for another.
        if has_jumped_before(case, last.number) {
            continue;
        }
        match good.as_slice() {
            [] => {}
            [_] => docket.held(),
            [first, .., again] => {
                let mut events = vec![last.number];
                events.extend(first.events());
                events.extend(again.events());
                let expected = format!("one document GET for {} callers at once", calls.len());
                docket.violated(events, expected, format!("{} of them", good.len()));
            }
        }
    }
}

/// Calls that were asked one right after the other, so that all were open before the first request.
fn crowds(case: &Case<'_>) -> Vec<Range<usize>> {
    let mut all = Vec::new();
    let mut begin = 0;
    for end in 1..=case.calls.len() {
        let goes_on = case
            .calls
            .get(end)
            .is_some_and(|next| next.number == case.calls[end - 1].number + 1);
        if !goes_on {
            if end - begin > 1 {
                all.push(begin..end);
            }
            begin = end;
        }
    }
    all
}

fn is_good(document: &ServedDocument, x: &Exchange<'_>) -> bool {
    let lives =
        |c: &imdspec_wire::Credentials| c.expiration.wall().millis_since(x.at.wall) > MUCH_LIFE;
    x.is_answered() && document.credentials.as_ref().is_ok_and(lives)
}
