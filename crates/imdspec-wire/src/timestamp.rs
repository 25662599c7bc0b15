//! RFC 3339 timestamps, as `Expiration` and `LastUpdated` carry them.

use crate::{Wall, WireError};
use std::fmt;

/// An instant read from an RFC 3339 timestamp, kept to the nanosecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(jiff::Timestamp);

/// 0000-01-01T00:00:00Z, in seconds since 1970.
const YEAR_0: i64 = -62_167_219_200;

impl Timestamp {
    /// Reads `YYYY-MM-DDTHH:MM:SS`, an optional fraction of 1 to 9 digits, then `Z` or a numeric
    /// offset `±HH:MM` of less than a day. `T` and `Z` may be lower case (RFC 3339, section 5.6).
    ///
    /// The instant has to be in the years 0 to 9999 of UTC (and before 22:00 on the last day but
    /// one of these): one outside of them has no such timestamp to be printed as.
    ///
    /// The service itself always writes `Z` and whole seconds.
    ///
    /// # Errors
    /// [`WireError::BadTimestamp`] for anything else.
    pub fn parse(text: &str) -> Result<Self, WireError> {
        if !has_rfc3339_shape(text.as_bytes()) {
            return Err(WireError::BadTimestamp);
        }
        let instant: Result<jiff::Timestamp, _> = text.parse();
        instant
            .ok()
            .filter(|instant| instant.as_nanosecond() >= i128::from(YEAR_0) * 1_000_000_000)
            .map(Self)
            .ok_or(WireError::BadTimestamp)
    }

    /// Nanoseconds since 1970.
    pub(crate) fn nanosecond(self) -> i128 {
        self.0.as_nanosecond()
    }

    /// The instant on a wall clock, to the millisecond (rounded towards the past).
    #[must_use]
    pub fn wall(self) -> Wall {
        Wall(self.0.as_nanosecond().div_euclid(1_000_000) as i64)
    }

    /// The instant of a wall clock reading; saturates at the years 0 and 9999.
    #[must_use]
    pub fn from_wall(wall: Wall) -> Self {
        let clamped = wall.0.clamp(YEAR_0 * 1000, 253_402_207_200_999);
        // Not from milliseconds: there jiff ends with the last whole second.
        let instant = jiff::Timestamp::from_nanosecond(i128::from(clamped) * 1_000_000);
        Self(instant.unwrap_or(jiff::Timestamp::UNIX_EPOCH))
    }

    /// The timestamp as the service writes it: UTC, `Z`, seconds, the fraction dropped.
    #[must_use]
    pub fn to_seconds_text(self) -> String {
        format!("{:.0}", self.0)
    }
}

/// UTC with `Z`, and a fraction only where there is one.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn has_rfc3339_shape(b: &[u8]) -> bool {
    let digits = |range: std::ops::Range<usize>| {
        b.get(range)
            .is_some_and(|d| d.iter().all(u8::is_ascii_digit))
    };
    let is = |i: usize, allowed: &[u8]| b.get(i).is_some_and(|c| allowed.contains(c));
    let date_and_time = digits(0..4)
        && is(4, b"-")
        && digits(5..7)
        && is(7, b"-")
        && digits(8..10)
        && is(10, b"Tt")
        && digits(11..13)
        && is(13, b":")
        && digits(14..16)
        && is(16, b":")
        && digits(17..19);
    if !date_and_time {
        return false;
    }
    let mut at = 19;
    if is(at, b".") {
        let fraction = b[20..].iter().take_while(|c| c.is_ascii_digit()).count();
        if !(1..=9).contains(&fraction) {
            return false;
        }
        at = 20 + fraction;
    }
    match b.len() - at {
        1 => is(at, b"Zz"),
        6 => {
            is(at, b"+-")
                && digits(at + 1..at + 3)
                && b[at + 1..at + 3] <= b"23"[..]
                && is(at + 3, b":")
                && digits(at + 4..at + 6)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_what_the_service_was_seen_to_write() {
        for (text, millis) in [
            ("2017-05-17T15:09:54Z", 1_495_033_794_000),
            ("2025-03-18T21:53:17.832308Z", 1_742_334_797_832),
            ("2025-03-18T21:53:17+00:00", 1_742_334_797_000),
            ("2025-03-18t21:53:17z", 1_742_334_797_000),
        ] {
            assert_eq!(
                Timestamp::parse(text).unwrap().wall(),
                Wall(millis),
                "{text}"
            );
        }
    }

    #[test]
    fn refuses_other_spellings() {
        for text in [
            "",
            "never",
            "May 20th, 2020 19:00:00",
            "2025-03-18 21:53:17Z",
            "2025-03-18T21:53:17",
            "2025-03-18T21:53:17+0000",
            "2025-03-18T21:53:17.Z",
            "2025-03-18T21:53:17.1234567890Z",
            "2025-02-30T00:00:00Z",
            "2025-03-18T21:53:17Z[UTC]",
            "20250318T215317Z",
            "0000-01-01T00:00:00+00:01",
            "2025-03-18T21:53:17+24:00",
            "2025-03-18T21:53:17-23:60",
            "0000-01-01T00:59:59.999999999+01:00",
        ] {
            assert_eq!(
                Timestamp::parse(text),
                Err(WireError::BadTimestamp),
                "{text}"
            );
        }
    }

    #[test]
    fn prints_as_the_service_does() {
        let wall = Timestamp::parse("2025-03-18T21:53:17.832308Z").unwrap();
        assert_eq!(wall.to_seconds_text(), "2025-03-18T21:53:17Z");
        let last = Timestamp::from_wall(Wall(i64::MAX));
        assert_eq!(last.to_string(), "9999-12-30T22:00:00.999Z");
        let first = Timestamp::from_wall(Wall(i64::MIN));
        assert_eq!(first.to_string(), "0000-01-01T00:00:00Z");
    }
}
