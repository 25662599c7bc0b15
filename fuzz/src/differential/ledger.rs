//! The ledger: the classes of disagreement that are known, each with its reason.

use super::compare::{Disagreement, Library};
use serde::Deserialize;

/// The known classes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    #[serde(rename = "class")]
    entries: Vec<Entry>,
}

/// One class of disagreement.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The crate.
    #[serde(rename = "crate")]
    pub library: Library,
    /// What the reference parser says.
    pub reference: String,
    /// What the crate does.
    pub does: String,
    /// The peculiarity that explains it; without one, the class has no other condition.
    pub when: Option<String>,
    /// A document that belongs to it. `\xHH` is a byte, and `\{N}` repeats the character that follows.
    pub example: String,
    /// Why it is so, and why it is no finding if it is none.
    pub why: String,
    /// Where it is written up, if a MUST decides who is right.
    pub finding: Option<String>,
}

impl Ledger {
    /// `differential.toml`.
    ///
    /// # Panics
    /// When that is not a ledger.
    #[must_use]
    pub fn built_in() -> Self {
        let text = include_str!("../../differential.toml");
        toml::from_str(text).expect("differential.toml is a ledger")
    }

    /// Every entry, in order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The class that a disagreement is of, if it is known; one with a finding before others.
    #[must_use]
    pub fn of(&self, disagreement: &Disagreement) -> Option<&Entry> {
        let mut all = self.entries.iter().filter(|e| e.covers(disagreement));
        let first = all.next()?;
        let decided = |e: &&Entry| e.finding.is_some();
        Some(
            std::iter::once(first)
                .chain(all)
                .find(decided)
                .unwrap_or(first),
        )
    }

    /// Whether a disagreement is of a class that is known.
    #[must_use]
    pub fn knows(&self, disagreement: &Disagreement) -> bool {
        self.of(disagreement).is_some()
    }
}

impl Entry {
    /// Whether a disagreement is of this class.
    #[must_use]
    pub fn covers(&self, disagreement: &Disagreement) -> bool {
        self.library == disagreement.library
            && self.reference == disagreement.reference
            && self.does == disagreement.does
            && self
                .when
                .as_ref()
                .is_none_or(|when| disagreement.traits.contains(when))
    }

    /// The bytes of the example.
    ///
    /// # Panics
    /// When it is not written as its documentation says.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut rest = self.example.trim_end_matches('\n');
        while let Some(c) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix("\\x") {
                let (hex, after) = after.split_at(2);
                bytes.push(u8::from_str_radix(hex, 16).expect("two hexadecimal digits"));
                rest = after;
            } else if let Some(after) = rest.strip_prefix("\\{") {
                let (count, after) = after.split_once('}').expect("a closed brace");
                let (repeated, after) = after.split_at(1);
                let count = count.parse().expect("a number of times");
                bytes.extend(repeated.repeat(count).bytes());
                rest = after;
            } else {
                let (c, after) = rest.split_at(c.len_utf8());
                bytes.extend(c.bytes());
                rest = after;
            }
        }
        bytes
    }
}
