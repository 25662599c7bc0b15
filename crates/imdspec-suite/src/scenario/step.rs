//! What happens in a scenario, one thing at a time.

use imdspec_model::{Fault, Mode, Span};
use serde::{Deserialize, Serialize};

/// One thing that happens. In TOML each is a `[[step]]` with one key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", try_from = "Keys")]
pub enum Step {
    /// The subject is asked for credentials by so many callers at once; the step ends when all
    /// have an answer.
    Resolve(u32),
    /// Both clocks of the subject go forward.
    Advance(Span),
    /// The wall clock alone is set forward or back, as a resume from hibernation or NTP does.
    Jump(Span),
    /// Every session token issued so far stops being valid.
    RevokeTokens(Yes),
    /// New credentials appear; the old ones are served no longer.
    Rotate(Yes),
    /// Another role is attached; empty for none.
    Role(String),
    /// The versions of the service that answer change.
    Mode(Mode),
    /// These faults replace all others, and their counts begin anew.
    Faults(Vec<Fault>),
    /// A file below the subject's home gets another text.
    File(NewText),
}

/// A file below the subject's home, and its text from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewText {
    /// The path below the home.
    pub name: String,
    /// The text.
    pub text: String,
}

/// `true`, for what either happens or is not written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "bool", into = "bool")]
pub struct Yes;

impl TryFrom<bool> for Yes {
    type Error = &'static str;

    fn try_from(yes: bool) -> Result<Self, Self::Error> {
        yes.then_some(Self)
            .ok_or("this can only be true; leave the step out")
    }
}

impl From<Yes> for bool {
    fn from(_: Yes) -> Self {
        true
    }
}

impl Step {
    /// How many askings it makes.
    #[must_use]
    pub const fn resolves(&self) -> u32 {
        match self {
            Self::Resolve(callers) => *callers,
            _ => 0,
        }
    }

    /// Whether it moves a clock.
    #[must_use]
    pub const fn moves_clock(&self) -> bool {
        matches!(self, Self::Advance(_) | Self::Jump(_))
    }
}

/// The keys a step may have, so that a misspelt one is called a key and two are called two.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Keys {
    resolve: Option<u32>,
    advance: Option<Span>,
    jump: Option<Span>,
    revoke_tokens: Option<Yes>,
    rotate: Option<Yes>,
    role: Option<String>,
    mode: Option<Mode>,
    faults: Option<Vec<Fault>>,
    file: Option<NewText>,
}

impl TryFrom<Keys> for Step {
    type Error = &'static str;

    fn try_from(keys: Keys) -> Result<Self, Self::Error> {
        let found = [
            keys.resolve.map(Self::Resolve),
            keys.advance.map(Self::Advance),
            keys.jump.map(Self::Jump),
            keys.revoke_tokens.map(Self::RevokeTokens),
            keys.rotate.map(Self::Rotate),
            keys.role.map(Self::Role),
            keys.mode.map(Self::Mode),
            keys.faults.map(Self::Faults),
            keys.file.map(Self::File),
        ];
        let mut found = found.into_iter().flatten();
        match (found.next(), found.next()) {
            (Some(step), None) => Ok(step),
            (None, _) => Err("an empty step; expected one key, such as resolve = 1"),
            (Some(_), Some(_)) => {
                Err("two keys in one step; expected one, begin another [[step]] for the other")
            }
        }
    }
}
