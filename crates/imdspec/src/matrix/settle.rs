//! Takes out of a trace what differs from run to run, so that kept evidence changes only when the
//! subject's behaviour does.
//!
//! Dates become the time since the scenario's first resolve, ports, the machine's folders
//! and its kernel words; times count from that resolve.

use imdspec_rules::{Trace, What};
use imdspec_wire::{Mono, Timestamp, Wall};

/// Dates further from the run than this are the scenario's own, not the clock's.
const MOST_MINUTES: i64 = 100 * 24 * 60;
/// Where paths of a machine begin. Nothing of the metadata service does.
const ROOTS: [&str; 15] = [
    "/home/",
    "/Users/",
    "/root/",
    "/usr/",
    "/opt/",
    "/tmp/",
    "/var/",
    "/private/",
    "/nix/",
    "/etc/",
    "/work/",
    "/workspace/",
    "/builds/",
    "/data/",
    "/mnt/",
];

/// Settles what belongs to one trace.
pub(super) struct Settle {
    start: Wall,
    began: Mono,
}

impl Settle {
    /// Learns when a trace began.
    pub(super) fn new(trace: &Trace) -> Self {
        let is_resolve = |w: &What| matches!(w, What::Resolve { .. });
        let first = trace
            .events
            .iter()
            .find(|e| is_resolve(&e.what))
            .or_else(|| trace.events.first());
        Self {
            start: first.map_or(Wall(0), |e| e.wall),
            began: first.map_or(Mono(0), |e| e.at),
        }
    }

    /// For text that belongs to no trace: dates stay.
    pub(super) const fn nowhere() -> Self {
        Self {
            start: Wall(0),
            began: Mono(0),
        }
    }

    /// The trace, settled. One that cannot be settled is left as it is.
    pub(super) fn trace(&self, trace: &Trace) -> Trace {
        // As text, because a date or a port may stand anywhere: target, header, body, message.
        let text = self.text(&trace.to_string());
        let mut settled: Trace = text.parse().unwrap_or_else(|_| trace.clone());
        for event in &mut settled.events {
            event.at = Mono(event.at.0.saturating_sub(self.began.0));
        }
        settled
    }

    /// Any text about the trace, settled.
    pub(super) fn text(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        let mut before = None;
        while let Some(next) = rest.chars().next() {
            let found = match next {
                '0'..='9' => self.date(rest, before),
                '/' => path(rest, before, &out),
                _ => None,
            }
            .or_else(|| port(rest, before))
            .or_else(|| system(rest));
            let (taken, shown) = found.unwrap_or_else(|| (next.len_utf8(), next.to_string()));
            out.push_str(&shown);
            before = rest[..taken].chars().last();
            rest = &rest[taken..];
        }
        out
    }

    /// An RFC 3339 timestamp at the beginning of `text`: how long it is, and what is shown.
    fn date(&self, text: &str, before: Option<char>) -> Option<(usize, String)> {
        if before.is_some_and(|c| c.is_ascii_alphanumeric())
            || text.as_bytes().get(4) != Some(&b'-')
        {
            return None;
        }
        let longest = text
            .find(|c: char| !(c.is_ascii_digit() || "-+:.TZtz".contains(c)))
            .unwrap_or(text.len())
            .min(40);
        let (end, date) = (20..=longest)
            .rev()
            .find_map(|end| Some((end, Timestamp::parse(&text[..end]).ok()?)))?;
        let since = date.wall().millis_since(self.start);
        let zone = text[19..end].trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
        let zone = zone.trim_start_matches(['Z', 'z']);
        Some((end, format!("{}{zone}", relative(since)?)))
    }
}

/// A date by its distance from the start, coarse enough to be the same the next time.
fn relative(millis: i64) -> Option<String> {
    let (sign, millis) = if millis < 0 {
        ('-', -millis)
    } else {
        ('+', millis)
    };
    let seconds = (millis + 500) / 1000;
    let minutes = (millis + 30_000) / 60_000;
    if minutes > MOST_MINUTES {
        return None;
    }
    Some(match (seconds, minutes) {
        (..5, _) => "<start>".into(),
        (5..90, _) => format!("<start {sign} {} s>", (seconds + 5) / 10 * 10),
        (_, m) if m % 1440 == 0 => format!("<start {sign} {} d>", m / 1440),
        (_, m) if m % 60 == 0 => format!("<start {sign} {} h>", m / 60),
        (_, m) if m < 60 => format!("<start {sign} {m} min>"),
        (_, m) => format!("<start {sign} {} h {} min>", m / 60, m % 60),
    })
}

/// A loopback address with a port.
fn port(text: &str, before: Option<char>) -> Option<(usize, String)> {
    if before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '.') {
        return None;
    }
    let host = ["127.0.0.1:", "[::1]:", "localhost:"]
        .into_iter()
        .find(|h| text.starts_with(h))?;
    let digits = text[host.len()..]
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len() - host.len());
    // Ports below are a scenario's own.
    let ours = text[host.len()..][..digits].parse::<u16>().ok()? >= 1024;
    ours.then(|| (host.len() + digits, format!("{host}<port>")))
}

/// The version of the machine's kernel, as user agents tell it.
fn system(text: &str) -> Option<(usize, String)> {
    let name = ["Linux/", "linux/", "linux#", "Darwin/", "macos#"]
        .into_iter()
        .find(|n| text.starts_with(n))?;
    let rest = &text[name.len()..];
    let end = rest
        .find(|c: char| !(c.is_ascii_alphanumeric() || ".-_+".contains(c)))
        .unwrap_or(rest.len());
    let is_version = rest.starts_with(|c: char| c.is_ascii_digit());
    is_version.then(|| (name.len() + end, format!("{name}<version>")))
}

/// A path of this machine: only its last part is anybody's business.
fn path(text: &str, before: Option<char>, out: &str) -> Option<(usize, String)> {
    // In a trace's lines, a line feed is spelled `\n`.
    let inside = before.is_some_and(|c| c.is_ascii_alphanumeric() || "/._-~".contains(c));
    if (inside && !out.ends_with("\\n")) || !ROOTS.iter().any(|r| text.starts_with(r)) {
        return None;
    }
    let end = text
        .find(|c: char| c.is_whitespace() || "\"'`\\<>()[]{}|,;:".contains(c))
        .unwrap_or(text.len());
    let path = text[..end].trim_end_matches(['.', '/']);
    let last = path.rsplit('/').next().unwrap_or_default();
    // A program's home of its own has another name each time.
    let last = if last.starts_with("imdspec-") {
        "home"
    } else {
        last
    };
    Some((path.len(), format!("…/{last}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(text: &str) -> String {
        let start = Timestamp::parse("2026-11-24T21:00:00Z").unwrap().wall();
        Settle {
            start,
            began: Mono(0),
        }
        .text(text)
    }

    #[test]
    fn dates_are_told_by_their_distance() {
        for (text, shown) in [
            ("2026-11-24T21:00:01Z", "<start>"),
            ("at 2026-11-25T02:59:58Z or", "at <start + 6 h> or"),
            ("\"2026-11-24T20:43:10Z\"", "\"<start - 17 min>\""),
            ("2026-11-25T03:00:00.125+00:00,", "<start + 6 h>+00:00,"),
            ("2026-11-24T22:30:00Z", "<start + 1 h 30 min>"),
            ("2026-11-24T21:00:32Z", "<start + 30 s>"),
            ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
            ("2026-11-24", "2026-11-24"),
            ("12026-11-24T21:00:01Z", "12026-11-24T21:00:01Z"),
        ] {
            assert_eq!(settled(text), shown, "{text}");
        }
    }

    #[test]
    fn ports_and_paths_of_the_machine_are_words() {
        for (text, shown) in [
            (
                "PUT http://127.0.0.1:36815/latest",
                "PUT http://127.0.0.1:<port>/latest",
            ),
            ("[::1]:40000", "[::1]:<port>"),
            ("127.0.0.1:80", "127.0.0.1:80"),
            (
                "File \"/usr/lib/python3/json/decoder.py\", line 3",
                "File \"…/decoder.py\", line 3",
            ),
            ("read /tmp/imdspec-a1b2c3: no", "read …/home: no"),
            ("a\\n/home/me/x.go:12", "a\\n…/x.go:12"),
            ("/latest/api/token", "/latest/api/token"),
            ("wJalr/usr/x", "wJalr/usr/x"),
            (
                "Python/3.11 Linux/6.1.0-18 x",
                "Python/3.11 Linux/<version> x",
            ),
        ] {
            assert_eq!(settled(text), shown, "{text}");
        }
    }

    #[test]
    fn a_settled_trace_is_still_one() {
        use imdspec_suite::{Reference, memory, scenario};
        for scenario in scenario::embedded() {
            let trace = memory::run(scenario, &Reference::default(), 1);
            let settle = Settle::new(&trace);
            let text = settle.text(&trace.to_string());
            assert!(text.parse::<Trace>().is_ok(), "{}", scenario.name);
            // What was settled stays so.
            assert_eq!(settle.text(&text), text, "{}", scenario.name);
        }
    }
}
