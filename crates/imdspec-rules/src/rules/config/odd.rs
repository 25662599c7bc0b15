//! Endpoints out of the ordinary: empty, with a path, over TLS, on another host.

use super::authority::{IPV4, IPV6, address_of, canonical, of_url};
use super::endpoint::vectors;
use super::settings::{Setting, first_request, is_for_service, sent_to};
use crate::rules::sight::{begun_tls, differs, is_quiet};
use crate::{Applies, Capability, Case, Docket, Level, Provenance, Rule};
use std::net::SocketAddr;

pub(super) const CONFIG_010: Rule = Rule {
    id: "CONFIG-010",
    level: Level::Pin,
    applies: Applies::With(Capability::EndpointEnv),
    statement: "With an empty AWS_EC2_METADATA_SERVICE_ENDPOINT, resolve uses the default or refuses.",
    source: "botocore tests/unit/test_utils.py `test_ipv6_imds_empty_config` (the default); aws-sdk-java-v2 core/auth InstanceProfileCredentialsProviderTest `resolveCredentials_endpointSettingEmpty_throws` (an error); aws-sdk-go-v2, aws-c-auth, smithy-typescript, by reading (the default)",
    provenance: Provenance::Tested,
    rationale: "Templates define variables with nothing in them; one client goes on where another stops.",
    differs: &[
        differs("aws-sdk-java-v2", "refuses (by its tests)"),
        differs("botocore", "takes it for unset (by its tests)"),
    ],
    monitor: empty_endpoint,
};

pub(super) const CONFIG_011: Rule = Rule {
    id: "CONFIG-011",
    level: Level::Pin,
    applies: Applies::With(Capability::EndpointEnv),
    statement: "The path of an endpoint such as http://host/base is kept in front of every target, or dropped.",
    source: "botocore botocore/utils.py `_construct_url` and object_store, by reading (kept); smithy-typescript, aws-sdk-go-v2, aws-c-auth, by reading (dropped)",
    provenance: Provenance::Inferred,
    rationale: "An emulator behind a path works with one client and not with the next.",
    differs: &[
        differs("botocore, object_store", "keep it (by reading)"),
        differs(
            "smithy-typescript, aws-sdk-go-v2, aws-c-auth",
            "drop it (by reading)",
        ),
    ],
    monitor: path_of_endpoint,
};

pub(super) const CONFIG_012: Rule = Rule {
    id: "CONFIG-012",
    level: Level::Should,
    applies: Applies::With(Capability::EndpointEnv),
    statement: "With an https endpoint, the connection to it begins with TLS, and nothing is sent in the clear.",
    source: concat!(
        vectors!(),
        " case \"explicit endpoint override\" (an https URL stays one); RFC 9110, section 4.2.2 (a client must not send such a request without TLS)"
    ),
    provenance: Provenance::Documented,
    rationale: "A session token sent in the clear to where TLS was asked for is readable on the way.",
    differs: &[],
    monitor: https_endpoint,
};

pub(super) const CONFIG_022: Rule = Rule {
    id: "CONFIG-022",
    level: Level::Pin,
    applies: Applies::With(Capability::EndpointEnv),
    statement: "A plain http endpoint that is neither a loopback address nor one of the two defaults is asked, or refused.",
    source: "aws-sdk-php src/Credentials/InstanceProfileProvider.php, by reading (refused); botocore tests/unit/test_utils.py `test_metadata_endpoint` (http://192.168.1.1/ is valid)",
    provenance: Provenance::Inferred,
    rationale: "Refusing keeps the session token on the host; asking lets a proxy of one's own be used.",
    differs: &[
        differs("aws-sdk-php", "refuses (by reading)"),
        differs("every other client that was read", "asks (by reading)"),
    ],
    monitor: endpoint_elsewhere,
};

fn empty_endpoint(case: &Case<'_>, docket: &mut Docket) {
    let header = &case.trace.header;
    let key = "ec2_metadata_service_endpoint";
    let value = header.env.get("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    let modes = [
        "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
        "AWS_IMDS_USE_IPV6",
    ];
    if value.is_none_or(|v| !v.trim().is_empty())
        || header.config.contains_key(key)
        || header.code.contains_key(key)
        || modes.iter().any(|m| header.env.contains_key(*m))
    {
        return;
    }
    let Some(first) = case.calls.first() else {
        return;
    };
    if let Some(x) = first_request(case) {
        let value = if sent_to(x) == Some(IPV4) {
            "taken for unset"
        } else {
            "another address is asked"
        };
        docket.observed(value, [x.number]);
    } else if first.is_refusal() && is_quiet(case) {
        docket.observed("refused", [first.number, first.last_number()]);
    }
}

/// The endpoint of the environment, where it is the one that counts.
fn of_environment<'t>(case: &Case<'t>) -> Option<&'t str> {
    Setting::endpoint(case).filter(|e| e.code.is_none())?.env
}

fn path_of_endpoint(case: &Case<'_>, docket: &mut Docket) {
    let Some(url) = of_environment(case) else {
        return;
    };
    let path = url
        .split_once("://")
        .and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]));
    let path = path.unwrap_or_default().trim_end_matches('/');
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.".contains(c);
    let (Some(named), Some(first)) = (address_of(url), first_request(case)) else {
        return;
    };
    if path.is_empty() || !path.chars().all(plain) || sent_to(first) != Some(named) {
        return;
    }
    let target = first.request.target.as_str();
    let value = if target.starts_with(path) {
        "kept"
    } else if target.starts_with("/latest/") {
        "dropped"
    } else {
        "changed"
    };
    docket.observed(value, [first.number]);
}

fn https_endpoint(case: &Case<'_>, docket: &mut Docket) {
    let Some(url) = of_environment(case) else {
        return;
    };
    let is_https = url
        .get(..8)
        .is_some_and(|s| s.eq_ignore_ascii_case("https://"));
    let named: Option<SocketAddr> = of_url(url).and_then(|a| a.parse().ok());
    let Some(named) = named.filter(|_| is_https) else {
        return;
    };
    for call in case.lone_calls() {
        let astray =
            |to: Option<SocketAddr>| to == Some(named) || to == Some(IPV4) || to == Some(IPV6);
        let mut requests = case.of_call(call).iter().filter(|x| is_for_service(x));
        if let Some(x) = requests.find(|x| astray(sent_to(x))) {
            docket.violated(
                [call.number, x.number],
                format!("TLS to {named}"),
                format!("a request in the clear to {}", x.request.to),
            );
        } else if begun_tls(case, call)
            .any(|(_, to)| to.is_none_or(|to| canonical(to) == named.to_string()))
        {
            docket.held();
        }
    }
}

fn endpoint_elsewhere(case: &Case<'_>, docket: &mut Docket) {
    let Some(named) = of_environment(case).and_then(address_of) else {
        return;
    };
    if named.ip().is_loopback() || named == IPV4 || named == IPV6 {
        return;
    }
    let mut requests = case.exchanges.iter();
    if let Some(x) = requests.find(|x| sent_to(x) == Some(named)) {
        docket.observed("asked", [x.number]);
        return;
    }
    // Where nobody listens, a refusal shows nothing. At these addresses somebody does.
    let is_known = ["169.254.170.2:80", "169.254.170.23:80", "[fd00:ec2::23]:80"]
        .contains(&named.to_string().as_str());
    if let Some(first) = case.calls.first()
        && is_known
        && first.is_refusal()
        && is_quiet(case)
    {
        docket.observed("refused", [first.number, first.last_number()]);
    }
}
