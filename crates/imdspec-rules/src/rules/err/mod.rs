//! ERR: what statuses and broken replies lead to.

mod fallback;
mod interim;
mod outcome;
mod status;
#[cfg(test)]
mod tests;
mod transport;

use crate::Rule;

pub(super) const RULES: &[Rule] = &[
    fallback::ERR_001,
    fallback::ERR_002,
    fallback::ERR_003,
    fallback::ERR_004,
    fallback::ERR_005,
    status::ERR_006,
    status::ERR_007,
    status::ERR_008,
    outcome::ERR_009,
    outcome::ERR_010,
    interim::ERR_011,
    transport::ERR_013,
    transport::ERR_014,
];
