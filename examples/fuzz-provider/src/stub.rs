//! An HTTP client for the SDK that hands each request to a function and gives the SDK its reply.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::ErrorKind;
use http::{HeaderName, HeaderValue, Uri};
use imdspec_suite::in_process::{Headers, Lost, Request, Response};
use imdspec_wire::Version;
use std::fmt;
use std::sync::Arc;

/// What answers: a function of the authority that the request is for (`169.254.169.254`) and of the
/// request. It answers at once; the time that a reply takes is for it to let pass, or to call too long.
pub trait Answers: Fn(&str, Request) -> Result<Response, Lost> + Send + Sync + 'static {}

impl<F: Fn(&str, Request) -> Result<Response, Lost> + Send + Sync + 'static> Answers for F {}

/// The HTTP client. It follows no redirect and knows no proxy, like the SDK's own.
pub struct Stub<E>(Arc<E>);

impl<E: Answers> Stub<E> {
    /// A client whose requests are answered by a function.
    pub fn new(answers: E) -> Self {
        Self(Arc::new(answers))
    }

    fn send(&self, request: &HttpRequest) -> Result<HttpResponse, ConnectorError> {
        // What does not get as far as the wire is the user's error to the SDK's own client, too.
        let uri: Uri = request.uri().parse().map_err(user)?;
        let authority = uri.authority().ok_or("no authority").map_err(user)?;
        let request = as_sent(request, &uri);
        let reply = (self.0)(authority.as_str(), request).map_err(lost)?;
        as_received(reply)
    }
}

impl<E> Clone for Stub<E> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<E> fmt::Debug for Stub<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stub")
    }
}

impl<E: Answers> HttpClient for Stub<E> {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl<E: Answers> HttpConnector for Stub<E> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(self.send(&request))
    }
}

/// The request with the two headers that an HTTP/1.1 client adds by itself.
fn as_sent(request: &HttpRequest, uri: &Uri) -> Request {
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let mut sent = Request::new(request.method(), target);
    for (name, value) in request.headers() {
        sent.headers.push(name.to_owned(), value);
    }
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    sent.headers.push("host", authority);
    sent.body = request.body().bytes().unwrap_or_default().to_vec().into();
    if request.method() != "GET" && !sent.headers.has("content-length") {
        let length = sent.body.len().to_string();
        sent.headers.push("content-length", length);
    }
    sent.version = Version::Http11;
    sent
}

/// The reply as the SDK has it. One with a status or a header that is none is no reply to an HTTP/1.1
/// client.
fn as_received(reply: Response) -> Result<HttpResponse, ConnectorError> {
    let mut received = http::Response::new(SdkBody::from(reply.body.0));
    *received.status_mut() = reply.status.try_into().map_err(unreadable)?;
    let Headers(fields) = reply.headers;
    for (name, value) in fields {
        let name: HeaderName = name.parse().map_err(unreadable)?;
        // Each `char` of a value stands for one byte.
        let bytes: Vec<u8> = value.chars().map(|c| c as u8).collect();
        let value = HeaderValue::from_bytes(&bytes).map_err(unreadable)?;
        received.headers_mut().append(name, value);
    }
    HttpResponse::try_from(received).map_err(unreadable)
}

/// A lost reply, by the kinds that the SDK's own client tells apart.
fn lost(lost: Lost) -> ConnectorError {
    let cause = BoxError::from(lost.to_string());
    match lost {
        Lost::TimedOut => ConnectorError::timeout(cause),
        Lost::Refused | Lost::Unreachable => ConnectorError::io(cause).never_connected(),
        Lost::Unsendable => ConnectorError::user(cause),
        Lost::Reset => ConnectorError::io(cause),
        Lost::Closed => ConnectorError::other(cause, Some(ErrorKind::TransientError)),
        _ => ConnectorError::other(cause, None),
    }
}

fn user(cause: impl Into<BoxError>) -> ConnectorError {
    ConnectorError::user(cause.into())
}

fn unreadable(cause: impl Into<BoxError>) -> ConnectorError {
    ConnectorError::other(cause.into(), None)
}
