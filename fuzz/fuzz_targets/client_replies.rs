#![no_main]
//! Whatever bytes the service answers with, the reference client ends and holds every rule.
//!
//! Aims at: crates/imdspec-client/src/machine
//! Aims at: crates/imdspec-suite/src/fuzz/faults.rs

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| imdspec_fuzz::client_replies(bytes));
