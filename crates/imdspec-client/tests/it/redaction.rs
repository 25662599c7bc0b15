//! Secrets are shown by one function, and by nothing else.

use crate::play::*;
use imdspec_client::{Action, Environment, Options, Provider};

const SECRETS: [&str; 4] = ["secret-A", "token-A", "CANARY-SESSION", "CANARY-OPEN"];

#[track_caller]
fn assert_clean(text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{text}");
    }
}

#[test]
fn debug_shows_no_secret() {
    let mut play = Play::new(&Environment::default());
    let end = play.after(3600);
    let mut seen = Vec::new();
    let outcome = play.resolve_with(|send| {
        seen.push(format!("{send:?} {:?}", Action::Send(send.clone())));
        match send.request.target.as_str() {
            "/latest/api/token" => token("CANARY-SESSION", "21600"),
            LIST => ok("role"),
            _ => ok(&document("A", &end)),
        }
    });
    assert_clean(&seen.join("\n"));
    let shown = format!("{:?} {outcome:?} {outcome:#?}", play.provider);
    assert!(
        shown.contains("redacted") && shown.contains("\"A\""),
        "{shown}"
    );
    assert_clean(&shown);
}

#[test]
fn settings_show_no_secret() {
    let environment = Environment {
        config_file: Some("[default]\naws_secret_access_key = secret-A\n".into()),
        ..vars([
            ("AWS_ACCESS_KEY_ID", "A"),
            ("AWS_SECRET_ACCESS_KEY", "secret-A"),
            ("AWS_SESSION_TOKEN", "token-A"),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "CANARY-OPEN"),
        ])
    };
    assert_clean(&format!("{environment:?}"));
    let provider = Provider::new(&environment, &Options::default(), 0);
    assert_clean(&format!("{provider:?}"));
    let container = vars([
        ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x"),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "CANARY-OPEN"),
    ]);
    let provider = Provider::new(&container, &Options::default(), 0);
    assert_clean(&format!("{provider:?}"));
    let endpoint = vars([("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://u:secret-A@h")]);
    let outcome = Play::new(&endpoint).resolve([]);
    assert_clean(&outcome.unwrap_err().to_string());
}

#[test]
fn errors_show_no_secret_even_when_the_service_quotes_them() {
    let quoting = r#""Code":"Failed secret-A","Message":"secret-A token-A CANARY-SESSION\u0007""#;
    let long = format!(
        r#""Code":"Failed","Message":"{}CANARY-SESSION""#,
        "x".repeat(250)
    );
    let bodies = [
        document("A", "never secret-A"),
        document("A", "2026-01-01T06:00:00Z") + "CANARY-SESSION",
        document("A", "2026-01-01T06:00:00Z").replace(r#""Code":"Success""#, quoting),
        // A long quotation is cut, and not in the middle of a secret.
        document("A", "2026-01-01T06:00:00Z").replace(r#""Code":"Success""#, &long),
    ];
    for body in bodies {
        let outcome = Play::new(&Environment::default()).resolve_with(|send| {
            match send.request.target.as_str() {
                "/latest/api/token" => token("CANARY-SESSION", "21600"),
                LIST => ok("role"),
                _ => ok(&body),
            }
        });
        let error = outcome.unwrap_err();
        assert_clean(&error.to_string());
        assert!(!error.message.contains("CANARY"), "{error}");
        assert!(!error.message.contains(char::is_control));
    }
}

#[test]
fn the_credential_process_object_is_the_one_that_shows_them() {
    let mut play = Play::new(&Environment::default());
    let mut body = document("A", "2026-01-01T06:00:00.123456Z");
    body = body.replace(r#""Type""#, r#""AccountId":"123456789012","Type""#);
    let credentials = play
        .resolve_with(|send| match send.request.target.as_str() {
            "/latest/api/token" => token("T", "21600"),
            LIST => ok("role"),
            _ => ok(&body),
        })
        .unwrap();
    let json: serde_json::Value =
        serde_json::from_str(&credentials.to_credential_process_json()).unwrap();
    let expected = serde_json::json!({
        "Version": 1,
        "AccessKeyId": "A",
        "SecretAccessKey": "secret-A",
        "SessionToken": "token-A",
        "Expiration": "2026-01-01T06:00:00Z",
        "AccountId": "123456789012",
    });
    assert_eq!(json, expected);

    let keys = vars([
        ("AWS_ACCESS_KEY_ID", "A"),
        ("AWS_SECRET_ACCESS_KEY", "s\"\\"),
    ]);
    let credentials = Play::new(&keys).resolve([]).unwrap();
    assert_eq!(
        credentials.to_credential_process_json(),
        r#"{"AccessKeyId":"A","SecretAccessKey":"s\"\\","Version":1}"#
    );
}
