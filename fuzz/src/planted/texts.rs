//! Faulty readings of texts.

use imdspec_rules::{Outcome, RefusalKind};

/// The bytes as text, with one word for another.
pub(super) fn replaced(bytes: &[u8], word: &str, by: &str) -> String {
    String::from_utf8_lossy(bytes).replace(word, by)
}

/// The error of a line that says credentials too.
pub(super) fn error_first(line: &[u8]) -> Option<Outcome> {
    let text = std::str::from_utf8(line).ok()?;
    let both = text.contains("\"credentials\":{") && text.contains("\"error\":{");
    let well_formed = both && text.starts_with('{') && text.ends_with('}');
    well_formed.then(|| Outcome::Refused {
        kind: Some(RefusalKind::Error),
        message: String::new(),
    })
}
