//! One fetch: requests, tries, pauses and the time they may take; and the cache before it.
//!
//! The diagram of the phases stands at [`Provider`](super::Provider).

use super::Action;
use super::cache::Cache;
use super::container::Container;
use super::imds::Imds;
use super::retry::{Jitter, Policy};
use crate::credentials::ResolvedCredentials;
use crate::error::ProviderError;
use crate::exchange::{Lost, Send};
use imdspec_wire::{Credentials, Mono, Now, Response};
use std::fmt;

/// A service that is asked over the network, what is held of its answers, and the fetch under way.
#[derive(Clone)]
pub(crate) struct Fetcher {
    service: Service,
    policy: Policy,
    cache: Cache,
    jitter: Jitter,
    phase: Phase,
}

/// Who is asked.
#[derive(Debug, Clone)]
pub(crate) enum Service {
    Imds(Imds),
    Container(Container),
}

/// What an answer leads to.
pub(crate) enum Heard {
    /// The next request.
    Next,
    /// The same again after a pause, and this error when it has failed as often as it may.
    Again { failures: u32, error: ProviderError },
    /// The end.
    Done(Result<Credentials, ProviderError>),
}

#[derive(Clone)]
enum Phase {
    Ready {
        deadline: Mono,
    },
    InFlight {
        deadline: Mono,
        timeout: Mono,
        limit: usize,
    },
    Pausing {
        deadline: Mono,
        until: Mono,
    },
    Finished(Result<ResolvedCredentials, ProviderError>),
}

impl Fetcher {
    pub(crate) fn new(service: Service, policy: Policy, cache: Cache, jitter: Jitter) -> Self {
        Self {
            service,
            policy,
            cache,
            jitter,
            phase: Phase::Finished(Err(ProviderError::error("nothing was started"))),
        }
    }

    pub(crate) fn start(&mut self, now: Now) {
        self.phase = match self.cache.fresh(now) {
            Some(credentials) => Phase::Finished(Ok(credentials)),
            None => {
                self.service.begin();
                Phase::Ready {
                    deadline: now.mono.plus(self.policy.deadline),
                }
            }
        };
    }

    pub(crate) fn poll(&mut self, now: Now) -> Action {
        loop {
            match &self.phase {
                Phase::Ready { deadline } => match self.send(now, *deadline) {
                    Ok(send) => return Action::Send(send),
                    Err(error) => self.settle(now, Err(error)),
                },
                Phase::InFlight { timeout: until, .. } | Phase::Pausing { until, .. }
                    if now.mono < *until =>
                {
                    return Action::Wait(*until);
                }
                Phase::InFlight { .. } => self.receive(now, Err(Lost::TimedOut)),
                Phase::Pausing { deadline, .. } => {
                    self.phase = Phase::Ready {
                        deadline: *deadline,
                    };
                }
                Phase::Finished(outcome) => return Action::Done(outcome.clone()),
            }
        }
    }

    fn send(&mut self, now: Now, deadline: Mono) -> Result<Send, ProviderError> {
        if now.mono >= deadline {
            return Err(ProviderError::error(format!(
                "no credentials within {:?}",
                self.policy.deadline
            )));
        }
        let send = self.service.ask(now.mono)?;
        self.phase = Phase::InFlight {
            deadline,
            timeout: now.mono.plus(self.policy.timeout).min(deadline),
            limit: send.limits.body,
        };
        Ok(send)
    }

    pub(crate) fn receive(&mut self, now: Now, reply: Result<Response, Lost>) {
        let Phase::InFlight {
            deadline, limit, ..
        } = self.phase
        else {
            return;
        };
        let reply = match reply {
            Ok(reply) if reply.body.len() > limit => Err(Lost::TooLarge),
            reply => reply,
        };
        match self.service.hear(now.mono, reply) {
            Heard::Next => self.phase = Phase::Ready { deadline },
            Heard::Done(result) => self.settle(now, result),
            Heard::Again { failures, error } => {
                let until = self
                    .policy
                    .pause(failures, &mut self.jitter)
                    .map(|pause| now.mono.plus(pause));
                match until {
                    // There is no use in waiting for a time that is not there.
                    Some(until) if until < deadline => {
                        self.phase = Phase::Pausing { deadline, until };
                    }
                    _ => self.settle(now, Err(error)),
                }
            }
        }
    }

    fn settle(&mut self, now: Now, result: Result<Credentials, ProviderError>) {
        self.phase = Phase::Finished(self.cache.settle(now, result, &mut self.jitter));
    }

    pub(crate) fn wanted_file(&self, now: Now) -> Option<&str> {
        match &self.service {
            Service::Container(container) if self.cache.fresh(now).is_none() => {
                container.wanted_file()
            }
            Service::Container(_) | Service::Imds(_) => None,
        }
    }

    pub(crate) fn set_file(&mut self, text: Option<String>) {
        if let Service::Container(container) = &mut self.service {
            container.set_file(text);
        }
    }
}

impl Service {
    fn begin(&mut self) {
        match self {
            Self::Imds(imds) => imds.begin(),
            Self::Container(container) => container.begin(),
        }
    }

    fn ask(&mut self, now: Mono) -> Result<Send, ProviderError> {
        match self {
            Self::Imds(imds) => imds.ask(now),
            Self::Container(container) => container.ask(),
        }
    }

    fn hear(&mut self, now: Mono, reply: Result<Response, Lost>) -> Heard {
        match self {
            Self::Imds(imds) => imds.hear(now, reply),
            Self::Container(container) => container.hear(reply),
        }
    }
}

impl fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let phase = match &self.phase {
            Phase::Ready { .. } => "ready",
            Phase::InFlight { .. } => "in flight",
            Phase::Pausing { .. } => "pausing",
            Phase::Finished(_) => "finished",
        };
        f.debug_struct("Fetcher")
            .field("service", &self.service)
            .field("cache", &self.cache)
            .field("phase", &phase)
            .finish_non_exhaustive()
    }
}
