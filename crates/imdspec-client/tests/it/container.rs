//! The container endpoint.

use crate::play::*;
use imdspec_client::{Action, ErrorKind, Lost, Options, Source};
use imdspec_wire::Request;
use std::time::Duration;

const RELATIVE: (&str, &str) = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/x?a=1");
const SIX_HOURS: &str = "2026-01-01T06:00:00Z";

fn ecs() -> Request {
    Request::new("GET", "/v2/x?a=1")
        .with("host", "169.254.170.2")
        .with("user-agent", concat!("imdspec/", env!("CARGO_PKG_VERSION")))
        .with("accept", "application/json")
}

/// Container documents have no Code.
fn served(id: &str, expiration: &str) -> Line {
    ok(&document(id, expiration).replace(r#""Code":"Success","#, ""))
}

#[test]
fn it_is_asked_before_the_instance() {
    let mut play = Play::new(&vars([
        RELATIVE,
        (
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "http://127.0.0.1:1/not-this",
        ),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Basic static%20token"),
    ]));
    let request = ecs().with("authorization", "Basic static%20token");
    let credentials = play.resolve([(request, served("A", SIX_HOURS))]).unwrap();
    assert_eq!(
        (&*credentials.access_key_id, credentials.source),
        ("A", Source::Container)
    );
    assert!(play.resolve([]).is_ok());
}

#[test]
fn its_failure_is_an_error_and_never_the_instances_turn() {
    let mut play = Play::new(&vars([RELATIVE]));
    let outcome = play.resolve([(ecs(), status(404, ""))]);
    assert_error(
        &outcome,
        ErrorKind::Error,
        "the container endpoint at 169.254.170.2:80: status 404",
    );
    let outcome = play.resolve([
        (ecs(), Line::Lost(Lost::Refused)),
        (ecs(), status(500, "")),
        (ecs(), Line::Lost(Lost::Refused)),
    ]);
    assert_error(&outcome, ErrorKind::Error, "connection refused");
}

#[test]
fn its_credentials_are_not_extended() {
    let mut play = Play::new(&vars([RELATIVE]));
    let past = play.after(-1);
    let outcome = play.resolve([(ecs(), served("A", &past))]);
    assert_error(&outcome, ErrorKind::Error, "expired");
    let soon = play.after(600);
    play.resolve([(ecs(), served("A", &soon))]).unwrap();
    play.advance(minutes(6));
    // An early refresh may fail.
    let outcome = play.resolve([(ecs(), status(403, ""))]);
    assert_eq!(outcome.unwrap().access_key_id, "A");
    play.advance(minutes(4));
    let outcome = play.resolve([(ecs(), status(403, ""))]);
    assert_error(&outcome, ErrorKind::Error, "403");
}

#[test]
fn the_token_file_goes_before_the_token_and_is_read_anew() {
    let environment = vars([
        RELATIVE,
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "value"),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/run/token"),
    ]);
    let mut play = Play::new(&environment);
    play.files.insert("/run/token".into(), "first".into());
    let soon = play.after(60);
    // Once for each fetch, however often the request is tried.
    let request = ecs().with("authorization", "first");
    play.resolve([
        (request.clone(), status(500, "")),
        (request, served("A", &soon)),
    ])
    .unwrap();
    assert_eq!(play.reads, ["/run/token"]);
    play.resolve([]).unwrap();
    assert!(play.reads.is_empty());
    play.advance(Duration::from_secs(60));
    play.files.insert("/run/token".into(), "second".into());
    play.resolve([(
        ecs().with("authorization", "second"),
        served("A", SIX_HOURS),
    )])
    .unwrap();
}

#[test]
fn without_its_token_nothing_is_sent() {
    let environment = vars([
        RELATIVE,
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/run/token"),
    ]);
    let long = "t".repeat(65 << 10);
    for text in [None, Some(""), Some("a\r\nX: y"), Some("a\n"), Some(&*long)] {
        let mut play = Play::new(&environment);
        let text = text.map(|text| ("/run/token".to_owned(), text.to_owned()));
        play.files = text.into_iter().collect();
        assert_error(
            &play.resolve([]),
            ErrorKind::Error,
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        );
    }
    let value = vars([
        RELATIVE,
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "canary\nX: y"),
    ]);
    let outcome = Play::new(&value).resolve([]);
    assert_error(
        &outcome,
        ErrorKind::Error,
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    );
    assert!(!outcome.unwrap_err().message.contains("canary"));
}

#[test]
fn a_full_uri_says_where() {
    let mut play = Play::new(&vars([(
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "http://[fd00:ec2::23]/v1/credentials",
    )]));
    play.provider.start(play.now);
    let Action::Send(send) = play.provider.poll(play.now) else {
        panic!("nothing sent")
    };
    assert_eq!(send.authority.to_string(), "[fd00:ec2::23]:80");
    assert_eq!(send.request.target, "/v1/credentials");
    assert_eq!(send.request.headers.get("host"), Some("[fd00:ec2::23]"));
    assert!(!send.tls);
    let mut play = Play::new(&vars([(
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "https://credentials.example.test/x",
    )]));
    play.provider.start(play.now);
    let Action::Send(send) = play.provider.poll(play.now) else {
        panic!("nothing sent")
    };
    assert_eq!(send.authority.to_string(), "credentials.example.test:443");
    assert_eq!(
        send.request.headers.get("host"),
        Some("credentials.example.test")
    );
    assert!(send.tls);
}

#[test]
fn the_order_decides_between_the_two() {
    let both = vars([
        RELATIVE,
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/x"),
    ]);
    for (order, authority) in [
        (
            [Source::Container, Source::ContainerFull],
            "169.254.170.2:80",
        ),
        ([Source::ContainerFull, Source::Container], "127.0.0.1:1"),
    ] {
        let options = Options {
            order: order.into_iter().collect(),
            ..Options::default()
        };
        let mut play = Play::with(&both, options);
        let outcome = play.resolve_with(|send| {
            assert_eq!(send.authority.to_string(), authority);
            served("A", SIX_HOURS)
        });
        assert_eq!(outcome.unwrap().source, order[0]);
    }
}
