//! Schedules as data, and what they mean: is it open at this reading? Straight from the rules; [`crate::ScheduleTable`] must agree with this.

use crate::clock::Local;
use crate::dates::{DatesEntry, MAX_WEIGHT, Pool, PoolError, Rank, span_weight, weight};
use crate::day::Day;
use crate::evaluate::{Evaluator, within};
use crate::sets::{MonthSet, WeekdaySet};
use crate::zone::Zone;

/// Minutes of a day.
pub(crate) const MINUTES: u16 = 1440;
/// Largest number of lines of a schedule.
pub const MAX_LINES: usize = 4096;

/// When something is open: lines of days and hours, on the wall clock of a zone.
///
/// On each day the lines of the highest [`Rank`] among those that hold it decide alone; among them one that says closed beats hours, and
/// otherwise their hours add up. A day without a line is closed. A shift that runs past midnight belongs to the day on which it starts: its
/// tail stands whatever the lines say of the next day.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Schedule {
    /// Whose wall clock.
    pub zone: Zone,
    /// Their order means nothing.
    pub lines: Vec<Line>,
}

/// A line: days, and what is then.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Line {
    /// Which days.
    pub days: LineDays,
    /// Hours, or none.
    pub what: What,
    /// The line holds no day before this one.
    pub from: Option<Day>,
    /// The line holds no day after this one.
    pub until: Option<Day>,
}

/// The days of a line.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum LineDays {
    /// Weekdays, all the year or in some months.
    Weekly {
        /// A season; empty: no season, all the year.
        months: MonthSet,
        /// Full, or empty: every day.
        weekdays: WeekdaySet,
    },
    /// Entries of dates, each with its own rank.
    Dates(Vec<DatesEntry>),
}

/// What a line says of its days.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum What {
    /// Closed all day.
    Closed,
    /// Open in these intervals `[start, end)`, in minutes of the day. `start` is 0 to 1439 and `end` 0 to 1440; when `end` is not after `start`
    /// it is meant on the next day. Intervals that are out of these ranges are passed over.
    Open(Vec<(u16, u16)>),
}

impl What {
    /// The intervals with their ends counted on past midnight (to 2879 at most).
    pub(crate) fn intervals(&self) -> impl Iterator<Item = (u16, u16)> {
        let intervals = match self {
            Self::Closed => [].as_slice(),
            Self::Open(intervals) => intervals,
        };
        let sound = intervals.iter().filter(|&&(start, end)| start < MINUTES && end <= MINUTES);
        sound.map(|&(start, end)| if end > start { (start, end) } else { (start, end + MINUTES) })
    }
}

impl Schedule {
    /// The same hours on the wall clock of another zone.
    #[must_use]
    pub fn in_zone(&self, zone: Zone) -> Self {
        Self { zone, lines: self.lines.clone() }
    }

    /// How much there is to do for a table of it, without the pool, in plain dates (a microsecond or so each). For limits on what holds many.
    #[must_use]
    pub fn weight(&self) -> u64 {
        let of_line = |line: &Line| match &line.days {
            LineDays::Weekly { .. } => 2 + span_weight(line.from, line.until),
            LineDays::Dates(entries) => 2 + weight(entries),
        };
        self.lines.iter().fold(0, |sum, line| sum.saturating_add(of_line(line)))
    }

    /// Whether the schedule is within the limits, and refers only to dates that are in the pool. The pool has its own [`Pool::check`].
    ///
    /// # Errors
    ///
    /// [`PoolError::Missing`] or [`PoolError::TooLarge`].
    pub fn check(&self, pool: &Pool) -> Result<(), PoolError> {
        if !self.is_within_limits() {
            return Err(PoolError::TooLarge);
        }
        let mut referred = self.lines.iter().flat_map(Line::entries).filter_map(|entry| entry.rule.refers_to());
        referred.find(|&id| pool.dates.get(id as usize).is_none()).map_or(Ok(()), |id| Err(PoolError::Missing(id)))
    }

    /// [`MAX_LINES`] and [`MAX_WEIGHT`].
    pub(crate) fn is_within_limits(&self) -> bool {
        self.lines.len() <= MAX_LINES && self.weight() <= MAX_WEIGHT
    }
}

impl Line {
    /// Its dates, if it has some.
    pub(crate) fn entries(&self) -> &[DatesEntry] {
        match &self.days {
            LineDays::Weekly { .. } => &[],
            LineDays::Dates(entries) => entries,
        }
    }

    /// The rank with which the line holds `day`, if it does.
    fn rank_on(&self, evaluator: &mut Evaluator<'_>, day: Day) -> Option<Rank> {
        if !within(day, self.from, self.until) {
            return None;
        }
        match &self.days {
            LineDays::Weekly { months, weekdays } => {
                let holds = months.allows(day.ymd().1) && weekdays.allows(day.weekday());
                holds.then_some(if months.is_empty() { Rank::Weekly } else { Rank::Season })
            }
            LineDays::Dates(entries) => {
                let ranks = entries.iter().filter(|&entry| evaluator.entry(entry, day, 0)).map(|entry| entry.rule.rank());
                ranks.max()
            }
        }
    }
}

/// The lines that decide on `day`: those of the highest rank, by their index.
pub(crate) fn deciding(evaluator: &mut Evaluator<'_>, schedule: &Schedule, day: Day) -> Vec<usize> {
    let mut deciding: (Option<Rank>, Vec<usize>) = (None, Vec::new());
    for (index, line) in schedule.lines.iter().enumerate() {
        let Some(rank) = line.rank_on(evaluator, day) else { continue };
        if Some(rank) > deciding.0 {
            deciding = (Some(rank), Vec::new());
        }
        if Some(rank) == deciding.0 {
            deciding.1.push(index);
        }
    }
    deciding.1
}

/// The lines at these indices.
fn lines<'a>(schedule: &'a Schedule, indices: &'a [usize]) -> impl Iterator<Item = (usize, &'a Line)> {
    indices.iter().filter_map(|&index| Some((index, schedule.lines.get(index)?)))
}

/// Who decided on a reading. Lines are given by their index.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum Explanation {
    /// Open, by the hours of this line.
    Open {
        /// The first of those that hold the reading.
        line: usize,
    },
    /// Open, because a shift of the day before, by this line, runs past midnight.
    Tail {
        /// The first of those that hold the reading.
        line: usize,
    },
    /// Closed, because this line says so for the day.
    Closed {
        /// The first that says so.
        line: usize,
    },
    /// Closed: lines hold the day, and their hours do not hold the minute.
    OutsideHours {
        /// The first that holds the day.
        line: usize,
    },
    /// Closed: no line holds the day.
    NoLine,
}

impl Explanation {
    /// The answer.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Open { .. } | Self::Tail { .. })
    }

    /// The line that decided.
    #[must_use]
    pub const fn line(self) -> Option<usize> {
        match self {
            Self::Open { line } | Self::Tail { line } | Self::Closed { line } | Self::OutsideHours { line } => Some(line),
            Self::NoLine => None,
        }
    }
}

/// True when the schedule is open at a reading of its zone's clock. Total on any pool, as [`crate::on`] is.
#[must_use]
pub fn is_open(pool: &Pool, schedule: &Schedule, local: Local) -> bool {
    explain(pool, schedule, local).is_open()
}

/// Which line decides at a reading of the schedule's clock, and how.
#[must_use]
pub fn explain(pool: &Pool, schedule: &Schedule, local: Local) -> Explanation {
    if local.minute >= MINUTES {
        return Explanation::NoLine;
    }
    let mut evaluator = Evaluator::new(pool);
    let today = deciding(&mut evaluator, schedule, local.day);
    let closed = lines(schedule, &today).find(|(_, line)| line.what == What::Closed).map(|(index, _)| index);
    if closed.is_none()
        && let Some(line) = holding(schedule, &today, local.minute)
    {
        return Explanation::Open { line };
    }
    let overnight = schedule.lines.iter().any(|line| line.what.intervals().any(|(_, end)| end > MINUTES));
    if overnight {
        let yesterday = deciding(&mut evaluator, schedule, local.day.plus(-1));
        let was_closed = lines(schedule, &yesterday).any(|(_, line)| line.what == What::Closed);
        if !was_closed && let Some(line) = holding(schedule, &yesterday, local.minute + MINUTES) {
            return Explanation::Tail { line };
        }
    }
    match (closed, today.first()) {
        (Some(line), _) => Explanation::Closed { line },
        (None, Some(&line)) => Explanation::OutsideHours { line },
        (None, None) => Explanation::NoLine,
    }
}

/// The first of these lines whose hours hold the minute, counted on past midnight.
fn holding(schedule: &Schedule, indices: &[usize], minute: u16) -> Option<usize> {
    let holds = |line: &Line| line.what.intervals().any(|(start, end)| (start..end).contains(&minute));
    lines(schedule, indices).find(|(_, line)| holds(line)).map(|(index, _)| index)
}
