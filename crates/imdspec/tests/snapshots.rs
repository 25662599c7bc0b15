//! `--snapshots`: the conversations as they were accepted.

use std::path::Path;
use std::process::{Command, Output};

fn check(folder: &Path, more: &[&str]) -> (i32, String) {
    let out: Output = Command::new(env!("CARGO_BIN_EXE_imdspec"))
        .args(["check", "--snapshots"])
        .arg(folder)
        .args(more)
        .output()
        .expect("the program was built");
    let shown = [out.stdout, out.stderr].concat();
    let status = out.status.code().expect("it exits");
    (status, String::from_utf8_lossy(&shown).into_owned())
}

#[test]
fn what_was_accepted_passes_with_another_seed() {
    let folder = tempfile::tempdir().unwrap();
    let (status, said) = check(folder.path(), &["--seed", "1", "--update-snapshots"]);
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("0 removed, 0 unchanged in"), "{said}");
    let (status, said) = check(folder.path(), &["--seed", "2"]);
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("snapshots as accepted in"), "{said}");
}

#[test]
fn a_missing_a_changed_and_a_left_over_file_fail_and_say_how_to_accept() {
    let folder = tempfile::tempdir().unwrap();
    let (status, said) = check(folder.path(), &["--scenario", "doc/*"]);
    assert_eq!(status, 1, "{said}");
    assert!(
        said.contains("nothing accepted for doc/access-key-absent"),
        "{said}"
    );
    assert!(said.contains("repeat it with --update-snapshots"), "{said}");

    check(folder.path(), &["--update-snapshots"]);
    let file = folder.path().join("doc--canonical.txt");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("21600", "60")).unwrap();
    std::fs::write(folder.path().join("doc--gone.txt"), "").unwrap();
    let (status, said) = check(folder.path(), &[]);
    assert_eq!(status, 1, "{said}");
    assert!(
        said.contains("doc/canonical: not the accepted conversation"),
        "{said}"
    );
    assert!(
        said.contains("  +     x-aws-ec2-metadata-token-ttl-seconds: 21600"),
        "{said}"
    );
    assert!(
        said.contains("doc--gone.txt: belongs to no scenario"),
        "{said}"
    );
    assert!(said.contains("snapshots 2 not as accepted"), "{said}");

    // A selection says nothing of what it leaves out.
    let (status, said) = check(folder.path(), &["--scenario", "token/*"]);
    assert_eq!(status, 0, "{said}");
    let (status, said) = check(folder.path(), &["--update-snapshots"]);
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("1 written, 1 removed"), "{said}");
}

#[test]
fn accepting_needs_a_folder_that_can_be_written_to() {
    let out = Command::new(env!("CARGO_BIN_EXE_imdspec"))
        .args(["check", "--update-snapshots"])
        .output()
        .expect("the program was built");
    assert_eq!(out.status.code(), Some(2));
    let file = tempfile::NamedTempFile::new().unwrap();
    let (status, said) = check(file.path(), &["--update-snapshots"]);
    assert_eq!(status, 2, "{said}");
    assert!(said.contains("could not use"), "{said}");
}
