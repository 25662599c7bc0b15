//! The program run as its users run it, and what it said.

use std::path::Path;
use std::process::{Command, Output};

/// Runs it in a folder.
pub(crate) fn imdspec_in(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_imdspec"))
        .args(args)
        .current_dir(folder)
        .output()
        .expect("the program was built")
}

/// All that was said, in words with one space between them: lines are broken anywhere.
pub(crate) fn said(output: &Output) -> String {
    let out = String::from_utf8_lossy(&output.stdout);
    let all = format!("{out} {}", String::from_utf8_lossy(&output.stderr));
    all.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// It ended with this status, and said all of these.
#[track_caller]
pub(crate) fn ends(output: &Output, status: i32, parts: &[&str]) {
    let said = said(output);
    assert_eq!(output.status.code(), Some(status), "{said}");
    for part in parts {
        assert!(said.contains(part), "{part:?} is not in {said}");
    }
}
