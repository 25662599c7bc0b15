//! Reading a message head as its bytes arrive.

use crate::http::latin1;
use crate::{Headers, WireError};
use std::mem::MaybeUninit;

/// More header fields than this are an attack, not a message.
const MAX_FIELDS: usize = 128;

/// Where the head in `buffer` ends, after its empty line, looking from where the last look ended.
pub(crate) fn head_end(buffer: &[u8], seen: usize) -> Option<usize> {
    let from = seen.saturating_sub(3);
    let rest = &buffer[from..];
    (0..rest.len())
        .filter(|i| rest[*i] == b'\n')
        .find_map(|i| match &rest[i + 1..] {
            [b'\n', ..] => Some(from + i + 2),
            [b'\r', b'\n', ..] => Some(from + i + 3),
            _ => None,
        })
}

/// Room for the fields of one head, of which the parser hands out what it has filled: four kilobytes
/// need not be cleared for each reply.
pub(crate) const fn field_room<'a>() -> [MaybeUninit<httparse::Header<'a>>; MAX_FIELDS] {
    [const { MaybeUninit::uninit() }; MAX_FIELDS]
}

pub(crate) fn headers(fields: &[httparse::Header<'_>]) -> Headers {
    let fields = fields.iter();
    fields
        .map(|f| (f.name.to_owned(), unfolded(latin1(f.value))))
        .collect()
}

/// A value in one line: a space stands in the place of each line end and the white space around it.
fn unfolded(value: String) -> String {
    if !value.contains(['\r', '\n']) {
        return value;
    }
    let lines = value.split(['\r', '\n']);
    let lines: Vec<&str> = lines
        .map(|line| line.trim_matches([' ', '\t']))
        .filter(|line| !line.is_empty())
        .collect();
    lines.join(" ")
}

pub(crate) const fn version(minor: Option<u8>) -> crate::Version {
    match minor {
        Some(0) => crate::Version::Http10,
        _ => crate::Version::Http11,
    }
}

/// What the head parser's complaint means to us.
pub(crate) const fn bad_head(error: httparse::Error, limit: usize) -> WireError {
    match error {
        httparse::Error::TooManyHeaders => WireError::TooLarge { limit },
        _ => WireError::BadHead,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folded_value_is_one_line() {
        for (value, expected) in [
            ("a\r\n  b\n\tc", "a b c"),
            ("\r\n 5", "5"),
            ("a  b", "a  b"),
        ] {
            assert_eq!(unfolded(value.to_owned()), expected);
        }
    }
}
