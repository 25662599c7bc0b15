//! What holds for any bytes at all, as functions that panic where it does not.
//!
//! The property tests, the replay of the corpus and the fuzz targets all call these, so that one
//! statement is put to the test in three ways.
//!
//! Each property comes twice: `role_list` puts this crate's own parser to the test, and
//! `role_list_by` any that it is given, so that whoever doubts the property can hand it a faulty
//! one. What a property holds a parser against is written a second time, in another way, and shares
//! nothing with it: [the grammar of documents](credential_document), dates by counting days, role
//! lists by characters.

mod date;
mod document;
mod grammar;
mod http;
mod roles;
mod token;

pub use date::{timestamp, timestamp_by};
pub use document::{credential_document, credential_document_by};
pub use http::{
    crumbled, cut, has_turn, http_requests, http_response, http_response_by, read_response,
};
pub use roles::{role_list, role_list_by};
pub use token::{token_reply, token_reply_by, ttl};
