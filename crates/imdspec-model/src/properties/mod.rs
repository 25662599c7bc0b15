//! What holds for a model and its host whatever they are asked, as functions that panic where it
//! does not.
//!
//! For the fuzz targets and the replay of the corpus. As in `imdspec_wire::properties`, each
//! property comes with a form that takes the thing it tests, so that whoever doubts it can hand it
//! a faulty one.

mod books;
mod requests;
mod table;
#[cfg(feature = "tcp")]
mod tcp_host;

pub use requests::{Imds, model_requests, model_requests_by};
#[cfg(feature = "tcp")]
pub use tcp_host::{converse, tcp_host, tcp_host_by};
