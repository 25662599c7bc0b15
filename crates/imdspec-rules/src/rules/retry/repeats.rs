//! How a request is sent again.

use crate::rules::sight::{
    differs, is_discovery, is_document_get, is_not_now, is_same_request, may_have_succeeded,
    surely_failed,
};
use crate::{Applies, Case, ClockKind, Docket, Exchange, Level, Provenance, Rule};
use imdspec_wire::{Mono, Route};
use std::time::Duration;

pub(super) const RETRY_007: Rule = Rule {
    id: "RETRY-007",
    level: Level::Should,
    applies: Applies::Always,
    statement: "Between the tries of a request answered 429 or 5xx there is a pause, and from the \
                third try on it does not shrink, jitter of up to a half aside.",
    source: "EC2 User Guide, \"Retrieve instance metadata\" (query throttling: exponential \
             back-off); aws-sdk-ruby gems/aws-sdk-core/spec/aws/ec2_metadata_spec.rb 'defaults to \
             exponential backoff' (1, 1.2, 1.44 s)",
    provenance: Provenance::Documented,
    rationale: "The service throttles per instance: tries without a pause fail together and keep \
                every other process throttled.",
    differs: &[
        differs(
            "botocore",
            "no pause (by reading; boto/botocore#2280 proposed one, 2021-01)",
        ),
        differs("smithy-typescript", "no pause (by reading)"),
    ],
    monitor: tries_are_spaced,
};

fn tries_are_spaced(case: &Case<'_>, docket: &mut Docket) {
    // On a real clock the round trip is a pause too.
    if case.trace.header.clock != ClockKind::Virtual {
        return;
    }
    for call in case.lone_calls() {
        if !case.imds_of(call).any(|(_, x)| is_not_now(x)) {
            continue;
        }
        let mut chains: Vec<Chain<'_, '_>> = Vec::new();
        let mut before = None;
        for (_, x) in case.imds_of(call) {
            match chains.iter_mut().find(|c| is_same_request(c.last, x)) {
                Some(chain) => {
                    let is_next = before == Some(chain.last.number);
                    chain.add(x, is_next, docket);
                }
                None => chains.push(Chain::new(x)),
            }
            before = Some(x.number);
        }
        let kept = chains.iter().filter(|c| c.is_tested && !c.is_broken);
        kept.for_each(|_| docket.held());
    }
}

/// The tries of one request within a call.
struct Chain<'c, 't> {
    last: &'c Exchange<'t>,
    /// The pause before the last try; none before the second.
    pause: Option<Duration>,
    is_tested: bool,
    is_broken: bool,
}

impl<'c, 't> Chain<'c, 't> {
    const fn new(first: &'c Exchange<'t>) -> Self {
        Self {
            last: first,
            pause: None,
            is_tested: false,
            is_broken: false,
        }
    }

    /// Takes the next try; `is_next` says that nothing else was asked since the last one.
    fn add(&mut self, next: &'c Exchange<'t>, is_next: bool, docket: &mut Docket) {
        let last = std::mem::replace(&mut self.last, next);
        if !is_not_now(last) {
            self.pause = None;
            return;
        }
        self.is_tested = true;
        let pause = next.at.mono.since(reply_at(last));
        // With a token fetched in between, the gap is not the pause alone.
        let before = std::mem::replace(&mut self.pause, is_next.then_some(pause));
        let before = before.filter(|_| is_next);
        let got = if pause.is_zero() {
            "none".to_owned()
        } else if before.is_some_and(|before| pause < before / 2) {
            let before = before.unwrap_or_default().as_millis();
            format!("{} ms after one of {before} ms", pause.as_millis())
        } else {
            return;
        };
        if !self.is_broken {
            self.is_broken = true;
            let expected = "a pause, no shorter than the one before";
            docket.violated([last.number, last.reply_number, next.number], expected, got);
        }
    }
}

fn reply_at(x: &Exchange<'_>) -> Mono {
    let delay = x.reply.map_or(0, |r| r.delay);
    x.at.mono.plus(Duration::from_millis(delay))
}

pub(super) const RETRY_009: Rule = Rule {
    id: "RETRY-009",
    level: Level::Must,
    applies: Applies::Always,
    statement: "A metadata GET sent again after 5xx, 429, 401 or a broken connection has the same \
                method and path, and if the first try had a token, the same or a newer one.",
    source: "smithy-rs aws-config/src/imds/client.rs `retry_500` (same path, same token), \
             `retry_metadata_401` (same path, newer token), chain case imds_default_chain_retries; \
             aws-sdk-kotlin `testRetryHttp500`; aws-sdk-java-v2 core/imds \
             BaseEc2MetadataClientTest `get_failsEverytime_shouldRetryAndFails`",
    provenance: Provenance::Tested,
    rationale: "A repetition without the token is a silent downgrade that any forced error could \
                trigger.",
    differs: &[],
    monitor: repeats_are_as_strong,
};

fn repeats_are_as_strong(case: &Case<'_>, docket: &mut Docket) {
    for call in case.lone_calls() {
        for (i, first) in case.imds_of(call) {
            let is_get = is_discovery(first) || is_document_get(first);
            let is_refused = first.is_answered() && first.status() == Some(401);
            let is_broken = surely_failed(first) && !first.is_answered();
            if !is_get || !(is_not_now(first) || is_refused || is_broken) {
                continue;
            }
            let in_call = || {
                case.imds_after(i)
                    .take_while(|(j, _)| call.exchanges.contains(j))
            };
            let is_again = |x: &Exchange<'_>| same_kind(&x.route, &first.route);
            let Some((j, again)) = in_call().find(|(_, x)| is_again(x)) else {
                continue;
            };
            let between = in_call().take_while(|(k, _)| *k < j).map(|(_, x)| x);
            let mut lists = between.clone().filter(|x| is_discovery(x));
            if again.request.target != first.request.target && lists.any(may_have_succeeded) {
                // Another role, properly found.
                continue;
            }
            let weaker = if !is_same_request(first, again) {
                Some("another method or path")
            } else if first.token().is_none() {
                None
            } else if again.token().is_none() {
                // Without a token after a PUT that may have failed it is the fallback, not a
                // repetition.
                if between
                    .filter(|x| x.is_token_put())
                    .any(|x| !x.is_success())
                {
                    continue;
                }
                Some("no token")
            } else {
                let tokens = case.token_carried(i).zip(case.token_carried(j));
                tokens
                    .is_some_and(|(a, b)| b < a)
                    .then_some("an older token")
            };
            match weaker {
                None => docket.held(),
                Some(got) => docket.violated(
                    [first.number, first.reply_number, again.number],
                    "the same request, its token the same or newer",
                    got,
                ),
            }
        }
    }
}

/// Whether both are of the same step. The list's path with and without its slash are two: a client
/// that asks for the list without it asks for the document of no name with it.
const fn same_kind(a: &Route, b: &Route) -> bool {
    match (a, b) {
        (Route::Roles { slash: a }, Route::Roles { slash: b }) => *a == *b,
        (Route::Document { .. }, Route::Document { .. }) => true,
        _ => false,
    }
}
