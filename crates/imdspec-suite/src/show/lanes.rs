//! A trace as two lanes: what the subject did on the left, what the service did on the right.

use super::paint::{DIM, RED, paint};
use super::redact::Redactor;
use imdspec_rules::{End, Outcome, RefusalKind, Reply, RequestSeen, Server, Stream, Trace, What};
use imdspec_wire::{Mono, Route, TOKEN_HEADER, TTL_HEADER};
use std::borrow::Cow;
use std::collections::HashSet;

/// How wide the subject's lane is, in characters.
const LEFT: usize = 62;
/// The most of a body that is shown, in characters.
const MOST_BODY: usize = 300;
/// The most events shown of a trace whose offence is far in.
const MOST_EVENTS: usize = 40;

/// What times are rounded to in a picture that is kept, in milliseconds.
const STEP: u64 = 10_000;

/// The exchange as lines of text, the events in `marked` marked; the last of them is the offence.
#[must_use]
pub fn lanes(trace: &Trace, marked: &[u32]) -> Vec<String> {
    picture(trace, marked, Part::ToTheOffence, seconds, |number| number)
}

/// The whole exchange, from its first event to its last, however long it is.
#[must_use]
pub fn whole(trace: &Trace, marked: &[u32]) -> Vec<String> {
    picture(trace, marked, Part::Whole, seconds, |number| number)
}

/// The same of recorded traffic: each event is numbered by where it stands in its file, which
/// `places` says in the order of the events; 0 for nowhere.
#[must_use]
pub fn lanes_at(trace: &Trace, marked: &[u32], places: &[u32]) -> Vec<String> {
    let place = |number: u32| {
        let index = usize::try_from(number).unwrap_or(0).wrapping_sub(1);
        places.get(index).copied().unwrap_or(0)
    };
    picture(trace, marked, Part::ToTheOffence, seconds, place)
}

fn seconds(at: Mono) -> String {
    format!("{:>10.3} s", at.0 as f64 / 1000.0)
}

/// The same with times to the nearest ten seconds: a picture that is kept should change when what
/// it shows does, and not with the machine's load.
#[must_use]
pub fn lanes_to_keep(trace: &Trace, marked: &[u32]) -> Vec<String> {
    let rounded = |at: Mono| {
        let steps = at.0.saturating_add(STEP / 2) / STEP;
        format!("{:>10} s", steps * STEP / 1000)
    };
    picture(trace, marked, Part::ToTheOffence, rounded, |number| number)
}

/// How much of a trace is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// What led to the last event marked, and a little more.
    ToTheOffence,
    /// Everything.
    Whole,
}

fn picture(
    trace: &Trace,
    marked: &[u32],
    part: Part,
    time: impl Fn(Mono) -> String,
    place: impl Fn(u32) -> u32,
) -> Vec<String> {
    let redactor = Redactor::new(trace);
    let private = private(trace);
    let broke = trace.events.iter().any(|e| is_breakdown(&e.what));
    let shown: Vec<(u32, &imdspec_rules::Event)> = trace
        .events
        .iter()
        .enumerate()
        .map(|(i, e)| (u32::try_from(i + 1).unwrap_or(u32::MAX), e))
        .filter(|(n, e)| marked.contains(n) || is_of_interest(&e.what, broke))
        .collect();
    let last = marked.last().copied().unwrap_or(0);
    let offence = shown.iter().position(|(n, _)| *n >= last);
    let (begin, end) = match (part, offence) {
        (Part::Whole, _) => (0, shown.len()),
        (Part::ToTheOffence, offence) => {
            let end = offence.map_or(shown.len(), |i| (i + 3).min(shown.len()));
            (end.saturating_sub(MOST_EVENTS), end)
        }
    };
    let mut lines = Vec::new();
    if begin > 0 {
        lines.push(paint(DIM, format!("        … {begin} earlier events")));
    }
    for (number, event) in &shown[begin..end] {
        let mark = if marked.contains(number) { '>' } else { ' ' };
        let at = time(event.at);
        let place = match place(*number) {
            0 => String::new(),
            place => place.to_string(),
        };
        let texts = match &event.what {
            What::Reply(reply) => reply_lines(reply, &redactor, private.contains(&reply.request)),
            what => lines_of(what, &redactor),
        };
        for (i, text) in texts.iter().enumerate() {
            let text = visible(text);
            let line = if i == 0 {
                format!("{mark}{place:>4} {at}  {text}")
            } else {
                format!("{:>20}{text}", "")
            };
            lines.push(match (*number == last, mark) {
                (true, _) => paint(RED, line),
                (false, '>') => line,
                _ if marked.is_empty() => line,
                (false, _) => paint(DIM, line),
            });
        }
    }
    lines
}

/// The requests of recorded traffic whose replies are nobody's business: they are not for
/// credentials, and may hold anything, such as an instance's user data.
fn private(trace: &Trace) -> HashSet<u32> {
    let is_other = |r: &&RequestSeen| Route::of(&r.target) == Route::Other;
    let requests = trace.events.iter().filter_map(|e| match &e.what {
        What::Request(request) => Some(request),
        _ => None,
    });
    let others = requests.filter(|_| trace.header.recorded.is_some());
    others.filter(is_other).map(|r| r.request).collect()
}

/// Whether an event belongs in every picture: what a subject writes aside is of interest only when
/// it broke down.
const fn is_of_interest(what: &What, broke: bool) -> bool {
    match what {
        What::Secret { .. } | What::Connect { .. } => false,
        What::Output { stream, .. } => broke && matches!(stream, Stream::Stderr),
        _ => true,
    }
}

const fn is_breakdown(what: &What) -> bool {
    matches!(
        what,
        What::Outcome {
            outcome: Outcome::Crash { .. } | Outcome::BadOutput { .. },
            ..
        }
    )
}

fn lines_of(what: &What, redactor: &Redactor<'_>) -> Vec<String> {
    match what {
        What::Clock { moved } => vec![format!("-- the clock moves: {moved} --")],
        What::World { change } => vec![format!("-- the world changes: {change} --")],
        What::Resolve { call } => vec![format!("resolve {call}: give me credentials")],
        What::Request(request) => request_lines(request, redactor),
        What::Reply(reply) => reply_lines(reply, redactor, false),
        What::Sent {
            body_bytes,
            gave_up,
            ..
        } => {
            let how = if *gave_up {
                "the subject stopped reading"
            } else {
                "the subject took all of it"
            };
            vec![right(&format!("{body_bytes} body bytes sent; {how}"))]
        }
        What::Malformed { bytes, .. } => {
            // Line by line, control characters spelled out: one of them is what is wrong.
            let text = redactor.redact(&bytes.text());
            let lines = text.split("\r\n").filter(|l| !l.is_empty());
            let shown = lines
                .take(8)
                .map(|l| format!("  {}", cut(&l.escape_debug().to_string(), 90)));
            let head = format!("{} ──►", left("bytes that are no request:"));
            std::iter::once(head).chain(shown).collect()
        }
        What::Outcome { call, outcome } => vec![outcome_line(*call, outcome, redactor)],
        What::Output { stream, text } => {
            let text = redactor.redact(text.trim_end());
            let name = format!("{stream:?}").to_lowercase();
            // The end of a traceback says what happened.
            let last: Vec<&str> = text.lines().rev().take(2).collect();
            last.into_iter()
                .rev()
                .map(|line| format!("{name}: {}", cut(line.trim(), MOST_BODY)))
                .collect()
        }
        What::Keys(keys) => vec![format!(
            "-- {} has the access key {}{} --",
            keys.source.title(),
            keys.access_key_id,
            if keys.base { " to begin with" } else { "" }
        )],
        What::File { name, .. } => vec![format!("-- the file {name} is written --")],
        What::Ran { source } => vec![format!("the command of the {} is run", source.title())],
        What::Secret { .. } | What::Connect { .. } => Vec::new(),
    }
}

fn request_lines(request: &RequestSeen, redactor: &Redactor<'_>) -> Vec<String> {
    let to = match request.server {
        Server::Imds => String::new(),
        Server::Collector => " (the collector!)".into(),
        Server::Proxy => " (the proxy!)".into(),
        Server::Container => " (the container endpoint)".into(),
        Server::Sts => " (the Security Token Service)".into(),
        Server::Sso => " (the portal of IAM Identity Center)".into(),
        Server::Oidc => " (the token service of IAM Identity Center)".into(),
        Server::Signin => " (the sign-in service)".into(),
    };
    let head = format!("{} {}", request.method, request.target);
    let mut lines = vec![format!("{} ──►{to}", left(&redactor.redact(&head)))];
    for name in [TTL_HEADER, TOKEN_HEADER, "x-forwarded-for", "authorization"] {
        for value in request.headers.all(name) {
            lines.push(format!("  {name}: {}", cut(&redactor.redact(value), 60)));
        }
    }
    lines
}

fn reply_lines(reply: &Reply, redactor: &Redactor<'_>, is_private: bool) -> Vec<String> {
    let interim: String = reply
        .interim
        .iter()
        .map(|s| format!("{s}, then "))
        .collect();
    let mut head = match (reply.end, reply.status) {
        (End::Whole, Some(status)) => format!("◄── {interim}{status}"),
        (End::Short, Some(status)) => format!("◄── {status}, cut short"),
        (End::Drip, Some(status)) => format!("◄── {status}, a byte at a time"),
        (End::Endless, Some(status)) => format!("◄── {status}, without end"),
        (End::Unseen, Some(status)) => format!("◄── {status}, its end not recorded"),
        (End::Unseen, None) => "◄── (a reply that was not recorded)".into(),
        (End::Silent, _) => "    (no reply, the connection stays open)".into(),
        (End::Reset, _) => "◄── (connection reset)".into(),
        (End::Closed, _) => "◄── (connection closed)".into(),
        (_, _) => "◄── (not HTTP)".into(),
    };
    for name in [TTL_HEADER, "location", "content-type"] {
        if let Some(value) = reply.headers.get(name) {
            let name = if name == TTL_HEADER { "ttl" } else { name };
            head.push_str(&format!(", {name} {value}"));
        }
    }
    if reply.delay > 0 {
        head.push_str(&format!(", after {} ms", reply.delay));
    }
    let mut lines = vec![right(&head)];
    if is_private {
        lines.push(right(&format!("    <{} bytes>", reply.body.len())));
    } else if !reply.body.is_empty() {
        let text = redactor.redact(&reply.body.text());
        // White space around a body may be what matters; within a document it is not.
        let flat = if text.trim() == text {
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        } else {
            quoted(&text)
        };
        // Of an error page the beginning says enough.
        let most = if flat.starts_with('<') { 40 } else { MOST_BODY };
        lines.push(right(&format!("    {}", cut(&flat, most))));
    }
    lines
}

fn outcome_line(call: u32, outcome: &Outcome, redactor: &Redactor<'_>) -> String {
    let text = match outcome {
        Outcome::Credentials(given) => format!(
            "credentials {}, {}",
            given.access_key_id,
            given
                .expiration
                .as_ref()
                .map_or_else(|| "no expiration".into(), |e| format!("expiring {e}")),
        ),
        Outcome::Refused { kind, message } => {
            let kind = match kind {
                Some(RefusalKind::None) => "none",
                Some(RefusalKind::Error) => "error",
                None => "no credentials",
            };
            let message = redactor.redact(message);
            format!("{kind}: {}", cut(&message, 160))
        }
        Outcome::Crash { how } => format!("CRASH: {how}"),
        Outcome::BadOutput { what } => format!("BAD OUTPUT: {what}"),
        Outcome::Deadline { after } => format!("HANG: no answer within {after} ms"),
    };
    format!("resolve {call} ends: {text}")
}

/// `text` in quotes, and how many spaces follow where they are many.
fn quoted(text: &str) -> String {
    let kept = text.trim_end_matches(' ');
    match text.len() - kept.len() {
        spaces @ 10.. => format!("{kept:?} and {spaces} spaces"),
        _ => format!("{text:?}"),
    }
}

/// `text` with control characters spelled out: what a subject or a reply holds must not reach a
/// terminal, or make a page of evidence a binary file.
fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return text.into();
    }
    text.chars()
        .map(|c| match c {
            c if c.is_control() => c.escape_debug().to_string(),
            c => c.to_string(),
        })
        .collect::<String>()
        .into()
}

fn left(text: &str) -> String {
    format!("{:<LEFT$}", cut(text, LEFT))
}

fn right(text: &str) -> String {
    format!("{:>12}{text}", "")
}

/// The first `most` characters of `text`, and a sign if there was more.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_spelled_out() {
        assert_eq!(visible("a\0b\u{1b}[2Jc\u{9b}"), r"a\0b\u{1b}[2Jc\u{9b}");
        assert_eq!(visible("plain ──► Text"), "plain ──► Text");
    }
}
