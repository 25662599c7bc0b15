//! Each rule held, broken, and not put to the test.

use crate::testing::{Build, document};
use crate::{End, Given, Outcome};
use imdspec_wire::paths;

const HOUR: u64 = 3600;
const MINUTE: u64 = 60;
const END: &str = "2026-01-01T06:00:00Z";
const NEXT_END: &str = "2026-01-01T12:00:00Z";
const PAST: &str = "2025-12-31T23:00:00Z";

/// One resolve that is served a document with key A, and takes it.
fn holding() -> Build {
    Build::new()
        .resolve()
        .fetch(&document("A", END))
        .gave("A", END)
}

fn failing(build: Build) -> Build {
    build
        .resolve()
        .token("t")
        .get(paths::ROLES, "t")
        .reply(503, "")
}

fn silent(build: Build) -> Build {
    build
        .resolve()
        .ask("PUT", paths::TOKEN)
        .reply_with(0, &[], "", End::Silent)
}

#[test]
fn cache_001_no_request_while_much_is_left() {
    let says = |verdict, build: Build| build.says("CACHE-001", verdict);
    says("held", holding().advance(MINUTE).resolve().gave("A", END));
    let again = |b: Build| b.resolve().fetch(&document("A", END)).gave("A", END);
    says("violated", again(holding().advance(2 * HOUR)));
    says("vacuous", again(holding().advance(3 * HOUR)));
    says("vacuous", again(holding().step(7200)));
    // It said that it holds them for an hour only.
    let capped = Build::new().resolve().fetch(&document("A", END));
    says(
        "vacuous",
        again(capped.gave("A", "2026-01-01T01:00:00Z").advance(MINUTE)),
    );
}

#[test]
fn cache_002_a_request_once_they_are_over() {
    let says = |verdict, build: Build| build.says("CACHE-002", verdict);
    let over = || holding().advance(6 * HOUR + 5);
    says("violated", over().resolve().gave("A", END));
    says("violated", over().resolve().refused());
    says(
        "held",
        over()
            .resolve()
            .fetch(&document("B", NEXT_END))
            .gave("B", NEXT_END),
    );
    says("held", silent(over()).refused());
    says(
        "vacuous",
        holding().advance(5 * HOUR).resolve().gave("A", END),
    );
    // Extended by a failed refresh, or by its own account.
    says(
        "vacuous",
        failing(holding().advance(6 * HOUR - 60))
            .gave("A", END)
            .advance(90)
            .resolve()
            .gave("A", END),
    );
    let believes = Build::new()
        .resolve()
        .fetch(&document("A", END))
        .gave("A", "2026-01-01T06:20:00Z");
    says(
        "vacuous",
        believes.advance(6 * HOUR + 5).resolve().gave("A", END),
    );
    // Only the second resolve after the end is left to static stability.
    says(
        "held",
        silent(over())
            .gave("A", END)
            .advance(60)
            .resolve()
            .gave("A", END),
    );
    // The wall clock alone is for CACHE-016.
    says("vacuous", holding().step(7 * 3600).resolve().gave("A", END));
}

#[test]
fn cache_005_an_early_refresh_may_fail() {
    let says = |verdict, build: Build| build.says("CACHE-005", verdict);
    let early = || holding().advance(5 * HOUR + 40 * MINUTE);
    for broken in [failing, silent] {
        says("held", broken(early()).gave("A", END));
        says("violated", broken(early()).refused());
        says("vacuous", broken(early().advance(15 * MINUTE)).refused());
        says("vacuous", broken(early()).crashed());
    }
    // It said that they are over by now.
    let capped = Build::new().resolve().fetch(&document("A", END));
    let capped = capped.gave("A", "2026-01-01T01:00:00Z").advance(2 * HOUR);
    says("vacuous", failing(capped).refused());
    // Not found is an answer, a failed first attempt is no failed refresh.
    says(
        "vacuous",
        early()
            .resolve()
            .token("t")
            .get(paths::ROLES, "t")
            .reply(404, "")
            .refused(),
    );
    says(
        "vacuous",
        failing(early())
            .get(paths::ROLES, "t")
            .reply(404, "")
            .refused(),
    );
    says("vacuous", failing(Build::new()).refused());
    says(
        "vacuous",
        failing(early())
            .fetch(&document("B", NEXT_END))
            .gave("B", NEXT_END),
    );
}

#[test]
fn cache_006_and_a_late_one() {
    let says = |verdict, build: Build| build.says("CACHE-006", verdict);
    let over = || holding().advance(6 * HOUR + 60);
    for broken in [failing, silent] {
        says("held", broken(over()).gave("A", "2026-01-01T06:15:00Z"));
        says("violated", broken(over()).refused());
    }
    says("vacuous", failing(holding().advance(HOUR)).refused());
    says(
        "vacuous",
        over()
            .resolve()
            .token("t")
            .get(paths::ROLES, "t")
            .reply(404, "")
            .refused(),
    );
    says("vacuous", over().resolve().gave("A", END));
}

#[test]
fn cache_007_stale_documents() {
    let says = |verdict, build: Build| build.says("CACHE-007", verdict);
    let stale = || Build::new().resolve().fetch(&document("A", PAST));
    says("held", stale().gave("A", PAST));
    says("held", stale().gave("A", "2026-01-01T00:15:00Z"));
    says("violated", stale().refused());
    says("vacuous", stale().crashed());
    says("vacuous", holding());
    says(
        "vacuous",
        Build::new()
            .resolve()
            .fetch(&document("A", "2020-01-01T00:00:00Z"))
            .refused(),
    );
    // What is held may be of a document that came after interim replies.
    let held = Build::new().resolve().fetch(&document("A", END));
    let held = held.after_interim(100).gave("A", END);
    let stale = |b: Build| b.resolve().fetch(&document("B", PAST));
    says("vacuous", stale(held).gave("A", END));
    says("violated", stale(holding()).gave("C", END));
}

#[test]
fn cache_008_no_later_end() {
    let says = |verdict, build: Build| build.says("CACHE-008", verdict);
    let served = || Build::new().resolve().fetch(&document("A", END));
    says("held", holding());
    says("held", served().gave("A", "2026-01-01T01:00:00Z"));
    says("held", served().gave("A", "2026-01-01T06:00:01Z"));
    says("violated", served().gave("A", "2026-01-01T06:10:00Z"));
    says(
        "vacuous",
        Build::new()
            .resolve()
            .fetch(&document("A", PAST))
            .gave("A", END),
    );
    says("vacuous", served().gave("B", NEXT_END));
    says("vacuous", served().refused());
}

#[test]
fn cache_009_a_pause_for_the_troubled() {
    let says = |verdict, build: Build| build.says("CACHE-009", verdict);
    let taken = || {
        Build::new()
            .resolve()
            .fetch(&document("A", PAST))
            .gave("A", PAST)
    };
    let again = |b: Build| b.resolve().fetch(&document("A", PAST)).gave("A", PAST);
    says("held", taken().advance(1).resolve().gave("A", PAST));
    says("violated", again(taken().advance(1)));
    says("vacuous", taken());
    says("vacuous", again(taken().advance(MINUTE)));
    says("vacuous", again(taken().step(600)));
    says("vacuous", again(holding().advance(1)));
}

#[test]
fn cache_011_recovery() {
    let says = |verdict, build: Build| build.says("CACHE-011", verdict);
    let failed = || failing(holding().advance(6 * HOUR - 60)).gave("A", END);
    let recovered = || {
        failed()
            .advance(10 * MINUTE)
            .resolve()
            .fetch(&document("B", NEXT_END))
    };
    says("held", recovered().gave("B", NEXT_END));
    says("violated", recovered().refused());
    // A client that does not wait for its refresh has the next resolve.
    says("vacuous", recovered().gave("A", END));
    says(
        "held",
        recovered()
            .gave("A", END)
            .advance(60)
            .resolve()
            .gave("B", NEXT_END),
    );
    let late = |b: Build| b.advance(31 * MINUTE).resolve();
    says("violated", late(recovered().gave("A", END)).gave("A", END));
    // It never asks again.
    says("violated", late(failed()).gave("A", END));
    says(
        "vacuous",
        failed().advance(20 * MINUTE).resolve().gave("A", END),
    );
    let forgetful = || failing(holding().advance(6 * HOUR + 60)).refused();
    says("violated", late(forgetful()).refused());
    says("vacuous", late(forgetful()).gave("OTHER", NEXT_END));
    says(
        "vacuous",
        failing(forgetful().advance(31 * MINUTE)).refused(),
    );
    // Expired documents are trouble, a rotation is none.
    let stale = Build::new()
        .resolve()
        .fetch(&document("A", PAST))
        .gave("A", PAST);
    says(
        "held",
        stale
            .advance(600)
            .resolve()
            .fetch(&document("B", NEXT_END))
            .gave("B", NEXT_END),
    );
    let rotated = holding()
        .advance(HOUR)
        .resolve()
        .fetch(&document("B", NEXT_END));
    says("vacuous", rotated.gave("B", NEXT_END));
}

#[test]
fn cache_016_jumps() {
    let says = |verdict, build: Build| build.says("CACHE-016", verdict);
    let slept = || holding().step(7 * 3600).resolve();
    says(
        "held",
        slept()
            .fetch(&document("B", "2026-01-01T20:00:00Z"))
            .gave("B", "2026-01-01T20:00:00Z"),
    );
    says("violated", slept().gave("A", END));
    says("violated", slept().crashed());
    says("held", holding().step(600).resolve().gave("A", END));
    says("held", holding().step(-86_400).resolve().gave("A", END));
    says("violated", holding().step(-86_400).resolve().crashed());
    // Something else may be the cause, or nothing jumped.
    says("vacuous", failing(holding().step(-86_400)).crashed());
    says(
        "vacuous",
        holding().step(-86_400).resolve().fetch("null").crashed(),
    );
    says(
        "vacuous",
        holding().advance(7 * HOUR).resolve().gave("A", END),
    );
}

#[test]
fn cache_018_no_mixture() {
    let mixed = |key: &str, secret: &str, token: &str| {
        Outcome::Credentials(Given {
            access_key_id: key.into(),
            secret_access_key: Some(format!("secret-of-{secret}")),
            session_token: Some(format!("token-of-{token}")),
            expiration: None,
            account_id: None,
        })
    };
    // Two calls at once, a rotation between their documents.
    let rotation = || {
        let both = Build::new().resolve().resolve().fetch(&document("A", END));
        both.fetch(&document("B", NEXT_END))
    };
    let says = |verdict, build: Build| build.says("CACHE-018", verdict);
    says(
        "held",
        rotation()
            .answer(1, mixed("A", "A", "A"))
            .answer(2, mixed("B", "B", "B")),
    );
    says("violated", rotation().answer(1, mixed("A", "B", "B")));
    says("violated", rotation().answer(2, mixed("B", "B", "A")));
    // Altered is not mixed; one document cannot be.
    says("vacuous", rotation().answer(1, mixed("A", "A", "X")));
    says("vacuous", rotation().answer(1, mixed("X", "A", "B")));
    // A secret that was not seen leaves it to the token.
    let used = |key: &str, token: Option<&str>| {
        Outcome::Credentials(Given {
            access_key_id: key.into(),
            secret_access_key: None,
            session_token: token.map(|t| format!("token-of-{t}")),
            expiration: None,
            account_id: None,
        })
    };
    says("held", rotation().answer(2, used("B", Some("B"))));
    says("violated", rotation().answer(2, used("B", Some("A"))));
    says("vacuous", rotation().answer(2, used("B", Some("X"))));
    says("vacuous", rotation().answer(2, used("B", None)));
    says("vacuous", holding());
}

#[test]
fn cache_014_callers_at_once_share_a_fetch() {
    let says = |verdict, build: Build| build.says("CACHE-014", verdict);
    let crowd = || Build::new().resolve().resolve().resolve();
    let all_gave = |b: Build| b.gave("A", END).gave("A", END).gave("A", END);
    says("held", all_gave(crowd().fetch(&document("A", END))));
    let twice = || {
        crowd()
            .fetch(&document("A", END))
            .fetch(&document("A", END))
    };
    says("violated", all_gave(twice()));
    // One after the other is no crowd, and a document that is nearly over is for nobody to share.
    let one = |b: Build| b.resolve().fetch(&document("A", END)).gave("A", END);
    says("vacuous", one(one(Build::new())));
    let over = document("A", PAST);
    says("vacuous", crowd().fetch(&over).fetch(&over).gave("A", PAST));
    // What was held is given without a fetch.
    let held = holding().resolve().resolve();
    says("vacuous", held.gave("A", END).gave("A", END));
}
