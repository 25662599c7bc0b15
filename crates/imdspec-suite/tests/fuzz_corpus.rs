//! What the fuzzers start from, and what they once found, through the functions that they call.

use imdspec_suite::properties::{TARGETS, fuzz_dictionary};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let name = |entry: fs::DirEntry| entry.file_name().into_string().ok();
    entries.flatten().filter_map(name).collect()
}

#[test]
fn every_input_keeps_its_property() {
    for (target, property) in TARGETS {
        let folder = root().join("corpus").join(target);
        let names = names(&folder);
        assert!(!names.is_empty(), "corpus/{target} is empty");
        for name in names {
            let path = folder.join(&name);
            let bytes = fs::read(&path).unwrap();
            // Which input it was stands above the panic that names the property.
            eprintln!("corpus/{target}/{name}");
            property(&bytes);
        }
    }
}

#[test]
fn every_folder_has_a_target_and_every_target_its_parts() {
    let targets: BTreeSet<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    for name in names(&root().join("corpus")) {
        if root().join("corpus").join(&name).is_dir() {
            assert!(targets.contains(name.as_str()), "corpus/{name}: no target");
        }
    }
    let manifest = fs::read_to_string(root().join("fuzz/Cargo.toml")).unwrap();
    for target in targets {
        let source = root().join(format!("fuzz/fuzz_targets/{target}.rs"));
        let source = fs::read_to_string(&source).unwrap_or_else(|e| panic!("{target}: {e}"));
        assert!(source.lines().count() <= 40, "{target} is too long");
        assert!(
            manifest.contains(&format!("name = \"{target}\"")),
            "{target} is not in fuzz/Cargo.toml"
        );
        let options = root().join(format!("fuzz/options/{target}.options"));
        assert!(options.exists(), "{target} has no options");
    }
}

/// `INSTA_UPDATE=always` renews it, as it does snapshots.
#[test]
fn the_dictionary_is_made_of_the_rules() {
    let path = root().join("fuzz/imdspec.dict");
    let made = fuzz_dictionary();
    if std::env::var("INSTA_UPDATE").as_deref() == Ok("always") {
        fs::write(&path, &made).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == made,
        "fuzz/imdspec.dict is not what the rules make of it; renew it with\n  \
         INSTA_UPDATE=always cargo test -p imdspec-suite --test fuzz_corpus"
    );
}
