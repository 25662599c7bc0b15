//! A day, as `expires` names one.

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use std::fmt;
use std::time::SystemTime;

/// A day in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(jiff::civil::Date);

impl Day {
    /// The day of an instant; an instant out of reach (year 9999 and later) gives the day of 1970.
    #[must_use]
    pub fn of(instant: SystemTime) -> Self {
        let stamp = jiff::Timestamp::try_from(instant).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        Self(jiff::tz::Offset::UTC.to_datetime(stamp).date())
    }

    /// How many days later than `earlier` it is; negative when it is before.
    #[must_use]
    pub fn days_since(self, earlier: Self) -> i64 {
        self.0.duration_since(earlier.0).as_hours() / 24
    }
}

/// `YYYY-MM-DD`.
impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A TOML date without a time.
impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let refused = || D::Error::custom("write a day such as 2027-01-31, without quotes or time");
        let toml::Value::Datetime(toml::value::Datetime {
            date: Some(date),
            time: None,
            offset: None,
        }) = toml::Value::deserialize(from)?
        else {
            return Err(refused());
        };
        let year = i16::try_from(date.year).map_err(|_| refused())?;
        let (month, day) = (date.month.cast_signed(), date.day.cast_signed());
        jiff::civil::Date::new(year, month, day)
            .map(Self)
            .map_err(|_| refused())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_day_ends_at_midnight_utc() {
        let at = |seconds| Day::of(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0).to_string(), "1970-01-01");
        assert_eq!(at(86_399), at(0));
        assert_eq!(at(86_400).days_since(at(0)), 1);
        assert_eq!(at(0).days_since(at(86_400 * 400)), -400);
        assert_eq!(at(1_795_564_800).to_string(), "2026-11-25");
    }
}
