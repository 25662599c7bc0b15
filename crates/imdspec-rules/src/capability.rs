//! What a subject can do, declared by its author or seen in its traces.

use crate::{Case, Exchange, Outcome, Server};
use std::collections::BTreeMap;
use std::fmt;

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
}

impl Capability {
    /// Every capability.
    pub const ALL: [Self; 10] = [
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
pub struct Capabilities(BTreeMap<Capability, bool>);

impl Capabilities {
    /// Declares that the subject has, or has not, a capability.
    pub fn declare(&mut self, capability: Capability, has: bool) {
        self.0.insert(capability, has);
    }

    /// Whether the subject has the capability; unknown counts as no.
    #[must_use]
    pub fn has(&self, capability: Capability) -> bool {
        self.0.get(&capability).copied().unwrap_or(false)
    }

    /// Whether anything is known about the capability.
    #[must_use]
    pub fn knows(&self, capability: Capability) -> bool {
        self.0.contains_key(&capability)
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
        all
    }
}

/// Whether a case shows the subject having the capability.
fn shows(capability: Capability, case: &Case<'_>) -> bool {
    let env = &case.trace.header.env;
    match capability {
        Capability::V1Fallback => falls_back(case),
        // Only telling when the setting forbade what the subject does elsewhere; see `judge`.
        Capability::V1DisableSetting => false,
        Capability::CachesToken => case.tokens.iter().any(|t| {
            let used_in = |x: &Exchange<'_>| x.token() == Some(t.value);
            let mut calls = case.exchanges.iter().filter(|x| used_in(x)).map(|x| x.call);
            calls
                .next()
                .is_some_and(|first| calls.any(|c| c != first))
        }),
        Capability::CachesCredentials => case.calls.windows(2).any(|pair| {
            pair[0].given().is_some()
                && pair[1].given().is_some()
                && pair[1].exchanges.is_empty()
                && pair[1].outcome.is_some()
        }),
        Capability::StaticStability => case.calls.iter().any(|call| {
            let (Some(given), Some(ended)) = (call.given(), call.ended) else {
                return false;
            };
            case.document_behind(given, call.last_number())
                .and_then(|d| d.credentials.as_ref().ok())
                .is_some_and(|c| c.expiration.wall() < ended.wall)
        }),
        Capability::DisabledEnv => {
            env.get("AWS_EC2_METADATA_DISABLED").map(String::as_str) == Some("true")
                && !case.calls.is_empty()
                && case.calls.iter().all(|c| c.outcome.is_some())
                && case.exchanges.is_empty()
        }
        Capability::EndpointEnv => env
            .get("AWS_EC2_METADATA_SERVICE_ENDPOINT")
            .is_some_and(|endpoint| {
                case.imds()
                    .any(|(_, x)| endpoint.contains(x.request.to.as_str()))
            }),
        Capability::EndpointMode => case
            .imds()
            .any(|(_, x)| x.request.to.starts_with("[fd00:ec2::254]")),
        Capability::AttemptsEnv => env
            .get("AWS_METADATA_SERVICE_NUM_ATTEMPTS")
            .and_then(|n| n.parse::<usize>().ok())
            .is_some_and(|n| n > 1 && case.calls.iter().any(|c| fails_exactly(case, c, n))),
        Capability::CodeSettings => false,
    }
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
fn fails_exactly(case: &Case<'_>, call: &crate::Call<'_>, n: usize) -> bool {
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
