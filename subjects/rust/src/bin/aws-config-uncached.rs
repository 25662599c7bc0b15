//! The credentials provider of an SdkConfig, asked directly: what code gets that signs by itself.

use aws_credential_types::provider::ProvideCredentials;
use imdspec_subjects::{answer, hello, sdk};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    hello("aws-config-uncached", "aws-config", 8);
    let config = sdk::config().await;
    let provider = config.credentials_provider().expect("defaults() has one");
    answer(|| {
        let provider = provider.clone();
        async move {
            let given = provider.provide_credentials().await;
            given.as_ref().map(sdk::credentials).map_err(sdk::failure)
        }
    })
    .await;
}
