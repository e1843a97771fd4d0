//! Recurrence rules of calendars (RFC 5545, 3.3.10), as far as whole days go: which days a rule names, from its start to the end of the
//! year 2100. Rules by the hour and finer are not understood.
//!
//! A day is tested, not constructed: every part of a rule is a condition on the days of a period (a year, a month, a week, a day), so the
//! work is bounded by the days there are, whatever the rule says.

use callroute_calendar::{Day, Weekday};

use crate::limits::RULE_VALUES;

/// Nothing recurs after this year.
const LAST_YEAR: u16 = 2100;

/// How often a rule repeats.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Frequency {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// A rule.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Rule {
    frequency: Frequency,
    interval: i32,
    count: Option<u32>,
    until: Option<Day>,
    /// With `None` every one of them, else the nth of the month or year, counted from the end when negative.
    by_day: Vec<(Option<i32>, Weekday)>,
    by_month_day: Vec<i32>,
    by_year_day: Vec<i32>,
    by_week: Vec<i32>,
    by_month: Vec<i32>,
    by_position: Vec<i32>,
    week_start: Weekday,
}

impl Rule {
    /// Reads the value of an `RRULE`. `day` reads the value of `UNTIL`, which may be a day or a moment.
    ///
    /// # Errors
    /// What is not understood, in words.
    pub fn parse(text: &str, day: impl Fn(&str) -> Option<Day>) -> Result<Self, String> {
        let mut rule = Self {
            frequency: Frequency::Daily,
            interval: 1,
            count: None,
            until: None,
            by_day: Vec::new(),
            by_month_day: Vec::new(),
            by_year_day: Vec::new(),
            by_week: Vec::new(),
            by_month: Vec::new(),
            by_position: Vec::new(),
            week_start: Weekday::Mon,
        };
        let mut frequency = None;
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').ok_or_else(|| format!("`{}` is no part of a rule", crate::types::one_line(part)))?;
            let bad = || format!("`{}` is out of range", crate::types::one_line(part));
            if value.bytes().filter(|byte| *byte == b',').count() >= RULE_VALUES {
                return Err(format!("a part of its rule has more than {RULE_VALUES} values"));
            }
            match name.trim().to_ascii_uppercase().as_str() {
                "FREQ" => {
                    frequency = Some(match value.to_ascii_uppercase().as_str() {
                        "DAILY" => Frequency::Daily,
                        "WEEKLY" => Frequency::Weekly,
                        "MONTHLY" => Frequency::Monthly,
                        "YEARLY" => Frequency::Yearly,
                        _ => return Err(format!("it repeats {}, and only days are counted here", crate::types::quote(value))),
                    });
                }
                "INTERVAL" => rule.interval = value.parse().ok().filter(|interval| (1..=10_000).contains(interval)).ok_or_else(bad)?,
                "COUNT" => rule.count = Some(value.parse().ok().filter(|count| *count > 0).ok_or_else(bad)?),
                "UNTIL" => rule.until = Some(day(value).ok_or_else(bad)?),
                "BYDAY" => rule.by_day = value.split(',').map(nth_weekday).collect::<Option<_>>().ok_or_else(bad)?,
                "BYMONTHDAY" => rule.by_month_day = numbers(value, 31, true).ok_or_else(bad)?,
                "BYYEARDAY" => rule.by_year_day = numbers(value, 366, true).ok_or_else(bad)?,
                "BYWEEKNO" => rule.by_week = numbers(value, 53, true).ok_or_else(bad)?,
                "BYMONTH" => rule.by_month = numbers(value, 12, false).ok_or_else(bad)?,
                "BYSETPOS" => rule.by_position = numbers(value, 366, true).ok_or_else(bad)?,
                "WKST" => rule.week_start = weekday(value).ok_or_else(bad)?,
                other => return Err(format!("the part {} is not understood", crate::types::quote(other))),
            }
        }
        rule.frequency = frequency.ok_or("it does not say how often it repeats")?;
        let ordinal = rule.by_day.iter().any(|(nth, _)| nth.is_some());
        if ordinal && matches!(rule.frequency, Frequency::Daily | Frequency::Weekly) {
            return Err("a numbered weekday needs months or years".into());
        }
        if !rule.by_week.is_empty() && (rule.frequency != Frequency::Yearly || ordinal) {
            return Err("numbers of weeks need years, and weekdays without a number".into());
        }
        Ok(rule)
    }

    /// The days of the rule, in order. `budget` is lowered by the days looked at; when it is used up the rest is missing.
    pub fn days(&self, start: Day, budget: &mut u32) -> Vec<Day> {
        let mut found = Vec::new();
        let Some(last) = Day::from_ymd(LAST_YEAR, 12, 31) else { return found };
        let last = self.until.map_or(last, |until| until.min(last));
        let rule = self.with_defaults(start);
        let cost = rule.cost();
        let mut period = rule.first_period(start);
        loop {
            let Some((from, to)) = rule.bounds(period) else { return found };
            if from > last || *budget == 0 {
                return found;
            }
            let mut set: Vec<Day> = Vec::new();
            let mut day = from;
            while day <= to {
                *budget = budget.saturating_sub(cost);
                if *budget == 0 {
                    return found;
                }
                if rule.holds(day) {
                    set.push(day);
                }
                day = day.plus(1);
            }
            for day in rule.positions(&set) {
                if day < start {
                    continue;
                }
                if day > last {
                    return found;
                }
                found.push(day);
                if rule.count.is_some_and(|count| found.len() as u64 >= u64::from(count)) {
                    return found;
                }
            }
            period = period.saturating_add(rule.interval);
        }
    }

    /// What it costs to look at a day: a long list is looked through.
    fn cost(&self) -> u32 {
        let values = [&self.by_month_day, &self.by_year_day, &self.by_week, &self.by_month, &self.by_position];
        let values = values.iter().fold(self.by_day.len(), |sum, values| sum.saturating_add(values.len()));
        u32::try_from(values / 8).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// What the start says where the rule is silent.
    fn with_defaults(&self, start: Day) -> Self {
        let mut rule = self.clone();
        if self.by_week.is_empty() && self.by_year_day.is_empty() && self.by_month_day.is_empty() && self.by_day.is_empty() {
            let (_, month, day) = start.ymd();
            match self.frequency {
                Frequency::Daily => {}
                Frequency::Weekly => rule.by_day.push((None, start.weekday())),
                Frequency::Monthly => rule.by_month_day.push(i32::from(day)),
                Frequency::Yearly => {
                    if rule.by_month.is_empty() {
                        rule.by_month.push(i32::from(month));
                    }
                    rule.by_month_day.push(i32::from(day));
                }
            }
        }
        rule
    }

    /// The number of the period in which a day lies.
    fn first_period(&self, day: Day) -> i32 {
        let (year, month, _) = day.ymd();
        match self.frequency {
            Frequency::Daily => day.0,
            // Day 0 was a Thursday; weeks are counted by their first days.
            Frequency::Weekly => day.0.saturating_sub(self.day_of_week(day)).saturating_sub(self.week_origin()).div_euclid(7),
            Frequency::Monthly => year.saturating_mul(12).saturating_add(i32::from(month)).saturating_sub(1),
            Frequency::Yearly => year,
        }
    }

    /// Some first day of a week.
    fn week_origin(&self) -> i32 {
        -self.day_of_week(Day(0))
    }

    /// Days since the week began.
    fn day_of_week(&self, day: Day) -> i32 {
        (i32::from(day.weekday().index()) - i32::from(self.week_start.index())).rem_euclid(7)
    }

    /// First and last day of a period; none beyond the calendar.
    fn bounds(&self, period: i32) -> Option<(Day, Day)> {
        match self.frequency {
            Frequency::Daily => Some((Day(period), Day(period))),
            Frequency::Weekly => {
                let first = self.week_origin().checked_add(period.checked_mul(7)?)?;
                Some((Day(first), Day(first.checked_add(6)?)))
            }
            Frequency::Monthly => {
                let (year, month) = (u16::try_from(period.div_euclid(12)).ok()?, u8::try_from(period.rem_euclid(12)).ok()?.checked_add(1)?);
                let first = Day::from_ymd(year, month, 1)?;
                Some((first, first.plus(i32::from(month_length(first)) - 1)))
            }
            Frequency::Yearly => {
                let year = u16::try_from(period).ok()?;
                Some((Day::from_ymd(year, 1, 1)?, Day::from_ymd(year, 12, 31)?))
            }
        }
    }

    /// Do all parts of the rule, except its positions, hold on a day?
    fn holds(&self, day: Day) -> bool {
        let (year, month, month_day) = day.ymd();
        if !self.by_month.is_empty() && !self.by_month.contains(&i32::from(month)) {
            return false;
        }
        if !counted(&self.by_month_day, i32::from(month_day), i32::from(month_length(day))) {
            return false;
        }
        let year_start = u16::try_from(year).ok().and_then(|year| Day::from_ymd(year, 1, 1)).unwrap_or(day);
        let year_day = day.0.saturating_sub(year_start.0).saturating_add(1);
        let year_length = if is_leap(year) { 366 } else { 365 };
        if !counted(&self.by_year_day, year_day, year_length) || !self.holds_week(year_day, year_start, year_length) {
            return false;
        }
        self.by_day.is_empty()
            || self.by_day.iter().any(|(nth, weekday)| {
                *weekday == day.weekday()
                    && nth.is_none_or(|nth| {
                        // Of the month, unless the rule is about whole years.
                        let in_month = self.frequency == Frequency::Monthly || !self.by_month.is_empty();
                        let (at, length) =
                            if in_month { (i32::from(month_day), i32::from(month_length(day))) } else { (year_day, year_length) };
                        nth == (at - 1) / 7 + 1 || nth == -((length - at) / 7 + 1)
                    })
            })
    }

    /// Weeks are numbered as in ISO 8601: the first is the one with at least four days in the year.
    fn holds_week(&self, year_day: i32, year_start: Day, year_length: i32) -> bool {
        if self.by_week.is_empty() {
            return true;
        }
        // The day of the year, counted from 0, on which week 1 begins; it may lie in the year before.
        let begins = |start: Day| {
            let into = self.day_of_week(start);
            if into <= 3 { -into } else { 7 - into }
        };
        let first = begins(year_start);
        let next = year_length + begins(year_start.plus(year_length));
        let weeks = (next - first) / 7;
        let at = year_day - 1;
        if at < first || at >= next {
            // Days that belong to a week of a neighbouring year are named by that year's rule, of which they are no part.
            return false;
        }
        let week = (at - first) / 7 + 1;
        self.by_week.contains(&week) || self.by_week.contains(&(week - weeks - 1))
    }

    fn positions(&self, set: &[Day]) -> Vec<Day> {
        if self.by_position.is_empty() {
            return set.to_vec();
        }
        let length = i32::try_from(set.len()).unwrap_or(i32::MAX);
        let picked = |(index, day): (usize, &Day)| {
            let at = i32::try_from(index).unwrap_or(i32::MAX);
            (self.by_position.contains(&(at + 1)) || self.by_position.contains(&(at - length))).then_some(*day)
        };
        set.iter().enumerate().filter_map(picked).collect()
    }
}

/// Is a place, counted from 1 or from the end, among those wanted? All are when none is wanted in particular.
fn counted(wanted: &[i32], at: i32, length: i32) -> bool {
    wanted.is_empty() || wanted.contains(&at) || wanted.contains(&(at - length - 1))
}

const fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn month_length(day: Day) -> u8 {
    let (year, month, _) = day.ymd();
    callroute_calendar::days_in_month(year, month)
}

fn numbers(text: &str, most: i32, negative: bool) -> Option<Vec<i32>> {
    text.split(',').map(|part| part.trim().parse().ok().filter(|n: &i32| (1..=most).contains(&n.abs()) && (negative || *n > 0))).collect()
}

fn weekday(text: &str) -> Option<Weekday> {
    Some(match text.trim().to_ascii_uppercase().as_str() {
        "MO" => Weekday::Mon,
        "TU" => Weekday::Tue,
        "WE" => Weekday::Wed,
        "TH" => Weekday::Thu,
        "FR" => Weekday::Fri,
        "SA" => Weekday::Sat,
        "SU" => Weekday::Sun,
        _ => return None,
    })
}

fn nth_weekday(text: &str) -> Option<(Option<i32>, Weekday)> {
    let text = text.trim();
    let (number, day) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let nth = if number.is_empty() { None } else { Some(number.parse().ok().filter(|n: &i32| (1..=53).contains(&n.abs()))?) };
    Some((nth, weekday(day)?))
}

#[cfg(test)]
mod tests {
    use chrono::{Datelike, TimeZone};
    use proptest::prelude::*;

    use super::*;

    fn ours(start: &str, rule: &str) -> Vec<String> {
        let rule =
            Rule::parse(rule, |until| Day::parse(&format!("{}-{}-{}", until.get(..4)?, until.get(4..6)?, until.get(6..8)?))).unwrap();
        rule.days(Day::parse(start).unwrap(), &mut 10_000_000).iter().map(ToString::to_string).collect()
    }

    /// The same by a library that is used widely.
    fn theirs(start: &str, rule: &str) -> Vec<String> {
        let set: rrule::RRuleSet = format!("DTSTART:{}T000000Z\nRRULE:{rule}", start.replace('-', "")).parse().unwrap();
        let end = rrule::Tz::UTC.with_ymd_and_hms(2100, 12, 31, 0, 0, 0).unwrap();
        set.before(end).all(60_000).dates.iter().map(|d| format!("{:04}-{:02}-{:02}", d.year(), d.month(), d.day())).collect()
    }

    #[test]
    fn the_examples_of_the_standard() {
        for rule in [
            "FREQ=DAILY;COUNT=10",
            "FREQ=DAILY;UNTIL=19971224T000000Z",
            "FREQ=DAILY;INTERVAL=10;COUNT=5",
            "FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA",
            "FREQ=WEEKLY;INTERVAL=2;WKST=SU;COUNT=20",
            "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR",
            "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH",
            "FREQ=MONTHLY;COUNT=10;BYDAY=1FR",
            "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU",
            "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO",
            "FREQ=MONTHLY;COUNT=30;BYMONTHDAY=-3",
            "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1",
            "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15",
            "FREQ=YEARLY;COUNT=10;BYMONTH=6,7",
            "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200",
            "FREQ=YEARLY;COUNT=20;BYDAY=20MO",
            "FREQ=YEARLY;COUNT=20;BYWEEKNO=20;BYDAY=MO",
            "FREQ=YEARLY;COUNT=20;BYMONTH=3;BYDAY=TH",
            "FREQ=MONTHLY;COUNT=20;BYDAY=FR;BYMONTHDAY=13",
            "FREQ=YEARLY;INTERVAL=4;COUNT=5;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
            "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3",
            "FREQ=MONTHLY;COUNT=12;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
            "FREQ=YEARLY",
        ] {
            assert_eq!(ours("1997-09-02", rule), theirs("1997-09-02", rule), "{rule}");
        }
    }

    #[test]
    fn what_is_not_understood() {
        for rule in [
            "",
            "FREQ=HOURLY",
            "FREQ=DAILY;BYHOUR=3",
            "FREQ=DAILY;INTERVAL=0",
            "FREQ=YEARLY;BYMONTH=13",
            "FREQ=WEEKLY;BYDAY=1MO",
            "x",
            "FREQ=YEARLY;BYDAY=XX",
            "FREQ=DAILY;UNTIL=x",
        ] {
            assert!(Rule::parse(rule, Day::parse).is_err(), "{rule}");
        }
        // A day that never comes is no endless search.
        assert_eq!(ours("2026-01-01", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"), Vec::<String>::new());
    }

    /// So many cases; `PROPTEST_CASES` asks for more.
    fn config() -> ProptestConfig {
        let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(60);
        ProptestConfig { cases, ..ProptestConfig::default() }
    }

    proptest! {
        #![proptest_config(config())]
        #[test]
        fn agrees_with_the_library(
            start in 0i32..20_000, frequency in 0usize..4, interval in 1u32..5, count in 1u32..40, week_start in 0usize..7,
            months in proptest::collection::btree_set(1u32..13, 0..3), month_days in proptest::collection::btree_set(1i32..29, 0..3),
            days in proptest::collection::btree_set(0usize..7, 0..4), nth in proptest::option::of(-3i32..4), position in proptest::option::of(1i32..3),
        ) {
            const DAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
            let join = |parts: Vec<String>| parts.join(",");
            let mut rule = format!("FREQ={};INTERVAL={interval};COUNT={count};WKST={}", ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"][frequency], DAYS[week_start]);
            if !months.is_empty() {
                rule.push_str(&format!(";BYMONTH={}", join(months.iter().map(ToString::to_string).collect())));
            }
            // The library has no days of the month in weeks.
            if !month_days.is_empty() && frequency != 1 {
                rule.push_str(&format!(";BYMONTHDAY={}", join(month_days.iter().map(ToString::to_string).collect())));
            }
            let nth = nth.filter(|nth| *nth != 0 && frequency >= 2).map_or(String::new(), |nth| nth.to_string());
            if !days.is_empty() {
                rule.push_str(&format!(";BYDAY={}", join(days.iter().map(|day| format!("{nth}{}", DAYS[*day])).collect())));
            }
            if let Some(position) = position.filter(|_| frequency >= 2 && !(days.is_empty() && month_days.is_empty())) {
                rule.push_str(&format!(";BYSETPOS={position}"));
            }
            let start = Day(start).to_string();
            let end = ours(&start, &rule);
            let theirs = theirs(&start, &rule);
            prop_assert_eq!(end, theirs, "{} from {}", rule, start);
        }
    }
}
