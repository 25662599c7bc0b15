//! The credentials a subject holds when it is asked again.

use super::clock::has_jumped_before;
use crate::{Call, Case, End, Exchange, Given, Server};
use imdspec_wire::{Credentials, Now, Timestamp};

/// A call that was alone and has ended, and the credentials that the call before it gave: the
/// newest that the service has served.
pub(super) struct Held<'c, 't> {
    pub(super) case: &'c Case<'t>,
    /// The call, as an index into [`Case::calls`].
    pub(super) index: usize,
    pub(super) call: &'c Call<'t>,
    /// The call before, which gave the credentials.
    pub(super) before: &'c Call<'t>,
    pub(super) given: &'t Given,
    /// The document they are of.
    pub(super) credentials: &'c Credentials,
    /// The exchange that served it.
    pub(super) served: &'c Exchange<'t>,
    /// Its index in [`Case::exchanges`].
    served_at: usize,
}

/// Clocks are read at slightly different moments, and clients round.
pub(super) const SLACK_MILLIS: i64 = 2000;

/// Longer than the longest extension of an ended document that a client is known to make (25
/// minutes, botocore).
pub(super) const LONGEST_EXTENSION_MILLIS: i64 = 1_800_000;

/// The calls made while credentials were held, in order.
pub(super) fn held<'c, 't>(case: &'c Case<'t>) -> impl Iterator<Item = Held<'c, 't>> {
    let pairs = case.calls.windows(2).enumerate();
    pairs.filter_map(move |(i, pair)| {
        let (before, call) = (&pair[0], &pair[1]);
        if !before.alone || !call.alone || call.outcome.is_none() {
            return None;
        }
        let given = before.given()?;
        let first = call.exchanges.start;
        let newest = case.documents.partition_point(|d| d.exchange < first);
        let document = case.documents[..newest].last()?;
        let credentials = document.credentials.as_ref().ok()?;
        let served = &case.exchanges[document.exchange];
        (credentials.access_key_id == given.access_key_id && served.request.server == Server::Imds)
            .then_some(Held {
                case,
                index: i + 1,
                call,
                before,
                given,
                credentials,
                served,
                served_at: document.exchange,
            })
    })
}

impl<'t> Held<'_, 't> {
    /// The first request to the service in this call.
    pub(super) fn first_request(&self) -> Option<&Exchange<'t>> {
        self.case.imds_of(self.call).map(|(_, x)| x).next()
    }

    /// How long the credentials had to live when they were served, in milliseconds of the wall
    /// clock.
    pub(super) fn life(&self) -> i64 {
        self.left_at(self.served.at)
    }

    /// How much of it is left at `now`; negative when it is over.
    pub(super) fn left_at(&self, now: Now) -> i64 {
        self.credentials.expiration.wall().millis_since(now.wall)
    }

    /// How much of it is left at `now` by what the subject itself reported, where that is less.
    pub(super) fn believed_left_at(&self, now: Now) -> i64 {
        let left = self.left_at(now);
        match self.given.expiration.as_deref().map(Timestamp::parse) {
            None => left,
            Some(Ok(reported)) => left.min(reported.wall().millis_since(now.wall)),
            Some(Err(_)) => i64::MIN,
        }
    }

    /// How long the monotonic clock has run from the serving to the call, in milliseconds.
    pub(super) fn age(&self) -> i64 {
        let run = self.call.started.mono.since(self.served.at.mono);
        i64::try_from(run.as_millis()).unwrap_or(i64::MAX)
    }

    /// Whether the wall clock was moved at any time before the call: a reason to look again.
    pub(super) fn has_jumped(&self) -> bool {
        has_jumped_before(self.case, self.call.number)
    }

    /// How long before the call the subject itself must know the credentials to be over, in
    /// milliseconds: negative while it may believe in them. One that does not say what it believes
    /// may have extended them.
    pub(super) fn known_over_for(&self) -> i64 {
        let over = -self.left_at(self.call.started);
        match &self.given.expiration {
            None => over - LONGEST_EXTENSION_MILLIS,
            Some(text) => Timestamp::parse(text).map_or(i64::MIN, |reported| {
                let believed = self.call.started.wall.millis_since(reported.wall());
                over.min(believed)
            }),
        }
    }

    /// Whether the service was asked nothing since it served the document, so that no failed
    /// refresh can have extended it.
    pub(super) fn is_undisturbed(&self) -> bool {
        self.case.exchanges[self.served_at + 1..self.call.exchanges.start]
            .iter()
            .all(|x| x.request.server != Server::Imds)
    }

    /// The last request of this call if a refresh was tried in it and failed for nothing but an
    /// outage: 5xx, a broken connection, or no answer.
    pub(super) fn failed_refresh(&self) -> Option<&Exchange<'t>> {
        let requests = || self.case.imds_of(self.call).map(|(_, x)| x);
        let all_or_outage = requests().all(|x| is_outage(x) || x.is_success());
        let served_nothing = || {
            let range = &self.call.exchanges;
            let after = self
                .case
                .documents
                .partition_point(|d| d.exchange < range.start);
            let next = self.case.documents.get(after);
            next.is_none_or(|d| d.exchange >= range.end)
        };
        requests()
            .last()
            .filter(|x| is_outage(x) && all_or_outage && served_nothing())
    }

    /// The proof: the document served, the answer that gave it, the question, and `last`.
    pub(super) fn events(&self, last: u32) -> Vec<u32> {
        let mut events = self.served.events();
        events.push(self.before.last_number());
        events.push(self.call.number);
        events.push(last);
        events
    }
}

/// Whether the service was surely out of order: 5xx, a broken connection, or no answer at all.
pub(super) fn is_outage(x: &Exchange<'_>) -> bool {
    let cut_off = |end| matches!(end, End::Silent | End::Closed | End::Reset);
    x.reply.is_some_and(|r| cut_off(r.end))
        || (x.is_answered() && matches!(x.status(), Some(500..=599)))
}
