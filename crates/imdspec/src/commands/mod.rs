//! One file a command.

pub(crate) mod check;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod resolve;
pub(crate) mod rules;
pub(crate) mod self_test;
pub(crate) mod serve;

use crate::exit::{Exit, Failure};

/// A runtime for what waits on sockets and processes.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Failure::new(Exit::Subject, format!("threads could not be started: {e}")))
}
