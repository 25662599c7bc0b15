//! Where on the clock something is about to happen, as far as a script can foresee it.
//!
//! These are guesses: what a subject holds is known to itself. A wrong one is only a moment like
//! any other, for the verdict rests on what happened and not on what was expected here.

use crate::fuzz::draw::Draw;
use crate::scenario::Step;
use imdspec_model::{Span, World};

/// Milliseconds.
const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;

/// What a script knows of its own time, in milliseconds since its start.
pub(super) struct Edges {
    now: i64,
    lifetime: i64,
    longest_token: i64,
    /// When the credentials fetched last were served.
    served: i64,
    /// When the session token in use was granted.
    granted: i64,
    /// When the subject was asked last.
    asked: i64,
    is_first: bool,
}

/// Where in the life of credentials clients have something to do, before their end: the windows of
/// the SDKs, and of the service (five minutes, `EC2 User Guide`, "IAM roles for Amazon EC2").
const BEFORE_THE_END: [i64; 6] = [0, 5 * MINUTE, 15 * MINUTE, 10 * MINUTE, MINUTE, 10 * SECOND];
/// After it: how far the SDKs extend expired credentials.
const AFTER_THE_END: [i64; 3] = [5 * MINUTE, 10 * MINUTE, 15 * MINUTE];
/// Before a session token's end.
const BEFORE_THE_TOKEN_ENDS: [i64; 4] = [0, MINUTE, 2 * MINUTE, 5 * MINUTE];
/// After a try: when the next one may be due.
const AFTER_A_TRY: [i64; 3] = [MINUTE, 5 * MINUTE, SECOND];
/// How far beside an edge.
const BESIDE: [i64; 5] = [SECOND, -SECOND, 0, 30 * SECOND, -30 * SECOND];

impl Edges {
    pub(super) fn new(world: &World) -> Self {
        Self {
            now: 0,
            lifetime: world.credential_lifetime.millis().max(SECOND),
            longest_token: world.longest_token.millis().max(SECOND),
            served: 0,
            granted: 0,
            asked: 0,
            is_first: true,
        }
    }

    /// The subject is asked: by then it has fetched again what was over, or about to be.
    pub(super) fn asked(&mut self) {
        if self.is_first || self.now >= self.end() - 15 * MINUTE.min(self.lifetime / 2) {
            self.served = self.now;
        }
        if self.is_first || self.now >= self.granted + self.longest_token {
            self.granted = self.now;
        }
        self.asked = self.now;
        self.is_first = false;
    }

    /// What a change makes of it.
    pub(super) fn change(&mut self, step: &Step) {
        match step {
            // New ones are served from here on.
            Step::Rotate(_) => self.served = self.now,
            Step::RevokeTokens(_) => self.granted = self.now,
            _ => {}
        }
    }

    pub(super) fn passed(&mut self, span: Span) {
        self.now = self.now.saturating_add(span.millis());
    }

    /// The wall clock, by which credentials end, is elsewhere.
    pub(super) fn jumped(&mut self, span: Span) {
        self.served = self.served.saturating_sub(span.millis());
    }

    const fn end(&self) -> i64 {
        self.served.saturating_add(self.lifetime)
    }

    /// How far it is to an edge, or just beside it; at least a second.
    pub(super) fn next(&self, draw: &mut Draw<'_>) -> Span {
        let edge = match draw.up_to(7) {
            0..=2 => self.end() - draw.of(&BEFORE_THE_END),
            3 => self.end() + draw.of(&AFTER_THE_END),
            4 | 5 => self.granted + self.longest_token - draw.of(&BEFORE_THE_TOKEN_ENDS),
            6 => self.asked + draw.of(&AFTER_A_TRY),
            _ => self.now + draw.of(&[6 * 60 * MINUTE, 24 * 60 * MINUTE, 30 * MINUTE]),
        };
        let ahead = edge - self.now + draw.of(&BESIDE);
        if ahead >= SECOND {
            Span::seconds(ahead / SECOND)
        } else {
            // That edge is behind; what is held goes on ageing.
            Span::seconds(draw.of(&[59, 1, 61, 301]))
        }
    }
}
