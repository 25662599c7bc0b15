//! Role lists, read a second time: character by character.

use crate::{RoleList, WireError};

/// A role list is read or refused as [`role_list_by`] says.
///
/// # Panics
/// When that does not hold.
pub fn role_list(bytes: &[u8]) {
    role_list_by(RoleList::parse, bytes);
}

/// A role list is read exactly where its first line is a role name, with the lines that are there;
/// the first name stays in its path, and the lines written again read the same.
///
/// ```abnf
/// list  = line *(end line) *(end / blank)
/// line  = *blank [name] *blank      ; all but the first may be anything
/// name  = 1*64(ALPHA / DIGIT / "_" / "+" / "=" / "," / "." / "@" / "-")   ; not "." or ".."
/// end   = LF / CR LF
/// blank = Unicode white space
/// ```
///
/// # Panics
/// When that does not hold.
pub fn role_list_by(parse: impl Fn(&[u8]) -> Result<RoleList, WireError>, bytes: &[u8]) {
    let read = parse(bytes);
    let lines = std::str::from_utf8(bytes).ok().map(lines);
    let expected = lines
        .as_ref()
        .filter(|l| l.first().is_some_and(|name| is_name(name)));
    let Ok(list) = read else {
        assert_eq!(expected, None, "a list refused: {read:?}");
        let reason = match lines {
            None => matches!(read, Err(WireError::NotUtf8 { .. })),
            Some(lines) if lines.is_empty() => read == Err(WireError::NoRole),
            Some(_) => read == Err(WireError::BadRoleName),
        };
        assert!(reason, "the reason: {read:?}");
        return;
    };
    assert_eq!(expected.map(Vec::as_slice), Some(list.lines()), "its lines");
    assert_eq!(list.first(), list.lines()[0], "the first is first");
    for end in ["\n", "\r\n"] {
        let written = list.lines().join(end);
        assert_eq!(parse(written.as_bytes()), Ok(list.clone()), "written again");
    }
}

/// The lines of a list up to the last that is not blank, without white space around each.
fn lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut blank_lines = 0;
    let mut line = String::new();
    // White space goes into a line only once something follows it there.
    let mut pending = String::new();
    for c in text.chars().chain(['\n']) {
        match c {
            '\n' if line.is_empty() => blank_lines += 1,
            '\n' => {
                lines.extend((0..blank_lines).map(|_| String::new()));
                blank_lines = 0;
                lines.push(std::mem::take(&mut line));
            }
            c if c.is_whitespace() => {
                if !line.is_empty() {
                    pending.push(c);
                }
                continue;
            }
            c => {
                line.push_str(&pending);
                line.push(c);
            }
        }
        pending.clear();
    }
    lines
}

fn is_name(name: &str) -> bool {
    let legal = |c: char| matches!(c, 'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '+' | '=' | ',' | '.' | '@' | '-');
    !name.is_empty() && name.len() <= 64 && name.chars().all(legal) && !matches!(name, "." | "..")
}
