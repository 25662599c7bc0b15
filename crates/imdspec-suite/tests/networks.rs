//! Where programs run: the sandbox, the endpoint, the sink, and the clock that is moved under them.
#![cfg(target_os = "linux")]

use imdspec_rules::{ClockKind, Outcome, Trace, What};
use imdspec_suite::program::{Network, Program, ProgramClock};
use imdspec_suite::runner::{self, Done, Plan};
use imdspec_suite::{Driven, Scenario, Subject, scenario};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

fn bash(script: &str) -> Program {
    let command = ["bash", "-c", script].map(str::to_owned).to_vec();
    Program {
        network: Network::Sandbox,
        ..Program::new(command, Duration::from_secs(20))
    }
}

fn run(program: Program, driven: Driven, names: &[&str]) -> Done {
    let of_name = |s: &&Scenario| names.contains(&s.name.as_str());
    let scenarios: Vec<_> = scenario::embedded().iter().filter(of_name).collect();
    assert_eq!(scenarios.len(), names.len(), "each name is a scenario");
    let plan = Plan {
        subject: Subject::program(program, driven),
        scenarios: scenarios.into_iter().cloned().map(Arc::new).collect(),
        seed: 1,
    };
    let (_keep, stop) = watch::channel(false);
    tokio::runtime::Runtime::new()
        .expect("a runtime")
        .block_on(runner::run(plan, stop, |_| {}))
        .expect("it can be tested")
}

fn trace(done: &Done) -> &Trace {
    done.ran[0].result.as_ref().expect("it ran")
}

fn outcome(done: &Done) -> &Outcome {
    trace(done)
        .events
        .iter()
        .find_map(|e| match &e.what {
            What::Outcome { outcome, .. } => Some(outcome),
            _ => None,
        })
        .expect("an outcome")
}

/// Bash as an IMDS client: no setting, the address everybody knows, one request a connection.
const WALK: &str = r#"
    ask() { # method, path, header
        exec 3<>/dev/tcp/169.254.169.254/80 || exit 1
        printf '%s %s HTTP/1.1\r\nHost: 169.254.169.254\r\n%s\r\nConnection: close\r\n\r\n' "$1" "$2" "$3" >&3
        read -r -d '' reply <&3
        body=${reply#*$'\r\n\r\n'}
    }
    ask PUT /latest/api/token 'x-aws-ec2-metadata-token-ttl-seconds: 60'
    token="x-aws-ec2-metadata-token: $body"
    path=/latest/meta-data/iam/security-credentials/
    ask GET $path "$token"
    ask GET $path$body "$token"
    field() { rest=${body#*\"$1\" : \"}; value=${rest%%\"*}; }
    field AccessKeyId; key=$value
    field SecretAccessKey; secret=$value
    field Token; security=$value
"#;

const PRINT: &str = r#"
    printf '{"Version":1,"AccessKeyId":"%s","SecretAccessKey":"%s","SessionToken":"%s"}' $key $secret $security
"#;

#[test]
fn a_program_without_any_setting_finds_the_service() {
    let done = run(
        bash(&format!("{WALK}{PRINT}")),
        Driven::OneShot,
        &["doc/canonical"],
    );
    assert!(matches!(outcome(&done), Outcome::Credentials(_)));
    assert!(trace(&done).header.env.is_empty());
    let places: Vec<_> = trace(&done)
        .events
        .iter()
        .filter_map(|e| match &e.what {
            What::Request(request) => Some(request.to.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(places, ["169.254.169.254:80"; 3]);
    assert_eq!(done.subject.kind.network(), "sandbox");
}

#[test]
fn what_a_program_signs_at_the_sink_is_its_answer() {
    let sign = r#"
        sink=${1#http://}
        test "$AWS_ENDPOINT_URL" = "$1" || exit 9
        exec 4<>/dev/tcp/${sink%:*}/${sink#*:}
        printf 'GET / HTTP/1.1\r\nHost: %s\r\nX-Amz-Security-Token: %s\r\nAuthorization: AWS4-HMAC-SHA256 Credential=%s/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=00\r\nConnection: close\r\n\r\n' $sink $security $key >&4
        read -r -d '' answer <&4
        [[ $answer == *ListAllMyBucketsResult* ]] || exit 8
    "#;
    let mut program = bash(&format!("{WALK}{sign}"));
    program.command.extend(["bash".into(), "{sink}".into()]);
    let done = run(program, Driven::Sink, &["doc/canonical"]);
    let Outcome::Credentials(given) = outcome(&done) else {
        panic!("{:?}", outcome(&done));
    };
    assert!(given.access_key_id.starts_with("ASIA"), "{given:?}");
    assert!(given.session_token.is_some());
    assert_eq!(given.secret_access_key, None);
    assert_eq!(done.subject.kind.as_str(), "sink");
}

#[test]
fn a_program_that_ends_without_a_signature_has_no_credentials() {
    let done = run(bash("exit 7"), Driven::Sink, &["doc/canonical"]);
    assert!(matches!(outcome(&done), Outcome::Refused { .. }));
}

/// A session that keeps no credentials and says at each resolve what `LOOK` gives. In Perl, because
/// bash has a `getenv` of its own that hides libfaketime's settings from it.
const CLOCK: &str = r#"
    $| = 1;
    print qq({"imdspec":1,"name":"perl"}\n);
    while (<STDIN>) {
        my ($id) = /"id":(\d+)/;
        print qq({"id":$id,"error":{"message":") . LOOK . qq("}}\n);
    }
"#;

fn clock_of(look: &str) -> (Done, Option<Duration>) {
    let script = CLOCK.replace("LOOK", look);
    let command = ["perl", "-e", &script].map(str::to_owned).to_vec();
    let program = Program {
        clock: ProgramClock::Faketime,
        network: Network::Sandbox,
        ..Program::new(command, Duration::from_secs(20))
    };
    let done = run(program, Driven::Session, &["cache/two-lives"]);
    let said: Vec<u64> = done.ran[0].result.as_ref().map_or_else(
        |_| Vec::new(),
        |trace| {
            let message = |e: &imdspec_rules::Event| match &e.what {
                What::Outcome {
                    outcome: Outcome::Refused { message, .. },
                    ..
                } => message.parse().ok(),
                _ => None,
            };
            trace.events.iter().filter_map(message).collect()
        },
    );
    let passed = said
        .first()
        .zip(said.last())
        .map(|(first, last)| Duration::from_secs(last - first));
    (done, passed)
}

fn faketime() -> bool {
    let installed = std::process::Command::new("sh")
        .args(["-c", "ls /usr/lib/*/faketime/libfaketimeMT.so.1"])
        .output()
        .is_ok_and(|o| o.status.success());
    if !installed {
        eprintln!("\n*** SKIPPED: libfaketime is not installed (package faketime) ***\n");
    }
    installed
}

#[test]
fn hours_pass_for_a_program_that_asks_libc_for_the_time() {
    if !faketime() {
        return;
    }
    let began = std::time::Instant::now();
    let (done, passed) = clock_of("time");
    assert_eq!(done.notes[1..], [""; 0], "only that it refuses");
    assert_eq!(done.subject.clock(), ClockKind::Faketime);
    assert_eq!(trace(&done).header.clock, ClockKind::Faketime);
    // The script lets twice seven hours pass; what the machine took comes on top.
    let hours = Duration::from_secs(14 * 3600);
    let passed = passed.expect("it told the time");
    assert!(passed >= hours, "{passed:?}");
    assert!(passed - hours <= began.elapsed() + Duration::from_secs(1));
}

#[test]
fn a_program_that_lives_on_another_clock_is_not_run_there() {
    if !faketime() {
        return;
    }
    let (done, _) = clock_of("0");
    let why = done.ran[0].result.as_ref().expect_err("not run");
    assert!(why.to_string().contains("no effect"), "{why}");
    assert_eq!(done.subject.clock(), ClockKind::Real);
    let noted = done.notes.iter().any(|n| n.contains("cannot be moved"));
    assert!(noted, "{:?}", done.notes);
}
