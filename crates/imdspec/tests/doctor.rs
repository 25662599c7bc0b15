//! `imdspec doctor` on programs that keep the contract, and on some that break one sentence of it.
//!
//! The programs are in Perl, which is where `sh` is, and told where the service is, so that these
//! tests need no sandbox.
#![cfg(unix)]

use std::process::{Command, Output};

fn doctor(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_imdspec"))
        .arg("doctor")
        .args(args)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doctor"))
        .output()
        .expect("the program was built")
}

/// What is said of the program, whatever the machine has.
fn words(out: &Output) -> String {
    let said = String::from_utf8_lossy(&out.stdout);
    let of_program = said.split_once("\nprogram ").expect("a program").1;
    // A step goes on for as long as its lines are indented.
    let mut about_clock = false;
    let same_everywhere = |line: &&str| {
        if !line.starts_with("   ") {
            about_clock = line.contains(" clock  ");
        }
        !about_clock && !line.starts_with("this machine")
    };
    let lines: Vec<&str> = of_program.lines().filter(same_everywhere).collect();
    format!("program {}\n", lines.join("\n"))
}

/// The program of one kind with one thing broken: the status, and the words as accepted.
fn accept(kind: &[&str], broken: &str, status: i32) {
    let program: &[&str] = match kind {
        ["--session", ..] => &["perl", "adapter.pl", broken],
        ["--sink"] => &["perl", "one_shot.pl", broken, "{sink}"],
        _ => &["perl", "one_shot.pl", broken],
    };
    let out = doctor(&[kind, &["--network", "endpoint", "--"], program].concat());
    let words = words(&out);
    assert_eq!(out.status.code(), Some(status), "{words}");
    assert!(
        out.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let name = match kind {
        ["--session", ..] => format!("session-{broken}"),
        ["--sink"] => format!("sink-{broken}"),
        ["--refused-exit", ..] => format!("one-shot-{broken}-as-told"),
        _ => format!("one-shot-{broken}"),
    };
    insta::with_settings!({
        snapshot_path => "../../../snapshots/doctor",
        prepend_module_to_snapshot => false,
        omit_expression => true,
        filters => [
            (r"\d+\.\d s", "[time]"),
            (r"up to \d requests?", "up to [n] requests"),
            (r"perl 5\.\d+", "perl [version]"), (r"id \d+, which", "id [n], which"),
        ],
    }, {
        insta::assert_snapshot!(name, words);
    });
}

#[test]
fn a_session_that_keeps_the_contract() {
    accept(&["--session"], "good", 0);
    accept(&["--session"], "one-at-a-time", 0);
    accept(&["--session"], "no-expiration", 0);
}

#[test]
fn a_session_that_does_not_say_hello() {
    accept(&["--session"], "banner", 3);
    accept(&["--session"], "dies-at-once", 3);
}

#[test]
fn a_session_that_changes_what_it_was_given() {
    accept(&["--session"], "cut-token", 3);
    accept(&["--session"], "no-date", 3);
}

#[test]
fn a_session_that_answers_in_its_own_way() {
    accept(&["--session"], "noise", 3);
    accept(&["--session"], "wrong-id", 3);
    accept(&["--session"], "any-op", 3);
    accept(&["--session"], "dies-of-op", 3);
    accept(&["--session"], "dies-of-refusal", 3);
}

#[test]
fn a_session_that_does_not_end_well() {
    accept(&["--session"], "exit-9", 3);
    accept(&["--session"], "stays", 3);
}

#[test]
fn a_session_that_takes_fewer_questions_than_it_says() {
    accept(&["--session", "--deadline", "2s"], "answers-one-of-four", 3);
}

#[test]
fn one_shots() {
    accept(&[], "good", 0);
    accept(&[], "noise", 3);
    accept(&[], "builtin", 3);
    accept(&[], "exits-0", 3);
    accept(&[], "exits-253", 3);
    accept(&[], "reads-stdin", 0);
}

#[test]
fn another_way_of_saying_no_can_be_told() {
    accept(&["--refused-exit", "253"], "exits-253", 0);
}

#[test]
fn programs_that_use_credentials() {
    accept(&["--sink"], "good", 0);
    accept(&["--sink"], "signs-nothing", 3);
}

#[test]
fn a_one_shot_is_told_from_a_session() {
    let out = doctor(&[
        "--session",
        "--network",
        "endpoint",
        "--",
        "perl",
        "one_shot.pl",
        "good",
    ]);
    assert_eq!(out.status.code(), Some(3));
    let words = words(&out);
    assert!(words.contains("leave --session out"), "{words}");
    assert!(!words.contains("ASIA"), "no value is shown: {words}");
}

#[test]
fn a_program_that_is_missing_has_its_installation_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("gone.toml");
    let text = "name = \"gone\"\ncommand = [\"no-such-program-anywhere\"]\nkind = \"one-shot\"\n\
        install = [\"make gone\"]\n";
    std::fs::write(&file, text).expect("written");
    let out = doctor(&[
        "--network",
        "endpoint",
        "--subject",
        file.to_str().expect("plain"),
    ]);
    assert_eq!(out.status.code(), Some(3));
    let words = words(&out);
    assert!(
        words.contains("could not start \"no-such-program-anywhere\""),
        "{words}"
    );
    assert!(words.contains("to install it: make gone"), "{words}");
}

#[test]
fn without_a_program_the_machine_is_looked_at() {
    let out = doctor(&[]);
    assert_eq!(out.status.code(), Some(0));
    let said = String::from_utf8_lossy(&out.stdout);
    for about in ["sandbox", "libfaketime", "ports", "open files"] {
        assert!(said.contains(about), "{said}");
    }
    assert!(!said.contains('\u{1b}'), "no colour outside of a terminal");
}

#[cfg(target_os = "linux")]
#[test]
fn in_a_sandbox_nothing_is_told_and_all_is_found() {
    let out = doctor(&[
        "--session",
        "--network",
        "sandbox",
        "--",
        "perl",
        "adapter.pl",
        "good",
    ]);
    let words = words(&out);
    assert_eq!(out.status.code(), Some(0), "{words}");
    assert!(words.contains("network         a sandbox"), "{words}");
    assert!(
        words.contains("next: imdspec check --session -- perl adapter.pl good"),
        "{words}"
    );
}

/// Where namespaces are forbidden, which a user namespace can do to itself.
#[cfg(target_os = "linux")]
#[test]
fn what_forbids_the_sandbox_is_named_and_no_program_is_blamed() {
    let forbidden = |network: &str| {
        let script = "echo 0 > /proc/sys/user/max_net_namespaces && exec \"$@\"";
        Command::new("unshare")
            .args(["--map-root-user", "sh", "-c", script, "sh"])
            .arg(env!("CARGO_BIN_EXE_imdspec"))
            .args(["doctor", "--network", network, "--"])
            .args(["perl", "one_shot.pl", "good"])
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doctor"))
            .output()
            .expect("util-linux is there")
    };
    let out = forbidden("auto");
    let said = String::from_utf8_lossy(&out.stdout);
    assert_eq!(out.status.code(), Some(0), "{said}");
    assert!(said.contains("! note    sandbox"), "{said}");
    assert!(said.contains("user.max_net_namespaces=1024"), "{said}");
    assert!(said.contains("! note    network"), "{said}");
    assert!(said.contains("the program keeps the contract"), "{said}");
    // Who asks for a sandbox and nothing else gets nothing else.
    let out = forbidden("sandbox");
    let said = String::from_utf8_lossy(&out.stdout);
    assert_eq!(out.status.code(), Some(3), "{said}");
    assert!(said.contains("a sandbox, as asked"), "{said}");
}
