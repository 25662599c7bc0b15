//! What a resolve gives.

use imdspec_wire::{Credentials, Source, Timestamp};
use serde_json::{Map, Value};
use std::fmt;

/// Credentials to sign with, from one source and one document. Debug never shows the secret access
/// key or the security token.
#[derive(Clone, PartialEq, Eq)]
pub struct ResolvedCredentials {
    /// The access key id; not secret.
    pub access_key_id: String,
    /// The secret access key.
    pub secret_access_key: String,
    /// The security token (STS's, not the IMDSv2 session token); long-lived keys have none.
    pub session_token: Option<String>,
    /// When to stop using them, in UTC; long-lived keys have none. For credentials that outlived
    /// their document while the service could give no newer ones, 10 to 15 minutes from the last
    /// attempt to get some.
    pub expiration: Option<Timestamp>,
    /// The account, where the source says it.
    pub account_id: Option<String>,
    /// Where they come from.
    pub source: Source,
}

impl ResolvedCredentials {
    pub(crate) fn served(credentials: Credentials, source: Source) -> Self {
        Self {
            access_key_id: credentials.access_key_id,
            secret_access_key: credentials.secret_access_key,
            session_token: Some(credentials.session_token),
            expiration: Some(credentials.expiration),
            account_id: credentials.account_id,
            source,
        }
    }

    /// The credentials as the JSON object that the `credential_process` setting of the AWS config
    /// file expects on stdout: `Expiration` in UTC and whole seconds, absent members left out.
    ///
    /// This is the one place that shows the secrets.
    ///
    /// Source: AWS SDKs and Tools Reference Guide, "Process credential provider".
    #[must_use]
    pub fn to_credential_process_json(&self) -> String {
        let expiration = self.expiration.map(Timestamp::to_seconds_text);
        let members = [
            ("AccessKeyId", Some(&self.access_key_id)),
            ("SecretAccessKey", Some(&self.secret_access_key)),
            ("SessionToken", self.session_token.as_ref()),
            ("Expiration", expiration.as_ref()),
            ("AccountId", self.account_id.as_ref()),
        ];
        let mut object = Map::from_iter([("Version".to_owned(), Value::from(1))]);
        for (name, value) in members {
            if let Some(value) = value {
                object.insert(name.to_owned(), Value::from(value.as_str()));
            }
        }
        Value::Object(object).to_string()
    }
}

impl fmt::Debug for ResolvedCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResolvedCredentials")
            .field("access_key_id", &self.access_key_id)
            .field("secret_access_key", &"(redacted)")
            .field("session_token", &"(redacted)")
            .field("expiration", &self.expiration)
            .field("account_id", &self.account_id)
            .field("source", &self.source)
            .finish()
    }
}
