//! The four things that make a state: where the request went, what came back, what the client
//! holds, and how its clock stands to that.

use std::fmt;

/// Which request it is, and whether a session token was shown with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Place {
    /// The PUT for a session token.
    Token,
    /// The GET of the role list, with a session token.
    List,
    /// The GET of the document, with a session token.
    Document,
    /// The GET of the role list, without a session token (IMDSv1).
    ListV1,
    /// The GET of the document, without a session token (IMDSv1).
    DocumentV1,
}

/// What was answered, as a client of this service has to tell replies apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Reply {
    /// 200, whole, in time, and what belongs there.
    Sound,
    /// A document that is sound but for its `Expiration`, which has passed.
    Expired,
    /// 400.
    BadRequest,
    /// 401.
    Unauthorized,
    /// 403.
    Forbidden,
    /// 404.
    NotFound,
    /// 405.
    NotAllowed,
    /// 429.
    Throttled,
    /// Any other status that is neither 2xx, 3xx nor 5xx.
    OtherStatus,
    /// 5xx.
    ServerError,
    /// 3xx.
    Redirect,
    /// 2xx other than 200.
    OtherSuccess,
    /// 200 without a body, or with white space alone.
    Empty,
    /// 200 with a body that is no text: a token that cannot stand in a header, bytes that are not
    /// UTF-8.
    NotText,
    /// 200 with a text of another kind: a list that is no role name, a document that is no JSON
    /// object.
    Misshapen,
    /// A document whose `Code` is not `Success`.
    Failure,
    /// A document without one of its members.
    Missing,
    /// A document with an empty member.
    EmptyMember,
    /// A document with a member of another JSON type.
    OtherType,
    /// A document in which a member stands twice.
    Twice,
    /// A document whose `Expiration` is no timestamp.
    NoDate,
    /// A token whose lifetime is not told, or is not one (1 to 21600 seconds).
    NoLifetime,
    /// The connection ended before the body did.
    Cut,
    /// The connection was closed with nothing sent.
    Closed,
    /// The connection was reset.
    Reset,
    /// Bytes that are not HTTP.
    Garbage,
    /// Nothing came.
    Silent,
    /// It came late (after more than half a second), or a byte at a time.
    Slow,
    /// More than HTTP libraries take: a body without end, more than 64 header fields.
    Overlong,
    /// No connection could be made.
    Unreachable,
}

/// What the client may hold, by what it was served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Held {
    /// Nothing.
    Nothing,
    /// A session token.
    Token,
    /// A session token and the name of the role.
    Role,
    /// Credentials.
    Credentials,
    /// What the service has since revoked, replaced, or taken away with the role.
    Outdated,
}

/// How the clock stands to what is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Clock {
    /// It lives; credentials for more than a quarter of an hour.
    Fresh,
    /// Credentials live for a quarter of an hour or less, the widest window in which clients ask
    /// for newer ones.
    Closing,
    /// It is over: past `Expiration`, past the lifetime granted.
    Over,
    /// Credentials live, by a wall clock that was set back since they came.
    SetBack,
}

impl Place {
    /// Every place, in the order of a fetch.
    pub const ALL: [Self; 5] = [
        Self::Token,
        Self::List,
        Self::Document,
        Self::ListV1,
        Self::DocumentV1,
    ];

    /// The place in words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token PUT",
            Self::List => "role list",
            Self::Document => "document",
            Self::ListV1 => "role list without a session token",
            Self::DocumentV1 => "document without a session token",
        }
    }

    /// Whether nobody is asked here but by IMDSv1.
    #[must_use]
    pub const fn is_v1(self) -> bool {
        matches!(self, Self::ListV1 | Self::DocumentV1)
    }

    /// Whether a session token is asked for.
    #[must_use]
    pub const fn is_put(self) -> bool {
        matches!(self, Self::Token)
    }

    /// Whether the document is asked for.
    #[must_use]
    pub const fn is_document(self) -> bool {
        matches!(self, Self::Document | Self::DocumentV1)
    }
}

impl Reply {
    /// Every class.
    pub const ALL: [Self; 30] = [
        Self::Sound,
        Self::Expired,
        Self::BadRequest,
        Self::Unauthorized,
        Self::Forbidden,
        Self::NotFound,
        Self::NotAllowed,
        Self::Throttled,
        Self::OtherStatus,
        Self::ServerError,
        Self::Redirect,
        Self::OtherSuccess,
        Self::Empty,
        Self::NotText,
        Self::Misshapen,
        Self::Failure,
        Self::Missing,
        Self::EmptyMember,
        Self::OtherType,
        Self::Twice,
        Self::NoDate,
        Self::NoLifetime,
        Self::Cut,
        Self::Closed,
        Self::Reset,
        Self::Garbage,
        Self::Silent,
        Self::Slow,
        Self::Overlong,
        Self::Unreachable,
    ];

    /// The class in words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sound => "sound",
            Self::Expired => "expired",
            Self::BadRequest => "400",
            Self::Unauthorized => "401",
            Self::Forbidden => "403",
            Self::NotFound => "404",
            Self::NotAllowed => "405",
            Self::Throttled => "429",
            Self::OtherStatus => "another status",
            Self::ServerError => "5xx",
            Self::Redirect => "3xx",
            Self::OtherSuccess => "2xx other than 200",
            Self::Empty => "empty",
            Self::NotText => "no text",
            Self::Misshapen => "text of another kind",
            Self::Failure => "a Code that is not Success",
            Self::Missing => "a member missing",
            Self::EmptyMember => "a member empty",
            Self::OtherType => "a member of another type",
            Self::Twice => "a member twice",
            Self::NoDate => "an Expiration that is no timestamp",
            Self::NoLifetime => "no lifetime",
            Self::Cut => "cut short",
            Self::Closed => "closed",
            Self::Reset => "reset",
            Self::Garbage => "not HTTP",
            Self::Silent => "silence",
            Self::Slow => "slow",
            Self::Overlong => "without end",
            Self::Unreachable => "no connection",
        }
    }

    /// Whether it is a whole 200 in time, whatever its body is like.
    #[must_use]
    pub const fn is_taken(self) -> bool {
        self.is_of_documents()
            || matches!(
                self,
                Self::Sound | Self::Empty | Self::NotText | Self::Misshapen | Self::NoLifetime
            )
    }

    /// Whether only a document can be like this.
    #[must_use]
    pub const fn is_of_documents(self) -> bool {
        matches!(
            self,
            Self::Expired
                | Self::Failure
                | Self::Missing
                | Self::EmptyMember
                | Self::OtherType
                | Self::Twice
                | Self::NoDate
        )
    }
}

impl Held {
    /// Everything that may be held, from nothing on.
    pub const ALL: [Self; 5] = [
        Self::Nothing,
        Self::Token,
        Self::Role,
        Self::Credentials,
        Self::Outdated,
    ];

    /// What is held, in words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Token => "a session token",
            Self::Role => "a session token and the role",
            Self::Credentials => "credentials",
            Self::Outdated => "what was revoked or replaced",
        }
    }
}

impl Clock {
    /// Every position.
    pub const ALL: [Self; 4] = [Self::Fresh, Self::Closing, Self::Over, Self::SetBack];

    /// The position in words, to be put after what is held; none for the usual one.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fresh => "",
            Self::Closing => ", near the end",
            Self::Over => ", over",
            Self::SetBack => ", the clock set back",
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_in_the_order_of_the_numbers() {
        assert!(Place::ALL.iter().enumerate().all(|(i, p)| *p as usize == i));
        assert!(Reply::ALL.iter().enumerate().all(|(i, r)| *r as usize == i));
        assert!(Held::ALL.iter().enumerate().all(|(i, h)| *h as usize == i));
        assert!(Clock::ALL.iter().enumerate().all(|(i, c)| *c as usize == i));
    }
}
