#![no_main]
//! Credentials come from exactly the documents of the grammar, and none is partial.
//!
//! Aims at: crates/imdspec-wire/src/document.rs
//! Aims at: crates/imdspec-wire/src/timestamp.rs

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| imdspec_fuzz::credential_document(bytes));

libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    imdspec_fuzz::mutators::document(data, size, max_size, seed)
});
