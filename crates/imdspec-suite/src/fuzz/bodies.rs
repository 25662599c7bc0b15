//! Bodies: the healthy one with some edits, or something else altogether.

mod document;
mod known;

use super::draw::Draw;
use crate::corpus::Folder;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use imdspec_model::Fault;

pub(super) use document::document;

/// A body as a fault has it: text whose gaps are filled, or bytes as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Body {
    Text(String),
    Raw(Vec<u8>),
}

impl Body {
    /// Puts it into a fault.
    pub(super) fn into_fault(self, fault: Fault) -> Fault {
        match self {
            Self::Text(text) => Fault {
                body: Some(text),
                ..fault
            },
            Self::Raw(bytes) => raw(&bytes, fault),
        }
    }

    /// Cut short, prolonged, or with other bytes in it.
    fn spoilt(self, draw: &mut Draw<'_>) -> Self {
        match (draw.up_to(7), self) {
            (5, Self::Text(text)) => {
                let keep = draw.up_to(400) as usize;
                Self::Text(text.chars().take(keep).collect())
            }
            (6, Self::Text(text)) => {
                let more = draw.of(&[
                    " ", "\n", "\n\n\t ", "x", "}", "null", "\0", "{}", "<!-- -->",
                ]);
                Self::Text(format!("{text}{more}"))
            }
            (7, Self::Text(text)) => {
                let first = draw.of(&[" ", "\n", "\u{feff}", ")]}'\n", "\0", "//\n"]);
                Self::Text(format!("{first}{text}"))
            }
            (_, body) => body,
        }
    }
}

/// Bytes as the body of a fault.
pub(super) fn raw(bytes: &[u8], fault: Fault) -> Fault {
    Fault {
        body_base64: Some(STANDARD.encode(bytes)),
        ..fault
    }
}

/// What proxies, load balancers and captive portals answer in the place of a service.
const PAGES: [&str; 8] = [
    "",
    "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Welcome</body></html>",
    "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>\n<html><head><title>404 - Not Found</title></head></html>",
    "404: not found",
    "null",
    "[]",
    "{}",
    "{\"message\":\"Internal Server Error\"}",
];

/// Role lists: nearly all of them something a client met in the field.
const ROLES: [&str; 22] = [
    "${role}",
    "${role}\n",
    "${role}\r\n",
    " ${role} ",
    "${role}\nother-role",
    "\n${role}",
    "",
    " \n",
    "../../user-data",
    "..",
    "%2e%2e/%2e%2e/user-data",
    "a/b",
    "a?b",
    "a#b",
    "//example.com/x",
    "role name",
    "r\u{f4}le",
    "a+b=c,d.e@f_g-h",
    "\"${role}\"",
    "[\"${role}\"]",
    "{\"Code\":\"Failed\"}",
    "role\u{0}",
];

/// A role list.
pub(super) fn roles(draw: &mut Draw<'_>) -> Body {
    match draw.up_to(9) {
        6 => known::input(draw, Folder::RoleList),
        7 => Body::Text(draw.of(&PAGES).to_owned()),
        8 => Body::Raw(draw.bytes(80)),
        9 => Body::Text(
            draw.of(&["r", "role-"])
                .repeat(1 + draw.up_to(127) as usize),
        ),
        _ => Body::Text(draw.of(&ROLES).to_owned()).spoilt(draw),
    }
}

/// Session tokens: good ones, and such as no header may hold.
const TOKENS: [&str; 12] = [
    "${session-token}",
    "${session-token}\n",
    " ${session-token}",
    "${session-token}\r\nX-Injected: yes",
    "",
    " ",
    "invalid\nheader\nvalue\0",
    "t\u{f6}ken",
    "null",
    "{\"token\":\"${session-token}\"}",
    "a,b",
    "x",
];

/// A session token.
pub(super) fn token(draw: &mut Draw<'_>) -> Body {
    match draw.up_to(9) {
        7 => Body::Text(draw.of(&PAGES).to_owned()),
        8 => Body::Raw(draw.bytes(80)),
        9 => Body::Text("A".repeat(1 << draw.up_to(13))),
        _ => Body::Text(draw.of(&TOKENS).to_owned()),
    }
}

/// Anything but what was asked for.
pub(super) fn page(draw: &mut Draw<'_>) -> Body {
    Body::Text(draw.of(&PAGES).to_owned())
}
