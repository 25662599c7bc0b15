//! `imdspec judge`: what `serve --record` and `tap` wrote, traces of runs, and captures of a real
//! client.
#![cfg(unix)]

mod common;

use common::{ends, imdspec_in, said};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// A server of ours that runs until it is interrupted.
struct Running {
    program: Option<Child>,
    address: String,
}

impl Running {
    fn start(folder: &Path, args: &[&str]) -> Self {
        let mut program = Command::new(env!("CARGO_BIN_EXE_imdspec"))
            .args(args)
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program was built");
        let mut line = String::new();
        let out = program.stdout.take().expect("piped");
        BufReader::new(out).read_line(&mut line).expect("a line");
        let ready = line.strip_prefix("ready ").expect(&line);
        let ready: Value = serde_json::from_str(ready).expect("JSON");
        let endpoint = ready["endpoint"].as_str().expect("text");
        Self {
            program: Some(program),
            address: endpoint.trim_start_matches("http://").to_owned(),
        }
    }

    /// Interrupts it; it ends in order.
    fn interrupt(mut self) {
        let mut program = self.program.take().expect("it runs");
        kill_process(Pid::from_child(&program), Signal::INT).expect("it runs");
        assert_eq!(program.wait().expect("it ends").code(), Some(130));
    }
}

/// A test that failed leaves nothing behind.
impl Drop for Running {
    fn drop(&mut self) {
        if let Some(program) = &mut self.program {
            let _ = program.kill();
            let _ = program.wait();
        }
    }
}

const SERVE: [&str; 6] = [
    "serve",
    "--listen",
    "127.0.0.1:0",
    "--seed",
    "1",
    "--record",
];

/// The reference client's credentials, once.
fn resolve(folder: &Path, address: &str) -> Output {
    let endpoint = format!("http://{address}");
    let output = Command::new(env!("CARGO_BIN_EXE_imdspec"))
        .arg("resolve")
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", endpoint)
        .env("HOME", folder)
        .current_dir(folder)
        .output()
        .expect("the program was built");
    assert!(output.status.success(), "{}", said(&output));
    output
}

/// The rules that say something in a report, and what.
fn verdicts(report: &Path) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(report).expect("written");
    let report: Value = serde_json::from_str(&text).expect("JSON");
    let rules = report["rules"].as_array().expect("rules").iter();
    let text = |v: &Value| v.as_str().expect("text").to_owned();
    rules
        .map(|r| (text(&r["id"]), text(&r["verdict"])))
        .filter(|(_, verdict)| !verdict.starts_with("not-"))
        .collect()
}

/// No secret that any of these traces announces is in what was said.
#[track_caller]
fn assert_silent(traces: &[&Path], output: &Output) {
    let said = said(output);
    let mut secrets = 0;
    for trace in traces {
        for line in std::fs::read_to_string(trace).expect("written").lines() {
            let event: Value = serde_json::from_str(line).expect("JSON");
            if let Some(value) = event["secret"]["value"].as_str() {
                secrets += 1;
                assert!(!said.contains(value), "{value} is in {said}");
            }
        }
    }
    assert!(secrets > 0);
}

fn assert_valid(document: &Value, schema: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs")
        .join(schema);
    let text = std::fs::read_to_string(path).expect("published");
    let schema: Value = serde_json::from_str(&text).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<String> = schema
        .iter_errors(document)
        .map(|e| e.to_string())
        .collect();
    assert_eq!(errors, Vec::<String>::new());
}

#[test]
fn what_serve_and_tap_record_is_judged_alike() {
    let folder = tempfile::tempdir().unwrap();
    let served = Running::start(folder.path(), &[&SERVE[..], &["served.jsonl"]].concat());
    let upstream = served.address.clone();
    let tap = [
        "tap",
        "--listen",
        "127.0.0.1:0",
        "--upstream",
        &upstream,
        "--record",
        "tapped.jsonl",
    ];
    let tapped = Running::start(folder.path(), &tap);
    resolve(folder.path(), &tapped.address);
    tapped.interrupt();
    served.interrupt();
    let mut all = Vec::new();
    for file in ["served.jsonl", "tapped.jsonl"] {
        let path = folder.path().join(file);
        for line in std::fs::read_to_string(&path).unwrap().lines() {
            assert_valid(&serde_json::from_str(line).unwrap(), "trace.schema.json");
        }
        let judge = ["judge", "--one-resolve", "--json", "report.json", file];
        let output = imdspec_in(folder.path(), &judge);
        ends(
            &output,
            0,
            &[
                "3 requests to the service",
                "held TOKEN-001",
                "9 held, 0 violated",
            ],
        );
        assert_silent(&[&path], &output);
        let report = std::fs::read_to_string(folder.path().join("report.json")).unwrap();
        assert_valid(&serde_json::from_str(&report).unwrap(), "judge.schema.json");
        all.push(verdicts(&folder.path().join("report.json")));
    }
    assert_eq!(all[0], all[1]);
    // As the live run has it, where the wire shows it.
    let check = [
        "check",
        "--scenario",
        "doc/canonical",
        "--json",
        "live.json",
    ];
    ends(&imdspec_in(folder.path(), &check), 0, &["0 violated"]);
    let live = verdicts(&folder.path().join("live.json"));
    assert!(all[0].len() >= 9, "{all:?}");
    for (rule, verdict) in &all[0] {
        assert_eq!(live.get(rule), Some(verdict), "{rule}");
    }
}

#[test]
fn traces_of_a_run_are_judged_as_the_run_was() {
    let folder = tempfile::tempdir().unwrap();
    let check = [
        "check",
        "--seed",
        "1",
        "--traces",
        "traces",
        "--json",
        "live.json",
    ];
    let output = imdspec_in(folder.path(), &check);
    ends(&output, 0, &["0 violated"]);
    let traces = std::fs::read_dir(folder.path().join("traces")).unwrap();
    let mut files: Vec<String> = traces
        .map(|e| e.unwrap().path().to_str().unwrap().to_owned())
        .collect();
    files.sort();
    let mut args = vec!["judge", "--json", "report.json"];
    args.extend(files.iter().map(String::as_str));
    ends(&imdspec_in(folder.path(), &args), 0, &["0 violated"]);
    let live = verdicts(&folder.path().join("live.json"));
    let offline = verdicts(&folder.path().join("report.json"));
    let known: BTreeMap<_, _> = offline
        .iter()
        .filter(|(r, _)| live.contains_key(*r))
        .collect();
    assert!(known.len() > 100, "{known:?}");
    for (rule, verdict) in offline {
        // What the client declares of itself, its traces do not always show.
        assert_eq!(live.get(&rule).unwrap_or(&verdict), &verdict, "{rule}");
    }
}

/// A client that never asks for a token, and asks for a role it was not told.
const RECORDED: &str = r#"{"imdspec_trace":1,"scenario":"recording","seed":"0","subject":"s","clock":"real","recorded":"from-start"}
{"at":0,"wall":0,"request":{"request":1,"conn":1,"server":"imds","to":"169.254.169.254:80","method":"GET","target":"/latest/meta-data/iam/security-credentials/","version":"HTTP/1.1","headers":[["x-aws-ec2-metadata-token","a-token-from-before"]],"body":""}}
{"at":1,"wall":1,"reply":{"request":1,"version":"HTTP/1.1","status":200,"headers":[],"body":"role","end":"whole"}}
{"at":2,"wall":2,"request":{"request":2,"conn":1,"server":"imds","to":"169.254.169.254:80","method":"GET","target":"/latest/meta-data/iam/security-credentials/role","version":"HTTP/1.1","headers":[],"body":""}}
{"at":3,"wall":3,"reply":{"request":2,"version":"HTTP/1.1","status":200,"headers":[],"body":"{\"SecretAccessKey\":\"not-to-be-shown\",\"Token\":\"nor-is-this-one\"","end":"short"}}
{"at":4,"wall":4,"request":{"request":3,"conn":1,"server":"imds","to":"169.254.169.254:80","method":"GET","target":"/latest/user-data","version":"HTTP/1.1","headers":[],"body":""}}
{"at":5,"wall":5,"reply":{"request":3,"version":"HTTP/1.1","status":200,"headers":[],"body":"password=hunter2","end":"whole"}}
"#;

#[test]
fn a_violation_is_shown_with_line_numbers_and_without_secrets() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("it.jsonl"), RECORDED).unwrap();
    let output = imdspec_in(folder.path(), &["judge", "it.jsonl", "--rule", "TOKEN-*"]);
    let shown = [
        "TOKEN-001 MUST violated",
        "recording it.jsonl (numbers are lines)",
        "> 2 0.000 s GET /latest/meta-data/iam/security-credentials/",
        "again imdspec judge --rule TOKEN-001 it.jsonl",
        "vacuous TOKEN",
    ];
    ends(&output, 1, &shown);
    let output = imdspec_in(folder.path(), &["judge", "it.jsonl", "--verbose"]);
    ends(&output, 1, &["not-exercised DOC-003"]);
    let said = said(&output);
    for secret in [
        "a-token-from-before",
        "not-to-be-shown",
        "nor-is-this-one",
        "hunter2",
    ] {
        assert!(!said.contains(secret), "{secret} is in {said}");
    }
}

#[test]
fn a_mutant_s_trace_is_violated() {
    let scenario = imdspec_suite::scenario::embedded()
        .iter()
        .find(|s| s.name == "doc/code-failed-with-keys")
        .unwrap();
    let mutant = imdspec_suite::self_test::mutant_of("DOC-003").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let trace = mutant.run(scenario, 1).to_string();
    std::fs::write(folder.path().join("mutant.jsonl"), &trace).unwrap();
    let output = imdspec_in(folder.path(), &["judge", "mutant.jsonl"]);
    ends(
        &output,
        1,
        &["DOC-003 MUST violated", "resolve 1 ends: credentials"],
    );
    assert_silent(&[&folder.path().join("mutant.jsonl")], &output);
}

#[test]
fn what_cannot_be_done_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| imdspec_in(folder.path(), args);
    ends(
        &run(&["judge", "missing.pcap"]),
        2,
        &["missing.pcap: No such file"],
    );
    std::fs::write(folder.path().join("text"), "hello").unwrap();
    ends(
        &run(&["judge", "text"]),
        2,
        &["text: the file is no recording"],
    );
    let nothing = r#"{"log":{"entries":[]}}"#;
    std::fs::write(folder.path().join("empty.har"), nothing).unwrap();
    ends(
        &run(&["judge", "empty.har"]),
        4,
        &["no traffic with the metadata service"],
    );
    ends(
        &run(&["judge", "empty.har", "--rule", "TOKN"]),
        4,
        &["no rule matches"],
    );
    let tap = |upstream, listen| {
        run(&[
            "tap",
            "--upstream",
            upstream,
            "--listen",
            listen,
            "--record",
            "no.jsonl",
        ])
    };
    for real in [
        "169.254.169.254:80",
        "[fd00:ec2::254]:80",
        "[::ffff:169.254.170.2]:80",
    ] {
        let output = tap(real, "127.0.0.1:0");
        ends(
            &output,
            2,
            &[
                "real metadata service",
                "would write live credentials to a file",
            ],
        );
    }
    ends(&tap("10.0.0.1:80", "127.0.0.1:0"), 2, &["--anywhere"]);
    ends(
        &tap("127.0.0.1:1", "0.0.0.0:0"),
        2,
        &["others could reach 0.0.0.0:0"],
    );
    assert!(!folder.path().join("no.jsonl").exists());
}

/// Captures of boto3, and what the live runs said; see the README beside them.
fn boto3() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/boto3")
}

#[test]
fn captures_of_boto3_have_the_verdicts_of_the_live_runs() {
    let live = std::fs::read_to_string(boto3().join("live.json")).unwrap();
    let live: BTreeMap<String, BTreeMap<String, String>> = serde_json::from_str(&live).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut said: BTreeMap<String, String> = BTreeMap::new();
    for (name, live) in &live {
        let file = boto3().join(format!("{name}.pcap"));
        let args = [
            "judge",
            "--one-resolve",
            "--json",
            "report.json",
            file.to_str().unwrap(),
        ];
        let output = imdspec_in(folder.path(), &args);
        let offline = verdicts(&folder.path().join("report.json"));
        assert!(!offline.is_empty(), "{name}: {}", common::said(&output));
        for (rule, verdict) in offline {
            assert_eq!(live.get(&rule), Some(&verdict), "{rule} in {name}");
            said.insert(rule, verdict);
        }
    }
    assert_eq!(said.get("TOKEN-015").map(String::as_str), Some("warned"));
    assert!(said.len() >= 15, "{said:?}");
}
