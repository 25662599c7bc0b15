//! Where the instance metadata service is.

use super::uri::HttpUri;
use crate::exchange::Authority;

/// Where the service is: an authority, and what stands before its paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) authority: Authority,
    /// Whether it is spoken to over TLS.
    pub(crate) tls: bool,
    /// Empty, or beginning with a slash and not ending with one.
    base: String,
}

impl Endpoint {
    /// The service's IPv4 address.
    ///
    /// Source: AWS SDKs and Tools Reference Guide, "IMDS credential provider".
    pub(crate) fn ipv4() -> Self {
        Self::of_service("169.254.169.254")
    }

    /// The service's IPv6 address, of the same source.
    pub(crate) fn ipv6() -> Self {
        Self::of_service("[fd00:ec2::254]")
    }

    fn of_service(host: &str) -> Self {
        Self {
            authority: Authority {
                host: host.to_owned(),
                port: 80,
            },
            tls: false,
            base: String::new(),
        }
    }

    /// An endpoint of `http://host[:port][/base]`, or the same with `https`. Slashes at its end do
    /// not count, so that no path has two in a row.
    ///
    /// # Errors
    /// Why it is none, to stand after the setting's name.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let uri = HttpUri::parse(text).map_err(|e| e.to_string())?;
        if uri.query.is_some() {
            return Err("has a query; an endpoint has none".to_owned());
        }
        Ok(Self {
            authority: uri.authority(),
            tls: uri.tls,
            base: uri.path.trim_end_matches('/').to_owned(),
        })
    }

    /// What the `Host` field says.
    pub(crate) fn host_header(&self) -> String {
        self.authority.host_header_over(self.tls)
    }

    /// The request target of a path of the service.
    pub(crate) fn target(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_decides_between_plain_and_tls() {
        for (text, tls, authority, host) in [
            ("http://h", false, "h:80", "h"),
            ("http://h:443", false, "h:443", "h:443"),
            ("https://h", true, "h:443", "h"),
            ("HTTPS://h:80/", true, "h:80", "h:80"),
        ] {
            let endpoint = Endpoint::parse(text).unwrap();
            assert_eq!(endpoint.tls, tls, "{text}");
            assert_eq!(endpoint.authority.to_string(), authority, "{text}");
            assert_eq!(endpoint.host_header(), host, "{text}");
        }
        assert!(!Endpoint::ipv4().tls && !Endpoint::ipv6().tls);
    }

    #[test]
    fn slashes_at_the_end_do_not_count() {
        for (text, target) in [
            ("http://h", "/latest"),
            ("http://h/", "/latest"),
            ("http://h//", "/latest"),
            ("http://h/base/", "/base/latest"),
        ] {
            assert_eq!(
                Endpoint::parse(text).unwrap().target("/latest"),
                target,
                "{text}"
            );
        }
    }
}
