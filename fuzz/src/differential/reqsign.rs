//! reqsign: `IMDSv2CredentialProvider`, in a context whose HTTP client answers in memory.

use super::compare::{Answer, Given};
use super::ready::at_once;
use super::service::{ENDPOINT, Reply, Service};
use bytes::Bytes;
use http::{Request, Response};
use reqsign_aws_core::IMDSv2CredentialProvider;
use reqsign_core::time::Timestamp;
use reqsign_core::{Context, Error, HttpSend, ProvideCredential as _, SigningCredential as _};

/// A second before the year 0000 begins anywhere: no expiration is over by then.
const YEAR_ZERO: i64 = -62_167_306_401;

/// The crate: its provider keeps the session token and no credentials.
pub(super) struct Crate {
    service: Service,
    context: Context,
    provider: IMDSv2CredentialProvider,
    earliest: Timestamp,
}

impl Crate {
    pub(super) fn new() -> Self {
        let service = Service::default();
        Self {
            context: Context::new().with_http_send(Stub(service.clone())),
            provider: IMDSv2CredentialProvider::new().with_endpoint(ENDPOINT),
            earliest: Timestamp::from_second(YEAR_ZERO).expect("a timestamp reaches that far"),
            service,
        }
    }

    pub(super) fn ask(&self, bytes: &[u8]) -> Answer {
        self.service.put(bytes);
        match at_once(self.provider.provide_credential(&self.context)) {
            // The crate's signer looks at what the provider gives before it signs with it.
            Ok(Some(given)) if given.is_valid_at(self.earliest) => Answer::Accepted(Given {
                access_key_id: Some(given.access_key_id),
                secret_access_key: Some(given.secret_access_key),
                session_token: Some(given.session_token.unwrap_or_default()),
                expiration: given.expires_in.map(|at| {
                    // The second is rounded towards zero there, and towards the past here.
                    at.as_second() - i64::from(at.subsec_nanosecond() < 0)
                }),
            }),
            Ok(_) | Err(_) => Answer::Refused,
        }
    }
}

#[derive(Debug)]
struct Stub(Service);

impl HttpSend for Stub {
    async fn http_send(&self, request: Request<Bytes>) -> reqsign_core::Result<Response<Bytes>> {
        let Reply { status, body, .. } = self
            .0
            .answer(request.method().as_str(), request.uri().path());
        Response::builder()
            .status(status)
            .body(body)
            .map_err(|e| Error::unexpected("the reply is none").with_source(e))
    }
}
