//! IAM Identity Center: the token of a sign-in, its renewal, and a role's credentials.

use crate::play::*;
use imdspec_client::{Environment, ErrorKind, Lost, Source};
use imdspec_wire::Request;
use std::time::Duration;

/// `printf corp | sha1sum`
const FILE: &str = "/home/user/.aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";
/// `printf https://example.awsapps.test/start | sha1sum`
const LEGACY_FILE: &str = "/home/user/.aws/sso/cache/569c0e5dbc1f24e7f12c1acf8c26b05bee983521.json";

fn corp() -> Environment {
    config(
        "[default]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = a+b\n\
         region = us-east-1\n\
         [sso-session corp]\nsso_region = eu-west-1\n\
         sso_start_url = https://example.awsapps.test/start\n",
    )
}

fn legacy() -> Environment {
    config(
        "[default]\nsso_account_id = 123456789012\nsso_role_name = a+b\n\
         sso_region = eu-west-1\nsso_start_url = https://example.awsapps.test/start\n",
    )
}

/// A file as a sign-in leaves it, whose token ends then.
fn signed_in(token: &str, end: &str) -> String {
    format!(
        r#"{{"startUrl":"https://example.awsapps.test/start","region":"eu-west-1",
        "accessToken":"{token}","expiresAt":"{end}","clientId":"client",
        "clientSecret":"CANARY-client","refreshToken":"CANARY-{token}",
        "registrationExpiresAt":"2026-03-01T00:00:00Z"}}"#
    )
}

fn agent(request: Request) -> Request {
    request
        .with("user-agent", concat!("imdspec/", env!("CARGO_PKG_VERSION")))
        .with("accept", "application/json")
}

/// The GET for the credentials, exactly.
fn portal(token: &str) -> Request {
    let target = "/federation/credentials?role_name=a%2Bb&account_id=123456789012";
    let host = "portal.sso.eu-west-1.amazonaws.com";
    agent(Request::new("GET", target).with("host", host)).with("x-amz-sso_bearer_token", token)
}

/// The POST that renews a token, exactly.
fn renewal(refresh_token: &str) -> Request {
    let body = format!(
        r#"{{"clientId":"client","clientSecret":"CANARY-client","grantType":"refresh_token","refreshToken":"{refresh_token}"}}"#
    );
    let host = "oidc.eu-west-1.amazonaws.com";
    let mut request = agent(Request::new("POST", "/token").with("host", host))
        .with("content-type", "application/json")
        .with("content-length", body.len().to_string());
    request.body = body.as_str().into();
    request
}

fn credentials(id: &str, millis: i64) -> Line {
    ok(&format!(
        r#"{{"roleCredentials":{{"accessKeyId":"{id}","secretAccessKey":"secret-{id}",
        "sessionToken":"token-{id}","expiration":{millis}}}}}"#
    ))
}

/// Milliseconds since 1970 of a time so many seconds from now.
fn millis(play: &Play, seconds: i64) -> i64 {
    play.now.wall.plus_seconds(seconds).0
}

#[test]
fn the_token_of_the_last_sign_in_is_good_for_credentials() {
    for (environment, file) in [(corp(), FILE), (legacy(), LEGACY_FILE)] {
        let mut play = Play::new(&environment);
        (play.files).insert(file.into(), signed_in("T", "2026-01-01T01:00:00Z"));
        let end = millis(&play, 3600);
        let found = play
            .resolve([(portal("T"), credentials("A", end))])
            .unwrap();
        assert_eq!(play.reads, [file]);
        assert_eq!(found.access_key_id, "A");
        assert_eq!(found.secret_access_key, "secret-A");
        assert_eq!(found.session_token.unwrap(), "token-A");
        assert_eq!(
            found.expiration.unwrap().to_string(),
            "2026-01-01T01:00:00Z"
        );
        assert_eq!(found.account_id.unwrap(), "123456789012");
        assert_eq!(found.source, Source::Sso);
        assert!(play.resolve([]).is_ok());
    }
    let mut play = Play::new(&corp());
    (play.files).insert(FILE.into(), signed_in("T", "2026-01-01T01:00:00UTC"));
    let end = millis(&play, 3600);
    assert!(play.resolve([(portal("T"), credentials("A", end))]).is_ok());
}

#[test]
fn a_token_that_has_expired_is_renewed_and_the_new_one_is_kept() {
    let mut play = Play::new(&corp());
    (play.files).insert(FILE.into(), signed_in("OLD", "2026-01-01T00:00:00Z"));
    let renewed = r#"{"accessToken":"NEW","expiresIn":3600,"tokenType":"Bearer",
        "refreshToken":"CANARY-next"}"#;
    let end = millis(&play, 60);
    play.resolve([
        (renewal("CANARY-OLD"), ok(renewed)),
        (portal("NEW"), credentials("A", end)),
    ])
    .unwrap();
    assert!(!format!("{:?}", play.provider).contains("CANARY"));
    // It is good for an hour.
    play.advance(Duration::from_secs(60));
    let end = millis(&play, 60);
    play.resolve([(portal("NEW"), credentials("B", end))])
        .unwrap();
    // Then it is renewed in its turn, with what came with it.
    play.advance(minutes(60));
    let end = millis(&play, 60);
    play.resolve([
        (
            renewal("CANARY-next"),
            ok(r#"{"accessToken":"NEWER","expiresIn":3600}"#),
        ),
        (portal("NEWER"), credentials("C", end)),
    ])
    .unwrap();
    // Whoever signs in again is believed.
    play.advance(minutes(2));
    (play.files).insert(FILE.into(), signed_in("AGAIN", "2026-01-02T00:00:00Z"));
    let end = millis(&play, 60);
    play.resolve([(portal("AGAIN"), credentials("D", end))])
        .unwrap();
}

#[test]
fn what_cannot_be_renewed_asks_for_a_sign_in() {
    let late = signed_in("OLD", "2025-12-31T23:59:59Z");
    for (environment, file, text, says) in [
        (corp(), FILE, None, "cannot be read; sign in again"),
        (
            corp(),
            FILE,
            Some("{".to_owned()),
            "no token of SSO: not JSON",
        ),
        (corp(), FILE, Some("[]".to_owned()), "not a JSON object"),
        (
            corp(),
            FILE,
            Some(late.replace("accessToken", "x")),
            "accessToken is missing",
        ),
        (
            corp(),
            FILE,
            Some(signed_in(r"a\nX: y", "2026-02-01T00:00:00Z")),
            "cannot stand in a header",
        ),
        (
            corp(),
            FILE,
            Some(late.replace("2025-12-31T23:59:59Z", "soon")),
            "timestamp",
        ),
        (
            corp(),
            FILE,
            Some(late.replace("clientId", "x")),
            "has expired; sign in",
        ),
        (
            corp(),
            FILE,
            Some(late.replace("registration", "x")),
            "has expired; sign in",
        ),
        (
            corp(),
            FILE,
            Some(late.replace("2026-03", "2025-12")),
            "has expired; sign in",
        ),
        (
            legacy(),
            LEGACY_FILE,
            Some(late.clone()),
            "has expired; sign in",
        ),
    ] {
        let mut play = Play::new(&environment);
        play.files = text
            .map(|text| (file.to_owned(), text))
            .into_iter()
            .collect();
        let outcome = play.resolve([]);
        assert_error(&outcome, ErrorKind::Error, says);
        assert!(!outcome.unwrap_err().message.contains("CANARY"));
    }
}

#[test]
fn what_the_services_say_is_passed_on_without_secrets() {
    let mut play = Play::new(&corp());
    (play.files).insert(FILE.into(), signed_in("OLD", "2026-01-01T00:00:00Z"));
    let words = r#"{"error":"invalid_grant","error_description":"CANARY-OLD CANARY-client no"}"#;
    let outcome = play.resolve([(renewal("CANARY-OLD"), status(400, words))]);
    assert_error(
        &outcome,
        ErrorKind::Error,
        "status 400, invalid_grant: (redacted) (redacted) no; sign in again",
    );

    (play.files).insert(FILE.into(), signed_in("CANARY", "2026-01-01T01:00:00Z"));
    let words = r#"{"message":"CANARY is bad","__type":"com.amazonaws#UnauthorizedException"}"#;
    let outcome = play.resolve([(portal("CANARY"), status(401, words))]);
    assert_error(
        &outcome,
        ErrorKind::Error,
        "status 401, com.amazonaws#UnauthorizedException: (redacted) is bad; sign in again",
    );
    for (line, tries, says) in [
        (status(500, ""), 3, "status 500"),
        (status(429, words), 3, "status 429"),
        (Line::Lost(Lost::Unreachable), 3, "unreachable"),
        (Line::Silence, 2, "timed out"),
        (ok("{"), 3, "not JSON"),
        (status(403, "[1]"), 1, "status 403"),
        (ok("{}"), 1, "roleCredentials is missing"),
        (
            ok(r#"{"roleCredentials":{"expiration":1}}"#),
            1,
            "accessKeyId is missing",
        ),
        (credentials("", 1), 1, "accessKeyId is empty"),
        (credentials("A", 1), 1, "already expired"),
    ] {
        let mut asked = 0;
        let outcome = play.resolve_with(|_| {
            asked += 1;
            line.clone()
        });
        assert_error(&outcome, ErrorKind::Error, says);
        assert_eq!(asked, tries, "{says}");
    }
}

#[test]
fn what_a_profile_says_must_be_whole() {
    let text = |environment: &Environment| environment.config_file.clone().unwrap_or_default();
    let (corp, legacy) = (text(&corp()), text(&legacy()));
    for (text, says) in [
        (
            corp.replace("sso_role_name", "x"),
            "has sso_account_id but no sso_role_name",
        ),
        (
            corp.replace("sso_account_id", "x"),
            "has sso_role_name but no sso_account_id",
        ),
        (corp.replace("= corp", "= other"), "\"other\", a section"),
        (
            corp.replace("sso_region", "x"),
            "[sso-session corp] has no sso_region",
        ),
        (
            corp.replace("[sso-session", "sso_region = us-east-1\n[sso-session"),
            "different sso_region",
        ),
        (
            corp.replace("eu-west-1", "evil.test/?"),
            "sso_region is not a region",
        ),
        (legacy.replace("sso_start_url", "x"), "no sso_start_url"),
        (legacy.replace("sso_region", "x"), "no sso_region"),
    ] {
        assert_error(
            &Play::new(&config(&text)).resolve([]),
            ErrorKind::Error,
            says,
        );
    }
    let homeless = Environment {
        home: None,
        ..config(&corp)
    };
    assert_error(
        &Play::new(&homeless).resolve([]),
        ErrorKind::Error,
        "set HOME",
    );
}

#[test]
fn the_endpoints() {
    let mut environment = corp();
    let vars = &mut environment.vars;
    vars.insert(
        "AWS_ENDPOINT_URL_SSO".into(),
        "http://127.0.0.1:1/portal".into(),
    );
    vars.insert(
        "AWS_ENDPOINT_URL_SSO_OIDC".into(),
        "http://127.0.0.1:2".into(),
    );
    let mut play = Play::new(&environment);
    (play.files).insert(FILE.into(), signed_in("OLD", "2026-01-01T00:00:00Z"));
    let mut at = Vec::new();
    let end = millis(&play, 3600);
    play.resolve_with(|send| {
        at.push(format!("{} {}", send.authority, send.tls));
        match send.request.method.as_str() {
            "POST" => ok(r#"{"accessToken":"NEW","expiresIn":3600}"#),
            _ => {
                assert!(send.request.target.starts_with("/portal/federation/"));
                credentials("A", end)
            }
        }
    })
    .unwrap();
    assert_eq!(at, ["127.0.0.1:2 false", "127.0.0.1:1 false"]);
}
