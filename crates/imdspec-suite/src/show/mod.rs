//! What is shown of a trace, to whoever has to believe it: in the program's report and in the
//! message of a test that failed.
//!
//! Text is painted with ANSI colours where somebody looks, and plain elsewhere; no secret is in
//! it either way.

pub mod failure;
mod lanes;
pub mod paint;
mod redact;
mod wrap;

pub use lanes::{lanes, lanes_at, lanes_to_keep, whole};
pub use redact::Redactor;
pub use wrap::wrap;

/// Whether a text is painted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// With ANSI escapes; the stream it goes to may still drop them.
    Ansi,
    /// Without.
    Plain,
}

impl Colour {
    /// `painted` as this choice has it.
    #[must_use]
    pub fn of(self, painted: String) -> String {
        match self {
            Self::Ansi => painted,
            Self::Plain => anstream::adapter::strip_str(&painted).to_string(),
        }
    }
}
