//! The home directory of a subject, as data.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// What stands for the home directory in settings and files until it is known.
pub(crate) const HOME_GAP: &str = "${home}";
/// The home directory of a client that has no file system.
pub(crate) const VIRTUAL_HOME: &str = "/home/imdspec";

/// The files of a home, by their paths below it, and what commands do where none can be run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Home {
    pub(crate) files: BTreeMap<String, File>,
    /// Command lines, [`HOME_GAP`] in them, and what becomes of them.
    pub(crate) commands: BTreeMap<String, Played>,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct File {
    /// Its bytes; [`HOME_GAP`] in them is filled when they are written.
    pub(crate) bytes: Vec<u8>,
    pub(crate) executable: bool,
}

/// What becomes of a command that is only played.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Played {
    /// It ends.
    Ended {
        /// With this exit status.
        status: i32,
        /// Having printed this.
        stdout: Vec<u8>,
    },
    /// It never ends.
    Hangs,
}

impl Home {
    /// Adds a file of text.
    pub(crate) fn text(&mut self, path: &str, text: impl Into<String>) {
        let file = File {
            bytes: text.into().into_bytes(),
            executable: false,
        };
        self.files.insert(path.to_owned(), file);
    }

    /// Adds a script.
    pub(crate) fn script(&mut self, path: &str, text: impl Into<String>) {
        let file = File {
            bytes: text.into().into_bytes(),
            executable: true,
        };
        self.files.insert(path.to_owned(), file);
    }

    /// The text of a file, its gaps as they are; empty for one that is not there.
    pub(crate) fn text_of(&self, path: &str) -> String {
        let bytes = self.files.get(path).map(|f| f.bytes.as_slice());
        String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned()
    }

    /// Fills gaps in every file of text.
    pub(crate) fn fill(&mut self, fill: impl Fn(&str) -> String) {
        for file in self.files.values_mut() {
            if let Ok(text) = std::str::from_utf8(&file.bytes) {
                file.bytes = fill(text).into_bytes();
            }
        }
    }

    /// The text of the file of this path below [`VIRTUAL_HOME`], its gaps filled.
    pub(crate) fn read_virtual(&self, path: &str) -> Option<Result<String, ()>> {
        let below = path.strip_prefix(VIRTUAL_HOME)?.strip_prefix('/')?;
        let bytes = self.files.get(below)?.bytes.clone();
        let text = String::from_utf8(bytes).map_err(|_| ());
        Some(text.map(|text| text.replace(HOME_GAP, VIRTUAL_HOME)))
    }

    /// What becomes of a command line in [`VIRTUAL_HOME`]; none where nothing is known of it.
    pub(crate) fn played(&self, line: &str) -> Option<&Played> {
        let of = |(known, _): &(&String, &Played)| known.replace(HOME_GAP, VIRTUAL_HOME) == line;
        self.commands.iter().find(of).map(|(_, played)| played)
    }

    /// Writes every file below `home`.
    ///
    /// # Errors
    /// Those of the file system.
    pub(crate) fn write(&self, home: &Path) -> io::Result<()> {
        for path in self.files.keys() {
            self.write_one(home, path)?;
        }
        Ok(())
    }

    /// Writes one file below `home`; nothing for one that is not known.
    pub(crate) fn write_one(&self, home: &Path, path: &str) -> io::Result<()> {
        let Some(file) = self.files.get(path) else {
            return Ok(());
        };
        let to = home.join(path);
        if let Some(folder) = to.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let bytes = match std::str::from_utf8(&file.bytes) {
            Ok(text) => text.replace(HOME_GAP, &home.to_string_lossy()).into_bytes(),
            Err(_) => file.bytes.clone(),
        };
        std::fs::write(&to, bytes)?;
        if file.executable {
            executable(&to)?;
        }
        Ok(())
    }
}

#[cfg(unix)]
fn executable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn executable(_: &Path) -> io::Result<()> {
    Ok(())
}
