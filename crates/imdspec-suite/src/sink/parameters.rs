//! The parameters of a request: its query, and the form in its body.

use imdspec_wire::Request;

/// Parameters in the order they were sent, decoded.
#[derive(Default)]
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Those of the query.
    pub(super) fn of_query(request: &Request) -> Self {
        let (_, query) = request.target.split_once('?').unwrap_or_default();
        Self::parse(query)
    }

    /// Those of the query, then those of a form that was posted.
    pub(super) fn of(request: &Request) -> Self {
        const FORM: &str = "application/x-www-form-urlencoded";
        let mut parameters = Self::of_query(request);
        let kind = request.headers.get("content-type").unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if kind.eq_ignore_ascii_case(FORM) {
            parameters.0.extend(Self::parse(&request.body.text()).0);
        }
        parameters
    }

    fn parse(text: &str) -> Self {
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        let decoded = pairs.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        });
        Self(decoded.collect())
    }

    /// The first one of this name, matched without regard to case: `X-Amz-Security-Token` is also
    /// written `x-amz-security-token`.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let is_it = |(n, _): &&(String, String)| n.eq_ignore_ascii_case(name);
        self.0.iter().find(is_it).map(|(_, value)| value.as_str())
    }

    /// Whether there is one of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// All names.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

/// Percent-decoded text. What is no escape stays as it is, and so does `+`: AWS writes a space as
/// `%20`, and a security token is base64, in which a plus is a plus.
pub(super) fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escape = (byte == b'%').then(|| Some((digit(bytes, at + 1)?, digit(bytes, at + 2)?)));
        if let Some((high, low)) = escape.flatten() {
            out.push(high << 4 | low);
            at += 3;
        } else {
            out.push(byte);
            at += 1;
        }
    }
    String::from_utf8(out).unwrap_or_else(|e| latin1(e.as_bytes()))
}

fn digit(bytes: &[u8], at: usize) -> Option<u8> {
    let digit = char::from(*bytes.get(at)?).to_digit(16)?;
    u8::try_from(digit).ok()
}

/// The value of a header field, in which each character stands for a byte, as the text it was when
/// the subject wrote it: UTF-8 where it can be.
pub(super) fn field_text(value: &str) -> String {
    let bytes: Result<Vec<u8>, _> = value.chars().map(|c| u8::try_from(u32::from(c))).collect();
    bytes
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .unwrap_or_else(|| value.to_owned())
}

fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_and_the_rest_stays() {
        for (text, meant) in [
            ("a%2Fb%2bc%3D", "a/b+c="),
            ("a+b", "a+b"),
            ("%C3%BC", "ü"),
            ("%ff", "\u{ff}"),
            ("%", "%"),
            ("%4", "%4"),
            ("%zz%+1%41", "%zz%+1A"),
        ] {
            assert_eq!(decoded(text), meant, "{text}");
        }
    }

    #[test]
    fn a_field_is_utf8_where_it_can_be() {
        assert_eq!(field_text("\u{c3}\u{bc}"), "ü");
        assert_eq!(field_text("\u{ff}"), "\u{ff}");
    }

    #[test]
    fn a_form_counts_only_as_a_form() {
        let mut request = Request::new("POST", "/?a=1&&A=2&b");
        request.body = "Action=X".into();
        let kind = "application/x-www-form-urlencoded; charset=utf-8";
        assert!(!Parameters::of(&request).has("Action"));
        let request = request.with("Content-Type", kind);
        let parameters = Parameters::of(&request);
        assert_eq!(parameters.get("Action"), Some("X"));
        assert_eq!(parameters.get("a"), Some("1"));
        assert_eq!(parameters.get("b"), Some(""));
        assert!(!Parameters::of_query(&request).has("Action"));
    }
}
