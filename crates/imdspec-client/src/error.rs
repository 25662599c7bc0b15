//! Why a resolve gave no credentials.

use std::fmt;

/// Why a resolve gave no credentials. Display is a lower-case fragment that never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderError {
    /// Whether a chain would go on.
    pub kind: ErrorKind,
    /// What happened, for people.
    pub message: String,
}

/// Whether a chain of sources would go on after a [`ProviderError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// There is nothing here: no service, no role, or it is turned off by a setting.
    None,
    /// There should have been credentials, but something failed or is set up wrongly.
    Error,
}

impl ProviderError {
    /// There is nothing here; `message` says what was looked for.
    #[must_use]
    pub fn none(message: impl Into<String>) -> Self {
        Self {
            kind: ErrorKind::None,
            message: message.into(),
        }
    }

    /// Something failed; `message` says what.
    #[must_use]
    pub fn error(message: impl Into<String>) -> Self {
        Self {
            kind: ErrorKind::Error,
            message: message.into(),
        }
    }
}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ProviderError {}
