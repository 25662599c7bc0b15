//! The world a model lives in, as data.

use crate::Span;
use serde::{Deserialize, Serialize};

/// Everything about a service that a test may want to choose. The default is a healthy instance
/// with one role, tokens required.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct World {
    /// Which versions of the service answer.
    pub mode: Mode,
    /// The role attached to the instance; empty for none.
    pub role: String,
    /// How replies look on the wire.
    pub profile: Profile,
    /// The longest token lifetime granted; the reply says what was granted.
    pub longest_token: Span,
    /// How long new credentials live.
    pub credential_lifetime: Span,
    /// How long before the old ones end new credentials appear. The service promises five minutes
    /// or more (EC2 User Guide, "IAM roles for Amazon EC2").
    pub rotate_before: Span,
    /// The account id in the document; the service's legacy path does not send one.
    pub account_id: Option<String>,
    /// What goes wrong, the first that matches a request winning.
    pub faults: Vec<Fault>,
}

impl Default for World {
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            role: "imdspec-role".into(),
            profile: Profile::default(),
            longest_token: Span::seconds(21_600),
            credential_lifetime: Span::seconds(6 * 3600),
            rotate_before: Span::seconds(3600),
            account_id: None,
            faults: Vec::new(),
        }
    }
}

/// Which versions of the service answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Tokens are required: a GET without a valid one is 401.
    #[default]
    V2Required,
    /// Tokens are optional: a GET without one is answered, one with an invalid one is 401.
    V2Optional,
    /// No tokens: the PUT is 405, GETs are answered without one. Emulators and old proxies.
    V1Only,
    /// The service is turned off: 403 to everything.
    Off,
}

/// How replies look on the wire, where captures of the real service differ over the years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// HTTP/1.1, kept alive (capture of 2023).
    #[default]
    Http11,
    /// HTTP/1.1 with `Connection: close` (recordings of SDK tests).
    Http11Close,
    /// HTTP/1.0, closed after each reply (captures of 2018 to 2021).
    Http10,
    /// HTTP/1.1 with the token's TTL header also on GETs made with a token.
    TtlOnGets,
}

/// One thing that goes wrong, or is only unusual.
///
/// A fault without [`status`](Self::status) and [`body`](Self::body) keeps what the healthy model
/// would have answered and changes only what it names. With a status alone, a successful one keeps
/// the healthy body, an error (400 and up) gets the service's page, and any other has none. With a
/// body, the status is 200 unless the fault says otherwise, and to the token path the reply still
/// carries the lifetime granted.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Fault {
    /// Which requests it is for.
    pub on: On,
    /// Which of them, counted from 1 since the fault came into force: `"2"`, `"1..3"` (both
    /// included), `"2.."`. All of them when left out.
    pub nth: Nth,
    /// Only requests of this method.
    pub method: Option<String>,
    /// The status answered.
    pub status: Option<u16>,
    /// The body answered. In it `${access-key-id}`, `${secret-access-key}`, `${token}` (the
    /// security token), `${session-token}` (a fresh valid IMDSv2 one), `${role}`,
    /// `${last-updated}`, `${expiration}` and `${expiration+15m}`-like sums (now plus the span)
    /// are filled in.
    pub body: Option<String>,
    /// The body answered, in base64, for what is not text. Nothing is filled in.
    pub body_base64: Option<String>,
    /// Header fields set (replacing those of the same name), values filled in as in the body,
    /// with `${collector}` for the collector's URL besides.
    pub headers: Vec<(String, String)>,
    /// Header fields left out.
    pub without: Vec<String>,
    /// The version on the status line.
    pub version: Option<imdspec_wire::Version>,
    /// How the body is framed.
    pub framing: Option<Framing>,
    /// The `Content-Length` claimed, true or not.
    pub content_length: Option<u64>,
    /// Only so many bytes of the body are sent before the connection closes.
    pub cut: Option<u64>,
    /// Interim statuses (1xx) sent first.
    pub interim: Vec<u16>,
    /// So many extra header fields.
    pub header_flood: Option<u32>,
    /// The time before the first byte.
    pub delay: Option<Span>,
    /// The body comes a byte at a time, this far apart, with spaces after it so that it takes at
    /// least 35 s in all; what is left of a long one then comes at once.
    pub drip: Option<Span>,
    /// The body is repeated for ever (up to 20 MiB).
    pub endless: bool,
    /// The body is compressed, and says so.
    pub gzip: bool,
    /// No HTTP reply at all, but this.
    pub instead: Option<Instead>,
}

/// Which requests a fault is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum On {
    /// Every request to the instance metadata service.
    #[default]
    Any,
    /// The token path.
    Token,
    /// Everything but the token path.
    Metadata,
    /// The role list, with or without its slash.
    Roles,
    /// A role's document.
    Document,
    /// Not the instance metadata service, but the container endpoint.
    Container,
    /// Not the instance metadata service, but the Security Token Service.
    Sts,
    /// Not the instance metadata service, but the portal of IAM Identity Center.
    Sso,
    /// Not the instance metadata service, but the token service of IAM Identity Center.
    Oidc,
    /// Not the instance metadata service, but the sign-in service.
    Signin,
}

/// How a body is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Framing {
    /// By `Content-Length`.
    Length,
    /// Chunked.
    Chunked,
    /// By the end of the connection.
    Close,
}

/// What comes in place of an HTTP reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Instead {
    /// Nothing, and the connection stays open: what a client in a container sees when the hop
    /// limit is 1 and the reply is dropped on the way.
    Silence,
    /// The connection closes.
    Close,
    /// The connection is reset.
    Reset,
    /// Bytes that are not HTTP.
    Garbage,
}

/// A range of counts, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Nth {
    /// The first, from 1.
    pub first: u32,
    /// The last; none for no end.
    pub last: Option<u32>,
}

impl Default for Nth {
    fn default() -> Self {
        Self {
            first: 1,
            last: None,
        }
    }
}

impl Nth {
    /// Whether the `n`-th request, counted from 1, is in the range.
    #[must_use]
    pub fn holds(self, n: u32) -> bool {
        n >= self.first && self.last.is_none_or(|last| n <= last)
    }
}

impl TryFrom<String> for Nth {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let number = |t: &str| t.trim().parse::<u32>().ok().filter(|n| *n > 0);
        let range = match text.split_once("..") {
            None => number(&text).map(|n| (n, Some(n))),
            Some((first, "")) => number(first).map(|n| (n, None)),
            Some((first, last)) => number(first).zip(number(last)).map(|(a, b)| (a, Some(b))),
        };
        range
            .filter(|(first, last)| last.is_none_or(|l| l >= *first))
            .map(|(first, last)| Self { first, last })
            .ok_or_else(|| format!("{text:?} is no count; write \"2\", \"1..3\" or \"2..\""))
    }
}

impl From<Nth> for String {
    fn from(nth: Nth) -> Self {
        match nth.last {
            None => format!("{}..", nth.first),
            Some(last) if last == nth.first => last.to_string(),
            Some(last) => format!("{}..{last}", nth.first),
        }
    }
}

/// A change of the world in mid-scenario.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Every token issued so far stops being valid.
    RevokeTokens,
    /// New credentials appear now; the old ones are served no longer.
    Rotate,
    /// Another role is attached; empty for none.
    Role(String),
    /// The mode changes.
    Mode(Mode),
    /// These faults replace all others; counts begin anew.
    Faults(Vec<Fault>),
}
