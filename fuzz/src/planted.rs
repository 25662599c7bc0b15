//! One plausible fault a target, none of which is in the libraries.
//!
//! Each is something that a parser, a service or a judge might really do. `scripts/fuzz planted`
//! lets every target look for its own, and is content when the property's words end the run.

mod altered;
mod hash_order;
mod texts;

use imdspec_client::properties::{config_file_by, parse_config_file};
use imdspec_model::properties::{Imds, converse, model_requests_by, tcp_host_by};
use imdspec_model::{Change, Model, Reply};
use imdspec_suite::Scenario;
use imdspec_suite::properties::{
    client_replies_by, flow_by, scenario_file_by, session_messages_by, trace_judge_by,
};
use imdspec_wire::properties as wire;
use imdspec_wire::{CredentialDocument, Now, Request, RoleList, Timestamp, TokenReply, WireError};

/// A `Code` in lower case passes for success.
pub fn credential_document(bytes: &[u8]) {
    let read = |bytes: &[u8]| {
        let document = CredentialDocument::parse(bytes)?;
        match document.credentials() {
            Err(WireError::Failure { code, .. }) if code == "success" => {
                let mended = texts::replaced(bytes, "\"success\"", "\"Success\"");
                CredentialDocument::parse(mended.as_bytes())?.credentials()
            }
            other => other,
        }
    };
    wire::credential_document_by(read, bytes);
}

/// A slash may stand in the name of a role.
pub fn role_list(bytes: &[u8]) {
    let read = |bytes: &[u8]| {
        RoleList::parse(bytes).or_else(|refused| match refused {
            WireError::BadRoleName => RoleList::parse(texts::replaced(bytes, "/", "_").as_bytes()),
            other => Err(other),
        })
    };
    wire::role_list_by(read, bytes);
}

/// A lifetime may have a sign, as numbers do.
pub fn token_reply(bytes: &[u8]) {
    let read = |reply: &imdspec_wire::Response| {
        let mut reply = reply.clone();
        for (_, value) in &mut reply.headers.0 {
            if let Some(number) = value.strip_prefix('+') {
                *value = number.to_owned();
            }
        }
        TokenReply::parse(&reply)
    };
    wire::token_reply_by(read, bytes);
}

/// The sign of an offset is not looked at.
pub fn timestamp(bytes: &[u8]) {
    let read = |text: &str| match text.rsplit_once('-') {
        Some((date, offset)) if offset.contains(':') && date.contains(['T', 't']) => {
            Timestamp::parse(&format!("{date}+{offset}"))
        }
        _ => Timestamp::parse(text),
    };
    if let Ok(text) = std::str::from_utf8(bytes) {
        wire::timestamp_by(read, text);
    }
}

/// A CR at the end of what arrives is thrown away, for the LF is sure to follow.
pub fn http_response(bytes: &[u8]) {
    let read = |pieces: &[&[u8]]| {
        let last = pieces.len().saturating_sub(1);
        let without = |(i, piece): (usize, &&'_ [u8])| match piece.strip_suffix(b"\r") {
            Some(piece) if i < last => piece.to_vec(),
            _ => piece.to_vec(),
        };
        let pieces: Vec<Vec<u8>> = pieces.iter().enumerate().map(without).collect();
        let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
        wire::read_response(&pieces)
    };
    wire::http_response_by(read, bytes);
}

/// A comment begins at any `#`.
pub fn config_file(bytes: &[u8]) {
    config_file_by(
        |text, kind| parse_config_file(&text.replace('#', " #"), kind),
        bytes,
    );
}

/// A jump of the clock is written without its sign.
pub fn scenario_file(bytes: &[u8]) {
    scenario_file_by(
        |text| Scenario::parse("fuzz", "fuzz.toml", text),
        |scenario| {
            let text = scenario.to_toml()?;
            Ok(text
                .replace("jump = \"-", "jump = \"")
                .replace(" ago\"", "\""))
        },
        bytes,
    );
}

/// An answer with both credentials and an error is taken for the error.
pub fn session_messages(bytes: &[u8]) {
    session_messages_by(
        imdspec_suite::properties::hello,
        |line| {
            let (id, outcome) = imdspec_suite::properties::answer(line);
            texts::error_first(line).map_or((id, outcome), |error| (id, error))
        },
        bytes,
    );
}

/// The proofs of a violation come in the order of a hash table.
pub fn trace_judge(bytes: &[u8]) {
    trace_judge_by(hash_order::findings, bytes);
}

/// A session token that was revoked goes on working.
pub fn model_requests(bytes: &[u8]) {
    struct Forgiving(Model);
    impl Imds for Forgiving {
        fn handle(&mut self, now: Now, request: &Request) -> Reply {
            self.0.handle(now, request)
        }

        fn change(&mut self, now: Now, change: Change) {
            if change != Change::RevokeTokens {
                self.0.change(now, change);
            }
        }
    }
    model_requests_by(|world| Forgiving(Model::new(world, 1)), bytes);
}

/// What arrives together with the end of a head is thrown away with it.
pub fn tcp_host(bytes: &[u8]) {
    let host = |pieces: &[&[u8]]| {
        let upto = |piece: &&'_ [u8]| {
            let end = piece.windows(4).position(|w| w == b"\r\n\r\n");
            end.map_or(piece.len(), |end| end + 4)
        };
        let pieces: Vec<&[u8]> = pieces.iter().map(|p| &p[..upto(p)]).collect();
        converse(&pieces)
    };
    tcp_host_by(host, bytes);
}

/// A document that says it failed is one that says nothing.
pub fn flow(bytes: &[u8]) {
    flow_by(altered::client(altered::failures_pass), bytes);
}

/// What stands in the reply to the list is a role, whatever its status.
pub fn client_replies(bytes: &[u8]) {
    client_replies_by(altered::client(altered::statuses_pass), bytes);
}
