//! The answer to a request, by the protocol its service speaks.
//!
//! ```text
//!   not signed ────────────────────────────► 403 AccessDenied
//!   X-Amz-Target, or AWS JSON ─────────────► {}
//!   Action=… (query protocol) ─────────────► that action's response, empty; GetCallerIdentity's is not
//!   signed for S3, or by version 2 ────────► see `s3`
//!   anything else ─────────────────────────► 200 with nothing in it
//! ```

use super::parameters::Parameters;
use super::s3;
use super::signature::Signer;
use imdspec_model::Reply;
use imdspec_wire::{Headers, Request};

/// The id of every request: there is nothing to look up by it.
const REQUEST_ID: &str = "01234567-89ab-cdef-0123-456789abcdef";

/// A status and what goes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) fields: Vec<(&'static str, String)>,
    pub(super) body: String,
}

impl Answer {
    /// A status and nothing else.
    pub(super) const fn empty(status: u16) -> Self {
        Self {
            status,
            fields: Vec::new(),
            body: String::new(),
        }
    }

    /// A body of this type.
    fn of(status: u16, kind: impl Into<String>, body: String) -> Self {
        Self {
            status,
            fields: vec![("Content-Type", kind.into())],
            body,
        }
    }

    /// A document as Amazon S3 sends it.
    pub(super) fn xml(status: u16, root: &str) -> Self {
        let body = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{root}");
        Self::of(status, "application/xml", body)
    }

    /// An error, as in "Error responses" of the Amazon S3 API Reference.
    pub(super) fn error(status: u16, code: &str, message: &str, resource: &str) -> Self {
        let resource = escaped(resource);
        let root = format!(
            "<Error><Code>{code}</Code><Message>{message}</Message><Resource>{resource}</Resource>\
             <RequestId>{REQUEST_ID}</RequestId></Error>"
        );
        Self::xml(status, &root)
    }
}

/// Answers a request of this signer; without one, refuses it.
pub(super) fn respond(request: &Request, signer: Option<&Signer>) -> Reply {
    let mut answer = signer.map_or_else(
        || Answer::error(403, "AccessDenied", "Access Denied", path(request)),
        |signer| answer(request, signer),
    );
    answer.fields.push(("x-amz-request-id", REQUEST_ID.into()));
    let fields = Headers::from_iter(answer.fields);
    Reply::plain(request, answer.status, fields, answer.body.as_str())
}

fn answer(request: &Request, signer: &Signer) -> Answer {
    let parameters = Parameters::of(request);
    if let Some(json) = json(request) {
        return json;
    }
    let is_s3 = |service: &str| service.starts_with("s3");
    match (signer.service.as_deref(), parameters.get("Action")) {
        (Some(service), _) if is_s3(service) => s3::answer(request),
        (_, Some(action)) => query(action),
        (None, None) => s3::answer(request),
        (Some(_), None) => Answer::empty(200),
    }
}

/// An empty object, to a request of the protocols described in "AWS JSON 1.0 protocol" and "AWS
/// JSON 1.1 protocol" of the Smithy documentation.
fn json(request: &Request) -> Option<Answer> {
    let kind = request.headers.get("content-type").unwrap_or_default();
    let is_json = kind.starts_with("application/x-amz-json-1.");
    if !is_json && !request.headers.has("x-amz-target") {
        return None;
    }
    let kind = if is_json {
        kind
    } else {
        "application/x-amz-json-1.1"
    };
    Some(Answer::of(200, kind, "{}".into()))
}

/// The response to an action, without results, in the shape given by "AWS Query protocol" of the
/// Smithy documentation; with those that "`GetCallerIdentity`" of the AWS STS API Reference shows
/// where somebody asks who it is.
fn query(action: &str) -> Answer {
    let is_name = action.bytes().all(|b| b.is_ascii_alphanumeric());
    if !is_name || !action.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Answer::error(400, "InvalidAction", "The action is not valid.", "/");
    }
    let (space, result) = match action {
        "GetCallerIdentity" => (
            r#" xmlns="https://sts.amazonaws.com/doc/2011-06-15/""#,
            "<Arn>arn:aws:sts::123456789012:assumed-role/sink/sink</Arn>\
             <UserId>AROA123EXAMPLE123:sink</UserId><Account>123456789012</Account>",
        ),
        _ => ("", ""),
    };
    let body = format!(
        "<{action}Response{space}><{action}Result>{result}</{action}Result><ResponseMetadata>\
         <RequestId>{REQUEST_ID}</RequestId></ResponseMetadata></{action}Response>"
    );
    Answer::of(200, "text/xml", body)
}

/// The target without its query.
pub(super) fn path(request: &Request) -> &str {
    let target = request.target.as_str();
    target.split_once('?').map_or(target, |(path, _)| path)
}

/// Text as XML 1.0 can hold it.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'.. => out.push(c),
            // XML 1.0, section 2.2, has no way to write the rest.
            _ => out.push('\u{fffd}'),
        }
    }
    out
}
