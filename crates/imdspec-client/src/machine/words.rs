//! A service's own words, fit for a log.

/// How much of them is passed on, in characters.
const MOST_SAID: usize = 256;

/// `words` without secrets and control characters, and not too many.
///
/// A service, or something that stands before it, may quote what it was sent or what it holds. So
/// secrets go first, before anything is cut: half a secret would be found no more.
pub(super) fn clean<'a>(words: &str, secrets: impl IntoIterator<Item = &'a str>) -> String {
    (secrets.into_iter().filter(|secret| !secret.is_empty()))
        .fold(words.to_owned(), |words, secret| {
            words.replace(secret, "(redacted)")
        })
        .chars()
        .filter(|c| !c.is_control())
        .take(MOST_SAID)
        .collect()
}
