//! The variant with a fallback to IMDSv1, and what forbids it.

use crate::play::*;
use imdspec_client::{Environment, ErrorKind, Lost, Options};
use std::time::Duration;

const SIX_HOURS: &str = "2026-01-01T06:00:00Z";

fn options() -> Options {
    Options {
        v1_fallback: true,
        ..Options::default()
    }
}

fn play() -> Play {
    Play::with(&Environment::default(), options())
}

fn without_token(id: &str, expiration: &str) -> [Exchange; 2] {
    [
        (request("GET", LIST), ok("role")),
        (request("GET", DOCUMENT), ok(&document(id, expiration))),
    ]
}

#[test]
fn a_service_that_knows_no_tokens_is_asked_without() {
    for refusal in [403, 404, 405] {
        let mut play = play();
        let soon = play.after(60);
        let refused = [(put(), status(refusal, "not a token"))];
        let outcome = play.resolve(refused.into_iter().chain(without_token("A", &soon)));
        assert_eq!(outcome.unwrap().access_key_id, "A");
        // It is remembered.
        play.advance(Duration::from_secs(61));
        let outcome = play.resolve(without_token("B", SIX_HOURS));
        assert_eq!(outcome.unwrap().access_key_id, "B");
    }
}

#[test]
fn nothing_else_opens_the_way_to_v1() {
    for line in [
        status(400, ""),
        status(401, ""),
        status(406, ""),
        status(302, ""),
        status(200, ""),
        Line::Lost(Lost::NotHttp),
    ] {
        let outcome = play().resolve([(put(), line)]);
        assert_error(&outcome, ErrorKind::Error, "the session token");
    }
    for line in [
        status(500, ""),
        status(429, ""),
        Line::Silence,
        Line::Lost(Lost::Reset),
    ] {
        let outcome = play().resolve([(put(), line.clone()), (put(), line.clone()), (put(), line)]);
        assert_error(&outcome, ErrorKind::Error, "the session token");
    }
}

#[test]
fn a_401_brings_tokens_back() {
    let mut play = play();
    let soon = play.after(60);
    let refused = [(put(), status(404, ""))];
    play.resolve(refused.into_iter().chain(without_token("A", &soon)))
        .unwrap();
    play.advance(Duration::from_secs(61));
    let forgotten = [(request("GET", LIST), status(401, ""))];
    let outcome = play.resolve(forgotten.into_iter().chain(conversation("B", SIX_HOURS)));
    assert_eq!(outcome.unwrap().access_key_id, "B");
}

#[test]
fn a_service_that_wants_tokens_and_gives_none_ends_it() {
    let mut play = play();
    let round = [
        (put(), status(403, "")),
        (request("GET", LIST), status(401, "")),
    ];
    let outcome = play.resolve([round.clone(), round.clone()].concat());
    assert_error(&outcome, ErrorKind::Error, "401");
    // Nothing of it is remembered.
    let outcome = play.resolve(conversation("A", SIX_HOURS));
    assert!(outcome.is_ok());
}

#[test]
fn a_setting_forbids_it() {
    let config = |value| Environment {
        config_file: Some(format!("[default]\nec2_metadata_v1_disabled = {value}\n")),
        ..Environment::default()
    };
    let variable = |value, mut environment: Environment| {
        (environment.vars).insert("AWS_EC2_METADATA_V1_DISABLED".into(), str::to_owned(value));
        environment
    };
    let code = |value, mut environment: Environment| {
        (environment.code).insert("ec2_metadata_v1_disabled".into(), str::to_owned(value));
        environment
    };
    let forbidden = |environment: &Environment| {
        let mut play = Play::with(environment, options());
        let outcome = play.resolve_with(|send| match send.request.target.as_str() {
            "/latest/api/token" => status(404, ""),
            LIST => ok("role"),
            _ => ok(&document("A", SIX_HOURS)),
        });
        outcome.is_err()
    };
    let nothing = Environment::default;
    assert!(!forbidden(&nothing()));
    assert!(forbidden(&config("true")));
    assert!(!forbidden(&config("false")));
    assert!(forbidden(&variable("TRUE", nothing())));
    assert!(forbidden(&variable("true", config("false"))));
    assert!(!forbidden(&variable("false", config("true"))));
    assert!(forbidden(&code("true", variable("false", nothing()))));
    assert!(!forbidden(&code("false", variable("true", config("true")))));
    // Somebody meant to forbid.
    assert!(forbidden(&variable("1", nothing())));
}
