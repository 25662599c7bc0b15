//! ROUTE: role discovery and the paths asked for.

mod discovery;
mod hostile;
mod name;
#[cfg(test)]
mod tests;

use crate::Rule;

pub(super) const RULES: &[Rule] = &[
    discovery::ROUTE_001,
    discovery::ROUTE_002,
    name::ROUTE_003,
    name::ROUTE_004,
    name::ROUTE_005,
    discovery::ROUTE_006,
    discovery::ROUTE_007,
    discovery::ROUTE_008,
    name::ROUTE_009,
    hostile::ROUTE_013,
];
