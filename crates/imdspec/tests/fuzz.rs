//! `imdspec fuzz` and `explore`: on the reference client, on a program that believes everything, and on command
//! lines that are wrong.
#![cfg(target_os = "linux")]

mod common;

use common::{ends, imdspec_in};
use serde_json::Value;
use std::path::Path;

/// A client in bash that looks at no status and at no Code: what comes is what it prints.
const BELIEVER: &str = r#"
place=${AWS_EC2_METADATA_SERVICE_ENDPOINT#http://}
ask() {
    exec 3<>"/dev/tcp/${place%:*}/${place#*:}" || exit 1
    printf '%s %s HTTP/1.1\r\nHost: %s\r\n%s\r\nConnection: close\r\n\r\n' "$1" "$2" "$place" "$3" >&3
    sed '1,/^\r*$/d' <&3
}
token=$(ask PUT /latest/api/token 'X-aws-ec2-metadata-token-ttl-seconds: 60') 2>/dev/null
list=/latest/meta-data/iam/security-credentials/
role=$(ask GET $list "X-aws-ec2-metadata-token: $token") 2>/dev/null
document=$(ask GET "$list$role" "X-aws-ec2-metadata-token: $token") 2>/dev/null
member() { printf '%s' "$document" | sed -n "s/.*\"$1\" *: *\"\([^\"]*\)\".*/\1/p" | head -1; }
id=$(member AccessKeyId)
[ -n "$id" ] || { echo 'nothing here' >&2; exit 1; }
printf '{"Version":1,"AccessKeyId":"%s","SecretAccessKey":"%s","SessionToken":"%s","Expiration":"%s"}' \
    "$id" "$(member SecretAccessKey)" "$(member Token)" "$(member Expiration)"
"#;

const UNDER_TEST: [&str; 6] = ["--network", "endpoint", "--", "bash", "-c", BELIEVER];

#[test]
fn the_reference_client_is_accused_of_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let args = [
        "fuzz", "--seed", "5", "--runs", "2000", "--time", "10m", "--strict",
    ];
    let output = imdspec_in(folder.path(), &args);
    ends(&output, 0, &["nothing found in 2000 executions"]);
    assert!(!folder.path().join("regressions").exists());
}

#[test]
fn what_is_found_is_saved_small_and_shows_the_same_again() {
    let folder = tempfile::tempdir().unwrap();
    let args = [
        "fuzz",
        "--seed",
        "1",
        "--runs",
        "16",
        "--time",
        "10m",
        "--json",
        "found.json",
    ];
    let output = imdspec_in(folder.path(), &[&args[..], &UNDER_TEST].concat());
    ends(
        &output,
        1,
        &["found in", "again imdspec replay", "made small in"],
    );
    let report = std::fs::read_to_string(folder.path().join("found.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    let schema: Value =
        serde_json::from_str(include_str!("../../../docs/fuzz.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = schema.iter_errors(&report).map(|e| e.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    let findings = report["findings"].as_array().unwrap();
    assert!(!findings.is_empty());
    let first = &findings[0];
    let (file, rule) = (
        first["scenario"].as_str().unwrap(),
        first["rule"].as_str().unwrap(),
    );
    let text = std::fs::read_to_string(folder.path().join(file)).unwrap();
    assert!(
        text.contains(&format!("exercises = [\"{rule}\"]")),
        "{text}"
    );
    assert!(text.lines().count() < 30, "{text}");
    let replay = ["replay", file];
    let again = imdspec_in(folder.path(), &[&replay[..], &UNDER_TEST].concat());
    ends(&again, 1, &[rule, "violated"]);
    // Without being told, a check of that rule runs it along with those that are built in.
    let check = ["check", "--rule", rule];
    let picked_up = imdspec_in(folder.path(), &[&check[..], &UNDER_TEST].concat());
    let count = format!("({} of them from regressions/)", saved(folder.path(), rule));
    ends(&picked_up, 1, &[rule, &count]);
}

/// How many scenarios that exercise a rule were saved.
fn saved(folder: &Path, rule: &str) -> usize {
    let files = std::fs::read_dir(folder.join("regressions")).expect("made");
    let texts =
        files.map(|file| std::fs::read_to_string(file.expect("there").path()).expect("written"));
    texts.filter(|text| text.contains(rule)).count()
}

#[test]
fn what_cannot_be_done_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let output = imdspec_in(folder.path(), &["fuzz", "--time", "0s"]);
    ends(&output, 2, &["--time must be longer than nothing"]);
    // Before anything is run, so that it costs no time.
    let file = folder.path().join("a-file");
    std::fs::write(&file, "").unwrap();
    for option in ["--out", "--json"] {
        let output = imdspec_in(folder.path(), &["fuzz", option, "a-file/below"]);
        ends(&output, 2, &["could not write a-file/below"]);
    }
    let missing = ["fuzz", "--runs", "1", "--", "no-such-program-here"];
    let output = imdspec_in(folder.path(), &missing);
    ends(&output, 3, &["could not start", "is it installed"]);
    // Nothing found in nothing is no pass.
    for way in ["explore", "fuzz"] {
        let idle = [way, "--runs", "2", "--network", "endpoint", "--", "false"];
        let output = imdspec_in(folder.path(), &idle);
        ends(
            &output,
            4,
            &["nothing was put to the test", "nothing found"],
        );
    }
}

#[test]
fn exploring_accuses_the_reference_client_of_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let explore = ["explore", "--runs", "500", "--seed", "1", "--strict"];
    let output = imdspec_in(folder.path(), &explore);
    ends(&output, 0, &["nothing found in 500 executions", "states"]);
}
