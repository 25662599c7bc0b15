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
        Self::of(vars, env::home_dir())
    }

    /// What a process with these variables and this home directory is given.
    fn of(vars: BTreeMap<String, String>, home: Option<PathBuf>) -> Self {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of a test's own, gone when it is over.
    struct Folder(PathBuf);

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn home() -> Folder {
        let name = format!("imdspec-client-{}-environment", std::process::id());
        let folder = Folder(env::temp_dir().join(name));
        fs::create_dir_all(folder.0.join(".aws")).unwrap();
        folder
    }

    #[test]
    fn the_files_are_read_and_those_that_cannot_be_are_named() {
        let home = home();
        let config = home.0.join(".aws/config");
        let given = |variables: &[(&str, &str)]| {
            let variables = variables.iter();
            let vars = variables.map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
            Environment::of(vars.collect(), Some(home.0.clone()))
        };
        let unread = |environment: &Environment| -> Vec<(String, Unread)> {
            environment.unread.clone().into_iter().collect()
        };
        let at = |path: &Path| path.display().to_string();

        // Nothing there is nothing wrong, named or not.
        let nothing = given(&[("AWS_SHARED_CREDENTIALS_FILE", "~/none")]);
        assert_eq!(
            (&nothing.config_file, &nothing.credentials_file),
            (&None, &None)
        );
        assert_eq!(unread(&nothing), []);
        assert_eq!(nothing.home, Some(at(&home.0)));

        fs::write(&config, "[default]\n").unwrap();
        let whole = given(&[("AWS_SHARED_CREDENTIALS_FILE", &at(&config))]);
        assert_eq!(whole.config_file.as_deref(), Some("[default]\n"));
        assert_eq!(whole.credentials_file, whole.config_file);

        fs::write(&config, b"\xff").unwrap();
        assert_eq!(unread(&given(&[])), [(at(&config), Unread::NotUtf8)]);
        let file = File::create(&config).unwrap();
        file.set_len(MOST_CONFIG as u64 + 1).unwrap();
        assert_eq!(unread(&given(&[])), [(at(&config), Unread::TooLarge)]);
        file.set_len(MOST_CONFIG as u64).unwrap();
        assert_eq!(given(&[]).config_file.unwrap().len(), MOST_CONFIG);
        let folder = at(&home.0);
        let directory = given(&[("AWS_CONFIG_FILE", &folder)]);
        assert_eq!(unread(&directory), [(folder, Unread::NotAFile)]);
        // A way to have none.
        let none = given(&[("AWS_CONFIG_FILE", "/dev/null")]);
        assert_eq!(
            (none.config_file.as_deref(), unread(&none)),
            (Some(""), vec![])
        );
    }
}
