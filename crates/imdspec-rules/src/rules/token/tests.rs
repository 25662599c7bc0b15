//! Each rule held, broken, and not put to the test.

use crate::testing::{Build, document};
use crate::{ClockKind, End, Server};
use imdspec_wire::{TOKEN_HEADER, TTL_HEADER, paths};

const KEY: &str = "ASIAIOSFODNN7EXAMPLE";
const END: &str = "2026-01-01T06:00:00Z";
const TTL: (&str, &str) = (TTL_HEADER, "21600");

fn start() -> Build {
    Build::new().resolve()
}

/// A whole resolve without a fault.
fn healthy() -> Build {
    start().fetch(&document(KEY, END)).gave(KEY, END)
}

/// A PUT with such headers besides the lifetime.
fn put_with(name: &str, value: &str) -> Build {
    start().ask_with("PUT", paths::TOKEN, &[TTL, (name, value)])
}

#[test]
fn token_001_first_request() {
    healthy().says("TOKEN-001", "held");
    start()
        .ask("GET", paths::ROLES)
        .says("TOKEN-001", "violated");
    start()
        .ask("PUT", "/2021-03-23/api/token")
        .says("TOKEN-001", "violated");
    start().refused().says("TOKEN-001", "vacuous");
    let elsewhere = start().ask_at(Server::Container, "GET", "/creds", &[]);
    elsewhere.says("TOKEN-001", "vacuous");
    // The doubled slash is another rule's matter.
    let slash = start().env(
        "AWS_EC2_METADATA_SERVICE_ENDPOINT",
        "http://127.0.0.1:1338/",
    );
    slash
        .ask("PUT", "//latest/api/token")
        .says("TOKEN-001", "vacuous");
}

#[test]
fn token_002_lifetime_asked() {
    for (value, verdict) in [
        ("1", "held"),
        ("21600", "held"),
        ("0", "violated"),
        ("21601", "violated"),
        ("-1", "violated"),
        ("6h", "violated"),
        ("", "violated"),
    ] {
        let put = start().ask_with("PUT", paths::TOKEN, &[(TTL_HEADER, value)]);
        put.says("TOKEN-002", verdict);
    }
    put_with(TTL_HEADER, "60").says("TOKEN-002", "violated");
    start()
        .ask("PUT", paths::TOKEN)
        .says("TOKEN-002", "violated");
    start()
        .ask("GET", paths::ROLES)
        .says("TOKEN-002", "vacuous");
}

#[test]
fn token_003_no_content() {
    healthy().says("TOKEN-003", "held");
    put_with("Content-Length", "0").says("TOKEN-003", "held");
    put_with("Content-Length", "2").says("TOKEN-003", "violated");
    put_with("Transfer-Encoding", "chunked").says("TOKEN-003", "violated");
    put_with("Expect", "100-continue").says("TOKEN-003", "violated");
    start()
        .ask("GET", paths::ROLES)
        .says("TOKEN-003", "vacuous");
}

#[test]
fn token_004_not_forwarded() {
    healthy().says("TOKEN-004", "held");
    put_with("x-forwarded-for", "").says("TOKEN-004", "violated");
    start()
        .ask("GET", paths::ROLES)
        .says("TOKEN-004", "vacuous");
}

#[test]
fn token_005_token_on_gets() {
    let after_put = || start().token("t");
    healthy().says("TOKEN-005", "held");
    after_put()
        .ask("GET", paths::ROLES)
        .says("TOKEN-005", "violated");
    after_put()
        .get(paths::ROLES, "")
        .says("TOKEN-005", "violated");
    after_put()
        .get(paths::ROLES, "T")
        .says("TOKEN-005", "violated");
    let twice = [(TOKEN_HEADER, "t"), (TOKEN_HEADER, "t")];
    after_put()
        .ask_with("GET", paths::ROLES, &twice)
        .says("TOKEN-005", "violated");
    // An older token that still lives is one that was issued.
    after_put()
        .token("u")
        .get(paths::ROLES, "t")
        .says("TOKEN-005", "held");
    // No PUT, a failed one, one whose reply came late or without a lifetime: nothing is certain.
    start()
        .ask("GET", paths::ROLES)
        .says("TOKEN-005", "vacuous");
    let refused = start().put().reply(404, "").ask("GET", paths::ROLES);
    refused.says("TOKEN-005", "vacuous");
    let without_ttl = start().put().reply(200, "t").ask("GET", paths::ROLES);
    without_ttl.says("TOKEN-005", "vacuous");
    let failed_renewal = after_put().put().reply(503, "").ask("GET", paths::ROLES);
    failed_renewal.says("TOKEN-005", "vacuous");
}

#[test]
fn token_006_put_without_token() {
    healthy().says("TOKEN-006", "held");
    put_with(TOKEN_HEADER, "t").says("TOKEN-006", "violated");
    start()
        .ask("GET", paths::ROLES)
        .says("TOKEN-006", "vacuous");
}

#[test]
fn token_007_endpoint_with_slash() {
    let at = |endpoint| start().env("AWS_EC2_METADATA_SERVICE_ENDPOINT", endpoint);
    let slash = || at("http://127.0.0.1:1338/");
    slash().token("t").says("TOKEN-007", "held");
    slash()
        .ask("PUT", "//latest/api/token")
        .says("TOKEN-007", "violated");
    slash()
        .ask("PUT", "/latest/api/token/")
        .says("TOKEN-007", "violated");
    at("http://127.0.0.1:1338")
        .token("t")
        .says("TOKEN-007", "vacuous");
    // The setting was not followed.
    slash()
        .to("169.254.169.254:80")
        .token("t")
        .says("TOKEN-007", "vacuous");
    at("http://169.254.169.254/")
        .to("169.254.169.254:80")
        .token("t")
        .says("TOKEN-007", "held");
}

/// A first resolve with a token of such lifetimes, then a second one later.
fn later(asked: &str, granted: &str, seconds: u64) -> Build {
    start()
        .token_for("t", asked, granted)
        .get(paths::ROLES, "t")
        .reply(404, "")
        .refused()
        .advance(seconds)
        .resolve()
}

#[test]
fn token_009_expired_tokens() {
    let renewed = later("600", "600", 601).token("u").get(paths::ROLES, "u");
    renewed.says("TOKEN-009", "held");
    later("600", "600", 606)
        .get(paths::ROLES, "t")
        .says("TOKEN-009", "violated");
    // Within the margin, in time, or with the clocks apart nothing is certain.
    later("600", "600", 604)
        .get(paths::ROLES, "t")
        .says("TOKEN-009", "vacuous");
    later("600", "600", 60)
        .get(paths::ROLES, "t")
        .says("TOKEN-009", "vacuous");
    let stepped = later("600", "600", 606).step(-600).get(paths::ROLES, "t");
    stepped.says("TOKEN-009", "vacuous");
}

#[test]
fn token_010_line_ends_in_the_token() {
    let reply = |body| start().put().reply_with(200, &[TTL], body, End::Whole);
    let evil = || reply("evil\r\nX-More: yes\0");
    evil().refused().says("TOKEN-010", "held");
    evil().crashed().says("TOKEN-010", "violated");
    evil().hung().says("TOKEN-010", "violated");
    let raw = evil().get(paths::ROLES, "evil\r\nX-More: yes\0").refused();
    raw.says("TOKEN-010", "violated");
    let headers = [(TOKEN_HEADER, "evil"), ("X-More", "yes")];
    reply("evil\nX-More: yes\nz")
        .ask_with("GET", paths::ROLES, &headers)
        .refused()
        .says("TOKEN-010", "violated");
    let broken = evil().malformed("GET / HTTP/1.1\r\nx-aws-ec2-metadata-token: evil\r\n\0");
    broken.refused().says("TOKEN-010", "violated");
    // One line end after the token is for the client to judge.
    reply("t\n")
        .get(paths::ROLES, "t")
        .refused()
        .says("TOKEN-010", "vacuous");
    // Something else may have crashed it.
    let also = evil().get(paths::ROLES, "t").lost(End::Garbage).crashed();
    also.says("TOKEN-010", "vacuous");
}

#[test]
fn token_011_granted_not_asked() {
    let renewed = later("21600", "60", 61).token("u").get(paths::ROLES, "u");
    renewed.says("TOKEN-011", "held");
    later("21600", "60", 70)
        .get(paths::ROLES, "t")
        .says("TOKEN-011", "violated");
    later("60", "60", 70)
        .get(paths::ROLES, "t")
        .says("TOKEN-011", "vacuous");
    later("21600", "60", 50)
        .get(paths::ROLES, "t")
        .says("TOKEN-011", "vacuous");
}

#[test]
fn token_013_odd_lifetimes() {
    for ttl in ["", "-5", "abc", "18446744073709551615", "1.5"] {
        let odd = || start().token_for("t", "21600", ttl);
        odd().refused().says("TOKEN-013", "held");
        odd()
            .get(paths::ROLES, "t")
            .reply(404, "")
            .refused()
            .says("TOKEN-013", "held");
        odd().crashed().says("TOKEN-013", "violated");
        odd().hung().says("TOKEN-013", "violated");
        let silence = odd().get(paths::ROLES, "t").lost(End::Silent).hung();
        silence.says("TOKEN-013", "vacuous");
    }
    start()
        .token_for("t", "21600", "0")
        .crashed()
        .says("TOKEN-013", "vacuous");
    start()
        .put()
        .reply(200, "t")
        .crashed()
        .says("TOKEN-013", "vacuous");
}

#[test]
fn token_014_renewed_early() {
    let renewed = later("600", "600", 550).token("u").get(paths::ROLES, "u");
    renewed.says("TOKEN-014", "held");
    later("600", "600", 598)
        .get(paths::ROLES, "t")
        .says("TOKEN-014", "violated");
    // A small margin is one.
    later("600", "600", 594)
        .get(paths::ROLES, "t")
        .says("TOKEN-014", "vacuous");
    let uncached = later("600", "600", 10).token("u").get(paths::ROLES, "u");
    uncached.says("TOKEN-014", "vacuous");
    let real = later("600", "600", 598).clock(ClockKind::Real);
    real.get(paths::ROLES, "t").says("TOKEN-014", "vacuous");
}

#[test]
fn token_015_refused_tokens() {
    let refused = || start().token("t").get(paths::ROLES, "t").reply(401, "");
    let renewed = refused().token("u").get(paths::ROLES, "u");
    renewed.says("TOKEN-015", "held");
    refused()
        .get(paths::ROLES, "t")
        .says("TOKEN-015", "violated");
    refused()
        .refused()
        .resolve()
        .get(paths::ROLES, "t")
        .says("TOKEN-015", "violated");
    refused()
        .ask("GET", paths::ROLES)
        .says("TOKEN-015", "violated");
    // The renewal failed, and then IMDSv1: others judge that.
    let fallback = refused().put().reply(404, "").ask("GET", paths::ROLES);
    fallback.says("TOKEN-015", "held");
    refused()
        .token("t")
        .get(paths::ROLES, "t")
        .says("TOKEN-015", "held");
    refused().refused().says("TOKEN-015", "vacuous");
    // With two calls open, the second GET may have been on its way already.
    let together = start()
        .resolve()
        .token("t")
        .get(paths::ROLES, "t")
        .reply(401, "");
    together.get(paths::ROLES, "t").says("TOKEN-015", "vacuous");
}

#[test]
fn token_016_no_loop_on_401() {
    let rounds = |n: u32| {
        (0..n).fold(start(), |b, _| {
            b.token("t").get(paths::ROLES, "t").reply(401, "")
        })
    };
    rounds(10).refused().says("TOKEN-016", "held");
    rounds(11).refused().says("TOKEN-016", "violated");
    rounds(1).hung().says("TOKEN-016", "violated");
    rounds(11).says("TOKEN-016", "violated");
    let found = rounds(30)
        .token("t")
        .get(paths::ROLES, "t")
        .reply(200, "role");
    found.refused().says("TOKEN-016", "vacuous");
    start()
        .ask("GET", paths::ROLES)
        .reply(401, "")
        .refused()
        .says("TOKEN-016", "vacuous");
}

#[test]
fn token_017_error_bodies() {
    let page = |status| start().put().reply_with(status, &[TTL], "evil", End::Whole);
    page(404).refused().says("TOKEN-017", "held");
    page(404).ask("GET", paths::ROLES).says("TOKEN-017", "held");
    page(404)
        .get(paths::ROLES, "evil")
        .says("TOKEN-017", "violated");
    page(302)
        .refused()
        .resolve()
        .get(paths::ROLES, "evil")
        .says("TOKEN-017", "violated");
    // Issued after all.
    page(503)
        .token("evil")
        .get(paths::ROLES, "evil")
        .says("TOKEN-017", "held");
    start()
        .put()
        .reply(404, "")
        .refused()
        .says("TOKEN-017", "vacuous");
    start()
        .put()
        .reply(404, "two\nlines")
        .refused()
        .says("TOKEN-017", "vacuous");
}

#[test]
fn token_019_never_without() {
    let failed = || start().put().reply(403, "");
    failed().refused().says("TOKEN-019", "held");
    start()
        .put()
        .lost(End::Reset)
        .refused()
        .says("TOKEN-019", "held");
    failed()
        .ask("GET", paths::ROLES)
        .says("TOKEN-019", "violated");
    start()
        .ask("GET", paths::ROLES)
        .says("TOKEN-019", "violated");
    healthy().says("TOKEN-019", "vacuous");
}

#[test]
fn token_022_fallback_forgotten() {
    let fell_back = || {
        let first = start().put().reply(403, "").ask("GET", paths::ROLES);
        first.reply(404, "").refused().resolve()
    };
    let refused = || fell_back().ask("GET", paths::ROLES).reply(401, "");
    refused()
        .token("t")
        .get(paths::ROLES, "t")
        .says("TOKEN-022", "held");
    refused()
        .refused()
        .resolve()
        .token("t")
        .says("TOKEN-022", "held");
    let stuck = refused().refused().resolve().ask("GET", paths::ROLES);
    stuck.says("TOKEN-022", "violated");
    refused().refused().says("TOKEN-022", "vacuous");
    // It speaks v1 alone: nothing was remembered.
    let v1 = start().ask("GET", paths::ROLES).reply(401, "").refused();
    v1.resolve()
        .ask("GET", paths::ROLES)
        .says("TOKEN-022", "vacuous");
}

#[test]
fn token_024_header_case() {
    let reply = |name| {
        start()
            .put()
            .reply_with(200, &[(name, "21600")], "t", End::Whole)
    };
    let shouted = || reply("X-AWS-EC2-METADATA-TOKEN-TTL-SECONDS");
    shouted().get(paths::ROLES, "t").says("TOKEN-024", "held");
    shouted().refused().says("TOKEN-024", "violated");
    shouted()
        .ask("GET", paths::ROLES)
        .reply(401, "")
        .refused()
        .says("TOKEN-024", "violated");
    shouted().says("TOKEN-024", "vacuous");
    reply(TTL_HEADER).refused().says("TOKEN-024", "vacuous");
}
