//! A Rust value as the subject: every scenario a test of its own under `cargo test`.
//!
//! ```
//! use imdspec_suite::in_process::{Conformance, Refusal};
//!
//! // In tests/imds.rs this expression stands in `imdspec_suite::conformance! { … }`.
//! let conformance = Conformance::new("mine", |environment| {
//!     let endpoint = environment.endpoint;
//!     // A provider is anything that resolves; here one that never finds credentials.
//!     move || {
//!         let endpoint = endpoint.clone();
//!         async move { Err(Refusal::none(format!("nothing asked of {endpoint:?}"))) }
//!     }
//! });
//! let failure = conformance.run("doc/canonical").unwrap().failure().unwrap();
//! assert!(failure.contains("the provider sent no request"));
//! ```
//!
//! ```text
//!  scenario ──► Environment ──factory──► Provider ──resolve──► outcome
//!     │                                     ▲                     │
//!     └──► model on loopback ports ─────────┘                  trace ──► rules ──► Report
//! ```
//!
//! The model is on real sockets and the provider on the machine's clock, so a client that waits
//! makes its test wait. A provider whose wall clock can be replaced by [`Clock`] is put through the
//! scenarios that let hours pass, too: the hours are added to the clock, not waited for.
//!
//! What a subject cannot be put through is an ignored test with its reason, never a passed one. A
//! whole example is in `docs/testing-a-rust-value.md`.

mod conformance;
mod environment;
mod exchange;
mod macros;
mod names;
mod provider;
mod report;
mod run;
mod takes;

pub use conformance::Conformance;
pub use environment::{Clock, Environment};
pub use exchange::Exchange;
pub use names::NAMES;
pub use provider::{Provider, Refusal, credentials};
pub use report::Report;
pub use takes::{Take, Takes};

pub(crate) use provider::AnyProvider;
pub(crate) use run::{Factory, Stage};

pub use imdspec_client::Lost;
pub use imdspec_rules::{Capability, Given, RefusalKind};
pub use imdspec_wire::{Headers, Request, Response};

#[cfg(feature = "insta")]
#[doc(hidden)]
pub use insta;
#[doc(hidden)]
pub use macros::Place;
