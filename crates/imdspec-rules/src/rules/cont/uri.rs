//! From the two variables to one request.

use super::setup::{answered_calls, full, is_for_container, only_full, relative, requests};
use super::url::{ECS, Url, address, path_of};
use crate::rules::sight::{differs, is_to_blame};
use crate::{Applies, Capability, Case, Docket, Exchange, Level, Provenance, Rule, Server};
use std::net::SocketAddr;

pub(super) const CONT_001: Rule = Rule {
    id: "CONT-001",
    level: Level::Must,
    applies: Applies::With(Capability::Container),
    statement: "With AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/x, the container endpoint is asked by GET /x at 169.254.170.2 port 80.",
    source: "AWS SDKs and Tools Reference Guide, \"Container credential provider\"; Amazon ECS Developer Guide, \"Task IAM role\" (169.254.170.2); smithy-rs aws-config test-data/ecs-tests.json case \"relative URI\"; botocore tests/unit/test_utils.py `test_can_retrieve_uri`; aws-sdk-kotlin EcsCredentialsProviderTest `testRelativeUri`; aws-sdk-js-v3 fromHttp.spec.ts \"uses the relative uri\"",
    provenance: Provenance::Documented,
    rationale: "The path holds the task's own identifier; another path is another task's, or nobody's.",
    differs: &[],
    monitor: relative_to_ecs,
};

pub(super) const CONT_002: Rule = Rule {
    id: "CONT-002",
    level: Level::Must,
    applies: Applies::With(Capability::Container),
    statement: "The query of the URI that is set reaches the container endpoint.",
    source: "smithy-rs aws-config test-data/ecs-tests.json case \"support query params\" and src/ecs.rs `query_params_should_be_included_in_credentials_http_request`; aws-sdk-php tests/Credentials/fixtures/ecs/uri-token-resolution.json case \"complex full URI\"; botocore tests/unit/test_utils.py `test_can_retrieve_uri`; aws-sdk-kotlin EcsCredentialsProviderTest `testFullUri`; AWS SDKs and Tools Reference Guide, \"Container credential provider\" (the example has one)",
    provenance: Provenance::Documented,
    rationale: "The query says whose credentials are meant; without it the endpoint refuses, or gives another's.",
    differs: &[],
    monitor: queries_survive,
};

pub(super) const CONT_003: Rule = Rule {
    id: "CONT-003",
    level: Level::Should,
    applies: Applies::With(Capability::Container),
    statement: "With both variables set, the relative URI is asked and not the full one.",
    source: "AWS SDKs and Tools Reference Guide, \"Container credential provider\" (the full URI is only used if the relative one is not set); smithy-rs aws-config test-data/ecs-tests.json case \"relative takes precedence over full\"; botocore ContainerProvider, aws-sdk-ruby EcsCredentials, aws-sdk-java-v2 ContainerCredentialsProvider, by reading",
    provenance: Provenance::Documented,
    rationale: "The platform sets the relative one; a leftover full one must not lead elsewhere.",
    differs: &[
        differs(
            "aws-sdk-js-v3",
            "older versions let the full URI win, and warn (by reading)",
        ),
        differs(
            "aws-sdk-go-v2",
            "older versions look at the full URI first (by reading)",
        ),
    ],
    monitor: relative_over_full,
};

pub(super) const CONT_009: Rule = Rule {
    id: "CONT-009",
    level: Level::Must,
    applies: Applies::With(Capability::ContainerFull),
    statement: "A full URI without a host, such as /credentials, is refused, and no container endpoint is asked.",
    source: "smithy-rs aws-config test-data/ecs-tests.json case \"invalid full uri\"; AWS SDKs and Tools Reference Guide, \"Container credential provider\" (a full URI includes the scheme and the host)",
    provenance: Provenance::Tested,
    rationale: "The two variables are easily confused; guessing a host sends the authorization token to it.",
    differs: &[],
    monitor: no_host_no_request,
};

pub(super) const CONT_010: Rule = Rule {
    id: "CONT-010",
    level: Level::Must,
    applies: Applies::With(Capability::Container),
    statement: "With neither variable set, no container endpoint is asked.",
    source: "smithy-rs aws-config test-data/ecs-tests.json case \"all fields unset provider is not enabled\"; botocore tests/unit/test_credentials.py `test_noop_if_env_var_is_not_set`; aws-sdk-kotlin EcsCredentialsProviderTest `testNoUri`; aws-sdk-ruby ecs_credentials_spec.rb \"raises if credential path or endpoint is not set\"",
    provenance: Provenance::Tested,
    rationale: "Guessing costs every machine outside a container a timeout.",
    differs: &[],
    monitor: unset_is_unasked,
};

const ECS_PLACE: SocketAddr = SocketAddr::new(ECS, 80);

/// A relative URI that everybody reads alike.
fn is_plain(uri: &str) -> bool {
    let path = path_of(uri);
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-_~.".contains(c);
    let mut segments = path.split('/').skip(1);
    path.starts_with('/')
        && path.chars().all(plain)
        && segments.all(|s| !s.is_empty() && s != "." && s != "..")
        && !uri.contains('#')
}

fn plain_relative<'t>(case: &Case<'t>) -> Option<&'t str> {
    relative(case).filter(|uri| is_plain(uri))
}

/// The path that a request asks for; some write the whole URL there.
fn asked_path<'t>(x: &Exchange<'t>) -> &'t str {
    let target = x.request.target.as_str();
    let origin = target
        .strip_prefix("http://169.254.170.2")
        .unwrap_or(target);
    path_of(origin)
}

fn relative_to_ecs(case: &Case<'_>, docket: &mut Docket) {
    let Some(uri) = plain_relative(case).filter(|_| full(case).is_none()) else {
        return;
    };
    let path = path_of(uri);
    for call in answered_calls(case) {
        let is_right = |x: &Exchange<'_>| {
            x.is_get() && address(&x.request.to) == Some(ECS_PLACE) && asked_path(x) == path
        };
        let mut all = requests(case, call).peekable();
        if all.peek().is_none() {
            continue;
        }
        if let Some(wrong) = all.find(|x| !is_right(x)) {
            let r = wrong.request;
            docket.violated(
                [call.number, wrong.number],
                format!("GET {path} at {ECS_PLACE}"),
                format!("{} {} at {}", r.method, path_of(&r.target), r.to),
            );
        } else {
            docket.held();
        }
    }
}

fn queries_survive(case: &Case<'_>, docket: &mut Docket) {
    let target = match (relative(case), full(case)) {
        (Some(uri), None) => Some(uri.to_owned()),
        (None, Some(_)) => only_full(case).map(|u| u.target),
        _ => None,
    };
    let Some((_, query)) = target.as_deref().and_then(|t| t.split_once('?')) else {
        return;
    };
    let query = query.split('#').next().unwrap_or(query);
    if query.is_empty() || !query.is_ascii() {
        return;
    }
    for call in answered_calls(case) {
        let Some(x) = requests(case, call).next() else {
            continue;
        };
        let asked = x.request.target.split_once('?').map_or("", |(_, q)| q);
        if same_query(asked, query) {
            docket.held();
        } else {
            let got = if asked.is_empty() {
                "no query"
            } else {
                "another query"
            };
            docket.violated([call.number, x.number], "the query that was set", got);
        }
    }
}

/// Whether two queries say the same: however a space is written, or anything else is escaped.
fn same_query(a: &str, b: &str) -> bool {
    let decoded = |q: &str| crate::rules::sight::percent_decoded(&q.replace('+', "%20"));
    decoded(a) == decoded(b)
}

fn relative_over_full(case: &Case<'_>, docket: &mut Docket) {
    let (Some(uri), Some(url)) = (plain_relative(case), full(case).and_then(Url::parse)) else {
        return;
    };
    let Some(named) = url.address().filter(|_| !url.is_https) else {
        return;
    };
    if named == ECS_PLACE && url.path() == path_of(uri) {
        return;
    }
    for call in answered_calls(case) {
        let Some(first) = requests(case, call).next() else {
            continue;
        };
        let to = address(&first.request.to);
        let path = asked_path(first);
        if to == Some(ECS_PLACE) && path == path_of(uri) {
            docket.held();
        } else if to == Some(named) && path == url.path() {
            docket.violated(
                [call.number, first.number],
                format!("{} at {ECS_PLACE}", path_of(uri)),
                format!("the full URI, at {named}"),
            );
        }
    }
}

fn no_host_no_request(case: &Case<'_>, docket: &mut Docket) {
    let is_path = |uri: &&str| uri.starts_with('/') && !uri.starts_with("//");
    if full(case).filter(is_path).is_none() || relative(case).is_some() {
        return;
    }
    let expected = "a refusal: the full URI has no host";
    for call in answered_calls(case) {
        if let Some(x) = requests(case, call).next() {
            let got = format!("a request to {}", x.request.to);
            docket.violated([call.number, x.number], expected, got);
        } else if call.is_refusal() {
            docket.held();
        } else if call.is_broken() && is_to_blame(case, call, |_| false) {
            let events = [call.number, call.last_number()];
            docket.violated(events, expected, call.in_words());
        }
    }
}

fn unset_is_unasked(case: &Case<'_>, docket: &mut Docket) {
    if relative(case).is_some() || full(case).is_some() {
        return;
    }
    let header = &case.trace.header;
    let is_container =
        |x: &&Exchange<'_>| x.request.server == Server::Container && is_for_container(case, x);
    // An endpoint of the service, or of some other name, may have been set to that address.
    let is_named = |x: &Exchange<'_>| {
        let host = address(&x.request.to).map(|a| a.ip().to_string());
        let settings = [&header.env, &header.config, &header.code];
        let mut values = settings.into_iter().flat_map(|s| s.values());
        values.any(|v| host.as_deref().is_some_and(|h| v.contains(h)))
    };
    for call in answered_calls(case) {
        let mut all = case.of_call(call).iter().filter(is_container);
        if let Some(x) = all.find(|x| !is_named(x)) {
            docket.violated(
                [call.number, x.number],
                "no request: no container endpoint is set",
                format!("a request to {}", x.request.to),
            );
        } else if !header.sources.is_empty() && !call.is_broken() {
            docket.held();
        }
    }
}
