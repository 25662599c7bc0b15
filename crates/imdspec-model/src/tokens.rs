//! The IMDSv2 session tokens a model has issued.
//!
//! ```text
//!               PUT                     the time to live is over
//!   (unknown) ───────► valid ──────────────────────────────────────► over
//!                        │                                            ▲
//!                        └──────────────── revoked ───────────────────┘
//! ```
//!
//! A token is valid from the moment it is issued and strictly before that moment plus the lifetime
//! granted, on the monotonic clock: a lifetime is a duration, and setting the date must not change
//! it. Tokens do not know of each other, and what is over is like what was never issued.

use imdspec_wire::Mono;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// How many tokens are kept before those that are over are swept out for the first time.
const FIRST_SWEEP: usize = 1024;

#[derive(Clone)]
pub(crate) struct Tokens {
    /// Ordered, so that a model holds no randomness but its seed's.
    ends: BTreeMap<String, Mono>,
    sweep_at: usize,
}

impl Default for Tokens {
    fn default() -> Self {
        Self {
            ends: BTreeMap::new(),
            sweep_at: FIRST_SWEEP,
        }
    }
}

impl Tokens {
    /// Takes up a new token.
    pub(crate) fn issue(&mut self, now: Mono, token: String, lifetime: Duration) {
        if self.ends.len() >= self.sweep_at {
            self.ends.retain(|_, end| now < *end);
            // Twice what is left: sweeping stays a constant cost per token.
            self.sweep_at = FIRST_SWEEP.max(self.ends.len() * 2);
        }
        self.ends.insert(token, now.plus(lifetime));
    }

    /// How much longer `token` is valid; none when it is not.
    pub(crate) fn remaining(&self, now: Mono, token: &str) -> Option<Duration> {
        let end = *self.ends.get(token)?;
        (now < end).then(|| end.since(now))
    }

    /// Ends every token issued so far.
    pub(crate) fn revoke(&mut self) {
        self.ends.clear();
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tokens({})", self.ends.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn is_valid_strictly_before_its_end() {
        let mut tokens = Tokens::default();
        tokens.issue(Mono(500), "a".into(), MINUTE);
        assert_eq!(tokens.remaining(Mono(500), "a"), Some(MINUTE));
        assert!(tokens.remaining(Mono(60_499), "a").is_some());
        assert_eq!(tokens.remaining(Mono(60_500), "a"), None);
        assert_eq!(tokens.remaining(Mono(500), "b"), None);
        assert_eq!(tokens.remaining(Mono(500), ""), None);
    }

    #[test]
    fn what_is_over_is_swept_out_and_what_is_valid_kept() {
        let mut tokens = Tokens::default();
        tokens.issue(Mono(0), "kept".into(), MINUTE * 600);
        for second in 0..20 * FIRST_SWEEP {
            let now = Mono(second as u64 * 1000);
            tokens.issue(now, second.to_string(), Duration::from_secs(1));
            assert!(tokens.ends.len() <= FIRST_SWEEP + 1);
            assert!(tokens.remaining(now, "kept").is_some());
        }
    }
}
