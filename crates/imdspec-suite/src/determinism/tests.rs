use super::*;
use crate::{Reference, memory, scenario};
use imdspec_rules::{Outcome, Stream, What};

fn canonical(seed: u64) -> Trace {
    let named = |s: &&scenario::Scenario| s.name == "doc/canonical";
    let scenario = scenario::embedded().iter().find(named).unwrap();
    memory::run(scenario, &Reference::default(), seed)
}

/// The trace as it is with something else in its text.
fn with(trace: &Trace, from: &str, to: &str) -> Trace {
    let text = trace.to_string();
    assert!(text.contains(from), "{from} is not in {text}");
    text.replace(from, to).parse().unwrap()
}

fn said(first: &Trace, second: &Trace, likeness: Likeness) -> Option<String> {
    difference(first, second, likeness).map(|d| d.to_string())
}

#[test]
fn ports_may_differ_where_the_system_deals_them_out() {
    let first = with(&canonical(1), "127.0.0.1:1338", "127.0.0.1:45678");
    let second = with(&canonical(1), "127.0.0.1:1338", "127.0.0.1:50123");
    assert_eq!(said(&first, &second, Likeness::ButPorts), None);
    let bytes = said(&first, &second, Likeness::Bytes).unwrap();
    assert!(
        bytes.starts_with("header, env.AWS_EC2_METADATA_SERVICE_ENDPOINT: "),
        "{bytes}"
    );
}

#[test]
fn who_is_spoken_to_counts_whatever_the_ports_are() {
    // The second request goes elsewhere.
    let mut first = canonical(1);
    first = with(&first, "127.0.0.1:1338", "127.0.0.1:45678");
    let mut second = first.clone();
    let requests = second.events.iter_mut().filter_map(|e| match &mut e.what {
        What::Request(request) => Some(request),
        _ => None,
    });
    requests
        .skip(1)
        .for_each(|r| r.to = "127.0.0.1:45679".into());
    let said = said(&first, &second, Likeness::ButPorts).unwrap();
    assert!(
        said.contains(r#"request.to: "127.0.0.1:<port 1>", then "127.0.0.1:<port 2>""#),
        "{said}"
    );
}

#[test]
fn a_header_field_is_named() {
    let first = canonical(1);
    let second = with(
        &first,
        "[\"host\",\"127.0.0.1:1338\"]",
        "[\"host\",\"127.0.0.1\"]",
    );
    let said = said(&first, &second, Likeness::Bytes).unwrap();
    let end = r#"request.headers["host"]: "127.0.0.1:1338", then "127.0.0.1""#;
    assert!(said.ends_with(end), "{said}");
    let renamed = with(&first, "[\"host\",", "[\"HOST\",");
    let said = difference(&first, &renamed, Likeness::Bytes).unwrap();
    assert!(said.member.ends_with(".headers[0][0]"), "{said}");
}

/// Over sockets it depends on the machine's load whether that is noted at all.
#[test]
fn how_much_of_a_reply_went_out_counts_byte_for_byte_only() {
    let named = |s: &&scenario::Scenario| s.name == "retry/dripping-document";
    let scenario = scenario::embedded().iter().find(named).unwrap();
    let first = memory::run(scenario, &Reference::default(), 1);
    let mut second = first.clone();
    second
        .events
        .retain(|e| !matches!(e.what, What::Sent { .. }));
    assert_ne!(first, second);
    assert_eq!(said(&first, &second, Likeness::ButPorts), None);
    let bytes = difference(&first, &second, Likeness::Bytes).unwrap();
    assert_eq!(bytes.first, "a sent event");
}

#[test]
fn times_may_differ_on_the_machines_clock() {
    let first = canonical(1);
    let mut second = with(&first, "2026-01-01T", "2027-02-02T");
    for (event, i) in second.events.iter_mut().zip(1..) {
        event.at.0 += i;
        event.wall.0 += 1000;
    }
    assert_eq!(said(&first, &second, Likeness::ButPortsAndTimes), None);
    let said = said(&first, &second, Likeness::ButPorts).unwrap();
    assert!(said.contains(", at: 0, then 1"), "{said}");
}

#[test]
fn what_is_done_comes_before_what_is_said() {
    let first = canonical(1);
    let mut second = first.clone();
    let output = |text: &str| What::Output {
        stream: Stream::Stderr,
        text: text.into(),
    };
    let mut aside = first.events[0].clone();
    aside.what = output("took 5 ms");
    second.events.insert(0, aside);
    let only_words = difference(&first, &second, Likeness::Bytes).unwrap();
    assert_eq!(
        (only_words.event, &*only_words.second),
        (1, "an output event")
    );
    let last = second.events.len() - 1;
    second.events.remove(last);
    second
        .events
        .retain(|e| !matches!(e.what, What::Outcome { .. }));
    let both = difference(&first, &second, Likeness::Bytes).unwrap();
    assert_eq!(both.first, "an outcome event");
    assert_eq!(both.second, "nothing more");
}

#[test]
fn the_words_of_an_error_are_the_last_that_is_looked_at() {
    let refused = |message: &str| {
        let mut trace = canonical(1);
        for event in &mut trace.events {
            if let What::Outcome { outcome, .. } = &mut event.what {
                *outcome = Outcome::Refused {
                    kind: None,
                    message: message.into(),
                };
            }
        }
        trace
    };
    let said = said(
        &refused("try 1"),
        &refused("try 2"),
        Likeness::ButPortsAndTimes,
    )
    .unwrap();
    assert!(
        said.ends_with(r#"outcome.message: "try 1", then "try 2""#),
        "{said}"
    );
}

#[test]
fn no_secret_is_shown() {
    let (first, second) = (canonical(1), canonical(2));
    let is_secret = |e: &&imdspec_rules::Event| matches!(e.what, What::Secret { .. });
    let secrets: Vec<_> = second.events.iter().filter(is_secret).cloned().collect();
    let known = |mut trace: Trace| {
        trace.events.extend(secrets.iter().cloned());
        trace
    };
    let ours = known(first.clone());
    for n in 0..first.events.len() {
        let mut other = first.clone();
        other.events[n] = second.events[n].clone();
        let Some(said) = said(&ours, &known(other), Likeness::Bytes) else {
            continue;
        };
        for event in &ours.events {
            if let What::Secret { value, .. } = &event.what {
                assert!(!said.contains(value), "{said}");
            }
        }
    }
}
