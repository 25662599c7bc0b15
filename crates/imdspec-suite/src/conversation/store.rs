//! Conversations that were accepted, a file for each scenario.

use super::normalised;
use crate::Ran;
use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// The most lines of a difference that are shown on each side.
const MOST_LINES: usize = 6;

/// A folder of accepted conversations.
#[derive(Debug, Clone)]
pub struct Accepted {
    folder: PathBuf,
}

/// Where a run is not as accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Difference {
    /// Nothing was accepted for this scenario.
    Missing {
        /// The scenario.
        scenario: String,
    },
    /// The subject talks otherwise than accepted.
    Changed {
        /// The scenario.
        scenario: String,
        /// The lines that differ: `-` as accepted, `+` as seen.
        diff: String,
    },
    /// Something was accepted for a scenario that was not run.
    NotRun {
        /// The scenario.
        scenario: String,
        /// Why it was not.
        why: String,
    },
    /// Something was accepted for a scenario that there is not.
    Unknown {
        /// The file.
        file: PathBuf,
    },
}

/// What an update did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Updated {
    /// Files that are new or changed.
    pub written: usize,
    /// Files that belonged to nothing that is run.
    pub removed: usize,
    /// Files that are as they were.
    pub unchanged: usize,
}

/// A file that could not be read, written or removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreError {
    path: PathBuf,
    why: String,
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "could not use {}: {}", self.path.display(), self.why)
    }
}

impl std::error::Error for StoreError {}

impl Difference {
    /// The scenario, or the file of one that there is not.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Missing { scenario }
            | Self::Changed { scenario, .. }
            | Self::NotRun { scenario, .. } => scenario.clone(),
            Self::Unknown { file } => file.display().to_string(),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name();
        match self {
            Self::Missing { .. } => write!(f, "{name}: no conversation was accepted"),
            Self::Changed { diff, .. } => {
                write!(f, "{name}: not the accepted conversation\n{diff}")
            }
            Self::NotRun { why, .. } => write!(f, "{name}: accepted, but not run ({why})"),
            Self::Unknown { .. } => write!(f, "{name}: belongs to no scenario"),
        }
    }
}

impl Accepted {
    /// The conversations in a folder, which need not be there yet.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// Where a run is not as accepted. With `whole`, nothing was left out of the run, so that a
    /// file that belongs to none of its scenarios is a difference.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn compare(&self, ran: &[Ran], whole: bool) -> Result<Vec<Difference>, StoreError> {
        let mut found = Vec::new();
        for one in ran {
            let scenario = one.scenario.name.clone();
            match (&one.result, self.accepted(&scenario)?) {
                (Ok(trace), Some(accepted)) => {
                    let seen = normalised(trace);
                    if seen != accepted {
                        let diff = diff(&accepted, &seen);
                        found.push(Difference::Changed { scenario, diff });
                    }
                }
                (Ok(_), None) => found.push(Difference::Missing { scenario }),
                (Err(why), Some(_)) => {
                    let why = why.to_string();
                    found.push(Difference::NotRun { scenario, why });
                }
                (Err(_), None) => {}
            }
        }
        if whole {
            let unknown = self.unknown(ran)?.into_iter();
            found.extend(unknown.map(|file| Difference::Unknown { file }));
        }
        Ok(found)
    }

    /// Accepts a run: writes what is new or changed and removes what belongs to nothing that was
    /// run. Not for a run that was interrupted.
    ///
    /// # Errors
    /// A file cannot be read, written or removed.
    pub fn update(&self, ran: &[Ran], whole: bool) -> Result<Updated, StoreError> {
        std::fs::create_dir_all(&self.folder).map_err(|e| error(&self.folder, &e))?;
        let mut updated = Updated::default();
        for one in ran {
            let path = self.path(&one.scenario.name);
            let accepted = self.accepted(&one.scenario.name)?;
            match &one.result {
                Ok(trace) => {
                    let seen = normalised(trace);
                    if accepted.as_ref() == Some(&seen) {
                        updated.unchanged += 1;
                    } else {
                        std::fs::write(&path, seen).map_err(|e| error(&path, &e))?;
                        updated.written += 1;
                    }
                }
                Err(_) if accepted.is_some() => {
                    std::fs::remove_file(&path).map_err(|e| error(&path, &e))?;
                    updated.removed += 1;
                }
                Err(_) => {}
            }
        }
        if whole {
            for path in self.unknown(ran)? {
                std::fs::remove_file(&path).map_err(|e| error(&path, &e))?;
                updated.removed += 1;
            }
        }
        Ok(updated)
    }

    fn path(&self, scenario: &str) -> PathBuf {
        let name = scenario.replace('/', "--");
        self.folder.join(format!("{name}.txt"))
    }

    fn accepted(&self, scenario: &str) -> Result<Option<String>, StoreError> {
        let path = self.path(scenario);
        match std::fs::read_to_string(&path) {
            // As a checkout on another system may have it.
            Ok(text) => Ok(Some(text.replace("\r\n", "\n"))),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(error(&path, &e)),
        }
    }

    /// Files that belong to none of these scenarios.
    fn unknown(&self, ran: &[Ran]) -> Result<Vec<PathBuf>, StoreError> {
        let known: BTreeSet<PathBuf> = ran.iter().map(|r| self.path(&r.scenario.name)).collect();
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(error(&self.folder, &e)),
        };
        let mut unknown = Vec::new();
        for entry in entries {
            let path = entry.map_err(|e| error(&self.folder, &e))?.path();
            if path.extension().is_some_and(|e| e == "txt") && !known.contains(&path) {
                unknown.push(path);
            }
        }
        unknown.sort();
        Ok(unknown)
    }
}

fn error(path: &Path, e: &io::Error) -> StoreError {
    StoreError {
        path: path.to_owned(),
        why: e.to_string(),
    }
}

/// The lines between the common beginning and the common end, each side cut short.
fn diff(accepted: &str, seen: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (accepted.lines().collect(), seen.lines().collect());
    let before = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[before..], &new[before..]);
    let ends = old.iter().rev().zip(new.iter().rev());
    let after = ends.take_while(|(a, b)| a == b).count();
    let mut lines = vec![format!("  from line {}:", before + 1)];
    for (sign, side) in [
        ('-', &old[..old.len() - after]),
        ('+', &new[..new.len() - after]),
    ] {
        let shown = side.iter().take(MOST_LINES);
        lines.extend(shown.map(|line| format!("  {sign} {line}")));
        if side.len() > MOST_LINES {
            lines.push(format!("  {sign} … {} more lines", side.len() - MOST_LINES));
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{NotRun, Reference, memory, scenario};
    use std::sync::Arc;

    fn ran(name: &str) -> Ran {
        let found = scenario::embedded().iter().find(|s| s.name == name);
        let scenario = Arc::new(found.expect("it is built in").clone());
        let result = Ok(memory::run(&scenario, &Reference::default(), 1));
        Ran { scenario, result }
    }

    fn shown(differences: &[Difference]) -> Vec<String> {
        differences.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_was_accepted_is_no_difference() {
        let folder = tempfile::tempdir().unwrap();
        let accepted = Accepted::new(folder.path().join("new"));
        let mut run = vec![ran("doc/canonical"), ran("route/no-role")];
        let missing = accepted.compare(&run, true).unwrap();
        assert_eq!(
            shown(&missing),
            [
                "doc/canonical: no conversation was accepted",
                "route/no-role: no conversation was accepted"
            ]
        );
        let counts = |u: Updated| (u.written, u.removed, u.unchanged);
        assert_eq!(counts(accepted.update(&run, true).unwrap()), (2, 0, 0));
        assert_eq!(accepted.compare(&run, true).unwrap(), []);
        assert_eq!(counts(accepted.update(&run, true).unwrap()), (0, 0, 2));

        // What was not run cannot be compared, and is not accepted any longer.
        run[1].result = Err(NotRun::new("not today"));
        let differences = shown(&accepted.compare(&run, true).unwrap());
        assert_eq!(
            differences,
            ["route/no-role: accepted, but not run (not today)"]
        );
        assert_eq!(counts(accepted.update(&run, true).unwrap()), (0, 1, 1));
    }

    #[test]
    fn a_change_is_shown_by_its_lines_and_a_left_over_file_only_in_a_whole_run() {
        let folder = tempfile::tempdir().unwrap();
        let accepted = Accepted::new(folder.path());
        let run = [ran("doc/canonical")];
        accepted.update(&run, true).unwrap();
        let file = folder.path().join("doc--canonical.txt");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, text.replace("seconds: 21600", "seconds: 60")).unwrap();
        let differences = shown(&accepted.compare(&run, true).unwrap());
        assert_eq!(
            differences,
            [
                "doc/canonical: not the accepted conversation\n  from line 6:\n  \
              -     x-aws-ec2-metadata-token-ttl-seconds: 60\n  \
              +     x-aws-ec2-metadata-token-ttl-seconds: 21600"
            ]
        );
        std::fs::write(folder.path().join("doc--gone.txt"), "").unwrap();
        assert_eq!(accepted.compare(&run, false).unwrap().len(), 1);
        assert_eq!(accepted.compare(&run, true).unwrap().len(), 2);
        accepted.update(&run, true).unwrap();
        assert_eq!(accepted.compare(&run, true).unwrap(), []);
    }
}
