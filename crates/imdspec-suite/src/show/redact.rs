//! No secret reaches the terminal, made up or not.

use imdspec_rules::{SecretKind, Trace, What};

/// The secrets of a trace, and what is shown in their place.
pub struct Redactor<'t> {
    secrets: Vec<(&'t str, &'static str)>,
}

impl<'t> Redactor<'t> {
    /// Learns a trace's secrets.
    #[must_use]
    pub fn new(trace: &'t Trace) -> Self {
        let mut secrets: Vec<_> = trace
            .events
            .iter()
            .filter_map(|event| match &event.what {
                What::Secret { kind, value } => Some((value.as_str(), shown(*kind))),
                _ => None,
            })
            .collect();
        // The longest first: one secret may begin like another.
        secrets.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        Self { secrets }
    }

    /// `text` with every secret replaced.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (value, shown) in &self.secrets {
            text = text.replace(value, shown);
        }
        text
    }
}

const fn shown(kind: SecretKind) -> &'static str {
    match kind {
        SecretKind::SessionToken => "<session token>",
        SecretKind::SecretAccessKey => "<secret access key>",
        SecretKind::SecurityToken => "<security token>",
        SecretKind::Authorization => "<authorization>",
    }
}
