//! Settings and their precedence, and the sources before the network.

use crate::play::*;
use imdspec_client::{Action, Environment, ErrorKind, Lost, Source, Unread};

const ENDPOINT: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
const MODE: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE";

/// The authority and the target of the first request, or the error.
fn first(environment: &Environment) -> Result<(String, String), String> {
    let mut play = Play::new(environment);
    play.provider.start(play.now);
    match play.provider.poll(play.now) {
        Action::Send(send) => Ok((send.authority.to_string(), send.request.target)),
        Action::Done(Err(error)) => Err(error.message),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn assert_asked(environment: &Environment, authority: &str) {
    let (at, target) = first(environment).unwrap();
    assert_eq!((&*at, &*target), (authority, "/latest/api/token"));
}

#[track_caller]
fn assert_refused(environment: &Environment, names: &str) {
    let message = first(environment).unwrap_err();
    assert!(message.contains(names), "{message}");
}

#[test]
fn the_endpoint() {
    assert_asked(&Environment::default(), "169.254.169.254:80");
    assert_asked(
        &vars([(ENDPOINT, "http://127.0.0.1:1338/")]),
        "127.0.0.1:1338",
    );
    assert_asked(&vars([(ENDPOINT, "")]), "169.254.169.254:80");
    for value in [
        "127.0.0.1:80",
        "ftp://h",
        "_not a uri",
        "http://h/?q",
        "http://u:p@h",
    ] {
        assert_refused(&vars([(ENDPOINT, value)]), ENDPOINT);
    }
    let based = first(&vars([(ENDPOINT, "http://h:1/base/")])).unwrap();
    assert_eq!(
        based,
        ("h:1".to_owned(), "/base/latest/api/token".to_owned())
    );
}

/// RFC 9110, section 4.2.2: where TLS is asked for, nothing is sent in the clear.
#[test]
fn an_https_endpoint_is_spoken_to_over_tls() {
    for (url, authority, host, tls) in [
        ("https://h", "h:443", "h", true),
        ("https://h:8443/", "h:8443", "h:8443", true),
        ("http://h", "h:80", "h", false),
    ] {
        let mut play = Play::new(&vars([(ENDPOINT, url)]));
        let outcome = play.resolve_with(|send| {
            assert_eq!(send.authority.to_string(), authority);
            assert_eq!(send.request.headers.get("host"), Some(host));
            assert_eq!(send.tls, tls, "{url}");
            Line::Lost(Lost::NotHttp)
        });
        assert!(outcome.is_err());
    }
}

#[test]
fn the_mode() {
    for mode in ["IPv6", "ipv6", "IPV6"] {
        assert_asked(&vars([(MODE, mode)]), "[fd00:ec2::254]:80");
    }
    assert_asked(&vars([(MODE, "ipv4")]), "169.254.169.254:80");
    assert_refused(&vars([(MODE, "IPv5")]), MODE);
    assert_asked(&vars([(MODE, "IPv5"), (ENDPOINT, "http://h:1")]), "h:1");
    assert_asked(
        &config("[default]\nec2_metadata_service_endpoint_mode = IPv6\n"),
        "[fd00:ec2::254]:80",
    );
}

#[test]
fn code_goes_before_the_environment_and_that_before_the_profile() {
    let mut environment = config("[default]\nec2_metadata_service_endpoint = http://config\n");
    assert_asked(&environment, "config:80");
    (environment.vars).insert(ENDPOINT.into(), "http://variable".into());
    assert_asked(&environment, "variable:80");
    (environment.code).insert("ec2_metadata_service_endpoint".into(), "http://code".into());
    assert_asked(&environment, "code:80");
    (environment.code).insert("ec2_metadata_service_endpoint".into(), "code".into());
    assert_refused(&environment, "ec2_metadata_service_endpoint (set in code)");
}

#[test]
fn the_active_profile() {
    let mut environment = config(
        "[default]\nec2_metadata_service_endpoint = http://default\n\
         [profile work]\nec2_metadata_service_endpoint = http://work\n",
    );
    environment.vars.insert("AWS_PROFILE".into(), "work".into());
    assert_asked(&environment, "work:80");
    environment.vars.insert("AWS_PROFILE".into(), "wokr".into());
    assert_refused(&environment, "AWS_PROFILE");
}

#[test]
fn turned_off() {
    for value in ["true", "TRUE", "tRuE"] {
        let mut play = Play::new(&vars([
            ("AWS_EC2_METADATA_DISABLED", value),
            (ENDPOINT, "x"),
        ]));
        assert_error(
            &play.resolve([]),
            ErrorKind::None,
            "AWS_EC2_METADATA_DISABLED",
        );
    }
    for value in ["false", "", "1", "yes"] {
        assert_asked(
            &vars([("AWS_EC2_METADATA_DISABLED", value)]),
            "169.254.169.254:80",
        );
    }
}

#[test]
fn attempts_and_timeout_are_whole_numbers() {
    for (variable, most) in [
        ("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "11"),
        ("AWS_METADATA_SERVICE_TIMEOUT", "61"),
    ] {
        for value in ["0", "-1", "+1", "1.5", "x", " 1", "99999999999", most] {
            assert_refused(&vars([(variable, value)]), variable);
        }
    }
    let file = config("[default]\nmetadata_service_num_attempts = none\n");
    assert_refused(&file, "metadata_service_num_attempts");
}

#[test]
fn keys_of_the_environment_come_first() {
    let mut environment = vars([
        ("AWS_ACCESS_KEY_ID", "AKID"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x"),
        (ENDPOINT, "nonsense"),
        ("AWS_PROFILE", "nonsense"),
    ]);
    let credentials = Play::new(&environment).resolve([]).unwrap();
    assert_eq!(credentials.source, Source::Environment);
    assert_eq!(credentials.session_token, None);
    assert_eq!(credentials.expiration, None);
    (environment.vars).insert("AWS_SESSION_TOKEN".into(), "token".into());
    (environment.vars).insert("AWS_ACCOUNT_ID".into(), "123456789012".into());
    let credentials = Play::new(&environment).resolve([]).unwrap();
    assert_eq!(credentials.session_token.unwrap(), "token");
    assert_eq!(credentials.account_id.unwrap(), "123456789012");
}

#[test]
fn one_key_without_the_other_is_an_error_and_a_blank_one_is_none() {
    assert_refused(
        &vars([("AWS_ACCESS_KEY_ID", "AKID")]),
        "AWS_SECRET_ACCESS_KEY is not",
    );
    assert_refused(
        &vars([("AWS_SECRET_ACCESS_KEY", "s")]),
        "AWS_ACCESS_KEY_ID is not",
    );
    let blank = vars([("AWS_ACCESS_KEY_ID", " "), ("AWS_SECRET_ACCESS_KEY", "")]);
    assert_asked(&blank, "169.254.169.254:80");
}

#[test]
fn keys_of_the_profile_come_next_and_are_of_one_file() {
    let mut environment = config("[default]\naws_access_key_id = C\naws_secret_access_key = CS\n");
    environment
        .vars
        .insert("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI".into(), "/x".into());
    let credentials = Play::new(&environment).resolve([]).unwrap();
    assert_eq!(
        (&*credentials.access_key_id, credentials.source),
        ("C", Source::ConfigFile)
    );
    environment.credentials_file =
        Some("[default]\naws_access_key_id = D\naws_secret_access_key = DS\n".into());
    let credentials = Play::new(&environment).resolve([]).unwrap();
    assert_eq!(
        (&*credentials.secret_access_key, credentials.source),
        ("DS", Source::SharedCredentials)
    );
    environment.credentials_file = Some("[default]\naws_access_key_id = D\n".into());
    assert_refused(&environment, "the credentials file");
}

#[test]
fn a_config_file_without_keys_does_not_stop_the_chain() {
    assert_asked(
        &config("[default]\nregion = eu-west-1\n"),
        "169.254.169.254:80",
    );
}

#[test]
fn a_file_that_cannot_be_read_fails_what_needs_it() {
    let mut environment = vars([("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x")]);
    for (why, says) in [
        (Unread::NotUtf8, "the file /etc/aws/config is not UTF-8"),
        (Unread::TooLarge, "is too large"),
        (Unread::NotAFile, "is not a file"),
        (Unread::Missing, "cannot be read"),
    ] {
        environment.unread = [("/etc/aws/config".to_owned(), why)].into();
        assert_refused(&environment, says);
    }
    // Keys of the environment come first and need no file.
    (environment.vars).insert("AWS_ACCESS_KEY_ID".into(), "AKID".into());
    (environment.vars).insert("AWS_SECRET_ACCESS_KEY".into(), "secret".into());
    assert!(Play::new(&environment).resolve([]).is_ok());
}
