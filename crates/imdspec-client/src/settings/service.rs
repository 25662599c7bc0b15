//! Where the services of AWS are that give credentials: STS, and the two of IAM Identity Center.
//!
//! | | of one service | of all |
//! |---|---|---|
//! | environment | `AWS_ENDPOINT_URL_STS` (`…_SSO`, `…_SSO_OIDC`) | `AWS_ENDPOINT_URL` |
//! | active profile | `services`, then in that section `sts` (`sso`, `sso_oidc`), then in that `endpoint_url` | `endpoint_url` |
//!
//! The environment goes before the profile, and in each the endpoint of the service before that of
//! all, unless `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` (`ignore_configured_endpoint_urls`) is true.
//! Nothing set: the address of the region, over TLS.
//!
//! Source: AWS SDKs and Tools Reference Guide, "Service-specific endpoints"; the order is that of
//! botocore (`configprovider.py`, `ConfiguredEndpointProvider`) and of `aws-runtime`
//! (`env_config.rs`).

use super::config_file;
use super::profiles::Profiles;
use super::uri::HttpUri;
use crate::environment::Environment;
use crate::error::ProviderError;
use crate::exchange::Authority;

/// A service of AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aws {
    /// The Security Token Service.
    Sts,
    /// The portal of IAM Identity Center.
    Sso,
    /// Its OpenID Connect service.
    SsoOidc,
}

impl Aws {
    const fn variable(self) -> &'static str {
        match self {
            Self::Sts => "AWS_ENDPOINT_URL_STS",
            Self::Sso => "AWS_ENDPOINT_URL_SSO",
            Self::SsoOidc => "AWS_ENDPOINT_URL_SSO_OIDC",
        }
    }

    const fn key(self) -> &'static str {
        match self {
            Self::Sts => "sts",
            Self::Sso => "sso",
            Self::SsoOidc => "sso_oidc",
        }
    }

    fn host(self, region: Option<&str>) -> String {
        let name = match self {
            Self::Sts => "sts",
            Self::Sso => "portal.sso",
            Self::SsoOidc => "oidc",
        };
        match region {
            None => format!("{name}.amazonaws.com"),
            // The partition of China has a domain of its own.
            Some(region) if region.starts_with("cn-") => {
                format!("{name}.{region}.amazonaws.com.cn")
            }
            Some(region) => format!("{name}.{region}.amazonaws.com"),
        }
    }
}

/// Where a service is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServiceEndpoint {
    pub(crate) authority: Authority,
    pub(crate) tls: bool,
    /// Empty, or beginning with a slash and not ending with one.
    base: String,
}

impl ServiceEndpoint {
    /// Reads where a service is; `region` is a legal one.
    ///
    /// # Errors
    /// A message that names the setting.
    pub(crate) fn read(
        service: Aws,
        environment: &Environment,
        profiles: &Profiles,
        region: Option<&str>,
    ) -> Result<Self, ProviderError> {
        match configured(service, environment, profiles) {
            Some((url, setting)) => {
                Self::parse(url).map_err(|why| ProviderError::error(format!("{setting} {why}")))
            }
            None => Ok(Self {
                authority: Authority {
                    host: service.host(region),
                    port: 443,
                },
                tls: true,
                base: String::new(),
            }),
        }
    }

    fn parse(url: &str) -> Result<Self, String> {
        let uri = HttpUri::parse(url).map_err(|e| e.to_string())?;
        if uri.query.is_some() {
            return Err("has a query; an endpoint has none".to_owned());
        }
        Ok(Self {
            authority: uri.authority(),
            tls: uri.tls,
            base: uri.path.trim_end_matches('/').to_owned(),
        })
    }

    /// The request target of a path of the service.
    pub(crate) fn target(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub(crate) fn host_header(&self) -> String {
        self.authority.host_header_over(self.tls)
    }
}

/// The endpoint that something names, and what does.
fn configured<'a>(
    service: Aws,
    environment: &'a Environment,
    profiles: &'a Profiles,
) -> Option<(&'a str, String)> {
    let profile = profiles.active();
    let ignored = environment
        .var("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
        .or_else(|| profile.get("ignore_configured_endpoint_urls"));
    if ignored.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return None;
    }
    let variable = |name: &str| Some((environment.var(name)?, name.to_owned()));
    let of_service = || {
        let name = profile.get("services")?;
        let nested = profiles.services(name)?.get(service.key())?;
        let url = config_file::nested(nested, "endpoint_url").filter(|url| !url.is_empty())?;
        Some((
            url,
            format!(
                "endpoint_url of {} (in the services section {name:?})",
                service.key()
            ),
        ))
    };
    let of_all = || {
        let url = profile.get("endpoint_url")?;
        Some((
            url,
            format!("endpoint_url (of the profile {:?})", profile.name),
        ))
    };
    variable(service.variable())
        .or_else(|| variable("AWS_ENDPOINT_URL"))
        .or_else(of_service)
        .or_else(of_all)
}

/// The region, where something names one.
///
/// # Errors
/// A message that names the setting whose value cannot be part of a host name.
pub(crate) fn region(
    environment: &Environment,
    profiles: &Profiles,
) -> Result<Option<String>, ProviderError> {
    let code = environment.code.get("region").filter(|r| !r.is_empty());
    let found = code
        .map(|region| (region.as_str(), "region (set in code)"))
        .or_else(|| Some((environment.var("AWS_REGION")?, "AWS_REGION")))
        .or_else(|| Some((environment.var("AWS_DEFAULT_REGION")?, "AWS_DEFAULT_REGION")))
        .or_else(|| {
            Some((
                profiles.active().get("region")?,
                "region (of the active profile)",
            ))
        });
    found
        .map(|(region, setting)| legal_region(region, setting))
        .transpose()
}

/// A region that can be part of a host name and of nothing else: one label of it.
///
/// # Errors
/// A message that names the setting.
pub(crate) fn legal_region(region: &str, setting: &str) -> Result<String, ProviderError> {
    let legal = (1..=63).contains(&region.len())
        && region
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if legal {
        Ok(region.to_owned())
    } else {
        Err(ProviderError::error(format!(
            "{setting} is not a region; one looks like eu-west-1"
        )))
    }
}
