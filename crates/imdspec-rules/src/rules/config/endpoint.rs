//! The endpoint: the default, the settings that name another, and their order.

use super::authority::{IPV4, IPV6, address_of, is_surely_no_url};
use super::settings::{Mode, Setting, first_request, is_for_service, is_named, sent_to};
use crate::rules::sight::differs;
use crate::{Applies, Capability, Case, Docket, Exchange, Level, Provenance, Rule, Server};
use std::net::SocketAddr;

/// The table of resolutions that several of these rules rest on.
macro_rules! vectors {
    () => {
        "smithy-rs aws/rust-runtime/aws-config/test-data/imds-config/imds-endpoint-tests.json"
    };
}
pub(super) use vectors;

pub(super) const CONFIG_001: Rule = Rule {
    id: "CONFIG-001",
    level: Level::Must,
    applies: Applies::Always,
    statement: "With no endpoint set in code, environment or file, the first request goes to 169.254.169.254 port 80 over plain HTTP.",
    source: concat!(
        "AWS SDKs and Tools Reference Guide, \"IMDS credential provider\" (default endpoint); ",
        vectors!(),
        " case \"all fields unset\"; aws-sdk-ruby gems/aws-sdk-core/spec/aws/instance_profile_credentials_spec.rb \"mode is ipv4 by default\"; botocore tests/unit/test_utils.py `test_ipv6_imds_empty_config`; aws-sdk-java-v2 Ec2MetadataConfigProviderEndpointResolutionTest"
    ),
    provenance: Provenance::Documented,
    rationale: "Any other default sends the token request, and trust, to a stranger or nowhere.",
    differs: &[],
    monitor: default_address,
};

pub(super) const CONFIG_002: Rule = Rule {
    id: "CONFIG-002",
    level: Level::Must,
    applies: Applies::With(Capability::EndpointEnv),
    statement: "With AWS_EC2_METADATA_SERVICE_ENDPOINT set to a valid http URL, the token PUT and both GETs go to that authority, and nothing goes to the default address.",
    source: concat!(
        "AWS SDKs and Tools Reference Guide, \"IMDS credential provider\" (the value overrides the default); ",
        vectors!(),
        " case \"environment variable endpoint override\"; aws-sdk-go-v2 feature/ec2/imds/api_client_test.go `TestClientEndpoint` case \"from environment\"; aws-sdk-java-v2 core/auth InstanceProfileCredentialsProviderTest `resolveCredentials_customProfileFileAndName_usesCorrectEndpoint`"
    ),
    provenance: Provenance::Documented,
    rationale: "The variable is how emulators, proxies and tests are used; a request that still goes to the default address leaks into the real instance.",
    differs: &[
        differs("object_store", "reads a setting of its own (not re-read)"),
        differs("ClickHouse", "ignored it (issue 43820)"),
    ],
    monitor: endpoint_of_environment,
};

pub(super) const CONFIG_003: Rule = Rule {
    id: "CONFIG-003",
    level: Level::Must,
    applies: Applies::With(Capability::EndpointEnv),
    statement: "When environment and config file both name an endpoint, the requests go to the one of the environment.",
    source: concat!(
        "AWS SDKs and Tools Reference Guide, \"Precedence of settings\"; ",
        vectors!(),
        " case \"environment overrides profile\""
    ),
    provenance: Provenance::Documented,
    rationale: "Operators override files by environment everywhere in AWS tools; the opposite order sends requests to the wrong host without a hint.",
    differs: &[],
    monitor: environment_over_file,
};

pub(super) const CONFIG_004: Rule = Rule {
    id: "CONFIG-004",
    level: Level::Must,
    applies: Applies::With(Capability::EndpointEnv),
    statement: "When an endpoint is set, an endpoint mode from any source has no effect on where the requests go.",
    source: concat!(
        vectors!(),
        " cases \"explicit endpoint override\" and \"environment variable overrides endpoint mode override\"; botocore tests/unit/test_utils.py `test_ec2_metadata_endpoint_service_mode` (last row); aws-sdk-ruby gems/aws-sdk-core/spec/aws/instance_profile_credentials_spec.rb \"endpoint takes precedence over endpoint mode\"; aws-sdk-java-v2 Ec2MetadataConfigProviderEndpointResolutionTest; AWS SDKs and Tools Reference Guide, \"IMDS credential provider\" (the mode selects the default endpoint only)"
    ),
    provenance: Provenance::Tested,
    rationale: "Both settings are often there on dual-stack hosts; the explicit address is the more specific wish.",
    differs: &[],
    monitor: endpoint_over_mode,
};

pub(super) const CONFIG_005: Rule = Rule {
    id: "CONFIG-005",
    level: Level::Must,
    applies: Applies::With(Capability::CodeSettings),
    statement: "An endpoint set in code beats one of the environment, and a mode set in code beats one of the config file.",
    source: concat!(
        "AWS SDKs and Tools Reference Guide, \"Precedence of settings\"; endpoint: aws-sdk-go-v2 feature/ec2/imds/api_client_test.go `TestClientEndpoint` case \"from option with environment\", aws-sdk-ruby gems/aws-sdk-core/spec/aws/instance_profile_credentials_spec.rb \"can be configured through code with precedence\", botocore tests/unit/test_utils.py `test_ipv6_endpoint_env_var_set_and_args`; mode: ",
        vectors!(),
        " case \"explicit mode override\""
    ),
    provenance: Provenance::Documented,
    rationale: "Code is the most explicit wish; being overridden by a stray variable is a security problem as well as a surprise.",
    differs: &[],
    monitor: code_over_all,
};

pub(super) const CONFIG_009: Rule = Rule {
    id: "CONFIG-009",
    level: Level::Should,
    applies: Applies::With(Capability::EndpointEnv),
    statement: "With an endpoint that is no valid URI, resolve ends in an error and no request is sent, to the default address least of all.",
    source: concat!(
        vectors!(),
        " case \"invalid uri\"; botocore tests/unit/test_utils.py `test_ipv6_invalid_endpoint`; smithy-typescript packages/credential-provider-imds/src/utils/getInstanceMetadataEndpoint.spec.ts \"throws error when endpoint is invalid\"; aws-sdk-java-v2 core/auth InstanceProfileCredentialsProviderTest `resolveCredentials_endpointSettingHostNotExists_throws`; AWS SDKs and Tools Reference Guide, \"IMDS credential provider\" (a valid URI)"
    ),
    provenance: Provenance::Tested,
    rationale: "Falling back to the real address after a typo hands a test process the credentials of the instance it runs on.",
    differs: &[differs(
        "aws-c-auth",
        "ignores an endpoint that does not parse and uses the default address (by reading)",
    )],
    monitor: no_url_no_request,
};

fn default_address(case: &Case<'_>, docket: &mut Docket) {
    let (Some(endpoint), Some(mode)) = (Setting::endpoint(case), Setting::mode(case)) else {
        return;
    };
    let header = &case.trace.header;
    let is_default = endpoint.value().is_none()
        && mode.all().all(|m| Mode::named(m) == Some(Mode::Ipv4))
        && !header.env.contains_key("AWS_IMDS_USE_IPV6")
        && !header.config.contains_key("imds_use_ipv6");
    let Some(first) = first_request(case).filter(|_| is_default) else {
        return;
    };
    if is_named(case, &first.request.to) {
        return;
    }
    arrived(first, IPV4, docket);
}

/// Says whether this request went to that address.
pub(super) fn arrived(x: &Exchange<'_>, at: SocketAddr, docket: &mut Docket) {
    if sent_to(x) == Some(at) {
        docket.held();
    } else {
        let got = format!("a request to {}", x.request.to);
        docket.violated([x.number], format!("a request to {at}"), got);
    }
}

fn endpoint_of_environment(case: &Case<'_>, docket: &mut Docket) {
    let Some(endpoint) = Setting::endpoint(case).filter(|e| e.code.is_none()) else {
        return;
    };
    let Some(named) = endpoint.env.and_then(address_of) else {
        return;
    };
    // What arrives at the collector was redirected there, or is for CONFIG-003 to judge.
    let is_astray = |x: &Exchange<'_>| {
        let to = sent_to(x);
        to != Some(named)
            && (x.request.server == Server::Imds || to == Some(IPV4) || to == Some(IPV6))
    };
    each_call(case, docket, named, is_astray);
}

/// Says for each call whether all its requests stayed at `named`.
fn each_call(
    case: &Case<'_>,
    docket: &mut Docket,
    named: SocketAddr,
    is_astray: impl Fn(&Exchange<'_>) -> bool,
) {
    for call in &case.calls {
        let requests = || case.of_call(call).iter().filter(|x| is_for_service(x));
        if let Some(astray) = requests().find(|x| is_astray(x)) {
            let got = format!("a request to {}", astray.request.to);
            docket.violated(
                [call.number, astray.number],
                format!("every request to {named}"),
                got,
            );
        } else if requests().any(|x| sent_to(x) == Some(named)) {
            docket.held();
        }
    }
}

fn environment_over_file(case: &Case<'_>, docket: &mut Docket) {
    let Some(endpoint) = Setting::endpoint(case).filter(|e| e.code.is_none()) else {
        return;
    };
    let named = (
        endpoint.env.and_then(address_of),
        endpoint.config.and_then(address_of),
    );
    if let (Some(env), Some(config)) = named
        && env != config
    {
        each_call(case, docket, env, |x| sent_to(x) == Some(config));
    }
}

fn endpoint_over_mode(case: &Case<'_>, docket: &mut Docket) {
    let (Some(endpoint), Some(mode)) = (Setting::endpoint(case), Setting::mode(case)) else {
        return;
    };
    // Not every subject that reads the variable reads the file.
    let Some(named) = endpoint.code.or(endpoint.env).and_then(address_of) else {
        return;
    };
    let modes = || mode.all().map(Mode::named);
    if modes().next().is_none() || modes().any(|m| m.is_none()) {
        return;
    }
    each_call(case, docket, named, |x| {
        let to = sent_to(x);
        to != Some(named) && modes().flatten().any(|m| to == Some(m.address()))
    });
}

fn code_over_all(case: &Case<'_>, docket: &mut Docket) {
    let (Some(endpoint), Some(mode)) = (Setting::endpoint(case), Setting::mode(case)) else {
        return;
    };
    let named = (
        endpoint.code.and_then(address_of),
        endpoint.env.and_then(address_of),
    );
    if let (Some(code), Some(env)) = named {
        if code != env {
            each_call(case, docket, code, |x| sent_to(x) == Some(env));
        }
        return;
    }
    let modes = (
        mode.code.and_then(Mode::named),
        mode.config.and_then(Mode::named),
    );
    if let (Some(code), Some(config)) = modes
        && code != config
        && mode.env.is_none()
        && endpoint.value().is_none()
    {
        each_call(case, docket, code.address(), |x| {
            sent_to(x) == Some(config.address())
        });
    }
}

fn no_url_no_request(case: &Case<'_>, docket: &mut Docket) {
    let Some(endpoint) = Setting::endpoint(case).filter(|e| e.code.is_none()) else {
        return;
    };
    if endpoint.env.is_some_and(is_surely_no_url) {
        refuses_to_ask(case, docket, "an error: the endpoint is no URI");
    }
}

/// Says for each call whether a setting that cannot be honoured kept it from asking anybody.
pub(super) fn refuses_to_ask(case: &Case<'_>, docket: &mut Docket, expected: &str) {
    let is_unasked = |x: &&Exchange<'_>| x.call.is_none() && is_for_service(x);
    if let Some(x) = case.exchanges.iter().find(is_unasked) {
        let got = format!("a request to {}", x.request.to);
        docket.violated([x.number], expected, got);
    }
    for call in &case.calls {
        if let Some(x) = case.of_call(call).iter().find(|x| is_for_service(x)) {
            let got = format!("a request to {}", x.request.to);
            docket.violated([call.number, x.number], expected, got);
        } else if call.is_refusal() {
            docket.held();
        }
    }
}
