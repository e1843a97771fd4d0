//! Dates and schedules: from the tree to the calendar's own types, and what is odd about them.

use callroute_calendar::{
    Dates, DatesEntry, DatesId, Day, DayRule, Line, LineDays, MonthSet, Ordinal, PoolError, PoolSets, Schedule, Unit, Weekday, WeekdaySet,
    What, Zone, never_on, oddities,
};
use callroute_diagnostics::{Applicability, Code, Place, Span};
use callroute_syntax::tree;

use crate::env::Env;
use crate::typed::{DatesInfo, ScheduleDef, ScheduleId};
use crate::types::quote;

/// Minutes of a day.
const DAY: u16 = 1440;

const fn weekday(day: tree::Weekday) -> Weekday {
    match day {
        tree::Weekday::Mon => Weekday::Mon,
        tree::Weekday::Tue => Weekday::Tue,
        tree::Weekday::Wed => Weekday::Wed,
        tree::Weekday::Thu => Weekday::Thu,
        tree::Weekday::Fri => Weekday::Fri,
        tree::Weekday::Sat => Weekday::Sat,
        tree::Weekday::Sun => Weekday::Sun,
    }
}

fn weekdays(ranges: &[tree::WeekdayRange]) -> WeekdaySet {
    ranges.iter().fold(WeekdaySet::EMPTY, |set, range| set.union(WeekdaySet::range(weekday(range.first), weekday(range.last))))
}

fn months(ranges: &[tree::MonthRange]) -> MonthSet {
    ranges.iter().fold(MonthSet::EMPTY, |set, range| set.union(MonthSet::range(range.first, range.last)))
}

fn ordinal(number: Option<u8>) -> Ordinal {
    number.map_or(Ordinal::Last, Ordinal::Nth)
}

/// Entries and their labels, side by side.
#[derive(Default)]
struct Entries {
    entries: Vec<DatesEntry>,
    labels: Vec<Option<String>>,
}

impl<'a> Env<'a> {
    /// A date with its year; reports one without. None, and silence, when the date was reported already.
    pub fn full_day(&mut self, date: &tree::Date) -> Option<Day> {
        if !date.valid {
            return None;
        }
        let Some(year) = date.year else {
            let diagnostic = self.diag(Code::YearNeeded, date.span, "this date needs its year").help("write it as `2026-12-24`");
            self.report(diagnostic);
            return None;
        };
        Day::from_ymd(year, date.month, date.day)
    }

    /// `from DATE until DATE`; false when something in it was reported.
    fn bounds(&mut self, from: Option<&tree::Date>, until: Option<&tree::Date>) -> Option<(Option<Day>, Option<Day>)> {
        let first = from.map(|date| self.full_day(date));
        let last = until.map(|date| self.full_day(date));
        let (first, last) = (first.map_or(Some(None), |day| day.map(Some))?, last.map_or(Some(None), |day| day.map(Some))?);
        if let (Some(first), Some(last), Some(from), Some(until)) = (first, last, from, until)
            && last < first
        {
            self.backwards(from, until);
            return None;
        }
        Some((first, last))
    }

    fn backwards(&mut self, from: &tree::Date, until: &tree::Date) {
        let (first, last) = (self.text(from.span), self.text(until.span));
        let span = from.span.to(until.span);
        let swapped = self.text(Span::new(from.span.end, until.span.start));
        let text = format!("{last}{swapped}{first}");
        let diagnostic = self
            .diag(Code::RangeBackwards, span, format!("{} comes after {}", quote(first), quote(last)))
            .help("the first date must not come after the last")
            .fix(Applicability::Maybe, format!("write `{last}{}{first}`", crate::types::one_line(swapped)), span, text);
        self.report(diagnostic);
    }

    /// One entry as written, which may be several rules. None when something in it was reported.
    fn date_spec(&mut self, spec: &tree::DateSpec, owner: Option<DatesId>, out: &mut Entries) -> Option<()> {
        let bounds = self.bounds(spec.from.as_ref(), spec.until.as_ref());
        let rules = self.day_rules(spec, owner)?;
        let (from, until) = bounds?;
        let (offset, observed) = (spec.offset.map_or(0, |offset| offset.days), spec.observed.is_some());
        let label = spec.label.as_ref().map(|label| label.value.clone());
        for rule in rules {
            let may_be_empty = matches!(rule, DayRule::Every { .. } | DayRule::Workday { except: None, .. });
            let entry = DatesEntry { rule, offset, observed, from, until };
            if may_be_empty && never_on(&self.program.dates, std::slice::from_ref(&entry)) {
                let diagnostic = self
                    .diag(Code::NoSuchDay, spec.span, "no day is ever meant by this")
                    .help("look at its first date, its months and its weekdays");
                self.report(diagnostic);
            }
            out.entries.push(entry);
            out.labels.push(label.clone());
        }
        Some(())
    }

    fn day_rules(&mut self, spec: &tree::DateSpec, owner: Option<DatesId>) -> Option<Vec<DayRule>> {
        Some(match &spec.kind {
            tree::DateKind::Error => return None,
            tree::DateKind::Easter => vec![DayRule::Easter],
            tree::DateKind::Date(date) if !date.valid => return None,
            tree::DateKind::Date(date) => match date.year {
                None => vec![DayRule::Yearly { month: date.month, day: date.day }],
                Some(_) => vec![DayRule::Full(self.full_day(date)?)],
            },
            tree::DateKind::Range(from, to) => vec![self.date_range(from, to)?],
            tree::DateKind::Nth { ordinals, weekday: (day, _), months: of } => ordinals
                .iter()
                .map(|(number, _)| DayRule::Nth { ordinal: ordinal(*number), weekday: weekday(*day), months: months(of) })
                .collect(),
            tree::DateKind::Workday { ordinals, except, months: of } => {
                let except = match except {
                    Some(name) => Some(self.dates_of(name, owner)?),
                    None => None,
                };
                ordinals.iter().map(|(number, _)| DayRule::Workday { ordinal: ordinal(*number), except, months: months(of) }).collect()
            }
            tree::DateKind::Every { n, unit, anchor, months: of, weekdays: on } => {
                let anchor = self.full_day(anchor.as_ref()?)?;
                let unit = match unit {
                    tree::EveryUnit::Days => Unit::Days,
                    tree::EveryUnit::Weeks => Unit::Weeks,
                    tree::EveryUnit::Months => Unit::Months,
                    tree::EveryUnit::Years => Unit::Years,
                };
                vec![DayRule::Every { n: *n, unit, anchor, months: months(of), weekdays: weekdays(on) }]
            }
            tree::DateKind::Named(name) => vec![DayRule::Named(self.dates_of(name, owner)?)],
        })
    }

    fn date_range(&mut self, from: &tree::Date, to: &tree::Date) -> Option<DayRule> {
        if !from.valid || !to.valid {
            return None;
        }
        match (from.year, to.year) {
            (None, None) => Some(DayRule::YearlyRange { from: (from.month, from.day), to: (to.month, to.day) }),
            (Some(_), Some(_)) => {
                let (first, last) = (self.full_day(from)?, self.full_day(to)?);
                if last < first {
                    self.backwards(from, to);
                    return None;
                }
                Some(DayRule::FullRange(first, last))
            }
            _ => {
                let diagnostic = self
                    .diag(Code::MixedYears, from.span.to(to.span), "one of these dates has a year, the other has none")
                    .help("write both with their year, or both without: `2026-12-24 to 2027-01-02`, `dec 24 to jan 2`");
                self.report(diagnostic);
                None
            }
        }
    }

    /// Dates by name; a reference out of other dates is remembered for the search for circles.
    fn dates_of(&mut self, name: &tree::Name, owner: Option<DatesId>) -> Option<DatesId> {
        let id = self.dates(name)?;
        if let Some(owner) = owner {
            let place = self.place(name.span);
            self.dates_references.push((owner, id, place));
        }
        Some(id)
    }

    /// Fills dates that are written out.
    pub(crate) fn define_dates(&mut self, id: DatesId, specs: &[tree::DateSpec]) {
        let mut found = Entries::default();
        for spec in specs {
            let _ = self.date_spec(spec, Some(id), &mut found);
        }
        self.set_dates(id, found.entries, found.labels);
    }

    pub(crate) fn set_dates(&mut self, id: DatesId, entries: Vec<DatesEntry>, labels: Vec<Option<String>>) {
        if let Some(dates) = self.program.dates.dates.get_mut(id as usize) {
            dates.entries = entries;
        }
        if let Some(info) = self.program.dates_info.get_mut(id as usize) {
            info.labels = labels;
        }
    }

    /// A number for dates that will be filled later.
    pub(crate) fn new_dates(&mut self, name: Option<String>, place: Place) -> DatesId {
        let id = DatesId::try_from(self.program.dates.dates.len()).unwrap_or(DatesId::MAX);
        self.program.dates.dates.push(Dates::default());
        self.program.dates_info.push(DatesInfo { name, place, labels: Vec::new() });
        id
    }

    /// Dates written in place, `on(…)`. A bare name gives those dates themselves.
    pub fn inline_dates(&mut self, specs: &[tree::DateSpec], span: Span) -> Option<DatesId> {
        if let [tree::DateSpec { kind: tree::DateKind::Named(name), offset: None, observed: None, from: None, until: None, .. }] = specs {
            return self.dates(name);
        }
        let mut found = Entries::default();
        let mut sound = !specs.is_empty();
        for spec in specs {
            sound &= self.date_spec(spec, None, &mut found).is_some();
        }
        if !sound {
            return None;
        }
        let place = self.place(span);
        let id = self.new_dates(None, place);
        self.set_dates(id, found.entries, found.labels);
        Some(id)
    }

    /// Looks for dates that are defined by themselves, and for too many of them. To be called when all are filled.
    pub(crate) fn check_dates(&mut self) {
        let count = self.program.dates.dates.len();
        let mut edges: Vec<Vec<(DatesId, Place)>> = vec![Vec::new(); count];
        for (from, to, place) in std::mem::take(&mut self.dates_references) {
            if let Some(edges) = edges.get_mut(from as usize) {
                edges.push((to, place));
            }
        }
        let circles =
            crate::graph::circles(&edges.iter().map(|e| e.iter().map(|(to, _)| *to as usize).collect()).collect::<Vec<Vec<usize>>>());
        let found = !circles.is_empty();
        for circle in circles {
            // Each step of the circle is a node and the number of its edge.
            let places: Vec<Place> =
                circle.iter().filter_map(|(node, edge)| edges.get(*node)?.get(*edge).map(|(_, place)| *place)).collect();
            let Some((node, _)) = circle.first() else { continue };
            let name = self.program.dates_info.get(*node).and_then(|info| info.name.clone()).unwrap_or_default();
            let Some((first, rest)) = places.split_first() else { continue };
            let mut diagnostic = callroute_diagnostics::Diagnostic::new(
                Code::DatesCircle,
                *first,
                format!("the dates {} are defined by themselves", quote(&name)),
            );
            for place in rest.iter().take(10) {
                diagnostic = diagnostic.label(*place, "and this leads back to them");
            }
            self.report(diagnostic.help("take one of these names out"));
        }
        self.calendar_sound = !found && self.check_calendar_size();
        self.memory.for_dates(&self.program.dates);
    }

    /// Reports a calendar that is beyond what can be worked with.
    fn check_calendar_size(&mut self) -> bool {
        let (id, why) = match self.program.dates.check() {
            Ok(()) => return true,
            // Reported as circles.
            Err(PoolError::Cycle(_) | PoolError::Missing(_)) => return false,
            Err(PoolError::TooDeep(id)) => (id, "these dates refer to other dates too deeply"),
            Err(PoolError::TooCostly(id)) => (id, "these dates take too long to work out: workdays that except workdays"),
            Err(PoolError::TooLarge) => (0, "there are too many dates in this script"),
        };
        let place = self.program.dates_info.get(id as usize).map_or(Place::default(), |info| info.place);
        self.report(callroute_diagnostics::Diagnostic::new(Code::TooMuchCalendar, place, why));
        false
    }

    // ------------------------------------------------------------------------------------------- schedules

    /// A schedule written in place, `hours(…)`.
    pub fn hours_schedule(&mut self, lines: &[tree::ScheduleLine], zone: Option<&tree::Zone>, span: Span) -> Option<ScheduleId> {
        let place = self.place(span);
        let def = self.schedule_def(None, lines, zone, place)?;
        let id = ScheduleId(u32::try_from(self.program.schedules.len()).unwrap_or(u32::MAX));
        self.program.schedules.push(def);
        Some(id)
    }

    /// The schedule of these lines, with everything odd about it said. None when something in it was reported.
    pub(crate) fn schedule_def(
        &mut self,
        name: Option<&tree::Name>,
        lines: &[tree::ScheduleLine],
        zone: Option<&tree::Zone>,
        place: Place,
    ) -> Option<ScheduleDef> {
        let zone = match zone {
            Some(zone) => self.zone(zone),
            None => self.default_zone(place.span, Some("`hours(9-17 America/Chicago)`, `schedule office = in America/Chicago < … >`")),
        };
        let mut sound = true;
        let (mut found, mut places) = (Vec::new(), Vec::new());
        for line in lines {
            match self.schedule_line(line) {
                Some(line_found) => {
                    found.push(line_found);
                    places.push(self.place(line.span));
                }
                None => sound = false,
            }
        }
        let schedule = Schedule { zone: zone.unwrap_or(Zone::UTC), lines: found };
        if !sound || zone.is_none() {
            return None;
        }
        self.judge_schedule(&schedule, name, place, &places);
        Some(ScheduleDef { name: name.map(|name| name.text.clone()), schedule, place, lines: places })
    }

    fn schedule_line(&mut self, line: &tree::ScheduleLine) -> Option<Line> {
        let bounds = self.bounds(line.from.as_ref(), line.until.as_ref());
        let days = match &line.days {
            // In place only; elsewhere it was reported, and every day serves as well as any other.
            None => Some(LineDays::Weekly { months: MonthSet::EMPTY, weekdays: WeekdaySet::ALL }),
            Some(tree::Days::Weekly { months: of, weekdays: on, daily, .. }) => {
                let weekdays = if *daily || on.is_empty() { WeekdaySet::ALL } else { weekdays(on) };
                Some(LineDays::Weekly { months: months(of), weekdays })
            }
            Some(tree::Days::Dates(specs)) => {
                let mut found = Entries::default();
                let sound = specs.iter().filter(|spec| self.date_spec(spec, None, &mut found).is_none()).count() == 0;
                sound.then_some(LineDays::Dates(found.entries))
            }
        };
        let what = match &line.what {
            tree::LineWhat::Missing(_) => None,
            tree::LineWhat::Closed(_) => Some(What::Closed),
            tree::LineWhat::Hours(intervals) => {
                let found: Vec<Option<(u16, u16)>> = intervals.iter().map(|interval| self.interval(interval)).collect();
                found.into_iter().collect::<Option<Vec<_>>>().map(What::Open)
            }
        };
        let (from, until) = bounds?;
        Some(Line { days: days?, what: what?, from, until })
    }

    fn interval(&mut self, interval: &tree::Interval) -> Option<(u16, u16)> {
        let (start, end) = (interval.start, interval.end);
        if !start.valid || !end.valid {
            return None;
        }
        if start.minutes >= DAY {
            let diagnostic = self
                .diag(Code::BadHours, start.span, "no hours begin at 24:00")
                .help("a day begins at `0`, which is the 24:00 of the day before");
            self.report(diagnostic);
            return None;
        }
        if start.minutes == end.minutes {
            let diagnostic = self
                .diag(Code::EqualEnds, interval.span, format!("{} ends when it starts", quote(self.text(interval.span))))
                .help("for the whole day write `0-24`, for no hours at all `closed`")
                .fix(Applicability::Maybe, "write `0-24`", interval.span, "0-24");
            self.report(diagnostic);
            return None;
        }
        self.judge_afternoon(interval);
        Some((start.minutes, end.minutes))
    }

    /// `9-5`: a night shift that begins in the morning is most likely a slip.
    fn judge_afternoon(&mut self, interval: &tree::Interval) {
        const MORNING: std::ops::RangeInclusive<u16> = 6 * 60..=12 * 60;
        let (start, end) = (interval.start.minutes, interval.end.minutes);
        let written = self.text(interval.end.span);
        let spelled_out = written.to_ascii_lowercase().ends_with('m');
        if !MORNING.contains(&start) || end == 0 || end >= start || end >= DAY / 2 || spelled_out {
            return;
        }
        let later = end.saturating_add(DAY / 2);
        let meant = if written.contains(':') { format!("{}:{:02}", later / 60, later % 60) } else { format!("{}", later / 60) };
        let whole = format!("{}-{meant}", self.text(interval.start.span));
        let diagnostic = self
            .diag(
                Code::AfternoonMeant,
                interval.span,
                format!("{} runs through the night until the next morning", quote(self.text(interval.span))),
            )
            .help(format!("hours are counted to 24: for the afternoon write `{whole}`; if the night is meant, say `{written}am`"))
            .fix(Applicability::Maybe, format!("write `{whole}`"), interval.end.span, meant);
        self.report(diagnostic);
    }

    /// Never open, contradictions, lines without effect.
    fn judge_schedule(&mut self, schedule: &Schedule, name: Option<&tree::Name>, place: Place, places: &[Place]) {
        if let [Line { days: LineDays::Weekly { .. }, what: What::Open(hours), from: None, until: None }] = schedule.lines.as_slice()
            && !hours.is_empty()
        {
            // By far the most common one, and nothing can be wrong with it.
            return;
        }
        if let Err(PoolError::TooLarge) = schedule.check(&self.program.dates) {
            self.report(callroute_diagnostics::Diagnostic::new(Code::TooMuchCalendar, place, "this schedule has too many lines"));
            return;
        }
        if !self.calendar_sound {
            return;
        }
        // Schedules refer to dates that have a name, and all of these are known by now.
        let (pool, sets) = (&self.program.dates, &mut self.day_sets);
        let odd = self.memory.schedules.get(&schedule.lines, || oddities(sets.get_or_insert_with(|| PoolSets::new(pool)), schedule));
        if odd.never_open {
            let what = name.map_or_else(|| "this is".to_owned(), |name| format!("the schedule {} is", quote(&name.text)));
            let diagnostic = callroute_diagnostics::Diagnostic::new(Code::NeverOpen, place, format!("{what} never open"));
            let diagnostic = if schedule.lines.is_empty() {
                diagnostic.help("it has no lines")
            } else {
                diagnostic.help("on every day the lines that count say closed")
            };
            self.report(diagnostic);
            return;
        }
        let mut said = vec![false; places.len()];
        let (pairs, dead) = (odd.contradictions, odd.dead_lines);
        for (index, place) in places.iter().enumerate() {
            let others: Vec<Place> =
                pairs.iter().filter(|(_, later)| *later == index).filter_map(|(first, _)| places.get(*first).copied()).collect();
            if others.is_empty() {
                continue;
            }
            let closed = matches!(schedule.lines.get(index).map(|line| &line.what), Some(What::Closed));
            let message = if closed {
                "this line closes days on which another gives hours"
            } else {
                "this line gives hours to days that another closes"
            };
            let mut diagnostic = callroute_diagnostics::Diagnostic::new(Code::Contradiction, *place, message);
            for other in others.iter().take(5) {
                diagnostic = diagnostic.label(*other, if closed { "this line gives hours to them" } else { "this line closes them" });
            }
            let help = "among lines of one rank `closed` wins; name the days of only one of them, or write a line of higher rank: a date beats a weekday";
            self.report(diagnostic.help(help));
            for (first, later) in &pairs {
                for at in [first, later] {
                    if let Some(said) = said.get_mut(*at) {
                        *said = true;
                    }
                }
            }
        }
        for index in dead {
            if let (Some(place), Some(false)) = (places.get(index), said.get(index)) {
                let diagnostic = callroute_diagnostics::Diagnostic::new(Code::DeadLine, *place, "this line never matters")
                    .help("it names no day, or lines of higher rank decide on every day that it names");
                self.report(diagnostic);
            }
        }
    }
}
