//! The files of `corpus/config_file`, each read as its manifest says it must be.

use super::config_file::{ConfigFile, FileKind};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/config_file")
}

fn read(name: &str) -> String {
    fs::read_to_string(folder().join(name)).unwrap()
}

/// The sections of a file, in the words of the corpus.
fn sections(file: &ConfigFile) -> Value {
    let mut found = json!({ "profiles": file.profiles });
    for (name, sections) in [
        ("sso_sessions", &file.sso_sessions),
        ("services", &file.services),
    ] {
        if !sections.is_empty() {
            found[name] = json!(sections);
        }
    }
    found
}

#[test]
fn every_file_is_read_as_it_is_said_to_be() {
    let manifest: toml::Table = read("MANIFEST.toml").parse().unwrap();
    assert!(manifest.len() >= 60);
    let mut files: BTreeSet<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "MANIFEST.toml" && !name.starts_with('.'))
        .collect();
    for (name, entry) in &manifest {
        for key in ["why", "source"] {
            assert!(entry[key].as_str().is_some_and(|t| !t.is_empty()), "{name}");
        }
        // `i_`: there are SDKs that read it otherwise.
        let open = entry.get("differs").is_some();
        let plain = name.strip_prefix(if open { "i_" } else { "y_" });
        let plain = plain.unwrap_or_else(|| panic!("{name} bears another verdict"));
        let kind = match plain.strip_prefix("credentials-") {
            Some(_) => FileKind::Credentials,
            None => FileKind::Config,
        };
        let found = sections(&ConfigFile::parse(&read(name), kind));
        let expected: Value = serde_json::from_str(&read(&format!("{name}.json"))).unwrap();
        assert_eq!(found, expected, "{name}: {}", entry["why"]);
        files.remove(name);
        files.remove(&format!("{name}.json"));
    }
    assert!(files.is_empty(), "not in the manifest: {files:?}");
}
