//! `imdspec corpus export`: all inputs as files, for whoever feeds them to a parser of their own.

use super::cannot;
use crate::args::CorpusExport;
use crate::exit::{Exit, Failure};
use imdspec_suite::corpus;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

pub(super) fn run(args: &CorpusExport) -> Result<Exit, Failure> {
    let folder = &args.folder;
    refuse_unless_empty(folder)?;
    // How many inputs went into each folder; what says what they are is no input.
    let mut written: BTreeMap<&str, usize> = BTreeMap::new();
    for (path, bytes) in corpus::files() {
        let is_hidden = path.to_string_lossy().starts_with('.');
        if is_hidden {
            continue;
        }
        let to = folder.join(path);
        let parent = to.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(|e| cannot("write", parent, e))?;
        fs::write(&to, bytes).map_err(|e| cannot("write", &to, e))?;
        let of = path.parent().and_then(Path::to_str).unwrap_or_default();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // Beside a config file stands what is read in it.
        let beside = of == "config_file" && name.ends_with(".json");
        if !of.is_empty() && name != "MANIFEST.toml" && !beside {
            *written.entry(of).or_default() += 1;
        }
    }
    for (of, n) in &written {
        anstream::println!("{n:>5}  {}", folder.join(of).display());
    }
    let all: usize = written.values().sum();
    anstream::println!("{all:>5}  inputs in all, with a MANIFEST.toml for each folder");
    Ok(Exit::Fine)
}

fn refuse_unless_empty(folder: &Path) -> Result<(), Failure> {
    match fs::read_dir(folder) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(cannot("write to", folder, e)),
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(Failure::usage(format!(
                "{} is not empty; name a folder that is, or that is not there yet",
                folder.display()
            ))),
        },
    }
}
