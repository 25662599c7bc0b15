//! Each rule held, broken, and not put to the test.

use crate::testing::{Build, document};
use crate::{End, Given, Outcome, RefusalKind};
use imdspec_wire::{TTL_HEADER, paths};

const KEY: &str = "ASIAIOSFODNN7EXAMPLE";
const END: &str = "2026-01-01T06:00:00Z";
const ROLE: &str = "/latest/meta-data/iam/security-credentials/role";

fn start() -> Build {
    Build::new().resolve()
}

/// The token PUT is answered so.
fn put(status: u16) -> Build {
    start().put().reply(status, "")
}

/// A list is had, and the document is next.
fn at_document() -> Build {
    start().token("t").get(paths::ROLES, "t").reply(200, "role")
}

trait Steps {
    /// The same way as IMDSv1, with good answers.
    fn v1(self) -> Self;
}

impl Steps for Build {
    fn v1(self) -> Self {
        let list = self.ask("GET", paths::ROLES).reply(200, "role");
        list.ask("GET", ROLE).reply(200, &document(KEY, END))
    }
}

#[test]
fn err_001_after_400() {
    put(400).refused().says("ERR-001", "held");
    put(400).v1().gave(KEY, END).says("ERR-001", "violated");
    let second = put(400).token("t").get(paths::ROLES, "t").refused();
    second.says("ERR-001", "held");
    put(403).v1().gave(KEY, END).says("ERR-001", "vacuous");
}

#[test]
fn err_002_fallback() {
    for status in 403..=405 {
        put(status).v1().gave(KEY, END).says("ERR-002", "held");
        put(status).refused().says("ERR-002", "violated");
        put(status).v1().refused().says("ERR-002", "violated");
        let required = put(status).ask("GET", paths::ROLES).reply(401, "");
        required.refused().says("ERR-002", "vacuous");
        let forbidden = put(status).env("AWS_EC2_METADATA_V1_DISABLED", "true");
        forbidden.refused().says("ERR-002", "vacuous");
    }
    put(400).refused().says("ERR-002", "vacuous");
    // Another 2xx is not everybody's success (ERR-010).
    let list = put(404).ask("GET", paths::ROLES).reply(200, "role");
    let created = list.ask("GET", ROLE).reply(201, &document(KEY, END));
    created.refused().says("ERR-002", "vacuous");
}

#[test]
fn err_003_forbidden_fallback() {
    let forbid = |build: Build| build.config("ec2_metadata_v1_disabled", "true");
    let ends = [End::Silent, End::Reset, End::Garbage, End::Closed];
    let failures = [400, 403, 404, 405, 500].map(put).into_iter();
    for failed in failures.chain(ends.map(|end| start().put().lost(end))) {
        forbid(failed).refused().says("ERR-003", "held");
    }
    forbid(put(404)).v1().says("ERR-003", "violated");
    let silence = forbid(start().put().lost(End::Silent));
    silence.v1().says("ERR-003", "violated");
    put(404).v1().says("ERR-003", "vacuous");
    forbid(start().token("t"))
        .refused()
        .says("ERR-003", "vacuous");
}

#[test]
fn err_004_no_header_in_v1() {
    put(404).v1().says("ERR-004", "held");
    put(404).get(paths::ROLES, "").says("ERR-004", "violated");
    put(404)
        .get(paths::ROLES, "None")
        .says("ERR-004", "violated");
    // A token kept from before is v2.
    let kept = start().token("t").put().reply(503, "");
    kept.get(paths::ROLES, "t").says("ERR-004", "vacuous");
    start()
        .token("t")
        .get(paths::ROLES, "")
        .says("ERR-004", "vacuous");
}

#[test]
fn err_005_busy_is_no_reason() {
    for status in [429, 500, 503] {
        put(status).refused().says("ERR-005", "held");
        put(status).v1().gave(KEY, END).says("ERR-005", "violated");
    }
    let recovered = put(503).token("t").get(paths::ROLES, "t").refused();
    recovered.says("ERR-005", "held");
    put(404).v1().gave(KEY, END).says("ERR-005", "vacuous");
    start()
        .put()
        .lost(End::Silent)
        .v1()
        .says("ERR-005", "vacuous");
}

#[test]
fn err_006_403_is_final() {
    put(403).refused().says("ERR-006", "held");
    put(403)
        .put()
        .reply(403, "")
        .refused()
        .says("ERR-006", "violated");
    // A program that is run as a whole may have asked twice.
    put(403)
        .put()
        .reply(403, "")
        .refused()
        .whole_runs()
        .says("ERR-006", "vacuous");
    let forgot = put(403).ask("GET", paths::ROLES).reply(401, "").token("t");
    forgot.refused().says("ERR-006", "held");
    put(403)
        .refused()
        .resolve()
        .put()
        .reply(403, "")
        .refused()
        .says("ERR-006", "held");
    put(503)
        .put()
        .reply(503, "")
        .refused()
        .says("ERR-006", "vacuous");
    // Two calls at once may have a PUT each.
    let both = Build::new().resolve().resolve().put().reply(403, "");
    both.put()
        .reply(403, "")
        .refused()
        .says("ERR-006", "vacuous");
}

#[test]
fn err_007_403_and_404_are_final() {
    let lists = |n: u32, status| {
        let each = |b: Build, _| b.get(paths::ROLES, "t").reply(status, "");
        (0..n).fold(start().token("t"), each).refused()
    };
    lists(1, 404).says("ERR-007", "held");
    lists(4, 403).says("ERR-007", "held");
    lists(5, 404).says("ERR-007", "violated");
    lists(5, 404)
        .env("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "5")
        .says("ERR-007", "held");
    lists(9, 500).says("ERR-007", "vacuous");
    let each = |b: Build, _| b.get(ROLE, "t").reply(403, "");
    (0..5)
        .fold(at_document(), each)
        .refused()
        .says("ERR-007", "violated");
    let each = |b: Build, _| b.get(ROLE, "t").reply(404, "");
    (0..9)
        .fold(at_document(), each)
        .refused()
        .says("ERR-007", "vacuous");
}

#[test]
fn err_008_passing_failures() {
    let twice = |b: Build| b.env("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "2");
    for status in [401, 500, 503] {
        let failed = || at_document().get(ROLE, "t").reply(status, "");
        let again = |b: Build| b.get(ROLE, "t").reply(200, &document(KEY, END));
        again(failed()).gave(KEY, END).says("ERR-008", "held");
        twice(failed()).refused().says("ERR-008", "violated");
        failed().refused().says("ERR-008", "vacuous");
        // Kept credentials are an answer too.
        twice(failed()).gave(KEY, END).says("ERR-008", "vacuous");
    }
    twice(at_document().get(ROLE, "t").reply(404, ""))
        .refused()
        .says("ERR-008", "vacuous");
}

#[test]
fn err_009_kinds() {
    let seen = |build: Build| match build.check("ERR-009") {
        crate::Finding::Observed { value, .. } => value,
        other => panic!("{other:?}"),
    };
    let (none, error) = (RefusalKind::None, RefusalKind::Error);
    assert_eq!(seen(put(403).refused_as(error)), "PUT 403: error");
    assert_eq!(seen(put(502).refused_as(none)), "PUT 5xx: none");
    let silent = start().put().lost(End::Silent);
    assert_eq!(seen(silent.refused_as(none)), "PUT unanswered: none");
    let no_role = start().token("t").get(paths::ROLES, "t").reply(404, "");
    assert_eq!(seen(no_role.refused_as(none)), "list 404: none");
    let bad = at_document().get(ROLE, "t").reply(200, "{");
    assert_eq!(seen(bad.refused_as(error)), "bad document: error");
    let both = put(403).refused_as(error).resolve().put().reply(404, "");
    assert_eq!(seen(both.refused_as(none)), "PUT 403: error; PUT 404: none");
    put(403).refused().says("ERR-009", "vacuous");
}

#[test]
fn err_010_empty_documents() {
    let hollow = || {
        Outcome::Credentials(Given {
            access_key_id: String::new(),
            secret_access_key: Some("None".into()),
            session_token: None,
            expiration: None,
            account_id: None,
        })
    };
    let used = |key: &str| {
        Outcome::Credentials(Given {
            access_key_id: key.into(),
            secret_access_key: None,
            session_token: None,
            expiration: None,
            account_id: None,
        })
    };
    for status in [200, 204, 205] {
        let empty = || at_document().get(ROLE, "t").reply(status, "");
        // A secret that was not seen is not one that is empty.
        empty().outcome(used(KEY)).says("ERR-010", "held");
        empty().outcome(used("")).says("ERR-010", "violated");
        empty().refused().says("ERR-010", "held");
        empty().outcome(hollow()).says("ERR-010", "violated");
        let again = empty().get(ROLE, "t").reply(200, &document(KEY, END));
        again.gave(KEY, END).says("ERR-010", "held");
        empty().crashed().says("ERR-010", "vacuous");
    }
    at_document()
        .get(ROLE, "t")
        .reply(404, "")
        .refused()
        .says("ERR-010", "vacuous");
}

#[test]
fn err_013_cut_replies() {
    let cut = |b: Build, body: &str| b.reply_with(200, &[(TTL_HEADER, "60")], body, End::Short);
    let token = || cut(start().put(), "token-one");
    token().refused().says("ERR-013", "held");
    token()
        .token("u")
        .get(paths::ROLES, "u")
        .refused()
        .says("ERR-013", "held");
    token()
        .get(paths::ROLES, "tok")
        .refused()
        .says("ERR-013", "violated");
    token()
        .token("u")
        .get(paths::ROLES, "token-u")
        .refused()
        .says("ERR-013", "violated");
    token().hung().says("ERR-013", "violated");
    let list = || cut(start().token("t").get(paths::ROLES, "t"), "role");
    list().refused().says("ERR-013", "held");
    list()
        .get(&ROLE[..ROLE.len() - 1], "t")
        .refused()
        .says("ERR-013", "violated");
    // Of several lines of a whole list the first is used, which the cut one had, too.
    let several = list().get(paths::ROLES, "t").reply(200, "role\r\nother");
    let several = several.get(ROLE, "t").refused();
    several.says("ERR-013", "held");
    let again = list()
        .get(paths::ROLES, "t")
        .reply(200, "role")
        .get(ROLE, "t");
    again.refused().says("ERR-013", "held");
    let half = || cut(at_document().get(ROLE, "t"), &document(KEY, END));
    half().refused().says("ERR-013", "held");
    half().gave(KEY, END).says("ERR-013", "violated");
    let whole = half().get(ROLE, "t").reply(200, &document(KEY, END));
    whole.gave(KEY, END).says("ERR-013", "held");
    // Silence after the cut may be why.
    let silence = token().put().lost(End::Silent).hung();
    silence.says("ERR-013", "vacuous");
    put(404).refused().says("ERR-013", "vacuous");
}

#[test]
fn err_014_no_http() {
    let flood: Vec<(String, String)> = (0..200).map(|n| (format!("X-{n}"), "y".into())).collect();
    let flood: Vec<(&str, &str)> = flood.iter().map(|(n, v)| (&**n, &**v)).collect();
    let flooded = || start().put().reply_with(200, &flood, "t", End::Whole);
    flooded().refused().says("ERR-014", "held");
    flooded().crashed().says("ERR-014", "violated");
    for end in [End::Garbage, End::Closed, End::Reset] {
        let steps = [
            || start().put(),
            || start().token("t").get(paths::ROLES, "t"),
            || at_document().get(ROLE, "t"),
        ];
        for step in steps {
            step().lost(end).refused().says("ERR-014", "held");
            step().lost(end).crashed().says("ERR-014", "violated");
            step().lost(end).hung().says("ERR-014", "violated");
        }
    }
    start()
        .put()
        .lost(End::Silent)
        .crashed()
        .says("ERR-014", "violated");
    start()
        .put()
        .lost(End::Silent)
        .hung()
        .says("ERR-014", "vacuous");
    put(404).crashed().says("ERR-014", "vacuous");
}

#[test]
fn err_011_interim_replies() {
    let good = |b: Build| b.get(paths::ROLES, "t").reply(200, "role");
    let end = |b: Build| b.get(ROLE, "t").reply(200, &document(KEY, END));
    let interim = || start().token("t").after_interim(103);
    end(good(interim())).gave(KEY, END).says("ERR-011", "held");
    let v1 = interim().ask("GET", paths::ROLES).reply(401, "");
    v1.refused().says("ERR-011", "violated");
    interim().refused().says("ERR-011", "violated");
    let missing = interim().get(paths::ROLES, "t").reply(404, "");
    missing.refused().says("ERR-011", "vacuous");
    end(good(start().token("t")))
        .gave(KEY, END)
        .says("ERR-011", "vacuous");
}
