//! The container endpoint: where it is, and what opens it.
//!
//! Source: AWS SDKs and Tools Reference Guide, "Container credential provider".

use super::uri::{Host, HttpUri, parse_target};
use crate::environment::Environment;
use crate::error::ProviderError;
use crate::exchange::{Authority, Unread};
use imdspec_wire::Source;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

const RELATIVE: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
const FULL: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
const TOKEN: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
const TOKEN_FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";

/// The address of ECS, which a relative URI cannot change.
const ECS: Ipv4Addr = Ipv4Addr::new(169, 254, 170, 2);
/// The addresses of EKS Pod Identity.
const EKS_V4: Ipv4Addr = Ipv4Addr::new(169, 254, 170, 23);
const EKS_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23);

/// Where a container asks for its credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ContainerEndpoint {
    pub(crate) authority: Authority,
    pub(crate) tls: bool,
    pub(crate) target: String,
    /// Which of the two variables says so.
    pub(crate) source: Source,
}

impl ContainerEndpoint {
    /// Reads the endpoint that the variable of `source` names: the relative URI for
    /// [`Source::Container`], else the full one. None where it names none.
    ///
    /// # Errors
    /// A message that names the variable.
    pub(crate) fn read(
        environment: &Environment,
        source: Source,
    ) -> Result<Option<Self>, ProviderError> {
        match source {
            Source::Container => environment.var(RELATIVE).map(Self::relative).transpose(),
            _ => environment.var(FULL).map(Self::full).transpose(),
        }
    }

    fn relative(value: &str) -> Result<Self, ProviderError> {
        // "@host/" and "//host/" would change the host, were they only put behind it.
        if !value.starts_with('/') || value.starts_with("//") {
            return Err(ProviderError::error(format!(
                "{RELATIVE} does not begin with exactly one slash"
            )));
        }
        parse_target(value).map_err(|e| ProviderError::error(format!("{RELATIVE} {e}")))?;
        Ok(Self {
            authority: Authority {
                host: ECS.to_string(),
                port: 80,
            },
            tls: false,
            target: value.to_owned(),
            source: Source::Container,
        })
    }

    fn full(value: &str) -> Result<Self, ProviderError> {
        let uri = HttpUri::parse(value).map_err(|e| ProviderError::error(format!("{FULL} {e}")))?;
        // Over TLS the host proves who it is.
        if !uri.tls && !may_have_plain_http(&uri.host) {
            return Err(ProviderError::error(format!(
                "{FULL} names a host that may not be asked over plain http; only loopback and \
                 the addresses of ECS and EKS may; use https"
            )));
        }
        Ok(Self {
            authority: uri.authority(),
            tls: uri.tls,
            target: uri.target(),
            source: Source::ContainerFull,
        })
    }
}

fn may_have_plain_http(host: &Host) -> bool {
    match host {
        Host::V4(address) => address.is_loopback() || [ECS, EKS_V4].contains(address),
        Host::V6(address) => address.is_loopback() || *address == EKS_V6,
        Host::Name(name) => name == "localhost",
    }
}

/// What opens the container endpoint.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Authorization {
    /// Nothing is needed.
    Open,
    /// The value of a variable.
    Value(String),
    /// The text of the file of this path, which may change while the program runs.
    File(String),
}

impl Authorization {
    /// Reads it from the environment. The file goes before the value.
    pub(crate) fn read(environment: &Environment) -> Self {
        match (environment.var(TOKEN_FILE), environment.var(TOKEN)) {
            (Some(path), _) => Self::File(path.to_owned()),
            (None, Some(value)) => Self::Value(value.to_owned()),
            (None, None) => Self::Open,
        }
    }

    /// Why the file gave nothing.
    pub(crate) fn unread(why: Unread) -> ProviderError {
        ProviderError::error(format!("the file that {TOKEN_FILE} names {why}"))
    }

    /// The value of the `Authorization` header, if one is to be sent; `text` is that of the file.
    ///
    /// # Errors
    /// A message that names the variable, never the value. Without the header the request would
    /// be another one, so it is not sent at all then.
    pub(crate) fn header<'a>(
        &'a self,
        text: Option<&'a str>,
    ) -> Result<Option<&'a str>, ProviderError> {
        let (value, variable) = match self {
            Self::Open => return Ok(None),
            Self::Value(value) => (value.as_str(), TOKEN),
            Self::File(_) => (text.unwrap_or_default(), TOKEN_FILE),
        };
        // A line break would begin another header, or another request.
        if value.is_empty() || !value.bytes().all(|b| matches!(b, b' '..=b'~')) {
            return Err(ProviderError::error(format!(
                "what {variable} gives cannot stand in a header; it must be one line of ASCII \
                 without a line break"
            )));
        }
        Ok(Some(value))
    }
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "Open",
            Self::Value(_) => "Value(redacted)",
            Self::File(_) => "File(redacted)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(variable: &str, value: &str) -> Result<Option<ContainerEndpoint>, ProviderError> {
        let environment = Environment {
            vars: [(variable.to_owned(), value.to_owned())].into(),
            ..Environment::default()
        };
        let source = match variable {
            RELATIVE => Source::Container,
            _ => Source::ContainerFull,
        };
        ContainerEndpoint::read(&environment, source)
    }

    #[test]
    fn a_relative_uri_cannot_change_the_host() {
        let found = endpoint(RELATIVE, "/v2/credentials/x?a=1")
            .unwrap()
            .unwrap();
        assert_eq!(found.authority.to_string(), "169.254.170.2:80");
        assert_eq!(found.target, "/v2/credentials/x?a=1");
        for value in [
            "@127.0.0.1:9/x",
            "//evil.test/x",
            "x",
            "/a b",
            "/../x",
            "http://h/",
        ] {
            let error = endpoint(RELATIVE, value).unwrap_err();
            assert!(error.message.starts_with(RELATIVE), "{error}");
        }
    }

    #[test]
    fn plain_http_stays_on_the_host() {
        for value in [
            "http://127.0.0.1:8080/x",
            "http://127.0.0.2/x",
            "http://LOCALHOST/x",
            "http://[::1]/x",
            "http://169.254.170.2/x",
            "http://169.254.170.23/v1/credentials",
            "http://[fd00:ec2::23]/v1/credentials",
            "https://credentials.example.test:8443/x",
            "https://192.168.1.1/x",
        ] {
            assert!(endpoint(FULL, value).unwrap().is_some(), "{value}");
        }
        for value in [
            "https://u@evil.test/x",
            "http://192.168.1.1/x",
            "http://169.254.169.254/x",
            "http://169.254.170.3/x",
            "http://0.0.0.0/x",
            "http://[::ffff:127.0.0.1]/x",
            "http://localhost./x",
            "http://127.0.0.1.evil.test/x",
            "http://127.0.0.1@evil.test/x",
            "http://127.1/x",
            "/credentials",
        ] {
            let error = endpoint(FULL, value).unwrap_err();
            assert!(error.message.starts_with(FULL), "{error}");
        }
        assert_eq!(endpoint(FULL, "").unwrap(), None);
    }
}
