//! What has run out by a given day: lists of dates that go stale without anybody noticing, closures that are over.
//!
//! It stands beside [`crate::analyse`], whose answer depends on the script alone; who asks here brings the day.

use callroute_calendar::{DatesEntry, Day, DayRule, LineDays, last_day};
use callroute_diagnostics::{Code, Diagnostic};

use crate::typed::Program;

/// How many days before its end a list of dates is said to run out: time enough to ask for next year's.
const NOTICE: i32 = 90;

/// Everything that is over on this day, or soon will be, by file and position. Zones differ, so what ended yesterday may not have everywhere.
#[must_use]
pub fn stale(program: &Program, today: Day) -> Vec<Diagnostic> {
    let over = |last: Day| last.plus(1) < today;
    let mut found = Vec::new();
    for (dates, info) in program.dates.dates.iter().zip(&program.dates_info) {
        let Some(last) = last_day(&program.dates, &dates.entries) else { continue };
        match &info.name {
            Some(name) if is_kept_up(&dates.entries) && last < today.plus(NOTICE) => {
                let end = if over(last) { ": all of it is past" } else { "" };
                let message = format!("`{name}` has no date after {last}{end}");
                found.push(Diagnostic::new(Code::DatesRunOut, info.place, message).help("add the next ones"));
            }
            // What other lists name is theirs to answer for.
            name if over(last) && !dates.entries.iter().all(is_named) => {
                let what = name.as_ref().map_or_else(|| "this".to_owned(), |name| format!("`{name}`"));
                found.push(Diagnostic::new(Code::Past, info.place, format!("{what} ended on {last}")));
            }
            _ => {}
        }
    }
    for schedule in &program.schedules {
        for (line, place) in schedule.schedule.lines.iter().zip(&schedule.lines) {
            let last = match &line.days {
                LineDays::Dates(entries) if !entries.iter().any(is_named) => last_day(&program.dates, entries),
                _ => None,
            };
            if let Some(last) = last.into_iter().chain(line.until).min().filter(|last| over(*last)) {
                found.push(Diagnostic::new(Code::Past, *place, format!("this line ended on {last}")));
            }
        }
    }
    for list in &program.lists {
        let ended = list.entries.iter().filter_map(|entry| entry.until).filter(|until| over(*until));
        let (count, first) = ended.fold((0usize, None), |(count, first), until| (count.saturating_add(1), first.or(Some(until))));
        if let Some(first) = first {
            let message = match count {
                1 => format!("an entry of `{}` holds until {first} only, and that is past", list.name),
                _ => format!("{count} entries of `{}` hold until days that are past", list.name),
            };
            found.push(Diagnostic::new(Code::Past, list.place, message));
        }
    }
    found.sort_by_key(|diagnostic| (diagnostic.place, diagnostic.code));
    found
}

/// Whether these dates are ones that somebody has to prolong, as holidays are; a single date, or a single range, is a thing of its own, and what other
/// lists name is theirs to answer for.
fn is_kept_up(entries: &[DatesEntry]) -> bool {
    let own: Vec<&DatesEntry> = entries.iter().filter(|entry| !is_named(entry)).collect();
    match own.as_slice() {
        [] => false,
        [only] => matches!(&only.rule, DayRule::Days(days) if days.len() > 1),
        _ => true,
    }
}

const fn is_named(entry: &DatesEntry) -> bool {
    matches!(entry.rule, DayRule::Named(_))
}
