//! The scenario that serves an input to a subject.

use super::{Folder, Input, Says};
use crate::scenario::{Scenario, Step};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use imdspec_model::{Fault, Framing, Nth, On, World};
use imdspec_wire::{
    Headers, Limits, Received, Response, ResponseReader, TTL_HEADER, Version, WireError,
};

/// A healthy document, with an expiration to be put in.
const DOCUMENT: &str = concat!(
    r#"{ "Code" : "Success", "LastUpdated" : "${last-updated}", "Type" : "AWS-HMAC", "#,
    r#""AccessKeyId" : "${access-key-id}", "SecretAccessKey" : "${secret-access-key}", "#,
    r#""Token" : "${token}", "Expiration" : EXPIRATION }"#
);
const IN_SIX_HOURS: &str = r#""${expiration+6h}""#;

/// What is read of a reply of the corpus: none is larger.
const LIMITS: Limits = Limits {
    head: 64 * 1024,
    body: 1024 * 1024,
};

impl Input {
    /// The scenario in which the service answers with these bytes, and the subject is asked once.
    /// Each request of their kind is answered so: a client that asks again gets nothing better.
    #[must_use]
    pub fn scenario(&self) -> Scenario {
        Scenario {
            name: self.scenario_name(),
            title: self.why.clone(),
            exercises: vec![self.rule()],
            why: Some(format!("corpus/{}; {}", self.path(), self.source)),
            clock: Default::default(),
            network: Default::default(),
            endpoint: Default::default(),
            links: Default::default(),
            world: self.world(),
            sources: Default::default(),
            profile: None,
            env: Default::default(),
            config: Default::default(),
            code: Default::default(),
            files: Default::default(),
            steps: vec![Step::Resolve(1)],
        }
    }

    /// The rule that its source names, or the one that says what such an input must not do.
    fn rule(&self) -> String {
        let named = self
            .source
            .split([';', ',', ' '])
            .next()
            .unwrap_or_default();
        let is_rule = imdspec_rules::rules::get(named).is_some();
        let otherwise = match self.folder {
            Folder::CredentialDocument => "DOC-016",
            Folder::RoleList => "ROUTE-013",
            Folder::TokenReply => "TOKEN-013",
            Folder::Timestamp => "DOC-014",
        };
        (if is_rule { named } else { otherwise }).to_owned()
    }

    fn world(&self) -> World {
        let faults = match self.folder {
            Folder::CredentialDocument => vec![self.bytes_on(On::Document)],
            Folder::Timestamp => vec![self.with_expiration()],
            Folder::TokenReply => vec![
                self.reply(),
                // To whatever token, or none: who sent which is seen in the requests.
                text(On::Roles, "${role}"),
                text(On::Document, &document(IN_SIX_HOURS)),
            ],
            Folder::RoleList => return self.world_of_roles(),
        };
        World {
            faults,
            ..World::default()
        }
    }

    fn world_of_roles(&self) -> World {
        let (role, faults) = match self.says() {
            // The role that is there: its document is at the path of its name, and nowhere else.
            Says::Accept => (String::from_utf8_lossy(self.bytes).into_owned(), Vec::new()),
            // No role; whoever takes the list itself for a document is given one.
            Says::Refuse => {
                let first = Fault {
                    nth: nth(1, Some(1)),
                    ..self.bytes_on(On::Roles)
                };
                let again = Fault {
                    nth: nth(2, None),
                    ..text(On::Roles, &document(IN_SIX_HOURS))
                };
                (String::new(), vec![first, again])
            }
            // Whatever name is made of it, there is a document.
            Says::Open => {
                let any = text(On::Document, &document(IN_SIX_HOURS));
                (World::default().role, vec![self.bytes_on(On::Roles), any])
            }
        };
        World {
            role,
            faults,
            ..World::default()
        }
    }

    fn bytes_on(&self, on: On) -> Fault {
        Fault {
            on,
            body_base64: Some(STANDARD.encode(self.bytes)),
            ..Fault::default()
        }
    }

    fn with_expiration(&self) -> Fault {
        let expiration = serde_json::Value::from(String::from_utf8_lossy(self.bytes));
        text(On::Document, &document(&expiration.to_string()))
    }

    /// The reply of the file: status, fields, body, and how it is framed.
    fn reply(&self) -> Fault {
        let (interim, bytes) = interim(self.bytes);
        let (response, whole) = response(bytes);
        let framing = match response.headers.get("transfer-encoding") {
            Some(_) => Framing::Chunked,
            None if response.headers.has("content-length") => Framing::Length,
            None => Framing::Close,
        };
        let is_framing = |name: &str| {
            ["content-length", "transfer-encoding"]
                .iter()
                .any(|framing| framing.eq_ignore_ascii_case(name))
        };
        let fields = response.headers.0.iter();
        let claimed = response.headers.get("content-length");
        Fault {
            on: On::Token,
            method: Some("PUT".into()),
            status: Some(response.status),
            version: Some(response.version),
            interim,
            headers: fields
                .filter(|(n, _)| !is_framing(n))
                .map(|(n, v)| (n.to_string(), v.clone()))
                .collect(),
            without: ["Content-Type", TTL_HEADER]
                .into_iter()
                .filter(|name| !response.headers.has(name))
                .map(str::to_owned)
                .collect(),
            framing: (!matches!(response.status, 204 | 304)).then_some(framing),
            content_length: claimed.filter(|_| !whole).and_then(|n| n.parse().ok()),
            cut: (!whole).then_some(response.body.len() as u64),
            // One byte more than is sent, so that a chunk is cut, and not the list of chunks.
            body_base64: Some(STANDARD.encode(match whole {
                true => response.body.0,
                false => [&response.body[..], b"."].concat(),
            })),
            ..Fault::default()
        }
    }

    /// The body of a token reply as a client would put it in a header; none where it is cut.
    pub(super) fn token(&self) -> Option<String> {
        let (response, whole) = response(interim(self.bytes).1);
        let body = response.body.0.into_iter();
        whole.then(|| body.map(char::from).collect())
    }
}

fn document(expiration: &str) -> String {
    DOCUMENT.replace("EXPIRATION", expiration)
}

fn text(on: On, body: &str) -> Fault {
    Fault {
        on,
        body: Some(body.to_owned()),
        ..Fault::default()
    }
}

const fn nth(first: u32, last: Option<u32>) -> Nth {
    Nth { first, last }
}

/// The interim statuses that come first, and what comes after them.
fn interim(mut bytes: &[u8]) -> (Vec<u16>, &[u8]) {
    let mut statuses = Vec::new();
    while let Some(status) = status(bytes).filter(|s| matches!(s, 100..=199)) {
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
            break;
        };
        statuses.push(status);
        bytes = &bytes[end + 4..];
    }
    (statuses, bytes)
}

fn status(bytes: &[u8]) -> Option<u16> {
    let line = bytes.split(|b| *b == b'\n').next()?;
    let digits = line.strip_prefix(b"HTTP/1.1 ")?.get(..3)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The reply, and whether it is whole; of a reply that is cut, as much as there is.
fn response(bytes: &[u8]) -> (Response, bool) {
    let read = |bytes: &[u8]| -> Result<Response, WireError> {
        let mut reader = ResponseReader::new("PUT", LIMITS);
        match reader.feed(bytes)? {
            Received::Done(response) => Ok(response),
            Received::More => reader.end(),
        }
    };
    if let Ok(response) = read(bytes) {
        return (response, true);
    }
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let (head, body) = bytes.split_at(end.map_or(bytes.len(), |end| end + 4));
    // The head as a reply of its own, whose body is what is there of it.
    let unframed = String::from_utf8_lossy(head)
        .replace("Content-Length", "X-Length")
        .replace("Transfer-Encoding", "X-Coding");
    let mut response = read(unframed.as_bytes()).unwrap_or_else(|_| Response {
        version: Version::Http11,
        status: 500,
        reason: String::new(),
        headers: Headers::default(),
        body: Default::default(),
    });
    for (name, _) in &mut response.headers.0 {
        match &**name {
            "X-Length" => *name = "Content-Length".into(),
            "X-Coding" => *name = "Transfer-Encoding".into(),
            _ => {}
        }
    }
    let is_chunked = response.headers.has("transfer-encoding");
    let size_line = body.iter().position(|b| *b == b'\n').map_or(0, |i| i + 1);
    response.body.0 = body[if is_chunked { size_line } else { 0 }..].to_vec();
    (response, false)
}
