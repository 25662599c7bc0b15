//! The exit statuses of the contract.

use std::fmt;
use std::process::ExitCode;

/// How a run of `imdspec` ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All as expected.
    Fine = 0,
    /// Violations, or expectations that no longer hold.
    Violations = 1,
    /// Usage, configuration or baseline that does not parse.
    Usage = 2,
    /// The subject would not start or broke the contract.
    Subject = 3,
    /// Nothing selected.
    NothingSelected = 4,
    /// The same seed did not give the same trace twice, and no rule was broken.
    Differs = 5,
    /// Interrupted.
    Interrupted = 130,
}

impl Exit {
    pub(crate) fn code(self) -> ExitCode {
        ExitCode::from(self as u8)
    }
}

/// Why `imdspec` could not do what was asked, in a sentence.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    why: String,
}

impl Failure {
    pub(crate) fn new(exit: Exit, why: impl fmt::Display) -> Self {
        Self {
            exit,
            why: why.to_string(),
        }
    }

    pub(crate) fn usage(why: impl fmt::Display) -> Self {
        Self::new(Exit::Usage, why)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}
