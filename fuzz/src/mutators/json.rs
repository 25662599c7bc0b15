//! JSON objects, taken apart at their members without being understood.

use super::dice::Dice;

/// What an object may be made of.
pub(super) struct Words {
    names: &'static [&'static str],
    values: &'static [&'static str],
    /// What an input is begun anew with.
    whole: &'static str,
}

pub(super) const DOCUMENT: Words = Words {
    names: &[
        "Code",
        "AccessKeyId",
        "SecretAccessKey",
        "Token",
        "Expiration",
        "AccountId",
        "Message",
        "Type",
        "LastUpdated",
        "code",
        "C\\u006fde",
        "x",
        "",
    ],
    values: &[
        "\"Success\"",
        "\"success\"",
        "\"Failed\"",
        "\"ASIAEXAMPLE\"",
        "\"\"",
        "null",
        "true",
        "-0.5e+3",
        "1e999",
        "[1,{}]",
        "{\"a\":\"\\ud800\"}",
        "\"\\ud83d\\ude00\"",
        "\"2026-01-02T03:04:05Z\"",
        "\"2026-01-02t03:04:05.5-00:30\"",
    ],
    whole: r#"{"Code":"Success","AccessKeyId":"A","SecretAccessKey":"S","Token":"T","Expiration":"2026-01-02T03:04:05Z"}"#,
};

pub(super) const HELLO: Words = Words {
    names: &["imdspec", "name", "version", "concurrency", "more"],
    values: &[
        "1", "2", "\"n\"", "\"1.0\"", "64", "65", "0", "null", "-1", "1.0", "[]", "{}",
    ],
    whole: r#"{"imdspec":1,"name":"n","version":"1","concurrency":2}"#,
};

pub(super) const ANSWER: Words = Words {
    names: &["id", "credentials", "error", "unsupported", "more"],
    values: &[
        "1",
        "4294967296",
        "null",
        "true",
        "false",
        r#"{"Version":1,"AccessKeyId":"A","SecretAccessKey":"S","SessionToken":"T"}"#,
        r#"{"Version":2,"AccessKeyId":"A","SecretAccessKey":"S"}"#,
        r#"{"Version":1,"AccessKeyId":"A","SecretAccessKey":["long secret 1"]}"#,
        r#"{"kind":"none","message":"m"}"#,
        r#"{"kind":"error"}"#,
        r#"{"kind":"other"}"#,
        "[]",
        "{}",
        r#"["none","m"]"#,
    ],
    whole: r#"{"id":1,"credentials":{"Version":1,"AccessKeyId":"A","SecretAccessKey":"S"}}"#,
};

/// Swaps, doubles, drops, adds or renames a member, or gives it another value.
pub(super) fn mutate(input: &[u8], words: &Words, dice: &mut Dice) -> Vec<u8> {
    let Some(mut members) = members(input) else {
        return words.whole.as_bytes().to_vec();
    };
    let i = dice.below(members.len());
    let j = dice.below(members.len());
    match dice.below(7) {
        0 => members.swap(i, j),
        1 => members.push(members[i].clone()),
        2 => drop(members.remove(i)),
        3 => members[i].1 = dice.choose(words.values).as_bytes().to_vec(),
        4 => members[i].1 = members[j].1.clone(),
        5 => {
            let name: &&str = dice.choose(words.names);
            members[i].0 = quoted(name);
        }
        _ => {
            let value = dice.choose(words.values).as_bytes().to_vec();
            let name: &&str = dice.choose(words.names);
            members.push((quoted(name), value));
        }
    }
    let members: Vec<Vec<u8>> = members
        .into_iter()
        .map(|(name, value)| [name, value].join(&b':'))
        .collect();
    [b"{", members.join(&b',').as_slice(), b"}"].concat()
}

fn quoted(name: &str) -> Vec<u8> {
    format!("\"{name}\"").into_bytes()
}

/// The members of an object: what stands before and after their colons.
fn members(input: &[u8]) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
    let inside = input.trim_ascii().strip_prefix(b"{")?.strip_suffix(b"}")?;
    let parts = split(inside, b',').into_iter();
    parts
        .map(|part| {
            let colon = split(part, b':').first()?.len();
            let value = part.get(colon + 1..)?;
            Some((part[..colon].to_vec(), value.to_vec()))
        })
        .collect()
}

/// Splits where a byte stands outside of strings and brackets.
fn split(text: &[u8], at: u8) -> Vec<&[u8]> {
    let (mut parts, mut start) = (Vec::new(), 0);
    let (mut depth, mut in_string, mut escaped) = (0_i32, false, false);
    for (i, byte) in text.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            byte if *byte == at && depth == 0 => {
                parts.push(&text[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}
