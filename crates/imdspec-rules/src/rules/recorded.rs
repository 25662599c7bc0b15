//! What recorded traffic shows, and what it does not.

use crate::testing::{Build, document};
use crate::{Capabilities, ClockKind, End, Recorded, Verdict, judge};
use imdspec_wire::paths;

const END: &str = "2026-01-01T06:00:00Z";
const DOCUMENT: &str = "/latest/meta-data/iam/security-credentials/role";

/// The verdict on a recording, with nothing declared.
fn verdict(rule: &str, recorded: Recorded, build: Build) -> Verdict {
    let mut trace = build.trace();
    trace.header.recorded = Some(recorded);
    let rules = [*super::get(rule).unwrap()];
    judge(&rules, &[trace], &Capabilities::default())[0].verdict
}

#[test]
fn what_comes_first_is_judged_only_from_the_start() {
    let says = |recorded, build| verdict("TOKEN-001", recorded, build);
    let get = || Build::new().ask("GET", paths::ROLES).reply(200, "role");
    assert_eq!(says(Recorded::Midway, get()), Verdict::NotExercised);
    assert_eq!(says(Recorded::FromStart, get()), Verdict::Violated);
    // Others ask an instance's service for other things.
    let other = Build::new().ask("GET", "/latest/meta-data/hostname");
    assert_eq!(
        says(Recorded::FromStart, other.reply(200, "h").token("t")),
        Verdict::Held
    );
}

#[test]
fn a_name_may_be_known_from_before() {
    let says = |recorded, build| verdict("ROUTE-001", recorded, build);
    let unlisted = || Build::new().get(DOCUMENT, "t");
    let another = || {
        Build::new()
            .get(paths::ROLES, "t")
            .reply(200, "other")
            .get(DOCUMENT, "t")
    };
    assert_eq!(says(Recorded::Midway, unlisted()), Verdict::NotExercised);
    // It may have been set.
    assert_eq!(says(Recorded::FromStart, unlisted()), Verdict::NotExercised);
    assert_eq!(says(Recorded::Midway, another()), Verdict::NotExercised);
    assert_eq!(says(Recorded::FromStart, another()), Verdict::Violated);
    let misspelled = || {
        Build::new()
            .get(paths::ROLES, "t")
            .reply(200, "ro+le")
            .get(DOCUMENT, "t")
    };
    let spelled = |recorded, build| verdict("ROUTE-003", recorded, build);
    assert_eq!(spelled(Recorded::Midway, misspelled()), Verdict::Violated);
    assert_eq!(spelled(Recorded::Midway, another()), Verdict::NotExercised);
}

#[test]
fn a_blank_list_excuses_what_follows_it() {
    let says = |recorded, build| verdict("ROUTE-002", recorded, build);
    let bare = paths::ROLES.trim_end_matches('/');
    let ask = |b: Build| b.get(bare, "t").reply(200, "role");
    assert_eq!(
        says(Recorded::FromStart, ask(Build::new())),
        Verdict::Warned
    );
    assert_eq!(
        says(Recorded::Midway, ask(Build::new())),
        Verdict::NotExercised
    );
    assert_eq!(
        says(Recorded::Midway, ask(ask(Build::new()))),
        Verdict::Warned
    );
    let blank = || Build::new().get(paths::ROLES, "t").reply(200, "");
    assert_eq!(says(Recorded::FromStart, ask(blank())), Verdict::Held);
}

#[test]
fn the_life_of_a_token_needs_two_clocks() {
    let fetched = |b: Build| b.get(DOCUMENT, "t").reply(200, &document("A", END));
    // Two minutes apart: the token is seen to be kept. Then it is used beyond its life.
    let used = || fetched(fetched(Build::new().token("t")).advance(120)).advance(22_000);
    let overdue = || used().get(DOCUMENT, "t");
    let says = |build| verdict("TOKEN-009", Recorded::Midway, build);
    assert_eq!(says(overdue().clock(ClockKind::Real)), Verdict::Violated);
    assert_eq!(
        says(overdue().clock(ClockKind::Wall)),
        Verdict::NotApplicable
    );
    let renewed = used().token("u").get(DOCUMENT, "u").clock(ClockKind::Real);
    assert_eq!(says(renewed), Verdict::Held);
}

#[test]
fn what_was_not_seen_accuses_nobody() {
    let says = |rule, build| verdict(rule, Recorded::FromStart, build);
    let put = || Build::new().resolve().put();
    // The token may have been this one.
    let unseen = put().reply_with(200, &[], "", End::Unseen);
    let used = unseen.put().reply(500, "").get(paths::ROLES, "t");
    assert_eq!(says("TOKEN-005", used), Verdict::NotExercised);
    // Settings are not seen: this may well be where the service was set to be.
    let elsewhere = Build::new().to("127.0.0.1:1338").resolve().token("t");
    assert_eq!(says("CONFIG-001", elsewhere), Verdict::NotExercised);
    // Nor is how many attempts were set.
    let mut many = Build::new().resolve().token("t");
    for _ in 0..9 {
        many = many.get(paths::ROLES, "t").reply(404, "");
    }
    assert_eq!(says("ERR-007", many), Verdict::NotExercised);
}
