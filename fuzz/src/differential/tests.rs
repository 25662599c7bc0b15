//! The ledger is true of its own examples.

use super::{Crates, Ledger, Library};

#[test]
fn every_entry_happens_on_its_own_example() {
    let (mut crates, ledger) = (Crates::new(), Ledger::built_in());
    let mut wrong = String::new();
    for entry in ledger.entries() {
        let found = crates.judge(&entry.bytes(), &Library::ALL);
        if !found.iter().any(|one| entry.covers(one)) {
            wrong += &format!("stale: {entry:#?}\nfound:\n");
            found.iter().for_each(|one| wrong += &format!("{one}\n"));
        }
        for one in found.iter().filter(|one| !ledger.knows(one)) {
            wrong += &format!("beside {:?}, unknown:\n{one}\n", entry.example);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_finding_is_written_up() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    for entry in Ledger::built_in().entries() {
        assert!(!entry.why.is_empty(), "{entry:?}");
        if let Some(finding) = &entry.finding {
            let text = std::fs::read_to_string(format!("{root}/{finding}")).unwrap();
            assert!(text.contains("## Differential fuzzing"), "{finding}");
        }
    }
}

#[test]
fn the_corpus_brings_nothing_new() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../corpus/credential_document");
    let (mut crates, ledger) = (Crates::new(), Ledger::built_in());
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy();
        for one in crates.judge(&std::fs::read(&path).unwrap(), &Library::ALL) {
            assert!(ledger.knows(&one), "{name}\n{one}");
        }
    }
}
