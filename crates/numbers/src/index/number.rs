//! [`IndexRef`]: look-ups of numbers in bytes.
//!
//! After the header come the tags and the slots: the bits of the literal start, a value, and flags. Then the lists, words of 32 bits:
//! how many entries, then value and shape of each, by value. Then the patterns that are not literal, seventeen words of 16
//! bits each.
//!
//! A shape says how a number that begins with the key goes on: bits 0 to 4 are a length, up to which there are only digits
//! after the key; bit 5 says that more may follow. With bit 6 it is a pattern of its own, by its number in bits 8 to 31.
//! Bit 7 marks a part of a row that had a choice before its last digits. A key with a single entry that is no pattern of
//! its own has no list: its shape is in the flags.

use super::layout::{HEADER_WORDS, IndexError, ROWS, Table, hash_number, step};
use crate::packed::{MAX_SYMBOLS, Packed};
use crate::pattern::Pattern;

pub(super) const NUMBER_MAGIC: [u8; 4] = *b"NIX1";
// The words of the header that are this kind's own.
/// Bit `n`: some key has `n` symbols.
pub(super) const LENGTHS: usize = 6;
/// Bit `n`: some key of `n` symbols is a literal row.
pub(super) const LITERAL_LENGTHS: usize = 7;
/// How many words the lists have.
pub(super) const LISTS: usize = 8;
/// The most entries of lists that one look-up goes through.
pub(super) const LIST_BOUND: usize = 9;
/// How many patterns there are.
pub(super) const PATTERNS: usize = 10;

/// The key is a row itself, as a number or as a prefix; the value is the smallest of such rows.
pub(super) const LITERAL: u32 = 1 << 31;
/// The key has a list, at the word that the low 30 bits name; else the low 8 bits are the only entry's shape.
pub(super) const IN_LIST: u32 = 1 << 30;

pub(super) const SHAPE_OPEN: u32 = 1 << 5;
pub(super) const SHAPE_GENERAL: u32 = 1 << 6;
pub(super) const SHAPE_PART: u32 = 1 << 7;

/// An index of numbers in bytes that somebody else keeps.
#[derive(Copy, Clone, Debug)]
pub struct IndexRef<'a> {
    rows: u32,
    lengths: u32,
    literal_lengths: u32,
    list_bound: u32,
    table: Table<'a>,
    lists: &'a [[u8; 4]],
    patterns: &'a [[u8; Pattern::WORDS * 2]],
}

/// What the table says about a key.
#[derive(Copy, Clone)]
struct Found {
    value: u32,
    more: u32,
}

impl<'a> IndexRef<'a> {
    /// Reads the header. Takes the same time for every index; what lies behind the header is checked when it is used.
    ///
    /// # Errors
    /// What is wrong with the header or the length.
    pub fn new(bytes: &'a [u8]) -> Result<IndexRef<'a>, IndexError> {
        let (header, table, rest) = Table::open(bytes, NUMBER_MAGIC)?;
        let size = |words: usize, bytes: usize| usize::try_from(header.get(words).copied()?).ok()?.checked_mul(bytes);
        let lists = size(LISTS, 4).ok_or(IndexError::Length)?;
        let (lists, patterns) = rest.split_at_checked(lists).ok_or(IndexError::Length)?;
        if size(PATTERNS, Pattern::WORDS * 2) != Some(patterns.len()) {
            return Err(IndexError::Length);
        }
        let reserved = header.iter().take(HEADER_WORDS).skip(PATTERNS + 1);
        let lengths_sound = header[LENGTHS] >> (MAX_SYMBOLS + 1) == 0 && header[LITERAL_LENGTHS] & !header[LENGTHS] == 0;
        // A list has at least two words for every entry.
        if !lengths_sound || header[LIST_BOUND] > header[LISTS].saturating_mul(9) || reserved.into_iter().any(|word| *word != 0) {
            return Err(IndexError::Header);
        }
        Ok(IndexRef {
            rows: header[ROWS],
            lengths: header[LENGTHS],
            literal_lengths: header[LITERAL_LENGTHS],
            list_bound: header[LIST_BOUND],
            table,
            lists: lists.as_chunks().0,
            patterns: patterns.as_chunks().0,
        })
    }

    /// How many rows it was built from.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.rows
    }

    /// Whether it was built from no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The most steps that any look-up takes: slots compared and entries of lists tried. What the bytes say here is what
    /// they are held to.
    #[must_use]
    pub fn max_probes(&self) -> u32 {
        self.lengths.count_ones().saturating_mul(self.table.max_steps()).saturating_add(self.list_bound)
    }

    fn find(&self, key: Packed) -> Option<Found> {
        let hash = hash_number(key.bits(), self.table.seed);
        self.table.find(hash, |slot| (slot as u64 == key.bits()).then_some(Found { value: (slot >> 64) as u32, more: (slot >> 96) as u32 }))
    }

    /// The smallest value whose pattern matches: rules in the author's order.
    #[must_use]
    pub fn first_match(&self, number: Packed) -> Option<u32> {
        if number.is_empty() {
            return None;
        }
        let mut best: Option<u32> = None;
        let mut budget = self.list_bound;
        for len in lengths(self.lengths, number.len()) {
            let Some(found) = self.find(number.prefix(len)) else { continue };
            let better = |value: u32| best.is_none_or(|best| value < best);
            if found.more & IN_LIST == 0 {
                if better(found.value) && self.shape_matches(found.more & 0xFF, len, number) {
                    best = Some(found.value);
                }
                continue;
            }
            for (value, shape) in self.list(found.more) {
                if !better(value) || budget == 0 {
                    break;
                }
                budget -= 1;
                step();
                if self.shape_matches(shape, len, number) {
                    best = Some(value);
                    break;
                }
            }
        }
        best
    }

    /// The value of the longest literal row that the number begins with: tables by prefix, whatever the order of their rows.
    /// A row that is a whole number counts as a prefix of its own length; rows with a choice in them do not count. Of rows
    /// with the same digits the smallest value wins.
    #[must_use]
    pub fn longest_prefix(&self, number: Packed) -> Option<u32> {
        lengths(self.literal_lengths, number.len()).rev().find_map(|len| {
            let found = self.find(number.prefix(len))?;
            (found.more & LITERAL != 0).then_some(found.value)
        })
    }

    /// The smallest value of the rows that are this very number.
    #[must_use]
    pub fn exact(&self, number: Packed) -> Option<u32> {
        let len = number.len();
        if self.literal_lengths >> len & 1 == 0 || len == 0 {
            return None;
        }
        let found = self.find(number)?;
        if found.more & IN_LIST == 0 {
            return (found.more == LITERAL | u32::from(len)).then_some(found.value);
        }
        let bound = usize::try_from(self.list_bound).unwrap_or(usize::MAX);
        let is_this = |(_, shape): &(u32, u32)| {
            step();
            *shape == u32::from(len)
        };
        self.list(found.more).take(bound).find(is_this).map(|(value, _)| value)
    }

    /// The entries of a list: value and shape.
    fn list(&self, more: u32) -> impl Iterator<Item = (u32, u32)> + use<'a> {
        let word = |bytes: &[u8; 4]| u32::from_le_bytes(*bytes);
        let start = usize::try_from(more & (IN_LIST - 1)).unwrap_or(usize::MAX);
        let (count, entries) = match self.lists.get(start..).and_then(<[_]>::split_first) {
            Some((count, entries)) => (usize::try_from(word(count)).unwrap_or(usize::MAX), entries),
            None => (0, [].as_slice()),
        };
        entries.as_chunks::<2>().0.iter().take(count).map(move |[value, shape]| (word(value), word(shape)))
    }

    fn shape_matches(&self, shape: u32, key_len: u8, number: Packed) -> bool {
        if shape & SHAPE_GENERAL != 0 {
            return usize::try_from(shape >> 8).ok().and_then(|at| self.patterns.get(at)).is_some_and(|bytes| {
                let mut words = [0; Pattern::WORDS];
                for (word, bytes) in words.iter_mut().zip(bytes.as_chunks::<2>().0) {
                    *word = u16::from_le_bytes(*bytes);
                }
                Pattern::from_words(&words).is_some_and(|pattern| pattern.matches(number))
            });
        }
        // At most 31.
        let len = (shape & 0x1F) as u8;
        let fits = number.len() == len || shape & SHAPE_OPEN != 0 && number.len() > len;
        fits && (len == key_len || number.prefix(len).digits_from(key_len))
    }
}

/// The lengths of a mask that are no longer than a number, shortest first.
fn lengths(mask: u32, longest: u8) -> impl DoubleEndedIterator<Item = u8> {
    (0..=longest.min(MAX_SYMBOLS)).filter(move |len| mask >> len & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::IndexBuilder;
    use crate::index::layout::{PROBES, RANGE, SLOTS, STEPS};

    fn number(text: &str) -> Packed {
        Packed::parse(text).unwrap()
    }

    fn build(rows: &[&str]) -> Vec<u8> {
        let mut builder = IndexBuilder::new();
        for (value, row) in (0..).zip(rows) {
            builder.push(Pattern::parse(row).unwrap(), value);
        }
        builder.build()
    }

    #[test]
    fn rules_match_in_source_order() {
        let bytes =
            build(&["+1312555xxxx", "+1312*", "+1[2-4]12*", "911", "+13125550100", "[2-9]xx", "9*", "+1[2-4]x[2-4]x[2-4]xxxx", "+1312*"]);
        let index = IndexRef::new(&bytes).unwrap();
        for (text, expected) in [
            ("+13125550100", Some(0)),
            ("+1312555010", Some(1)),
            ("+1212", Some(2)),
            ("911", Some(3)),
            ("912", Some(5)),
            ("9120", Some(6)),
            ("+1205040555", None),
            ("+1223242555", Some(7)),
            ("+12", None),
            ("100", None),
        ] {
            assert_eq!(index.first_match(number(text)), expected, "{text}");
        }
        assert_eq!(index.exact(number("911")), Some(3));
        assert_eq!(index.exact(number("+13125550100")), Some(4));
        assert_eq!(index.exact(number("+1312")), None);
        assert_eq!((index.len(), index.first_match(Packed::EMPTY)), (9, None));
    }

    #[test]
    fn the_longest_prefix_wins_in_any_order() {
        let bytes = build(&["+1312", "+1*", "+131255501", "+1*", "+[2-9]*", "44"]);
        let index = IndexRef::new(&bytes).unwrap();
        for (text, expected) in [
            ("+13125550100", Some(2)),
            ("+1312", Some(0)),
            ("+13135", Some(1)),
            ("+1", Some(1)),
            ("+44", None),
            ("4420", Some(5)),
            ("4", None),
        ] {
            assert_eq!(index.longest_prefix(number(text)), expected, "{text}");
        }
    }

    #[test]
    fn an_empty_index_and_the_pattern_of_all() {
        let bytes = IndexBuilder::new().build();
        let index = IndexRef::new(&bytes).unwrap();
        assert!(index.is_empty() && index.max_probes() == 0);
        assert_eq!((index.first_match(number("911")), index.longest_prefix(number("911")), index.exact(number("911"))), (None, None, None));
        let mut builder = IndexBuilder::new();
        builder.push(Pattern::prefix(Packed::EMPTY), 7);
        builder.push(Pattern::exact(Packed::EMPTY), 1);
        let bytes = builder.build();
        let index = IndexRef::new(&bytes).unwrap();
        assert_eq!(
            (index.first_match(number("911")), index.longest_prefix(number("911")), index.exact(Packed::EMPTY)),
            (Some(7), Some(7), None)
        );
    }

    #[test]
    fn the_format_is_fixed() {
        let bytes = build(&["+1312*", "911", "+1[2-4]1x5*"]);
        let words: Vec<u32> = bytes.as_chunks::<4>().0.iter().take(HEADER_WORDS).map(|word| u32::from_le_bytes(*word)).collect();
        assert_eq!(words.first(), Some(&u32::from_le_bytes(*b"NIX1")));
        assert_eq!(bytes, build(&["+1312*", "911", "+1[2-4]1x5*"]));
        // What the bytes of this format are must never change: compiled scripts hold them.
        let sum = bytes.iter().fold(0xCBF2_9CE4_8422_2325u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01B3));
        assert_eq!((bytes.len(), sum), (1160, 3_046_926_666_902_408_952));
    }

    #[test]
    fn ten_thousand_rules_cost_what_ten_cost() {
        let cost = |rules: u32| {
            let mut builder = IndexBuilder::new();
            for rule in 0..rules {
                builder.push(Pattern::parse(&format!("+1312{rule:05}xx")).unwrap(), 3 * rule);
                builder.push(Pattern::parse(&format!("+1[2-9]{rule:05}[0-4]x*")).unwrap(), 3 * rule + 1);
                builder.push(Pattern::parse(&format!("{rule:05}")).unwrap(), 3 * rule + 2);
            }
            let bytes = builder.build();
            IndexRef::new(&bytes).unwrap().max_probes()
        };
        assert!(cost(10_000) < 200, "{}", cost(10_000));
    }

    #[test]
    fn no_lookup_takes_more_steps_than_promised() {
        let rows = ["+1312*", "+1312", "+1[2-4]x[2-4]x5*", "+1[2-4]x[2-4]x6*", "+13125x", "911", "9[1-3]x[1-3]x[1-3]5", "9xx", "9x*"];
        let good = build(&rows);
        let numbers = ["+13125550100", "+1312", "911", "911111115", "+12", "9"].map(number);
        let mut worst = 0;
        // Every byte of header, slots and lists is set to values that lie about counts and places.
        for at in 4..good.len() {
            for value in [0, 1, 0x40, 0x7F, 0xFF] {
                let mut bytes = good.clone();
                bytes[at] = value;
                let Ok(index) = IndexRef::new(&bytes) else { continue };
                for number in numbers {
                    for lookup in [IndexRef::first_match, IndexRef::longest_prefix, IndexRef::exact] {
                        STEPS.set(0);
                        lookup(&index, number);
                        assert!(STEPS.get() <= index.max_probes(), "byte {at} as {value}");
                        worst = worst.max(STEPS.get());
                    }
                }
            }
        }
        assert!(worst > 1, "the steps are counted");
    }

    #[test]
    fn headers_that_lie() {
        let good = build(&["+1312*", "911"]);
        assert_eq!(IndexRef::new(&[]).err(), Some(IndexError::Length));
        assert_eq!(IndexRef::new(&good[..63]).err(), Some(IndexError::Length));
        assert_eq!(IndexRef::new(&good[..good.len() - 1]).err(), Some(IndexError::Length));
        assert_eq!(IndexRef::new(&[good.as_slice(), &[0]].concat()).err(), Some(IndexError::Length));
        let with = |word: usize, value: u32| {
            let mut bytes = good.clone();
            bytes[word * 4..word * 4 + 4].copy_from_slice(&value.to_le_bytes());
            IndexRef::new(&bytes).err()
        };
        assert_eq!(with(0, 0), Some(IndexError::Magic));
        assert_eq!(with(SLOTS, u32::MAX), Some(IndexError::Length));
        assert_eq!(with(RANGE, 1000), Some(IndexError::Header));
        assert_eq!(with(PROBES, 1000), Some(IndexError::Header));
        assert_eq!(with(LENGTHS, 1 << 17), Some(IndexError::Header));
        assert_eq!(with(LITERAL_LENGTHS, 1 << 9), Some(IndexError::Header));
        assert_eq!(with(LISTS, u32::MAX), Some(IndexError::Length));
        assert_eq!(with(LIST_BOUND, u32::MAX), Some(IndexError::Header));
        assert_eq!(with(PATTERNS, u32::MAX), Some(IndexError::Length));
        assert_eq!(with(15, 1), Some(IndexError::Header));
    }
}
