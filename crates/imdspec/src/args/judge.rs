//! `imdspec judge` and `imdspec tap` on the command line.

use clap::Args as ClapArgs;
use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(Debug, ClapArgs)]
pub(crate) struct Judge {
    /// Recordings of one subject: traces, HAR, pcap or pcapng, told apart by what is in them
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Only rules that match, such as TOKEN-001 or 'TOKEN-*'; repeatable
    #[arg(long, value_name = "GLOB")]
    pub(crate) rule: Vec<String>,
    /// Where the service is in a capture or an archive, if not where an instance has it; without
    /// this it is known by what it is asked for. Repeatable
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) server: Vec<String>,
    /// The recordings begin before the subject's first request: what it does first can be judged
    #[arg(long)]
    pub(crate) from_start: bool,
    /// Each recording begins before the subject's first request and shows one resolve: what may
    /// happen in one can be judged
    #[arg(long)]
    pub(crate) one_resolve: bool,
    /// The descriptor (subjects/NAME.toml) that says what the subject can do
    #[arg(long, value_name = "FILE")]
    pub(crate) subject: Option<PathBuf>,
    /// Fail on a SHOULD that is not met
    #[arg(long)]
    pub(crate) strict: bool,
    /// Write the report for machines
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Show every rule and every piece of evidence
    #[arg(long, short)]
    pub(crate) verbose: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Tap {
    /// Where to listen, for the subject; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:1339")]
    pub(crate) listen: SocketAddr,
    /// Where the emulator is
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) upstream: SocketAddr,
    /// The file to write the trace to. It holds the emulator's secrets
    #[arg(long, value_name = "FILE")]
    pub(crate) record: PathBuf,
    /// Listen, and pass traffic on, beyond this machine's loopback too
    #[arg(long)]
    pub(crate) anywhere: bool,
}
