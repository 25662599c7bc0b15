//! What a reply is, as a client of this service has to tell them apart.

use super::{Place, Reply};
use imdspec_rules::{End, Reply as Answered, RequestSeen, Server};
use imdspec_wire::{
    CredentialDocument, RoleList, Route, SessionToken, TOKEN_HEADER, TTL_HEADER, Ttl, Wall,
    WireError,
};

/// A reply that comes later may come after the client stopped waiting, in milliseconds. The rules
/// draw the line there, too.
const TIMELY_MILLIS: u64 = 500;
/// HTTP libraries refuse replies with more header fields than about this.
const MODEST_FIELDS: usize = 64;

/// What a sound reply gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gave {
    /// Nothing that can be held.
    Nothing,
    /// A session token, with the lifetime granted, in seconds, if one was.
    Token(Option<u32>),
    /// The name of a role.
    Role,
    /// Credentials, with their end.
    Credentials(Wall),
}

/// Where a request went; none if it is none of the three that fetch credentials.
pub(super) fn place(seen: &RequestSeen) -> Option<Place> {
    if seen.server != Server::Imds {
        return None;
    }
    // An empty one is shown, too: only without the field is it version 1.
    let shown = seen.headers.has(TOKEN_HEADER);
    match (seen.method.as_str(), Route::of(&seen.target), shown) {
        ("PUT", Route::Token, _) => Some(Place::Token),
        ("GET", Route::Roles { .. }, true) => Some(Place::List),
        ("GET", Route::Roles { .. }, false) => Some(Place::ListV1),
        ("GET", Route::Document { .. }, true) => Some(Place::Document),
        ("GET", Route::Document { .. }, false) => Some(Place::DocumentV1),
        _ => None,
    }
}

/// The class of a reply, and what it gives; `now` is the date on the subject's
/// clock.
pub(super) fn classify(place: Place, reply: &Answered, now: Wall) -> (Reply, Gave) {
    let class = match (reply.end, reply.status) {
        (End::Silent, _) => Reply::Silent,
        (End::Closed, _) => Reply::Closed,
        (End::Reset, _) => Reply::Reset,
        (End::Garbage, _) => Reply::Garbage,
        (End::Drip, _) => Reply::Slow,
        (End::Endless, _) => Reply::Overlong,
        // Of a recording: as much as one cut short is known of it.
        (End::Short | End::Unseen, _) => Reply::Cut,
        (End::Whole, _) if reply.delay > TIMELY_MILLIS => Reply::Slow,
        (End::Whole, _) if reply.headers.0.len() > MODEST_FIELDS => Reply::Overlong,
        (End::Whole, Some(200)) => return of_body(place, reply, now),
        (End::Whole, status) => of_status(status.unwrap_or(0)),
    };
    (class, Gave::Nothing)
}

const fn of_status(status: u16) -> Reply {
    match status {
        400 => Reply::BadRequest,
        401 => Reply::Unauthorized,
        403 => Reply::Forbidden,
        404 => Reply::NotFound,
        405 => Reply::NotAllowed,
        429 => Reply::Throttled,
        200..=299 => Reply::OtherSuccess,
        300..=399 => Reply::Redirect,
        500..=599 => Reply::ServerError,
        _ => Reply::OtherStatus,
    }
}

fn of_body(place: Place, reply: &Answered, now: Wall) -> (Reply, Gave) {
    let body: &[u8] = &reply.body;
    if body.trim_ascii().is_empty() {
        return (Reply::Empty, Gave::Nothing);
    }
    let refused = |e: &WireError| (of_error(e), Gave::Nothing);
    match place {
        Place::Token => match SessionToken::parse(body) {
            Ok(_) => {
                let ttl = reply.headers.get(TTL_HEADER);
                let ttl = ttl.and_then(|ttl| Ttl::parse(ttl).ok()).map(Ttl::seconds);
                let class = match ttl {
                    Some(_) => Reply::Sound,
                    None => Reply::NoLifetime,
                };
                (class, Gave::Token(ttl))
            }
            Err(e) => refused(&e),
        },
        Place::List | Place::ListV1 => match RoleList::parse(body) {
            Ok(_) => (Reply::Sound, Gave::Role),
            Err(e) => refused(&e),
        },
        Place::Document | Place::DocumentV1 => {
            let read = CredentialDocument::parse(body).and_then(|d| d.credentials());
            match read {
                Ok(read) => {
                    let end = read.expiration.wall();
                    let class = if end <= now {
                        Reply::Expired
                    } else {
                        Reply::Sound
                    };
                    (class, Gave::Credentials(end))
                }
                Err(e) => refused(&e),
            }
        }
    }
}

const fn of_error(error: &WireError) -> Reply {
    match error {
        WireError::NotUtf8 { .. } | WireError::BadToken => Reply::NotText,
        WireError::NoRole => Reply::Empty,
        WireError::Failure { .. } => Reply::Failure,
        WireError::Missing(_) => Reply::Missing,
        WireError::Empty(_) => Reply::EmptyMember,
        WireError::NotAString(_) => Reply::OtherType,
        WireError::Duplicate(_) => Reply::Twice,
        WireError::BadTimestamp => Reply::NoDate,
        _ => Reply::Misshapen,
    }
}
