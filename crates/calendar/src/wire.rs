//! Dates and schedules as bytes, for compiled files: little-endian, without padding, written out by hand. Decoding is total: whatever the bytes
//! are, it ends in time and memory in proportion to their number, and what comes out is within the limits that the types describe.
//!
//! Numbers are fixed in width; a count comes before what it counts, as `u32`. The layout belongs to the format version of the container that
//! holds it: a change here is a new version there.

use std::fmt;

use crate::dates::{Dates, DatesEntry, DayRule, MAX_EVERY, MAX_OFFSET, MAX_WEIGHT, Ordinal, Pool, PoolError, Unit, weight};
use crate::day::{Day, Weekday, days_in_month};
use crate::schedule::{Line, LineDays, MINUTES, Schedule, What};
use crate::sets::{MonthSet, WeekdaySet};
use crate::zone::Zone;

/// Why bytes are no dates or schedule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DecodeError {
    /// They end too early.
    Truncated,
    /// Some are left over.
    Trailing,
    /// A number that is out of its range, or a tag that means nothing; the text names it.
    Invalid(&'static str),
    /// No zone of this name in this version of the zone data.
    Zone(String),
    /// More dates or lines than the limits allow.
    TooLarge,
    /// The lists do not fit together.
    Pool(PoolError),
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => f.write_str("the data end too early"),
            Self::Trailing => f.write_str("there are data left over"),
            Self::Invalid(what) => write!(f, "invalid {what}"),
            Self::Zone(name) => write!(f, "unknown time zone `{}` (zone data {})", name.escape_debug(), crate::zone::tz_version()),
            Self::TooLarge => f.write_str("too many dates or lines"),
            Self::Pool(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for DecodeError {}

impl Pool {
    /// The bytes of the pool.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer(Vec::new());
        out.count(self.dates.len());
        self.dates.iter().for_each(|dates| out.entries(&dates.entries));
        out.0
    }

    /// Reads what [`Pool::encode`] wrote, and makes sure of it with [`Pool::check`].
    ///
    /// # Errors
    ///
    /// [`DecodeError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let dates = reader.list(|reader| Ok(Dates { entries: reader.entries()? }))?;
        reader.end()?;
        let pool = Self { dates };
        pool.check().map_err(DecodeError::Pool)?;
        Ok(pool)
    }
}

impl Dates {
    /// The bytes of the list.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer(Vec::new());
        out.entries(&self.entries);
        out.0
    }

    /// Reads what [`Dates::encode`] wrote. Whether the lists that it refers to exist is not known here.
    ///
    /// # Errors
    ///
    /// [`DecodeError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let entries = reader.entries()?;
        reader.end()?;
        if weight(&entries) > MAX_WEIGHT { Err(DecodeError::TooLarge) } else { Ok(Self { entries }) }
    }
}

impl Schedule {
    /// The bytes of the schedule. The zone is kept by its name, so that new zone data need no new compiled file.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer(Vec::new());
        out.count(self.zone.name().len());
        out.0.extend_from_slice(self.zone.name().as_bytes());
        out.count(self.lines.len());
        self.lines.iter().for_each(|line| out.line(line));
        out.0
    }

    /// Reads what [`Schedule::encode`] wrote. Whether the lists that it refers to exist is not known here: see [`Schedule::check`].
    ///
    /// # Errors
    ///
    /// [`DecodeError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let length = reader.u32()?;
        let name = reader.take(usize::try_from(length).map_err(|_| DecodeError::Truncated)?)?;
        let name = std::str::from_utf8(name).map_err(|_| DecodeError::Invalid("zone name"))?;
        let zone = Zone::parse(name).map_err(|_| DecodeError::Zone(name.chars().take(64).collect()))?;
        let lines = reader.list(Reader::line)?;
        reader.end()?;
        let schedule = Self { zone, lines };
        if schedule.is_within_limits() { Ok(schedule) } else { Err(DecodeError::TooLarge) }
    }
}

/// Bit of the flags of an entry or a line.
const HAS_FROM: u8 = 1;
const HAS_UNTIL: u8 = 2;
const OBSERVED: u8 = 4;

struct Writer(Vec<u8>);

impl Writer {
    fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    fn u16(&mut self, value: u16) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn u32(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    /// A number of things; so many that it does not fit cannot be decoded, and need not.
    fn count(&mut self, count: usize) {
        self.u32(u32::try_from(count).unwrap_or(u32::MAX));
    }

    fn day(&mut self, day: Day) {
        self.0.extend_from_slice(&day.0.to_le_bytes());
    }

    fn bounds(&mut self, flags: u8, from: Option<Day>, until: Option<Day>) {
        let from_flag = if from.is_some() { HAS_FROM } else { 0 };
        let until_flag = if until.is_some() { HAS_UNTIL } else { 0 };
        self.u8(flags | from_flag | until_flag);
        from.into_iter().chain(until).for_each(|day| self.day(day));
    }

    /// 0 is the last.
    fn ordinal(&mut self, ordinal: Ordinal) {
        self.u8(match ordinal {
            Ordinal::Nth(n) => n,
            Ordinal::Last => 0,
        });
    }

    fn entries(&mut self, entries: &[DatesEntry]) {
        self.count(entries.len());
        for entry in entries {
            self.bounds(if entry.observed { OBSERVED } else { 0 }, entry.from, entry.until);
            self.0.extend_from_slice(&entry.offset.to_le_bytes());
            self.rule(&entry.rule);
        }
    }

    fn rule(&mut self, rule: &DayRule) {
        match rule {
            DayRule::Full(day) => {
                self.u8(0);
                self.day(*day);
            }
            DayRule::FullRange(first, last) => {
                self.u8(1);
                self.day(*first);
                self.day(*last);
            }
            DayRule::Yearly { month, day } => [2, *month, *day].into_iter().for_each(|byte| self.u8(byte)),
            DayRule::YearlyRange { from, to } => [3, from.0, from.1, to.0, to.1].into_iter().for_each(|byte| self.u8(byte)),
            DayRule::Easter => self.u8(4),
            DayRule::Nth { ordinal, weekday, months } => {
                self.u8(5);
                self.ordinal(*ordinal);
                self.u8(weekday.index());
                self.u16(months.bits());
            }
            DayRule::Workday { ordinal, except, months } => {
                self.u8(if except.is_some() { 7 } else { 6 });
                self.ordinal(*ordinal);
                self.u16(months.bits());
                except.iter().for_each(|id| self.u32(*id));
            }
            DayRule::Every { n, unit, anchor, months, weekdays } => {
                self.u8(8);
                self.u32(*n);
                self.u8(match unit {
                    Unit::Days => 0,
                    Unit::Weeks => 1,
                    Unit::Months => 2,
                    Unit::Years => 3,
                });
                self.day(*anchor);
                self.u16(months.bits());
                self.u8(weekdays.bits());
            }
            DayRule::Named(id) => {
                self.u8(9);
                self.u32(*id);
            }
            DayRule::Days(days) => {
                self.u8(10);
                self.count(days.len());
                days.iter().for_each(|&day| self.day(day));
            }
        }
    }

    fn line(&mut self, line: &Line) {
        self.bounds(0, line.from, line.until);
        match &line.days {
            LineDays::Weekly { months, weekdays } => {
                self.u8(0);
                self.u16(months.bits());
                self.u8(weekdays.bits());
            }
            LineDays::Dates(entries) => {
                self.u8(1);
                self.entries(entries);
            }
        }
        match &line.what {
            What::Closed => self.u8(0),
            What::Open(intervals) => {
                self.u8(1);
                self.count(intervals.len());
                for &(start, end) in intervals {
                    self.u16(start);
                    self.u16(end);
                }
            }
        }
    }
}

struct Reader<'a> {
    left: &'a [u8],
}

impl<'a> Reader<'a> {
    const fn new(bytes: &'a [u8]) -> Self {
        Self { left: bytes }
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, left) = self.left.split_at_checked(count).ok_or(DecodeError::Truncated)?;
        self.left = left;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        self.take(N)?.try_into().map_err(|_| DecodeError::Truncated)
    }

    fn u8(&mut self) -> Result<u8, DecodeError> {
        self.array().map(u8::from_le_bytes)
    }

    fn u16(&mut self) -> Result<u16, DecodeError> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32, DecodeError> {
        self.array().map(u32::from_le_bytes)
    }

    fn end(&self) -> Result<(), DecodeError> {
        if self.left.is_empty() { Ok(()) } else { Err(DecodeError::Trailing) }
    }

    /// A count and so many items, each of which takes at least a byte: a false count cannot reserve memory.
    fn list<T>(&mut self, item: impl Fn(&mut Self) -> Result<T, DecodeError>) -> Result<Vec<T>, DecodeError> {
        let count = usize::try_from(self.u32()?).map_err(|_| DecodeError::Truncated)?;
        if count > self.left.len() {
            return Err(DecodeError::Truncated);
        }
        (0..count).map(|_| item(self)).collect()
    }

    fn day(&mut self) -> Result<Day, DecodeError> {
        let day = Day(self.array().map(i32::from_le_bytes)?);
        if (Day::MIN..=Day::MAX).contains(&day) { Ok(day) } else { Err(DecodeError::Invalid("day")) }
    }

    fn bounds(&mut self, allowed: u8) -> Result<(u8, Option<Day>, Option<Day>), DecodeError> {
        let flags = self.u8()?;
        if flags & !allowed != 0 {
            return Err(DecodeError::Invalid("flags"));
        }
        let from = if flags & HAS_FROM != 0 { Some(self.day()?) } else { None };
        let until = if flags & HAS_UNTIL != 0 { Some(self.day()?) } else { None };
        Ok((flags, from, until))
    }

    fn ordinal(&mut self, largest: u8) -> Result<Ordinal, DecodeError> {
        match self.u8()? {
            0 => Ok(Ordinal::Last),
            n if n <= largest => Ok(Ordinal::Nth(n)),
            _ => Err(DecodeError::Invalid("ordinal")),
        }
    }

    fn months(&mut self) -> Result<MonthSet, DecodeError> {
        MonthSet::from_bits(self.u16()?).ok_or(DecodeError::Invalid("months"))
    }

    fn weekdays(&mut self) -> Result<WeekdaySet, DecodeError> {
        WeekdaySet::from_bits(self.u8()?).ok_or(DecodeError::Invalid("weekdays"))
    }

    /// A month and a day that exist together in some year.
    fn date(&mut self) -> Result<(u8, u8), DecodeError> {
        let (month, day) = (self.u8()?, self.u8()?);
        // 2000 was a leap year.
        if (1..=days_in_month(2000, month)).contains(&day) { Ok((month, day)) } else { Err(DecodeError::Invalid("date")) }
    }

    fn entries(&mut self) -> Result<Vec<DatesEntry>, DecodeError> {
        self.list(Self::entry)
    }

    fn entry(&mut self) -> Result<DatesEntry, DecodeError> {
        let (flags, from, until) = self.bounds(HAS_FROM | HAS_UNTIL | OBSERVED)?;
        let offset = self.array().map(i32::from_le_bytes)?;
        if !(-MAX_OFFSET..=MAX_OFFSET).contains(&offset) {
            return Err(DecodeError::Invalid("offset"));
        }
        Ok(DatesEntry { rule: self.rule()?, offset, observed: flags & OBSERVED != 0, from, until })
    }

    fn rule(&mut self) -> Result<DayRule, DecodeError> {
        Ok(match self.u8()? {
            0 => DayRule::Full(self.day()?),
            1 => DayRule::FullRange(self.day()?, self.day()?),
            2 => {
                let (month, day) = self.date()?;
                DayRule::Yearly { month, day }
            }
            3 => DayRule::YearlyRange { from: self.date()?, to: self.date()? },
            4 => DayRule::Easter,
            5 => {
                let ordinal = self.ordinal(5)?;
                let weekday = self.u8()?;
                let weekday = Weekday::ALL.get(usize::from(weekday)).copied().ok_or(DecodeError::Invalid("weekday"))?;
                DayRule::Nth { ordinal, weekday, months: self.months()? }
            }
            tag @ (6 | 7) => {
                let (ordinal, months) = (self.ordinal(23)?, self.months()?);
                DayRule::Workday { ordinal, except: if tag == 7 { Some(self.u32()?) } else { None }, months }
            }
            8 => {
                let n = self.u32()?;
                if !(1..=MAX_EVERY).contains(&n) {
                    return Err(DecodeError::Invalid("step of `every`"));
                }
                let unit = match self.u8()? {
                    0 => Unit::Days,
                    1 => Unit::Weeks,
                    2 => Unit::Months,
                    3 => Unit::Years,
                    _ => return Err(DecodeError::Invalid("unit of `every`")),
                };
                DayRule::Every { n, unit, anchor: self.day()?, months: self.months()?, weekdays: self.weekdays()? }
            }
            9 => DayRule::Named(self.u32()?),
            10 => {
                let days = self.list(Self::day)?;
                if !days.is_sorted_by(|a, b| a < b) {
                    return Err(DecodeError::Invalid("order of days"));
                }
                DayRule::Days(days)
            }
            _ => return Err(DecodeError::Invalid("kind of dates")),
        })
    }

    fn line(&mut self) -> Result<Line, DecodeError> {
        let (_, from, until) = self.bounds(HAS_FROM | HAS_UNTIL)?;
        let days = match self.u8()? {
            0 => LineDays::Weekly { months: self.months()?, weekdays: self.weekdays()? },
            1 => LineDays::Dates(self.entries()?),
            _ => return Err(DecodeError::Invalid("kind of days")),
        };
        let what = match self.u8()? {
            0 => What::Closed,
            1 => What::Open(self.list(Self::interval)?),
            _ => return Err(DecodeError::Invalid("kind of line")),
        };
        Ok(Line { days, what, from, until })
    }

    fn interval(&mut self) -> Result<(u16, u16), DecodeError> {
        let (start, end) = (self.u16()?, self.u16()?);
        if start < MINUTES && end <= MINUTES && start != end { Ok((start, end)) } else { Err(DecodeError::Invalid("interval")) }
    }
}
