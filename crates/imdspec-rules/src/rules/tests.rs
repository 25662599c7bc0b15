//! What holds for every rule, whatever its group.

use super::all;
use crate::testing::{Build, document};
use crate::{Capabilities, Case, End, Finding, Level, Outcome, Provenance, Trace, Verdict, judge};
use imdspec_wire::{TTL_HEADER, paths};
use proptest::prelude::*;

#[test]
fn rules_are_in_order_and_complete() {
    const GROUPS: [&str; 10] = [
        "TOKEN", "ROUTE", "DOC", "ERR", "RETRY", "CACHE", "CONFIG", "SEC", "CHAIN", "CONT",
    ];
    let place = |id: &str| {
        let (group, number) = id.split_once('-').unwrap();
        let group = GROUPS.iter().position(|g| *g == group).unwrap();
        assert!(number.len() == 3 && number.parse::<u16>().is_ok(), "{id}");
        (group, number.to_owned())
    };
    // Strictly rising, so no id stands twice.
    assert!(all().is_sorted_by(|a, b| place(a.id) < place(b.id)));
    for rule in all() {
        let id = rule.id;
        assert!(rule.statement.ends_with('.'), "{id}");
        let mut ends = rule.statement.split(". ").skip(1);
        let is_capital = |t: &str| t.starts_with(char::is_uppercase);
        assert!(!ends.any(is_capital), "{id}: one sentence");
        assert!(
            !rule.source.is_empty() && !rule.rationale.is_empty(),
            "{id}"
        );
        let known_of = rule.provenance != Provenance::Inferred;
        assert!(
            known_of || rule.level != Level::Must,
            "{id}: a MUST needs a source"
        );
        let texts = rule.differs.iter().flat_map(|d| [d.who, d.how]);
        let all_texts = texts.chain([rule.statement, rule.source, rule.rationale]);
        for text in all_texts {
            assert!(
                !text.is_empty() && !text.contains("  ") && text.trim() == text,
                "{id}: {text:?}"
            );
        }
    }
}

#[test]
fn an_id_finds_its_rule() {
    assert!(
        all()
            .iter()
            .all(|r| super::get(r.id).map(|found| found.id) == Some(r.id))
    );
    assert!(super::get("TOKEN-999").is_none());
}

/// Nothing that a client does against a healthy service is held against it.
#[test]
fn an_ordinary_life_raises_nothing() {
    let (one, two) = ("2026-01-01T06:00:00Z", "2026-01-01T11:00:00Z");
    let start = || Build::new().to("169.254.169.254:80").resolve();
    let first = || start().fetch(&document("ASIAONE", one));
    let lives = [
        first().gave("ASIAONE", one),
        // From the cache, then after a refresh with a new token.
        first()
            .gave("ASIAONE", one)
            .advance(60)
            .resolve()
            .gave("ASIAONE", one)
            .advance(5 * 3600 + 3000)
            .resolve()
            .fetch(&document("ASIATWO", two))
            .gave("ASIATWO", two),
        start()
            .token("t")
            .get(paths::ROLES, "t")
            .reply(404, "")
            .refused(),
        start().put().reply(403, "").refused(),
    ];
    let traces = lives.map(Build::trace);
    for judgement in judge(all(), &traces, &Capabilities::default()) {
        let is_bad = matches!(judgement.verdict, Verdict::Violated | Verdict::Warned);
        assert!(!is_bad, "{}: {:?}", judgement.rule.id, judgement.evidence);
    }
}

/// A step of a random life: what the subject or the service does next.
fn step(build: Build, choice: u16) -> Build {
    const BODIES: [&str; 6] = ["", "t", "role", "../x\r\ny", "{}", "<html>no</html>"];
    const ROLE: &str = "/latest/meta-data/iam/security-credentials/role";
    let pick = usize::from(choice >> 4);
    let body = BODIES[pick % 6];
    let asked = match choice & 15 {
        0 => return build.resolve(),
        1 => return build.refused(),
        2 => return build.gave("ASIAONE", "2026-01-01T06:00:00Z"),
        3 => return build.crashed(),
        4 => return build.outcome(Outcome::Deadline { after: 1 }),
        5 => return build.token(body),
        6 => return build.advance(1 << (pick % 16)),
        7 => return build.sent(3, pick % 2 == 0),
        8 => return build.malformed(body),
        9 => build.put(),
        10 => build.get(paths::ROLES, body),
        11 => build.get(ROLE, "t"),
        12 => build.ask("GET", ROLE),
        13 => build.ask("PUT", "//latest/api/token"),
        _ => build.ask("GET", ["", "/", paths::ROLES, "/latest/x y"][pick % 4]),
    };
    answer(asked, pick / 6)
}

/// The service's answer to the last request, or none.
fn answer(build: Build, pick: usize) -> Build {
    const BODIES: [&str; 5] = ["", "t", "role", "../x\r\ny", "<html>no</html>"];
    const STATUSES: [u16; 8] = [200, 200, 204, 302, 400, 401, 404, 503];
    const ENDS: [End; 8] = [
        End::Whole,
        End::Short,
        End::Silent,
        End::Closed,
        End::Reset,
        End::Garbage,
        End::Drip,
        End::Endless,
    ];
    match pick % 4 {
        0 => build,
        1 => build.reply(200, &document("ASIAONE", "2026-01-01T06:00:00Z")),
        2 => build.reply(STATUSES[pick / 4 % 8], BODIES[pick / 32 % 5]),
        _ => build.reply_with(
            200,
            &[(TTL_HEADER, "60")],
            BODIES[pick / 32 % 5],
            ENDS[pick / 4 % 8],
        ),
    }
}

fn random_life() -> impl Strategy<Value = Trace> {
    let settings = prop::sample::select(vec![
        ("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "3"),
        (
            "AWS_EC2_METADATA_SERVICE_ENDPOINT",
            "http://127.0.0.1:1338/",
        ),
        ("AWS_EC2_METADATA_V1_DISABLED", "true"),
    ]);
    (settings, prop::collection::vec(any::<u16>(), 0..40)).prop_map(|((name, value), steps)| {
        let start = Build::new().env(name, value).resolve();
        steps.into_iter().fold(start, step).trace()
    })
}

proptest! {
    /// Every monitor is total, and its proof names events that exist, the offending one last.
    #[test]
    fn any_trace_can_be_judged(trace in random_life()) {
        let last = u32::try_from(trace.events.len()).unwrap();
        let case = Case::new(&trace);
        for rule in all() {
            if let Finding::Violated { times, evidence } = rule.check(&case) {
                prop_assert!(evidence.len() <= times as usize, "{}", rule.id);
                for proof in evidence {
                    let events = &proof.events;
                    prop_assert!(!events.is_empty(), "{} without a proof", rule.id);
                    prop_assert!(events.is_sorted(), "{}: {proof:?}", rule.id);
                    let exist = events.iter().all(|n| (1..=last).contains(n));
                    prop_assert!(exist, "{}: {proof:?}", rule.id);
                }
            }
        }
    }
}
