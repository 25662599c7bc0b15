//! What holds for any config file at all, as functions that panic where it does not.
//!
//! For the fuzz targets and the replay of the corpus; no part of what this crate promises.

mod second;

use crate::settings::config_file::ConfigFile;
pub use crate::settings::config_file::FileKind;
use imdspec_wire::properties::has_turn;
use std::collections::BTreeMap;

/// What a file says, section by section, each with its settings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sections {
    /// Profiles by name.
    pub profiles: BTreeMap<String, BTreeMap<String, String>>,
    /// `[sso-session …]` by name.
    pub sso_sessions: BTreeMap<String, BTreeMap<String, String>>,
    /// `[services …]` by name.
    pub services: BTreeMap<String, BTreeMap<String, String>>,
}

/// Reads a file as the client does.
#[must_use]
pub fn parse_config_file(text: &str, kind: FileKind) -> Sections {
    let ConfigFile {
        profiles,
        sso_sessions,
        services,
    } = ConfigFile::parse(text, kind);
    Sections {
        profiles,
        sso_sessions,
        services,
    }
}

/// A config file reads as [`config_file_by`] says.
///
/// # Panics
/// When that does not hold.
pub fn config_file(bytes: &[u8]) {
    config_file_by(parse_config_file, bytes);
}

/// Any text, as either of the two files, has just the sections and settings that a second reading
/// finds in it, in another way; names are names, the credentials file has profiles only; and what
/// is read, written again, reads the same, which is looked at for one input in four.
///
/// # Panics
/// When that does not hold.
pub fn config_file_by(parse: impl Fn(&str, FileKind) -> Sections, bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        // The driver refuses such a file before anybody parses it.
        return;
    };
    for kind in [FileKind::Config, FileKind::Credentials] {
        let read = parse(text, kind);
        assert_eq!(read, second::read(text, kind), "{kind:?}, read twice");
        let only_profiles = read.sso_sessions.is_empty() && read.services.is_empty();
        assert!(kind == FileKind::Config || only_profiles, "only profiles");
        if has_turn(bytes, 4) {
            let again = parse(&written(&read, kind), kind);
            assert_eq!(again, read, "{kind:?}, written again");
        }
    }
}

/// A file that says what these sections say.
fn written(sections: &Sections, kind: FileKind) -> String {
    let mut out = String::new();
    for (word, sections) in [
        ("profile", &sections.profiles),
        ("sso-session", &sections.sso_sessions),
        ("services", &sections.services),
    ] {
        for (name, settings) in sections {
            let header = match kind {
                FileKind::Config => format!("[{word} \"{name}\"]\n"),
                FileKind::Credentials => format!("[{name}]\n"),
            };
            out.push_str(&header);
            for (name, value) in settings {
                // No space after the sign: one before a # would make a comment of it.
                let value = value.replace('\n', "\n ");
                out.extend([name, "=", &value, "\n"]);
            }
        }
    }
    out
}
