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
use imdspec_suite::fuzz::campaign::Worlds;
use std::process::ExitCode;

/// Worlds are many and small, and most of what they cost is memory taken and given back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Usage errors leave here with status 2, as clap and the contract both have it.
    let args = Args::parse();
    let result = match args.command {
        Command::Check(check) => commands::check::run(check),
        Command::Matrix(matrix) => commands::matrix::run(&matrix),
        Command::Order(order) => commands::order::run(&order),
        Command::Explore(args) => commands::campaign::run(Worlds::Lives, &args),
        Command::Fuzz(args) => commands::campaign::run(Worlds::Replies, &args),
        Command::Replay(replay) => commands::replay::run(&replay),
        Command::Corpus(corpus) => commands::corpus::run(&corpus),
        Command::Doctor(doctor) => commands::doctor::run(&doctor),
        Command::Rules(rules) => commands::rules::run(&rules),
        Command::Explain(explain) => commands::explain::run(&explain),
        Command::Judge(judge) => commands::judge::run(&judge),
        Command::Tap(tap) => commands::tap::run(&tap),
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
