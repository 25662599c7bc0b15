//! How the token PUT itself looks.

use crate::rules::sight::{differs, in_words};
use crate::{Applies, Case, Docket, Exchange, Level, Provenance, Rule};
use imdspec_wire::{Route, TOKEN_HEADER, TTL_HEADER, Ttl, paths};

pub(super) const TOKEN_001: Rule = Rule {
    id: "TOKEN-001",
    level: Level::Must,
    applies: Applies::Always,
    statement: "The first request of a fresh subject is PUT /latest/api/token.",
    source: "EC2 User Guide, \"How Instance Metadata Service Version 2 works\" (a session starts \
             with a PUT); smithy-rs aws-config/src/imds/client.rs `client_caches_token`; \
             smithy-typescript fromInstanceMetadata.spec.ts 'gets token and profile name to fetch \
             credentials'; object_store src/aws/credential.rs `test_mock`",
    provenance: Provenance::Documented,
    rationale: "A client that starts with a GET gets 401 wherever tokens are required, the default \
                of newer images; it also uses the form of request that an SSRF attack can imitate.",
    differs: &[differs(
        "aws-c-auth",
        "an option starts it in v1 mode; the first 401 then switches it to v2",
    )],
    monitor: first_request_is_the_put,
};

fn first_request_is_the_put(case: &Case<'_>, docket: &mut Docket) {
    // What is the first of a recording need not be the subject's first.
    let first = case.imds().next().filter(|_| case.sees_the_start());
    let Some((_, first)) = first else {
        return;
    };
    if first.request.method == "PUT" && first.route == Route::Token {
        docket.held();
    } else if first.is_token_put()
        && (case.is_recorded() || endpoint(case).is_some_and(|(_, path)| !path.is_empty()))
    {
        // The endpoint was given with a path, or a slash for one: TOKEN-007 looks at that.
    } else {
        docket.violated([first.number], "PUT /latest/api/token", in_words(first));
    }
}

pub(super) const TOKEN_002: Rule = Rule {
    id: "TOKEN-002",
    level: Level::Must,
    applies: Applies::Always,
    statement: "Every token PUT carries exactly one x-aws-ec2-metadata-token-ttl-seconds header, \
                a decimal integer from 1 to 21600.",
    source: "EC2 User Guide, \"How Instance Metadata Service Version 2 works\" (the PUT states the \
             lifetime, one second to six hours) and \"Retrieve instance metadata\" (a bad PUT is \
             400); aws-c-auth tests/aws_imds_client_test.c `imds_client_token_request_failure`; \
             aws-sdk-go-v2 feature/ec2/imds/api_op_GetToken_test.go `TestGetToken`",
    provenance: Provenance::Documented,
    rationale: "Without it, or with a value out of range, the service answers 400 and the session \
                fails; a client with a fallback may then go on without a token, unnoticed.",
    differs: &[
        differs(
            "metaflow",
            "sent no PUT: the value was no string (Netflix/metaflow#2470, 2025-06)",
        ),
        differs(
            "ex_aws",
            "sent no PUT: the value was no string (ex-aws/ex_aws#877, 2022-04)",
        ),
    ],
    monitor: put_states_a_lifetime,
};

fn put_states_a_lifetime(case: &Case<'_>, docket: &mut Docket) {
    for put in token_puts(case) {
        let mut values = put.request.headers.all(TTL_HEADER);
        let got = match (values.next(), values.next()) {
            (None, _) => "no such header",
            (Some(_), Some(_)) => "the header more than once",
            (Some(value), None) => match Ttl::parse(value.trim()) {
                Ok(_) => {
                    docket.held();
                    continue;
                }
                Err(_) if value.trim().parse::<i128>().is_ok() => "a number out of range",
                Err(_) => "a value that is no decimal integer",
            },
        };
        docket.violated(
            [put.number],
            "one x-aws-ec2-metadata-token-ttl-seconds, 1 to 21600",
            got,
        );
    }
}

pub(super) const TOKEN_003: Rule = Rule {
    id: "TOKEN-003",
    level: Level::Should,
    applies: Applies::Always,
    statement: "The token PUT has no content and is not chunked: Content-Length is absent or 0, \
                Transfer-Encoding and Expect are absent.",
    source: "s3fs-fuse/s3fs-fuse#1765 (2021-09-08): the service answered 417 to a PUT with Expect; \
             s3fs-fuse/s3fs-fuse#2098, #2103 (2023-01): an empty chunked PUT dead-locked",
    provenance: Provenance::Observed,
    rationale: "A PUT with Expect is refused and a chunked one can wait for ever: the process \
                hangs at start, or falls back to the weaker protocol.",
    differs: &[differs(
        "s3fs-fuse 1.90",
        "sent Expect and an empty chunked body (captures in its reports)",
    )],
    monitor: put_has_no_content,
};

fn put_has_no_content(case: &Case<'_>, docket: &mut Docket) {
    for put in token_puts(case) {
        let headers = &put.request.headers;
        let got = if !put.request.body.is_empty() {
            "a body"
        } else if headers.has("transfer-encoding") {
            "a Transfer-Encoding header"
        } else if headers.has("expect") {
            "an Expect header"
        } else if headers.all("content-length").any(|n| n.trim() != "0") {
            "a Content-Length other than 0"
        } else {
            docket.held();
            continue;
        };
        docket.violated([put.number], "a PUT without content", got);
    }
}

pub(super) const TOKEN_004: Rule = Rule {
    id: "TOKEN-004",
    level: Level::Must,
    applies: Applies::Always,
    statement: "The token PUT carries no X-Forwarded-For header.",
    source: "EC2 User Guide, \"How Instance Metadata Service Version 2 works\" (a PUT with it is \
             rejected); jtblin/kube2iam#279 (2020-09-08): 403 from the service",
    provenance: Provenance::Documented,
    rationale: "The service refuses such a PUT by design, so there is no token; and the header is \
                the sign that an intermediary handles the credentials.",
    differs: &[],
    monitor: put_is_not_forwarded,
};

fn put_is_not_forwarded(case: &Case<'_>, docket: &mut Docket) {
    for put in token_puts(case) {
        if put.request.headers.has("x-forwarded-for") {
            docket.violated([put.number], "no X-Forwarded-For header", "one");
        } else {
            docket.held();
        }
    }
}

pub(super) const TOKEN_006: Rule = Rule {
    id: "TOKEN-006",
    level: Level::Must,
    applies: Applies::Always,
    statement: "A token PUT carries no x-aws-ec2-metadata-token header.",
    source: "aws-c-auth tests/aws_imds_client_test.c `imds_client_token_request_failure`, \
             `imds_client_resource_request_success`, \
             `imds_client_insecure_then_secure_resource_request_success` (the PUT has the TTL \
             header and no token)",
    provenance: Provenance::Tested,
    rationale: "An old token there is a live secret on a request that may be refused or \
                redirected, and a strict server may answer 401 and lock the client out of renewal.",
    differs: &[],
    monitor: put_carries_no_token,
};

fn put_carries_no_token(case: &Case<'_>, docket: &mut Docket) {
    for put in token_puts(case) {
        if put.request.headers.has(TOKEN_HEADER) {
            docket.violated([put.number], "a PUT without a session token", "one with it");
        } else {
            docket.held();
        }
    }
}

pub(super) const TOKEN_007: Rule = Rule {
    id: "TOKEN-007",
    level: Level::Must,
    applies: Applies::Always,
    statement: "With an endpoint setting that ends in a slash, the target of the token PUT is \
                exactly /latest/api/token.",
    source: "EC2 User Guide, \"Retrieve instance metadata\" (no other path issues tokens); \
             boto/botocore#2600 (2022-01-26): endpoints with and without the slash must both work",
    provenance: Provenance::Documented,
    rationale: "A doubled slash is another path: emulators and proxies answer 404 or 301, and the \
                client reports no credentials or goes on without a token.",
    differs: &[differs(
        "object_store",
        "joins endpoint and path with a slash, which gives //latest/api/token (by reading)",
    )],
    monitor: slash_of_the_endpoint_is_not_doubled,
};

fn slash_of_the_endpoint_is_not_doubled(case: &Case<'_>, docket: &mut Docket) {
    let Some((authority, "/")) = endpoint(case) else {
        return;
    };
    let there = |to: &str| to == authority || to.strip_suffix(":80") == Some(authority);
    for (_, put) in case.imds().filter(|(_, x)| x.request.method == "PUT") {
        if !there(&put.request.to) {
            continue;
        }
        if put.request.target == paths::TOKEN {
            docket.held();
        } else {
            docket.violated([put.number], paths::TOKEN, in_words(put));
        }
    }
}

/// The endpoint that was set: its authority, and what follows it.
fn endpoint<'t>(case: &Case<'t>) -> Option<(&'t str, &'t str)> {
    let endpoint = case.setting(
        "AWS_EC2_METADATA_SERVICE_ENDPOINT",
        "ec2_metadata_service_endpoint",
    )?;
    let rest = endpoint.trim().split_once("://")?.1;
    Some(rest.split_at(rest.find('/').unwrap_or(rest.len())))
}

fn token_puts<'c, 't>(case: &'c Case<'t>) -> impl Iterator<Item = &'c Exchange<'t>> {
    case.imds().map(|(_, x)| x).filter(|x| x.is_token_put())
}
