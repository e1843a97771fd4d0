//! What it costs to know whether an office is open: by the runtime's tables, by reading the rules day by day, and by hand with chrono-tz.

use std::hint::black_box;

use callroute_calendar::{
    Dates, DatesEntry, Day, DayRule, Line, LineDays, MonthSet, Ordinal, Pool, Schedule, ScheduleTable, Weekday, WeekdaySet, What, Zone,
    ZoneTable, is_open, local,
};
use chrono::{DateTime, Datelike, Timelike};
use criterion::{Criterion, Throughput};

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
fn plain() -> (Pool, Schedule) {
    let lines = vec![line(weekdays(MonthSet::EMPTY, Weekday::Mon, Weekday::Fri), &[(540, 1020)])];
    (Pool::default(), Schedule { zone: chicago(), lines })
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
    let dated =
        (0..200).map(|n: u16| line(LineDays::Dates(vec![DayRule::Full(Day(20_454 + i32::from(n) * 17)).into()]), &[(540, 600 + n)]));
    lines.extend(dated);
    (Pool { dates: vec![holidays] }, Schedule { zone: chicago(), lines })
}

/// The plain schedule as one would write it.
fn by_hand(unix: i64) -> bool {
    let at = DateTime::from_timestamp(unix, 0).unwrap().with_timezone(&chrono_tz::America::Chicago);
    at.weekday().num_days_from_monday() < 5 && (9..17).contains(&at.hour())
}

pub fn measure(criterion: &mut Criterion) {
    let instants = instants();
    let zone = ZoneTable::new(chicago());
    let mut group = criterion.benchmark_group("hours");
    group.throughput(Throughput::Elements(instants.len() as u64));
    group.bench_function("plain_by_hand", |bencher| {
        bencher.iter(|| black_box(&instants).iter().filter(|unix| by_hand(**unix)).count());
    });
    for (name, (pool, schedule)) in [("plain", plain()), ("rich", rich())] {
        let table = ScheduleTable::new(&pool, &schedule);
        let by_table = |unix: &&i64| table.open(zone.local(**unix));
        let by_rules = |unix: &&i64| is_open(&pool, &schedule, local(schedule.zone, **unix));
        assert!(instants.iter().all(|unix| by_table(&unix) == by_rules(&unix)));
        if name == "plain" {
            assert!(instants.iter().all(|unix| by_table(&unix) == by_hand(*unix)));
        }
        group.bench_function(format!("{name}_by_table"), |bencher| {
            bencher.iter(|| black_box(&instants).iter().filter(by_table).count());
        });
        group.bench_function(format!("{name}_by_rules"), |bencher| {
            bencher.iter(|| black_box(&instants).iter().filter(by_rules).count());
        });
        group.bench_function(format!("{name}_table"), |bencher| bencher.iter(|| ScheduleTable::new(black_box(&pool), &schedule)));
    }
    group.bench_function("zone_table", |bencher| bencher.iter(|| ZoneTable::new(black_box(chicago()))));
    group.finish();
}
