//! Every scenario, run in memory on the reference client and on every mutant, told again as packets
//! and judged from those alone: a rule then says what it said of the run, or nothing.

use super::build::told_again;
use crate::recording::{self, Part};
use crate::{Reference, Scenario, memory, scenario, self_test};
use imdspec_client::Options;
use imdspec_rules::{Case, Event, Finding, Recorded, Server, Trace, What, rules};
use std::collections::BTreeSet;
use std::sync::Mutex;

/// The rules that the wire alone can judge.
const BY_THE_WIRE: [&str; 11] = [
    "ROUTE-001",
    "ROUTE-002",
    "ROUTE-003",
    "ROUTE-008",
    "TOKEN-002",
    "TOKEN-003",
    "TOKEN-004",
    "TOKEN-006",
    "TOKEN-017",
    "TOKEN-019",
    "TOKEN-024",
];

/// Those that it can judge if the recording is known to begin before the subject's first request,
/// and to show one resolve.
const OF_ONE_RESOLVE: [&str; 17] = [
    "ERR-001",
    "ERR-004",
    "ERR-005",
    "ERR-006",
    "ERR-013",
    "RETRY-009",
    "ROUTE-004",
    "ROUTE-005",
    "ROUTE-007",
    "SEC-001",
    "SEC-002",
    "TOKEN-001",
    "TOKEN-005",
    "TOKEN-010",
    "TOKEN-015",
    "TOKEN-016",
    "TOKEN-022",
];

#[derive(Default)]
struct Judged {
    plain: BTreeSet<&'static str>,
    one_resolve: BTreeSet<&'static str>,
    traces: u32,
}

#[test]
fn packets_of_a_run_say_what_the_run_said_or_nothing() {
    let judged = Mutex::new(Judged::default());
    let work: Vec<&Scenario> = scenario::embedded().iter().collect();
    std::thread::scope(|scope| {
        for half in work.chunks(work.len().div_ceil(2)) {
            let judged = &judged;
            scope.spawn(move || half.iter().for_each(|s| compare_all(s, judged)));
        }
    });
    let judged = judged.into_inner().unwrap();
    let plain: Vec<&str> = judged.plain.iter().copied().collect();
    let more: Vec<&str> = judged
        .one_resolve
        .difference(&judged.plain)
        .copied()
        .collect();
    eprintln!("{} traces", judged.traces);
    assert_eq!(
        (plain, more),
        (BY_THE_WIRE.to_vec(), OF_ONE_RESOLVE.to_vec())
    );
}

/// The guide names the same rules, by group.
#[test]
fn the_guide_names_the_rules_that_the_wire_can_judge() {
    let guide = include_str!("../../../../../docs/judging-a-recording.md");
    let by_group = |ids: &[&str]| {
        let mut groups: Vec<(String, Vec<String>)> = Vec::new();
        for id in ids.iter().filter(|id| **id != "TOKEN-001") {
            let (group, number) = id.split_once('-').unwrap();
            match groups.last_mut() {
                Some((last, numbers)) if last == group => numbers.push(number.into()),
                _ => groups.push((group.into(), vec![number.into()])),
            }
        }
        let groups = groups
            .into_iter()
            .map(|(g, n)| format!("{g} {}", n.join(" ")));
        groups.collect::<Vec<_>>().join(", ")
    };
    for (ids, more) in [(&BY_THE_WIRE[..], 0), (&OF_ONE_RESOLVE[..], 1)] {
        let row = by_group(ids);
        let count = ids.len() - more;
        let said = guide.lines().find(|l| l.contains(&row));
        assert!(
            said.is_some_and(|l| l.contains(&format!("| {count}"))),
            "{count}: {row}"
        );
    }
}

fn compare_all(scenario: &Scenario, judged: &Mutex<Judged>) {
    for v1_fallback in [false, true] {
        let options = Options {
            v1_fallback,
            ..Options::default()
        };
        compare(&memory::run(scenario, &Reference { options }, 1), judged);
    }
    for mutant in self_test::mutants() {
        compare(&mutant.run(scenario, 1), judged);
    }
}

fn compare(live: &Trace, judged: &Mutex<Judged>) {
    let capture = told_again(live);
    let servers: BTreeSet<String> = live.events.iter().filter_map(service_of).collect();
    // Where the service was not asked, nobody else is it.
    let nobody = servers.is_empty().then(|| "0.0.0.0:1".to_owned());
    let servers: Vec<String> = servers.into_iter().chain(nobody).collect();
    let recording = recording::read(&capture.pcap(), &servers).unwrap();
    assert_eq!(recording.counts.gaps, 0);
    let mut parts = recording.parts;
    assert!(parts.len() <= 1);
    judged.lock().unwrap().traces += 1;
    let Some(part) = parts.pop() else {
        return;
    };
    let plain = said(live, &part);
    let mut one_resolve = part.clone();
    one_resolve.set_one_resolve();
    let resolves = |e: &&Event| matches!(e.what, What::Resolve { .. });
    let is_one = live.events.iter().filter(resolves).count() == 1;
    let more = if is_one {
        said(live, &one_resolve)
    } else {
        Vec::new()
    };
    assert_eq!(part.trace.header.recorded, Some(Recorded::Midway));
    let mut judged = judged.lock().unwrap();
    judged.plain.extend(plain);
    judged.one_resolve.extend(more);
}

/// Where an event shows the service to be.
fn service_of(event: &Event) -> Option<String> {
    match &event.what {
        What::Request(r) if r.server == Server::Imds => Some(r.to.clone()),
        _ => None,
    }
}

/// The rules that say something of the packets, all of which say what they say of the run.
fn said(live: &Trace, part: &Part) -> Vec<&'static str> {
    let run = Case::new(live);
    let wire = Case::new(&part.trace);
    let mut said = Vec::new();
    for rule in rules::all() {
        let found = rule.check(&wire);
        if found == Finding::Vacuous {
            continue;
        }
        let known = rule.check(&run);
        let agree = match (&known, &found) {
            (Finding::Observed { value: a, .. }, Finding::Observed { value: b, .. }) => a == b,
            (Finding::Held { .. }, Finding::Held { .. }) => true,
            (Finding::Violated { .. }, Finding::Violated { .. }) => true,
            // The times that broke it are those of which packets say nothing.
            (Finding::Violated { times, evidence }, Finding::Held { times: seen }) => {
                *seen as usize + evidence.len() <= *times as usize
            }
            _ => false,
        };
        assert!(
            agree,
            "{} in {} of {}: the run {known:?}, its packets {found:?}",
            rule.id, live.header.scenario, live.header.subject
        );
        said.push(rule.id);
    }
    said
}
