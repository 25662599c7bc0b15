//! The session: the IMDSv2 token, or the knowledge that there are none here.
//!
//! ```text
//!               PUT answered 200                  near its end, or a GET answered 401
//!    ABSENT ───────────────────────────► TOKEN ─────────────────────────┐
//!    ▲    │                                                             │
//!    │    │ PUT answered 403, 404 or 405,                               │
//!    │    │ and the fallback is allowed                                 │
//!    │    └────────────────────────────► V1 ──── a GET answered 401 ────┤
//!    └──────────────────────────────────────────────────────────────────┘
//! ```

use imdspec_wire::{Mono, SessionToken, TokenReply, Ttl};
use std::time::Duration;

/// How long before its end a token is renewed, at most. Clocks and round trips differ: a token
/// used to its last millisecond was seen refused (aws/aws-sdk-java-v2#5764).
const MARGIN: Duration = Duration::from_secs(120);

/// What opens the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Session {
    /// A token must be asked for first.
    Absent,
    /// A token, to be renewed at a time.
    Token { token: SessionToken, renew_at: Mono },
    /// The service knows no tokens: IMDSv1.
    V1,
}

/// What a GET made now is opened by.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Pass<'a> {
    /// Nothing yet: a PUT comes first.
    Missing,
    /// This token.
    Token(&'a SessionToken),
    /// Nothing, and nothing is needed.
    NotNeeded,
}

impl Session {
    /// A session that begins with a token that arrived at `now`.
    ///
    /// It lasts as long as the reply says, whatever was asked for, less a margin of two minutes.
    /// Short ones are used for their first half, which leaves five seconds to every token that
    /// was granted ten or more.
    pub(crate) fn granted(reply: TokenReply, now: Mono) -> Self {
        let TokenReply { token, ttl } = reply;
        let ttl = Duration::from_secs(Ttl::seconds(ttl).into());
        Self::Token {
            token,
            renew_at: now.plus(ttl - MARGIN.min(ttl / 2)),
        }
    }

    pub(crate) fn pass(&self, now: Mono) -> Pass<'_> {
        match self {
            Self::Token { token, renew_at } if now < *renew_at => Pass::Token(token),
            Self::Token { .. } | Self::Absent => Pass::Missing,
            Self::V1 => Pass::NotNeeded,
        }
    }

    /// The token, used up or not.
    pub(crate) fn token(&self) -> Option<&SessionToken> {
        match self {
            Self::Token { token, .. } => Some(token),
            Self::Absent | Self::V1 => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Until when a token of `ttl` seconds, granted at 1 s, is used, in milliseconds from then.
    fn used_for(ttl: u32) -> u64 {
        let reply = TokenReply {
            token: SessionToken::parse(b"t").unwrap(),
            ttl: Ttl::new(ttl).unwrap(),
        };
        let session = Session::granted(reply, Mono(1000));
        let last = (0..=u64::from(ttl) * 1000)
            .rev()
            .find(|ms| session.pass(Mono(1000 + ms)) != Pass::Missing);
        last.unwrap()
    }

    #[test]
    fn a_token_is_renewed_before_its_end() {
        assert_eq!(used_for(21_600), 21_480_000 - 1);
        assert_eq!(used_for(600), 480_000 - 1);
        assert_eq!(used_for(10), 5000 - 1);
        assert_eq!(used_for(1), 500 - 1);
    }
}
