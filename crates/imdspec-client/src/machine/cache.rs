//! The credentials held, when to ask for newer ones, and what to do when there are none.
//!
//! ```text
//!   EMPTY ─── a fetch fails: its error is the outcome
//!     │
//!     │ a document, unexpired                  a document, already expired
//!     ▼                                        (or: the fetch failed, and these expired)
//!   VALID ──────────── expired, and the fetch that this is due fails ─────────► EXTENDED
//!     ▲  │                                                                       │   ▲
//!     │  │ life left │ a fetch is due                                            │   │
//!     │  │ ≥ 15 min  │ no                                                        │   └─ next try
//!     │  │ 15..5 min │ 60 s after the last one                                   │      ≥ 5 min
//!     │  │ 5..0 min  │ once, then 60 s after the last one                        │      later
//!     │  │ none      │ always                                                    │
//!     │  └─ a fetch fails: these are the outcome, as long as there is life left  │
//!     │                                                                          │
//!     └──────────────────────── a document, unexpired ◄──────────────────────────┘
//! ```
//!
//! EXTENDED is *static stability*: while the service cannot give newer credentials, the last ones
//! go on being returned, because AWS may go on accepting them. Their expiration is then 10 to
//! 15 minutes from the last try, so that whoever caches them asks again. Credentials of any other
//! source are never extended. Those that never end (a process may give such) are never asked for
//! again.
//!
//! Two clocks say how much life is left, the wall clock because `Expiration` is a date and goes on
//! while a machine sleeps, the monotonic one because nobody can set it back; the lower figure
//! counts. And when the two move apart by more than a minute, a fetch is due at once.

use super::retry::Jitter;
use crate::credentials::ResolvedCredentials;
use crate::error::ProviderError;
use imdspec_wire::{Mono, Now, Timestamp, Wall};
use std::fmt;
use std::time::Duration;

/// Milliseconds.
const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;

/// The life below which newer credentials are asked for. The service has them at least five
/// minutes before the old ones end (EC2 User Guide, "IAM roles for Amazon EC2").
const EARLY: i64 = 15 * MINUTE;
/// The life below which they must be there, so that a try is due whatever came before.
const LATE: i64 = 5 * MINUTE;
/// The least time between two tries for credentials that are still good.
const BETWEEN_EARLY_TRIES: Duration = Duration::from_secs(60);
/// The least time between two tries while credentials are extended.
const BETWEEN_EXTENDED_TRIES: Duration = Duration::from_secs(5 * 60);
/// How far expired credentials are extended: the bounds of the jitter.
const EXTENSION: [Duration; 2] = [Duration::from_secs(10 * 60), Duration::from_secs(15 * 60)];
/// How far the two clocks may move apart before a try is due.
const DRIFT: i64 = MINUTE;

/// The credentials of one source.
#[derive(Clone)]
pub(crate) struct Cache {
    /// Whether expired credentials are extended.
    static_stability: bool,
    held: Option<Held>,
}

#[derive(Clone)]
struct Held {
    credentials: ResolvedCredentials,
    /// When they were served.
    served: Now,
    /// When they end by decree, once they are extended.
    extended_to: Option<Wall>,
    /// The last try to get newer ones; at first, the fetch they came from.
    tried: Now,
}

impl Cache {
    /// A cache for the instance metadata service, the one source that asks for static stability.
    pub(crate) const fn of_imds() -> Self {
        Self {
            static_stability: true,
            held: None,
        }
    }

    /// A cache for any other source.
    pub(crate) const fn of_others() -> Self {
        Self {
            static_stability: false,
            held: None,
        }
    }

    /// The credentials to return without a fetch; none when a fetch is due.
    pub(crate) fn fresh(&self, now: Now) -> Option<ResolvedCredentials> {
        let held = self.held.as_ref()?;
        (!held.is_fetch_due(now)).then(|| held.resolved())
    }

    /// Takes the result of a fetch, and says what the resolve returns.
    pub(crate) fn settle(
        &mut self,
        now: Now,
        result: Result<ResolvedCredentials, ProviderError>,
        jitter: &mut Jitter,
    ) -> Result<ResolvedCredentials, ProviderError> {
        let (held, error) = match (self.held.take(), result) {
            (before, Ok(credentials)) => {
                let served = Held::served(credentials, now, before.as_ref());
                if served.life(now) > 0 {
                    return Ok(self.hold(served));
                }
                let expired = ProviderError::error("the credentials served had already expired");
                (later(before, served), expired)
            }
            (Some(before), Err(error)) => (before, error),
            (None, Err(error)) => return Err(error),
        };
        let held = Held { tried: now, ..held };
        if held.life(now) > 0 {
            Ok(self.hold(held))
        } else if self.static_stability {
            let [shortest, longest] = EXTENSION;
            let extension = jitter.between(shortest, longest);
            Ok(self.hold(Held {
                extended_to: Some(now.plus(extension).wall),
                ..held
            }))
        } else {
            // What has expired is of no more use; nothing is held.
            Err(error)
        }
    }

    fn hold(&mut self, held: Held) -> ResolvedCredentials {
        let resolved = held.resolved();
        self.held = Some(held);
        resolved
    }
}

/// Whichever ends later: the ones before, or the ones just served, which have expired.
fn later(before: Option<Held>, served: Held) -> Held {
    match before {
        Some(before) if before.end() > served.end() => before,
        _ => served,
    }
}

impl Held {
    /// Credentials just served. The very ones that were held before are no younger for being
    /// served again: their life goes on being counted from when they were first seen, so that a
    /// wall clock set back in between gives them no new one.
    fn served(credentials: ResolvedCredentials, now: Now, before: Option<&Self>) -> Self {
        let first_seen = before
            .filter(|before| before.credentials == credentials && before.extended_to.is_none())
            .map(|before| before.served);
        Self {
            credentials,
            served: first_seen.unwrap_or(now),
            extended_to: None,
            tried: now,
        }
    }

    fn resolved(&self) -> ResolvedCredentials {
        let mut resolved = self.credentials.clone();
        if let Some(wall) = self.extended_to {
            resolved.expiration = Some(Timestamp::from_wall(wall));
        }
        resolved
    }

    fn is_fetch_due(&self, now: Now) -> bool {
        if self.credentials.expiration.is_none() {
            return false;
        }
        let between = |least| now.mono.since(self.tried.mono) >= least;
        if drift(self.tried, now).saturating_abs() > DRIFT {
            return true;
        }
        match (self.extended_to, self.life(now)) {
            (Some(end), _) => now.wall >= end || between(BETWEEN_EXTENDED_TRIES),
            (None, EARLY..) => false,
            (None, LATE..) => between(BETWEEN_EARLY_TRIES),
            (None, 1..) => self.life(self.tried) >= LATE || between(BETWEEN_EARLY_TRIES),
            (None, _) => true,
        }
    }

    /// When they end; those that never do end last of all.
    fn end(&self) -> Timestamp {
        let never = Timestamp::from_wall(Wall(i64::MAX));
        self.credentials.expiration.unwrap_or(never)
    }

    /// The life left by both clocks, in milliseconds; an extension does not count.
    fn life(&self, now: Now) -> i64 {
        if self.credentials.expiration.is_none() {
            return i64::MAX;
        }
        let end = self.end().wall();
        let by_wall = end.millis_since(now.wall);
        let by_mono = (end.millis_since(self.served.wall))
            .saturating_sub(elapsed(self.served.mono, now.mono));
        by_wall.min(by_mono)
    }
}

/// How far the wall clock moved ahead of the monotonic one between two readings, in milliseconds.
fn drift(from: Now, to: Now) -> i64 {
    to.wall
        .millis_since(from.wall)
        .saturating_sub(elapsed(from.mono, to.mono))
}

fn elapsed(from: Mono, to: Mono) -> i64 {
    i64::try_from(to.since(from).as_millis()).unwrap_or(i64::MAX)
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Cache")
            .field(&self.held.as_ref().map(Held::resolved))
            .finish()
    }
}
