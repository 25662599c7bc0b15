//! Credential documents: the one the service writes, edited a member at a time.

use super::{Body, known, page};
use crate::corpus::Folder;
use crate::fuzz::draw::Draw;

/// The healthy document, its members as they stand in JSON. Gaps are filled by the model.
const HEALTHY: [(&str, &str); 7] = [
    ("Code", "\"Success\""),
    ("LastUpdated", "\"${last-updated}\""),
    ("Type", "\"AWS-HMAC\""),
    ("AccessKeyId", "\"${access-key-id}\""),
    ("SecretAccessKey", "\"${secret-access-key}\""),
    ("Token", "\"${token}\""),
    ("Expiration", "\"${expiration}\""),
];

/// The members without which nothing can be signed or kept, and the one that says it failed.
const VITAL: [&str; 5] = [
    "AccessKeyId",
    "SecretAccessKey",
    "Token",
    "Expiration",
    "Code",
];

/// Values of every JSON type, the odd ones among them.
const VALUES: [&str; 22] = [
    "\"\"",
    "null",
    "0",
    "1",
    "-1",
    "1e400",
    "123456789012345678901234567890",
    "true",
    "false",
    "[]",
    "[\"x\"]",
    "{}",
    "{\"a\":{\"b\":[1,2,{}]}}",
    "\"x\"",
    "\"null\"",
    "\" \"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"\\ud83d\\ude00\"",
    "\"\\/\\u003d\\t\"",
    "\"a\\r\\nb\"",
    "\"\u{e9}\u{4e2d}\"",
];

/// What `Code` may say besides.
const CODES: [&str; 12] = [
    "\"Failed\"",
    "\"AssumeRoleUnauthorizedAccess\"",
    "\"InstanceProfileNotFound\"",
    "\"ErrorUnknown\"",
    "\"success\"",
    "\"SUCCESS\"",
    "\"S\\u0075ccess\"",
    "\"Success \"",
    "\"\"",
    "null",
    "200",
    "true",
];

/// How an end may be written.
const EXPIRATIONS: [&str; 26] = [
    "\"${expiration+4m}\"",
    "\"${expiration+15m}\"",
    "\"${expiration-10m}\"",
    "\"${expiration-24h}\"",
    "\"${expiration+24h}\"",
    "\"2099-01-01T00:00:00Z\"",
    "\"2099-01-01T00:00:00.123Z\"",
    "\"2099-01-01T00:00:00.123456789Z\"",
    "\"2099-01-01T00:00:00+00:00\"",
    "\"2099-01-01T00:00:00-07:00\"",
    "\"2099-01-01t00:00:00z\"",
    "\"2099-01-01 00:00:00Z\"",
    "\"2099-01-01T00:00:00\"",
    "\"20990101T000000Z\"",
    "\"2099-02-30T00:00:00Z\"",
    "\"2098-12-31T23:59:60Z\"",
    "\"9999-12-31T23:59:59Z\"",
    "\"0001-01-01T00:00:00Z\"",
    "\"1970-01-01T00:00:00Z\"",
    "\"Thu, 01 Jan 2099 00:00:00 GMT\"",
    "\"4070908800\"",
    "4070908800",
    "4070908800.5",
    "\"never\"",
    "\"\"",
    "null",
];

/// Members that no client reads, or that only look like one it does.
const NAMES: [&str; 10] = [
    "Message",
    "AccountId",
    "accessKeyId",
    "access_key_id",
    "SessionToken",
    "AccessKeyId ",
    "expiration",
    "code",
    "__proto__",
    "",
];

/// A document, sound or not.
pub(in crate::fuzz) fn document(draw: &mut Draw<'_>) -> Body {
    match draw.up_to(15) {
        12 | 13 => return known::input(draw, Folder::CredentialDocument),
        14 => return page(draw),
        15 => return Body::Raw(draw.bytes(120)),
        _ => {}
    }
    let mut members: Vec<(String, String)> = HEALTHY
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    for _ in 0..draw.up_to(3) {
        edit(draw, &mut members);
    }
    let text = written(draw, &members);
    Body::Text(text).spoilt(draw)
}

fn edit(draw: &mut Draw<'_>, members: &mut Vec<(String, String)>) {
    match draw.up_to(9) {
        9 => {
            if let Some(instant) = known::timestamp(draw) {
                set(members, "Expiration", &instant);
            }
        }
        0 => set(members, "Code", draw.of(&CODES)),
        1 => set(members, "Expiration", draw.of(&EXPIRATIONS)),
        2 => {
            let name = draw.of(&VITAL);
            members.retain(|(n, _)| n != name);
        }
        3 => set(members, draw.of(&VITAL), draw.of(&VALUES)),
        4 => {
            let member = (draw.of(&VITAL).to_owned(), draw.of(&VALUES).to_owned());
            let at = draw.up_to(u32::try_from(members.len()).unwrap_or(0));
            members.insert(at as usize, member);
        }
        5 => {
            let member = (draw.of(&NAMES).to_owned(), draw.of(&VALUES).to_owned());
            let at = draw.up_to(u32::try_from(members.len()).unwrap_or(0));
            members.insert(at as usize, member);
        }
        6 => {
            // A name in JSON escapes is the same name.
            let name = draw.of(&VITAL);
            if let Some(member) = members.iter_mut().find(|(n, _)| n == name) {
                let first = member.0.remove(0);
                member.0 = format!("\\u{:04x}{}", u32::from(first), member.0);
            }
        }
        7 => {
            let by = draw.up_to(6) as usize;
            let by = by.min(members.len());
            members.rotate_left(by);
        }
        _ => {
            let depth = 1 << draw.up_to(9);
            let value = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
            members.push(("Deep".into(), value));
        }
    }
}

fn set(members: &mut Vec<(String, String)>, name: &str, value: &str) {
    match members.iter_mut().find(|(n, _)| n == name) {
        Some(member) => value.clone_into(&mut member.1),
        None => members.push((name.to_owned(), value.to_owned())),
    }
}

fn written(draw: &mut Draw<'_>, members: &[(String, String)]) -> String {
    let (before, between) = draw.of(&[("\n  ", " : "), ("", ":"), ("\r\n\t", ": ")]);
    let members: Vec<String> = members
        .iter()
        .map(|(name, value)| format!("{before}\"{name}\"{between}{value}"))
        .collect();
    let (open, close) = draw.of(&[("{", "}"), ("{", "}"), ("{", "}"), ("[{", "}]"), ("{", "")]);
    format!("{open}{}{close}", members.join(","))
}
