//! What a program gives the client, as a value.

use crate::exchange::Unread;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::{env, fmt, fs};

/// How much of the config file and of the credentials file is read, in bytes.
const MOST_CONFIG: usize = 16 << 20;

/// What a program gives the client: variables, files and settings in code. A value: the process is
/// looked at by [`from_process`](Self::from_process) and nowhere else. Debug shows names only.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Environment {
    /// Environment variables by name.
    pub vars: BTreeMap<String, String>,
    /// The home directory, below which the tokens of IAM Identity Center are kept.
    pub home: Option<String>,
    /// The text of the AWS config file.
    pub config_file: Option<String>,
    /// The text of the AWS credentials file.
    pub credentials_file: Option<String>,
    /// Which of the two files is there and gave no text, by its path, and why. Whatever stands in
    /// the active profile is then an error, because nobody knows what does.
    pub unread: BTreeMap<String, Unread>,
    /// Settings made in code, by their name in the config file, for example
    /// `ec2_metadata_service_endpoint`.
    pub code: BTreeMap<String, String>,
}

impl Environment {
    /// Reads the process: its `AWS_…` variables, its home directory, and the config and
    /// credentials files (`~/.aws/config` and `~/.aws/credentials` where no variable names them),
    /// up to 16 MiB each. A file that is not there, and a variable that is not UTF-8, is as if
    /// nobody had named it.
    #[must_use]
    pub fn from_process() -> Self {
        let vars: BTreeMap<String, String> = env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| name.starts_with("AWS_"))
            .collect();
        let home = env::home_dir();
        let mut unread = BTreeMap::new();
        let mut text_of = |variable: &str, default: &str| {
            let named = vars.get(variable).filter(|path| !path.is_empty());
            let path = in_home(named.map_or(default, String::as_str), home.as_deref())?;
            match File::open(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                opened => opened
                    .map_err(|_| Unread::Missing)
                    .and_then(|file| read_all(file, MOST_CONFIG))
                    .map_err(|why| unread.insert(path.display().to_string(), why))
                    .ok(),
            }
        };
        let config_file = text_of("AWS_CONFIG_FILE", "~/.aws/config");
        let credentials_file = text_of("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials");
        Self {
            home: home.and_then(|home| home.into_os_string().into_string().ok()),
            config_file,
            credentials_file,
            unread,
            code: BTreeMap::new(),
            vars,
        }
    }

    /// A variable that is set to something.
    pub(crate) fn var(&self, name: &str) -> Option<&str> {
        self.vars
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }
}

/// The text of a file of at most `most` bytes.
///
/// It must be a regular file: others may never come to an end, or never begin.
pub(crate) fn read(path: &Path, most: usize) -> Result<String, Unread> {
    match fs::metadata(path) {
        Err(_) => Err(Unread::Missing),
        Ok(data) if !data.is_file() => Err(Unread::NotAFile),
        Ok(_) => read_all(File::open(path).map_err(|_| Unread::Missing)?, most),
    }
}

fn read_all(file: File, most: usize) -> Result<String, Unread> {
    let mut bytes = Vec::new();
    let read = file.take(most as u64 + 1).read_to_end(&mut bytes);
    match read {
        Err(error) if error.kind() == io::ErrorKind::IsADirectory => Err(Unread::NotAFile),
        Err(_) => Err(Unread::Missing),
        Ok(_) if bytes.len() > most => Err(Unread::TooLarge),
        Ok(_) => String::from_utf8(bytes).map_err(|_| Unread::NotUtf8),
    }
}

/// A path with a leading `~/` replaced by the home directory; none without one.
fn in_home(path: &str, home: Option<&Path>) -> Option<PathBuf> {
    match path.strip_prefix("~/") {
        None => Some(path.into()),
        Some(rest) => home.map(|home| home.join(rest)),
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |map: &BTreeMap<String, String>| map.keys().cloned().collect::<Vec<_>>();
        f.debug_struct("Environment")
            .field("vars", &names(&self.vars))
            .field("home", &self.home)
            .field("config_file", &self.config_file.is_some())
            .field("credentials_file", &self.credentials_file.is_some())
            .field("unread", &self.unread)
            .field("code", &names(&self.code))
            .finish()
    }
}
