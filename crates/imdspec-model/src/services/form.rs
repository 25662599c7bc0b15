//! Names and values as forms and queries write them.

/// The values in `text`, decoded, by name in order.
pub(super) fn pairs(text: &str) -> impl Iterator<Item = (String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decoded(name), decoded(value)))
}

/// The value called `name`.
pub(super) fn value(text: &str, name: &str) -> Option<String> {
    pairs(text).find(|(n, _)| n == name).map(|(_, value)| value)
}

fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let hex = |at: usize| bytes.get(at).and_then(|b| char::from(*b).to_digit(16));
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escaped = (byte == b'%')
            .then(|| Some(hex(at + 1)? * 16 + hex(at + 2)?))
            .flatten()
            .and_then(|n| u8::try_from(n).ok());
        match (escaped, byte) {
            (Some(byte), _) => out.push(byte),
            (None, b'+') => out.push(b' '),
            (None, byte) => out.push(byte),
        }
        at += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::value;

    #[test]
    fn reads_what_clients_write() {
        let form = "Action=AssumeRole&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&Empty=&a=b+c%2%zz";
        assert_eq!(value(form, "Action").as_deref(), Some("AssumeRole"));
        assert_eq!(
            value(form, "RoleArn").as_deref(),
            Some("arn:aws:iam::1:role/r")
        );
        assert_eq!(value(form, "Empty").as_deref(), Some(""));
        assert_eq!(value(form, "a").as_deref(), Some("b c%2%zz"));
        assert_eq!(value(form, "b"), None);
    }
}
