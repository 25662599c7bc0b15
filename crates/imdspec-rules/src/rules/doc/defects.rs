//! What can be wrong with a document that is a JSON object.

use imdspec_wire::{CredentialDocument, Field, FieldType, Timestamp};

/// The defects of one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Defects(u16);

impl Defects {
    /// `Code` is a text other than `Success`, letter case aside.
    pub(super) const FAILURE: Self = Self(1);
    /// A key is missing.
    pub(super) const NO_KEY: Self = Self(1 << 1);
    /// A key is the empty string.
    pub(super) const EMPTY_KEY: Self = Self(1 << 2);
    /// The security token is missing or null.
    pub(super) const NO_TOKEN: Self = Self(1 << 3);
    /// The expiration is missing.
    pub(super) const NO_EXPIRATION: Self = Self(1 << 4);
    /// The expiration is no date in any notation.
    pub(super) const BAD_EXPIRATION: Self = Self(1 << 5);
    /// A key or the security token is no string.
    pub(super) const WRONG_TYPE: Self = Self(1 << 6);
    /// Something no rule speaks of.
    const OTHER: Self = Self(1 << 7);

    /// The defects of `document`.
    pub(super) fn of(document: &CredentialDocument) -> Self {
        let mut found = Self(0);
        match document.field("Code") {
            Field::Absent | Field::Text("Success") => {}
            Field::Text(code) if code.trim().eq_ignore_ascii_case("success") => {
                found.add(Self::OTHER);
            }
            Field::Text(_) => found.add(Self::FAILURE),
            Field::Other(_) => found.add(Self::OTHER),
        }
        for name in ["AccessKeyId", "SecretAccessKey"] {
            match document.field(name) {
                Field::Absent => found.add(Self::NO_KEY),
                Field::Text("") => found.add(Self::EMPTY_KEY),
                Field::Other(_) => found.add(Self::WRONG_TYPE),
                Field::Text(_) => {}
            }
        }
        match document.field("Token") {
            Field::Absent | Field::Other(FieldType::Null) => found.add(Self::NO_TOKEN),
            Field::Text("") => found.add(Self::OTHER),
            Field::Other(_) => found.add(Self::WRONG_TYPE),
            Field::Text(_) => {}
        }
        match document.field("Expiration") {
            Field::Absent => found.add(Self::NO_EXPIRATION),
            Field::Other(_) => found.add(Self::BAD_EXPIRATION),
            Field::Text(text) if Timestamp::parse(text).is_ok() => {}
            Field::Text(text) if may_be_a_date(text) => found.add(Self::OTHER),
            Field::Text(_) => found.add(Self::BAD_EXPIRATION),
        }
        found
    }

    const fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }

    pub(super) const fn has(self, kind: Self) -> bool {
        self.0 & kind.0 != 0
    }

    /// Whether there is a defect of this kind and no other.
    pub(super) const fn is_only(self, kind: Self) -> bool {
        self.0 == kind.0
    }
}

/// Lenient parsers read many notations that begin with a year; what they make of those is theirs.
fn may_be_a_date(text: &str) -> bool {
    let start = text.trim_start().as_bytes();
    start.len() >= 4 && start[..4].iter().all(u8::is_ascii_digit)
}
