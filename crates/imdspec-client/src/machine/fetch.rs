//! One fetch: requests, tries, pauses and the time they may take; the cache before it; and, for a
//! role, the source it is assumed with.
//!
//! The diagram of the phases stands at [`Provider`](super::Provider).

use super::Action;
use super::cache::Cache;
use super::chain::Link;
use super::container::Container;
use super::imds::Imds;
use super::process::Process;
use super::retry::{Jitter, Policy};
use super::sso::Sso;
use super::sts::Sts;
use crate::MOST_READ;
use crate::credentials::ResolvedCredentials;
use crate::error::ProviderError;
use crate::exchange::{Lost, Ran, Send, Unread};
use imdspec_wire::{Mono, Now, Response};
use std::fmt;

/// A source that must be asked, what is held of its answers, and the fetch under way.
#[derive(Clone)]
pub(crate) struct Fetcher {
    service: Service,
    /// Whose credentials the service asks for before it can be asked itself.
    base: Option<Box<Link>>,
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
    Sts(Sts),
    Sso(Sso),
    Process(Process),
}

/// What a service wants to be done.
pub(crate) enum Ask {
    Send(Send),
    /// Read the file of this path.
    Read(String),
    /// Run this command line.
    Run(String),
}

impl From<Send> for Ask {
    fn from(send: Send) -> Self {
        Self::Send(send)
    }
}

/// What came of it.
pub(crate) enum News {
    Reply(Result<Response, Lost>),
    File(Result<String, Unread>),
    /// None: its time ran out.
    Output(Option<Ran>),
}

impl News {
    /// The reply to a request, where that is what was asked for.
    pub(super) fn into_reply(self) -> Result<Response, Lost> {
        match self {
            Self::Reply(reply) => reply,
            Self::File(_) | Self::Output(_) => Err(Lost::Closed),
        }
    }
}

/// What an answer leads to.
pub(crate) enum Heard {
    /// The next thing to ask for.
    Next,
    /// The same again after a pause, and this error when it has failed as often as it may.
    Again { failures: u32, error: ProviderError },
    /// The end.
    Done(Result<ResolvedCredentials, ProviderError>),
}

#[derive(Clone)]
enum Phase {
    /// The base is asked.
    Based,
    Ready {
        deadline: Mono,
    },
    InFlight {
        deadline: Mono,
        timeout: Mono,
        what: Flight,
    },
    Pausing {
        deadline: Mono,
        until: Mono,
    },
    Finished(Result<ResolvedCredentials, ProviderError>),
}

/// What is under way.
#[derive(Clone, Copy)]
enum Flight {
    /// A request, of whose reply so much may be body.
    Request {
        limit: usize,
    },
    File,
    Command,
}

impl Fetcher {
    pub(crate) fn new(service: Service, policy: Policy, cache: Cache, jitter: Jitter) -> Self {
        Self {
            service,
            base: None,
            policy,
            cache,
            jitter,
            phase: Phase::Finished(Err(ProviderError::error("nothing was started"))),
        }
    }

    /// The same with a base.
    pub(crate) fn on(mut self, base: Link) -> Self {
        self.base = Some(Box::new(base));
        self
    }

    /// Whether a resolve begun at `now` would ask for nothing.
    pub(crate) fn is_fresh(&self, now: Now) -> bool {
        self.cache.fresh(now).is_some()
    }

    pub(crate) fn start(&mut self, now: Now) {
        if let Some(credentials) = self.cache.fresh(now) {
            self.phase = Phase::Finished(Ok(credentials));
        } else if let Some(base) = &mut self.base {
            base.start(now);
            self.phase = Phase::Based;
        } else {
            self.begin(now);
        }
    }

    fn begin(&mut self, now: Now) {
        self.service.begin();
        self.phase = Phase::Ready {
            deadline: now.mono.plus(self.policy.deadline),
        };
    }

    pub(crate) fn poll(&mut self, now: Now) -> Action {
        loop {
            match &self.phase {
                Phase::Based => {
                    if let Some(action) = self.poll_base(now) {
                        return action;
                    }
                }
                Phase::Ready { deadline } => match self.ask(now, *deadline) {
                    Ok(action) => return action,
                    Err(error) => self.settle(now, Err(error)),
                },
                Phase::InFlight { timeout: until, .. } | Phase::Pausing { until, .. }
                    if now.mono < *until =>
                {
                    return Action::Wait(*until);
                }
                Phase::InFlight { what, .. } => {
                    let nothing = match what {
                        Flight::Request { .. } => News::Reply(Err(Lost::TimedOut)),
                        Flight::File => News::File(Err(Unread::Missing)),
                        Flight::Command => News::Output(None),
                    };
                    self.hear(now, nothing);
                }
                Phase::Pausing { deadline, .. } => {
                    self.phase = Phase::Ready {
                        deadline: *deadline,
                    };
                }
                Phase::Finished(outcome) => return Action::Done(outcome.clone()),
            }
        }
    }

    /// What the base wants to be done; none once it is through.
    fn poll_base(&mut self, now: Now) -> Option<Action> {
        let outcome = match self.base.as_mut()?.poll(now) {
            Action::Done(outcome) => outcome,
            action => return Some(action),
        };
        match outcome.and_then(|credentials| self.service.stand_on(credentials)) {
            Ok(()) => self.begin(now),
            Err(error) => {
                let error = self.service.baseless(&error);
                self.settle(now, Err(error));
            }
        }
        None
    }

    fn ask(&mut self, now: Now, deadline: Mono) -> Result<Action, ProviderError> {
        if now.mono >= deadline {
            return Err(ProviderError::error(format!(
                "no credentials within {:?}",
                self.policy.deadline
            )));
        }
        let (what, action) = match self.service.ask(now)? {
            Ask::Send(send) => {
                let limit = send.limits.body;
                (Flight::Request { limit }, Action::Send(send))
            }
            Ask::Read(path) => (Flight::File, Action::Read(path)),
            Ask::Run(line) => (Flight::Command, Action::Run(line)),
        };
        self.phase = Phase::InFlight {
            deadline,
            timeout: now.mono.plus(self.policy.timeout).min(deadline),
            what,
        };
        Ok(action)
    }

    /// Takes news of what is under way; other news are passed over.
    pub(crate) fn receive(&mut self, now: Now, news: News) {
        let what = match &mut self.phase {
            Phase::InFlight { what, .. } => *what,
            Phase::Based => {
                if let Some(base) = &mut self.base {
                    base.receive(now, news);
                }
                return;
            }
            _ => return,
        };
        let news = match (what, news) {
            (Flight::Request { limit }, News::Reply(Ok(reply))) if reply.body.len() > limit => {
                News::Reply(Err(Lost::TooLarge))
            }
            (Flight::File, News::File(Ok(text))) if text.len() > MOST_READ => {
                News::File(Err(Unread::TooLarge))
            }
            (Flight::Request { .. }, news @ News::Reply(_))
            | (Flight::File, news @ News::File(_))
            | (Flight::Command, news @ News::Output(_)) => news,
            _ => return,
        };
        self.hear(now, news);
    }

    fn hear(&mut self, now: Now, news: News) {
        let Phase::InFlight { deadline, .. } = self.phase else {
            return;
        };
        match self.service.hear(now, news) {
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

    fn settle(&mut self, now: Now, result: Result<ResolvedCredentials, ProviderError>) {
        self.phase = Phase::Finished(self.cache.settle(now, result, &mut self.jitter));
    }
}

impl Service {
    fn begin(&mut self) {
        match self {
            Self::Imds(imds) => imds.begin(),
            Self::Container(container) => container.begin(),
            Self::Sts(sts) => sts.begin(),
            Self::Sso(sso) => sso.begin(),
            Self::Process(_) => {}
        }
    }

    fn ask(&mut self, now: Now) -> Result<Ask, ProviderError> {
        match self {
            Self::Imds(imds) => imds.ask(now.mono).map(Ask::Send),
            Self::Container(container) => container.ask(),
            Self::Sts(sts) => sts.ask(now),
            Self::Sso(sso) => sso.ask(),
            Self::Process(process) => Ok(process.ask()),
        }
    }

    fn hear(&mut self, now: Now, news: News) -> Heard {
        match self {
            Self::Imds(imds) => imds.hear(now.mono, news.into_reply()),
            Self::Container(container) => container.hear(news),
            Self::Sts(sts) => sts.hear(news),
            Self::Sso(sso) => sso.hear(now, news),
            Self::Process(process) => Heard::Done(process.hear(news)),
        }
    }

    /// Takes the credentials of the base.
    fn stand_on(&mut self, credentials: ResolvedCredentials) -> Result<(), ProviderError> {
        match self {
            Self::Sts(sts) => sts.stand_on(credentials),
            _ => Ok(()),
        }
    }

    /// What it means that the base has none.
    fn baseless(&self, error: &ProviderError) -> ProviderError {
        match self {
            Self::Sts(sts) => sts.baseless(error),
            _ => error.clone(),
        }
    }
}

impl fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let phase = match &self.phase {
            Phase::Based => "base",
            Phase::Ready { .. } => "ready",
            Phase::InFlight { .. } => "in flight",
            Phase::Pausing { .. } => "pausing",
            Phase::Finished(_) => "finished",
        };
        let mut it = f.debug_struct("Fetcher");
        if let Some(base) = &self.base {
            it.field("base", base);
        }
        it.field("service", &self.service)
            .field("cache", &self.cache)
            .field("phase", &phase)
            .finish_non_exhaustive()
    }
}
