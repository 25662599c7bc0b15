//! What a profile says: a web identity beside it, roles with a credential source, or nothing.

use super::setup::{
    action, breakage, giver, may_have_failed, proof, puts_before, settled_calls, working, works,
};
use crate::rules::sight::{differs, is_quiet};
use crate::{Applies, Call, Capability, Case, Docket, Exchange, Level, Provenance, Rule, Server};
use imdspec_wire::Source;

pub(super) const CHAIN_006: Rule = Rule {
    id: "CHAIN-006",
    level: Level::Pin,
    applies: Applies::With(Capability::Chain),
    statement: "With a web identity in the environment and credentials in the active profile, resolve takes one of the two.",
    source: "smithy-rs aws-config test-data/default-credential-provider-chain/profile_overrides_web_identity; aws-sdk-kotlin DefaultChainCredentialsProviderTest `testProfileOverridesWebIdentity`; botocore tests/functional/test_credentials.py `test_assume_role_env_vars_do_not_take_precedence`; aws-sdk-ruby credential_resolution_chain_spec.rb \"prefers assume role web identity over sso\"; aws-sdk-php developer guide, \"Default credential provider chain\"",
    provenance: Provenance::Tested,
    rationale: "In a Kubernetes pod the web identity is always there; which one wins decides who a program with a mounted profile is.",
    differs: &[
        differs("smithy-rs", "the profile first (by its tests)"),
        differs(
            "aws-sdk-kotlin, aws-sdk-java-v2, aws-sdk-php, aws-sdk-go-v2",
            "the web identity of the environment first (by reading)",
        ),
        differs(
            "botocore",
            "a web identity of either kind before static keys of a profile (by reading)",
        ),
    ],
    monitor: web_identity_or_profile,
};

pub(super) const CHAIN_010: Rule = Rule {
    id: "CHAIN-010",
    level: Level::Should,
    applies: Applies::With(Capability::Chain),
    statement: "A profile that holds settings but no credentials does not keep resolve from asking the instance metadata service.",
    source: "smithy-rs aws-config test-data/default-credential-provider-chain/imds_config_with_no_creds; aws-sdk-kotlin DefaultChainCredentialsProviderTest `testImdsConfigWithNoCreds`",
    provenance: Provenance::Tested,
    rationale: "Instances have a config file for the region; it must not take their role away.",
    differs: &[],
    monitor: settings_are_no_source,
};

pub(super) const CHAIN_011: Rule = Rule {
    id: "CHAIN-011",
    level: Level::Should,
    applies: Applies::With(Capability::Chain),
    statement: "With role_arn and credential_source in the active profile, the role is assumed with the credentials of that source, and the role's credentials are given.",
    source: "AWS SDKs and Tools Reference Guide, \"Assume role credential provider\" (credential_source); smithy-rs aws-config test-data/default-credential-provider-chain/imds_assume_role, ecs_assume_role; botocore tests/functional/test_credentials.py `test_environment_credential_source`, `test_instance_metadata_credential_source`, `test_container_credential_source`; aws-sdk-go-v2 config/resolve_credentials_test.go `TestSharedConfigCredentialSource`; aws-sdk-ruby credential_resolution_chain_spec.rb \"can assume a role with EC2 Instance Metadata as a source\", \"can assume a role with ECS Credentials as a source\"",
    provenance: Provenance::Documented,
    rationale: "Whoever configures a role wants its rights; the base credentials have others, and those of another source may not be let in at all.",
    differs: &[
        differs(
            "botocore",
            "takes the name of the source in any letter case (`test_load_source_credentials_case_insensitive`)",
        ),
        differs(
            "aws-sdk-go-v2",
            "compares the exact name, and reads the relative URI only for EcsContainer (by reading)",
        ),
    ],
    monitor: roles_are_assumed,
};

fn web_identity_or_profile(case: &Case<'_>, docket: &mut Docket) {
    let header = &case.trace.header;
    let is_clear = works(case, Source::WebIdentity)
        && header.sources.keys().all(|s| breakage(case, *s).is_none());
    if !is_clear {
        return;
    }
    let in_profile: Vec<Source> = working(case).filter(|s| s.is_in_profile()).collect();
    for call in settled_calls(case) {
        let winner = giver(case, call);
        for other in &in_profile {
            let both = [Source::WebIdentity, *other];
            if both.iter().any(|s| may_have_failed(case, call, *s)) {
                continue;
            }
            let (first, second) = match winner {
                Some(Source::WebIdentity) => (Source::WebIdentity, *other),
                Some(s) if s == *other => (s, Source::WebIdentity),
                _ => continue,
            };
            let value = format!("{first} before {second}");
            docket.observed(value, [call.number, call.last_number()]);
        }
    }
}

/// Beginnings of keys that mean credentials in a profile, or where the service is.
const TELLING_KEYS: [&str; 12] = [
    "aws_access_key_id",
    "aws_secret_access_key",
    "role_arn",
    "source_profile",
    "credential_source",
    "credential_process",
    "web_identity_token_file",
    "sso_",
    "login_session",
    "ec2_",
    "imds_",
    "disable_ec2_metadata",
];

fn settings_are_no_source(case: &Case<'_>, docket: &mut Docket) {
    let header = &case.trace.header;
    let is_telling = |key: &String| TELLING_KEYS.iter().any(|t| key.starts_with(t));
    let only_service = header.sources.len() == 1 && works(case, Source::Imds);
    if !only_service || header.config.is_empty() || header.config.keys().any(is_telling) {
        return;
    }
    if header
        .env
        .keys()
        .any(|k| k.starts_with("AWS_EC2_METADATA_"))
    {
        return;
    }
    // Later calls may rest on what the first one learnt.
    let Some(first) = case.calls.first() else {
        return;
    };
    if case.imds_of(first).next().is_some() {
        docket.held();
    } else if first.is_refusal() && is_quiet(case) {
        docket.violated(
            [first.number, first.last_number()],
            "the service asked: the profile has no credentials",
            "a refusal, and nobody asked",
        );
    }
}

fn roles_are_assumed(case: &Case<'_>, docket: &mut Docket) {
    for role in working(case) {
        let Some(base) = role.rests_on() else {
            continue;
        };
        for call in settled_calls(case) {
            assumes(case, call, docket, (role, base));
        }
    }
}

fn assumes(case: &Case<'_>, call: &Call<'_>, docket: &mut Docket, (role, base): (Source, Source)) {
    let order = &case.trace.header.order;
    let expected = format!("the role's credentials, assumed with those of {base}");
    let mut requests = case.of_call(call).iter();
    let request =
        requests.find(|x| x.request.server == Server::Sts && action(x) == Some("AssumeRole"));
    let signer = request.and_then(|x| Some((x, signer(case, x)?)));
    if let Some((x, signer)) = signer.filter(|(_, s)| *s != base)
        && no_other_role(case, role)
    {
        let got = format!("a role assumed with the credentials of {signer}");
        docket.violated([call.number, x.number], expected, got);
        return;
    }
    match giver(case, call) {
        Some(s) if s == role => docket.held(),
        // A subject that knows no such profiles takes the base itself, and rightly so.
        Some(s) if s == base && !may_have_failed(case, call, role) => {
            let knows = if order.is_empty() {
                request.is_some()
            } else {
                puts_before(case, role, base)
            };
            if knows {
                let events = [
                    call.number,
                    request.map_or(0, |x| x.number),
                    call.last_number(),
                ];
                docket.violated(proof(events), expected, format!("credentials of {base}"));
            }
        }
        _ => {}
    }
}

/// Whether this is the only role that was set up: else a request may be for another.
fn no_other_role(case: &Case<'_>, role: Source) -> bool {
    let is_role = |s: &Source| s.rests_on().is_some() || *s == Source::AssumeRole;
    let sources = &case.trace.header.sources;
    sources.keys().all(|s| *s == role || !is_role(s))
}

/// The source whose access key id a request is signed with, if it is a known one.
fn signer(case: &Case<'_>, x: &Exchange<'_>) -> Option<Source> {
    let signed = x.request.headers.get("authorization")?;
    let (_, rest) = signed.split_once("Credential=")?;
    let id = rest.split('/').next()?;
    let mut known = case.keys_before(x.number).rev();
    known
        .find(|k| k.keys.access_key_id == id)
        .map(crate::Minted::source)
}
