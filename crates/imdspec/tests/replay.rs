//! `imdspec replay`: scenarios and traces run again, on the reference client and on programs that
//! break rules now and then; and what `imdspec check` picks up in `regressions/`.
#![cfg(target_os = "linux")]

mod common;

use common::{ends, imdspec_in, said};
use imdspec_rules::{Trace, What};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// A session program in bash. Its first argument is a file in which it counts its processes; what
/// `WHEN` says of that number decides whether it looks at the Code of a document.
const SESSION: &str = r#"
echo '{"imdspec":1,"name":"now-and-then"}'
n=$(($(cat "$1" 2>/dev/null || echo 0) + 1)); echo $n >"$1"
place=${AWS_EC2_METADATA_SERVICE_ENDPOINT#http://}
ask() {
    exec 3<>"/dev/tcp/${place%:*}/${place#*:}" || exit 1
    printf '%s %s HTTP/1.1\r\nHost: %s\r\nMORE%s\r\nConnection: close\r\n\r\n' "$1" "$2" "$place" "$3" >&3
    sed '1,/^\r*$/d' <&3
}
member() { printf '%s' "$document" | sed -n "s/.*\"$1\" *: *\"\([^\"]*\)\".*/\1/p" | head -1; }
list=/latest/meta-data/iam/security-credentials/
while read -r question; do
    id=${question#*:}; id=${id%%,*}
    token=$(ask PUT /latest/api/token 'X-aws-ec2-metadata-token-ttl-seconds: 60')
    echo looking >&2
    role=$(ask GET $list "X-aws-ec2-metadata-token: $token")
    document=$(ask GET "$list$role" "X-aws-ec2-metadata-token: $token")
    if [ "$(member Code)" != Success ] && ! { WHEN; }; then
        echo "{\"id\":$id,\"error\":{\"kind\":\"error\",\"message\":\"no\"}}"
    else
        printf '{"id":%s,"credentials":{"Version":1,"AccessKeyId":"%s","SecretAccessKey":"%s","SessionToken":"%s","Expiration":"%s"}}\n' \
            "$id" "$(member AccessKeyId)" "$(member SecretAccessKey)" "$(member Token)" "$(member Expiration)"
    fi
done
"#;

/// It says a secret where it must not, and believes the document too.
const LEAKS: &str = r#"echo "the token is $token" >&2"#;

const FAILED: &str = "doc/code-failed-with-keys";

/// A scenario of one's own, with a document that says it failed.
const OWN: &str = r#"
title = "the code is Failed although all keys are there"
exercises = ["DOC-003"]

[[world.faults]]
on = "document"
body = '{"Code":"Failed","Type":"AWS-HMAC","AccessKeyId":"${access-key-id}","SecretAccessKey":"${secret-access-key}","Token":"${token}","Expiration":"${expiration}"}'

[[step]]
resolve = 1
"#;

/// A folder, and a program in it.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("it can be done");
        std::fs::write(path, text).expect("it can be done");
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).expect("it can be done")
    }

    fn run(&self, args: &[&str]) -> Output {
        imdspec_in(self.path(), args)
    }

    /// Runs it on a program that believes any document when `when` says so, counted anew. Of the
    /// number `n` the first is spent before the runs: on a healthy service, to try the contract.
    fn run_on(&self, when: &str, more: &str, args: &[&str]) -> Output {
        let count = self.path().join("count");
        let _ = std::fs::remove_file(&count);
        let script = SESSION.replace("WHEN", when).replace("MORE", more);
        let count = count.to_str().expect("plain");
        let program = ["--network", "endpoint", "--session", "--", "bash", "-c"];
        self.run(&[args, &program, &[&script, "now-and-then", count]].concat())
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.path().join(folder)).expect("it can be done");
        let names = entries.map(|e| e.expect("there").file_name().into_string().expect("text"));
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    fn json(&self, name: &str) -> Value {
        let report: Value = serde_json::from_str(&self.read(name)).expect("it can be done");
        valid(include_str!("../../../docs/replay.schema.json"), &report);
        if !report["report"].is_null() {
            valid(
                include_str!("../../../docs/report.schema.json"),
                &report["report"],
            );
        }
        report
    }
}

#[track_caller]
fn valid(schema: &str, value: &Value) {
    let schema: Value = serde_json::from_str(schema).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<String> = schema.iter_errors(value).map(|e| e.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new(), "{value:#}");
}

#[test]
fn a_scenario_is_shown_whole_with_every_rule_it_put_to_the_test() {
    let place = Place::new();
    place.write("own.toml", OWN);
    for file in ["own.toml", FAILED] {
        let output = place.run(&["replay", file, "--seed", "1", "--json", "out.json"]);
        let first = "resolve 1: give me credentials";
        let last = "resolve 1 ends: error";
        ends(
            &output,
            0,
            &[
                first,
                "PUT /latest/api/token",
                last,
                "held DOC-003 MUST",
                "0 violated",
            ],
        );
        let report = place.json("out.json");
        assert_eq!((&report["runs"], &report["failed"]), (&1.into(), &0.into()));
    }
    let output = place.run(&["replay", "own.toml", "--over", "sockets"]);
    ends(&output, 0, &["network sockets", "held DOC-003 MUST"]);
}

#[test]
fn a_program_that_breaks_a_rule_is_shown_with_a_command_that_works() {
    let place = Place::new();
    place.write("own.toml", OWN);
    let output = place.run_on(
        LEAKS,
        "",
        &["replay", "own.toml", "--keep", "kept", "--json", "out.json"],
    );
    ends(
        &output,
        1,
        &[
            "violated DOC-003 MUST",
            "DOC-003 MUST violated",
            "got credentials with access key",
        ],
    );
    assert_eq!(place.json("out.json")["broken"]["DOC-003"], 1);
    // The line is for a shell, which takes it as it stands.
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    let again = shown.split("  again     ").nth(1).unwrap();
    let again = again.split("\n  more      ").next().unwrap();
    let program = env!("CARGO_BIN_EXE_imdspec");
    let again = again.replacen("imdspec", program, 1);
    let mut shell = Command::new("sh");
    let pasted = shell.args(["-c", &again]).current_dir(place.path());
    ends(
        &pasted.output().unwrap(),
        1,
        &["DOC-003 MUST violated", "SEC-005"],
    );
    no_secret(&place, &output);
}

/// No secret of the traces that were kept is in what was said, nor in what was kept for reading,
/// though the program wrote one.
#[track_caller]
fn no_secret(place: &Place, output: &Output) {
    let mut said = said(output);
    let mut secrets = Vec::new();
    for name in place.names("kept") {
        let text = place.read(&format!("kept/{name}"));
        if name.ends_with(".stderr.txt") {
            assert!(text.contains("the token is <session token>"), "{text}");
            said.push_str(&text);
            continue;
        }
        let trace: Trace = text.parse().expect("a trace");
        let values = trace.events.into_iter().filter_map(|e| match e.what {
            What::Secret { value, .. } => Some(value),
            _ => None,
        });
        secrets.extend(values);
    }
    assert!(secrets.len() >= 3, "{secrets:?}");
    for secret in secrets {
        assert!(!said.contains(&secret), "{secret} in {said}");
    }
}

#[test]
fn a_trace_brings_scenario_and_seed_along() {
    let place = Place::new();
    place.write("own.toml", OWN);
    let check = [
        "check",
        "--scenario",
        "own.toml",
        "--traces",
        "traces",
        "--seed",
        "2a",
    ];
    ends(&place.run_on("true", "", &check), 1, &["DOC-003"]);
    std::fs::remove_file(place.path().join("own.toml")).unwrap();
    let output = place.run_on("true", "", &["replay", "traces/own.jsonl"]);
    ends(
        &output,
        1,
        &[
            "seed 000000000000002a",
            "a trace of bash",
            "DOC-003 MUST violated",
            "recorded this run is the same as the trace",
        ],
    );
    // Whoever it is a trace of, the reference client can be put through the same.
    let output = place.run(&["replay", "traces/own.jsonl"]);
    ends(
        &output,
        0,
        &[
            "the trace is of bash, and this is a run of reference",
            "held DOC-003",
        ],
    );
    // What is built in is not written down again.
    let check = ["check", "--scenario", FAILED, "--traces", "traces"];
    ends(&place.run(&check), 0, &[]);
    let name = "traces/doc--code-failed-with-keys.jsonl";
    assert!(!place.read(name).contains("scenario_toml"));
    ends(
        &place.run(&["replay", name]),
        0,
        &["held DOC-003", "is the same as the trace"],
    );
    for name in ["traces/own.jsonl", name] {
        for line in place.read(name).lines() {
            let line = serde_json::from_str(line).unwrap();
            valid(include_str!("../../../docs/trace.schema.json"), &line);
        }
    }
}

#[test]
fn what_fails_now_and_then_is_run_until_it_does_and_counted() {
    let place = Place::new();
    let third = "[ $((n % 3)) -eq 0 ]";
    let output = place.run_on(
        third,
        "",
        &["replay", FAILED, "--until-failure", "--keep", "kept"],
    );
    ends(
        &output,
        1,
        &[
            "run 2",
            "DOC-003 MUST violated",
            "broke DOC-003 in 1 of 2 runs",
        ],
    );
    let stem = "doc--code-failed-with-keys";
    let kept = ["1.jsonl", "1.stderr.txt", "2.jsonl", "2.stderr.txt"];
    assert_eq!(place.names("kept"), kept.map(|end| format!("{stem}.{end}")));
    let output = place.run_on(
        third,
        "",
        &["replay", FAILED, "--times", "8", "--json", "out.json"],
    );
    ends(
        &output,
        1,
        &[
            "run 2",
            "broke DOC-003 in 3 of 8 runs",
            "shown above is run 2",
        ],
    );
    let report = place.json("out.json");
    assert_eq!((&report["runs"], &report["failed"]), (&8.into(), &3.into()));
    assert_eq!(
        (&report["broken"]["DOC-003"], &report["shown"]),
        (&3.into(), &2.into())
    );
    let output = place.run_on(
        "false",
        "",
        &["replay", FAILED, "--until-failure", "--times", "3"],
    );
    ends(&output, 0, &["run 3", "no rule was broken in 3 runs"]);
    let output = place.run(&["replay", FAILED, "--until-failure"]);
    ends(&output, 0, &["no rule was broken in 100 runs"]);
}

#[test]
fn the_same_seed_twice_is_the_same_or_it_is_said_where_it_is_not() {
    let place = Place::new();
    let twice = ["replay", FAILED, "--twice", "--json", "out.json"];
    ends(
        &place.run(&twice),
        0,
        &["twice the same trace byte for byte"],
    );
    assert_eq!(place.json("out.json")["twice"]["same"], true);
    let over_sockets = [&twice[..], &["--over", "sockets"]].concat();
    ends(
        &place.run(&over_sockets),
        0,
        &["twice the same trace but for ports"],
    );
    let output = place.run_on("false", "", &twice);
    ends(
        &output,
        0,
        &["twice the same trace but for ports and times"],
    );
    // It says in each process which one it is.
    let output = place.run_on("false", r"X-Process: '$n'\r\n", &twice);
    let parts = [
        "twice not the same trace but for ports and times: event 4, request.headers[\"X-Process\"]: \"2\", then \"3\"",
        "no rule asks a program to do the same twice",
        "0 violated",
    ];
    ends(&output, 5, &parts);
    let report = place.json("out.json");
    assert_eq!(report["twice"]["difference"]["first"], "\"2\"");
    assert_eq!(report["failed"], 0);
    // A rule that is broken is the more important news.
    let output = place.run_on("true", r"X-Process: '$n'\r\n", &twice);
    ends(&output, 1, &["DOC-003 MUST violated", "twice not the same"]);
}

#[test]
fn what_cannot_be_run_again_is_said_with_what_to_do() {
    let place = Place::new();
    place.write(
        "broken.toml",
        "title = \"x\"\nexercises = [\"DOC-001\"]\nstep = 5\n",
    );
    place.write("not-a-trace.jsonl", "hello\n");
    place.write("empty.jsonl", "");
    let header = r#"{"imdspec_trace":1,"scenario":"gone","seed":"0","subject":"x","clock":"real"}"#;
    place.write("t/gone.jsonl", header);
    for (file, parts) in [
        ("broken.toml", &["broken.toml:3: "][..]),
        ("no-such.toml", &["no-such.toml: cannot be read"]),
        (
            "doc/canonicl",
            &["cannot be read", "the nearest is doc/canonical"],
        ),
        (".", &["cannot be read"]),
        (
            "not-a-trace.jsonl",
            &["is no trace: line 1", "a scenario's file ends in .toml"],
        ),
        ("empty.jsonl", &["the trace is empty"]),
        (
            "t/gone.jsonl",
            &[
                "\"gone\"",
                "put its file at t/gone.toml or regressions/gone.toml",
            ],
        ),
    ] {
        ends(&place.run(&["replay", file]), 2, parts);
    }
    place.write("regressions/gone.toml", OWN);
    ends(
        &place.run(&["replay", "t/gone.jsonl"]),
        0,
        &["replay gone: ", "held DOC-003"],
    );
    place.write("file", "");
    for option in ["--keep", "--json"] {
        let output = place.run(&["replay", FAILED, option, "file/below"]);
        ends(&output, 2, &["could not write file/below"]);
    }
    ends(
        &place.run(&["replay", FAILED, "--for", "0s"]),
        2,
        &["--for must be longer"],
    );
    ends(
        &place.run(&["replay", FAILED, "--twice", "--times", "2"]),
        2,
        &["cannot be used with"],
    );
    let missing = ["replay", FAILED, "--", "no-such-program-here"];
    ends(
        &place.run(&missing),
        3,
        &["could not start", "is it installed"],
    );
    // It lives on the machine's clock.
    let virtual_only = "cache/three-seconds-left";
    let args = ["replay", virtual_only, "--times", "5", "--json", "out.json"];
    let output = place.run_on("false", "", &args);
    ends(
        &output,
        4,
        &["not run cache/three-seconds-left: needs a clock that stands still"],
    );
    let report = place.json("out.json");
    assert_eq!(report["runs"], 0);
    assert_eq!(report["not_run"]["runs"], 1);
}

/// What it does in its third process: it says so, and is never heard of again.
#[test]
fn what_was_run_before_it_was_interrupted_is_told() {
    let place = Place::new();
    let pipe = place.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let when = format!(
        "[ $n -ge 4 ] && {{ echo hangs >'{}'; sleep 1000; }}",
        pipe.display()
    );
    let (say, hangs) = std::sync::mpsc::channel();
    std::thread::spawn(move || say.send(std::fs::read_to_string(pipe).unwrap()));
    let script = SESSION.replace("WHEN", &when).replace("MORE", "");
    let program = Command::new(env!("CARGO_BIN_EXE_imdspec"))
        .args([
            "replay",
            FAILED,
            "--times",
            "9",
            "--deadline",
            "10m",
            "--keep",
            "kept",
        ])
        .args([
            "--json",
            "out.json",
            "--network",
            "endpoint",
            "--session",
            "--",
        ])
        .args(["bash", "-c", &script, "now-and-then", "count"])
        .current_dir(place.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let heard = hangs.recv_timeout(Duration::from_secs(120)).unwrap();
    assert_eq!(heard, "hangs\n");
    kill_process(Pid::from_child(&program), Signal::INT).unwrap();
    let output = program.wait_with_output().unwrap();
    ends(
        &output,
        130,
        &["no rule was broken in 2 runs", "interrupted: "],
    );
    let report = place.json("out.json");
    assert_eq!(
        (&report["runs"], &report["interrupted"]),
        (&2.into(), &true.into())
    );
    assert_eq!(place.names("kept").len(), 4);
}

#[test]
fn a_check_picks_up_what_was_saved_here() {
    let place = Place::new();
    place.write("regressions/doc-003-5f1c0e.toml", OWN);
    let all = ["check", "--json", "report.json"];
    let count = imdspec_suite::scenario::embedded().len() + 1;
    let selected = format!("selected {count} scenarios (1 of them from regressions/)");
    ends(&place.run(&all), 0, &[&selected]);
    let report: Value = serde_json::from_str(&place.read("report.json")).unwrap();
    valid(include_str!("../../../docs/report.schema.json"), &report);
    assert_eq!(report["regressions"], 1);
    let left_out = [&all[..], &["--no-regressions"]].concat();
    let output = place.run(&left_out);
    assert!(!said(&output).contains("from regressions/"));
    ends(&output, 0, &[&format!("selected {} scenarios,", count - 1)]);
    // By name, with the command to repeat it, and not where others are meant.
    let name = ["check", "--scenario", "regressions/*", "--rule", "DOC-003"];
    let output = place.run_on("true", "", &name);
    ends(
        &output,
        1,
        &[
            "scenario regressions/doc-003-5f1c0e",
            "--scenario regressions/doc-003-5f1c0e --rule DOC-003",
        ],
    );
    let others = place.run(&["check", "--scenario", "doc/*"]);
    assert!(!said(&others).contains("regressions"), "{}", said(&others));
    let by_rule = place.run(&["check", "--rule", "TOKEN-001"]);
    assert!(
        !said(&by_rule).contains("regressions"),
        "{}",
        said(&by_rule)
    );
    // A file that was named is repeated by its path: its name alone leads nowhere.
    place.write("own.toml", OWN);
    let output = place.run_on("true", "", &["check", "--scenario", "own.toml"]);
    ends(
        &output,
        1,
        &["scenario own ", "--scenario own.toml --rule DOC-003"],
    );
}

#[test]
fn a_folder_of_regressions_that_is_not_ours_does_no_harm() {
    let place = Place::new();
    place.write("regressions/Cargo.toml", "[package]\nname = \"x\"\n");
    place.write("regressions/run.py", "[[step]]");
    let check = ["check", "--rule", "DOC-003"];
    let output = place.run(&check);
    ends(
        &output,
        0,
        &["note the folder regressions/ holds no scenario, so nothing of it is run"],
    );
    place.write("regressions/own.toml", OWN);
    let output = place.run(&check);
    ends(
        &output,
        0,
        &[
            "(1 of them from regressions/)",
            "note regressions/Cargo.toml is no scenario and is left out",
        ],
    );
    place.write(
        "regressions/broken.toml",
        &OWN.replace("resolve = 1", "resolve = "),
    );
    let output = place.run(&check);
    ends(
        &output,
        2,
        &["regressions/broken.toml:", "--no-regressions"],
    );
    ends(
        &place.run(&["check", "--rule", "DOC-003", "--no-regressions"]),
        0,
        &["1 held"],
    );
}
