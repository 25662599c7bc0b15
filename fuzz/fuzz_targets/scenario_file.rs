#![no_main]
//! A scenario is what its table says, and the same when it is written and read back.
//!
//! Aims at: crates/imdspec-suite/src/scenario/parse.rs
//! Aims at: crates/imdspec-suite/src/scenario/check.rs
//! Aims at: crates/imdspec-suite/src/scenario/render.rs
//! Aims at: crates/imdspec-suite/src/scenario/step.rs

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| imdspec_fuzz::scenario_file(bytes));

libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    imdspec_fuzz::mutators::scenario(data, size, max_size, seed)
});
