//! What a document that every client should take may have that some client stumbles over.

use super::fetch::{ContentType, Fetch};
use super::writing::Writing;
use imdspec_wire::CredentialDocument;

/// Something odd about a document, for each of which there is a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Oddity {
    /// Members a client does not know, or another order of members.
    Members,
    /// `Code` has an escape in it.
    Code,
    /// A key or the security token has an escape in it.
    Keys,
    /// The secret access key alone has an escape in it, and its value was not seen: it may be what
    /// a client stumbled over, and cannot be seen to be decoded.
    Hidden,
    /// It is labelled otherwise than the service does.
    Label,
}

/// All that is odd about the document that a call was served.
pub(super) fn oddities(fetch: &Fetch<'_, '_>) -> Vec<Oddity> {
    let write = || Writing::of(fetch.exchange.reply_body()).unwrap_or_default();
    let writing = fetch.document.writing.get_or_init(write);
    let is_known = |d: &CredentialDocument| d.unknown().is_empty();
    let knows_all = fetch.document.parsed.as_ref().is_ok_and(is_known);
    let sees_keys = writing.escaped_key || (writing.escaped_secret && !fetch.hides_secret());
    let found = [
        (writing.reordered || !knows_all, Oddity::Members),
        (writing.escaped_code, Oddity::Code),
        (sees_keys, Oddity::Keys),
        (writing.escaped_secret && !sees_keys, Oddity::Hidden),
        (
            fetch.content_type() != Some(ContentType::Text),
            Oddity::Label,
        ),
    ];
    let found = found.into_iter().filter(|(is_there, _)| *is_there);
    found.map(|(_, oddity)| oddity).collect()
}
