//! Points in time as people write them on the command line.

use std::time::{SystemTime, UNIX_EPOCH};

use callroute_calendar::{Day, Skipped, Zone, nearest, parse_rfc3339};

/// The time now, in seconds since 1970-01-01T00:00:00Z. The only clock of the whole command.
pub fn now() -> i64 {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        Err(before) => -i64::try_from(before.duration().as_secs()).unwrap_or(i64::MAX),
    }
}

/// This day, by the clock of UTC.
pub fn today() -> Day {
    callroute_calendar::local(Zone::UTC, now()).day
}

/// Reads a day as `2026-12-24`.
pub fn day(text: &str) -> Result<Day, String> {
    Day::parse(text.trim()).ok_or_else(|| format!("`{text}` is no day such as `2026-12-24`"))
}

/// Reads `2026-04-21T14:32:00Z` (RFC 3339) or `2026-04-21 09:32 America/Chicago`, with or without seconds.
pub fn parse(text: &str) -> Result<i64, String> {
    let text = text.trim();
    let error = match parse_rfc3339(text) {
        Ok(seconds) => return Ok(seconds),
        Err(error) => error,
    };
    let (reading, zone) = match text.rsplit_once(' ') {
        Some((reading, zone)) if zone.starts_with(|c: char| c.is_ascii_alphabetic()) => (reading.trim(), zone),
        _ if local(text).is_some() => {
            return Err(format!("`{text}` needs a zone: write `{text} America/Chicago`, or an offset as in `2026-04-21T14:32:00Z`"));
        }
        _ => return Err(format!("{error}; or write `2026-04-21 09:32 America/Chicago`")),
    };
    let zone = Zone::parse(zone).map_err(|error| {
        let near = nearest(zone);
        let offer = if near.is_empty() { String::new() } else { format!("; did you mean `{}`?", near.join("` or `")) };
        format!("`{zone}`: {error}{offer}")
    })?;
    let (day, minute, second) = local(reading).ok_or_else(|| format!("`{reading}` is no date and time such as `2026-04-21 09:32`"))?;
    callroute_calendar::instant(zone, day, minute, second).map_err(skipped)
}

fn skipped(skipped: Skipped) -> String {
    format!("{skipped}; write a time before or after")
}

/// As [`parse`], for a clock that shows a time in a zone and only goes on: a time alone (`17:00`) is the next one that comes, and where no zone is
/// said it is the clock's.
pub fn parse_next(text: &str, zone: Zone, shown: i64) -> Result<i64, String> {
    let text = text.trim();
    let today = callroute_calendar::local(zone, shown).day;
    let instant = |(day, minute, second)| callroute_calendar::instant(zone, day, minute, second).map_err(skipped);
    let on = |day: Day| local(&format!("{day} {text}"));
    if let (Some(now), Some(next)) = (on(today), on(today.plus(1))) {
        let now = instant(now);
        // One that today's clocks skip is a mistake, as long as it has not passed.
        let passed = now.as_ref().is_ok_and(|at| *at < shown) || now.is_err() && callroute_calendar::local(zone, shown).minute >= next.1;
        return if passed { instant(next) } else { now };
    }
    local(text).map_or_else(|| parse(text), instant)
}

/// A date and a wall-clock time: `2026-04-21 09:32`, `2026-04-21T09:32:15`.
fn local(text: &str) -> Option<(Day, u16, u8)> {
    let (date, time) = text.split_once(['T', 't', ' '])?;
    let day = Day::parse(date)?;
    let mut parts = time.trim().split(':');
    let mut part = |below: u16| {
        let part = parts.next()?;
        let digits = !part.is_empty() && part.len() <= 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse::<u16>().ok().filter(|&number| digits && number < below)
    };
    let (hour, minute) = (part(24)?, part(60)?);
    let second = if time.matches(':').count() == 2 { part(60)? } else { 0 };
    if time.matches(':').count() > 2 {
        return None;
    }
    Some((day, hour * 60 + minute, u8::try_from(second).ok()?))
}

#[cfg(test)]
mod tests {
    use callroute_calendar::Zone;

    use super::{parse, parse_next};

    #[test]
    fn both_forms_are_the_same_instant() {
        for text in [
            "2026-04-21T14:32:00Z",
            "2026-04-21T09:32:00-05:00",
            "2026-04-21 09:32 America/Chicago",
            "2026-04-21 9:32 America/Chicago",
            "2026-04-21T09:32:00 America/Chicago",
            " 2026-04-21 14:32:00 UTC ",
        ] {
            assert_eq!(parse(text), Ok(1_776_781_920), "{text}");
        }
        // What a clock shows twice is the first.
        assert_eq!(parse("2026-11-01 01:30 America/Chicago"), parse("2026-11-01T01:30:00-05:00"));
    }

    #[test]
    fn a_clock_is_set_in_its_own_zone() {
        let zone = Zone::parse("America/Chicago").unwrap_or(Zone::UTC);
        let next = |text: &str| parse_next(text, zone, 1_776_781_920);
        for (text, same) in [
            ("9:33", "2026-04-21 09:33 America/Chicago"),
            (" 09:32 ", "2026-04-21 09:32 America/Chicago"),
            ("9:32:01", "2026-04-21 09:32:01 America/Chicago"),
            ("9:31", "2026-04-22 09:31 America/Chicago"),
            ("2026-04-21 9:31", "2026-04-21 09:31 America/Chicago"),
            ("2026-05-01T17:00", "2026-05-01 17:00 America/Chicago"),
            ("2026-05-01 17:00 Europe/London", "2026-05-01 17:00 Europe/London"),
            ("2026-04-21T14:32:00Z", "2026-04-21 09:32 America/Chicago"),
        ] {
            assert_eq!(next(text), parse(same), "{text}");
        }
        // In the night in which the clocks are put forward, before and after.
        let before = parse("2026-03-08 01:00 America/Chicago").unwrap_or(0);
        assert!(parse_next("2:30", zone, before).is_err_and(|error| error.contains("02:00 to 03:00")));
        assert_eq!(parse_next("2:30", zone, before + 7200), parse("2026-03-09 02:30 America/Chicago"));
        assert!(parse_next("2:30", zone, before - 86_400 + 7200).is_err());
        for text in ["25:00", "9", "", "tomorrow", "9:30 America/Chicago"] {
            assert!(next(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, part) in [
            ("2026-04-21 09:32", "needs a zone"),
            ("2026-04-21 09:32 America/Chigaco", "did you mean `America/Chicago`"),
            ("2026-04-21 09:32 EST5EDT", "America/New_York"),
            ("2026-04-21 25:32 America/Chicago", "no date and time"),
            ("2026-02-29 09:32 America/Chicago", "no date and time"),
            ("2026-04-21 09:32:00:00 America/Chicago", "no date and time"),
            ("2026-03-08 02:30 America/Chicago", "no 2026-03-08 02:30 in America/Chicago: its clocks go from 2026-03-08 02:00 to 03:00"),
            ("yesterday", "2026-04-21 09:32 America/Chicago"),
            ("", "2026-04-21 09:32 America/Chicago"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
