//! Dates as tables: which days between [`TABLE_FIRST`] and [`TABLE_LAST`] a list names, worked out once for all of them.

use std::sync::Arc;

use crate::bits::{self, Bits};
use crate::dates::{DatesEntry, DatesId, DayRule, MAX_DEPTH, Ordinal, Pool, Unit};
use crate::day::{Day, Weekday, days_in_month, easter};
use crate::evaluate::{is_date, monday, on};
use crate::sets::{MonthSet, WeekdaySet};

/// First day of the tables: 2000-01-01. Days before it are answered from the rules.
pub const TABLE_FIRST: Day = Day(10_957);
/// Last day of the tables: 2099-12-31. Days after it are answered from the rules.
pub const TABLE_LAST: Day = Day(47_481);

/// How far outside of the tables a day may lie that still bears on a day inside. Sets of days are kept that much wider.
const MAX_REACH: u32 = 3_600;
/// The years that sets of days touch.
const YEARS: std::ops::RangeInclusive<i32> = 1989..=2110;

/// A list of dates as a table: [`DatesTable::contains`] is [`on`], in constant time from 2000 to 2099.
#[derive(Clone, Debug)]
pub struct DatesTable {
    /// `None` when the rules reach too far for a table.
    bits: Option<Bits>,
    pool: Arc<Pool>,
    entries: Vec<DatesEntry>,
}

impl DatesTable {
    /// The table of the days that `entries` name.
    #[must_use]
    pub fn new(pool: &Pool, entries: &[DatesEntry]) -> Self {
        Self::with(&mut PoolSets::new(pool), entries)
    }

    /// As [`DatesTable::new`], sharing the work on the pool with other tables.
    #[must_use]
    pub fn with(sets: &mut PoolSets, entries: &[DatesEntry]) -> Self {
        Self { bits: sets.days(entries), pool: Arc::clone(&sets.pool), entries: entries.to_vec() }
    }

    /// True when `day` is one of the days.
    #[must_use]
    pub fn contains(&self, day: Day) -> bool {
        match &self.bits {
            Some(bits) if (TABLE_FIRST..=TABLE_LAST).contains(&day) => bits.contains(day),
            _ => on(&self.pool, &self.entries, day),
        }
    }
}

/// The lists of a pool as sets of days, each worked out when it is first needed. For making several tables over one pool.
#[derive(Clone, Debug)]
pub struct PoolSets {
    pool: Arc<Pool>,
    lists: Vec<List>,
    /// All Saturdays, and all Sundays.
    weekend: (Bits, Bits),
}

/// What is known of a list.
#[derive(Clone, Debug)]
enum List {
    Unknown,
    /// Being worked out; to meet it then is a circle.
    Busy,
    /// No set can be right within the tables: too long a reach, or a fault of the pool.
    Beyond,
    Known(Arc<Days>),
}

#[derive(Clone, Debug)]
struct Days {
    bits: Bits,
    /// How many days apart from a day what decides on it can lie.
    reach: u32,
    /// How deep it refers to other lists, itself included.
    height: u32,
}

impl PoolSets {
    /// Nothing worked out yet. Copies the pool.
    #[must_use]
    pub fn new(pool: &Pool) -> Self {
        let every = |weekday: Weekday| {
            let mut bits = Bits::new();
            bits.insert_weekdays(WeekdaySet::EMPTY.with(weekday));
            bits
        };
        Self {
            lists: vec![List::Unknown; pool.dates.len()],
            pool: Arc::new(pool.clone()),
            weekend: (every(Weekday::Sat), every(Weekday::Sun)),
        }
    }

    /// The pool.
    pub(crate) const fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    /// The days that the entries name; right from a day before the tables to their end. `None` when no set can be.
    pub(crate) fn days(&mut self, entries: &[DatesEntry]) -> Option<Bits> {
        let mut bits = Bits::new();
        entries.iter().try_for_each(|entry| self.add(entry, &mut bits))?;
        Some(bits)
    }

    /// Adds the days of one entry. `None` when no set can be right.
    pub(crate) fn add(&mut self, entry: &DatesEntry, into: &mut Bits) -> Option<()> {
        self.add_below(entry, 0, into).map(|_| ())
    }

    /// The list `id`, asked for by an entry that stands `depth` references below the question.
    fn list(&mut self, id: DatesId, depth: u32) -> Option<Arc<Days>> {
        match self.lists.get(id as usize) {
            // Missing dates name no days.
            None => return Some(Arc::new(Days { bits: Bits::new(), reach: 0, height: 1 })),
            Some(List::Known(days)) => return Some(Arc::clone(days)),
            Some(List::Busy | List::Beyond) => return None,
            Some(List::Unknown) if depth >= MAX_DEPTH => return None,
            Some(List::Unknown) => {}
        }
        self.set(id, List::Busy);
        let days = self.work_out(id, depth).map(Arc::new);
        self.set(id, days.clone().map_or(List::Beyond, List::Known));
        days
    }

    fn set(&mut self, id: DatesId, list: List) {
        if let Some(slot) = self.lists.get_mut(id as usize) {
            *slot = list;
        }
    }

    fn work_out(&mut self, id: DatesId, depth: u32) -> Option<Days> {
        let pool = Arc::clone(&self.pool);
        let mut days = Days { bits: Bits::new(), reach: 0, height: 1 };
        for entry in &pool.dates.get(id as usize)?.entries {
            let (reach, height) = self.add_below(entry, depth + 1, &mut days.bits)?;
            days.reach = days.reach.max(reach);
            days.height = days.height.max(height + 1);
        }
        (days.height <= MAX_DEPTH).then_some(days)
    }

    /// Adds the days of an entry and gives its reach and how deep it refers to lists.
    fn add_below(&mut self, entry: &DatesEntry, depth: u32, into: &mut Bits) -> Option<(u32, u32)> {
        let list = match entry.rule.refers_to() {
            Some(id) => Some(self.list(id, depth)?),
            None => None,
        };
        let (inner_reach, height) = list.as_ref().map_or((0, 0), |list| (list.reach, list.height));
        let month = if matches!(entry.rule, DayRule::Workday { .. }) { 31 } else { 0 };
        let reach = inner_reach.saturating_add(month).saturating_add(entry.offset.unsigned_abs()).saturating_add(u32::from(entry.observed));
        if reach > MAX_REACH {
            return None;
        }
        let named = list.as_ref().map(|list| &list.bits);
        if entry.offset == 0 && !entry.observed && entry.from.is_none() && entry.until.is_none() {
            add_rule(&entry.rule, named, into);
            return Some((reach, height));
        }
        let mut days = Bits::new();
        add_rule(&entry.rule, named, &mut days);
        if entry.offset != 0 {
            days = days.shifted(entry.offset);
        }
        if entry.observed {
            let (saturdays, sundays) = &self.weekend;
            let (fridays, mondays) = (days.intersection(saturdays).shifted(-1), days.intersection(sundays).shifted(1));
            days.union(&fridays);
            days.union(&mondays);
        }
        days.retain_range(entry.from, entry.until);
        into.union(&days);
        Some((reach, height))
    }
}

/// Adds the days of a rule. `named` is the list that it refers to.
fn add_rule(rule: &DayRule, named: Option<&Bits>, into: &mut Bits) {
    match rule {
        DayRule::Full(day) => into.insert(*day),
        DayRule::FullRange(first, last) => into.insert_range(*first, *last),
        DayRule::Yearly { month, day } => YEARS.filter_map(|year| Day::from_civil(year, *month, *day)).for_each(|day| into.insert(day)),
        DayRule::YearlyRange { from, to } => add_yearly_range(*from, *to, into),
        DayRule::Easter => YEARS.filter_map(easter).for_each(|day| into.insert(day)),
        DayRule::Nth { ordinal, weekday, months } => {
            for (year, month) in each_month(*months) {
                if let Some(day) = nth(*ordinal, *weekday, year, month) {
                    into.insert(day);
                }
            }
        }
        DayRule::Workday { ordinal, months, .. } => {
            for (year, month) in each_month(*months) {
                let works = |day: &Day| day.weekday().is_workday() && !named.is_some_and(|named| named.contains(*day));
                let mut days = days_of_month(year, month);
                let found = match ordinal {
                    Ordinal::Nth(n) => usize::from(*n).checked_sub(1).and_then(|n| days.filter(works).nth(n)),
                    Ordinal::Last => days.rfind(works),
                };
                if let Some(day) = found {
                    into.insert(day);
                }
            }
        }
        DayRule::Every { n, unit, anchor, months, weekdays } => add_every(*n, *unit, *anchor, *months, *weekdays, into),
        DayRule::Named(_) => {
            if let Some(named) = named {
                into.union(named);
            }
        }
        DayRule::Days(days) => {
            let start = days.partition_point(|&day| day < bits::FIRST);
            days.iter().skip(start).take_while(|&&day| day <= bits::LAST).for_each(|&day| into.insert(day));
        }
    }
}

/// All months of [`YEARS`] that the set allows.
fn each_month(months: MonthSet) -> impl Iterator<Item = (i32, u8)> {
    YEARS.flat_map(move |year| (1..=12).filter(move |&month| months.allows(month)).map(move |month| (year, month)))
}

/// The days of a month, in order.
fn days_of_month(year: i32, month: u8) -> impl DoubleEndedIterator<Item = Day> {
    let first = Day::from_civil(year, month, 1).unwrap_or(Day(0));
    (0..i32::from(days_in_month(year, month))).map(move |step| first.plus(step))
}

/// The nth of a weekday in a month.
fn nth(ordinal: Ordinal, weekday: Weekday, year: i32, month: u8) -> Option<Day> {
    let length = days_in_month(year, month);
    let first = Day::from_civil(year, month, 1)?;
    let first_date = 1 + (7 + weekday.index() - first.weekday().index()) % 7;
    let date = match ordinal {
        Ordinal::Nth(n) => first_date.checked_add(n.checked_sub(1)?.checked_mul(7)?)?,
        Ordinal::Last => first_date + (length - first_date) / 7 * 7,
    };
    Day::from_civil(year, month, date)
}

fn add_yearly_range(from: (u8, u8), to: (u8, u8), into: &mut Bits) {
    if !is_date(from) || !is_date(to) {
        return;
    }
    // 29 February in a common year: a range begins on the day after it, or ends on the day before.
    let begin = |year: i32| Day::from_civil(year, from.0, from.1).or_else(|| Day::from_civil(year, from.0 + 1, 1));
    let end = |year: i32| Day::from_civil(year, to.0, to.1.min(days_in_month(year, to.0)));
    for year in YEARS {
        let last = end(if from <= to { year } else { year + 1 });
        if let (Some(first), Some(last)) = (begin(year), last) {
            into.insert_range(first, last);
        }
    }
}

/// Adds these weekdays in these months; an empty set allows all.
pub(crate) fn add_weekdays(into: &mut Bits, weekdays: WeekdaySet, months: MonthSet) {
    let mut days = Bits::new();
    days.insert_range(bits::FIRST, bits::LAST);
    restrict(&mut days, weekdays, months);
    into.union(&days);
}

/// Takes out the days that these sets do not allow.
fn restrict(days: &mut Bits, weekdays: WeekdaySet, months: MonthSet) {
    if !months.is_empty() {
        let mut season = Bits::new();
        each_month(months).for_each(|(year, month)| add_month(&mut season, year, month));
        *days = days.intersection(&season);
    }
    if !weekdays.is_empty() {
        let mut allowed = Bits::new();
        allowed.insert_weekdays(weekdays);
        *days = days.intersection(&allowed);
    }
}

/// Adds a whole month.
fn add_month(into: &mut Bits, year: i32, month: u8) {
    let mut days = days_of_month(year, month);
    if let (Some(first), Some(last)) = (days.next(), days.next_back()) {
        into.insert_range(first, last);
    }
}

/// `first` and every `step`th day after it, as far as a set holds them.
fn steps(first: i64, step: u32) -> impl Iterator<Item = Day> {
    let step = i64::from(step.max(1));
    let before = (i64::from(bits::FIRST.0) - first).max(0);
    let start = first.saturating_add((before + step - 1) / step * step);
    let last = i64::from(bits::LAST.0);
    std::iter::successors(Some(start), move |day| Some(day + step)).take_while(move |&day| day <= last).map(|day| Day(day as i32))
}

fn add_every(n: u32, unit: Unit, anchor: Day, months: MonthSet, weekdays: WeekdaySet, into: &mut Bits) {
    if n == 0 {
        return;
    }
    let mut days = Bits::new();
    // What else must hold of the days found, for the weekdays and for the months.
    let (mut on_weekdays, mut in_months) = (weekdays, months);
    match unit {
        Unit::Days if n == 1 => days.insert_range(anchor, bits::LAST),
        Unit::Days => steps(i64::from(anchor.0), n).for_each(|day| days.insert(day)),
        Unit::Weeks => {
            let weekdays = if weekdays.is_empty() { WeekdaySet::EMPTY.with(anchor.weekday()) } else { weekdays };
            for weekday in weekdays.iter() {
                let first = monday(anchor) + i64::from(weekday.index());
                steps(first, n.saturating_mul(7)).for_each(|day| days.insert(day));
            }
            on_weekdays = WeekdaySet::EMPTY;
        }
        Unit::Months | Unit::Years => {
            let (first_year, first_month, first_day) = anchor.ymd();
            let years = unit == Unit::Years;
            for (year, month) in each_month(months) {
                let by_years = i64::from(year) - i64::from(first_year);
                let distance = if years { by_years } else { by_years * 12 + i64::from(month) - i64::from(first_month) };
                if distance % i64::from(n) != 0 {
                    continue;
                }
                if !weekdays.is_empty() {
                    add_month(&mut days, year, month);
                } else if !years || !months.is_empty() || month == first_month {
                    Day::from_civil(year, month, first_day).into_iter().for_each(|day| days.insert(day));
                }
            }
            in_months = MonthSet::EMPTY;
        }
    }
    restrict(&mut days, on_weekdays, in_months);
    days.retain_range(Some(anchor), None);
    into.union(&days);
}
