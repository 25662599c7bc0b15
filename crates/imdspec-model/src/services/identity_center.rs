//! IAM Identity Center: a token for a role's credentials, and a new token for a refresh token.

use super::{Given, Services, form};
use crate::answer::Answer;
use imdspec_wire::{Now, Request, Source};
use serde_json::{Value, json};

const JSON: &str = "application/json";
/// How long a new token lives, in seconds.
const TOKEN_LIVES: u32 = 8 * 3600;

impl Services {
    /// `GetRoleCredentials` of the portal (AWS IAM Identity Center Portal API Reference). The end
    /// is in milliseconds.
    pub(super) fn sso(&mut self, now: Now, request: &Request) -> Given {
        let (path, query) = request
            .target
            .split_once('?')
            .unwrap_or((&request.target, ""));
        if request.method != "GET" || path != "/federation/credentials" {
            return (Answer::error(404), None);
        }
        let asks = |name: &str| form::value(query, name);
        let token = request.headers.get("x-amz-sso_bearer_token");
        let refused = match &self.grants.sso {
            None => Some((
                401,
                "UnauthorizedException",
                "Session token not found or invalid",
            )),
            Some(grant) if token != Some(&grant.token) => Some((
                401,
                "UnauthorizedException",
                "Session token not found or invalid",
            )),
            Some(grant)
                if asks("account_id") != Some(grant.account_id.clone())
                    || asks("role_name") != Some(grant.role.clone()) =>
            {
                Some((403, "ForbiddenException", "No access"))
            }
            Some(_) => None,
        };
        if let Some((status, kind, message)) = refused {
            let body = json!({ "message": message, "__type": kind }).to_string();
            return (Answer::of(JSON, status, body), None);
        }
        let keys = self.served(Source::Sso);
        let body = json!({ "roleCredentials": {
            "accessKeyId": keys.access_key_id,
            "secretAccessKey": keys.secret_access_key,
            "sessionToken": keys.security_token,
            "expiration": self.end(now),
        }});
        (Answer::of(JSON, 200, body.to_string()), Some(keys))
    }

    /// `CreateToken` (AWS IAM Identity Center OIDC API Reference), for a refresh token.
    pub(super) fn oidc(&mut self, request: &Request) -> Given {
        if request.method != "POST" || request.target != "/token" {
            return (Answer::error(404), None);
        }
        let asked: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let (grant_type, refresh) = (&asked["grantType"], asked["refreshToken"].as_str());
        let known = self.grants.sso.as_ref().filter(|grant| {
            grant_type == "refresh_token"
                && refresh.is_some()
                && refresh == grant.refresh_token.as_deref()
        });
        let answer = match known {
            Some(grant) => Answer::of(
                JSON,
                200,
                json!({
                    "accessToken": grant.token,
                    "tokenType": "Bearer",
                    "expiresIn": TOKEN_LIVES,
                    "refreshToken": grant.refresh_token,
                })
                .to_string(),
            ),
            None => Answer::of(
                JSON,
                400,
                json!({
                    "error": "invalid_grant",
                    "error_description": "Invalid refresh token provided",
                })
                .to_string(),
            ),
        };
        (answer, None)
    }
}
