//! What else a request to the container endpoint is: its Accept field, and the way it takes.

use super::setup::{answered_calls, full, relative, requests};
use super::url::{ECS, Url, is_allowed};
use crate::rules::config::authority::{canonical, of_url};
use crate::rules::sight::differs;
use crate::{Applies, Capability, Case, Docket, Exchange, Level, Provenance, Rule, Server};
use std::net::SocketAddr;

pub(super) const CONT_016: Rule = Rule {
    id: "CONT-016",
    level: Level::Should,
    applies: Applies::With(Capability::Container),
    statement: "Requests to the container endpoint carry Accept: application/json.",
    source: "botocore tests/unit/test_utils.py `test_can_retrieve_uri`, `test_can_specify_extra_headers_are_merged`; smithy-rs aws-config src/http_credential_provider.rs, by reading",
    provenance: Provenance::Tested,
    rationale: "Endpoints of one's own may answer in more than one form.",
    differs: &[differs(
        "aws-sdk-js-v3, aws-sdk-java-v2, aws-sdk-ruby",
        "do not ask for a form (by reading)",
    )],
    monitor: accepts_json,
};

pub(super) const CONT_021: Rule = Rule {
    id: "CONT-021",
    level: Level::Should,
    applies: Applies::With(Capability::Container),
    statement: "With HTTP_PROXY, http_proxy or ALL_PROXY set and NO_PROXY unset, no request for a container endpoint at a link-local or loopback address goes through the proxy.",
    source: "aws-sdk-php tests/Credentials/EcsCredentialProviderTest.php `testNoProxying`; aws-sdk-ruby EcsCredentials, botocore ContainerMetadataFetcher, by reading (no proxy is passed)",
    provenance: Provenance::Tested,
    rationale: "At the proxy these addresses are the proxy's own: it answers with another identity, and sees the authorization token.",
    differs: &[differs(
        "aws-sdk-go-v2",
        "its default transport uses the proxies of the environment but for loopback addresses (by reading)",
    )],
    monitor: proxies_are_passed_by,
};

fn accepts_json(case: &Case<'_>, docket: &mut Docket) {
    for call in answered_calls(case) {
        let is_get = |x: &&Exchange<'_>| x.is_get();
        let Some(x) = requests(case, call).find(is_get) else {
            continue;
        };
        let mut accepted = x.request.headers.all("accept");
        if accepted.any(|v| v.to_ascii_lowercase().contains("application/json")) {
            docket.held();
        } else {
            docket.violated(
                [call.number, x.number],
                "Accept: application/json",
                "a request without it",
            );
        }
    }
}

const PROXY_NAMES: [&str; 4] = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

fn proxies_are_passed_by(case: &Case<'_>, docket: &mut Docket) {
    let env = &case.trace.header.env;
    let is_set = |name: &&str| env.get(*name).is_some_and(|v| !v.trim().is_empty());
    if !PROXY_NAMES.iter().any(is_set) || ["NO_PROXY", "no_proxy"].iter().any(is_set) {
        return;
    }
    let Some(at) = endpoint(case).filter(|at| is_allowed(at.ip())) else {
        return;
    };
    for call in answered_calls(case) {
        let mut all = case.of_call(call).iter();
        if let Some(x) = all.find(|x| is_for(x, at)) {
            docket.violated(
                [call.number, x.number],
                "no request to the proxy",
                format!("one for {}", at.ip()),
            );
        } else if requests(case, call).next().is_some() {
            docket.held();
        }
    }
}

/// The address of the endpoint, where there is no doubt about it.
fn endpoint(case: &Case<'_>) -> Option<SocketAddr> {
    match (relative(case), full(case)) {
        (Some(uri), None) if uri.starts_with('/') => Some(SocketAddr::new(ECS, 80)),
        (None, Some(text)) => {
            let url = Url::parse(text).filter(|u| !u.is_https)?;
            url.address()
        }
        _ => None,
    }
}

/// Whether a request to the proxy is one for this endpoint: by its URL, or by the tunnel it asks for.
fn is_for(x: &Exchange<'_>, at: SocketAddr) -> bool {
    let target = x.request.target.as_str();
    let authority = of_url(target).unwrap_or_else(|| canonical(target));
    x.request.server == Server::Proxy && authority == at.to_string()
}
