//! The SDK's timer: its pauses between attempts take no time, and its timeouts never end.

use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A timer that tells a function how long a pause was, so that a clock can be moved by it.
///
/// The SDK makes a sleep for each of its timeouts as well, but looks at it only while the request is
/// pending, and here no request ever is. So a sleep that is looked at is a pause.
pub struct Pauses<F>(Arc<F>);

impl<F: Fn(Duration) + Send + Sync + 'static> Pauses<F> {
    /// A timer for which a function lets the time pass.
    pub fn new(pass: F) -> Self {
        Self(Arc::new(pass))
    }
}

impl<F> fmt::Debug for Pauses<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pauses")
    }
}

impl<F: Fn(Duration) + Send + Sync + 'static> AsyncSleep for Pauses<F> {
    fn sleep(&self, duration: Duration) -> Sleep {
        let pass = Arc::clone(&self.0);
        Sleep::new(async move { pass(duration) })
    }
}
