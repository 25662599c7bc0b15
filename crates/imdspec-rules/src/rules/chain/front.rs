//! What stands before the instance metadata service, which is asked last.

use super::setup::{
    Asking, asked, broken, giver, may_have_failed, names_a_profile, proof, puts_before,
    settled_calls, working, works,
};
use crate::rules::sight::differs;
use crate::{Applies, Call, Capability, Case, Docket, Level, Provenance, Rule};
use imdspec_wire::Source;

pub(super) const CHAIN_001: Rule = Rule {
    id: "CHAIN-001",
    level: Level::Must,
    applies: Applies::With(Capability::EnvironmentKeys),
    statement: "With a key pair in the environment and no profile named, resolve gives that pair and asks neither the instance metadata service nor the container endpoint for credentials.",
    source: "AWS SDKs and Tools Reference Guide, \"Standardized credential providers\" (the search stops at the first valid credentials); smithy-rs aws-config test-data/default-credential-provider-chain/environment_variables and prefer_environment (no traffic); aws-sdk-kotlin DefaultChainCredentialsProviderTest `testPreferEnvironment`; aws-sdk-ruby credential_provider_chain_spec.rb \"hydrates credentials from ENV with prefix AWS_\", credential_resolution_chain_spec.rb \"attempts to fetch metadata credentials last\"",
    provenance: Provenance::Tested,
    rationale: "Keys in the environment are how one run is given another identity; taking the host's instead acts in the wrong account.",
    differs: &[differs(
        "aws-sdk-js-v3",
        "passes the environment by when AWS_PROFILE is set (by reading), which this rule leaves out",
    )],
    monitor: environment_first,
};

pub(super) const CHAIN_002: Rule = Rule {
    id: "CHAIN-002",
    level: Level::Must,
    applies: Applies::With(Capability::ProfileKeys),
    statement: "With a key pair in the active profile, resolve gives no credentials of the instance metadata service and does not ask it for any.",
    source: "smithy-rs aws-config test-data/default-credential-provider-chain/profile_static_keys (no traffic); aws-sdk-kotlin DefaultChainCredentialsProviderTest `testProfileStaticKeys`; aws-sdk-ruby credential_resolution_chain_spec.rb \"attempts to fetch metadata credentials last\"; AWS SDKs and Tools Reference Guide, \"Standardized credential providers\"",
    provenance: Provenance::Tested,
    rationale: "A profile is chosen on purpose; the role of the host is merely there.",
    differs: &[],
    monitor: profile_before_service,
};

pub(super) const CHAIN_003: Rule = Rule {
    id: "CHAIN-003",
    level: Level::Must,
    applies: Applies::With(Capability::Container),
    statement: "With a container endpoint set up that answers, resolve gives no credentials of the instance metadata service and does not ask it for any.",
    source: "smithy-rs aws-config test-data/default-credential-provider-chain/ecs_credentials and eks_pod_identity_credentials (container traffic only); aws-sdk-kotlin DefaultChainCredentialsProviderTest `testEcsCredentials`; aws-sdk-ruby credential_provider_chain_spec.rb \"hydrates credentials from ECS when AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is set\"; Amazon ECS Developer Guide, \"Task IAM role\"",
    provenance: Provenance::Tested,
    rationale: "A task that takes the role of its instance has the rights of every other task on it, and not its own.",
    differs: &[],
    monitor: container_before_service,
};

pub(super) const CHAIN_014: Rule = Rule {
    id: "CHAIN-014",
    level: Level::Must,
    applies: Applies::With(Capability::Chain),
    statement: "With AWS_EC2_METADATA_DISABLED=true, a source that works and that the subject says it looks at still gives its credentials.",
    source: "AWS SDKs and Tools Reference Guide, \"IMDS credential provider\" (the setting says whether to use IMDS, and nothing of other sources)",
    provenance: Provenance::Documented,
    rationale: "The switch is set to be rid of the host's identity, not of one's own.",
    differs: &[],
    monitor: others_stay_on,
};

/// Whether something that was set up asks the service, or the container endpoint, of right.
fn rests_on(case: &Case<'_>, such: impl Fn(Source) -> bool) -> bool {
    let sources = &case.trace.header.sources;
    sources.keys().any(|s| s.rests_on().is_some_and(&such))
}

/// Whether the subject declares the other order, or not to look at the first at all.
fn is_otherwise(case: &Case<'_>, first: Source, second: Source) -> bool {
    let order = &case.trace.header.order;
    !order.is_empty() && (order.rank(first).is_none() || puts_before(case, second, first))
}

const REMOTE: [Source; 3] = [Source::Container, Source::ContainerFull, Source::Imds];

fn environment_first(case: &Case<'_>, docket: &mut Docket) {
    use Source::{Code, Environment, SystemProperties};
    let is_set_up = |s| case.trace.header.sources.contains_key(&s);
    if !works(case, Environment)
        || !is_set_up(Environment)
        || names_a_profile(case)
        || is_set_up(Code)
        || is_set_up(SystemProperties)
        || rests_on(case, |s| s != Environment)
        || REMOTE.iter().any(|r| is_otherwise(case, Environment, *r))
    {
        return;
    }
    let expected = "the keys of the environment, and no request for others";
    for call in settled_calls(case) {
        let is_remote = |a: &Asking| a.is_of(|s| REMOTE.contains(&s));
        let giver = giver(case, call);
        if let Some(asking) = asked(case, call).iter().find(|a| is_remote(a)) {
            docket.violated([call.number, asking.number], expected, asking.what);
        } else if giver.is_some_and(|s| REMOTE.contains(&s)) {
            given_instead(case, call, docket, expected);
        } else if giver == Some(Environment) {
            docket.held();
        } else if call.is_refusal() && is_undisturbed(case) {
            docket.violated([call.number, call.last_number()], expected, call.in_words());
        }
    }
}

/// Whether nothing that was set up is a reason to refuse.
fn is_undisturbed(case: &Case<'_>) -> bool {
    let header = &case.trace.header;
    let settings = header.env.keys().chain(header.config.keys());
    broken(case).next().is_none()
        && !settings
            .map(|k| k.to_ascii_lowercase())
            .any(|k| k.contains("metadata"))
}

fn given_instead(case: &Case<'_>, call: &Call<'_>, docket: &mut Docket, expected: &str) {
    let owner = call
        .given()
        .and_then(|g| case.owners(g, call.last_number()).access_key_id);
    let events = [
        call.number,
        owner.map_or(0, |o| o.number),
        call.last_number(),
    ];
    let source = owner.map_or("nobody", |o| o.source().as_str());
    docket.violated(proof(events), expected, format!("credentials of {source}"));
}

/// Says for each call whether the service was left alone.
fn service_stays_last(case: &Case<'_>, docket: &mut Docket, first: Source, expected: &str) {
    for call in settled_calls(case) {
        let giver = giver(case, call);
        let of_service = |a: &Asking| a.is_of(|s| s == Source::Imds);
        let asking = asked(case, call).into_iter().find(of_service);
        if may_have_failed(case, call, first) {
            continue;
        }
        if let Some(asking) = asking {
            docket.violated([call.number, asking.number], expected, asking.what);
        } else if giver == Some(Source::Imds) {
            given_instead(case, call, docket, expected);
        } else if giver == Some(first) {
            docket.held();
        }
    }
}

fn profile_before_service(case: &Case<'_>, docket: &mut Docket) {
    use Source::{AssumeRoleImds, ConfigFile, Imds, SharedCredentials};
    // Some subjects read one file only: the config file counts for those that say so.
    let order = &case.trace.header.order;
    let first = if works(case, SharedCredentials) {
        SharedCredentials
    } else if works(case, ConfigFile) && order.rank(ConfigFile).is_some() {
        ConfigFile
    } else {
        return;
    };
    let is_set_up = |s| case.trace.header.sources.contains_key(&s);
    if !is_otherwise(case, first, Imds) && !is_set_up(AssumeRoleImds) {
        let expected = "the service left alone: the profile has keys";
        service_stays_last(case, docket, first, expected);
    }
}

fn container_before_service(case: &Case<'_>, docket: &mut Docket) {
    use Source::{AssumeRoleImds, Container, ContainerFull, Imds};
    let header = &case.trace.header;
    // The older variable is everybody's; the newer one counts for those that say so.
    let first = if works(case, Container) && header.sources.contains_key(&Container) {
        Container
    } else if works(case, ContainerFull) && header.order.rank(ContainerFull).is_some() {
        ContainerFull
    } else {
        return;
    };
    if !is_otherwise(case, first, Imds) && !header.sources.contains_key(&AssumeRoleImds) {
        let expected = "the service left alone: a container endpoint is set";
        service_stays_last(case, docket, first, expected);
    }
}

fn others_stay_on(case: &Case<'_>, docket: &mut Docket) {
    let header = &case.trace.header;
    let value = header.env.get("AWS_EC2_METADATA_DISABLED");
    if value.is_none_or(|v| v != "true") || header.sources.values().any(|s| s != "works") {
        return;
    }
    let is_other = |s: &Source| {
        header.order.rank(*s).is_some() && *s != Source::Imds && s.rests_on() != Some(Source::Imds)
    };
    let others: Vec<Source> = working(case).filter(is_other).collect();
    for call in settled_calls(case) {
        let giver = giver(case, call);
        if giver.is_some_and(|g| others.contains(&g)) {
            docket.held();
        } else if call.is_refusal()
            && !others.is_empty()
            && others.iter().all(|s| !may_have_failed(case, call, *s))
        {
            let expected = format!("the credentials of {}", others[0]);
            docket.violated([call.number, call.last_number()], expected, call.in_words());
        }
    }
}
