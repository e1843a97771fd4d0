//! When schedules are open, at exact instants: edges, midnight, clock changes, zones, holidays.
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

use callroute_calendar::Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};
use callroute_calendar::{
    Dates, DayRule, Explanation, Line, MonthSet, Ordinal, Pool, Schedule, Unit, WeekdaySet, explain, format_local, local, next_change,
    on_dates,
};
use common::{
    assert_open, daily, day, full, full_range, instant, month, moved, nth, observed, on_days, open_at, schedule, season, weekly, yearly,
    zone,
};

fn no_dates() -> Pool {
    Pool::default()
}

#[test]
fn hours_hold_their_start_and_not_their_end() {
    let every_day = schedule("America/Chicago", [daily("9-17")]);
    let weekdays = schedule("America/Chicago", [weekly(Mon, Fri, "9-17")]);
    for (text, reading, all, working) in [
        ("2026-03-06T14:59:59Z", "Fri 2026-03-06 08:59:59 CST", false, false),
        ("2026-03-06T15:00:00Z", "Fri 2026-03-06 09:00:00 CST", true, true),
        ("2026-03-06T22:59:59Z", "Fri 2026-03-06 16:59:59 CST", true, true),
        ("2026-03-06T23:00:00Z", "Fri 2026-03-06 17:00:00 CST", false, false),
        ("2026-03-06T23:30:00Z", "Fri 2026-03-06 17:30:00 CST", false, false),
        ("2026-03-07T16:00:00Z", "Sat 2026-03-07 10:00:00 CST", true, false),
    ] {
        assert_eq!(format_local(every_day.zone, instant(text)), reading);
        assert_eq!(open_at(&no_dates(), &every_day, text), all, "{text}");
        assert_eq!(open_at(&no_dates(), &weekdays, text), working, "{text}");
    }
}

#[test]
fn a_night_shift_belongs_to_the_day_it_starts_on() {
    let night = schedule("America/Chicago", [weekly(Fri, Fri, "22-6")]);
    assert_open(
        &no_dates(),
        &night,
        &[
            ("2026-03-06T07:00:00Z", false),
            ("2026-03-07T03:59:59Z", false),
            ("2026-03-07T04:00:00Z", true),
            ("2026-03-07T08:00:00Z", true),
            ("2026-03-07T11:59:59Z", true),
            ("2026-03-07T12:00:00Z", false),
            ("2026-03-08T04:30:00Z", false),
        ],
    );
}

#[test]
fn the_tail_of_a_shift_stands_though_the_next_day_is_closed() {
    let night = schedule("America/Chicago", [weekly(Fri, Fri, "22-6"), on_days([full("2026-03-07")], "closed")]);
    assert_open(&no_dates(), &night, &[("2026-03-07T11:59:59Z", true), ("2026-03-07T12:00:00Z", false)]);
    // And a shift that would start on a closed day has no tail either.
    let off = schedule("America/Chicago", [weekly(Fri, Fri, "22-6"), on_days([full("2026-03-06")], "closed")]);
    assert_open(&no_dates(), &off, &[("2026-03-07T04:00:00Z", false), ("2026-03-07T08:00:00Z", false)]);
    // `until` bounds the day on which the shift starts.
    let last = schedule("America/Chicago", [Line { until: Some(day("2026-03-06")), ..weekly(Fri, Fri, "22-6") }]);
    assert_open(&no_dates(), &last, &[("2026-03-07T08:00:00Z", true), ("2026-03-14T09:00:00Z", false)]);
}

#[test]
fn a_night_with_a_clock_change_ends_by_the_clock() {
    let night = schedule("America/Chicago", [daily("22-6")]);
    assert_open(
        &no_dates(),
        &night,
        &[
            ("2026-03-08T07:30:00Z", true),
            ("2026-03-08T08:00:00Z", true),
            ("2026-03-08T10:59:59Z", true),
            ("2026-03-08T11:00:00Z", false),
            ("2026-11-01T11:59:59Z", true),
            ("2026-11-01T12:00:00Z", false),
        ],
    );
}

#[test]
fn hours_within_a_repeated_hour_are_open_twice() {
    let early = schedule("America/Chicago", [daily("1-1:30")]);
    assert_open(
        &no_dates(),
        &early,
        &[
            ("2026-11-01T05:59:59Z", false),
            ("2026-11-01T06:00:00Z", true),
            ("2026-11-01T06:30:00Z", false),
            ("2026-11-01T07:00:00Z", true),
            ("2026-11-01T07:29:59Z", true),
            ("2026-11-01T07:30:00Z", false),
        ],
    );
    // Hours within the hour that is skipped do not come at all that day.
    let skipped = schedule("America/Chicago", [daily("2-2:30")]);
    assert_open(
        &no_dates(),
        &skipped,
        &[("2026-03-08T07:59:59Z", false), ("2026-03-08T08:00:00Z", false), ("2026-03-08T08:15:00Z", false)],
    );
    assert_eq!(next_change(&no_dates(), &skipped, instant("2026-03-08T05:00:00Z")), Some((instant("2026-03-09T07:00:00Z"), true)));
}

#[test]
fn a_zone_is_not_an_offset() {
    let office = schedule("America/New_York", [weekly(Mon, Fri, "9-17")]);
    assert_open(
        &no_dates(),
        &office,
        &[
            ("2026-10-30T13:00:00Z", true),
            ("2026-11-02T13:30:00Z", false),
            ("2026-11-02T14:00:00Z", true),
            ("2026-11-02T21:30:00Z", true),
            ("2026-11-02T22:00:00Z", false),
        ],
    );
}

#[test]
fn two_zones_drift_apart_when_only_one_has_changed_its_clocks() {
    let hours = schedule("Europe/London", [weekly(Mon, Fri, "9-17")]);
    let chicago = hours.in_zone(zone("America/Chicago"));
    for (text, in_london, in_chicago) in [
        ("2026-03-06T16:59:59Z", true, true),
        ("2026-03-06T22:30:00Z", false, true),
        ("2026-03-09T22:30:00Z", false, false),
        ("2026-03-27T16:30:00Z", true, true),
        ("2026-03-30T16:30:00Z", false, true),
        ("2026-03-28T12:00:00Z", false, false),
    ] {
        assert_eq!(open_at(&no_dates(), &hours, text), in_london, "London {text}");
        assert_eq!(open_at(&no_dates(), &chicago, text), in_chicago, "Chicago {text}");
    }
}

#[test]
fn a_lunch_break_is_closed_between_the_hours() {
    let office = schedule("Europe/Berlin", [weekly(Mon, Fri, "9-12 13-17")]);
    let lunch = schedule("Europe/Berlin", [weekly(Mon, Fri, "12-13")]);
    for (text, at_work, at_lunch) in [
        ("2026-06-10T09:59:59Z", true, false),
        ("2026-06-10T10:00:00Z", false, true),
        ("2026-06-10T11:00:00Z", true, false),
        ("2026-06-10T15:00:00Z", false, false),
        ("2026-06-13T10:30:00Z", false, false),
    ] {
        assert_eq!(open_at(&no_dates(), &office, text), at_work, "{text}");
        assert_eq!(open_at(&no_dates(), &lunch, text), at_lunch, "{text}");
    }
}

#[test]
fn a_day_runs_to_midnight() {
    let always = schedule("UTC", [daily("0-24")]);
    assert_open(&no_dates(), &always, &[("2026-06-10T00:00:00Z", true), ("2026-06-10T23:59:59Z", true)]);
    let late = schedule("UTC", [weekly(Wed, Wed, "9-24")]);
    assert_open(&no_dates(), &late, &[("2026-06-10T23:59:59Z", true), ("2026-06-11T00:00:00Z", false), ("2026-06-10T08:59:59Z", false)]);
    // Written the other way, midnight is the end of the same day all the same.
    let to_zero = schedule("UTC", [weekly(Wed, Wed, "22-0")]);
    assert_open(&no_dates(), &to_zero, &[("2026-06-10T23:59:59Z", true), ("2026-06-11T00:00:00Z", false), ("2026-06-10T00:00:00Z", false)]);
}

/// The movable holidays of the United States, with two lists.
fn us_holidays() -> Pool {
    let movable = [nth(3, Mon, month(1)), nth(0, Mon, month(5)), nth(1, Mon, month(9)), nth(4, Thu, month(11))];
    let fixed = [yearly(1, 1), yearly(6, 19), yearly(7, 4), yearly(11, 11), yearly(12, 25)];
    let movable = Dates { entries: movable.into_iter().map(Into::into).collect() };
    let all = Dates { entries: [DayRule::Named(0).into()].into_iter().chain(fixed.into_iter().map(observed)).collect() };
    Pool { dates: vec![movable, all] }
}

#[test]
fn nth_weekdays_are_counted_in_the_month() {
    let pool = us_holidays();
    for (text, holiday) in [
        ("2026-01-19T16:00:00Z", true),
        ("2026-05-25T15:00:00Z", true),
        ("2026-05-18T15:00:00Z", false),
        ("2027-05-24T15:00:00Z", false),
        ("2027-05-31T15:00:00Z", true),
        ("2026-11-26T16:00:00Z", true),
        ("2026-11-19T16:00:00Z", false),
        ("2026-09-07T15:00:00Z", true),
        ("2026-09-14T15:00:00Z", false),
    ] {
        let reading = local(zone("America/Chicago"), instant(text));
        assert_eq!(on_dates(&pool, 0, reading.day), holiday, "{text}");
    }
}

#[test]
fn a_holiday_on_a_weekend_is_observed_on_the_workday_beside_it() {
    let pool = us_holidays();
    for (text, holiday) in [
        // 4 July 2026 is a Saturday, 2027 a Sunday, 2028 a Tuesday.
        ("2026-07-03", true),
        ("2026-07-04", true),
        ("2026-07-05", false),
        ("2026-07-06", false),
        ("2027-07-02", false),
        ("2027-07-04", true),
        ("2027-07-05", true),
        ("2028-07-03", false),
        ("2028-07-04", true),
        ("2028-07-05", false),
        // New Year's Day 2028 is a Saturday: it is observed on the last day of 2027.
        ("2027-12-31", true),
        ("2028-01-01", true),
        ("2028-12-31", false),
        // 2034: a Sunday.
        ("2034-01-02", true),
    ] {
        assert_eq!(on_dates(&pool, 1, day(text)), holiday, "{text}");
    }
}

#[test]
fn a_holiday_beats_hours() {
    let pool = us_holidays();
    let office = schedule("America/Chicago", [weekly(Mon, Fri, "9-17"), on_days([DayRule::Named(1)], "closed")]);
    assert_open(&pool, &office, &[("2026-12-25T16:00:00Z", false), ("2026-12-28T16:00:00Z", true), ("2026-12-27T16:00:00Z", false)]);
    let reading = |text| local(office.zone, instant(text));
    assert_eq!(explain(&pool, &office, reading("2026-12-25T16:00:00Z")), Explanation::Closed { line: 1 });
    assert_eq!(explain(&pool, &office, reading("2026-12-28T16:00:00Z")), Explanation::Open { line: 0 });
    assert_eq!(explain(&pool, &office, reading("2026-12-28T23:30:00Z")), Explanation::OutsideHours { line: 0 });
    assert_eq!(explain(&pool, &office, reading("2026-12-27T16:00:00Z")), Explanation::NoLine);
}

#[test]
fn a_half_day_replaces_the_hours_of_its_weekday() {
    let office = schedule("Europe/Berlin", [weekly(Mon, Fri, "9-17"), on_days([full("2026-12-24"), full("2026-12-31")], "9-12")]);
    assert_open(
        &no_dates(),
        &office,
        &[
            ("2026-12-24T10:59:59Z", true),
            ("2026-12-24T11:00:00Z", false),
            ("2026-12-23T11:00:00Z", true),
            ("2026-12-31T07:59:59Z", false),
            ("2026-12-31T08:00:00Z", true),
            ("2027-12-24T11:00:00Z", true),
        ],
    );
}

#[test]
fn a_list_of_days_ends_with_its_last() {
    let good_fridays = Dates { entries: ["2026-04-03", "2027-03-26", "2028-04-14"].map(|text| full(text).into()).to_vec() };
    let pool = Pool { dates: vec![good_fridays.clone()] };
    let office = schedule("Europe/London", [weekly(Mon, Fri, "9-17"), on_days([DayRule::Named(0)], "closed")]);
    assert_open(
        &pool,
        &office,
        &[("2026-04-03T09:00:00Z", false), ("2027-04-02T09:00:00Z", true), ("2028-04-14T09:00:00Z", false), ("2029-03-30T09:00:00Z", true)],
    );
    assert_eq!(callroute_calendar::last_day(&pool, &good_fridays.entries), Some(day("2028-04-14")));
    // The rule needs no list: two days before Easter.
    let always = schedule("Europe/London", [weekly(Mon, Fri, "9-17"), on_days([moved(DayRule::Easter, -2)], "closed")]);
    assert_open(&no_dates(), &always, &[("2026-04-03T09:00:00Z", false), ("2027-03-26T10:00:00Z", false), ("2029-03-30T09:00:00Z", false)]);
}

#[test]
fn a_closure_with_its_year_holds_from_first_to_last_day() {
    let office = schedule("Europe/Berlin", [daily("0-24"), on_days([full_range("2026-08-10", "2026-08-14")], "closed")]);
    assert_open(
        &no_dates(),
        &office,
        &[
            ("2026-08-09T21:59:59Z", true),
            ("2026-08-09T22:00:00Z", false),
            ("2026-08-14T21:59:59Z", false),
            ("2026-08-14T22:00:00Z", true),
            ("2027-08-10T08:00:00Z", true),
        ],
    );
}

#[test]
fn the_last_workday_of_the_month_is_no_weekend_day() {
    let payroll = DayRule::Workday { ordinal: Ordinal::Last, except: None, months: MonthSet::EMPTY };
    let open = schedule("America/New_York", [on_days([payroll], "0-24")]);
    assert_open(
        &no_dates(),
        &open,
        &[
            ("2026-01-30T15:00:00Z", true),
            ("2026-05-29T14:00:00Z", true),
            ("2026-05-31T14:00:00Z", false),
            ("2026-07-01T03:59:59Z", true),
            ("2026-07-01T04:00:00Z", false),
        ],
    );
}

#[test]
fn workdays_pass_over_what_is_excepted() {
    let pool = us_holidays();
    let workday = |ordinal| DayRule::Workday { ordinal, except: Some(1), months: MonthSet::EMPTY };
    let on = |ordinal, text: &str| callroute_calendar::on(&pool, &[workday(ordinal).into()], day(text));
    // 31 December 2027 is the observed New Year's Day of 2028.
    assert!(on(Ordinal::Last, "2027-12-30") && !on(Ordinal::Last, "2027-12-31"));
    // January 2026: Thursday the 1st is a holiday, the 19th too.
    assert!(on(Ordinal::Nth(1), "2026-01-02") && on(Ordinal::Nth(2), "2026-01-05") && on(Ordinal::Nth(11), "2026-01-16"));
    assert!(on(Ordinal::Nth(12), "2026-01-20") && !on(Ordinal::Nth(12), "2026-01-19") && !on(Ordinal::Nth(12), "2026-01-21"));
    // 20 workdays, so there is no 21st.
    assert!((1..=31).all(|date| !on(Ordinal::Nth(21), &format!("2026-01-{date:02}"))));
}

/// Lines of every rank, each with an hour of its own, on 2026-06-15, a Monday.
fn ranked() -> Vec<Line> {
    vec![
        weekly(Mon, Fri, "1-2"),
        season(MonthSet::range(6, 8), Mon, Fri, "2-3"),
        on_days([nth(3, Mon, month(6))], "3-4"),
        on_days([DayRule::Named(0)], "4-5"),
        on_days([yearly(6, 15)], "5-6"),
        on_days([full("2026-06-15")], "6-7"),
    ]
}

#[test]
fn a_line_of_higher_rank_replaces_those_below() {
    let pool = Pool { dates: vec![Dates { entries: vec![yearly(6, 15).into()] }] };
    let lines = ranked();
    for count in 1..=lines.len() {
        // In any order: here the strongest first.
        let office = schedule("UTC", lines.iter().take(count).rev().cloned());
        for hour in 1..=6 {
            assert_eq!(open_at(&pool, &office, &format!("2026-06-15T{hour:02}:30:00Z")), hour == count, "{count} {hour}");
        }
        // On another Monday of another season only the weekly line is left.
        assert!(open_at(&pool, &office, "2026-10-12T01:30:00Z"));
    }
}

#[test]
fn lines_of_one_rank_add_up_and_closed_beats_hours() {
    let office = schedule("UTC", [weekly(Mon, Fri, "9-12"), weekly(Wed, Sat, "11-15"), weekly(Fri, Fri, "closed")]);
    for (text, open) in [
        ("2026-06-09T11:30:00Z", true),
        ("2026-06-09T14:00:00Z", false),
        ("2026-06-10T09:30:00Z", true),
        ("2026-06-10T14:59:59Z", true),
        ("2026-06-12T11:30:00Z", false),
        ("2026-06-13T11:30:00Z", true),
    ] {
        assert_eq!(open_at(&no_dates(), &office, text), open, "{text}");
    }
}

#[test]
fn a_line_with_several_entries_has_the_rank_of_the_one_that_falls_on_the_day() {
    let both = on_days([nth(3, Mon, month(6)), full("2026-07-20")], "closed");
    let office = schedule("UTC", [both, on_days([yearly(6, 15), yearly(7, 20)], "9-12")]);
    // In June the yearly date beats the nth weekday; in July the full date beats the yearly one.
    assert_open(&no_dates(), &office, &[("2026-06-15T10:00:00Z", true), ("2026-07-20T10:00:00Z", false), ("2027-07-20T10:00:00Z", true)]);
}

fn every(n: u32, unit: Unit, anchor: &str, months: MonthSet, weekdays: &[callroute_calendar::Weekday]) -> DayRule {
    DayRule::Every { n, unit, anchor: day(anchor), months, weekdays: weekdays.iter().copied().collect::<WeekdaySet>() }
}

/// The days of a rule between two days.
fn days_of(rule: &DayRule, first: &str, last: &str) -> Vec<String> {
    let entries = [rule.clone().into()];
    let table = callroute_calendar::DatesTable::new(&no_dates(), &entries);
    let all = (day(first).0..=day(last).0).map(callroute_calendar::Day);
    all.filter(|&day| {
        let on = callroute_calendar::on(&no_dates(), &entries, day);
        assert_eq!(on, table.contains(day), "{rule:?} {day}");
        on
    })
    .map(|day| day.to_string())
    .collect()
}

#[test]
fn every_counts_from_its_anchor_and_not_before() {
    let none = MonthSet::EMPTY;
    assert_eq!(
        days_of(&every(3, Unit::Days, "2026-01-05", none, &[]), "2025-12-01", "2026-01-12"),
        ["2026-01-05", "2026-01-08", "2026-01-11"]
    );
    // Weeks run from Monday to Sunday, from the anchor's; Monday the 5th lies before the anchor.
    let fortnight = every(2, Unit::Weeks, "2026-01-07", none, &[Mon, Sun]);
    assert_eq!(days_of(&fortnight, "2025-12-01", "2026-01-31"), ["2026-01-11", "2026-01-19", "2026-01-25"]);
    assert_eq!(days_of(&every(2, Unit::Weeks, "2026-01-07", none, &[]), "2025-12-01", "2026-02-01"), ["2026-01-07", "2026-01-21"]);
    assert_eq!(days_of(&every(2, Unit::Weeks, "2026-01-07", month(2), &[]), "2025-12-01", "2026-03-08"), ["2026-02-04", "2026-02-18"]);
    // The day of the month is the anchor's; a month without it is passed over.
    assert_eq!(
        days_of(&every(1, Unit::Months, "2026-01-31", none, &[]), "2026-01-01", "2026-05-31"),
        ["2026-01-31", "2026-03-31", "2026-05-31"]
    );
    assert_eq!(
        days_of(&every(6, Unit::Months, "2026-01-20", none, &[Tue]), "2026-01-01", "2026-07-14"),
        ["2026-01-20", "2026-01-27", "2026-07-07", "2026-07-14"]
    );
    assert_eq!(
        days_of(&every(1, Unit::Years, "2024-02-29", none, &[]), "2023-01-01", "2032-12-31"),
        ["2024-02-29", "2028-02-29", "2032-02-29"]
    );
    assert_eq!(
        days_of(&every(2, Unit::Years, "2025-03-10", MonthSet::range(5, 6), &[]), "2025-01-01", "2027-12-31"),
        ["2025-05-10", "2025-06-10", "2027-05-10", "2027-06-10"]
    );
    assert_eq!(days_of(&every(0, Unit::Days, "2025-03-10", none, &[]), "2025-01-01", "2027-12-31"), [""; 0]);
}

#[test]
fn every_second_january_on_sundays() {
    // The example of RFC 5545: Sundays in January of every other year, at 8:30.
    let show = every(2, Unit::Years, "1997-01-05", month(1), &[Sun]);
    let open = schedule("America/New_York", [on_days([show], "8:30-8:40")]);
    assert_open(
        &no_dates(),
        &open,
        &[
            ("1997-01-05T13:30:00Z", true),
            ("1997-01-26T13:39:59Z", true),
            ("1998-01-04T13:30:00Z", false),
            ("1999-01-03T13:30:00Z", true),
            ("1999-01-03T13:40:00Z", false),
            ("2027-01-31T13:30:00Z", true),
            ("2026-01-04T13:30:00Z", false),
            ("2027-02-07T13:30:00Z", false),
        ],
    );
}

#[test]
fn every_second_week_ranks_with_the_weekly_lines() {
    let base = [weekly(Mon, Fri, "9-17"), on_days([every(2, Unit::Weeks, "2026-01-05", MonthSet::EMPTY, &[Wed])], "7-9")];
    let office = schedule("UTC", base);
    assert_open(
        &no_dates(),
        &office,
        &[("2026-01-07T08:00:00Z", true), ("2026-01-07T12:00:00Z", true), ("2026-01-14T08:00:00Z", false), ("2026-01-21T08:00:00Z", true)],
    );
}

#[test]
fn ranges_of_every_year_may_pass_the_new_year() {
    let closed = DayRule::YearlyRange { from: (12, 24), to: (1, 2) };
    let found = days_of(&closed, "2026-01-01", "2026-12-31");
    assert_eq!(found.len(), 2 + 8);
    assert_eq!((found.first().unwrap().as_str(), found.last().unwrap().as_str()), ("2026-01-01", "2026-12-31"));
    // 29 February as an end, in a leap year and in a common one.
    assert_eq!(days_of(&DayRule::YearlyRange { from: (2, 27), to: (2, 29) }, "2027-01-01", "2028-12-31").len(), 2 + 3);
    assert_eq!(days_of(&DayRule::YearlyRange { from: (2, 29), to: (3, 1) }, "2027-01-01", "2028-12-31").len(), 1 + 2);
    assert_eq!(days_of(&yearly(2, 29), "2025-01-01", "2032-12-31"), ["2028-02-29", "2032-02-29"]);
    assert_eq!(days_of(&nth(5, Sat, month(2)), "2020-01-01", "2048-12-31"), ["2020-02-29", "2048-02-29"]);
}

#[test]
fn an_entry_is_moved_then_observed_then_bounded() {
    let on =
        |entry: &callroute_calendar::DatesEntry, text: &str| callroute_calendar::on(&no_dates(), std::slice::from_ref(entry), day(text));
    // The day after Thanksgiving; 3 July 2026 moved by a day is a Saturday, and so observed on that Friday.
    let after = moved(nth(4, Thu, month(11)), 1);
    assert!(on(&after, "2026-11-27") && !on(&after, "2026-11-26"));
    let entry = callroute_calendar::DatesEntry { offset: 1, ..observed(yearly(7, 3)) };
    assert!(on(&entry, "2026-07-03") && on(&entry, "2026-07-04") && !on(&entry, "2026-07-05"));
    // Bounds hold for the observed day itself.
    let from_2028 = callroute_calendar::DatesEntry { from: Some(day("2028-01-01")), ..observed(yearly(1, 1)) };
    assert!(on(&from_2028, "2028-01-01") && !on(&from_2028, "2027-12-31"));
}

#[test]
fn the_next_change_is_an_edge_of_the_hours_or_of_the_clock() {
    let pool = us_holidays();
    let office = schedule("America/Chicago", [weekly(Mon, Fri, "9-17"), on_days([DayRule::Named(1)], "closed")]);
    let change = |text| next_change(&pool, &office, instant(text)).map(|(at, open)| (format_local(office.zone, at), open));
    assert_eq!(change("2026-03-06T15:00:00Z"), Some(("Fri 2026-03-06 17:00:00 CST".to_owned(), false)));
    // Over a weekend on which the clocks change.
    assert_eq!(change("2026-03-06T23:00:00Z"), Some(("Mon 2026-03-09 09:00:00 CDT".to_owned(), true)));
    // Over Christmas and a weekend.
    assert_eq!(change("2026-12-24T23:00:00Z"), Some(("Mon 2026-12-28 09:00:00 CST".to_owned(), true)));
    assert_eq!(change("2026-12-28T14:59:59Z"), Some(("Mon 2026-12-28 09:00:00 CST".to_owned(), true)));

    // A gap that swallows the opening: it opens when the clock has jumped.
    let early = schedule("America/Chicago", [daily("2:30-12")]);
    assert_eq!(next_change(&no_dates(), &early, instant("2026-03-08T05:00:00Z")), Some((instant("2026-03-08T08:00:00Z"), true)));
    // A clock set back into hours that had ended.
    let late = schedule("America/Chicago", [daily("1-2")]);
    assert_eq!(next_change(&no_dates(), &late, instant("2026-11-01T05:00:00Z")), Some((instant("2026-11-01T06:00:00Z"), true)));
    assert_eq!(next_change(&no_dates(), &late, instant("2026-11-01T06:00:00Z")), Some((instant("2026-11-01T08:00:00Z"), false)));
    let half = schedule("America/Chicago", [daily("1-1:30")]);
    assert_eq!(next_change(&no_dates(), &half, instant("2026-11-01T06:30:00Z")), Some((instant("2026-11-01T07:00:00Z"), true)));
    let before = schedule("America/Chicago", [daily("0-1")]);
    assert_eq!(next_change(&no_dates(), &before, instant("2026-11-01T05:30:00Z")), Some((instant("2026-11-01T06:00:00Z"), false)));

    // Nothing within 400 days.
    let far = schedule("UTC", [on_days([full("2028-01-01")], "9-17")]);
    assert_eq!(next_change(&no_dates(), &far, instant("2026-01-01T00:00:00Z")), None);
    assert_eq!(next_change(&no_dates(), &far, instant("2027-01-01T00:00:00Z")), Some((instant("2028-01-01T09:00:00Z"), true)));
    assert_eq!(next_change(&no_dates(), &schedule("UTC", [daily("0-24")]), 0), None);
    // Outside of the tables too, and at the ends of time.
    assert_eq!(
        next_change(&no_dates(), &office_without_dates(), instant("1950-06-02T23:00:00Z")),
        Some((instant("1950-06-05T14:00:00Z"), true))
    );
    for unix in [i64::MIN, i64::MAX, -62_135_596_800, 253_402_300_799] {
        let _ = next_change(&no_dates(), &office_without_dates(), unix);
    }
}

fn office_without_dates() -> Schedule {
    // Bounded, so that it is not a plain week and goes by its rules before 2000.
    schedule("America/Chicago", [Line { from: Some(day("1940-01-01")), ..weekly(Mon, Fri, "9-17") }])
}

#[test]
fn explanations_name_the_shift_of_the_day_before() {
    let night = schedule("UTC", [weekly(Sat, Sat, "closed"), weekly(Fri, Fri, "22-6"), weekly(Fri, Fri, "9-12")]);
    let explained = |text| explain(&no_dates(), &night, local(night.zone, instant(text)));
    assert_eq!(explained("2026-03-07T02:00:00Z"), Explanation::Tail { line: 1 });
    assert_eq!(explained("2026-03-07T06:00:00Z"), Explanation::Closed { line: 0 });
    assert_eq!(explained("2026-03-06T10:00:00Z"), Explanation::Open { line: 2 });
    assert_eq!(explained("2026-03-06T13:00:00Z"), Explanation::OutsideHours { line: 1 });
    assert_eq!(explained("2026-03-08T02:00:00Z"), Explanation::NoLine);
}
