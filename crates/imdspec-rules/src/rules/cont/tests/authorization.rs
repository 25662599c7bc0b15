//! The authorization token.

use super::{COLLECTOR, ECS, HERE, asks, asks_with, fetched, full, gave, relative, says};
use crate::testing::Build;
use crate::{End, Outcome, Server, Stream, What};

const TOKEN: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
const TOKEN_FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
const PLACE: &str = "${home}/container-token";
const FILE: &str = "container-token";

/// A request with this Authorization field.
fn sends(build: Build, value: &str) -> Build {
    asks_with(build, ECS, "/creds", &[("Authorization", value)])
}

fn set() -> Build {
    relative("/creds")
}

#[test]
fn cont_011_the_token_is_sent() {
    let says = |verdict, build| says("CONT-011", verdict, build);
    let token = "Basic static%20token";
    let set = || set().env(TOKEN, token);
    says("held", sends(set(), token).refused());
    says("violated", sends(set(), "Basic static token").refused());
    says("violated", sends(set(), "static%20token").refused());
    says("violated", asks(set(), ECS, "/creds").refused());
    let again = sends(set(), token).reply(500, "");
    says("violated", asks(again, ECS, "/creds").refused());
    says("vacuous", set().refused());
    let illegal = set().env(TOKEN, "a\r\nb");
    says("vacuous", asks(illegal, ECS, "/creds").refused());
    let both = set().env(TOKEN_FILE, PLACE);
    says("vacuous", asks(both, ECS, "/creds").refused());
    says("vacuous", asks(relative("/creds"), ECS, "/creds").refused());
    let here = full("http://127.0.0.1:1342/creds").env(TOKEN, token);
    says("violated", asks(here, HERE, "/creds").refused());
}

/// A resolve with a token file that holds `text`.
fn with_file(text: &str) -> Build {
    Build::new()
        .env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/creds")
        .env(TOKEN_FILE, PLACE)
        .file(FILE, text)
        .resolve()
}

#[test]
fn cont_012_the_file_is_sent() {
    let says = |verdict, build| says("CONT-012", verdict, build);
    let one = || with_file("first");
    says("held", sends(one(), "first").refused());
    says("held", sends(with_file("first\n"), "first").refused());
    says("violated", sends(one(), "other").refused());
    says("violated", asks(one(), ECS, "/creds").refused());
    let two = || {
        sends(one(), "first")
            .refused()
            .file(FILE, "second")
            .resolve()
    };
    says("held", sends(two(), "second").refused());
    says("violated", sends(two(), "first").refused());
    // Written while the call was under way.
    let late = one().file(FILE, "second");
    says("vacuous", sends(late, "first").refused());
    says("vacuous", sends(one().env(TOKEN, "env"), "env").refused());
    says("vacuous", sends(with_file("a\nb"), "a").refused());
    says("vacuous", one().refused());
    says("vacuous", sends(set(), "first").refused());
}

#[test]
fn cont_013_the_file_over_the_token() {
    let says = |verdict, build| says("CONT-013", verdict, build);
    let both = || with_file("of-file").env(TOKEN, "of-env");
    says("held", sends(both(), "of-file").refused());
    says("violated", sends(both(), "of-env").refused());
    says("vacuous", sends(both(), "other").refused());
    says("vacuous", both().refused());
    let same = with_file("same").env(TOKEN, "same");
    says("vacuous", sends(same, "same").refused());
    says("vacuous", sends(with_file("of-file"), "of-file").refused());
}

#[test]
fn cont_014_no_file_no_request() {
    let says = |verdict, build| says("CONT-014", verdict, build);
    let missing = || set().env(TOKEN_FILE, PLACE);
    says("held", missing().refused());
    says("violated", asks(missing(), ECS, "/creds").refused());
    says("violated", sends(missing(), "").refused());
    says("vacuous", missing().crashed());
    says("vacuous", missing().gave("ELSEWHERE", super::END));
    says("vacuous", sends(missing().env(TOKEN, "t"), "t").refused());
    says("vacuous", asks(with_file("x"), ECS, "/creds").refused());
    // Where it may be, nobody knows.
    let elsewhere = set().env(TOKEN_FILE, "/var/run/token");
    says("vacuous", asks(elsewhere, ECS, "/creds").refused());
}

#[test]
fn cont_015_line_breaks() {
    let says = |verdict, build| says("CONT-015", verdict, build);
    let token = "canary-of-sixteen-bytes\r\nX-Evil: 1";
    let of_env = || set().env(TOKEN, token);
    for broken in [&of_env as &dyn Fn() -> Build, &|| with_file(token)] {
        says("held", broken().refused());
        says("violated", sends(broken(), "canary").refused());
        let injected = asks_with(broken(), ECS, "/creds", &[("x-evil", "1")]);
        says("violated", injected.refused());
        // Without any of it: another provider asked, or one that does not know the variable.
        says("vacuous", asks(broken(), ECS, "/creds").refused());
        says("vacuous", gave(fetched(broken())));
        let leaks = broken().outcome(Outcome::Refused {
            kind: None,
            message: "no header value: canary-of-sixteen-bytes".into(),
        });
        says("violated", leaks);
        let writes = broken().push(What::Output {
            stream: Stream::Stderr,
            text: "sending canary-of-sixteen-bytes".into(),
        });
        says("violated", writes.refused());
        says("vacuous", broken().crashed());
    }
    // One at the end may be cut off; and only the one that counts is looked at.
    says("vacuous", sends(with_file("token\n"), "token").refused());
    let beaten = with_file("fine").env(TOKEN, token);
    says("vacuous", sends(beaten, "fine").refused());
    says("vacuous", set().refused());
}

#[test]
fn cont_023_the_token_stays() {
    let says = |verdict, build| says("CONT-023", verdict, build);
    let to = |location| {
        let asked = sends(set(), "secret");
        asked.reply_with(307, &[("Location", location)], "", End::Whole)
    };
    let away = || to("http://127.0.0.1:1339/x");
    let strays = |b: Build, headers: &[(&str, &str)]| {
        b.to(COLLECTOR)
            .ask_at(Server::Collector, "GET", "/x", headers)
            .reply(404, "")
    };
    says("held", away().refused());
    says("held", strays(away(), &[]).refused());
    let token = &[("authorization", "secret")];
    says("violated", strays(away(), token).refused());
    says("held", sends(away(), "secret").reply(404, "").refused());
    says("vacuous", away().crashed());
    says("vacuous", strays(to("/y"), token).refused());
    // Another port is no other host.
    says(
        "vacuous",
        strays(to("http://169.254.170.2:8080/x"), token).refused(),
    );
    let unsigned = asks(set(), ECS, "/creds").reply_with(
        307,
        &[("Location", "http://127.0.0.1:1339/x")],
        "",
        End::Whole,
    );
    says("vacuous", unsigned.refused());
    says("vacuous", gave(fetched(set())));
}
