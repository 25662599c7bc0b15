//! A provider and a script of the service's lines, in virtual time.

use imdspec_client::{
    Action, Clock, Environment, ErrorKind, Lost, Options, Provider, ProviderError, Ran,
    ResolvedCredentials, Send, Unread,
};
use imdspec_wire::{Headers, Mono, Now, Request, Response, Timestamp, Version, Wall};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// 2026-01-01T00:00:00Z.
pub(crate) const T0: Now = Now {
    wall: Wall(1_767_225_600_000),
    mono: Mono(1_000_000),
};

pub(crate) const LIST: &str = "/latest/meta-data/iam/security-credentials/";
pub(crate) const DOCUMENT: &str = "/latest/meta-data/iam/security-credentials/role";

pub(crate) const fn minutes(n: u64) -> Duration {
    Duration::from_secs(60 * n)
}

pub(crate) type Outcome = Result<ResolvedCredentials, ProviderError>;

/// What becomes of a request.
#[derive(Debug, Clone)]
pub(crate) enum Line {
    Answer(Response),
    Lost(Lost),
    /// Nothing at all, for as long as the client waits.
    Silence,
}

/// A request and what becomes of it.
pub(crate) type Exchange = (Request, Line);

/// The provider on the stage.
pub(crate) struct Play {
    pub(crate) provider: Provider,
    pub(crate) now: Now,
    /// The texts of files that are there.
    pub(crate) files: BTreeMap<String, String>,
    /// The paths that were read in the last resolve.
    pub(crate) reads: Vec<String>,
    /// What becomes of a command; none: it does not end.
    pub(crate) ran: Option<Ran>,
    /// The commands that were run in the last resolve.
    pub(crate) runs: Vec<String>,
    /// The pauses between requests in the last resolve.
    pub(crate) pauses: Vec<Duration>,
}

impl Play {
    pub(crate) fn new(environment: &Environment) -> Self {
        Self::with(environment, Options::default())
    }

    pub(crate) fn with(environment: &Environment, options: Options) -> Self {
        Self {
            provider: Provider::new(environment, &options, 7),
            now: T0,
            files: BTreeMap::new(),
            reads: Vec::new(),
            ran: Some(Ran::NotStarted),
            runs: Vec::new(),
            pauses: Vec::new(),
        }
    }

    /// Resolves, and asserts that exactly the requests of `script` are sent, in this order.
    pub(crate) fn resolve(&mut self, script: impl IntoIterator<Item = Exchange>) -> Outcome {
        let mut script = script.into_iter();
        let outcome = self.resolve_with(|send| {
            let Some((request, line)) = script.next() else {
                panic!("not in the script: {send:?}");
            };
            assert_eq!(send.request, request);
            line
        });
        assert_eq!(
            script.next().map(|(request, _)| request),
            None,
            "never sent"
        );
        outcome
    }

    /// Resolves against anything that answers.
    pub(crate) fn resolve_with(&mut self, mut service: impl FnMut(&Send) -> Line) -> Outcome {
        self.pauses.clear();
        self.reads.clear();
        self.runs.clear();
        self.provider.start(self.now);
        for _ in 0..200 {
            match self.provider.poll(self.now) {
                Action::Done(outcome) => return outcome,
                Action::Wait(until) => self.sleep(until),
                Action::Read(path) => {
                    let text = self.files.get(&path).cloned().ok_or(Unread::Missing);
                    self.reads.push(path);
                    self.provider.receive_file(self.now, text);
                }
                Action::Run(line) => {
                    self.runs.push(line);
                    if let Some(ran) = self.ran.clone() {
                        self.provider.receive_output(self.now, ran);
                    }
                }
                Action::Send(send) => {
                    let Action::Wait(timeout) = self.provider.poll(self.now) else {
                        panic!("in flight, and not waiting");
                    };
                    match service(&send) {
                        Line::Answer(response) => self.provider.receive(self.now, Ok(response)),
                        Line::Lost(lost) => self.provider.receive(self.now, Err(lost)),
                        Line::Silence => {
                            self.advance(timeout.since(self.now.mono));
                        }
                    }
                }
            }
        }
        panic!("no end");
    }

    fn sleep(&mut self, until: Mono) {
        let pause = until.since(self.now.mono);
        assert!(!pause.is_zero(), "a wait for a time that has come");
        self.pauses.push(pause);
        self.advance(pause);
    }

    pub(crate) fn advance(&mut self, by: Duration) {
        self.now = self.now.plus(by);
    }

    /// Moves the wall clock alone.
    pub(crate) fn jump(&mut self, seconds: i64) {
        self.now.wall = self.now.wall.plus_seconds(seconds);
    }

    /// A time from now, as the service writes it.
    pub(crate) fn after(&self, seconds: i64) -> String {
        Timestamp::from_wall(self.now.wall.plus_seconds(seconds)).to_seconds_text()
    }
}

/// What a command printed that ended well.
pub(crate) fn printed(stdout: &str) -> Option<Ran> {
    Some(Ran::Ended {
        status: Some(0),
        stdout: stdout.as_bytes().to_vec(),
    })
}

/// A clock that is moved by whoever sleeps on it.
#[derive(Clone)]
pub(crate) struct Skipping(Arc<Mutex<Now>>);

impl Skipping {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(T0)))
    }
}

impl Clock for Skipping {
    fn now(&self) -> Now {
        *self.0.lock().unwrap()
    }

    async fn sleep_until(&self, until: Mono) {
        // Others get their turn first.
        tokio::task::yield_now().await;
        let mut now = self.0.lock().unwrap();
        let span = until.since(now.mono);
        *now = now.plus(span);
    }
}

/// An environment of a config file.
pub(crate) fn config(text: &str) -> Environment {
    Environment {
        config_file: Some(text.to_owned()),
        home: Some("/home/user".to_owned()),
        ..Environment::default()
    }
}

/// What STS answers to `action`.
pub(crate) fn assumed(action: &str, id: &str, expiration: &str) -> Line {
    ok(&format!(
        r#"<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <{action}Result>
    <AssumedRoleUser>
      <AssumedRoleId>AROAEXAMPLE:session</AssumedRoleId>
      <Arn>arn:aws:sts::123456789012:assumed-role/role/session</Arn>
    </AssumedRoleUser>
    <Credentials>
      <AccessKeyId>{id}</AccessKeyId>
      <SecretAccessKey>secret-{id}</SecretAccessKey>
      <SessionToken>token-{id}</SessionToken>
      <Expiration>{expiration}</Expiration>
    </Credentials>
  </{action}Result>
  <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>
</{action}Response>"#
    ))
}

/// An environment of variables.
pub(crate) fn vars<const N: usize>(vars: [(&str, &str); N]) -> Environment {
    Environment {
        vars: vars.map(|(n, v)| (n.to_owned(), v.to_owned())).into(),
        ..Environment::default()
    }
}

pub(crate) fn request(method: &str, target: &str) -> Request {
    Request::new(method, target)
        .with("host", "169.254.169.254")
        .with("user-agent", concat!("imdspec/", env!("CARGO_PKG_VERSION")))
        .with("accept", "*/*")
}

/// The token PUT, exactly.
pub(crate) fn put() -> Request {
    request("PUT", "/latest/api/token")
        .with("x-aws-ec2-metadata-token-ttl-seconds", "21600")
        .with("content-length", "0")
}

/// A GET that carries `token`, exactly.
pub(crate) fn get(target: &str, token: &str) -> Request {
    request("GET", target).with("x-aws-ec2-metadata-token", token)
}

pub(crate) fn status(status: u16, body: &str) -> Line {
    Line::Answer(response(status, body))
}

pub(crate) fn ok(body: &str) -> Line {
    status(200, body)
}

pub(crate) fn response(status: u16, body: &str) -> Response {
    Response {
        version: Version::Http11,
        status,
        reason: String::new(),
        headers: Headers::default(),
        body: body.into(),
    }
}

pub(crate) fn token(token: &str, ttl: &str) -> Line {
    let mut reply = response(200, token);
    // Mixed case, as the service writes it.
    reply
        .headers
        .push("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", ttl);
    Line::Answer(reply)
}

pub(crate) fn document(id: &str, expiration: &str) -> String {
    format!(
        r#"{{"Code":"Success","LastUpdated":"2026-01-01T00:00:00Z","Type":"AWS-HMAC",
        "AccessKeyId":"{id}","SecretAccessKey":"secret-{id}","Token":"token-{id}",
        "Expiration":"{expiration}"}}"#
    )
}

/// The whole conversation of a fresh client, ending with credentials `id`.
pub(crate) fn conversation(id: &str, expiration: &str) -> [Exchange; 3] {
    [
        (put(), token("T1", "21600")),
        (get(LIST, "T1"), ok("role")),
        (get(DOCUMENT, "T1"), ok(&document(id, expiration))),
    ]
}

/// The conversation of a client that still has its token.
pub(crate) fn refresh(id: &str, expiration: &str) -> [Exchange; 2] {
    let [_, list, document] = conversation(id, expiration);
    [list, document]
}

/// A refresh that fails at once.
pub(crate) fn failing() -> [Exchange; 1] {
    [(get(LIST, "T1"), status(403, ""))]
}

#[track_caller]
pub(crate) fn assert_error(outcome: &Outcome, kind: ErrorKind, says: &str) {
    let error = outcome.as_ref().unwrap_err();
    assert_eq!(error.kind, kind, "{error}");
    assert!(error.message.contains(says), "{error}");
}
