//! A set of days as bits, from [`FIRST`] to [`LAST`]: some years wider than the tables, so that what is moved into them is not lost.

use crate::day::Day;

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
        for (word, mask) in self.0.iter_mut().zip(range_masks(first, last)) {
            *word |= mask;
        }
    }

    /// Takes out the days that do not lie between `from` and `until`.
    pub(crate) fn retain_range(&mut self, from: Option<Day>, until: Option<Day>) {
        if from.is_some() || until.is_some() {
            for (word, mask) in self.0.iter_mut().zip(range_masks(from.unwrap_or(FIRST), until.unwrap_or(LAST))) {
                *word &= mask;
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
        (FIRST.0..).step_by(64).zip(&self.0).flat_map(|(start, &word)| {
            let mut left = word;
            std::iter::from_fn(move || {
                if left == 0 {
                    return None;
                }
                let bit = left.trailing_zeros();
                left &= left - 1;
                Some(Day(start + bit as i32))
            })
        })
    }

    /// The last day in it.
    pub(crate) fn last(&self) -> Option<Day> {
        let (index, word) = self.0.iter().enumerate().rev().find(|&(_, &word)| word != 0)?;
        Some(Day(FIRST.0 + (index * 64) as i32 + 63 - word.leading_zeros() as i32))
    }
}

/// For each word the bits that lie between the two days.
fn range_masks(first: Day, last: Day) -> impl Iterator<Item = u64> {
    let start = first.max(FIRST).0 - FIRST.0;
    // One past the end; nothing at all when the range is empty.
    let end = (last.min(LAST).0 - FIRST.0 + 1).max(start);
    let below = |bound: i32, word: i32| match bound - word * 64 {
        ..=0 => 0,
        bits @ 1..=63 => (1u64 << bits) - 1,
        _ => u64::MAX,
    };
    (0..WORDS as i32).map(move |word| below(end, word) & !below(start, word))
}

#[cfg(test)]
mod tests {
    use super::{Bits, Day, FIRST, LAST};

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
