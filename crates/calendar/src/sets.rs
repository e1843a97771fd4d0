//! Small sets: months of the year, days of the week.

use crate::day::Weekday;

/// A set of months. Where it restricts a rule, the empty set means every month ([`MonthSet::allows`]).
#[derive(Copy, Clone, Eq, PartialEq, Hash, Default, Debug)]
pub struct MonthSet(u16);

impl MonthSet {
    /// No month; as a restriction, none.
    pub const EMPTY: Self = Self(0);
    /// All twelve.
    pub const ALL: Self = Self(0xFFF);

    /// Bit 0 is January. `None` when a bit above December's is set.
    #[must_use]
    pub const fn from_bits(bits: u16) -> Option<Self> {
        if bits & !0xFFF == 0 { Some(Self(bits)) } else { None }
    }

    /// Bit 0 is January.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// From `first` to `last`, both 1 to 12 and both included; wraps the year (`nov-feb`). Empty when one of them is no month.
    #[must_use]
    pub fn range(first: u8, last: u8) -> Self {
        if !(1..=12).contains(&first) || !(1..=12).contains(&last) {
            return Self::EMPTY;
        }
        let mut set = Self::EMPTY;
        let mut month = first;
        loop {
            set = set.with(month);
            if month == last {
                return set;
            }
            month = month % 12 + 1;
        }
    }

    /// With `month` (1 to 12) added; any other number changes nothing.
    #[must_use]
    pub const fn with(self, month: u8) -> Self {
        if month >= 1 && month <= 12 { Self(self.0 | 1 << (month - 1)) } else { self }
    }

    /// Both together.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// True when `month` (1 to 12) is in it.
    #[must_use]
    pub const fn contains(self, month: u8) -> bool {
        month >= 1 && month <= 12 && self.0 >> (month - 1) & 1 == 1
    }

    /// True when `month` is in it, or nothing is: the set as a restriction.
    #[must_use]
    pub const fn allows(self, month: u8) -> bool {
        self.0 == 0 || self.contains(month)
    }

    /// True when no month is in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The months in it, in order.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        (1..=12).filter(move |&month| self.contains(month))
    }
}

impl FromIterator<u8> for MonthSet {
    fn from_iter<I: IntoIterator<Item = u8>>(months: I) -> Self {
        months.into_iter().fold(Self::EMPTY, Self::with)
    }
}

/// A set of weekdays. Where it restricts a rule, the empty set means what the rule says of it.
#[derive(Copy, Clone, Eq, PartialEq, Hash, Default, Debug)]
pub struct WeekdaySet(u8);

impl WeekdaySet {
    /// No day.
    pub const EMPTY: Self = Self(0);
    /// All seven.
    pub const ALL: Self = Self(0x7F);

    /// Bit 0 is Monday. `None` when a bit above Sunday's is set.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Option<Self> {
        if bits & !0x7F == 0 { Some(Self(bits)) } else { None }
    }

    /// Bit 0 is Monday.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// From `first` to `last`, both included; wraps the week (`fri-mon`).
    #[must_use]
    pub fn range(first: Weekday, last: Weekday) -> Self {
        let length = (last.index() + 7 - first.index()) % 7;
        (0..=length).map(|step| Weekday::from_index(first.index() + step)).collect()
    }

    /// With `weekday` added.
    #[must_use]
    pub const fn with(self, weekday: Weekday) -> Self {
        Self(self.0 | 1 << weekday.index())
    }

    /// Both together.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// True when `weekday` is in it.
    #[must_use]
    pub const fn contains(self, weekday: Weekday) -> bool {
        self.0 >> weekday.index() & 1 == 1
    }

    /// True when `weekday` is in it, or nothing is: the set as a restriction.
    #[must_use]
    pub const fn allows(self, weekday: Weekday) -> bool {
        self.0 == 0 || self.contains(weekday)
    }

    /// True when no day is in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The days in it, Monday first.
    pub fn iter(self) -> impl Iterator<Item = Weekday> {
        Weekday::ALL.into_iter().filter(move |&weekday| self.contains(weekday))
    }
}

impl FromIterator<Weekday> for WeekdaySet {
    fn from_iter<I: IntoIterator<Item = Weekday>>(weekdays: I) -> Self {
        weekdays.into_iter().fold(Self::EMPTY, Self::with)
    }
}

#[cfg(test)]
mod tests {
    use super::{MonthSet, WeekdaySet};
    use crate::day::Weekday;

    #[test]
    fn ranges_wrap() {
        assert_eq!(
            WeekdaySet::range(Weekday::Fri, Weekday::Mon).iter().collect::<Vec<_>>(),
            [Weekday::Mon, Weekday::Fri, Weekday::Sat, Weekday::Sun]
        );
        assert_eq!(WeekdaySet::range(Weekday::Wed, Weekday::Wed).iter().collect::<Vec<_>>(), [Weekday::Wed]);
        assert_eq!(WeekdaySet::range(Weekday::Tue, Weekday::Mon), WeekdaySet::ALL);
        assert_eq!(MonthSet::range(11, 2).iter().collect::<Vec<_>>(), [1, 2, 11, 12]);
        assert_eq!(MonthSet::range(6, 8).iter().collect::<Vec<_>>(), [6, 7, 8]);
        assert_eq!(MonthSet::range(0, 5), MonthSet::EMPTY);
        assert_eq!(MonthSet::range(1, 12), MonthSet::ALL);
    }

    #[test]
    fn emptiness_restricts_nothing() {
        assert!(MonthSet::EMPTY.allows(7) && !MonthSet::EMPTY.contains(7) && !MonthSet::range(1, 2).allows(3));
        assert!(WeekdaySet::EMPTY.allows(Weekday::Sun) && !WeekdaySet::EMPTY.contains(Weekday::Sun));
        assert!(!MonthSet::ALL.contains(0) && !MonthSet::ALL.contains(13));
        assert_eq!(MonthSet::from_bits(0x1000), None);
        assert_eq!(WeekdaySet::from_bits(0x80), None);
    }
}
