//! The program as its users meet it: exit statuses, sentences, files.

use std::process::{Command, Output};

fn imdspec(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_imdspec"))
        .args(args)
        .env_remove("NO_COLOR")
        .output()
        .expect("the program was built")
}

fn status(args: &[&str]) -> i32 {
    imdspec(args).status.code().expect("it exits")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_reference_client_passes_in_memory_and_over_sockets() {
    let out = imdspec(&["check"]);
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stdout));
    assert!(text(&out.stdout).contains("0 violated"));
    assert_eq!(status(&["check", "--over", "sockets", "--strict"]), 0);
}

#[test]
fn output_that_is_not_a_terminal_has_no_colour() {
    let out = imdspec(&["check", "--verbose"]);
    assert!(!out.stdout.contains(&0x1b));
}

#[test]
fn usage_is_2_and_nothing_selected_is_4() {
    assert_eq!(status(&["chekc"]), 2);
    assert_eq!(status(&["check", "--seed", "xyz"]), 2);
    assert_eq!(status(&["check", "--session"]), 2);
    assert_eq!(status(&["check", "--json", "/no/such/folder/x.json"]), 2);
    assert_eq!(status(&["check", "--subject", "/no/such/file.toml"]), 2);
    let out = imdspec(&["check", "--rule", "TOKN-001"]);
    assert_eq!(out.status.code(), Some(4));
    assert!(text(&out.stderr).contains("the nearest are TOKEN-001"));
    assert_eq!(status(&["check", "--scenario", "nope/*"]), 4);
    assert_eq!(status(&["rules", "NOPE-*"]), 4);
    assert_eq!(status(&["explain", "NOPE-001"]), 4);
}

#[test]
fn a_program_that_cannot_be_tested_is_3() {
    let out = imdspec(&["check", "--", "no-such-program-anywhere"]);
    assert_eq!(out.status.code(), Some(3));
    assert!(text(&out.stderr).contains("could not start"));
    assert_eq!(status(&["check", "--session", "--", "echo", "hi"]), 3);
}

#[test]
fn a_program_that_breaks_rules_is_1() {
    // It takes the keys of any document.
    let walk = r#"
        e=${AWS_EC2_METADATA_SERVICE_ENDPOINT:-http://169.254.169.254}
        t=$(curl -sX PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' $e/latest/api/token)
        p=latest/meta-data/iam/security-credentials/
        r=$(curl -sH "X-aws-ec2-metadata-token: $t" $e/$p)
        curl -sH "X-aws-ec2-metadata-token: $t" $e/$p$r | tr -d '\n' |
            sed 's/"Token"/"SessionToken"/; s/{/{"Version":1,/'
    "#;
    if Command::new("curl").arg("--version").output().is_err() {
        eprintln!("\n*** SKIPPED in part: curl is not installed ***\n");
        return;
    }
    let only = [
        "check",
        "--scenario",
        "doc/code-failed-with-keys",
        "--rule",
        "DOC-003",
    ];
    for network in ["endpoint", "sandbox"] {
        let here = ["--network", network, "--", "sh", "-c", walk];
        let out = imdspec(&[&only[..], &here].concat());
        let shown = text(&out.stdout);
        assert_eq!(out.status.code(), Some(1), "{shown}{}", text(&out.stderr));
        assert!(shown.contains("DOC-003 MUST violated"), "{shown}");
        assert!(
            shown.contains("--scenario doc/code-failed-with-keys --rule DOC-003"),
            "{shown}"
        );
        assert!(shown.contains(&format!("network {network}")), "{shown}");
    }
}

#[test]
fn a_broken_scenario_file_is_named_with_its_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("broken.toml");
    std::fs::write(
        &file,
        "title = \"x\"\nexercises = []\n\n[world]\nrole = 5\n",
    )
    .expect("written");
    let out = imdspec(&["check", "--scenario", file.to_str().expect("plain")]);
    assert_eq!(out.status.code(), Some(2));
    assert!(
        text(&out.stderr).contains("broken.toml:5"),
        "{}",
        text(&out.stderr)
    );
}

#[test]
fn a_full_disk_is_said() {
    if !std::path::Path::new("/dev/full").exists() {
        return;
    }
    let out = imdspec(&["check", "--json", "/dev/full"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(
        text(&out.stderr).contains("could not write /dev/full"),
        "{}",
        text(&out.stderr)
    );
}

#[test]
fn a_port_that_is_taken_is_said() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = taken.local_addr().expect("bound").to_string();
    let out = imdspec(&["serve", "--listen", &addr]);
    assert_eq!(out.status.code(), Some(3));
    assert!(
        text(&out.stderr).contains("could not listen"),
        "{}",
        text(&out.stderr)
    );
}

#[test]
fn reports_and_traces_are_written_and_read_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let json = folder.path().join("report.json");
    let traces = folder.path().join("traces");
    let out = imdspec(&[
        "check",
        "--seed",
        "2a",
        "--json",
        json.to_str().expect("plain"),
        "--traces",
        traces.to_str().expect("plain"),
    ]);
    assert_eq!(out.status.code(), Some(0));
    let report: serde_json::Value =
        serde_json::from_slice(&std::fs::read(json).expect("written")).expect("JSON");
    assert_eq!(report["schema"], 1);
    assert_eq!(report["seed"], "000000000000002a");
    assert_eq!(report["summary"]["violated"], 0);
    let rules = report["rules"].as_array().expect("a list");
    assert_eq!(rules.len(), imdspec_rules::rules::all().len());
    assert!(rules.iter().all(|r| r["expected"] == true));
    for entry in std::fs::read_dir(traces).expect("made") {
        let text = std::fs::read_to_string(entry.expect("there").path()).expect("written");
        let trace: Result<imdspec_rules::Trace, _> = text.parse();
        assert!(trace.is_ok());
    }
}

#[test]
fn a_descriptor_that_expects_what_does_not_happen_fails() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("true.toml");
    let text = "name = \"false\"\ncommand = [\"false\"]\nkind = \"one-shot\"\n\
        [[expected]]\nrule = \"CONFIG-013\"\nverdict = \"violated\"\nreason = \"once\"\n\
        [capabilities]\ndisabled-env = true\n";
    std::fs::write(&file, text).expect("written");
    let args = [
        "check",
        "--rule",
        "CONFIG-013",
        "--subject",
        file.to_str().expect("plain"),
    ];
    let out = imdspec(&args);
    assert_eq!(out.status.code(), Some(1), "{}", text_of(&out));
    assert!(
        text_of(&out).contains("bring it up to date"),
        "{}",
        text_of(&out)
    );
    std::fs::write(&file, text.replace("CONFIG-013", "CONFIG-999")).expect("written");
    assert_eq!(status(&args), 1, "no such rule");
    std::fs::write(&file, text.replace("violated", "held")).expect("written");
    assert_eq!(status(&args), 2, "no such expectation");
}

fn text_of(out: &Output) -> String {
    text(&out.stdout) + &text(&out.stderr)
}

#[test]
fn resolve_prints_a_credential_process_object_of_a_served_model() {
    use std::io::{BufRead as _, BufReader};
    let mut server = Command::new(env!("CARGO_BIN_EXE_imdspec"))
        .args(["serve", "--listen", "127.0.0.1:0", "--role", "my-role"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("it starts");
    let mut ready = String::new();
    BufReader::new(server.stdout.take().expect("piped"))
        .read_line(&mut ready)
        .expect("a line");
    let said: serde_json::Value =
        serde_json::from_str(ready.trim().strip_prefix("ready ").expect("ready")).expect("JSON");
    let resolved = Command::new(env!("CARGO_BIN_EXE_imdspec"))
        .arg("resolve")
        .env_clear()
        .env(
            "AWS_EC2_METADATA_SERVICE_ENDPOINT",
            said["endpoint"].as_str().expect("text"),
        )
        .output()
        .expect("it runs");
    server.kill().expect("it was running");
    server.wait().expect("reaped");
    assert_eq!(resolved.status.code(), Some(0), "{}", text_of(&resolved));
    let object: serde_json::Value = serde_json::from_slice(&resolved.stdout).expect("JSON");
    assert_eq!(object["Version"], 1);
    assert!(
        object["AccessKeyId"]
            .as_str()
            .is_some_and(|k| k.starts_with("ASIA"))
    );
}

/// The shapes that are published are the shapes that are written.
mod schemas {
    use super::{imdspec, text};
    use serde_json::Value;

    fn schema(name: &str) -> jsonschema::Validator {
        let path = format!(
            "{}/../../docs/{name}.schema.json",
            env!("CARGO_MANIFEST_DIR")
        );
        let schema: Value =
            serde_json::from_str(&std::fs::read_to_string(path).expect("published")).expect("JSON");
        jsonschema::validator_for(&schema).expect("a schema")
    }

    fn assert_valid(schema: &jsonschema::Validator, value: &Value) {
        let errors: Vec<String> = schema.iter_errors(value).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?} in {value}");
    }

    #[test]
    fn reports_and_traces() {
        let folder = tempfile::tempdir().expect("a folder");
        let json = folder.path().join("report.json");
        let traces = folder.path().join("traces");
        let out = imdspec(&[
            "check",
            "--json",
            json.to_str().expect("plain"),
            "--traces",
            traces.to_str().expect("plain"),
        ]);
        assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
        let read = |path: &std::path::Path| std::fs::read_to_string(path).expect("written");
        assert_valid(
            &schema("report"),
            &serde_json::from_str(&read(&json)).expect("JSON"),
        );
        let trace = schema("trace");
        let mut lines = 0;
        for entry in std::fs::read_dir(traces).expect("made") {
            for line in read(&entry.expect("there").path()).lines() {
                assert_valid(&trace, &serde_json::from_str(line).expect("JSON"));
                lines += 1;
            }
        }
        assert!(lines > 1000, "{lines} lines");
    }

    #[test]
    fn session_lines() {
        let session = schema("session");
        for line in [
            r#"{"imdspec":1,"name":"boto3","version":"1","concurrency":1}"#,
            r#"{"id":1,"op":"resolve"}"#,
            r#"{"id":1,"error":{"kind":"none","message":"m"}}"#,
            r#"{"id":1,"credentials":{"Version":1,"AccessKeyId":"A","SecretAccessKey":"S"}}"#,
            r#"{"id":2,"unsupported":true}"#,
        ] {
            assert_valid(&session, &serde_json::from_str(line).expect("JSON"));
        }
        for line in [
            r#"{"imdspec":2,"name":"x"}"#,
            r#"{"id":1}"#,
            r#"{"id":1,"credentials":{"Version":1,"AccessKeyId":5,"SecretAccessKey":"S"}}"#,
            r#"{"id":1,"error":{"kind":"maybe"}}"#,
        ] {
            let value = serde_json::from_str(line).expect("JSON");
            assert!(!session.is_valid(&value), "{line}");
        }
    }
}

#[test]
fn the_readme_counts_right() {
    let readme = include_str!("../../../README.md");
    let rules = imdspec_rules::rules::all().len();
    let scenarios = imdspec_suite::scenario::embedded().len();
    assert!(readme.contains(&format!("{rules} rules")), "{rules} rules");
    assert!(
        readme.contains(&format!("{scenarios} scenarios")),
        "{scenarios} scenarios"
    );
    let changelog = include_str!("../../../CHANGELOG.md");
    assert!(
        changelog.contains(&format!("{rules} rules")),
        "{rules} rules"
    );
}
