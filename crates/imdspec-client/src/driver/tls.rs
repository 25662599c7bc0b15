//! TLS, by rustls and ring: neither needs a C++ compiler or cmake to build.

use rustls::crypto::ring;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};
use rustls_platform_verifier::BuilderVerifierExt as _;
use std::sync::Arc;

/// What the system trusts. None where it cannot say.
pub(super) fn trusting_the_system() -> Option<ClientConfig> {
    let config = builder()?.with_platform_verifier().ok()?;
    Some(config.with_no_client_auth())
}

/// For a client that speaks no TLS: reqwest wants to be told.
pub(super) fn trusting_nobody() -> Option<ClientConfig> {
    let config = builder()?.with_root_certificates(RootCertStore::empty());
    Some(config.with_no_client_auth())
}

/// With the provider given and none installed, which would be one for the whole program.
fn builder() -> Option<ConfigBuilder<ClientConfig, WantsVerifier>> {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .ok()
}
