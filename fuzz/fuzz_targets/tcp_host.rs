#![no_main]
//! The host answers each request on a connection as the model does, however it arrives.
//!
//! Aims at: crates/imdspec-model/src/tcp/connection.rs
//! Aims at: crates/imdspec-model/src/tcp/peer.rs
//! Aims at: crates/imdspec-wire/src/request_reader.rs

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| imdspec_fuzz::tcp_host(bytes));
