//! A recogniser of the grammar of credential documents: see `document.abnf`.
//!
//! It shares nothing with the parser, nor with the JSON library below that.

use super::date::nanosecond_of;
use crate::Credentials;

/// What the grammar says of some bytes.
pub(super) enum Reading {
    /// They are a document that a client may accept.
    Accepted(Accepted),
    /// They are not.
    Refused,
    /// It says nothing.
    Open,
}

/// What stands in a document.
#[derive(PartialEq, Eq)]
pub(super) struct Accepted {
    access_key_id: String,
    secret_access_key: String,
    session_token: String,
    nanosecond: i128,
    account_id: Option<String>,
}

impl Accepted {
    pub(super) fn of(credentials: &Credentials) -> Self {
        Self {
            access_key_id: credentials.access_key_id.clone(),
            secret_access_key: credentials.secret_access_key.clone(),
            session_token: credentials.session_token.clone(),
            nanosecond: credentials.expiration.nanosecond(),
            account_id: credentials.account_id.clone(),
        }
    }
}

impl std::fmt::Debug for Accepted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Accepted({:?}, …)", self.access_key_id)
    }
}

/// Reads a document.
pub(super) fn read(bytes: &[u8]) -> Reading {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Reading::Refused;
    };
    let mut cursor = Cursor {
        text,
        bytes,
        at: 0,
        open: false,
    };
    let accepted = cursor.document();
    if cursor.open {
        return Reading::Open;
    }
    accepted.map_or(Reading::Refused, Reading::Accepted)
}

/// The members that a client reads.
#[derive(Default)]
struct Members([Option<Known>; NAMES.len()]);

/// Those with a rule of their own come first.
const NAMES: [&str; 9] = [
    "AccessKeyId",
    "SecretAccessKey",
    "Token",
    "Expiration",
    "Code",
    "AccountId",
    "Message",
    "LastUpdated",
    "Type",
];

enum Known {
    Text(String),
    NoText,
}

impl Members {
    fn accepted(self) -> Option<Accepted> {
        let [id, secret, token, expiration, code, account, ..] = self.0;
        let text = |member: Option<Known>| match member {
            Some(Known::Text(text)) if !text.is_empty() => Some(text),
            _ => None,
        };
        match code {
            None => {}
            Some(Known::Text(code)) if code == "Success" => {}
            Some(_) => return None,
        }
        Some(Accepted {
            access_key_id: text(id)?,
            secret_access_key: text(secret)?,
            session_token: text(token)?,
            nanosecond: nanosecond_of(&text(expiration)?)?,
            account_id: text(account),
        })
    }
}

struct Cursor<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    /// Whether something was seen of which the grammar says nothing.
    open: bool,
}

/// Each method passes over what it is named for, and gives none where that does not stand.
impl Cursor<'_> {
    fn document(&mut self) -> Option<Accepted> {
        let mut members = Members::default();
        self.ws();
        self.byte(b'{')?;
        self.ws();
        if self.byte(b'}').is_none() {
            loop {
                self.ws();
                self.member(&mut members)?;
                self.ws();
                if self.byte(b',').is_none() {
                    break;
                }
            }
            self.byte(b'}')?;
        }
        self.ws();
        (self.at == self.bytes.len()).then_some(())?;
        members.accepted()
    }

    fn member(&mut self, members: &mut Members) -> Option<()> {
        let name = self.name()?;
        match NAMES.iter().position(|n| *n == name) {
            None => self.value(),
            Some(i) => {
                let value = self.known()?;
                members.0[i].replace(value).is_none().then_some(())
            }
        }
    }

    fn name(&mut self) -> Option<String> {
        let mut name = String::new();
        self.string(Some(&mut name))?;
        self.ws();
        self.byte(b':')?;
        self.ws();
        Some(name)
    }

    fn known(&mut self) -> Option<Known> {
        match self.peek()? {
            b'"' => {
                let mut text = String::new();
                self.string(Some(&mut text))?;
                return Some(Known::Text(text));
            }
            b'{' => self.known_object()?,
            b'-' | b'0'..=b'9' => {
                let start = self.at;
                self.number()?;
                let size = self.text[start..self.at].parse::<f64>().ok()?.abs();
                self.open |= (1.79e308..=f64::MAX).contains(&size)
                    || size.is_infinite() && {
                        // Ten times less is well within the range: only a hair is missing.
                        let less = format!("{}e-1", &self.text[start..self.at]);
                        less.parse::<f64>().is_ok_and(|l| l.abs() < 1.8e307)
                    };
                size.is_finite().then_some(())?;
            }
            _ => self.value()?,
        }
        Some(Known::NoText)
    }

    fn known_object(&mut self) -> Option<()> {
        self.byte(b'{')?;
        self.ws();
        if self.byte(b'}').is_some() {
            return Some(());
        }
        loop {
            self.ws();
            self.name()?;
            self.value()?;
            self.ws();
            if self.byte(b',').is_none() {
                return self.byte(b'}');
            }
        }
    }

    /// Any value, without recursion: its depth is the sender's to choose.
    fn value(&mut self) -> Option<()> {
        let mut open = Vec::new();
        loop {
            self.ws();
            let opened = match self.peek()? {
                bracket @ (b'{' | b'[') => {
                    self.at += 1;
                    self.ws();
                    let closing = bracket + 2;
                    let empty = self.byte(closing).is_some();
                    if !empty {
                        open.push(closing);
                    }
                    !empty
                }
                b'"' => self.string(None).map(|()| false)?,
                b't' => self.word("true").map(|()| false)?,
                b'f' => self.word("false").map(|()| false)?,
                b'n' => self.word("null").map(|()| false)?,
                _ => self.number().map(|()| false)?,
            };
            if !opened {
                // Whatever ends with this value ends here.
                loop {
                    let Some(closing) = open.last().copied() else {
                        return Some(());
                    };
                    self.ws();
                    if self.byte(b',').is_some() {
                        break;
                    }
                    self.byte(closing)?;
                    open.pop();
                }
            }
            if open.last() == Some(&b'}') {
                self.ws();
                self.string(None)?;
                self.ws();
                self.byte(b':')?;
            }
        }
    }

    fn number(&mut self) -> Option<()> {
        let _ = self.byte(b'-');
        if self.byte(b'0').is_none() {
            self.digits()?;
        }
        if self.byte(b'.').is_some() {
            self.digits()?;
        }
        if self.byte(b'e').or_else(|| self.byte(b'E')).is_some() {
            let _ = self.byte(b'+').or_else(|| self.byte(b'-'));
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    /// A string; as text where `out` is there to take it.
    fn string(&mut self, mut out: Option<&mut String>) -> Option<()> {
        self.byte(b'"')?;
        loop {
            let plain = self.at;
            while self
                .peek()
                .is_some_and(|b| b >= 0x20 && b != b'"' && b != b'\\')
            {
                self.at += 1;
            }
            if let Some(out) = &mut out {
                out.push_str(&self.text[plain..self.at]);
            }
            if self.byte(b'"').is_some() {
                return Some(());
            }
            self.byte(b'\\')?;
            let escaped = self.peek()?;
            self.at += 1;
            let c = match escaped {
                b'"' | b'\\' | b'/' => char::from(escaped),
                b'b' => '\u{8}',
                b'f' => '\u{c}',
                b'n' => '\n',
                b'r' => '\r',
                b't' => '\t',
                b'u' => {
                    let unit = self.four_digits()?;
                    match &out {
                        // Half a pair, or a whole character: it makes no difference.
                        None => continue,
                        Some(_) => self.character(unit)?,
                    }
                }
                _ => return None,
            };
            if let Some(out) = &mut out {
                out.push(c);
            }
        }
    }

    /// The character that a UTF-16 unit begins.
    fn character(&mut self, unit: u32) -> Option<char> {
        if !(0xd800..0xdc00).contains(&unit) {
            return char::from_u32(unit);
        }
        self.byte(b'\\')?;
        self.byte(b'u')?;
        let low = self.four_digits()?;
        let low = low.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
        char::from_u32(0x1_0000 + ((unit - 0xd800) << 10) + low)
    }

    fn four_digits(&mut self) -> Option<u32> {
        let mut unit = 0;
        for _ in 0..4 {
            unit = unit * 16 + char::from(self.peek()?).to_digit(16)?;
            self.at += 1;
        }
        Some(unit)
    }

    fn word(&mut self, word: &str) -> Option<()> {
        self.bytes[self.at..]
            .starts_with(word.as_bytes())
            .then(|| self.at += word.len())
    }

    fn ws(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn byte(&mut self, byte: u8) -> Option<()> {
        (self.peek() == Some(byte)).then(|| self.at += 1)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }
}

/// Writes a document that has these credentials, every character that may be escaped as it is.
pub(super) fn write(credentials: &Credentials) -> String {
    let mut out = String::with_capacity(256);
    let mut member = |name: &str, value: &str| {
        out.push_str(if out.is_empty() { "{\"" } else { ",\"" });
        out.push_str(name);
        out.push_str("\":\"");
        for c in value.chars() {
            match c {
                '"' | '\\' => out.extend(['\\', c]),
                '\0'..='\x1f' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
                c => out.push(c),
            }
        }
        out.push('"');
    };
    member("AccessKeyId", &credentials.access_key_id);
    member("SecretAccessKey", &credentials.secret_access_key);
    member("Token", &credentials.session_token);
    member("Expiration", &credentials.expiration.to_string());
    if let Some(id) = &credentials.account_id {
        member("AccountId", id);
    }
    out.push('}');
    out
}
