//! aws-config: `ImdsCredentialsProvider`, with an HTTP client that answers in memory.

use super::compare::{Answer, Given};
use super::ready::at_once;
use super::service::{ENDPOINT, ROLE, Service};
use aws_config::imds::Client;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep};
use aws_smithy_async::time::StaticTimeSource;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use std::time::{Duration, UNIX_EPOCH};

/// The crate: its IMDS client, which keeps the session token, and a provider.
pub(super) struct Crate {
    service: Service,
    config: ProviderConfig,
    client: Client,
    provider: ImdsCredentialsProvider,
}

impl Crate {
    pub(super) fn new() -> Self {
        let service = Service::default();
        // The clock stands at its zero: no session token is ever over, and an expiration is the
        // document's own unless it lies before 1970.
        let config = ProviderConfig::empty()
            .with_http_client(Stub(service.clone()))
            .with_sleep_impl(NeverWoken)
            .with_time_source(StaticTimeSource::new(UNIX_EPOCH));
        let client = Client::builder()
            .configure(&config)
            .endpoint(ENDPOINT)
            .expect("the endpoint is a URI")
            .build();
        let provider = provider(&config, &client);
        Self {
            service,
            config,
            client,
            provider,
        }
    }

    pub(super) fn ask(&mut self, bytes: &[u8]) -> Answer {
        self.service.put(bytes);
        let Ok(given) = at_once(self.provider.provide_credentials()) else {
            return Answer::Refused;
        };
        // It would give these again in the place of its next error.
        self.provider = provider(&self.config, &self.client);
        Answer::Accepted(Given {
            access_key_id: Some(given.access_key_id().to_owned()),
            secret_access_key: Some(given.secret_access_key().to_owned()),
            session_token: Some(given.session_token().unwrap_or_default().to_owned()),
            expiration: given
                .expiry()
                .map(|at| match at.duration_since(UNIX_EPOCH) {
                    Ok(after) => after.as_secs().cast_signed(),
                    Err(before) => -before.duration().as_secs_f64().ceil() as i64,
                }),
        })
    }
}

fn provider(config: &ProviderConfig, client: &Client) -> ImdsCredentialsProvider {
    let provider = ImdsCredentialsProvider::builder().imds_client(client.clone());
    // With the role given the list is not asked for, which would be half of what this costs.
    provider.profile(ROLE).configure(config).build()
}

#[derive(Debug, Clone)]
struct Stub(Service);

impl HttpClient for Stub {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Stub {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let path = request.uri().strip_prefix(ENDPOINT).unwrap_or_default();
        let reply = self.0.answer(request.method(), path);
        HttpConnectorFuture::ready(response(reply.status, reply.ttl, reply.body.into()))
    }
}

fn response(
    status: u16,
    ttl: Option<&'static str>,
    body: SdkBody,
) -> Result<HttpResponse, ConnectorError> {
    let status = status
        .try_into()
        .map_err(|e| ConnectorError::other(Box::from(format!("{e}")), None))?;
    let mut response = HttpResponse::new(status, body);
    if let Some(ttl) = ttl {
        let headers = response.headers_mut();
        headers.insert("x-aws-ec2-metadata-token-ttl-seconds", ttl);
    }
    Ok(response)
}

/// A sleep that never ends, so that no timeout does: the stub answers at once.
#[derive(Debug)]
struct NeverWoken;

impl AsyncSleep for NeverWoken {
    fn sleep(&self, _: Duration) -> Sleep {
        Sleep::new(std::future::pending())
    }
}
