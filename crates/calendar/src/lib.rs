//! Zones, dates and schedules: what time it is for whom.
//!
//! Three layers, each usable alone:
//!
//! - the **clock**: [`Zone`], [`Day`], [`Local`] readings, [`ZoneTable`], RFC 3339. Time zone rules come from the IANA data that the
//!   `chrono-tz` crate carries ([`tz_version`]), the same on every host;
//! - the **rules**: [`Dates`] and [`Schedule`] as plain data, and [`on`], [`is_open`], [`explain`], which evaluate them directly. Those are
//!   slow and obvious; they are what the rules mean;
//! - the **tables**: [`DatesTable`] and [`ScheduleTable`], made once, which give the same answers in constant time.
//!
//! Whether a schedule is open is a test of the wall-clock reading in its zone, never of elapsed time: a reading that a change of daylight
//! saving time skips does not occur, one that it repeats is open both times.
//!
//! The crate is pure: nobody here knows what time it is now. It knows nothing of the language's syntax either. Neither `chrono` nor
//! `chrono-tz` shows in its interface.

mod bits;
mod check;
mod clock;
mod dates;
mod day;
mod duration;
mod evaluate;
mod rfc3339;
mod schedule;
mod schedule_table;
mod sets;
mod table;
mod wire;
mod zone;
mod zone_names;

pub use check::{
    Oddities, always_open, contradictions, covers, covers_with, dates_cover, dead_lines, last_day, never_on, never_open, oddities,
};
pub use clock::{Local, Skipped, ZoneTable, format_local, format_moment, instant, local, to_unix};
pub use dates::{Dates, DatesEntry, DatesId, DayRule, MAX_COST, MAX_DEPTH, MAX_WEIGHT, Ordinal, Pool, PoolError, Rank, Unit};
pub use day::{Day, Weekday, days_in_month};
pub use duration::{format_duration, read_duration, write_duration};
pub use evaluate::{on, on_dates};
pub use rfc3339::{TimeError, format_rfc3339, parse_rfc3339};
pub use schedule::{Explanation, Line, LineDays, MAX_LINES, Schedule, What, explain, is_open};
pub use schedule_table::{ScheduleTable, next_change};
pub use sets::{MonthSet, WeekdaySet};
pub use table::{DatesTable, PoolSets, TABLE_FIRST, TABLE_LAST};
pub use wire::DecodeError;
pub use zone::{Zone, ZoneError, alias_of, nearest, tz_version, zones};
