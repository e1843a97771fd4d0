//! [`Packed`]: a telephone number in one machine word. It knows symbols, not countries; what a number means is the
//! business of [`crate::metadata`] and [`crate::party`].

use std::fmt;

/// The most symbols that a [`Packed`] holds: a plus and the fifteen digits of E.164.
pub const MAX_SYMBOLS: u8 = 16;
/// The symbol of the key `*`.
pub const STAR: u8 = 0xA;
/// The symbol of the key `#`.
pub const HASH: u8 = 0xB;
/// The symbol `+`, which can only be the first.
pub const PLUS: u8 = 0xC;
/// What fills the nibbles after the last symbol.
const PAD: u8 = 0xF;

/// The text of a symbol; `?` for what is none.
pub(crate) const fn symbol_byte(symbol: u8) -> u8 {
    match symbol {
        0..=9 => b'0' + symbol,
        STAR => b'*',
        HASH => b'#',
        PLUS => b'+',
        _ => b'?',
    }
}

/// The symbol that an ASCII byte spells.
pub(crate) const fn byte_symbol(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'*' => Some(STAR),
        b'#' => Some(HASH),
        b'+' => Some(PLUS),
        _ => None,
    }
}

/// A telephone number: up to sixteen symbols in a `u64`, the first in the top nibble, padded with `0xF`.
///
/// A symbol is a digit (`0..=9`), [`STAR`], [`HASH`] or, only in front and then followed by digits alone, [`PLUS`].
/// `+13125550100` is E.164 (a plus and one to fifteen digits); a number without a plus is an internal or short one, or one
/// whose country is not known. The order is that of the symbols, where the end of a number comes after every symbol, so
/// that a prefix stands directly after the numbers that begin with it.
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash, Debug)]
pub struct Packed(u64);

impl Packed {
    /// No symbols at all: the prefix of every number.
    pub const EMPTY: Packed = Packed(u64::MAX);

    /// Reads exactly such a spelling: `+13125550100`, `911`, `*97`, `12#`. No separators, no letters, and after a plus at
    /// least one digit.
    #[must_use]
    pub fn parse(text: &str) -> Option<Packed> {
        let bytes = text.as_bytes();
        let plus = bytes.first() == Some(&b'+');
        if bytes.len() > usize::from(MAX_SYMBOLS) || bytes.len() <= usize::from(plus) {
            return None;
        }
        // This is the way of nearly every number of nearly every call, so it is written out and not made of pushes.
        let mut bits: u64 = 0;
        for (place, byte) in bytes.iter().enumerate() {
            let symbol = match byte_symbol(*byte)? {
                symbol @ 0..=9 => symbol,
                PLUS if place == 0 => PLUS,
                symbol @ (STAR | HASH) if !plus => symbol,
                _ => return None,
            };
            bits = bits << 4 | u64::from(symbol);
        }
        let padding = 4 * (usize::from(MAX_SYMBOLS) - bytes.len()) as u32;
        Some(Packed(bits << padding | ((1u64 << padding) - 1)))
    }

    /// The word itself, as it is stored in a compiled script.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// The number that a stored word stands for; `None` if it stands for none.
    #[must_use]
    pub fn from_bits(bits: u64) -> Option<Packed> {
        let packed = Packed(bits);
        // Digits, perhaps behind a plus, are nearly all there are: those are looked at all at once.
        let behind_plus = if packed.has_plus() { !Packed::mask(1) } else { u64::MAX };
        if packed.above_nine() & behind_plus == 0 {
            return Some(packed);
        }
        let mut number = Packed::EMPTY;
        for place in 0..packed.len() {
            number = number.push(packed.nibble(place))?;
        }
        (number == packed).then_some(number)
    }

    /// How many symbols it has, a plus included: 0 to 16.
    #[must_use]
    pub const fn len(self) -> u8 {
        // The padding is a run of ones at the low end. A symbol may end in ones too, but is never all ones, so that whole
        // nibbles are what counts.
        let padding = self.0.trailing_ones() / 4;
        // At most 64 / 4.
        (MAX_SYMBOLS as u32 - padding) as u8
    }

    /// Whether it has no symbols.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == u64::MAX
    }

    /// The nibble at a place below 16.
    const fn nibble(self, place: u8) -> u8 {
        (self.0 >> (60 - 4 * (place & 15) as u32) & 0xF) as u8
    }

    /// The symbol at a place, counted from 0.
    #[must_use]
    pub const fn symbol(self, place: u8) -> Option<u8> {
        if place >= MAX_SYMBOLS {
            return None;
        }
        match self.nibble(place) {
            PAD => None,
            symbol => Some(symbol),
        }
    }

    /// Its symbols in order.
    pub fn symbols(self) -> impl Iterator<Item = u8> + Clone {
        (0..MAX_SYMBOLS).map_while(move |place| self.symbol(place))
    }

    /// Whether it begins with a plus.
    #[must_use]
    pub const fn has_plus(self) -> bool {
        self.nibble(0) == PLUS
    }

    /// The same digits without the plus.
    pub(crate) const fn without_plus(self) -> Packed {
        if self.has_plus() { Packed(self.0 << 4 | PAD as u64) } else { self }
    }

    /// Whether it is E.164: a plus and one to fifteen digits.
    #[must_use]
    pub const fn is_e164(self) -> bool {
        self.has_plus() && self.len() > 1
    }

    /// Whether every symbol from `place` on is a digit (true as well where there is none).
    #[must_use]
    pub(crate) fn digits_from(self, place: u8) -> bool {
        self.symbols().skip(usize::from(place)).all(|symbol| symbol <= 9)
    }

    /// The bits that the first `len` symbols take.
    const fn mask(len: u8) -> u64 {
        if len >= MAX_SYMBOLS { u64::MAX } else { !(u64::MAX >> (4 * len as u32)) }
    }

    /// Whether it begins with these symbols. Every number begins with itself and with [`Packed::EMPTY`].
    #[must_use]
    pub const fn starts_with(self, prefix: Packed) -> bool {
        (self.0 ^ prefix.0) & Packed::mask(prefix.len()) == 0
    }

    /// Its first `len` symbols; all of it if it has no more.
    #[must_use]
    pub const fn prefix(self, len: u8) -> Packed {
        Packed(self.0 | !Packed::mask(len))
    }

    /// The number with one more symbol; `None` if it is full, or if the symbol cannot stand there.
    #[must_use]
    pub const fn push(self, symbol: u8) -> Option<Packed> {
        let len = self.len();
        let fits = match symbol {
            0..=9 => true,
            STAR | HASH => !self.has_plus(),
            PLUS => len == 0,
            _ => false,
        };
        if !fits || len >= MAX_SYMBOLS {
            return None;
        }
        let shift = 60 - 4 * len as u32;
        Some(Packed(self.0 & !(0xF << shift) | (symbol as u64) << shift))
    }

    /// The lowest bit of each nibble that is a symbol and no digit: its highest bit is set and one of the two below.
    const fn above_nine(self) -> u64 {
        self.0 >> 3 & (self.0 >> 2 | self.0 >> 1) & 0x1111_1111_1111_1111 & Packed::mask(self.len())
    }

    /// Writes it to a buffer and gives the text; allocates nothing.
    pub fn write(self, buf: &mut [u8; 16]) -> &str {
        // All sixteen at once, as if all were digits: the nibbles are pulled apart until each has a byte of its own.
        let mut wide = u128::from(self.0);
        wide = (wide | wide << 32) & 0x0000_0000_FFFF_FFFF_0000_0000_FFFF_FFFF;
        wide = (wide | wide << 16) & 0x0000_FFFF_0000_FFFF_0000_FFFF_0000_FFFF;
        wide = (wide | wide << 8) & 0x00FF_00FF_00FF_00FF_00FF_00FF_00FF_00FF;
        wide = (wide | wide << 4) & 0x0F0F_0F0F_0F0F_0F0F_0F0F_0F0F_0F0F_0F0F;
        *buf = (wide | 0x3030_3030_3030_3030_3030_3030_3030_3030).to_be_bytes();
        // Most numbers have one symbol that is no digit, the first.
        let [first, ..] = buf;
        *first = symbol_byte(self.nibble(0));
        if self.above_nine() & !Packed::mask(1) != 0 {
            for (byte, symbol) in buf.iter_mut().zip(self.symbols()) {
                *byte = symbol_byte(symbol);
            }
        }
        buf.get(..usize::from(self.len())).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default()
    }
}

impl fmt::Display for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.write(&mut [0; 16]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Packed {
        Packed::parse(text).unwrap()
    }

    #[test]
    fn spellings_go_in_and_come_out() {
        for text in
            ["+13125550100", "+1", "+123456789012345", "911", "0", "*97", "*31#5", "9*#9", "1234567890123456", "123456789012345#", "#"]
        {
            let packed = number(text);
            assert_eq!(packed.to_string(), text);
            assert_eq!(usize::from(packed.len()), text.len());
            assert_eq!(Packed::from_bits(packed.bits()), Some(packed));
        }
        for text in ["", "+", "++1", "1+2", "+1*", "+1#", "12 34", "1-2", "x", "12345678901234567", "+1234567890123456", "١", "+1é"] {
            assert_eq!(Packed::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_layout_is_fixed() {
        assert_eq!(number("+13125550100").bits(), 0xC131_2555_0100_FFFF);
        assert_eq!(number("*97").bits(), 0xA97F_FFFF_FFFF_FFFF);
        assert_eq!(Packed::EMPTY.bits(), u64::MAX);
        assert_eq!(number("+1").prefix(1).bits(), 0xCFFF_FFFF_FFFF_FFFF);
    }

    #[test]
    fn only_numbers_come_back_from_bits() {
        for bits in [0x1F2F_FFFF_FFFF_FFFF, 0xEEEE_EEEE_EEEE_EEEE, 0xDFFF_FFFF_FFFF_FFFF, 0x1CFF_FFFF_FFFF_FFFF, 0xC1AF_FFFF_FFFF_FFFF] {
            assert_eq!(Packed::from_bits(bits), None, "{bits:x}");
        }
        assert_eq!(Packed::from_bits(u64::MAX), Some(Packed::EMPTY));
        // Every nibble at every place of a number of every length: as when its symbols are pushed one by one.
        for len in 0..=16u8 {
            for plus in [false, true] {
                for place in 0..16u32 {
                    for nibble in 0..16u64 {
                        let first = if plus { 0xC123_4567_8901_2345 } else { 0x9123_4567_8901_2345 };
                        let bits = Packed(first).prefix(len).bits();
                        let bits = bits & !(0xF << (60 - 4 * place)) | nibble << (60 - 4 * place);
                        let symbols = (0..Packed(bits).len()).map(|place| Packed(bits).nibble(place));
                        let pushed = symbols.into_iter().try_fold(Packed::EMPTY, Packed::push).filter(|number| number.bits() == bits);
                        assert_eq!(Packed::from_bits(bits), pushed, "{bits:x}");
                    }
                }
            }
        }
        assert_eq!(Packed::from_bits(0).map(|number| number.to_string()).as_deref(), Some("0000000000000000"));
    }

    #[test]
    fn prefixes() {
        let whole = number("+13125550100");
        assert!(whole.starts_with(number("+1312")) && whole.starts_with(whole) && whole.starts_with(Packed::EMPTY));
        assert!(!whole.starts_with(number("1312")) && !whole.starts_with(number("+1313")) && !number("+1312").starts_with(whole));
        assert_eq!(whole.prefix(5), number("+1312"));
        assert_eq!(whole.prefix(200), whole);
        assert_eq!(whole.prefix(0), Packed::EMPTY);
        assert_eq!((whole.symbol(0), whole.symbol(1), whole.symbol(11), whole.symbol(12)), (Some(PLUS), Some(1), Some(0), None));
        assert_eq!(whole.symbol(255), None);
    }

    #[test]
    fn kinds_and_order() {
        assert!(number("+1").is_e164() && !number("1").is_e164() && !number("+1").prefix(1).is_e164());
        let mut numbers = ["+1312", "+13125", "+1311", "911", "0"].map(number);
        numbers.sort_unstable();
        assert_eq!(numbers.map(|number| number.to_string()), ["0", "911", "+1311", "+13125", "+1312"]);
        assert_eq!(format!("[{:>5}]", number("911")), "[  911]");
    }
}
