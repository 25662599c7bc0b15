#![no_main]
//! Whatever the token and the document are, the provider answers at once, and does not panic.
//!
//! Two panics are known and kept out of the way: a role list that makes no URI (ROUTE-013 in
//! docs/findings/aws-config.md), so it stays as it is, and a token that is not UTF-8 (`Headers::append`
//! of aws-smithy-runtime-api unwraps), so it is ASCII.

use aws_credential_types::provider::ProvideCredentials as _;
use aws_smithy_async::time::StaticTimeSource;
use imdspec_example_fuzz_provider::provider;
use imdspec_wire::{Headers, Response, TTL_HEADER, Version};
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (token, document) = bytes.split_at(bytes.len().min(8));
    let (mut token, document) = (token.to_owned(), document.to_owned());
    token.retain(u8::is_ascii);
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
