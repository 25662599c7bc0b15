//! Settings of a profile: the active one, and beside the environment.

use super::authority::address_of;
use super::settings::{Mode, first_request, sent_to};
use crate::rules::sight::{differs, is_quiet};
use crate::{Applies, Capability, Case, Docket, Level, Provenance, Rule};

pub(super) const CONFIG_017: Rule = Rule {
    id: "CONFIG-017",
    level: Level::Pin,
    applies: Applies::With(Capability::DisabledEnv),
    statement: "Where AWS_EC2_METADATA_DISABLED and the profile's disable_ec2_metadata disagree, one of the two decides.",
    source: "aws-sdk-php src/Credentials/InstanceProfileProvider.php, by reading (the file); AWS SDKs and Tools Reference Guide, \"Precedence of settings\" (the environment)",
    provenance: Provenance::Inferred,
    rationale: "An operator who overrides a file by a variable must know whether it works.",
    differs: &[
        differs("aws-sdk-php", "the file decides (by reading)"),
        differs(
            "most others",
            "know only the variable, which then decides (by reading)",
        ),
    ],
    monitor: file_or_environment,
};

pub(super) const CONFIG_020: Rule = Rule {
    id: "CONFIG-020",
    level: Level::Pin,
    applies: Applies::Always,
    statement: "The endpoint and the mode that stand in the profile that AWS_PROFILE names are used, or are not.",
    source: "smithy-rs aws-config src/imds/client.rs and aws-sdk-java-v2 Ec2MetadataConfigProvider, by reading (the active profile's); not every client reads them from a file at all",
    provenance: Provenance::Inferred,
    rationale: "Settings that work in the default profile and not in a named one are looked for in the wrong place for long.",
    differs: &[],
    monitor: named_profile,
};

fn file_or_environment(case: &Case<'_>, docket: &mut Docket) {
    let header = &case.trace.header;
    let is_true = |v: &String| match v.as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    };
    let key = "disable_ec2_metadata";
    let both = (
        header
            .env
            .get("AWS_EC2_METADATA_DISABLED")
            .and_then(is_true),
        header.config.get(key).and_then(is_true),
    );
    let (Some(env), Some(file)) = both else {
        return;
    };
    let Some(first) = case.calls.first() else {
        return;
    };
    if env == file || header.code.contains_key(key) {
        return;
    }
    let is_disabled = if case.imds_of(first).next().is_some() {
        false
    } else if first.is_refusal() && is_quiet(case) {
        true
    } else {
        return;
    };
    let value = if is_disabled == env {
        "the environment decides"
    } else {
        "the file decides"
    };
    docket.observed(value, [first.number, first.last_number()]);
}

fn named_profile(case: &Case<'_>, docket: &mut Docket) {
    let header = &case.trace.header;
    let (endpoint, mode) = (
        "ec2_metadata_service_endpoint",
        "ec2_metadata_service_endpoint_mode",
    );
    let of_env = |name: &String| name.starts_with("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    let is_elsewhere = header.env.keys().any(of_env)
        || header.env.contains_key("AWS_IMDS_USE_IPV6")
        || header.code.contains_key(endpoint)
        || header.code.contains_key(mode);
    let is_named = header
        .env
        .get("AWS_PROFILE")
        .is_some_and(|p| !p.trim().is_empty() && p != "default");
    let Some(first) = first_request(case).filter(|_| is_named && !is_elsewhere) else {
        return;
    };
    let (what, address) = if let Some(url) = header.config.get(endpoint) {
        ("endpoint", address_of(url))
    } else if let Some(name) = header.config.get(mode) {
        let named = Mode::named(name).filter(|m| *m == Mode::Ipv6);
        ("mode", named.map(Mode::address))
    } else {
        return;
    };
    let Some(address) = address else {
        return;
    };
    let value = if sent_to(first) == Some(address) {
        format!("{what}: used")
    } else {
        format!("{what}: not used")
    };
    docket.observed(value, [first.number]);
}
