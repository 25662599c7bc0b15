//! What was observed, in order: the only thing a rule sees.

mod header;

pub use header::{ClockKind, Header, Recorded};

use imdspec_wire::{Bytes, Headers, Mono, Now, Source, Version, Wall};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The version of the trace format written by this crate.
pub(crate) const FORMAT: u32 = 1;

/// Everything observed in one scenario.
///
/// As text: JSON Lines, the header on the first line, then one event a line. Event numbers in
/// findings count those lines from 1, so event *n* stands on line *n* + 1 of the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// What was known before the first event.
    pub header: Header,
    /// What happened, in order.
    pub events: Vec<Event>,
}

/// One line of a trace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Milliseconds since the scenario began.
    pub at: Mono,
    /// The date on the subject's wall clock, milliseconds since 1970 UTC.
    pub wall: Wall,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The clock was moved by the scenario; the event carries the new time.
    Clock {
        /// In words, such as `+6h`.
        moved: String,
    },
    /// The world was changed by the scenario, in words, such as `tokens revoked`.
    World {
        /// In words.
        change: String,
    },
    /// A secret came into being: a canary that must not turn up where it does not belong.
    Secret {
        /// What it is.
        kind: SecretKind,
        /// Its value.
        value: String,
    },
    /// Credentials of a source came into being: whoever gives them has them from there.
    Keys(Keys),
    /// A file of the subject's home was written: at the beginning, and each time it changes.
    File {
        /// Relative to the home, such as `container-token`.
        name: String,
        /// What it holds now; a secret.
        text: String,
    },
    /// The command of a `credential_process` setting was run.
    Ran {
        /// The source whose command it is.
        source: Source,
    },
    /// A connection was opened, and nothing sent on it yet.
    Connect {
        /// Counts from 1.
        conn: u32,
        /// Which of our servers.
        server: Server,
        /// The address it was opened to.
        to: String,
    },
    /// A request arrived whole.
    Request(RequestSeen),
    /// What a server of ours set out to answer; stands right after its request.
    Reply(Reply),
    /// How much of a reply without a natural end had been sent when it stopped.
    Sent {
        /// The request answered.
        request: u32,
        /// Bytes of the body.
        body_bytes: u64,
        /// Whether the subject stopped reading before the server stopped sending.
        gave_up: bool,
    },
    /// Bytes arrived that are no request.
    Malformed {
        /// The connection.
        conn: u32,
        /// Which of our servers.
        server: Server,
        /// The bytes, at most 4096 of them.
        bytes: Bytes,
    },
    /// The subject was asked for credentials.
    Resolve {
        /// Counts from 1.
        call: u32,
    },
    /// The subject answered, or did not.
    Outcome {
        /// The call answered.
        call: u32,
        /// How.
        #[serde(flatten)]
        outcome: Outcome,
    },
    /// Text the subject wrote outside its answer.
    Output {
        /// Where.
        stream: Stream,
        /// The text, at most 1 MiB of it.
        text: String,
    },
}

/// Which of our servers was spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Server {
    /// The model of the IMDS.
    Imds,
    /// A server that no request should reach; redirects and settings point at it.
    Collector,
    /// An HTTP proxy.
    Proxy,
    /// The container credential endpoint.
    Container,
    /// The Security Token Service.
    Sts,
    /// The portal of IAM Identity Center, which gives role credentials.
    Sso,
    /// The service of IAM Identity Center that gives tokens (OIDC).
    Oidc,
    /// The sign-in service, which gives credentials for a console login.
    Signin,
}

/// Credentials of one source, as they were set up or served.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keys {
    /// The source.
    pub source: Source,
    /// Whether they are only what the source's own credentials are fetched with, such as those of
    /// a source profile: nobody should be given them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub base: bool,
    /// The access key id, which no other source has.
    pub access_key_id: String,
    /// The secret access key.
    pub secret_access_key: String,
    /// The security token, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_token: Option<String>,
    /// The account, if the source says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys")
            .field("source", &self.source)
            .field("base", &self.base)
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

/// What a secret is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretKind {
    /// An IMDSv2 session token.
    SessionToken,
    /// A secret access key.
    SecretAccessKey,
    /// The security token of role credentials.
    SecurityToken,
    /// What is shown to a service that gives credentials for it: a web identity, a token of IAM
    /// Identity Center, what opens the container endpoint.
    Authorization,
}

/// A request as it arrived.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequestSeen {
    /// Counts from 1 over the whole trace.
    pub request: u32,
    /// The connection it came on.
    pub conn: u32,
    /// Which of our servers got it.
    pub server: Server,
    /// The authority it was sent to, `address:port`.
    pub to: String,
    /// The method.
    pub method: String,
    /// The target as spelled.
    pub target: String,
    /// The version.
    pub version: Version,
    /// Header fields in order.
    pub headers: Headers,
    /// The body.
    pub body: Bytes,
}

/// What a server of ours set out to answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// The request answered.
    pub request: u32,
    /// The version on the status line.
    pub version: Version,
    /// The status; none when no status line was to be sent, or one that is no status line.
    pub status: Option<u16>,
    /// Interim statuses (1xx) sent before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interim: Vec<u16>,
    /// Header fields in order.
    pub headers: Headers,
    /// The body, before any transfer coding; its beginning when it has no natural end.
    pub body: Bytes,
    /// How it ends.
    pub end: End,
    /// Milliseconds before its first byte; in a capture, before its last.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub delay: u64,
    /// The faults at work, in words; empty for a healthy reply.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub fault: String,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
const fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// How a reply ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// As its framing says.
    Whole,
    /// The connection closes before the framing says.
    Short,
    /// Nothing is sent, and the connection stays open.
    Silent,
    /// The connection closes with nothing sent.
    Closed,
    /// The connection is reset.
    Reset,
    /// What is sent is not HTTP.
    Garbage,
    /// The body comes a byte at a time.
    Drip,
    /// The body does not end.
    Endless,
    /// The recording does not show it: it stops before, has a gap there, or the subject went away
    /// first. The status, the fields and the body are what was seen of them.
    Unseen,
}

/// How a subject answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Outcome {
    /// It gave credentials.
    Credentials(Given),
    /// It said there are none, or that it failed.
    Refused {
        /// Which of the two; none when it did not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kind: Option<RefusalKind>,
        /// Its words.
        message: String,
    },
    /// It died: panic, abort, signal, or an exit status that means neither answer.
    Crash {
        /// In words.
        how: String,
    },
    /// It answered something that is no answer.
    BadOutput {
        /// In words.
        what: String,
    },
    /// It had not answered when its time was over.
    Deadline {
        /// The time it had, in milliseconds.
        after: u64,
    },
}

/// The two ways of having no credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalKind {
    /// This source has nothing; a chain would go on.
    None,
    /// It failed; a chain would stop.
    Error,
}

/// Credentials as a subject gave them, or was seen to use them, unchecked.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// The access key id.
    pub access_key_id: String,
    /// The secret access key; none when the credentials were only seen in use. A signature shows
    /// neither the secret nor the expiration, so what is missing then was not lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_access_key: Option<String>,
    /// The security token, if it gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_token: Option<String>,
    /// The expiration as it spelled it, if it gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiration: Option<String>,
    /// The account, if it gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
}

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Given")
            .field("access_key_id", &self.access_key_id)
            .field("expiration", &self.expiration)
            .finish_non_exhaustive()
    }
}

/// Where a subject wrote something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stream {
    /// Standard error.
    Stderr,
    /// Standard output, outside the answer.
    Stdout,
    /// The error text it gave.
    Error,
    /// How it shows its public values when asked to (Debug, `toString`, `repr`).
    Debug,
}

impl Event {
    /// The time of the event.
    #[must_use]
    pub const fn now(&self) -> Now {
        Now {
            wall: self.wall,
            mono: self.at,
        }
    }
}

/// Why text is no trace.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TraceError {
    /// There is no header line.
    Empty,
    /// A line does not parse.
    Line {
        /// Counts from 1.
        line: usize,
        /// What was expected.
        why: String,
    },
    /// The format is of another version.
    Version(u32),
}

impl fmt::Display for TraceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the trace is empty; its first line must be a header"),
            Self::Line { line, why } => write!(f, "line {line} of the trace: {why}"),
            Self::Version(found) => write!(
                f,
                "the trace is of format {found}; this program reads format {FORMAT}"
            ),
        }
    }
}

impl std::error::Error for TraceError {}

impl std::str::FromStr for Trace {
    type Err = TraceError;

    fn from_str(text: &str) -> Result<Self, TraceError> {
        fn line<'a, T: Deserialize<'a>>(n: usize, text: &'a str) -> Result<T, TraceError> {
            serde_json::from_str(text).map_err(|e| TraceError::Line {
                line: n + 1,
                why: e.to_string(),
            })
        }
        let mut lines = text
            .lines()
            .enumerate()
            .filter(|(_, l)| !l.trim().is_empty());
        let (n, first) = lines.next().ok_or(TraceError::Empty)?;
        let header: Header = line(n, first)?;
        if header.imdspec_trace != FORMAT {
            return Err(TraceError::Version(header.imdspec_trace));
        }
        let events = lines
            .map(|(n, text)| line(n, text))
            .collect::<Result<_, _>>()?;
        Ok(Self { header, events })
    }
}

/// The trace as JSON Lines. Secrets are in it: it is evidence, not a report.
impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = |f: &mut fmt::Formatter<'_>, line: serde_json::Result<String>| {
            writeln!(f, "{}", line.map_err(|_| fmt::Error)?)
        };
        json(f, serde_json::to_string(&self.header))?;
        for event in &self.events {
            json(f, serde_json::to_string(event))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str =
        r#"{"imdspec_trace":1,"scenario":"s","seed":"0","subject":"x","clock":"real"}"#;

    fn outcome(members: &str) -> String {
        let start = r#"{"at":0,"wall":0,"outcome":{"call":1,"outcome":"credentials","access_key_id":"AKIA""#;
        format!("{HEAD}\n{start}{members}}}}}\n")
    }

    #[test]
    fn sources_keys_and_files_come_back_as_written() {
        let trace = crate::testing::Build::new()
            .order(&[Source::Environment, Source::Imds])
            .works(Source::Environment, "ENV")
            .file("container-token", "a secret\n")
            .ran()
            .trace();
        let text = trace.to_string();
        assert!(text.contains(r#""file":{"name":"container-token","text":"a secret\n"}"#));
        assert_eq!(text.parse(), Ok(trace));
    }

    #[test]
    fn a_scenario_comes_back_in_the_header_and_need_not_be_there() {
        let mut trace: Trace = HEAD.parse().unwrap();
        assert_eq!(trace.header.scenario_toml, None);
        assert!(!trace.to_string().contains("scenario_toml"));
        trace.header.scenario_toml = Some("title = \"x\"\n".into());
        assert_eq!(trace.to_string().parse(), Ok(trace));
    }

    #[test]
    fn a_secret_is_written_when_it_was_seen() {
        for (members, secret) in [("", None), (r#","secret_access_key":"s""#, Some("s"))] {
            let text = outcome(members);
            let trace: Trace = text.parse().unwrap();
            let What::Outcome {
                outcome: Outcome::Credentials(given),
                ..
            } = &trace.events[0].what
            else {
                panic!("{text}");
            };
            assert_eq!(given.secret_access_key.as_deref(), secret);
            assert_eq!(trace.to_string(), text);
        }
    }
}
