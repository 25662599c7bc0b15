//! A fault on purpose, to show that the target finds one: with the feature `planted`, the secret that
//! aws-config gives, which is asked least often, loses its last character when the token is written
//! with an escape.

use super::compare::{Answer, Library};

#[cfg(not(feature = "planted"))]
pub(super) fn spoil(_: Library, _: &[u8], _: &mut Answer) {}

#[cfg(feature = "planted")]
pub(super) fn spoil(library: Library, bytes: &[u8], answer: &mut Answer) {
    use super::json::{Shape, members};

    let members = str::from_utf8(bytes).ok().and_then(|t| members(t).ok());
    let escaped = members.is_some_and(|all| {
        all.iter()
            .any(|m| m.name == "Token" && m.shape == Shape::Escaped)
    });
    if let (Library::AwsConfig, Answer::Accepted(given), true) = (library, answer, escaped)
        && let Some(secret) = &mut given.secret_access_key
    {
        secret.pop();
    }
}
