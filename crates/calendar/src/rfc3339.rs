//! Timestamps of RFC 3339, to whole seconds.

use std::fmt;

use crate::clock::{DAY, FIRST_SECOND, LAST_SECOND, Local, local};
use crate::day::Day;
use crate::zone::Zone;

/// What is wrong with a timestamp.
#[derive(Copy, Clone, Eq, PartialEq, Hash, Debug)]
pub enum TimeError {
    /// Not written as `2026-04-21T14:32:00Z`.
    Form,
    /// The date does not exist, or its year is 0.
    Date,
    /// An hour above 23, a minute above 59, or a second above 59 that is no leap second.
    Time,
    /// `Z` or an offset is missing or malformed.
    Offset,
}

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "not a timestamp such as `2026-04-21T14:32:00Z` (RFC 3339)",
            Self::Date => "there is no such date",
            Self::Time => "there is no such time of day",
            Self::Offset => "a timestamp ends in `Z` or in an offset such as `-06:00` (RFC 3339)",
        })
    }
}

impl std::error::Error for TimeError {}

/// Reads a timestamp as seconds since 1970-01-01T00:00:00Z; a fraction of a second is rounded down.
///
/// `t`, `z` and a blank between date and time are taken, as RFC 3339 allows. A leap second (23:59:60 UTC) reads as the second before it, so
/// that it belongs to the day that it ends.
///
/// # Errors
///
/// [`TimeError`] when it is no such timestamp.
pub fn parse_rfc3339(text: &str) -> Result<i64, TimeError> {
    let (date, rest) = (text.get(..10).ok_or(TimeError::Form)?, text.get(10..).ok_or(TimeError::Form)?);
    let rest = rest.strip_prefix(['T', 't', ' ']).ok_or(TimeError::Form)?;
    let (time, rest) = (rest.get(..8).ok_or(TimeError::Form)?, rest.get(8..).ok_or(TimeError::Form)?);
    let shape = |text: &str, shape: &str| {
        text.len() == shape.len() && text.bytes().zip(shape.bytes()).all(|(b, s)| if s == b'0' { b.is_ascii_digit() } else { b == s })
    };
    if !shape(date, "0000-00-00") || !shape(time, "00:00:00") {
        return Err(TimeError::Form);
    }
    let day = Day::parse(date).ok_or(TimeError::Date)?;
    let part = |range: std::ops::Range<usize>| time.get(range).and_then(|text| text.parse::<i64>().ok()).ok_or(TimeError::Form);
    let (hour, minute, second) = (part(0..2)?, part(3..5)?, part(6..8)?);
    if hour > 23 || minute > 59 || second > 60 {
        return Err(TimeError::Time);
    }
    let rest = match rest.strip_prefix('.') {
        None => rest,
        Some(fraction) => {
            let rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            if rest.len() == fraction.len() {
                return Err(TimeError::Form);
            }
            rest
        }
    };
    let unix = i64::from(day.0) * DAY + hour * 3600 + minute * 60 + second.min(59) - offset(rest)?;
    if second == 60 && unix.rem_euclid(DAY) != DAY - 1 {
        return Err(TimeError::Time);
    }
    Ok(unix)
}

/// `Z` or `±hh:mm`, in seconds east.
fn offset(text: &str) -> Result<i64, TimeError> {
    if text.eq_ignore_ascii_case("z") {
        return Ok(0);
    }
    let (sign, digits) = match text.strip_prefix('+') {
        Some(digits) => (1, digits),
        None => (-1, text.strip_prefix('-').ok_or(TimeError::Offset)?),
    };
    let (hours, minutes) = digits.split_once(':').ok_or(TimeError::Offset)?;
    let number = |text: &str, limit: i64| -> Result<i64, TimeError> {
        let fits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        let number = if fits { text.parse().ok() } else { None };
        number.filter(|&number| number <= limit).ok_or(TimeError::Offset)
    };
    Ok(sign * (number(hours, 23)? * 3600 + number(minutes, 59)? * 60))
}

/// `2026-04-21T14:32:00Z`. Instants outside of the years 1 to 9999, which RFC 3339 cannot say, give the nearest one inside.
#[must_use]
pub fn format_rfc3339(unix_seconds: i64) -> String {
    let Local { day, minute, second } = local(Zone::UTC, unix_seconds.clamp(FIRST_SECOND, LAST_SECOND));
    format!("{day}T{:02}:{:02}:{second:02}Z", minute / 60, minute % 60)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::{TimeError, format_rfc3339, parse_rfc3339};

    #[test]
    fn timestamps_read_as_instants() {
        for (text, unix) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2026-04-21T14:32:00Z", 1_776_781_920),
            ("2026-04-21t14:32:00z", 1_776_781_920),
            ("2026-04-21 14:32:00Z", 1_776_781_920),
            ("2026-04-21T09:32:00-05:00", 1_776_781_920),
            ("2026-04-21T20:17:00.999999999999999999999+05:45", 1_776_781_920),
            ("2026-04-21T14:32:00-00:00", 1_776_781_920),
            ("1969-12-31T23:59:59.5Z", -1),
            ("0001-01-01T00:00:00Z", -62_135_596_800),
            ("9999-12-31T23:59:59Z", 253_402_300_799),
            ("2016-12-31T23:59:60Z", 1_483_228_799),
            ("2016-12-31T18:59:60-05:00", 1_483_228_799),
        ] {
            assert_eq!(parse_rfc3339(text), Ok(unix), "{text}");
            if !text.contains(":60") {
                assert_eq!(DateTime::parse_from_rfc3339(text).map(|t| t.timestamp()), Ok(unix), "{text}");
            }
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        use TimeError::{Date, Form, Offset, Time};
        for (text, error) in [
            ("", Form),
            ("2026-04-21", Form),
            ("2026-04-21T14:32Z", Form),
            ("2026-04-21T14:32:00,5Z", Offset),
            ("2026-04-21T14:32:00.Z", Form),
            ("20260421T143200Z", Form),
            ("2026-04-21_14:32:00Z", Form),
            ("+026-04-21T14:32:00Z", Form),
            ("2026-02-29T14:32:00Z", Date),
            ("0000-01-01T00:00:00Z", Date),
            ("2026-13-01T00:00:00Z", Date),
            ("2026-04-21T24:00:00Z", Time),
            ("2026-04-21T14:60:00Z", Time),
            ("2026-04-21T14:32:61Z", Time),
            ("2026-04-21T14:32:60Z", Time),
            ("2026-04-21T14:32:00", Offset),
            ("2026-04-21T14:32:00+0500", Offset),
            ("2026-04-21T14:32:00+24:00", Offset),
            ("2026-04-21T14:32:00+05:60", Offset),
            ("2026-04-21T14:32:00Zx", Offset),
            ("2026-04-21T14:32:00 America/Chicago", Offset),
            ("2026-04-21T14:32:0é", Form),
            ("éééééééééééééé", Form),
            ("２026-04-21T14:32:00Z", Form),
        ] {
            assert_eq!(parse_rfc3339(text), Err(error), "{text}");
        }
    }

    #[test]
    fn writing_and_reading_agree() {
        for unix in [0, -1, 1_776_781_920, -62_135_596_800, 253_402_300_799] {
            assert_eq!(parse_rfc3339(&format_rfc3339(unix)), Ok(unix));
        }
        assert_eq!(format_rfc3339(1_776_781_920), "2026-04-21T14:32:00Z");
        assert_eq!(format_rfc3339(i64::MAX), "9999-12-31T23:59:59Z");
        assert_eq!(format_rfc3339(i64::MIN), "0001-01-01T00:00:00Z");
    }
}
