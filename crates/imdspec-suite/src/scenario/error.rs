//! What can be wrong with a scenario.

use std::fmt;
use std::path::PathBuf;

/// What is wrong with a scenario, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScenarioError {
    /// The text is not a scenario.
    Text {
        /// The file, as it was named.
        file: String,
        /// Counts from 1.
        line: usize,
        /// Counts characters from 1.
        column: usize,
        /// What was found, and what was expected.
        what: String,
    },
    /// The file's path gives no name.
    Name {
        /// The file, as it was named.
        file: String,
    },
    /// A file or folder cannot be read.
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// A folder holds no scenario.
    Empty {
        /// The folder.
        path: PathBuf,
    },
    /// A scenario cannot be written down.
    Render {
        /// Its name.
        name: String,
        /// What stands in the way.
        why: String,
    },
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text {
                file, line, what, ..
            } => write!(f, "{file}:{line}: {what}"),
            Self::Name { file } => write!(
                f,
                "{file}: the path is the scenario's name; expected lower-case letters, digits and \
                 hyphens, such as token/two-fetches.toml"
            ),
            Self::Read { path, why } => write!(f, "{}: cannot be read: {why}", path.display()),
            Self::Empty { path } => write!(
                f,
                "{}: no scenario in this folder; expected files that end in .toml",
                path.display()
            ),
            Self::Render { name, why } => {
                write!(f, "scenario {name} cannot be written as TOML: {why}")
            }
        }
    }
}

impl std::error::Error for ScenarioError {}
