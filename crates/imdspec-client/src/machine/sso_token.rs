//! The token of IAM Identity Center: as a sign-in leaves it in a file, and as it is renewed.
//!
//! Source: AWS SDKs and Tools Reference Guide, "IAM Identity Center credential provider"; the
//! members of the file are those that botocore writes (`tokens.py`).

use super::json;
use imdspec_wire::{Timestamp, Wall, WireError};

/// A token.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct AccessToken {
    pub(super) text: String,
    pub(super) end: Wall,
}

/// What a token is renewed with.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Renewal {
    pub(super) client_id: String,
    pub(super) client_secret: String,
    pub(super) refresh_token: String,
    /// When the client is no longer known to the service.
    registration_end: Wall,
}

/// What is in the file.
pub(super) struct SignIn {
    pub(super) token: AccessToken,
    pub(super) renewal: Option<Renewal>,
}

impl AccessToken {
    pub(super) fn is_good(&self, now: Wall) -> bool {
        now < self.end
    }
}

impl Renewal {
    /// Whether the service would renew a token for this client.
    pub(super) fn is_possible(&self, now: Wall) -> bool {
        now < self.registration_end
    }
}

impl SignIn {
    pub(super) fn parse(text: &str) -> Result<Self, WireError> {
        json::object(text.as_bytes(), |object| {
            let token = AccessToken {
                text: object.need("accessToken")?.to_owned(),
                end: time(object.need("expiresAt")?)?,
            };
            let parts = (
                object.text("clientId")?,
                object.text("clientSecret")?,
                object.text("refreshToken")?,
                object.text("registrationExpiresAt")?,
            );
            // With one part missing it is not renewed, as in botocore.
            let renewal = match parts {
                (Some(client_id), Some(client_secret), Some(refresh_token), Some(end)) => {
                    Some(Renewal {
                        client_id: client_id.to_owned(),
                        client_secret: client_secret.to_owned(),
                        refresh_token: refresh_token.to_owned(),
                        registration_end: time(end)?,
                    })
                }
                _ => None,
            };
            Ok(Self { token, renewal })
        })
    }
}

/// The reply to a renewal: the token, and what to renew it with the next time, where it says so.
pub(super) fn renewed(body: &[u8], now: Wall) -> Result<(AccessToken, Option<String>), WireError> {
    json::object(body, |object| {
        let seconds = object.integer("expiresIn").filter(|seconds| *seconds > 0);
        let token = AccessToken {
            text: object.need("accessToken")?.to_owned(),
            end: now.plus_seconds(seconds.ok_or(WireError::Missing("expiresIn"))?),
        };
        Ok((token, object.text("refreshToken")?.map(str::to_owned)))
    })
}

/// A time as such files have it: RFC 3339, or the same with `UTC` at its end, which the first
/// versions of the AWS CLI 2 wrote.
fn time(text: &str) -> Result<Wall, WireError> {
    let parsed = match text.strip_suffix("UTC") {
        Some(local) => Timestamp::parse(&format!("{local}Z")),
        None => Timestamp::parse(text),
    };
    parsed.map(Timestamp::wall)
}
