#![no_main]
//! A config file reads as a second reading reads it, and written again the same.
//!
//! Aims at: crates/imdspec-client/src/settings/config_file.rs

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| imdspec_fuzz::config_file(bytes));
