//! What a search found now and did not find before, or the other way round.

use super::report::{Found, Report};
use imdspec_wire::Source;
use std::collections::BTreeMap;
use std::fmt::{Debug, Display};

/// Where two results of the same subjects differ, in sentences; words and versions aside. A subject
/// that stands in one of them only is a difference too.
#[must_use]
pub fn differences(before: &Report, now: &Report) -> Vec<String> {
    let by_name = |report: &Report| -> BTreeMap<String, Found> {
        let subjects = report.subjects.iter().cloned();
        subjects.map(|found| (found.name.clone(), found)).collect()
    };
    let (before, now) = (by_name(before), by_name(now));
    let mut all = Vec::new();
    for (name, now) in &now {
        match before.get(name) {
            Some(before) => of_subject(name, before, now, &mut all),
            None => all.push(format!("{name}: it is not among those expected")),
        }
    }
    let gone = before.keys().filter(|name| !now.contains_key(*name));
    all.extend(gone.map(|name| format!("{name}: it was expected, and not searched")));
    all
}

fn of_subject(name: &str, before: &Found, now: &Found, all: &mut Vec<String>) {
    let works = |found: &Found| -> BTreeMap<Source, _> {
        found.alone.iter().map(|(s, a)| (*s, a.works)).collect()
    };
    compare(name, "alone", &works(before), &works(now), all);
    let winners = |found: &Found| -> BTreeMap<String, Option<Source>> {
        let pairs = found.pairs.iter();
        pairs
            .map(|p| (format!("{} and {}", p.sources[0], p.sources[1]), p.winner))
            .collect()
    };
    compare(name, "the winner of", &winners(before), &winners(now), all);
    let then = |found: &Found| -> BTreeMap<String, _> {
        let broken = found.broken.iter();
        broken
            .map(|b| (format!("{} {}", b.source, b.how), b.then))
            .collect()
    };
    compare(name, "broken", &then(before), &then(now), all);
}

fn compare<K: Ord + Display, V: PartialEq + Debug>(
    name: &str,
    what: &str,
    before: &BTreeMap<K, V>,
    now: &BTreeMap<K, V>,
    all: &mut Vec<String>,
) {
    for (key, value) in now {
        match before.get(key) {
            Some(expected) if expected == value => {}
            Some(expected) => all.push(format!(
                "{name}: {what} {key}: expected {expected:?}, found {value:?}"
            )),
            None => all.push(format!(
                "{name}: {what} {key}: not expected, found {value:?}"
            )),
        }
    }
    for (key, expected) in before.iter().filter(|(key, _)| !now.contains_key(key)) {
        all.push(format!(
            "{name}: {what} {key}: expected {expected:?}, not tried"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::super::report::{Alone, Pair, SCHEMA, Works};
    use super::*;
    use Source::{Environment, Imds};

    fn report(name: &str, winner: Option<Source>) -> Report {
        let alone = |s| {
            let words = format!("gave {name}'s");
            let works = Works::Yes;
            (s, Alone { works, words })
        };
        Report {
            imdspec: "0.1.0".into(),
            schema: SCHEMA,
            seed: "1".into(),
            subjects: vec![Found {
                name: name.into(),
                version: String::new(),
                documented: None,
                ladder: Default::default(),
                alone: [alone(Environment), alone(Imds)].into(),
                pairs: vec![Pair {
                    sources: [Environment, Imds],
                    winner,
                    words: String::new(),
                    asked: Vec::new(),
                    scenario: "order/environment+imds".into(),
                }],
                circles: Vec::new(),
                broken: Vec::new(),
                disagreements: Vec::new(),
                notes: Vec::new(),
            }],
        }
    }

    #[test]
    fn what_differs_is_named_and_nothing_else() {
        let before = report("a", Some(Environment));
        let mut now = before.clone();
        now.seed = "2".into();
        now.subjects[0].pairs[0].words = "other keys".into();
        assert_eq!(differences(&before, &now), Vec::<String>::new());
        now.subjects[0].pairs[0].winner = Some(Imds);
        now.subjects[0].alone.remove(&Imds);
        let named = differences(&before, &now);
        assert_eq!(
            named,
            [
                "a: alone imds: expected Yes, not tried",
                "a: the winner of environment and imds: expected Some(Environment), found Some(Imds)"
            ]
        );
        assert_eq!(differences(&before, &report("b", None)).len(), 2);
    }
}
