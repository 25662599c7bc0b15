//! Puts any implementation of an IMDS client under test.
//!
//! A [`Scenario`] stimulates, the model answers, a [`Subject`] acts, a trace remembers; the rules
//! then judge the trace. This crate holds the scenarios, the ways to drive a subject, and the
//! tests of the suite itself.
//!
//! In scope: running, and showing what a trace proves. Out of scope: judging (`imdspec-rules`) and
//! the report as a whole (`imdspec`).
//!
//! ```
//! use imdspec_suite::{Reference, Scenario, memory, scenario};
//!
//! let healthy = scenario::embedded().iter().find(|s| s.name == "doc/canonical").unwrap();
//! let trace = memory::run(healthy, &Reference::default(), 7);
//! let answered = |e: &imdspec_rules::Event| matches!(e.what, imdspec_rules::What::Outcome { .. });
//! assert!(trace.events.iter().any(answered));
//! ```

mod clock;
pub mod conversation;
pub mod corpus;
pub mod determinism;
pub mod doctor;
pub mod explore;
pub mod fuzz;
mod hosted;
pub mod in_process;
mod machine;
pub mod memory;
pub mod order;
mod outcome;
pub mod program;
pub mod properties;
mod recorder;
pub mod recording;
pub mod replay;
pub mod report;
pub mod runner;
pub mod scenario;
pub mod self_test;
mod shift;
pub mod show;
mod sink;
mod site;
mod sockets;
pub mod sources;
pub mod states;
mod subject;

pub use machine::{Machine, Reference};
pub use runner::{Done, NotRun, Plan, Progress, Ran};
pub use scenario::{Scenario, ScenarioError, Step};
pub use subject::{
    Baseline, Descriptor, DescriptorError, Driven, Expected, Kind, Subject, baseline,
};
