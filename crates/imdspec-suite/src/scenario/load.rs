//! Where scenarios come from: the program itself, a folder, a file.

use super::{Scenario, ScenarioError};
use include_dir::{Dir, File, include_dir};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

static FOLDER: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/scenarios");

/// The scenarios that come with this crate, by name.
#[must_use]
pub fn embedded() -> &'static [Scenario] {
    static ALL: LazyLock<Vec<Scenario>> = LazyLock::new(|| {
        // One that does not parse fails this crate's tests, so none is lost here.
        let mut all: Vec<_> = parse_embedded().filter_map(Result::ok).collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    });
    &ALL
}

/// Every embedded file, parsed.
pub(super) fn parse_embedded() -> impl Iterator<Item = Result<Scenario, ScenarioError>> {
    files(&FOLDER).into_iter().map(|file| {
        let shown = format!("scenarios/{}", file.path().display());
        let text = file.contents_utf8().ok_or_else(|| ScenarioError::Read {
            path: PathBuf::from(&shown),
            why: "it is not UTF-8".into(),
        })?;
        Scenario::parse(&name_of(file.path(), &shown)?, &shown, text)
    })
}

fn files<'a>(folder: &'a Dir<'a>) -> Vec<&'a File<'a>> {
    let below = folder.dirs().flat_map(|d| files(d));
    folder.files().chain(below).collect()
}

/// The scenarios in a folder and the folders below it, by name. Names are paths from `folder` on.
///
/// # Errors
///
/// The first file, in the order of names, that cannot be read or is no scenario; a folder without
/// any.
pub fn load_dir(folder: &Path) -> Result<Vec<Scenario>, ScenarioError> {
    let mut paths = Vec::new();
    collect(folder, &mut paths)?;
    if paths.is_empty() {
        return Err(ScenarioError::Empty {
            path: folder.to_owned(),
        });
    }
    paths.sort();
    let mut all = paths
        .iter()
        .map(|path| load_named(path, path.strip_prefix(folder).unwrap_or(path)))
        .collect::<Result<Vec<_>, _>>()?;
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(all)
}

/// The scenario in one file, named after the file alone: `mine/two-fetches.toml` is `two-fetches`.
///
/// # Errors
///
/// The file cannot be read or is no scenario.
pub fn load_file(path: &Path) -> Result<Scenario, ScenarioError> {
    load_named(path, Path::new(path.file_name().unwrap_or_default()))
}

pub(super) fn load_named(path: &Path, named: &Path) -> Result<Scenario, ScenarioError> {
    let shown = path.display().to_string();
    let name = name_of(named, &shown)?;
    let text = std::fs::read_to_string(path).map_err(|e| unreadable(path, &e))?;
    Scenario::parse(&name, &shown, &text)
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<(), ScenarioError> {
    for entry in std::fs::read_dir(folder).map_err(|e| unreadable(folder, &e))? {
        let entry = entry.map_err(|e| unreadable(folder, &e))?;
        let path = entry.path();
        // Links to folders are not followed: they may lead back here.
        if entry.file_type().is_ok_and(|t| t.is_dir()) {
            collect(&path, paths)?;
        } else if path.extension().is_some_and(|e| e == "toml") {
            paths.push(path);
        }
    }
    Ok(())
}

pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> ScenarioError {
    ScenarioError::Read {
        path: path.to_owned(),
        why: error.to_string(),
    }
}

/// `token/two-fetches.toml` is `token/two-fetches`, on every system.
fn name_of(path: &Path, shown: &str) -> Result<String, ScenarioError> {
    let parts: Option<Vec<&str>> = path
        .iter()
        .map(|part| part.to_str())
        .map(|part| part.map(|p| p.strip_suffix(".toml").unwrap_or(p)))
        .collect();
    parts
        .filter(|parts| !parts.is_empty() && parts.iter().all(|p| is_word(p)))
        .map(|parts| parts.join("/"))
        .ok_or_else(|| ScenarioError::Name {
            file: shown.to_owned(),
        })
}

fn is_word(part: &str) -> bool {
    !part.is_empty()
        && part
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
