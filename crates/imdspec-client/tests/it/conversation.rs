//! Token, role list, document: what is sent, and what each answer leads to.

use crate::play::*;
use imdspec_client::{Environment, ErrorKind, Lost, Options, Source};
use std::time::Duration;

fn play() -> Play {
    Play::new(&Environment::default())
}

const SIX_HOURS: &str = "2026-01-01T06:00:00Z";

#[test]
fn a_whole_conversation() {
    let credentials = play().resolve(conversation("A", SIX_HOURS)).unwrap();
    assert_eq!(credentials.access_key_id, "A");
    assert_eq!(credentials.secret_access_key, "secret-A");
    assert_eq!(credentials.session_token.unwrap(), "token-A");
    assert_eq!(credentials.expiration.unwrap().to_string(), SIX_HOURS);
    assert_eq!(credentials.account_id, None);
    assert_eq!(credentials.source, Source::Imds);
}

#[test]
fn a_role_name_stands_in_the_path_as_it_is() {
    let target = format!("{LIST}a+b=c,d.e@f_g-h");
    let outcome = play().resolve([
        (put(), token("T1", "21600")),
        (get(LIST, "T1"), ok("a+b=c,d.e@f_g-h\r\nsecond\n")),
        (get(&target, "T1"), ok(&document("A", SIX_HOURS))),
    ]);
    assert!(outcome.is_ok());
}

#[test]
fn a_role_name_that_is_none_goes_into_no_request() {
    for list in [
        "../../user-data",
        "%2e%2e",
        "a?b",
        "a#b",
        "//h",
        "a b",
        "{\"Code\":1}",
        "\u{0}",
    ] {
        let outcome = play().resolve([(put(), token("T1", "21600")), (get(LIST, "T1"), ok(list))]);
        assert_error(&outcome, ErrorKind::Error, "role");
    }
}

#[test]
fn no_role_is_no_error() {
    for line in [status(404, "evil-role"), ok(""), ok(" \n")] {
        let outcome = play().resolve([(put(), token("T1", "21600")), (get(LIST, "T1"), line)]);
        assert_error(&outcome, ErrorKind::None, "no role");
    }
}

#[test]
fn nobody_there_is_no_error_and_not_tried_again() {
    for lost in [Lost::Refused, Lost::Unreachable] {
        let outcome = play().resolve([(put(), Line::Lost(lost))]);
        assert_error(&outcome, ErrorKind::None, "169.254.169.254:80");
    }
}

#[test]
fn a_token_put_refused_is_final() {
    for (code, says) in [
        (400, "400"),
        (403, "403; the service is turned off"),
        (404, "404"),
        (405, "405"),
        (302, "302"),
    ] {
        let mut refused = response(code, "T1");
        refused
            .headers
            .push("x-aws-ec2-metadata-token-ttl-seconds", "21600");
        let outcome = play().resolve([(put(), Line::Answer(refused))]);
        assert_error(&outcome, ErrorKind::Error, says);
    }
}

#[test]
fn a_token_that_cannot_be_used_is_final() {
    let mut without_ttl = response(200, "T1");
    without_ttl.headers.push("content-type", "text/plain");
    let mut lines = vec![Line::Answer(without_ttl), token("", "21600")];
    for body in ["T1\n", "T\r\nX: y", "T\u{0}1", "T 1", "T\u{e9}"] {
        lines.push(token(body, "21600"));
    }
    for ttl in [
        "",
        "-1",
        "+1",
        "0",
        "21601",
        "x",
        "1.5",
        "99999999999999999999",
    ] {
        lines.push(token("T1", ttl));
    }
    for line in lines {
        let outcome = play().resolve([(put(), line)]);
        assert_error(&outcome, ErrorKind::Error, "the session token");
    }
}

#[test]
fn what_may_pass_is_tried_again_with_growing_pauses() {
    let mut play = play();
    let outcome = play.resolve([
        (put(), status(503, "")),
        (put(), Line::Lost(Lost::Reset)),
        (put(), token("T1", "21600")),
        (get(LIST, "T1"), status(429, "")),
        (get(LIST, "T1"), Line::Lost(Lost::Closed)),
        (get(LIST, "T1"), ok("role")),
        (get(DOCUMENT, "T1"), ok("{\"Code\":\"Succ")),
        (get(DOCUMENT, "T1"), Line::Silence),
        (get(DOCUMENT, "T1"), ok(&document("A", SIX_HOURS))),
    ]);
    assert!(outcome.is_ok());
    for step in play.pauses.chunks(2) {
        assert!((50..=100).contains(&step[0].as_millis()), "{step:?}");
        assert!((100..=200).contains(&step[1].as_millis()), "{step:?}");
    }
    assert_eq!(play.pauses.len(), 6);
}

#[test]
fn what_will_not_pass_is_not_tried_again() {
    for line in [
        status(403, ""),
        status(400, ""),
        status(301, ""),
        status(204, ""),
        Line::Lost(Lost::TooLarge),
        Line::Lost(Lost::NotHttp),
    ] {
        let outcome = play().resolve([(put(), token("T1", "21600")), (get(LIST, "T1"), line)]);
        assert_error(&outcome, ErrorKind::Error, "the role list");
    }
}

#[test]
fn tries_are_counted_in_all() {
    for (n, expected) in [("1", 1), ("2", 2), ("7", 7), ("10", 10)] {
        let mut play = Play::new(&vars([("AWS_METADATA_SERVICE_NUM_ATTEMPTS", n)]));
        let mut gets = 0;
        let outcome = play.resolve_with(|send| {
            if send.request.method == "PUT" {
                return token("T1", "21600");
            }
            gets += 1;
            status(500, "")
        });
        assert_error(&outcome, ErrorKind::Error, "the role list: status 500");
        assert_eq!(gets, expected);
    }
}

#[test]
fn a_refused_token_is_replaced_once_for_each_request() {
    let outcome = play().resolve([
        (put(), token("T1", "21600")),
        (get(LIST, "T1"), status(401, "")),
        (put(), token("T2", "21600")),
        (get(LIST, "T2"), ok("role")),
        (get(DOCUMENT, "T2"), status(401, "")),
        (put(), token("T3", "21600")),
        (get(DOCUMENT, "T3"), ok(&document("A", SIX_HOURS))),
    ]);
    assert!(outcome.is_ok());
}

#[test]
fn a_token_refused_twice_ends_it_and_is_never_sent_again() {
    let mut play = play();
    let outcome = play.resolve([
        (put(), token("T1", "21600")),
        (get(LIST, "T1"), status(401, "")),
        (put(), token("T2", "21600")),
        (get(LIST, "T2"), status(401, "")),
    ]);
    assert_error(&outcome, ErrorKind::Error, "401");
    let outcome = play.resolve(conversation("A", SIX_HOURS));
    assert!(outcome.is_ok());
}

#[test]
fn one_try_still_allows_a_new_token() {
    let mut play = Play::new(&vars([("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "1")]));
    let outcome = play.resolve([
        (put(), token("T1", "21600")),
        (get(LIST, "T1"), status(401, "")),
        (put(), token("T2", "21600")),
        (get(LIST, "T2"), status(500, "")),
    ]);
    assert_error(&outcome, ErrorKind::Error, "500");
}

#[test]
fn a_token_is_used_until_two_minutes_before_its_end() {
    let mut play = play();
    let soon = play.after(60);
    play.resolve([
        (put(), token("T1", "600")),
        (get(LIST, "T1"), ok("role")),
        (get(DOCUMENT, "T1"), ok(&document("A", &soon))),
    ])
    .unwrap();
    play.advance(Duration::from_secs(479));
    let soon = play.after(1);
    play.resolve(refresh("B", &soon)).unwrap();
    play.advance(Duration::from_secs(1));
    let outcome = play.resolve([
        (put(), token("T2", "600")),
        (get(LIST, "T2"), ok("role")),
        (get(DOCUMENT, "T2"), ok(&document("C", SIX_HOURS))),
    ]);
    assert_eq!(outcome.unwrap().access_key_id, "C");
}

#[test]
fn a_token_that_ends_in_a_pause_is_renewed_first() {
    let outcome = play().resolve([
        (put(), token("T1", "2")),
        (get(LIST, "T1"), Line::Silence),
        (put(), token("T2", "21600")),
        (get(LIST, "T2"), ok("role")),
        (get(DOCUMENT, "T2"), ok(&document("A", SIX_HOURS))),
    ]);
    assert!(outcome.is_ok());
}

#[test]
fn tokens_that_end_at_once_end_it() {
    let mut play = Play::new(&vars([("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "10")]));
    let mut puts = 0;
    let outcome = play.resolve_with(|send| {
        if send.request.method == "PUT" {
            puts += 1;
            return token("T", "1");
        }
        Line::Silence
    });
    assert_error(&outcome, ErrorKind::Error, "end before they can be used");
    assert_eq!(puts, 4);
}

#[test]
fn silence_ends_within_the_deadline() {
    let mut quiet = Play::new(&vars([("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "10")]));
    let outcome = quiet.resolve_with(|_| Line::Silence);
    assert_error(&outcome, ErrorKind::Error, "timed out; inside a container");
    assert!(quiet.now.mono.since(T0.mono) <= Duration::from_secs(10));

    let deadline = Duration::from_millis(1500);
    let options = Options {
        deadline,
        ..Options::default()
    };
    let mut hasty = Play::with(&Environment::default(), options);
    let outcome = hasty.resolve([(put(), Line::Silence), (put(), Line::Silence)]);
    assert_error(&outcome, ErrorKind::Error, "timed out");
    assert_eq!(hasty.now.mono.since(T0.mono), deadline);

    let mut patient = Play::new(&vars([("AWS_METADATA_SERVICE_TIMEOUT", "30")]));
    let outcome = patient.resolve([(put(), Line::Silence)]);
    assert_error(&outcome, ErrorKind::Error, "timed out");
    assert_eq!(patient.now.mono.since(T0.mono), Duration::from_secs(30));
}

#[test]
fn a_late_reply_to_a_request_given_up_is_not_taken() {
    let mut play = play();
    play.provider.start(play.now);
    let imdspec_client::Action::Send(_) = play.provider.poll(play.now) else {
        panic!("nothing sent")
    };
    play.advance(Duration::from_secs(1));
    let imdspec_client::Action::Wait(until) = play.provider.poll(play.now) else {
        panic!("no pause")
    };
    let Line::Answer(late) = token("LATE", "21600") else {
        panic!()
    };
    play.provider.receive(play.now, Ok(late));
    play.advance(until.since(play.now.mono));
    let imdspec_client::Action::Send(again) = play.provider.poll(play.now) else {
        panic!("not tried again")
    };
    assert_eq!(again.request, put());
}

#[test]
fn only_a_whole_document_that_says_success_gives_credentials() {
    let whole = document("A", SIX_HOURS);
    let without = |member: &str| whole.replace(member, "Other");
    for (body, says) in [
        (whole.replace("Success", "Failed"), "Failed"),
        (without("AccessKeyId"), "AccessKeyId is missing"),
        (
            without("\"Token\"").replace("Other", "\"Other\""),
            "Token is missing",
        ),
        (without("Expiration"), "Expiration is missing"),
        (whole.replace("secret-A", ""), "SecretAccessKey is empty"),
        (whole.replace("\"token-A\"", "1"), "Token is not a string"),
        (
            whole.replace(SIX_HOURS, "never"),
            "not an RFC 3339 timestamp",
        ),
        ("[]".to_owned(), "not a JSON object"),
    ] {
        let outcome = play().resolve([
            (put(), token("T1", "21600")),
            (get(LIST, "T1"), ok("role")),
            (get(DOCUMENT, "T1"), ok(&body)),
        ]);
        assert_error(&outcome, ErrorKind::Error, says);
    }
}

#[test]
fn the_services_code_and_message_are_passed_on() {
    let body = r#"{"Code":"AssumeRoleUnauthorizedAccess","Message":"EC2 cannot assume role","LastUpdated":"x"}"#;
    let outcome = play().resolve([
        (put(), token("T1", "21600")),
        (get(LIST, "T1"), ok("role")),
        (get(DOCUMENT, "T1"), ok(body)),
    ]);
    assert_error(&outcome, ErrorKind::Error, "AssumeRoleUnauthorizedAccess");
    assert_error(&outcome, ErrorKind::Error, "EC2 cannot assume role");
}

#[test]
fn replies_larger_than_their_limit_are_not_used() {
    let padded = |n: usize| format!("role{}", " ".repeat(n));
    let list = |n| {
        play().resolve_with(move |send| match send.request.target.as_str() {
            "/latest/api/token" => token("T1", "21600"),
            LIST => ok(&padded(n)),
            _ => ok(&document("A", SIX_HOURS)),
        })
    };
    assert!(list((16 << 10) - 4).is_ok());
    assert_error(&list((16 << 10) - 3), ErrorKind::Error, "too large");
    let outcome = play().resolve([(put(), token(&"T".repeat(4097), "21600"))]);
    assert_error(&outcome, ErrorKind::Error, "too large");
}

#[test]
fn a_start_in_the_middle_begins_anew() {
    let mut play = play();
    play.provider.start(play.now);
    assert!(matches!(
        play.provider.poll(play.now),
        imdspec_client::Action::Send(_)
    ));
    assert!(play.resolve(conversation("A", SIX_HOURS)).is_ok());
}
