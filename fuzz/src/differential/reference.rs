//! What the reference parser says of a document, and all the reasons it has to say no.

use super::json::members;
use super::{document, timestamp};
use imdspec_wire::{
    CredentialDocument, Credentials, Field, FieldType, Success, Timestamp, WireError,
};

/// The members whose value is handed on.
pub(super) const VALUES: [&str; 4] = ["AccessKeyId", "SecretAccessKey", "Token", "Expiration"];

/// The reference parser's word on a document.
pub struct Reference {
    document: Option<CredentialDocument>,
    verdict: Result<Credentials, WireError>,
    bytes: Vec<u8>,
}

/// A reason to refuse a document, and what is peculiar about it.
pub(super) struct Reason {
    pub(super) says: String,
    pub(super) traits: Vec<String>,
}

impl Reason {
    fn new(says: impl Into<String>, traits: impl IntoIterator<Item = &'static str>) -> Self {
        Self {
            says: says.into(),
            traits: traits.into_iter().map(str::to_owned).collect(),
        }
    }

    /// The same reason, with the trait that the member stands there under another name, if it does.
    fn or_by_another_name(mut self, member: &str, document: &[String]) -> Self {
        let other = document::another_name(member);
        if document.contains(&other) {
            self.traits.push(other);
        }
        self
    }
}

impl Reference {
    /// Asks the reference parser.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let (document, verdict) = match CredentialDocument::parse(bytes) {
            Ok(document) => {
                let verdict = document.credentials();
                (Some(document), verdict)
            }
            Err(reason) => (None, Err(reason)),
        };
        Self {
            document,
            verdict,
            bytes: bytes.to_owned(),
        }
    }

    /// The credentials, or the first reason why there are none.
    ///
    /// # Errors
    /// That reason.
    pub fn verdict(&self) -> Result<&Credentials, &WireError> {
        self.verdict.as_ref()
    }

    /// The text of a member that stands once.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let document = self.document.as_ref()?;
        match document.field(name) {
            Field::Text(text) if !document.duplicates().contains(&name) => Some(text),
            _ => None,
        }
    }

    /// The text of `Expiration`.
    pub(super) fn expiration(&self) -> Option<&str> {
        self.text("Expiration")
    }

    /// The peculiarities of the document, if it can be read.
    pub(super) fn traits(&self) -> Vec<String> {
        self.document
            .as_ref()
            .map(document::traits)
            .unwrap_or_default()
    }

    /// Every reason to refuse the document: whoever accepts it disagrees with each of them, and a
    /// reason that is known must not hide one that is not.
    pub(super) fn reasons(&self) -> Vec<Reason> {
        match (&self.document, &self.verdict) {
            (Some(document), _) => reasons(document),
            (None, Err(WireError::NotUtf8 { .. })) => self.not_utf8(),
            (None, Err(WireError::NotAnObject)) => {
                let first = self.bytes.iter().find(|byte| !byte.is_ascii_whitespace());
                let kind = if first == Some(&b'[') {
                    "array"
                } else {
                    "scalar"
                };
                vec![Reason::new("NotAnObject", [kind])]
            }
            (None, _) => {
                let text = String::from_utf8_lossy(&self.bytes);
                let why = members(&text).err().map(|e| e.to_string());
                let why = why.unwrap_or_default();
                let why = match why.split(" at line ").next().unwrap_or_default() {
                    "lone leading surrogate in hex escape" | "unexpected end of hex escape" => {
                        "half a surrogate pair"
                    }
                    why => why,
                };
                vec![Reason {
                    says: "NotJson".to_owned(),
                    traits: vec![why.to_owned()],
                }]
            }
        }
    }

    /// The bytes themselves, and whatever else there is to say once they are replaced.
    fn not_utf8(&self) -> Vec<Reason> {
        let replaced = Self::of(String::from_utf8_lossy(&self.bytes).as_bytes());
        // Replacement characters that were sent as such replace nothing.
        let sent: Vec<_> = self.bytes.utf8_chunks().collect();
        let valid = |c: &std::str::Utf8Chunk<'_>| c.valid().replace('\u{FFFD}', "?");
        let marked = |c: &std::str::Utf8Chunk<'_>| match c.invalid() {
            [] => valid(c),
            _ => valid(c) + "\u{FFFD}",
        };
        let told = Self::of(sent.iter().map(marked).collect::<String>().as_bytes());
        let in_a_value = VALUES
            .iter()
            .any(|name| told.text(name).is_some_and(|t| t.contains('\u{FFFD}')));
        let place = if in_a_value {
            "in a value"
        } else {
            "elsewhere"
        };
        let mut all = replaced.reasons();
        all.insert(0, Reason::new("NotUtf8", [place]));
        all
    }
}

fn reasons(document: &CredentialDocument) -> Vec<Reason> {
    let duplicates = document.duplicates();
    let mut all: Vec<_> = duplicates
        .iter()
        .map(|name| Reason::new(format!("Duplicate({name})"), []))
        .collect();
    let peculiar = document::traits(document);
    // What stands twice was spoken of: which of the two counts is not for here.
    let once = |name: &&str| !duplicates.contains(name);
    if document.success() == Success::No && once(&"Code") {
        let kind = match document.field("Code") {
            Field::Other(kind) => name_of(kind),
            Field::Text(code) if code.eq_ignore_ascii_case("Success") => "letter case",
            Field::Text(_) | Field::Absent => "text",
        };
        all.push(Reason::new("Failure", [kind]).or_by_another_name("Code", &peculiar));
    }
    for name in VALUES.into_iter().filter(once) {
        let reason = match document.field(name) {
            Field::Absent => Some(Reason::new(format!("Missing({name})"), [])),
            Field::Text("") => Some(Reason::new(format!("Empty({name})"), [])),
            Field::Other(kind) => Some(Reason::new(format!("NotAString({name})"), [name_of(kind)])),
            Field::Text(text) if name == "Expiration" && Timestamp::parse(text).is_err() => {
                Some(Reason::new("BadTimestamp", timestamp::traits(text)))
            }
            Field::Text(_) => None,
        };
        all.extend(reason.map(|reason| reason.or_by_another_name(name, &peculiar)));
    }
    all
}

fn name_of(kind: FieldType) -> &'static str {
    match kind {
        FieldType::Null => "null",
        FieldType::Bool => "bool",
        FieldType::Number => "number",
        FieldType::Array => "array",
        FieldType::Object => "object",
    }
}
