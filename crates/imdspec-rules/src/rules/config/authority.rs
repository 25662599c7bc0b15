//! Authorities: where a URL points, and whether it is a URL at all.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The service's address, and its IPv6 one. Source: EC2 User Guide, "Use IMDS".
pub(super) const IPV4: SocketAddr =
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)), 80);
pub(super) const IPV6: SocketAddr = SocketAddr::new(
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
    80,
);

/// The authority of an absolute `http` or `https` URL, or of a network-path reference (`//host`),
/// as `host:port` in lower case, IP addresses in their canonical spelling; none for anything else.
pub(in crate::rules) fn of_url(url: &str) -> Option<String> {
    match split(url)? {
        (host, None) => Some(canonical(host)),
        (host, Some(port)) => Some(canonical(&format!("{host}:{port}"))),
    }
}

/// The authority as it stands in a URL, and the port that goes without saying where it has none.
fn split(url: &str) -> Option<(&str, Option<u16>)> {
    let (port, rest) = match url.split_once("//")? {
        (scheme, rest) if scheme.eq_ignore_ascii_case("https:") => (443, rest),
        (scheme, rest) if scheme.is_empty() || scheme.eq_ignore_ascii_case("http:") => (80, rest),
        _ => return None,
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = authority.rsplit('@').next().unwrap_or(authority);
    let has_port = host
        .rsplit_once(':')
        .is_some_and(|(name, p)| !p.ends_with(']') && (!name.contains(':') || name.ends_with(']')));
    (!host.is_empty()).then_some((host, (!has_port).then_some(port)))
}

/// `host:port` in the one spelling that can be compared.
pub(in crate::rules) fn canonical(authority: &str) -> String {
    authority.parse::<SocketAddr>().map_or_else(
        |_| authority.to_ascii_lowercase(),
        |address| address.to_string(),
    )
}

/// The address an `http` URL points to, where its host is an IP address: only those can be compared
/// with the address a request arrived at.
pub(super) fn address_of(url: &str) -> Option<SocketAddr> {
    if !url.get(..7)?.eq_ignore_ascii_case("http://") {
        return None;
    }
    let (host, port) = split(url)?;
    let Some(port) = port else {
        return host.parse().ok();
    };
    let v6 = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    let ip = match v6 {
        Some(v6) => IpAddr::V6(v6.parse().ok()?),
        None => IpAddr::V4(host.parse().ok()?),
    };
    Some(SocketAddr::new(ip, port))
}

/// Whether no reading makes a URL of `text`: characters that no URL has, no host, a port that is
/// none, or neither a URL nor a bare `host:port`. Lenient readings get the benefit of the doubt.
pub(super) fn is_surely_no_url(text: &str) -> bool {
    let never = |c: char| c.is_whitespace() || c.is_control() || r#"<>"{}|\^`"#.contains(c);
    if text.trim().contains(never) {
        return true;
    }
    let text = text.trim();
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = authority.rsplit('@').next().unwrap_or(authority);
    if let Some(v6) = host.strip_prefix('[') {
        let Some((address, port)) = v6.split_once(']') else {
            return true;
        };
        return address.parse::<Ipv6Addr>().is_err() || !(port.is_empty() || is_port(port));
    }
    match host.split_once(':') {
        None => host.is_empty(),
        // Two colons and no brackets: an IPv6 address that lacks them, or nothing at all.
        Some((name, port)) if port.contains(':') => {
            host.parse::<Ipv6Addr>().is_err() || name.is_empty()
        }
        Some((name, port)) => name.is_empty() || !is_port(&format!(":{port}")),
    }
}

fn is_port(text: &str) -> bool {
    let digits = text.strip_prefix(':');
    digits.is_some_and(|d| d.is_empty() || d.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::{IPV4, IPV6, address_of, is_surely_no_url, of_url};

    #[test]
    fn authorities_are_spelled_in_one_way() {
        for (url, authority) in [
            ("http://169.254.169.254", Some("169.254.169.254:80")),
            (
                "HTTP://[FD00:EC2:0::254]/latest",
                Some("[fd00:ec2::254]:80"),
            ),
            ("http://[::1]:1338?x", Some("[::1]:1338")),
            ("//Example.com/x", Some("example.com:80")),
            ("https://user@example.com", Some("example.com:443")),
            ("/latest/api/token", None),
            ("ftp://example.com", None),
            ("http://", None),
        ] {
            assert_eq!(of_url(url).as_deref(), authority, "{url}");
        }
        assert_eq!(address_of("HTTP://169.254.169.254/x"), Some(IPV4));
        assert_eq!(address_of("http://[fd00:ec2::254]"), Some(IPV6));
        assert_eq!(address_of("http://[FD00:ec2::254]:80/"), Some(IPV6));
        assert!(address_of("http://fd00:ec2::254").is_none());
        assert!(address_of("http://localhost:1338").is_none());
        assert!(address_of("https://127.0.0.1").is_none());
    }

    #[test]
    fn only_what_nobody_can_read_is_no_url() {
        for text in [
            "not a uri",
            "not.a:valid:endpoint",
            "http://",
            "http://:80",
            "http://127.0.0.1:99999",
            "http://host:port/",
            "http://[::1",
            "http://[1338]",
            "http://a|b",
        ] {
            assert!(is_surely_no_url(text), "{text}");
        }
        for text in [
            "http://127.0.0.1:1338/base",
            "127.0.0.1:1338",
            "localhost",
            "http://[::1]:1338",
            " http://127.0.0.1 ",
            "ftp://127.0.0.1",
        ] {
            assert!(!is_surely_no_url(text), "{text}");
        }
    }
}
