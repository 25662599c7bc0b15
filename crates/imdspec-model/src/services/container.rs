//! The container endpoint: one document a path.

use super::{Given, Services};
use crate::answer::Answer;
use crate::credentials::{json, seconds_text};
use imdspec_wire::{Now, Request, Source, Wall};

impl Services {
    /// The members as the ECS agent writes them (Amazon ECS Developer Guide, "Task IAM role"): no
    /// `Code`, and the role's ARN.
    pub(super) fn container(&mut self, now: Now, request: &Request) -> Given {
        if request.method != "GET" {
            return (Answer::method_not_allowed("GET"), None);
        }
        let shown = request.headers.get("authorization").unwrap_or_default();
        let opens = &self.grants.authorizations;
        if !opens.is_empty() && !opens.iter().any(|o| o == shown) {
            return (Answer::error(401), None);
        }
        let path = request.target.split('?').next().unwrap_or_default();
        let source = self.grants.paths.get(path).copied();
        let keys = self.served(source.unwrap_or(Source::ContainerFull));
        let account = self.grants.account_id.clone();
        let arn = format!(
            "arn:aws:iam::{}:role/imdspec-task",
            account.as_deref().unwrap_or("123456789012")
        );
        let end = seconds_text(Wall(self.end(now)));
        let mut members = vec![
            ("RoleArn", arn.as_str()),
            ("AccessKeyId", keys.access_key_id.as_str()),
            ("SecretAccessKey", keys.secret_access_key.as_str()),
            ("Token", keys.security_token.as_deref().unwrap_or_default()),
            ("Expiration", end.as_str()),
        ];
        members.extend(account.as_deref().map(|id| ("AccountId", id)));
        let body = json(&members);
        (Answer::of("application/json", 200, body), Some(keys))
    }
}
