//! A line of a trace without what may differ from run to run.

use super::Likeness;
use crate::conversation::names;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The members that hold a secret, whatever it is.
pub(super) const SECRETS: [&str; 6] = [
    "secret.value",
    "file.text",
    "keys.secret_access_key",
    "keys.session_token",
    "outcome.secret_access_key",
    "outcome.session_token",
];

/// What a program's home is called, up to the letters of chance.
const HOME: &str = "imdspec-";
/// How many letters of chance follow.
const HOME_LETTERS: usize = 6;

/// What stands for what differs, in one trace.
pub(super) struct Normal {
    likeness: Likeness,
    /// Ports that the system dealt out, and what each stands as: they are numbered in the order in
    /// which they are met, so that who is spoken to still counts.
    ports: BTreeMap<String, String>,
    connections: BTreeMap<u64, u64>,
}

impl Normal {
    pub(super) fn new(likeness: Likeness) -> Self {
        Self {
            likeness,
            ports: BTreeMap::new(),
            connections: BTreeMap::new(),
        }
    }

    /// Remembers the ports in a text.
    fn learn(&mut self, text: &str) {
        for (at, _) in text.match_indices([':', 'A']) {
            let port = digits(&text[at + 1..]);
            let before = &text[..=at];
            let is_place = ["127.0.0.1:", "localhost:", "[::1]:", "127.0.0.1%3A"]
                .iter()
                .any(|host| before.ends_with(host));
            if is_place && !port.is_empty() && !self.ports.contains_key(port) {
                let name = format!("<port {}>", self.ports.len() + 1);
                self.ports.insert(port.to_owned(), name);
            }
        }
    }

    pub(super) fn line(&mut self, value: Value) -> Value {
        if self.likeness == Likeness::Bytes {
            return value;
        }
        let Value::Object(mut members) = value else {
            return value;
        };
        if self.likeness == Likeness::ButPortsAndTimes {
            members.remove("at");
            members.remove("wall");
        }
        for kind in ["request", "connect", "malformed"] {
            if let Some(Value::Object(seen)) = members.get_mut(kind) {
                self.connection(seen);
            }
        }
        self.value(Value::Object(members))
    }

    /// Numbers connections anew, in the order in which something came on them.
    fn connection(&mut self, seen: &mut Map<String, Value>) {
        let Some(number) = seen.get("conn").and_then(Value::as_u64) else {
            return;
        };
        let next = self.connections.len() as u64 + 1;
        let known = *self.connections.entry(number).or_insert(next);
        seen.insert("conn".into(), known.into());
    }

    fn value(&mut self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Array(all) => all.into_iter().map(|v| self.value(v)).collect(),
            Value::Object(members) => members
                .into_iter()
                .map(|(name, value)| (name, self.value(value)))
                .collect(),
            other => other,
        }
    }

    fn text(&mut self, text: &str) -> String {
        self.learn(text);
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        let mut last = ' ';
        while let Some(first) = rest.chars().next() {
            let length = match self.met(rest, last) {
                Some((length, stands)) => {
                    out.push_str(&stands);
                    length
                }
                None => {
                    out.push(first);
                    first.len_utf8()
                }
            };
            last = rest[..length].chars().next_back().unwrap_or(' ');
            rest = &rest[length..];
        }
        out
    }

    /// What `text`, which stands behind `last`, begins with, if that may differ: how long it is, and
    /// what stands for it.
    fn met(&self, text: &str, last: char) -> Option<(usize, String)> {
        let port = digits(text);
        if !port.is_empty()
            && !last.is_ascii_digit()
            && let Some(name) = self.ports.get(port)
        {
            return Some((port.len(), name.clone()));
        }
        if let Some(length) = names::signature(text) {
            // The host is signed, and with it the port.
            return Some((length, "Signature=<signature>".into()));
        }
        if self.likeness != Likeness::ButPortsAndTimes {
            return None;
        }
        let pattern = names::pattern;
        names::date(text)
            .map(|length| (length, "<date>".to_owned()))
            .or_else(|| {
                let length = pattern(text, "dddddddd/us-east-1/")?;
                Some((length, "<day>/us-east-1/".into()))
            })
            .or_else(|| Some((home(text)?, format!("{HOME}<home>"))))
    }
}

/// The digits that a text begins with.
fn digits(text: &str) -> &str {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    &text[..length]
}

/// How long the name of a program's home is that a text begins with.
fn home(text: &str) -> Option<usize> {
    let rest = text.strip_prefix(HOME)?;
    let letters = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
    (letters == HOME_LETTERS).then_some(HOME.len() + HOME_LETTERS)
}
