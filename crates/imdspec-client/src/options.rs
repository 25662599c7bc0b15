//! What code may choose about the client, bounds first.

use std::time::Duration;

/// What code may choose. The defaults are what a program should run with.
///
/// The settings of the environment and the config file for attempts and timeout go before
/// [`attempts`](Self::attempts) and [`request_timeout`](Self::request_timeout) where the instance
/// metadata service is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Whether a token PUT answered 403, 404 or 405 is followed by requests without a token
    /// (IMDSv1). Default: no. A setting may forbid it, none can permit it.
    pub v1_fallback: bool,
    /// How often one request is tried in all, 1 to 10 (what lies outside counts as the nearest).
    /// Default: 3.
    pub attempts: u32,
    /// How long one try of one request may take, connecting and the whole body included.
    /// Default: 1 s.
    pub request_timeout: Duration,
    /// How long one resolve may take; a configured timeout that is longer stretches it.
    /// Default: 10 s.
    pub deadline: Duration,
    /// The longest pause before the second try. The longest pause doubles with each further try,
    /// up to [`longest_pause`](Self::longest_pause), and the shortest is half of it.
    /// Default: 100 ms.
    pub backoff: Duration,
    /// Where the pauses stop growing. Default: 1 s, so that ten tries that fail at once fit
    /// into the deadline.
    pub longest_pause: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            v1_fallback: false,
            attempts: 3,
            request_timeout: Duration::from_secs(1),
            deadline: Duration::from_secs(10),
            backoff: Duration::from_millis(100),
            longest_pause: Duration::from_secs(1),
        }
    }
}
