//! A trace as a text that is the same, byte for byte, each time a subject does the same.
//!
//! What differs from run to run stands as a name: secrets, access keys, dates, ports, ids. What
//! rests on time or chance is left out: when things happened, which connection they were on, how
//! much of an endless body went out, the words of a refusal, what was written aside. Of several
//! callers at once the requests are sorted.
//!
//! Kept for each scenario, it shows a change of behaviour in review, even where no rule is broken.

pub(crate) mod names;
mod store;

pub use store::{Accepted, Difference, StoreError, Updated};

use imdspec_rules::{End, Outcome, RefusalKind, Reply, RequestSeen, Trace, What};
use imdspec_wire::{TTL_HEADER, Timestamp};
use names::Names;
use std::collections::BTreeMap;

/// The most of a body that is kept, in characters.
const MOST_BODY: usize = 240;

/// The conversation of a trace.
///
/// ```
/// use imdspec_suite::{Reference, conversation, memory, scenario};
///
/// let canonical = scenario::embedded().iter().find(|s| s.name == "doc/canonical").unwrap();
/// let said = |seed| conversation::normalised(&memory::run(canonical, &Reference::default(), seed));
/// assert_eq!(said(1), said(2));
/// assert!(said(1).contains("x-aws-ec2-metadata-token: <session-token 1>"));
/// ```
#[must_use]
pub fn normalised(trace: &Trace) -> String {
    let mut writer = Writer {
        names: Names::of(trace),
        expirations: BTreeMap::new(),
        asked: Asked::default(),
        lines: Vec::new(),
    };
    for event in &trace.events {
        writer.take(&event.what);
    }
    writer.flush();
    let mut text = writer.lines.join("\n");
    text.push('\n');
    text
}

struct Writer<'t> {
    names: Names<'t>,
    /// The expiration of each document served, by its access key id.
    expirations: BTreeMap<String, String>,
    asked: Asked,
    lines: Vec<String>,
}

/// What happens while callers wait for an answer.
#[derive(Default)]
struct Asked {
    open: usize,
    calls: Vec<u32>,
    /// Each with its reply.
    exchanges: Vec<String>,
    outcomes: BTreeMap<u32, String>,
}

impl Writer<'_> {
    fn take(&mut self, what: &What) {
        match what {
            What::Clock { moved } => self.line(format!("-- the clock moves: {moved} --")),
            What::World { change } => self.line(format!("-- the world changes: {change} --")),
            What::Resolve { call } => {
                self.asked.open += 1;
                self.asked.calls.push(*call);
            }
            What::Request(request) => {
                let text = self.request(request);
                self.asked.exchanges.push(text);
            }
            What::Reply(reply) => {
                let text = self.reply(reply);
                // A reply stands right after its request.
                if let Some(request) = self.asked.exchanges.last_mut() {
                    request.push_str(&text);
                }
            }
            What::Malformed { server, bytes, .. } => {
                let server = names::server(*server);
                let text = self.names.replace(&bytes.text());
                let text = cut(&text.escape_debug().to_string());
                let line = format!("bytes that are no request to {server}\n    {text}");
                self.asked.exchanges.push(line);
            }
            What::Outcome { call, outcome } => {
                let text = self.outcome(outcome);
                self.asked.outcomes.insert(*call, text);
                self.asked.open = self.asked.open.saturating_sub(1);
                if self.asked.open == 0 {
                    self.flush();
                }
            }
            What::Ran { .. } => self
                .asked
                .exchanges
                .push("the credential process is run".into()),
            What::Secret { .. }
            | What::Keys(_)
            | What::File { .. }
            | What::Connect { .. }
            | What::Sent { .. }
            | What::Output { .. } => {}
        }
    }

    fn line(&mut self, line: String) {
        self.flush();
        self.lines.push(line);
    }

    /// Writes down what happened since somebody was asked.
    fn flush(&mut self) {
        let mut asked = std::mem::take(&mut self.asked);
        if asked.calls.len() > 1 {
            // Who of them came first is chance.
            asked.exchanges.sort();
        }
        let calls = asked.calls.iter().map(|call| format!("resolve {call}"));
        self.lines.extend(calls);
        self.lines.append(&mut asked.exchanges);
        let outcomes = asked.outcomes.into_iter();
        self.lines
            .extend(outcomes.map(|(call, text)| format!("resolve {call}: {text}")));
    }

    fn request(&mut self, request: &RequestSeen) -> String {
        let server = names::server(request.server);
        let target = self.names.replace(&request.target);
        let (method, version) = (&request.method, request.version.as_str());
        let mut text = format!("{method} {target} {version} to {server}");
        for (name, value) in &request.headers.0 {
            let value = match name.to_ascii_lowercase() {
                // It names versions, of the system too.
                n if n.ends_with("user-agent") => "<user agent>".into(),
                _ => self.names.replace(value),
            };
            text.push_str(&format!("\n    {name}: {value}"));
        }
        self.body(&mut text, &request.body.text());
        text
    }

    fn reply(&mut self, reply: &Reply) -> String {
        let body = reply.body.text();
        self.learn(&body);
        let mut text = String::from("\n  ");
        for status in &reply.interim {
            text.push_str(&format!("{status}, then "));
        }
        match reply.status {
            Some(status) => text.push_str(&status.to_string()),
            None => text.push_str("no status"),
        }
        let end = match reply.end {
            End::Whole => "",
            End::Short => ", cut short",
            End::Silent => ", silence",
            End::Closed => ", connection closed",
            End::Reset => ", connection reset",
            End::Garbage => ", not HTTP",
            End::Drip => ", a byte at a time",
            End::Endless => ", without end",
            End::Unseen => ", its end not recorded",
        };
        text.push_str(end);
        for (name, header) in [("ttl", TTL_HEADER), ("location", "location")] {
            if let Some(value) = reply.headers.get(header) {
                let value = self.names.replace(value);
                text.push_str(&format!(", {name} {value}"));
            }
        }
        if reply.delay > 0 {
            text.push_str(&format!(", after {} ms", reply.delay));
        }
        self.body(&mut text, &body);
        text
    }

    fn body(&mut self, text: &mut String, body: &str) {
        if !body.is_empty() {
            let flat = self.names.replace(body);
            let flat = flat.split_whitespace().collect::<Vec<_>>().join(" ");
            text.push_str(&format!("\n    {}", cut(&flat)));
        }
    }

    /// Remembers when the credentials of a document end.
    fn learn(&mut self, body: &str) {
        let Ok(document) = serde_json::from_str::<serde_json::Value>(body) else {
            return;
        };
        let member = |name: &str| document.get(name).and_then(serde_json::Value::as_str);
        if let (Some(key), Some(end)) = (member("AccessKeyId"), member("Expiration")) {
            self.expirations.insert(key.to_owned(), end.to_owned());
        }
    }

    fn outcome(&mut self, outcome: &Outcome) -> String {
        match outcome {
            Outcome::Credentials(given) => {
                let end = self.expiration(&given.access_key_id, given.expiration.as_deref());
                let mut parts = vec![self.names.replace(&given.access_key_id)];
                match &given.secret_access_key {
                    Some(secret) => parts.push(self.names.replace(secret)),
                    None => parts.push("a secret that is not seen".into()),
                }
                match &given.session_token {
                    Some(token) => parts.push(self.names.replace(token)),
                    None => parts.push("no security token".into()),
                }
                parts.push(end);
                if let Some(account) = &given.account_id {
                    parts.push(format!("account {account}"));
                }
                format!("credentials {}", parts.join(", "))
            }
            Outcome::Refused { kind, .. } => match kind {
                Some(RefusalKind::None) => "no credentials here".into(),
                Some(RefusalKind::Error) => "an error".into(),
                None => "no credentials".into(),
            },
            Outcome::Crash { how } => format!("crash ({how})"),
            Outcome::BadOutput { .. } => "output that is no answer".into(),
            Outcome::Deadline { .. } => "no answer in time".into(),
        }
    }

    fn expiration(&self, key: &str, given: Option<&str>) -> String {
        let Some(given) = given else {
            return "no expiration".into();
        };
        let date = |text: &str| Timestamp::parse(text).ok();
        match self.expirations.get(key) {
            None => "expiring <date>".into(),
            Some(served) if served == given || date(served) == date(given) => {
                "expiring as served".into()
            }
            Some(_) => "expiring at another date than served".into(),
        }
    }
}

fn cut(text: &str) -> String {
    let mut kept: String = text.chars().take(MOST_BODY).collect();
    if kept.len() < text.len() {
        kept.push('…');
    }
    kept
}
