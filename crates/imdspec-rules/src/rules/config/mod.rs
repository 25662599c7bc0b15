//! CONFIG: settings, and which of them wins.

pub(super) mod authority;
mod endpoint;
mod mode;
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
    switches::CONFIG_013,
    switches::CONFIG_014,
    switches::CONFIG_015,
    switches::CONFIG_018,
];
