//! TOKEN: the session token flow.
//!
//! ```text
//!           PUT                       GET with it
//! (none) ─────────► (token, lifetime) ───────────► 200
//!    ▲                   │        │  401
//!    └───────────────────┴────────┘
//!        its lifetime is over, or nearly so
//! ```

mod carry;
mod lifetime;
mod put;
mod refusal;
mod reply;
#[cfg(test)]
mod tests;

mod without;

use crate::Rule;

pub(super) const RULES: &[Rule] = &[
    put::TOKEN_001,
    put::TOKEN_002,
    put::TOKEN_003,
    put::TOKEN_004,
    carry::TOKEN_005,
    put::TOKEN_006,
    put::TOKEN_007,
    lifetime::TOKEN_009,
    reply::TOKEN_010,
    lifetime::TOKEN_011,
    reply::TOKEN_013,
    lifetime::TOKEN_014,
    refusal::TOKEN_015,
    refusal::TOKEN_016,
    carry::TOKEN_017,
    without::TOKEN_019,
    without::TOKEN_022,
    reply::TOKEN_024,
];
