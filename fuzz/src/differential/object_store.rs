//! object_store: `AmazonS3Builder` with an HTTP connector that answers in memory. It hands out the two
//! keys and the token, and keeps the expiration to itself.

use super::compare::{Answer, Given};
use super::ready::at_once;
use super::service::{ENDPOINT, Reply, Service};
use async_trait::async_trait;
use http::Response;
use object_store::ClientOptions;
use object_store::aws::{AmazonS3Builder, AwsCredentialProvider};
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
};

/// The crate: the credential provider of a store.
pub(super) struct Crate {
    service: Service,
    provider: AwsCredentialProvider,
}

impl Crate {
    pub(super) fn new() -> Self {
        let service = Service::default();
        let provider = provider(&service);
        Self { service, provider }
    }

    pub(super) fn ask(&mut self, bytes: &[u8]) -> Answer {
        self.service.put(bytes);
        let Ok(given) = at_once(self.provider.get_credential()) else {
            return Answer::Refused;
        };
        // It may keep these, and then asks for none when the next document is there.
        self.provider = provider(&self.service);
        Answer::Accepted(Given {
            access_key_id: Some(given.key_id.clone()),
            secret_access_key: Some(given.secret_key.clone()),
            session_token: Some(given.token.clone().unwrap_or_default()),
            expiration: None,
        })
    }
}

fn provider(service: &Service) -> AwsCredentialProvider {
    let builder = AmazonS3Builder::new()
        .with_bucket_name("bucket")
        .with_metadata_endpoint(ENDPOINT)
        .with_http_connector(Stub(service.clone()));
    let store = builder.build().expect("a store without a region is in one");
    store.credentials().clone()
}

#[derive(Debug, Clone)]
struct Stub(Service);

impl HttpConnector for Stub {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[async_trait]
impl HttpService for Stub {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let Reply { status, body, .. } = self
            .0
            .answer(request.method().as_str(), request.uri().path());
        Response::builder()
            .status(status)
            .body(body.into())
            .map_err(|e| HttpError::new(HttpErrorKind::Unknown, e))
    }
}
