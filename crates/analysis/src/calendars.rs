//! Questions about two calendars at once: is one open wherever the other is? They take long, so each is worked out once, and no more than
//! [`MAX_QUESTIONS`] are answered in one analysis.

use std::collections::{HashMap, HashSet};

use callroute_calendar::{
    DatesEntry, DatesId, DatesTable, Day, Line, Local, PoolSets, ScheduleTable, TABLE_FIRST, TABLE_LAST, covers_with,
};

use crate::cache::Remembered;
use crate::typed::{Program, ScheduleId};

/// Questions about calendars in one analysis, those that were answered in an earlier one among them.
const MAX_QUESTIONS: usize = 256;
/// Years that are looked at for days on which two rules meet.
const YEARS: (u16, u16) = (2020, 2040);

/// A schedule and what is asked of it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Question {
    /// Are the first lines open wherever the second are, on one clock?
    Covers(Vec<Line>, Vec<Line>),
    /// Are the lines open on one of these days, beyond the tail of the day before?
    Meets(Vec<Line>, Vec<DatesEntry>),
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Calendars {
    /// The calendar is sound, so that it may be asked.
    sound: bool,
    remembered: Remembered<Question, bool>,
    asked: HashSet<Question>,
    covered: HashMap<(ScheduleId, ScheduleId), bool>,
    met: HashMap<(ScheduleId, DatesId), bool>,
    sets: Option<PoolSets>,
}

impl Calendars {
    /// With what earlier analyses of the same dates have found out.
    pub fn new(sound: bool, remembered: Remembered<Question, bool>) -> Self {
        Self { sound, remembered, ..Self::default() }
    }

    /// What later analyses should know.
    pub fn into_remembered(self) -> Remembered<Question, bool> {
        self.remembered
    }

    /// Is the first schedule open wherever the second is, if both read one clock? False where that is not known.
    pub fn covers(&mut self, program: &Program, wide: ScheduleId, narrow: ScheduleId) -> bool {
        if let Some(known) = self.covered.get(&(wide, narrow)) {
            return *known;
        }
        let (Some(a), Some(b)) = (program.schedules.get(wide.index()), program.schedules.get(narrow.index())) else { return false };
        let (a, b) = (&a.schedule, &b.schedule);
        let known = self.sound
            && (a.lines == b.lines
                || a.zone == b.zone && {
                    let question = Question::Covers(a.lines.clone(), b.lines.clone());
                    self.ask(program, question, |sets| covers_with(sets, a, b))
                });
        self.covered.insert((wide, narrow), known);
        known
    }

    /// Is the schedule open on one of the days, other than by the tail of the day before? False where that is not known.
    pub fn meets(&mut self, program: &Program, schedule: ScheduleId, dates: DatesId) -> bool {
        if let Some(known) = self.met.get(&(schedule, dates)) {
            return *known;
        }
        let (Some(found), Some(named)) = (program.schedules.get(schedule.index()), program.dates.dates.get(dates as usize)) else {
            return false;
        };
        let question = Question::Meets(found.schedule.lines.clone(), named.entries.clone());
        let known = self.ask(program, question, |sets| {
            let table = ScheduleTable::with(sets, &found.schedule);
            let days = DatesTable::with(sets, &named.entries);
            let bound = |year| Day::from_ymd(year, 1, 1);
            let (first, last) = (bound(YEARS.0).unwrap_or(TABLE_FIRST), bound(YEARS.1).unwrap_or(TABLE_LAST));
            (first.0..last.0).map(Day).filter(|day| days.contains(*day)).any(|day| {
                // The tail of yesterday's shift is no reason.
                (0..96).any(|quarter| table.open(Local { day, minute: quarter * 15, second: 0 })) && !tail_only(&table, day)
            })
        });
        self.met.insert((schedule, dates), known);
        known
    }

    fn ask(&mut self, program: &Program, question: Question, answer: impl FnOnce(&mut PoolSets) -> bool) -> bool {
        // Whether it is answered must not depend on what is remembered.
        if !self.sound || !self.asked.contains(&question) && self.asked.len() >= MAX_QUESTIONS {
            return false;
        }
        let sets = &mut self.sets;
        let known = self.remembered.get(&question, || answer(sets.get_or_insert_with(|| PoolSets::new(&program.dates))));
        self.asked.insert(question);
        known
    }
}

/// The wall-clock minutes of a day that are open only because yesterday's shift runs on.
fn tail_only(table: &ScheduleTable, day: Day) -> bool {
    let open = |day: Day, minute: u16| table.open(Local { day, minute, second: 0 });
    let yesterday = Day(day.0.saturating_sub(1));
    let first_closed = (0..96u16).find(|quarter| !open(day, quarter * 15)).unwrap_or(0);
    open(yesterday, 1439) && (first_closed..96).all(|quarter| !open(day, quarter * 15))
}
