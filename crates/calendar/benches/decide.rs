//! What it costs to know whether an office is open: by tables, by rules, and as one would write it with chrono-tz by hand.
//!
//! `cargo bench -p callroute-calendar`
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark")]

use callroute_calendar::{
    Dates, DatesEntry, DayRule, Line, LineDays, MonthSet, Ordinal, Pool, PoolSets, Schedule, ScheduleTable, Weekday, WeekdaySet, What,
    Zone, ZoneTable, is_open, local,
};
use chrono::{DateTime, Datelike, Timelike};
use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

fn chicago() -> Zone {
    Zone::parse("America/Chicago").unwrap()
}

/// Instants over twenty years, in no order.
fn instants() -> Vec<i64> {
    (0..4096i64).map(|step| 1_700_000_000 + (step * 2_654_435_761) % 630_000_000).collect()
}

fn line(days: LineDays, hours: &[(u16, u16)]) -> Line {
    let what = if hours.is_empty() { What::Closed } else { What::Open(hours.to_vec()) };
    Line { days, what, from: None, until: None }
}

fn weekdays(months: MonthSet, first: Weekday, last: Weekday) -> LineDays {
    LineDays::Weekly { months, weekdays: WeekdaySet::range(first, last) }
}

/// `mon-fri 9-17`
fn plain() -> Schedule {
    Schedule { zone: chicago(), lines: vec![line(weekdays(MonthSet::EMPTY, Weekday::Mon, Weekday::Fri), &[(540, 1020)])] }
}

/// A large office: a season, night shifts, twenty holidays, two hundred dated exceptions, pay days.
fn rich() -> (Pool, Schedule) {
    let fixed = (1..=12).map(|month| DatesEntry { observed: true, ..DayRule::Yearly { month, day: month }.into() });
    let movable =
        (1..=6).map(|month| DayRule::Nth { ordinal: Ordinal::Last, weekday: Weekday::Mon, months: MonthSet::EMPTY.with(month) }.into());
    let easter = [-2, 1].map(|offset| DatesEntry { offset, ..DayRule::Easter.into() });
    let holidays = Dates { entries: fixed.chain(movable).chain(easter).collect() };
    let mut lines = vec![
        line(weekdays(MonthSet::EMPTY, Weekday::Mon, Weekday::Thu), &[(540, 720), (780, 1050)]),
        line(weekdays(MonthSet::EMPTY, Weekday::Fri, Weekday::Fri), &[(540, 900)]),
        line(weekdays(MonthSet::EMPTY, Weekday::Fri, Weekday::Sat), &[(1320, 120)]),
        line(weekdays(MonthSet::range(6, 8), Weekday::Mon, Weekday::Fri), &[(480, 840)]),
        line(LineDays::Dates(vec![DayRule::Named(0).into()]), &[]),
        line(
            LineDays::Dates(vec![DayRule::Workday { ordinal: Ordinal::Last, except: Some(0), months: MonthSet::EMPTY }.into()]),
            &[(540, 1200)],
        ),
        line(LineDays::Dates(vec![DayRule::Yearly { month: 12, day: 24 }.into()]), &[(540, 720)]),
    ];
    let dated = (0..200)
        .map(|n| line(LineDays::Dates(vec![DayRule::Full(callroute_calendar::Day(20_454 + n * 17)).into()]), &[(540, 600 + n as u16)]));
    lines.extend(dated);
    (Pool { dates: vec![holidays] }, Schedule { zone: chicago(), lines })
}

#[divan::bench]
fn plain_by_hand_with_chrono_tz(bencher: Bencher) {
    let instants = instants();
    bencher.counter(instants.len()).bench(|| {
        let open = |&&unix: &&i64| {
            let at = DateTime::from_timestamp(unix, 0).unwrap().with_timezone(&chrono_tz::America::Chicago);
            at.weekday().num_days_from_monday() < 5 && (9..17).contains(&at.hour())
        };
        black_box(&instants).iter().filter(open).count()
    });
}

#[divan::bench]
fn plain_by_table(bencher: Bencher) {
    let (instants, zone, table) = (instants(), ZoneTable::new(chicago()), ScheduleTable::new(&Pool::default(), &plain()));
    bencher.counter(instants.len()).bench(|| black_box(&instants).iter().filter(|&&unix| table.open(zone.local(unix))).count());
}

#[divan::bench]
fn plain_by_rules(bencher: Bencher) {
    let (instants, pool, schedule) = (instants(), Pool::default(), plain());
    bencher
        .counter(instants.len())
        .bench(|| black_box(&instants).iter().filter(|&&unix| is_open(&pool, &schedule, local(schedule.zone, unix))).count());
}

#[divan::bench]
fn rich_by_table(bencher: Bencher) {
    let (pool, schedule) = rich();
    let (instants, zone, table) = (instants(), ZoneTable::new(chicago()), ScheduleTable::new(&pool, &schedule));
    bencher.counter(instants.len()).bench(|| black_box(&instants).iter().filter(|&&unix| table.open(zone.local(unix))).count());
}

#[divan::bench(sample_count = 10)]
fn rich_by_rules(bencher: Bencher) {
    let (pool, schedule) = rich();
    let instants = instants();
    bencher
        .counter(instants.len())
        .bench(|| black_box(&instants).iter().filter(|&&unix| is_open(&pool, &schedule, local(schedule.zone, unix))).count());
}

#[divan::bench]
fn reading_by_chrono_tz(bencher: Bencher) {
    let instants = instants();
    let zone = chicago();
    bencher.counter(instants.len()).bench(|| black_box(&instants).iter().map(|&unix| u64::from(local(zone, unix).minute)).sum::<u64>());
}

#[divan::bench]
fn reading_by_table(bencher: Bencher) {
    let (instants, zone) = (instants(), ZoneTable::new(chicago()));
    bencher.counter(instants.len()).bench(|| black_box(&instants).iter().map(|&unix| u64::from(zone.local(unix).minute)).sum::<u64>());
}

#[divan::bench]
fn making_a_zone_table() -> ZoneTable {
    ZoneTable::new(black_box(chicago()))
}

#[divan::bench]
fn making_a_plain_schedule_table(bencher: Bencher) {
    let schedule = plain();
    bencher.bench(|| ScheduleTable::new(&Pool::default(), black_box(&schedule)));
}

#[divan::bench]
fn making_a_rich_schedule_table(bencher: Bencher) {
    let (pool, schedule) = rich();
    bencher.bench(|| ScheduleTable::new(black_box(&pool), black_box(&schedule)));
}

#[divan::bench]
fn making_a_second_schedule_table_over_one_pool(bencher: Bencher) {
    let (pool, schedule) = rich();
    let mut sets = PoolSets::new(&pool);
    let _ = ScheduleTable::with(&mut sets, &schedule);
    bencher.bench_local(|| ScheduleTable::with(&mut sets, black_box(&schedule)));
}
