//! A set of days as bits, from [`FIRST`] to [`LAST`]: some years wider than the tables, so that what is moved into them is not lost.

use crate::day::{Day, Weekday};
use crate::sets::WeekdaySet;

/// The first day that a set can hold: 1990-01-01.
pub(crate) const FIRST: Day = Day(7_305);
/// The last one: 2110-01-11.
pub(crate) const LAST: Day = Day(FIRST.0 + (WORDS * 64) as i32 - 1);
const WORDS: usize = 685;

/// Days between [`FIRST`] and [`LAST`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Bits(Box<[u64]>);

impl Bits {
    pub(crate) fn new() -> Self {
        Self(vec![0; WORDS].into_boxed_slice())
    }

    pub(crate) fn clear(&mut self) {
        self.0.fill(0);
    }

    /// Word and bit of a day.
    fn place(day: Day) -> Option<(usize, u32)> {
        let index = u32::try_from(i64::from(day.0) - i64::from(FIRST.0)).ok()?;
        Some(((index / 64) as usize, index % 64))
    }

    /// Adds a day; one outside is passed over.
    pub(crate) fn insert(&mut self, day: Day) {
        if let Some((word, bit)) = Self::place(day)
            && let Some(word) = self.0.get_mut(word)
        {
            *word |= 1 << bit;
        }
    }

    /// Adds the days from `first` to `last`, as far as they lie inside.
    pub(crate) fn insert_range(&mut self, first: Day, last: Day) {
        let (start, end) = bounds(first, last);
        let words = start / 64..end.div_ceil(64);
        for (word, index) in self.0.get_mut(words.clone()).unwrap_or_default().iter_mut().zip(words) {
            *word |= mask(index, start, end);
        }
    }

    /// Adds all days that are one of these weekdays.
    pub(crate) fn insert_weekdays(&mut self, weekdays: WeekdaySet) {
        // A word of 64 days begins a weekday later than the one before it, so there are seven kinds.
        let mut masks = [0u64; 7];
        for (first, mask) in (FIRST.weekday().index()..).zip(&mut masks) {
            for bit in (0..64u8).filter(|bit| weekdays.contains(Weekday::from_index(first + bit))) {
                *mask |= 1 << bit;
            }
        }
        for (word, mask) in self.0.iter_mut().zip(masks.iter().cycle()) {
            *word |= mask;
        }
    }

    /// Takes out the days that do not lie between `from` and `until`.
    pub(crate) fn retain_range(&mut self, from: Option<Day>, until: Option<Day>) {
        if from.is_some() || until.is_some() {
            let (start, end) = bounds(from.unwrap_or(FIRST), until.unwrap_or(LAST));
            let words = start / 64..end.div_ceil(64);
            self.0.get_mut(..words.start).unwrap_or_default().fill(0);
            self.0.get_mut(words.end..).unwrap_or_default().fill(0);
            for index in [words.start, words.end.saturating_sub(1)] {
                if let Some(word) = self.0.get_mut(index) {
                    *word &= mask(index, start, end);
                }
            }
        }
    }

    pub(crate) fn contains(&self, day: Day) -> bool {
        Self::place(day).and_then(|(word, bit)| Some(self.0.get(word)? >> bit & 1 == 1)).unwrap_or(false)
    }

    /// Adds the days of `other`.
    pub(crate) fn union(&mut self, other: &Self) {
        for (word, more) in self.0.iter_mut().zip(&other.0) {
            *word |= more;
        }
    }

    /// The days that are in both.
    pub(crate) fn intersection(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| a & b).collect())
    }

    /// True when every day of `other` is in it.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(a, b)| b & !a == 0)
    }

    /// All days moved by `days`; those that leave are lost.
    pub(crate) fn shifted(&self, days: i32) -> Self {
        let (words, bits) = ((days.unsigned_abs() / 64) as usize, days.unsigned_abs() % 64);
        let word = |index: Option<usize>| index.and_then(|index| self.0.get(index)).copied().unwrap_or(0);
        let shifted = (0..WORDS).map(|index| {
            let (near, far) = if days >= 0 {
                (word(index.checked_sub(words)), word(index.checked_sub(words + 1)))
            } else {
                (word(index.checked_add(words)), word(index.checked_add(words + 1)))
            };
            match (bits, days >= 0) {
                (0, _) => near,
                (_, true) => near << bits | far >> (64 - bits),
                (_, false) => near >> bits | far << (64 - bits),
            }
        });
        Self(shifted.collect())
    }

    /// The days in it, in order.
    pub(crate) fn days(&self) -> impl Iterator<Item = Day> {
        let words = self.0.iter().zip((FIRST.0..).step_by(64)).filter(|&(&word, _)| word != 0);
        words.flat_map(|(&word, start)| {
            // Each turn takes the lowest bit away.
            let left = std::iter::successors(Some(word), |left| Some(left & (left - 1)).filter(|&left| left != 0));
            left.map(move |left| Day(start + left.trailing_zeros() as i32))
        })
    }

    /// The last day in it.
    pub(crate) fn last(&self) -> Option<Day> {
        let (index, word) = self.0.iter().enumerate().rev().find(|&(_, &word)| word != 0)?;
        Some(Day(FIRST.0 + (index * 64) as i32 + 63 - word.leading_zeros() as i32))
    }
}

/// The places of the days from `first` to `last` that lie inside, `start..end`.
fn bounds(first: Day, last: Day) -> (usize, usize) {
    let place = |day: i64| usize::try_from((day - i64::from(FIRST.0)).clamp(0, (WORDS * 64) as i64)).unwrap_or(0);
    let (start, end) = (place(i64::from(first.0)), place(i64::from(last.0) + 1));
    (start, end.max(start))
}

/// The bits of a word whose places lie in `start..end`.
fn mask(word: usize, start: usize, end: usize) -> u64 {
    let below = |bound: usize| match bound.saturating_sub(word * 64) {
        bits @ 0..=63 => (1u64 << bits) - 1,
        _ => u64::MAX,
    };
    below(end) & !below(start)
}

#[cfg(test)]
mod tests {
    use super::{Bits, Day, FIRST, LAST, WeekdaySet};

    fn days(bits: &Bits) -> Vec<i32> {
        bits.days().map(|day| day.0 - FIRST.0).collect()
    }

    fn set(of: &[i32]) -> Bits {
        let mut bits = Bits::new();
        for &day in of {
            bits.insert(Day(FIRST.0 + day));
        }
        bits
    }

    #[test]
    fn ranges_are_inclusive_and_clipped() {
        for (first, last) in [(0, 0), (5, 70), (63, 64), (64, 127), (-10, 3), (100, 99), (43_800, 50_000), (-20, -10), (50_000, 60_000)] {
            let mut bits = Bits::new();
            bits.insert_range(Day(FIRST.0 + first), Day(FIRST.0 + last));
            let size = LAST.0 - FIRST.0;
            assert_eq!(days(&bits), (first.max(0)..=last.min(size)).collect::<Vec<_>>(), "{first} {last}");
        }
        let mut all = Bits::new();
        all.insert_range(Day(i32::MIN), Day(i32::MAX));
        assert_eq!(all.days().count() as i32, LAST.0 - FIRST.0 + 1);
        assert_eq!(all.last(), Some(LAST));
        all.retain_range(Some(Day(FIRST.0 + 3)), Some(Day(FIRST.0 + 5)));
        assert_eq!(days(&all), [3, 4, 5]);
        all.retain_range(Some(Day(i32::MAX)), None);
        assert_eq!(all.last(), None);
        for (from, until) in [
            (0, 0),
            (5, 70),
            (63, 64),
            (64, 127),
            (64, 64),
            (128, 127),
            (100, 99),
            (-10, 3),
            (43_800, 50_000),
            (-20, -10),
            (50_000, 60_000),
        ] {
            let mut bits = Bits::new();
            bits.insert_range(FIRST, LAST);
            bits.retain_range(Some(Day(FIRST.0 + from)), Some(Day(FIRST.0 + until)));
            assert_eq!(days(&bits), (from.max(0)..=until.min(LAST.0 - FIRST.0)).collect::<Vec<_>>(), "{from} {until}");
        }
    }

    #[test]
    fn weekdays_are_those_of_the_calendar() {
        for set in [0b1, 0b100_0000, 0b001_0110, 0, 0x7F] {
            let weekdays = WeekdaySet::from_bits(set).unwrap_or_default();
            let mut bits = Bits::new();
            bits.insert_weekdays(weekdays);
            for day in FIRST.0..=LAST.0 {
                assert_eq!(bits.contains(Day(day)), weekdays.contains(Day(day).weekday()));
            }
        }
    }

    #[test]
    fn shifting_moves_every_day() {
        let at = [0, 1, 62, 63, 64, 65, 700, 43_838, 43_839];
        for by in [0, 1, -1, 63, -63, 64, -64, 65, 200, -200, 366, 43_839, -43_839, 100_000, i32::MIN, i32::MAX] {
            let want: Vec<i32> =
                at.iter().map(|&day| day as i64 + by as i64).filter(|day| (0..43_840).contains(day)).map(|day| day as i32).collect();
            assert_eq!(days(&set(&at).shifted(by)), want, "{by}");
        }
    }

    #[test]
    fn single_days_are_found() {
        let mut bits = set(&[3, 64, 43_839]);
        bits.insert(Day(FIRST.0 - 1));
        bits.insert(Day(LAST.0 + 1));
        bits.insert(Day(i32::MIN));
        bits.insert(Day(i32::MAX));
        assert_eq!(days(&bits), [3, 64, 43_839]);
        assert!(bits.contains(LAST) && !bits.contains(FIRST) && !bits.contains(Day(i32::MIN)) && !bits.contains(Day(i32::MAX)));
        assert!(bits.covers(&set(&[64])) && !set(&[64]).covers(&bits));
    }
}
