//! The winner, where the subject says in which order it looks.

use super::setup::{asked, giver, may_have_failed, names_a_profile, proof, settled_calls, working};
use crate::rules::sight::differs;
use crate::{Applies, Capability, Case, Docket, Level, Provenance, Rule};
use imdspec_wire::Source;

pub(super) const CHAIN_017: Rule = Rule {
    id: "CHAIN-017",
    level: Level::Must,
    applies: Applies::With(Capability::Chain),
    statement: "The credentials given are never those of a source that stands, in the order the subject declares, behind one that was set up and works.",
    source: "AWS SDKs and Tools Reference Guide, \"Standardized credential providers\" (sources are checked in order, and the search stops at valid credentials); smithy-rs aws-config `CredentialsProviderChain` (documentation) and test-data/default-credential-provider-chain/prefer_environment; botocore tests/unit/test_credentials.py `test_first_credential_non_none_wins`, `test_profile_provider_builder_order`; aws-sdk-ruby credential_resolution_chain_spec.rb",
    provenance: Provenance::Documented,
    rationale: "Operators choose an identity by where they put it; another order than the documented one acts as somebody else without a word.",
    differs: &[],
    monitor: first_working_wins,
};

pub(super) const CHAIN_018: Rule = Rule {
    id: "CHAIN-018",
    level: Level::Must,
    applies: Applies::With(Capability::Chain),
    statement: "In a call that gives credentials of one source, no source that stands behind it in the order the subject declares is asked for credentials.",
    source: "AWS SDKs and Tools Reference Guide, \"Standardized credential providers\" (after valid credentials are found, the search is stopped); smithy-rs aws-config `CredentialsProviderChain` (documentation: no other providers will be used); botocore botocore/credentials.py `CredentialResolver.load_credentials`",
    provenance: Provenance::Documented,
    rationale: "Asking everybody costs time and throttling, runs commands nobody wanted run, and tells services of a program that does not need them.",
    differs: &[differs(
        "aws-sdk-go-v2",
        "picks one source by configuration and never asks another (by reading)",
    )],
    monitor: nobody_behind_is_asked,
};

fn first_working_wins(case: &Case<'_>, docket: &mut Docket) {
    let order = &case.trace.header.order;
    // Where a profile is named, some pass the environment by: CHAIN-012.
    let is_passed = |s: &Source| *s == Source::Environment && names_a_profile(case);
    let first_ones = working(case).filter(|s| !is_passed(s));
    let ranked = first_ones.filter_map(|s| Some((order.rank(s)?, s)));
    let Some((first_rank, first)) = ranked.min() else {
        return;
    };
    for call in settled_calls(case) {
        let Some(given) = call.given() else {
            continue;
        };
        let Some(owner) = case.owners(given, call.last_number()).access_key_id else {
            continue;
        };
        // Where the subject's order does not say, neither does this rule.
        let Some(rank) = order.rank(owner.source()) else {
            continue;
        };
        if rank == first_rank {
            docket.held();
        } else if rank > first_rank && !may_have_failed(case, call, first) {
            docket.violated(
                proof([owner.number, call.number, call.last_number()]),
                format!("the credentials of {first}, which works and is looked at first"),
                format!("credentials of {}", owner.source()),
            );
        }
    }
}

fn nobody_behind_is_asked(case: &Case<'_>, docket: &mut Docket) {
    let order = &case.trace.header.order;
    for call in settled_calls(case) {
        let winner = giver(case, call);
        let Some((winner, rank)) = winner.and_then(|w| Some((w, order.rank(w)?))) else {
            continue;
        };
        let is_behind = |s: Source| order.rank(s).is_some_and(|r| r > rank);
        let all = asked(case, call);
        if let Some(asking) = all.iter().find(|a| a.is_of(is_behind)) {
            docket.violated(
                [call.number, asking.number],
                format!("nobody behind {winner} asked"),
                asking.what,
            );
        } else if case.trace.header.sources.keys().any(|s| is_behind(*s)) {
            docket.held();
        }
    }
}
