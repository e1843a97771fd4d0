//! Dates as data: rules that name days, lists of them, and the pool in which lists refer to one another. What they mean is in
//! [`crate::on`].

use std::fmt;

use crate::day::{Day, Weekday};
use crate::sets::{MonthSet, WeekdaySet};
use crate::table::{TABLE_FIRST, TABLE_LAST};

/// Index of a [`Dates`] in a [`Pool`].
pub type DatesId = u32;

/// How deep dates may refer to dates.
pub const MAX_DEPTH: u32 = 64;
/// Largest number of rules that asking one list about one day may look at; see [`Pool::check`].
pub const MAX_COST: u64 = 1 << 20;
/// Largest [`Pool::weight`] and [`crate::Schedule::weight`], in plain dates: making a table takes a fraction of a second at most.
pub const MAX_WEIGHT: u64 = 1 << 18;
/// Largest [`DatesEntry::offset`] in either direction, in days.
pub const MAX_OFFSET: i32 = 366;
/// Largest step of [`DayRule::Every`].
pub const MAX_EVERY: u32 = 999;

/// A list of days: every day on which one of the entries falls.
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug)]
pub struct Dates {
    /// In the order of the source, which means nothing.
    pub entries: Vec<DatesEntry>,
}

/// One entry: a rule, moved, observed, bounded, in this order.
///
/// `offset` moves the rule's days; `observed` looks at the weekday on which the **moved** day falls; `from` and `until` bound the days that
/// come out, the observed ones too.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct DatesEntry {
    /// Which days.
    pub rule: DayRule,
    /// Days after the rule's (before it when negative), within ±366.
    pub offset: i32,
    /// If it falls on a Saturday also the Friday before, if on a Sunday also the Monday after.
    pub observed: bool,
    /// Nothing before this day.
    pub from: Option<Day>,
    /// Nothing after this day.
    pub until: Option<Day>,
}

impl From<DayRule> for DatesEntry {
    /// The rule alone.
    fn from(rule: DayRule) -> Self {
        Self { rule, offset: 0, observed: false, from: None, until: None }
    }
}

/// A rule that names days. A date that a year does not have (29 February) is passed over in it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum DayRule {
    /// One day.
    Full(Day),
    /// From the first to the last, both included.
    FullRange(Day, Day),
    /// A date of every year.
    Yearly {
        /// 1 to 12.
        month: u8,
        /// 1 to 31.
        day: u8,
    },
    /// Every year from a date to a date, both included, past the new year when `to` comes before `from`. Dates are month (1 to 12) and day
    /// (1 to 31).
    YearlyRange {
        /// First.
        from: (u8, u8),
        /// Last.
        to: (u8, u8),
    },
    /// Easter Sunday of the western churches.
    Easter,
    /// The nth of a weekday in each month.
    Nth {
        /// Which: 1 to 5 (a month without a fifth is passed over), or the last.
        ordinal: Ordinal,
        /// Of which weekday.
        weekday: Weekday,
        /// Of which months; empty: every one.
        months: MonthSet,
    },
    /// The nth workday of each month. A workday is Monday to Friday and not excepted.
    Workday {
        /// Which: 1 to 23, or the last.
        ordinal: Ordinal,
        /// Dates that are no workdays.
        except: Option<DatesId>,
        /// Of which months; empty: every one.
        months: MonthSet,
    },
    /// Every `n` units from an anchor, and nothing before it.
    ///
    /// - days: the anchor, and every `n` days after it;
    /// - weeks (Monday to Sunday): the weekdays, or the anchor's weekday, of every `n`th week from the anchor's;
    /// - months and years: in every `n`th calendar month or year from the anchor's the weekdays, all of them; without weekdays the day of the
    ///   month that the anchor has (for years also its month, unless months are given).
    ///
    /// Months, and for days weekdays too, leave out the others.
    Every {
        /// How many units to the next, 1 to 999.
        n: u32,
        /// Of what.
        unit: Unit,
        /// Where counting starts.
        anchor: Day,
        /// Only in these; empty: in all.
        months: MonthSet,
        /// On these weekdays; empty: see above.
        weekdays: WeekdaySet,
    },
    /// What another list of the pool names.
    Named(DatesId),
    /// Days that were worked out elsewhere (from a calendar file), sorted and without doubles.
    Days(Vec<Day>),
}

/// Which one of several.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum Ordinal {
    /// Counted from the first, which is 1.
    Nth(u8),
    /// The last.
    Last,
}

/// What [`DayRule::Every`] counts.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Unit {
    Days,
    Weeks,
    Months,
    Years,
}

/// Which line of a schedule wins on a day; the later ones beat those before them.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Rank {
    /// Weekdays, and every n weeks.
    Weekly,
    /// Weekdays of some months.
    Season,
    /// Nth weekdays and workdays; every n days, months, years.
    Nth,
    /// Named dates.
    Named,
    /// A date of every year, Easter too.
    Yearly,
    /// A date with its year.
    FullDate,
}

impl Rank {
    /// From the weakest to the strongest.
    pub(crate) const ALL: [Self; 6] = [Self::Weekly, Self::Season, Self::Nth, Self::Named, Self::Yearly, Self::FullDate];
}

impl DayRule {
    /// The rank that a schedule line gets from it.
    #[must_use]
    pub const fn rank(&self) -> Rank {
        match self {
            Self::Full(_) | Self::FullRange(..) | Self::Days(_) => Rank::FullDate,
            Self::Yearly { .. } | Self::YearlyRange { .. } | Self::Easter => Rank::Yearly,
            Self::Named(_) => Rank::Named,
            Self::Every { unit: Unit::Weeks, .. } => Rank::Weekly,
            Self::Nth { .. } | Self::Workday { .. } | Self::Every { .. } => Rank::Nth,
        }
    }

    /// The list that it refers to.
    pub(crate) const fn refers_to(&self) -> Option<DatesId> {
        match self {
            Self::Named(id) => Some(*id),
            Self::Workday { except, .. } => *except,
            _ => None,
        }
    }

    /// How long a table takes with it at most, in microseconds or so.
    fn weight(&self) -> u64 {
        match self {
            Self::Full(_) => 1,
            Self::FullRange(first, last) => 2 + span_weight(Some(*first), Some(*last)),
            Self::Yearly { .. } | Self::Easter => 8,
            Self::Nth { .. } => 32,
            Self::YearlyRange { .. } | Self::Every { .. } | Self::Workday { .. } | Self::Named(_) => 2 * span_weight(None, None),
            Self::Days(days) => days.len() as u64,
        }
    }
}

/// The [`DayRule::weight`] of all days between two, as far as there are tables: some hundred days in a microsecond.
pub(crate) fn span_weight(from: Option<Day>, until: Option<Day>) -> u64 {
    let (from, until) = (from.unwrap_or(TABLE_FIRST).max(TABLE_FIRST), until.unwrap_or(TABLE_LAST).min(TABLE_LAST));
    u64::try_from(i64::from(until.0) - i64::from(from.0)).unwrap_or(0) / 128
}

/// The total [`DayRule::weight`] of some entries.
pub(crate) fn weight(entries: &[DatesEntry]) -> u64 {
    let of_entry = |entry: &DatesEntry| {
        let plain = entry.offset == 0 && !entry.observed && entry.from.is_none() && entry.until.is_none();
        entry.rule.weight() + if plain { 0 } else { 8 }
    };
    entries.iter().fold(0, |sum, entry| sum.saturating_add(of_entry(entry)))
}

/// All lists of dates of a program.
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug)]
pub struct Pool {
    /// By [`DatesId`].
    pub dates: Vec<Dates>,
}

/// Why a pool, or a schedule over it, is not fit for use. Nothing breaks on one that is not; days are then missing from its answers.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum PoolError {
    /// Something refers to dates that are not in the pool.
    Missing(DatesId),
    /// Dates refer to themselves, at last.
    Cycle(DatesId),
    /// Dates refer to dates more than [`MAX_DEPTH`] deep.
    TooDeep(DatesId),
    /// Asking about one day takes more than [`MAX_COST`] steps: workdays except dates that are made of workdays except dates …
    TooCostly(DatesId),
    /// More than [`MAX_WEIGHT`] dates, or more than [`crate::MAX_LINES`] lines.
    TooLarge,
}

impl fmt::Display for PoolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(id) => write!(f, "there are no dates with index {id}"),
            Self::Cycle(id) => write!(f, "dates {id} refer to themselves"),
            Self::TooDeep(id) => write!(f, "dates {id} refer to other dates more than {MAX_DEPTH} deep"),
            Self::TooCostly(id) => write!(f, "dates {id} take too long to look at: workdays that except workdays"),
            Self::TooLarge => f.write_str("too many dates or lines"),
        }
    }
}

impl std::error::Error for PoolError {}

impl Pool {
    /// How much there is to do for tables of all lists, in plain dates (a microsecond or so each). For limits on what holds many.
    #[must_use]
    pub fn weight(&self) -> u64 {
        self.dates.iter().fold(0u64, |sum, dates| sum.saturating_add(weight(&dates.entries)).saturating_add(1))
    }

    /// Whether every reference leads somewhere, without cycles, and all is within the limits.
    ///
    /// # Errors
    ///
    /// The first [`PoolError`] found.
    pub fn check(&self) -> Result<(), PoolError> {
        if self.weight() > MAX_WEIGHT {
            return Err(PoolError::TooLarge);
        }
        let mut known = vec![Costs::Unknown; self.dates.len()];
        for id in 0..self.dates.len() {
            self.cost(id as DatesId, 0, &mut known)?;
        }
        Ok(())
    }

    /// The steps that asking the list `id` about a day can take, and how deep it refers to others.
    fn cost(&self, id: DatesId, depth: u32, known: &mut [Costs]) -> Result<(u64, u32), PoolError> {
        match known.get(id as usize) {
            None => return Err(PoolError::Missing(id)),
            Some(Costs::Known(cost, height)) => return Ok((*cost, *height)),
            Some(Costs::Busy) => return Err(PoolError::Cycle(id)),
            Some(Costs::Unknown) if depth >= MAX_DEPTH => return Err(PoolError::TooDeep(id)),
            Some(Costs::Unknown) => {}
        }
        let set = |known: &mut [Costs], value| {
            if let Some(slot) = known.get_mut(id as usize) {
                *slot = value;
            }
        };
        set(known, Costs::Busy);
        let (mut sum, mut height) = (0u64, 1);
        for entry in self.dates.get(id as usize).map(|dates| dates.entries.as_slice()).unwrap_or_default() {
            let mut cost = 1;
            if let Some(other) = entry.rule.refers_to() {
                let (inner, below) = self.cost(other, depth + 1, known)?;
                // The days of a month, each of which may be excepted.
                let times = if matches!(entry.rule, DayRule::Workday { .. }) { 32 } else { 1 };
                cost = inner.saturating_mul(times).saturating_add(1);
                height = height.max(below + 1);
            }
            sum = sum.saturating_add(cost.saturating_mul(if entry.observed { 2 } else { 1 }));
        }
        if height > MAX_DEPTH {
            return Err(PoolError::TooDeep(id));
        }
        if sum > MAX_COST {
            return Err(PoolError::TooCostly(id));
        }
        set(known, Costs::Known(sum, height));
        Ok((sum, height))
    }
}

/// What [`Pool::cost`] knows of a list.
#[derive(Copy, Clone)]
enum Costs {
    Unknown,
    Busy,
    Known(u64, u32),
}

#[cfg(test)]
mod tests {
    use super::{Dates, DatesEntry, DatesId, DayRule, MAX_DEPTH, MonthSet, Ordinal, Pool, PoolError};
    use crate::day::Day;

    fn pool(lists: impl IntoIterator<Item = Vec<DayRule>>) -> Pool {
        Pool { dates: lists.into_iter().map(|rules| Dates { entries: rules.into_iter().map(DatesEntry::from).collect() }).collect() }
    }

    fn workday(except: DatesId) -> DayRule {
        DayRule::Workday { ordinal: Ordinal::Last, except: Some(except), months: MonthSet::EMPTY }
    }

    #[test]
    fn sound_pools_pass() {
        assert_eq!(Pool::default().check(), Ok(()));
        assert_eq!(pool([vec![DayRule::Named(1), workday(1)], vec![DayRule::Easter], vec![]]).check(), Ok(()));
        let chain = (1..MAX_DEPTH).map(|id| vec![DayRule::Named(id)]).chain([vec![DayRule::Easter]]);
        assert_eq!(pool(chain).check(), Ok(()));
    }

    #[test]
    fn unsound_pools_say_why() {
        assert_eq!(pool([vec![DayRule::Named(1)]]).check(), Err(PoolError::Missing(1)));
        assert_eq!(pool([vec![workday(7)]]).check(), Err(PoolError::Missing(7)));
        assert_eq!(pool([vec![DayRule::Named(0)]]).check(), Err(PoolError::Cycle(0)));
        assert_eq!(pool([vec![DayRule::Named(1)], vec![workday(0)]]).check(), Err(PoolError::Cycle(0)));
        let chain = |down: bool| {
            let n = MAX_DEPTH + 1;
            let link = |id: u32| if down { vec![DayRule::Named(id + 1)] } else { vec![DayRule::Named(id - 1)] };
            pool((0..n).map(|id| if id == if down { n - 1 } else { 0 } { vec![DayRule::Easter] } else { link(id) }))
        };
        assert_eq!(chain(true).check(), Err(PoolError::TooDeep(MAX_DEPTH)));
        assert_eq!(chain(false).check(), Err(PoolError::TooDeep(MAX_DEPTH)));
        let nested = [vec![DayRule::Easter]].into_iter().chain((0..6).map(|id| vec![workday(id)]));
        assert!(matches!(pool(nested).check(), Err(PoolError::TooCostly(_))));
        let doubling = [vec![DayRule::Easter]].into_iter().chain((0..40).map(|id| vec![DayRule::Named(id), DayRule::Named(id)]));
        assert!(matches!(pool(doubling).check(), Err(PoolError::TooCostly(_))));
        assert_eq!(pool([vec![DayRule::Days(vec![Day(0); 300_000])]]).check(), Err(PoolError::TooLarge));
    }
}
