//! The words of the EC2 Instance Metadata Service (IMDS), as values.
//!
//! Paths and routes, HTTP/1.1 messages exactly as sent, session tokens, role lists, credential
//! documents and timestamps. Every parser here is *total*: any bytes give `Ok` or `Err`, never a
//! panic, and nothing a peer sent is silently repaired.
//!
//! In scope: what travels between a client and the service. Out of scope: when to send it (the
//! client), what to answer (the model), whether it was right (the rules).
//!
//! ```
//! use imdspec_wire::{CredentialDocument, Route};
//!
//! assert_eq!(Route::of("/latest/api/token"), Route::Token);
//! let body = br#"{"Code":"Success","AccessKeyId":"ASIAEXAMPLE","SecretAccessKey":"s","Token":"t",
//!     "Expiration":"2026-01-02T03:04:05Z"}"#;
//! let document = CredentialDocument::parse(body)?;
//! assert_eq!(document.credentials()?.access_key_id, "ASIAEXAMPLE");
//! # Ok::<(), imdspec_wire::WireError>(())
//! ```

mod bytes;
mod document;
mod error;
mod framing;
mod head;
mod http;
mod identity;
mod instance_profile;
pub mod properties;
mod request_reader;
mod response_reader;
mod roles;
mod route;
mod source;
mod time;
mod timestamp;
mod token;

pub use bytes::Bytes;
pub use document::{CredentialDocument, Credentials, Field, FieldType, Success};
pub use error::WireError;
pub use http::{FieldName, Headers, Request, Response, Version};
pub use identity::InstanceIdentity;
pub use instance_profile::InstanceProfile;
pub use request_reader::{RequestReader, RequestStep};
pub use response_reader::{Limits, Received, ResponseReader};
pub use roles::RoleList;
pub use route::{Route, paths};
pub use source::{Order, Source};
pub use time::{Mono, Now, Wall};
pub use timestamp::Timestamp;
pub use token::{SessionToken, TOKEN_HEADER, TTL_HEADER, TokenReply, Ttl};
