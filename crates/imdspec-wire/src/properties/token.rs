//! Replies to the token PUT, read a second time, and lifetimes.

use super::http::{LIMITS, read_response};
use crate::{FieldName, Response, TTL_HEADER, TokenReply, Ttl, WireError};

/// A reply to the token PUT, as bytes, is taken or refused as [`token_reply_by`] says.
///
/// # Panics
/// When that does not hold.
pub fn token_reply(bytes: &[u8]) {
    token_reply_by(TokenReply::parse, bytes);
}

/// A reply is taken exactly where its status is 200, its body is one or more visible ASCII
/// characters, and its first `X-aws-ec2-metadata-token-ttl-seconds` is a number from 1 to 21600 in
/// digits; the token is the body byte for byte, and the reason of a refusal is the first of these
/// that fails.
///
/// # Panics
/// When that does not hold.
pub fn token_reply_by(parse: impl Fn(&Response) -> Result<TokenReply, WireError>, bytes: &[u8]) {
    let Ok(reply) = read_response(&[bytes]) else {
        return;
    };
    let taken = parse(&reply).map(|t| {
        let shown = format!("{t:?}");
        let token = t.token.as_str();
        assert!(
            token.len() < 24 || !shown.contains(token),
            "a token is not shown"
        );
        (token.as_bytes().to_vec(), t.ttl.seconds())
    });
    assert_eq!(taken, expected(&reply), "the token and how long it lives");
    if let Ok((token, ttl)) = taken {
        assert!(token.len() <= LIMITS.body && (1..=21_600).contains(&ttl));
        // What is taken can stand in a header, and comes back from one as it was.
        let head = format!(
            "HTTP/1.1 204 \r\nx: {}\r\n\r\n",
            String::from_utf8_lossy(&token)
        );
        let carried = read_response(&[head.as_bytes()]);
        let value = carried.map(|r| r.headers.get("x").map(|v| v.as_bytes().to_vec()));
        assert!(
            value == Ok(Some(token)) || head.len() > LIMITS.head,
            "in a header"
        );
    }
}

fn expected(reply: &Response) -> Result<(Vec<u8>, u32), WireError> {
    if reply.status != 200 {
        return Err(WireError::Status(reply.status));
    }
    let body = &reply.body.0;
    if body.is_empty() || body.iter().any(|b| !(0x21..=0x7e).contains(b)) {
        return Err(WireError::BadToken);
    }
    let mut fields = reply.headers.0.iter();
    let named = |(name, _): &&(FieldName, String)| name.to_ascii_lowercase() == TTL_HEADER;
    let (_, value) = fields.find(named).ok_or(WireError::NoTtl)?;
    seconds(value)
        .map(|ttl| (body.clone(), ttl))
        .ok_or(WireError::BadTtl)
}

/// The number that digits write, if it is a lifetime.
fn seconds(digits: &str) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    let number = digits.chars().try_fold(0_u32, |sum, c| {
        let digit = c.to_digit(10)?;
        // What is too long already only gets longer.
        Some((sum * 10 + digit).min(100_000))
    });
    number.filter(|n| (1..=21_600).contains(n))
}

/// A time to live is read or refused; what is read is 1 to 21600.
///
/// # Panics
/// When that does not hold.
pub fn ttl(text: &str) {
    assert_eq!(
        Ttl::parse(text).ok().map(Ttl::seconds),
        seconds(text),
        "{text:?}"
    );
}
