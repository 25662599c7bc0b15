//! The IMDS provider of the AWS SDK for Rust, by every scenario that a value can be put through.

mod clock;
mod known;

use aws_config::imds::Client;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::Builder;
use imdspec_suite::in_process::{Conformance, Environment, Given, Provider, Refusal, credentials};

struct Sdk(ImdsCredentialsProvider);

impl Provider for Sdk {
    async fn resolve(&self) -> Result<Given, Refusal> {
        let c = self.0.provide_credentials().await?;
        let (id, secret) = (c.access_key_id(), c.secret_access_key());
        Ok(credentials(id, secret, c.session_token(), c.expiry()))
    }
}

fn sdk(environment: Environment) -> Sdk {
    let config = ProviderConfig::empty()
        .with_http_client(Builder::new().build_http())
        .with_sleep_impl(TokioSleep::new())
        .with_time_source(clock::Time(environment.clock));
    let client = Client::builder().configure(&config);
    let client = client.endpoint(environment.endpoint.unwrap()).unwrap();
    let provider = ImdsCredentialsProvider::builder().imds_client(client.build());
    Sdk(provider.configure(&config).build())
}

imdspec_suite::conformance!(takes: [clock], known::known(Conformance::new("aws-config", sdk)));
