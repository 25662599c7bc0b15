//! Each rule held, broken, and not put to the test.

use crate::testing::{Build, document};
use crate::{ClockKind, End, Outcome};
use imdspec_wire::paths;

const KEY: &str = "ASIAIOSFODNN7EXAMPLE";
const END: &str = "2026-01-01T06:00:00Z";
const ROLE: &str = "/latest/meta-data/iam/security-credentials/role";

fn start() -> Build {
    Build::new().resolve()
}

fn with_token() -> Build {
    start().token("t")
}

trait Steps {
    fn list(self, status: u16) -> Self;
    fn document(self) -> Self;
    fn attempts(self, n: &str) -> Self;
}

impl Steps for Build {
    fn list(self, status: u16) -> Self {
        self.get(paths::ROLES, "t").reply(status, "role")
    }

    fn document(self) -> Self {
        self.get(ROLE, "t").reply(200, &document(KEY, END))
    }

    fn attempts(self, n: &str) -> Self {
        self.env("AWS_METADATA_SERVICE_NUM_ATTEMPTS", n)
    }
}

#[test]
fn retry_001_silence() {
    let silent = || start().put().lost(End::Silent);
    silent().advance(2).refused().says("RETRY-001", "held");
    silent().hung().says("RETRY-001", "violated");
    silent().advance(61).refused().says("RETRY-001", "violated");
    let real = silent().advance(61).clock(ClockKind::Real);
    real.refused().says("RETRY-001", "held");
    // A drip or a late reply holds it up too.
    let drip = silent().put().lost(End::Drip).hung();
    drip.says("RETRY-001", "vacuous");
    start()
        .put()
        .lost(End::Closed)
        .hung()
        .says("RETRY-001", "vacuous");
}

#[test]
fn retry_002_nowhere() {
    let nowhere = |how: &str| start().link(how);
    for how in ["no-route", "refused", "silent"] {
        nowhere(how).refused().says("RETRY-002", "held");
        nowhere(how).hung().says("RETRY-002", "violated");
        let late = nowhere(how).advance(61);
        late.clock(ClockKind::Real)
            .refused()
            .says("RETRY-002", "held");
        nowhere(how)
            .advance(61)
            .refused()
            .says("RETRY-002", "violated");
    }
    let died = Outcome::Crash {
        how: "panic".into(),
    };
    nowhere("refused")
        .outcome(died)
        .says("RETRY-002", "violated");
    start().hung().says("RETRY-002", "vacuous");
    nowhere("silent")
        .document()
        .hung()
        .says("RETRY-002", "vacuous");
}

#[test]
fn retry_004_attempts() {
    let lists = |n: u32| (0..n).fold(with_token(), |b, _| b.list(500)).refused();
    lists(3).attempts("3").says("RETRY-004", "held");
    lists(2).attempts("3").says("RETRY-004", "violated");
    lists(4).attempts("3").says("RETRY-004", "violated");
    lists(1).attempts("1").says("RETRY-004", "vacuous");
    lists(3).attempts("-3").says("RETRY-004", "vacuous");
    lists(3).says("RETRY-004", "vacuous");
    // Code goes before the variable.
    let code = lists(1)
        .attempts("3")
        .code("metadata_service_num_attempts", "1");
    code.says("RETRY-004", "vacuous");
    let recovered = with_token().attempts("3").list(500).list(200).document();
    recovered.refused().says("RETRY-004", "vacuous");
}

#[test]
fn retry_007_pauses() {
    let tries = |pauses: &[u64]| {
        let each = |b: Build, ms: &u64| b.pause(*ms).list(503);
        pauses.iter().fold(with_token().list(503), each).refused()
    };
    tries(&[100]).says("RETRY-007", "held");
    tries(&[100, 200, 400]).says("RETRY-007", "held");
    tries(&[100, 80, 90]).says("RETRY-007", "held");
    tries(&[0]).says("RETRY-007", "violated");
    tries(&[100, 0]).says("RETRY-007", "violated");
    tries(&[400, 100]).says("RETRY-007", "violated");
    tries(&[]).says("RETRY-007", "vacuous");
    tries(&[0])
        .clock(ClockKind::Real)
        .says("RETRY-007", "vacuous");
    // Asking for the same thing again after a good answer is no retry.
    with_token()
        .list(200)
        .list(200)
        .says("RETRY-007", "vacuous");
}

#[test]
fn retry_008_throttled() {
    let list = || with_token().list(503);
    let rest = |b: Build| b.list(200).document().gave(KEY, END);
    rest(list()).says("RETRY-008", "held");
    rest(start().put().reply(503, "").token("t")).says("RETRY-008", "held");
    let document = with_token().list(200).get(ROLE, "t").reply(503, "");
    document.document().gave(KEY, END).says("RETRY-008", "held");
    list().attempts("2").refused().says("RETRY-008", "violated");
    let down = start().put().reply(503, "").ask("GET", paths::ROLES);
    down.attempts("2")
        .reply(200, "role")
        .gave(KEY, END)
        .says("RETRY-008", "violated");
    list().refused().says("RETRY-008", "vacuous");
    list()
        .attempts("2")
        .list(503)
        .refused()
        .says("RETRY-008", "vacuous");
    rest(with_token()).says("RETRY-008", "vacuous");
}

#[test]
fn retry_009_as_strong() {
    for failed in [
        || with_token().list(503),
        || with_token().list(429),
        || with_token().list(401),
        || with_token().get(paths::ROLES, "t").lost(End::Reset),
    ] {
        failed().list(200).says("RETRY-009", "held");
        failed()
            .token("u")
            .get(paths::ROLES, "u")
            .says("RETRY-009", "held");
        failed()
            .ask("GET", paths::ROLES)
            .says("RETRY-009", "violated");
        failed()
            .ask("HEAD", paths::ROLES)
            .says("RETRY-009", "violated");
        let short = paths::ROLES.trim_end_matches('/');
        // Whoever asks for the list without its slash means a document with it.
        failed().get(short, "t").says("RETRY-009", "vacuous");
        let fallback = failed().put().reply(404, "").ask("GET", paths::ROLES);
        fallback.says("RETRY-009", "vacuous");
        failed().refused().says("RETRY-009", "vacuous");
    }
    let older = start().token("s").token("t").list(503);
    older.get(paths::ROLES, "s").says("RETRY-009", "violated");
    let v1 = start().ask("GET", paths::ROLES).reply(503, "");
    v1.get(paths::ROLES, "t").says("RETRY-009", "held");
    // The role changed in between.
    let other = with_token()
        .list(200)
        .get(ROLE, "t")
        .reply(500, "")
        .list(200);
    other
        .get(&format!("{ROLE}-2"), "t")
        .says("RETRY-009", "vacuous");
}

#[test]
fn retry_013_drips() {
    let drip = || start().put().lost(End::Drip);
    drip().sent(9, true).refused().says("RETRY-013", "held");
    drip()
        .sent(56, false)
        .refused()
        .says("RETRY-013", "violated");
    drip().hung().says("RETRY-013", "violated");
    drip().refused().says("RETRY-013", "vacuous");
    let silence = drip().sent(9, true).put().lost(End::Silent);
    silence.hung().says("RETRY-013", "vacuous");
    start()
        .put()
        .lost(End::Silent)
        .hung()
        .says("RETRY-013", "vacuous");
}
