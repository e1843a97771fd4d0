//! Questions about whole schedules and lists of dates, for a checker. They look at the days from [`TABLE_FIRST`] to [`TABLE_LAST`], and claim
//! nothing about rules that have no table.

use std::collections::HashSet;

use crate::bits::Bits;
use crate::dates::{DatesEntry, DatesId, DayRule, MAX_DEPTH, Pool};
use crate::day::Day;
use crate::schedule::{Line, LineDays, MINUTES, Schedule, What};
use crate::schedule_table::{Minutes, Plan, ScheduleTable};
use crate::table::{PoolSets, TABLE_FIRST, TABLE_LAST};

/// What may be odd about a schedule, all of it from one look at its days.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Oddities {
    /// See [`never_open`].
    pub never_open: bool,
    /// See [`contradictions`].
    pub contradictions: Vec<(usize, usize)>,
    /// See [`dead_lines`].
    pub dead_lines: Vec<usize>,
}

/// The answers of [`never_open`], [`contradictions`] and [`dead_lines`] for the cost of one, sharing the work on the pool with other schedules.
#[must_use]
pub fn oddities(sets: &mut PoolSets, schedule: &Schedule) -> Oddities {
    let Some(plan) = Plan::new(sets, schedule) else { return Oddities::default() };
    Oddities {
        never_open: !plan.opens(schedule),
        contradictions: contradictions_of(&plan, schedule),
        dead_lines: dead_lines_of(&plan, sets, schedule),
    }
}

/// True when the schedule is closed at every reading.
#[must_use]
pub fn never_open(pool: &Pool, schedule: &Schedule) -> bool {
    Plan::new(&mut PoolSets::new(pool), schedule).is_some_and(|plan| !plan.opens(schedule))
}

/// True when the schedule is open at every reading.
#[must_use]
pub fn always_open(pool: &Pool, schedule: &Schedule) -> bool {
    let table = ScheduleTable::new(pool, schedule);
    let open = |minutes: &Minutes| minutes.iter().map(|word| word.count_ones()).sum::<u32>() == u32::from(MINUTES);
    table.is_table() && table.kinds().iter().all(open)
}

/// True when `a` is open wherever `b` is and both read the same clock.
#[must_use]
pub fn covers(a: &Schedule, b: &Schedule, pool: &Pool) -> bool {
    covers_with(&mut PoolSets::new(pool), a, b)
}

/// As [`covers`], sharing the work on the pool with other schedules.
#[must_use]
pub fn covers_with(sets: &mut PoolSets, a: &Schedule, b: &Schedule) -> bool {
    if a.zone != b.zone {
        return false;
    }
    let (a, b) = (ScheduleTable::with(sets, a), ScheduleTable::with(sets, b));
    // One week tells all of those that are the same every week.
    let last = if a.is_weekly() && b.is_weekly() { TABLE_FIRST.plus(6) } else { TABLE_LAST };
    let mut before = None;
    (TABLE_FIRST.0..=last.0).all(|day| {
        let kinds = (a.kind_of(Day(day)), b.kind_of(Day(day)));
        before.replace(kinds) == Some(kinds)
            || match (a.minutes_of(Day(day)), b.minutes_of(Day(day))) {
                (Some(a), Some(b)) => a.iter().zip(b).all(|(a, b)| b & !a == 0),
                _ => false,
            }
    })
}

/// At most this many pairs come out of [`contradictions`].
const MAX_PAIRS: usize = 256;

/// Pairs of lines, by index and the smaller one first, of which one says closed and the other has hours on a day on which both decide.
/// Closed wins; whoever wrote the hours may not know.
#[must_use]
pub fn contradictions(pool: &Pool, schedule: &Schedule) -> Vec<(usize, usize)> {
    Plan::new(&mut PoolSets::new(pool), schedule).map_or_else(Vec::new, |plan| contradictions_of(&plan, schedule))
}

fn contradictions_of(plan: &Plan, schedule: &Schedule) -> Vec<(usize, usize)> {
    let closes = |line: &usize| schedule.lines.get(*line).is_some_and(|line| line.what == What::Closed);
    let mut pairs = HashSet::new();
    for set in plan.used() {
        let (closed, open): (Vec<usize>, Vec<usize>) = plan.lines(set).partition(closes);
        for (&closed, &open) in closed.iter().flat_map(|closed| open.iter().map(move |open| (closed, open))) {
            if pairs.len() < MAX_PAIRS {
                pairs.insert((closed.min(open), closed.max(open)));
            }
        }
    }
    let mut pairs: Vec<_> = pairs.into_iter().collect();
    pairs.sort_unstable();
    pairs
}

/// Lines, by index, that decide on no day at all: they hold none, or stronger lines hold all that they do, or closed always beats their hours.
///
/// A line whose dates lie wholly before or after the tables is not one of them.
#[must_use]
pub fn dead_lines(pool: &Pool, schedule: &Schedule) -> Vec<usize> {
    let mut sets = PoolSets::new(pool);
    Plan::new(&mut sets, schedule).map_or_else(Vec::new, |plan| dead_lines_of(&plan, &mut sets, schedule))
}

fn dead_lines_of(plan: &Plan, sets: &mut PoolSets, schedule: &Schedule) -> Vec<usize> {
    let mut alive = vec![false; schedule.lines.len()];
    let closes = |line: usize| schedule.lines.get(line).is_some_and(|line| line.what == What::Closed);
    for set in plan.used() {
        let closed = plan.lines(set).any(closes);
        for line in plan.lines(set).filter(|&line| !closed || closes(line)) {
            if let Some(alive) = alive.get_mut(line) {
                *alive = true;
            }
        }
    }
    let dead = alive.iter().zip(&schedule.lines).enumerate().filter(|&(_, (&alive, line))| !alive && !is_elsewhere(line, sets));
    dead.map(|(index, _)| index).collect()
}

/// True when the line holds no day within the tables, and may hold some outside.
fn is_elsewhere(line: &Line, sets: &mut PoolSets) -> bool {
    let inside = |mut days: Bits| {
        days.retain_range(line.from.max(Some(TABLE_FIRST)), Some(line.until.map_or(TABLE_LAST, |until| until.min(TABLE_LAST))));
        days.last().is_some()
    };
    let entries = line.entries();
    let weekly = matches!(line.days, LineDays::Weekly { .. });
    if line.from.zip(line.until).is_some_and(|(from, until)| from > until) || (!weekly && sets.days(entries).is_none_or(inside)) {
        return false;
    }
    // A year past the ends, so that a yearly date has had its turn.
    let (early, late) = (TABLE_FIRST.plus(366), TABLE_LAST.plus(-366));
    let ends_early = |until: Option<Day>| until.is_some_and(|until| until < early);
    let starts_late = |from: Option<Day>| from.is_some_and(|from| from > late);
    let elsewhere = |entry: &DatesEntry| {
        let (first, last) = match &entry.rule {
            DayRule::Full(day) => (Some(*day), Some(*day)),
            DayRule::FullRange(first, last) if first > last => return false,
            DayRule::FullRange(first, last) => (Some(*first), Some(*last)),
            DayRule::Days(days) => (days.first().copied(), days.last().copied()),
            DayRule::Every { anchor, .. } => (Some(*anchor), None),
            // What other lists name is theirs to answer for.
            DayRule::Named(_) => return true,
            _ => (None, None),
        };
        ends_early(last) || starts_late(first) || ends_early(entry.until) || starts_late(entry.from)
    };
    ends_early(line.until) || starts_late(line.from) || entries.iter().any(elsewhere)
}

/// True when the entries name no day.
#[must_use]
pub fn never_on(pool: &Pool, entries: &[DatesEntry]) -> bool {
    within_tables(&mut PoolSets::new(pool), entries).is_some_and(|days| days.last().is_none())
}

/// True when `a` names every day that `b` names.
#[must_use]
pub fn dates_cover(a: &[DatesEntry], b: &[DatesEntry], pool: &Pool) -> bool {
    let mut sets = PoolSets::new(pool);
    match (within_tables(&mut sets, a), within_tables(&mut sets, b)) {
        (Some(a), Some(b)) => a.covers(&b),
        _ => false,
    }
}

/// The days between the ends of the tables.
fn within_tables(sets: &mut PoolSets, entries: &[DatesEntry]) -> Option<Bits> {
    let mut days = sets.days(entries)?;
    days.retain_range(Some(TABLE_FIRST), Some(TABLE_LAST));
    Some(days)
}

/// The last day that the entries name, for lists that go stale without anybody noticing. `None` when they never end, or name no day.
///
/// Exact up to the end of the tables. Later, and for rules that have no table, it may be a few days late.
#[must_use]
pub fn last_day(pool: &Pool, entries: &[DatesEntry]) -> Option<Day> {
    let mut known = vec![None; pool.dates.len()];
    let End::At(bound) = end(pool, entries, 0, &mut known) else { return None };
    if bound > TABLE_LAST {
        return Some(bound);
    }
    match within_tables(&mut PoolSets::new(pool), entries) {
        // Nothing from 2000 on: the bound is of an earlier day, or of a rule that never came to pass.
        Some(days) => days.last().or((bound < TABLE_FIRST).then_some(bound)),
        None => Some(bound),
    }
}

/// Where a list ends, at the latest.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    /// It names no day.
    Empty,
    At(Day),
    Never,
}

fn end(pool: &Pool, entries: &[DatesEntry], depth: u32, known: &mut [Option<End>]) -> End {
    let mut latest = End::Empty;
    for entry in entries {
        let rule = match &entry.rule {
            DayRule::Full(day) => End::At(*day),
            DayRule::FullRange(first, last) if first <= last => End::At(*last),
            DayRule::FullRange(..) => End::Empty,
            DayRule::Days(days) => days.last().map_or(End::Empty, |&day| End::At(day)),
            DayRule::Named(id) => end_of_list(pool, *id, depth, known),
            _ => End::Never,
        };
        let moved = match rule {
            End::At(day) => End::At(day.plus(entry.offset).plus(i32::from(entry.observed))),
            other => other,
        };
        latest = latest.max(entry.until.map_or(moved, |until| moved.min(End::At(until))));
    }
    latest
}

fn end_of_list(pool: &Pool, id: DatesId, depth: u32, known: &mut [Option<End>]) -> End {
    let Some(dates) = pool.dates.get(id as usize) else { return End::Empty };
    if let Some(end) = known.get(id as usize).copied().flatten() {
        return end;
    }
    if depth >= MAX_DEPTH {
        return End::Never;
    }
    // Met again on the way, it is a circle, of which nothing is claimed.
    if let Some(slot) = known.get_mut(id as usize) {
        *slot = Some(End::Never);
    }
    let end = end(pool, &dates.entries, depth + 1, known);
    if let Some(slot) = known.get_mut(id as usize) {
        *slot = Some(end);
    }
    end
}
