//! What the services are to give, and for what.

use imdspec_wire::Source;
use std::collections::BTreeMap;
use std::fmt;

/// What the services are to give, and for what. The default gives container credentials to
/// anybody, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grants {
    /// Which source a path of the container endpoint belongs to;
    /// [`Source::ContainerFull`] where it is not here.
    pub paths: BTreeMap<String, Source>,
    /// What the container endpoint takes for `Authorization`; anything, and nothing, when empty.
    pub authorizations: Vec<String>,
    /// Which roles can be assumed.
    pub roles: Vec<RoleGrant>,
    /// Who gets credentials from IAM Identity Center.
    pub sso: Option<SsoGrant>,
    /// The account in documents of the container endpoint and in the names of roles; twelve digits.
    pub account_id: Option<String>,
    /// Sources whose service fails instead of giving.
    pub failing: BTreeMap<Source, Failing>,
}

/// A role, and who may assume it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleGrant {
    /// Its ARN.
    pub arn: String,
    /// What must be shown.
    pub shown: Shown,
    /// The source whose credentials these are.
    pub source: Source,
}

/// What is shown for a role.
#[derive(Clone, PartialEq, Eq)]
pub enum Shown {
    /// A signature with keys of this access key id; of any, when there is none. By `AssumeRole`.
    Signature(Option<String>),
    /// This web identity token. By `AssumeRoleWithWebIdentity`.
    WebIdentity(String),
}

/// Debug shows no token.
impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signature(id) => f.debug_tuple("Signature").field(id).finish(),
            Self::WebIdentity(_) => f.debug_tuple("WebIdentity").finish_non_exhaustive(),
        }
    }
}

/// A role of IAM Identity Center.
#[derive(Clone, PartialEq, Eq)]
pub struct SsoGrant {
    /// The account asked for.
    pub account_id: String,
    /// The role asked for.
    pub role: String,
    /// The token that opens it.
    pub token: String,
    /// What a new token is given for, if anything.
    pub refresh_token: Option<String>,
}

/// Debug shows no token.
impl fmt::Debug for SsoGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SsoGrant")
            .field("account_id", &self.account_id)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// How a source's service fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failing {
    /// With this status, and the page of an error.
    Status(u16),
    /// Without a word.
    Silent,
}
