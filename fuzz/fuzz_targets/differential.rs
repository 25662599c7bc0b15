#![no_main]
//! Published crates and the reference parser read a document alike, or disagree in a known way.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| imdspec_fuzz::differential::check(bytes));
