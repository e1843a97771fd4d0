//! [`IndexBuilder`]: from patterns to the bytes that [`super::IndexRef`] looks into.
//!
//! A pattern is filed under its literal start, one slot of the table for each. Most patterns are a literal start and
//! nothing else, or one followed by any digits up to a length; these need no sets of symbols. The rest (`+1[2-4]55*`) is
//! taken apart into literal starts where that gives few, and what then remains is kept as it is, in a list that is gone
//! through in order.

use std::collections::HashMap;

use super::layout::{self, HEADER_WORDS, MAGIC, PROBES, RANGE, ROWS, SEED, SLOTS, hash_number};
use super::number::{
    IN_LIST, LENGTHS, LIST_BOUND, LISTS, LITERAL, LITERAL_LENGTHS, NUMBER_MAGIC, PATTERNS, SHAPE_GENERAL, SHAPE_OPEN, SHAPE_PART,
};
use crate::packed::Packed;
use crate::pattern::{DIGITS, Pattern};

/// Into how many literal starts one pattern is taken apart at most.
const PARTS: usize = 32;
/// From how many rows on patterns are no longer taken apart, so that the table stays in proportion to its source.
const PARTS_ROWS: usize = 1 << 21;

/// Builds the bytes of an index of numbers.
#[derive(Clone, Debug, Default)]
pub struct IndexBuilder {
    entries: Vec<Entry>,
    patterns: Vec<Pattern>,
    known: HashMap<Pattern, u32>,
    rows: u32,
    /// How many rows have been refused for want of room.
    refused: u32,
}

/// A pattern below its literal start. The order is that in which equal ones meet.
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Debug)]
struct Entry {
    key: Packed,
    /// How the rest is to be matched, see [`super::number`].
    shape: u32,
    value: u32,
}

impl IndexBuilder {
    /// The most rows that an index holds: sixteen million.
    pub const MAX_ROWS: u32 = 1 << 24;

    /// An empty builder.
    #[must_use]
    pub fn new() -> IndexBuilder {
        IndexBuilder::default()
    }

    /// How many rows it holds.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.rows
    }

    /// Whether it holds no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// How many rows were pushed beyond [`IndexBuilder::MAX_ROWS`]. They are not in the index: a caller whose rows come
    /// from outside asks before it builds.
    #[must_use]
    pub fn refused(&self) -> u32 {
        self.refused
    }

    /// Adds a row. Where two rows match a number, the smaller value wins; so values are the rows' numbers, or anything that
    /// grows with them.
    pub fn push(&mut self, pattern: Pattern, value: u32) {
        if self.rows >= Self::MAX_ROWS {
            self.refused = self.refused.saturating_add(1);
            return;
        }
        self.rows += 1;
        if pattern.max_len() == 0 {
            return;
        }
        let sets = pattern.positions();
        // Only what comes before the last real choice is worth taking apart: digits at the end are cheap as they are.
        let choices = sets.len() - sets.iter().rev().take_while(|set| **set == DIGITS).count();
        let rest = u32::from(pattern.min_len()) | if pattern.is_open() { SHAPE_OPEN } else { 0 };
        let start = pattern.literal_start();
        if usize::from(start.len()) >= choices {
            self.entries.push(Entry { key: start, shape: rest, value });
            return;
        }
        let most = if self.entries.len() < PARTS_ROWS { PARTS } else { 1 };
        let mut starts = vec![start];
        let mut taken = usize::from(start.len());
        for set in sets.iter().take(choices).skip(taken) {
            if starts.len().saturating_mul(set.count_ones() as usize) > most {
                break;
            }
            let symbols = (0..16u8).filter(|symbol| set >> symbol & 1 == 1);
            starts = starts.iter().flat_map(|start| symbols.clone().filter_map(|symbol| start.push(symbol))).collect();
            taken += 1;
        }
        let shape = if taken >= choices {
            rest | SHAPE_PART
        } else {
            let next = u32::try_from(self.patterns.len()).unwrap_or(u32::MAX);
            let number = *self.known.entry(pattern).or_insert(next);
            if number == next {
                self.patterns.push(pattern);
            }
            SHAPE_GENERAL | number << 8
        };
        self.entries.extend(starts.into_iter().map(|key| Entry { key, shape, value }));
    }

    /// The bytes of the index. The same rows in any order give the same look-ups; in the same order, the same bytes.
    #[must_use]
    pub fn build(self) -> Vec<u8> {
        let mut entries = self.entries;
        entries.sort_unstable();
        // The first of each key and shape has the smallest value.
        entries.dedup_by_key(|entry| (entry.key, entry.shape));

        let mut keys: Vec<(Packed, u32, u32)> = Vec::new();
        let mut lists: Vec<u32> = Vec::new();
        let (mut lengths, mut literal_lengths) = (0u32, 0u32);
        let mut longest = [0u32; 17];
        for group in entries.chunk_by(|one, other| one.key == other.key) {
            let Some(first) = group.first() else { continue };
            let len = first.key.len();
            let literal = |entry: &&Entry| entry.shape & !SHAPE_OPEN == u32::from(len);
            lengths |= 1 << len;
            let mut value = 0;
            let mut more = 0;
            if let Some(least) = group.iter().filter(literal).map(|entry| entry.value).min() {
                value = least;
                more = LITERAL;
                literal_lengths |= 1 << len;
            }
            match group {
                [only] if only.shape & SHAPE_GENERAL == 0 => {
                    value = only.value;
                    more |= only.shape;
                }
                _ => {
                    more |= IN_LIST | u32::try_from(lists.len()).unwrap_or(u32::MAX);
                    let count = push_list(&mut lists, group, len);
                    if let Some(longest) = longest.get_mut(usize::from(len)) {
                        *longest = (*longest).max(count);
                    }
                }
            }
            keys.push((first.key, value, more));
        }
        drop(entries);

        let key = |number: u32| usize::try_from(number).ok().and_then(|number| keys.get(number)).copied();
        let count = u32::try_from(keys.len()).unwrap_or(u32::MAX);
        let placement = layout::lay_out(count, |number, seed| key(number).map_or(0, |(key, ..)| hash_number(key.bits(), seed)));
        let mut header = [0; HEADER_WORDS];
        header[MAGIC] = u32::from_le_bytes(NUMBER_MAGIC);
        header[ROWS] = self.rows;
        header[RANGE] = placement.range;
        header[SLOTS] = placement.slots;
        header[PROBES] = placement.probes;
        header[SEED] = placement.seed;
        header[LENGTHS] = lengths;
        header[LITERAL_LENGTHS] = literal_lengths;
        header[LISTS] = u32::try_from(lists.len()).unwrap_or(u32::MAX);
        header[LIST_BOUND] = longest.iter().sum();
        header[PATTERNS] = u32::try_from(self.patterns.len()).unwrap_or(u32::MAX);

        let mut out = Vec::new();
        layout::write_header(&mut out, &header);
        layout::write_table(&mut out, &placement, |number| {
            let (key, value, more) = key(number).unwrap_or((Packed::EMPTY, 0, 0));
            (u128::from(key.bits()) | u128::from(value) << 64 | u128::from(more) << 96).to_le_bytes()
        });
        out.extend(lists.iter().flat_map(|word| word.to_le_bytes()));
        out.extend(self.patterns.iter().flat_map(Pattern::to_words).flat_map(u16::to_le_bytes));
        out
    }
}

/// Writes the list of a key: how many entries, then value and shape of each, by value. Gives their number.
fn push_list(lists: &mut Vec<u32>, group: &[Entry], len: u8) -> u32 {
    let mut sorted: Vec<(u32, u32)> = group.iter().map(|entry| (entry.value, entry.shape)).collect();
    sorted.sort_unstable();
    let any_rest = u32::from(len) | SHAPE_OPEN;
    let all_from = sorted.iter().find(|(_, shape)| *shape & !SHAPE_PART == any_rest).map(|(value, _)| *value);
    // What follows an entry that matches everything can never be the first match. The exact number is kept for exact
    // look-ups.
    sorted.retain(|(value, shape)| all_from.is_none_or(|all| *value <= all) || *shape == u32::from(len));
    let count = u32::try_from(sorted.len()).unwrap_or(u32::MAX);
    lists.push(count);
    lists.extend(sorted.iter().flat_map(|(value, shape)| [*value, *shape]));
    count
}
