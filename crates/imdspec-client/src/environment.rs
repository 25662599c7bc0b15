//! What a program gives the client, as a value.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fmt, fs};

/// What a program gives the client: variables, files and settings in code. A value: the process is
/// looked at by [`from_process`](Self::from_process) and nowhere else. Debug shows names only.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Environment {
    /// Environment variables by name.
    pub vars: BTreeMap<String, String>,
    /// The text of the AWS config file.
    pub config_file: Option<String>,
    /// The text of the AWS credentials file.
    pub credentials_file: Option<String>,
    /// The text of the container's authorization token file, by the path that names it.
    pub files: BTreeMap<String, String>,
    /// Settings made in code, by their name in the config file, for example
    /// `ec2_metadata_service_endpoint`.
    pub code: BTreeMap<String, String>,
}

pub(crate) const TOKEN_FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";

impl Environment {
    /// Reads the process: its `AWS_…` variables, the files they name, and `~/.aws/config` and
    /// `~/.aws/credentials` where they name none. A file that cannot be read, and a variable that
    /// is not UTF-8, is as if it were not there.
    #[must_use]
    pub fn from_process() -> Self {
        let vars: BTreeMap<String, String> = env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| name.starts_with("AWS_"))
            .collect();
        let file = |variable: &str, default: &str| {
            let path = match vars.get(variable).filter(|path| !path.is_empty()) {
                Some(path) => in_home(path),
                None => in_home(default),
            };
            read(&path?)
        };
        let files = vars
            .get(TOKEN_FILE)
            .and_then(|path| Some((path.clone(), read(Path::new(path))?)));
        Self {
            config_file: file("AWS_CONFIG_FILE", "~/.aws/config"),
            credentials_file: file("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
            files: files.into_iter().collect(),
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

/// The text of a file, if it can be read.
pub(crate) fn read(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok()
}

/// A path with a leading `~/` replaced by the home directory; none without one.
fn in_home(path: &str) -> Option<PathBuf> {
    match path.strip_prefix("~/") {
        None => Some(path.into()),
        Some(rest) => env::home_dir().map(|home| home.join(rest)),
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |map: &BTreeMap<String, String>| map.keys().cloned().collect::<Vec<_>>();
        f.debug_struct("Environment")
            .field("vars", &names(&self.vars))
            .field("config_file", &self.config_file.is_some())
            .field("credentials_file", &self.credentials_file.is_some())
            .field("files", &names(&self.files))
            .field("code", &names(&self.code))
            .finish()
    }
}
