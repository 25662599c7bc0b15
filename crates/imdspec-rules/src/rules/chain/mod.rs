//! CHAIN: several places that credentials come from, and which of them gives them.
//!
//! A trace says in its header which sources were set up and in which state, and in which order the
//! subject says that it looks. `works` there is taken at its word: it stands only beside a source
//! that gives this subject its credentials when nothing else is set up.

mod broken;
mod environment;
mod front;
mod life;
mod mixing;
mod profile;
mod setup;
mod winner;

#[cfg(test)]
mod tests;

use crate::Rule;

pub(super) const RULES: &[Rule] = &[
    front::CHAIN_001,
    front::CHAIN_002,
    front::CHAIN_003,
    broken::CHAIN_004,
    life::CHAIN_005,
    profile::CHAIN_006,
    environment::CHAIN_007,
    environment::CHAIN_008,
    mixing::CHAIN_009,
    profile::CHAIN_010,
    profile::CHAIN_011,
    environment::CHAIN_012,
    broken::CHAIN_013,
    front::CHAIN_014,
    life::CHAIN_015,
    mixing::CHAIN_016,
    winner::CHAIN_017,
    winner::CHAIN_018,
    broken::CHAIN_019,
];
