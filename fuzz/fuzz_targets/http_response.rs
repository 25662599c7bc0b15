#![no_main]
//! A response reads the same however its bytes are cut.
//!
//! Aims at: crates/imdspec-wire/src/response_reader.rs
//! Aims at: crates/imdspec-wire/src/framing.rs
//! Aims at: crates/imdspec-wire/src/head.rs
//! Aims at: crates/imdspec-wire/src/http.rs

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| imdspec_fuzz::http_response(bytes));

libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    imdspec_fuzz::mutators::http(data, size, max_size, seed)
});
