//! A world in which every source there is can be set up, and has something to give.

use crate::play::*;
use imdspec_client::{Environment, Send, Source};

pub(crate) const RELATIVE: (&str, &str) = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x");
const SIX_HOURS: &str = "2026-01-01T06:00:00Z";

/// Sets up a source, with others that may be there already.
pub(crate) fn set_up(environment: &mut Environment, source: Source) {
    let (settings, variables): (&str, &[(&str, &str)]) = match source {
        Source::Environment => (
            "",
            &[
                ("AWS_ACCESS_KEY_ID", "ENV"),
                ("AWS_SECRET_ACCESS_KEY", "secret-ENV"),
                ("AWS_SESSION_TOKEN", "token-ENV"),
            ],
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
        Source::ConfigFile => (
            "aws_access_key_id = CONFIG\naws_secret_access_key = secret-CONFIG\n",
            &[],
        ),
        Source::SharedCredentials => {
            let keys = "[default]\naws_access_key_id = SHARED\n\
                        aws_secret_access_key = secret-SHARED\naws_session_token = token-SHARED\n";
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
pub(crate) fn nothing() -> Environment {
    config(
        "[default]\n[profile base]\naws_access_key_id = BASE\naws_secret_access_key = s\n\
         [sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://x.test\n",
    )
}

/// Puts the files there and the command.
pub(crate) fn furnish(play: &mut Play) {
    let sign_in = r#"{"accessToken":"t","expiresAt":"2026-01-01T06:00:00Z"}"#;
    // printf corp | sha1sum
    let path = "/home/user/.aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";
    play.files = [("/run/web", "jwt"), (path, sign_in)]
        .map(|(path, text)| (path.to_owned(), text.to_owned()))
        .into();
    play.ran = printed(
        r#"{"Version":1,"AccessKeyId":"PROCESS","SecretAccessKey":"secret-PROCESS",
        "SessionToken":"token-PROCESS"}"#,
    );
}

/// What the service that `send` goes to answers: credentials `id`, or what leads to them.
pub(crate) fn answer(send: &Send, id: &str) -> Line {
    let body = send.request.body.text();
    if body.starts_with("Action=AssumeRoleWithWebIdentity&") {
        return assumed("AssumeRoleWithWebIdentity", id, SIX_HOURS);
    }
    match send.request.target.as_str() {
        "/" => assumed("AssumeRole", id, SIX_HOURS),
        "/latest/api/token" => token("T1", "21600"),
        "/token" => ok(r#"{"accessToken":"NEW","expiresIn":3600,"refreshToken":"next"}"#),
        LIST => ok("role"),
        target if target.starts_with("/federation/") => ok(&format!(
            r#"{{"roleCredentials":{{"accessKeyId":"{id}","secretAccessKey":"secret-{id}",
            "sessionToken":"token-{id}","expiration":1767247200000}}}}"#
        )),
        _ => ok(&document(id, SIX_HOURS)),
    }
}
