//! Tables, bytes and rules agree, on whatever comes.
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

use callroute_calendar::{
    Dates, DatesEntry, DatesTable, Day, DayRule, Line, LineDays, Local, MonthSet, Ordinal, Pool, Schedule, ScheduleTable, Unit, Weekday,
    WeekdaySet, What, Zone, ZoneTable, always_open, contradictions, covers, dead_lines, explain, is_open, last_day, local, never_open,
    next_change, on, to_unix, zones,
};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};

/// So many cases; `PROPTEST_CASES` asks for more.
fn config(cases: u32) -> Config {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(cases);
    Config { cases, rng_seed: RngSeed::Fixed(0x00CA_11E0), failure_persistence: None, ..Config::default() }
}

/// Days that matter: within the tables, at their ends, and far outside.
fn any_day() -> impl Strategy<Value = Day> {
    prop_oneof![
        6 => (10_957..=47_481i32).prop_map(Day),
        1 => (10_940..=10_975i32).prop_map(Day),
        1 => (47_465..=47_500i32).prop_map(Day),
        1 => (-25_600..=66_000i32).prop_map(Day),
    ]
}

fn bound() -> impl Strategy<Value = Option<Day>> {
    prop_oneof![5 => Just(None), 1 => any_day().prop_map(Some)]
}

fn months() -> impl Strategy<Value = MonthSet> {
    prop_oneof![2 => Just(MonthSet::EMPTY), 1 => (1..=12u8, 1..=12u8).prop_map(|(a, b)| MonthSet::range(a, b)), 1 => (0..=0xFFFu16).prop_map(|bits| MonthSet::from_bits(bits).unwrap())]
}

fn weekdays() -> impl Strategy<Value = WeekdaySet> {
    (0..=0x7Fu8).prop_map(|bits| WeekdaySet::from_bits(bits).unwrap())
}

fn date() -> impl Strategy<Value = (u8, u8)> {
    (1..=12u8, 1..=31u8).prop_map(|(month, day)| (month, day.min(callroute_calendar::days_in_month(2000, month))))
}

fn ordinal(largest: u8) -> impl Strategy<Value = Ordinal> {
    prop_oneof![3 => (1..=largest).prop_map(Ordinal::Nth), 1 => Just(Ordinal::Last)]
}

/// A rule that may refer to the lists below `below`.
fn rule(below: u32) -> BoxedStrategy<DayRule> {
    let reference = move |index: u32| if below == 0 { None } else { Some(index % below) };
    prop_oneof![
        any_day().prop_map(DayRule::Full),
        (any_day(), -3..=40i32).prop_map(|(day, length)| DayRule::FullRange(day, day.plus(length))),
        date().prop_map(|(month, day)| DayRule::Yearly { month, day }),
        (date(), date()).prop_map(|(from, to)| DayRule::YearlyRange { from, to }),
        Just(DayRule::Easter),
        (ordinal(5), 0..7u8, months()).prop_map(|(ordinal, weekday, months)| DayRule::Nth {
            ordinal,
            weekday: Weekday::from_index(weekday),
            months
        }),
        (ordinal(23), any::<u32>(), any::<bool>(), months()).prop_map(move |(ordinal, index, excepts, months)| DayRule::Workday {
            ordinal,
            except: reference(index).filter(|_| excepts),
            months,
        }),
        (prop_oneof![3 => 1..=6u32, 1 => 1..=999u32], 0..4u8, any_day(), months(), weekdays(), any::<bool>()).prop_map(
            |(n, unit, anchor, months, weekdays, plain)| DayRule::Every {
                n,
                unit: [Unit::Days, Unit::Weeks, Unit::Months, Unit::Years][usize::from(unit)],
                anchor,
                months,
                weekdays: if plain { WeekdaySet::EMPTY } else { weekdays },
            }
        ),
        any::<u32>().prop_map(move |index| reference(index).map_or(DayRule::Easter, DayRule::Named)),
        btree_set(any_day(), 0..20).prop_map(|days| DayRule::Days(days.into_iter().collect())),
    ]
    .boxed()
}

fn entry(below: u32) -> impl Strategy<Value = DatesEntry> {
    let offset = prop_oneof![3 => Just(0), 1 => -3..=3i32, 1 => -366..=366i32];
    (rule(below), offset, any::<bool>(), bound(), bound()).prop_map(|(rule, offset, observed, from, until)| DatesEntry {
        rule,
        offset,
        observed,
        from,
        until,
    })
}

fn pool() -> impl Strategy<Value = Pool> {
    let list = |below| vec(entry(below), 0..4).prop_map(|entries| Dates { entries });
    (list(0), list(1), list(2), list(3)).prop_map(|(a, b, c, d)| Pool { dates: vec![a, b, c, d] })
}

fn line() -> impl Strategy<Value = Line> {
    let interval = (0..1440u16, 0..=1440u16).prop_filter("equal ends", |(start, end)| start != end);
    let what = prop_oneof![1 => Just(What::Closed), 3 => vec(interval, 1..4).prop_map(What::Open)];
    let days = prop_oneof![
        2 => (months(), weekdays()).prop_map(|(months, weekdays)| LineDays::Weekly { months, weekdays }),
        2 => vec(entry(4), 1..4).prop_map(LineDays::Dates),
    ];
    (days, what, bound(), bound()).prop_map(|(days, what, from, until)| Line { days, what, from, until })
}

fn any_zone() -> impl Strategy<Value = Zone> {
    let all: Vec<Zone> = zones().map(|name| Zone::parse(name).unwrap()).collect();
    proptest::sample::select(all)
}

fn schedule() -> impl Strategy<Value = Schedule> {
    let weeks = (weekdays(), 0..1440u16, 1..=1440u16).prop_filter("equal ends", |(_, start, end)| start != end).prop_map(
        |(weekdays, start, end)| Line {
            days: LineDays::Weekly { months: MonthSet::EMPTY, weekdays },
            what: What::Open(vec![(start, end)]),
            from: None,
            until: None,
        },
    );
    let lines = prop_oneof![1 => vec(weeks, 0..5), 4 => vec(line(), 0..7)];
    (any_zone(), lines).prop_map(|(zone, lines)| Schedule { zone, lines })
}

fn reading() -> impl Strategy<Value = Local> {
    (any_day(), 0..1440u16).prop_map(|(day, minute)| Local { day, minute, second: 0 })
}

proptest! {
    #![proptest_config(config(48))]

    #[test]
    fn dates_tables_agree_with_the_rules(pool in pool(), entries in vec(entry(4), 0..4), days in vec(any_day(), 150), year in 2000..2099i32) {
        prop_assert_eq!(pool.check(), Ok(()));
        let table = DatesTable::new(&pool, &entries);
        let first = Day::from_ymd(year as u16, 1, 1).unwrap();
        for day in days.into_iter().chain((0..366).map(|step| first.plus(step))) {
            prop_assert_eq!(table.contains(day), on(&pool, &entries, day), "{}", day);
        }
    }

    #[test]
    fn schedule_tables_agree_with_the_rules(pool in pool(), schedule in schedule(), readings in vec(reading(), 150), start in any_day()) {
        let table = ScheduleTable::new(&pool, &schedule);
        let row = (0..60).flat_map(|step| [0, 359, 720, 1439].map(|minute| Local { day: start.plus(step), minute, second: 59 }));
        for reading in readings.into_iter().chain(row) {
            let open = is_open(&pool, &schedule, reading);
            prop_assert_eq!(table.open(reading), open, "{:?}", reading);
            let explained = explain(&pool, &schedule, reading);
            prop_assert_eq!(explained.is_open(), open);
            prop_assert!(explained.line().is_none_or(|line| line < schedule.lines.len()));
        }
    }

    #[test]
    fn nothing_changes_before_the_next_change(pool in pool(), schedule in schedule(), unix in 946_684_800..4_000_000_000i64, probes in vec(0.0..1.0f64, 20)) {
        let table = ScheduleTable::new(&pool, &schedule);
        let open = |unix| table.open(local(schedule.zone, unix));
        let next = table.next_change(unix);
        prop_assert_eq!(next_change(&pool, &schedule, unix), next);
        let end = next.map_or(unix + 400 * 86_400, |(at, _)| at);
        if let Some((at, opens)) = next {
            prop_assert!(at > unix && opens != open(unix) && open(at) == opens);
        }
        prop_assert_eq!(open(end - 1), open(unix));
        for probe in probes {
            let between = unix + ((end - unix) as f64 * probe) as i64;
            prop_assert_eq!(open(between), open(unix), "{}", between);
        }
    }

    #[test]
    fn answers_about_whole_schedules_agree_with_their_readings(pool in pool(), a in schedule(), b in schedule(), readings in vec(reading(), 100)) {
        let b = b.in_zone(a.zone);
        let (never, always, covered) = (never_open(&pool, &a), always_open(&pool, &a), covers(&a, &b, &pool));
        let inside = |reading: &&Local| (10_957..=47_481).contains(&reading.day.0);
        for &reading in readings.iter().filter(inside) {
            let open = is_open(&pool, &a, reading);
            let claimed_otherwise = if open { never } else { always };
            prop_assert!(!claimed_otherwise);
            prop_assert!(!covered || open || !is_open(&pool, &b, reading));
        }
        // Without its dead lines a schedule is the same.
        let dead = dead_lines(&pool, &a);
        let alive = a.lines.iter().enumerate().filter(|(index, _)| !dead.contains(index)).map(|(_, line)| line.clone()).collect();
        let alive = Schedule { zone: a.zone, lines: alive };
        for &reading in readings.iter().filter(inside) {
            prop_assert_eq!(is_open(&pool, &a, reading), is_open(&pool, &alive, reading), "{:?}", reading);
        }
        for (one, other) in contradictions(&pool, &a) {
            prop_assert!(one < other && (a.lines[one].what == What::Closed) != (a.lines[other].what == What::Closed));
        }
    }

    #[test]
    fn no_day_comes_after_the_last(pool in pool(), entries in vec(entry(4), 0..3), days in vec(any_day(), 200)) {
        if let Some(last) = last_day(&pool, &entries) {
            for day in days {
                prop_assert!(day <= last || !on(&pool, &entries, day), "{} after {}", day, last);
            }
        }
    }

    #[test]
    fn bytes_give_back_what_went_in(pool in pool(), schedule in schedule()) {
        prop_assert_eq!(Pool::decode(&pool.encode()), Ok(pool.clone()));
        prop_assert_eq!(Schedule::decode(&schedule.encode()), Ok(schedule.clone()));
        for dates in &pool.dates {
            prop_assert_eq!(&Dates::decode(&dates.encode()).unwrap(), dates);
        }
        // No byte too few, none too many.
        let mut bytes = schedule.encode();
        for length in 0..bytes.len() {
            prop_assert!(Schedule::decode(&bytes[..length]).is_err());
        }
        bytes.push(0);
        prop_assert!(Schedule::decode(&bytes).is_err());
    }

    #[test]
    fn damaged_bytes_are_refused_or_mean_something_sound(pool in pool(), schedule in schedule(), at in any::<prop::sample::Index>(), value in any::<u8>(), reading in reading()) {
        let mut bytes = schedule.encode();
        let place = at.index(bytes.len());
        bytes[place] = value;
        if let Ok(damaged) = Schedule::decode(&bytes) {
            prop_assert_eq!(Schedule::decode(&damaged.encode()), Ok(damaged.clone()));
            let _ = is_open(&pool, &damaged, reading);
        }
        let mut bytes = pool.encode();
        let place = at.index(bytes.len());
        bytes[place] = value;
        if let Ok(damaged) = Pool::decode(&bytes) {
            prop_assert_eq!(damaged.check(), Ok(()));
            let _ = is_open(&damaged, &schedule, reading);
        }
    }

    #[test]
    fn random_bytes_never_break_the_decoder(bytes in vec(prop_oneof![0..12u8, any::<u8>()], 0..200)) {
        let _ = (Pool::decode(&bytes), Dates::decode(&bytes), Schedule::decode(&bytes));
    }

    #[test]
    fn texts_never_break_the_readers(text in "\\PC{0,24}", near in "[-+0-9TZtz:. /A-Za-z]{0,30}") {
        for text in [&text, &near] {
            let _ = (Zone::parse(text), callroute_calendar::nearest(text), callroute_calendar::alias_of(text));
            let _ = (callroute_calendar::parse_rfc3339(text), Day::parse(text));
        }
    }
}

proptest! {
    #![proptest_config(config(24))]

    /// Pools with circles, missing lists, and numbers that no compiler would write.
    #[test]
    fn faulty_pools_are_answered_alike(
        lists in vec(vec((rule(6), any::<i32>(), any::<bool>()), 0..3), 5),
        odd in prop_oneof![
            Just(DayRule::Yearly { month: 0, day: 0 }),
            Just(DayRule::Yearly { month: 13, day: 40 }),
            Just(DayRule::YearlyRange { from: (0, 200), to: (255, 1) }),
            Just(DayRule::YearlyRange { from: (2, 30), to: (4, 31) }),
            Just(DayRule::FullRange(Day(i32::MIN), Day(i32::MAX))),
            Just(DayRule::Full(Day(i32::MAX))),
            Just(DayRule::Nth { ordinal: Ordinal::Nth(0), weekday: Weekday::Mon, months: MonthSet::EMPTY }),
            Just(DayRule::Nth { ordinal: Ordinal::Nth(255), weekday: Weekday::Sun, months: MonthSet::EMPTY }),
            Just(DayRule::Workday { ordinal: Ordinal::Nth(0), except: None, months: MonthSet::EMPTY }),
            Just(DayRule::Workday { ordinal: Ordinal::Nth(255), except: Some(u32::MAX), months: MonthSet::EMPTY }),
            (any::<u32>(), any::<i32>(), 0..4usize).prop_map(|(n, anchor, unit)| DayRule::Every {
                n,
                unit: [Unit::Days, Unit::Weeks, Unit::Months, Unit::Years][unit],
                anchor: Day(anchor),
                months: MonthSet::EMPTY,
                weekdays: WeekdaySet::EMPTY,
            }),
        ],
        plain in any::<bool>(),
        days in vec(prop_oneof![any_day(), any::<i32>().prop_map(Day)], 20),
    ) {
        let dates = |entries: Vec<(DayRule, i32, bool)>| Dates {
            entries: entries.into_iter().map(|(rule, offset, observed)| DatesEntry { offset: if plain { 0 } else { offset }, observed, ..rule.into() }).collect(),
        };
        let pool = Pool { dates: lists.into_iter().map(dates).collect() };
        let _ = pool.check();
        let entries = [odd.into(), DayRule::Named(0).into(), DayRule::Named(99).into()];
        let table = DatesTable::new(&pool, &entries);
        let line = Line { days: LineDays::Dates(entries.to_vec()), what: What::Open(vec![(600, 600), (2000, 3000), (1439, 1500), (60, 30)]), from: None, until: None };
        let schedule = Schedule { zone: Zone::UTC, lines: vec![line] };
        let hours = ScheduleTable::new(&pool, &schedule);
        for day in days {
            prop_assert_eq!(table.contains(day), on(&pool, &entries, day), "{:?}", day);
            for minute in [0, 700, 1440, u16::MAX] {
                let reading = Local { day, minute, second: 0 };
                prop_assert_eq!(hours.open(reading), is_open(&pool, &schedule, reading), "{:?}", reading);
            }
        }
        let _ = (last_day(&pool, &entries), contradictions(&pool, &schedule), dead_lines(&pool, &schedule));
    }
}

/// Dates moved by a year, twelve times over: what falls on a day of the tables lies further outside than sets of days are kept.
#[test]
fn dates_moved_from_far_outside_still_fall_within_the_tables() {
    for (base, direction) in [("1987-12-24", 1), ("2112-01-06", -1)] {
        let mut dates = vec![Dates { entries: vec![common::full(base).into(), common::yearly(2, 29).into()] }];
        dates.extend((0..12).map(|below| Dates { entries: vec![common::moved(DayRule::Named(below), 366 * direction)] }));
        let pool = Pool { dates };
        assert_eq!(pool.check(), Ok(()));
        let entries = [DayRule::Named(12).into()];
        let table = DatesTable::new(&pool, &entries);
        let landed = common::day(base).plus(366 * 12 * direction);
        assert!((10_957..=47_481).contains(&landed.0), "{landed}");
        assert!(on(&pool, &entries, landed) && table.contains(landed), "{landed}");
        for day in (10_957..11_700).chain(46_700..=47_481).map(Day) {
            assert_eq!(table.contains(day), on(&pool, &entries, day), "{day}");
        }
    }
}

/// Zones with something odd about them: offsets of half and quarter hours, days left out, winter time that is negative summer time, clocks that
/// change for Ramadan, at midnight, by half an hour, by two hours, or stopped changing.
const ODD: [&str; 44] = [
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Casablanca",
    "Africa/El_Aaiun",
    "Asia/Kathmandu",
    "Europe/Dublin",
    "Antarctica/Troll",
    "Antarctica/Casey",
    "Antarctica/Vostok",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Pacific/Kwajalein",
    "Pacific/Fakaofo",
    "Pacific/Marquesas",
    "Asia/Gaza",
    "Asia/Hebron",
    "Asia/Tehran",
    "Asia/Pyongyang",
    "Asia/Kolkata",
    "Asia/Yangon",
    "Asia/Beirut",
    "Asia/Jerusalem",
    "Asia/Manila",
    "Africa/Cairo",
    "Africa/Juba",
    "Africa/Monrovia",
    "Africa/Sao_Tome",
    "Africa/Windhoek",
    "America/Caracas",
    "America/Havana",
    "America/Sao_Paulo",
    "America/St_Johns",
    "America/Nuuk",
    "America/Scoresbysund",
    "America/Santiago",
    "America/Asuncion",
    "America/Phoenix",
    "America/Chicago",
    "America/Indiana/Knox",
    "Australia/Eucla",
    "Europe/Istanbul",
    "Europe/Moscow",
    "Europe/Volgograd",
    "UTC",
];

proptest! {
    #![proptest_config(config(64))]

    #[test]
    fn zone_tables_agree_with_the_zone_data(instants in vec(prop_oneof![3 => 0..4_102_444_800i64, 1 => -2_300_000_000..5_800_000_000i64, 1 => any::<i64>()], 40)) {
        for name in ODD {
            let zone = common::zone(name);
            let table = ZoneTable::shared(zone);
            for &unix in &instants {
                prop_assert_eq!(table.local(unix), local(zone, unix), "{} {}", name, unix);
            }
        }
    }

    #[test]
    fn readings_come_back_as_instants(zone in proptest::sample::select(ODD.as_slice()), unix in -2_000_000_000..4_200_000_000i64, step in -10_000..10_000i64) {
        let zone = common::zone(zone);
        // Near a change of the clock, where there is one, and anywhere.
        let table = ZoneTable::shared(zone);
        let offset = |unix: i64| { let at = local(zone, unix); i64::from(at.day.0) * 86_400 + i64::from(at.minute) * 60 + i64::from(at.second) - unix };
        let (mut low, mut high) = (unix, unix + 200 * 86_400);
        while high - low > 1 && offset(low) != offset(high) {
            let middle = low + (high - low) / 2;
            if offset(middle) == offset(low) { low = middle } else { high = middle }
        }
        for unix in [unix, low + step] {
            let wall = table.local(unix);
            let (back, special) = to_unix(zone, wall.day, wall.minute, wall.second);
            prop_assert!(back <= unix, "the earlier instant");
            prop_assert_eq!(local(zone, back), wall);
            prop_assert!(special || back == unix);
        }
        // Any reading, even one that is skipped.
        let wall = low + offset(low) + step;
        let (day, of_day) = (Day(wall.div_euclid(86_400) as i32), wall.rem_euclid(86_400));
        let reading = Local { day, minute: (of_day / 60) as u16, second: (of_day % 60) as u8 };
        let (at, special) = to_unix(zone, reading.day, reading.minute, reading.second);
        if local(zone, at) != reading {
            prop_assert!(special && local(zone, at) > reading && local(zone, at - 1) < reading, "the first instant after the gap");
        }
    }
}
