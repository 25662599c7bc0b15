//! `imdspec resolve` on what a user's home may hold: files that are none, files that are huge,
//! commands that fail. Whatever it is, it ends, and says what is wrong where.

use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

/// A home with this config file in it.
fn home(config: &[u8]) -> TempDir {
    let home = tempfile::tempdir().expect("a home can be made");
    std::fs::create_dir(home.path().join(".aws")).expect("a home can be made");
    std::fs::write(home.path().join(".aws/config"), config).expect("a home can be made");
    home
}

/// Runs it there. The instance metadata service is turned off: nothing leaves this machine.
fn resolve(home: &Path, vars: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_imdspec"))
        .arg("resolve")
        .env_clear()
        .env("HOME", home)
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .envs(vars.iter().copied())
        .output()
        .expect("the program was built")
}

#[track_caller]
fn refused(home: &Path, parts: &[&str]) {
    let output = resolve(home, &[]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(output.stdout.is_empty());
    for part in parts {
        assert!(said.contains(part), "{part:?} is not in {said}");
    }
}

#[track_caller]
fn gives(home: &Path, id: &str) {
    let output = resolve(home, &[]);
    let said = String::from_utf8_lossy(&output.stderr);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(
        text.contains(&format!("\"AccessKeyId\":\"{id}\"")),
        "{text}"
    );
}

const KEYS: &str = "aws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = secret\n";

#[test]
fn a_file_that_is_none_is_named() {
    let odd = home(b"[default]\naws_access_key_id = AKIA\xff\xfe\n");
    refused(odd.path(), &[".aws/config", "UTF-8"]);
    // UTF-16, as an editor may write it.
    let utf16: Vec<u8> = "[default]\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    refused(
        home(&[&[0xff, 0xfe], &*utf16].concat()).path(),
        &[".aws/config", "UTF-8"],
    );

    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join(".aws/config")).unwrap();
    refused(folder.path(), &[".aws/config", "file"]);

    let large = home(&vec![b'#'; 17 << 20]);
    refused(large.path(), &[".aws/config", "too large"]);
}

#[test]
fn what_is_wrong_behind_the_first_source_stops_nobody() {
    let odd = home(b"\xff\xfe");
    let keys = [
        ("AWS_ACCESS_KEY_ID", "AKIAENV"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ];
    let output = resolve(odd.path(), &keys);
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stdout).contains("AKIAENV"));
}

#[test]
fn ten_mebibytes_of_profiles_are_read() {
    let mut config = String::new();
    for i in 0.. {
        config.push_str(&format!(
            "[profile p{i}]\nregion = eu-west-1\ns3 =\n  a = b\n# x\n"
        ));
        if config.len() > 10 << 20 {
            break;
        }
    }
    config.push_str(&format!("[default]\n{KEYS}"));
    gives(home(config.as_bytes()).path(), "AKIAEXAMPLE");
    // The same with a mark in front and the line ends of Windows.
    let windows = format!("\u{feff}{}", config.replace('\n', "\r\n"));
    gives(home(windows.as_bytes()).path(), "AKIAEXAMPLE");
}

#[test]
fn a_command_that_fails_is_told_by_how() {
    let command = |line: &str| home(format!("[default]\ncredential_process = {line}\n").as_bytes());
    refused(command("exit 3").path(), &["credential_process", "3"]);
    refused(
        command("no-such-program-here").path(),
        &["credential_process", "127"],
    );
    refused(
        command("echo hello").path(),
        &["credential_process", "not JSON"],
    );
    // It would never come to an end by itself.
    refused(
        command("yes").path(),
        &["credential_process", "printed more"],
    );
}

#[test]
fn half_a_pair_is_named_and_never_completed() {
    let half = home(b"[default]\naws_access_key_id = AKIAHALF\n");
    let credentials = half.path().join(".aws/credentials");
    std::fs::write(
        credentials,
        "[default]\naws_secret_access_key = secret-of-another\n",
    )
    .unwrap();
    refused(half.path(), &["credentials file", "aws_access_key_id"]);
}
