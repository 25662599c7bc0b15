//! Which hosts a full URI may name.

use super::setup::{answered_calls, only_full};
use super::url::{Host, Url, address, is_allowed, is_ours, path_of};
use crate::rules::sight::{begun_tls, differs, end_of, is_quiet};
use crate::{
    Applies, Call, Capability, Case, Docket, Exchange, Level, Provenance, Rule, Server, What,
};
use imdspec_wire::Source;
use std::net::SocketAddr;

pub(super) const CONT_004: Rule = Rule {
    id: "CONT-004",
    level: Level::Must,
    applies: Applies::With(Capability::ContainerFull),
    statement: "A full URI over https is asked whatever its host, and the connection begins with TLS.",
    source: "smithy-rs aws-config test-data/ecs-tests.json cases \"full uri HTTPS\", \"full uri HTTPS with port\" and src/ecs.rs `validate_uri_https`; aws-sdk-php tests/Credentials/fixtures/ecs/uri-token-resolution.json case \"https URI\"; botocore tests/unit/test_utils.py `test_can_use_external_host_if_https`, `test_can_use_link_local_https`; aws-sdk-kotlin EcsCredentialsProviderTest `testNonLocalFullUriHttps`; aws-sdk-js-v3 checkUrl.spec.ts \"allows https\"; aws-sdk-ruby ecs_credentials_spec.rb \"uses the full uri if https\"",
    provenance: Provenance::Tested,
    rationale: "TLS says who the endpoint is, so that it may be anywhere; without it the authorization token is for everybody on the way.",
    differs: &[
        differs(
            "aws-sdk-go-v2",
            "older versions allow loopback hosts only, over https too (by reading)",
        ),
        differs(
            "smithy-typescript",
            "`fromContainerMetadata` allows localhost and 127.0.0.1 only, over https too (by reading)",
        ),
    ],
    monitor: https_anywhere,
};

pub(super) const CONT_005: Rule = Rule {
    id: "CONT-005",
    level: Level::Must,
    applies: Applies::With(Capability::ContainerFull),
    statement: "A full URI over http is asked when its host is a loopback address, localhost, 169.254.170.2, 169.254.170.23 or [fd00:ec2::23].",
    source: "smithy-rs aws-config test-data/ecs-tests.json cases \"localhost\", \"ecs task role\", \"eks pod identity ipv4\", \"eks pod identity ipv6\" and src/ecs.rs `valid_uri_loopback`, `valid_uri_ecs_eks`; aws-sdk-php tests/Credentials/fixtures/ecs/uri-token-resolution.json (seven cases); aws-sdk-js-v3 checkUrl.spec.ts; botocore tests/unit/test_utils.py `test_can_use_eks_ipv4_addr` and its siblings; aws-sdk-ruby ecs_credentials_spec.rb",
    provenance: Provenance::Tested,
    rationale: "EKS Pod Identity and local credential helpers are reached in no other way.",
    differs: &[
        differs(
            "aws-sdk-kotlin",
            "accepts no IPv4 loopback but 127.0.0.1 (by reading)",
        ),
        differs(
            "aws-sdk-java-v2",
            "newer versions accept the EKS address of the family that the endpoint mode of IMDS names, older ones loopback only (by reading)",
        ),
        differs(
            "aws-sdk-go-v2",
            "older versions, loopback only (by reading)",
        ),
    ],
    monitor: allowed_hosts,
};

pub(super) const CONT_006: Rule = Rule {
    id: "CONT-006",
    level: Level::Must,
    applies: Applies::With(Capability::ContainerFull),
    statement: "A full URI over http whose host is any other address is refused before anything is sent there.",
    source: "aws-sdk-php tests/Credentials/fixtures/ecs/uri-token-resolution.json cases \"should reject forbidden host in full URI\", \"should reject forbidden link-local host in full URI\"; smithy-rs aws-config src/ecs.rs `valid_uri_loopback`, `valid_uri_ecs_eks` (the errors); botocore tests/unit/test_utils.py `test_link_local_http_is_not_allowed`, `test_non_link_local_nonallowed_url`; aws-sdk-js-v3 checkUrl.spec.ts; aws-sdk-kotlin EcsCredentialsProviderTest `testFullUriForbiddenV4`; aws-sdk-ruby ecs_credentials_spec.rb \"raises for an http IP that is not a loopback\"",
    provenance: Provenance::Tested,
    rationale: "Over plain http anybody on the way reads the authorization token and chooses the credentials.",
    differs: &[differs("object_store", "has no such list (by reading)")],
    monitor: other_addresses,
};

pub(super) const CONT_007: Rule = Rule {
    id: "CONT-007",
    level: Level::Should,
    applies: Applies::With(Capability::ContainerFull),
    statement: "A full URI over http whose host is a name is asked at allowed addresses only.",
    source: "smithy-rs aws-config src/ecs.rs `all_addrs_local`, `all_addrs_not_local`; aws-sdk-go-v2 config/resolve_credentials.go, aws-sdk-java-v2 ContainerCredentialsProvider, aws-sdk-ruby EcsCredentials, by reading (all its addresses must be allowed); botocore tests/unit/test_utils.py `test_error_raised_on_nonallowed_url`; aws-sdk-kotlin EcsCredentialsProviderTest `testNonLocalFullUri`",
    provenance: Provenance::Tested,
    rationale: "A name is whatever the resolver of the day says; the list of addresses is worth nothing when a name passes by it.",
    differs: &[differs(
        "botocore, aws-sdk-js-v3",
        "take the literal name localhost without a lookup, and no other (by reading)",
    )],
    monitor: names,
};

pub(super) const CONT_008: Rule = Rule {
    id: "CONT-008",
    level: Level::Should,
    applies: Applies::With(Capability::ContainerFull),
    statement: "A full URI over http whose host is written in an odd way (127.1, 0x7f000001, [::ffff:127.0.0.1], LOCALHOST, or behind user information) brings no request to an address that is not allowed.",
    source: "RFC 3986, sections 3.2 and 7.4 (user information, and rare forms of addresses, used to mislead); no test of an SDK found",
    provenance: Provenance::Documented,
    rationale: "A check that reads the host in one way and a connection that reads it in another leave the door open between them.",
    differs: &[],
    monitor: odd_spellings,
};

/// A full URI over plain http, which alone is set.
fn over_http<'t>(case: &Case<'t>) -> Option<Url<'t>> {
    only_full(case).filter(|u| !u.is_https)
}

/// The request of a call that this URL brought, by its path: wherever it came to.
fn brought<'c, 't>(case: &'c Case<'t>, call: &Call<'t>, url: &Url<'_>) -> Option<&'c Exchange<'t>> {
    // Everybody asks the service for such paths.
    if url.path() == "/" || url.path().starts_with("/latest/") {
        return None;
    }
    let is_asked = |x: &&Exchange<'_>| {
        x.request.server != Server::Proxy && path_of(&x.request.target) == url.path()
    };
    case.exchanges[call.exchanges.clone()].iter().find(is_asked)
}

fn https_anywhere(case: &Case<'_>, docket: &mut Docket) {
    let Some(url) = only_full(case).filter(|u| u.is_https) else {
        return;
    };
    let expected = "TLS to the host of the full URI";
    let is_there = |to: Option<&str>| match (to.and_then(address), url.address()) {
        (Some(to), Some(named)) => to == named,
        _ => true,
    };
    // At another address a client may have tried without our seeing it.
    let is_visible = match url.host {
        Host::Literal(ip) => ip.is_loopback() || is_ours(ip, url.port),
        Host::Name(_) | Host::Odd(_) => false,
    };
    for call in answered_calls(case) {
        if let Some(x) = brought(case, call, &url) {
            let got = format!("a request in the clear to {}", x.request.to);
            docket.violated([call.number, x.number], expected, got);
        } else if begun_tls(case, call).any(|(_, to)| is_there(to)) {
            docket.held();
        } else if is_visible && call.is_refusal() && is_quiet(case) {
            let events = [call.number, call.last_number()];
            docket.violated(events, expected, "a refusal, and nobody asked");
        }
    }
}

fn allowed_hosts(case: &Case<'_>, docket: &mut Docket) {
    let Some(url) = over_http(case) else {
        return;
    };
    let is_allowed = match url.host {
        Host::Literal(ip) => is_allowed(ip),
        Host::Name(name) => name == "localhost",
        Host::Odd(_) => false,
    };
    if !is_allowed {
        return;
    }
    // Only then is it sure that somebody listens there.
    let sources = &case.trace.header.sources;
    let is_visible = sources
        .get(&Source::ContainerFull)
        .is_some_and(|s| s == "works");
    for call in answered_calls(case) {
        let is_at = |x: &Exchange<'_>| match (address(&x.request.to), url.address()) {
            (Some(to), Some(named)) => to == named,
            (Some(to), None) => to.ip().is_loopback() && to.port() == url.port,
            (None, _) => false,
        };
        if brought(case, call, &url).is_some_and(is_at) {
            docket.held();
        } else if is_visible && call.is_refusal() && is_quiet(case) {
            docket.violated(
                [call.number, call.last_number()],
                "the full URI asked: its host is an allowed one",
                "a refusal, and nobody asked",
            );
        }
    }
}

/// Says for each call whether what this URL brought came to an allowed address; a refusal counts
/// where anything sent would have been seen.
fn stays_allowed(case: &Case<'_>, docket: &mut Docket, url: &Url<'_>, is_visible: bool) {
    for call in answered_calls(case) {
        let expected = "nothing sent to an address that is not allowed";
        match brought(case, call, url) {
            Some(x) => match address(&x.request.to) {
                Some(to) if is_allowed(to.ip()) => docket.held(),
                Some(to) => {
                    let got = format!("a request to {to}");
                    docket.violated([call.number, x.number], expected, got);
                }
                None => {}
            },
            None if is_visible && call.is_refusal() => docket.held(),
            None => {}
        }
    }
}

fn other_addresses(case: &Case<'_>, docket: &mut Docket) {
    let Some(url) = over_http(case) else {
        return;
    };
    let Some(named) = url.address().filter(|a| !is_allowed(a.ip())) else {
        return;
    };
    if url.path() == "/" || url.path().starts_with("/latest/") {
        return;
    }
    let expected = format!("nothing sent: {} is not allowed", named.ip());
    for call in answered_calls(case) {
        // An unspecified address leads to a loopback one.
        let is_there = |x: &&Exchange<'_>| {
            address(&x.request.to) == Some(named) || named.ip().is_unspecified()
        };
        if let Some(x) = brought(case, call, &url).filter(is_there) {
            let got = format!("a request to {}", x.request.to);
            docket.violated([call.number, x.number], expected.as_str(), got);
        } else if let Some(number) = connected(case, call, named) {
            let got = format!("a connection to {named}");
            docket.violated([call.number, number], expected.as_str(), got);
        } else if call.is_refusal()
            && (is_ours(named.ip(), named.port()) || named.ip().is_unspecified())
        {
            docket.held();
        }
    }
}

/// A connection to an address that is not the service's: that one may be asked for other reasons.
fn connected(case: &Case<'_>, call: &Call<'_>, named: SocketAddr) -> Option<u32> {
    let within = call.number..end_of(call);
    let events = (1_u32..).zip(&case.trace.events);
    events
        .filter(|(number, _)| within.contains(number))
        .find_map(|(number, event)| match &event.what {
            What::Connect { server, to, .. }
                if *server != Server::Imds && address(to) == Some(named) =>
            {
                Some(number)
            }
            _ => None,
        })
}

fn names(case: &Case<'_>, docket: &mut Docket) {
    if let Some(url) = over_http(case)
        && let Host::Name(_) = url.host
    {
        stays_allowed(case, docket, &url, false);
    }
}

fn odd_spellings(case: &Case<'_>, docket: &mut Docket) {
    if let Some(url) = over_http(case)
        && let Host::Odd(denoted) = url.host
    {
        let is_visible = denoted.is_some_and(|ip| ip.is_loopback() || is_ours(ip, url.port));
        stays_allowed(case, docket, &url, is_visible);
    }
}
