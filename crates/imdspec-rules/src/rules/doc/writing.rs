//! How a body is written, which a parsed document no longer shows.

use super::fetch::KNOWN;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// How an object spells a document.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Writing {
    /// Its members stand in another order than the service writes them in.
    pub(super) reordered: bool,
    /// `Code` has an escape in it.
    pub(super) escaped_code: bool,
    /// The access key or the security token has an escape in it.
    pub(super) escaped_key: bool,
    /// The secret access key has an escape in it.
    pub(super) escaped_secret: bool,
}

impl Writing {
    /// How `body` is written, if it is an object.
    pub(super) fn of(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }
}

/// What a body is that may be no document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    /// Nothing, or white space.
    Blank,
    /// An object that ends too early.
    Cut,
    /// Another value, or text that no extension of JSON takes for an object.
    NoObject,
    /// An object, as far as its grammar goes.
    Object,
    /// An object that ends here, and more that is not white space.
    Trailed(usize),
    /// Something that a lenient parser may take for an object; RFC 8259, section 9, lets it.
    Odd,
}

impl Body {
    /// What `body` is. Depth, numbers and surrogates are not looked at: they are no grammar.
    pub(super) fn of(body: &[u8]) -> Self {
        let start = body.trim_ascii_start();
        let Some(&first) = start.first() else {
            return Self::Blank;
        };
        // A byte order mark, another encoding, a comment: lenient parsers skip or detect them.
        if !first.is_ascii() || matches!(first, b'/' | b'#') || body.contains(&0) {
            return Self::Odd;
        }
        let is_object = first == b'{';
        match serde_json::from_slice::<IgnoredAny>(body) {
            Ok(_) if is_object => Self::Object,
            Ok(_) => Self::NoObject,
            Err(_) if !is_object => Self::NoObject,
            Err(e) if e.is_eof() => Self::Cut,
            Err(_) => {
                let mut values =
                    serde_json::Deserializer::from_slice(body).into_iter::<IgnoredAny>();
                match values.next() {
                    Some(Ok(_)) => Self::Trailed(values.byte_offset()),
                    Some(Err(_)) | None => Self::Odd,
                }
            }
        }
    }
}

/// Whether a string needed unescaping; a parser lends it only when it did not.
enum Spelling {
    Plain,
    Escaped,
}

impl<'de> Deserialize<'de> for Writing {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(WritingVisitor)
    }
}

struct WritingVisitor;

impl<'de> Visitor<'de> for WritingVisitor {
    type Value = Writing;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Writing, A::Error> {
        let mut writing = Writing::default();
        let mut latest = 0;
        while let Some(name) = map.next_key::<String>()? {
            let place = KNOWN.iter().position(|known| *known == name);
            // The service never wrote `Message` or `AccountId` beside keys, so they have no place.
            if let Some(place) = place.filter(|_| !matches!(&*name, "Message" | "AccountId")) {
                writing.reordered |= place < latest;
                latest = place;
            }
            let escaped = matches!(map.next_value()?, Spelling::Escaped);
            match &*name {
                "Code" => writing.escaped_code |= escaped,
                "AccessKeyId" | "Token" => writing.escaped_key |= escaped,
                "SecretAccessKey" => writing.escaped_secret |= escaped,
                _ => {}
            }
        }
        Ok(writing)
    }
}

impl<'de> Deserialize<'de> for Spelling {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SpellingVisitor)
    }
}

struct SpellingVisitor;

impl<'de> Visitor<'de> for SpellingVisitor {
    type Value = Spelling;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_borrowed_str<E>(self, _: &'de str) -> Result<Spelling, E> {
        Ok(Spelling::Plain)
    }

    fn visit_str<E>(self, _: &str) -> Result<Spelling, E> {
        Ok(Spelling::Escaped)
    }

    fn visit_unit<E>(self) -> Result<Spelling, E> {
        Ok(Spelling::Plain)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Spelling, E> {
        Ok(Spelling::Plain)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Spelling, E> {
        Ok(Spelling::Plain)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Spelling, E> {
        Ok(Spelling::Plain)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Spelling, E> {
        Ok(Spelling::Plain)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Spelling, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Spelling::Plain)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Spelling, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Spelling::Plain)
    }
}

#[cfg(test)]
mod tests {
    use super::{Body, Writing};

    #[test]
    fn bodies_are_told_apart() {
        for (body, is) in [
            ("", Body::Blank),
            (" \r\n", Body::Blank),
            (r#"{"AccessKeyId":"A","Sec"#, Body::Cut),
            ("<html>", Body::NoObject),
            ("null", Body::NoObject),
            (r#"[{"Code":"Success"}]"#, Body::NoObject),
            ("{} \n", Body::Object),
            (r#"{"a":"\ud800","b":1e999}"#, Body::Object),
            ("{}{}", Body::Trailed(2)),
            ("{'a':1}", Body::Odd),
            ("\u{feff}{}", Body::Odd),
            ("{\0}\0", Body::Odd),
        ] {
            assert_eq!(Body::of(body.as_bytes()), is, "{body:?}");
        }
    }

    #[test]
    fn escapes_and_order_are_seen() {
        let writing = |body: &str| Writing::of(body.as_bytes()).unwrap();
        let plain = writing(r#"{"Code":"Success","X":"\/","LastUpdated":"","Token":"a/b"}"#);
        assert_eq!(plain, Writing::default());
        assert!(writing(r#"{"Code":"S\u0075ccess"}"#).escaped_code);
        assert!(writing(r#"{"Token":"a\/b","X":{"y":[1,{}]}}"#).escaped_key);
        assert!(writing(r#"{"Token":"t","AccessKeyId":"a"}"#).reordered);
    }
}
