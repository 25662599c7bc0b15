//! The AWS SDK for Rust, configured as an application does it.

use crate::{Credentials, Failure, causes};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, ConnectorBuilder};
use aws_smithy_types::date_time::{DateTime, Format};

/// `aws_config::defaults`, with a region, so that the metadata service is not asked for one.
pub async fn config() -> SdkConfig {
    // The SDK's default client, but with ring for aws-lc and without the machine's certificates, which
    // take longer to read than all the rest.
    let tls = TlsContext::builder()
        .with_trust_store(TrustStore::empty())
        .build();
    let tls = tls.expect("an empty trust store");
    let client = Builder::new().build_with_connector_fn(move |settings, components| {
        let ring = Provider::Rustls(CryptoMode::Ring);
        let connector = ConnectorBuilder::default().tls_provider(ring);
        let mut connector = connector.tls_context(tls.clone());
        connector.set_connector_settings(settings.cloned());
        if let Some(components) = components {
            connector.set_sleep_impl(components.sleep_impl());
        }
        connector.set_proxy_config(Some(ProxyConfig::from_env()));
        connector.build()
    });
    let loader = aws_config::defaults(BehaviorVersion::latest());
    let loader = loader
        .region(Region::from_static("us-east-1"))
        .http_client(client);
    loader.load().await
}

/// The SDK's credentials in the shape of the protocol.
#[must_use]
pub fn credentials(given: &aws_credential_types::Credentials) -> Credentials {
    Credentials {
        version: 1,
        access_key_id: given.access_key_id().to_owned(),
        secret_access_key: given.secret_access_key().to_owned(),
        session_token: given.session_token().map(str::to_owned),
        expiration: given.expiry().map(|at| {
            let at = DateTime::from(at);
            at.fmt(Format::DateTime)
                .unwrap_or_else(|_| format!("{at:?}"))
        }),
    }
}

/// A chain goes on after `CredentialsNotLoaded`, and after nothing else.
#[must_use]
pub fn failure(error: &CredentialsError) -> Failure {
    match error {
        CredentialsError::CredentialsNotLoaded(_) => Failure::None(causes(error)),
        _ => Failure::error(error),
    }
}
