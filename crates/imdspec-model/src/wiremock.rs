//! The model behind a wiremock server.

use crate::clock::RealClock;
use crate::{Change, Model, Reply, World};
use ::wiremock::http::{HeaderName, HeaderValue};
use ::wiremock::{Respond, ResponseTemplate};
use imdspec_wire::{Bytes, Headers, Request, Version};
use std::sync::{Mutex, PoisonError};

/// An IMDS for tests that have a [wiremock](::wiremock) server, on the machine's clocks:
///
/// ```
/// use imdspec_model::{WiremockImds, World};
/// use wiremock::{Mock, MockServer, matchers::any};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let server = MockServer::start().await;
/// Mock::given(any()).respond_with(WiremockImds::new(World::default(), 1)).mount(&server).await;
/// # }
/// ```
///
/// wiremock writes HTTP with hyper, so the version and the framing of a
/// [`Profile`](crate::Profile) or a [`Fault`](crate::Fault) are not seen, which to a client mean
/// the same in any form. What hyper cannot write at all is answered with status 500 and words that
/// say so: interim statuses, a `Content-Length` that is not true, a body cut short, dripping or
/// endless, and anything that is no HTTP reply. `TcpHost` (feature `tcp`) sends those.
#[derive(Debug)]
pub struct WiremockImds {
    model: Mutex<Model>,
    clock: RealClock,
}

impl WiremockImds {
    /// A service in `world`, its secrets drawn from `seed`.
    #[must_use]
    pub fn new(world: World, seed: u64) -> Self {
        Self {
            model: Mutex::new(Model::new(world, seed)),
            clock: RealClock::start(),
        }
    }

    /// Changes the world now. To do so while mounted, mount a closure that shares it:
    /// `move |r: &wiremock::Request| shared.respond(r)`.
    pub fn change(&self, change: Change) {
        self.with_model(|model| model.change(self.clock.now(), change));
    }

    fn with_model<T>(&self, f: impl FnOnce(&mut Model) -> T) -> T {
        f(&mut self.model.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Respond for WiremockImds {
    fn respond(&self, request: &::wiremock::Request) -> ResponseTemplate {
        let request = as_sent(request);
        let reply = self.with_model(|model| {
            let reply = model.handle(self.clock.now(), &request);
            drop(model.take_secrets());
            reply
        });
        template(&reply).unwrap_or_else(|why| {
            ResponseTemplate::new(500).set_body_string(format!(
                "wiremock cannot send this reply ({}): {why}; use TcpHost of imdspec-model",
                reply.fault
            ))
        })
    }
}

/// The request as far as wiremock still knows it: in the order and case of its own header map.
fn as_sent(request: &::wiremock::Request) -> Request {
    let target = match request.url.query() {
        Some(query) => format!("{}?{query}", request.url.path()),
        None => request.url.path().to_owned(),
    };
    Request {
        method: request.method.to_string(),
        target,
        version: Version::Http11,
        headers: request
            .headers
            .iter()
            .map(|(name, value)| {
                let value: String = value.as_bytes().iter().map(|b| char::from(*b)).collect();
                (name.as_str().to_owned(), value)
            })
            .collect::<Headers>(),
        body: Bytes(request.body.clone()),
    }
}

/// The reply as wiremock takes it, or what of it wiremock cannot send.
fn template(reply: &Reply) -> Result<ResponseTemplate, &'static str> {
    if reply.instead.is_some() {
        return Err("it is no HTTP reply");
    }
    if !reply.interim.is_empty() {
        return Err("it has interim statuses");
    }
    if !(200..=999).contains(&reply.status) {
        return Err("its status is not final");
    }
    if reply.cut.is_some() || reply.drip.is_some() || reply.endless {
        return Err("its body does not come whole");
    }
    let claimed = reply.headers.get("content-length");
    if !reply.bodiless && claimed.is_some_and(|n| n != reply.body.len().to_string()) {
        return Err("its Content-Length is not true");
    }
    let mut template = ResponseTemplate::new(reply.status)
        .set_body_bytes(reply.body.0.clone())
        .set_delay(reply.delay);
    for (name, value) in &reply.headers.0 {
        // These are about the connection, which is hyper's.
        let own = ["content-length", "transfer-encoding", "connection"];
        if own.iter().any(|own| name.eq_ignore_ascii_case(own)) {
            continue;
        }
        let name = HeaderName::from_bytes(name.as_bytes());
        let bytes: Result<Vec<u8>, _> = value.chars().map(u8::try_from).collect();
        let value = bytes.ok().and_then(|b| HeaderValue::from_bytes(&b).ok());
        let (Ok(name), Some(value)) = (name, value) else {
            return Err("a header field is not one");
        };
        template = template.append_header(name, value);
    }
    Ok(template)
}
