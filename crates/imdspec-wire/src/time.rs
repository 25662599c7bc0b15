//! Two kinds of time that must never be mixed.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Wall time: milliseconds since 1970-01-01T00:00:00 UTC. It may jump in either direction.
///
/// Credentials expire on this clock, because their `Expiration` is a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Wall(pub i64);

/// Monotonic time: milliseconds since a start that only the clock's owner knows. It never goes
/// back.
///
/// Tokens, timeouts and pauses live on this clock, because they are durations.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Mono(pub u64);

/// One reading of both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Now {
    /// The date.
    pub wall: Wall,
    /// The stopwatch.
    pub mono: Mono,
}

impl Wall {
    /// This time moved by `seconds`, which may be negative; saturates at the ends of the range.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1000)))
    }

    /// Milliseconds from `earlier` to this time; negative when `earlier` is later.
    #[must_use]
    pub const fn millis_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl Mono {
    /// This time moved forward; saturates.
    #[must_use]
    pub fn plus(self, by: Duration) -> Self {
        Self(
            self.0
                .saturating_add(u64::try_from(by.as_millis()).unwrap_or(u64::MAX)),
        )
    }

    /// The time from `earlier` to this one; zero when `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl Now {
    /// Both clocks moved forward by the same amount.
    #[must_use]
    pub fn plus(self, by: Duration) -> Self {
        let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        Self {
            wall: Wall(self.wall.0.saturating_add(millis)),
            mono: self.mono.plus(by),
        }
    }
}
