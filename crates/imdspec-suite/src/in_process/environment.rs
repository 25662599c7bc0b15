//! What a provider is built from.

use super::exchange::Exchange;
use crate::memory::T0;
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
    /// The servers, asked without a socket: for a provider whose HTTP client can be replaced.
    pub exchange: Exchange,
}

/// The time that provider and model share. It runs as the machine's does, or stands still where
/// everything is in memory, and jumps where the scenario says that time passes. Cloning shares it.
#[derive(Debug, Clone)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    runs: Runs,
    ahead: Mutex<Ahead>,
}

/// Whether time passes by itself.
#[derive(Debug)]
enum Runs {
    /// As on this machine, from then on.
    Since(Instant),
    /// Not at all.
    Still,
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
            runs: Runs::Since(Instant::now()),
            ahead: Mutex::default(),
        }))
    }

    /// A clock that only the scenario moves, from the date on which all virtual ones begin.
    pub(crate) fn still() -> Self {
        Self(Arc::new(Inner {
            runs: Runs::Still,
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
        self.0.runs.passed() + self.ahead().mono
    }

    /// A pause that is not waited for: both clocks go forward by so much. For a provider whose way
    /// to pause can be replaced.
    pub fn pause(&self, by: Duration) {
        self.advance(by);
    }

    pub(crate) fn both(&self) -> Now {
        let ahead = self.ahead();
        Now {
            wall: Wall(self.0.runs.wall().saturating_add(ahead.wall)),
            mono: Mono::default().plus(self.0.runs.passed() + ahead.mono),
        }
    }

    /// Moves both clocks, as a scenario says.
    pub(crate) fn advance(&self, by: Duration) {
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

impl Runs {
    fn passed(&self) -> Duration {
        match self {
            Self::Since(start) => start.elapsed(),
            Self::Still => Duration::ZERO,
        }
    }

    /// Milliseconds since 1970.
    fn wall(&self) -> i64 {
        match self {
            Self::Since(_) => SystemTime::now()
                .duration_since(SystemTime::UNIX_EPOCH)
                .map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX)),
            Self::Still => T0.wall.0,
        }
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
