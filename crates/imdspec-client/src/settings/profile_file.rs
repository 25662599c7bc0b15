//! The AWS config and credentials files, as far as this client reads them: profiles and their
//! settings. Total: any text is some set of profiles, and lines that mean nothing are passed over.
//!
//! Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files".

use std::collections::BTreeMap;

/// The settings of one profile; names in lower case.
pub(crate) type Profile = BTreeMap<String, String>;

/// Which of the two files a text is. They name their profiles differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// `[profile name]`, or `[default]`.
    Config,
    /// `[name]`.
    Credentials,
}

/// The profiles of a file, by name.
///
/// A section that stands twice is one profile, a setting that stands twice has the last value. In
/// the config file `[profile default]` makes `[default]` as if it were not there.
pub(crate) fn parse(text: &str, kind: FileKind) -> BTreeMap<String, Profile> {
    let mut sections: BTreeMap<Section, Profile> = BTreeMap::new();
    let mut section = None;
    let mut setting: Option<String> = None;
    for line in text.trim_start_matches('\u{feff}').lines() {
        let content = line.trim();
        if content.is_empty() || content.starts_with(['#', ';']) {
            continue;
        }
        if line.starts_with([' ', '\t']) {
            // The line goes on with the value before it. A value of two lines is legal, though
            // none of the settings read here has one.
            let value = section
                .as_ref()
                .zip(setting.as_ref())
                .and_then(|(section, name)| sections.get_mut(section)?.get_mut(name));
            if let Some(value) = value {
                value.push('\n');
                value.push_str(content);
            }
            continue;
        }
        setting = None;
        if let Some(header) = content.strip_prefix('[') {
            section = Section::parse(header, kind);
            if let Some(section) = &section {
                sections.entry(section.clone()).or_default();
            }
        } else if let Some((name, value)) = content.split_once('=')
            && let Some(profile) = section.as_ref().and_then(|s| sections.get_mut(s))
        {
            let name = name.trim().to_ascii_lowercase();
            profile.insert(name.clone(), without_comment(value).to_owned());
            setting = Some(name);
        }
    }
    // In order: a bare default comes first and gives way.
    sections
        .into_iter()
        .map(|(section, profile)| (section.name, profile))
        .collect()
}

/// A profile's section. Bare ones sort first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Section {
    /// Whether the name stood behind the word `profile`.
    prefixed: bool,
    name: String,
}

impl Section {
    /// The profile that a section header (without its `[`) begins, if it begins one.
    fn parse(header: &str, kind: FileKind) -> Option<Self> {
        let inside = header.split_once(']')?.0.trim();
        let prefixed = inside
            .strip_prefix("profile")
            .filter(|rest| rest.starts_with([' ', '\t']))
            .map(str::trim);
        let name = match (kind, prefixed) {
            (FileKind::Config, Some(name)) => unquoted(name),
            (FileKind::Config, None) if inside == "default" => inside,
            (FileKind::Credentials, None) => inside,
            (FileKind::Config, None) | (FileKind::Credentials, Some(_)) => return None,
        };
        (!name.is_empty()).then(|| Self {
            prefixed: prefixed.is_some(),
            name: name.to_owned(),
        })
    }
}

fn unquoted(name: &str) -> &str {
    let inside = |quote| name.strip_prefix(quote)?.strip_suffix(quote);
    inside('"').or_else(|| inside('\'')).unwrap_or(name)
}

/// A value without white space around it, nor a comment that follows white space.
fn without_comment(value: &str) -> &str {
    let comment = value
        .char_indices()
        .zip(value.chars().skip(1))
        .find(|&((_, before), c)| matches!(before, ' ' | '\t') && matches!(c, '#' | ';'));
    match comment {
        Some(((at, _), _)) => value[..at].trim(),
        None => value.trim(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_profiles_settings_and_comments() {
        let text = "\u{feff}ignored = before any section\r\n\
            [default] # the usual\r\n\
            Region=eu-west-1\r\n\
            [ profile\t work ]\n\
            ; a comment\n\
            ec2_metadata_service_endpoint = http://h:1/#x  # where\n\
            s3 =\n  addressing_style = path\n\
            \u{20}\u{20}# an indented comment\n\
            no_equals_sign\n\
            empty =\n\
            key = a=b\n\
            key = c;d\n\
            [sso-session work]\n\
            key = not a profile's\n\
            [profile work\n\
            key = no header either\n";
        let profiles = parse(text, FileKind::Config);
        assert_eq!(profiles.keys().collect::<Vec<_>>(), ["default", "work"]);
        assert_eq!(profiles["default"]["region"], "eu-west-1");
        let work = &profiles["work"];
        assert_eq!(work["ec2_metadata_service_endpoint"], "http://h:1/#x");
        assert_eq!(work["s3"], "\naddressing_style = path");
        assert_eq!(work["empty"], "");
        assert_eq!(work["key"], "c;d");
    }

    #[test]
    fn the_files_name_profiles_differently() {
        let text =
            "[work]\na=1\n[profile work]\na=2\n[profile \"two words\"]\na=3\n[profiles]\na=4\n";
        let config = parse(text, FileKind::Config);
        assert_eq!(config.keys().collect::<Vec<_>>(), ["two words", "work"]);
        assert_eq!(config["work"]["a"], "2");
        let credentials = parse(text, FileKind::Credentials);
        assert_eq!(credentials.keys().collect::<Vec<_>>(), ["profiles", "work"]);
        assert_eq!(credentials["work"]["a"], "1");
    }

    #[test]
    fn the_prefixed_default_replaces_the_bare_one() {
        for text in [
            "[default]\na=1\nb=1\n[profile default]\na=2\n",
            "[profile default]\na=2\n[default]\na=1\nb=1\n",
        ] {
            let profiles = parse(text, FileKind::Config);
            assert_eq!(
                profiles["default"],
                Profile::from([("a".into(), "2".into())])
            );
        }
    }

    proptest! {
        #[test]
        fn any_text_is_some_set_of_profiles(text in "([\\[\\] a=#;\"\t\r\n]|profile|default|\\PC)*") {
            for kind in [FileKind::Config, FileKind::Credentials] {
                for name in parse(&text, kind).keys() {
                    prop_assert!(!name.is_empty());
                }
            }
        }

        #[test]
        fn what_is_written_is_read(
            name in "[A-Za-z0-9_.+-]{1,12}",
            key in "[a-z_]{1,12}",
            value in "[!-\"$-:<-~]([ -\"$-:<-~]{0,12}[!-\"$-:<-~])?",
        ) {
            let text = format!("[profile {name}]\n{key} = {value}\n");
            prop_assert_eq!(&parse(&text, FileKind::Config)[&name][&key], &value);
        }
    }
}
