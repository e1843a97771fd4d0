//! Days of the proleptic Gregorian calendar, counted. No time of day and no zone.

use std::fmt;

/// A day, as the number of days since 1970-01-01 in the proleptic Gregorian calendar.
///
/// The days that scripts can name lie in the years 1 to 9999; any other number is treated as the day it counts to and does no harm.
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash, Debug)]
pub struct Day(pub i32);

impl Day {
    /// 0001-01-01.
    pub const MIN: Self = Self(-719_162);
    /// 9999-12-31.
    pub const MAX: Self = Self(2_932_896);

    /// The day of a date. `None` when there is no such date, or its year is not in 1 to 9999.
    #[must_use]
    pub fn from_ymd(year: u16, month: u8, day: u8) -> Option<Self> {
        if !(1..=9999).contains(&year) { None } else { Self::from_civil(i32::from(year), month, day) }
    }

    /// As [`Day::from_ymd`], for any year that a [`Day`] can have.
    pub(crate) fn from_civil(year: i32, month: u8, day: u8) -> Option<Self> {
        if day == 0 || day > days_in_month(year, month) {
            return None;
        }
        // Years are counted from March, so that the leap day is the last of one.
        let shifted = i64::from(year) - i64::from(month <= 2);
        let (era, year_of_era) = (shifted.div_euclid(400), shifted.rem_euclid(400));
        let month_of_year = i64::from((month + 9) % 12);
        let day_of_year = (153 * month_of_year + 2) / 5 + i64::from(day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        i32::try_from(era * 146_097 + day_of_era - 719_468).ok().map(Self)
    }

    /// Year, month (1 to 12) and day of the month (1 to 31).
    #[must_use]
    pub fn ymd(self) -> (i32, u8, u8) {
        let shifted = i64::from(self.0) + 719_468;
        let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_of_year = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_of_year + 2) / 5 + 1;
        let month = if month_of_year < 10 { month_of_year + 3 } else { month_of_year - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        // All three are in range by construction; the casts cannot lose anything.
        (year as i32, month as u8, day as u8)
    }

    /// The day of the week.
    #[must_use]
    pub fn weekday(self) -> Weekday {
        // 1970-01-01 was a Thursday.
        Weekday::from_index((i64::from(self.0) + 3).rem_euclid(7) as u8)
    }

    /// The day `days` later (earlier when negative), stopping at the ends of the range of `i32`.
    #[must_use]
    pub const fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// Reads `2026-12-24`: four digits, two, two. `None` when it is written otherwise or there is no such date.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        Self::from_ymd(digits(year, 4)?, u8::try_from(digits(month, 2)?).ok()?, u8::try_from(digits(day, 2)?).ok()?)
    }
}

/// Exactly `count` ASCII digits as a number.
fn digits(text: &str, count: usize) -> Option<u16> {
    if text.len() == count && text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None }
}

impl fmt::Display for Day {
    /// ISO 8601: `2026-12-24`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        let sign = if year < 0 { "-" } else { "" };
        write!(f, "{sign}{:04}-{month:02}-{day:02}", year.unsigned_abs())
    }
}

/// Number of days of a month: 28 to 31, and 0 when `month` is not in 1 to 12.
#[must_use]
pub const fn days_in_month(year: i32, month: u8) -> u8 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 0,
    }
}

/// Easter Sunday of the western churches (Gregorian computus, reckoned back before 1583). `None` outside of the years 1 to 9999.
pub(crate) fn easter(year: i32) -> Option<Day> {
    if !(1..=9999).contains(&year) {
        return None;
    }
    // The anonymous algorithm of 1876, in the letters that Meeus gives it.
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let (d, e) = (b / 4, b % 4);
    let f = (b + 8) / 25;
    let g = (b - f + 1) / 3;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let n = h + l - 7 * m + 114;
    Day::from_civil(year, u8::try_from(n / 31).ok()?, u8::try_from(n % 31 + 1).ok()?)
}

/// A day of the week; the week begins on Monday (ISO 8601).
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash, Debug)]
#[repr(u8)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Weekday {
    Mon = 0,
    Tue = 1,
    Wed = 2,
    Thu = 3,
    Fri = 4,
    Sat = 5,
    Sun = 6,
}

impl Weekday {
    /// All seven, Monday first.
    pub const ALL: [Self; 7] = [Self::Mon, Self::Tue, Self::Wed, Self::Thu, Self::Fri, Self::Sat, Self::Sun];

    /// 0 for Monday to 6 for Sunday.
    #[must_use]
    pub const fn index(self) -> u8 {
        self as u8
    }

    /// The weekday of an index, counted on past Sunday (7 is Monday again).
    #[must_use]
    pub const fn from_index(index: u8) -> Self {
        match index % 7 {
            0 => Self::Mon,
            1 => Self::Tue,
            2 => Self::Wed,
            3 => Self::Thu,
            4 => Self::Fri,
            5 => Self::Sat,
            _ => Self::Sun,
        }
    }

    /// True from Monday to Friday.
    #[must_use]
    pub const fn is_workday(self) -> bool {
        !matches!(self, Self::Sat | Self::Sun)
    }
}

impl fmt::Display for Weekday {
    /// `Mon`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mon => "Mon",
            Self::Tue => "Tue",
            Self::Wed => "Wed",
            Self::Thu => "Thu",
            Self::Fri => "Fri",
            Self::Sat => "Sat",
            Self::Sun => "Sun",
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use chrono::{Datelike, NaiveDate};

    use super::{Day, Weekday, easter};

    #[test]
    fn days_agree_with_chrono_over_the_whole_range() {
        let epoch = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
        for number in (Day::MIN.0..=Day::MAX.0).step_by(17).chain([Day::MIN.0, Day::MAX.0, -1, 0, 1]) {
            let date = epoch + chrono::Duration::days(i64::from(number));
            let day = Day(number);
            assert_eq!(day.ymd(), (date.year(), date.month() as u8, date.day() as u8));
            assert_eq!(u32::from(day.weekday().index()), date.weekday().num_days_from_monday());
            assert_eq!(Day::from_ymd(date.year() as u16, date.month() as u8, date.day() as u8), Some(day));
            assert_eq!(day.to_string(), date.format("%Y-%m-%d").to_string());
            assert_eq!(Day::parse(&day.to_string()), Some(day));
        }
        assert_eq!(Day::MIN.to_string(), "0001-01-01");
        assert_eq!(Day::MAX.to_string(), "9999-12-31");
    }

    #[test]
    fn dates_that_do_not_exist_are_none() {
        for (y, m, d) in [
            (2026, 2, 29),
            (1900, 2, 29),
            (2026, 4, 31),
            (2026, 0, 1),
            (2026, 13, 1),
            (2026, 1, 0),
            (2026, 1, 32),
            (0, 1, 1),
            (10000, 1, 1),
        ] {
            assert_eq!(Day::from_ymd(y, m, d), None, "{y}-{m}-{d}");
        }
        assert!(Day::from_ymd(2000, 2, 29).is_some());
        for text in ["2026-1-01", "2026-02-29", "26-01-01", "2026-01-01-01", "2026-01", "+026-01-01", "", "2026-01-0a", "2026-01-01 "] {
            assert_eq!(Day::parse(text), None, "{text}");
        }
    }

    #[test]
    fn any_number_is_some_day() {
        for number in [i32::MIN, i32::MIN + 1, i32::MAX - 1, i32::MAX] {
            let (year, month, day) = Day(number).ymd();
            assert_eq!(Day::from_civil(year, month, day), Some(Day(number)));
            let _ = (Day(number).weekday(), Day(number).to_string());
        }
        assert_eq!(Day(i32::MAX).plus(1), Day(i32::MAX));
    }

    #[test]
    fn weekdays_wrap() {
        for index in 0..=u8::MAX {
            assert_eq!(Weekday::from_index(index).index(), index % 7);
        }
    }

    #[test]
    fn easter_falls_where_the_almanacs_say() {
        // The extremes (22 March 1818 and 2285, 25 April 1943 and 2038), the exceptions of the computus (1954, 1981, 2049, 2076) and
        // years of the schedules that people write now.
        let known = [
            "1583-04-10",
            "1700-04-11",
            "1777-03-30",
            "1818-03-22",
            "1900-04-15",
            "1943-04-25",
            "1954-04-18",
            "1961-04-02",
            "1970-03-29",
            "1981-04-19",
            "1999-04-04",
            "2000-04-23",
            "2001-04-15",
            "2008-03-23",
            "2011-04-24",
            "2016-03-27",
            "2019-04-21",
            "2020-04-12",
            "2021-04-04",
            "2022-04-17",
            "2023-04-09",
            "2024-03-31",
            "2025-04-20",
            "2026-04-05",
            "2027-03-28",
            "2028-04-16",
            "2029-04-01",
            "2030-04-21",
            "2038-04-25",
            "2049-04-18",
            "2076-04-19",
            "2099-04-12",
            "2100-03-28",
            "2285-03-22",
        ];
        for text in known {
            let day = Day::parse(text).unwrap();
            assert_eq!(easter(day.ymd().0), Some(day));
            assert_eq!(day.weekday(), Weekday::Sun);
        }
        assert_eq!(easter(0), None);
        assert_eq!(easter(10_000), None);
        for year in 1..=9999 {
            let (_, month, day) = easter(year).unwrap().ymd();
            assert!((3, 22) <= (month, day) && (month, day) <= (4, 25), "{year}");
        }
    }
}
