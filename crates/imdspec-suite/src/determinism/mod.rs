//! Whether the same seed gave the same trace twice, and where the two part.
//!
//! ```text
//!  trace ──lines──► JSON ──normal──► JSON ─┐
//!                                          ├──► the first that differs, and in which member
//!  trace ──lines──► JSON ──normal──► JSON ─┘
//! ```
//!
//! The reference client in memory gives the same bytes. Over sockets the system deals out the ports,
//! and on the machine's clock everything has another time: [`Likeness`] says what may differ. What
//! differs beyond that is no verdict: a client may well draw its jitter from the system. It is worth
//! knowing before a failure is looked for a second time.
//!
//! ```
//! use imdspec_suite::determinism::{Likeness, difference};
//! use imdspec_suite::{Reference, memory, scenario};
//!
//! let canonical = scenario::embedded().iter().find(|s| s.name == "doc/canonical").unwrap();
//! let run = |seed| memory::run(canonical, &Reference::default(), seed);
//! assert_eq!(difference(&run(1), &run(1), Likeness::Bytes), None);
//! let other = difference(&run(1), &run(2), Likeness::Bytes).unwrap();
//! assert_eq!(other.to_string(), r#"header, seed: "0000000000000001", then "0000000000000002""#);
//! ```

mod normal;
#[cfg(test)]
mod tests;

use crate::show::Redactor;
use crate::subject::Kind;
use imdspec_rules::{ClockKind, Trace};
use normal::Normal;
use serde_json::Value;
use std::fmt;

/// The most of a value that is shown, in characters.
const MOST_SHOWN: usize = 160;

/// What two traces of the same have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Likeness {
    /// Everything: their texts are the same bytes.
    Bytes,
    /// All but the ports that the system dealt out, with what is signed of them, and the notes of
    /// how much of a reply without end went out.
    ButPorts,
    /// All but that and times: of events, in documents, in what is signed, and the name of the
    /// home directory.
    ButPortsAndTimes,
}

impl Likeness {
    /// What two runs of a subject should have in common.
    #[must_use]
    pub const fn of(kind: &Kind) -> Self {
        match kind {
            Kind::Memory(_) => Self::Bytes,
            Kind::Sockets(_) => Self::ButPorts,
            Kind::Program(..) => Self::ButPortsAndTimes,
        }
    }

    /// What a run on some clock should have in common with one that was kept.
    #[must_use]
    pub const fn of_clock(clock: ClockKind) -> Self {
        match clock {
            ClockKind::Virtual => Self::ButPorts,
            ClockKind::Real | ClockKind::Faketime | ClockKind::Wall => Self::ButPortsAndTimes,
        }
    }

    /// In words, behind "the same trace".
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bytes => "byte for byte",
            Self::ButPorts => "but for ports",
            Self::ButPortsAndTimes => "but for ports and times",
        }
    }
}

/// The first thing that two traces do not have in common. No secret is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The event, counted from 1 as in findings; 0 for the header.
    pub event: usize,
    /// The member that differs, such as `request.target` or `request.headers["Host"]`; empty for a whole event.
    pub member: String,
    /// What the first trace has there.
    pub first: String,
    /// What the second has.
    pub second: String,
}

/// `header, seed: "…", then "…"`, or `event 9, request.target: "…", then "…"`.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.event {
            0 => f.write_str("header")?,
            n => write!(f, "event {n}")?,
        }
        if !self.member.is_empty() {
            write!(f, ", {}", self.member)?;
        }
        write!(f, ": {}, then {}", self.first, self.second)
    }
}

/// Where two traces part, if they do.
///
/// What was done comes before what was said about it: the words of an error and what a subject wrote
/// aside are compared once all else is found to be the same.
#[must_use]
pub fn difference(first: &Trace, second: &Trace, likeness: Likeness) -> Option<Difference> {
    if likeness == Likeness::Bytes && first.to_string() == second.to_string() {
        return None;
    }
    let (ours, theirs) = (lines(first, likeness), lines(second, likeness));
    let secrets = [Redactor::new(first), Redactor::new(second)];
    let deeds = |lines: &[Line]| -> Vec<Line> { lines.iter().filter_map(Line::deed).collect() };
    parted(&deeds(&ours), &deeds(&theirs), &secrets).or_else(|| parted(&ours, &theirs, &secrets))
}

/// A line of a trace, with its place.
#[derive(Clone)]
struct Line {
    event: usize,
    value: Value,
}

fn lines(trace: &Trace, likeness: Likeness) -> Vec<Line> {
    let mut normal = Normal::new(likeness);
    // What a trace holds can always be written as JSON.
    let json = |value: serde_json::Result<Value>| value.unwrap_or_default();
    let header = json(serde_json::to_value(&trace.header));
    let events = trace.events.iter();
    let all = std::iter::once(header).chain(events.map(|e| json(serde_json::to_value(e))));
    all.enumerate()
        // When a server sees that nobody reads on is chance, and whether it does before it is stopped.
        .filter(|(_, value)| likeness == Likeness::Bytes || value.get("sent").is_none())
        .map(|(event, value)| Line {
            event,
            value: normal.line(value),
        })
        .collect()
}

impl Line {
    /// The line without words, if anything is left of it.
    fn deed(&self) -> Option<Self> {
        if self.value.get("output").is_some() {
            return None;
        }
        let mut line = self.clone();
        if let Some(Value::Object(outcome)) = line.value.get_mut("outcome") {
            outcome.remove("message");
        }
        Some(line)
    }

    /// What kind of line it is, such as `request`.
    fn kind(&self) -> &str {
        let Value::Object(members) = &self.value else {
            return "";
        };
        let kind = members
            .keys()
            .find(|k| !matches!(k.as_str(), "at" | "wall"));
        match self.event {
            0 => "header",
            _ => kind.map_or("", String::as_str),
        }
    }
}

fn parted(first: &[Line], second: &[Line], secrets: &[Redactor<'_>]) -> Option<Difference> {
    for (ours, theirs) in first.iter().zip(second) {
        if ours.kind() != theirs.kind() {
            return Some(Difference {
                event: ours.event,
                member: String::new(),
                first: a(ours.kind()),
                second: a(theirs.kind()),
            });
        }
        if let Some((member, pair)) = differing("", Some(&ours.value), Some(&theirs.value)) {
            let (first, second) = shown(&member, pair, secrets);
            return Some(Difference {
                event: ours.event,
                member,
                first,
                second,
            });
        }
    }
    let more =
        |lines: &[Line], than: &[Line]| lines.get(than.len()).map(|l| (l.event, a(l.kind())));
    let nothing = || "nothing more".to_owned();
    let (event, first, second) = match (more(first, second), more(second, first)) {
        (Some((event, kind)), _) => (event, kind, nothing()),
        (None, Some((event, kind))) => (event, nothing(), kind),
        (None, None) => return None,
    };
    Some(Difference {
        event,
        member: String::new(),
        first,
        second,
    })
}

/// A kind of event, in a sentence.
fn a(kind: &str) -> String {
    let article = if kind.starts_with(['o', 'e']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {kind} event")
}

type Pair<'v> = (Option<&'v Value>, Option<&'v Value>);

/// The first member in which two values differ, and what each has there.
fn differing<'v>(
    at: &str,
    first: Option<&'v Value>,
    second: Option<&'v Value>,
) -> Option<(String, Pair<'v>)> {
    match (first, second) {
        (a, b) if a == b => None,
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            let names = a.keys().chain(b.keys().filter(|k| !a.contains_key(*k)));
            let mut found = names.map(|name| {
                let dot = if at.is_empty() { "" } else { "." };
                differing(&format!("{at}{dot}{name}"), a.get(name), b.get(name))
            });
            found.find_map(|difference| difference)
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) => {
            if let Some(name) = same_header(at, a, b) {
                let fields = at.rsplit_once('[').map_or(at, |(fields, _)| fields);
                return differing(&format!("{fields}[{name:?}]"), a.get(1), b.get(1));
            }
            let mut all = 0..a.len().max(b.len());
            all.find_map(|i| differing(&format!("{at}[{i}]"), a.get(i), b.get(i)))
        }
        pair => Some((at.to_owned(), pair)),
    }
}

/// The name of a header field that has another value.
fn same_header<'v>(at: &str, first: &'v [Value], second: &[Value]) -> Option<&'v str> {
    let (Some(Value::String(name)), Some(other)) = (first.first(), second.first()) else {
        return None;
    };
    let is_field = at.contains(".headers[") && first.len() == 2 && second.len() == 2;
    (is_field && *other == **name).then_some(name)
}

/// Both values as they are shown.
fn shown(member: &str, pair: Pair<'_>, secrets: &[Redactor<'_>]) -> (String, String) {
    let is_secret = normal::SECRETS.contains(&member);
    let show = |value: Option<&Value>| match value {
        None => "nothing".to_owned(),
        Some(_) if is_secret => "a secret".to_owned(),
        Some(value) => {
            let text = match value {
                Value::String(text) => text.clone(),
                value => value.to_string(),
            };
            let text = secrets.iter().fold(text, |text, s| s.redact(&text));
            let text = cut(&text);
            match value {
                Value::String(_) => format!("\"{}\"", text.escape_debug()),
                _ => text,
            }
        }
    };
    let (first, second) = (show(pair.0), show(pair.1));
    if first == second {
        // They part in a secret, or beyond what is shown.
        let second = format!("another that is shown the same ({second})");
        return (first, second);
    }
    (first, second)
}

fn cut(text: &str) -> String {
    if text.chars().count() <= MOST_SHOWN {
        return text.to_owned();
    }
    let kept: String = text.chars().take(MOST_SHOWN - 1).collect();
    format!("{kept}…")
}
