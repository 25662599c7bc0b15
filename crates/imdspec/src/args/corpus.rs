//! `imdspec corpus`.

use super::{UnderTest, seed};
use clap::{Args as ClapArgs, Subcommand};
use std::path::PathBuf;

#[derive(Debug, ClapArgs)]
pub(crate) struct Corpus {
    #[command(subcommand)]
    pub(crate) command: CorpusCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CorpusCommand {
    /// Serve each input once, and say which are taken against their verdict
    Run(Box<CorpusRun>),
    /// Write all inputs and their manifests into a folder
    Export(CorpusExport),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct CorpusRun {
    /// Descriptors (subjects/NAME.toml) of implementations to compare
    #[arg(value_name = "FILE", conflicts_with_all = ["cmd", "subject", "from"])]
    pub(crate) subjects: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) under_test: UnderTest,
    /// Only inputs that match, such as 'role_list/*' or '*/n_*'; repeatable
    #[arg(long, value_name = "GLOB")]
    pub(crate) input: Vec<String>,
    /// The seed everything random comes from, hexadecimal; printed by every run
    #[arg(long, value_name = "HEX", value_parser = seed)]
    pub(crate) seed: Option<u64>,
    /// Write what was done with each input, for machines
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Write the tables as Markdown
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
    /// Show results written with --json again, side by side, and run nothing; repeatable
    #[arg(long, value_name = "FILE", conflicts_with_all = ["cmd", "subject", "input", "seed"])]
    pub(crate) from: Vec<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct CorpusExport {
    /// Where to: a folder that is not there yet, or is empty
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
}
