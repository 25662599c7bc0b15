//! The machine's clocks.

use imdspec_wire::{Mono, Now, Wall};
use std::time::{Instant, SystemTime};

/// Reads both clocks of the machine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RealClock {
    start: Instant,
}

impl RealClock {
    /// A clock whose monotonic time begins now.
    pub(crate) fn start() -> Self {
        Self {
            start: Instant::now(),
        }
    }

    pub(crate) fn now(self) -> Now {
        // A date before 1970 reads as 1970.
        let wall = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX));
        Now {
            wall: Wall(wall),
            mono: Mono::default().plus(self.start.elapsed()),
        }
    }
}
