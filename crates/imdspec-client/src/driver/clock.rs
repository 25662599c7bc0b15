//! Where the driver's time comes from.

use imdspec_wire::{Mono, Now, Wall};
use std::marker;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A clock a driver can read and sleep on.
pub trait Clock: marker::Send + Sync {
    /// What it shows.
    fn now(&self) -> Now;

    /// Returns once its monotonic time is `until` or later.
    fn sleep_until(&self, until: Mono) -> impl Future<Output = ()> + marker::Send;
}

/// The clocks of the system. Monotonic time is counted from when the value was made.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    start: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self {
            start: Instant::now(),
        }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Now {
        let millis = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        let wall = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => millis(after),
            Err(before) => -millis(before.duration()),
        };
        Now {
            wall: Wall(wall),
            mono: Mono::default().plus(self.start.elapsed()),
        }
    }

    async fn sleep_until(&self, until: Mono) {
        let span = until.since(Mono::default());
        match self.start.checked_add(span) {
            Some(at) => tokio::time::sleep_until(at.into()).await,
            None => std::future::pending().await,
        }
    }
}
