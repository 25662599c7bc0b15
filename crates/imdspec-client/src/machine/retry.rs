//! How often a request is tried, and how long the pauses are.

use crate::exchange::Lost;
use imdspec_wire::{Response, WireError};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use std::fmt;
use std::time::Duration;

/// The bounds of a fetch.
#[derive(Debug, Clone)]
pub(crate) struct Policy {
    /// How often one request is tried in all.
    pub(crate) attempts: u32,
    /// How long one try may take.
    pub(crate) timeout: Duration,
    /// How long the fetch may take.
    pub(crate) deadline: Duration,
    /// The longest first pause.
    pub(crate) backoff: Duration,
    /// The longest pause.
    pub(crate) longest_pause: Duration,
}

impl Policy {
    /// The pause after a request has failed `failures` times, if it may be tried again.
    ///
    /// Exponential with equal jitter: the longest pause doubles each time and the shortest is half
    /// of it, so no pause is shorter than the one before. Source: EC2 User Guide, "Query
    /// throttling".
    pub(crate) fn pause(&self, failures: u32, jitter: &mut Jitter) -> Option<Duration> {
        if failures >= self.attempts {
            return None;
        }
        let doublings = failures.saturating_sub(1).min(31);
        let longest = self.backoff.saturating_mul(1 << doublings);
        let shortest = (longest / 2).min(self.longest_pause);
        Some(jitter.between(shortest, longest.min(self.longest_pause)))
    }
}

/// The machine's randomness, all of it from one seed.
#[derive(Debug, Clone)]
pub(crate) struct Jitter(ChaCha8Rng);

impl Jitter {
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A duration from `shortest` to `longest`, in whole milliseconds.
    pub(crate) fn between(&mut self, shortest: Duration, longest: Duration) -> Duration {
        let spread = longest.saturating_sub(shortest).as_millis();
        let spread = u64::try_from(spread).unwrap_or(u64::MAX - 1);
        shortest + Duration::from_millis(self.0.next_u64() % (spread + 1))
    }
}

/// Why a request gave nothing to go on with.
#[derive(Debug)]
pub(crate) enum Failure {
    Lost(Lost),
    Unusable(WireError),
    /// The service's own words.
    Said(String),
    /// The service's own words in a reply of another status than 200.
    Answered {
        status: u16,
        words: String,
    },
    /// What is gone a moment later, in words.
    Passing(String),
}

impl Failure {
    /// Whether the same request may well be answered a moment later: when the service is busy or
    /// broken (429, 5xx), when the reply got lost on the way, and when what came is half a
    /// document, which the service was seen to send under load (aws/aws-sdk-php#1664).
    pub(crate) const fn may_pass(&self) -> bool {
        match self {
            Self::Lost(lost) => lost.may_pass(),
            Self::Unusable(WireError::Status(status)) | Self::Answered { status, .. } => {
                matches!(*status, 429 | 500..=599)
            }
            Self::Unusable(why) => matches!(why, WireError::NotJson { .. }),
            Self::Said(_) => false,
            Self::Passing(_) => true,
        }
    }

    /// The same for a service that somebody named, or that is on the internet: it should be there,
    /// and if nobody is, somebody may be in a moment.
    pub(crate) const fn may_pass_where_expected(&self) -> bool {
        self.may_pass() || matches!(self, Self::Lost(lost) if lost.is_absence())
    }

    /// The status that was answered, where it is one that says why.
    pub(crate) const fn status(&self) -> Option<u16> {
        match self {
            Self::Unusable(WireError::Status(status)) | Self::Answered { status, .. } => {
                Some(*status)
            }
            _ => None,
        }
    }
}

impl From<WireError> for Failure {
    fn from(why: WireError) -> Self {
        Self::Unusable(why)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost(lost) => lost.fmt(f),
            Self::Unusable(why) => why.fmt(f),
            Self::Said(words) | Self::Passing(words) => f.write_str(words),
            Self::Answered { status, words } => write!(f, "status {status}, {words}"),
        }
    }
}

/// A reply of status 200, or why there is none.
pub(crate) fn ok(reply: Result<Response, Lost>) -> Result<Response, Failure> {
    match reply {
        Ok(reply) if reply.status == 200 => Ok(reply),
        Ok(reply) => Err(WireError::Status(reply.status).into()),
        Err(lost) => Err(Failure::Lost(lost)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn policy(attempts: u32) -> Policy {
        Policy {
            attempts,
            timeout: Duration::from_secs(1),
            deadline: Duration::from_secs(10),
            backoff: Duration::from_millis(100),
            longest_pause: Duration::from_secs(1),
        }
    }

    proptest! {
        #[test]
        fn pauses_grow_and_stay_in_their_bounds(seed: u64) {
            let mut jitter = Jitter::new(seed);
            let pauses: Vec<Duration> = (1..)
                .map_while(|failures| policy(10).pause(failures, &mut jitter))
                .collect();
            prop_assert_eq!(pauses.len(), 9);
            prop_assert!(pauses.is_sorted(), "{:?}", pauses);
            for (pause, longest) in pauses.iter().zip([100, 200, 400, 800]) {
                let longest = Duration::from_millis(longest);
                prop_assert!((longest / 2..=longest).contains(pause), "{:?}", pauses);
            }
            // Ten tries that fail at once fit into the deadline.
            prop_assert!(pauses.iter().sum::<Duration>() < Duration::from_secs(10));
        }
    }

    #[test]
    fn the_last_try_is_followed_by_no_pause() {
        assert_eq!(policy(1).pause(1, &mut Jitter::new(0)), None);
        assert!(policy(2).pause(1, &mut Jitter::new(0)).is_some());
        assert_eq!(policy(2).pause(2, &mut Jitter::new(0)), None);
    }

    #[test]
    fn extreme_bounds_do_no_harm() {
        let endless = Policy {
            attempts: u32::MAX,
            backoff: Duration::MAX,
            longest_pause: Duration::MAX,
            ..policy(1)
        };
        assert!(endless.pause(u32::MAX - 1, &mut Jitter::new(0)).is_some());
        let none = Policy {
            backoff: Duration::ZERO,
            ..policy(3)
        };
        assert_eq!(none.pause(1, &mut Jitter::new(0)), Some(Duration::ZERO));
    }
}
