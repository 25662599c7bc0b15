#![no_main]
//! Whatever the token and the document are, the provider answers at once, and does not panic.
//!
//! The role list stays as it is: one that makes no URI panics (ROUTE-013, docs/findings/aws-config.md).

use aws_credential_types::provider::ProvideCredentials as _;
use aws_smithy_async::time::StaticTimeSource;
use imdspec_example_fuzz_provider::provider;
use imdspec_wire::{Headers, Response, TTL_HEADER, Version};
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (token, document) = bytes.split_at(bytes.len().min(8));
    let (token, document) = (token.to_owned(), document.to_owned());
    let exchange = move |_: &str, request: imdspec_wire::Request| {
        let body = match request.target.rsplit('/').next() {
            Some("token") => &token,
            Some("") => &b"role"[..],
            _ => &document,
        };
        Ok(Response {
            version: Version::Http11,
            status: 200,
            reason: String::new(),
            headers: Headers::from_iter([(TTL_HEADER, "21600")]),
            body: body.to_vec().into(),
        })
    };
    let provider = provider(exchange, StaticTimeSource::from_secs(1_800_000_000), |_| ());
    let resolving = pin!(provider.provide_credentials());
    let polled = resolving.poll(&mut Context::from_waker(Waker::noop()));
    assert!(polled.is_ready(), "nothing here is to be waited for");
});
