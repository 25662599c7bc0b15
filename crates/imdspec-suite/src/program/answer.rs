//! What a program answers, read strictly.

use super::Hello;
use super::object::Object;
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
    match object::<Process>(stdout) {
        Ok(process) => credentials(process),
        Err(why) => bad(format!("stdout is no credential_process object: {why}")),
    }
}

fn credentials(process: Process) -> Outcome {
    match process.version {
        1 => Outcome::Credentials(process.into()),
        other => bad(format!("Version is {other}, not 1")),
    }
}

/// One JSON object, and nothing else.
fn object<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, String> {
    // Checked by itself: in what nobody reads, the JSON library would let it pass.
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let good = e.valid_up_to();
        format!("not UTF-8 after {good} bytes")
    })?;
    serde_json::from_str::<Object<T>>(text)
        .map(|object| object.0)
        .map_err(|e| mild(&e))
}

/// One line of a session program that answers a question of ours.
#[derive(Deserialize)]
struct Line {
    id: Option<u32>,
    credentials: Option<serde_json::Value>,
    error: Option<Object<ErrorLine>>,
    #[serde(default)]
    unsupported: bool,
}

#[derive(Deserialize)]
struct ErrorLine {
    kind: Option<Kind>,
    #[serde(default)]
    message: String,
}

/// The kind of a refusal, as text only: serde also takes `{"none":null}` for one.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Kind(RefusalKind);

impl TryFrom<String> for Kind {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.as_str() {
            "none" => Ok(Self(RefusalKind::None)),
            "error" => Ok(Self(RefusalKind::Error)),
            _ => Err("a kind is none or error"),
        }
    }
}

/// Reads a session program's line: which question it answers, if it says, and how.
pub(crate) fn session(line: &[u8]) -> (Option<u32>, Outcome) {
    let line: Line = match object(line) {
        Ok(line) => line,
        Err(why) => return (None, bad(format!("a line is no answer: {why}"))),
    };
    let outcome = match (line.credentials, line.error) {
        _ if line.unsupported => bad("it does not support resolve".into()),
        (Some(shape), None) => match Object::<Process>::deserialize(&shape) {
            Ok(process) => credentials(process.0),
            Err(e) => bad(format!(
                "credentials are not in the contract's shape: {}",
                wrong_member(&shape).unwrap_or_else(|| mild(&e))
            )),
        },
        (None, Some(Object(error))) => Outcome::Refused {
            kind: error.kind.map(|kind| kind.0),
            message: error.message,
        },
        (Some(_), Some(_)) => bad("both credentials and error".into()),
        (None, None) => bad("neither credentials nor error".into()),
    };
    (line.id, outcome)
}

/// The answer to the question for a new provider.
#[derive(Deserialize)]
struct NewLine {
    id: u32,
    new: bool,
}

/// Whether a line says that there is a new provider, as question `id` asked.
pub(super) fn is_new(line: &[u8], id: u32) -> bool {
    object::<NewLine>(line).is_ok_and(|line| line.id == id && line.new)
}

/// The hello of a session program.
#[derive(Deserialize)]
struct HelloLine {
    imdspec: u32,
    name: String,
    #[serde(default)]
    version: String,
    concurrency: Option<u32>,
}

/// Reads a session program's first line.
///
/// # Errors
/// The version of the contract that the program speaks, where it is another; none where the line is
/// no hello.
pub(crate) fn hello(line: &[u8]) -> Result<Hello, Option<u32>> {
    let hello: HelloLine = object(line).map_err(|_| None)?;
    if hello.imdspec != 1 {
        return Err(Some(hello.imdspec));
    }
    Ok(Hello {
        name: hello.name,
        version: hello.version,
        concurrency: hello.concurrency.unwrap_or(1).clamp(1, 64),
    })
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
    fn what_serde_would_take_and_the_contract_does_not() {
        let lines: [&[u8]; 6] = [
            br#"[1,null,null,true]"#,
            br#"{"id":1,"error":["none","m"]}"#,
            br#"{"id":1,"error":{"kind":{"none":null}}}"#,
            br#"{"id":1,"credentials":[1,"A","S",null,null,null]}"#,
            br#"{"id":1,"credentials":{"Version":2,"AccessKeyId":"A","SecretAccessKey":"S"}}"#,
            b"{\"id\":1,\"error\":{},\"more\":\"\xff\"}",
        ];
        for line in lines {
            let (_, outcome) = session(line);
            assert!(
                matches!(outcome, Outcome::BadOutput { .. }),
                "{}",
                String::from_utf8_lossy(line)
            );
        }
        assert_eq!(hello(br#"[1,"name"]"#), Err(None));
        assert_eq!(hello(br#"{"imdspec":2,"name":"n"}"#), Err(Some(2)));
    }

    #[test]
    fn a_new_provider_is_said_to_be_there() {
        assert!(is_new(br#"{"id":7,"new":true}"#, 7));
        for other in [
            r#"{"id":7,"unsupported":true}"#,
            r#"{"id":6,"new":true}"#,
            r#"{"id":7,"new":false}"#,
            "",
        ] {
            assert!(!is_new(other.as_bytes(), 7), "{other}");
        }
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
