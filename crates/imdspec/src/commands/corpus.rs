//! `imdspec corpus`: inputs with a known verdict, and who takes them otherwise.

mod export;
mod markdown;
mod report;
mod run;
mod terminal;

use crate::args::{Corpus, CorpusCommand};
use crate::exit::{Exit, Failure};
use std::path::Path;

pub(crate) fn run(corpus: &Corpus) -> Result<Exit, Failure> {
    match &corpus.command {
        CorpusCommand::Run(args) => run::run(args),
        CorpusCommand::Export(args) => export::run(args),
    }
}

fn cannot(what: &str, path: &Path, why: impl std::fmt::Display) -> Failure {
    Failure::usage(format!("could not {what} {}: {why}", path.display()))
}
