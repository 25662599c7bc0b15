//! Each rule held, broken, and not put to the test.

use crate::testing::Build;
use crate::{Given, Outcome, Server, What};

mod answers;
mod authorization;
mod hosts;

const ECS: &str = "169.254.170.2:80";
const EKS: &str = "169.254.170.23:80";
const HERE: &str = "127.0.0.1:1342";
const COLLECTOR: &str = "127.0.0.1:1339";
const END: &str = "2026-01-01T06:00:00Z";
const RELATIVE: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
const FULL: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";

fn relative(uri: &str) -> Build {
    Build::new().env(RELATIVE, uri).resolve()
}

fn full(uri: &str) -> Build {
    Build::new().env(FULL, uri).resolve()
}

/// A GET that arrives at a container endpoint.
fn asks(build: Build, to: &'static str, target: &str) -> Build {
    asks_with(build, to, target, &[])
}

fn asks_with(build: Build, to: &'static str, target: &str, headers: &[(&str, &str)]) -> Build {
    build
        .to(to)
        .ask_at(Server::Container, "GET", target, headers)
}

/// A request that arrives where none should.
fn strays(build: Build, server: Server, to: &'static str, target: &str) -> Build {
    build.to(to).ask_at(server, "GET", target, &[])
}

/// A document of a container endpoint: it has no `Code`.
fn document(members: &[(&str, &str)]) -> String {
    let members: Vec<String> = members
        .iter()
        .map(|(name, value)| format!(r#""{name}":"{value}""#))
        .collect();
    format!("{{{}}}", members.join(","))
}

const WHOLE: [(&str, &str); 4] = [
    ("AccessKeyId", "CONT"),
    ("SecretAccessKey", "secret-of-CONT"),
    ("Token", "token-of-CONT"),
    ("Expiration", END),
];

fn answers(build: Build, members: &[(&str, &str)]) -> Build {
    build.reply(200, &document(members))
}

/// A whole resolve from the ECS endpoint.
fn fetched(build: Build) -> Build {
    answers(asks(build, ECS, "/creds"), &WHOLE)
}

fn gave(build: Build) -> Build {
    build.gave("CONT", END)
}

#[track_caller]
fn says(rule: &str, verdict: &str, build: Build) {
    build.says(rule, verdict);
}

#[test]
fn cont_001_relative_to_ecs() {
    let says = |verdict, build| says("CONT-001", verdict, build);
    let set = || relative("/v2/creds");
    says("held", asks(set(), ECS, "/v2/creds").refused());
    says("held", asks(set(), ECS, "/v2/creds?x=1").refused());
    let absolute = "http://169.254.170.2/v2/creds";
    says("held", asks(set(), ECS, absolute).refused());
    says("violated", asks(set(), ECS, "/creds").refused());
    says("violated", asks(set(), EKS, "/v2/creds").refused());
    says("violated", asks(set(), ECS, "//v2/creds").refused());
    let put = set()
        .to(ECS)
        .ask_at(Server::Container, "PUT", "/v2/creds", &[]);
    says("violated", put.refused());
    says("vacuous", set().refused());
    // Nobody reads these alike, and with both set another rule speaks.
    says("vacuous", asks(relative("creds"), ECS, "/creds").refused());
    says("vacuous", asks(relative("/a/../b"), ECS, "/b").refused());
    let both = set().env(FULL, "http://127.0.0.1:1342/full");
    says("vacuous", asks(both, HERE, "/full").refused());
    // The service's endpoint, set to that address.
    let other = strays(set(), Server::Container, ECS, "/latest/api/token");
    says("vacuous", other.refused());
}

#[test]
fn cont_002_queries_survive() {
    let says = |verdict, build| says("CONT-002", verdict, build);
    let set = || relative("/creds?a=1&b=x%20y");
    for spelled in ["/creds?a=1&b=x%20y", "/creds?a=1&b=x+y"] {
        says("held", asks(set(), ECS, spelled).refused());
    }
    says("violated", asks(set(), ECS, "/creds").refused());
    says("violated", asks(set(), ECS, "/creds?a=1").refused());
    let url = || full("http://127.0.0.1:1342/creds?a=1");
    says("held", asks(url(), HERE, "/creds?a=1").refused());
    says("violated", asks(url(), HERE, "/creds").refused());
    says("vacuous", asks(relative("/creds"), ECS, "/creds").refused());
    says(
        "vacuous",
        asks(relative("/creds?"), ECS, "/creds").refused(),
    );
    says("vacuous", set().refused());
}

#[test]
fn cont_003_relative_over_full() {
    let says = |verdict, build| says("CONT-003", verdict, build);
    let set = |url| relative("/creds").env(FULL, url);
    let both = || set("http://127.0.0.1:1342/full");
    says("held", asks(both(), ECS, "/creds").refused());
    says("violated", asks(both(), HERE, "/full").refused());
    let stray = set("http://127.0.0.1:1339/full");
    says(
        "violated",
        strays(stray, Server::Collector, COLLECTOR, "/full").refused(),
    );
    says("vacuous", both().refused());
    says("vacuous", asks(both(), EKS, "/other").refused());
    let same = set("http://169.254.170.2/creds");
    says("vacuous", asks(same, ECS, "/creds").refused());
    says("vacuous", asks(relative("/creds"), ECS, "/creds").refused());
}

#[test]
fn cont_009_no_host() {
    let says = |verdict, build| says("CONT-009", verdict, build);
    let set = || full("/creds");
    says("held", set().refused());
    says("violated", asks(set(), ECS, "/creds").refused());
    says("violated", set().crashed());
    says("vacuous", set().gave("ELSEWHERE", END));
    let both = set().env(RELATIVE, "/creds");
    says("vacuous", both.refused());
    says("vacuous", full("http://127.0.0.1:1342/x").refused());
}

#[test]
fn cont_010_unset_is_unasked() {
    let says = |verdict, build| says("CONT-010", verdict, build);
    let set = || {
        Build::new()
            .source(imdspec_wire::Source::Imds, "works")
            .resolve()
    };
    says("held", set().refused());
    says("violated", asks(set(), ECS, "/").refused());
    says("violated", asks(Build::new().resolve(), ECS, "/").refused());
    // Where nothing is said of sources, a trace without such a request is nothing special.
    says("vacuous", Build::new().resolve().refused());
    let named = set().env("METADATA_URL", "http://169.254.170.2");
    says("held", asks(named, ECS, "/").refused());
    says("vacuous", asks(relative("/creds"), ECS, "/").refused());
}

#[test]
fn cont_024_relative_stays() {
    let says = |verdict, build| says("CONT-024", verdict, build);
    for uri in ["@127.0.0.1:1339/x", "//127.0.0.1:1339/x"] {
        let set = || relative(uri);
        says("held", set().refused());
        says("held", asks(set(), ECS, "/x").refused());
        let stray = || strays(set(), Server::Collector, COLLECTOR, "/x");
        says("violated", stray().refused());
        let connects = set().push(What::Connect {
            conn: 1,
            server: Server::Collector,
            to: COLLECTOR.into(),
        });
        says("violated", connects.refused());
        says("vacuous", set().crashed());
    }
    // Nobody of ours would see it there.
    says("vacuous", relative("@192.168.1.1:80/x").refused());
    says("vacuous", relative("/x").refused());
}
