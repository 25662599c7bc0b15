//! The AWS config and credentials files: sections and their settings. Total: any text is some set
//! of sections, and lines that mean nothing are passed over.
//!
//! ```text
//! [default]                    a profile, as is [profile default], which replaces it
//! [profile work]               a profile; in the credentials file: [work]
//! [profile "two words"]        quotes let a name have spaces
//! key = value  # comment       a comment follows white space, or begins the line
//!   more of the value          a line indented deeper goes on with the value before it,
//! sts =
//!   endpoint_url = http://…    or is a setting nested in an empty one
//! [sso-session corp]           in the config file only
//! [services local]             in the config file only
//! ```
//!
//! SDKs refuse some files whole, for example one with a line that has no `=` in it (the Rust one,
//! `aws-runtime` `profile-parser-tests.json`) or with a setting before the first section
//! (botocore). Here only the line is lost: what the rest says is not in doubt.
//!
//! Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files"; where it is
//! silent, the parsers of `aws-runtime` and botocore (see `corpus/config_file`).

use std::collections::BTreeMap;

/// The settings of one section; names in lower case.
pub(crate) type Section = BTreeMap<String, String>;

/// What a file says.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct ConfigFile {
    /// Profiles by name.
    pub(crate) profiles: BTreeMap<String, Section>,
    /// `[sso-session …]` by name; the credentials file has none.
    pub(crate) sso_sessions: BTreeMap<String, Section>,
    /// `[services …]` by name; the credentials file has none.
    pub(crate) services: BTreeMap<String, Section>,
}

/// Which of the two files a text is. They name their profiles differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// `[profile name]`, or `[default]`.
    Config,
    /// `[name]`.
    Credentials,
}

impl ConfigFile {
    /// Reads a file, in time proportional to its length.
    ///
    /// A section that stands twice is one section, a setting that stands twice has the last
    /// value. In the config file `[profile default]` makes `[default]` as if it were not there.
    pub(crate) fn parse(text: &str, kind: FileKind) -> Self {
        let mut reader = Reader {
            kind,
            indices: BTreeMap::new(),
            sections: Vec::new(),
            section: None,
            setting: None,
        };
        for line in text.trim_start_matches('\u{feff}').lines() {
            reader.line(line);
        }
        reader.finish()
    }
}

/// A file read up to some line.
///
/// The section and the setting that a line goes on with are held, not looked up: a name may be as
/// long as the file, and looking it up once a line would take time with the square of its length.
struct Reader {
    kind: FileKind,
    indices: BTreeMap<Header, usize>,
    sections: Vec<Section>,
    /// The section that lines are of, if they are of any.
    section: Option<usize>,
    /// The setting that a line may go on with.
    setting: Option<Setting>,
}

struct Setting {
    /// How far its line is indented.
    indent: usize,
    /// None for one that is passed over, with all that goes on with it.
    name: Option<String>,
    value: String,
}

impl Reader {
    fn line(&mut self, line: &str) {
        let content = line.trim_ascii();
        if matches!(content.as_bytes().first(), None | Some(b'#' | b';')) {
            return;
        }
        let blank = |byte: &&u8| matches!(byte, b' ' | b'\t');
        let indent = line.as_bytes().iter().take_while(blank).count();
        match &mut self.setting {
            Some(setting) if indent > setting.indent => {
                setting.value.push('\n');
                setting.value.push_str(content);
            }
            _ => self.beginning(content, indent),
        }
    }

    /// A line that begins something.
    fn beginning(&mut self, content: &str, indent: usize) {
        self.keep_setting();
        if let Some(header) = content.strip_prefix('[') {
            self.section = Header::parse(header, self.kind).map(|header| {
                let next = self.sections.len();
                let index = *self.indices.entry(header).or_insert(next);
                if index == next {
                    self.sections.push(Section::new());
                }
                index
            });
            return;
        }
        let (name, value) = content.split_once('=').unwrap_or_default();
        let name = name.trim_ascii();
        self.setting = Some(Setting {
            indent,
            name: is_setting(name).then(|| name.to_ascii_lowercase()),
            value: without_comment(value).to_owned(),
        });
    }

    fn keep_setting(&mut self) {
        if let Some(Setting { name, value, .. }) = self.setting.take()
            && let (Some(section), Some(name)) = (self.section, name)
        {
            self.sections[section].insert(name, value);
        }
    }

    fn finish(mut self) -> ConfigFile {
        self.keep_setting();
        let mut file = ConfigFile::default();
        // In order: a bare default comes first and gives way.
        for (header, index) in self.indices {
            let sections = match header.what {
                What::Bare | What::Profile => &mut file.profiles,
                What::SsoSession => &mut file.sso_sessions,
                What::Services => &mut file.services,
            };
            sections.insert(header.name, std::mem::take(&mut self.sections[index]));
        }
        file
    }
}

/// What a section is. Bare ones sort before profiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    /// `[name]`
    Bare,
    /// `[profile name]`
    Profile,
    /// `[sso-session name]`
    SsoSession,
    /// `[services name]`
    Services,
}

/// The first line of a section.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Header {
    what: What,
    name: String,
}

impl Header {
    /// The section that a header (without its `[`) begins, if it begins one.
    fn parse(header: &str, kind: FileKind) -> Option<Self> {
        let inside = header.split_once(']')?.0.trim_ascii();
        let prefixes = [
            ("profile", What::Profile),
            ("sso-session", What::SsoSession),
            ("services", What::Services),
        ];
        let prefixed = prefixes.iter().find_map(|(word, what)| {
            let rest = inside.strip_prefix(word)?;
            let name = rest.strip_prefix([' ', '\t'])?.trim_ascii();
            Some((*what, name))
        });
        let (what, name) = match (kind, prefixed) {
            (FileKind::Config, Some((what, name))) => (what, config_name(name)?),
            (FileKind::Config, None) if inside == "default" => (What::Bare, inside),
            // Here a name stands as it is: the AWS CLI writes one with spaces without quotes.
            (FileKind::Credentials, None) => (What::Bare, inside),
            (FileKind::Config, None) | (FileKind::Credentials, Some(_)) => return None,
        };
        (!name.is_empty()).then(|| Self {
            what,
            name: name.to_owned(),
        })
    }
}

/// The name in a header of the config file: one word, or several in quotes.
fn config_name(name: &str) -> Option<&str> {
    let inside = |quote| name.strip_prefix(quote)?.strip_suffix(quote);
    match inside('"').or_else(|| inside('\'')) {
        Some(quoted) => Some(quoted),
        None => (!name.contains([' ', '\t'])).then_some(name),
    }
}

/// Whether a setting can have this name.
fn is_setting(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_-/.%@:+".contains(&b))
}

/// A value without white space around it, nor a comment that follows white space.
fn without_comment(value: &str) -> &str {
    let mut pairs = value.as_bytes().windows(2);
    // Where white space is, no character of several bytes is cut.
    let comment = pairs.position(|pair| matches!(pair, [b' ' | b'\t', b'#' | b';']));
    value[..comment.unwrap_or(value.len())].trim_ascii()
}

/// The setting `name` that is nested in a value.
pub(crate) fn nested<'a>(value: &'a str, name: &str) -> Option<&'a str> {
    let settings = value.lines().filter_map(|line| line.split_once('='));
    settings
        .filter(|(key, _)| key.trim_ascii().eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim_ascii())
        .next_back()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn config(text: &str) -> BTreeMap<String, Section> {
        ConfigFile::parse(text, FileKind::Config).profiles
    }

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
        let profiles = config(text);
        assert_eq!(profiles.keys().collect::<Vec<_>>(), ["default", "work"]);
        assert_eq!(profiles["default"]["region"], "eu-west-1");
        let work = &profiles["work"];
        assert_eq!(work["ec2_metadata_service_endpoint"], "http://h:1/#x");
        assert_eq!(work["s3"], "\naddressing_style = path");
        assert_eq!(nested(&work["s3"], "addressing_style"), Some("path"));
        assert_eq!(nested(&work["s3"], "style"), None);
        assert_eq!(work["empty"], "");
        assert_eq!(work["key"], "c;d");
    }

    #[test]
    fn the_files_name_profiles_differently() {
        let text =
            "[work]\na=1\n[profile work]\na=2\n[profile \"two words\"]\na=3\n[profiles]\na=4\n";
        let profiles = config(text);
        assert_eq!(profiles.keys().collect::<Vec<_>>(), ["two words", "work"]);
        assert_eq!(profiles["work"]["a"], "2");
        let credentials = ConfigFile::parse(text, FileKind::Credentials).profiles;
        assert_eq!(credentials.keys().collect::<Vec<_>>(), ["profiles", "work"]);
        assert_eq!(credentials["work"]["a"], "1");
    }

    #[test]
    fn the_prefixed_default_replaces_the_bare_one() {
        for text in [
            "[default]\na=1\nb=1\n[profile default]\na=2\n",
            "[profile default]\na=2\n[default]\na=1\nb=1\n",
        ] {
            let only = Section::from([("a".into(), "2".into())]);
            assert_eq!(config(text)["default"], only);
        }
    }

    /// Ten mebibytes in the shapes that make a careless reader take the square of the time; this
    /// one is through in a moment, that one would not be in an hour.
    #[test]
    fn a_large_file_takes_no_longer_than_its_length() {
        let long = "x".repeat(5 << 20);
        let shapes = [
            format!("[profile {long}]\n{}", "a=\n".repeat(1 << 20)),
            format!("[default]\n{long}=\n{}", " b\n".repeat(1 << 20)),
            format!("[default]\na={}", " #".repeat(5 << 20)),
            "[profile a]\nb=\n".repeat(600_000),
            "[".repeat(10 << 20),
            "=\n".repeat(5 << 20),
            (0..700_000).map(|n| format!("[profile {n}]\n")).collect(),
        ];
        for text in &shapes {
            ConfigFile::parse(text, FileKind::Config);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_some_set_of_profiles(
            text in "([\\[\\] a=#;\"\t\r\n]|profile|default|sso-session|services|\\PC)*",
        ) {
            for kind in [FileKind::Config, FileKind::Credentials] {
                let file = ConfigFile::parse(&text, kind);
                for sections in [&file.profiles, &file.sso_sessions, &file.services] {
                    for (name, section) in sections {
                        prop_assert!(!name.is_empty());
                        prop_assert!(section.keys().all(|key| is_setting(key)));
                        prop_assert!(!section.keys().any(|key| key.contains(char::is_uppercase)));
                    }
                }
                let only_profiles = file.sso_sessions.is_empty() && file.services.is_empty();
                prop_assert!(kind == FileKind::Config || only_profiles);
            }
        }

        #[test]
        fn what_is_written_is_read(
            name in "[A-Za-z0-9_.+-]{1,12}",
            key in "[a-z_]{1,12}",
            value in "[!-\"$-:<-~]([ -\"$-:<-~]{0,12}[!-\"$-:<-~])?",
        ) {
            let text = format!("[profile {name}]\n{key} = {value}\n");
            prop_assert_eq!(&config(&text)[&name][&key], &value);
        }
    }
}
