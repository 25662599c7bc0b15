//! The provider: a machine without clock, socket, thread or randomness of its own.

mod cache;
mod chain;
mod container;
mod document;
mod fetch;
mod imds;
mod retry;
mod token;

use crate::credentials::ResolvedCredentials;
use crate::environment::Environment;
use crate::error::ProviderError;
use crate::exchange::{Lost, Ran, Send, Unread};
use crate::options::Options;
use chain::Link;
use imdspec_wire::{Mono, Now, Response};
use std::fmt;

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Send this, and give the reply to [`Provider::receive`]. A request still in flight is
    /// abandoned: its reply must not be given any more.
    Send(Send),
    /// Read the file of this path, and give its text to [`Provider::receive_file`].
    Read(String),
    /// Run this command line, by a shell, and give what becomes of it to
    /// [`Provider::receive_output`]. Polled again before that, the machine waits for it as it does
    /// for a reply; one still running when its time is over is to be ended.
    Run(String),
    /// Poll again at this time. While a request is in flight this is its timeout, and its reply
    /// may come before; else it is a pause.
    Wait(Mono),
    /// The resolve is over.
    Done(Result<ResolvedCredentials, ProviderError>),
}

/// A provider of credentials: environment variables, keys in the active profile, the container
/// endpoint, the instance metadata service. The first of them that is set up is the one asked.
///
/// A machine: it is told the time, says what to send, is told what came back, and remembers
/// session token and credentials from one resolve to the next. [`Driver`](crate::Driver) does the
/// telling over real sockets.
///
/// ```text
///           start, the cache will do
///   ┌───────────────────────────────────────────────────┐
///   │                                                   ▼
///  IDLE                                              FINISHED ──── start ───► (as from IDLE)
///   │                                                   ▲
///   │ start, a fetch is due                             │ last answer, an answer that is final,
///   ▼           Send                                    │ tries used up, or no time left
///  READY ──────────────────► IN FLIGHT ─────────────────┤
///   ▲ ▲                         │  │                    │
///   │ └── the next request ─────┘  │ may pass: 5xx, 429, lost on the way, its time ran out
///   │                              ▼                    │
///   └────── time has come ────── PAUSING ───────────────┘
/// ```
#[derive(Clone)]
pub struct Provider {
    link: Link,
}

impl Provider {
    /// A provider for what a program was given. `seed` decides the jitter of pauses, nothing else.
    ///
    /// What is wrong with the settings is the outcome of each resolve.
    #[must_use]
    pub fn new(environment: &Environment, options: Options, seed: u64) -> Self {
        Self {
            link: chain::choose(environment, &options, seed),
        }
    }

    /// Begins one resolve, at `now`; one under way is abandoned.
    pub fn start(&mut self, now: Now) {
        if let Link::Fetched(fetcher) = &mut self.link {
            fetcher.start(now);
        }
    }

    /// What to do next, at `now`. A request in flight whose timeout is past is abandoned.
    ///
    /// When the resolve is over, every call says so again until the next [`start`](Self::start).
    /// Keys, and errors in the settings, need no start.
    pub fn poll(&mut self, now: Now) -> Action {
        match &mut self.link {
            Link::Fixed(outcome) => Action::Done(outcome.clone()),
            Link::Fetched(fetcher) => fetcher.poll(now),
        }
    }

    /// Takes the reply to the last request, or the news that there will be none. Ignored when no
    /// request is in flight.
    pub fn receive(&mut self, now: Now, reply: Result<Response, Lost>) {
        if let Link::Fetched(fetcher) = &mut self.link {
            fetcher.receive(now, reply);
        }
    }

    /// Takes the text of the file that was to be read. Ignored when none was.
    pub fn receive_file(&mut self, now: Now, text: Result<String, Unread>) {
        let _ = (now, text);
    }

    /// Takes what became of the command that was to be run. Ignored when none was.
    pub fn receive_output(&mut self, now: Now, ran: Ran) {
        let _ = (now, ran);
    }

    /// The path of the container's token file, if a resolve begun at `now` would send its text.
    /// Whoever can should read it again first, with [`set_file`](Self::set_file): the token in it
    /// is changed while the program runs.
    #[must_use]
    pub fn wanted_file(&self, now: Now) -> Option<&str> {
        match &self.link {
            Link::Fetched(fetcher) => fetcher.wanted_file(now),
            Link::Fixed(_) => None,
        }
    }

    /// The text of the file that [`wanted_file`](Self::wanted_file) named; none if it cannot be
    /// read, which is an error of the resolve.
    pub fn set_file(&mut self, text: Option<String>) {
        if let Link::Fetched(fetcher) = &mut self.link {
            fetcher.set_file(text);
        }
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut it = f.debug_struct("Provider");
        match &self.link {
            Link::Fixed(outcome) => it.field("outcome", outcome),
            Link::Fetched(fetcher) => it.field("fetcher", fetcher),
        };
        it.finish()
    }
}
