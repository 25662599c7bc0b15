//! The secrets of recorded traffic, learnt from the traffic itself: nobody announced them.

use imdspec_rules::{Event, SecretKind, Trace, What};
use imdspec_wire::{CredentialDocument, Field, Route, TOKEN_HEADER};
use std::collections::HashSet;

/// Shorter values are no secrets of the service's, and would be found all over the text.
const SHORTEST: usize = 8;

/// What is known to be secret so far.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    known: HashSet<String>,
    /// Requests for a session token that have no reply yet.
    puts: HashSet<u32>,
}

impl Secrets {
    /// The secrets that an event shows for the first time.
    pub(super) fn of(&mut self, what: &What) -> Vec<(SecretKind, String)> {
        let mut found = Vec::new();
        match what {
            What::Secret { value, .. } => {
                self.known.insert(value.clone());
            }
            What::Request(request) => {
                let route = Route::of(&request.target);
                if request.method == "PUT" && matches!(route, Route::Token | Route::OddToken) {
                    self.puts.insert(request.request);
                }
                for (name, kind) in HEADERS {
                    let values = request.headers.all(name);
                    found.extend(values.map(|v| (kind, v.trim().to_owned())));
                }
            }
            What::Reply(reply) => {
                let text = reply.body.text();
                let is_token = self.puts.remove(&reply.request);
                if is_token && matches!(reply.status, Some(200..=299)) {
                    found.push((SecretKind::SessionToken, text.trim().to_owned()));
                }
                of_document(&reply.body, &text, &mut found);
            }
            What::Malformed { bytes, .. } => {
                let text = bytes.text();
                for line in text.split(['\r', '\n']) {
                    let Some((name, value)) = line.split_once(':') else {
                        continue;
                    };
                    let of = |(n, _): &&(&str, SecretKind)| n.eq_ignore_ascii_case(name.trim());
                    let kind = HEADERS.iter().find(of).map(|(_, kind)| *kind);
                    found.extend(kind.map(|kind| (kind, value.trim().to_owned())));
                }
            }
            _ => {}
        }
        found.retain(|(_, value)| value.len() >= SHORTEST && self.known.insert(value.clone()));
        found
    }
}

/// Headers of requests that hold secrets.
const HEADERS: [(&str, SecretKind); 2] = [
    (TOKEN_HEADER, SecretKind::SessionToken),
    ("authorization", SecretKind::Authorization),
];

/// Members of a document that hold secrets.
const MEMBERS: [(&str, SecretKind); 2] = [
    ("SecretAccessKey", SecretKind::SecretAccessKey),
    ("Token", SecretKind::SecurityToken),
];

/// What is secret in a document, or in something that looks like one.
fn of_document(body: &[u8], text: &str, found: &mut Vec<(SecretKind, String)>) {
    if let Ok(document) = CredentialDocument::parse(body) {
        for (name, kind) in MEMBERS {
            if let Field::Text(value) = document.field(name) {
                found.push((kind, value.to_owned()));
            }
        }
    }
    // As it is spelled too, and where the document does not parse or has a member twice.
    for (name, kind) in MEMBERS {
        let mut rest = text;
        while let Some(at) = find_quoted(rest, name) {
            rest = &rest[at..];
            let value = rest.trim_start().strip_prefix(':').map(str::trim_start);
            if let Some(value) = value.and_then(|v| v.strip_prefix('"')) {
                found.push((kind, up_to_quote(value).to_owned()));
            }
        }
    }
}

/// Where what follows a quoted name begins, in any letter case.
fn find_quoted(text: &str, name: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let length = name.len() + 2;
    let is_it = |w: &[u8]| {
        w.first() == Some(&b'"')
            && w.last() == Some(&b'"')
            && w[1..w.len() - 1].eq_ignore_ascii_case(name.as_bytes())
    };
    bytes.windows(length).position(is_it).map(|at| at + length)
}

/// The text before the quote that ends it, or all of it.
fn up_to_quote(text: &str) -> &str {
    let mut is_escaped = false;
    let end = text.find(|c| {
        let ends = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        ends
    });
    &text[..end.unwrap_or(text.len())]
}

/// The trace with its secrets announced before what shows them, and where its events stand: an
/// announcement stands nowhere.
pub(super) fn announced(trace: Trace, places: Vec<u32>) -> (Trace, Vec<u32>) {
    let mut secrets = Secrets::default();
    let mut events = Vec::with_capacity(trace.events.len());
    let mut kept = Vec::with_capacity(places.len());
    for (event, place) in trace.events.into_iter().zip(places) {
        for (kind, value) in secrets.of(&event.what) {
            events.push(Event {
                at: event.at,
                wall: event.wall,
                what: What::Secret { kind, value },
            });
            kept.push(0);
        }
        events.push(event);
        kept.push(place);
    }
    let header = trace.header;
    (Trace { header, events }, kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use imdspec_rules::{End, Reply};
    use imdspec_wire::{Bytes, Version};

    fn of(body: &str) -> Vec<String> {
        let reply = What::Reply(Reply {
            request: 1,
            version: Version::Http11,
            status: Some(200),
            interim: Vec::new(),
            headers: Default::default(),
            body: Bytes(body.as_bytes().to_vec()),
            end: End::Whole,
            delay: 0,
            fault: String::new(),
        });
        let found = Secrets::default().of(&reply);
        found.into_iter().map(|(_, value)| value).collect()
    }

    #[test]
    fn secrets_are_found_in_documents_that_are_none() {
        let whole = r#"{"SecretAccessKey" : "a/secret/key", "Token":"a\/security"}"#;
        assert_eq!(of(whole), ["a/secret/key", "a/security", r"a\/security"]);
        let twice = r#"{"Token":"the first one","token":"the second one"}"#;
        assert!(of(twice).contains(&"the first one".to_owned()));
        assert!(of(twice).contains(&"the second one".to_owned()));
        assert_eq!(
            of(r#"{"SecretAccessKey":"cut in the mid"#),
            ["cut in the mid"]
        );
        assert_eq!(of(r#"["Token" "none"], "Token":7"#), [""; 0]);
    }
}
