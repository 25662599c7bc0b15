//! The words that inputs about this service are made of, for the fuzzers.

use imdspec_rules::{Capability, rules};
use imdspec_wire::{Source, TOKEN_HEADER, TTL_HEADER, paths};
use std::collections::BTreeSet;
use std::fmt::Write as _;

const MEMBERS: [&str; 12] = [
    "Code",
    "Message",
    "LastUpdated",
    "Type",
    "AccessKeyId",
    "SecretAccessKey",
    "Token",
    "Expiration",
    "AccountId",
    "Success",
    "AWS-HMAC",
    "Version",
];

/// Around the edges of lifetimes, sizes and counts, and spellings that are nearly a number.
const NUMBERS: [&str; 18] = [
    "0",
    "1",
    "60",
    "21599",
    "21600",
    "21601",
    "+60",
    " 60",
    "60 ",
    "00060",
    "0x3c",
    "6e1",
    "-1",
    "4294967296",
    "18446744073709551616",
    "1e999",
    "65536",
    "128",
];

const STATUSES: [u16; 19] = [
    100, 103, 200, 201, 204, 205, 206, 301, 304, 307, 400, 401, 403, 404, 405, 417, 429, 500, 503,
];

const TIMES: [&str; 10] = [
    "2026-01-02T03:04:05Z",
    "2016-12-31T23:59:60Z",
    "9999-12-31T23:59:59Z",
    "0000-01-01T00:00:00Z",
    "+00:00",
    "-00:00",
    "+23:59",
    ".123456789",
    "t",
    "z",
];

const HTTP: [&str; 26] = [
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.0 404 \r\n",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1\r\n",
    "GET ",
    "PUT ",
    "HEAD ",
    "POST ",
    "\r\n\r\n",
    "\r\n ",
    "\n\n",
    "0\r\n\r\n",
    "5;x=y\r\n",
    "Content-Length: ",
    "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding: gzip, chunked\r\n",
    "Connection: close\r\n",
    "Connection: keep-alive\r\n",
    "Content-Encoding: gzip\r\n",
    "Content-Type: text/plain\r\n",
    "Location: ",
    "X-Forwarded-For: ",
    "Expect: 100-continue\r\n",
    "Server: EC2ws\r\n",
    "Host: 169.254.169.254\r\n",
    "Accept: */*\r\n",
];

const JSON: [&str; 12] = [
    "\\u0000",
    "\\ud800",
    "\\ud83d\\ude00",
    "\\/",
    "null",
    "true",
    "false",
    "[[]]",
    "{}",
    "\",\"",
    "\":\"",
    "\u{feff}",
];

/// Keys and values of scenarios, of config files and of session programs.
const WORDS: [&str; 60] = [
    "title = ",
    "exercises = [",
    "why = ",
    "clock = ",
    "\"movable\"",
    "\"virtual\"",
    "network = ",
    "\"addresses\"",
    "endpoint = ",
    "\"none\"",
    "[links]",
    "[world]",
    "[[world.faults]]",
    "[sources]",
    "[env]",
    "[config]",
    "[files]",
    "[[step]]",
    "resolve = ",
    "advance = ",
    "jump = ",
    "revoke-tokens = true",
    "rotate = true",
    "role = ",
    "mode = ",
    "\"v2-required\"",
    "\"v2-optional\"",
    "\"v1-only\"",
    "\"off\"",
    "faults = [",
    "on = ",
    "nth = ",
    "status = ",
    "body = ",
    "headers = [[",
    "instead = ",
    "delay = ",
    "\"6h\"",
    "\"-24h\"",
    "\"500ms\"",
    "${imds}",
    "${home}",
    "[default]",
    "[profile ",
    "[sso-session ",
    "[services ",
    " # ",
    " ; ",
    "\n  ",
    "=\n",
    "\"imdspec\":1",
    "\"name\":",
    "\"concurrency\":",
    "\"id\":",
    "\"credentials\":",
    "\"error\":",
    "\"kind\":",
    "\"message\":",
    "\"unsupported\":true",
    "\"op\":\"resolve\"",
];

/// A dictionary in libFuzzer's format: the service's paths and fields, the members of its documents,
/// statuses and numbers at their edges, and whatever the statements of the rules call by name.
///
/// `fuzz/imdspec.dict` is this text; a test says so.
#[must_use]
pub fn fuzz_dictionary() -> String {
    let mut words: BTreeSet<String> = BTreeSet::new();
    let mut add = |word: &str| {
        words.insert(word.to_owned());
    };
    for path in [
        paths::TOKEN,
        paths::ROLES,
        paths::IAM_INFO,
        paths::EC2_IDENTITY,
        paths::IDENTITY_DOCUMENT,
        paths::REGION,
    ] {
        add(path);
    }
    for header in [TOKEN_HEADER, TTL_HEADER] {
        add(&format!("{header}: "));
    }
    for members in [&MEMBERS[..], &NUMBERS, &TIMES, &HTTP, &JSON, &WORDS] {
        members.iter().for_each(|word| add(word));
    }
    STATUSES.iter().for_each(|status| add(&status.to_string()));
    Source::ALL
        .iter()
        .for_each(|source| add(&source.to_string()));
    Capability::ALL
        .iter()
        .for_each(|capability| add(capability.as_str()));
    for rule in rules::all() {
        names_in(rule.statement).for_each(&mut add);
    }
    let mut out = String::from(
        "# Words for libFuzzer, made of the rules and routes; renew it as docs/fuzzing.md says.\n",
    );
    for word in words {
        let _ = writeln!(out, "\"{}\"", escaped(&word));
    }
    out
}

/// What a sentence calls by name: a path, a variable, a setting, an address, a number of three
/// digits and more.
fn names_in(statement: &str) -> impl Iterator<Item = &str> {
    let around = |c: char| matches!(c, ',' | '.' | ':' | ';' | '(' | ')' | '"' | '\'');
    statement
        .split_whitespace()
        .map(move |word| word.trim_matches(around))
        .filter(|word| {
            let number = word.len() >= 3 && word.bytes().all(|b| b.is_ascii_digit());
            let name = word.len() >= 3 && word.contains(['_', '/', '[', '+', '=', '$']);
            word.is_ascii() && (number || name)
        })
}

/// A word as it stands in a dictionary.
fn escaped(word: &str) -> String {
    let mut out = String::new();
    for byte in word.bytes() {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(byte)]),
            0x20..=0x7e => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "\\x{byte:02X}");
            }
        }
    }
    out
}
