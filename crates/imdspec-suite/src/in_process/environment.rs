//! What a provider is built from.

use imdspec_wire::{Mono, Now, Wall};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// What a scenario gives the value under test. The process's own environment is not touched: tests
/// run side by side in it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Environment {
    /// The URL of the model, such as `http://127.0.0.1:41234`; none where the scenario has the
    /// provider find it by other settings.
    pub endpoint: Option<String>,
    /// Environment variables by name. `AWS_EC2_METADATA_SERVICE_ENDPOINT` is among them where
    /// [`endpoint`](Self::endpoint) is given.
    pub variables: BTreeMap<String, String>,
    /// An empty home directory, but for `.aws/config` where the scenario has settings in it.
    pub home: PathBuf,
    /// Settings in code, by the config key they stand for, such as `ec2_metadata_service_endpoint`.
    pub code: BTreeMap<String, String>,
    /// The time of the model. Reading it matters only to a provider that takes a clock.
    pub clock: Clock,
}

/// The time that provider and model share. It runs as the machine's does, and jumps where the
/// scenario says that time passes. Cloning shares it.
#[derive(Debug, Clone)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    start: Instant,
    ahead: Mutex<Ahead>,
}

/// How far the clocks are ahead of the machine's.
#[derive(Debug, Default, Clone, Copy)]
struct Ahead {
    mono: Duration,
    wall: i64,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Inner {
            start: Instant::now(),
            ahead: Mutex::default(),
        }))
    }

    /// The date on the wall clock.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        let millis = self.both().wall.0;
        let span = Duration::from_millis(millis.unsigned_abs());
        if millis < 0 {
            SystemTime::UNIX_EPOCH - span
        } else {
            SystemTime::UNIX_EPOCH + span
        }
    }

    /// How long ago the scenario began, on a clock that no one sets back.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.start.elapsed() + self.ahead().mono
    }

    pub(crate) fn both(&self) -> Now {
        let ahead = self.ahead();
        let wall = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX));
        Now {
            wall: Wall(wall.saturating_add(ahead.wall)),
            mono: Mono::default().plus(self.0.start.elapsed() + ahead.mono),
        }
    }

    /// Moves both clocks, as a scenario says.
    pub(super) fn advance(&self, by: Duration) {
        let mut ahead = self.lock();
        ahead.mono += by;
        let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        ahead.wall = ahead.wall.saturating_add(millis);
    }

    /// Moves the wall clock only.
    pub(super) fn jump(&self, millis: i64) {
        let mut ahead = self.lock();
        ahead.wall = ahead.wall.saturating_add(millis);
    }

    fn ahead(&self) -> Ahead {
        *self.lock()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Ahead> {
        self.0.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_added_and_not_waited_for() {
        let clock = Clock::new();
        let (before, began) = (clock.now(), clock.elapsed());
        clock.advance(Duration::from_secs(7 * 3600));
        assert!(clock.now() >= before + Duration::from_secs(7 * 3600));
        assert!(clock.elapsed() >= began + Duration::from_secs(7 * 3600));
        clock.jump(-8 * 3_600_000);
        assert!(clock.now() < before);
        assert!(clock.elapsed() >= began + Duration::from_secs(7 * 3600));
    }
}
