//! aws-creds, as rust-s3 uses it: credentials are made once, and `refresh` is called before each
//! request.
//!
//! `Credentials::default()` is the chain below, except that its last two steps give up without a
//! request unless the machine's firmware says that it is EC2. Their argument, true, leaves that out.

use awscreds::Credentials as Source;
use awscreds::error::CredentialsError;
use imdspec_subjects::{Credentials, Failure, Resolved, answer_in_turn, hello};

fn on_ec2() -> Result<Source, CredentialsError> {
    Source::from_env()
        .or_else(|_| Source::from_profile(None))
        .or_else(|_| Source::from_sts_env("aws-creds"))
        .or_else(|_| Source::from_container_credentials_provider())
        .or_else(|_| Source::from_instance_metadata_v2(true))
        .or_else(|_| Source::from_instance_metadata(true))
        .map_err(|_| CredentialsError::NoCredentials)
}

fn failure(error: CredentialsError) -> Failure {
    match error {
        CredentialsError::NoCredentials => Failure::None(error.to_string()),
        _ => Failure::error(&error),
    }
}

fn resolve(kept: &mut Option<Source>) -> Resolved {
    let source = match kept {
        Some(source) => source,
        None => kept.insert(on_ec2().map_err(failure)?),
    };
    source.refresh().map_err(failure)?;
    let source = source.clone();
    let expiration = source.expiration.map(|at| {
        let text = serde_json::to_value(at).expect("what was parsed can be written");
        text.as_str().expect("it is written as text").to_owned()
    });
    Ok(Credentials {
        version: 1,
        access_key_id: source.access_key.expect("each step above gives one"),
        secret_access_key: source.secret_key.expect("each step above gives one"),
        session_token: source.security_token.or(source.session_token),
        expiration,
    })
}

fn main() {
    hello("aws-creds", "aws-creds", 1);
    let mut kept = None;
    answer_in_turn(|| resolve(&mut kept));
}
