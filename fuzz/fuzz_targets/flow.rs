#![no_main]
//! Whatever happens to the service and the clock, the reference client holds every rule.
//!
//! Aims at: crates/imdspec-client/src/machine/imds.rs
//! Aims at: crates/imdspec-client/src/machine/fetch.rs
//! Aims at: crates/imdspec-client/src/machine/token.rs
//! Aims at: crates/imdspec-client/src/machine/document.rs
//! Aims at: crates/imdspec-client/src/machine/cache.rs
//! Aims at: crates/imdspec-client/src/machine/retry.rs
//! Aims at: crates/imdspec-model/src/model.rs
//! Aims at: crates/imdspec-suite/src/memory.rs
//! Aims at: crates/imdspec-suite/src/fuzz/worlds.rs
//! Aims at: crates/imdspec-suite/src/fuzz/faults.rs
//! Aims at: crates/imdspec-suite/src/fuzz/bodies

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| imdspec_fuzz::flow(bytes));
