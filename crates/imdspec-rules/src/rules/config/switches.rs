//! Settings that turn something off.

use super::authority::is_surely_no_url;
use super::settings::{Mode, Setting};
use crate::rules::sight::{differs, is_quiet, is_v1_forbidden};
use crate::{Applies, Capability, Case, Docket, Level, Provenance, Rule, Server};
use imdspec_wire::Source;

pub(super) const CONFIG_013: Rule = Rule {
    id: "CONFIG-013",
    level: Level::Must,
    applies: Applies::With(Capability::DisabledEnv),
    statement: "With AWS_EC2_METADATA_DISABLED=true, resolve sends no request to the service and returns no credentials of it.",
    source: "AWS SDKs and Tools Reference Guide, \"IMDS credential provider\" (true: do not use IMDS); botocore tests/unit/test_utils.py `test_disabled_by_environment`; smithy-rs test-data/default-credential-provider-chain/imds_disabled (no traffic); aws-sdk-java-v2 InstanceProfileCredentialsProviderExtendedApiTest `resolveCredentials_withImdsDisabled_returnsNoCredentials`; aws-sdk-ruby gems/aws-sdk-core/spec/aws/instance_profile_credentials_spec.rb \"does not attempt to get credentials when disable flag set\"; aws-sdk-kotlin aws-runtime/aws-config ImdsCredentialsProviderTest `testImdsDisabled`; aws-sdk-php tests/Credentials/InstanceProfileProviderTest.php `testEnvDisableFlag`",
    provenance: Provenance::Documented,
    rationale: "The switch exists so that a process neither waits for nor takes the identity of its host.",
    differs: &[],
    monitor: |case, docket| disabled(case, docket, |value| value == "true"),
};

pub(super) const CONFIG_014: Rule = Rule {
    id: "CONFIG-014",
    level: Level::Must,
    applies: Applies::With(Capability::DisabledEnv),
    statement: "AWS_EC2_METADATA_DISABLED means the same as TRUE, True or tRuE.",
    source: "botocore tests/unit/test_utils.py `test_disabled_by_environment_mixed_case`; aws-sdk-ruby gems/aws-sdk-core/spec/aws/instance_profile_credentials_spec.rb \"has a disable flag which is not case sensitive\"; smithy-rs test-data/default-credential-provider-chain/imds_disabled (its value is True)",
    provenance: Provenance::Tested,
    rationale: "A security switch that is missed because of letter case gives the process the identity it was meant not to have.",
    differs: &[],
    monitor: |case, docket| {
        disabled(case, docket, |value| {
            value != "true" && value.eq_ignore_ascii_case("true")
        });
    },
};

pub(super) const CONFIG_015: Rule = Rule {
    id: "CONFIG-015",
    level: Level::Must,
    applies: Applies::Always,
    statement: "With AWS_EC2_METADATA_DISABLED=false and nothing else disabling it, a resolve that has no other source asks the service.",
    source: "AWS SDKs and Tools Reference Guide, \"IMDS credential provider\" (false: use IMDS; the default); botocore tests/unit/test_utils.py `test_disabling_env_var_not_true`; user report and fix: aws-sdk-js-v3 pull request 6823 (2025-01-17: the text false disabled IMDS)",
    provenance: Provenance::Documented,
    rationale: "Setting false is how one undoes an inherited true; a truthiness test of the text takes the credentials away.",
    differs: &[differs(
        "aws-sdk-js-v3",
        "was disabled by any text until pull request 6823; since then by anything but the exact text false (not re-read)",
    )],
    monitor: false_is_not_true,
};

pub(super) const CONFIG_018: Rule = Rule {
    id: "CONFIG-018",
    level: Level::Must,
    applies: Applies::With(Capability::V1DisableSetting),
    statement: "With AWS_EC2_METADATA_V1_DISABLED=true, or the variable unset and ec2_metadata_v1_disabled=true in the active profile, no GET without a session token follows a token PUT answered 403, 404 or 405.",
    source: "AWS SDKs and Tools Reference Guide, \"IMDS credential provider\" (both settings) and \"Precedence of settings\"; aws-sdk-java-v2 core/auth Ec2MetadataDisableV1ResolverTest `resolveDisableValue_whenBoolean_resolvesCorrectly` and InstanceProfileCredentialsProviderTest `resolveCredentials_fallbackToInsecureDisabledThroughProperty_throwsWhenTokenFails`, `..._fallbackToInsecureDisabledThroughConfig_throwsWhenTokenFails`; botocore tests/unit/test_utils.py `test_v1_disabled_by_config`; aws-sdk-ruby gems/aws-sdk-core/spec/aws/instance_profile_credentials_spec.rb \"does not attempt to get credentials (insecure)\"; aws-c-auth `imds_client_v1_fallback_disabled_failure`",
    provenance: Provenance::Documented,
    rationale: "The setting is the defence against a downgrade to IMDSv1; a source that is not read leaves the door open while the operator believes it shut.",
    differs: &[
        differs(
            "smithy-rs, aws-sdk-kotlin",
            "never fall back, so the rule does not apply",
        ),
        differs(
            "smithy-typescript",
            "takes any text but false for true (by reading)",
        ),
    ],
    monitor: no_downgrade,
};

pub(super) const CONFIG_016: Rule = Rule {
    id: "CONFIG-016",
    level: Level::Pin,
    applies: Applies::With(Capability::DisabledEnv),
    statement: "A value of AWS_EC2_METADATA_DISABLED that is neither true nor false, such as 1 or yes, disables the service, or does not.",
    source: "AWS SDKs and Tools Reference Guide, \"IMDS credential provider\" (valid values: true, false); botocore, smithy-rs, aws-sdk-go-v2, aws-sdk-ruby, by reading (not disabled); aws-sdk-js-v3, by reading (disabled); aws-sdk-java-v2, by reading (an error)",
    provenance: Provenance::Inferred,
    rationale: "An operator who writes 1 believes the service off.",
    differs: &[
        differs(
            "aws-sdk-js-v3",
            "anything but the exact text false disables (by reading)",
        ),
        differs("aws-sdk-java-v2", "refuses what is no boolean (by reading)"),
    ],
    monitor: other_values,
};

pub(super) const CONFIG_021: Rule = Rule {
    id: "CONFIG-021",
    level: Level::Must,
    applies: Applies::With(Capability::Container),
    statement: "With AWS_EC2_METADATA_DISABLED=true, the container endpoint that AWS_CONTAINER_CREDENTIALS_RELATIVE_URI names is asked all the same.",
    source: "AWS SDKs and Tools Reference Guide, \"IMDS credential provider\" (the setting is about IMDS) and \"Container credential provider\" (which has no such setting); aws-c-auth source/credentials_provider_default_chain.c and smithy-typescript remoteProvider, by reading",
    provenance: Provenance::Documented,
    rationale: "Tasks are run with the switch on just so that they take their own role and not the host's.",
    differs: &[],
    monitor: container_stays_on,
};

const DISABLED: &str = "AWS_EC2_METADATA_DISABLED";

/// A profile key of some SDKs, which may beat the variable.
fn has_profile_switch(case: &Case<'_>) -> bool {
    let header = &case.trace.header;
    let key = "disable_ec2_metadata";
    header.config.contains_key(key) || header.code.contains_key(key)
}

fn disabled(case: &Case<'_>, docket: &mut Docket, means: impl Fn(&str) -> bool) {
    let value = case.trace.header.env.get(DISABLED);
    if !value.is_some_and(|v| means(v)) || has_profile_switch(case) {
        return;
    }
    if let Some((_, asked)) = case.imds().find(|(_, x)| x.call.is_none()) {
        docket.violated(
            [asked.number],
            "no request: the service is disabled",
            "one unasked for",
        );
    }
    for call in &case.calls {
        if let Some((_, asked)) = case.imds_of(call).next() {
            docket.violated(
                [call.number, asked.number],
                "no request: the service is disabled",
                format!("{} {}", asked.request.method, asked.request.target),
            );
        } else if call.is_refusal() {
            docket.held();
        }
    }
}

fn false_is_not_true(case: &Case<'_>, docket: &mut Docket) {
    let value = case.trace.header.env.get(DISABLED);
    if value.is_none_or(|v| v != "false") || has_profile_switch(case) || is_misconfigured(case) {
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
            "a token PUT: false does not disable",
            "no credentials, unasked",
        );
    }
}

fn other_values(case: &Case<'_>, docket: &mut Docket) {
    let Some(value) = case.trace.header.env.get(DISABLED) else {
        return;
    };
    if value.eq_ignore_ascii_case("true")
        || value == "false"
        || has_profile_switch(case)
        || is_misconfigured(case)
    {
        return;
    }
    let Some(first) = case.calls.first() else {
        return;
    };
    let events = [first.number, first.last_number()];
    if case.imds_of(first).next().is_some() {
        docket.observed(format!("{value:?} does not disable"), events);
    } else if first.is_refusal() && is_quiet(case) {
        docket.observed(format!("{value:?} disables, or is an error"), events);
    }
}

fn container_stays_on(case: &Case<'_>, docket: &mut Docket) {
    let header = &case.trace.header;
    let relative = header.env.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    let is_set = header.env.get(DISABLED).is_some_and(|v| v == "true")
        && relative.is_some_and(|uri| uri.starts_with('/') && !uri.starts_with("//"));
    let mut others = header.sources.keys();
    // Authorization may be a good reason to refuse, and another source to ask nobody.
    if !is_set
        || header
            .env
            .keys()
            .any(|k| k.starts_with("AWS_CONTAINER_AUTHORIZATION_"))
        || others.any(|s| !matches!(s, Source::Container | Source::Imds))
    {
        return;
    }
    for call in case.lone_calls() {
        let mut asked = case.of_call(call).iter();
        if asked.any(|x| x.request.server == Server::Container) {
            docket.held();
        } else if call.is_refusal() && is_quiet(case) {
            docket.violated(
                [call.number, call.last_number()],
                "the container endpoint asked",
                "a refusal, and nobody asked",
            );
        }
    }
}

/// Whether another setting is a good reason to ask nobody.
fn is_misconfigured(case: &Case<'_>) -> bool {
    let (Some(endpoint), Some(mode)) = (Setting::endpoint(case), Setting::mode(case)) else {
        return true;
    };
    endpoint.all().any(is_surely_no_url) || mode.all().any(|m| Mode::named(m).is_none())
}

fn no_downgrade(case: &Case<'_>, docket: &mut Docket) {
    if !is_v1_forbidden(case) {
        return;
    }
    for call in case.calls.iter().filter(|c| c.outcome.is_some()) {
        let mut refused = None;
        let mut fallen = None;
        for (_, x) in case.imds_of(call) {
            if x.is_token_put() {
                let refusing = x.is_answered() && matches!(x.status(), Some(403..=405));
                refused = refusing.then_some(x);
            } else if x.is_metadata_get() && x.token().is_none_or(str::is_empty) {
                fallen = fallen.or_else(|| Some((refused?, x)));
            }
        }
        if let Some((put, get)) = fallen {
            let mut events = put.events();
            events.push(get.number);
            docket.violated(
                events,
                "no GET without a session token",
                format!("GET {} without one", get.request.target),
            );
        } else if refused.is_some() && !call.is_broken() {
            docket.held();
        }
    }
}
