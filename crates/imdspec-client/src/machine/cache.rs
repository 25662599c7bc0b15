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
//! 15 minutes from the last try, so that whoever caches them asks again. Container credentials are
//! never extended.
//!
//! Two clocks say how much life is left, the wall clock because `Expiration` is a date and goes on
//! while a machine sleeps, the monotonic one because nobody can set it back; the lower figure
//! counts. And when the two move apart by more than a minute, a fetch is due at once.

use super::retry::Jitter;
use crate::credentials::{ResolvedCredentials, Source};
use crate::error::ProviderError;
use imdspec_wire::{Credentials, Mono, Now, Timestamp, Wall};
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

/// The credentials of one service.
#[derive(Clone)]
pub(crate) struct Cache {
    source: Source,
    /// Whether expired credentials are extended.
    static_stability: bool,
    held: Option<Held>,
}

#[derive(Clone)]
struct Held {
    credentials: Credentials,
    /// When they were served.
    served: Now,
    /// When they end by decree, once they are extended.
    extended_to: Option<Wall>,
    /// The last try to get newer ones; at first, the fetch they came from.
    tried: Now,
}

impl Cache {
    /// A cache for the instance metadata service.
    pub(crate) const fn imds() -> Self {
        Self {
            source: Source::Imds,
            static_stability: true,
            held: None,
        }
    }

    /// A cache for the container endpoint.
    pub(crate) const fn container() -> Self {
        Self {
            source: Source::Container,
            static_stability: false,
            held: None,
        }
    }

    /// The credentials to return without a fetch; none when a fetch is due.
    pub(crate) fn fresh(&self, now: Now) -> Option<ResolvedCredentials> {
        let held = self.held.as_ref()?;
        (!held.is_fetch_due(now)).then(|| self.resolved(held))
    }

    /// Takes the result of a fetch, and says what the resolve returns.
    pub(crate) fn settle(
        &mut self,
        now: Now,
        result: Result<Credentials, ProviderError>,
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
        let resolved = self.resolved(&held);
        self.held = Some(held);
        resolved
    }

    fn resolved(&self, held: &Held) -> ResolvedCredentials {
        let mut resolved = ResolvedCredentials::served(&held.credentials, self.source);
        if let Some(wall) = held.extended_to {
            resolved.expiration = Some(Timestamp::from_wall(wall));
        }
        resolved
    }
}

/// Whichever ends later: the ones before, or the ones just served, which have expired.
fn later(before: Option<Held>, served: Held) -> Held {
    match before {
        Some(before) if before.credentials.expiration > served.credentials.expiration => before,
        _ => served,
    }
}

impl Held {
    /// Credentials just served. The very ones that were held before are no younger for being
    /// served again: their life goes on being counted from when they were first seen, so that a
    /// wall clock set back in between gives them no new one.
    fn served(credentials: Credentials, now: Now, before: Option<&Self>) -> Self {
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

    fn is_fetch_due(&self, now: Now) -> bool {
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

    /// The life left by both clocks, in milliseconds; an extension does not count.
    fn life(&self, now: Now) -> i64 {
        let end = self.credentials.expiration.wall();
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
            .field(&self.held.as_ref().map(|held| self.resolved(held)))
            .finish()
    }
}
