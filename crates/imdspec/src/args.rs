//! The command line.

mod campaign;
mod corpus;
mod judge;
mod replay;
pub(crate) mod under_test;

pub(crate) use campaign::Campaign;
pub(crate) use corpus::{Corpus, CorpusCommand, CorpusExport, CorpusRun};
pub(crate) use judge::{Judge, Tap};
pub(crate) use replay::Replay;
pub(crate) use under_test::UnderTest;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use imdspec_model::Span;
use imdspec_wire::Source;
use std::path::PathBuf;

/// The conformance suite every AWS credential provider is held to.
///
/// Without a command to run, `imdspec check` judges the built-in reference client.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Judge an implementation by the rules
    Check(Check),
    /// Judge many implementations and write one table of them
    Matrix(Matrix),
    /// Find the order in which an implementation looks for credentials, with the evidence
    Order(Order),
    /// Put an implementation through lives of chance, in which much happens at moments that matter, and
    /// save the least scenarios that break a rule
    Explore(Campaign),
    /// Put an implementation through replies of chance, and save the least scenarios that break a rule
    Fuzz(Campaign),
    /// Run a saved scenario, or the scenario of a saved trace, again, and show the whole exchange
    Replay(Replay),
    /// Replay the corpus, inputs with a known verdict, through an implementation; or export it
    Corpus(Corpus),
    /// Check this machine, and whether a command keeps the contract; says what to change
    Doctor(Doctor),
    /// List the rules
    Rules(Rules),
    /// Explain one rule: where it comes from, why it matters, who differs
    Explain(Explain),
    /// Judge recorded traffic: traces, HTTP archives (HAR) and captures of packets (pcap, pcapng)
    Judge(Judge),
    /// Record the traffic with an emulator of the service, by standing in front of it
    Tap(Tap),
    /// Run the model as a server of its own
    Serve(Serve),
    /// Get credentials as the reference client does, and print credential_process JSON
    Resolve(Resolve),
    /// Test the suite itself: mutants must be caught, legal variants must not
    SelfTest(SelfTest),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) under_test: UnderTest,
    /// How the reference client reaches the model
    #[arg(long, value_name = "WAY", conflicts_with_all = ["cmd", "subject"], default_value = "memory")]
    pub(crate) over: Over,
    /// Only rules that match, such as TOKEN-001 or 'TOKEN-*'; repeatable
    #[arg(long, value_name = "GLOB")]
    pub(crate) rule: Vec<String>,
    /// Only scenarios that match, such as 'doc/*'; repeatable. A path to a .toml file runs that file
    #[arg(long, value_name = "GLOB")]
    pub(crate) scenario: Vec<String>,
    /// A folder of scenarios to run in place of the built-in ones
    #[arg(long, value_name = "DIR")]
    pub(crate) scenarios: Option<PathBuf>,
    /// Leave out the scenarios saved in ./regressions, which are run along otherwise
    #[arg(long)]
    pub(crate) no_regressions: bool,
    /// The verdicts expected of the command, each with its reason: what is not in the file must not
    /// go wrong, and what is in it must
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Bring the expected verdicts up to date in the file they came from (--baseline or --subject)
    #[arg(long)]
    pub(crate) update_baseline: bool,
    /// Fail on a SHOULD that is not met
    #[arg(long)]
    pub(crate) strict: bool,
    /// The seed everything random comes from, hexadecimal; printed by every run
    #[arg(long, value_name = "HEX", value_parser = seed)]
    pub(crate) seed: Option<u64>,
    /// Write the report for machines
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Write the trace of each scenario into this folder. Traces hold the run's made-up secrets
    #[arg(long, value_name = "DIR")]
    pub(crate) traces: Option<PathBuf>,
    /// Compare what is said in each scenario with what was accepted in this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) snapshots: Option<PathBuf>,
    /// Accept what is said in this run: write, and remove, the files in the folder of --snapshots
    #[arg(long, requires = "snapshots")]
    pub(crate) update_snapshots: bool,
    /// Show every rule and every piece of evidence
    #[arg(long, short)]
    pub(crate) verbose: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Doctor {
    #[command(flatten)]
    pub(crate) under_test: UnderTest,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Over {
    Memory,
    Sockets,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Matrix {
    /// Descriptors (subjects/NAME.toml); those that are not installed are named in the table
    #[arg(value_name = "FILE", required_unless_present = "from")]
    pub(crate) subjects: Vec<PathBuf>,
    /// Show a table written with --json again, and run nothing
    #[arg(long, value_name = "FILE", conflicts_with_all = ["subjects", "rule", "seed", "twice"])]
    pub(crate) from: Option<PathBuf>,
    /// Only rules that match, such as TOKEN-001 or 'TOKEN-*'; repeatable
    #[arg(long, value_name = "GLOB")]
    pub(crate) rule: Vec<String>,
    /// The seed everything random comes from, hexadecimal
    #[arg(long, value_name = "HEX", value_parser = seed)]
    pub(crate) seed: Option<u64>,
    /// How many subjects are run at the same time: most of a run is waiting. On a busy machine
    /// take one
    #[arg(long, value_name = "N", default_value = "1")]
    pub(crate) jobs: std::num::NonZeroU8,
    /// Run each subject twice, and fail where two verdicts of one rule differ
    #[arg(long)]
    pub(crate) twice: bool,
    /// Fail on a SHOULD that is not met and not expected
    #[arg(long)]
    pub(crate) strict: bool,
    /// Write the table as Markdown, and the evidence beside it: a folder named like FILE, with a
    /// page for each subject
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
    /// Write the table and all evidence as one HTML page that needs nothing else
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Write the table for machines
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Order {
    /// Descriptors (subjects/NAME.toml) of implementations to compare
    #[arg(value_name = "FILE", conflicts_with_all = ["cmd", "subject", "from"])]
    pub(crate) subjects: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) under_test: UnderTest,
    /// Only these sources, such as environment,container,imds
    #[arg(long, value_name = "SOURCE", value_delimiter = ',', value_parser = source())]
    pub(crate) only: Vec<Source>,
    /// Leave out what is done about sources that are set up and broken
    #[arg(long)]
    pub(crate) whole: bool,
    /// After the search, ask in so many worlds of random sources, and judge them by the CHAIN rules;
    /// what breaks one is shrunk to the fewest sources that show it
    #[arg(long, value_name = "N", default_value = "0")]
    pub(crate) cases: u32,
    /// The seed everything random comes from, hexadecimal; printed by every run
    #[arg(long, value_name = "HEX", value_parser = seed)]
    pub(crate) seed: Option<u64>,
    /// How the result is shown on stdout
    #[arg(long, value_name = "FORMAT", default_value = "terminal")]
    pub(crate) format: OrderFormat,
    /// Write the result for machines
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Write the trace of each comparison into this folder. Traces hold the run's made-up secrets
    #[arg(long, value_name = "DIR")]
    pub(crate) traces: Option<PathBuf>,
    /// A result written with --json that is to be found again: any difference fails, either way, and
    /// what differs from a document does not
    #[arg(long, value_name = "FILE")]
    pub(crate) expect: Option<PathBuf>,
    /// Show results written with --json again, side by side, and run nothing; repeatable
    #[arg(long, value_name = "FILE", conflicts_with_all = ["cmd", "subject", "cases", "only", "seed"])]
    pub(crate) from: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OrderFormat {
    /// Text, for reading here
    Terminal,
    /// Markdown
    Md,
    /// A picture: the ladders side by side
    Svg,
    /// A page with the picture and all evidence
    Html,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Rules {
    /// Only rules that match, such as 'DOC-*'
    pub(crate) glob: Vec<String>,
    /// Only rules of this level: MUST, SHOULD or PIN
    #[arg(long, value_parser = ["MUST", "SHOULD", "PIN"], ignore_case = true)]
    pub(crate) level: Option<String>,
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Explain {
    /// The rule, such as DOC-003
    pub(crate) rule: String,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Serve {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:1338")]
    pub(crate) listen: std::net::SocketAddr,
    /// Which versions of the service answer: v2-required, v2-optional, v1-only, off
    #[arg(long, value_parser = mode)]
    pub(crate) mode: Option<imdspec_model::Mode>,
    /// The role attached to the instance; empty for none
    #[arg(long)]
    pub(crate) role: Option<String>,
    /// How long credentials live, such as 6h
    #[arg(long, value_name = "SPAN")]
    pub(crate) expiry: Option<Span>,
    /// The longest session token lifetime granted
    #[arg(long, value_name = "SPAN")]
    pub(crate) longest_token: Option<Span>,
    /// What goes wrong, as in a scenario, such as 'on="document", status=500, nth="1..2"'; repeatable
    #[arg(long, value_name = "FAULT", value_parser = fault)]
    pub(crate) fault: Vec<imdspec_model::Fault>,
    /// Begin with the world of a scenario
    #[arg(long, value_name = "NAME")]
    pub(crate) scenario: Option<String>,
    /// The seed tokens and keys come from, hexadecimal
    #[arg(long, value_name = "HEX", value_parser = seed)]
    pub(crate) seed: Option<u64>,
    /// Write what is asked and answered as a trace, for `imdspec judge`. It holds the made-up secrets
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Resolve {
    /// Say on stderr where the credentials came from
    #[arg(long, short)]
    pub(crate) verbose: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct SelfTest {
    /// Only the mutants of rules that match
    pub(crate) glob: Vec<String>,
}

fn seed(text: &str) -> Result<u64, String> {
    u64::from_str_radix(text.trim_start_matches("0x"), 16)
        .map_err(|_| "write a hexadecimal number of up to 16 digits".into())
}

/// The name of a source, with all of them in the help.
fn source() -> impl TypedValueParser<Value = Source> {
    let names = Source::ALL.map(|s| PossibleValue::new(s.as_str()).help(s.title()));
    PossibleValuesParser::new(names).map(|name| Source::named(&name).unwrap_or(Source::Code))
}

fn mode(text: &str) -> Result<imdspec_model::Mode, String> {
    serde_json::from_value(serde_json::Value::String(text.into()))
        .map_err(|_| "write v2-required, v2-optional, v1-only or off".into())
}

fn fault(text: &str) -> Result<imdspec_model::Fault, String> {
    #[derive(serde::Deserialize)]
    struct One {
        fault: imdspec_model::Fault,
    }
    toml::from_str::<One>(&format!("fault = {{ {text} }}"))
        .map(|one| one.fault)
        .map_err(|e| e.message().to_owned())
}
