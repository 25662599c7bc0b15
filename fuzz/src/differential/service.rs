//! The metadata service in memory: a token, a role, and as the document whatever is put there.

use bytes::Bytes;
use std::sync::{Arc, Mutex, PoisonError};

/// Where the crates believe the service to be. Nothing is ever sent there.
pub(super) const ENDPOINT: &str = "http://imds.invalid";

/// The one role.
pub(super) const ROLE: &str = "role";

const LIST: &str = "/latest/meta-data/iam/security-credentials/";

/// The service; its clones answer with the same document.
#[derive(Debug, Clone, Default)]
pub(super) struct Service(Arc<Mutex<Bytes>>);

/// A reply: a status, whether it has the token's lifetime, and a body.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) ttl: Option<&'static str>,
    pub(super) body: Bytes,
}

impl Service {
    /// Puts a document in the place of the one before.
    pub(super) fn put(&self, document: &[u8]) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Bytes::copy_from_slice(document);
    }

    /// Answers one of the three requests, and anything else with 404.
    pub(super) fn answer(&self, method: &str, path: &str) -> Reply {
        let reply = |status, ttl, body| Reply { status, ttl, body };
        match (method, path.strip_prefix(LIST)) {
            ("PUT", None) if path == "/latest/api/token" => {
                reply(200, Some("21600"), Bytes::from_static(b"session-token"))
            }
            ("GET", Some("")) => reply(200, None, Bytes::from_static(ROLE.as_bytes())),
            ("GET", Some(ROLE)) => {
                let document = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                reply(200, None, document.clone())
            }
            _ => reply(404, None, Bytes::new()),
        }
    }
}
