//! A document handed to the provider as an application has it: as the reply to its last request.

use crate::provider;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_smithy_async::time::StaticTimeSource;
use imdspec_suite::in_process::{Given, Headers, Request, Response, credentials};
use imdspec_wire::{TTL_HEADER, Version};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What the provider makes of a document; none when it refuses it.
///
/// # Panics
/// When it waits for anything: every reply is there at once.
#[must_use]
pub fn document(bytes: &[u8]) -> Option<Given> {
    let document = bytes.to_owned();
    let answers = move |_: &str, request: Request| {
        let body = match request.target.rsplit('/').next() {
            Some("token") => &b"session"[..],
            Some("") => b"role",
            _ => &document,
        };
        Ok(reply(body))
    };
    // In 1970 hardly any expiration is over.
    let clock = StaticTimeSource::from_secs(0);
    let provider = provider("http://169.254.169.254", answers, clock, |_| ()).ok()?;
    let resolving = pin!(provider.provide_credentials());
    let Poll::Ready(given) = resolving.poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("nothing here is to be waited for");
    };
    let c = given.ok()?;
    let (id, secret) = (c.access_key_id(), c.secret_access_key());
    // One that is over is put off, by a quarter of an hour at most, and is none of the document's.
    let own = |end: &SystemTime| *end > UNIX_EPOCH + Duration::from_secs(3600);
    let end = c.expiry().filter(own);
    Some(credentials(id, secret, c.session_token(), end))
}

fn reply(body: &[u8]) -> Response {
    Response {
        version: Version::Http11,
        status: 200,
        reason: String::new(),
        headers: Headers::from_iter([(TTL_HEADER, "21600")]),
        body: body.to_vec().into(),
    }
}
