//! What a program answers, read strictly.

use imdspec_rules::{Given, Outcome, RefusalKind};
use serde::Deserialize;
use std::fmt;

/// Why a program could not be put under test: no verdict about its conformance.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ContractError {
    /// The command could not be started.
    Start {
        /// The command.
        command: String,
        /// What the system said.
        why: String,
        /// Whether there is no such command, rather than one that will not start.
        missing: bool,
    },
    /// The first line is not the hello of the contract.
    Hello {
        /// What came instead, in words.
        got: String,
        /// The last lines it wrote to stderr.
        stderr: String,
    },
    /// It did not keep the contract on a healthy service.
    Sanity {
        /// What it did, in words.
        what: String,
        /// The last lines it wrote to stderr.
        stderr: String,
    },
    /// A machine limit of ours.
    Ours {
        /// In words.
        why: String,
    },
}

impl fmt::Display for ContractError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start { command, why, .. } => {
                write!(
                    f,
                    "could not start {command:?}: {why}; is it installed and on PATH?"
                )
            }
            Self::Hello { got, stderr } => {
                write!(
                    f,
                    "the program's first line must be {{\"imdspec\":1,\"name\":…}}, but {got}"
                )?;
                show_stderr(f, stderr)
            }
            Self::Sanity { what, stderr } => {
                write!(
                    f,
                    "on a healthy service the program broke the contract: {what}"
                )?;
                show_stderr(f, stderr)
            }
            Self::Ours { why } => f.write_str(why),
        }
    }
}

impl std::error::Error for ContractError {}

impl ContractError {
    pub(crate) fn clock(why: std::io::Error) -> Self {
        Self::Ours {
            why: format!("the program's clock could not be moved: {why}"),
        }
    }

    pub(crate) fn sanity(what: String, stderr: &str) -> Self {
        Self::Sanity {
            what,
            stderr: tail(stderr),
        }
    }
}

fn show_stderr(f: &mut fmt::Formatter<'_>, stderr: &str) -> fmt::Result {
    if stderr.trim().is_empty() {
        return Ok(());
    }
    write!(f, "\nits stderr ends:\n{}", stderr.trim_end())
}

/// The last lines of what a program wrote to stderr.
pub(crate) fn tail(stderr: &str) -> String {
    let lines: Vec<&str> = stderr.lines().collect();
    lines[lines.len().saturating_sub(8)..].join("\n")
}

/// Credentials in the `credential_process` shape.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Process {
    version: u32,
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
    expiration: Option<String>,
    account_id: Option<String>,
}

impl From<Process> for Given {
    fn from(p: Process) -> Self {
        Self {
            access_key_id: p.access_key_id,
            secret_access_key: Some(p.secret_access_key),
            session_token: p.session_token,
            expiration: p.expiration,
            account_id: p.account_id,
        }
    }
}

/// One-shot output: one object in the `credential_process` shape.
pub(super) fn one_shot(stdout: &[u8]) -> Outcome {
    match serde_json::from_slice::<Process>(stdout) {
        Ok(process) if process.version == 1 => Outcome::Credentials(process.into()),
        Ok(process) => bad(format!("Version is {}, not 1", process.version)),
        Err(e) => bad(format!(
            "stdout is no credential_process object: {}",
            mild(&e)
        )),
    }
}

/// One line of a session program that answers a question of ours.
#[derive(Deserialize)]
struct Line {
    id: Option<u32>,
    credentials: Option<serde_json::Value>,
    error: Option<ErrorLine>,
    #[serde(default)]
    unsupported: bool,
}

#[derive(Deserialize)]
struct ErrorLine {
    kind: Option<RefusalKind>,
    #[serde(default)]
    message: String,
}

/// Reads a session program's line: which question it answers, if it says, and how.
pub(crate) fn session(line: &[u8]) -> (Option<u32>, Outcome) {
    let line: Line = match serde_json::from_slice(line) {
        Ok(line) => line,
        Err(e) => return (None, bad(format!("a line is no answer: {}", mild(&e)))),
    };
    let outcome = match (line.credentials, line.error) {
        _ if line.unsupported => bad("it does not support resolve".into()),
        (Some(shape), None) => match Process::deserialize(&shape) {
            Ok(process) => Outcome::Credentials(process.into()),
            Err(e) => bad(format!(
                "credentials are not in the contract's shape: {}",
                wrong_member(&shape).unwrap_or_else(|| mild(&e))
            )),
        },
        (None, Some(error)) => Outcome::Refused {
            kind: error.kind,
            message: error.message,
        },
        (Some(_), Some(_)) => bad("both credentials and error".into()),
        (None, None) => bad("neither credentials nor error".into()),
    };
    (line.id, outcome)
}

/// The hello of a session program.
#[derive(Deserialize)]
pub(super) struct HelloLine {
    pub(super) imdspec: u32,
    pub(super) name: String,
    #[serde(default)]
    pub(super) version: String,
    pub(super) concurrency: Option<u32>,
}

const fn bad(what: String) -> Outcome {
    Outcome::BadOutput { what }
}

/// The first member that should be text and is not, by its name alone.
fn wrong_member(shape: &serde_json::Value) -> Option<String> {
    const TEXTS: [&str; 5] = [
        "AccessKeyId",
        "SecretAccessKey",
        "SessionToken",
        "Expiration",
        "AccountId",
    ];
    let wrong = |name: &&&str| shape.get(**name).is_some_and(|v| !v.is_string());
    let name = TEXTS.iter().find(wrong)?;
    Some(format!("{name} is not a string"))
}

/// A JSON complaint without the content it is about, which may be a secret.
fn mild(e: &serde_json::Error) -> String {
    if e.is_data() {
        let text = e.to_string();
        // "missing field `X`" names our own words; "invalid type: string \"…\"" quotes theirs.
        if text.starts_with("missing field") {
            return text;
        }
        return format!("a member has the wrong type at column {}", e.column());
    }
    if e.is_eof() {
        return "it ends too early".into();
    }
    format!("not JSON at line {} column {}", e.line(), e.column())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_shot_output_is_one_object() {
        let text = br#"{"Version":1,"AccessKeyId":"A","SecretAccessKey":"S","SessionToken":"T","Expiration":"E"}"#;
        let Outcome::Credentials(given) = one_shot(text) else {
            panic!("refused");
        };
        assert_eq!(given.session_token.as_deref(), Some("T"));
        let wrong: [&[u8]; 5] = [
            b"",
            b"hello",
            br#"{"Version":2,"AccessKeyId":"A","SecretAccessKey":"S"}"#,
            br#"{"Version":1}"#,
            br#"{"Version":1,"AccessKeyId":"A","SecretAccessKey":"S"} trailing"#,
        ];
        for text in wrong {
            assert!(matches!(one_shot(text), Outcome::BadOutput { .. }));
        }
    }

    #[test]
    fn a_complaint_never_quotes_a_secret() {
        let text = br#"{"Version":1,"AccessKeyId":"A","SecretAccessKey":["hunter2"]}"#;
        let Outcome::BadOutput { what } = one_shot(text) else {
            panic!("accepted");
        };
        assert!(!what.contains("hunter2"), "{what}");
    }

    #[test]
    fn session_lines() {
        let (id, outcome) = session(br#"{"id":1,"error":{"kind":"none","message":"m"}}"#);
        assert_eq!(id, Some(1));
        assert!(matches!(
            outcome,
            Outcome::Refused {
                kind: Some(RefusalKind::None),
                ..
            }
        ));
        assert!(matches!(session(b"{}").1, Outcome::BadOutput { .. }));
        assert!(matches!(
            session(br#"{"id":1,"unsupported":true}"#).1,
            Outcome::BadOutput { .. }
        ));
    }
}
