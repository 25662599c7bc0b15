//! Who signed a request, read from the signature in any of its forms.
//!
//! | form | page of the AWS documentation |
//! |---|---|
//! | `Authorization: AWS4-HMAC-SHA256 …` | Amazon S3 API Reference, "Authenticating Requests: Using the Authorization Header (AWS Signature Version 4)" |
//! | `X-Amz-Credential` in the query | the same, "Authenticating Requests: Using Query Parameters (AWS Signature Version 4)" |
//! | `AWS4-ECDSA-P256-SHA256` in either | IAM User Guide, "AWS Signature Version 4 for API requests" (`SigV4a`: no region in the scope) |
//! | `Authorization: AWS …`, `AWSAccessKeyId` beside `Expires` | Amazon S3 User Guide, "Signing and authenticating REST requests (AWS signature version 2)" |
//! | `AWSAccessKeyId` beside `SignatureVersion` | Amazon EC2 API Reference, "Common query parameters" (`SecurityToken`) |

use super::parameters::{Parameters, field_text};
use imdspec_wire::Request;
use std::fmt;

/// Whose credentials signed a request.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Signer {
    /// The access key id. It may be empty: whoever signs with an empty one took it for a key.
    pub(super) access_key_id: String,
    /// The security token, if one was sent.
    pub(super) security_token: Option<String>,
    /// The service it is signed for, such as `s3`; signature version 2 does not say.
    pub(super) service: Option<String>,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("access_key_id", &self.access_key_id)
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

/// The access key id, and the service where the signature names it.
type Identity = (String, Option<String>);

/// Who signed this request; none if it is not signed, or by no form of AWS.
pub(super) fn signer(request: &Request) -> Option<Signer> {
    let in_header = || request.headers.get("x-amz-security-token").map(field_text);
    let parameters = Parameters::of(request);
    let in_query = || {
        let token = parameters.get("X-Amz-Security-Token");
        token
            .or_else(|| parameters.get("SecurityToken"))
            .map(str::to_owned)
    };
    let authorization = request.headers.get("authorization").map(field_text);
    let by_header = authorization.and_then(|text| version_4(&text).or_else(|| version_2(&text)));
    // The token is looked for first where the signature is.
    let ((access_key_id, service), security_token) = match by_header {
        Some(identity) => (identity, in_header().or_else(in_query)),
        None => (
            version_4_query(&parameters).or_else(|| version_2_query(&parameters))?,
            in_query().or_else(in_header),
        ),
    };
    Some(Signer {
        access_key_id,
        security_token,
        service,
    })
}

fn version_4(authorization: &str) -> Option<Identity> {
    let (algorithm, rest) = authorization.split_once(' ')?;
    let part = |name: &str| {
        let mut parts = rest.split(',').filter_map(|p| p.trim().split_once('='));
        let (_, value) = parts.find(|(n, _)| *n == name)?;
        (!value.is_empty()).then_some(value)
    };
    part("SignedHeaders")?;
    part("Signature")?;
    credential(algorithm, part("Credential")?)
}

fn version_4_query(parameters: &Parameters) -> Option<Identity> {
    said(parameters, "X-Amz-Signature")?;
    credential(
        parameters.get("X-Amz-Algorithm")?,
        parameters.get("X-Amz-Credential")?,
    )
}

/// Reads `KEY/20130524/us-east-1/s3/aws4_request`, from its end: a key may be any text.
fn credential(algorithm: &str, text: &str) -> Option<Identity> {
    let mut parts = text.rsplit('/');
    (parts.next()? == "aws4_request").then_some(())?;
    let service = parts.next().filter(|s| !s.is_empty())?;
    let regions = match algorithm {
        "AWS4-HMAC-SHA256" => 1,
        "AWS4-ECDSA-P256-SHA256" => 0,
        _ => return None,
    };
    for _ in 0..regions {
        parts.next()?;
    }
    let date = parts.next()?;
    let is_date = date.len() == 8 && date.bytes().all(|b| b.is_ascii_digit());
    is_date.then_some(())?;
    let mut key: Vec<&str> = parts.collect();
    // `/20130524/…` has an empty key, `20130524/…` none.
    (!key.is_empty()).then_some(())?;
    key.reverse();
    Some((key.join("/"), Some(service.to_owned())))
}

fn version_2(authorization: &str) -> Option<Identity> {
    let (key, signature) = authorization.strip_prefix("AWS ")?.rsplit_once(':')?;
    (!signature.is_empty()).then(|| (key.to_owned(), None))
}

fn version_2_query(parameters: &Parameters) -> Option<Identity> {
    said(parameters, "Signature")?;
    let key = parameters.get("AWSAccessKeyId")?;
    (parameters.has("Expires") || parameters.has("SignatureVersion"))
        .then(|| (key.to_owned(), None))
}

/// A parameter that is there and not empty.
fn said<'a>(parameters: &'a Parameters, name: &str) -> Option<&'a str> {
    parameters.get(name).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests;
