//! `http://host[:port][/path][?query]`, or the same with `https`, and nothing that two readers
//! could read differently.
//!
//! What is left out is left out on purpose: user names, escapes in the host, numbers that some
//! libraries take for an address (`127.1`, `0x7f000001`), dot segments. A URI that passes means
//! the same host and the same target to everyone.

use crate::exchange::Authority;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// A parsed URI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HttpUri {
    /// Whether the scheme is `https`.
    pub(crate) tls: bool,
    pub(crate) host: Host,
    pub(crate) port: u16,
    /// The path, as spelled; empty or beginning with a slash.
    pub(crate) path: String,
    pub(crate) query: Option<String>,
}

/// A host, told apart by what it is and not by how it looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Host {
    V4(Ipv4Addr),
    V6(Ipv6Addr),
    /// Lower case.
    Name(String),
}

/// Why a URI was refused. Display finishes the sentence "SETTING …" and never repeats the value,
/// which may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UriError {
    NotHttp,
    UserInfo,
    Host,
    Port,
    Target,
    DotSegment,
}

impl fmt::Display for UriError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotHttp => "is not of the form http(s)://host[:port][/path]",
            Self::UserInfo => "has a user name in it; leave it out",
            Self::Host => "has a host that is neither an address nor a name",
            Self::Port => "has a port that is not 1 to 65535",
            Self::Target => "has a character that must be percent-encoded",
            Self::DotSegment => "has a dot segment in its path; write the path it means",
        })
    }
}

impl HttpUri {
    /// A URI of either scheme.
    pub(crate) fn parse(text: &str) -> Result<Self, UriError> {
        let (tls, rest) = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (false, rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (true, rest),
            _ => return Err(UriError::NotHttp),
        };
        let (authority, target) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err(UriError::UserInfo);
        }
        let (host, port) = split_port(authority, if tls { 443 } else { 80 })?;
        let (path, query) = parse_target(target)?;
        Ok(Self {
            tls,
            host: Host::parse(host)?,
            port,
            path,
            query,
        })
    }

    pub(crate) fn authority(&self) -> Authority {
        Authority {
            host: self.host.to_string(),
            port: self.port,
        }
    }

    /// What stands on the request line.
    pub(crate) fn target(&self) -> String {
        let path = if self.path.is_empty() {
            "/"
        } else {
            &self.path
        };
        match &self.query {
            None => path.to_owned(),
            Some(query) => format!("{path}?{query}"),
        }
    }
}

/// Splits a request target, checking that it is one: path and query of RFC 3986, without dot
/// segments.
pub(crate) fn parse_target(target: &str) -> Result<(String, Option<String>), UriError> {
    let (path, query) = match target.split_once('?') {
        None => (target, None),
        Some((path, query)) => (path, Some(query)),
    };
    if !is_encoded(path, b"/") || !query.is_none_or(|query| is_encoded(query, b"/?")) {
        return Err(UriError::Target);
    }
    let is_dots = |segment: &str| {
        let segment = segment.to_ascii_lowercase().replace("%2e", ".");
        segment == "." || segment == ".."
    };
    if path.split('/').any(is_dots) {
        return Err(UriError::DotSegment);
    }
    Ok((path.to_owned(), query.map(str::to_owned)))
}

/// Whether `text` is made of unreserved characters, sub-delimiters, `:`, `@`, percent-encoded
/// bytes and `more`. The apostrophe is out: libraries differ about encoding it.
fn is_encoded(text: &str, more: &[u8]) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let fine = match byte {
            b'%' => (0..2).all(|_| bytes.next().is_some_and(|b| b.is_ascii_hexdigit())),
            _ => {
                byte.is_ascii_alphanumeric()
                    || b"-._~!$&()*+,;=:@".contains(&byte)
                    || more.contains(&byte)
            }
        };
        if !fine {
            return false;
        }
    }
    true
}

fn split_port(authority: &str, default: u16) -> Result<(&str, u16), UriError> {
    // The colons of an IPv6 address stand before its bracket.
    let end_of_host = authority.rfind(']').map_or(0, |bracket| bracket + 1);
    let Some(colon) = authority[end_of_host..].find(':') else {
        return Ok((authority, default));
    };
    let (host, port) = authority.split_at(end_of_host + colon);
    let digits = &port[1..];
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(UriError::Port);
    }
    match digits.parse() {
        Ok(0) | Err(_) => Err(UriError::Port),
        Ok(port) => Ok((host, port)),
    }
}

impl Host {
    fn parse(text: &str) -> Result<Self, UriError> {
        if let Some(inside) = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
            return inside.parse().map(Self::V6).map_err(|_| UriError::Host);
        }
        if let Ok(address) = text.parse() {
            return Ok(Self::V4(address));
        }
        let name = text.to_ascii_lowercase();
        if is_name(&name) {
            Ok(Self::Name(name))
        } else {
            Err(UriError::Host)
        }
    }
}

/// Whether `name` is a host name that nobody takes for an address: its last label is no number.
fn is_name(name: &str) -> bool {
    let labels = name.strip_suffix('.').unwrap_or(name).split('.');
    let last = labels.clone().next_back().unwrap_or_default();
    name.len() <= 253
        && !last.starts_with("0x")
        && !last.bytes().all(|b| b.is_ascii_digit())
        && labels.into_iter().all(|label| {
            (1..=63).contains(&label.len())
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        })
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4(address) => address.fmt(f),
            Self::V6(address) => write!(f, "[{address}]"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (String, String) {
        let uri = HttpUri::parse(text).unwrap();
        (uri.authority().to_string(), uri.target())
    }

    #[test]
    fn reads_what_everyone_reads_alike() {
        for (text, authority, target) in [
            ("http://127.0.0.1", "127.0.0.1:80", "/"),
            (
                "HTTP://Example.Test:8080/a%2Fb/",
                "example.test:8080",
                "/a%2Fb/",
            ),
            (
                "http://[FD00:EC2:0::254]:1338?a=1",
                "[fd00:ec2::254]:1338",
                "/?a=1",
            ),
            ("http://h/a//b?x=/?y", "h:80", "/a//b?x=/?y"),
            ("HTTPS://h/a", "h:443", "/a"),
            ("https://h:80", "h:80", "/"),
        ] {
            assert_eq!(parts(text), (authority.into(), target.into()), "{text}");
        }
    }

    #[test]
    fn refuses_what_can_be_read_two_ways() {
        for (text, error) in [
            ("https://u@h", UriError::UserInfo),
            ("h:80", UriError::NotHttp),
            ("ftp://h", UriError::NotHttp),
            ("//h/", UriError::NotHttp),
            ("http:///p", UriError::Host),
            ("http://127.0.0.1@evil.test/", UriError::UserInfo),
            ("http://127.1/", UriError::Host),
            ("http://2130706433/", UriError::Host),
            ("http://0x7f000001/", UriError::Host),
            ("http://127.0.0.1.0x1/", UriError::Host),
            ("http://0177.0.0.1/", UriError::Host),
            ("http://[::1", UriError::Port),
            ("http://[::1]x/", UriError::Host),
            ("http://[fe80::1%25eth0]/", UriError::Host),
            ("http://::1/", UriError::Port),
            ("http://h_%41/", UriError::Host),
            ("http://h\\evil/", UriError::Host),
            ("http://h\t/", UriError::Host),
            ("http://h:/", UriError::Port),
            ("http://h:0/", UriError::Port),
            ("http://h:65536/", UriError::Port),
            ("http://h:+80/", UriError::Port),
            ("http://h/a b", UriError::Target),
            ("http://h/a\nb", UriError::Target),
            ("http://h/%zz", UriError::Target),
            ("http://h/a#b", UriError::Target),
            ("http://h/ä", UriError::Target),
            ("http://h/../a", UriError::DotSegment),
            ("http://h/a/%2E%2e", UriError::DotSegment),
        ] {
            assert_eq!(HttpUri::parse(text), Err(error), "{text}");
        }
    }
}
