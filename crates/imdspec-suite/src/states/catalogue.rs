//! The faults that the directed scenarios lead through: every single one, and the pairs that have
//! hurt somebody.
//!
//! A single fault is one bad reply to a client that has had only good ones. A pair is two things in
//! one life, one after the other: what a client survives alone it may not survive after another.
//! Each pair says what is known of it: a report, a rule, or what it guards.

use super::{Change, Clock, Held, Place, Reply, Seen, State, walk};
use imdspec_rules::Trace;

/// Two things that happen in one life, in this order; others may come between.
#[derive(Debug, Clone, Copy)]
pub struct Pair {
    /// In words.
    pub name: &'static str,
    /// What comes first.
    pub first: Mark,
    /// What comes later.
    pub then: Mark,
    /// Whose word it is that it matters, or what goes wrong there.
    pub why: &'static str,
}

/// Something that may be seen in a trace.
#[derive(Debug, Clone, Copy)]
pub enum Mark {
    /// One of these replies, in one of these places.
    Reply {
        /// Where; anywhere if it is empty.
        places: &'static [Place],
        /// What was answered; anything if it is empty.
        replies: &'static [Reply],
        /// What was held; anything if it is empty.
        held: &'static [Held],
        /// How the clock stood to it; anyhow if it is empty.
        clocks: &'static [Clock],
    },
    /// A change of the world.
    Changed(Change),
    /// The wall clock was set back.
    Back,
}

impl Mark {
    const fn on(place: &'static [Place], replies: &'static [Reply]) -> Self {
        Self::Reply {
            places: place,
            replies,
            held: &[],
            clocks: &[],
        }
    }

    const fn holding(self, now_held: &'static [Held], now_clocks: &'static [Clock]) -> Self {
        match self {
            Self::Reply {
                places, replies, ..
            } => Self::Reply {
                places,
                replies,
                held: now_held,
                clocks: now_clocks,
            },
            other => other,
        }
    }

    /// To a client with credentials that are near their end.
    const fn near_the_end(self) -> Self {
        self.holding(&[Held::Credentials], &[Clock::Closing])
    }

    /// To a client whose credentials are over, and extended at best.
    const fn over(self) -> Self {
        self.holding(&[Held::Credentials, Held::Outdated], &[Clock::Over])
    }

    /// To a client that holds what was revoked or replaced.
    const fn outdated(self) -> Self {
        self.holding(&[Held::Outdated], &[])
    }

    /// To a client whose wall clock was set back.
    const fn set_back(self) -> Self {
        self.holding(&[Held::Credentials], &[Clock::SetBack])
    }

    /// Whether this is what was seen.
    #[must_use]
    pub fn is(&self, seen: Seen) -> bool {
        match (self, seen) {
            (
                Self::Reply {
                    places,
                    replies,
                    held,
                    clocks,
                },
                Seen::State(state),
            ) => {
                among(places, state.place)
                    && among(replies, state.reply)
                    && among(held, state.held)
                    && among(clocks, state.clock)
            }
            (Self::Changed(change), Seen::Changed(seen)) => *change == seen,
            (Self::Back, Seen::Back) => true,
            _ => false,
        }
    }
}

fn among<T: PartialEq>(all: &[T], one: T) -> bool {
    all.is_empty() || all.contains(&one)
}

impl Pair {
    /// Whether a trace leads through both, in this order.
    #[must_use]
    pub fn is_in(&self, trace: &Trace) -> bool {
        let (mut first, mut both) = (false, false);
        walk(trace, |seen| {
            both |= first && self.then.is(seen);
            first |= self.first.is(seen);
        });
        both
    }
}

/// Every single fault: each class of bad reply in each place, on the way to the first credentials.
pub fn singles() -> impl Iterator<Item = State> {
    State::reachable().filter(|state| {
        let first = matches!(
            (state.place, state.held),
            (Place::Token, Held::Nothing)
                | (Place::List, Held::Token)
                | (Place::Document, Held::Role)
        );
        first && state.clock == Clock::Fresh && state.reply != Reply::Sound
    })
}

const TOKEN: &[Place] = &[Place::Token];
const LIST: &[Place] = &[Place::List];
const DOCUMENT: &[Place] = &[Place::Document];
const GETS: &[Place] = &[Place::List, Place::Document];
const LIST_V1: &[Place] = &[Place::ListV1];
const DOCUMENT_V1: &[Place] = &[Place::DocumentV1];
const ANYWHERE: &[Place] = &[];

const SOUND: &[Reply] = &[Reply::Sound];
const S401: &[Reply] = &[Reply::Unauthorized];
const S403: &[Reply] = &[Reply::Forbidden];
const S404: &[Reply] = &[Reply::NotFound];
const S405: &[Reply] = &[Reply::NotAllowed];
const S429: &[Reply] = &[Reply::Throttled];
const S5XX: &[Reply] = &[Reply::ServerError];
const SILENT: &[Reply] = &[Reply::Silent];
const RESET: &[Reply] = &[Reply::Reset, Reply::Closed];
const CUT: &[Reply] = &[Reply::Cut];
const EMPTY: &[Reply] = &[Reply::Empty];
const MISSHAPEN: &[Reply] = &[Reply::Misshapen];
const NOT_TEXT: &[Reply] = &[Reply::NotText];
const NO_LIFETIME: &[Reply] = &[Reply::NoLifetime];
const FAILURE: &[Reply] = &[Reply::Failure];
const MISSING: &[Reply] = &[Reply::Missing];
const EXPIRED: &[Reply] = &[Reply::Expired];
const NO_DATE: &[Reply] = &[Reply::NoDate];

const fn pair(name: &'static str, first: Mark, then: Mark, why: &'static str) -> Pair {
    Pair {
        name,
        first,
        then,
        why,
    }
}

const fn on(places: &'static [Place], replies: &'static [Reply]) -> Mark {
    Mark::on(places, replies)
}

const REVOKED: Mark = Mark::Changed(Change::Revoked);
const ROTATED: Mark = Mark::Changed(Change::Rotated);
const ROLE: Mark = Mark::Changed(Change::Role);

/// Every pair, in groups: the session token, version 1, the role, the first document, two steps of
/// one fetch, credentials near their end, credentials over, the clock, two changes.
#[rustfmt::skip]
pub const PAIRS: &[Pair] = &[
    pair("tokens revoked, then 401 on the list", REVOKED, on(LIST, S401),
        "https://github.com/smithy-lang/smithy-rs/issues/1156: a dead token was sent on and on"),
    pair("credentials rotated, then 401 on the list", ROTATED, on(LIST, S401).outdated(),
        "an instance started from a snapshot loses its tokens and gets new credentials at once"),
    pair("401, then a new token", on(GETS, S401), on(TOKEN, SOUND),
        "EC2 User Guide: a 401 asks for a new token"),
    pair("401 on the list, then 401 on the document", on(LIST, S401), on(DOCUMENT, S401),
        "TOKEN-016: each has its own retry, and both together have to end"),
    pair("401, then the PUT fails", on(GETS, S401), on(TOKEN, S5XX),
        "https://github.com/awslabs/aws-c-auth/pull/217: requests without end"),
    pair("401, then the PUT is refused", on(GETS, S401), on(TOKEN, S403),
        "https://github.com/aws/aws-sdk-cpp/issues/2282: one refused PUT turned tokens off for ever"),
    pair("401, then the connection of the PUT is lost", on(GETS, S401), on(TOKEN, RESET),
        "TOKEN-019: a lost PUT is no reason to ask without a token"),
    pair("the PUT fails, then gives a token", on(TOKEN, S5XX), on(TOKEN, SOUND),
        "https://github.com/boto/botocore/issues/2304: a failure of the PUT ended all attempts"),
    pair("the PUT is throttled, then gives a token", on(TOKEN, S429), on(TOKEN, SOUND),
        "EC2 User Guide, query throttling: try again later"),
    pair("an empty token, then a good one", on(TOKEN, EMPTY), on(TOKEN, SOUND),
        "TOKEN-018: clients take an empty token for IMDSv1; it must not last"),
    pair("a token that is no header value, then a good one", on(TOKEN, NOT_TEXT), on(TOKEN, SOUND),
        "TOKEN-010: what was refused must not be kept"),
    pair("a token without a lifetime, then one with it", on(TOKEN, NO_LIFETIME), on(TOKEN, SOUND),
        "https://github.com/aws/amazon-ec2-metadata-mock/pull/50: the lifetime was missing; TOKEN-012"),
    pair("the PUT is cut short, then gives a token", on(TOKEN, CUT), on(TOKEN, SOUND),
        "ERR-013: half a token must not be kept beside a whole one"),
    pair("a token's lifetime ends, then the PUT fails", on(TOKEN, SOUND), on(TOKEN, S5XX).holding(&[Held::Token], &[Clock::Over]),
        "https://github.com/aws/aws-node-termination-handler/issues/229: the dead token was used again"),

    pair("the PUT is refused, then 401 without a token", on(TOKEN, S403), on(LIST_V1, S401),
        "https://github.com/aws/aws-sdk-cpp/issues/2282: a fallback has to be forgotten; TOKEN-022"),
    pair("the PUT is unknown, then the list without a token", on(TOKEN, S404), on(LIST_V1, SOUND),
        "https://github.com/boto/botocore/issues/1892: a proxy without the token path"),
    pair("the PUT is not allowed, then the list without a token", on(TOKEN, S405), on(LIST_V1, SOUND),
        "https://github.com/JuliaCloud/AWS.jl/issues/654: no fallback, no credentials"),
    pair("the document is refused without a token, then a token is given", on(DOCUMENT_V1, S403), on(TOKEN, SOUND),
        "TOKEN-022: tokens become required while a fallback is remembered"),
    pair("tokens revoked, then the PUT is unknown", REVOKED, on(TOKEN, S404),
        "ERR-004: the dead token must not be sent in the fallback"),

    pair("no role, then one", on(LIST, S404), on(LIST, SOUND),
        "a role is attached minutes after the instance starts; CACHE-019: that there is none is not for ever"),
    pair("an empty list, then the list", on(LIST, EMPTY), on(LIST, SOUND),
        "https://github.com/mulgadc/spinifex/pull/818: clients never recovered from an empty list"),
    pair("another role, then 404 on the document", ROLE, on(DOCUMENT, S404),
        "https://github.com/awslabs/aws-sdk-rust/issues/384: the old name was asked for for ever"),
    pair("the role is taken away, then 404 on the list", ROLE, on(LIST, S404).outdated(),
        "https://github.com/aws/aws-sdk-kotlin/issues/492: credentials of a role that is gone"),
    pair("no role, then one, with old credentials held", on(LIST, S404).outdated(), on(LIST, SOUND).outdated(),
        "replacing an instance profile leaves a moment without one"),
    pair("a list of another kind, then the list", on(LIST, MISSHAPEN), on(LIST, SOUND),
        "ROUTE-013: a name that was refused must not be kept"),
    pair("the list is throttled, then empty", on(LIST, S429), on(LIST, EMPTY),
        "https://github.com/ScrollPrize/villa/pull/920: 96 workers; a throttled answer was an empty one"),
    pair("the list fails, then is of another kind", on(LIST, S5XX), on(LIST, MISSHAPEN),
        "ROUTE-008: a page from a proxy after the failure is no name either"),
    pair("the connection of the list is lost, then the list", on(LIST, RESET), on(LIST, SOUND),
        "https://github.com/vectordotdev/vector/issues/14671: a lost answer was not asked for again"),
    pair("the list is cut short, then the list", on(LIST, CUT), on(LIST, SOUND),
        "ERR-013: half a name must not be kept"),

    pair("the document is throttled, then is no JSON", on(DOCUMENT, S429), on(DOCUMENT, MISSHAPEN),
        "throttling and a proxy's page come together"),
    pair("the document fails, then is sound", on(DOCUMENT, S5XX), on(DOCUMENT, SOUND),
        "https://github.com/boto/botocore/issues/1791: one lost answer, no credentials for a life"),
    pair("half a document, then a whole one", on(DOCUMENT, MISSING), on(DOCUMENT, SOUND),
        "https://github.com/fluent/fluent-bit/pull/12207: the key of one with the secret of the next"),
    pair("a document cut short, then a whole one", on(DOCUMENT, CUT), on(DOCUMENT, SOUND),
        "https://github.com/aws/aws-sdk-php/issues/1664: part of a document; nothing of it may stay"),
    pair("a failure, then credentials", on(DOCUMENT, FAILURE), on(DOCUMENT, SOUND),
        "https://github.com/rusoto/rusoto/issues/1765: an error was kept for ever"),
    pair("an empty document, then a sound one", on(DOCUMENT, EMPTY), on(DOCUMENT, SOUND),
        "https://github.com/ScrollPrize/villa/pull/920: empty keys were kept"),
    pair("an Expiration that is none, then a sound document", on(DOCUMENT, NO_DATE), on(DOCUMENT, SOUND),
        "DOC-014: never valid for ever"),
    pair("404 on the document, then a sound one", on(DOCUMENT, S404), on(DOCUMENT, SOUND),
        "the role's credentials come a little after its name; https://github.com/uswitch/kiam/issues/116"),
    pair("an expired document, then a good one", on(DOCUMENT, EXPIRED), on(DOCUMENT, SOUND),
        "https://github.com/aws/aws-sdk-js/issues/2440: the expired one was kept as if it were good"),

    pair("the PUT fails, and the document", on(TOKEN, S5XX), on(DOCUMENT, S5XX),
        "smithy-rs has it as a test (imds_default_chain_retries)"),
    pair("the list fails, and the document", on(LIST, S5XX), on(DOCUMENT, S5XX),
        "smithy-rs has it as a test (imds_default_chain_retries)"),
    pair("the PUT is throttled, and the document is no JSON", on(TOKEN, S429), on(DOCUMENT, MISSHAPEN),
        "a retry that is spent on the token is not there for the document"),
    pair("the token has no lifetime, and the document is a failure", on(TOKEN, NO_LIFETIME), on(DOCUMENT, FAILURE),
        "https://github.com/99designs/aws-vault: emulators have both; the failure must not be hidden"),
    pair("the connection of the PUT is lost, and the document is cut short", on(TOKEN, RESET), on(DOCUMENT, CUT),
        "ERR-013: a broken network breaks more than one connection"),

    pair("a refresh fails near the end, the next one is good", on(ANYWHERE, S5XX).near_the_end(), on(DOCUMENT, SOUND).near_the_end(),
        "https://github.com/fluent/fluent-bit/issues/7803: a failed refresh kept the lock"),
    pair("an outage from before the end to after it", on(ANYWHERE, S5XX).near_the_end(), on(ANYWHERE, S5XX).over(),
        "https://github.com/boto/botocore/issues/1617: good credentials were thrown away before their end"),
    pair("throttled near the end, and again", on(ANYWHERE, S429).near_the_end(), on(ANYWHERE, S429).near_the_end(),
        "EC2 User Guide, query throttling: back off; CACHE-005: what is held is good"),
    pair("a failure near the end, then credentials", on(DOCUMENT, FAILURE).near_the_end(), on(DOCUMENT, SOUND),
        "CACHE-013: a failure counts as a failed refresh, and is no loss"),
    pair("half a document near the end, then a whole one", on(DOCUMENT, MISSING).near_the_end(), on(DOCUMENT, SOUND),
        "https://github.com/fluent/fluent-bit/pull/12207: fields of two documents were mixed"),
    pair("no JSON near the end, then an outage past it", on(DOCUMENT, MISSHAPEN).near_the_end(), on(ANYWHERE, S5XX).over(),
        "a parser that threw must not take what is held with it"),
    pair("an expired document near the end, then a good one", on(DOCUMENT, EXPIRED).near_the_end(), on(DOCUMENT, SOUND),
        "https://github.com/NOFireAI/ravel/issues/562: an expired document replaced a good one"),
    pair("tokens revoked, then 401 with credentials held", REVOKED, on(GETS, S401).outdated(),
        "https://github.com/aws/aws-node-termination-handler/issues/229: 401 for ever"),
    pair("silence near the end, and again", on(ANYWHERE, SILENT).near_the_end(), on(ANYWHERE, SILENT).near_the_end(),
        "CACHE-005: each call waits, and none may lose what is held"),

    pair("an outage past the end, then 403 while extended", on(ANYWHERE, S5XX).over(), on(ANYWHERE, S403).over(),
        "the service is turned off in the middle of an outage; CACHE-006"),
    pair("an outage past the end, then a failure while extended", on(ANYWHERE, S5XX).over(), on(DOCUMENT, FAILURE).over(),
        "CACHE-013: after the end a failure is one more failed refresh"),
    pair("an outage past the end, then an expired document", on(ANYWHERE, S5XX).over(), on(DOCUMENT, EXPIRED).over(),
        "https://github.com/smithy-lang/smithy-rs/issues/2117: the service comes back with what it had"),
    pair("an outage past the end, then credentials", on(ANYWHERE, S5XX).over(), on(DOCUMENT, SOUND).over(),
        "https://github.com/rusoto/rusoto/issues/1765: one failed refresh, stale for ever; CACHE-011"),
    pair("an expired document, then an outage", on(DOCUMENT, EXPIRED), on(ANYWHERE, S5XX).over(),
        "https://github.com/aws/aws-sdk-java-v2/issues/3142: after an extension, a storm"),
    pair("throttled past the end, then no JSON", on(ANYWHERE, S429).over(), on(DOCUMENT, MISSHAPEN).over(),
        "throttling and a proxy's page come together, to a client that has nothing good left"),
    pair("silence past the end, then credentials", on(ANYWHERE, SILENT).over(), on(DOCUMENT, SOUND).over(),
        "CACHE-011: silence is an outage, too"),
    pair("a lost connection past the end, then credentials", on(ANYWHERE, RESET).over(), on(DOCUMENT, SOUND).over(),
        "https://github.com/aws/aws-sdk-cpp/issues/1684: ExpiredToken though the expiration was looked at"),
    pair("tokens revoked, then the PUT fails past the end", REVOKED, on(TOKEN, S5XX).over(),
        "neither token nor credentials are good; https://github.com/awslabs/aws-c-auth/pull/217"),
    pair("another role during an outage past the end", ROLE, on(ANYWHERE, S5XX).over(),
        "the role that comes back is not the one that went"),
    pair("no role past the end, then an outage", on(LIST, S404).over(), on(ANYWHERE, S5XX).over(),
        "credentials of a role that is gone are extended at most, and not renewed"),

    pair("the service fails, then the clock is set back", on(ANYWHERE, S5XX), Mark::Back,
        "CACHE-016: a pause that is counted on the wall clock does not end"),
    pair("the clock is set back, then the service fails", Mark::Back, on(ANYWHERE, S5XX).set_back(),
        "CACHE-016: what is held is neither old nor new"),
    pair("the clock is set back, then what is held ends", Mark::Back, on(DOCUMENT, SOUND).over(),
        "https://github.com/aws/aws-sdk-go-v2/pull/789: the two clocks count apart"),
    pair("an outage past the end, then the clock is set back", on(ANYWHERE, S5XX).over(), Mark::Back,
        "an extension that is a date lasts as long as the clock went back"),
    pair("tokens revoked, then the clock is set back", REVOKED, Mark::Back,
        "a snapshot is restored: its clock and its tokens are old"),

    pair("credentials rotated, and another role", ROTATED, ROLE,
        "CACHE-018: keys of one role, token of the other"),
    pair("credentials rotated, then half a document", ROTATED, on(DOCUMENT, MISSING).outdated(),
        "CACHE-018: the new key id with the old secret"),
    pair("credentials rotated, then an outage", ROTATED, on(ANYWHERE, S5XX).outdated(),
        "what is held is replaced and still good: CACHE-005"),
    pair("tokens revoked, and another role", REVOKED, ROLE,
        "an instance profile is replaced while the instance is stopped"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Reference, memory, scenario};
    use imdspec_client::Options;
    use std::collections::BTreeSet;

    /// The directed scenarios on the reference client, and on its variant that falls back.
    fn traces() -> Vec<Trace> {
        let of = |v1_fallback| Reference {
            options: Options {
                v1_fallback,
                ..Options::default()
            },
        };
        let clients = [of(false), of(true)];
        scenario::embedded()
            .iter()
            .flat_map(|s| clients.iter().map(move |client| memory::run(s, client, 1)))
            .collect()
    }

    #[test]
    fn every_single_fault_has_a_directed_scenario() {
        let mut reached = super::super::Reached::default();
        traces().iter().for_each(|t| _ = reached.add(t));
        let missing: Vec<String> = singles()
            .filter(|s| !reached.contains(*s))
            .map(|s| s.to_string())
            .collect();
        assert!(missing.is_empty(), "{}", missing.join("\n"));
        assert_eq!(singles().count(), 68);
    }

    #[test]
    fn every_pair_has_a_directed_scenario() {
        let traces = traces();
        let missing: Vec<&str> = PAIRS
            .iter()
            .filter(|pair| !traces.iter().any(|t| pair.is_in(t)))
            .map(|pair| pair.name)
            .collect();
        assert!(missing.is_empty(), "{}", missing.join("\n"));
    }

    #[test]
    fn every_pair_stands_once_and_says_why() {
        let names: BTreeSet<&str> = PAIRS.iter().map(|p| p.name).collect();
        assert_eq!(names.len(), PAIRS.len());
        assert!((40..=80).contains(&PAIRS.len()), "{}", PAIRS.len());
        assert!(PAIRS.iter().all(|p| p.why.len() > 20));
    }
}
