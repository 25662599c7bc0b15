//! Proxies named by the environment.

use crate::rules::config::authority::{canonical, of_url};
use crate::rules::sight::differs;
use crate::{Applies, Case, Docket, Exchange, Level, Provenance, Rule, Server};

pub(super) const SEC_004: Rule = Rule {
    id: "SEC-004",
    level: Level::Should,
    applies: Applies::Always,
    statement: "With HTTP_PROXY, http_proxy or ALL_PROXY set and NO_PROXY unset, no request for the service goes through the proxy.",
    source: "aws-sdk-java-v2 core/regions ConnectionUtilsComponentTest `proxiesAreNotUsedEvenIfPropertyIsSet`; user reports: boto issue 1146 (2012-11-29: the role of the proxy host is obtained), aws-xray-daemon issue 255 (2025-09-09), aws-sdk-kotlin issue 1315 (2024-05-20); EC2 User Guide and kube2iam pull request 279 (requests with X-Forwarded-For are refused)",
    provenance: Provenance::Tested,
    rationale: "A proxied request is answered by the metadata service of the proxy's host: the program gets the wrong identity, and the proxy sees token and keys.",
    differs: &[
        differs(
            "botocore",
            "uses the proxies of the environment unless NO_PROXY exempts the address (by reading); the AWS CLI User Guide tells operators to set it",
        ),
        differs(
            "aws-sdk-go-v2",
            "its default transport uses them (aws-xray-daemon issue 255)",
        ),
        differs("aws-sdk-ruby", "Net::HTTP uses http_proxy (by reading)"),
        differs(
            "aws-c-auth",
            "offers it as an option (`credentials_provider_imds_proxy_routing_enabled_test`)",
        ),
    ],
    monitor: proxies_are_passed_by,
};

const PROXY_NAMES: [&str; 4] = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

fn proxies_are_passed_by(case: &Case<'_>, docket: &mut Docket) {
    let env = &case.trace.header.env;
    let is_set = |name: &str| env.get(name).is_some_and(|v| !v.trim().is_empty());
    if !PROXY_NAMES.iter().any(|n| is_set(n)) || ["NO_PROXY", "no_proxy"].iter().any(|n| is_set(n))
    {
        return;
    }
    for call in &case.calls {
        let mut of_call = case.of_call(call).iter();
        let is_such = |x: &&Exchange<'_>| {
            is_for_service_by_proxy(x) && !is_for_container(case, x) && !is_use(case, x)
        };
        if let Some(x) = of_call.find(is_such) {
            docket.violated(
                [call.number, x.number],
                "no request to the proxy",
                format!("{} {}", x.request.method, x.request.target),
            );
        } else if call.outcome.is_some() && case.imds_of(call).next().is_some() {
            docket.held();
        }
    }
}

/// Whether a request is for the container endpoint that a setting names.
fn is_for_container(case: &Case<'_>, x: &Exchange<'_>) -> bool {
    let named = case
        .trace
        .header
        .env
        .get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
        .and_then(|url| of_url(url));
    let target = x.request.target.as_str();
    named.is_some_and(|n| of_url(target).is_some_and(|t| t == n) || canonical(target) == n)
}

/// Whether a program that uses credentials may well be using them: a request for anybody but the
/// service.
fn is_use(case: &Case<'_>, x: &Exchange<'_>) -> bool {
    let target = x.request.target.as_str();
    let authority = of_url(target).unwrap_or_else(|| canonical(target));
    let endpoint = case.setting(
        "AWS_EC2_METADATA_SERVICE_ENDPOINT",
        "ec2_metadata_service_endpoint",
    );
    let of_service = ["169.254.169.254:80", "[fd00:ec2::254]:80"].contains(&&*authority)
        || endpoint.and_then(of_url).is_some_and(|e| e == authority);
    case.trace.header.whole_runs && !of_service
}

/// Requests for the container endpoint are another matter.
fn is_for_service_by_proxy(x: &Exchange<'_>) -> bool {
    let is_for = |host| {
        let target = x.request.target.as_str();
        let authority = target.split_once("://").map_or(target, |(_, rest)| rest);
        authority.starts_with(host)
    };
    let containers = ["169.254.170.2", "[fd00:ec2::23]"];
    x.request.server == Server::Proxy && !containers.into_iter().any(is_for)
}
