//! The paths of the service, and which one a request target names.

/// The paths a credential client asks for. Source: EC2 User Guide, "Use IMDS".
pub mod paths {
    /// `PUT` here begins a session (IMDSv2).
    pub const TOKEN: &str = "/latest/api/token";
    /// `GET` here lists the role names, one a line.
    pub const ROLES: &str = "/latest/meta-data/iam/security-credentials/";
    /// `GET` here gives the instance profile.
    pub const IAM_INFO: &str = "/latest/meta-data/iam/info";
    /// Reserved for AWS's own use; never an application's credentials.
    pub const EC2_IDENTITY: &str =
        "/latest/meta-data/identity-credentials/ec2/security-credentials/ec2-instance";
    /// The instance identity document.
    pub const IDENTITY_DOCUMENT: &str = "/latest/dynamic/instance-identity/document";
    /// The region the instance runs in.
    pub const REGION: &str = "/latest/meta-data/placement/region";
}

/// What a request target names, once its query is cut off.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Route {
    /// `/latest/api/token`.
    Token,
    /// A token path that does not mint: dated, with a trailing slash, or with doubled slashes.
    OddToken,
    /// The role list, with (`slash`) or without its trailing slash.
    Roles {
        /// Whether the target ends with the slash.
        slash: bool,
    },
    /// A role's credential document; the name as spelled in the target, not decoded.
    Document {
        /// What follows the role list's path.
        role: String,
    },
    /// `iam/info`.
    IamInfo,
    /// `identity-credentials/ec2/security-credentials/ec2-instance`.
    Ec2Identity,
    /// Anything else.
    Other,
}

impl Route {
    /// Which route `target` names. Total: what is unknown is [`Route::Other`].
    #[must_use]
    pub fn of(target: &str) -> Self {
        let path = target.split(['?', '#']).next().unwrap_or(target);
        if path == paths::TOKEN {
            return Self::Token;
        }
        if path.trim_end_matches('/').ends_with("/api/token") {
            return Self::OddToken;
        }
        if let Some(role) = path.strip_prefix(paths::ROLES) {
            return if role.is_empty() {
                Self::Roles { slash: true }
            } else {
                Self::Document { role: role.into() }
            };
        }
        match path {
            "/latest/meta-data/iam/security-credentials" => Self::Roles { slash: false },
            paths::IAM_INFO => Self::IamInfo,
            paths::EC2_IDENTITY => Self::Ec2Identity,
            _ => Self::Other,
        }
    }

    /// Whether a client asking this is looking for credentials (and not minting a token).
    #[must_use]
    pub const fn is_metadata(&self) -> bool {
        !matches!(self, Self::Token | Self::OddToken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_told_apart() {
        assert_eq!(Route::of("/latest/api/token"), Route::Token);
        assert_eq!(Route::of("/2021-03-23/api/token"), Route::OddToken);
        assert_eq!(Route::of("//latest/api/token"), Route::OddToken);
        assert_eq!(Route::of(paths::ROLES), Route::Roles { slash: true });
        assert_eq!(
            Route::of(paths::ROLES.trim_end_matches('/')),
            Route::Roles { slash: false }
        );
        assert_eq!(
            Route::of("/latest/meta-data/iam/security-credentials/a%2Bb?x=1"),
            Route::Document {
                role: "a%2Bb".into()
            }
        );
        assert_eq!(Route::of("garbage"), Route::Other);
    }
}
