#![no_main]
//! A session program's lines are taken exactly where the contract has them.
//!
//! Aims at: crates/imdspec-suite/src/program/answer.rs
//! Aims at: crates/imdspec-suite/src/program/lines.rs
//! Aims at: crates/imdspec-suite/src/program/object.rs

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| imdspec_fuzz::session_messages(bytes));

libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    imdspec_fuzz::mutators::session(data, size, max_size, seed)
});
