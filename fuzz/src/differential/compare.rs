//! Where a crate and the reference parser disagree.

use super::reference::{Reason, Reference};
use imdspec_wire::Timestamp;
use serde::Deserialize;
use std::fmt;

/// A crate that is compared with the reference parser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Library {
    /// The AWS SDK for Rust.
    AwsConfig,
    /// rust-s3's.
    AwsCreds,
    /// Apache Arrow's.
    #[serde(rename = "object_store")]
    ObjectStore,
    /// Apache OpenDAL's.
    Reqsign,
}

impl Library {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::AwsConfig,
        Self::AwsCreds,
        Self::ObjectStore,
        Self::Reqsign,
    ];

    /// The name of the crate.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AwsConfig => "aws-config",
            Self::AwsCreds => "aws-creds",
            Self::ObjectStore => "object_store",
            Self::Reqsign => "reqsign",
        }
    }
}

/// What a crate makes of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Credentials.
    Accepted(Given),
    /// An error, or nothing.
    Refused,
}

/// The credentials, as far as the crate shows them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Given {
    /// The access key id.
    pub access_key_id: Option<String>,
    /// The secret access key.
    pub secret_access_key: Option<String>,
    /// The security token; empty where the crate says that there is none.
    pub session_token: Option<String>,
    /// The expiration in whole seconds since 1970, rounded towards the past.
    pub expiration: Option<i64>,
}

/// One disagreement about one document. All but the traits is its class; an entry of the ledger may
/// ask for one of the traits too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disagreement {
    /// The crate.
    pub library: Library,
    /// What the reference parser says: `Ok`, one of its reasons to refuse, or `the value` of a member.
    pub reference: String,
    /// What the crate does: `accepts`, `refuses`, or `gives another …`.
    pub does: String,
    /// What is peculiar about the document, or about that reason.
    pub traits: Vec<String>,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            library,
            reference,
            does,
            traits,
        } = self;
        write!(
            f,
            "crate = {:?}\nreference = {reference:?}\ndoes = {does:?}\nwhen = one of {traits:?}",
            library.name()
        )
    }
}

/// The disagreements of one crate about a document: none when both refuse it, and none when both
/// read the same values in it.
#[must_use]
pub fn disagreements(
    library: Library,
    reference: &Reference,
    answer: &Answer,
) -> Vec<Disagreement> {
    let new = |reference: String, does: String, traits| Disagreement {
        library,
        reference,
        does,
        traits,
    };
    let given = match (reference.verdict(), answer) {
        (Err(_), Answer::Refused) => return Vec::new(),
        (Ok(_), Answer::Refused) => {
            let traits = reference.traits();
            return vec![new("Ok".to_owned(), "refuses".to_owned(), traits)];
        }
        (_, Answer::Accepted(given)) => given,
    };
    let mut all = Vec::new();
    if reference.verdict().is_err() {
        let accepted = |Reason { says, traits }| new(says, "accepts".to_owned(), traits);
        all.extend(reference.reasons().into_iter().map(accepted));
    }
    all.extend(altered(reference, given).into_iter().map(|name| {
        let does = format!("gives another {name}");
        new("the value".to_owned(), does, reference.traits())
    }));
    all
}

/// The members that are plainly there and that the crate gives otherwise, even if the document as a
/// whole should have been refused.
fn altered(reference: &Reference, given: &Given) -> Vec<&'static str> {
    let texts = [
        ("AccessKeyId", &given.access_key_id),
        ("SecretAccessKey", &given.secret_access_key),
        ("Token", &given.session_token),
    ];
    let differs = |(name, value): (&'static str, &Option<String>)| {
        let (says, gives) = (reference.text(name)?, value.as_deref()?);
        (says != gives).then_some(name)
    };
    let mut all: Vec<_> = texts.into_iter().filter_map(differs).collect();
    let expiration = reference.expiration().map(Timestamp::parse);
    if let (Some(Ok(says)), Some(gives)) = (expiration, given.expiration)
        && says.wall().0.div_euclid(1000) != gives
    {
        all.push("Expiration");
    }
    all
}
