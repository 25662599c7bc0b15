//! Which hosts a full URI may name.

use super::{COLLECTOR, ECS, EKS, HERE, asks, full, says, strays};
use crate::testing::Build;
use crate::{Server, What};
use imdspec_wire::Source;

/// A connection to `to` on which TLS is begun.
fn begins_tls(build: Build, server: Server, to: &str) -> Build {
    connects(build, server, to).push(What::Malformed {
        conn: 7,
        server,
        bytes: "\u{16}\u{3}\u{1}".into(),
    })
}

fn connects(build: Build, server: Server, to: &str) -> Build {
    build.push(What::Connect {
        conn: 7,
        server,
        to: to.into(),
    })
}

#[test]
fn cont_004_https_anywhere() {
    let says = |verdict, build| says("CONT-004", verdict, build);
    let set = || full("https://169.254.169.254:80/creds");
    let service = "169.254.169.254:80";
    says("held", begins_tls(set(), Server::Imds, service).refused());
    says("violated", set().refused());
    says(
        "violated",
        strays(set(), Server::Imds, service, "/creds").refused(),
    );
    let container = || full("https://127.0.0.1:1342/creds");
    says("violated", asks(container(), HERE, "/creds").refused());
    says(
        "held",
        begins_tls(container(), Server::Container, HERE).refused(),
    );
    // Elsewhere nobody would see it, and another connection shows nothing.
    says("vacuous", full("https://192.168.1.1/creds").refused());
    says("vacuous", full("https://host.test/creds").refused());
    says(
        "vacuous",
        begins_tls(set(), Server::Container, HERE).refused(),
    );
    says("vacuous", set().crashed());
    says("vacuous", full("http://127.0.0.1:1342/creds").refused());
}

#[test]
fn cont_005_allowed_hosts() {
    let says = |verdict, build| says("CONT-005", verdict, build);
    let v6 = "[fd00:ec2::23]:80";
    for (url, to) in [
        ("http://127.0.0.1:1342/creds", HERE),
        ("http://localhost:1342/creds", HERE),
        ("http://169.254.170.2/creds", ECS),
        ("http://169.254.170.23/creds", EKS),
        ("http://[fd00:ec2::23]/creds", v6),
    ] {
        let works = || full(url).source(Source::ContainerFull, "works");
        says("held", asks(works(), to, "/creds").refused());
        says("violated", works().refused());
        // Perhaps nobody listens there.
        says("vacuous", full(url).refused());
        let tried = connects(works(), Server::Container, to);
        says("vacuous", tried.refused());
    }
    let forbidden = full("http://169.254.170.3/x").source(Source::ContainerFull, "works");
    says("vacuous", forbidden.refused());
}

#[test]
fn cont_006_other_addresses() {
    let says = |verdict, build| says("CONT-006", verdict, build);
    let service = "169.254.169.254:80";
    let set = || full("http://169.254.169.254/creds");
    says("held", set().refused());
    says("held", set().put().reply(404, "").refused());
    says(
        "violated",
        strays(set(), Server::Imds, service, "/creds").refused(),
    );
    let unspecified = || full("http://0.0.0.0:1342/creds");
    says("held", unspecified().refused());
    says("violated", asks(unspecified(), HERE, "/creds").refused());
    // Nobody of ours is there: a refusal shows nothing.
    let elsewhere = || full("http://192.168.1.1/creds");
    says("vacuous", elsewhere().refused());
    let found = connects(elsewhere(), Server::Collector, "192.168.1.1:80");
    says("violated", found.refused());
    // The service is asked for such a path in any case.
    let role = "/latest/meta-data/iam/security-credentials/role";
    let url = format!("http://169.254.169.254{role}");
    says(
        "vacuous",
        strays(full(&url), Server::Imds, service, role).refused(),
    );
    let allowed = full("http://169.254.170.23/creds");
    says("vacuous", asks(allowed, EKS, "/creds").refused());
    let tls = full("https://169.254.169.254/creds");
    says("vacuous", tls.refused());
}

#[test]
fn cont_007_names() {
    let says = |verdict, build| says("CONT-007", verdict, build);
    let set = || full("http://localhost:1342/creds");
    says("held", asks(set(), HERE, "/creds").refused());
    says("vacuous", set().refused());
    let name = || full("http://metadata.test/creds");
    says("held", asks(name(), ECS, "/creds").refused());
    let service = strays(name(), Server::Imds, "169.254.169.254:80", "/creds");
    says("violated", service.refused());
    let literal = full("http://127.0.0.1:1342/creds");
    says("vacuous", asks(literal, HERE, "/creds").refused());
}

#[test]
fn cont_008_odd_spellings() {
    let says = |verdict, build| says("CONT-008", verdict, build);
    let service = "169.254.169.254:80";
    for url in [
        "http://2852039166/creds",
        "http://[::ffff:169.254.169.254]/creds",
        "http://127.0.0.1@169.254.169.254/creds",
    ] {
        says("held", full(url).refused());
        let fell = strays(full(url), Server::Imds, service, "/creds");
        says("violated", fell.refused());
    }
    for url in ["http://127.1:1342/creds", "http://LOCALHOST:1342/creds"] {
        says("held", full(url).refused());
        says("held", asks(full(url), HERE, "/creds").refused());
    }
    let user = || full("http://169.254.170.2@127.0.0.1:1339/creds");
    let collected = strays(user(), Server::Collector, COLLECTOR, "/creds");
    says("held", collected.refused());
    says("vacuous", full("http://a@host.test/creds").refused());
    says("vacuous", user().crashed());
    let plain = full("http://127.0.0.1:1342/creds");
    says("vacuous", asks(plain, HERE, "/creds").refused());
}

#[test]
fn a_container_request_at_the_service_is_no_request_for_it() {
    // What is wrong with it, CONT-006 and CONT-008 say; nothing about session tokens is.
    let full = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
    let astray = || {
        crate::testing::Build::new()
            .env(full, "http://127.0.0.1@169.254.169.254/creds")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .to("169.254.169.254:80")
            .resolve()
            .ask("GET", "/creds")
            .reply(401, "")
            .refused()
    };
    for rule in ["TOKEN-001", "TOKEN-019"] {
        astray().says(rule, "vacuous");
    }
    assert_ne!(astray().verdict("CONFIG-013"), "violated");
}
