#![no_main]
//! A response reads the same however its bytes are cut.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| imdspec_wire::properties::http_response(bytes));
