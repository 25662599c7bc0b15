//! The config files read a second time: first lines, then what they belong to, then what that is.
//!
//! It takes its time, with the square of a file's length; what it reads is short.

use super::{FileKind, Sections};
use std::collections::BTreeMap;

/// The white space that is trimmed; between words only the first two count.
const BLANK: [char; 5] = [' ', '\t', '\n', '\r', '\u{c}'];

/// One or several lines that belong together.
enum Entry<'t> {
    /// What stands after `[`.
    Header(&'t str),
    /// A line that is no header, how far it is indented, and the lines that go on with it.
    Setting(&'t str, usize, Vec<&'t str>),
}

pub(super) fn read(text: &str, kind: FileKind) -> Sections {
    let mut found = Sections::default();
    let mut bare_default = None;
    // The section that settings are of: its word (empty for a bare one) and its name.
    let mut current = None;
    for entry in entries(text) {
        match entry {
            Entry::Header(header) => {
                current = section(header, kind);
                let Some((word, name)) = current else {
                    continue;
                };
                settings_of(&mut found, &mut bare_default, word, name, kind);
            }
            Entry::Setting(line, _, more) => {
                let Some((word, name)) = current else {
                    continue;
                };
                let Some((key, value)) = setting(line) else {
                    continue;
                };
                let lines: Vec<&str> = std::iter::once(value).chain(more).collect();
                settings_of(&mut found, &mut bare_default, word, name, kind)
                    .insert(key, lines.join("\n"));
            }
        }
    }
    if let Some(settings) = bare_default {
        found
            .profiles
            .entry("default".to_owned())
            .or_insert(settings);
    }
    found
}

fn settings_of<'s>(
    found: &'s mut Sections,
    bare_default: &'s mut Option<BTreeMap<String, String>>,
    word: &str,
    name: &str,
    kind: FileKind,
) -> &'s mut BTreeMap<String, String> {
    let sections = match word {
        "" if kind == FileKind::Config => return bare_default.get_or_insert_default(),
        "" | "profile" => &mut found.profiles,
        "sso-session" => &mut found.sso_sessions,
        _ => &mut found.services,
    };
    sections.entry(name.to_owned()).or_default()
}

fn entries(text: &str) -> Vec<Entry<'_>> {
    let mut entries: Vec<Entry<'_>> = Vec::new();
    for line in text.trim_start_matches('\u{feff}').split('\n') {
        let content = line.trim_matches(BLANK);
        if content.is_empty() || content.starts_with(['#', ';']) {
            continue;
        }
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        match entries.last_mut() {
            Some(Entry::Setting(_, first, more)) if indent > *first => more.push(content),
            _ => entries.push(match content.strip_prefix('[') {
                Some(header) => Entry::Header(header),
                None => Entry::Setting(content, indent, Vec::new()),
            }),
        }
    }
    entries
}

/// The word and the name of a section, where a header begins one.
fn section(header: &str, kind: FileKind) -> Option<(&str, &str)> {
    let inside = header[..header.find(']')?].trim_matches(BLANK);
    let (first, rest) = match inside.find([' ', '\t']) {
        Some(at) => (&inside[..at], inside[at..].trim_matches(BLANK)),
        None => (inside, ""),
    };
    let prefixed = !rest.is_empty() && ["profile", "sso-session", "services"].contains(&first);
    let (word, name) = match kind {
        FileKind::Credentials if prefixed => return None,
        FileKind::Credentials => ("", inside),
        FileKind::Config if prefixed => (first, unquoted(rest)?),
        FileKind::Config if inside == "default" => ("", inside),
        FileKind::Config => return None,
    };
    (!name.is_empty()).then_some((word, name))
}

/// A name of one word, or of several in quotes.
fn unquoted(name: &str) -> Option<&str> {
    let quote = name.chars().next().filter(|c| matches!(c, '"' | '\''));
    if let Some(quote) = quote
        && name.len() >= 2
        && name.ends_with(quote)
    {
        return Some(&name[1..name.len() - 1]);
    }
    (!name.contains([' ', '\t'])).then_some(name)
}

/// The name and the first line of the value of a setting.
fn setting(line: &str) -> Option<(String, &str)> {
    let at = line.find('=')?;
    let name = line[..at].trim_matches(BLANK);
    let legal = |c: char| c.is_ascii_alphanumeric() || "_-/.%@:+".contains(c);
    if name.is_empty() || !name.chars().all(legal) {
        return None;
    }
    let mut value = &line[at + 1..];
    let mut before = None;
    for (at, c) in value.char_indices() {
        if matches!((before, c), (Some(' ' | '\t'), '#' | ';')) {
            value = &value[..at];
            break;
        }
        before = Some(c);
    }
    Some((name.to_ascii_lowercase(), value.trim_matches(BLANK)))
}
