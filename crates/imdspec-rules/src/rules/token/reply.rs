//! How a reply to the token PUT is read.

use crate::rules::sight::{differs, end_of, ends_well, holds, is_prompt, malformed};
use crate::{Applies, Case, Docket, Exchange, Level, Provenance, Rule};
use imdspec_wire::{FieldName, Headers, TTL_HEADER};

pub(super) const TOKEN_010: Rule = Rule {
    id: "TOKEN-010",
    level: Level::Must,
    applies: Applies::Always,
    statement: "A token with CR, LF or NUL inside is never written into a header, neither raw nor \
                split into lines, and the resolve ends without a crash.",
    source: "smithy-rs aws-config/src/imds/client.rs `invalid_token` (error, no GET); RFC 9110 \
             section 5.5: CR, LF and NUL are invalid in a field value",
    provenance: Provenance::Tested,
    rationale: "A raw line feed in a header splits the request: a hostile reply could inject \
                headers, or a second request, into the client's connection.",
    differs: &[],
    monitor: line_ends_in_tokens_split_nothing,
};

fn line_ends_in_tokens_split_nothing(case: &Case<'_>, docket: &mut Docket) {
    for call in &case.calls {
        let tested = |(_, x)| Some((x, lines_inside(x)?));
        let Some((put, lines)) = case.imds_of(call).find_map(tested) else {
            continue;
        };
        let split = case
            .imds_of(call)
            .filter(|(_, x)| x.number > put.number)
            .find(|(_, x)| is_split_by(&x.request.headers, &lines))
            .map(|(_, x)| (x.number, "a header made of the token's lines"));
        let raw = || {
            malformed(case, put.number, end_of(call))
                .find(|(_, bytes)| lines.first().is_some_and(|l| holds(bytes, l)))
                .map(|(n, _)| (n, "a request that the token's lines broke"))
        };
        if let Some((number, got)) = split.or_else(raw) {
            docket.violated(
                [put.number, put.reply_number, number],
                "no such token in a request",
                got,
            );
        } else {
            ends_well(case, call, docket, |x| lines_inside(x).is_some());
        }
    }
}

/// The lines of a token body that has a line end or NUL inside, not only at its end.
fn lines_inside<'t>(x: &Exchange<'t>) -> Option<Vec<&'t [u8]>> {
    if !x.is_token_put() || !x.is_success() {
        return None;
    }
    let body = x.reply_body().trim_ascii();
    let is_end = |b: &u8| matches!(b, b'\r' | b'\n' | 0);
    body.iter().any(is_end).then(|| {
        let lines = body.split(is_end).map(<[u8]>::trim_ascii);
        lines.filter(|l| !l.is_empty()).collect()
    })
}

/// Whether a header holds a line end, or is one of the lines after the first.
fn is_split_by(headers: &Headers, lines: &[&[u8]]) -> bool {
    let rest = lines.get(1..).unwrap_or_default();
    headers.0.iter().any(|(name, value)| {
        value.contains(['\r', '\n', '\0'])
            || rest.iter().any(|line| {
                let colon = line.iter().position(|b| *b == b':');
                colon.is_some_and(|c| {
                    line[..c].trim_ascii() == name.as_bytes()
                        && line[c + 1..].trim_ascii() == value.trim().as_bytes()
                })
            })
    })
}

pub(super) const TOKEN_013: Rule = Rule {
    id: "TOKEN-013",
    level: Level::Must,
    applies: Applies::Always,
    statement: "A token reply whose TTL header is empty, negative, not a number or too large \
                neither crashes nor hangs the subject.",
    source: "aws-sdk-java-v2 core/imds BaseEc2MetadataClientTest \
             `getToken_responseTtlHeadersNotANumber_shouldFailAndNotRetry`; the other values are a \
             generalisation of the same guard",
    provenance: Provenance::Tested,
    rationale: "The header is input from the network: a panic while parsing takes the process \
                down, an overflow makes a token immortal or always expired.",
    differs: &[differs(
        "smithy-rs",
        "adds the seconds to a SystemTime unchecked, so a value near 2^64 panics (by reading)",
    )],
    monitor: odd_lifetimes_break_nothing,
};

fn odd_lifetimes_break_nothing(case: &Case<'_>, docket: &mut Docket) {
    for call in &case.calls {
        if case.imds_of(call).any(|(_, x)| has_odd_lifetime(x)) {
            ends_well(case, call, docket, has_odd_lifetime);
        }
    }
}

fn has_odd_lifetime(x: &Exchange<'_>) -> bool {
    x.is_token_put()
        && x.is_success()
        && x.reply
            .and_then(|r| r.headers.get(TTL_HEADER))
            .is_some_and(|ttl| ttl.trim().parse::<u32>().is_err())
}

/// A token shorter-lived than this may be taken and given up again before the next GET.
const LONG_ENOUGH: u32 = 300;

pub(super) const TOKEN_024: Rule = Rule {
    id: "TOKEN-024",
    level: Level::Must,
    applies: Applies::Always,
    statement: "A token reply is accepted with its TTL header name in any letter case.",
    source: "RFC 9110 section 5.1 (field names are case-insensitive); s3fs-fuse/s3fs-fuse#1766 \
             (2021-09-08): the service writes X-Aws-Ec2-Metadata-Token-Ttl-Seconds, smithy-rs' \
             recordings have it in lower case",
    provenance: Provenance::Documented,
    rationale: "HTTP libraries, proxies and HTTP/2 front ends change the case. A client that \
                compares exactly drops a good token, or falls back to v1.",
    differs: &[],
    monitor: header_case_is_ignored,
};

/// The spellings a client is sure to have been tried with; others put the rule to the test.
const USUAL: [&str; 3] = [
    TTL_HEADER,
    "X-Aws-Ec2-Metadata-Token-Ttl-Seconds",
    "X-aws-ec2-metadata-token-ttl-seconds",
];

fn header_case_is_ignored(case: &Case<'_>, docket: &mut Docket) {
    for (t, token) in case.tokens.iter().enumerate() {
        let put = &case.exchanges[token.exchange];
        let unusual = put.reply.is_some_and(|r| {
            let ttl = |(n, _): &&(FieldName, String)| n.eq_ignore_ascii_case(TTL_HEADER);
            let mut names = r.headers.0.iter().filter(ttl);
            names.next().is_some_and(|(n, _)| !USUAL.contains(&&**n))
                && names.next().is_none()
                && !r.headers.has("transfer-encoding")
        });
        if !unusual || token.granted.is_none_or(|ttl| ttl < LONG_ENOUGH) {
            continue;
        }
        let carried = |i: usize| case.exchanges[i].is_get() && case.token_carried(i) == Some(t);
        if (token.exchange + 1..case.exchanges.len()).any(carried) {
            docket.held();
            continue;
        }
        let call = put.call.map(|c| &case.calls[c]);
        if let Some(call) =
            call.filter(|c| c.alone && c.outcome.is_some() && !c.is_broken() && is_prompt(case, c))
        {
            docket.violated(
                [put.number, put.reply_number, call.last_number()],
                "a GET with this token",
                "none",
            );
        }
    }
}
