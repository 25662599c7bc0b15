//! CONFIG: settings, and which of them wins.

pub(super) mod authority;
mod endpoint;
mod mode;
mod odd;
mod profile;
mod settings;
mod switches;

#[cfg(test)]
mod tests;

use crate::Rule;

pub(super) const RULES: &[Rule] = &[
    endpoint::CONFIG_001,
    endpoint::CONFIG_002,
    endpoint::CONFIG_003,
    endpoint::CONFIG_004,
    endpoint::CONFIG_005,
    mode::CONFIG_006,
    mode::CONFIG_007,
    mode::CONFIG_008,
    endpoint::CONFIG_009,
    odd::CONFIG_010,
    odd::CONFIG_011,
    odd::CONFIG_012,
    switches::CONFIG_013,
    switches::CONFIG_014,
    switches::CONFIG_015,
    switches::CONFIG_016,
    profile::CONFIG_017,
    switches::CONFIG_018,
    profile::CONFIG_020,
    switches::CONFIG_021,
    odd::CONFIG_022,
];
