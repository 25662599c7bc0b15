//! Each rule held, broken, and not put to the test.

use crate::testing::{Build, document};
use crate::{End, Finding, Outcome, SecretKind, Server, Stream, What};
use imdspec_wire::paths;

const END: &str = "2026-01-01T06:00:00Z";
const COLLECTOR: (&str, &str) = ("Location", "http://127.0.0.1:9999/latest");

fn redirected(build: Build) -> Build {
    build.reply_with(307, &[COLLECTOR], "", End::Whole)
}

fn collects(build: Build, method: &str, headers: &[(&str, &str)]) -> Build {
    build.ask_at(Server::Collector, method, "/latest", headers)
}

#[track_caller]
fn says(rule: &str, verdict: &str, build: Build) {
    build.says(rule, verdict);
}

#[test]
fn sec_001_the_token_stays() {
    let says = |verdict, build| says("SEC-001", verdict, build);
    let get = || Build::new().resolve().token("t").get(paths::ROLES, "t");
    let token = &[("x-aws-ec2-metadata-token", "t")];
    says("held", redirected(get()).refused());
    says("held", collects(redirected(get()), "GET", &[]).refused());
    says(
        "violated",
        collects(redirected(get()), "GET", token).refused(),
    );
    says("vacuous", redirected(get()).crashed());
    // To itself, as the service does for the list without its slash; and no redirect at all.
    let own = (
        "Location",
        "http://127.0.0.1:1338/latest/meta-data/iam/security-credentials/",
    );
    says(
        "vacuous",
        get().reply_with(301, &[own], "", End::Whole).refused(),
    );
    says(
        "vacuous",
        get()
            .reply_with(301, &[("Location", "/x")], "", End::Whole)
            .refused(),
    );
    says(
        "vacuous",
        collects(get().reply(200, "role"), "GET", token).refused(),
    );
}

#[test]
fn sec_002_so_does_the_put() {
    let says = |verdict, build| says("SEC-002", verdict, build);
    let put = || Build::new().resolve().ask("PUT", paths::TOKEN);
    says("held", redirected(put()).refused());
    says(
        "violated",
        collects(redirected(put()), "PUT", &[])
            .reply(200, "x")
            .refused(),
    );
    says(
        "violated",
        collects(redirected(put()), "GET", &[]).crashed(),
    );
    says("vacuous", redirected(put()).crashed());
    says("vacuous", put().reply(200, "t").refused());
}

#[test]
fn sec_003_planted_keys() {
    let says = |verdict, build| says("SEC-003", verdict, build);
    let get = || Build::new().resolve().token("t").get(paths::ROLES, "t");
    let planted = || {
        let collected = collects(redirected(get()), "GET", &[]);
        collected.reply(200, &document("PLANTED", END))
    };
    says("held", redirected(get()).refused());
    says("held", planted().refused());
    says("held", planted().gave("OTHER", END));
    says("violated", planted().gave("PLANTED", END));
    says("vacuous", get().reply(200, "role").refused());
}

#[test]
fn sec_004_proxies() {
    let says = |verdict, build| says("SEC-004", verdict, build);
    let set = || {
        Build::new()
            .env("http_proxy", "http://127.0.0.1:3128")
            .resolve()
    };
    let proxied = |b: Build, target| b.ask_at(Server::Proxy, "PUT", target, &[]);
    says("held", set().token("t").refused());
    let url = "http://169.254.169.254/latest/api/token";
    says("violated", proxied(set(), url).reply(200, "t").refused());
    says("violated", proxied(set(), url).crashed());
    says("vacuous", set().refused());
    says(
        "vacuous",
        proxied(set(), "http://169.254.170.2/x").refused(),
    );
    says("vacuous", Build::new().resolve().token("t").refused());
    let container = || {
        set().env(
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "http://127.0.0.1:1342/x",
        )
    };
    for target in ["http://127.0.0.1:1342/x", "127.0.0.1:1342"] {
        says("vacuous", proxied(container(), target).refused());
    }
    let exempt = set().env("NO_PROXY", "169.254.169.254");
    says("vacuous", proxied(exempt, url).refused());
}

#[test]
fn sec_005_secrets() {
    let says = |verdict, build| says("SEC-005", verdict, build);
    const SECRET: &str = "canary-of-sixteen-bytes-or-more";
    let minted = |value: &str| {
        Build::new().push(What::Secret {
            kind: SecretKind::SecretAccessKey,
            value: value.into(),
        })
    };
    let message = |b: Build, text: &str| {
        b.resolve().outcome(Outcome::Refused {
            kind: None,
            message: text.into(),
        })
    };
    let writes = |b: Build, text: &str| {
        b.push(What::Output {
            stream: Stream::Stderr,
            text: text.into(),
        })
    };
    let leak = format!("cannot parse {SECRET}!");
    says("held", message(minted(SECRET), "cannot parse"));
    says("held", writes(minted(SECRET), "cannot parse"));
    says("held", minted(SECRET).resolve().gave("A", END));
    says("violated", message(minted(SECRET), &leak));
    says("violated", writes(minted(SECRET), &leak));
    says("vacuous", message(minted("cannot"), "cannot parse"));
    says("vacuous", message(Build::new(), &leak));
    says("vacuous", minted(SECRET));
    let Finding::Violated { evidence, .. } = writes(minted(SECRET), &leak).check("SEC-005") else {
        panic!("not violated");
    };
    assert_eq!(evidence[0].got, "a secret access key in stderr");
    assert_eq!(evidence[0].events, [1, 2]);
}

#[test]
fn sec_008_endless_bodies() {
    let says = |verdict, build| says("SEC-008", verdict, build);
    let endless = |mib: u64| {
        let asked = Build::new().resolve().ask("PUT", paths::TOKEN);
        asked
            .reply_with(200, &[], "x", End::Endless)
            .push(What::Sent {
                request: 1,
                body_bytes: mib << 20,
                gave_up: true,
            })
    };
    says("held", endless(1).refused());
    says("violated", endless(32).refused());
    says(
        "violated",
        endless(1).outcome(Outcome::Deadline { after: 5000 }),
    );
    says("vacuous", endless(1));
    says("vacuous", Build::new().resolve().token("t").refused());
}

#[test]
fn sec_019_nothing_kills() {
    let says = |verdict, build| says("SEC-019", verdict, build);
    let asked = || {
        Build::new()
            .resolve()
            .ask("PUT", paths::TOKEN)
            .reply(500, "")
    };
    let how = || Outcome::Crash {
        how: "signal 6".into(),
    };
    let what = || Outcome::BadOutput {
        what: "half a line".into(),
    };
    says("held", asked().refused());
    says("violated", asked().outcome(how()));
    says("violated", asked().outcome(what()));
    // Before anything was asked: no reply did it, and yet it is dead.
    says("violated", Build::new().resolve().outcome(how()));
    says(
        "vacuous",
        asked().outcome(Outcome::Deadline { after: 5000 }),
    );
    says("vacuous", Build::new().resolve().refused());
}
