//! Timestamps, read a second time: by jiff as it is, and by counting days.

use crate::{Timestamp, WireError};

/// A timestamp is read or refused as [`timestamp_by`] says.
///
/// # Panics
/// When that does not hold.
pub fn timestamp(text: &str) {
    timestamp_by(Timestamp::parse, text);
}

/// A timestamp is read exactly where the grammar has it, as the instant that counting days gives,
/// and jiff too; what is read prints as something that reads the same.
///
/// ```abnf
/// timestamp = date ("T" / "t") time offset
/// date      = 4DIGIT "-" 2DIGIT "-" 2DIGIT   ; a day that the Gregorian calendar has
/// time      = 2DIGIT ":" 2DIGIT ":" 2DIGIT ["." 1*9DIGIT]
///                                            ; to 23:59:60; second 60 is read as 59
/// offset    = "Z" / "z" / ("+" / "-") 2DIGIT ":" 2DIGIT   ; to 23:59
/// ```
///
/// And the instant is from 0000-01-01T00:00:00Z to 9999-12-30T22:00:00.999999999Z.
///
/// # Panics
/// When that does not hold.
pub fn timestamp_by(parse: impl Fn(&str) -> Result<Timestamp, WireError>, text: &str) {
    let read = parse(text);
    let nanosecond = read.as_ref().ok().map(|t| t.nanosecond());
    assert_eq!(nanosecond, nanosecond_of(text), "by counting days");
    let Ok(instant) = read else {
        assert_eq!(read, Err(WireError::BadTimestamp), "the reason");
        return;
    };
    let by_jiff = text.parse::<jiff::Timestamp>();
    assert_eq!(
        by_jiff.ok().map(|t| t.as_nanosecond()),
        nanosecond,
        "by jiff"
    );
    assert_eq!(parse(&instant.to_string()), Ok(instant), "printed");
    let seconds = parse(&instant.to_seconds_text()).map(Timestamp::nanosecond);
    let whole = instant.nanosecond() - instant.nanosecond().rem_euclid(1_000_000_000);
    assert_eq!(seconds, Ok(whole), "the fraction is dropped");
    let millis = instant.nanosecond().div_euclid(1_000_000);
    assert_eq!(i128::from(instant.wall().0), millis, "on the wall clock");
    let back = Timestamp::from_wall(instant.wall()).nanosecond();
    assert_eq!(back, millis * 1_000_000, "and back");
}

/// The last instant read, 9999-12-30T22:00:00.999999999Z, in nanoseconds since 1970: one that
/// every offset still has a date for.
const LAST: i128 = 253_402_207_200_999_999_999;

/// From 0000-01-01 to 1970-01-01.
const DAYS_TO_1970: i64 = 719_528;

/// The instant of a timestamp, in nanoseconds since 1970; none for any other text.
pub(super) fn nanosecond_of(text: &str) -> Option<i128> {
    let (date, rest) = text.split_at_checked(10)?;
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let rest = rest.strip_prefix(['T', 't'])?;
    let (time, rest) = rest.split_at_checked(8)?;
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
    let (fraction, offset) = match rest.strip_prefix('.') {
        None => (0, rest),
        Some(rest) => {
            let end = rest.find(|c: char| !c.is_ascii_digit())?;
            let unit = 10_i64.pow(9_u32.checked_sub(u32::try_from(end).ok()?)?);
            let digits = number(&rest[..end])?;
            (digits * unit, &rest[end..])
        }
    };
    if !(1..=12).contains(&month) || !(1..=length(year, month)).contains(&day) {
        return None;
    }
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let days: i64 = days_before(year) + (1..month).map(|m| length(year, m)).sum::<i64>() + day - 1;
    let minutes = ((days - DAYS_TO_1970) * 24 + hour) * 60 + minute - minutes_of(offset)?;
    let seconds = minutes * 60 + second.min(59);
    let nanosecond = i128::from(seconds) * 1_000_000_000 + i128::from(fraction);
    let first = i128::from(-DAYS_TO_1970 * 86_400) * 1_000_000_000;
    (first..=LAST).contains(&nanosecond).then_some(nanosecond)
}

fn minutes_of(offset: &str) -> Option<i64> {
    if matches!(offset, "Z" | "z") {
        return Some(0);
    }
    let sign = match offset.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let [hours, minutes] = numbers(&offset[1..], ':', [2, 2])?;
    (hours <= 23 && minutes <= 59).then_some(sign * (hours * 60 + minutes))
}

/// Numbers of so many digits each.
fn numbers<const N: usize>(text: &str, between: char, digits: [usize; N]) -> Option<[i64; N]> {
    let mut parts = text.split(between);
    let mut found = [0; N];
    for (place, digits) in found.iter_mut().zip(digits) {
        *place = number(parts.next().filter(|p| p.len() == digits)?)?;
    }
    parts.next().is_none().then_some(found)
}

fn number(digits: &str) -> Option<i64> {
    if digits.is_empty() {
        return None;
    }
    digits.chars().try_fold(0, |sum, digit| {
        Some(sum * 10 + i64::from(digit.to_digit(10)?))
    })
}

/// Days from 0000-01-01 to the first of January.
fn days_before(year: i64) -> i64 {
    // The year 0 leaps: that is one day before every later year.
    year * 365 + (year + 3) / 4 - (year + 99) / 100 + (year + 399) / 400
}

fn length(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_right() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01T00:00:00.5-00:01", 60),
            ("2000-03-01T00:00:00z", 951_868_800),
            ("2026-01-01t00:00:00+01:00", 1_767_222_000),
            ("0000-01-01T00:00:00Z", -62_167_219_200),
            ("2016-12-31T23:59:60Z", 1_483_228_799),
            ("9999-12-30T22:00:00Z", 253_402_207_200),
        ] {
            let found = nanosecond_of(text).unwrap();
            assert_eq!(found.div_euclid(1_000_000_000), seconds, "{text}");
        }
        for text in [
            "0000-01-01T00:00:00+00:01",
            "9999-12-30T22:00:01Z",
            "1900-02-29T00:00:00Z",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00+24:00",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:00.12345678901234567890Z",
        ] {
            assert_eq!(nanosecond_of(text), None, "{text}");
        }
    }
}
