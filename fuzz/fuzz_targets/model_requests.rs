#![no_main]
//! The model answers as separate books say that it must, whatever it is asked.
//!
//! Aims at: crates/imdspec-model/src/model.rs
//! Aims at: crates/imdspec-model/src/tokens.rs
//! Aims at: crates/imdspec-model/src/credentials.rs
//! Aims at: crates/imdspec-model/src/tree.rs
//! Aims at: crates/imdspec-model/src/answer.rs
//! Aims at: crates/imdspec-model/src/fault.rs

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| imdspec_fuzz::model_requests(bytes));
