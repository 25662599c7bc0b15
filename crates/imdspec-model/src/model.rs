//! The service as a machine without clock, socket or randomness of its own.
//!
//! One request goes through it like this, each step answering or passing on:
//!
//! ```text
//!   request ─► a fault matches? ─► turned off? ─► token path? ─► method? ─► session token? ─► tree
//!                   │                 403         200 400 403     405          401 403     200 301
//!                   ▼                             405 417                                   404
//!          its reply, made of the
//!          healthy one or in its place
//! ```

use crate::answer::Answer;
use crate::credentials::{Schedule, json, seconds_text};
use crate::fault::{Armed, Faults};
use crate::mint::{Mint, Purpose, Secret};
use crate::template::Values;
use crate::tokens::Tokens;
use crate::tree::{self, Found, Leaf, instance};
use crate::{Change, Mode, Profile, Reply, World};
use imdspec_wire::{Now, Request, Route, TOKEN_HEADER, TTL_HEADER, Ttl, Wall};
use std::sync::Arc;
use std::time::Duration;

/// The EC2 Instance Metadata Service as a value.
///
/// The same seed, the same world and the same requests at the same times give the same replies.
/// Cloning a model forks it: both go on from here, with the same secrets to come.
#[derive(Debug, Clone)]
pub struct Model {
    world: World,
    faults: Faults,
    mint: Mint,
    tokens: Tokens,
    role: Schedule,
    identity: Schedule,
    collector: String,
    /// The date of the first request: as long as anybody can tell, the instance began then.
    began: Option<Wall>,
}

/// What a GET showed about itself.
enum Caller {
    /// It may read; for so much longer, if it showed a session token.
    Admitted(Option<Duration>),
    /// It may not.
    Refused(Answer),
}

impl Model {
    /// A service in `world`, its secrets drawn from `seed`.
    #[must_use]
    pub fn new(mut world: World, seed: u64) -> Self {
        Self {
            faults: Faults::new(std::mem::take(&mut world.faults)),
            world,
            mint: Mint::new(seed),
            tokens: Tokens::default(),
            role: Schedule::new(Purpose::Role),
            identity: Schedule::new(Purpose::Identity),
            collector: String::new(),
            began: None,
        }
    }

    /// Answers a request that arrived at `now`.
    pub fn handle(&mut self, now: Now, request: &Request) -> Reply {
        self.began.get_or_insert(now.wall);
        let route = Route::of(&request.target);
        match self.faults.next(&route, &request.method) {
            Some(armed) => self.faulty(now, request, &route, &armed),
            None => self.healthy(now, request, &route),
        }
    }

    /// Changes the world at `now`.
    pub fn change(&mut self, now: Now, change: Change) {
        match change {
            Change::RevokeTokens => self.tokens.revoke(),
            Change::Rotate => {
                self.role.forget();
                self.identity.forget();
                if !self.world.role.is_empty() {
                    // Made now, not at the next ask: `LastUpdated` is when it happened.
                    self.role.document(now, &self.world, &mut self.mint);
                }
            }
            Change::Role(role) => {
                if role != self.world.role {
                    self.role.forget();
                    self.world.role = role;
                }
            }
            Change::Mode(mode) => self.world.mode = mode,
            Change::Faults(faults) => self.faults = Faults::new(faults),
        }
    }

    /// Every secret minted since the last take, in the order they came into being: those in
    /// replies, those of faults, and those nobody was told.
    #[must_use = "secrets are given once"]
    pub fn take_secrets(&mut self) -> Vec<Secret> {
        self.mint.take()
    }

    /// Where `${collector}` in a fault's header fields points.
    pub fn set_collector(&mut self, url: String) {
        self.collector = url;
    }

    fn faulty(&mut self, now: Now, request: &Request, route: &Route, armed: &Arc<Armed>) -> Reply {
        let fault = &armed.fault;
        let mut reply = if fault.instead.is_some() {
            armed.blank()
        } else if let Some(body) = armed.body() {
            let body = self.values(now).fill_body(body);
            let mut answer = Answer::text(body);
            answer.status = fault.status.unwrap_or(200);
            if *route == Route::Token && matches!(answer.status, 200..=299) {
                // Only the body is wrong, unless the fault says more.
                answer.ttl = Some(self.granted(request).unwrap_or_else(|| self.longest()));
            }
            answer.reply(self.world.profile, request)
        } else {
            match fault.status {
                Some(status @ 400..) => Answer::error(status).reply(self.world.profile, request),
                Some(status @ (..200 | 204 | 205 | 300..)) => {
                    Answer::empty(status).reply(self.world.profile, request)
                }
                Some(_) | None => self.healthy(now, request, route),
            }
        };
        let headers: Vec<_> = fault
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), self.values(now).fill(value)))
            .collect();
        armed.apply(&mut reply, headers, &request.method);
        reply
    }

    fn values(&mut self, now: Now) -> Values<'_> {
        Values::new(
            now,
            &self.world,
            &self.collector,
            &mut self.mint,
            &mut self.tokens,
        )
    }

    fn healthy(&mut self, now: Now, request: &Request, route: &Route) -> Reply {
        self.answer(now, request, route)
            .reply(self.world.profile, request)
    }

    fn answer(&mut self, now: Now, request: &Request, route: &Route) -> Answer {
        if self.world.mode == Mode::Off {
            return Answer::error(403);
        }
        if *route == Route::Token {
            return self.token(now, request);
        }
        if request.method == "PUT" && *route == Route::OddToken && self.world.mode != Mode::V1Only {
            // Only `/latest/api/token` mints. With a trailing slash: empty, plain text
            // (aws-beam/aws_credentials issue 47, capture of 2023); dated: EC2 User Guide.
            return Answer::empty(403);
        }
        if !matches!(request.method.as_str(), "GET" | "HEAD") {
            return Answer::method_not_allowed("GET, HEAD");
        }
        let remaining = match self.admit(now, request) {
            Caller::Admitted(remaining) => remaining,
            Caller::Refused(answer) => return answer,
        };
        let mut answer = self.read(now, &request.target);
        if self.world.profile == Profile::TtlOnGets {
            // What remains, never 0. The recording that shows the field does not tell whether the
            // service says what remains or what was granted.
            answer.ttl = remaining.map(|left| left.as_millis().div_ceil(1000) as u64);
        }
        answer
    }

    /// The token path.
    fn token(&mut self, now: Now, request: &Request) -> Answer {
        if request.method != "PUT" {
            // Commonly said to be 405; there is no capture.
            return Answer::method_not_allowed("PUT");
        }
        if self.world.mode == Mode::V1Only {
            return Answer::method_not_allowed("GET, HEAD");
        }
        if request.headers.has("x-forwarded-for") {
            return Answer::error(403);
        }
        if request.headers.has("expect") {
            // Seen with `Expect: 100-continue` (s3fs-fuse issue 1765).
            return Answer::error(417);
        }
        let Some(granted) = self.granted(request) else {
            return Answer::error(400);
        };
        let token = self.mint.session_token();
        self.tokens
            .issue(now.mono, token.clone(), Duration::from_secs(granted));
        let mut answer = Answer::text(token);
        answer.ttl = Some(granted);
        answer
    }

    /// The lifetime granted to a token PUT, in seconds; none when it asks for none, for several,
    /// or for one that cannot be had.
    fn granted(&self, request: &Request) -> Option<u64> {
        let mut asked = request.headers.all(TTL_HEADER);
        let (first, second) = (asked.next()?, asked.next());
        if second.is_some() {
            return None;
        }
        let asked = u64::from(Ttl::parse(first).ok()?.seconds());
        Some(asked.min(self.longest()))
    }

    fn longest(&self) -> u64 {
        self.world.longest_token.duration().as_secs()
    }

    /// Whether a GET may read.
    fn admit(&self, now: Now, request: &Request) -> Caller {
        if self.world.mode == Mode::V1Only {
            return Caller::Admitted(None);
        }
        let mut shown = request.headers.all(TOKEN_HEADER).peekable();
        if shown.peek().is_none() {
            return match self.world.mode {
                Mode::V2Required => Caller::Refused(Answer::error(401)),
                Mode::V2Optional | Mode::V1Only | Mode::Off => Caller::Admitted(None),
            };
        }
        if request.headers.has("x-forwarded-for") {
            // With a token the request is an IMDSv2 one, and those are refused from behind a proxy
            // (kube2iam pull request 279).
            return Caller::Refused(Answer::error(403));
        }
        // A token that is not valid is refused even where none is needed: that any request with
        // the header is an IMDSv2 request is how the EC2 User Guide reads, not what was captured.
        shown
            .map(|token| self.tokens.remaining(now.mono, token))
            .reduce(|a, b| a.and_then(|a| b.map(|b| a.min(b))))
            .flatten()
            .map_or_else(
                || Caller::Refused(Answer::error(401)),
                |left| Caller::Admitted(Some(left)),
            )
    }

    /// What stands at a target.
    fn read(&mut self, now: Now, target: &str) -> Answer {
        let path = target.split(['?', '#']).next().unwrap_or(target);
        match tree::find(path, &self.world.role) {
            Found::Listing(names) => Answer::text(names),
            Found::Moved(location) => Answer::moved(location),
            Found::Roles => Answer::text(self.world.role.as_str()),
            Found::Document => Answer::text(self.role.document(now, &self.world, &mut self.mint)),
            Found::Leaf(leaf) => self.leaf(now, leaf),
            Found::Nothing => Answer::error(404),
        }
    }

    fn leaf(&mut self, now: Now, leaf: Leaf) -> Answer {
        let began = self.began.unwrap_or(now.wall);
        let account = self
            .world
            .account_id
            .as_deref()
            .unwrap_or(instance::ACCOUNT);
        match leaf {
            Leaf::Text(text) => Answer::text(text),
            Leaf::IamInfo => Answer::text(json(&[
                ("Code", "Success"),
                ("LastUpdated", &seconds_text(began)),
                (
                    "InstanceProfileArn",
                    &format!(
                        "arn:aws:iam::{account}:instance-profile/{}",
                        self.world.role
                    ),
                ),
                ("InstanceProfileId", "AIPAIMDSPECEXAMPLE23"),
            ])),
            Leaf::IdentityInfo => Answer::text(json(&[
                ("Code", "Success"),
                ("LastUpdated", &seconds_text(began)),
                ("AccountId", account),
            ])),
            Leaf::IdentityCredentials => {
                Answer::text(self.identity.document(now, &self.world, &mut self.mint))
            }
            Leaf::IdentityDocument => Answer::text(json(&[
                ("accountId", account),
                ("architecture", "x86_64"),
                ("availabilityZone", instance::ZONE),
                ("imageId", instance::IMAGE),
                ("instanceId", instance::ID),
                ("instanceType", instance::TYPE),
                ("pendingTime", &seconds_text(began)),
                ("privateIp", instance::ADDRESS),
                ("region", instance::REGION),
                ("version", "2017-09-30"),
            ])),
        }
    }
}

#[cfg(test)]
mod tests;
