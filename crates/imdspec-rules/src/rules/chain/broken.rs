//! What a source that is set up and broken does to those behind it.

use super::setup::{
    asked, breakage, broken, giver, may_have_failed, puts_before, settled_calls, working, works,
};
use crate::rules::sight::differs;
use crate::{
    Applies, Call, Capability, Case, Docket, Level, Outcome, Provenance, RefusalKind, Rule,
};
use imdspec_wire::Source;

pub(super) const CHAIN_004: Rule = Rule {
    id: "CHAIN-004",
    level: Level::Pin,
    applies: Applies::With(Capability::Container),
    statement: "When the container endpoint is set up and fails while the instance metadata service works, resolve stops or goes on to it.",
    source: "botocore tests/unit/test_credentials.py `test_http_error_propagated` (it raises); smithy-rs aws-config test-data/default-credential-provider-chain/eks_pod_identity_no_token_file (it stops); aws-sdk-go-v2 config/resolve_credentials.go, aws-c-auth source/credentials_provider_default_chain.c, by reading (one of the two is picked)",
    provenance: Provenance::Tested,
    rationale: "Going on gives a task the rights of its host just when its own role is out of reach; stopping takes it down.",
    differs: &[
        differs(
            "botocore, smithy-rs, aws-sdk-go-v2, aws-c-auth, aws-sdk-js-v3",
            "stop (the first two by their tests, the others by reading)",
        ),
        differs(
            "aws-sdk-kotlin, aws-sdk-java-v2",
            "their chains go on after any error (by reading)",
        ),
    ],
    monitor: container_fails,
};

pub(super) const CHAIN_013: Rule = Rule {
    id: "CHAIN-013",
    level: Level::Pin,
    applies: Applies::With(Capability::Chain),
    statement: "When the token PUT of the last source of a chain is answered 403, resolve ends in an error, says that there are no credentials, or goes on without a token.",
    source: "smithy-rs aws-config test-data/default-credential-provider-chain/imds_token_fail (an error); aws-sdk-kotlin DefaultChainCredentialsProviderTest `testImdsTokenFail`; botocore botocore/utils.py InstanceMetadataFetcher, by reading",
    provenance: Provenance::Tested,
    rationale: "An error says that the service was there and refused; none looks like a machine without a role.",
    differs: &[
        differs("smithy-rs", "stops with an error (by its tests)"),
        differs(
            "botocore, aws-sdk-ruby",
            "go on without a token (by reading)",
        ),
    ],
    monitor: token_is_refused,
};

pub(super) const CHAIN_019: Rule = Rule {
    id: "CHAIN-019",
    level: Level::Pin,
    applies: Applies::With(Capability::Chain),
    statement: "When a source is set up and broken and one behind it works, resolve stops or goes on.",
    source: "smithy-rs aws-config `CredentialsProviderChain` (documentation: not loaded goes on, any other error stops) and test-data/default-credential-provider-chain/sso_no_token_file, web_identity_token_invalid_jwt; botocore tests/unit/test_credentials.py `test_non_zero_rc_raises_exception`, `test_partial_creds_is_an_error`; aws-sdk-kotlin DefaultChainCredentialsProvider.kt, by reading",
    provenance: Provenance::Tested,
    rationale: "Stopping shows the mistake where it is; going on keeps a program up, as somebody else.",
    differs: &[
        differs(
            "smithy-rs, botocore, aws-sdk-go-v2",
            "stop at a source that is set up (the first two by their tests, the third by reading)",
        ),
        differs(
            "aws-sdk-kotlin, aws-sdk-java-v2",
            "go on after any error (by reading)",
        ),
    ],
    monitor: broken_with_one_behind,
};

/// What a call came to, where a source in front was broken.
fn then(case: &Case<'_>, call: &Call<'_>, source: Source) -> Option<&'static str> {
    match call.outcome? {
        Outcome::Credentials(_) => match giver(case, call)? {
            s if s == source => Some("gives"),
            s if works(case, s) => Some("goes on"),
            _ => None,
        },
        Outcome::Refused { .. } => Some("stops"),
        Outcome::Crash { .. } | Outcome::BadOutput { .. } | Outcome::Deadline { .. } => {
            Some("breaks")
        }
    }
}

fn container_fails(case: &Case<'_>, docket: &mut Docket) {
    use Source::{Container, ContainerFull, Imds};
    let sources = &case.trace.header.sources;
    let mut containers = [Container, ContainerFull]
        .into_iter()
        .filter_map(|s| Some((s, breakage(case, s)?)));
    let (Some((source, how)), None) = (containers.next(), containers.next()) else {
        return;
    };
    let only_these = sources.keys().all(|s| *s == source || *s == Imds);
    if !only_these || !works(case, Imds) {
        return;
    }
    for call in settled_calls(case) {
        if may_have_failed(case, call, Imds) {
            continue;
        }
        if let Some(then) = then(case, call, source) {
            let value = format!("{source} {how}, imds behind: {then}");
            docket.observed(value, [call.number, call.last_number()]);
        }
    }
}

fn token_is_refused(case: &Case<'_>, docket: &mut Docket) {
    if case.trace.header.sources.is_empty() {
        return;
    }
    for call in case.lone_calls() {
        let put = case.imds_of(call).find(|(_, x)| x.is_token_put());
        let Some((_, put)) = put.filter(|(_, x)| x.is_answered() && x.status() == Some(403)) else {
            continue;
        };
        let on = case
            .imds_of(call)
            .any(|(_, x)| x.number > put.number && x.is_metadata_get() && x.token().is_none());
        let value = match call.outcome {
            _ if on => "goes on without a token",
            Some(Outcome::Refused { kind, .. }) => match kind {
                Some(RefusalKind::Error) => "stops with an error",
                Some(RefusalKind::None) => "says that there are none",
                None => "refuses",
            },
            _ => continue,
        };
        docket.observed(value, [put.number, call.last_number()]);
    }
}

fn broken_with_one_behind(case: &Case<'_>, docket: &mut Docket) {
    let order = &case.trace.header.order;
    for call in settled_calls(case) {
        let mut in_front = broken(case).filter(|(s, _)| {
            if order.is_empty() {
                is_seen_in_front(case, call, *s)
            } else {
                working(case).any(|w| puts_before(case, *s, w))
            }
        });
        // Of two it cannot be told which one stopped it.
        let (Some((source, how)), None) = (in_front.next(), in_front.next()) else {
            continue;
        };
        let others = || working(case);
        let is_behind_all = others().all(|w| order.is_empty() || puts_before(case, source, w));
        let is_well = || others().all(|w| !may_have_failed(case, call, w) || shares(source, w));
        if others().next().is_none() || !is_behind_all || !is_well() {
            continue;
        }
        if let Some(then) = then(case, call, source) {
            let value = format!("{source} {how}: {then}");
            docket.observed(value, [call.number, call.last_number()]);
        }
    }
}

/// Whether two sources ask the same server, so that what failed may be the broken one's.
fn shares(a: Source, b: Source) -> bool {
    let is_of_sts = |s: Source| {
        s.rests_on().is_some()
            || matches!(
                s,
                Source::AssumeRole | Source::WebIdentity | Source::WebIdentityProfile
            )
    };
    let is_of_container = |s| {
        matches!(
            s,
            Source::Container | Source::ContainerFull | Source::AssumeRoleContainer
        )
    };
    let is_of_service = |s| matches!(s, Source::Imds | Source::AssumeRoleImds);
    (is_of_sts(a) && is_of_sts(b))
        || (is_of_container(a) && is_of_container(b))
        || (is_of_service(a) && is_of_service(b))
}

/// Whether a subject that declares no order looked at this source first: the environment is looked
/// at by all who read it, and a source that was asked was not behind the one that gave.
fn is_seen_in_front(case: &Case<'_>, call: &Call<'_>, source: Source) -> bool {
    let is_asked = || asked(case, call).iter().any(|a| a.is_of(|s| s == source));
    let is_the_only_one = broken(case).count() == 1;
    match giver(case, call) {
        Some(_) => source == Source::Environment || is_asked(),
        None => is_the_only_one && (source == Source::Environment || is_asked()),
    }
}
