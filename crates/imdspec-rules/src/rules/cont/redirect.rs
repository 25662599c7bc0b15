//! Ways to make a client send the authorization token elsewhere.

use super::setup::{answered_calls, full, is_for_container, relative, requests};
use super::url::address;
use crate::rules::config::authority::{canonical, of_url};
use crate::rules::sight::{differs, end_of};
use crate::{Applies, Call, Capability, Case, Docket, Exchange, Level, Provenance, Rule, What};
use std::net::SocketAddr;

pub(super) const CONT_023: Rule = Rule {
    id: "CONT-023",
    level: Level::Must,
    applies: Applies::With(Capability::Container),
    statement: "When the container endpoint redirects to another host, no request with the authorization token arrives there.",
    source: "RFC 9110, section 15.4 (a client that follows should leave out Authorization) and section 11.6.2; aws-sdk-java-v2 core/regions ConnectionUtilsComponentTest `shouldNotFollowRedirects`; a client that kept the field across hosts: CVE-2018-1000007 (curl)",
    provenance: Provenance::Documented,
    rationale: "The token opens the role of the task; following a redirect with it hands it to whoever can shape one reply.",
    differs: &[],
    monitor: token_stays,
};

pub(super) const CONT_024: Rule = Rule {
    id: "CONT-024",
    level: Level::Should,
    applies: Applies::With(Capability::Container),
    statement: "A relative URI such as @127.0.0.1:9/x or //127.0.0.1:9/x brings nothing to that host.",
    source: "AWS SDKs and Tools Reference Guide, \"Container credential provider\" (the URI is relative) and RFC 3986, section 3.2.1 (what stands before an @ is user information); no test of an SDK found",
    provenance: Provenance::Documented,
    rationale: "Whoever can set the path must not thereby choose the host that gets the token and gives the credentials.",
    differs: &[differs(
        "object_store, aws-sdk-go-v2, botocore",
        "put the value behind http://169.254.170.2 as text; botocore then checks the host that comes out (by reading)",
    )],
    monitor: relative_stays,
};

fn has_token(x: &Exchange<'_>) -> bool {
    let sent = x.request.headers.get("authorization");
    sent.is_some_and(|v| !v.trim().is_empty())
}

fn token_stays(case: &Case<'_>, docket: &mut Docket) {
    for call in answered_calls(case) {
        let leads_astray = |x: &&Exchange<'_>| {
            let location = x.reply.and_then(|r| r.headers.get("location"));
            has_token(x)
                && x.is_answered()
                && matches!(x.status(), Some(301 | 302 | 303 | 307 | 308))
                && location
                    .and_then(of_url)
                    .is_some_and(|to| is_other_host(&to, &x.request.to))
        };
        let Some(x) = requests(case, call).find(leads_astray) else {
            continue;
        };
        let strays = case.of_call(call).iter().filter(|y| y.number > x.number);
        // A second try at the endpoint itself is no redirect followed.
        let mut strays = strays.filter(|y| {
            is_other_host(&y.request.to, &x.request.to) && !is_second_endpoint(case, y)
        });
        if let Some(stray) = strays.find(|y| y.request.headers.get("authorization") == sent(x)) {
            let mut events = x.events();
            events.push(stray.number);
            let got = format!("it, to {}", stray.request.to);
            docket.violated(events, "no authorization token to another host", got);
        } else if !call.is_broken() {
            docket.held();
        }
    }
}

fn sent<'t>(x: &Exchange<'t>) -> Option<&'t str> {
    x.request.headers.get("authorization")
}

/// Whether two authorities name two hosts. At another port of the same one is whoever has that
/// host anyway.
fn is_other_host(a: &str, b: &str) -> bool {
    let host = |authority: &str| {
        let authority = canonical(authority);
        let host = authority.rsplit_once(':').map(|(host, _)| host.to_owned());
        host.unwrap_or(authority)
    };
    host(a) != host(b)
}

/// Whether a request is for the other of two endpoints that are both set.
fn is_second_endpoint(case: &Case<'_>, x: &Exchange<'_>) -> bool {
    relative(case).is_some() && full(case).is_some() && is_for_container(case, x)
}

/// The address that a relative URI smuggles in: what a reader who puts `http://169.254.170.2` in
/// front of it would call the host, or one who resolves it against that.
fn smuggled(uri: &str) -> Option<SocketAddr> {
    let rest = uri.strip_prefix("//").or_else(|| uri.strip_prefix('@'))?;
    let authority = rest.split(['/', '?', '#']).next()?;
    authority.parse().ok()
}

fn relative_stays(case: &Case<'_>, docket: &mut Docket) {
    let smuggled = relative(case)
        .filter(|_| full(case).is_none())
        .and_then(smuggled);
    // Anywhere else, something of ours need not be there to see it.
    let Some(host) = smuggled.filter(|a| a.ip().is_loopback()) else {
        return;
    };
    for call in answered_calls(case) {
        if let Some(number) = reached(case, call, host) {
            docket.violated(
                [call.number, number],
                "nothing sent to the host in a relative URI",
                format!("something sent to {host}"),
            );
        } else if !call.is_broken() {
            docket.held();
        }
    }
}

fn reached(case: &Case<'_>, call: &Call<'_>, host: SocketAddr) -> Option<u32> {
    let within = call.number..end_of(call);
    let mut events = (1_u32..).zip(&case.trace.events);
    events.find_map(|(number, event)| {
        let to = match &event.what {
            What::Connect { to, .. } => to,
            What::Request(request) => &request.to,
            _ => return None,
        };
        (within.contains(&number) && address(to) == Some(host)).then_some(number)
    })
}
