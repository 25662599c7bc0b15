//! CACHE: keeping credentials, renewing them, and living through an outage.
//!
//! ```text
//!               served with life left (008, 018)
//!   nothing ─────────────────────────────────────► held
//!      │                                           │  ▲
//!      │ served already over            its end is │  │ asked for and served:
//!      │                             reached (016) │  │ at once (002), after an
//!      │                                           ▼  │ outage in half an hour (011)
//!      └──────────────────────────────────────────► over
//!
//!   held: no request while much is left (001); a refresh that fails early loses nothing (005)
//!   many callers at once: one fetch (014)
//!   over: given all the same while the service is out (006, 007), and it is left alone (009)
//! ```

mod clock;
mod crowd;
mod held;
mod outage;
mod renewal;
mod stale;
mod truth;

#[cfg(test)]
mod tests;

use crate::Rule;

pub(super) const RULES: &[Rule] = &[
    renewal::CACHE_001,
    renewal::CACHE_002,
    outage::CACHE_005,
    outage::CACHE_006,
    stale::CACHE_007,
    truth::CACHE_008,
    stale::CACHE_009,
    outage::CACHE_011,
    crowd::CACHE_014,
    clock::CACHE_016,
    truth::CACHE_018,
];
