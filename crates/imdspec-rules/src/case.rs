//! A trace made easy to judge: requests paired with replies, grouped by resolve call.

use crate::rules::doc::writing::Writing;
use crate::{End, Given, Minted, Outcome, Recorded, Reply, RequestSeen, Server, Trace, What};
use imdspec_wire::{
    CredentialDocument, Credentials, Now, Route, SessionToken, TOKEN_HEADER, TTL_HEADER, Ttl,
    WireError,
};
use std::cell::OnceCell;
use std::ops::Range;

/// A trace, indexed. Built once and shared by every rule.
#[derive(Debug)]
pub struct Case<'t> {
    /// The trace itself.
    pub trace: &'t Trace,
    /// Every request that arrived at any server of ours, in order.
    pub exchanges: Vec<Exchange<'t>>,
    /// Every time the subject was asked for credentials, in order.
    pub calls: Vec<Call<'t>>,
    /// Every token that was issued and reached the subject, in order.
    pub tokens: Vec<IssuedToken<'t>>,
    /// Every 2xx reply to a document GET that was sent whole, in order.
    pub documents: Vec<ServedDocument>,
    /// Every set of credentials that came into being, in order: those of any source that the trace
    /// tells of, and those in the documents of the service.
    pub keys: Vec<Minted<'t>>,
}

/// A request and what was answered.
#[derive(Debug)]
pub struct Exchange<'t> {
    /// The request's event number.
    pub number: u32,
    /// The reply's event number; 0 without a reply.
    pub reply_number: u32,
    /// When the request arrived.
    pub at: Now,
    /// The index in [`Case::calls`] of the call it belongs to: the oldest one open.
    pub call: Option<usize>,
    /// The request.
    pub request: &'t RequestSeen,
    /// The reply.
    pub reply: Option<&'t Reply>,
    /// What the target names.
    pub route: Route,
    /// Whether it came to the service though it was meant for the container endpoint: a GET for the
    /// path of `AWS_CONTAINER_CREDENTIALS_FULL_URI`. What is wrong with that, the rules on the
    /// container endpoint say, and no other. In a recording, any request for a path that has nothing
    /// to do with credentials: on an instance everybody asks the service for something.
    pub astray: bool,
    /// For a reply without a natural end: body bytes sent, and whether the subject stopped first.
    pub sent: Option<(u64, bool)>,
    /// [`is_answered_at_last`](Self::is_answered_at_last), which nearly every rule asks.
    answered: OnceCell<bool>,
}

/// One time the subject was asked for credentials.
#[derive(Debug)]
pub struct Call<'t> {
    /// The event number of the question.
    pub number: u32,
    /// The event number of the answer.
    pub outcome_number: Option<u32>,
    /// When it was asked.
    pub started: Now,
    /// When it answered.
    pub ended: Option<Now>,
    /// The answer; none when the trace ends before it.
    pub outcome: Option<&'t Outcome>,
    /// The exchanges between question and answer, as indices into [`Case::exchanges`].
    pub exchanges: Range<usize>,
    /// Whether every exchange in that range is surely its own: no other call was open meanwhile,
    /// none before it was given up on, and nothing was asked between calls.
    pub alone: bool,
}

/// A token that was issued by the service: a whole, timely 200 with a body that can stand in a
/// header.
#[derive(Debug)]
pub struct IssuedToken<'t> {
    /// The exchange, as an index into [`Case::exchanges`].
    pub exchange: usize,
    /// Its value.
    pub value: &'t str,
    /// When it was issued.
    pub at: Now,
    /// The lifetime asked for, in seconds, if that was a legal one.
    pub asked: Option<u32>,
    /// The lifetime granted in the reply, in seconds, if that was a legal one.
    pub granted: Option<u32>,
}

/// A body that was served as a credential document.
#[derive(Debug)]
pub struct ServedDocument {
    /// The exchange, as an index into [`Case::exchanges`].
    pub exchange: usize,
    /// The document, if it is a JSON object.
    pub parsed: Result<CredentialDocument, WireError>,
    /// The credentials in it, if it is one that a client may accept.
    pub credentials: Result<Credentials, WireError>,
    /// Whether the document itself gives no client a reason to refuse it, once a rule has asked.
    pub(crate) plain: OnceCell<bool>,
    /// How it is written, once a rule has asked.
    pub(crate) writing: OnceCell<Writing>,
}

/// A reply slower than this may have come after the subject stopped waiting (the default request
/// timeout of the SDK family is one second), so it proves nothing.
const TIMELY_MILLIS: u64 = 500;

/// HTTP libraries refuse replies with more header fields than about this.
const MODEST_FIELDS: usize = 64;

/// A session token longer than this may be more than a client takes, in bytes; the service's own
/// have 56.
const MODEST_TOKEN: usize = 4096;

impl<'t> Case<'t> {
    /// Indexes a trace.
    #[must_use]
    pub fn new(trace: &'t Trace) -> Self {
        let mut case = Self {
            trace,
            exchanges: Vec::new(),
            calls: Vec::new(),
            tokens: Vec::new(),
            documents: Vec::new(),
            keys: Vec::new(),
        };
        let mut ids: Vec<u32> = Vec::new();
        for (i, event) in trace.events.iter().enumerate() {
            let number = u32::try_from(i + 1).unwrap_or(u32::MAX);
            match &event.what {
                What::Resolve { call } => {
                    ids.push(*call);
                    let next = case.exchanges.len();
                    case.calls.push(Call {
                        number,
                        outcome_number: None,
                        started: event.now(),
                        ended: None,
                        outcome: None,
                        exchanges: next..next,
                        alone: true,
                    });
                }
                What::Outcome { call, outcome } => {
                    let next = case.exchanges.len();
                    let index = ids.iter().rposition(|id| id == call);
                    if let Some(asked) = index.and_then(|i| case.calls.get_mut(i)) {
                        asked.outcome_number = Some(number);
                        asked.ended = Some(event.now());
                        asked.outcome = Some(outcome);
                        asked.exchanges.end = next;
                    }
                }
                What::Request(request) => {
                    let call = case.calls.iter().position(|c| c.outcome.is_none());
                    case.exchanges.push(Exchange {
                        number,
                        reply_number: 0,
                        at: event.now(),
                        call,
                        request,
                        reply: None,
                        route: Route::of(&request.target),
                        astray: is_astray(trace, request),
                        sent: None,
                        answered: OnceCell::new(),
                    });
                }
                What::Reply(reply) => {
                    if let Some(exchange) = case.exchange_mut(reply.request) {
                        exchange.reply = Some(reply);
                        exchange.reply_number = number;
                    }
                }
                What::Sent {
                    request,
                    body_bytes,
                    gave_up,
                } => {
                    if let Some(exchange) = case.exchange_mut(*request) {
                        exchange.sent = Some((*body_bytes, *gave_up));
                    }
                }
                What::Clock { .. }
                | What::World { .. }
                | What::Secret { .. }
                | What::Keys(_)
                | What::File { .. }
                | What::Ran { .. }
                | What::Connect { .. }
                | What::Malformed { .. }
                | What::Output { .. } => {}
            }
        }
        let all = case.exchanges.len();
        for call in case.calls.iter_mut().filter(|c| c.outcome.is_none()) {
            call.exchanges.end = all;
        }
        case.index_replies();
        case.index_keys();
        case.tell_alone();
        case
    }

    fn tell_alone(&mut self) {
        let all = self.exchanges.len();
        let mut begun = 0;
        let mut answered = 0;
        let mut given_up = false;
        for i in 0..self.calls.len() {
            let next = self.calls.get(i + 1);
            let next_number = next.map_or(u32::MAX, |c| c.number);
            let next_begin = next.map_or(all, |c| c.exchanges.start);
            let call = &mut self.calls[i];
            let last = call.outcome_number.unwrap_or(u32::MAX);
            call.alone = !given_up
                && answered < call.number
                && last <= next_number
                && begun == call.exchanges.start
                && call.exchanges.end == next_begin;
            given_up |= matches!(call.outcome, Some(Outcome::Deadline { .. }));
            answered = answered.max(last);
            begun = begun.max(call.exchanges.end);
        }
    }

    fn exchange_mut(&mut self, request: u32) -> Option<&mut Exchange<'t>> {
        self.exchanges
            .iter_mut()
            .rev()
            .find(|x| x.request.request == request)
    }

    fn index_replies(&mut self) {
        for (i, x) in self.exchanges.iter().enumerate() {
            let Some(reply) = x.reply.filter(|_| x.is_success()) else {
                continue;
            };
            if x.is_token_put() && reply.status == Some(200) {
                if x.request.server != Server::Imds
                    || reply.body.len() > MODEST_TOKEN
                    || SessionToken::parse(&reply.body).is_err()
                {
                    continue;
                }
                let ttl = |h: &imdspec_wire::Headers| {
                    h.get(TTL_HEADER)
                        .and_then(|v| Ttl::parse(v).ok())
                        .map(Ttl::seconds)
                };
                self.tokens.push(IssuedToken {
                    exchange: i,
                    value: std::str::from_utf8(&reply.body).unwrap_or_default(),
                    at: x.at,
                    asked: ttl(&x.request.headers),
                    granted: ttl(&reply.headers),
                });
            } else if x.is_get() && matches!(x.route, Route::Document { .. }) {
                let parsed = CredentialDocument::parse(&reply.body);
                let credentials = parsed
                    .as_ref()
                    .map_err(Clone::clone)
                    .and_then(CredentialDocument::credentials);
                self.documents.push(ServedDocument {
                    exchange: i,
                    parsed,
                    credentials,
                    plain: OnceCell::new(),
                    writing: OnceCell::new(),
                });
            }
        }
    }

    /// Whether this is recorded traffic: what the subject was set up with, asked for and answered is
    /// not known, and the absence of a setting proves nothing.
    #[must_use]
    pub const fn is_recorded(&self) -> bool {
        self.trace.header.recorded.is_some()
    }

    /// Whether the subject's first request is seen: before the trace it did nothing.
    #[must_use]
    pub fn sees_the_start(&self) -> bool {
        self.trace.header.recorded != Some(Recorded::Midway)
    }

    /// The exchanges with the IMDS itself, with their indices, in order.
    pub fn imds(&self) -> impl Iterator<Item = (usize, &Exchange<'t>)> {
        self.exchanges
            .iter()
            .enumerate()
            .filter(|(_, x)| x.is_of_service())
    }

    /// The exchanges with the IMDS itself after exchange `index`, with their indices, in order.
    pub fn imds_after(&self, index: usize) -> impl Iterator<Item = (usize, &Exchange<'t>)> + Clone {
        let first = (index + 1).min(self.exchanges.len());
        self.exchanges[first..]
            .iter()
            .enumerate()
            .map(move |(i, x)| (first + i, x))
            .filter(|(_, x)| x.is_of_service())
    }

    /// The exchanges of one call, in order.
    #[must_use]
    pub fn of_call(&self, call: &Call<'t>) -> &[Exchange<'t>] {
        &self.exchanges[call.exchanges.clone()]
    }

    /// The calls whose exchanges are surely their own, in order.
    pub fn lone_calls(&self) -> impl Iterator<Item = &Call<'t>> {
        self.calls.iter().filter(|c| c.alone)
    }

    /// The exchanges of one call with the IMDS itself, with their indices, in order.
    pub fn imds_of(&self, call: &Call<'t>) -> impl Iterator<Item = (usize, &Exchange<'t>)> + Clone {
        let first = call.exchanges.start;
        self.of_call(call)
            .iter()
            .enumerate()
            .map(move |(i, x)| (first + i, x))
            .filter(|(_, x)| x.is_of_service())
    }

    /// The token PUT sent to the service last before exchange `index`, whatever the answer.
    #[must_use]
    pub fn last_token_put_before(&self, index: usize) -> Option<&Exchange<'t>> {
        self.exchanges[..index]
            .iter()
            .rev()
            .find(|x| x.is_token_put() && x.is_of_service())
    }

    /// The issued token that exchange `index` carries, as an index into [`Case::tokens`]: the one
    /// issued last before it if the service gave the same value twice.
    #[must_use]
    pub fn token_carried(&self, index: usize) -> Option<usize> {
        let value = self.exchanges[index].token()?;
        let before = self.tokens.partition_point(|t| t.exchange < index);
        self.tokens[..before].iter().rposition(|t| t.value == value)
    }

    /// The document served in exchange `index`, if one was.
    #[must_use]
    pub fn document_at(&self, index: usize) -> Option<&ServedDocument> {
        let found = self.documents.binary_search_by_key(&index, |d| d.exchange);
        found.ok().map(|at| &self.documents[at])
    }

    /// The newest document served before event `number` whose access key is the one given.
    #[must_use]
    pub fn document_behind(&self, given: &Given, number: u32) -> Option<&ServedDocument> {
        self.documents.iter().rev().find(|d| {
            self.exchanges[d.exchange].number < number
                && d.text("AccessKeyId") == Some(given.access_key_id.as_str())
        })
    }

    /// A setting as the subject should see it: code before environment before config file.
    #[must_use]
    pub fn setting(&self, env: &str, key: &str) -> Option<&'t str> {
        let header = &self.trace.header;
        header
            .code
            .get(key)
            .or_else(|| header.env.get(env))
            .or_else(|| header.config.get(key))
            .map(String::as_str)
    }
}

/// Whether a request to the service is one for the container endpoint, or, in a recording, for
/// anything but credentials.
fn is_astray(trace: &Trace, request: &RequestSeen) -> bool {
    if trace.header.recorded.is_some() {
        // Behind an endpoint with a path, credentials are below that.
        let is_below = request.target.contains("/meta-data/iam/");
        return Route::of(&request.target) == Route::Other && !is_below;
    }
    let uri = trace.header.env.get("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    let target = uri
        .and_then(|uri| uri.split_once("://"))
        .and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]));
    request.server == Server::Imds
        && request.method == "GET"
        && Route::of(&request.target) == Route::Other
        && target == Some(request.target.as_str())
}

fn claims_its_length(reply: &Reply) -> bool {
    let claimed = reply.headers.get("content-length");
    matches!(reply.status, Some(204 | 304))
        || claimed.is_none_or(|n| n.trim().parse() == Ok(reply.body.len()))
}

impl<'t> Exchange<'t> {
    /// Whether it came to the service, and was meant for it.
    #[must_use]
    pub fn is_of_service(&self) -> bool {
        self.request.server == Server::Imds && !self.astray
    }

    /// Whether this is an attempt to get a session token.
    #[must_use]
    pub fn is_token_put(&self) -> bool {
        self.request.method == "PUT" && matches!(self.route, Route::Token | Route::OddToken)
    }

    /// Whether the method is GET.
    #[must_use]
    pub fn is_get(&self) -> bool {
        self.request.method == "GET"
    }

    /// Whether this is a GET for metadata (anything but the token).
    #[must_use]
    pub fn is_metadata_get(&self) -> bool {
        self.is_get() && self.route.is_metadata()
    }

    /// The session token it carries; `Some("")` when the header is there and empty.
    #[must_use]
    pub fn token(&self) -> Option<&'t str> {
        self.request.headers.get(TOKEN_HEADER)
    }

    /// The status answered, if a status line was.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.reply.and_then(|r| r.status)
    }

    /// Whether a whole 2xx reply was sent in time: the subject has surely had it.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.is_answered() && matches!(self.status(), Some(200..=299))
    }

    /// Whether a whole reply of any status was sent in time, in a form that every client takes, and
    /// nothing before it (see ERR-011).
    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.is_answered_at_last() && self.reply.is_some_and(|r| r.interim.is_empty())
    }

    /// Whether the final reply is one that every client takes: whole, in time, a modest number of
    /// header fields, a body as long as it claims, no content coding.
    #[must_use]
    pub(crate) fn is_answered_at_last(&self) -> bool {
        let whole = |r: &Reply| {
            r.end == End::Whole
                && r.status.is_some()
                && r.delay <= TIMELY_MILLIS
                && r.headers.0.len() <= MODEST_FIELDS
                && !r.headers.has("content-encoding")
                && (claims_its_length(r) || self.request.method == "HEAD")
        };
        *self.answered.get_or_init(|| self.reply.is_some_and(whole))
    }

    /// Body of the reply; empty without one.
    #[must_use]
    pub fn reply_body(&self) -> &'t [u8] {
        self.reply.map_or(&[], |r| &r.body.0)
    }

    /// The events of this exchange, for evidence.
    #[must_use]
    pub fn events(&self) -> Vec<u32> {
        if self.reply_number == 0 {
            vec![self.number]
        } else {
            vec![self.number, self.reply_number]
        }
    }
}

impl<'t> Call<'t> {
    /// The credentials it gave, if it gave any.
    #[must_use]
    pub fn given(&self) -> Option<&'t Given> {
        match self.outcome {
            Some(Outcome::Credentials(given)) => Some(given),
            _ => None,
        }
    }

    /// Whether it ended in a refusal: no credentials, and nothing worse.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        matches!(self.outcome, Some(Outcome::Refused { .. }))
    }

    /// Whether it crashed, hung, or answered something that is no answer.
    #[must_use]
    pub const fn is_broken(&self) -> bool {
        matches!(
            self.outcome,
            Some(Outcome::Crash { .. } | Outcome::BadOutput { .. } | Outcome::Deadline { .. })
        )
    }

    /// The event number of the answer, or of the question while there is none.
    #[must_use]
    pub fn last_number(&self) -> u32 {
        self.outcome_number.unwrap_or(self.number)
    }

    /// The outcome in a few words without secrets, for evidence.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self.outcome {
            None => "no answer yet".into(),
            Some(Outcome::Credentials(given)) => {
                format!("credentials with access key {}", given.access_key_id)
            }
            Some(Outcome::Refused { .. }) => "no credentials".into(),
            Some(Outcome::Crash { how }) => format!("a crash ({how})"),
            Some(Outcome::BadOutput { what }) => format!("bad output ({what})"),
            Some(Outcome::Deadline { after }) => format!("no answer within {after} ms"),
        }
    }
}

impl ServedDocument {
    /// A member that is a string, if the document is an object and has it.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.parsed.as_ref().ok()?.field(name) {
            imdspec_wire::Field::Text(text) => Some(text),
            imdspec_wire::Field::Absent | imdspec_wire::Field::Other(_) => None,
        }
    }
}
