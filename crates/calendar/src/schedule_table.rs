//! Schedules as tables: for each day from [`TABLE_FIRST`] to [`TABLE_LAST`] the minutes that are open, shared between days that are alike.

use std::collections::HashMap;
use std::sync::Arc;

use crate::bits::Bits;
use crate::clock::{FIRST_SECOND, LAST_SECOND, Local, ZoneTable};
use crate::dates::{DatesEntry, Pool, Rank};
use crate::day::Day;
use crate::evaluate::Evaluator;
use crate::schedule::{Line, LineDays, MINUTES, Schedule, What, deciding, is_open};
use crate::table::{PoolSets, TABLE_FIRST, TABLE_LAST, add_weekdays};
use crate::zone::Zone;

/// The open minutes of a day, the tail of the day before included.
pub(crate) type Minutes = [u64; 23];

/// Largest number of different days in a table. A schedule with more of them (no calendar has) is answered from its rules.
const MAX_KINDS: usize = 1 << 14;

/// A schedule as a table: [`ScheduleTable::open`] is [`is_open`], in constant time from 2000 to 2099 however many lines there are, and for ever
/// when all lines are plain weekdays. On other days it is as slow.
#[derive(Clone, Debug)]
pub struct ScheduleTable {
    days: DayTable,
    minutes: Vec<Minutes>,
    pool: Arc<Pool>,
    schedule: Schedule,
}

/// For each day an index into [`ScheduleTable::minutes`].
#[derive(Clone, Debug)]
enum DayTable {
    /// Every week is the same; by weekday.
    Week([u16; 7]),
    /// From [`TABLE_FIRST`] to [`TABLE_LAST`].
    Century(Box<[u16]>),
    /// Not a table: the rules reach too far, or too many days differ.
    Rules,
}

impl ScheduleTable {
    /// Makes the table.
    #[must_use]
    pub fn new(pool: &Pool, schedule: &Schedule) -> Self {
        Self::with(&mut PoolSets::new(pool), schedule)
    }

    /// As [`ScheduleTable::new`], sharing the work on the pool with other tables.
    #[must_use]
    pub fn with(sets: &mut PoolSets, schedule: &Schedule) -> Self {
        let made = Plan::new(sets, schedule).and_then(|plan| plan.table(schedule));
        let (days, minutes) = made.unwrap_or((DayTable::Rules, Vec::new()));
        Self { days, minutes, pool: Arc::clone(sets.pool()), schedule: schedule.clone() }
    }

    /// The zone of the schedule, in which readings are to be taken.
    #[must_use]
    pub const fn zone(&self) -> Zone {
        self.schedule.zone
    }

    /// The schedule.
    #[must_use]
    pub const fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// True when the schedule is open at a reading of its zone's clock.
    #[must_use]
    pub fn open(&self, local: Local) -> bool {
        match self.minutes_of(local.day) {
            Some(minutes) => bit(minutes, local.minute),
            None => is_open(&self.pool, &self.schedule, local),
        }
    }

    /// Which of [`ScheduleTable::kinds`] a day is that is in the table.
    pub(crate) fn kind_of(&self, day: Day) -> Option<u16> {
        match &self.days {
            DayTable::Week(days) => days.get(usize::from(day.weekday().index())).copied(),
            DayTable::Century(days) => days.get(usize::try_from(i64::from(day.0) - i64::from(TABLE_FIRST.0)).ok()?).copied(),
            DayTable::Rules => None,
        }
    }

    /// The open minutes of a day that is in the table.
    pub(crate) fn minutes_of(&self, day: Day) -> Option<&Minutes> {
        self.minutes.get(usize::from(self.kind_of(day)?))
    }

    /// True when every week is the same.
    pub(crate) const fn is_weekly(&self) -> bool {
        matches!(self.days, DayTable::Week(_))
    }

    /// True when days between [`TABLE_FIRST`] and [`TABLE_LAST`] are in the table.
    pub(crate) const fn is_table(&self) -> bool {
        !matches!(self.days, DayTable::Rules)
    }

    /// The different days that occur, by their open minutes.
    pub(crate) fn kinds(&self) -> &[Minutes] {
        &self.minutes
    }

    /// The first instant after `unix_seconds`, within 400 days, at which the schedule opens (true) or closes (false); `None` when it stays as
    /// it is. A clock change counts when it skips the hours' edge, or jumps back over it.
    #[must_use]
    pub fn next_change(&self, unix_seconds: i64) -> Option<(i64, bool)> {
        if !(FIRST_SECOND..LAST_SECOND).contains(&unix_seconds) {
            return None;
        }
        let limit = (unix_seconds + HORIZON).min(LAST_SECOND);
        let zone = ZoneTable::shared(self.zone());
        let mut evaluator = Evaluator::new(&self.pool);
        let mut now = unix_seconds;
        let mut days = DayCache { table: self, day: None, minutes: [0; 23] };
        let before = days.open(&mut evaluator, zone.local(now))?;
        // One turn for each stretch of time with the same offset.
        while now < limit {
            let (offset, end) = zone.span_until(now, limit);
            // The next full minute of the wall clock, in minutes since 1970 on that wall.
            let mut minute = (now + i64::from(offset)).div_euclid(60) + 1;
            loop {
                let at = minute * 60 - i64::from(offset);
                if at >= end {
                    break;
                }
                let (day, of_day) = (minute.div_euclid(i64::from(MINUTES)), minute.rem_euclid(i64::from(MINUTES)) as u16);
                let minutes = days.minutes(&mut evaluator, Day(i32::try_from(day).ok()?))?;
                match next_differing(minutes, of_day, before) {
                    Some(found) => {
                        let at = at + i64::from(found - of_day) * 60;
                        if at >= end {
                            break;
                        }
                        return Some((at, !before));
                    }
                    None => minute += i64::from(MINUTES - of_day),
                }
            }
            if end >= limit {
                return None;
            }
            now = end;
            let after = days.open(&mut evaluator, zone.local(now))?;
            if after != before {
                return Some((now, after));
            }
        }
        None
    }
}

/// The next opening (true) or closing (false) after an instant, within 400 days: see [`ScheduleTable::next_change`].
#[must_use]
pub fn next_change(pool: &Pool, schedule: &Schedule, unix_seconds: i64) -> Option<(i64, bool)> {
    ScheduleTable::new(pool, schedule).next_change(unix_seconds)
}

/// How far [`ScheduleTable::next_change`] looks, in seconds.
const HORIZON: i64 = 400 * 86_400;

/// The open minutes of one day after another, from the table or from the rules.
struct DayCache<'a> {
    table: &'a ScheduleTable,
    day: Option<Day>,
    minutes: Minutes,
}

impl DayCache<'_> {
    fn minutes(&mut self, evaluator: &mut Evaluator<'_>, day: Day) -> Option<&Minutes> {
        if self.day != Some(day) {
            self.minutes = match self.table.minutes_of(day) {
                Some(minutes) => *minutes,
                None => self.by_rules(evaluator, day),
            };
            self.day = Some(day);
        }
        // A question cut short would name a change that there is not.
        if evaluator.is_spent() { None } else { Some(&self.minutes) }
    }

    fn by_rules(&self, evaluator: &mut Evaluator<'_>, day: Day) -> Minutes {
        let schedule = &self.table.schedule;
        let mut minutes = [0; 23];
        for (day, before) in [(day, false), (day.plus(-1), true)] {
            let shape = shape(schedule, deciding(evaluator, schedule, day));
            if before { add_tail(&mut minutes, &shape) } else { add_day(&mut minutes, &shape) }
        }
        minutes
    }

    fn open(&mut self, evaluator: &mut Evaluator<'_>, local: Local) -> Option<bool> {
        self.minutes(evaluator, local.day).map(|minutes| bit(minutes, local.minute))
    }
}

/// The first minute from `from` on that is open when `open` is false, or closed when it is true.
fn next_differing(minutes: &Minutes, from: u16, open: bool) -> Option<u16> {
    (from..MINUTES).find(|&minute| bit(minutes, minute) != open)
}

fn bit(minutes: &Minutes, minute: u16) -> bool {
    minutes.get(usize::from(minute / 64)).is_some_and(|word| word >> (minute % 64) & 1 == 1)
}

/// Which lines decide on which day, before hours come into it.
pub(crate) struct Plan {
    /// Sets of lines; the first one is empty. Days that the same lines decide share one.
    sets: Vec<LineSet>,
    /// For each day of the week, or from the day before [`TABLE_FIRST`] to [`TABLE_LAST`], an index into `sets`.
    days: Vec<u16>,
    /// Which of the two `days` is.
    weekly: bool,
}

/// A set of lines of one rank, as one more line than another set.
struct LineSet {
    rank: Rank,
    line: usize,
    /// The others.
    rest: u16,
}

impl Plan {
    /// `None` when the rules reach too far for a table, or days are of too many kinds.
    pub(crate) fn new(pool: &mut PoolSets, schedule: &Schedule) -> Option<Self> {
        let plain = |line: &Line| {
            line.from.is_none() && line.until.is_none() && matches!(line.days, LineDays::Weekly { months, .. } if months.is_empty())
        };
        let weekly = schedule.lines.iter().all(plain);
        // A Monday, for a week; it lies within what a set of days can hold.
        let first = if weekly { Day(TABLE_FIRST.0 - i32::from(TABLE_FIRST.weekday().index())) } else { TABLE_FIRST.plus(-1) };
        let last = if weekly { first.plus(6) } else { TABLE_LAST };
        let empty = LineSet { rank: Rank::Weekly, line: usize::MAX, rest: 0 };
        let mut plan = Self { sets: vec![empty], days: vec![0; (last.0 - first.0 + 1) as usize], weekly };
        let mut held = Bits::new();
        for rank in Rank::ALL {
            for (index, line) in schedule.lines.iter().enumerate() {
                let of_rank = |entry: &&DatesEntry| entry.rule.rank() == rank;
                let concerned = match &line.days {
                    LineDays::Weekly { months, .. } => rank == if months.is_empty() { Rank::Weekly } else { Rank::Season },
                    LineDays::Dates(entries) => entries.iter().any(|entry| of_rank(&entry)),
                };
                if !concerned {
                    continue;
                }
                held.clear();
                match &line.days {
                    LineDays::Weekly { months, weekdays } => add_weekdays(&mut held, *weekdays, *months),
                    LineDays::Dates(entries) => entries.iter().filter(of_rank).try_for_each(|entry| pool.add(entry, &mut held))?,
                }
                held.retain_range(line.from.max(Some(first)), Some(line.until.map_or(last, |until| until.min(last))));
                plan.add(rank, index, &held, first)?;
            }
        }
        Some(plan)
    }

    /// Lets a line decide on the days that it holds: alone where lines of lower rank did, else with those of its own.
    fn add(&mut self, rank: Rank, line: usize, held: &Bits, first: Day) -> Option<()> {
        // For each set of lines the one with this line too.
        let mut extended: Vec<Option<u16>> = vec![None; self.sets.len()];
        // Days that follow each other mostly belong to one set.
        let mut last = None;
        for day in held.days() {
            let Some(slot) = usize::try_from(day.0 - first.0).ok().and_then(|index| self.days.get_mut(index)) else { continue };
            if let Some((from, to)) = last
                && from == *slot
            {
                *slot = to;
                continue;
            }
            let known = extended.get(usize::from(*slot)).copied().flatten();
            let set = match known {
                Some(set) => set,
                None => {
                    let rest = match self.sets.get(usize::from(*slot)) {
                        Some(set) if *slot != 0 && set.rank == rank => *slot,
                        _ => 0,
                    };
                    // Sets of lower rank all give way to the same one, which the empty set stands for.
                    let set = match extended.get(usize::from(rest)).copied().flatten() {
                        Some(set) => set,
                        None => {
                            let set = u16::try_from(self.sets.len()).ok().filter(|&set| usize::from(set) < MAX_KINDS)?;
                            self.sets.push(LineSet { rank, line, rest });
                            set
                        }
                    };
                    for from in [usize::from(*slot), usize::from(rest)] {
                        if let Some(known) = extended.get_mut(from) {
                            *known = Some(set);
                        }
                    }
                    set
                }
            };
            last = Some((*slot, set));
            *slot = set;
        }
        Some(())
    }

    /// True when there is an open minute on some day.
    pub(crate) fn opens(&self, schedule: &Schedule) -> bool {
        // Of the day before the tables only the tail of its shifts lies within.
        let (before, days) =
            if self.weekly { (None, self.days.as_slice()) } else { (self.days.first(), self.days.get(1..).unwrap_or_default()) };
        let shape = |set: u16| shape(schedule, self.lines(set));
        before.is_some_and(|&set| shape(set).iter().any(|&(_, end)| end > MINUTES))
            || self.used_on(days).into_iter().any(|set| !shape(set).is_empty())
    }

    /// The lines of a set, in no order.
    pub(crate) fn lines(&self, set: u16) -> impl Iterator<Item = usize> {
        let mut at = set;
        std::iter::from_fn(move || {
            let set = self.sets.get(usize::from(at)).filter(|_| at != 0)?;
            at = set.rest;
            Some(set.line)
        })
    }

    /// The sets that decide on some day.
    pub(crate) fn used(&self) -> Vec<u16> {
        self.used_on(&self.days)
    }

    fn used_on(&self, days: &[u16]) -> Vec<u16> {
        let mut used = vec![false; self.sets.len()];
        let mut last = None;
        for &set in days {
            if last != Some(set)
                && let Some(used) = used.get_mut(usize::from(set))
            {
                *used = true;
                last = Some(set);
            }
        }
        used.iter().zip(0..).filter(|&(&used, _)| used).map(|(_, set)| set).collect()
    }

    /// The open minutes of each day.
    fn table(&self, schedule: &Schedule) -> Option<(DayTable, Vec<Minutes>)> {
        // Sets of lines with the same hours are one shape.
        let mut shapes: Vec<Shape> = Vec::new();
        let mut by_shape: HashMap<Shape, u16> = HashMap::new();
        let mut shape_of: Vec<u16> = Vec::new();
        for set in 0..self.sets.len() {
            let shape = shape(schedule, self.lines(u16::try_from(set).ok()?));
            let index = *by_shape.entry(shape).or_insert_with_key(|shape| {
                shapes.push(shape.clone());
                (shapes.len() - 1) as u16
            });
            shape_of.push(index);
        }
        let overnight: Vec<bool> = shapes.iter().map(|shape| shape.iter().any(|&(_, end)| end > MINUTES)).collect();
        let mut minutes: Vec<Minutes> = Vec::new();
        let mut alone: Vec<Option<u16>> = vec![None; shapes.len()];
        let mut pairs: HashMap<(u16, u16), u16> = HashMap::new();
        let mut kind = |before: u16, today: u16| -> Option<u16> {
            let tail = overnight.get(usize::from(before)).copied().unwrap_or(false);
            let known = if tail { pairs.get(&(before, today)).copied() } else { alone.get(usize::from(today)).copied().flatten() };
            if known.is_some() {
                return known;
            }
            let index = u16::try_from(minutes.len()).ok().filter(|&index| usize::from(index) < MAX_KINDS)?;
            let mut open = [0; 23];
            add_day(&mut open, shapes.get(usize::from(today))?);
            if tail {
                add_tail(&mut open, shapes.get(usize::from(before))?);
                pairs.insert((before, today), index);
            } else {
                *alone.get_mut(usize::from(today))? = Some(index);
            }
            minutes.push(open);
            Some(index)
        };
        let shape_on = |set: u16| shape_of.get(usize::from(set)).copied();
        let mut before = shape_on(*if self.weekly { self.days.last()? } else { self.days.first()? })?;
        let mut days: Vec<u16> = Vec::with_capacity(self.days.len());
        for &set in self.days.iter().skip(usize::from(!self.weekly)) {
            let today = shape_on(set)?;
            days.push(kind(before, today)?);
            before = today;
        }
        let days = if self.weekly { DayTable::Week(days.try_into().ok()?) } else { DayTable::Century(days.into_boxed_slice()) };
        Some((days, minutes))
    }
}

/// The hours that begin on a day, sorted and without overlaps, counted on past midnight.
type Shape = Vec<(u16, u16)>;

/// The hours of a day on which these lines decide.
fn shape(schedule: &Schedule, deciding: impl IntoIterator<Item = usize>) -> Shape {
    let mut all: Shape = Vec::new();
    for line in deciding.into_iter().filter_map(|index| schedule.lines.get(index)) {
        if line.what == What::Closed {
            return Shape::new();
        }
        all.extend(line.what.intervals());
    }
    all.sort_unstable();
    let mut merged = Shape::new();
    for (start, end) in all {
        match merged.last_mut() {
            Some((_, last)) if start <= *last => *last = end.max(*last),
            _ => merged.push((start, end)),
        }
    }
    merged
}

/// Opens the minutes of the day itself.
fn add_day(minutes: &mut Minutes, shape: &Shape) {
    for &(start, end) in shape {
        fill(minutes, start, end.min(MINUTES));
    }
}

/// Opens the minutes past midnight of the day before.
fn add_tail(minutes: &mut Minutes, shape: &Shape) {
    for &(start, end) in shape {
        fill(minutes, start.saturating_sub(MINUTES), end.saturating_sub(MINUTES));
    }
}

/// Opens `[start, end)`.
fn fill(minutes: &mut Minutes, start: u16, end: u16) {
    for minute in start..end {
        if let Some(word) = minutes.get_mut(usize::from(minute / 64)) {
            *word |= 1 << (minute % 64);
        }
    }
}
