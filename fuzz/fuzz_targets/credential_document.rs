#![no_main]
//! Any bytes give a document or a reason, and a document accepted is a document understood.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| imdspec_wire::properties::credential_document(bytes));
