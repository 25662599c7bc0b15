//! The URL of `AWS_CONTAINER_CREDENTIALS_FULL_URI`, read as far as the rules need.

use crate::rules::config::authority::canonical;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// A URL with a scheme and a host.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Url<'t> {
    pub(super) is_https: bool,
    pub(super) host: Host<'t>,
    pub(super) port: u16,
    /// What a request asks for: the path and the query.
    pub(super) target: String,
}

/// How a host is written.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Host<'t> {
    /// An address in its ordinary spelling.
    Literal(IpAddr),
    /// A name.
    Name(&'t str),
    /// Something that one reader takes for another host than the next: a number, a short form, a
    /// mapped address, a name in an odd spelling, or anything behind user information. With the
    /// address that it denotes, if it denotes one.
    Odd(Option<IpAddr>),
}

impl<'t> Url<'t> {
    /// Reads an absolute `http` or `https` URL; none for anything else.
    pub(super) fn parse(text: &'t str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let is_https = scheme.eq_ignore_ascii_case("https");
        if !is_https && !scheme.eq_ignore_ascii_case("http") {
            return None;
        }
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        let (user, place) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (name, port) = split_port(place);
        let port = match port {
            None | Some("") => {
                if is_https {
                    443
                } else {
                    80
                }
            }
            Some(port) => port.parse().ok()?,
        };
        if name.is_empty() {
            return None;
        }
        let host = match Host::of(name) {
            Host::Literal(ip) if !user.is_empty() => Host::Odd(Some(ip)),
            Host::Name(_) if !user.is_empty() => Host::Odd(None),
            host => host,
        };
        let path = rest.split('#').next().unwrap_or(rest);
        let slash = if path.starts_with('/') { "" } else { "/" };
        Some(Self {
            is_https,
            host,
            port,
            target: format!("{slash}{path}"),
        })
    }

    /// The address it names, where it is written in the ordinary way.
    pub(super) const fn address(&self) -> Option<SocketAddr> {
        match self.host {
            Host::Literal(ip) => Some(SocketAddr::new(ip, self.port)),
            Host::Name(_) | Host::Odd(_) => None,
        }
    }

    /// The path, without the query.
    pub(super) fn path(&self) -> &str {
        path_of(&self.target)
    }
}

fn split_port(place: &str) -> (&str, Option<&str>) {
    match place.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (place, None),
    }
}

impl<'t> Host<'t> {
    fn of(name: &'t str) -> Self {
        if let Some(inner) = name.strip_prefix('[').and_then(|n| n.strip_suffix(']')) {
            return match inner.parse::<Ipv6Addr>() {
                Err(_) => Self::Odd(None),
                Ok(v6) => match v6.to_ipv4_mapped() {
                    Some(v4) => Self::Odd(Some(v4.into())),
                    None => Self::Literal(v6.into()),
                },
            };
        }
        if let Ok(v4) = name.parse::<Ipv4Addr>() {
            return Self::Literal(v4.into());
        }
        if let Some(v4) = numbers(name) {
            return Self::Odd(Some(v4.into()));
        }
        if name == "localhost" {
            return Self::Name(name);
        }
        let plain = name.trim_end_matches('.');
        if plain.eq_ignore_ascii_case("localhost") {
            return Self::Odd(Some(Ipv4Addr::LOCALHOST.into()));
        }
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
        if plain == name && name.chars().all(is_name) {
            Self::Name(name)
        } else {
            Self::Odd(None)
        }
    }
}

/// An IPv4 address as the C library reads it: one to four numbers, decimal, octal or hexadecimal,
/// the last of which fills what is left.
fn numbers(text: &str) -> Option<Ipv4Addr> {
    let parts: Vec<u32> = text.split('.').map(number).collect::<Option<_>>()?;
    let (last, first) = parts.split_last().filter(|_| parts.len() <= 4)?;
    let mut bits: u32 = 0;
    for part in first {
        bits = bits << 8 | u32::from(u8::try_from(*part).ok()?);
    }
    let left = 32 - 8 * u32::try_from(first.len()).ok()?;
    let rest = u64::from(*last);
    if rest >> left != 0 {
        return None;
    }
    let front = u64::from(bits) << left;
    u32::try_from(front | rest).ok().map(Ipv4Addr::from)
}

fn number(text: &str) -> Option<u32> {
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    match hex {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None if text.len() > 1 && text.starts_with('0') => u32::from_str_radix(text, 8).ok(),
        None => text.parse().ok(),
    }
}

/// The addresses of the container endpoints, of ECS and of EKS.
/// Source: AWS SDKs and Tools Reference Guide, "Container credential provider".
pub(super) const ECS: IpAddr = IpAddr::V4(Ipv4Addr::new(169, 254, 170, 2));
const EKS: IpAddr = IpAddr::V4(Ipv4Addr::new(169, 254, 170, 23));
const EKS_V6: IpAddr = IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23));
const IMDS: IpAddr = IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254));
const IMDS_V6: IpAddr = IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254));

/// Whether plain http may be spoken to this address: loopback, ECS, EKS.
pub(super) fn is_allowed(ip: IpAddr) -> bool {
    ip.is_loopback() || [ECS, EKS, EKS_V6].contains(&ip)
}

/// Whether somebody of ours answers at this address: what is sent there shows in a trace.
pub(super) fn is_ours(ip: IpAddr, port: u16) -> bool {
    port == 80 && [ECS, EKS, EKS_V6, IMDS, IMDS_V6].contains(&ip)
}

/// The path of a target, without the query.
pub(super) fn path_of(target: &str) -> &str {
    target.split('?').next().unwrap_or(target)
}

/// The address that a request or a connection came to.
pub(super) fn address(to: &str) -> Option<SocketAddr> {
    canonical(to).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Host, Url, is_allowed};
    use std::net::IpAddr;

    fn host(url: &str) -> Host<'_> {
        Url::parse(url).unwrap().host
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn hosts_are_told_apart() {
        let literal = |text| Host::Literal(ip(text));
        assert_eq!(host("http://127.0.0.2/x"), literal("127.0.0.2"));
        assert_eq!(host("http://[fd00:ec2::23]/x"), literal("fd00:ec2::23"));
        assert_eq!(host("http://localhost:8080/x"), Host::Name("localhost"));
        assert_eq!(
            host("http://127.0.0.1.evil.test/"),
            Host::Name("127.0.0.1.evil.test")
        );
        let odd = |text| Host::Odd(Some(ip(text)));
        for (url, denoted) in [
            ("http://127.1/", "127.0.0.1"),
            ("http://0x7f000001/", "127.0.0.1"),
            ("http://2130706433:80/", "127.0.0.1"),
            ("http://0177.0.0.1/", "127.0.0.1"),
            ("http://2852039166/", "169.254.169.254"),
            ("http://[::ffff:127.0.0.1]/", "127.0.0.1"),
            ("http://LOCALHOST/", "127.0.0.1"),
            ("http://localhost./", "127.0.0.1"),
            ("http://127.0.0.1@169.254.169.254/", "169.254.169.254"),
        ] {
            assert_eq!(host(url), odd(denoted), "{url}");
        }
        assert_eq!(host("http://a@evil.test/"), Host::Odd(None));
        assert_eq!(host("http://[::1/"), Host::Odd(None));
    }

    #[test]
    fn targets_and_ports() {
        let url = Url::parse("HTTP://[::1]:8080?a=1#x").unwrap();
        assert_eq!((url.port, url.target.as_str()), (8080, "/?a=1"));
        assert_eq!(url.path(), "/");
        assert_eq!(Url::parse("https://host").unwrap().port, 443);
        for text in ["/creds", "http:///creds", "ftp://h/", "http://h:x/", ""] {
            assert_eq!(Url::parse(text), None, "{text}");
        }
    }

    #[test]
    fn five_kinds_of_address_are_allowed() {
        for text in ["127.9.9.9", "::1", "169.254.170.2", "169.254.170.23"] {
            assert!(is_allowed(ip(text)), "{text}");
        }
        for text in ["169.254.170.3", "169.254.169.254", "0.0.0.0", "10.0.0.1"] {
            assert!(!is_allowed(ip(text)), "{text}");
        }
    }
}
