//! Dates and schedules.
use callroute_calendar::{DatesId, Day};
use callroute_diagnostics::Span;
use callroute_syntax::tree;
use crate::env::Env;
use crate::typed::ScheduleId;
impl Env<'_> {
    /// A schedule written in place, `hours(…)`.
    pub fn hours_schedule(&mut self, _lines: &[tree::ScheduleLine], _zone: Option<&tree::Zone>, _span: Span) -> Option<ScheduleId> { todo!() }
    /// Dates written in place, `on(…)`.
    pub fn inline_dates(&mut self, _specs: &[tree::DateSpec], _span: Span) -> Option<DatesId> { todo!() }
    /// A date with its year.
    pub fn local_day(&mut self, _date: &tree::Date) -> Option<Day> { todo!() }
}
