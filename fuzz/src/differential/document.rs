//! What is out of the ordinary about a document that can be read.

use super::json::{KNOWN, Member, Shape, members};
use super::timestamp;
use imdspec_wire::{CredentialDocument, Field};

/// Names under which aws-config reads a member too, besides every other letter case of its own.
const ALIASES: [(&str, &str); 2] = [("SessionToken", "Token"), ("ExpiresAt", "Expiration")];

/// The peculiarities of a document, each under a name that an entry of the ledger can ask for.
pub(super) fn traits(document: &CredentialDocument) -> Vec<String> {
    let members = members(document.raw()).unwrap_or_default();
    let mut traits = Vec::new();
    if !members.iter().any(|m| m.name == "Code") {
        traits.push("no Code".to_owned());
    }
    for member in &members {
        traits.extend(peculiar(member));
    }
    if let Field::Text(expiration) = document.field("Expiration") {
        let traits_of = timestamp::traits(expiration).into_iter();
        traits.extend(traits_of.map(|name| format!("Expiration: {name}")));
    }
    if depth(document.raw()) > 512 {
        traits.push("deeper than 512".to_owned());
    }
    traits
}

fn peculiar(member: &Member<'_>) -> Option<String> {
    let name = &*member.name;
    if KNOWN.contains(&name) {
        return match member.shape {
            _ if member.name_is_escaped() => Some(format!("name with escapes: {name}")),
            Shape::Plain | Shape::Skipped => None,
            Shape::Escaped => Some(format!("escapes: {name}")),
            Shape::Other(kind) => Some(format!("{kind}: {name}")),
        };
    }
    let own = KNOWN.iter().map(|known| (*known, *known));
    let (_, member) = own
        .chain(ALIASES)
        .find(|(other, _)| other.eq_ignore_ascii_case(name))?;
    Some(another_name(member))
}

/// The trait of a document that has a member under a name that is not quite its own.
pub(super) fn another_name(member: &str) -> String {
    format!("another name: {member}")
}

/// How deep objects and arrays stand in each other; brackets in strings do not count.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let mut in_string = false;
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' if in_string => {
                bytes.next();
            }
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}
