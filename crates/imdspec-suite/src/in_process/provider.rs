//! What is asked for credentials.

use imdspec_rules::{Given, Outcome, RefusalKind};
use imdspec_wire::{Timestamp, Wall};
use std::fmt::Display;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// A value under test: asked as an application asks when it signs a request.
///
/// One value lives through a whole scenario. Closures that give a future are providers too, and so
/// is a `Result`, for a factory that may fail: its error then answers every call.
pub trait Provider: Send + Sync + 'static {
    /// Gives credentials, or says why there are none. A panic counts as a crash.
    fn resolve(&self) -> impl Future<Output = Result<Given, Refusal>> + Send;

    /// How its public values look in a log (Debug). No secret may be in it.
    fn shown(&self) -> String {
        String::new()
    }
}

/// Credentials, from what most libraries have at hand: the access key id, the secret access key, the
/// security token, and when they expire.
#[must_use]
pub fn credentials(
    access_key_id: impl Into<String>,
    secret_access_key: impl Into<String>,
    security_token: Option<&str>,
    expiration: Option<SystemTime>,
) -> Given {
    Given {
        access_key_id: access_key_id.into(),
        secret_access_key: Some(secret_access_key.into()),
        session_token: security_token.map(ToOwned::to_owned),
        expiration: expiration.map(|date| Timestamp::from_wall(wall(date)).to_string()),
        account_id: None,
    }
}

fn wall(date: SystemTime) -> Wall {
    let millis = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
    match date.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => Wall(millis(since)),
        Err(before) => Wall(-millis(before.duration())),
    }
}

/// No credentials, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Whether a chain of sources would go on; none when the provider does not say.
    pub kind: Option<RefusalKind>,
    /// Its words. No secret may be in them.
    pub message: String,
}

impl Refusal {
    /// This source has nothing; a chain would go on to the next.
    #[must_use]
    pub fn none(why: impl Display) -> Self {
        Self::new(Some(RefusalKind::None), &why)
    }

    /// It failed; a chain would stop here.
    #[must_use]
    pub fn error(why: impl Display) -> Self {
        Self::new(Some(RefusalKind::Error), &why)
    }

    fn new(kind: Option<RefusalKind>, why: &dyn Display) -> Self {
        Self {
            kind,
            message: why.to_string(),
        }
    }
}

/// Any error is a refusal that does not say which of the two kinds it is.
impl<E: std::error::Error> From<E> for Refusal {
    fn from(error: E) -> Self {
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            message.push_str(&format!(": {cause}"));
            source = cause.source();
        }
        Self::new(None, &message)
    }
}

impl<F, A> Provider for F
where
    F: Fn() -> A + Send + Sync + 'static,
    A: Future<Output = Result<Given, Refusal>> + Send,
{
    fn resolve(&self) -> impl Future<Output = Result<Given, Refusal>> + Send {
        self()
    }
}

impl<P: Provider> Provider for Result<P, Refusal> {
    async fn resolve(&self) -> Result<Given, Refusal> {
        match self {
            Ok(provider) => provider.resolve().await,
            Err(refusal) => Err(refusal.clone()),
        }
    }

    fn shown(&self) -> String {
        self.as_ref().map_or_else(|_| String::new(), P::shown)
    }
}

/// A provider whose type is forgotten.
pub(crate) trait AnyProvider: Send + Sync {
    fn resolve(self: Arc<Self>) -> Pin<Box<dyn Future<Output = Outcome> + Send>>;
    fn shown(&self) -> String;
}

impl<P: Provider> AnyProvider for P {
    fn resolve(self: Arc<Self>) -> Pin<Box<dyn Future<Output = Outcome> + Send>> {
        Box::pin(async move {
            match Provider::resolve(&*self).await {
                Ok(given) => Outcome::Credentials(given),
                Err(refusal) => Outcome::Refused {
                    kind: refusal.kind,
                    message: refusal.message,
                },
            }
        })
    }

    fn shown(&self) -> String {
        Provider::shown(self)
    }
}
