//! The settings that decide where a subject looks for the service.

use super::authority::{IPV4, IPV6};
use crate::{Case, Exchange, Server};
use std::net::SocketAddr;

/// One setting, where it was given. Blank values are none of these rules' business: some clients
/// take them for unset, some refuse them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting<'t> {
    pub(super) code: Option<&'t str>,
    pub(super) env: Option<&'t str>,
    pub(super) config: Option<&'t str>,
}

/// A mode that clients know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Ipv4,
    Ipv6,
}

impl<'t> Setting<'t> {
    /// The endpoint; none when one of its places holds a blank value.
    pub(super) fn endpoint(case: &Case<'t>) -> Option<Self> {
        Self::of(
            case,
            "AWS_EC2_METADATA_SERVICE_ENDPOINT",
            "ec2_metadata_service_endpoint",
        )
    }

    /// The endpoint mode; none when one of its places holds a blank value.
    pub(super) fn mode(case: &Case<'t>) -> Option<Self> {
        Self::of(
            case,
            "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
            "ec2_metadata_service_endpoint_mode",
        )
    }

    fn of(case: &Case<'t>, env: &str, key: &str) -> Option<Self> {
        let header = &case.trace.header;
        let setting = Self {
            code: header.code.get(key).map(String::as_str),
            env: header.env.get(env).map(String::as_str),
            config: header.config.get(key).map(String::as_str),
        };
        let mut all = setting.all();
        all.all(|v| !v.trim().is_empty()).then_some(setting)
    }

    /// Every value given, the strongest first.
    pub(super) fn all(self) -> impl Iterator<Item = &'t str> {
        [self.code, self.env, self.config].into_iter().flatten()
    }

    /// The value that counts: code before environment before config file.
    pub(super) fn value(self) -> Option<&'t str> {
        self.all().next()
    }
}

impl Mode {
    /// The mode of this name, in any letter case.
    pub(super) fn named(name: &str) -> Option<Self> {
        if name.eq_ignore_ascii_case("IPv4") {
            Some(Self::Ipv4)
        } else if name.eq_ignore_ascii_case("IPv6") {
            Some(Self::Ipv6)
        } else {
            None
        }
    }

    /// The address it selects.
    pub(super) const fn address(self) -> SocketAddr {
        match self {
            Self::Ipv4 => IPV4,
            Self::Ipv6 => IPV6,
        }
    }
}

/// Whether this request was meant for the service: it arrived there, or where a setting pointed. What
/// a container endpoint sent there asks for other paths.
pub(super) fn is_for_service(x: &Exchange<'_>) -> bool {
    match x.request.server {
        Server::Imds => true,
        Server::Collector => x.request.target.contains("/latest/"),
        _ => false,
    }
}

/// The first request that was meant for the service.
pub(super) fn first_request<'c, 't>(case: &'c Case<'t>) -> Option<&'c Exchange<'t>> {
    case.exchanges.iter().find(|x| is_for_service(x))
}

/// The address a request was sent to, if it was sent to one.
pub(super) fn sent_to(x: &Exchange<'_>) -> Option<SocketAddr> {
    x.request.to.parse().ok()
}

/// Whether some setting of any name holds this address: a subject with names of its own.
pub(super) fn is_named(case: &Case<'_>, to: &str) -> bool {
    let header = &case.trace.header;
    [&header.code, &header.env, &header.config]
        .into_iter()
        .flat_map(|settings| settings.values())
        .any(|value| value.contains(to))
}
