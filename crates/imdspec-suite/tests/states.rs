//! What can be reached is reached, and nothing else.

use imdspec_client::Options;
use imdspec_rules::Trace;
use imdspec_suite::fuzz::campaign::Pool;
use imdspec_suite::fuzz::{self, Reach};
use imdspec_suite::self_test::mutants;
use imdspec_suite::states::{Reached, State, catalogue};
use imdspec_suite::{Reference, Scenario, memory, scenario};

/// A client, as what becomes of a scenario on it.
type Client = Box<dyn Fn(&Scenario) -> Trace>;

/// The reference client, its variant that falls back to IMDSv1, and every mutant of the two.
fn clients() -> Vec<Client> {
    let of = |v1_fallback| Reference {
        options: Options {
            v1_fallback,
            ..Options::default()
        },
    };
    let mut clients: Vec<Client> = Vec::new();
    for reference in [of(false), of(true)] {
        clients.push(Box::new(move |s| memory::run(s, &reference, 1)));
    }
    for mutant in mutants() {
        clients.push(Box::new(move |s| mutant.run(s, 1)));
    }
    clients
}

/// What so many worlds of chance lead to: a third of them the client, a third its variant of version
/// 1, and the others one mutant after the other.
fn by_chance(worlds: usize, reached: &mut Reached) {
    let clients = clients();
    let mut inputs = Pool::new(1);
    for n in 0..worlds {
        let input = inputs.draw();
        let scenario = fuzz::scenario(&input, Reach::ALL);
        let client = match n % 3 {
            2 => 2 + n / 3 % (clients.len() - 2),
            reference => reference,
        };
        if reached.add(&clients[client](&scenario)) {
            inputs.keep(input);
        }
    }
}

fn directed() -> Reached {
    let mut reached = Reached::default();
    for client in &clients()[..2] {
        for scenario in scenario::embedded() {
            reached.add(&client(scenario));
        }
    }
    reached
}

#[test]
fn whatever_is_reached_can_be() {
    let mut reached = directed();
    by_chance(4000, &mut reached);
    let surprises: Vec<String> = reached
        .states()
        .filter_map(|s| Some(format!("{s}, though {}", s.unreachable()?)))
        .collect();
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
}

/// Long: run it where the states or the scenarios are changed.
#[test]
#[ignore = "two million worlds take minutes"]
fn whatever_can_be_reached_is() {
    let mut reached = directed();
    eprintln!("directed: {reached}");
    let worlds = std::env::var("WORLDS").ok().and_then(|n| n.parse().ok());
    by_chance(worlds.unwrap_or(2_000_000), &mut reached);
    eprintln!("and by chance: {reached}");
    let missing: Vec<String> = State::reachable()
        .filter(|s| !reached.contains(*s))
        .map(|s| s.to_string())
        .collect();
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn the_guide_and_the_changelog_count_right() {
    let guide = include_str!("../../../docs/state-coverage.md");
    let changelog = include_str!("../../../CHANGELOG.md");
    let all = State::reachable().count();
    let v2 = State::reachable().filter(|s| !s.place.is_v1()).count();
    let (singles, pairs) = (catalogue::singles().count(), catalogue::PAIRS.len());
    for words in [
        format!("{all} can be reached, {v2} of them with a session token"),
        format!("({singles} single faults), and {pairs} pairs"),
    ] {
        assert!(guide.contains(&words), "{words}");
    }
    for words in [
        format!("of {all} states"),
        format!("{singles} single faults and {pairs} pairs"),
    ] {
        assert!(changelog.contains(&words), "{words}");
    }
}
