#![no_main]
//! Published crates and the reference parser read a document alike, or disagree in a known way.
//!
//! Aims at: crates/imdspec-wire/src/document.rs
//! Aims at: fuzz/src/differential

use imdspec_fuzz::differential::{check, mutate};
use libfuzzer_sys::{Corpus, fuzz_mutator, fuzz_target, fuzzer_mutate};

fuzz_target!(|bytes: &[u8]| -> Corpus {
    if check(bytes) {
        Corpus::Keep
    } else {
        Corpus::Reject
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    // Bytes and members take turns.
    match mutate(&data[..size], seed) {
        changed if seed.is_multiple_of(2) && changed.len() <= max_size => {
            data[..changed.len()].copy_from_slice(&changed);
            changed.len()
        }
        _ => fuzzer_mutate(data, size, max_size),
    }
});
