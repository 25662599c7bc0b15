//! Role lists that hold anything but a role's name.

use crate::rules::sight::{
    differs, end_of, ends_well, holds, is_discovery, malformed, name_listed,
};
use crate::{Applies, Call, Case, Docket, Exchange, Level, Provenance, Rule, Server, What};

pub(super) const ROUTE_013: Rule = Rule {
    id: "ROUTE-013",
    level: Level::Must,
    applies: Applies::Always,
    statement: "Whatever text the role list holds, the subject does not crash or hang, goes to no \
                other address, and sends no request target with a raw space or control character.",
    source: "boto/botocore#3759 (2026-07-29): ../ in the list moved the document GET; \
             boto/botocore#1676 (2019-01-30): a list that was a JSON document went whole, keys \
             included, into the request target; RFC 9112 section 3.2: no white space in a target",
    provenance: Provenance::Observed,
    rationale: "The name is text from the network placed into a URL: unchecked it moves the \
                request, leaks secrets into access logs, or takes the process down.",
    differs: &[
        differs("botocore", "appends the text unchecked (by reading)"),
        differs(
            "smithy-rs",
            "panics when the path is no legal URI (by reading)",
        ),
        differs(
            "smithy-typescript, object_store, aws-c-auth",
            "append the text unchecked (by reading)",
        ),
    ],
    monitor: hostile_lists_do_no_harm,
};

fn hostile_lists_do_no_harm(case: &Case<'_>, docket: &mut Docket) {
    for call in &case.calls {
        let Some((_, list)) = case.imds_of(call).find(|(_, x)| is_hostile(x)) else {
            continue;
        };
        let evidence = |number| [list.number, list.reply_number, number];
        let expected = "an ordinary request, or a refusal";
        if let Some(number) = raw_target(case, call, list) {
            docket.violated(
                evidence(number),
                expected,
                "a request target with raw white space",
            );
        } else if let Some(number) = led_astray(case, call, list) {
            docket.violated(
                evidence(number),
                expected,
                "a connection to another address",
            );
        } else {
            ends_well(case, call, docket, is_hostile);
        }
    }
}

/// Whether this is a list that surely arrived and is not simply one legal name.
fn is_hostile(x: &Exchange<'_>) -> bool {
    is_discovery(x)
        && x.is_success()
        && !x.reply_body().trim_ascii().is_empty()
        && name_listed(x).is_none()
}

fn raw_target(case: &Case<'_>, call: &Call<'_>, list: &Exchange<'_>) -> Option<u32> {
    let is_raw = |c: char| c == ' ' || c.is_control();
    let whole = case
        .imds_of(call)
        .map(|(_, x)| x)
        .find(|x| x.number > list.number && x.request.target.contains(is_raw))
        .map(|x| x.number);
    whole.or_else(|| {
        malformed(case, list.number, end_of(call))
            .find(|(_, bytes)| holds(bytes, b"security-credentials"))
            .map(|(number, _)| number)
    })
}

/// The first sign of the subject at a server that nothing should reach, unless a redirect sent it.
fn led_astray(case: &Case<'_>, call: &Call<'_>, list: &Exchange<'_>) -> Option<u32> {
    let redirected = |x: &Exchange<'_>| matches!(x.status(), Some(300..=399));
    if case.of_call(call).iter().any(redirected) {
        return None;
    }
    let first = list.number as usize;
    let end = (end_of(call) as usize).min(case.trace.events.len());
    let after = case.trace.events.get(first..end).unwrap_or_default();
    after.iter().zip(list.number + 1..).find_map(|(event, n)| {
        let server = match &event.what {
            What::Connect { server, .. } | What::Malformed { server, .. } => *server,
            What::Request(request) => request.server,
            _ => return None,
        };
        (server == Server::Collector).then_some(n)
    })
}
