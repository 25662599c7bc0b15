//! Nothing but a place for `tests/imds.rs`.
