//! Roles of STS: how they are assumed, with whose keys, and where.

use crate::play::*;
use imdspec_client::{Environment, ErrorKind, Lost, Send, Source};
use std::time::Duration;

const ROLE: &str = "arn:aws:iam::123456789012:role/work";
const SIX_HOURS: &str = "2026-01-01T06:00:00Z";

fn role_of(profile: &str) -> Environment {
    config(&format!(
        "[default]\nrole_arn = {ROLE}\n{profile}\n\
         [profile base]\naws_access_key_id = BASE\naws_secret_access_key = secret-BASE\n"
    ))
}

/// The fields of a form.
fn form(send: &Send) -> Vec<(String, String)> {
    form_urlencoded::parse(&send.request.body)
        .into_owned()
        .collect()
}

fn field(send: &Send, name: &str) -> Option<String> {
    let mut fields = form(send).into_iter().filter(|(n, _)| n == name);
    fields.next().map(|(_, value)| value)
}

/// The access key id that a request is signed with.
fn signer(send: &Send) -> Option<&str> {
    let authorization = send.request.headers.get("authorization")?;
    Some(
        authorization
            .split_once("Credential=")?
            .1
            .split_once('/')?
            .0,
    )
}

#[test]
fn a_role_is_assumed_with_the_keys_of_another_profile() {
    let profile = "source_profile = base\nrole_session_name = me\nexternal_id = a b&c\n\
                   duration_seconds = 900\nregion = eu-west-1";
    let mut play = Play::new(&role_of(profile));
    let mut sent = Vec::new();
    let credentials = play
        .resolve_with(|send| {
            sent.push(send.clone());
            assumed("AssumeRole", "A", SIX_HOURS)
        })
        .unwrap();
    assert_eq!(credentials.access_key_id, "A");
    assert_eq!(credentials.secret_access_key, "secret-A");
    assert_eq!(credentials.session_token.unwrap(), "token-A");
    assert_eq!(credentials.expiration.unwrap().to_string(), SIX_HOURS);
    assert_eq!(credentials.account_id.unwrap(), "123456789012");
    assert_eq!(credentials.source, Source::AssumeRole);

    let [send] = sent.as_slice() else {
        panic!("{sent:?}")
    };
    assert!(send.tls);
    assert_eq!(
        send.authority.to_string(),
        "sts.eu-west-1.amazonaws.com:443"
    );
    let body = "Action=AssumeRole&Version=2011-06-15\
                &RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fwork&RoleSessionName=me\
                &ExternalId=a+b%26c&DurationSeconds=900";
    assert_eq!(send.request.body.text(), body);
    let headers = &send.request.headers;
    let names: Vec<&str> = headers.0.iter().map(|(name, _)| &**name).collect();
    assert_eq!(
        names,
        [
            "host",
            "user-agent",
            "accept",
            "content-type",
            "x-amz-date",
            "authorization",
            "content-length"
        ]
    );
    assert_eq!(headers.get("host"), Some("sts.eu-west-1.amazonaws.com"));
    assert_eq!(headers.get("x-amz-date"), Some("20260101T000000Z"));
    assert_eq!(
        headers.get("content-length"),
        Some(&*body.len().to_string())
    );
    let authorization = headers.get("authorization").unwrap();
    assert!(authorization.contains("BASE/20260101/eu-west-1/sts/aws4_request"));
    // They are kept.
    assert!(play.resolve([]).is_ok());
}

#[test]
fn a_session_that_nobody_named_is_named_by_the_seed() {
    let mut play = Play::new(&role_of("source_profile = base"));
    play.resolve_with(|send| {
        let name = field(send, "RoleSessionName");
        assert_eq!(name.as_deref(), Some("imdspec-0000000000000007"));
        assert_eq!(send.authority.host, "sts.amazonaws.com");
        let authorization = send.request.headers.get("authorization").unwrap();
        assert!(authorization.contains("/us-east-1/sts/"));
        assumed("AssumeRole", "A", SIX_HOURS)
    })
    .unwrap();
}

#[test]
fn roles_lead_through_profiles() {
    let environment = config(&format!(
        "[default]\nrole_arn = {ROLE}-1\nsource_profile = second\n\
         [profile second]\nrole_arn = {ROLE}-2\nsource_profile = third\n\
         [profile third]\naws_access_key_id = KEYS\naws_secret_access_key = s\n\
         role_arn = not assumed\nsource_profile = default\n"
    ));
    let mut play = Play::new(&environment);
    let mut steps = Vec::new();
    let outcome = play.resolve_with(|send| {
        let arn = field(send, "RoleArn").unwrap();
        steps.push((arn.clone(), signer(send).unwrap().to_owned()));
        assumed("AssumeRole", arn.rsplit('-').next().unwrap(), SIX_HOURS)
    });
    assert_eq!(outcome.unwrap().access_key_id, "1");
    let expected = [
        (format!("{ROLE}-2"), "KEYS".to_owned()),
        (format!("{ROLE}-1"), "2".to_owned()),
    ];
    assert_eq!(steps, expected);
    // A token of the first is signed in the request for the second.
    play.advance(Duration::from_secs(6 * 3600));
    let end = play.after(3600);
    let mut tokens = Vec::new();
    play.resolve_with(|send| {
        let headers = &send.request.headers;
        tokens.push(headers.get("x-amz-security-token").map(str::to_owned));
        assumed("AssumeRole", "B", &end)
    })
    .unwrap();
    assert_eq!(tokens, [None, Some("token-B".to_owned())]);
}

#[test]
fn a_profile_may_name_itself() {
    let own = "source_profile = default\naws_access_key_id = OWN\naws_secret_access_key = s";
    let outcome = Play::new(&role_of(own)).resolve_with(|send| {
        assert_eq!(signer(send), Some("OWN"));
        assumed("AssumeRole", "A", SIX_HOURS)
    });
    assert!(outcome.is_ok());
}

#[test]
fn what_a_profile_says_of_a_role_must_make_sense() {
    for (profile, says) in [
        ("", "neither source_profile, credential_source"),
        (
            "source_profile = base\ncredential_source = Environment",
            "both source_profile and credential_source",
        ),
        (
            "credential_source = Elsewhere",
            "none of Environment, EcsContainer",
        ),
        ("source_profile = nobody", "\"nobody\", which neither"),
        ("source_profile = default", "no keys of its own"),
        ("source_profile = loop", "leads back to it"),
        (
            "source_profile = empty",
            "\"empty\" is a source_profile and has no credentials",
        ),
        ("source_profile = half", "aws_secret_access_key is not"),
        (
            "source_profile = base\nduration_seconds = 899",
            "from 900 to 43200",
        ),
        (
            "source_profile = base\nduration_seconds = 1h",
            "from 900 to 43200",
        ),
        ("source_profile = base\nmfa_serial = arn:x", "mfa_serial"),
        (
            "source_profile = base\nregion = evil.test/",
            "region (of the active profile)",
        ),
        ("source_profile = base\nendpoint_url = sts", "endpoint_url"),
        ("credential_source = Environment", "not set up: environment"),
        ("credential_source = EcsContainer", "not set up: container"),
    ] {
        let mut environment = role_of(profile);
        let text = environment.config_file.as_mut().unwrap();
        *text += "[profile loop]\nrole_arn = r\nsource_profile = again\n\
                  [profile again]\nrole_arn = r\nsource_profile = loop\n\
                  [profile empty]\nregion = eu-west-1\n\
                  [profile half]\naws_access_key_id = H\n";
        let outcome = Play::new(&environment).resolve([]);
        assert_error(&outcome, ErrorKind::Error, says);
    }
    let mut long = format!("[default]\nrole_arn = {ROLE}\nsource_profile = 0\n");
    for n in 0..100_000 {
        long += &format!("[profile {n}]\nrole_arn = r\nsource_profile = {}\n", n + 1);
    }
    let outcome = Play::new(&config(&long)).resolve([]);
    assert_error(&outcome, ErrorKind::Error, "follows no more");
}

#[test]
fn a_role_may_be_assumed_with_what_the_place_gives() {
    let mut environment = role_of("credential_source = Ec2InstanceMetadata");
    let assume = |send: &Send| {
        assert_eq!(signer(send), Some("BASE"));
        let token = send.request.headers.get("x-amz-security-token");
        assert_eq!(token, Some("token-BASE"));
        assumed("AssumeRole", "A", SIX_HOURS)
    };
    let answer = |send: &Send| match send.request.target.as_str() {
        "/latest/api/token" => token("T1", "21600"),
        LIST => ok("role"),
        "/" => assume(send),
        _ => ok(&document("BASE", SIX_HOURS)),
    };
    let outcome = Play::new(&environment).resolve_with(answer);
    assert_eq!(outcome.unwrap().source, Source::AssumeRoleImds);

    environment = role_of("credential_source = EcsContainer");
    (environment.vars).insert("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI".into(), "/x".into());
    let outcome = Play::new(&environment).resolve_with(answer);
    assert_eq!(outcome.unwrap().source, Source::AssumeRoleContainer);

    // No service there is no role either: somebody asked for it.
    let mut environment = role_of("credential_source = Ec2InstanceMetadata");
    let outcome = Play::new(&environment).resolve([(put(), Line::Lost(Lost::Refused))]);
    assert_error(
        &outcome,
        ErrorKind::Error,
        "is not assumed: no instance metadata",
    );
    assert_error(&outcome, ErrorKind::Error, ROLE);
    (environment.vars).insert("AWS_EC2_METADATA_DISABLED".into(), "true".into());
    (environment.vars).insert("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI".into(), "/x".into());
    let outcome = Play::new(&environment).resolve([]);
    assert_error(
        &outcome,
        ErrorKind::Error,
        "turned off by AWS_EC2_METADATA_DISABLED",
    );
}

#[test]
fn credentials_of_a_role_are_renewed_with_the_ones_they_rest_on() {
    let mut play = Play::new(&role_of("credential_source = Ec2InstanceMetadata"));
    let (hour, day) = (play.after(3600), play.after(86_400));
    let [token, list, base] = conversation("BASE", &day);
    let mut asked = 0;
    play.resolve_with(|send| {
        asked += 1;
        match asked {
            1 => token.1.clone(),
            2 => list.1.clone(),
            3 => base.1.clone(),
            _ => {
                assert_eq!(signer(send), Some("BASE"));
                assumed("AssumeRole", "A", &hour)
            }
        }
    })
    .unwrap();
    // Those of the instance are good, so STS alone is asked.
    play.advance(minutes(46));
    let end = play.after(3600);
    let outcome = play.resolve_with(|send| {
        assert_eq!(send.request.target, "/");
        assumed("AssumeRole", "B", &end)
    });
    assert_eq!(outcome.unwrap().access_key_id, "B");
    // And it may fail as long as the last ones live, and no longer.
    play.advance(minutes(50));
    let outcome = play.resolve_with(|_| status(403, ""));
    assert_eq!(outcome.unwrap().access_key_id, "B");
    play.advance(minutes(10));
    let outcome = play.resolve_with(|_| status(403, ""));
    assert_error(&outcome, ErrorKind::Error, "status 403");
}

#[test]
fn what_sts_says_is_passed_on_without_secrets() {
    let reply = |code: &str| {
        format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>\
             <Message>no secret-BASE &lt;here&gt;\u{85}</Message></Error></ErrorResponse>"
        )
    };
    let mut play = Play::new(&role_of("source_profile = base"));
    let outcome = play.resolve_with(|_| status(403, &reply("AccessDenied")));
    assert_error(
        &outcome,
        ErrorKind::Error,
        &format!("AssumeRole of {ROLE}: status 403, AccessDenied: no (redacted) <here>"),
    );
    for (line, says, tries) in [
        (status(400, &reply("Throttling")), "Throttling", 3),
        (status(400, &reply("IDPCommunicationError")), "IDPComm", 3),
        (status(503, ""), "status 503", 3),
        (status(503, &reply("Unavailable")), "status 503, Unav", 3),
        (Line::Lost(Lost::Refused), "connection refused", 3),
        (ok("<half"), "not XML", 3),
        (status(400, "{}"), "status 400", 1),
        (ok("<a/>"), "Credentials is missing", 1),
        (ok(&"<a>".repeat(21_000)), "not XML", 3),
        (Line::Lost(Lost::TooLarge), "too large", 1),
    ] {
        let mut play = Play::new(&role_of("source_profile = base"));
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
fn only_whole_credentials_are_taken() {
    let Line::Answer(whole) = assumed("AssumeRole", "A", SIX_HOURS) else {
        panic!()
    };
    let whole = whole.body.text().into_owned();
    for (from, to, says) in [
        ("<AccessKeyId>A</AccessKeyId>", "", "AccessKeyId is missing"),
        (">secret-A<", "><", "SecretAccessKey is empty"),
        (">secret-A<", "> <!-- x --> <", "SecretAccessKey is empty"),
        (
            ">token-A<",
            "><b>token</b><",
            "SessionToken is not a string",
        ),
        (SIX_HOURS, "never", "timestamp"),
        (
            "<AccessKeyId>",
            "<AccessKeyId>B</AccessKeyId><AccessKeyId>",
            "more than once",
        ),
        (
            "<Credentials>",
            "<Credentials/><Credentials>",
            "more than once",
        ),
        (
            "AssumeRoleResponse",
            "AssumeRoleWithSAMLResponse",
            "Credentials is missing",
        ),
    ] {
        let body = whole.replace(from, to);
        let outcome = Play::new(&role_of("source_profile = base")).resolve_with(|_| ok(&body));
        assert_error(&outcome, ErrorKind::Error, says);
    }
    // A value that a comment stands in is not cut off there.
    let body = whole.replace("secret-A", "sec<!-- x -->ret-A");
    let outcome = Play::new(&role_of("source_profile = base")).resolve_with(|_| ok(&body));
    assert_eq!(outcome.unwrap().secret_access_key, "secret-A");
}

fn web_identity() -> Environment {
    vars([
        ("AWS_ROLE_ARN", ROLE),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/run/web"),
        ("AWS_ROLE_SESSION_NAME", "pod"),
        ("AWS_REGION", "cn-north-1"),
    ])
}

#[test]
fn a_web_identity_needs_no_keys_and_its_token_is_read_anew() {
    let mut play = Play::new(&web_identity());
    for (token, id) in [("jwt.1", "A"), ("jwt.2\n", "B")] {
        play.files.insert("/run/web".into(), token.into());
        let soon = play.after(60);
        let outcome = play.resolve_with(|send| {
            assert_eq!(send.authority.host, "sts.cn-north-1.amazonaws.com.cn");
            assert!(!send.request.headers.has("authorization"));
            assert_eq!(field(send, "WebIdentityToken").as_deref(), Some(token));
            assert_eq!(field(send, "RoleArn").as_deref(), Some(ROLE));
            assert_eq!(field(send, "RoleSessionName").as_deref(), Some("pod"));
            assumed("AssumeRoleWithWebIdentity", id, &soon)
        });
        let credentials = outcome.unwrap();
        assert_eq!(
            (&*credentials.access_key_id, credentials.source),
            (id, Source::WebIdentity)
        );
        assert_eq!(play.reads, ["/run/web"]);
        play.advance(Duration::from_secs(60));
    }
}

#[test]
fn without_its_token_no_web_identity_is_shown() {
    for (text, says) in [
        (None, "/run/web cannot be read"),
        (Some(String::new()), "/run/web is empty"),
        (Some("x".repeat(65 << 10)), "/run/web is too large"),
    ] {
        let mut play = Play::new(&web_identity());
        play.files = text
            .map(|text| ("/run/web".to_owned(), text))
            .into_iter()
            .collect();
        assert_error(&play.resolve([]), ErrorKind::Error, says);
    }
    let mut environment = web_identity();
    environment.vars.remove("AWS_ROLE_ARN");
    let outcome = Play::new(&environment).resolve([]);
    assert_error(&outcome, ErrorKind::Error, "AWS_ROLE_ARN is not");
    let environment = config("[default]\nweb_identity_token_file = /run/web\n");
    let outcome = Play::new(&environment).resolve([]);
    assert_error(
        &outcome,
        ErrorKind::Error,
        "web_identity_token_file but no role_arn",
    );
    // The service may quote it.
    let mut play = Play::new(&web_identity());
    play.files.insert("/run/web".into(), "CANARY.jwt".into());
    let outcome = play.resolve_with(|_| {
        status(
            400,
            "<ErrorResponse><Error><Code>InvalidIdentityToken</Code>\
             <Message>CANARY.jwt is bad</Message></Error></ErrorResponse>",
        )
    });
    assert_error(
        &outcome,
        ErrorKind::Error,
        "InvalidIdentityToken: (redacted) is bad",
    );
    assert!(!format!("{:?}", play.provider).contains("CANARY"));
}

#[test]
fn a_web_identity_of_a_profile_may_be_what_a_role_rests_on() {
    let environment = config(&format!(
        "[default]\nrole_arn = {ROLE}\nsource_profile = web\n\
         [profile web]\nrole_arn = {ROLE}-web\nweb_identity_token_file = /run/web\n"
    ));
    let mut play = Play::new(&environment);
    play.files.insert("/run/web".into(), "jwt".into());
    let outcome = play.resolve_with(|send| match signer(send) {
        None => assumed("AssumeRoleWithWebIdentity", "WEB", SIX_HOURS),
        Some("WEB") => assumed("AssumeRole", "A", SIX_HOURS),
        other => panic!("{other:?}"),
    });
    assert_eq!(outcome.unwrap().source, Source::AssumeRole);
}

/// The authority and the path of the request to STS.
fn sts_at(environment: &Environment) -> String {
    let mut at = String::new();
    Play::new(environment)
        .resolve_with(|send| {
            let scheme = if send.tls { "https" } else { "http" };
            at = format!("{scheme}://{}{}", send.authority, send.request.target);
            assumed("AssumeRole", "A", SIX_HOURS)
        })
        .unwrap();
    at
}

#[test]
fn the_endpoint_of_sts() {
    let mut environment = role_of("source_profile = base\nregion = us-gov-west-1");
    assert_eq!(
        sts_at(&environment),
        "https://sts.us-gov-west-1.amazonaws.com:443/"
    );
    (environment.vars).insert("AWS_DEFAULT_REGION".into(), "eu-west-1".into());
    assert_eq!(
        sts_at(&environment),
        "https://sts.eu-west-1.amazonaws.com:443/"
    );
    (environment.vars).insert("AWS_REGION".into(), "eu-west-2".into());
    assert_eq!(
        sts_at(&environment),
        "https://sts.eu-west-2.amazonaws.com:443/"
    );

    let all = "source_profile = base\nendpoint_url = http://all.test:1";
    environment = role_of(all);
    assert_eq!(sts_at(&environment), "http://all.test:1/");
    environment = role_of(&format!("{all}\nservices = mine"));
    let text = environment.config_file.as_mut().unwrap();
    *text += "[services mine]\nsso =\n  endpoint_url = http://sso.test\n\
              sts =\n  other = 1\n  endpoint_url = http://mine.test/base/\n";
    assert_eq!(sts_at(&environment), "http://mine.test:80/base/");
    let vars = &mut environment.vars;
    vars.insert("AWS_ENDPOINT_URL".into(), "https://variable.test".into());
    assert_eq!(sts_at(&environment), "https://variable.test:443/");
    let vars = &mut environment.vars;
    vars.insert(
        "AWS_ENDPOINT_URL_STS".into(),
        "https://sts.test:8443".into(),
    );
    assert_eq!(sts_at(&environment), "https://sts.test:8443/");
    let vars = &mut environment.vars;
    vars.insert("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS".into(), "true".into());
    assert_eq!(sts_at(&environment), "https://sts.amazonaws.com:443/");
    let vars = &mut environment.vars;
    vars.insert("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS".into(), "false".into());
    vars.insert(
        "AWS_ENDPOINT_URL_STS".into(),
        "https://u:CANARY@sts.test".into(),
    );
    let outcome = Play::new(&environment).resolve([]);
    assert_error(
        &outcome,
        ErrorKind::Error,
        "AWS_ENDPOINT_URL_STS has a user name",
    );
    assert!(!outcome.unwrap_err().message.contains("CANARY"));
}

#[test]
fn keys_that_cannot_stand_in_a_header_sign_nothing() {
    let environment = config(&format!(
        "[default]\nrole_arn = {ROLE}\nsource_profile = base\n[profile base]\n\
         aws_access_key_id = BASE\naws_secret_access_key = s\naws_session_token = a\n  X: y\n"
    ));
    let outcome = Play::new(&environment).resolve([]);
    assert_error(&outcome, ErrorKind::Error, "cannot stand in a header");
}
