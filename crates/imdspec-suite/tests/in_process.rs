//! Rust values as subjects: the reference client by every scenario, and providers that are wrong.

use imdspec_client::{Driver, ErrorKind, Options, Provider, ReqwestTransport, ResolvedCredentials};
use imdspec_rules::{Outcome, What};
use imdspec_suite::in_process::{
    self, Capability, Clock, Conformance, Environment, Given, Refusal,
};
use imdspec_wire::{Mono, Now, Wall};
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, SystemTime};

/// The clock of a scenario, as the reference client asks for it.
struct Scenarios(Clock);

impl imdspec_client::Clock for Scenarios {
    fn now(&self) -> Now {
        let wall = self.0.now().duration_since(SystemTime::UNIX_EPOCH);
        Now {
            wall: Wall(i64::try_from(wall.expect("after 1970").as_millis()).expect("near")),
            mono: Mono::default().plus(self.0.elapsed()),
        }
    }

    async fn sleep_until(&self, until: Mono) {
        let now = imdspec_client::Clock::now(self).mono;
        tokio::time::sleep(until.since(now)).await;
    }
}

struct Reference(Driver<Scenarios, ReqwestTransport>);

impl in_process::Provider for Reference {
    async fn resolve(&self) -> Result<Given, Refusal> {
        self.0.resolve().await.map(given).map_err(|e| match e.kind {
            ErrorKind::None => Refusal::none(e),
            ErrorKind::Error => Refusal::error(e),
        })
    }

    fn shown(&self) -> String {
        format!("{:?}", self.0)
    }
}

fn given(credentials: ResolvedCredentials) -> Given {
    Given {
        access_key_id: credentials.access_key_id,
        secret_access_key: Some(credentials.secret_access_key),
        session_token: credentials.session_token,
        expiration: credentials.expiration.map(|e| e.to_string()),
        account_id: credentials.account_id,
    }
}

fn reference(environment: Environment) -> Reference {
    let file = |path: &str| std::fs::read_to_string(environment.home.join(path)).ok();
    let asked = imdspec_client::Environment {
        config_file: file(".aws/config"),
        credentials_file: file(".aws/credentials"),
        home: environment.home.to_str().map(str::to_owned),
        vars: environment.variables,
        code: environment.code,
        ..Default::default()
    };
    let options = Options {
        // Real time goes by here.
        process_timeout: Duration::from_secs(2),
        ..Options::default()
    };
    let provider = Provider::new(&asked, &options, 1);
    let clock = Scenarios(environment.clock);
    Reference(Driver::new(provider, clock, ReqwestTransport::default()))
}

mod every_scenario {
    use super::*;

    imdspec_suite::conformance! {
        takes: [variables, config_file, code, clock, proxy],
        every_capability(Conformance::new("reference", reference)).strict()
    }
}

fn every_capability(conformance: Conformance) -> Conformance {
    Capability::ALL
        .into_iter()
        .fold(conformance, |c, capability| {
            if capability == Capability::V1Fallback || capability == Capability::V1DisableSetting {
                c.has_not(capability)
            } else {
                c.has(capability)
            }
        })
}

/// A provider with two faults: it does not look at `Code`, and it blocks the thread it is asked on.
fn careless(environment: Environment) -> impl in_process::Provider {
    move || {
        let endpoint = environment.endpoint.clone().unwrap_or_default();
        async move { blocking(endpoint.trim_start_matches("http://")).map_err(Refusal::from) }
    }
}

fn blocking(place: &str) -> io::Result<Given> {
    let ttl = "X-Aws-Ec2-Metadata-Token-Ttl-Seconds: 21600";
    let token = ask(place, "PUT /latest/api/token", ttl)?;
    let header = format!("X-Aws-Ec2-Metadata-Token: {token}");
    let folder = "GET /latest/meta-data/iam/security-credentials/";
    let role = ask(place, folder, &header)?;
    let document = ask(place, &format!("{folder}{role}"), &header)?;
    let member = |name: &str| {
        let rest = document.split_once(&format!("\"{name}\""));
        let value = rest.and_then(|(_, rest)| rest.split('"').nth(1));
        value.map(ToOwned::to_owned)
    };
    let keys = (member("AccessKeyId"), member("SecretAccessKey"));
    let (Some(access_key_id), Some(secret_access_key)) = keys else {
        return Err(io::Error::other("the document has no keys"));
    };
    Ok(Given {
        access_key_id,
        secret_access_key: Some(secret_access_key),
        session_token: member("Token"),
        expiration: member("Expiration"),
        account_id: None,
    })
}

fn ask(place: &str, what: &str, header: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(place)?;
    write!(
        stream,
        "{what} HTTP/1.1\r\nHost: {place}\r\n{header}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )?;
    let mut reply = String::new();
    stream.read_to_string(&mut reply)?;
    match reply.split_once("\r\n\r\n") {
        Some((head, body)) if head.starts_with("HTTP/1.1 200") => Ok(body.to_owned()),
        _ => Err(io::Error::other("no 200")),
    }
}

fn careless_conformance() -> Conformance {
    Conformance::new("careless", careless)
        .has_not(Capability::V1Fallback)
        .has_not(Capability::CachesToken)
}

/// The message of a failing test, without what differs from run to run.
macro_rules! assert_message {
    ($name:literal, $message:expr) => {
        insta::with_settings!({
            snapshot_path => "../../../snapshots/in-process",
            prepend_module_to_snapshot => false,
            omit_expression => true,
            filters => [
                (r" +\d+\.\d{3} s", "  [time]"),
                (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "[date]"),
                (r"127\.0\.0\.1:\d+", "[place]"),
            ],
        }, {
            insta::assert_snapshot!($name, $message);
        });
    };
}

fn message(conformance: &Conformance, scenario: &str) -> Option<String> {
    conformance.run(scenario).expect("it is run").failure()
}

#[test]
fn the_message_of_a_failing_test_is_as_accepted() {
    let message = message(&careless_conformance(), "doc/code-failed-with-keys");
    assert_message!("code-failed-with-keys", message.expect("it is wrong"));
}

#[test]
fn a_failing_test_panics_with_the_block_and_says_how_to_run_it_again() {
    let place = in_process::Place {
        package: "mine",
        module: "imds::doc",
        function: "code_failed_with_keys",
    };
    let panic = catch_unwind(|| {
        careless_conformance().test("doc/code-failed-with-keys", &place);
    });
    let message = panic.expect_err("it is wrong");
    let message = message.downcast_ref::<String>().expect("text");
    assert!(message.contains("DOC-003 MUST violated"), "{message}");
    let again = "again     cargo test -p mine -- --exact doc::code_failed_with_keys";
    assert!(message.contains(again), "{message}");
}

#[test]
fn an_expected_violation_passes_and_one_that_is_gone_fails() {
    let known = careless_conformance().expected(
        "DOC-003",
        "it does not look at Code",
        ["doc/code-failed-with-keys", "doc/canonical"],
    );
    known.check_expectations();
    assert_eq!(message(&known, "doc/code-failed-with-keys"), None);
    let stale = message(&known, "doc/canonical").expect("nothing is wrong there");
    assert!(
        stale.contains("DOC-003 was expected to be broken in doc/canonical and is not-exercised"),
        "{stale}"
    );
    // Known in one place is not known in another.
    let elsewhere = careless_conformance().expected("DOC-003", "so it is", ["doc/canonical"]);
    let message = message(&elsewhere, "doc/code-failed-with-keys").expect("it is wrong");
    assert!(message.contains("DOC-003 MUST violated"), "{message}");
}

#[test]
fn expectations_that_nothing_looks_at_are_refused() {
    let refused = |rule: &str, reason: &str, scenario: &[&str]| {
        let conformance = careless_conformance().expected(rule, reason, scenario.to_vec());
        let panic = catch_unwind(AssertUnwindSafe(|| conformance.check_expectations()));
        let message = panic.expect_err("it is refused");
        message.downcast_ref::<String>().expect("text").clone()
    };
    let canonical = ["doc/canonical"];
    assert!(refused("DOC-999", "why", &canonical).contains("does not exist"));
    assert!(refused("DOC-003", " ", &canonical).contains("without a reason"));
    assert!(refused("DOC-003", "why", &[]).contains("names no scenario"));
    assert!(refused("DOC-003", "why", &["doc/none"]).contains("no built-in scenario"));
    assert!(refused("DOC-003", "why", &["config/disabled"]).contains("(variables)"));
    let twice = ["doc/canonical", "doc/canonical"];
    assert!(refused("DOC-003", "why", &twice).contains("twice"));
}

#[test]
fn what_cannot_be_run_is_no_pass() {
    let why = |name: &str| {
        careless_conformance()
            .run(name)
            .expect_err("not run")
            .to_string()
    };
    assert!(why("config/nothing-set").contains("real addresses"));
    assert!(why("cache/rotation").contains("clock"));
    assert!(why("doc/none").contains("no built-in scenario"));
}

#[test]
fn a_provider_that_asks_nobody_has_not_passed() {
    let idle = Conformance::new("idle", |_| {
        || async { Err::<Given, _>(Refusal::none("nothing here")) }
    });
    let message = message(&idle, "doc/code-failed-with-keys").expect("nothing was asked");
    assert!(
        message.contains("does it use the endpoint it is given?"),
        "{message}"
    );
}

#[test]
fn a_panic_is_a_crash_and_a_failing_factory_a_refusal() {
    let outcome = |conformance: Conformance| {
        let report = conformance.run("doc/canonical").expect("it is run");
        let mut outcomes = report.trace().events.iter().filter_map(|e| match &e.what {
            What::Outcome { outcome, .. } => Some(outcome.clone()),
            _ => None,
        });
        outcomes.next().expect("there is one")
    };
    let dies = Conformance::new("dies", |_| || async { panic!("on purpose") });
    assert_eq!(
        outcome(dies),
        Outcome::Crash {
            how: "panic".into()
        }
    );
    let unmade = Conformance::new("unmade", |environment: Environment| {
        let port: u16 = environment.home.to_string_lossy().parse()?;
        let provider = move || async move { Err(Refusal::none(port)) };
        Ok::<_, Refusal>(provider)
    });
    let message = "invalid digit found in string".into();
    assert_eq!(
        outcome(unmade),
        Outcome::Refused {
            kind: None,
            message
        }
    );
}

#[test]
fn the_guide_shows_the_example_as_it_is() {
    let guide = include_str!("../../../docs/testing-a-rust-value.md");
    for (file, from) in [
        (
            include_str!("../../../examples/in-process/tests/imds/main.rs"),
            "mod clock;",
        ),
        (
            include_str!("../../../examples/in-process/tests/imds/clock.rs"),
            "#[derive(Debug)]",
        ),
    ] {
        let at = file.find(from).expect("it begins so");
        assert!(guide.contains(&file[at..]), "{from}");
    }
    let example = include_str!("../../../examples/in-process/tests/imds/main.rs");
    let code = &example[example.find("struct Sdk").expect("it begins so")..];
    let lines = code.lines().filter(|l| !l.trim().is_empty()).count();
    assert!(guide.contains(&format!("It is {lines} lines besides the imports")));
    assert!(lines < 20, "{lines}");
}
