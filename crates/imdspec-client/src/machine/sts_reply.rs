//! What STS answers: credentials, or an error, in XML.
//!
//! Source: STS API Reference, "AssumeRole", "AssumeRoleWithWebIdentity", "Common Error Types".

use super::retry::Failure;
use super::words;
use crate::credentials::ResolvedCredentials;
use imdspec_wire::{Response, Source, Timestamp, WireError};
use roxmltree::{Document, Node};

/// Errors of status 400 that are gone a moment later: STS is busy, or could not reach the provider
/// of the identity.
const PASSING: [&str; 6] = [
    "IDPCommunicationError",
    "RequestLimitExceeded",
    "RequestTimeout",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
];

/// Reads the reply to `action`. `sent` are the secrets that the request for it carried.
pub(super) fn read(
    reply: &Response,
    action: &str,
    source: Source,
    sent: &[&str],
) -> Result<ResolvedCredentials, Failure> {
    let text = std::str::from_utf8(&reply.body);
    let document = text.ok().and_then(|text| Document::parse(text).ok());
    let Some(document) = &document else {
        return Err(match reply.status {
            // As with half a document: it may be whole the next time.
            200 => Failure::Passing("the reply is not XML".to_owned()),
            status => WireError::Status(status).into(),
        });
    };
    match reply.status {
        200 => Ok(credentials(document, action, source)?),
        status => Err(error(document, status, sent)),
    }
}

fn credentials(
    document: &Document<'_>,
    action: &str,
    source: Source,
) -> Result<ResolvedCredentials, WireError> {
    let root = document.root_element();
    let missing = || WireError::Missing("Credentials");
    if root.tag_name().name() != format!("{action}Response") {
        return Err(missing());
    }
    let result = child(root, &format!("{action}Result"))?.ok_or_else(missing)?;
    let found = child(result, "Credentials")?.ok_or_else(missing)?;
    let need = |name| {
        let text = text(child(found, name)?.ok_or(WireError::Missing(name))?)
            .ok_or(WireError::NotAString(name))?;
        if text.is_empty() {
            Err(WireError::Empty(name))
        } else {
            Ok(text)
        }
    };
    Ok(ResolvedCredentials {
        access_key_id: need("AccessKeyId")?,
        secret_access_key: need("SecretAccessKey")?,
        session_token: Some(need("SessionToken")?),
        expiration: Some(Timestamp::parse(&need("Expiration")?)?),
        account_id: child(result, "AssumedRoleUser")?
            .map(|user| child(user, "Arn"))
            .transpose()?
            .flatten()
            .and_then(text)
            .and_then(|arn| account(&arn)),
        source,
    })
}

/// The account in an ARN (`arn:partition:sts:region:account:…`).
fn account(arn: &str) -> Option<String> {
    let account = arn.split(':').nth(4)?;
    let legal = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    legal.then(|| account.to_owned())
}

/// The one child of that name.
fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Result<Option<Node<'a, 'i>>, WireError> {
    let mut found = node
        .children()
        .filter(|node| node.is_element() && node.tag_name().name() == name);
    match (found.next(), found.next()) {
        (found, None) => Ok(found),
        (_, Some(_)) => Err(WireError::Duplicate("an element of the reply")),
    }
}

/// All of the text of an element; none where it has elements within.
fn text(node: Node<'_, '_>) -> Option<String> {
    if node.children().any(|child| child.is_element()) {
        return None;
    }
    let texts = node
        .children()
        .filter(Node::is_text)
        .filter_map(|t| t.text());
    Some(texts.collect::<String>().trim().to_owned())
}

/// `Code` and `Message`, fit for a log.
fn error(document: &Document<'_>, status: u16, sent: &[&str]) -> Failure {
    let error = document
        .descendants()
        .find(|node| node.is_element() && node.tag_name().name() == "Error");
    let said = |name| {
        let text = text(child(error?, name).ok()??)?;
        Some(words::clean(&text, sent.iter().copied()))
    };
    let Some(code) = said("Code") else {
        return WireError::Status(status).into();
    };
    let passes = PASSING.contains(&code.as_str());
    let words = match said("Message") {
        Some(message) => format!("{code}: {message}"),
        None => code,
    };
    if passes {
        Failure::Passing(format!("status {status}, {words}"))
    } else {
        Failure::Answered { status, words }
    }
}
