//! What the token header of a GET holds.

use crate::rules::sight::{differs, may_have_succeeded};
use crate::{Applies, Case, Docket, End, Exchange, Level, Provenance, Rule};
use imdspec_wire::TOKEN_HEADER;

pub(super) const TOKEN_005: Rule = Rule {
    id: "TOKEN-005",
    level: Level::Must,
    applies: Applies::Always,
    statement: "Each metadata GET that follows a successful PUT in the same resolve carries \
                exactly one x-aws-ec2-metadata-token header, equal byte for byte to a token that \
                was issued.",
    source: "EC2 User Guide, \"How Instance Metadata Service Version 2 works\" (the token goes \
             into every GET); botocore tests/unit/test_utils.py `test_token_is_included`; \
             smithy-rs aws-config/src/imds/client.rs `client_caches_token`; aws-sdk-java-v2 \
             InstanceProfileCredentialsProviderTest `resolveCredentials_usesTokenByDefault`",
    provenance: Provenance::Documented,
    rationale: "A GET without the exact token is 401 where tokens are required: role found, keys \
                refused (s3fs-fuse#1762).",
    differs: &[
        differs(
            "aws-c-auth",
            "trims white space around the token (by reading)",
        ),
        differs(
            "aws-sdk-ruby",
            "trims white space around the token (its own test)",
        ),
    ],
    monitor: gets_carry_the_token,
};

fn gets_carry_the_token(case: &Case<'_>, docket: &mut Docket) {
    for call in case.lone_calls() {
        // The last PUT of this call, if it surely gave a token that the client can use.
        let mut issued: Option<&Exchange<'_>> = None;
        for (i, x) in case.imds_of(call) {
            if x.is_token_put() {
                let token = case.tokens.binary_search_by_key(&i, |t| t.exchange);
                let usable = token.is_ok_and(|t| case.tokens[t].granted.is_some());
                issued = usable.then_some(x);
                continue;
            }
            let Some(put) = issued.filter(|_| x.is_metadata_get()) else {
                continue;
            };
            let mut carried = x.request.headers.all(TOKEN_HEADER);
            let got = match (carried.next(), carried.next()) {
                (None, _) => "no token header",
                (Some(""), None) => "an empty token header",
                (Some(_), Some(_)) => "more than one token header",
                (Some(value), None) if was_issued(case, i, value) => {
                    docket.held();
                    continue;
                }
                (Some(_), None) => "a value that was never issued",
            };
            docket.violated(
                [put.number, put.reply_number, x.number],
                "one header with the token issued",
                got,
            );
        }
    }
}

/// Whether any PUT before exchange `index` may have given this value, odd replies included.
fn was_issued(case: &Case<'_>, index: usize, value: &str) -> bool {
    case.token_carried(index).is_some()
        || case.exchanges[..index].iter().any(|x| {
            let is_it = || x.reply_body() == value.as_bytes() || is_unseen(x);
            x.is_token_put() && may_have_succeeded(x) && is_it()
        })
}

/// Whether a recording lacks part of the reply.
fn is_unseen(x: &Exchange<'_>) -> bool {
    x.reply.is_some_and(|r| r.end == End::Unseen)
}

pub(super) const TOKEN_017: Rule = Rule {
    id: "TOKEN-017",
    level: Level::Must,
    applies: Applies::Always,
    statement: "The body of a token reply whose status is not 2xx never becomes the value of a \
                token header, even when that reply has a TTL header.",
    source: "aws-sdk-java-v2 InstanceProfileCredentialsProviderTest \
             `resolveCredentials_queriesTokenResource_40xError_fallbackToInsecure`; botocore \
             tests/unit/test_utils.py `test_metadata_token_not_supported_403`, `_404`, `_405`; EC2 \
             User Guide, \"How Instance Metadata Service Version 2 works\" (warns of just this)",
    provenance: Provenance::Tested,
    rationale: "An error page sent as a token leaks an intermediary's text and gets 401 for ever \
                after; a captive portal or a proxy in the path is enough.",
    differs: &[differs(
        "smithy-rs",
        "refuses 400 and 403; another status with a TTL header gives a token (by reading)",
    )],
    monitor: error_bodies_are_no_tokens,
};

fn error_bodies_are_no_tokens(case: &Case<'_>, docket: &mut Docket) {
    struct Page<'t> {
        text: &'t str,
        events: Vec<u32>,
        served: u32,
        used: bool,
    }
    let mut pages: Vec<Page<'_>> = Vec::new();
    for (i, x) in case.imds() {
        if let Some(text) = error_page(x) {
            match pages.iter_mut().find(|p| p.text == text) {
                Some(page) => page.served += 1,
                None => pages.push(Page {
                    text,
                    events: x.events(),
                    served: 1,
                    used: false,
                }),
            }
            continue;
        }
        if pages.is_empty() || !x.is_get() {
            continue;
        }
        let Some(value) = x.token().map(str::trim) else {
            continue;
        };
        if let Some(page) = pages.iter_mut().find(|p| p.text == value)
            && !was_issued(case, i, value)
        {
            page.used = true;
            docket.violated(
                page.events.iter().copied().chain([x.number]),
                "no error body in a token header",
                "the body of the refused PUT",
            );
        }
    }
    for page in pages.iter().filter(|p| !p.used) {
        (0..page.served).for_each(|_| docket.held());
    }
}

/// The body of a refused PUT, if it could stand in a header.
fn error_page<'t>(x: &Exchange<'t>) -> Option<&'t str> {
    if !x.is_token_put() || !x.is_answered() || x.is_success() {
        return None;
    }
    let text = std::str::from_utf8(x.reply_body()).ok()?.trim();
    (!text.is_empty() && !text.chars().any(char::is_control)).then_some(text)
}
