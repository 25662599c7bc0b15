//! Small traces by hand, for the tests of monitors.

use crate::{
    Case, ClockKind, End, Event, Finding, Given, Header, Outcome, Reply, RequestSeen, Server,
    Trace, What, rules,
};
use imdspec_wire::{Bytes, Headers, Mono, TTL_HEADER, Version, Wall, paths};

/// The date every built trace begins at: 2026-01-01T00:00:00Z.
pub(crate) const T0: i64 = 1_767_225_600_000;

/// Builds a trace event by event. Requests and calls number themselves.
pub(crate) struct Build {
    trace: Trace,
    at: u64,
    requests: u32,
    calls: u32,
}

impl Build {
    pub(crate) fn new() -> Self {
        Self {
            trace: Trace {
                header: Header {
                    imdspec_trace: 1,
                    scenario: "by/hand".into(),
                    seed: "0".into(),
                    subject: "by hand".into(),
                    clock: ClockKind::Virtual,
                    env: Default::default(),
                    config: Default::default(),
                    code: Default::default(),
                },
                events: Vec::new(),
            },
            at: 0,
            requests: 0,
            calls: 0,
        }
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.trace.header.env.insert(name.into(), value.into());
        self
    }

    pub(crate) fn config(mut self, key: &str, value: &str) -> Self {
        self.trace.header.config.insert(key.into(), value.into());
        self
    }

    pub(crate) fn push(mut self, what: What) -> Self {
        self.trace.events.push(Event {
            at: Mono(self.at),
            wall: Wall(T0 + i64::try_from(self.at).unwrap()),
            what,
        });
        self
    }

    /// Moves both clocks forward.
    pub(crate) fn advance(mut self, seconds: u64) -> Self {
        self.at += seconds * 1000;
        self
    }

    pub(crate) fn resolve(mut self) -> Self {
        self.calls += 1;
        let call = self.calls;
        self.push(What::Resolve { call })
    }

    /// A request without headers to the IMDS; see [`Self::ask_with`].
    pub(crate) fn ask(self, method: &str, target: &str) -> Self {
        self.ask_with(method, target, &[])
    }

    pub(crate) fn ask_with(self, method: &str, target: &str, headers: &[(&str, &str)]) -> Self {
        self.ask_at(Server::Imds, method, target, headers)
    }

    pub(crate) fn ask_at(
        mut self,
        server: Server,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
    ) -> Self {
        self.requests += 1;
        let request = self.requests;
        self.push(What::Request(RequestSeen {
            request,
            conn: 1,
            server,
            to: "127.0.0.1:1338".into(),
            method: method.into(),
            target: target.into(),
            version: Version::Http11,
            headers: headers.iter().copied().collect(),
            body: Bytes::default(),
        }))
    }

    /// Answers the last request with a whole reply.
    pub(crate) fn reply(self, status: u16, body: &str) -> Self {
        self.reply_with(status, &[], body, End::Whole)
    }

    pub(crate) fn reply_with(
        self,
        status: u16,
        headers: &[(&str, &str)],
        body: &str,
        end: End,
    ) -> Self {
        let request = self.requests;
        self.push(What::Reply(Reply {
            request,
            version: Version::Http11,
            status: (!matches!(end, End::Silent | End::Closed | End::Garbage)).then_some(status),
            headers: headers.iter().copied().collect::<Headers>(),
            body: body.into(),
            end,
            delay: 0,
            fault: String::new(),
        }))
    }

    /// A healthy token exchange.
    pub(crate) fn token(self, token: &str) -> Self {
        self.ask_with("PUT", paths::TOKEN, &[(TTL_HEADER, "21600")])
            .reply_with(200, &[(TTL_HEADER, "21600")], token, End::Whole)
    }

    /// A GET with a token.
    pub(crate) fn get(self, target: &str, token: &str) -> Self {
        self.ask_with("GET", target, &[("X-aws-ec2-metadata-token", token)])
    }

    pub(crate) fn outcome(self, outcome: Outcome) -> Self {
        let call = self.calls;
        self.push(What::Outcome { call, outcome })
    }

    pub(crate) fn refused(self) -> Self {
        self.outcome(Outcome::Refused {
            kind: None,
            message: "no".into(),
        })
    }

    pub(crate) fn gave(self, key: &str, expiration: &str) -> Self {
        self.outcome(Outcome::Credentials(Given {
            access_key_id: key.into(),
            secret_access_key: format!("secret-of-{key}"),
            session_token: Some(format!("token-of-{key}")),
            expiration: Some(expiration.into()),
            account_id: None,
        }))
    }

    pub(crate) fn trace(self) -> Trace {
        self.trace
    }

    /// What one rule says of this trace, applicability aside.
    pub(crate) fn check(&self, rule: &str) -> Finding {
        rules::get(rule)
            .unwrap_or_else(|| panic!("no rule {rule}"))
            .check(&Case::new(&self.trace))
    }
}

/// A credential document that goes with [`Build::gave`].
pub(crate) fn document(key: &str, expiration: &str) -> String {
    format!(
        r#"{{"Code":"Success","LastUpdated":"2026-01-01T00:00:00Z","Type":"AWS-HMAC","AccessKeyId":"{key}","SecretAccessKey":"secret-of-{key}","Token":"token-of-{key}","Expiration":"{expiration}"}}"#
    )
}
