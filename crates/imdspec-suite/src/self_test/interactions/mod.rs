//! Clients with a defect that takes two causes at once, which no directed scenario brings together.
//!
//! They are what exploring is for, and how it is proven: [`explore`](crate::explore) has to find
//! each, and to make it small.

mod history;

use super::Mutant;
use super::fixes::{is_document, is_put, reply};
use super::mutants::mutant;
use super::tamper::{Ending, Sending, die};
use history::{History, ends, goes, looking_back};
use imdspec_client::{ProviderError, Send};
use imdspec_wire::{Now, TOKEN_HEADER, TTL_HEADER, paths};

/// Every one of them: the rule that must accuse it, and the defect.
#[must_use]
pub const fn interactions() -> &'static [Mutant] {
    INTERACTIONS
}

const MINUTE: i64 = 60_000;

const INTERACTIONS: &[Mutant] = &[
    mutant(
        "CACHE-018",
        "a token refused while credentials were rotated and the clock was set ahead: the new key, the old secret",
        |_| looking_back(goes, mixes_after_refusal),
    ),
    mutant(
        "CACHE-018",
        "rotated after two outages in a row: the new key with the old security token",
        |_| looking_back(goes, mixes_after_outages),
    ),
    mutant(
        "TOKEN-005",
        "the clock set back after an outage, before a new token is fetched: the former one is sent beside it",
        |_| looking_back(sends_both_tokens, ends),
    ),
    mutant(
        "TOKEN-005",
        "another role listed after the clock was set ahead: its document is asked for without a token",
        |_| looking_back(forgets_token, ends),
    ),
    mutant(
        "TOKEN-002",
        "the clock set ahead by hours before a second token: its lifetime is not asked for",
        |_| looking_back(forgets_ttl, ends),
    ),
    mutant(
        "CACHE-018",
        "rotated after it was throttled, when the clock was set: the new key with the old secret",
        |_| looking_back(goes, mixes_after_throttling),
    ),
    mutant(
        "DOC-001",
        "an outage after the clock was set and the role changed: it fails on a good document",
        |_| looking_back(goes, fails_after_new_role),
    ),
    mutant(
        "CACHE-016",
        "the clock set past the end after an outage: what is held is given without asking",
        |_| looking_back(trusts_the_clock, ends),
    ),
    mutant(
        "SEC-019",
        "rotated and the clock set back, so that the new ones end sooner, with no token refused: it dies",
        |_| looking_back(goes, dies_of_earlier_end),
    ),
    mutant(
        "SEC-005",
        "a token refused twice in the resolve after an outage: it is quoted in the error",
        |_| looking_back(goes, quotes_token),
    ),
    mutant(
        "TOKEN-019",
        "throttled once a token was refused: it goes on without one",
        |_| looking_back(drops_token_when_throttled, ends),
    ),
    mutant(
        "ROUTE-003",
        "a token refused after an outage: the role is asked for in capital letters",
        |_| looking_back(shouts_role, ends),
    ),
];

fn mixes_after_refusal(seen: &History, _: Now, ending: Ending) -> Ending {
    let mixes = seen.refusals > 0 && seen.set > 0 && seen.is_rotated(&ending);
    ending.map(|mut now| {
        if let (true, Some(before)) = (mixes, &seen.given) {
            now.secret_access_key.clone_from(&before.secret_access_key);
        }
        now
    })
}

fn mixes_after_outages(seen: &History, _: Now, ending: Ending) -> Ending {
    let mixes = seen.lapses >= 2 && seen.is_rotated(&ending);
    ending.map(|mut now| {
        if let (true, Some(before)) = (mixes, &seen.given) {
            now.session_token.clone_from(&before.session_token);
        }
        now
    })
}

fn sends_both_tokens(seen: &History, _: Now, send: &mut Send) -> Sending {
    if seen.set < 0 && seen.lapses > 0 && seen.tokens > 1 && !is_put(send) {
        let former = seen.former_token.as_str();
        send.request.headers.push(TOKEN_HEADER, former);
    }
    Sending::Go
}

fn forgets_token(seen: &History, _: Now, send: &mut Send) -> Sending {
    if seen.set > 0 && seen.is_new_role && is_document(send) {
        send.request.headers.remove(TOKEN_HEADER);
    }
    Sending::Go
}

fn forgets_ttl(seen: &History, _: Now, send: &mut Send) -> Sending {
    if seen.set > 60 * MINUTE && seen.tokens > 0 && is_put(send) {
        send.request.headers.remove(TTL_HEADER);
    }
    Sending::Go
}

fn mixes_after_throttling(seen: &History, _: Now, ending: Ending) -> Ending {
    let mixes = seen.was_throttled && seen.set != 0 && seen.is_rotated(&ending);
    ending.map(|mut now| {
        if let (true, Some(before)) = (mixes, &seen.given) {
            now.secret_access_key.clone_from(&before.secret_access_key);
        }
        now
    })
}

fn fails_after_new_role(seen: &History, _: Now, ending: Ending) -> Ending {
    if seen.broken > 0 && seen.is_new_role && seen.set != 0 {
        return Err(ProviderError::error("no credentials"));
    }
    ending
}

fn trusts_the_clock(seen: &History, now: Now, _: &mut Send) -> Sending {
    if seen.set > 60 * MINUTE && seen.lapses > 0 && seen.is_stale(now) {
        return Sending::Answer(Ok(reply(500, "")));
    }
    Sending::Go
}

fn dies_of_earlier_end(seen: &History, _: Now, ending: Ending) -> Ending {
    if let (Some(before), Ok(now)) = (&seen.given, &ending)
        && now.expiration < before.expiration
        && seen.set < 0
        && seen.refusals == 0
    {
        die();
    }
    ending
}

fn quotes_token(seen: &History, _: Now, ending: Ending) -> Ending {
    if seen.refusals > 1 && seen.lapses > 0 && ending.is_err() {
        let words = format!("the token {} was refused", seen.token);
        return Err(ProviderError::error(words));
    }
    ending
}

fn drops_token_when_throttled(seen: &History, _: Now, send: &mut Send) -> Sending {
    if seen.refusals > 0 && seen.throttled > 0 && !is_put(send) {
        send.request.headers.remove(TOKEN_HEADER);
    }
    Sending::Go
}

fn shouts_role(seen: &History, _: Now, send: &mut Send) -> Sending {
    if seen.lapses > 0 && seen.refusals > 0 && is_document(send) {
        let role = seen.role.trim().to_uppercase();
        send.request.target = format!("{}{role}", paths::ROLES);
    }
    Sending::Go
}
