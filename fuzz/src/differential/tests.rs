//! The ledger is true of its own examples.

use super::json::members;
use super::{Crates, Ledger, Library, mutate};

#[test]
fn every_entry_happens_on_its_own_example() {
    let (mut crates, ledger) = (Crates::new(), Ledger::built_in());
    let mut wrong = String::new();
    for entry in ledger.entries() {
        let found = crates.judge(&entry.bytes(), &Library::ALL).disagreements;
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

/// A file whose name begins with `y_` or `n_` is one that a MUST decides: whoever disagrees there is
/// written up for it.
#[test]
fn the_corpus_brings_nothing_new() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../corpus/credential_document");
    let (mut crates, ledger) = (Crates::new(), Ledger::built_in());
    let mut wrong = String::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy();
        let bytes = std::fs::read(&path).unwrap();
        for library in Library::ALL {
            let found = crates.judge(&bytes, &[library]).disagreements;
            let known: Vec<_> = found.iter().map(|one| ledger.of(one)).collect();
            for (one, _) in found.iter().zip(&known).filter(|(_, of)| of.is_none()) {
                wrong += &format!("{name}: unknown\n{one}\n");
            }
            let decided = name.starts_with("y_") || name.starts_with("n_");
            let written_up = known.iter().flatten().any(|of| of.finding.is_some());
            if decided && !found.is_empty() && !written_up {
                wrong += &format!("{name}: {} is open in the ledger\n", library.name());
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn any_bytes_can_be_changed_and_a_document_often_stays_one() {
    let healthy = include_bytes!("../../../corpus/credential_document/y_healthy.json");
    for bytes in [
        &b""[..],
        b"{",
        b"\"",
        b"\\",
        b"{\"a\\\"",
        b"\xff,,:[",
        healthy,
    ] {
        let changed = (0..500).map(|seed| mutate(bytes, seed));
        assert!(changed.filter(|changed| changed != bytes).count() > 100);
    }
    let still = (0..500).filter(|seed| members_of(&mutate(healthy, *seed)));
    assert!(still.count() > 250);
}

fn members_of(bytes: &[u8]) -> bool {
    str::from_utf8(bytes).is_ok_and(|text| members(text).is_ok())
}
