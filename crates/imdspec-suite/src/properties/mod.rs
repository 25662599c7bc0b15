//! What holds whatever this crate, and those below it, are given: every property that a fuzz target
//! puts to the test, by the name of its target.
//!
//! The properties stand where what they are about stands; here are those of this crate, and
//! [`TARGETS`], by which `cargo test` replays `corpus/`. As in `imdspec_wire::properties`, each
//! comes with a form that takes the thing it tests.

mod any_trace;
mod dictionary;
mod scenario_file;
mod session_messages;
mod trace_judge;

pub use crate::fuzz::targets::{client_replies, client_replies_by, flow, flow_by};
pub use any_trace::{SECRETS, any_trace};
pub use dictionary::fuzz_dictionary;
pub use imdspec_client::properties::config_file;
pub use imdspec_model::properties::{model_requests, tcp_host};
pub use imdspec_wire::properties::{credential_document, http_response, role_list, token_reply};
pub use scenario_file::{scenario_file, scenario_file_by};
pub use session_messages::{answer, hello, session_messages, session_messages_by};
pub use trace_judge::{findings, trace_judge, trace_judge_by};

/// A property that is about bytes.
pub type Property = fn(&[u8]);

/// Every fuzz target, by its name.
pub const TARGETS: &[(&str, Property)] = &[
    ("client_replies", client_replies),
    ("config_file", config_file),
    ("credential_document", credential_document),
    ("flow", flow),
    ("http_response", http_response),
    ("model_requests", model_requests),
    ("role_list", role_list),
    ("scenario_file", scenario_file),
    ("session_messages", session_messages),
    ("tcp_host", tcp_host),
    ("timestamp", timestamp),
    ("token_reply", token_reply),
    ("trace_judge", trace_judge),
];

/// A timestamp reads as `imdspec_wire::properties::timestamp` says; bytes that are no text are none.
///
/// # Panics
/// When that does not hold.
pub fn timestamp(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        imdspec_wire::properties::timestamp(text);
    }
}
