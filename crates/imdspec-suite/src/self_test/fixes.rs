//! What defects are made of: questions about requests, and changes to documents.

use super::tamper::Heard;
use imdspec_client::Send;
use imdspec_wire::{Bytes, Headers, Response, Route, TTL_HEADER, Version};
use serde_json::{Map, Value};

pub(super) fn is_put(send: &Send) -> bool {
    send.request.method == "PUT"
}

pub(super) fn is_roles(send: &Send) -> bool {
    !is_put(send) && matches!(Route::of(&send.request.target), Route::Roles { .. })
}

pub(super) fn is_document(send: &Send) -> bool {
    !is_put(send) && matches!(Route::of(&send.request.target), Route::Document { .. })
}

/// A reply of this status and body, with nothing else to it.
pub(super) fn reply(status: u16, body: &str) -> Response {
    Response {
        version: Version::Http11,
        status,
        reason: String::new(),
        headers: Headers::default(),
        body: Bytes::from(body),
    }
}

/// A token reply that the reference client takes.
pub(super) fn token(value: &str) -> Heard {
    let mut reply = reply(200, value);
    reply.headers.set(TTL_HEADER, "21600");
    Ok(reply)
}

/// The status heard, if a reply was.
pub(super) fn status(heard: &Heard) -> Option<u16> {
    heard.as_ref().ok().map(|r| r.status)
}

/// The same reply with another status.
pub(super) fn with_status(heard: Heard, status: u16) -> Heard {
    heard.map(|r| Response { status, ..r })
}

/// The same reply with another body.
pub(super) fn with_body(heard: Heard, body: &str) -> Heard {
    heard.map(|r| Response {
        body: Bytes::from(body),
        ..r
    })
}

/// The body heard, as text.
pub(super) fn text(heard: &Heard) -> String {
    heard
        .as_ref()
        .map_or_else(|_| String::new(), |r| r.body.text().into_owned())
}

/// The document heard, if it is a JSON object.
pub(super) fn object(heard: &Heard) -> Option<Map<String, Value>> {
    match serde_json::from_str(&text(heard)) {
        Ok(Value::Object(object)) => Some(object),
        _ => None,
    }
}

/// The document heard, changed, if it is a JSON object.
pub(super) fn changed(heard: Heard, change: impl FnOnce(&mut Map<String, Value>)) -> Heard {
    match object(&heard) {
        Some(mut object) => {
            change(&mut object);
            with_body(heard, &Value::Object(object).to_string())
        }
        None => heard,
    }
}

/// The document refused, as if it were no document.
pub(super) fn refused(heard: Heard) -> Heard {
    with_body(heard, "refused")
}
