//! The IMDS provider of the AWS SDK for Rust, asked in memory: no socket, no time that passes, and no
//! runtime. What answers its three requests is a function.

mod pauses;
mod stub;

pub use pauses::Pauses;
pub use stub::{Exchange, Stub};

use aws_config::imds::Client;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_smithy_async::time::TimeSource;
use std::time::Duration;

/// The provider as an application makes it, but for the service, the clock, and the pauses between
/// attempts: `pass` is told how long each is.
///
/// # Panics
/// Never: the endpoint is a constant.
#[must_use]
pub fn provider(
    exchange: impl Exchange,
    clock: impl TimeSource + 'static,
    pass: impl Fn(Duration) + Send + Sync + 'static,
) -> ImdsCredentialsProvider {
    let config = ProviderConfig::empty()
        .with_http_client(Stub::new(exchange))
        .with_sleep_impl(Pauses::new(pass))
        .with_time_source(clock);
    let client = Client::builder().configure(&config);
    let client = client
        .endpoint("http://169.254.169.254")
        .expect("the service's address is a URI");
    let provider = ImdsCredentialsProvider::builder().imds_client(client.build());
    provider.configure(&config).build()
}
