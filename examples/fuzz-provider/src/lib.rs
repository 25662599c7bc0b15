//! The IMDS provider of the AWS SDK for Rust, asked in memory: no socket, no time that passes. What
//! answers its three requests is a function; for the fuzz targets it is the suite's model.
//!
//! `fuzz_targets/` has the targets, a few lines each:
//!
//! ```text
//! cargo +nightly fuzz run --fuzz-dir . provider
//! cargo +nightly fuzz run --fuzz-dir . document
//! ```

mod document;
mod known;
mod pauses;
mod stub;

pub use document::document;
pub use known::{known, known_document};
pub use pauses::Pauses;
pub use stub::{Answers, Stub};

use aws_config::imds::Client;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_smithy_async::time::TimeSource;
use imdspec_suite::in_process::{Clock, Environment, Given, Provider, Refusal, credentials};
use std::time::{Duration, SystemTime};

/// The provider as an application makes it, but for the service, the clock, and the pauses between
/// attempts: `pass` is told how long each is.
///
/// # Errors
/// The endpoint is no URI.
pub fn provider(
    endpoint: &str,
    answers: impl Answers,
    clock: impl TimeSource + 'static,
    pass: impl Fn(Duration) + Send + Sync + 'static,
) -> Result<ImdsCredentialsProvider, Refusal> {
    let config = ProviderConfig::empty()
        .with_http_client(Stub::new(answers))
        .with_sleep_impl(Pauses::new(pass))
        .with_time_source(clock);
    let client = Client::builder().configure(&config).endpoint(endpoint);
    let client = client.map_err(Refusal::error)?.build();
    let provider = ImdsCredentialsProvider::builder().imds_client(client);
    Ok(provider.configure(&config).build())
}

/// The provider as a subject of the suite.
pub struct Sdk(ImdsCredentialsProvider);

/// The provider, asking the servers of a scenario, on the scenario's clock.
///
/// # Errors
/// The scenario has no endpoint for it.
pub fn sdk(environment: Environment) -> Result<Sdk, Refusal> {
    let Environment {
        endpoint,
        exchange,
        clock,
        ..
    } = environment;
    let endpoint = endpoint.ok_or_else(|| Refusal::none("no endpoint"))?;
    let pauses = clock.clone();
    let answers = move |authority: &str, request| exchange.send(authority, request);
    let pass = move |span| pauses.pause(span);
    provider(&endpoint, answers, Time(clock), pass).map(Sdk)
}

impl Provider for Sdk {
    async fn resolve(&self) -> Result<Given, Refusal> {
        let c = self.0.provide_credentials().await?;
        let (id, secret) = (c.access_key_id(), c.secret_access_key());
        Ok(credentials(id, secret, c.session_token(), c.expiry()))
    }
}

#[derive(Debug)]
struct Time(Clock);

impl TimeSource for Time {
    fn now(&self) -> SystemTime {
        self.0.now()
    }
}
