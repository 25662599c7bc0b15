//! The corpus: inputs with a known verdict, and what a subject does with each.
//!
//! ```text
//!  corpus/FOLDER/y_NAME ──input──► Scenario ──run──► Trace ──did──► accepted · refused · broke
//!      (the bytes)                (serves them)
//! ```
//!
//! An input's name bears its verdict: `y_` is accepted by every conforming client, `n_` is refused,
//! and `i_` is what the sources leave open. Four of the folders hold what the service answers, and
//! those inputs can be served to any subject; the parsers alone are held to the rest.
//!
//! In scope: the inputs, the scenario of each, and what a trace of it shows. Out of scope: the
//! replay through the parsers (a test of `imdspec-wire`), and the tables (`imdspec corpus`).

mod did;
mod input;
mod stimulus;
#[cfg(test)]
mod tests;

pub use did::{Deed, Did, did};
pub use input::{Folder, Input, Says, files, inputs, named};

/// What the names of their scenarios begin with.
pub const FOLDER: &str = "corpus/";
