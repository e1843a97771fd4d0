//! What both kinds of index share: the header, the hash, and the table of slots. Little-endian throughout.
//!
//! It is a hash table with open addressing where the keys stand in the order of their hashes: each is at the place that its
//! hash names, or as near after it as those before it leave room. So the layout depends on nothing but the set of keys, no
//! key is far from its place, and building is a sort.
//!
//! Before the slots stands a byte for each: 0 for an empty slot, else the top bit and seven bits of the hash. Eight of them
//! are compared at once, so that a key which is not there, as most starts of a number are not, mostly costs one access to
//! this much smaller part and no branch that the processor cannot foresee.

use std::fmt;

/// Why bytes are no index.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub enum IndexError {
    /// They do not begin as an index of this kind does.
    Magic,
    /// Their length is not what their header says.
    Length,
    /// The header contradicts itself.
    Header,
}

impl fmt::Display for IndexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Magic => "the bytes are no index of this kind",
            Self::Length => "the index is not as long as its header says",
            Self::Header => "the header of the index contradicts itself",
        })
    }
}

impl std::error::Error for IndexError {}

/// The words of a header; each kind of index names its own.
pub(super) const HEADER_WORDS: usize = 16;
pub(super) const HEADER_BYTES: usize = HEADER_WORDS * 4;
pub(super) const SLOT_BYTES: usize = 16;
/// Where every kind of index has what it shares: the magic, the rows, the range of the hash, the slots, the most slots
/// that a look-up of one key goes through, and the seed.
pub(super) const MAGIC: usize = 0;
pub(super) const ROWS: usize = 1;
pub(super) const RANGE: usize = 2;
pub(super) const SLOTS: usize = 3;
pub(super) const PROBES: usize = 4;
pub(super) const SEED: usize = 5;

pub(super) type Header = [u32; HEADER_WORDS];
pub(super) type Slot = [u8; SLOT_BYTES];

/// How many tags are compared at once; as many follow the last slot's.
const GROUP: u32 = 8;

/// The table in bytes that somebody else keeps.
#[derive(Copy, Clone, Debug)]
pub(super) struct Table<'a> {
    tags: &'a [u8],
    slots: &'a [Slot],
    range: u32,
    probes: u32,
    pub seed: u32,
}

impl<'a> Table<'a> {
    /// Reads a header, judges what both kinds share, and gives it with the table and what follows it.
    pub fn open(bytes: &'a [u8], magic: [u8; 4]) -> Result<(Header, Table<'a>, &'a [u8]), IndexError> {
        let (head, rest) = bytes.split_at_checked(HEADER_BYTES).ok_or(IndexError::Length)?;
        let mut header = [0; HEADER_WORDS];
        for (word, bytes) in header.iter_mut().zip(head.as_chunks::<4>().0) {
            *word = u32::from_le_bytes(*bytes);
        }
        if header[MAGIC] != u32::from_le_bytes(magic) {
            return Err(IndexError::Magic);
        }
        let size = |count: u32, bytes: usize| usize::try_from(count).ok()?.checked_mul(bytes);
        let tags = header[SLOTS].checked_add(GROUP).and_then(|tags| size(tags, 1)).ok_or(IndexError::Length)?;
        let (tags, rest) = rest.split_at_checked(tags).ok_or(IndexError::Length)?;
        let slots = size(header[SLOTS], SLOT_BYTES).ok_or(IndexError::Length)?;
        let (slots, rest) = rest.split_at_checked(slots).ok_or(IndexError::Length)?;
        if header[RANGE] > header[SLOTS] || header[PROBES] > header[SLOTS] {
            return Err(IndexError::Header);
        }
        let table = Table { tags, slots: slots.as_chunks().0, range: header[RANGE], probes: header[PROBES], seed: header[SEED] };
        Ok((header, table, rest))
    }

    /// The most steps of [`Table::find`]: groups of tags, and the slots that they point to.
    pub fn max_steps(&self) -> u32 {
        self.probes.div_ceil(GROUP).saturating_mul(GROUP + 1)
    }

    /// Goes through the slots that may hold a key until `judge` knows one.
    pub fn find<T>(&self, hash: u64, judge: impl Fn(u128) -> Option<T>) -> Option<T> {
        const LOW: u64 = u64::from_ne_bytes([0x01; 8]);
        const HIGH: u64 = LOW << 7;
        let wanted = u64::from(tag(hash)) * LOW;
        let mut at = place(hash, self.range);
        for _ in 0..self.probes.div_ceil(GROUP) {
            step();
            let group = u64::from_le_bytes(*self.tags.get(at..)?.first_chunk()?);
            let empty = !group & HIGH;
            let differences = group ^ wanted;
            // The bytes that are equal (and, after such a one, perhaps others: the slot decides) before the first empty one.
            let equal = differences.wrapping_sub(LOW) & !differences & HIGH;
            let mut candidates = equal & (empty & empty.wrapping_neg()).wrapping_sub(1);
            while candidates != 0 {
                step();
                let slot = self.slots.get(at.saturating_add((candidates.trailing_zeros() / 8) as usize))?;
                let found = judge(u128::from_le_bytes(*slot));
                if found.is_some() {
                    return found;
                }
                candidates &= candidates - 1;
            }
            if empty != 0 {
                return None;
            }
            at = at.saturating_add(GROUP as usize);
        }
        None
    }
}

/// What stands before the slots for a key.
const fn tag(hash: u64) -> u8 {
    0x80 | (hash & 0x7F) as u8
}

/// Counts a step of a look-up, for the test that holds look-ups to what they promise.
#[inline]
pub(super) fn step() {
    #[cfg(test)]
    STEPS.set(STEPS.get() + 1);
}

#[cfg(test)]
thread_local! {
    pub(super) static STEPS: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

pub(super) fn write_header(out: &mut Vec<u8>, header: &Header) {
    out.extend(header.iter().flat_map(|word| word.to_le_bytes()));
}

/// Multiplies to 128 bits and folds the halves: every bit of the input reaches every bit of the result.
const fn fold(a: u64, b: u64) -> u64 {
    let product = (a as u128) * (b as u128);
    (product as u64) ^ (product >> 64) as u64
}

// Odd numbers without pattern: the fractions of the roots of 2, 3 and 5. They are part of the format.
const ROOT_2: u64 = 0x6A09_E667_F3BC_C909;
const ROOT_3: u64 = 0xBB67_AE85_84CA_A73B;
const ROOT_5: u64 = 0x3C6E_F372_FE94_F82B;

/// The hash of a packed number.
pub(super) const fn hash_number(bits: u64, seed: u32) -> u64 {
    fold(bits ^ ROOT_2, ROOT_3 ^ (seed as u64) << 1)
}

/// The hash of a text without regard to ASCII case.
pub(super) fn hash_text(text: &[u8], seed: u32) -> u64 {
    let (chunks, rest) = text.as_chunks::<8>();
    let word = |bytes: [u8; 8]| u64::from_le_bytes(bytes.map(|byte| byte.to_ascii_lowercase()));
    let mut hash = fold(text.len() as u64 ^ ROOT_2, ROOT_3 ^ u64::from(seed) << 1);
    for chunk in chunks {
        hash = fold(hash ^ word(*chunk), ROOT_3);
    }
    let mut last = [0; 8];
    for (to, from) in last.iter_mut().zip(rest) {
        *to = *from;
    }
    fold(hash ^ word(last), ROOT_5)
}

/// The place that a hash names, below `range`.
const fn place(hash: u64, range: u32) -> usize {
    ((hash as u128 * range as u128) >> 64) as usize
}

/// Where each key goes.
pub(super) struct Placement {
    pub seed: u32,
    pub range: u32,
    /// At least `range`; the slots beyond it hold what was pushed off the end.
    pub slots: u32,
    pub probes: u32,
    /// Slot, key and tag, in the order of the slots; keys are named by their number.
    places: Vec<(u32, u32, u8)>,
}

/// Tables with more probes than this are tried with other seeds: a million random keys need about 20.
const PROBES_WANTED: u32 = 32;
/// How many seeds are tried. Whoever chooses keys to collide has to do it for all of them at once.
const SEEDS: u32 = 8;

/// Lays out `keys` (fewer than 2³⁰) at half load. `hash` gives the hash of a key by its number and a seed.
pub(super) fn lay_out(keys: u32, hash: impl Fn(u32, u32) -> u64) -> Placement {
    let range = keys.saturating_mul(2).max(2);
    let mut best: Option<Placement> = None;
    for seed in 0..SEEDS {
        let mut order: Vec<(u64, u32)> = (0..keys).map(|key| (hash(key, seed), key)).collect();
        // Keys are distinct, but hashes need not be; the number of the key settles it.
        order.sort_unstable();
        let mut next = 0u32;
        let mut probes = 0u32;
        let mut places = Vec::with_capacity(order.len());
        for (hash, key) in order {
            let wanted = u32::try_from(place(hash, range)).unwrap_or(u32::MAX);
            let slot = wanted.max(next);
            probes = probes.max(slot - wanted + 1);
            places.push((slot, key, tag(hash)));
            next = slot.saturating_add(1);
        }
        if best.as_ref().is_none_or(|best| probes < best.probes) {
            best = Some(Placement { seed, range, slots: range.max(next), probes, places });
        }
        if probes <= PROBES_WANTED {
            break;
        }
    }
    best.unwrap_or(Placement { seed: 0, range, slots: range, probes: 0, places: Vec::new() })
}

/// Writes tags and slots: `full` gives the bytes of a key's slot.
pub(super) fn write_table(out: &mut Vec<u8>, placement: &Placement, full: impl Fn(u32) -> Slot) {
    let start = out.len();
    let size = usize::try_from(placement.slots).unwrap_or(0);
    let slots = start + size + GROUP as usize;
    out.resize(slots + size * SLOT_BYTES, 0);
    let Some((tags, slots)) = out.get_mut(start..).and_then(|table| table.split_at_mut_checked(slots - start)) else { return };
    let (slots, _) = slots.as_chunks_mut::<SLOT_BYTES>();
    for (at, key, tag) in &placement.places {
        let at = usize::try_from(*at).unwrap_or(usize::MAX);
        if let (Some(to), Some(slot)) = (tags.get_mut(at), slots.get_mut(at)) {
            *to = *tag;
            *slot = full(*key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_they_are_given_out_stay_near_their_places() {
        use crate::packed::Packed;
        // Blocks of consecutive numbers, and all area codes: nothing about them is random.
        let mut keys: Vec<u64> = (0..50_000).map(|last| Packed::parse(&format!("+131255{last:05}")).unwrap().bits()).collect();
        keys.extend((200..1000).map(|code| Packed::parse(&format!("+1{code}")).unwrap().bits()));
        keys.extend((0..10_000).map(|last| Packed::parse(&format!("{last:04}")).unwrap().bits()));
        keys.extend((0..20_000).map(|last| Packed::parse(&format!("+{last:05}")).unwrap().bits()));
        let placement = lay_out(u32::try_from(keys.len()).unwrap(), |key, seed| hash_number(keys[key as usize], seed));
        assert!(placement.probes <= 24, "{}", placement.probes);
        assert_eq!(placement.seed, 0);
    }

    #[test]
    fn keys_that_collide_get_another_seed() {
        // All hashes of the first two seeds are equal.
        let placement = lay_out(1000, |key, seed| if seed < 2 { 7 } else { hash_number(u64::from(key), seed) });
        assert_eq!(placement.seed, 2);
        assert!(placement.probes <= PROBES_WANTED);
        // With every seed: still a table, and a bound that says so.
        let placement = lay_out(1000, |_, _| u64::MAX);
        assert_eq!((placement.probes, placement.places.len(), placement.slots), (1000, 1000, 2999));
    }
}
