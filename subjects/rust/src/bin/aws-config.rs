//! The credentials an SDK client signs with: those of the SdkConfig's identity cache.
//!
//! A client asks the cache in the middle of an operation, with its runtime components and settings at
//! hand. Of those the cache uses the clock, the timer, and the settings for attempts and timeouts, which
//! are the SdkConfig's here too; the others are the stand-ins that the SDK's own test of this uses.

use aws_config::SdkConfig;
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::identity::{
    ResolveCachedIdentity, SharedIdentityCache, SharedIdentityResolver,
};
use aws_smithy_runtime_api::client::runtime_components::{
    RuntimeComponents, RuntimeComponentsBuilder,
};
use aws_smithy_types::config_bag::{ConfigBag, Layer};
use imdspec_subjects::{Failure, Resolved, answer_anew, hello, sdk};

/// What a client takes from its SdkConfig.
struct Client {
    cache: SharedIdentityCache,
    provider: SharedIdentityResolver,
    components: RuntimeComponents,
    settings: ConfigBag,
}

impl Client {
    fn new(config: &SdkConfig) -> Self {
        let provider = config.credentials_provider().expect("defaults() has one");
        let components = RuntimeComponentsBuilder::for_tests()
            .with_time_source(config.time_source())
            .with_sleep_impl(config.sleep_impl());
        let mut settings = Layer::new("settings");
        settings.store_or_unset(config.retry_config().cloned());
        settings.store_or_unset(config.timeout_config().cloned());
        Self {
            cache: config.identity_cache().expect("defaults() has one"),
            provider: SharedIdentityResolver::new(provider),
            components: components.build().expect("for_tests() is complete"),
            settings: ConfigBag::of_layers([settings]),
        }
    }

    async fn resolve(&self) -> Resolved {
        let provider = self.provider.clone();
        let asked = self
            .cache
            .resolve_cached_identity(provider, &self.components, &self.settings);
        let identity = asked
            .await
            .map_err(|e| match e.downcast_ref::<CredentialsError>() {
                Some(error) => sdk::failure(error),
                None => Failure::error(e.as_ref()),
            })?;
        let given = identity.data().expect("the provider gives AWS credentials");
        Ok(sdk::credentials(given))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    hello("aws-config", "aws-config", 8);
    let make = || async { Client::new(&sdk::config().await) };
    answer_anew(make, |client| async move { client.resolve().await }).await;
}
