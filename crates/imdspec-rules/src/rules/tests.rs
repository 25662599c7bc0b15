//! What holds for every rule, whatever its group.

use super::all;
use crate::testing::{Build, document};
use crate::{
    Capabilities, Case, End, Finding, Level, Outcome, Provenance, Server, Trace, Verdict, What,
    judge,
};
use imdspec_wire::{Source, TTL_HEADER, paths};
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

/// Nothing that a client does with several sources set up is held against it by the rules of the
/// service, nor by those of sources.
#[test]
fn an_ordinary_chain_raises_nothing() {
    use Source::{AssumeRoleImds, Container, Environment, Imds, SharedCredentials};
    let end = "2026-01-01T06:00:00Z";
    let order = [
        Environment,
        AssumeRoleImds,
        SharedCredentials,
        Container,
        Imds,
    ];
    let start = || Build::new().order(&order).to("169.254.169.254:80");
    let imds = |b: Build| b.to("169.254.169.254:80").fetch(&document("IMDS", end));
    let relative = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/creds");
    let container = |b: Build| {
        let accept = &[("Accept", "application/json")];
        b.keys(Container, "CONT").to("169.254.170.2:80").ask_at(
            Server::Container,
            "GET",
            "/creds",
            accept,
        )
    };
    let role = || imds(start().source(AssumeRoleImds, "works").resolve());
    let assumed = role()
        .keys(AssumeRoleImds, "ROLE")
        .assume("AssumeRole", "IMDS");
    let both = || {
        start()
            .env(relative.0, relative.1)
            .source(Container, "works")
            .source(Imds, "works")
            .resolve()
    };
    let lives = [
        start()
            .works(Environment, "ENV")
            .source(Imds, "works")
            .resolve()
            .gave("ENV", end),
        assumed
            .reply(200, "<AssumeRoleResponse/>")
            .gave("ROLE", end),
        role().assume("AssumeRole", "IMDS").reply(403, "").refused(),
        container(both())
            .reply(200, &document("CONT", end))
            .gave("CONT", end),
        imds(
            start()
                .source(Environment, "partial")
                .source(Imds, "works")
                .resolve(),
        )
        .gave("IMDS", end),
        start()
            .source(Imds, "status-404")
            .resolve()
            .token("t")
            .get(paths::ROLES, "t")
            .reply(404, "")
            .refused(),
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
        14 => return aside(build, pick),
        _ => build.ask("GET", ["", "/", paths::ROLES, "/latest/x y"][pick % 4]),
    };
    answer(asked, pick / 6)
}

/// A step of a random life that leads past the service.
fn aside(build: Build, pick: usize) -> Build {
    const KEYS: [&str; 3] = ["ASIAONE", "ASIATWO", ""];
    let (key, source) = (KEYS[pick % 3], Source::ALL[pick / 3 % 18]);
    let token = &[("Authorization", "a-token")];
    match pick / 54 % 10 {
        0 => build.keys(source, key),
        1 => build.base_keys(source, key),
        2 => build.ran(),
        3 => build.file("container-token", ["a-token", "b", "a\r\nb"][pick % 3]),
        4 => answer(build.assume("AssumeRole", key), pick),
        5 => answer(
            build.ask_at(Server::Container, "GET", "/x?a=1", token),
            pick,
        ),
        6 => answer(build.ask_at(Server::Collector, "GET", "/x", token), pick),
        7 => build.push(What::World { change: "x".into() }),
        8 => build.gave_mixed(key, KEYS[pick / 2 % 3], Some(KEYS[pick / 4 % 3])),
        _ => build.malformed("\u{16}\u{3}"),
    }
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
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_ACCESS_KEY_ID", ""),
        ("AWS_PROFILE", "x"),
        ("HTTP_PROXY", "http://127.0.0.1:1340"),
    ]);
    let containers = prop::sample::select(vec![
        ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x?a=1"),
        (
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
            "@127.0.0.1:1338/x",
        ),
        (
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "http://127.0.0.1:1338/x",
        ),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://0:1338/x"),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://10.0.0.1/x"),
        (
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "https://127.0.0.1:1338/x",
        ),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "/x"),
    ]);
    let tokens = prop::sample::select(vec![
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "a-token"),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "a\r\nb"),
        (
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
            "${home}/container-token",
        ),
    ]);
    let state = prop::sample::select(vec!["works", "partial", "status-500"]);
    let sources = prop::collection::vec((prop::sample::select(&Source::ALL[..]), state), 0..5);
    let order = prop::sample::subsequence(&Source::ALL[..], 0..18);
    let steps = prop::collection::vec(any::<u16>(), 0..40);
    (settings, containers, tokens, sources, order, steps).prop_map(
        |(setting, container, token, sources, order, steps)| {
            let start = [setting, container, token]
                .into_iter()
                .fold(Build::new().order(&order), |b, (n, v)| b.env(n, v));
            let start = sources.into_iter().fold(start, |b, (s, v)| b.source(s, v));
            steps.into_iter().fold(start.resolve(), step).trace()
        },
    )
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
