//! SEC: keeping secrets, and trusting nobody but the service.

mod endless;
mod proxy;
mod redirect;
mod secrets;
mod survival;

#[cfg(test)]
mod tests;

use crate::Rule;

pub(super) const RULES: &[Rule] = &[
    redirect::SEC_001,
    redirect::SEC_002,
    redirect::SEC_003,
    proxy::SEC_004,
    secrets::SEC_005,
    endless::SEC_008,
    survival::SEC_019,
];
