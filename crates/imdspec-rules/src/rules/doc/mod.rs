//! DOC: reading the credential document.

mod accepted;
mod body;
mod code;
mod defects;
mod expiration;
pub(super) mod fetch;
mod keys;
mod oddities;
pub(crate) mod writing;

#[cfg(test)]
mod tests;

use crate::Rule;

pub(super) const RULES: &[Rule] = &[
    accepted::DOC_001,
    accepted::DOC_002,
    code::DOC_003,
    code::DOC_005,
    code::DOC_007,
    keys::DOC_008,
    keys::DOC_009,
    keys::DOC_010,
    expiration::DOC_011,
    expiration::DOC_012,
    expiration::DOC_014,
    body::DOC_016,
    body::DOC_017,
    keys::DOC_020,
    keys::DOC_021,
    accepted::DOC_023,
    body::DOC_024,
];
