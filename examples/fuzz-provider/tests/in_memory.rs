//! The provider resolves in memory, at once.

use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_smithy_async::time::StaticTimeSource;
use imdspec_example_fuzz_provider::{document, known, provider, sdk};
use imdspec_suite::fuzz::FuzzProvider;
use imdspec_suite::in_process::{Lost, Request, Response};
use imdspec_wire::{TOKEN_HEADER, TTL_HEADER, Version};
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

const DOCUMENT: &str = r#"{ "Code" : "Success", "AccessKeyId" : "ASIAEXAMPLE",
    "SecretAccessKey" : "made/up", "Token" : "made/up", "Expiration" : "2030-01-01T06:00:00Z" }"#;

fn reply(status: u16, body: &str) -> Response {
    Response {
        version: Version::Http11,
        status,
        reason: String::new(),
        headers: [(TTL_HEADER, "21600")].into_iter().collect(),
        body: body.as_bytes().to_vec().into(),
    }
}

/// What the provider gives when a function answers, what was asked, and how long it paused.
fn resolve(
    answer: fn(&Request) -> Result<Response, Lost>,
) -> (Option<Credentials>, Vec<Request>, Duration) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let paused = Arc::new(Mutex::new(Duration::ZERO));
    let (seen, passed) = (Arc::clone(&asked), Arc::clone(&paused));
    let provider = provider(
        "http://169.254.169.254",
        move |authority, request| {
            assert_eq!(authority, "169.254.169.254");
            let reply = answer(&request);
            seen.lock().expect("no test panics with it").push(request);
            reply
        },
        StaticTimeSource::from_secs(1_800_000_000),
        move |pause| *passed.lock().expect("no test panics with it") += pause,
    )
    .expect("the endpoint is a URI");
    let resolving = pin!(provider.provide_credentials());
    let given = match resolving.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(given) => given.ok(),
        Poll::Pending => panic!("nothing here is to be waited for"),
    };
    (
        given,
        asked.lock().expect("no test panics with it").clone(),
        *paused.lock().expect("no test panics with it"),
    )
}

#[test]
fn the_three_requests_give_credentials() {
    let (given, asked, paused) = resolve(|request| {
        Ok(match request.target.as_str() {
            "/latest/api/token" => reply(200, "session"),
            "/latest/meta-data/iam/security-credentials/" => reply(200, "role"),
            "/latest/meta-data/iam/security-credentials/role" => reply(200, DOCUMENT),
            _ => reply(404, ""),
        })
    });
    assert_eq!(given.unwrap().access_key_id(), "ASIAEXAMPLE");
    let methods: Vec<_> = asked.iter().map(|r| r.method.as_str()).collect();
    assert_eq!(methods, ["PUT", "GET", "GET"]);
    assert_eq!(asked[0].headers.get("content-length"), Some("0"));
    assert_eq!(asked[2].headers.get(TOKEN_HEADER), Some("session"));
    assert_eq!(asked[2].headers.get("host"), Some("169.254.169.254"));
    assert_eq!(paused, Duration::ZERO);
}

#[test]
fn a_server_error_is_retried_without_waiting() {
    let (given, asked, paused) = resolve(|request| {
        Ok(match request.method.as_str() {
            "PUT" => reply(200, "session"),
            _ => reply(500, "busy"),
        })
    });
    assert!(given.is_none());
    assert_eq!(asked.iter().filter(|r| r.method == "GET").count(), 4);
    assert!(paused > Duration::ZERO, "its pauses are told of");
}

#[test]
fn each_way_to_lose_a_reply_is_an_error() {
    for answer in [
        |_: &Request| Err(Lost::Refused),
        |_: &Request| Err(Lost::Reset),
        |_: &Request| Err(Lost::Closed),
        |_: &Request| Err(Lost::TimedOut),
        |_: &Request| Err(Lost::NotHttp),
    ] {
        assert!(resolve(answer).0.is_none());
    }
}

#[test]
fn a_reply_that_is_none_is_an_error() {
    for spoil in [
        |_: &Request| Ok(reply(99, "")),
        |_: &Request| {
            let mut reply = reply(200, "session");
            reply.headers.push("no name", "value");
            Ok(reply)
        },
        |_: &Request| {
            let mut reply = reply(200, "session");
            reply.headers.push("name", "a\nb");
            Ok(reply)
        },
    ] {
        assert!(resolve(spoil).0.is_none());
    }
}

#[test]
fn a_document_is_taken_or_refused() {
    let taken = document(DOCUMENT.as_bytes()).unwrap();
    assert_eq!(taken.access_key_id, "ASIAEXAMPLE");
    assert_eq!(taken.expiration.as_deref(), Some("2030-01-01T06:00:00Z"));
    assert!(document(br#"{"Code":"Failed"}"#).is_none());
}

/// What the fuzz target does, by some inputs of chance.
#[test]
fn worlds_of_chance_show_only_what_is_known() {
    let fuzzed = known(
        FuzzProvider::new("aws-config", sdk)
            .in_memory()
            .takes_clock(),
    );
    for n in 0_u32..300 {
        let bytes: Vec<u8> = (1..120_u32)
            .map(|i| (n.wrapping_mul(2_654_435_761).wrapping_add(i * 40_503) >> 11) as u8)
            .collect();
        fuzzed.put_through(&bytes);
    }
}
