//! The command of `credential_process`: what it prints is credentials, or the reason why not.
//!
//! Source: AWS SDKs and Tools Reference Guide, "Process credential provider".

use super::fetch::{Ask, News};
use super::json;
use crate::MOST_OUTPUT;
use crate::credentials::ResolvedCredentials;
use crate::error::ProviderError;
use crate::exchange::Ran;
use imdspec_wire::{Source, Timestamp, WireError};
use std::fmt;

/// A command.
#[derive(Clone)]
pub(crate) struct Process {
    line: String,
    /// The account that the profile names, for output that names none.
    account_id: Option<String>,
}

impl Process {
    pub(crate) fn new(line: &str, account_id: Option<&str>) -> Self {
        Self {
            line: line.to_owned(),
            account_id: account_id.map(str::to_owned),
        }
    }

    pub(super) fn ask(&self) -> Ask {
        Ask::Run(self.line.clone())
    }

    pub(super) fn hear(&self, news: News) -> Result<ResolvedCredentials, ProviderError> {
        let why = match news {
            News::Output(Some(Ran::Ended { status, stdout })) => match status {
                _ if stdout.len() > MOST_OUTPUT => {
                    format!("printed more than {MOST_OUTPUT} bytes")
                }
                Some(0) => match self.read(&stdout) {
                    Ok(credentials) => return Ok(credentials),
                    Err(why) => format!("printed no credentials: {why}"),
                },
                // What a shell says of a program that it did not find, or may not run.
                Some(127) => "ended with status 127; is there such a program?".to_owned(),
                Some(126) => "ended with status 126; may the program be run?".to_owned(),
                Some(status) => format!("ended with status {status}"),
                None => "was ended by a signal".to_owned(),
            },
            News::Output(Some(Ran::NotStarted)) => "could not be started".to_owned(),
            _ => "did not end in time".to_owned(),
        };
        Err(ProviderError::error(format!(
            "the command of credential_process {why}"
        )))
    }

    fn read(&self, stdout: &[u8]) -> Result<ResolvedCredentials, String> {
        let mut version = None;
        let read = json::object(stdout, |object| {
            version = object.integer("Version");
            if version != Some(1) {
                return Ok(None);
            }
            let expiration = object.text("Expiration")?.map(Timestamp::parse);
            let text = |name| Ok::<_, WireError>(object.text(name)?.map(str::to_owned));
            Ok(Some(ResolvedCredentials {
                access_key_id: object.need("AccessKeyId")?.to_owned(),
                secret_access_key: object.need("SecretAccessKey")?.to_owned(),
                session_token: text("SessionToken")?,
                expiration: expiration.transpose()?,
                account_id: text("AccountId")?.or_else(|| self.account_id.clone()),
                source: Source::Process,
            }))
        });
        match (read, version) {
            (Ok(Some(credentials)), _) => Ok(credentials),
            (Ok(None), Some(version)) => Err(format!("Version is {version}, and not 1")),
            (Ok(None), None) => Err("Version is not the number 1".to_owned()),
            (Err(why), _) => Err(why.to_string()),
        }
    }
}

/// Debug never shows the command, which may have a password among its arguments.
impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Process").finish_non_exhaustive()
    }
}
