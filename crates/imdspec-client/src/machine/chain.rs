//! Which source is asked, and what follows when it fails.
//!
//! ```text
//!   the first source of the order that is set up ──fails──► its error is the outcome
//!                                                    │
//!                                                    │ only if told to go on
//!                                                    ▼
//!                                          the next that is set up ──fails──► … the last error
//! ```
//!
//! What is set up is decided once, by settings alone (see `choose.rs`): a source that is set up
//! and fails is an error, not a reason to take on the identity of the next one. For the same
//! reason one key without the other is an error: a pair is never made of two sources. Chains that
//! go on all the same exist (the SDK for Java's), and [`Options::goes_on`](crate::Options::goes_on)
//! makes this one of them.
//!
//! No source is kept for good: the one that gave credentials is returned to as long as these are
//! fresh, and when new ones are due the sources are asked from the first on.

use super::Action;
use super::fetch::{Fetcher, News};
use crate::credentials::ResolvedCredentials;
use crate::error::ProviderError;
use imdspec_wire::Now;
use std::fmt;

/// A source that is set up.
#[derive(Clone)]
pub(crate) enum Link {
    /// One that needs no asking: keys, or the reason why there can be none.
    Fixed(Box<Result<ResolvedCredentials, ProviderError>>),
    /// One that is asked.
    Fetched(Box<Fetcher>),
}

impl Link {
    pub(crate) fn fixed(outcome: Result<ResolvedCredentials, ProviderError>) -> Self {
        Self::Fixed(Box::new(outcome))
    }

    pub(crate) fn start(&mut self, now: Now) {
        if let Self::Fetched(fetcher) = self {
            fetcher.start(now);
        }
    }

    pub(crate) fn poll(&mut self, now: Now) -> Action {
        match self {
            Self::Fixed(outcome) => Action::Done(outcome.as_ref().clone()),
            Self::Fetched(fetcher) => fetcher.poll(now),
        }
    }

    pub(crate) fn receive(&mut self, now: Now, news: News) {
        if let Self::Fetched(fetcher) = self {
            fetcher.receive(now, news);
        }
    }

    fn is_fresh(&self, now: Now) -> bool {
        match self {
            Self::Fixed(outcome) => outcome.is_ok(),
            Self::Fetched(fetcher) => fetcher.is_fresh(now),
        }
    }
}

/// The sources that are set up, first to last; at least one.
#[derive(Clone)]
pub(crate) struct Chain {
    links: Vec<Link>,
    /// The one that is asked.
    at: usize,
    /// The one that gave credentials last.
    won: Option<usize>,
}

impl Chain {
    /// A chain of `first` and those that are asked when the ones before them fail.
    pub(crate) fn new(first: Link, others: impl IntoIterator<Item = Link>) -> Self {
        Self {
            links: std::iter::once(first).chain(others).collect(),
            at: 0,
            won: None,
        }
    }

    pub(crate) fn start(&mut self, now: Now) {
        self.at = self
            .won
            .filter(|won| self.links[*won].is_fresh(now))
            .unwrap_or(0);
        self.links[self.at].start(now);
    }

    pub(crate) fn poll(&mut self, now: Now) -> Action {
        loop {
            match self.links[self.at].poll(now) {
                Action::Done(Err(_)) if self.at + 1 < self.links.len() => {
                    self.at += 1;
                    self.links[self.at].start(now);
                }
                Action::Done(Ok(credentials)) => {
                    self.won = Some(self.at);
                    return Action::Done(Ok(credentials));
                }
                action => return action,
            }
        }
    }

    pub(crate) fn receive(&mut self, now: Now, news: News) {
        self.links[self.at].receive(now, news);
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(outcome) => outcome.fmt(f),
            Self::Fetched(fetcher) => fetcher.fmt(f),
        }
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut it = f.debug_struct("Provider");
        match self.links.as_slice() {
            [Link::Fixed(outcome)] => it.field("outcome", outcome),
            [Link::Fetched(fetcher)] => it.field("fetcher", fetcher),
            links => it.field("sources", &links).field("at", &self.at),
        };
        it.finish()
    }
}
