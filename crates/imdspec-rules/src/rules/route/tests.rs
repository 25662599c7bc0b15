//! Each rule held, broken, and not put to the test.

use crate::testing::{Build, document};
use crate::{End, Server, What};
use imdspec_wire::paths;

const KEY: &str = "ASIAIOSFODNN7EXAMPLE";
const END: &str = "2026-01-01T06:00:00Z";

fn start() -> Build {
    Build::new().resolve().token("t")
}

/// The role list is asked for, with such an answer.
fn listed(status: u16, body: &str) -> Build {
    start().list(status, body)
}

trait Steps {
    fn list(self, status: u16, body: &str) -> Self;
    fn document(self, role: &str, status: u16) -> Self;
}

impl Steps for Build {
    fn list(self, status: u16, body: &str) -> Self {
        self.get(paths::ROLES, "t").reply(status, body)
    }

    fn document(self, role: &str, status: u16) -> Self {
        self.get(&format!("{}{role}", paths::ROLES), "t")
            .reply(status, &document(KEY, END))
    }
}

#[test]
fn route_001_list_first() {
    listed(200, "role")
        .document("role", 200)
        .says("ROUTE-001", "held");
    start().document("role", 200).says("ROUTE-001", "violated");
    // What is made of a refusal is another rule's matter.
    listed(404, "role")
        .document("role", 200)
        .says("ROUTE-001", "vacuous");
    listed(200, "role")
        .document("admin", 200)
        .says("ROUTE-001", "violated");
    // Remembered from an earlier resolve.
    let again = listed(200, "role").refused().resolve();
    again.document("role", 200).says("ROUTE-001", "held");
    // How the name is spelled is ROUTE-003's matter.
    listed(200, "a+role")
        .document("a role", 200)
        .says("ROUTE-001", "vacuous");
    // The list may have been found elsewhere.
    listed(302, "")
        .document("role", 200)
        .says("ROUTE-001", "vacuous");
    let told = start().env("AWS_EC2_INSTANCE_PROFILE_NAME", "role");
    told.document("role", 200).says("ROUTE-001", "vacuous");
}

#[test]
fn route_002_slash() {
    listed(200, "role").says("ROUTE-002", "held");
    let short = paths::ROLES.trim_end_matches('/');
    start().get(short, "t").says("ROUTE-002", "violated");
    start().refused().says("ROUTE-002", "vacuous");
    // Once for the list, which had the slash; the second asks for a document of no name.
    let nameless = listed(200, " \n").get(short, "t");
    nameless.refused().says("ROUTE-002", "held");
}

#[test]
fn route_003_name_as_listed() {
    let odd = || listed(200, "a+b=c,d.e@f_g-h");
    odd()
        .document("a+b=c,d.e@f_g-h", 200)
        .says("ROUTE-003", "held");
    odd()
        .document("a%2Bb%3dc%2Cd.e%40f_g-h", 200)
        .says("ROUTE-003", "held");
    odd()
        .document("a%20b=c,d.e@f_g-h", 200)
        .says("ROUTE-003", "violated");
    odd().document("a+b", 200).says("ROUTE-003", "violated");
    listed(200, "two\nlines")
        .document("two", 200)
        .says("ROUTE-003", "vacuous");
    start().document("role", 200).says("ROUTE-003", "vacuous");
}

#[test]
fn route_004_white_space() {
    for list in ["role\n", "role\r\n", " role "] {
        let spaced = || listed(200, list);
        spaced().document("role", 200).says("ROUTE-004", "held");
        spaced().refused().says("ROUTE-004", "held");
        spaced()
            .document("role%0A", 404)
            .says("ROUTE-004", "violated");
        spaced()
            .document("role\n", 404)
            .says("ROUTE-004", "violated");
        let raw = "GET /latest/meta-data/iam/security-credentials/role\n HTTP/1.1";
        spaced()
            .malformed(raw)
            .refused()
            .says("ROUTE-004", "violated");
        // A panic counts at ROUTE-013.
        spaced().crashed().says("ROUTE-004", "vacuous");
        spaced().crashed().says("ROUTE-013", "violated");
    }
    listed(200, "role")
        .document("role", 200)
        .says("ROUTE-004", "vacuous");
}

#[test]
fn route_005_first_line() {
    let two = || listed(200, "first\nsecond");
    two().document("first", 200).says("ROUTE-005", "held");
    two().document("second", 200).says("ROUTE-005", "violated");
    two()
        .document("first%0Asecond", 404)
        .says("ROUTE-005", "violated");
    two().refused().says("ROUTE-005", "vacuous");
    listed(200, "first")
        .document("first", 200)
        .says("ROUTE-005", "vacuous");
}

#[test]
fn route_006_empty_list() {
    let empty = || listed(200, "");
    empty().refused().says("ROUTE-006", "held");
    empty()
        .list(200, &document(KEY, END))
        .refused()
        .says("ROUTE-006", "held");
    let taken = empty().list(200, &document(KEY, END)).gave(KEY, END);
    taken.says("ROUTE-006", "violated");
    let found = empty()
        .list(200, "role")
        .document("role", 200)
        .gave(KEY, END);
    found.says("ROUTE-006", "held");
    listed(200, "role").refused().says("ROUTE-006", "vacuous");
}

#[test]
fn route_007_no_role() {
    listed(404, "").refused().says("ROUTE-007", "held");
    listed(404, "")
        .list(404, "")
        .refused()
        .says("ROUTE-007", "held");
    listed(404, "")
        .document("role", 200)
        .gave(KEY, END)
        .says("ROUTE-007", "violated");
    let found = listed(404, "").list(200, "role").document("role", 200);
    found.gave(KEY, END).says("ROUTE-007", "held");
    listed(200, "role").refused().says("ROUTE-007", "vacuous");
}

#[test]
fn route_008_error_pages() {
    listed(404, "evil-role").refused().says("ROUTE-008", "held");
    let asked = |status| listed(status, "evil-role").document("evil-role", 404);
    asked(404).refused().says("ROUTE-008", "violated");
    asked(500).refused().says("ROUTE-008", "violated");
    let raw = "GET /latest/meta-data/iam/security-credentials/<html> gone HTTP/1.1";
    let page = listed(301, "<html> gone\nfor good").malformed(raw);
    page.refused().says("ROUTE-008", "violated");
    let good = listed(503, "role").list(200, "role").document("role", 200);
    good.gave(KEY, END).says("ROUTE-008", "vacuous");
    listed(404, "").refused().says("ROUTE-008", "vacuous");
}

#[test]
fn route_009_changed_role() {
    let before = || {
        listed(200, "old")
            .document("old", 200)
            .gave(KEY, END)
            .resolve()
    };
    before()
        .list(200, "new")
        .document("new", 200)
        .says("ROUTE-009", "held");
    before()
        .list(200, "new")
        .document("old", 404)
        .says("ROUTE-009", "violated");
    let gone = || before().document("old", 404);
    gone().list(200, "new").says("ROUTE-009", "held");
    gone()
        .refused()
        .resolve()
        .list(200, "new")
        .says("ROUTE-009", "held");
    let stuck = gone().refused().resolve().document("old", 404);
    stuck.says("ROUTE-009", "violated");
    before()
        .list(200, "old")
        .document("old", 200)
        .says("ROUTE-009", "vacuous");
}

#[test]
fn route_013_hostile_lists() {
    let long = "x".repeat(1 << 16);
    for list in [
        "../../user-data",
        "%2e%2e/",
        "a?b",
        "//h/x",
        "{\"a\": 1}",
        "a\r\nb",
        &long,
    ] {
        let hostile = || listed(200, list);
        hostile().refused().says("ROUTE-013", "held");
        hostile()
            .document("x", 404)
            .refused()
            .says("ROUTE-013", "held");
        hostile().crashed().says("ROUTE-013", "violated");
        hostile().hung().says("ROUTE-013", "violated");
        hostile()
            .document("a b", 404)
            .refused()
            .says("ROUTE-013", "violated");
        let raw = "GET /latest/meta-data/iam/security-credentials/a\rb HTTP/1.1";
        hostile()
            .malformed(raw)
            .refused()
            .says("ROUTE-013", "violated");
        let astray = hostile().push(What::Connect {
            conn: 7,
            server: Server::Collector,
            to: "127.0.0.1:9".into(),
        });
        astray.refused().says("ROUTE-013", "violated");
    }
    listed(200, "role").crashed().says("ROUTE-013", "vacuous");
    let silence = listed(200, "../x").get("/latest/x", "t").lost(End::Silent);
    silence.hung().says("ROUTE-013", "vacuous");
}
