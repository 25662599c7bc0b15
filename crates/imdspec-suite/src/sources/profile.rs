//! The two files of profiles, being written.

use std::collections::BTreeMap;

/// One of the two files, section by section.
#[derive(Debug, Default)]
pub(super) struct ProfileFile {
    /// Headers in the order they came, each with its settings.
    sections: Vec<(String, BTreeMap<String, String>)>,
    /// Stands in place of all that.
    malformed: Option<String>,
}

impl ProfileFile {
    /// The section with this header, to be written to.
    pub(super) fn section(&mut self, header: &str) -> &mut BTreeMap<String, String> {
        let at = self.sections.iter().position(|(h, _)| h == header);
        let at = at.unwrap_or_else(|| {
            self.sections.push((header.to_owned(), BTreeMap::new()));
            self.sections.len() - 1
        });
        &mut self.sections[at].1
    }

    /// Sets one key.
    pub(super) fn set(&mut self, header: &str, key: &str, value: impl Into<String>) {
        self.section(header).insert(key.to_owned(), value.into());
    }

    /// The file is this text, which is not of its format.
    pub(super) fn malform(&mut self, text: impl Into<String>) {
        self.malformed = Some(text.into());
    }

    /// The text; none for a file without a section.
    pub(super) fn text(self) -> Option<String> {
        if self.malformed.is_some() {
            return self.malformed;
        }
        let mut text = String::new();
        for (header, settings) in self.sections {
            text.push_str(&format!("[{header}]\n"));
            for (key, value) in settings {
                text.push_str(&format!("{key} = {value}\n"));
            }
        }
        (!text.is_empty()).then_some(text)
    }
}
