//! From instants to wall-clock readings and back. Instants are whole seconds since 1970-01-01T00:00:00Z, without leap seconds (POSIX).

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use chrono::{DateTime, LocalResult, NaiveDateTime, Offset, TimeZone};
use chrono_tz::{GapInfo, OffsetName};

use crate::day::Day;
use crate::zone::Zone;

/// 0001-01-01T00:00:00Z.
pub(crate) const FIRST_SECOND: i64 = -62_135_596_800;
/// 9999-12-31T23:59:59Z.
pub(crate) const LAST_SECOND: i64 = 253_402_300_799;
/// Seconds of a day.
pub(crate) const DAY: i64 = 86_400;

/// What a clock on the wall shows.
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash, Debug)]
pub struct Local {
    /// The calendar's day.
    pub day: Day,
    /// Minute of the day, 0 to 1439.
    pub minute: u16,
    /// Second of the minute, 0 to 59.
    pub second: u8,
}

impl Local {
    /// From seconds since 1970-01-01 00:00:00 on that same wall.
    fn from_seconds(seconds: i64) -> Self {
        let of_day = seconds.rem_euclid(DAY);
        // A day fits: instants are clamped to the years 1 to 9999 and offsets are within a day or so.
        Self { day: Day(seconds.div_euclid(DAY) as i32), minute: (of_day / 60) as u16, second: (of_day % 60) as u8 }
    }
}

/// The wall-clock reading of an instant. Always right, and slow: for many readings make a [`ZoneTable`].
///
/// Instants outside of the years 1 to 9999 read as the nearest one inside.
#[must_use]
pub fn local(zone: Zone, unix_seconds: i64) -> Local {
    let unix = unix_seconds.clamp(FIRST_SECOND, LAST_SECOND);
    Local::from_seconds(unix + i64::from(offset(zone, unix)))
}

/// Seconds east of UTC in force at an instant within the years 1 to 9999.
fn offset(zone: Zone, unix: i64) -> i32 {
    zone.0.offset_from_utc_datetime(&naive(unix)).fix().local_minus_utc()
}

/// chrono's form of a number of seconds.
fn naive(seconds: i64) -> NaiveDateTime {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default().naive_utc()
}

/// The instant at which the clock of `zone` shows `day`, `minute` (1440 is the next midnight) and `second`, and whether that took a decision:
///
/// - a reading that a clock change skips gives the first instant after the gap, and true;
/// - a reading that occurs twice gives the earlier instant, and true.
#[must_use]
pub fn to_unix(zone: Zone, day: Day, minute: u16, second: u8) -> (i64, bool) {
    let wall = i64::from(day.0) * DAY + i64::from(minute) * 60 + i64::from(second);
    let wall = wall.clamp(FIRST_SECOND, LAST_SECOND);
    let reading = naive(wall);
    match zone.0.offset_from_local_datetime(&reading) {
        LocalResult::Single(offset) => (wall - i64::from(offset.fix().local_minus_utc()), false),
        LocalResult::Ambiguous(a, b) => {
            // The larger offset is the one in force first.
            let earlier = a.fix().local_minus_utc().max(b.fix().local_minus_utc());
            (wall - i64::from(earlier), true)
        }
        LocalResult::None => {
            let begin = GapInfo::new(&reading, &zone.0).and_then(|gap| gap.begin);
            let after = begin.map(|(skipped, before)| skipped.and_utc().timestamp() - i64::from(before.fix().local_minus_utc()));
            (after.unwrap_or(wall), true)
        }
    }
}

/// A reading that no clock of a zone shows, because they are put forward over it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Skipped {
    zone: Zone,
    reading: Local,
    /// What the clocks would show when they are put forward.
    from: Local,
    /// What they show then.
    to: Local,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |local: Local| format!("{:02}:{:02}", local.minute / 60, local.minute % 60);
        let Self { zone, reading, from, to } = *self;
        let day = if from.day == to.day { String::new() } else { format!("{} ", to.day) };
        write!(
            f,
            "there is no {} {} in {}: its clocks go from {} {} to {day}{}",
            reading.day,
            time(reading),
            zone.name(),
            from.day,
            time(from),
            time(to)
        )
    }
}

impl std::error::Error for Skipped {}

/// As [`to_unix`], for readings that somebody has written: one that a clock change skips is a mistake. One that occurs twice is the earlier.
///
/// # Errors
/// [`Skipped`], which says between which readings it lies.
pub fn instant(zone: Zone, day: Day, minute: u16, second: u8) -> Result<i64, Skipped> {
    let (at, decided) = to_unix(zone, day, minute, second);
    let wall = i64::from(day.0) * DAY + i64::from(minute) * 60 + i64::from(second);
    let reading = Local::from_seconds(wall.clamp(FIRST_SECOND, LAST_SECOND));
    let to = local(zone, at);
    if !decided || to == reading {
        return Ok(at);
    }
    let before = at.saturating_sub(1).clamp(FIRST_SECOND, LAST_SECOND);
    let from = Local::from_seconds(at.clamp(FIRST_SECOND, LAST_SECOND) + i64::from(offset(zone, before)));
    Err(Skipped { zone, reading, from, to })
}

/// `Fri 2026-03-06 08:59:59 CST`; zones without abbreviations show their offset (`-03`, `+0545`).
#[must_use]
pub fn format_local(zone: Zone, unix_seconds: i64) -> String {
    let unix = unix_seconds.clamp(FIRST_SECOND, LAST_SECOND);
    let offset = zone.0.offset_from_utc_datetime(&naive(unix));
    let seconds = offset.fix().local_minus_utc();
    let at = Local::from_seconds(unix + i64::from(seconds));
    let name = offset.abbreviation().map_or_else(|| numeric(seconds), str::to_owned);
    format!("{} {} {:02}:{:02}:{:02} {name}", at.day.weekday(), at.day, at.minute / 60, at.minute % 60, at.second)
}

/// `2026-04-21 09:32 America/Chicago`: an instant as scripts and people write it, with seconds if there are any. Where that could be another
/// instant as well, because clocks are changed, in UTC (RFC 3339).
#[must_use]
pub fn format_moment(zone: Zone, unix_seconds: i64) -> String {
    let Local { day, minute, second } = local(zone, unix_seconds);
    if to_unix(zone, day, minute, second) != (unix_seconds, false) {
        return crate::format_rfc3339(unix_seconds);
    }
    let seconds = if second == 0 { String::new() } else { format!(":{second:02}") };
    format!("{day} {:02}:{:02}{seconds} {}", minute / 60, minute % 60, zone.name())
}

/// `-03`, `+0545`
fn numeric(offset: i32) -> String {
    let sign = if offset < 0 { '-' } else { '+' };
    let minutes = offset.unsigned_abs() / 60;
    match minutes % 60 {
        0 => format!("{sign}{:02}", minutes / 60),
        rest => format!("{sign}{:02}{rest:02}", minutes / 60),
    }
}

/// The table begins here: 1970-01-01T00:00:00Z.
const TABLE_START: i64 = 0;
/// And ends before 2100-01-01T00:00:00Z, where the zone data end too.
const TABLE_END: i64 = 4_102_444_800;
/// Width of a bucket, as a power of two: 2^21 s are 24 days.
const BUCKET: u32 = 21;
/// How far apart changes are looked for: 2^18 s are three days. The shortest time after which a zone has changed its clocks back is a week
/// (Brazil's north-east in 2000, Gaza around Ramadan).
const PROBE: i64 = 1 << 18;

/// A zone's changes from 1970 to 2099, found once: [`ZoneTable::local`] is [`local`] in constant time. Outside of these years it is as slow.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ZoneTable {
    zone: Zone,
    /// Where each offset comes into force, the first at [`TABLE_START`], and the offset in seconds east of UTC.
    spans: Vec<(i64, i32)>,
    /// For each bucket of time the span in force at its start.
    buckets: Vec<u16>,
}

impl ZoneTable {
    /// Finds the changes of `zone`.
    #[must_use]
    pub fn new(zone: Zone) -> Self {
        let mut spans = vec![(TABLE_START, offset(zone, TABLE_START))];
        let mut buckets = Vec::with_capacity(((TABLE_END - TABLE_START) >> BUCKET) as usize + 1);
        let mut current = offset(zone, TABLE_START);
        for bucket in (TABLE_START..TABLE_END).step_by(1 << BUCKET) {
            buckets.push(u16::try_from(spans.len() - 1).unwrap_or(u16::MAX));
            for start in (bucket..bucket + (1 << BUCKET)).step_by(PROBE as usize) {
                let last = offset(zone, start + PROBE);
                // Two changes can lie so near; each turn finds the first that is left.
                let mut from = start;
                while current != last {
                    from = first_change(zone, from, start + PROBE, current);
                    current = offset(zone, from);
                    spans.push((from, current));
                }
            }
        }
        Self { zone, spans, buckets }
    }

    /// The table of `zone` that everybody in the process shares; made when first asked for.
    #[must_use]
    pub fn shared(zone: Zone) -> Arc<Self> {
        static TABLES: OnceLock<Mutex<HashMap<Zone, Arc<ZoneTable>>>> = OnceLock::new();
        let mut tables = TABLES.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(tables.entry(zone).or_insert_with(|| Arc::new(Self::new(zone))))
    }

    /// Whose table it is.
    #[must_use]
    pub const fn zone(&self) -> Zone {
        self.zone
    }

    /// The wall-clock reading of an instant, the same as [`local`].
    #[must_use]
    pub fn local(&self, unix_seconds: i64) -> Local {
        match self.span(unix_seconds) {
            Some((_, offset)) => Local::from_seconds(unix_seconds + i64::from(offset)),
            None => local(self.zone, unix_seconds),
        }
    }

    /// The span in force, by its index, and its offset; `None` outside of the table.
    fn span(&self, unix: i64) -> Option<(usize, i32)> {
        if !(TABLE_START..TABLE_END).contains(&unix) {
            return None;
        }
        let mut index = usize::from(*self.buckets.get(((unix - TABLE_START) >> BUCKET) as usize)?);
        let (_, mut offset) = *self.spans.get(index)?;
        while let Some(&(start, next)) = self.spans.get(index + 1) {
            if unix < start {
                break;
            }
            (index, offset) = (index + 1, next);
        }
        Some((index, offset))
    }

    /// The offset in force at `unix`, and the first later instant, at most `limit`, from which another one is (or `limit`).
    pub(crate) fn span_until(&self, unix: i64, limit: i64) -> (i32, i64) {
        if let Some((index, offset)) = self.span(unix) {
            let end = self.spans.get(index + 1).map_or(TABLE_END, |&(start, _)| start);
            return (offset, end.min(limit));
        }
        let clamped = unix.clamp(FIRST_SECOND, LAST_SECOND);
        let current = offset(self.zone, clamped);
        let mut from = clamped;
        while from < limit.min(LAST_SECOND) {
            let to = (from + DAY).min(limit).min(LAST_SECOND);
            if offset(self.zone, to) != current {
                return (current, first_change(self.zone, from, to, current));
            }
            from = to;
        }
        (current, limit)
    }
}

/// The first instant after `from`, at most `to`, at which the offset is no longer `current`, which it is at `from` and is not at `to`.
fn first_change(zone: Zone, from: i64, to: i64, current: i32) -> i64 {
    let (mut same, mut changed) = (from, to);
    while changed - same > 1 {
        let middle = same + (changed - same) / 2;
        if offset(zone, middle) == current {
            same = middle;
        } else {
            changed = middle;
        }
    }
    changed
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::{Local, TABLE_END, ZoneTable, format_local, format_moment, instant, local, to_unix};
    use crate::day::Day;
    use crate::rfc3339::parse_rfc3339;
    use crate::zone::{Zone, zones};

    fn zone(name: &str) -> Zone {
        Zone::parse(name).unwrap()
    }

    fn at(text: &str) -> i64 {
        parse_rfc3339(text).unwrap()
    }

    #[test]
    fn readings_are_those_of_the_zone() {
        for (name, instant, reading) in [
            ("America/Chicago", "2026-03-06T14:59:59Z", "Fri 2026-03-06 08:59:59 CST"),
            ("America/Chicago", "2026-03-08T08:00:00Z", "Sun 2026-03-08 03:00:00 CDT"),
            ("Asia/Kathmandu", "2026-03-06T14:59:59Z", "Fri 2026-03-06 20:44:59 +0545"),
            ("America/Sao_Paulo", "2026-03-06T01:00:00Z", "Thu 2026-03-05 22:00:00 -03"),
            ("Pacific/Apia", "2011-12-30T09:59:59Z", "Thu 2011-12-29 23:59:59 -10"),
            ("Pacific/Apia", "2011-12-30T10:00:00Z", "Sat 2011-12-31 00:00:00 +14"),
            ("Australia/Lord_Howe", "2026-01-01T00:00:00Z", "Thu 2026-01-01 11:00:00 +11"),
            ("Europe/Dublin", "2026-07-01T12:00:00Z", "Wed 2026-07-01 13:00:00 IST"),
            ("Antarctica/Troll", "2026-07-01T12:00:00Z", "Wed 2026-07-01 14:00:00 +02"),
            ("UTC", "1969-12-31T23:59:59Z", "Wed 1969-12-31 23:59:59 UTC"),
        ] {
            assert_eq!(format_local(zone(name), at(instant)), reading);
        }
        // Seconds in an offset: local mean time of Amsterdam (now Brussels') and of Monrovia until 1972.
        assert_eq!(local(zone("Africa/Monrovia"), at("1971-01-01T00:44:30Z")), Local { day: Day(365), minute: 0, second: 0 });
    }

    #[test]
    fn a_moment_is_said_so_that_it_is_no_other() {
        for (instant, said) in [
            ("2026-04-21T14:32:00Z", "2026-04-21 09:32 America/Chicago"),
            ("2026-04-21T14:32:07Z", "2026-04-21 09:32:07 America/Chicago"),
            // Half past one comes twice that night.
            ("2026-11-01T06:30:00Z", "2026-11-01T06:30:00Z"),
            ("2026-11-01T07:30:00Z", "2026-11-01T07:30:00Z"),
            ("2026-11-01T08:30:00Z", "2026-11-01 02:30 America/Chicago"),
        ] {
            assert_eq!(format_moment(zone("America/Chicago"), at(instant)), said);
        }
    }

    #[test]
    fn extreme_instants_are_clamped() {
        for zone in [Zone::UTC, zone("Asia/Tokyo"), zone("America/Chicago")] {
            for unix in [i64::MIN, i64::MIN + 1, i64::MAX, i64::MAX - 1] {
                assert_eq!(ZoneTable::shared(zone).local(unix), local(zone, unix));
                let _ = (format_local(zone, unix), ZoneTable::shared(zone).span_until(unix, unix.saturating_add(1)));
            }
            for day in [Day(i32::MIN), Day(i32::MAX)] {
                let _ = to_unix(zone, day, u16::MAX, u8::MAX);
            }
        }
        assert_eq!(local(Zone::UTC, i64::MAX).day, Day::MAX);
        assert_eq!(local(Zone::UTC, i64::MIN).day, Day::MIN);
    }

    #[test]
    fn skipped_readings_give_the_instant_after_the_gap() {
        let chicago = zone("America/Chicago");
        let sunday = Day::from_ymd(2026, 3, 8).unwrap();
        assert_eq!(to_unix(chicago, sunday, 119, 59), (at("2026-03-08T07:59:59Z"), false));
        for minute in [120, 150, 179] {
            assert_eq!(to_unix(chicago, sunday, minute, 0), (at("2026-03-08T08:00:00Z"), true));
        }
        assert_eq!(to_unix(chicago, sunday, 180, 0), (at("2026-03-08T08:00:00Z"), false));
        // A whole day that Samoa left out.
        let skipped = Day::from_ymd(2011, 12, 30).unwrap();
        assert_eq!(to_unix(zone("Pacific/Apia"), skipped, 720, 0), (at("2011-12-30T10:00:00Z"), true));
    }

    #[test]
    fn skipped_readings_are_said_to_be_skipped() {
        let read = |name: &str, year, month, day, minute, second| {
            instant(zone(name), Day::from_ymd(year, month, day).unwrap(), minute, second).map_err(|skipped| skipped.to_string())
        };
        for (minute, second) in [(120, 0), (150, 0), (179, 59)] {
            let error = read("America/Chicago", 2026, 3, 8, minute, second).unwrap_err();
            assert!(error.ends_with("in America/Chicago: its clocks go from 2026-03-08 02:00 to 03:00"), "{error}");
            assert!(error.starts_with(&format!("there is no 2026-03-08 02:{:02} ", minute % 60)), "{error}");
        }
        assert_eq!(read("America/Chicago", 2026, 3, 8, 119, 59), Ok(at("2026-03-08T07:59:59Z")));
        assert_eq!(read("America/Chicago", 2026, 3, 8, 180, 0), Ok(at("2026-03-08T08:00:00Z")));
        assert_eq!(read("America/Chicago", 2026, 11, 1, 90, 0), Ok(at("2026-11-01T06:30:00Z")));
        assert_eq!(
            read("Pacific/Apia", 2011, 12, 30, 720, 0),
            Err("there is no 2011-12-30 12:00 in Pacific/Apia: its clocks go from 2011-12-30 00:00 to 2011-12-31 00:00".to_owned())
        );
        for zone in [Zone::UTC, zone("America/Chicago")] {
            for day in [Day(i32::MIN), Day(i32::MAX)] {
                let _ = instant(zone, day, u16::MAX, u8::MAX);
            }
        }
    }

    #[test]
    fn repeated_readings_give_the_earlier_instant() {
        let chicago = zone("America/Chicago");
        let sunday = Day::from_ymd(2026, 11, 1).unwrap();
        assert_eq!(to_unix(chicago, sunday, 59, 59), (at("2026-11-01T05:59:59Z"), false));
        assert_eq!(to_unix(chicago, sunday, 60, 0), (at("2026-11-01T06:00:00Z"), true));
        assert_eq!(to_unix(chicago, sunday, 119, 59), (at("2026-11-01T06:59:59Z"), true));
        assert_eq!(to_unix(chicago, sunday, 120, 0), (at("2026-11-01T08:00:00Z"), false));
        assert_eq!(to_unix(chicago, Day::from_ymd(2026, 10, 31).unwrap(), 1440, 0), (at("2026-11-01T05:00:00Z"), false));
        // Half an hour on Lord Howe Island, and the negative summer time of Dublin.
        assert!(to_unix(zone("Australia/Lord_Howe"), Day::from_ymd(2026, 4, 5).unwrap(), 105, 0).1);
        assert!(!to_unix(zone("Australia/Lord_Howe"), Day::from_ymd(2026, 4, 5).unwrap(), 75, 0).1);
        assert_eq!(to_unix(zone("Europe/Dublin"), Day::from_ymd(2026, 10, 25).unwrap(), 90, 0), (at("2026-10-25T00:30:00Z"), true));
    }

    #[test]
    fn tables_hold_every_change_of_every_zone() {
        // `FULL=1`: every three days and a half.
        let step = if std::env::var_os("FULL").is_some() { 7 * 43_200 } else { 35 * 43_200 };
        for name in zones() {
            let zone = zone(name);
            let table = ZoneTable::new(zone);
            assert!(table.spans.len() < usize::from(u16::MAX));
            assert!(table.spans.is_sorted_by_key(|&(start, _)| start), "{name}");
            // Around each change that it knows, and every two weeks and a half: no zone changes there and back in less.
            let around = table.spans.iter().flat_map(|&(start, _)| [start - 1, start, start + 1]);
            for unix in around.chain((0..TABLE_END).step_by(step)).chain([TABLE_END - 1, TABLE_END, -1]) {
                assert_eq!(table.local(unix), local(zone, unix), "{name} {unix}");
            }
        }
    }

    #[test]
    fn spans_end_where_the_offset_changes() {
        let table = ZoneTable::new(zone("America/Chicago"));
        let summer = at("2026-03-08T08:00:00Z");
        assert_eq!(table.span_until(at("2026-03-06T00:00:00Z"), i64::MAX), (-6 * 3600, summer));
        assert_eq!(table.span_until(summer, summer + 5), (-5 * 3600, summer + 5));
        // Before the table: Chicago's war time began on 9 February 1942.
        assert_eq!(table.span_until(at("1942-02-01T00:00:00Z"), 0), (-6 * 3600, at("1942-02-09T08:00:00Z")));
        // After it: the data say no more.
        let late = at("2120-01-01T00:00:00Z");
        assert_eq!(table.span_until(late, late + 400 * 86_400).1, late + 400 * 86_400);
    }
}
