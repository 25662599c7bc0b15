//! Chance as a witness: scenarios nobody wrote, for fuzzers, seeds and anybody's provider.
//!
//! ```text
//!  bytes ──draw──► Scenario ──run──► trace ──rules──► Broken ──shrink──► the least scenario
//!    ▲                                 │
//!    └────────── mutate ◄── Coverage ◄─┘   what the service did and how the subject took it
//! ```
//!
//! Whoever has bytes to give (libFuzzer, a seed, a corpus) gets whole, meaningful scenarios for
//! them, so that nothing is wasted on what no parser would take. The oracle is always the same: the
//! rules, over the trace.
//!
//! ```
//! use imdspec_suite::fuzz::{self, Reach};
//! use imdspec_suite::{Reference, memory};
//!
//! let scenario = fuzz::scenario(b"any bytes at all", Reach::ALL);
//! let trace = memory::run(&scenario, &Reference::default(), 1);
//! assert_eq!(fuzz::broken(&trace, &Default::default()), []);
//! ```

mod bodies;
pub mod campaign;
mod coverage;
pub mod document;
pub(crate) mod draw;
mod faults;
mod macros;
mod oracle;
mod panics;
mod provider;
mod shrink;
pub mod targets;
mod worlds;

pub use coverage::Coverage;
pub(crate) use faults::faults;
pub use oracle::{Broken, broken};
pub use provider::{FuzzProvider, hold_document, hold_document_but};
pub use shrink::Shrink;
pub(crate) use worlds::clock as least_clock;
pub use worlds::{replies, scenario};

use crate::scenario::ClockNeed;

/// What a subject can be put through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// The clock it lives on.
    pub clock: ClockNeed,
    /// What waiting costs.
    pub waits: Waits,
    /// How many callers may ask at once.
    pub callers: u32,
}

/// What waiting costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waits {
    /// Nothing: time is ours.
    Virtual,
    /// What it costs on the machine's clock, so that nothing makes a subject wait for long.
    Real,
}
