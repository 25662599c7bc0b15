//! What session programs say, read a second time.

use crate::program::{Hello, Line, next_line, parse_hello, read_answer};
use imdspec_rules::{Given, Outcome, RefusalKind};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use std::fmt;
use std::task::{Context, Poll, Waker};

/// A session program's lines are read as [`session_messages_by`] says.
///
/// # Panics
/// When that does not hold.
pub fn session_messages(bytes: &[u8]) {
    session_messages_by(hello, answer, bytes);
}

/// Reads a line as the hello of a session program, as the runner does.
#[must_use]
pub fn hello(line: &[u8]) -> Option<Hello> {
    parse_hello(line).ok()
}

/// Reads a line as an answer of a session program, as the runner does: its id, and what it says.
#[must_use]
pub fn answer(line: &[u8]) -> (Option<u32>, Outcome) {
    read_answer(line)
}

/// Each line is taken as a hello, and as an answer, exactly where the contract
/// (`docs/testing-a-program.md`) has it so: UTF-8, one object, members that a reader knows at most
/// once and of their type (or null), others passed over; an answer gives credentials of `Version` 1
/// with their two keys, or an error, and not both; the id is the line's. What is no answer is said
/// to be none in words that quote none of its texts.
///
/// # Panics
/// When that does not hold.
pub fn session_messages_by(
    hello: impl Fn(&[u8]) -> Option<Hello>,
    answer: impl Fn(&[u8]) -> (Option<u32>, Outcome),
    bytes: &[u8],
) {
    let mut pipe = bytes;
    let blank = |line: &&[u8]| line.trim_ascii().is_empty();
    for line in bytes.split(|b| *b == b'\n').filter(|l| !blank(l)) {
        assert_eq!(next(&mut pipe), Line::Text(line.to_owned()), "a line");
        assert_eq!(hello(line), expected_hello(line), "as a hello");
        let (id, outcome) = answer(line);
        let (expected_id, expected) = expected_answer(line);
        assert_eq!(id, expected_id, "the id");
        match (&outcome, expected) {
            (Outcome::BadOutput { what }, None) => quotes_nothing(line, what),
            (_, None) => panic!("taken, and no answer: {outcome:?}"),
            (found, Some(expected)) => assert_eq!(*found, expected, "as an answer"),
        }
    }
    assert_eq!(next(&mut pipe), Line::End, "no more lines");
}

/// The next line of a pipe that never has anybody wait.
fn next(pipe: &mut &[u8]) -> Line {
    let line = std::pin::pin!(next_line(pipe));
    match line.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(line)) => line,
        Poll::Ready(Err(_)) | Poll::Pending => panic!("memory is always there"),
    }
}

fn expected_hello(line: &[u8]) -> Option<Hello> {
    let members = Members::of(line, &["imdspec", "name", "version", "concurrency"])?;
    if members.get("imdspec")?.as_u64()? != 1 {
        return None;
    }
    let concurrency = match members.there("concurrency") {
        None => 1,
        Some(number) => u32::try_from(number.as_u64()?).ok()?.clamp(1, 64),
    };
    Some(Hello {
        name: members.get("name")?.as_str()?.to_owned(),
        version: match members.get("version") {
            None => String::new(),
            Some(version) => version.as_str()?.to_owned(),
        },
        concurrency,
    })
}

/// The id that a line says, and the answer, if it is one.
fn expected_answer(line: &[u8]) -> (Option<u32>, Option<Outcome>) {
    let known = ["id", "credentials", "error", "unsupported"];
    let Some(members) = Members::of(line, &known) else {
        return (None, None);
    };
    let id = match members.there("id").map(Value::as_u64) {
        None => None,
        Some(Some(id)) if id <= u64::from(u32::MAX) => u32::try_from(id).ok(),
        Some(_) => return (None, None),
    };
    let unsupported = match members.get("unsupported") {
        None => false,
        Some(Value::Bool(unsupported)) => *unsupported,
        Some(_) => return (None, None),
    };
    let error = members.there("error");
    let refused = error.map(|_| members.error.as_deref().and_then(refusal));
    if refused == Some(None) {
        return (None, None);
    }
    let outcome = match (members.there("credentials"), refused.flatten()) {
        _ if unsupported => None,
        (Some(shape), None) => given(shape).map(Outcome::Credentials),
        (None, refused) => refused,
        (Some(_), Some(_)) => None,
    };
    (id, outcome)
}

fn refusal(error: &Members) -> Option<Outcome> {
    error.once(&["kind", "message"])?;
    let kind = match error.get("kind") {
        None | Some(Value::Null) => None,
        Some(kind) => Some(match kind.as_str()? {
            "none" => RefusalKind::None,
            "error" => RefusalKind::Error,
            _ => return None,
        }),
    };
    let message = match error.get("message") {
        None => "",
        Some(message) => message.as_str()?,
    };
    Some(Outcome::Refused {
        kind,
        message: message.to_owned(),
    })
}

fn given(shape: &Value) -> Option<Given> {
    let shape = shape.as_object()?;
    if shape.get("Version")?.as_u64()? != 1 {
        return None;
    }
    let must = |name: &str| shape.get(name)?.as_str().map(str::to_owned);
    // None where there is one of another type.
    let may = |name: &str| match shape.get(name) {
        None | Some(Value::Null) => Some(None),
        Some(value) => value.as_str().map(|text| Some(text.to_owned())),
    };
    Some(Given {
        access_key_id: must("AccessKeyId")?,
        secret_access_key: Some(must("SecretAccessKey")?),
        session_token: may("SessionToken")?,
        expiration: may("Expiration")?,
        account_id: may("AccountId")?,
    })
}

/// A complaint that holds no text of the line that might be a secret.
fn quotes_nothing(line: &[u8], what: &str) {
    fn look(value: &Value, what: &str) {
        match value {
            Value::String(text) if text.len() >= 8 => {
                let ours = [
                    "AccessKeyId",
                    "SecretAccessKey",
                    "SessionToken",
                    "Expiration",
                    "AccountId",
                ];
                let is_ours = ours.iter().any(|name| name.contains(text.as_str()));
                let word = |c: char| c.is_ascii_alphabetic() || c.is_ascii_whitespace();
                // Plain words may be words of the complaint.
                let plain = text.chars().all(word);
                assert!(
                    is_ours || plain || !what.contains(text.as_str()),
                    "quoted: {what}"
                );
            }
            Value::Array(values) => values.iter().for_each(|v| look(v, what)),
            Value::Object(members) => members.values().for_each(|v| look(v, what)),
            _ => {}
        }
    }
    if let Ok(value) = serde_json::from_slice::<Value>(line) {
        look(&value, what);
    }
}

/// The members that a reader knows of an object, as they stand: one that stands twice does so here.
/// What others are is passed over, and may be anything.
#[derive(Default)]
struct Members {
    values: Vec<(String, Value)>,
    /// Those of the member `error`, which is an object too.
    error: Option<Box<Self>>,
    null: bool,
}

impl Members {
    /// The members of a line, each once.
    fn of(line: &[u8], known: &[&str]) -> Option<Self> {
        let text = std::str::from_utf8(line).ok()?;
        let mut json = serde_json::Deserializer::from_str(text);
        let members = Known(known).deserialize(&mut json).ok()?;
        json.end().ok()?;
        members.once(known)?;
        (!members.null).then_some(members)
    }

    fn get(&self, name: &str) -> Option<&Value> {
        let found = self.values.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value)
    }

    /// A member that is there and not null.
    fn there(&self, name: &str) -> Option<&Value> {
        self.get(name).filter(|value| !value.is_null())
    }

    fn once(&self, known: &[&str]) -> Option<()> {
        let count = |name: &str| self.values.iter().filter(|(n, _)| n == name).count();
        known.iter().all(|name| count(name) <= 1).then_some(())
    }
}

/// The names that a reader knows.
#[derive(Clone, Copy)]
struct Known<'k>(&'k [&'k str]);

impl<'de> DeserializeSeed<'de> for Known<'_> {
    type Value = Members;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Members, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Known<'_> {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E>(self) -> Result<Members, E> {
        Ok(Members {
            null: true,
            ..Members::default()
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = Members::default();
        while let Some(name) = map.next_key::<String>()? {
            if !self.0.contains(&name.as_str()) {
                map.next_value::<IgnoredAny>()?;
            } else if name == "error" {
                let error = map.next_value_seed(Known(&["kind", "message"]))?;
                let there = if error.null { Value::Null } else { true.into() };
                members.values.push((name, there));
                members.error = Some(Box::new(error));
            } else {
                members.values.push((name, map.next_value()?));
            }
        }
        Ok(members)
    }
}
