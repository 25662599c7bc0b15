//! What a subject did with an input, as its trace shows it.

use super::{Folder, Input, Says};
use crate::runner::Ran;
use crate::show::Redactor;
use imdspec_rules::{Given, Outcome, Server, Trace, What};
use imdspec_wire::{CredentialDocument, TOKEN_HEADER};
use serde::{Deserialize, Serialize};

/// The shortest text that is hidden wherever it stands: shorter ones would hide words.
const HIDDEN: usize = 6;
/// The most that is kept of what a subject said, in characters.
const MOST: usize = 200;

/// What a subject did with an input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Did {
    /// In a word.
    #[serde(rename = "did")]
    pub deed: Deed,
    /// Its words without secrets, or ours; empty where there is no more to say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub words: String,
}

/// What can be done with an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deed {
    /// Taken: credentials were given, and of a token reply the token was used.
    Accepted,
    /// Something was taken that is not what was served.
    Altered,
    /// Not taken.
    Refused,
    /// A crash, an answer that is none, or no answer at all.
    Broke,
    /// The subject was not asked.
    NotRun,
}

impl Deed {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 5] = [
        Self::Accepted,
        Self::Altered,
        Self::Refused,
        Self::Broke,
        Self::NotRun,
    ];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Altered => "altered",
            Self::Refused => "refused",
            Self::Broke => "broke",
            Self::NotRun => "not run",
        }
    }

    /// Whether it is what was asked; what was not run is no fault.
    #[must_use]
    pub const fn meets(self, asked: Says) -> bool {
        match self {
            Self::Broke => false,
            Self::NotRun => true,
            Self::Accepted => !matches!(asked, Says::Refuse),
            Self::Altered => matches!(asked, Says::Open),
            Self::Refused => !matches!(asked, Says::Accept),
        }
    }
}

impl Did {
    /// Nothing that was asked for.
    #[must_use]
    pub fn not_run(why: impl Into<String>) -> Self {
        Self::new(Deed::NotRun, why)
    }

    fn new(deed: Deed, words: impl Into<String>) -> Self {
        Self {
            deed,
            words: words.into(),
        }
    }

    fn accepted() -> Self {
        Self::new(Deed::Accepted, "")
    }

    fn altered(words: &str) -> Self {
        Self::new(Deed::Altered, words)
    }

    fn refused(words: impl Into<String>) -> Self {
        Self::new(Deed::Refused, words)
    }

    fn broke(words: impl Into<String>) -> Self {
        Self::new(Deed::Broke, words)
    }
}

/// What a subject did with an input that was run.
#[must_use]
pub fn did(input: &Input, ran: &Ran) -> Did {
    let trace = match &ran.result {
        Ok(trace) => trace,
        Err(why) => return Did::not_run(why.to_string()),
    };
    let outcome = trace.events.iter().rev().find_map(|e| match &e.what {
        What::Outcome { outcome, .. } => Some(outcome),
        _ => None,
    });
    let given = match outcome {
        None => return Did::broke("no answer"),
        Some(Outcome::Crash { how }) => {
            return Did::broke(format!("crash: {}", shown(input, trace, how)));
        }
        Some(Outcome::BadOutput { what }) => {
            return Did::broke(format!("bad output: {}", shown(input, trace, what)));
        }
        Some(Outcome::Deadline { after }) => {
            return Did::broke(format!("no answer within {} s", after / 1000));
        }
        Some(Outcome::Refused { message, .. }) => Err(shown(input, trace, message)),
        Some(Outcome::Credentials(given)) => Ok(given),
    };
    match input.folder {
        Folder::TokenReply => token(input, trace, given.map(|_| ())),
        Folder::CredentialDocument => match given {
            Ok(given) => altered(input, given).map_or_else(Did::accepted, Did::altered),
            Err(words) => Did::refused(words),
        },
        Folder::RoleList | Folder::Timestamp => match given {
            Ok(_) => Did::accepted(),
            Err(words) => Did::refused(words),
        },
    }
}

/// Of a token reply the requests show what was made, whatever came of them: some go on without.
fn token(input: &Input, trace: &Trace, given: Result<(), String>) -> Did {
    let sent: Vec<&str> = trace
        .events
        .iter()
        .filter_map(|e| match &e.what {
            What::Request(seen) if seen.server == Server::Imds => Some(seen),
            _ => None,
        })
        .flat_map(|seen| seen.headers.all(TOKEN_HEADER))
        .filter(|token| !token.is_empty())
        .collect();
    if sent.is_empty() {
        let went_on = || "it went on without a token".to_owned();
        return Did::refused(given.map_or_else(|words| words, |()| went_on()));
    }
    let Some(served) = input.token() else {
        return Did::altered("it sent a part of a token that was cut");
    };
    if sent.iter().any(|token| *token != served) {
        return Did::altered("it sent another token than the one served");
    }
    match given {
        Ok(()) => Did::accepted(),
        Err(_) if input.says() == Says::Refuse => Did::accepted(),
        Err(words) => Did::refused(words),
    }
}

/// What was given that is not the document's, as far as it was shown.
fn altered(input: &Input, given: &Given) -> Option<&'static str> {
    let served = CredentialDocument::parse(input.bytes)
        .ok()?
        .credentials()
        .ok()?;
    let differs = |a: &Option<String>, b: &str| a.as_deref().is_some_and(|a| a != b);
    if given.access_key_id != served.access_key_id {
        Some("it gave another access key id")
    } else if differs(&given.secret_access_key, &served.secret_access_key) {
        Some("it gave another secret")
    } else if differs(&given.session_token, &served.session_token) {
        Some("it gave another security token")
    } else if given.session_token.is_none() {
        Some("it gave no security token")
    } else {
        None
    }
}

/// A subject's words in one line, without the secrets of the run and of the input.
fn shown(input: &Input, trace: &Trace, words: &str) -> String {
    let mut words = Redactor::new(trace).redact(words);
    for secret in secrets(input) {
        words = words.replace(&secret, "<secret>");
    }
    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// What looks like a secret in an input: nobody else minted it, so that no trace knows it.
fn secrets(input: &Input) -> Vec<String> {
    let mut secrets = match input.folder {
        Folder::TokenReply => Vec::from_iter(input.token()),
        Folder::CredentialDocument => texts(input.bytes),
        Folder::RoleList | Folder::Timestamp => Vec::new(),
    };
    secrets.retain(|s| s.len() >= HIDDEN);
    secrets.sort_by_key(|s| std::cmp::Reverse(s.len()));
    secrets
}

/// The texts behind `SecretAccessKey` and `Token`, also in what is no document.
fn texts(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    ["SecretAccessKey", "Token"]
        .into_iter()
        .flat_map(|name| {
            text.split(name)
                .skip(1)
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .filter_map(|rest| {
            let value = rest.split_once(':')?.1;
            Some(value.split('"').nth(1)?.to_owned())
        })
        .flat_map(|value| {
            // As written, and as read.
            let read = serde_json::from_str(&format!("\"{value}\"")).unwrap_or_default();
            [value, read]
        })
        .collect()
}
