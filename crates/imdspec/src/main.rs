//! `imdspec`: the conformance suite every AWS credential provider is held to.

mod args;
mod commands;
mod exit;
mod matrix;
mod order_picture;
mod select;
mod show;

use args::{Args, Command};
use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    // Usage errors leave here with status 2, as clap and the contract both have it.
    let args = Args::parse();
    let result = match args.command {
        Command::Check(check) => commands::check::run(check),
        Command::Matrix(matrix) => commands::matrix::run(&matrix),
        Command::Order(order) => commands::order::run(&order),
        Command::Fuzz(fuzz) => commands::fuzz::run(&fuzz),
        Command::Replay(replay) => commands::replay::run(&replay),
        Command::Corpus(corpus) => commands::corpus::run(&corpus),
        Command::Doctor(doctor) => commands::doctor::run(&doctor),
        Command::Rules(rules) => commands::rules::run(&rules),
        Command::Explain(explain) => commands::explain::run(&explain),
        Command::Serve(serve) => commands::serve::run(serve),
        Command::Resolve(resolve) => commands::resolve::run(&resolve),
        Command::SelfTest(self_test) => commands::self_test::run(&self_test),
    };
    match result {
        Ok(exit) => exit.code(),
        Err(failure) => {
            anstream::eprintln!("imdspec: {failure}");
            failure.exit.code()
        }
    }
}
