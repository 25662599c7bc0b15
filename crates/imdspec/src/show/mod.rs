//! What people see.

pub(crate) mod checkup;
pub(crate) mod failure;
mod lanes;
pub(crate) mod paint;
pub(crate) mod progress;
mod redact;
pub(crate) mod summary;
mod wrap;

pub(crate) use lanes::lanes;
pub(crate) use wrap::wrap;
