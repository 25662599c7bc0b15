//! What can be reached is reached, and nothing else.

use imdspec_client::Options;
use imdspec_rules::Trace;
use imdspec_suite::fuzz::{self, Reach};
use imdspec_suite::self_test::mutants;
use imdspec_suite::states::{Reached, State, catalogue};
use imdspec_suite::{Reference, Scenario, memory, scenario};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

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

/// Inputs by chance, and changes of those that showed something new.
struct Inputs {
    kept: Vec<Vec<u8>>,
    chance: ChaCha8Rng,
}

impl Inputs {
    fn new() -> Self {
        Self {
            kept: Vec::new(),
            chance: ChaCha8Rng::seed_from_u64(1),
        }
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.chance.next_u64()).unwrap_or(usize::MAX) % n
    }

    fn next(&mut self) -> Vec<u8> {
        if self.kept.is_empty() || self.below(3) == 0 {
            let mut input = vec![0; self.below(160)];
            self.chance.fill_bytes(&mut input);
            return input;
        }
        let at = self.below(self.kept.len());
        let mut input = self.kept[at].clone();
        for _ in 0..=self.below(3) {
            let at = self.below(input.len() + 1);
            let byte = self.chance.next_u32().to_le_bytes()[0];
            match self.below(4) {
                0 if at < input.len() => input[at] = byte,
                1 if at < input.len() => drop(input.remove(at)),
                2 => {
                    let other = self.below(self.kept.len());
                    let other = self.kept[other].clone();
                    let from = self.below(other.len() + 1);
                    input.truncate(at);
                    input.extend_from_slice(&other[from..]);
                }
                _ => input.insert(at, byte),
            }
        }
        input
    }
}

/// What so many worlds of chance lead to, each on one client after the other.
fn by_chance(worlds: usize, reached: &mut Reached) {
    let clients = clients();
    let mut inputs = Inputs::new();
    for n in 0..worlds {
        let input = inputs.next();
        let scenario = fuzz::scenario(&input, Reach::ALL);
        if reached.add(&clients[n % clients.len()](&scenario)) {
            inputs.kept.push(input);
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

/// States that can be reached and are so rarely that two million worlds and all scenarios came by
/// none of them, each with what it takes.
const RARE: [(&str, &str); 2] = [
    (
        "role list without a session token: no text, holding credentials",
        "a client of version 1 that refreshes before the end, and then a list that is not UTF-8",
    ),
    (
        "document without a session token: expired, holding credentials",
        "a client of version 1 that refreshes before the end, and then a document that is over",
    ),
];

/// Long: run it where the states or the scenarios are changed.
#[test]
#[ignore = "two million worlds take minutes"]
fn whatever_can_be_reached_is_but_what_is_rare() {
    let mut reached = directed();
    eprintln!("directed: {reached}");
    let worlds = std::env::var("WORLDS").ok().and_then(|n| n.parse().ok());
    by_chance(worlds.unwrap_or(2_000_000), &mut reached);
    eprintln!("and by chance: {reached}");
    let missing: Vec<String> = State::reachable()
        .filter(|s| !reached.contains(*s))
        .map(|s| s.to_string())
        .filter(|name| RARE.iter().all(|(rare, _)| rare != name))
        .collect();
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// Chance is not all that leads somewhere.
#[test]
fn what_is_rare_can_be_reached() {
    let text = r#"
        title = "version 1, and two bad replies near the end"
        exercises = ["DOC-001"]
        clock = "movable"
        [world]
        mode = "v1-only"
        credential-lifetime = "40m"
        rotate-before = "1m"
        [[step]]
        resolve = 1
        [[step]]
        faults = [{ on = "roles", body-base64 = "oKE=" }]
        [[step]]
        advance = "26m"
        [[step]]
        resolve = 1
        [[step]]
        faults = [{ on = "document", body = '{"Code":"Success","AccessKeyId":"A","SecretAccessKey":"S","Token":"T","Expiration":"${expiration-1m}"}' }]
        [[step]]
        advance = "2m"
        [[step]]
        resolve = 1
    "#;
    let scenario = Scenario::parse("rare", "rare.toml", text).expect("a scenario");
    let mut reached = Reached::default();
    reached.add(&clients()[1](&scenario));
    for (rare, takes) in RARE {
        assert!(
            reached.states().any(|s| s.to_string() == rare),
            "{rare}: {takes}"
        );
    }
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
