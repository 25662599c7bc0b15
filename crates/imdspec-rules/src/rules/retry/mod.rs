//! RETRY: how often, how long, and with what pauses.

mod attempts;
mod bounds;
mod repeats;
#[cfg(test)]
mod tests;
mod unreachable;

use crate::Rule;

pub(super) const RULES: &[Rule] = &[
    bounds::RETRY_001,
    unreachable::RETRY_002,
    attempts::RETRY_004,
    repeats::RETRY_007,
    attempts::RETRY_008,
    repeats::RETRY_009,
    bounds::RETRY_013,
];
