//! Small traces by hand, for the tests of monitors.

use crate::{
    Case, ClockKind, End, Event, Finding, Given, Header, Keys, Outcome, RefusalKind, Reply,
    RequestSeen, Server, Trace, What, rules,
};
use imdspec_wire::{Bytes, Headers, Mono, Source, TTL_HEADER, Version, Wall, paths};

/// The date every built trace begins at: 2026-01-01T00:00:00Z.
pub(crate) const T0: i64 = 1_767_225_600_000;

/// Builds a trace event by event. Requests and calls number themselves.
pub(crate) struct Build {
    trace: Trace,
    at: u64,
    requests: u32,
    calls: u32,
    to: &'static str,
    stepped: i64,
}

impl Build {
    pub(crate) fn new() -> Self {
        Self {
            trace: Trace {
                header: Header::new("by/hand", "by hand", "0", ClockKind::Virtual),
                events: Vec::new(),
            },
            at: 0,
            requests: 0,
            calls: 0,
            to: "127.0.0.1:1338",
            stepped: 0,
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
            wall: Wall(T0 + self.stepped + i64::try_from(self.at).unwrap()),
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
        let to = self.to.into();
        self.push(What::Request(RequestSeen {
            request,
            conn: 1,
            server,
            to,
            method: method.into(),
            target: target.into(),
            version: Version::Http11,
            headers: fields(headers),
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
            interim: Vec::new(),
            headers: fields(headers),
            body: body.into(),
            end,
            delay: 0,
            fault: String::new(),
        }))
    }

    /// Puts an interim reply before the last one.
    pub(crate) fn after_interim(mut self, status: u16) -> Self {
        if let Some(What::Reply(reply)) = self.trace.events.last_mut().map(|e| &mut e.what) {
            reply.interim.push(status);
        }
        self
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
            secret_access_key: Some(format!("secret-of-{key}")),
            session_token: Some(format!("token-of-{key}")),
            expiration: Some(expiration.into()),
            account_id: None,
        }))
    }

    pub(crate) fn code(mut self, key: &str, value: &str) -> Self {
        self.trace.header.code.insert(key.into(), value.into());
        self
    }

    /// Each call is a whole run of a program.
    pub(crate) fn whole_runs(mut self) -> Self {
        self.trace.header.whole_runs = true;
        self
    }

    /// Breaks the service's IPv4 address below HTTP.
    pub(crate) fn link(mut self, how: &str) -> Self {
        let links = &mut self.trace.header.links;
        links.insert("169.254.169.254".into(), how.into());
        self
    }

    pub(crate) fn clock(mut self, clock: ClockKind) -> Self {
        self.trace.header.clock = clock;
        self
    }

    /// Sets the address that later requests are sent to.
    pub(crate) fn to(mut self, authority: &'static str) -> Self {
        self.to = authority;
        self
    }

    /// Moves the wall clock alone, in either direction.
    pub(crate) fn step(mut self, seconds: i64) -> Self {
        self.stepped += seconds * 1000;
        self
    }

    /// The whole way to a document, with the token `t`.
    pub(crate) fn fetch(self, body: &str) -> Self {
        self.token("t")
            .get(paths::ROLES, "t")
            .reply(200, "role")
            .document_reply(body.as_bytes(), &[("Content-Type", "text/plain")])
    }

    /// A GET for the document, with the token `t`, and its whole reply.
    pub(crate) fn document_reply(self, body: &[u8], headers: &[(&str, &str)]) -> Self {
        let target = format!("{}role", paths::ROLES);
        let mut build = self
            .get(&target, "t")
            .reply_with(200, headers, "", End::Whole);
        if let Some(What::Reply(reply)) = build.trace.events.last_mut().map(|e| &mut e.what) {
            reply.body = body.to_vec().into();
        }
        build
    }

    /// The answer to another call than the last.
    pub(crate) fn answer(self, call: u32, outcome: Outcome) -> Self {
        self.push(What::Outcome { call, outcome })
    }

    /// The answer crashes.
    pub(crate) fn crashed(self) -> Self {
        self.outcome(Outcome::Crash {
            how: "signal 6".into(),
        })
    }

    /// The answer does not come.
    pub(crate) fn hung(self) -> Self {
        self.outcome(Outcome::Deadline { after: 120_000 })
    }

    /// A refusal that says of which kind it is.
    pub(crate) fn refused_as(self, kind: RefusalKind) -> Self {
        self.outcome(Outcome::Refused {
            kind: Some(kind),
            message: "no".into(),
        })
    }

    /// Moves both clocks forward by so many milliseconds.
    pub(crate) fn pause(mut self, millis: u64) -> Self {
        self.at += millis;
        self
    }

    /// A token PUT, as it should be.
    pub(crate) fn put(self) -> Self {
        self.ask_with("PUT", paths::TOKEN, &[(TTL_HEADER, "21600")])
    }

    /// A token that was asked for and granted for such lifetimes.
    pub(crate) fn token_for(self, token: &str, asked: &str, granted: &str) -> Self {
        self.ask_with("PUT", paths::TOKEN, &[(TTL_HEADER, asked)])
            .reply_with(200, &[(TTL_HEADER, granted)], token, End::Whole)
    }

    /// What comes instead of a reply to the last request.
    pub(crate) fn lost(self, end: End) -> Self {
        self.reply_with(200, &[], "", end)
    }

    /// How the reply to the last request went.
    pub(crate) fn sent(self, body_bytes: u64, gave_up: bool) -> Self {
        let request = self.requests;
        self.push(What::Sent {
            request,
            body_bytes,
            gave_up,
        })
    }

    /// Bytes to the IMDS that are no request.
    pub(crate) fn malformed(self, bytes: &str) -> Self {
        self.push(What::Malformed {
            conn: 9,
            server: Server::Imds,
            bytes: bytes.into(),
        })
    }

    /// Says that a source was set up, and in which state.
    pub(crate) fn source(mut self, source: Source, state: &str) -> Self {
        self.trace.header.sources.insert(source, state.into());
        self
    }

    /// Sets the order that the subject declares: one source a step.
    pub(crate) fn order(mut self, sources: &[Source]) -> Self {
        self.trace.header.order = sources.iter().copied().collect();
        self
    }

    /// Credentials of a source come into being, which [`Self::gave`] gives.
    pub(crate) fn keys(self, source: Source, key: &str) -> Self {
        self.mint(source, key, false)
    }

    /// Credentials come into being that a source assumes its role with.
    pub(crate) fn base_keys(self, source: Source, key: &str) -> Self {
        self.mint(source, key, true)
    }

    fn mint(self, source: Source, key: &str, base: bool) -> Self {
        self.push(What::Keys(Keys {
            source,
            base,
            access_key_id: key.into(),
            secret_access_key: format!("secret-of-{key}"),
            session_token: Some(format!("token-of-{key}")),
            account_id: None,
        }))
    }

    /// A source that works, and its credentials.
    pub(crate) fn works(self, source: Source, key: &str) -> Self {
        self.source(source, "works").keys(source, key)
    }

    /// The command of a process is run.
    pub(crate) fn ran(self) -> Self {
        self.push(What::Ran {
            source: Source::Process,
        })
    }

    /// A file of the subject's home is written.
    pub(crate) fn file(self, name: &str, text: &str) -> Self {
        self.push(What::File {
            name: name.into(),
            text: text.into(),
        })
    }

    /// The answer has the id of one, the secret of another, the token of a third.
    pub(crate) fn gave_mixed(self, id: &str, secret: &str, token: Option<&str>) -> Self {
        self.outcome(Outcome::Credentials(Given {
            access_key_id: id.into(),
            secret_access_key: Some(format!("secret-of-{secret}")),
            session_token: token.map(|t| format!("token-of-{t}")),
            expiration: None,
            account_id: None,
        }))
    }

    /// Gives the last request a body.
    pub(crate) fn with_body(mut self, body: &str) -> Self {
        if let Some(What::Request(request)) = self.trace.events.last_mut().map(|e| &mut e.what) {
            request.body = body.into();
        }
        self
    }

    /// A request for credentials to the security token service, signed with `key`.
    pub(crate) fn assume(self, action: &str, key: &str) -> Self {
        let signed =
            format!("AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/sts/aws4_request");
        self.ask_at(Server::Sts, "POST", "/", &[("Authorization", &signed)])
            .with_body(&format!("Action={action}&Version=2011-06-15"))
    }

    /// Asserts the one thing that a rule observes in this trace.
    #[track_caller]
    pub(crate) fn observes(self, rule: &str, expected: &str) {
        match self.check(rule) {
            Finding::Observed { value, .. } => assert_eq!(value, expected, "{rule}"),
            other => panic!("{rule}: {other:?}"),
        }
    }

    /// Asserts what one rule says of this trace, in one word.
    #[track_caller]
    pub(crate) fn says(self, rule: &str, verdict: &str) {
        let finding = self.check(rule);
        assert_eq!(self.verdict(rule), verdict, "{rule}: {finding:?}");
        let Finding::Violated { times, evidence } = finding else {
            return;
        };
        assert!(evidence.len() <= times as usize, "{rule}");
        for proof in evidence {
            let last = self.trace.events.len();
            let exist = proof
                .events
                .iter()
                .all(|n| (1..=last).contains(&(*n as usize)));
            assert!(exist && proof.events.is_sorted(), "{rule}: {proof:?}");
            assert!(!proof.events.is_empty(), "{rule} without a proof");
        }
    }

    /// One word for what one rule says of this trace.
    pub(crate) fn verdict(&self, rule: &str) -> &'static str {
        match self.check(rule) {
            Finding::Held { .. } => "held",
            Finding::Violated { .. } => "violated",
            Finding::Observed { .. } => "observed",
            Finding::Vacuous => "vacuous",
        }
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

fn fields(headers: &[(&str, &str)]) -> Headers {
    let fields = headers.iter();
    fields
        .map(|(name, value)| ((*name).to_owned(), *value))
        .collect()
}

/// A credential document that goes with [`Build::gave`].
pub(crate) fn document(key: &str, expiration: &str) -> String {
    format!(
        r#"{{"Code":"Success","LastUpdated":"2026-01-01T00:00:00Z","Type":"AWS-HMAC","AccessKeyId":"{key}","SecretAccessKey":"secret-of-{key}","Token":"token-of-{key}","Expiration":"{expiration}"}}"#
    )
}
