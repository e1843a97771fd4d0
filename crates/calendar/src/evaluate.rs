//! What dates mean: is this day one of them? Straight from the rules, one day at a time, without tables. The tables must agree with this.

use crate::dates::{DatesEntry, DatesId, DayRule, MAX_DEPTH, Ordinal, Pool, Unit};
use crate::day::{Day, Weekday, days_in_month, easter};
use crate::sets::{MonthSet, WeekdaySet};

/// True when `day` is one of the days that the entries name.
///
/// Total on any pool: references that lead nowhere, in a circle or more than [`MAX_DEPTH`] deep name no days, and a pool that
/// [`Pool::check`] finds too costly is looked at only so far.
#[must_use]
pub fn on(pool: &Pool, entries: &[DatesEntry], day: Day) -> bool {
    Evaluator::new(pool).entries(entries, day, 0)
}

/// True when `day` is one of the days that the list `id` of the pool names.
#[must_use]
pub fn on_dates(pool: &Pool, id: DatesId, day: Day) -> bool {
    Evaluator::new(pool).named(id, day, 0)
}

/// Entries that one question may look at. Four times what a list in a checked pool can cost, so only unchecked ones run out.
const FUEL: u64 = crate::dates::MAX_COST * 4;

/// A question being answered.
pub(crate) struct Evaluator<'a> {
    pool: &'a Pool,
    fuel: u64,
}

impl<'a> Evaluator<'a> {
    pub(crate) const fn new(pool: &'a Pool) -> Self {
        Self { pool, fuel: FUEL }
    }

    /// True when the question was too long to be answered in full.
    pub(crate) const fn is_spent(&self) -> bool {
        self.fuel == 0
    }

    fn entries(&mut self, entries: &[DatesEntry], day: Day, depth: u32) -> bool {
        entries.iter().any(|entry| self.entry(entry, day, depth))
    }

    /// An entry that stands `depth` references below the question.
    pub(crate) fn entry(&mut self, entry: &DatesEntry, day: Day, depth: u32) -> bool {
        let Some(fuel) = self.fuel.checked_sub(1) else { return false };
        self.fuel = fuel;
        if !within(day, entry.from, entry.until) {
            return false;
        }
        let mut falls_on = |day: Day| self.rule(&entry.rule, day.plus(entry.offset.saturating_neg()), depth);
        falls_on(day)
            || entry.observed
                && match day.weekday() {
                    Weekday::Fri => falls_on(day.plus(1)),
                    Weekday::Mon => falls_on(day.plus(-1)),
                    _ => false,
                }
    }

    fn named(&mut self, id: DatesId, day: Day, depth: u32) -> bool {
        if depth >= MAX_DEPTH {
            return false;
        }
        let dates = self.pool.dates.get(id as usize);
        dates.is_some_and(|dates| self.entries(&dates.entries, day, depth + 1))
    }

    fn rule(&mut self, rule: &DayRule, day: Day, depth: u32) -> bool {
        let (year, month, day_of_month) = day.ymd();
        match rule {
            DayRule::Full(full) => day == *full,
            DayRule::FullRange(first, last) => (*first..=*last).contains(&day),
            DayRule::Yearly { month: m, day: d } => (month, day_of_month) == (*m, *d),
            DayRule::YearlyRange { from, to } => {
                let date = (month, day_of_month);
                is_date(*from) && is_date(*to) && if from <= to { *from <= date && date <= *to } else { *from <= date || date <= *to }
            }
            DayRule::Easter => easter(year) == Some(day),
            DayRule::Nth { ordinal, weekday, months } => {
                day.weekday() == *weekday
                    && months.allows(month)
                    && match ordinal {
                        Ordinal::Nth(n) => (day_of_month - 1) / 7 + 1 == *n,
                        Ordinal::Last => day_of_month + 7 > days_in_month(year, month),
                    }
            }
            DayRule::Workday { ordinal, except, months } => self.workday(*ordinal, *except, *months, day, depth),
            DayRule::Every { n, unit, anchor, months, weekdays } => every(*n, *unit, *anchor, *months, *weekdays, day),
            DayRule::Named(id) => self.named(*id, day, depth),
            DayRule::Days(days) => days.binary_search(&day).is_ok(),
        }
    }

    fn workday(&mut self, ordinal: Ordinal, except: Option<DatesId>, months: MonthSet, day: Day, depth: u32) -> bool {
        let (year, month, day_of_month) = day.ymd();
        let mut works = |day: Day| day.weekday().is_workday() && !except.is_some_and(|id| self.named(id, day, depth));
        if !months.allows(month) || !works(day) {
            return false;
        }
        let day_of_month = i32::from(day_of_month);
        match ordinal {
            Ordinal::Nth(n) => (1 - day_of_month..=0).filter(|&step| works(day.plus(step))).count() == usize::from(n),
            Ordinal::Last => !(1..=i32::from(days_in_month(year, month)) - day_of_month).any(|step| works(day.plus(step))),
        }
    }
}

/// True when the day lies between the two, both included.
pub(crate) fn within(day: Day, from: Option<Day>, until: Option<Day>) -> bool {
    from.is_none_or(|from| from <= day) && until.is_none_or(|until| day <= until)
}

/// True for a month and a day that could be a date. Rules with other ones name no days.
pub(crate) fn is_date((month, day): (u8, u8)) -> bool {
    (1..=12).contains(&month) && (1..=31).contains(&day)
}

fn every(n: u32, unit: Unit, anchor: Day, months: MonthSet, weekdays: WeekdaySet, day: Day) -> bool {
    let (year, month, day_of_month) = day.ymd();
    let (first_year, first_month, first_day) = anchor.ymd();
    if n == 0 || day < anchor || !months.allows(month) {
        return false;
    }
    let counts = |distance: i64| distance % i64::from(n) == 0;
    match unit {
        Unit::Days => counts(i64::from(day.0) - i64::from(anchor.0)) && weekdays.allows(day.weekday()),
        Unit::Weeks => {
            let on_day = if weekdays.is_empty() { day.weekday() == anchor.weekday() } else { weekdays.contains(day.weekday()) };
            on_day && counts((monday(day) - monday(anchor)) / 7)
        }
        Unit::Months => {
            let on_day = if weekdays.is_empty() { day_of_month == first_day } else { weekdays.contains(day.weekday()) };
            on_day && counts((i64::from(year) - i64::from(first_year)) * 12 + i64::from(month) - i64::from(first_month))
        }
        Unit::Years => {
            let on_day = if weekdays.is_empty() {
                day_of_month == first_day && (!months.is_empty() || month == first_month)
            } else {
                weekdays.contains(day.weekday())
            };
            on_day && counts(i64::from(year) - i64::from(first_year))
        }
    }
}

/// The Monday of a day's week.
pub(crate) fn monday(day: Day) -> i64 {
    i64::from(day.0) - i64::from(day.weekday().index())
}
