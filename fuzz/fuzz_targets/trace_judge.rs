#![no_main]
//! Every rule judges any trace, and the trace read back from its text the same.
//!
//! Aims at: crates/imdspec-rules/src/rules
//! Aims at: crates/imdspec-rules/src/case.rs
//! Aims at: crates/imdspec-rules/src/judge.rs
//! Aims at: crates/imdspec-rules/src/owner.rs
//! Aims at: crates/imdspec-rules/src/trace.rs
//! Aims at: crates/imdspec-rules/src/trace

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| imdspec_fuzz::trace_judge(bytes));
