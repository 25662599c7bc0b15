//! Which source is asked, in which order, and what follows when it fails.

use crate::play::*;
use imdspec_client::{Environment, ErrorKind, Lost, Options, Order, Source};
use std::time::Duration;

const RELATIVE: (&str, &str) = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x");
const SIX_HOURS: &str = "2026-01-01T06:00:00Z";

fn with(order: &[Source], goes_on: bool) -> Options {
    Options {
        order: order.iter().copied().collect(),
        goes_on,
        ..Options::default()
    }
}

/// Sets up a source, with others that may be there already.
fn set_up(environment: &mut Environment, source: Source) {
    let (settings, variables): (&str, &[(&str, &str)]) = match source {
        Source::Environment => (
            "",
            &[("AWS_ACCESS_KEY_ID", "A"), ("AWS_SECRET_ACCESS_KEY", "s")],
        ),
        Source::AssumeRole => ("role_arn = r\nsource_profile = base\n", &[]),
        Source::AssumeRoleEnvironment => {
            set_up(environment, Source::Environment);
            ("role_arn = r\ncredential_source = Environment\n", &[])
        }
        Source::AssumeRoleContainer => {
            set_up(environment, Source::Container);
            ("role_arn = r\ncredential_source = EcsContainer\n", &[])
        }
        Source::AssumeRoleImds => (
            "role_arn = r\ncredential_source = Ec2InstanceMetadata\n",
            &[],
        ),
        Source::WebIdentity => (
            "",
            &[
                ("AWS_ROLE_ARN", "r"),
                ("AWS_WEB_IDENTITY_TOKEN_FILE", "/run/web"),
            ],
        ),
        Source::WebIdentityProfile => ("role_arn = r\nweb_identity_token_file = /run/web\n", &[]),
        Source::Sso => (
            "sso_session = corp\nsso_account_id = 123456789012\nsso_role_name = r\n",
            &[],
        ),
        Source::Process => ("credential_process = print\n", &[]),
        Source::ConfigFile => ("aws_access_key_id = A\naws_secret_access_key = s\n", &[]),
        Source::SharedCredentials => {
            let keys = "[default]\naws_access_key_id = A\naws_secret_access_key = s\n";
            environment.credentials_file = Some(keys.to_owned());
            ("", &[])
        }
        Source::Container => ("", &[RELATIVE]),
        Source::ContainerFull => (
            "",
            &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/x")],
        ),
        _ => ("", &[]),
    };
    let config = environment.config_file.get_or_insert_default();
    *config = config.replacen("[default]\n", &format!("[default]\n{settings}"), 1);
    let variables = variables.iter();
    (environment.vars).extend(variables.map(|(n, v)| (n.to_string(), v.to_string())));
}

/// A place with nothing in it but a service.
fn nothing() -> Environment {
    config(
        "[default]\n[profile base]\naws_access_key_id = BASE\naws_secret_access_key = s\n\
         [sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://x.test\n",
    )
}

fn everything() -> Environment {
    let mut environment = nothing();
    for source in [
        Source::Environment,
        Source::SharedCredentials,
        Source::Process,
        Source::ConfigFile,
        Source::Container,
    ] {
        set_up(&mut environment, source);
    }
    environment
}

/// Resolves in a world in which every source gives what it has.
fn source_of(play: &mut Play) -> Result<Source, String> {
    let sign_in = r#"{"accessToken":"t","expiresAt":"2026-01-01T06:00:00Z"}"#;
    // printf corp | sha1sum
    let path = "/home/user/.aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";
    play.files = [("/run/web", "jwt"), (path, sign_in)]
        .map(|(path, text)| (path.to_owned(), text.to_owned()))
        .into();
    play.ran = printed(r#"{"Version":1,"AccessKeyId":"A","SecretAccessKey":"s"}"#);
    let outcome = play.resolve_with(|send| {
        let body = send.request.body.text();
        if body.starts_with("Action=AssumeRoleWithWebIdentity&") {
            return assumed("AssumeRoleWithWebIdentity", "A", SIX_HOURS);
        }
        match send.request.target.as_str() {
            "/" => assumed("AssumeRole", "A", SIX_HOURS),
            "/latest/api/token" => token("T1", "21600"),
            LIST => ok("role"),
            target if target.starts_with("/federation/") => ok(
                r#"{"roleCredentials":{"accessKeyId":"A","secretAccessKey":"s",
                "sessionToken":"t","expiration":1767240000000}}"#,
            ),
            _ => ok(&document("A", SIX_HOURS)),
        }
    });
    outcome.map(|c| c.source).map_err(|error| error.message)
}

#[test]
fn the_default_order() {
    let order = Options::default().order;
    let names: Vec<&str> = order.sources().map(Source::as_str).collect();
    assert_eq!(
        names.join(" "),
        "environment assume-role assume-role-environment assume-role-container assume-role-imds \
         web-identity web-identity-profile sso shared-credentials process config-file container \
         container-full imds"
    );
    for source in order.sources() {
        let mut environment = nothing();
        set_up(&mut environment, source);
        // What a role rests on is a source of its own, and comes before it.
        let first = match source {
            Source::AssumeRoleEnvironment => Source::Environment,
            source => source,
        };
        let mut play = Play::new(&environment);
        assert_eq!(source_of(&mut play), Ok(first));
    }
}

#[test]
fn of_any_two_sources_the_one_that_is_first_in_the_order_is_asked() {
    let role = |source: Source| {
        source.as_str().starts_with("assume-role") || source == Source::WebIdentityProfile
    };
    let all: Vec<Source> = Options::default().order.sources().collect();
    for (n, one) in all.iter().copied().enumerate() {
        for other in all[n + 1..].iter().copied() {
            if role(one) && role(other) {
                // A profile has one role.
                continue;
            }
            let mut environment = nothing();
            set_up(&mut environment, one);
            set_up(&mut environment, other);
            for order in [[one, other], [other, one]] {
                for goes_on in [false, true] {
                    let mut play = Play::with(&environment, with(&order, goes_on));
                    assert_eq!(source_of(&mut play), Ok(order[0]), "{order:?}");
                }
            }
        }
    }
}

#[test]
fn what_the_order_lacks_is_not_read() {
    use Source::{ConfigFile, Environment, Process};
    let steps = Options {
        order: Order(vec![
            vec![Source::Login, Process, ConfigFile],
            vec![Environment],
        ]),
        ..Options::default()
    };
    assert_eq!(
        source_of(&mut Play::with(&everything(), steps)),
        Ok(Process)
    );
    let nowhere = with(&[Source::Code, Source::Boto2], false);
    let outcome = Play::with(&everything(), nowhere).resolve([]);
    assert_error(
        &outcome,
        ErrorKind::None,
        "no source of credentials is set up",
    );
}

#[test]
fn a_service_that_is_turned_off_is_not_set_up() {
    let environment = vars([("AWS_EC2_METADATA_DISABLED", "true"), RELATIVE]);
    let order = [Source::Imds, Source::Container];
    let mut play = Play::with(&environment, with(&order, false));
    assert_eq!(source_of(&mut play), Ok(Source::Container));
}

#[test]
fn a_chain_that_goes_on_asks_the_next_and_reports_the_last() {
    let mut environment = vars([RELATIVE, ("AWS_ACCESS_KEY_ID", "one key alone")]);
    let going_on = Options {
        goes_on: true,
        attempts: 1,
        ..Options::default()
    };
    let mut play = Play::with(&environment, going_on.clone());
    let mut asked = Vec::new();
    let outcome = play.resolve_with(|send| {
        asked.push(send.authority.to_string());
        match send.authority.host.as_str() {
            "169.254.170.2" => status(500, ""),
            _ => Line::Lost(Lost::Refused),
        }
    });
    assert_eq!(asked, ["169.254.170.2:80", "169.254.169.254:80"]);
    assert_error(&outcome, ErrorKind::None, "no instance metadata service");

    // A broken file costs the sources that stand in it one failure, and no others.
    environment.unread = [("/etc/aws/config".into(), imdspec_client::Unread::NotUtf8)].into();
    let mut play = Play::with(&environment, going_on.clone());
    assert_eq!(source_of(&mut play), Ok(Source::Container));
    (environment.vars).remove(RELATIVE.0);
    let mut play = Play::with(&environment, going_on);
    assert_eq!(source_of(&mut play), Ok(Source::Imds));
}

#[test]
fn what_one_source_gave_is_used_while_it_is_fresh() {
    let options = Options {
        goes_on: true,
        ..Options::default()
    };
    let mut play = Play::with(&vars([RELATIVE]), options);
    let refuses = |send: &imdspec_client::Send| match send.authority.host.as_str() {
        "169.254.170.2" => status(403, ""),
        _ => match send.request.target.as_str() {
            "/latest/api/token" => token("T1", "21600"),
            LIST => ok("role"),
            _ => ok(&document("A", SIX_HOURS)),
        },
    };
    assert_eq!(play.resolve_with(refuses).unwrap().source, Source::Imds);
    // Nobody is asked.
    assert_eq!(play.resolve([]).unwrap().source, Source::Imds);
    // When new ones are due, the first is asked again.
    play.advance(Duration::from_secs(6 * 3600));
    let end = play.after(3600);
    let outcome = play.resolve_with(|_| ok(&document("B", &end)));
    assert_eq!(outcome.unwrap().source, Source::Container);
}
