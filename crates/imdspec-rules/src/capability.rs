//! What a subject can do, declared by its author or seen in its traces.

use crate::rules::sight::is_v1_forbidden;
use crate::{Call, Case, ClockKind, Exchange, Outcome, Server};
use imdspec_wire::Source;
use std::fmt;
use std::time::Duration;

const RELATIVE_URI: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
const FULL_URI: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";

/// Something a subject may or may not do, behind which rules stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// Falls back to IMDSv1 when the token PUT is refused with 403, 404 or 405.
    V1Fallback,
    /// Has a setting that forbids that.
    V1DisableSetting,
    /// Keeps a session token over several fetches.
    CachesToken,
    /// Keeps credentials over several resolves.
    CachesCredentials,
    /// Goes on with expired credentials while the service fails.
    StaticStability,
    /// Reads `AWS_EC2_METADATA_DISABLED`.
    DisabledEnv,
    /// Reads `AWS_EC2_METADATA_SERVICE_ENDPOINT`.
    EndpointEnv,
    /// Reads the endpoint mode.
    EndpointMode,
    /// Reads `AWS_METADATA_SERVICE_NUM_ATTEMPTS`.
    AttemptsEnv,
    /// Can be given settings in code by the harness.
    CodeSettings,
    /// Looks for credentials in other places than the service.
    Chain,
    /// Reads `AWS_ACCESS_KEY_ID` and its siblings.
    EnvironmentKeys,
    /// Reads static keys of a profile in the shared credentials file.
    ProfileKeys,
    /// Asks the container endpoint that `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` names.
    Container,
    /// Asks the endpoint that `AWS_CONTAINER_CREDENTIALS_FULL_URI` names.
    ContainerFull,
    /// Gives the account id of credentials, where their source says it.
    AccountId,
}

impl Capability {
    /// Every capability.
    pub const ALL: [Self; 16] = [
        Self::V1Fallback,
        Self::V1DisableSetting,
        Self::CachesToken,
        Self::CachesCredentials,
        Self::StaticStability,
        Self::DisabledEnv,
        Self::EndpointEnv,
        Self::EndpointMode,
        Self::AttemptsEnv,
        Self::CodeSettings,
        Self::Chain,
        Self::EnvironmentKeys,
        Self::ProfileKeys,
        Self::Container,
        Self::ContainerFull,
        Self::AccountId,
    ];

    /// As written in a descriptor.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1Fallback => "v1-fallback",
            Self::V1DisableSetting => "v1-disable-setting",
            Self::CachesToken => "caches-token",
            Self::CachesCredentials => "caches-credentials",
            Self::StaticStability => "static-stability",
            Self::DisabledEnv => "disabled-env",
            Self::EndpointEnv => "endpoint-env",
            Self::EndpointMode => "endpoint-mode",
            Self::AttemptsEnv => "attempts-env",
            Self::CodeSettings => "code-settings",
            Self::Chain => "chain",
            Self::EnvironmentKeys => "environment-keys",
            Self::ProfileKeys => "profile-keys",
            Self::Container => "container",
            Self::ContainerFull => "container-full",
            Self::AccountId => "account-id",
        }
    }

    /// The capability called `name`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.as_str() == name)
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is known of a subject's capabilities: declared ones bind, the others are inferred.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Capabilities([Option<bool>; Capability::ALL.len()]);

impl Capabilities {
    /// Declares that the subject has, or has not, a capability.
    pub const fn declare(&mut self, capability: Capability, has: bool) {
        self.0[capability as usize] = Some(has);
    }

    /// Whether the subject has the capability; unknown counts as no.
    #[must_use]
    pub const fn has(&self, capability: Capability) -> bool {
        matches!(self.0[capability as usize], Some(true))
    }

    /// Whether anything is known about the capability.
    #[must_use]
    pub const fn knows(&self, capability: Capability) -> bool {
        self.0[capability as usize].is_some()
    }

    /// These capabilities, with the undeclared ones filled in from what the cases show.
    #[must_use]
    pub fn or_inferred(&self, cases: &[Case<'_>]) -> Self {
        let mut all = self.clone();
        for capability in Capability::ALL {
            if !all.knows(capability) && cases.iter().any(|c| shows(capability, c)) {
                all.declare(capability, true);
            }
        }
        let fallback = Capability::V1Fallback;
        if !all.knows(fallback) && cases.iter().any(stays_with_v2) {
            all.declare(fallback, false);
        }
        let setting = Capability::V1DisableSetting;
        if !all.knows(setting) && cases.iter().any(falls_back) && cases.iter().any(obeys_v1_setting)
        {
            all.declare(setting, true);
        }
        all
    }
}

/// Whether a case shows the subject having the capability.
fn shows(capability: Capability, case: &Case<'_>) -> bool {
    let env = &case.trace.header.env;
    match capability {
        Capability::V1Fallback => falls_back(case),
        // One case cannot show it: the subject must fall back in another.
        Capability::V1DisableSetting => false,
        Capability::CachesToken => case.tokens.iter().any(|t| {
            let used_in = |x: &Exchange<'_>| x.token() == Some(t.value);
            if case.is_recorded() && case.calls.is_empty() {
                return is_used_for_long(case, used_in);
            }
            let mut calls = case.exchanges.iter().filter(|x| used_in(x)).map(|x| x.call);
            calls.next().is_some_and(|first| calls.any(|c| c != first))
        }),
        Capability::CachesCredentials => case.calls.windows(2).any(|pair| keeps(case, pair)),
        Capability::StaticStability => case.lone_calls().any(|c| goes_on(case, c)),
        // A crash before the first request shows nothing.
        Capability::DisabledEnv => {
            env.get("AWS_EC2_METADATA_DISABLED").map(String::as_str) == Some("true")
                && !case.calls.is_empty()
                && case.calls.iter().all(Call::is_refusal)
                && case.exchanges.is_empty()
        }
        Capability::EndpointEnv => {
            env.get("AWS_EC2_METADATA_SERVICE_ENDPOINT")
                .is_some_and(|endpoint| {
                    case.imds()
                        .any(|(_, x)| endpoint.contains(x.request.to.as_str()))
                })
        }
        Capability::EndpointMode => {
            // An endpoint may name that address too; then no mode was needed.
            let endpoint = case.setting(
                "AWS_EC2_METADATA_SERVICE_ENDPOINT",
                "ec2_metadata_service_endpoint",
            );
            endpoint.is_none()
                && case
                    .imds()
                    .any(|(_, x)| x.request.to.starts_with("[fd00:ec2::254]"))
        }
        Capability::AttemptsEnv => env
            .get("AWS_METADATA_SERVICE_NUM_ATTEMPTS")
            .and_then(|n| n.parse::<usize>().ok())
            .is_some_and(|n| n > 1 && case.calls.iter().any(|c| fails_exactly(case, c, n))),
        Capability::CodeSettings => false,
        Capability::Chain => {
            let is_other = |source| source != Source::Imds;
            case.trace.header.order.sources().any(is_other) || gives(case, is_other)
        }
        Capability::EnvironmentKeys => reads(case, Source::Environment),
        Capability::ProfileKeys => reads(case, Source::SharedCredentials),
        Capability::AccountId => {
            let mut given = case.calls.iter().filter_map(Call::given);
            given.any(|g| g.account_id.is_some())
        }
        Capability::Container => {
            reads(case, Source::Container) || asks_container(case, env.get(RELATIVE_URI), "")
        }
        Capability::ContainerFull => {
            let full = env.get(FULL_URI);
            reads(case, Source::ContainerFull)
                || asks_container(case, full, full.map_or("", String::as_str))
        }
    }
}

/// Whether documents were fetched with one token further apart than any call is long.
fn is_used_for_long(case: &Case<'_>, used_in: impl Fn(&Exchange<'_>) -> bool) -> bool {
    // See RETRY-001.
    const LONGEST: Duration = Duration::from_secs(60);
    let fetched = case.documents.iter().filter(|d| d.credentials.is_ok());
    let exchanges = fetched.map(|d| &case.exchanges[d.exchange]);
    let mut times = exchanges.filter(|x| used_in(x)).map(|x| x.at.mono);
    let first = times.next();
    let last = times.next_back();
    let apart = first.zip(last).map(|(first, last)| last.since(first));
    case.trace.header.clock != ClockKind::Wall && apart.is_some_and(|a| a > LONGEST)
}

/// Whether a source is one that the subject says it looks at, or gave credentials of.
fn reads(case: &Case<'_>, source: Source) -> bool {
    case.trace.header.order.rank(source).is_some() || gives(case, |s| s == source)
}

fn gives(case: &Case<'_>, is_such: impl Fn(Source) -> bool) -> bool {
    let source = |c: &Call<'_>| case.source_of(c.given()?, c.last_number());
    case.calls.iter().filter_map(source).any(is_such)
}

/// Whether the one variable that is set, with this value, brought a GET to a container endpoint.
/// A setting of the service may point there as well, but not to such paths.
fn asks_container(case: &Case<'_>, value: Option<&String>, url: &str) -> bool {
    let is_set = |name| case.trace.header.env.contains_key(name);
    let alone = is_set(RELATIVE_URI) != is_set(FULL_URI);
    alone
        && value.is_some_and(|value| {
            case.exchanges.iter().any(|x| {
                let there = x.request.server == Server::Container
                    || (!url.is_empty() && url.contains(&x.request.to));
                there && x.is_get() && value.ends_with(&x.request.target)
            })
        })
}

/// Whether the second of two calls was answered from what the first had fetched.
fn keeps(case: &Case<'_>, pair: &[Call<'_>]) -> bool {
    let [first, second] = pair else {
        return false;
    };
    let (Some(fetched), Some(given)) = (first.given(), second.given()) else {
        return false;
    };
    // Credentials that no document holds are another source's, and cost no request anyway.
    first.alone
        && second.alone
        && second.exchanges.is_empty()
        && fetched.access_key_id == given.access_key_id
        && case.document_behind(given, second.number).is_some()
}

/// Whether a call gave credentials that were over because the service failed.
fn goes_on(case: &Case<'_>, call: &Call<'_>) -> bool {
    let (Some(given), Some(ended)) = (call.given(), call.ended) else {
        return false;
    };
    let is_over = || {
        let document = case.document_behind(given, call.last_number());
        document
            .and_then(|d| d.credentials.as_ref().ok())
            .is_some_and(|c| c.expiration.wall() < ended.wall)
    };
    let last = case.imds_of(call).last();
    last.is_some_and(|(_, x)| !x.is_success()) && is_over()
}

/// Whether the setting kept a subject that falls back elsewhere from doing so here.
fn obeys_v1_setting(case: &Case<'_>) -> bool {
    let is_refused = |x: &Exchange<'_>| x.is_token_put() && matches!(x.status(), Some(403..=405));
    is_v1_forbidden(case)
        && case.imds().any(|(_, x)| is_refused(x))
        && case.calls.iter().all(Call::is_refusal)
        && !falls_back(case)
}

/// Whether a case shows the subject without a fallback: nothing forbade it, and it gave up.
fn stays_with_v2(case: &Case<'_>) -> bool {
    let is_refused = |x: &Exchange<'_>| {
        x.is_token_put() && x.is_answered() && matches!(x.status(), Some(403..=405))
    };
    let gave_up = |call: &Call<'_>| {
        let mut of_call = case.imds_of(call).map(|(_, x)| x);
        let refused = of_call.clone().any(is_refused);
        call.is_refusal() && refused && !of_call.any(Exchange::is_metadata_get)
    };
    !is_v1_forbidden(case) && case.lone_calls().any(gave_up)
}

fn falls_back(case: &Case<'_>) -> bool {
    case.imds().any(|(i, x)| {
        x.is_metadata_get()
            && x.token().is_none()
            && case
                .last_token_put_before(i)
                .is_some_and(|put| matches!(put.status(), Some(403..=405)))
    })
}

/// Whether a refused call sent the same failing GET exactly `n` times.
fn fails_exactly(case: &Case<'_>, call: &Call<'_>, n: usize) -> bool {
    let failing: Vec<_> = case
        .of_call(call)
        .iter()
        .filter(|x| {
            x.request.server == Server::Imds
                && x.is_metadata_get()
                && matches!(x.status(), Some(500..=599))
        })
        .collect();
    matches!(call.outcome, Some(Outcome::Refused { .. }))
        && failing.len() == n
        && failing
            .iter()
            .all(|x| x.request.target == failing[0].request.target)
}

#[cfg(test)]
mod tests {
    use super::{Capabilities, Capability};
    use crate::testing::{Build, document};
    use crate::{Case, End, Server, Trace};
    use imdspec_wire::{Source, paths};

    const END: &str = "2026-01-01T06:00:00Z";

    fn shown(capability: Capability, traces: &[Trace]) -> bool {
        let cases: Vec<_> = traces.iter().map(Case::new).collect();
        Capabilities::default().or_inferred(&cases).has(capability)
    }

    fn fetched() -> Build {
        let served = Build::new().resolve().fetch(&document("A", END));
        served.gave("A", END)
    }

    #[test]
    fn a_cache_is_seen_only_in_what_was_fetched() {
        let shown = |b: Build| shown(Capability::CachesCredentials, &[b.trace()]);
        assert!(shown(fetched().resolve().gave("A", END)));
        // From the environment, say: no request was needed either time.
        let elsewhere = Build::new().resolve().gave("E", END);
        assert!(!shown(elsewhere.resolve().gave("E", END)));
        assert!(!shown(fetched().resolve().gave("E", END)));
    }

    #[test]
    fn static_stability_is_seen_only_in_an_outage() {
        let shown = |b: Build| shown(Capability::StaticStability, &[b.trace()]);
        let over = || fetched().advance(7 * 3600).resolve();
        let asked = || over().ask("PUT", paths::TOKEN);
        assert!(shown(
            asked().reply_with(0, &[], "", End::Closed).gave("A", END)
        ));
        // Never asking for new ones is a fault, not a virtue.
        assert!(!shown(over().gave("A", END)));
    }

    #[test]
    fn whether_there_is_a_fallback_is_known_once_it_was_called_for() {
        let known = |traces: &[Trace]| {
            let cases: Vec<_> = traces.iter().map(Case::new).collect();
            let all = Capabilities::default().or_inferred(&cases);
            let fallback = Capability::V1Fallback;
            all.knows(fallback).then(|| all.has(fallback))
        };
        let put = |status| {
            let asked = Build::new().resolve().ask("PUT", paths::TOKEN);
            asked.reply(status, "")
        };
        let stays = put(403).refused().trace();
        let falls = put(404).ask("GET", paths::ROLES).refused().trace();
        let busy = put(503).ask("GET", paths::ROLES).refused().trace();
        assert_eq!(known(&[busy]), None);
        assert_eq!(known(std::slice::from_ref(&stays)), Some(false));
        // On one status and not on another: it has one.
        assert_eq!(known(&[stays, falls]), Some(true));
        let forbidden = put(403).env("AWS_EC2_METADATA_V1_DISABLED", "true");
        assert_eq!(known(&[forbidden.refused().trace()]), None);
    }

    #[test]
    fn a_crash_shows_no_switch() {
        let shown = |b: Build| shown(Capability::DisabledEnv, &[b.trace()]);
        let disabled = || {
            Build::new()
                .env("AWS_EC2_METADATA_DISABLED", "true")
                .resolve()
        };
        assert!(shown(disabled().refused()));
        assert!(!shown(disabled().crashed()));
    }

    #[test]
    fn a_setting_against_fallback_shows_beside_a_fallback() {
        let put = |b: Build| b.resolve().ask("PUT", paths::TOKEN).reply(404, "");
        let set = || Build::new().env("AWS_EC2_METADATA_V1_DISABLED", "true");
        let obeyed = put(set()).refused().trace();
        let fallen = put(Build::new()).ask("GET", paths::ROLES).refused().trace();
        let setting = Capability::V1DisableSetting;
        assert!(shown(setting, &[obeyed.clone(), fallen]));
        assert!(!shown(setting, &[obeyed]));
    }

    #[test]
    fn other_sources_are_seen_in_what_was_given() {
        let (chain, keys) = (Capability::Chain, Capability::EnvironmentKeys);
        assert!(!shown(chain, &[fetched().trace()]));
        let set = || Build::new().works(Source::Environment, "E").resolve();
        assert!(shown(chain, &[set().gave("E", END).trace()]));
        assert!(shown(keys, &[set().gave("E", END).trace()]));
        assert!(!shown(keys, &[set().refused().trace()]));
        // Saying so is enough.
        let says = set().order(&[Source::Environment]).refused();
        assert!(shown(keys, &[says.trace()]));
        let only_imds = Build::new().order(&[Source::Imds]).resolve().refused();
        assert!(!shown(chain, &[only_imds.trace()]));
    }

    #[test]
    fn a_container_is_seen_in_a_request_to_it() {
        let (relative, full) = (Capability::Container, Capability::ContainerFull);
        let asks = |b: Build, target| b.resolve().ask_at(Server::Container, "GET", target, &[]);
        let by = |name, value, target| [asks(Build::new().env(name, value), target).trace()];
        assert!(shown(relative, &by(super::RELATIVE_URI, "/x", "/x")));
        assert!(!shown(full, &by(super::RELATIVE_URI, "/x", "/x")));
        let url = "http://169.254.170.23/v1/x";
        assert!(shown(full, &by(super::FULL_URI, url, "/v1/x")));
        assert!(!shown(relative, &by(super::FULL_URI, url, "/v1/x")));
        // With both, it may be either.
        let both = || {
            Build::new()
                .env(super::RELATIVE_URI, "/x")
                .env(super::FULL_URI, "http://h/x")
        };
        assert!(!shown(relative, &[asks(both(), "/x").trace()]));
        // The service, set to such an address.
        let service = by(super::RELATIVE_URI, "/x", "/latest/api/token");
        assert!(!shown(relative, &service));
    }
}
