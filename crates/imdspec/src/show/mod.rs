//! What people see.

pub(crate) mod failure;
mod lanes;
pub(crate) mod paint;
pub(crate) mod progress;
mod redact;
pub(crate) mod summary;

pub(crate) use lanes::lanes;
