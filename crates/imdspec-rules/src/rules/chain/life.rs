//! A chain with nothing to find, and one whose sources change while it lives.

use super::setup::{WORKS, asked, giver, may_have_failed, proof, settled_calls, works};
use crate::rules::sight::differs;
use crate::{Applies, Call, Capability, Case, Docket, Level, Minted, Provenance, Rule};
use imdspec_wire::Source;

pub(super) const CHAIN_005: Rule = Rule {
    id: "CHAIN-005",
    level: Level::Must,
    applies: Applies::With(Capability::Chain),
    statement: "When no source works, resolve ends in a refusal: it does not crash, hang, or give credentials that nobody has.",
    source: "smithy-rs aws-config src/default_provider/credentials.rs `no_providers_configured_err`; botocore tests/unit/test_credentials.py `test_no_creds_loaded`; aws-sdk-kotlin DefaultChainCredentialsProviderTest `testImdsDefaultChainError`; aws-sdk-ruby credential_provider_chain_spec.rb \"defaults to nil\"",
    provenance: Provenance::Tested,
    rationale: "A program without credentials must be able to say so; everything else is found out much later, or never.",
    differs: &[],
    monitor: nothing_to_find,
};

pub(super) const CHAIN_015: Rule = Rule {
    id: "CHAIN-015",
    level: Level::Pin,
    applies: Applies::With(Capability::Chain),
    statement: "Once a source has given credentials, later calls stay with it or look at all sources again.",
    source: "aws-sdk-java `AWSCredentialsProviderChain` (documentation: setReuseLastProvider); botocore tests/unit/test_credentials.py `test_http_error_propagated_on_refresh` (a refresh asks the same source); smithy-rs aws-config `CredentialsProviderChain`, by reading (walked at each refresh)",
    provenance: Provenance::Documented,
    rationale: "A long-lived process that looks again may become somebody else in mid-life; one that does not never sees a repaired source.",
    differs: &[
        differs("botocore", "stays (by its tests)"),
        differs("smithy-rs", "looks again at each refresh (by reading)"),
    ],
    monitor: stays_or_looks_again,
};

fn nothing_to_find(case: &Case<'_>, docket: &mut Docket) {
    let sources = &case.trace.header.sources;
    if sources.is_empty() || sources.values().any(|s| s == WORKS) {
        return;
    }
    for call in settled_calls(case) {
        let number = call.last_number();
        if call.is_refusal() {
            docket.held();
        } else if call.is_broken() {
            docket.violated([call.number, number], "a refusal", call.in_words());
        } else if let Some(given) = call.given() {
            // A broken source may give what it has: expired credentials, say.
            let is_served = case.exchanges.iter().any(|x| {
                let body = String::from_utf8_lossy(x.reply_body());
                x.number < number && body.contains(&given.access_key_id)
            });
            if giver(case, call).is_none() && (!is_served || given.access_key_id.is_empty()) {
                let got = "credentials that nobody has";
                docket.violated([call.number, number], "a refusal", got);
            }
        }
    }
}

fn stays_or_looks_again(case: &Case<'_>, docket: &mut Docket) {
    let calls: Vec<&Call<'_>> = case.lone_calls().collect();
    let Some((first, later)) = calls.split_first() else {
        return;
    };
    let Some(held) = giver(case, first) else {
        return;
    };
    for call in later {
        if let Some(value) = appears(case, first, call, held).or_else(|| fails(case, call, held)) {
            docket.observed(
                value,
                proof([first.last_number(), call.number, call.last_number()]),
            );
        }
    }
}

/// Sources whose credentials are announced when they are set up, not when they are fetched.
const fn is_static(source: Source) -> bool {
    matches!(
        source,
        Source::SharedCredentials | Source::ConfigFile | Source::Process | Source::Boto2
    )
}

/// A source came to be set up after the first call.
fn appears(case: &Case<'_>, first: &Call<'_>, call: &Call<'_>, held: Source) -> Option<String> {
    let is_new = |k: &&Minted<'_>| {
        k.number > first.last_number() && is_static(k.source()) && k.source() != held
    };
    let new = case.keys_before(call.number).find(is_new)?.source();
    let was_there = |k: &Minted<'_>| k.source() == new;
    if case.keys_before(first.last_number()).any(was_there) {
        return None;
    }
    match giver(case, call)? {
        s if s == new => Some(format!("{new} appears: looks again")),
        // What comes from a cache shows nothing.
        s if s == held && is_refreshed(case, call, held) => {
            Some(format!("{new} appears: stays with {held}"))
        }
        _ => None,
    }
}

fn is_refreshed(case: &Case<'_>, call: &Call<'_>, held: Source) -> bool {
    asked(case, call).iter().any(|a| a.of.contains(&held))
}

/// The source that gave credentials fails, and another works.
fn fails(case: &Case<'_>, call: &Call<'_>, held: Source) -> Option<String> {
    if !is_refreshed(case, call, held) || !may_have_failed(case, call, held) {
        return None;
    }
    let is_other = |s: &&Source| **s != held && works(case, **s);
    let other = case.trace.header.sources.keys().find(is_other)?;
    match giver(case, call) {
        Some(s) if s != held => Some(format!("{held} fails later: goes on to {s}")),
        None if call.is_refusal() && !may_have_failed(case, call, *other) => {
            Some(format!("{held} fails later: stays with it"))
        }
        _ => None,
    }
}
