//! Signature Version 4, as far as one request to STS needs it.
//!
//! `aws-sigv4` does the same and brings sixty crates along; the hashes are those of `ring`, which
//! TLS needs anyway.
//!
//! Source: AWS General Reference, "Create a signed AWS API request".

use crate::credentials::ResolvedCredentials;
use imdspec_wire::{Request, Timestamp, Wall};
use ring::{digest, hmac};
use std::fmt::Write as _;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The headers that are signed, where they are there: those that nothing on the way may change.
const SIGNED: [&str; 4] = ["content-type", "host", "x-amz-date", "x-amz-security-token"];

/// What a signature is good for besides its request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) region: &'a str,
    pub(super) service: &'a str,
}

/// The request with its date, its security token and its signature. Its target has no query.
pub(super) fn sign(
    mut request: Request,
    credentials: &ResolvedCredentials,
    scope: Scope<'_>,
    now: Wall,
) -> Request {
    let time = Timestamp::from_wall(now).to_seconds_text();
    let time: String = time.chars().filter(|c| !matches!(c, '-' | ':')).collect();
    request.headers.push("x-amz-date", &time);
    if let Some(token) = &credentials.session_token {
        request.headers.push("x-amz-security-token", token);
    }
    let date = &time[..8];
    let Scope { region, service } = scope;
    let scope = format!("{date}/{region}/{service}/aws4_request");
    let (canonical, signed) = canonical(&request);
    let to_sign = format!(
        "{ALGORITHM}\n{time}\n{scope}\n{}",
        sha256(canonical.as_bytes())
    );
    let secret = format!("AWS4{}", credentials.secret_access_key);
    let key = [date, region, service, "aws4_request"]
        .iter()
        .fold(secret.into_bytes(), |key, part| mac(&key, part));
    let signature = hex(&mac(&key, &to_sign));
    let id = &credentials.access_key_id;
    request.headers.push(
        "authorization",
        format!(
            "{ALGORITHM} Credential={id}/{scope}, SignedHeaders={signed}, Signature={signature}"
        ),
    );
    request
}

/// The request in the one form that both sides hash, and the names of the headers in it.
fn canonical(request: &Request) -> (String, String) {
    let present = SIGNED.map(|name| (name, request.headers.get(name)));
    let mut headers = String::new();
    let mut names = Vec::new();
    for (name, value) in present {
        if let Some(value) = value {
            let _ = writeln!(headers, "{name}:{}", value.trim());
            names.push(name);
        }
    }
    let names = names.join(";");
    let Request { method, target, .. } = request;
    let path = encoded(target);
    let body = sha256(&request.body);
    (
        format!("{method}\n{path}\n\n{headers}\n{names}\n{body}"),
        names,
    )
}

/// A path encoded once more than it is on the wire, as every service but S3 wants it.
fn encoded(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

fn sha256(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use imdspec_wire::Source;

    /// The keys and the time of AWS's published vectors (`aws-sig-v4-test-suite`).
    fn signed(request: Request, session_token: Option<&str>) -> String {
        let credentials = ResolvedCredentials {
            access_key_id: "AKIDEXAMPLE".into(),
            secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into(),
            session_token: session_token.map(str::to_owned),
            expiration: None,
            account_id: None,
            source: Source::Environment,
        };
        let scope = Scope {
            region: "us-east-1",
            service: "service",
        };
        let now = Timestamp::parse("2015-08-30T12:36:00Z").unwrap().wall();
        let request = sign(request, &credentials, scope, now);
        request.headers.get("authorization").unwrap().to_owned()
    }

    #[test]
    fn the_published_vectors() {
        let host = "example.amazonaws.com";
        let vanilla = Request::new("GET", "/").with("host", host);
        assert_eq!(
            signed(vanilla, None),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date, \
             Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        );
        // The case post-x-www-form-urlencoded.
        let mut form = Request::new("POST", "/")
            .with("host", host)
            .with("user-agent", "not signed")
            .with("content-type", "application/x-www-form-urlencoded");
        form.body = "Param1=value1".into();
        let form = signed(form, None);
        assert!(form.contains("SignedHeaders=content-type;host;x-amz-date, "));
        assert!(
            form.ends_with("ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"),
            "{form}"
        );
    }

    #[test]
    fn a_path_is_encoded_once_more() {
        assert_eq!(encoded("/base/a%2Fb:c/"), "/base/a%252Fb%3Ac/");
    }

    #[test]
    fn a_security_token_is_signed() {
        let request = Request::new("GET", "/").with("host", "example.amazonaws.com");
        let with = signed(request.clone(), Some("TOKEN"));
        assert!(with.contains("SignedHeaders=host;x-amz-date;x-amz-security-token, "));
        assert_ne!(with, signed(request, Some("OTHER")));
    }
}
