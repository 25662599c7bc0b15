//! Redirects to another authority.

use crate::rules::config::authority::{canonical, of_url};
use crate::rules::sight::differs;
use crate::{Applies, Call, Case, Docket, Exchange, Level, Provenance, Rule, Server};
use imdspec_wire::{CredentialDocument, Field, Route};

/// The tests that all three rules rest on.
macro_rules! not_followed {
    () => {
        "aws-sdk-java-v2 core/regions ConnectionUtilsComponentTest `shouldNotFollowRedirects` (301 is returned, not followed); smithy-typescript packages/credential-provider-imds/src/remoteProvider/httpRequest.spec.ts \"when request returns with statusCode >= 300\" (an error)"
    };
}

pub(super) const SEC_001: Rule = Rule {
    id: "SEC-001",
    level: Level::Must,
    applies: Applies::Always,
    statement: "When a GET with a session token is redirected to another authority, no request with a session token arrives there.",
    source: concat!(
        not_followed!(),
        "; EC2 User Guide, \"Retrieve security credentials from instance metadata\" (warning against exposing credentials); RFC 9110, section 15.4"
    ),
    provenance: Provenance::Tested,
    rationale: "The session token opens the credentials of the instance; following a redirect with it hands it to whoever can shape one reply.",
    differs: &[
        differs(
            "aws-sdk-go-v2",
            "follows 307 and 308, and its HTTP client copies the header to the new host (by reading)",
        ),
        differs(
            "object_store",
            "follows up to ten redirects with a list of sensitive headers that lacks this one (not re-read)",
        ),
    ],
    monitor: token_stays,
};

pub(super) const SEC_002: Rule = Rule {
    id: "SEC-002",
    level: Level::Must,
    applies: Applies::Always,
    statement: "When the token PUT is redirected to another authority, no request of that resolve arrives there.",
    source: concat!(
        not_followed!(),
        " (both by the helper that also sends the PUT); RFC 9110, section 15.4 (unsafe methods)"
    ),
    provenance: Provenance::Tested,
    rationale: "Whoever answers the redirected PUT chooses the session token and thereby poses as the service.",
    differs: &[
        differs(
            "aws-sdk-go-v2",
            "follows 307 and 308 with the method kept (by reading)",
        ),
        differs("object_store", "may follow 307 and 308 (not re-read)"),
    ],
    monitor: put_stays,
};

pub(super) const SEC_003: Rule = Rule {
    id: "SEC-003",
    level: Level::Must,
    applies: Applies::Always,
    statement: "When the role list or the document is redirected to another authority, credentials served there are not taken.",
    source: not_followed!(),
    provenance: Provenance::Tested,
    rationale: "Keys planted by a stranger make the program write its data into a stranger's account.",
    differs: &[
        differs("object_store", "takes them (not re-read)"),
        differs("aws-sdk-go-v2", "takes them after 307 and 308 (by reading)"),
    ],
    monitor: planted_keys_are_refused,
};

fn token_stays(case: &Case<'_>, docket: &mut Docket) {
    let carries = |x: &Exchange<'_>| x.token().is_some_and(|t| !t.is_empty());
    let expected = "no session token to another authority";
    judge(
        case,
        docket,
        expected,
        |x| x.is_get() && carries(x),
        |case, call, x| followed(case, call, x, carries),
    );
}

fn put_stays(case: &Case<'_>, docket: &mut Docket) {
    let expected = "no request to another authority";
    judge(
        case,
        docket,
        expected,
        |x| x.is_token_put(),
        |case, call, x| followed(case, call, x, |_| true),
    );
}

fn planted_keys_are_refused(case: &Case<'_>, docket: &mut Docket) {
    let is_lookup = |x: &Exchange<'_>| {
        x.is_get() && matches!(x.route, Route::Roles { .. } | Route::Document { .. })
    };
    let expected = "no credentials from another authority";
    judge(case, docket, expected, is_lookup, |case, call, x| {
        let given = call.given()?;
        let is_planted = |y: &&Exchange<'_>| {
            let served = CredentialDocument::parse(y.reply_body());
            served.is_ok_and(|d| d.field("AccessKeyId") == Field::Text(&given.access_key_id))
        };
        let collected = strays(case, call, x).find(is_planted)?;
        let own = case.document_behind(given, call.last_number());
        let is_own = own.is_some_and(|d| case.exchanges[d.exchange].request.server == Server::Imds);
        (!is_own).then(|| {
            let mut events = collected.events();
            events.push(call.last_number());
            (events, call.in_words())
        })
    });
}

/// Says for each reply that sends such a request to another authority whether the call fell for
/// it; `fell` gives the events that show it, and what was got.
fn judge(
    case: &Case<'_>,
    docket: &mut Docket,
    expected: &str,
    is_such: impl Fn(&Exchange<'_>) -> bool,
    fell: impl Fn(&Case<'_>, &Call<'_>, &Exchange<'_>) -> Option<(Vec<u32>, String)>,
) {
    for (_, x) in case.imds() {
        if !leads_astray(x) || !is_such(x) {
            continue;
        }
        let Some(call) = x.call.and_then(|i| case.calls.get(i)) else {
            continue;
        };
        if let Some((shown, got)) = fell(case, call, x) {
            let mut events = x.events();
            events.extend(shown);
            docket.violated(events, expected, got);
        } else if call.outcome.is_some() && !call.is_broken() {
            docket.held();
        }
    }
}

/// Whether the reply is a redirect to another authority.
fn leads_astray(x: &Exchange<'_>) -> bool {
    let redirects = matches!(x.status(), Some(301 | 302 | 303 | 307 | 308));
    redirects
        && x.is_answered()
        && x.reply
            .and_then(|r| r.headers.get("location"))
            .and_then(of_url)
            .is_some_and(|to| to != canonical(&x.request.to))
}

/// The requests of the call that arrived at the collector after `x`.
fn strays<'c, 't>(
    case: &'c Case<'t>,
    call: &Call<'t>,
    x: &Exchange<'t>,
) -> impl Iterator<Item = &'c Exchange<'t>> {
    let after = x.number;
    let of_collector =
        move |y: &&Exchange<'_>| y.number > after && y.request.server == Server::Collector;
    case.exchanges[call.exchanges.clone()]
        .iter()
        .filter(of_collector)
}

fn followed(
    case: &Case<'_>,
    call: &Call<'_>,
    x: &Exchange<'_>,
    is_such: impl Fn(&Exchange<'_>) -> bool,
) -> Option<(Vec<u32>, String)> {
    let stray = strays(case, call, x).find(|y| is_such(y))?;
    let got = format!("{} to {}", stray.request.method, stray.request.to);
    Some((vec![stray.number], got))
}
