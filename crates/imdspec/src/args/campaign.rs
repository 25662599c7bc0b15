//! `imdspec explore` and `imdspec fuzz` on the command line.

use super::{UnderTest, seed};
use clap::Args as ClapArgs;
use imdspec_model::Span;
use std::num::NonZeroU8;
use std::path::PathBuf;

#[derive(Debug, ClapArgs)]
pub(crate) struct Campaign {
    #[command(flatten)]
    pub(crate) under_test: UnderTest,
    /// How long to look for something new. What was found last may be made small for half a minute
    /// more, and what is under way is let end
    #[arg(long, value_name = "SPAN", default_value = "60s")]
    pub(crate) time: Span,
    /// Stop after so many scenarios, those that make a finding small aside, if time does not end it
    /// before
    #[arg(long, value_name = "N")]
    pub(crate) runs: Option<u64>,
    /// The seed everything random comes from, hexadecimal; printed by every run
    #[arg(long, value_name = "HEX", value_parser = seed)]
    pub(crate) seed: Option<u64>,
    /// How many scenarios are under way at once; by default twice as many as there are cores
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroU8>,
    /// Where the scenarios that show a finding are saved, for `imdspec replay FILE`; from
    /// ./regressions `imdspec check` picks them up
    #[arg(long, value_name = "DIR", default_value = "regressions")]
    pub(crate) out: PathBuf,
    /// Take a SHOULD that is not met for a finding, too
    #[arg(long)]
    pub(crate) strict: bool,
    /// Write what was found for machines
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
}
