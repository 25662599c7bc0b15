//! The credential document: what a role's path answers.

use crate::{Timestamp, WireError};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// A credential document as read: any JSON object, judged by nobody yet.
///
/// Members keep their JSON type, names that stand twice are remembered, unknown members are named
/// but not interpreted, and the raw text is kept. [`credentials`](Self::credentials) then says
/// whether the document is one that a client may accept.
///
/// Source: EC2 User Guide, "Retrieve security credentials from instance metadata".
#[derive(Clone, PartialEq, Eq)]
pub struct CredentialDocument {
    raw: String,
    known: [Option<Value>; NAMES.len()],
    duplicates: Vec<&'static str>,
    unknown: Vec<String>,
}

/// The members a client reads, in the order the service writes them.
const NAMES: [&str; 9] = [
    "Code",
    "Message",
    "LastUpdated",
    "Type",
    "AccessKeyId",
    "SecretAccessKey",
    "Token",
    "Expiration",
    "AccountId",
];

/// One member of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field<'a> {
    /// The member is not there.
    Absent,
    /// A JSON string, unescaped.
    Text(&'a str),
    /// Something that is not a string.
    Other(FieldType),
}

/// The JSON type of a member that is not a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldType {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool,
    /// A number.
    Number,
    /// An array.
    Array,
    /// An object.
    Object,
}

/// What `Code` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Success {
    /// `Code` is exactly `Success`.
    Yes,
    /// There is no `Code`; container endpoints never send one.
    Unsaid,
    /// `Code` is anything else.
    No,
}

/// Credentials an application may sign with. Debug never shows the secret or the token.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The access key id; not secret.
    pub access_key_id: String,
    /// The secret access key.
    pub secret_access_key: String,
    /// The security token that goes with the two (STS's, not the IMDSv2 session token).
    pub session_token: String,
    /// When they end.
    pub expiration: Timestamp,
    /// The account, where the service says it.
    pub account_id: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .field("secret_access_key", &"(redacted)")
            .field("session_token", &"(redacted)")
            .field("expiration", &self.expiration)
            .field("account_id", &self.account_id)
            .finish()
    }
}

impl fmt::Debug for CredentialDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CredentialDocument")
            .field("bytes", &self.raw.len())
            .field("duplicates", &self.duplicates)
            .field("unknown", &self.unknown)
            .finish_non_exhaustive()
    }
}

impl CredentialDocument {
    /// Reads a document.
    ///
    /// # Errors
    /// [`WireError::NotUtf8`], [`WireError::NotJson`] (also for bytes after the object that are
    /// not white space) or [`WireError::NotAnObject`].
    pub fn parse(body: &[u8]) -> Result<Self, WireError> {
        let raw = std::str::from_utf8(body).map_err(|e| WireError::NotUtf8 {
            valid_up_to: e.valid_up_to(),
        })?;
        let members: Members = serde_json::from_str(raw).map_err(|e| {
            // A value of another type is well-formed JSON; only then is it "not an object".
            if e.is_data() && serde_json::from_str::<IgnoredAny>(raw).is_ok() {
                WireError::NotAnObject
            } else {
                WireError::NotJson {
                    line: e.line(),
                    column: e.column(),
                }
            }
        })?;
        Ok(Self {
            raw: raw.to_owned(),
            known: members.known,
            duplicates: members.duplicates,
            unknown: members.unknown,
        })
    }

    /// The document as sent.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// A member by its exact name; [`Field::Absent`] also for a name no client reads.
    #[must_use]
    pub fn field(&self, name: &str) -> Field<'_> {
        let value = NAMES
            .iter()
            .position(|n| *n == name)
            .and_then(|i| self.known[i].as_ref());
        match value {
            None => Field::Absent,
            Some(Value::Text(text)) => Field::Text(text),
            Some(Value::Other(kind)) => Field::Other(*kind),
        }
    }

    /// Members no client reads, in the order they stand.
    #[must_use]
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }

    /// Known members that stand more than once; the last value is the one kept.
    #[must_use]
    pub fn duplicates(&self) -> &[&'static str] {
        &self.duplicates
    }

    /// What `Code` says.
    #[must_use]
    pub fn success(&self) -> Success {
        match self.field("Code") {
            Field::Absent => Success::Unsaid,
            Field::Text("Success") => Success::Yes,
            Field::Text(_) | Field::Other(_) => Success::No,
        }
    }

    /// The credentials, if this is a document that a client may accept: `Code` is `Success` or
    /// absent, no known member stands twice, the keys and the token are strings with content, and
    /// `Expiration` is an RFC 3339 timestamp (which may be in the past).
    ///
    /// # Errors
    /// The first reason why not.
    pub fn credentials(&self) -> Result<Credentials, WireError> {
        if let Some(name) = self.duplicates.first() {
            return Err(WireError::Duplicate(name));
        }
        if self.success() == Success::No {
            return Err(self.failure());
        }
        let expiration = self.text("Expiration")?;
        Ok(Credentials {
            access_key_id: self.text("AccessKeyId")?.to_owned(),
            secret_access_key: self.text("SecretAccessKey")?.to_owned(),
            session_token: self.text("Token")?.to_owned(),
            expiration: Timestamp::parse(expiration)?,
            account_id: match self.field("AccountId") {
                Field::Text(id) if !id.is_empty() => Some(id.to_owned()),
                _ => None,
            },
        })
    }

    fn failure(&self) -> WireError {
        let cut = |field: Field<'_>, limit: usize| match field {
            Field::Text(text) => text.chars().take(limit).collect(),
            Field::Absent | Field::Other(_) => String::new(),
        };
        WireError::Failure {
            code: cut(self.field("Code"), 128),
            message: cut(self.field("Message"), 256),
        }
    }

    fn text(&self, name: &'static str) -> Result<&str, WireError> {
        match self.field(name) {
            Field::Absent => Err(WireError::Missing(name)),
            Field::Other(_) => Err(WireError::NotAString(name)),
            Field::Text("") => Err(WireError::Empty(name)),
            Field::Text(text) => Ok(text),
        }
    }
}

#[derive(Clone, PartialEq, Eq)]
enum Value {
    Text(String),
    Other(FieldType),
}

#[derive(Default)]
struct Members {
    known: [Option<Value>; NAMES.len()],
    duplicates: Vec<&'static str>,
    unknown: Vec<String>,
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = Members::default();
        while let Some(name) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            let Some(i) = NAMES.iter().position(|n| *n == name) else {
                map.next_value::<IgnoredAny>()?;
                members.unknown.push(name.into_owned());
                continue;
            };
            if members.known[i].replace(map.next_value()?).is_some()
                && !members.duplicates.contains(&NAMES[i])
            {
                members.duplicates.push(NAMES[i]);
            }
        }
        Ok(members)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(text))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Other(FieldType::Null))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Value, E> {
        Ok(Value::Other(FieldType::Bool))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Value, E> {
        Ok(Value::Other(FieldType::Number))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Value, E> {
        Ok(Value::Other(FieldType::Number))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
        Ok(Value::Other(FieldType::Number))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Other(FieldType::Array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Other(FieldType::Object))
    }
}
