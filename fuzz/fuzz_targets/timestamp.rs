#![no_main]
//! A timestamp is the instant that counting days gives, and jiff.
//!
//! Aims at: crates/imdspec-wire/src/timestamp.rs

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| imdspec_fuzz::timestamp(bytes));
