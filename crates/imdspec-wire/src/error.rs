//! Why bytes were refused.

use std::fmt;

/// Why a message or document was refused. Display is a lower-case fragment that never repeats the
/// content, because the content may hold a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum WireError {
    /// The body is not UTF-8.
    NotUtf8 {
        /// How many leading bytes were.
        valid_up_to: usize,
    },
    /// The body is not JSON, or is cut short.
    NotJson {
        /// Line of the fault, from 1.
        line: usize,
        /// Column of the fault, from 1.
        column: usize,
    },
    /// The body is JSON, but not an object.
    NotAnObject,
    /// `Code` says the service has no credentials to give.
    Failure {
        /// The value of `Code`, cut to 128 characters.
        code: String,
        /// The value of `Message`, cut to 256 characters; empty when absent.
        message: String,
    },
    /// A member that must be there is not.
    Missing(&'static str),
    /// A member that must have content is the empty string.
    Empty(&'static str),
    /// A member that must be a string is something else.
    NotAString(&'static str),
    /// A member stands more than once.
    Duplicate(&'static str),
    /// `Expiration` is not an RFC 3339 timestamp.
    BadTimestamp,
    /// The role list is empty.
    NoRole,
    /// The role list's first line is not a legal role name.
    BadRoleName,
    /// The reply's status is not 200.
    Status(u16),
    /// The token is empty or cannot stand in a header.
    BadToken,
    /// The reply does not say how long the token lives.
    NoTtl,
    /// The time to live is not a number of seconds from 1 to 21600.
    BadTtl,
    /// The message does not start with an HTTP/1.x start line, or a header is malformed.
    BadHead,
    /// The message is larger than the reader allows.
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// `Content-Length` or `Transfer-Encoding` contradict themselves or each other.
    BadFraming,
    /// The connection ended before the message did.
    Truncated,
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 { valid_up_to } => write!(f, "not UTF-8 after byte {valid_up_to}"),
            Self::NotJson { line, column } => write!(f, "not JSON at line {line} column {column}"),
            Self::NotAnObject => f.write_str("not a JSON object"),
            Self::Failure { code, message } if message.is_empty() => {
                write!(f, "the service answered Code {code:?}")
            }
            Self::Failure { code, message } => {
                write!(f, "the service answered Code {code:?}: {message}")
            }
            Self::Missing(name) => write!(f, "{name} is missing"),
            Self::Empty(name) => write!(f, "{name} is empty"),
            Self::NotAString(name) => write!(f, "{name} is not a string"),
            Self::Duplicate(name) => write!(f, "{name} stands more than once"),
            Self::BadTimestamp => f.write_str("not an RFC 3339 timestamp"),
            Self::NoRole => f.write_str("the role list is empty"),
            Self::BadRoleName => f.write_str("the role list does not begin with a role name"),
            Self::Status(status) => write!(f, "status {status}"),
            Self::BadToken => f.write_str("the session token cannot stand in a header"),
            Self::NoTtl => f.write_str("the session token came without a time to live"),
            Self::BadTtl => f.write_str("the time to live is not 1 to 21600 seconds"),
            Self::BadHead => f.write_str("not an HTTP/1.x message"),
            Self::TooLarge { limit } => write!(f, "larger than {limit} bytes"),
            Self::BadFraming => f.write_str("contradictory message framing"),
            Self::Truncated => f.write_str("the connection ended in the middle"),
        }
    }
}

impl std::error::Error for WireError {}
