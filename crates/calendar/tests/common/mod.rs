//! Short ways to write schedules and readings down, for the tests.
#![allow(dead_code, reason = "each test file uses some of it")]

use callroute_calendar::{
    DatesEntry, Day, DayRule, Line, LineDays, MonthSet, Ordinal, Pool, Schedule, ScheduleTable, Weekday, WeekdaySet, What, Zone, ZoneTable,
    is_open, local, parse_rfc3339,
};

pub fn zone(name: &str) -> Zone {
    Zone::parse(name).unwrap()
}

pub fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

pub fn instant(text: &str) -> i64 {
    parse_rfc3339(text).unwrap()
}

/// `"9:00-17:30"`, several apart by blanks; `"closed"`.
pub fn what(text: &str) -> What {
    if text == "closed" {
        return What::Closed;
    }
    let time = |text: &str| {
        let (hour, minute) = text.split_once(':').unwrap_or((text, "0"));
        hour.parse::<u16>().unwrap() * 60 + minute.parse::<u16>().unwrap()
    };
    What::Open(text.split(' ').map(|interval| interval.split_once('-').unwrap()).map(|(start, end)| (time(start), time(end))).collect())
}

pub fn weekly(first: Weekday, last: Weekday, hours: &str) -> Line {
    season(MonthSet::EMPTY, first, last, hours)
}

pub fn daily(hours: &str) -> Line {
    weekly(Weekday::Mon, Weekday::Sun, hours)
}

pub fn season(months: MonthSet, first: Weekday, last: Weekday, hours: &str) -> Line {
    Line { days: LineDays::Weekly { months, weekdays: WeekdaySet::range(first, last) }, what: what(hours), from: None, until: None }
}

pub fn on_days<E: Into<DatesEntry>>(entries: impl IntoIterator<Item = E>, hours: &str) -> Line {
    Line { days: LineDays::Dates(entries.into_iter().map(Into::into).collect()), what: what(hours), from: None, until: None }
}

pub fn schedule(zone_name: &str, lines: impl IntoIterator<Item = Line>) -> Schedule {
    Schedule { zone: zone(zone_name), lines: lines.into_iter().collect() }
}

pub fn full(text: &str) -> DayRule {
    DayRule::Full(day(text))
}

pub fn full_range(first: &str, last: &str) -> DayRule {
    DayRule::FullRange(day(first), day(last))
}

pub fn yearly(month: u8, day: u8) -> DayRule {
    DayRule::Yearly { month, day }
}

pub fn nth(n: u8, weekday: Weekday, months: MonthSet) -> DayRule {
    DayRule::Nth { ordinal: if n == 0 { Ordinal::Last } else { Ordinal::Nth(n) }, weekday, months }
}

pub fn month(month: u8) -> MonthSet {
    MonthSet::EMPTY.with(month)
}

pub fn moved(rule: DayRule, offset: i32) -> DatesEntry {
    DatesEntry { offset, ..rule.into() }
}

pub fn observed(rule: DayRule) -> DatesEntry {
    DatesEntry { observed: true, ..rule.into() }
}

/// What a schedule says at an instant, by the rules and by the tables, which must agree.
pub fn open_at(pool: &Pool, schedule: &Schedule, text: &str) -> bool {
    let unix = instant(text);
    let reading = local(schedule.zone, unix);
    assert_eq!(reading, ZoneTable::shared(schedule.zone).local(unix), "{text}");
    let open = is_open(pool, schedule, reading);
    assert_eq!(open, ScheduleTable::new(pool, schedule).open(reading), "{text}");
    open
}

/// Asserts what a schedule says at several instants.
pub fn assert_open(pool: &Pool, schedule: &Schedule, cases: &[(&str, bool)]) {
    for &(text, open) in cases {
        assert_eq!(open_at(pool, schedule, text), open, "{text}");
    }
}
