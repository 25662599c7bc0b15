#![no_main]
//! Whatever bytes the service answers with, the reference client ends and holds every rule.
//!
//! Aims at: crates/imdspec-client/src/machine/imds.rs
//! Aims at: crates/imdspec-client/src/machine/fetch.rs
//! Aims at: crates/imdspec-client/src/machine/token.rs
//! Aims at: crates/imdspec-client/src/machine/document.rs
//! Aims at: crates/imdspec-client/src/machine/cache.rs
//! Aims at: crates/imdspec-client/src/machine/retry.rs
//! Aims at: crates/imdspec-suite/src/fuzz/faults.rs

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| imdspec_fuzz::client_replies(bytes));
