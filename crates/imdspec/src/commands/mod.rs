//! One file a command.

pub(crate) mod campaign;
pub(crate) mod check;
pub(crate) mod corpus;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod judge;
pub(crate) mod matrix;
pub(crate) mod order;
pub(crate) mod replay;
pub(crate) mod resolve;
pub(crate) mod rules;
pub(crate) mod self_test;
pub(crate) mod serve;
pub(crate) mod tap;

use crate::exit::{Exit, Failure};
use imdspec_suite::program::ContractError;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// A runtime for what waits on sockets and processes.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Failure::new(Exit::Subject, format!("threads could not be started: {e}")))
}

/// A program that could not be put under test, and how to install it.
pub(crate) fn not_started(error: &ContractError, install: &[String]) -> Failure {
    let mut why = error.to_string();
    for step in install {
        why.push_str(&format!("\nto install it: {step}"));
    }
    Failure::new(Exit::Subject, why)
}

/// Turns true at Ctrl-C. To be called within the runtime, before anything is begun that must not
/// be left behind.
pub(crate) fn interruption() -> Result<watch::Receiver<bool>, Failure> {
    let (stop, stopped) = watch::channel(false);
    let mut interrupt = signal(SignalKind::interrupt())
        .map_err(|e| Failure::new(Exit::Subject, format!("Ctrl-C cannot be heard: {e}")))?;
    tokio::spawn(async move {
        if interrupt.recv().await.is_some() {
            stop.send_replace(true);
        }
        // Kept, so that the run does not take a dropped sender for a reason to stop.
        std::future::pending::<()>().await;
    });
    Ok(stopped)
}
