//! `imdspec order`: on the reference client, on a program that looks elsewhere first, and on
//! command lines that are wrong.
#![cfg(target_os = "linux")]

mod common;

use common::{ends, imdspec_in, said};
use serde_json::Value;
use std::path::Path;
use std::process::Output;

fn imdspec(args: &[&str]) -> Output {
    imdspec_in(Path::new("."), args)
}

fn order(args: &[&str]) -> Output {
    imdspec(&[&["order"], args].concat())
}

/// Looks for each key on its own: in the credentials file, then in the environment. Half a pair is
/// completed with another source's half. It knows of no other source.
const FILE_FIRST: &str = r#"
file="$HOME/.aws/credentials"
id=$(sed -n 's/^aws_access_key_id = //p' "$file" 2>/dev/null)
secret=$(sed -n 's/^aws_secret_access_key = //p' "$file" 2>/dev/null)
id=${id:-$AWS_ACCESS_KEY_ID}
secret=${secret:-$AWS_SECRET_ACCESS_KEY}
[ -n "$id" ] && [ -n "$secret" ] || { echo 'nothing here' >&2; exit 1; }
printf '{"Version":1,"AccessKeyId":"%s","SecretAccessKey":"%s"}' "$id" "$secret"
"#;

const KEYS: [&str; 2] = ["--only", "environment,shared-credentials,imds"];

#[test]
fn the_reference_client_looks_as_it_says() {
    let found = order(&["--seed", "1"]);
    ends(
        &found,
        0,
        &["total order of 13 sources", "held against no document"],
    );
    // The same seed, the same words.
    assert_eq!(order(&["--seed", "1"]).stdout, found.stdout);
    let played = order(&["--order", "aws-sdk-java-v2", "--cases", "200"]);
    ends(
        &played,
        0,
        &[
            "agrees with aws-sdk-java-v2 in all",
            "0 of them break a rule",
        ],
    );
}

#[test]
fn a_program_of_another_order_is_shown_to_be_one() {
    let program = [
        "--seed", "1", "--order", "boto3", "--", "sh", "-c", FILE_FIRST,
    ];
    let found = order(&[&KEYS[..], &program].concat());
    ends(
        &found,
        1,
        &[
            "environment is documented before shared-credentials",
            "order/environment+shared-credentials",
            "shared-credentials partial environment gives what is broken",
            // It knows no such service, and that is said and no crash.
            "imds",
            "nothing here",
            "disagrees with boto3 in 1",
        ],
    );
    // The name alone brings the comparison back, and a rule says the same.
    let again = [
        "--scenario",
        "order/environment+shared-credentials",
        "--rule",
        "CHAIN-017",
    ];
    let checked = imdspec(&[&["check"], &again[..], &program].concat());
    ends(
        &checked,
        1,
        &["CHAIN-017 MUST violated", "the credentials of environment"],
    );
    let mixed = ["--scenario", "order/environment+shared-credentials=partial"];
    let checked = imdspec(&[&["check"], &mixed[..], &["--rule", "CHAIN-009"], &program].concat());
    ends(&checked, 1, &["CHAIN-009 MUST violated"]);
}

#[test]
fn random_worlds_are_shrunk_to_the_two_sources_that_differ() {
    let program = [
        "--order", "boto3", "--cases", "30", "--", "sh", "-c", FILE_FIRST,
    ];
    let options = [
        "--seed",
        "1",
        "--whole",
        "--only",
        "environment,shared-credentials",
    ];
    let found = order(&[&options[..], &program].concat());
    ends(
        &found,
        1,
        &[
            "30 random worlds of 2 sources",
            "CHAIN-017 in order/environment",
        ],
    );
    let smallest = "in order/environment+shared-credentials: ";
    assert!(said(&found).contains(smallest), "{}", said(&found));
}

#[test]
fn what_was_found_is_kept_and_shown_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let (mine, reference) = (file("mine.json"), file("reference.json"));
    let program = ["--json", &mine, "--", "sh", "-c", FILE_FIRST];
    let traces = file("traces");
    order(&[&KEYS[..], &["--traces", &traces], &program].concat());
    order(&["--json", &reference]);
    // What was kept is found again, whatever the seed; another program's result is not.
    ends(&order(&["--expect", &reference]), 0, &["all as expected"]);
    let other = ["--expect", &mine, "--only", "imds"];
    let why = "sh: it was expected, and not searched";
    ends(&order(&other), 1, &[why]);
    let schema: Value =
        serde_json::from_str(include_str!("../../../docs/order.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    for written in [&mine, &reference] {
        let text = std::fs::read_to_string(written).unwrap();
        let report: Value = serde_json::from_str(&text).unwrap();
        let errors: Vec<String> = schema.iter_errors(&report).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
    let trace = Path::new(&traces).join("order--environment+shared-credentials.jsonl");
    let trace = std::fs::read_to_string(trace).unwrap();
    assert!(trace.parse::<imdspec_rules::Trace>().is_ok());
    for (format, part) in [
        ("terminal", "reference"),
        ("md", "## reference"),
        ("svg", "<svg"),
        ("html", "<!doctype html>"),
    ] {
        let shown = order(&["--from", &mine, "--from", &reference, "--format", format]);
        ends(&shown, 0, &[]);
        assert!(said(&shown).to_lowercase().contains(part), "{format}");
    }
}

#[test]
fn a_mistake_is_told_in_a_sentence() {
    ends(
        &order(&["--expect", "/nowhere.json"]),
        2,
        &["could not read /nowhere.json"],
    );
    ends(
        &order(&["--order", "boto4"]),
        2,
        &["no order is called \"boto4\"", "boto3"],
    );
    ends(&order(&["--only", "elsewhere"]), 2, &["shared-credentials"]);
    ends(
        &order(&["--from", "/nowhere.json"]),
        2,
        &["could not read /nowhere.json"],
    );
    ends(
        &order(&["--", "no-such-program-here"]),
        3,
        &["is it installed"],
    );
    ends(
        &order(&["--network", "endpoint", "--", "sh", "-c", FILE_FIRST]),
        3,
        &["in the sandbox only"],
    );
    let wrong = imdspec(&["check", "--scenario", "order/imds=partial"]);
    ends(&wrong, 2, &["imds cannot be partial"]);
}

/// docs/order.md and docs/order.svg are what the results in docs/orders say, in this order.
#[test]
fn the_published_pictures_are_of_the_published_results() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let subjects = [
        "boto3",
        "awscli-v1",
        "awscli",
        "aws-config",
        "javascript-v3",
        "aws-sdk-go-v2",
        "aws-sdk-java-v2",
    ];
    let files = subjects.map(|s| root.join(format!("docs/orders/{s}.json")));
    let kept = std::fs::read_dir(root.join("docs/orders")).expect("a folder of results");
    assert_eq!(kept.count(), files.len());
    for (format, page) in [("md", "docs/order.md"), ("svg", "docs/order.svg")] {
        let mut args = vec!["--format", format];
        for file in &files {
            args.extend(["--from", file.to_str().expect("plain")]);
        }
        let drawn = order(&args);
        let published = std::fs::read(root.join(page)).expect("a page");
        assert!(
            drawn.stdout == published,
            "{page}: draw it anew with --from"
        );
    }
}
