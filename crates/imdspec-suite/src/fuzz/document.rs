//! What a document must come to, whoever reads it: the oracle for parsers of other people.

use imdspec_rules::Given;
use imdspec_wire::{CredentialDocument, Credentials, Field, Success, Timestamp, WireError};
use std::fmt;

/// What must come of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Demand {
    /// These credentials: every client takes such a document.
    Take(Box<Credentials>),
    /// No credentials, and why.
    Refuse(WireError),
    /// Either: the sources leave it open, or clients are known to differ with good reason.
    Open,
}

/// What a parser did that it must not.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wrong {
    /// It refused what every client takes.
    Refused,
    /// It took what must be refused.
    Took(WireError),
    /// It took the document and gave something else than stands in it.
    Altered(&'static str),
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused => f.write_str("a sound document was refused (DOC-001)"),
            Self::Took(why) => write!(f, "credentials were taken from a document although {why}"),
            Self::Altered(what) => write!(f, "{what} is not the one in the document (DOC-001)"),
        }
    }
}

impl std::error::Error for Wrong {}

/// What must come of `bytes` as a credential document. Only what a MUST says is demanded: DOC-001,
/// 002, 003, 007, 008, 009, 012, 016, 020 and 021.
#[must_use]
pub fn demand(bytes: &[u8]) -> Demand {
    let document = match CredentialDocument::parse(bytes) {
        Ok(document) => document,
        Err(WireError::NotAnObject) => return Demand::Refuse(WireError::NotAnObject),
        Err(not_json @ WireError::NotJson { .. }) => {
            return if begins_with_a_value(bytes) || is_an_extension(bytes) {
                Demand::Open
            } else {
                Demand::Refuse(not_json)
            };
        }
        Err(_) => return Demand::Open,
    };
    if is_ambiguous(&document) {
        return Demand::Open;
    }
    match document.credentials() {
        Ok(credentials) if is_plain(&document, &credentials) => Demand::Take(Box::new(credentials)),
        Err(why) if is_a_must(&document, &why) => Demand::Refuse(why),
        _ => Demand::Open,
    }
}

/// Holds what a parser made of `bytes` against what must come of it.
///
/// # Errors
/// What is wrong.
pub fn check(bytes: &[u8], taken: Option<&Given>) -> Result<(), Wrong> {
    match (demand(bytes), taken) {
        (Demand::Take(_), None) => Err(Wrong::Refused),
        (Demand::Refuse(why), Some(_)) => Err(Wrong::Took(why)),
        (Demand::Take(there), Some(given)) => same(&there, given),
        (Demand::Refuse(_) | Demand::Open, None) | (Demand::Open, Some(_)) => Ok(()),
    }
}

fn same(there: &Credentials, given: &Given) -> Result<(), Wrong> {
    if given.access_key_id != there.access_key_id {
        return Err(Wrong::Altered("the access key id"));
    }
    let differs = |given: &Option<String>, there: &str| given.as_ref().is_some_and(|g| g != there);
    if differs(&given.secret_access_key, &there.secret_access_key) {
        return Err(Wrong::Altered("the secret access key"));
    }
    if differs(&given.session_token, &there.session_token) {
        return Err(Wrong::Altered("the security token"));
    }
    let second = |t: Timestamp| t.wall().0.div_euclid(1000);
    match given.expiration.as_deref().map(Timestamp::parse) {
        Some(Ok(end)) if second(end) != second(there.expiration) => {
            Err(Wrong::Altered("the expiration"))
        }
        // One that is not given, or spelled in a way of its own, is not altered.
        _ => Ok(()),
    }
}

/// Whether the bytes begin with a whole JSON value: what stands behind it is DOC-017's matter. A
/// byte order mark in front is nobody's.
fn begins_with_a_value(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let mut values = serde_json::Deserializer::from_slice(bytes).into_iter::<serde_json::Value>();
    matches!(values.next(), Some(Ok(value)) if value.is_object())
}

/// Whether what is no JSON is a number or an escape that is none: some libraries take `5.` and `\q`,
/// and RFC 8259, section 9, lets a parser take more than JSON.
fn is_an_extension(bytes: &[u8]) -> bool {
    const EXTENSIONS: [&str; 5] = [
        "invalid number",
        "number out of range",
        "invalid escape",
        "lone leading surrogate",
        "unexpected end of hex escape",
    ];
    let read: Result<serde_json::Value, _> = serde_json::from_slice(bytes);
    read.is_err_and(|e| {
        let words = e.to_string();
        EXTENSIONS.iter().any(|x| words.starts_with(x))
    })
}

/// Whether clients may well read another document than this: a member twice, or one whose name
/// differs from a known one in letter case alone.
fn is_ambiguous(document: &CredentialDocument) -> bool {
    let alike = |name: &String| {
        let plain = name.replace(['_', '-', ' '], "");
        let mut known = MEMBERS.iter();
        known.any(|k| k.eq_ignore_ascii_case(&plain))
    };
    !document.duplicates().is_empty() || document.unknown().iter().any(alike)
}

const MEMBERS: [&str; 11] = [
    "Code",
    "Message",
    "LastUpdated",
    "Type",
    "AccessKeyId",
    "SecretAccessKey",
    "Token",
    "SessionToken",
    "Expiration",
    "ExpiresAt",
    "AccountId",
];

/// Whether nothing about an acceptable document is so odd that a client may mind.
fn is_plain(document: &CredentialDocument, credentials: &Credentials) -> bool {
    let raw = document.raw();
    let odd = |text: &str| text.chars().any(char::is_control) || text.trim() != text;
    let texts = [
        &credentials.access_key_id,
        &credentials.secret_access_key,
        &credentials.session_token,
    ];
    let end = match document.field("Expiration") {
        Field::Text(text) => text,
        Field::Absent | Field::Other(_) => return false,
    };
    // DOC-012 is about Z; other offsets, and years that some libraries do not know, are open.
    let common_end = end.ends_with('Z') && end.contains('T') && !end.contains(":60");
    let year = end.get(..4).and_then(|y| y.parse::<u16>().ok());
    document.success() == Success::Yes
        && raw.trim() == raw
        && raw.len() < 32 << 10
        && !texts.iter().any(|t| odd(t))
        && common_end
        && year.is_some_and(|y| (1970..=2200).contains(&y))
        && depth(raw) < 32
        && !has_odd_numbers_or_surrogates(raw)
        && ["Message", "LastUpdated", "Type", "AccountId"]
            .iter()
            .all(|name| matches!(document.field(name), Field::Text(_) | Field::Absent))
}

/// The most brackets open at once, strings not looked into: more than there is at most.
fn depth(raw: &str) -> usize {
    let mut open = 0_usize;
    let mut most = 0;
    for b in raw.bytes() {
        match b {
            b'{' | b'[' => open += 1,
            b'}' | b']' => open = open.saturating_sub(1),
            _ => {}
        }
        most = most.max(open);
    }
    most
}

/// Numbers beyond what a double holds, and halves of surrogate pairs, are read by some libraries and
/// refused by others (RFC 8259, sections 6 and 8.2).
fn has_odd_numbers_or_surrogates(raw: &str) -> bool {
    let lower = raw.to_ascii_lowercase();
    let huge = raw
        .split(|c: char| !c.is_ascii_digit())
        .any(|digits| digits.len() > 15);
    lower.contains("\\ud") || huge || raw.bytes().zip(raw.bytes().skip(1)).any(is_exponent)
}

fn is_exponent((before, at): (u8, u8)) -> bool {
    before.is_ascii_digit() && matches!(at, b'e' | b'E')
}

/// Whether a refusal is one that a MUST asks for.
fn is_a_must(document: &CredentialDocument, why: &WireError) -> bool {
    match why {
        // DOC-003 is about a text, and leaves letter case aside.
        WireError::Failure { code, .. } => {
            matches!(document.field("Code"), Field::Text(_))
                && !code.trim().eq_ignore_ascii_case("Success")
        }
        WireError::Missing(name) | WireError::Empty(name) => {
            matches!(*name, "AccessKeyId" | "SecretAccessKey")
        }
        WireError::NotAString(name) => matches!(*name, "AccessKeyId" | "SecretAccessKey"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: &str = r#"{"Code":"Success","AccessKeyId":"ASIAEXAMPLE","SecretAccessKey":"s/","Token":"t==","Expiration":"2099-01-01T00:00:00Z"}"#;

    fn of(edit: impl Fn(String) -> String) -> Demand {
        demand(edit(SOUND.to_owned()).as_bytes())
    }

    #[test]
    fn only_what_a_must_says_is_demanded() {
        assert!(matches!(of(|t| t), Demand::Take(_)));
        assert!(matches!(
            of(|t| t.replace("}", ",\"New\":[{}]}")),
            Demand::Take(_)
        ));
        for (from, to) in [
            ("Success", "Failed"),
            ("ASIAEXAMPLE", ""),
            ("\"s/\"", "null"),
            ("AccessKeyId", "Other"),
            ("}", ""),
        ] {
            let demand = of(|t| t.replace(from, to));
            assert!(
                matches!(demand, Demand::Refuse(_)),
                "{from} → {to}: {demand:?}"
            );
        }
        for (from, to) in [
            ("Success", "success"),
            ("\"Success\"", "null"),
            ("\"t==\"", "null"),
            ("2099-01-01T00:00:00Z", "never"),
            ("2099-01-01T00:00:00Z", "2099-01-01T00:00:00+00:00"),
            ("}", "} "),
            ("}", "}}"),
            ("{", "\u{feff}{"),
            ("{", "{\"Token\":\"u\","),
            ("{", "{\"accesskeyid\":\"u\","),
            ("{", "{\"New\":1e400,"),
            ("{", "{\"New\":5.,"),
            ("}", ",\"New\":01}"),
            ("}", ",\"New\":\"\\q\"}"),
            ("}", ",\"New\":\"\\ud800\"}"),
            ("}", ",\"ExpiresAt\":\"u\"}"),
            ("\"Code\":\"Success\",", ""),
        ] {
            let demand = of(|t| t.replacen(from, to, 1));
            assert_eq!(demand, Demand::Open, "{from} → {to}");
        }
    }

    #[test]
    fn what_is_taken_is_what_stands_there() {
        let given = |secret: &str, end: &str| Given {
            access_key_id: "ASIAEXAMPLE".into(),
            secret_access_key: Some(secret.into()),
            session_token: Some("t==".into()),
            expiration: Some(end.into()),
            account_id: None,
        };
        let bytes = SOUND.as_bytes();
        let fine = given("s/", "2099-01-01T00:00:00.000Z");
        assert_eq!(check(bytes, Some(&fine)), Ok(()));
        assert_eq!(check(bytes, None), Err(Wrong::Refused));
        let other = given("s", "2099-01-01T00:00:00Z");
        assert_eq!(
            check(bytes, Some(&other)),
            Err(Wrong::Altered("the secret access key"))
        );
        let later = given("s/", "2099-01-01T01:00:00Z");
        assert_eq!(
            check(bytes, Some(&later)),
            Err(Wrong::Altered("the expiration"))
        );
        assert_eq!(
            check(b"[]", Some(&fine)),
            Err(Wrong::Took(WireError::NotAnObject))
        );
    }
}
