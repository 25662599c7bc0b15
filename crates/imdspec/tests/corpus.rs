//! `imdspec corpus`: on the reference client, on programs that take everything or die of it, and on
//! command lines that are wrong.
#![cfg(target_os = "linux")]

mod common;

use common::{ends, imdspec_in};
use serde_json::Value;
use std::path::Path;
use std::process::Output;

fn imdspec(args: &[&str]) -> Output {
    imdspec_in(Path::new("."), args)
}

fn run(args: &[&str]) -> Output {
    imdspec(&[&["corpus", "run"], args].concat())
}

/// Gives the same credentials whatever the service says.
const GIVES_ANYWAY: [&str; 3] = [
    "sh",
    "-c",
    r#"printf '{"Version":1,"AccessKeyId":"ASIAEXAMPLE","SecretAccessKey":"made-up","SessionToken":"made-up"}'"#,
];

#[test]
fn the_reference_client_meets_every_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("reference.json");
    let found = run(&["--seed", "1", "--json", json.to_str().unwrap()]);
    ends(
        &found,
        0,
        &["reference", "credential_document y", "against its verdict"],
    );
    let report: Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    let inputs = report["inputs"].as_array().unwrap();
    assert!(inputs.len() >= 300, "{}", inputs.len());
    for input in inputs {
        let did = &input["did"][0]["did"];
        match input["says"].as_str().unwrap() {
            "y" => assert_eq!(did, "accepted", "{input}"),
            "n" => assert_eq!(did, "refused", "{input}"),
            _ => assert!(did == "accepted" || did == "refused", "{input}"),
        }
    }
}

#[test]
fn a_program_that_takes_everything_is_shown_to() {
    let inputs = ["--input", "role_list/n_empty", "--input", "*/y_healthy*"];
    let found = run(&[&inputs[..], &["--"], &GIVES_ANYWAY].concat());
    ends(
        &found,
        1,
        &[
            "accepted role_list/n_empty",
            "(ROUTE-006)",
            // Not the ones that were served.
            "altered credential_document/y_healthy.json",
            "it gave another access key id",
            // Nor did it ask for a session token.
            "refused token_reply/y_healthy",
            "3 of 3 against their verdict",
            "imdspec check --scenario corpus/",
        ],
    );
}

#[test]
fn a_program_that_dies_is_excused_by_no_input() {
    let folder = tempfile::tempdir().unwrap();
    let first = folder.path().join("first");
    // The first time it is asked on a healthy service, where it has to work.
    let dies = format!("mkdir {} || exit 7; {}", first.display(), GIVES_ANYWAY[2]);
    let program = ["--input", "role_list/i_page", "--", "sh", "-c", &dies];
    ends(
        &run(&program),
        1,
        &["broke role_list/i_page", "exit status 7"],
    );
}

#[test]
fn results_stand_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let (mine, reference, page) = (file("a.json"), file("b.json"), file("page.md"));
    run(&[
        &["--input", "role_list/*_empty", "--json", &mine, "--"],
        &GIVES_ANYWAY[..],
    ]
    .concat());
    run(&["--input", "role_list/*", "--json", &reference]);
    let both = run(&["--from", &reference, "--from", &mine, "--markdown", &page]);
    ends(
        &both,
        1,
        &[
            "subject reference",
            "subject sh",
            "accepted role_list/n_empty",
        ],
    );
    let page = std::fs::read_to_string(page).unwrap();
    for part in [
        "| reference 0.1.0 | 26 of 26 | 6 of 6 |",
        "| input | reference | sh |",
        "| `role_list/n_empty`<br>",
        "|  | **accepted** |",
    ] {
        assert!(page.contains(part), "{part:?} is not in {page}");
    }
}

#[test]
fn one_input_is_replayed_by_its_name() {
    for name in [
        "corpus/credential_document/n_code-failed-with-keys.json",
        "corpus/credential-document/n-code-failed-with-keys",
        "corpus/role_list/n_*",
    ] {
        ends(&imdspec(&["check", "--scenario", name]), 0, &["0 violated"]);
    }
    let wrong = imdspec(&["check", "--scenario", "corpus/role_list/n_emty"]);
    ends(&wrong, 4, &["the nearest are corpus/role-list/n-empty"]);
    let judged = [
        &["check", "--rule", "DOC-003", "--scenario"][..],
        &["corpus/credential_document/n_code-failed-with-keys", "--"],
        &GIVES_ANYWAY[..],
    ];
    let judged = imdspec(&judged.concat());
    // It never asked for the document.
    ends(&judged, 0, &["1 not exercised in 1 scenarios"]);
}

#[test]
fn all_of_it_is_exported_once() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("corpus");
    let to = to.to_str().unwrap();
    let written = imdspec(&["corpus", "export", to]);
    ends(
        &written,
        0,
        &["config_file", "http_response", "inputs in all"],
    );
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus");
    for file in ["MANIFEST.toml", "n_gzip.json", "y_healthy.json"] {
        let file = Path::new("credential_document").join(file);
        let (there, here) = (Path::new(to).join(&file), root.join(&file));
        assert_eq!(std::fs::read(there).unwrap(), std::fs::read(here).unwrap());
    }
    ends(&imdspec(&["corpus", "export", to]), 2, &["is not empty"]);
}

#[test]
fn a_mistake_is_told_in_a_sentence() {
    ends(
        &run(&["--input", "role_lists/*"]),
        4,
        &["no input matches \"role_lists/*\"", "role_list/"],
    );
    ends(
        &run(&["--from", "/nowhere.json"]),
        2,
        &["could not read /nowhere.json"],
    );
    ends(
        &run(&["--", "no-such-program-here"]),
        3,
        &["is it installed"],
    );
}
