//! How much of the model a subject has been led through.
//!
//! A program cannot be instrumented, but the model it talks to can be watched. A *state* is a class
//! of reply to a class of request; a *transition* is what the subject did about it: its next
//! request and how that was answered, or how it ended the resolve. An input that shows a state or a
//! transition for the first time is worth changing further.

use imdspec_rules::{Outcome, RequestSeen, Server, Trace, What};
use imdspec_wire::{CredentialDocument, RoleList, Route, SessionToken, WireError};
use std::collections::BTreeSet;

/// States and transitions seen.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    states: BTreeSet<String>,
    transitions: BTreeSet<(String, String)>,
}

impl Coverage {
    /// Adds what a trace shows; says whether any of it is new.
    pub fn add(&mut self, trace: &Trace) -> bool {
        let mut is_new = false;
        let mut last = "asked".to_owned();
        let mut request: Option<&RequestSeen> = None;
        let mut calls = 0;
        for event in &trace.events {
            let state = match &event.what {
                What::Resolve { .. } => {
                    calls += 1;
                    // The first asking is not like the second: something may be held.
                    last = if calls == 1 { "asked" } else { "asked again" }.into();
                    continue;
                }
                What::Clock { .. } => {
                    is_new |= self.go(&mut last, "time passed".into());
                    continue;
                }
                What::Request(seen) => {
                    request = Some(seen);
                    continue;
                }
                What::Reply(reply) => {
                    let Some(seen) = request.filter(|r| r.request == reply.request) else {
                        continue;
                    };
                    let route = Route::of(&seen.target);
                    let status = reply.status.unwrap_or(0);
                    let body = body_class(&route, &reply.body);
                    let end = reply.end;
                    format!("{} {status} {body} {end:?}", route_class(seen, &route))
                }
                What::Outcome { outcome, .. } => outcome_class(outcome).into(),
                _ => continue,
            };
            is_new |= self.states.insert(state.clone());
            is_new |= self.go(&mut last, state);
        }
        is_new
    }

    fn go(&mut self, last: &mut String, next: String) -> bool {
        let from = std::mem::replace(last, next.clone());
        self.transitions.insert((from, next))
    }

    /// Classes of replies and of outcomes that were reached.
    #[must_use]
    pub fn states(&self) -> usize {
        self.states.len()
    }

    /// What followed on what.
    #[must_use]
    pub fn transitions(&self) -> usize {
        self.transitions.len()
    }
}

fn route_class(seen: &RequestSeen, route: &Route) -> String {
    let place = match (seen.server, route) {
        (Server::Imds, Route::Token) => "token",
        (Server::Imds, Route::Roles { .. }) => "list",
        (Server::Imds, Route::Document { .. }) => "document",
        (Server::Imds, _) => "elsewhere",
        _ => "astray",
    };
    let shown = if seen.headers.has(imdspec_wire::TOKEN_HEADER) {
        " with a token"
    } else {
        ""
    };
    format!("{} {place}{shown}", seen.method)
}

/// What a reader of ours makes of a body, in a word.
fn body_class(route: &Route, body: &[u8]) -> &'static str {
    let read = match route {
        Route::Token => SessionToken::parse(body).map(drop),
        Route::Roles { .. } => RoleList::parse(body).map(drop),
        Route::Document { .. } => CredentialDocument::parse(body)
            .and_then(|d| d.credentials())
            .map(drop),
        _ => return "any",
    };
    match read {
        Ok(()) => "sound",
        Err(WireError::NotUtf8 { .. }) => "no text",
        Err(WireError::NotJson { .. }) if body.is_empty() => "empty",
        Err(WireError::NotJson { .. }) => "no JSON",
        Err(WireError::NotAnObject) => "no object",
        Err(WireError::Failure { .. }) => "a failure",
        Err(WireError::Missing(_)) => "a member missing",
        Err(WireError::Empty(_)) => "a member empty",
        Err(WireError::NotAString(_)) => "a member of another type",
        Err(WireError::Duplicate(_)) => "a member twice",
        Err(WireError::BadTimestamp) => "no date",
        Err(WireError::NoRole) => "no role",
        Err(WireError::BadRoleName) => "no role name",
        Err(_) => "refused",
    }
}

const fn outcome_class(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Credentials(_) => "credentials",
        Outcome::Refused { .. } => "a refusal",
        Outcome::Crash { .. } => "a crash",
        Outcome::BadOutput { .. } => "no answer",
        Outcome::Deadline { .. } => "its time was over",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz::{Reach, scenario};
    use crate::{Reference, memory};

    #[test]
    fn what_was_seen_is_not_new() {
        let trace = |bytes: &[u8]| {
            let scenario = scenario(bytes, Reach::ALL);
            memory::run(&scenario, &Reference::default(), 1)
        };
        let mut coverage = Coverage::default();
        assert!(coverage.add(&trace(&[])));
        // Token, list, document, credentials.
        assert_eq!((coverage.states(), coverage.transitions()), (4, 4));
        assert!(!coverage.add(&trace(&[])));
        let all = (0..=u8::MAX).map(|b| coverage.add(&trace(&[b; 32])));
        let news = all.filter(|is_new| *is_new).count();
        assert!((1..256).contains(&news), "{news}");
        assert!(coverage.states() > 4);
    }
}
