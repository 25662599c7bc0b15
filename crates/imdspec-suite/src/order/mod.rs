//! Which source of credentials wins: the order in which a subject looks, found and documented.
//!
//! ```text
//!   each source alone ──► those that work ──► every two of them ──► who beat whom ──► a ladder
//!                                                                                       │
//!   orders/*.toml ────────────────────────────────────────────────────► disagreements ◄─┘
//! ```
//!
//! A world of sources is a [scenario](crate::Scenario) whose name says everything, such as
//! `order/environment+imds`, so that any comparison can be had again by its name.
//!
//! In scope: finding and comparing. Out of scope: verdicts, which are the CHAIN rules' over the
//! same traces; pictures, which are the program's.

mod differences;
mod discover;
mod document;
mod explore;
mod ladder;
mod outcome;
pub mod random;
pub mod report;
pub mod worlds;

pub use differences::differences;
pub use discover::{Search, Searched, discover};
pub use document::{Document, DocumentStep, OnFailure, OrderError, embedded};
pub use explore::{Counterexample, Explored, broken, explore};
