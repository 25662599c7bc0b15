#![no_main]
//! A role list has the lines that stand in it, and its first is a role name.
//!
//! Aims at: crates/imdspec-wire/src/roles.rs

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| imdspec_fuzz::role_list(bytes));
