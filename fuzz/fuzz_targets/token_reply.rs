#![no_main]
//! A token reply is taken exactly where it is one, byte for byte.
//!
//! Aims at: crates/imdspec-wire/src/token.rs
//! Aims at: crates/imdspec-wire/src/response_reader.rs

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| imdspec_fuzz::token_reply(bytes));

libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    imdspec_fuzz::mutators::http(data, size, max_size, seed)
});
