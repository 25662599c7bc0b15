//! A resolve's result in the words of the trace.

use imdspec_client::{ErrorKind, ProviderError, ResolvedCredentials};
use imdspec_rules::{Given, Outcome, RefusalKind};

/// The outcome of a resolve by the reference client.
pub(crate) fn of(result: Result<ResolvedCredentials, ProviderError>) -> Outcome {
    match result {
        Ok(credentials) => Outcome::Credentials(Given {
            access_key_id: credentials.access_key_id,
            secret_access_key: Some(credentials.secret_access_key),
            session_token: credentials.session_token,
            expiration: credentials.expiration.map(|e| e.to_string()),
            account_id: credentials.account_id,
        }),
        Err(error) => Outcome::Refused {
            kind: Some(match error.kind {
                ErrorKind::None => RefusalKind::None,
                ErrorKind::Error => RefusalKind::Error,
            }),
            message: error.to_string(),
        },
    }
}
