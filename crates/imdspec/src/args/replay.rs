//! `imdspec replay` on the command line.

use super::{Over, UnderTest, seed};
use clap::Args as ClapArgs;
use imdspec_model::Span;
use std::num::NonZeroU32;
use std::path::PathBuf;

/// How often `--until-failure` runs a scenario, unless it is told.
const MOST: u32 = 100;

#[derive(Debug, ClapArgs)]
pub(crate) struct Replay {
    /// A scenario (NAME.toml), a trace as `imdspec check --traces` writes it, or the name of a
    /// scenario that is built in
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) under_test: UnderTest,
    /// How the reference client reaches the model
    #[arg(long, value_name = "WAY", conflicts_with_all = ["cmd", "subject"], default_value = "memory")]
    pub(crate) over: Over,
    /// Run it again and again until a rule is broken; at most 100 times, if neither --times nor
    /// --for says otherwise
    #[arg(long)]
    pub(crate) until_failure: bool,
    /// Run it at most so many times, and count how often each rule is broken
    #[arg(long, value_name = "N")]
    times: Option<NonZeroU32>,
    /// Begin no further run once this span is over
    #[arg(long = "for", value_name = "SPAN")]
    pub(crate) span: Option<Span>,
    /// Run it twice with the same seed, and say where the two traces differ
    #[arg(long, conflicts_with_all = ["until_failure", "times", "span"])]
    pub(crate) twice: bool,
    /// Write the trace of each run into this folder, and what the program wrote to stderr. Traces
    /// hold the run's made-up secrets
    #[arg(long, value_name = "DIR")]
    pub(crate) keep: Option<PathBuf>,
    /// The seed everything random comes from, hexadecimal; without it that of the trace, or a new
    /// one
    #[arg(long, value_name = "HEX", value_parser = seed)]
    pub(crate) seed: Option<u64>,
    /// Fail on a SHOULD that is not met
    #[arg(long)]
    pub(crate) strict: bool,
    /// Write what came of it for machines
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
}

impl Replay {
    /// The most runs that are to be begun.
    pub(crate) fn most(&self) -> u32 {
        match (self.times, self.twice, self.span, self.until_failure) {
            (Some(times), ..) => times.get(),
            (None, true, ..) => 2,
            (None, _, Some(_), _) => u32::MAX,
            (None, _, None, true) => MOST,
            (None, _, None, false) => 1,
        }
    }
}
