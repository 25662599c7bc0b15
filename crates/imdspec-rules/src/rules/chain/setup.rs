//! Which sources were set up, which were asked, and which failed, as a trace tells it.

use crate::rules::sight::{end_of, is_discovery, is_document_get};
use crate::{Call, Case, Exchange, Server, What};
use imdspec_wire::Source;

/// The state of a source that gives its credentials.
pub(super) const WORKS: &str = "works";

/// Whether a source was set up and gives its credentials. One that another rests on is set up with
/// that other.
pub(super) fn works(case: &Case<'_>, source: Source) -> bool {
    let sources = &case.trace.header.sources;
    match sources.get(&source) {
        Some(state) => state == WORKS,
        None => sources
            .iter()
            .any(|(s, state)| s.rests_on() == Some(source) && state == WORKS),
    }
}

/// How a source that was set up was broken.
pub(super) fn breakage<'c>(case: &'c Case<'_>, source: Source) -> Option<&'c str> {
    let state = case.trace.header.sources.get(&source)?;
    (state != WORKS).then_some(state)
}

/// The sources that were set up and work, in the order of [`Source`].
pub(super) fn working<'c>(case: &'c Case<'_>) -> impl Iterator<Item = Source> + 'c {
    Source::ALL.into_iter().filter(|s| works(case, *s))
}

/// The sources that were set up and broken, and how.
pub(super) fn broken<'c>(case: &'c Case<'_>) -> impl Iterator<Item = (Source, &'c str)> {
    let sources = case.trace.header.sources.iter();
    sources
        .filter(|(_, state)| *state != WORKS)
        .map(|(source, state)| (*source, state.as_str()))
}

/// Whether a profile was named: some subjects then pass the environment's keys by.
pub(super) fn names_a_profile(case: &Case<'_>) -> bool {
    let header = &case.trace.header;
    header.env.contains_key("AWS_PROFILE") || header.code.contains_key("profile")
}

/// Whether the order declares the first to stand before the second.
pub(super) fn puts_before(case: &Case<'_>, first: Source, second: Source) -> bool {
    case.trace.header.order.puts_before(first, second) == Some(true)
}

/// The calls whose exchanges are their own, and that ended before the scenario changed the world:
/// what the header says of sources holds for them.
pub(super) fn settled_calls<'c, 't>(case: &'c Case<'t>) -> impl Iterator<Item = &'c Call<'t>> {
    let events = || (1_u32..).zip(&case.trace.events);
    let begun = case.calls.first().map_or(u32::MAX, |c| c.number);
    let changed = events().find(|(number, event)| match event.what {
        What::World { .. } => true,
        What::File { .. } | What::Clock { .. } => *number > begun,
        _ => false,
    });
    let changed = changed.map_or(u32::MAX, |(number, _)| number);
    case.lone_calls().filter(move |c| end_of(c) < changed)
}

/// A sign that somebody was asked for credentials.
pub(super) struct Asking {
    /// The event.
    pub(super) number: u32,
    /// The sources, one of which was meant.
    pub(super) of: Vec<Source>,
    /// In words.
    pub(super) what: &'static str,
}

impl Asking {
    /// Whether nothing but one of these sources can have been meant.
    pub(super) fn is_of(&self, such: impl Fn(Source) -> bool) -> bool {
        !self.of.is_empty() && self.of.iter().all(|s| such(*s))
    }
}

/// Every sign in a call that a source was asked for credentials. A session token of the service or
/// its region is asked for by clients that want no credentials, so only its role list and a role's
/// document count.
pub(super) fn asked(case: &Case<'_>, call: &Call<'_>) -> Vec<Asking> {
    let requests = case.of_call(call).iter().filter_map(|x| {
        let (of, what) = meant(x)?;
        Some((x.number, of, what))
    });
    let events = (1_u32..).zip(&case.trace.events);
    let runs = events.filter_map(|(number, event)| match event.what {
        What::Ran { source } if (call.number..end_of(call)).contains(&number) => {
            Some((number, vec![source], "the process was run"))
        }
        _ => None,
    });
    let mut all: Vec<Asking> = requests
        .chain(runs)
        .map(|(number, of, what)| Asking {
            number,
            of: set_up_among(case, of),
            what,
        })
        .collect();
    all.sort_by_key(|a| a.number);
    all
}

fn meant(x: &Exchange<'_>) -> Option<(Vec<Source>, &'static str)> {
    use Source as S;
    Some(match x.request.server {
        Server::Imds if is_discovery(x) || is_document_get(x) => (
            vec![S::Imds, S::AssumeRoleImds],
            "the service was asked for a role",
        ),
        Server::Container if x.is_get() && !x.request.target.starts_with("/latest/") => (
            vec![S::Container, S::ContainerFull, S::AssumeRoleContainer],
            "the container endpoint was asked",
        ),
        Server::Sts => match action(x)? {
            "AssumeRole" => (
                vec![
                    S::AssumeRole,
                    S::AssumeRoleEnvironment,
                    S::AssumeRoleContainer,
                    S::AssumeRoleImds,
                ],
                "a role was assumed",
            ),
            "AssumeRoleWithWebIdentity" => (
                vec![S::WebIdentity, S::WebIdentityProfile],
                "a role was assumed with a web identity",
            ),
            _ => return None,
        },
        Server::Sso | Server::Oidc => (vec![S::Sso], "IAM Identity Center was asked"),
        Server::Signin => (vec![S::Login], "the sign-in service was asked"),
        Server::Imds | Server::Container | Server::Collector | Server::Proxy => return None,
    })
}

/// The `Action` of a request to the security token service, in its form or its query.
pub(super) fn action<'t>(x: &Exchange<'t>) -> Option<&'t str> {
    let form = std::str::from_utf8(&x.request.body).ok()?;
    let query = x.request.target.split_once('?').map_or("", |(_, q)| q);
    let mut pairs = form.split('&').chain(query.split('&'));
    pairs.find_map(|p| p.trim().strip_prefix("Action="))
}

/// Those that the scenario set up; if it set up none of them, those that need no profile that rests
/// on another source: such a profile it would have had to write.
fn set_up_among(case: &Case<'_>, sources: Vec<Source>) -> Vec<Source> {
    let set_up: Vec<Source> = sources
        .iter()
        .copied()
        .filter(|s| works(case, *s) || breakage(case, *s).is_some())
        .collect();
    if !set_up.is_empty() {
        return set_up;
    }
    let mut plain = sources;
    plain.retain(|s| s.rests_on().is_none());
    plain
}

/// Whether a source that works may have failed in this call all the same: something it was asked
/// had no healthy answer, or its server was spoken to in a way that is no HTTP.
pub(super) fn may_have_failed(case: &Case<'_>, call: &Call<'_>, source: Source) -> bool {
    let servers = servers_of(source);
    if servers.contains(&Server::Imds) && !case.trace.header.links.is_empty() {
        return true;
    }
    let is_healthy =
        |x: &Exchange<'_>| x.is_success() && x.reply.is_some_and(|r| r.fault.is_empty());
    let mut requests = case.of_call(call).iter();
    if requests.any(|x| servers.contains(&x.request.server) && !is_healthy(x)) {
        return true;
    }
    let last = (end_of(call) as usize)
        .saturating_sub(1)
        .min(case.trace.events.len());
    let events = case.trace.events.get(call.number as usize..last);
    events
        .unwrap_or_default()
        .iter()
        .any(|e| matches!(&e.what, What::Malformed { server, .. } if servers.contains(server)))
}

fn servers_of(source: Source) -> &'static [Server] {
    use Source as S;
    match source {
        S::Imds => &[Server::Imds],
        S::Container | S::ContainerFull => &[Server::Container],
        S::AssumeRole | S::AssumeRoleEnvironment | S::WebIdentity | S::WebIdentityProfile => {
            &[Server::Sts]
        }
        S::AssumeRoleContainer => &[Server::Container, Server::Sts],
        S::AssumeRoleImds => &[Server::Imds, Server::Sts],
        S::Sso => &[Server::Sso, Server::Oidc],
        S::Login => &[Server::Signin],
        S::Code
        | S::SystemProperties
        | S::Environment
        | S::SharedCredentials
        | S::Process
        | S::ConfigFile
        | S::Boto2 => &[],
    }
}

/// The source of the credentials that a call gave, by their access key id.
pub(super) fn giver(case: &Case<'_>, call: &Call<'_>) -> Option<Source> {
    case.source_of(call.given()?, call.last_number())
}

/// A proof from these events: in order, each once.
pub(super) fn proof(events: impl IntoIterator<Item = u32>) -> Vec<u32> {
    let mut events: Vec<u32> = events.into_iter().filter(|n| *n > 0).collect();
    events.sort_unstable();
    events.dedup();
    events
}
