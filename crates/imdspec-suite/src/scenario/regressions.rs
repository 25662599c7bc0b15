//! The scenarios of a folder `regressions`: what a campaign found once, kept to be run again.

use super::load::{load_named, unreadable};
use super::{Scenario, ScenarioError};
use std::path::{Path, PathBuf};

/// What the folder is called. It stands in the current folder of whoever runs a check.
pub const FOLDER: &str = "regressions";

/// What a folder of regressions holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Regressions {
    /// Its scenarios, by name, each called `regressions/NAME`.
    pub scenarios: Vec<Scenario>,
    /// Its files that end in `.toml` and are something else: no line of theirs begins as one of a
    /// scenario.
    pub others: Vec<PathBuf>,
}

impl Regressions {
    /// Reads the `*.toml` of a folder; the folders below it are not looked at. Other tools call
    /// their folders so too: what does not look like a scenario is left alone.
    ///
    /// # Errors
    /// The folder or a file in it cannot be read; a file that looks like a scenario is none.
    pub fn load(folder: &Path) -> Result<Self, ScenarioError> {
        let entries = std::fs::read_dir(folder).map_err(|e| unreadable(folder, &e))?;
        let mut paths = Vec::new();
        for entry in entries {
            let path = entry.map_err(|e| unreadable(folder, &e))?.path();
            if path.extension().is_some_and(|e| e == "toml") && path.is_file() {
                paths.push(path);
            }
        }
        paths.sort();
        let mut found = Self::default();
        for path in paths {
            let text = std::fs::read(&path).map_err(|e| unreadable(&path, &e))?;
            if looks_like_a_scenario(&String::from_utf8_lossy(&text)) {
                found.scenarios.push(load_one(&path)?);
            } else {
                found.others.push(path);
            }
        }
        Ok(found)
    }
}

impl Scenario {
    /// Whether it was picked up in a folder of regressions, by its name.
    #[must_use]
    pub fn is_regression(&self) -> bool {
        self.name
            .strip_prefix(FOLDER)
            .is_some_and(|rest| rest.starts_with('/'))
    }
}

/// The scenario in one file. In a folder of regressions it is called `regressions/NAME`, as when it
/// is picked up there; elsewhere after the file alone, as by [`load_file`](super::load_file).
///
/// # Errors
/// The file cannot be read or is no scenario.
pub fn load_one(path: &Path) -> Result<Scenario, ScenarioError> {
    let file = Path::new(path.file_name().unwrap_or_default());
    let folder = path.parent().and_then(Path::file_name);
    if folder.is_some_and(|name| name == FOLDER) {
        load_named(path, &Path::new(FOLDER).join(file))
    } else {
        load_named(path, file)
    }
}

/// Lines, not a parser: a scenario with a slip in it must not pass for something else.
fn looks_like_a_scenario(text: &str) -> bool {
    text.lines()
        .map(str::trim_start)
        .any(|line| line.starts_with("[[step]]") || line.starts_with("exercises"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCENARIO: &str = "title = \"x\"\nexercises = [\"DOC-001\"]\n\n[[step]]\nresolve = 1\n";

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    fn load(files: &[(&str, &str)]) -> Result<Regressions, String> {
        let folder = folder(files);
        let shown = format!("{}/", folder.path().display());
        let mut found =
            Regressions::load(folder.path()).map_err(|e| e.to_string().replace(&shown, ""))?;
        for path in &mut found.others {
            *path = path.file_name().unwrap().into();
        }
        Ok(found)
    }

    #[test]
    fn what_is_a_scenario_is_found_and_what_is_none_is_named() {
        let files = [
            ("b.toml", SCENARIO),
            ("a.toml", SCENARIO),
            ("Cargo.toml", "[package]\nname = \"a\"\n"),
            ("not-toml.txt", "[[step]]"),
        ];
        let found = load(&files).unwrap();
        assert_eq!(found.others, [PathBuf::from("Cargo.toml")]);
        let names: Vec<_> = found.scenarios.iter().map(|s| s.name.as_str()).collect();
        // Of a folder that is called otherwise, as here, the name is the file's.
        assert_eq!(names, ["a", "b"]);
        assert_eq!(load(&[]), Ok(Regressions::default()));
    }

    #[test]
    fn a_scenario_with_a_slip_in_it_is_said_with_its_place() {
        let broken = SCENARIO.replace("resolve = 1", "resolve = ");
        let said = load(&[("a.toml", SCENARIO), ("b.toml", &broken)]).unwrap_err();
        assert!(said.starts_with("b.toml:5: "), "{said}");
        let said = load(&[("Name.toml", SCENARIO)]).unwrap_err();
        assert!(said.starts_with("Name.toml: the path is"), "{said}");
    }

    #[test]
    fn a_file_in_such_a_folder_is_called_as_when_it_is_picked_up() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join(FOLDER);
        std::fs::create_dir(&below).unwrap();
        let path = below.join("doc-003-5f1c0e.toml");
        std::fs::write(&path, SCENARIO).unwrap();
        let one = load_one(&path).unwrap();
        assert_eq!(one.name, "regressions/doc-003-5f1c0e");
        assert!(one.is_regression());
        assert_eq!(Regressions::load(&below).unwrap().scenarios, [one]);
        let elsewhere = folder.path().join("x.toml");
        std::fs::write(&elsewhere, SCENARIO).unwrap();
        let one = load_one(&elsewhere).unwrap();
        assert!(one.name == "x" && !one.is_regression());
    }
}
