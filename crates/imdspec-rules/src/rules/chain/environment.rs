//! Keys in the environment that are blank, half there, or beside a named profile.

use super::setup::{
    breakage, broken, giver, may_have_failed, proof, settled_calls, working, works,
};
use crate::owner::told;
use crate::rules::sight::{differs, is_quiet};
use crate::{Applies, Capability, Case, Docket, Event, Exchange, Level, Provenance, Rule, What};
use imdspec_wire::Source;

pub(super) const CHAIN_007: Rule = Rule {
    id: "CHAIN-007",
    level: Level::Must,
    applies: Applies::With(Capability::EnvironmentKeys),
    statement: "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY that are empty count as unset: resolve goes on to the other sources.",
    source: "botocore tests/unit/test_credentials.py `test_envvars_empty_string`; smithy-rs aws-config test-data/default-credential-provider-chain/environment_variables_blank (a blank counts too)",
    provenance: Provenance::Tested,
    rationale: "Container and CI settings often define the variables with nothing in them; that must not take the real source away.",
    differs: &[differs(
        "botocore, aws-sdk-js-v3",
        "take a value of white space for a key (by reading); this rule is about empty ones",
    )],
    monitor: empty_is_unset,
};

pub(super) const CHAIN_008: Rule = Rule {
    id: "CHAIN-008",
    level: Level::Should,
    applies: Applies::With(Capability::EnvironmentKeys),
    statement: "With half of a key pair in the environment, resolve ends in a refusal or gives credentials that are wholly of another source.",
    source: "botocore tests/unit/test_credentials.py `test_partial_creds_is_an_error`, `test_partial_creds_is_an_error_empty_string`, `test_missing_access_key_id_raises_error`; smithy-rs aws-config EnvironmentVariableCredentialsProvider (a missing half is an error or not loaded)",
    provenance: Provenance::Tested,
    rationale: "An id of one person signed with the secret of another is refused with an error that points at neither.",
    differs: &[differs(
        "botocore",
        "refuses an id without a secret, and passes over a secret without an id (by reading)",
    )],
    monitor: half_a_pair_is_no_pair,
};

pub(super) const CHAIN_012: Rule = Rule {
    id: "CHAIN-012",
    level: Level::Pin,
    applies: Applies::With(Capability::EnvironmentKeys),
    statement: "With a profile named and keys in the environment, resolve takes one of the two.",
    source: "botocore tests/unit/test_credentials.py `test_explicit_profile_ignores_env_provider`, `test_no_profile_checks_env_provider`; aws-sdk-ruby credential_resolution_chain_spec.rb \"prefers assume role credentials when profile explicitly set over ENV credentials\"; aws-sdk-go-v2 config/resolve_credentials.go, by reading; aws-sdk-js-v3 credential-provider-node defaultProvider.ts, by reading",
    provenance: Provenance::Tested,
    rationale: "Whoever names a profile expects to get it, and whoever exports keys expects those: users must know which it is.",
    differs: &[
        differs(
            "aws-sdk-js-v3",
            "AWS_PROFILE alone takes the environment's keys out (by reading)",
        ),
        differs(
            "botocore, aws-sdk-go-v2, aws-sdk-ruby",
            "only a profile named in code does (botocore and aws-sdk-ruby by their tests, aws-sdk-go-v2 by reading)",
        ),
    ],
    monitor: profile_or_environment,
};

const ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET: &str = "AWS_SECRET_ACCESS_KEY";

fn empty_is_unset(case: &Case<'_>, docket: &mut Docket) {
    let env = &case.trace.header.env;
    let is_empty = |name| env.get(name).is_some_and(String::is_empty);
    if !is_empty(ID) || !is_empty(SECRET) {
        return;
    }
    let others: Vec<Source> = working(case).collect();
    let only_this = broken(case).all(|(s, _)| s == Source::Environment);
    let expected = "as if the variables were unset";
    for call in settled_calls(case) {
        let events = proof([call.number, call.last_number()]);
        match call.given() {
            Some(given) if given.access_key_id.trim().is_empty() => {
                docket.violated(events, expected, "an empty access key id");
            }
            Some(_) if giver(case, call).is_some() => docket.held(),
            Some(_) => {}
            None if call.is_broken() && case.of_call(call).iter().all(Exchange::is_success) => {
                docket.violated(events, expected, call.in_words());
            }
            None if call.is_refusal() && only_this && is_passed_over(case, &others) => {
                docket.violated(events, expected, "a refusal, and nobody asked");
            }
            None => {}
        }
    }
}

/// Whether a source that works and that this subject looks at was not even spoken to.
fn is_passed_over(case: &Case<'_>, others: &[Source]) -> bool {
    let order = &case.trace.header.order;
    let is_known =
        |s: &Source| order.rank(*s).is_some() || (*s == Source::Imds && order.is_empty());
    // A service that is turned off is not asked, and rightly so.
    let is_off = case
        .trace
        .header
        .env
        .contains_key("AWS_EC2_METADATA_DISABLED");
    let ran = |e: &Event| matches!(e.what, What::Ran { .. });
    let nobody_asked = is_quiet(case) && !case.trace.events.iter().any(ran);
    nobody_asked && !is_off && others.iter().any(is_known)
}

fn half_a_pair_is_no_pair(case: &Case<'_>, docket: &mut Docket) {
    let env = &case.trace.header.env;
    let value = |name| {
        env.get(name)
            .map(String::as_str)
            .filter(|v| !v.trim().is_empty())
    };
    let half = match (value(ID), value(SECRET)) {
        (Some(id), None) => (Some(id), None),
        (None, Some(secret)) => (None, Some(secret)),
        _ => return,
    };
    let expected = "a refusal, or credentials wholly of another source";
    for call in settled_calls(case) {
        let number = call.last_number();
        let Some(given) = call.given() else {
            if call.is_refusal() {
                docket.held();
            }
            continue;
        };
        let secret = told(given.secret_access_key.as_deref());
        let got = match half {
            (Some(id), _) if given.access_key_id == id => "the access key id of the environment",
            (_, Some(s)) if secret == Some(s) => "the secret access key of the environment",
            _ => {
                let owners = case.owners(given, number);
                if owners
                    .access_key_id
                    .is_some_and(|o| o.source() != Source::Environment)
                {
                    docket.held();
                }
                continue;
            }
        };
        docket.violated(proof([call.number, number]), expected, got);
    }
}

fn profile_or_environment(case: &Case<'_>, docket: &mut Docket) {
    let header = &case.trace.header;
    let named = if header.code.contains_key("profile") {
        "a profile named in code"
    } else if header.env.contains_key("AWS_PROFILE") {
        "AWS_PROFILE"
    } else {
        return;
    };
    let mut in_profile = working(case).filter(|s| s.is_in_profile());
    let Some(other) = in_profile.next() else {
        return;
    };
    let is_clear = works(case, Source::Environment)
        && in_profile.next().is_none()
        && other.rests_on() != Some(Source::Environment)
        && header.sources.keys().all(|s| breakage(case, *s).is_none());
    if !is_clear {
        return;
    }
    for call in settled_calls(case) {
        if may_have_failed(case, call, other) {
            continue;
        }
        let winner = match giver(case, call) {
            Some(Source::Environment) => "the environment",
            Some(s) if s == other => "the profile",
            _ => continue,
        };
        let value = format!("{named} beside keys in the environment: {winner} wins");
        docket.observed(value, [call.number, call.last_number()]);
    }
}
