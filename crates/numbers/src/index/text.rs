//! [`TextIndexBuilder`] and [`TextIndexRef`]: the same for texts, which stand in the bytes as well.
//!
//! After the header come the tags and the slots: low half of the hash, place and length of the text, value. Then the texts.

use std::collections::HashMap;

use super::layout::{self, HEADER_WORDS, IndexError, MAGIC, PROBES, RANGE, ROWS, SEED, SLOTS, Table, hash_text};

const TEXT_MAGIC: [u8; 4] = *b"TIX1";
// The words of the header that are this kind's own.
/// The bytes of all texts.
const POOL: usize = 6;
/// The bytes of the longest text.
const LONGEST: usize = 7;
/// 1: case counts.
const CASE: usize = 8;

/// Whether upper and lower case letters of ASCII are the same.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub enum Case {
    /// They are: comparisons in a script.
    Ignored,
    /// They are not: SIP addresses, whose hosts are in lower case already and whose users are as they are.
    Counts,
}

impl Case {
    fn same(self, one: &[u8], other: &[u8]) -> bool {
        match self {
            Case::Ignored => one.eq_ignore_ascii_case(other),
            Case::Counts => one == other,
        }
    }
}

/// Builds the bytes of an index of texts.
#[derive(Clone, Debug)]
pub struct TextIndexBuilder {
    case: Case,
    rows: u32,
    refused: u32,
    pool: Vec<u8>,
    /// Place and length of a text, and its value.
    texts: Vec<(u32, u32, u32)>,
    known: HashMap<Box<str>, usize>,
}

impl TextIndexBuilder {
    /// The most bytes that all texts have together: 1 GiB.
    pub const MAX_BYTES: usize = 1 << 30;

    /// An empty builder.
    #[must_use]
    pub fn new(case: Case) -> TextIndexBuilder {
        TextIndexBuilder { case, rows: 0, refused: 0, pool: Vec::new(), texts: Vec::new(), known: HashMap::new() }
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

    /// How many rows were pushed beyond [`super::IndexBuilder::MAX_ROWS`] or [`TextIndexBuilder::MAX_BYTES`]. They are not
    /// in the index: a caller whose rows come from outside asks before it builds.
    #[must_use]
    pub fn refused(&self) -> u32 {
        self.refused
    }

    /// Adds a row. Of rows with the same text the smallest value wins.
    pub fn push(&mut self, text: &str, value: u32) {
        let key = match self.case {
            Case::Ignored => text.to_ascii_lowercase(),
            Case::Counts => text.to_owned(),
        };
        if let Some((.., known)) = self.known.get(key.as_str()).and_then(|at| self.texts.get_mut(*at)) {
            *known = (*known).min(value);
            self.rows = self.rows.saturating_add(1);
            return;
        }
        if self.rows >= super::IndexBuilder::MAX_ROWS || self.pool.len().saturating_add(key.len()) > Self::MAX_BYTES {
            self.refused = self.refused.saturating_add(1);
            return;
        }
        self.rows += 1;
        let (Ok(at), Ok(len)) = (u32::try_from(self.pool.len()), u32::try_from(key.len())) else { return };
        self.pool.extend_from_slice(key.as_bytes());
        self.known.insert(key.into_boxed_str(), self.texts.len());
        self.texts.push((at, len, value));
    }

    /// The bytes of the index; the same rows in the same order give the same bytes.
    #[must_use]
    pub fn build(self) -> Vec<u8> {
        let entry = |number: u32| usize::try_from(number).ok().and_then(|number| self.texts.get(number)).copied();
        let text = |at: u32, len: u32| range(at, len).and_then(|range| self.pool.get(range)).unwrap_or_default();
        let count = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        let placement = layout::lay_out(count, |number, seed| entry(number).map_or(0, |(at, len, _)| hash_text(text(at, len), seed)));
        let mut header = [0; HEADER_WORDS];
        header[MAGIC] = u32::from_le_bytes(TEXT_MAGIC);
        header[ROWS] = self.rows;
        header[RANGE] = placement.range;
        header[SLOTS] = placement.slots;
        header[PROBES] = placement.probes;
        header[SEED] = placement.seed;
        header[POOL] = u32::try_from(self.pool.len()).unwrap_or(u32::MAX);
        header[LONGEST] = self.texts.iter().map(|(_, len, _)| *len).max().unwrap_or(0);
        header[CASE] = u32::from(self.case == Case::Counts);
        let mut out = Vec::new();
        layout::write_header(&mut out, &header);
        layout::write_table(&mut out, &placement, |number| {
            let (at, len, value) = entry(number).unwrap_or_default();
            let half = hash_text(text(at, len), placement.seed) & u64::from(u32::MAX);
            (u128::from(half) | u128::from(at) << 32 | u128::from(len) << 64 | u128::from(value) << 96).to_le_bytes()
        });
        out.extend_from_slice(&self.pool);
        out
    }
}

fn range(at: u32, len: u32) -> Option<std::ops::Range<usize>> {
    let start = usize::try_from(at).ok()?;
    Some(start..start.checked_add(usize::try_from(len).ok()?)?)
}

/// An index of texts in bytes that somebody else keeps.
#[derive(Copy, Clone, Debug)]
pub struct TextIndexRef<'a> {
    rows: u32,
    longest: u32,
    case: Case,
    table: Table<'a>,
    pool: &'a [u8],
}

impl<'a> TextIndexRef<'a> {
    /// Reads the header. Takes the same time for every index; what lies behind the header is checked when it is used.
    ///
    /// # Errors
    /// What is wrong with the header or the length.
    pub fn new(bytes: &'a [u8]) -> Result<TextIndexRef<'a>, IndexError> {
        let (header, table, pool) = Table::open(bytes, TEXT_MAGIC)?;
        if usize::try_from(header[POOL]).ok() != Some(pool.len()) {
            return Err(IndexError::Length);
        }
        let case = match header[CASE] {
            0 => Case::Ignored,
            1 => Case::Counts,
            _ => return Err(IndexError::Header),
        };
        if header[LONGEST] > header[POOL] || header.iter().skip(CASE + 1).any(|word| *word != 0) {
            return Err(IndexError::Header);
        }
        Ok(TextIndexRef { rows: header[ROWS], longest: header[LONGEST], case, table, pool })
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

    /// The most steps that a look-up takes: groups of slots and slots compared. A step may compare a text as long as the one looked up. What
    /// the bytes say here is what they are held to.
    #[must_use]
    pub fn max_probes(&self) -> u32 {
        self.table.max_steps()
    }

    /// The value of a text.
    #[must_use]
    pub fn get(&self, text: &str) -> Option<u32> {
        // Also what keeps a text of many megabytes from being hashed.
        let len = u32::try_from(text.len()).ok().filter(|len| *len <= self.longest)?;
        let hash = hash_text(text.as_bytes(), self.table.seed);
        self.table.find(hash, |slot| {
            let same = (slot >> 64) as u32 == len && slot as u32 == hash as u32;
            let known = range((slot >> 32) as u32, len).filter(|_| same).and_then(|range| self.pool.get(range))?;
            self.case.same(known, text.as_bytes()).then_some((slot >> 96) as u32)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(case: Case, rows: &[&str]) -> Vec<u8> {
        let mut builder = TextIndexBuilder::new(case);
        for (value, row) in (0..).zip(rows) {
            builder.push(row, value);
        }
        assert_eq!(builder.len() as usize, rows.len());
        builder.build()
    }

    #[test]
    fn texts_are_found() {
        let rows = ["sip:Ana@example.com", "", "Gold", "gold", "GÓMEZ", "a long text of more than eight bytes"];
        let bytes = build(Case::Ignored, &rows);
        let index = TextIndexRef::new(&bytes).unwrap();
        for (text, expected) in [
            ("SIP:ANA@EXAMPLE.COM", Some(0)),
            ("", Some(1)),
            ("GOLD", Some(2)),
            ("gÓmez", Some(4)),
            ("gómez", None),
            ("A LONG TEXT of more than eight bytes", Some(5)),
            ("a long text of more than eight byte", None),
            ("gol", None),
            (&"x".repeat(1000), None),
        ] {
            assert_eq!(index.get(text), expected, "{text}");
        }
        let bytes = build(Case::Counts, &rows);
        let index = TextIndexRef::new(&bytes).unwrap();
        assert_eq!(
            (index.get("Gold"), index.get("gold"), index.get("GOLD"), index.get("sip:ana@example.com")),
            (Some(2), Some(3), None, None)
        );
    }

    #[test]
    fn an_empty_index() {
        let bytes = build(Case::Ignored, &[]);
        let index = TextIndexRef::new(&bytes).unwrap();
        assert!(index.is_empty() && index.max_probes() == 0 && index.get("").is_none() && index.get("a").is_none());
    }

    #[test]
    fn the_format_is_fixed() {
        let bytes = build(Case::Ignored, &["gold", "silver", "a long text of more than eight bytes"]);
        let sum = bytes.iter().fold(0xCBF2_9CE4_8422_2325u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01B3));
        assert_eq!((bytes.len(), sum), (220, 8_984_492_477_706_864_285));
    }

    #[test]
    fn headers_that_lie() {
        let good = build(Case::Ignored, &["gold", "silver"]);
        assert_eq!(TextIndexRef::new(&good[..good.len() - 1]).err(), Some(IndexError::Length));
        let with = |word: usize, value: u32| {
            let mut bytes = good.clone();
            bytes[word * 4..word * 4 + 4].copy_from_slice(&value.to_le_bytes());
            TextIndexRef::new(&bytes).err()
        };
        assert_eq!(with(MAGIC, u32::from_le_bytes(*b"NIX1")), Some(IndexError::Magic));
        assert_eq!(with(POOL, 3), Some(IndexError::Length));
        assert_eq!(with(LONGEST, 11), Some(IndexError::Header));
        assert_eq!(with(CASE, 2), Some(IndexError::Header));
        assert_eq!(with(15, 2), Some(IndexError::Header));
    }

    #[test]
    fn bytes_that_lie_are_survived() {
        let good = build(Case::Ignored, &["gold", "silver", "bronze"]);
        for at in 0..good.len() {
            for value in [0, 1, 0x7F, 0xFF] {
                let mut bytes = good.clone();
                bytes[at] = value;
                if let Ok(index) = TextIndexRef::new(&bytes) {
                    for text in ["gold", "silver", "bronze", "", "tin"] {
                        let _ = index.get(text);
                    }
                }
            }
        }
    }
}
