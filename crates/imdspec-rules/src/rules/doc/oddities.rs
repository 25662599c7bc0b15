//! What a document that every client should take may have that some client stumbles over.

use super::fetch::{ContentType, Fetch};
use super::writing::Writing;
use imdspec_wire::CredentialDocument;

/// The oddities of one document, for each of which there is a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Oddities(u8);

impl Oddities {
    /// Members a client does not know, or another order of members.
    pub(super) const MEMBERS: Self = Self(1);
    /// `Code` has an escape in it.
    pub(super) const CODE: Self = Self(1 << 1);
    /// A key or the security token has an escape in it.
    pub(super) const KEYS: Self = Self(1 << 2);
    /// The secret access key alone has an escape in it, and its value was not seen: it may be what
    /// a client stumbled over, and cannot be seen to be decoded.
    const HIDDEN: Self = Self(1 << 3);
    /// It is labelled otherwise than the service does.
    pub(super) const LABEL: Self = Self(1 << 4);

    /// The oddities of the document that a call was served.
    pub(super) fn of(fetch: &Fetch<'_, '_>) -> Self {
        let mut found = Self(0);
        let write = || Writing::of(fetch.exchange.reply_body()).unwrap_or_default();
        let writing = fetch.document.writing.get_or_init(write);
        let parsed = fetch.document.parsed.as_ref();
        let is_known = |d: &CredentialDocument| d.unknown().is_empty();
        if writing.reordered || !parsed.is_ok_and(is_known) {
            found.add(Self::MEMBERS);
        }
        if writing.escaped_code {
            found.add(Self::CODE);
        }
        if writing.escaped_key || (writing.escaped_secret && !fetch.hides_secret()) {
            found.add(Self::KEYS);
        } else if writing.escaped_secret {
            found.add(Self::HIDDEN);
        }
        if fetch.content_type() != Some(ContentType::Text) {
            found.add(Self::LABEL);
        }
        found
    }

    const fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }

    pub(super) const fn has(self, kind: Self) -> bool {
        self.0 & kind.0 != 0
    }

    /// Whether there is an oddity of this kind and no other.
    pub(super) const fn is_only(self, kind: Self) -> bool {
        self.0 == kind.0
    }
}
