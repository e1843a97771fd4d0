//! What a checker asks about whole schedules.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

mod common;

use callroute_calendar::Weekday::{Fri, Mon, Sat, Sun, Thu, Wed};
use callroute_calendar::{
    Dates, DatesEntry, DayRule, Line, LineDays, MAX_LINES, MonthSet, Ordinal, Pool, PoolError, Schedule, Unit, WeekdaySet, always_open,
    contradictions, covers, dates_cover, dead_lines, last_day, never_on, never_open,
};
use common::{daily, day, full, full_range, month, moved, nth, observed, on_days, schedule, season, weekly, yearly};

fn pool() -> Pool {
    let christmas = Dates { entries: vec![yearly(12, 25).into(), yearly(12, 26).into()] };
    Pool { dates: vec![christmas, Dates { entries: vec![full("2028-04-14").into()] }, Dates { entries: vec![] }] }
}

fn in_utc(lines: impl IntoIterator<Item = Line>) -> Schedule {
    schedule("UTC", lines)
}

#[test]
fn schedules_that_never_open() {
    let never = |lines: Vec<Line>| never_open(&pool(), &in_utc(lines));
    assert!(never(vec![]));
    assert!(never(vec![daily("closed")]));
    assert!(never(vec![weekly(Mon, Fri, "9-17"), weekly(Mon, Sun, "closed")]));
    assert!(never(vec![weekly(Mon, Fri, "9-17"), season(MonthSet::ALL, Mon, Sun, "closed")]));
    assert!(never(vec![on_days([DayRule::Named(2)], "9-17")]));
    assert!(never(vec![Line { until: Some(day("2026-01-01")), from: Some(day("2026-02-01")), ..daily("9-17") }]));
    assert!(!never(vec![weekly(Mon, Mon, "9-9:01")]));
    assert!(!never(vec![daily("closed"), on_days([full("2099-12-31")], "23:59-24")]));
    // Only the tail of New Year's Eve 1999 reaches into the tables.
    assert!(!never(vec![on_days([full("1999-12-31")], "22-2")]));
    assert!(!never(vec![on_days([nth(5, Sat, month(2))], "9-17")]));
}

#[test]
fn schedules_that_are_always_open() {
    let always = |lines: Vec<Line>| always_open(&pool(), &in_utc(lines));
    assert!(always(vec![daily("0-24")]));
    assert!(always(vec![daily("6-6")]));
    assert!(always(vec![daily("22-6 6-22")]));
    assert!(always(vec![weekly(Mon, Fri, "0-24"), weekly(Sat, Sun, "0-12 12-24")]));
    assert!(always(vec![weekly(Mon, Fri, "0-24"), season(MonthSet::ALL, Mon, Sun, "0-24")]));
    assert!(!always(vec![daily("0-23:59")]));
    assert!(!always(vec![weekly(Mon, Sat, "0-24")]));
    assert!(!always(vec![daily("0-24"), on_days([DayRule::Named(0)], "closed")]));
    assert!(!always(vec![]));
}

#[test]
fn lines_that_contradict_each_other() {
    let pairs = |lines: Vec<Line>| contradictions(&pool(), &in_utc(lines));
    assert_eq!(pairs(vec![weekly(Mon, Fri, "9-17"), weekly(Fri, Fri, "closed")]), [(0, 1)]);
    assert_eq!(pairs(vec![weekly(Fri, Fri, "closed"), weekly(Mon, Thu, "9-17"), weekly(Wed, Sun, "9-12")]), [(0, 2)]);
    // Different ranks do not contradict, nor do lines that never meet, nor one that a stronger line hides.
    assert_eq!(pairs(vec![weekly(Mon, Fri, "9-17"), on_days([DayRule::Named(0)], "closed")]), []);
    assert_eq!(pairs(vec![weekly(Mon, Thu, "9-17"), weekly(Fri, Fri, "closed")]), []);
    assert_eq!(
        pairs(vec![on_days([full("2026-12-24")], "9-12"), on_days([full("2026-12-24")], "closed"), weekly(Mon, Fri, "9-17")]),
        [(0, 1)]
    );
    // Christmas Day is a Friday in 2026; the fortnight meets it in some year.
    let fortnight =
        DayRule::Every { n: 2, unit: Unit::Weeks, anchor: day("2026-01-05"), months: MonthSet::EMPTY, weekdays: WeekdaySet::EMPTY };
    assert_eq!(pairs(vec![on_days([fortnight], "closed"), weekly(Mon, Fri, "9-17")]), [(0, 1)]);
    assert_eq!(pairs(vec![on_days([nth(1, Mon, MonthSet::EMPTY)], "closed"), on_days([nth(0, Mon, MonthSet::EMPTY)], "9-12")]), []);
    // Many pairs stay within bounds.
    let many: Vec<Line> = (0..100).map(|n| if n % 2 == 0 { daily("closed") } else { daily("9-17") }).collect();
    assert_eq!(pairs(many).len(), 256);
}

#[test]
fn lines_that_never_decide() {
    let dead = |lines: Vec<Line>| dead_lines(&pool(), &in_utc(lines));
    assert_eq!(dead(vec![weekly(Mon, Fri, "9-17"), on_days([DayRule::Named(0)], "closed")]), []);
    assert_eq!(dead(vec![weekly(Mon, Fri, "9-17"), season(MonthSet::ALL, Mon, Sun, "10-12")]), [0]);
    assert_eq!(dead(vec![weekly(Fri, Fri, "9-17"), weekly(Mon, Sun, "closed")]), [0]);
    assert_eq!(dead(vec![on_days([DayRule::Named(2)], "closed"), daily("9-17")]), [] as [usize; 0]);
    assert_eq!(dead(vec![daily("9-17"), Line { from: Some(day("2026-02-01")), until: Some(day("2026-01-01")), ..daily("closed") }]), [1]);
    assert_eq!(dead(vec![on_days([nth(1, Mon, month(1))], "9-12"), on_days([full_range("1990-01-01", "2110-01-01")], "closed")]), [0]);
    assert_eq!(dead(vec![on_days([yearly(2, 30)], "9-12"), daily("9-17")]), [0]);
    // What lies outside of the tables is not called dead.
    assert_eq!(dead(vec![on_days([full("2150-01-01")], "9-12"), on_days([full("1980-01-01")], "closed")]), []);
    assert_eq!(dead(vec![Line { from: Some(day("2120-01-01")), ..daily("9-12") }]), []);
}

#[test]
fn one_schedule_covers_another() {
    let pool = pool();
    let office = in_utc([weekly(Mon, Fri, "9-17"), on_days([DayRule::Named(0)], "closed")]);
    let plain = in_utc([weekly(Mon, Fri, "9-17")]);
    let nights = in_utc([daily("22-6")]);
    assert!(covers(&plain, &office, &pool) && !covers(&office, &plain, &pool));
    assert!(covers(&office, &office, &pool) && covers(&plain, &plain, &pool));
    assert!(covers(&plain, &in_utc([weekly(Mon, Wed, "9-12 13-17")]), &pool));
    assert!(!covers(&plain, &in_utc([weekly(Mon, Wed, "9-17:01")]), &pool));
    assert!(covers(&nights, &in_utc([weekly(Fri, Fri, "23-5")]), &pool) && covers(&nights, &in_utc([weekly(Sat, Sat, "0-6")]), &pool));
    assert!(!covers(&nights, &in_utc([weekly(Sat, Sat, "5-7")]), &pool));
    assert!(!covers(&plain, &plain.in_zone(common::zone("Europe/London")), &pool));
    assert!(covers(&plain, &in_utc([]), &pool));
}

#[test]
fn lists_cover_lists() {
    let entries = |rules: Vec<DayRule>| rules.into_iter().map(DatesEntry::from).collect::<Vec<_>>();
    let pool = pool();
    assert!(dates_cover(&entries(vec![DayRule::Named(0)]), &entries(vec![yearly(12, 25)]), &pool));
    assert!(!dates_cover(&entries(vec![yearly(12, 25)]), &entries(vec![DayRule::Named(0)]), &pool));
    assert!(dates_cover(&entries(vec![DayRule::YearlyRange { from: (12, 1), to: (12, 31) }]), &entries(vec![DayRule::Named(0)]), &pool));
    assert!(
        never_on(&pool, &entries(vec![DayRule::Named(2)])) && never_on(&pool, &[]) && !never_on(&pool, &entries(vec![DayRule::Easter]))
    );
}

#[test]
fn lists_that_end_say_when() {
    let pool = pool();
    let last = |entries: &[DatesEntry]| last_day(&pool, entries).map(|day| day.to_string());
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(last(&[full("2028-04-14").into(), full("2026-04-03").into()]), text("2028-04-14"));
    assert_eq!(last(&[DayRule::Named(1).into()]), text("2028-04-14"));
    assert_eq!(last(&[moved(DayRule::Named(1), 3)]), text("2028-04-17"));
    assert_eq!(last(&[full_range("2026-08-10", "2026-08-14").into()]), text("2026-08-14"));
    assert_eq!(last(&[DayRule::Days(vec![day("2026-08-10"), day("2027-01-01")]).into()]), text("2027-01-01"));
    // 1 January 2028 is a Saturday, which is observed the day before; 4 July 2027 a Sunday, observed the day after.
    assert_eq!(last(&[observed(full("2028-01-01"))]), text("2028-01-01"));
    assert_eq!(last(&[observed(full("2027-07-04"))]), text("2027-07-05"));
    // A rule that ends.
    assert_eq!(last(&[DatesEntry { until: Some(day("2028-03-01")), ..DayRule::Easter.into() }]), text("2027-03-28"));
    // Without end, and with nothing.
    assert_eq!(last(&[full("2028-04-14").into(), yearly(12, 25).into()]), None);
    assert_eq!(last(&[DayRule::Named(0).into()]), None);
    assert_eq!(last(&[]), None);
    assert_eq!(last(&[DayRule::Named(2).into()]), None);
    assert_eq!(last(&[full_range("2026-08-14", "2026-08-10").into()]), None);
    // Outside of the tables.
    assert_eq!(last(&[full("1990-05-05").into(), full("1985-05-05").into()]), text("1990-05-05"));
    assert_eq!(last(&[full("2150-05-05").into()]), text("2150-05-05"));
    // A circle is not claimed to end.
    let circle = Pool { dates: vec![Dates { entries: vec![DayRule::Named(0).into(), full("2026-01-01").into()] }] };
    assert_eq!(last_day(&circle, &[DayRule::Named(0).into()]), None);
}

#[test]
fn schedules_are_checked_against_their_pool() {
    let pool = pool();
    assert_eq!(in_utc([on_days([DayRule::Named(2)], "closed")]).check(&pool), Ok(()));
    assert_eq!(in_utc([on_days([DayRule::Named(3)], "closed")]).check(&pool), Err(PoolError::Missing(3)));
    let except = DayRule::Workday { ordinal: Ordinal::Last, except: Some(9), months: MonthSet::EMPTY };
    assert_eq!(in_utc([on_days([except], "closed")]).check(&pool), Err(PoolError::Missing(9)));
    let line = Line { days: LineDays::Dates(vec![]), what: callroute_calendar::What::Closed, from: None, until: None };
    assert_eq!(in_utc(vec![line; MAX_LINES + 1]).check(&pool), Err(PoolError::TooLarge));
    let thursdays: Vec<DayRule> = vec![nth(1, Thu, MonthSet::EMPTY); 20_000];
    assert_eq!(in_utc([on_days(thursdays, "closed")]).check(&pool), Err(PoolError::TooLarge));
}
