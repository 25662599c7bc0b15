//! The provider: a machine without clock, socket, thread or randomness of its own.

mod cache;
mod chain;
mod choose;
mod container;
mod document;
mod fetch;
mod imds;
mod json;
mod process;
mod retry;
mod sigv4;
mod sso;
mod sso_token;
mod sts;
mod sts_reply;
mod token;
mod words;

use crate::credentials::ResolvedCredentials;
use crate::environment::Environment;
use crate::error::ProviderError;
use crate::exchange::{Lost, Ran, Send, Unread};
use crate::options::Options;
use chain::Chain;
use fetch::News;
use imdspec_wire::{Mono, Now, Response};
use std::fmt;

/// What to do next. Debug does not show a command, which may have a password in it.
#[derive(Clone, PartialEq, Eq)]
pub enum Action {
    /// Send this, and give the reply to [`Provider::receive`]. A request still in flight is
    /// abandoned: its reply must not be given any more.
    Send(Send),
    /// Read the file of this path, no more of it than [`MOST_READ`](crate::MOST_READ) and one
    /// byte, and give its text to [`Provider::receive_file`]. Polled again before that, the
    /// machine waits for it as it does for a reply.
    Read(String),
    /// Run this command line, by a shell, and give what becomes of it to
    /// [`Provider::receive_output`]. Polled again before that, the machine waits for it as it does
    /// for a reply; one still running when its time is over is to be ended.
    Run(String),
    /// Poll again at this time. While a request, a file or a command is under way this is its
    /// timeout, and news of it may come before; else it is a pause.
    Wait(Mono),
    /// The resolve is over.
    Done(Result<ResolvedCredentials, ProviderError>),
}

/// A provider of credentials. Of the sources that are set up, the first one in the order of
/// [`Options::order`] is the one asked.
///
/// A machine: it is told the time, says what to do, is told what came of it, and remembers tokens
/// and credentials from one resolve to the next. [`Driver`](crate::Driver) does the telling over
/// real sockets, files and programs.
///
/// ```text
///           start, the cache will do
///   ┌───────────────────────────────────────────────────┐
///   │                                                   ▼
///  IDLE                                              FINISHED ──── start ───► (as from IDLE)
///   │                                                   ▲ ▲
///   │ start, a fetch is due    ┌── the base has none ───┼─┘
///   ├──── of a role ────────► BASE                      │
///   │                          │ its credentials        │
///   ▼        Send, Read, Run   │                        │ last answer, an answer that is final,
///  READY ◄─────────────────────┘                        │ tries used up, or no time left
///   │  └────────────────────► IN FLIGHT ────────────────┤
///   ▲ ▲                         │  │                    │
///   │ └──── what is next ───────┘  │ may pass: 5xx, 429, lost on the way, its time ran out
///   │                              ▼                    │
///   └────── time has come ────── PAUSING ───────────────┘
/// ```
///
/// BASE is these phases once more, those of the source that a role is assumed with. Where one
/// source fails and another is to be asked ([`Options::goes_on`]), FINISHED is that other's IDLE.
#[derive(Clone)]
pub struct Provider {
    chain: Chain,
}

impl Provider {
    /// A provider for what a program was given. `seed` decides the jitter of pauses and the names
    /// of sessions that nobody named, nothing else.
    ///
    /// What is wrong with the settings is the outcome of each resolve.
    #[must_use]
    pub fn new(environment: &Environment, options: &Options, seed: u64) -> Self {
        Self {
            chain: choose::choose(environment, options, seed),
        }
    }

    /// Begins one resolve, at `now`; one under way is abandoned.
    pub fn start(&mut self, now: Now) {
        self.chain.start(now);
    }

    /// What to do next, at `now`. Whatever is under way and past its timeout is abandoned.
    ///
    /// When the resolve is over, every call says so again until the next [`start`](Self::start).
    /// Keys, and errors in the settings, need no start.
    pub fn poll(&mut self, now: Now) -> Action {
        self.chain.poll(now)
    }

    /// Takes the reply to the last request, or the news that there will be none. Ignored when no
    /// request is in flight.
    pub fn receive(&mut self, now: Now, reply: Result<Response, Lost>) {
        self.chain.receive(now, News::Reply(reply));
    }

    /// Takes the text of the file that was to be read. Ignored when none was.
    pub fn receive_file(&mut self, now: Now, text: Result<String, Unread>) {
        self.chain.receive(now, News::File(text));
    }

    /// Takes what became of the command that was to be run. Ignored when none was.
    pub fn receive_output(&mut self, now: Now, ran: Ran) {
        self.chain.receive(now, News::Output(Some(ran)));
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.chain.fmt(f)
    }
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send(send) => f.debug_tuple("Send").field(send).finish(),
            Self::Read(path) => f.debug_tuple("Read").field(path).finish(),
            Self::Run(_) => f.write_str("Run(redacted)"),
            Self::Wait(until) => f.debug_tuple("Wait").field(until).finish(),
            Self::Done(outcome) => f.debug_tuple("Done").field(outcome).finish(),
        }
    }
}
