//! The command of `credential_process`, and what is made of what it prints.

use crate::play::*;
use imdspec_client::{Environment, ErrorKind, MOST_OUTPUT, Ran, Source};
use std::time::Duration;

const LINE: &str = "/opt/print --password CANARY";

fn profile() -> Environment {
    config(&format!(
        "[default]\ncredential_process = {LINE}\naws_account_id = 123456789012\n"
    ))
}

fn output(id: &str, expiration: &str) -> String {
    format!(
        r#"{{"Version":1,"AccessKeyId":"{id}","SecretAccessKey":"secret-{id}",
        "SessionToken":"token-{id}","Expiration":"{expiration}","AccountId":"210987654321"}}"#
    )
}

#[test]
fn what_it_prints_is_used_until_it_is_about_to_expire() {
    let mut play = Play::new(&profile());
    let end = play.after(3600);
    play.ran = printed(&output("A", &end));
    let found = play.resolve([]).unwrap();
    assert_eq!(play.runs, [LINE]);
    assert_eq!(found.access_key_id, "A");
    assert_eq!(found.session_token.unwrap(), "token-A");
    assert_eq!(found.expiration.unwrap().to_string(), end);
    assert_eq!(found.account_id.unwrap(), "210987654321");
    assert_eq!(found.source, Source::Process);
    play.advance(minutes(45));
    assert!(play.resolve([]).is_ok());
    assert!(play.runs.is_empty());
    play.advance(Duration::from_secs(1));
    let end = play.after(3600);
    play.ran = printed(&output("B", &end));
    assert_eq!(play.resolve([]).unwrap().access_key_id, "B");
    // When it fails the last ones are used, as long as they live.
    play.advance(minutes(50));
    play.ran = Some(Ran::NotStarted);
    assert_eq!(play.resolve([]).unwrap().access_key_id, "B");
    play.advance(minutes(10));
    assert_error(&play.resolve([]), ErrorKind::Error, "could not be started");
}

#[test]
fn without_an_expiration_it_is_run_once() {
    let mut play = Play::new(&profile());
    play.ran = printed(r#"{"Version":1,"AccessKeyId":"A","SecretAccessKey":"s"}"#);
    let found = play.resolve([]).unwrap();
    assert_eq!((found.session_token, found.expiration), (None, None));
    assert_eq!(found.account_id.unwrap(), "123456789012");
    play.ran = None;
    play.advance(Duration::from_secs(1_000_000_000));
    play.jump(-86_400);
    assert!(play.resolve([]).is_ok());
}

#[test]
fn what_is_no_credentials_is_said_without_repeating_it() {
    let whole = output("A", "2026-01-01T06:00:00Z");
    let status = |status, text: &str| {
        let stdout = text.as_bytes().to_vec();
        Some(Ran::Ended { status, stdout })
    };
    for (ran, says) in [
        (Some(Ran::NotStarted), "could not be started"),
        (status(Some(3), &whole), "ended with status 3"),
        (status(Some(126), ""), "may the program be run?"),
        (status(Some(127), ""), "is there such a program?"),
        (status(None, &whole), "ended by a signal"),
        (
            status(None, &"x".repeat(MOST_OUTPUT + 1)),
            "printed more than 65536 bytes",
        ),
        (printed(""), "not JSON"),
        (printed("secret-A"), "not JSON"),
        (printed(&(whole.clone() + "}")), "not JSON"),
        (printed("[1]"), "not a JSON object"),
        (printed("{}"), "Version is not the number 1"),
        (
            printed(&whole.replace(":1,", ":\"1\",")),
            "Version is not the number 1",
        ),
        (
            printed(&whole.replace(":1,", ":2,")),
            "Version is 2, and not 1",
        ),
        (
            printed(&whole.replace("AccessKeyId", "x")),
            "AccessKeyId is missing",
        ),
        (
            printed(&whole.replace("secret-A", "")),
            "SecretAccessKey is empty",
        ),
        (
            printed(&whole.replace("\"token-A\"", "[]")),
            "SessionToken is not a string",
        ),
        (
            printed(&whole.replace("2026-01-01T06:00:00Z", "secret-A")),
            "timestamp",
        ),
        (
            printed(&whole.replace("2026-01-01T06", "2025-01-01T06")),
            "already expired",
        ),
    ] {
        let mut play = Play::new(&profile());
        play.ran = ran;
        let outcome = play.resolve([]);
        assert_error(&outcome, ErrorKind::Error, says);
        let shown = format!("{outcome:?} {:?}", play.provider);
        assert!(
            !shown.contains("secret-A") && !shown.contains("CANARY"),
            "{shown}"
        );
    }
}

#[test]
fn one_that_does_not_end_is_given_up_after_a_minute() {
    let mut play = Play::new(&profile());
    play.ran = None;
    assert_error(&play.resolve([]), ErrorKind::Error, "did not end in time");
    assert_eq!(play.now.mono.since(T0.mono), minutes(1));
    assert_eq!(play.runs, [LINE]);
}

#[test]
fn a_source_profile_may_have_one() {
    let environment = config(
        "[default]\nrole_arn = r\nsource_profile = base\n\
         [profile base]\ncredential_process = print\n",
    );
    let mut play = Play::new(&environment);
    play.ran = printed(&output("BASE", "2026-01-01T06:00:00Z"));
    let outcome = play.resolve_with(|send| {
        let authorization = send.request.headers.get("authorization").unwrap();
        assert!(authorization.contains("Credential=BASE/"));
        assumed("AssumeRole", "A", "2026-01-01T06:00:00Z")
    });
    assert_eq!(outcome.unwrap().source, Source::AssumeRole);
}
