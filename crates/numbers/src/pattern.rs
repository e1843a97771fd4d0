//! [`Pattern`]: a set of numbers by position, as `+1312*` or `[2-9]xx`. It is not a regular expression: every position has
//! its set of symbols, and only the end may be open, so that inclusion and overlap of patterns are exact and cheap.

use std::fmt;

use crate::packed::{HASH, MAX_SYMBOLS, PLUS, Packed, STAR, byte_symbol, symbol_byte};

/// The set of the ten digits; bit `n` is symbol `n`.
pub(crate) const DIGITS: u16 = 0x3FF;
/// The set of the keys of a telephone.
const KEYS: u16 = DIGITS | 1 << STAR | 1 << HASH;
const PLUS_SET: u16 = 1 << PLUS;

/// A pattern of numbers: up to sixteen positions, each a set of symbols, the end open or not.
///
/// `+1312*` (any rest, also none), `+1312555xxxx`, `[2-9]xx`, `911`, `*97`. After a plus only digits can follow.
#[derive(Copy, Clone, Eq, PartialEq, Hash, Debug)]
pub struct Pattern {
    /// The set of symbols at each position, 0 from `len` on.
    positions: [u16; 16],
    /// At most 16; 0 only for the patterns of no number and of all.
    len: u8,
    /// Whether anything may follow; false where nothing fits any more, so that equal sets are equal values.
    open: bool,
}

/// Why a text is no pattern.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub struct PatternError {
    /// Where, in bytes from the start of the text.
    pub at: usize,
    /// What is wrong there.
    pub kind: PatternErrorKind,
}

/// What can be wrong with a pattern.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
#[non_exhaustive]
pub enum PatternErrorKind {
    /// There is no text.
    Empty,
    /// It begins with none of a digit, `+`, `[` (for keys also `x`, `*`, `#`).
    Start,
    /// A plus and nothing after it.
    NothingAfterPlus,
    /// A plus after the start.
    Plus,
    /// `*` before the end.
    RestInside,
    /// A separator: space, hyphen, dot, slash or parenthesis.
    Separator,
    /// `X`, which is written `x`.
    UpperX,
    /// A character that has no meaning in a pattern.
    Character(char),
    /// More than sixteen positions.
    TooLong,
    /// `[` without `]`.
    ClassOpen,
    /// `[]`.
    ClassEmpty,
    /// `[9-2]`, or a range with a missing end.
    ClassRange,
    /// A character that has no place in a class.
    ClassCharacter(char),
}

impl fmt::Display for PatternErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the pattern is empty",
            Self::Start => "a pattern starts with a digit, `+` or `[`",
            Self::NothingAfterPlus => "nothing follows the `+`",
            Self::Plus => "`+` can only be the first character",
            Self::RestInside => "`*` stands for any rest and can only be the last character",
            Self::Separator => "a pattern has no separators",
            Self::UpperX => "any digit is written `x`, in lower case",
            Self::Character(found) => return write!(f, "`{}` has no meaning in a pattern", found.escape_debug()),
            Self::TooLong => "a pattern has at most 16 positions",
            Self::ClassOpen => "the `[` is never closed",
            Self::ClassEmpty => "a class needs a digit, as in `[2-9]`",
            Self::ClassRange => "a range in a class goes from a smaller digit to a larger one, as in `[2-9]`",
            Self::ClassCharacter(found) => return write!(f, "`{}` cannot stand in a class", found.escape_debug()),
        })
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl std::error::Error for PatternError {}

/// What `*` means in the text being read.
#[derive(Copy, Clone, Eq, PartialEq)]
enum Grammar {
    /// A key in front of a short number, any rest at the end.
    Numbers,
    /// A key, everywhere.
    Keys,
}

impl Pattern {
    /// The number of words that [`Pattern::to_words`] gives.
    pub const WORDS: usize = 17;

    /// Reads a pattern of numbers: `+1312*`, `+1312555xxxx`, `[2-9]xx`, `911`, `*97`.
    ///
    /// It starts with a digit, `+`, `[`, or `*` with something after it (the key of a short code); `*` at the end is any
    /// rest.
    ///
    /// # Errors
    /// Where and why the text is no pattern.
    pub fn parse(text: &str) -> Result<Pattern, PatternError> {
        Pattern::read(text, Grammar::Numbers)
    }

    /// Reads what a caller may press: `1`, `1xx`, `*9`, `12#`. `*` and `#` are keys everywhere, and there is no open end.
    ///
    /// # Errors
    /// Where and why the text is no pattern of keys.
    pub fn parse_keys(text: &str) -> Result<Pattern, PatternError> {
        Pattern::read(text, Grammar::Keys)
    }

    fn read(text: &str, grammar: Grammar) -> Result<Pattern, PatternError> {
        let keys = grammar == Grammar::Keys;
        let mut pattern = Pattern { positions: [0; 16], len: 0, open: false };
        let mut chars = text.char_indices();
        while let Some((at, found)) = chars.next() {
            let fail = |kind| Err(PatternError { at, kind });
            let first = at == 0;
            let last = chars.as_str().is_empty();
            let set = match found {
                '0'..='9' => byte_symbol(found as u8).map_or(0, |symbol| 1 << symbol),
                '+' if first && !keys => PLUS_SET,
                '+' => return fail(if first { PatternErrorKind::Start } else { PatternErrorKind::Plus }),
                '*' if keys || first && !last => 1 << STAR,
                '*' if first => return fail(PatternErrorKind::Start),
                '*' if last => {
                    pattern.open = pattern.len < MAX_SYMBOLS;
                    break;
                }
                '*' => return fail(PatternErrorKind::RestInside),
                '#' if keys => 1 << HASH,
                'x' if keys || !first => DIGITS,
                'X' => return fail(PatternErrorKind::UpperX),
                '[' => Pattern::class(at, &mut chars, if keys { KEYS } else { DIGITS })?,
                ' ' | '-' | '.' | '/' | '(' | ')' | '\t' | '\u{A0}' => return fail(PatternErrorKind::Separator),
                _ if first => return fail(PatternErrorKind::Start),
                _ => return fail(PatternErrorKind::Character(found)),
            };
            match pattern.positions.get_mut(usize::from(pattern.len)) {
                Some(position) => *position = set,
                None => return fail(PatternErrorKind::TooLong),
            }
            pattern.len += 1;
        }
        match pattern {
            Pattern { len: 0, .. } => Err(PatternError { at: 0, kind: PatternErrorKind::Empty }),
            Pattern { len: 1, open: false, positions: [PLUS_SET, ..] } => {
                Err(PatternError { at: 0, kind: PatternErrorKind::NothingAfterPlus })
            }
            _ => Ok(pattern),
        }
    }

    /// Reads what follows `[` up to the `]`.
    fn class(start: usize, chars: &mut std::str::CharIndices<'_>, allowed: u16) -> Result<u16, PatternError> {
        let mut set = 0u16;
        // The symbol before a hyphen, for a range.
        let mut low: Option<u8> = None;
        let mut range = false;
        for (at, found) in chars.by_ref() {
            let fail = |kind| Err(PatternError { at, kind });
            match found {
                ']' if range => return fail(PatternErrorKind::ClassRange),
                ']' if set == 0 => return fail(PatternErrorKind::ClassEmpty),
                ']' => return Ok(set),
                '-' if range || low.is_none() => return fail(PatternErrorKind::ClassRange),
                '-' => range = true,
                _ => {
                    let symbol = u8::try_from(found).ok().and_then(byte_symbol).filter(|symbol| allowed >> symbol & 1 == 1);
                    let Some(symbol) = symbol else { return fail(PatternErrorKind::ClassCharacter(found)) };
                    match low {
                        Some(low) if range => {
                            if low > symbol || symbol > 9 {
                                return fail(PatternErrorKind::ClassRange);
                            }
                            set |= (low..=symbol).fold(0, |set, symbol| set | 1 << symbol);
                        }
                        _ => set |= 1 << symbol,
                    }
                    low = if range { None } else { Some(symbol) };
                    range = false;
                }
            }
        }
        Err(PatternError { at: start, kind: PatternErrorKind::ClassOpen })
    }

    /// The pattern that one number alone matches. Of [`Packed::EMPTY`] it is the pattern that no number matches.
    #[must_use]
    pub fn exact(number: Packed) -> Pattern {
        let mut positions = [0; 16];
        for (position, symbol) in positions.iter_mut().zip(number.symbols()) {
            *position = 1 << symbol;
        }
        Pattern { positions, len: number.len(), open: false }
    }

    /// The pattern of all numbers that begin with this one; of [`Packed::EMPTY`] that of all numbers.
    #[must_use]
    pub fn prefix(number: Packed) -> Pattern {
        Pattern { open: number.len() < MAX_SYMBOLS, ..Pattern::exact(number) }
    }

    /// The sets of symbols, position by position: bit `n` is symbol `n` of [`Packed`].
    #[must_use]
    pub fn positions(&self) -> &[u16] {
        self.positions.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// Whether anything may follow the last position.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Whether a number is in the set.
    #[must_use]
    pub fn matches(&self, number: Packed) -> bool {
        let len = number.len();
        let fits = len == self.len || self.open && len > self.len;
        // An empty number is none, and so matches nothing, not even the empty pattern.
        fits && len != 0 && self.positions().iter().zip(number.symbols()).all(|(set, symbol)| set >> symbol & 1 == 1)
    }

    /// The literal start: the symbols before the first position with a choice.
    #[must_use]
    pub fn literal_start(&self) -> Packed {
        let mut start = Packed::EMPTY;
        for set in self.positions() {
            match single(*set).and_then(|symbol| start.push(symbol)) {
                Some(longer) => start = longer,
                None => break,
            }
        }
        start
    }

    /// The one number that matches, if there is only one.
    #[must_use]
    pub fn as_exact(&self) -> Option<Packed> {
        let start = self.literal_start();
        (!self.open && start.len() == self.len && self.len != 0).then_some(start)
    }

    /// The prefix, if the pattern is a literal prefix and any rest.
    #[must_use]
    pub fn as_prefix(&self) -> Option<Packed> {
        let start = self.literal_start();
        (self.open && start.len() == self.len).then_some(start)
    }

    /// Whether every number that matches `other` matches this pattern too.
    #[must_use]
    pub fn covers(&self, other: &Pattern) -> bool {
        let lengths = if self.open { other.len >= self.len } else { other.len == self.len && !other.open };
        lengths && self.positions().iter().zip(other.positions()).all(|(ours, theirs)| theirs & !ours == 0)
    }

    /// Whether some number matches both.
    #[must_use]
    pub fn overlaps(&self, other: &Pattern) -> bool {
        let lengths = self.len == other.len || (if self.len < other.len { self.open } else { other.open });
        lengths && self.shares_start(other)
    }

    /// Whether some number that matches this pattern is the start, and not the whole, of some number that matches `other`:
    /// in a menu, the choice `1` is the start of the choice `12`.
    #[must_use]
    pub fn is_start_of(&self, other: &Pattern) -> bool {
        // The shortest matches of this pattern decide: whatever continues a longer one continues its start as well.
        other.max_len() > self.len.max(1) && self.shares_start(other)
    }

    /// Whether the positions that both have are compatible.
    fn shares_start(&self, other: &Pattern) -> bool {
        self.max_len() != 0
            && other.max_len() != 0
            && self.positions().iter().zip(other.positions()).all(|(ours, theirs)| theirs & ours != 0)
    }

    /// The length of the shortest number that matches.
    #[must_use]
    pub fn min_len(&self) -> u8 {
        self.len
    }

    /// The length of the longest number that matches.
    #[must_use]
    pub fn max_len(&self) -> u8 {
        if self.open { MAX_SYMBOLS } else { self.len }
    }

    /// The pattern in words of fixed number, for a compiled script: sixteen sets, then the length, with 256 added for an
    /// open end.
    #[must_use]
    pub fn to_words(&self) -> [u16; Pattern::WORDS] {
        let mut words = [0; Pattern::WORDS];
        for (word, set) in words.iter_mut().zip(self.positions) {
            *word = set;
        }
        words[16] = u16::from(self.len) | u16::from(self.open) << 8;
        words
    }

    /// The pattern that such words stand for; `None` if they stand for none.
    #[must_use]
    pub fn from_words(words: &[u16; Pattern::WORDS]) -> Option<Pattern> {
        let [positions @ .., end] = *words;
        let len = u8::try_from(end & 0xFF).ok().filter(|len| *len <= MAX_SYMBOLS)?;
        let open = match end >> 8 {
            0 => false,
            1 if len < MAX_SYMBOLS => true,
            _ => return None,
        };
        let plus = positions[0] == PLUS_SET;
        let rest = if plus { DIGITS } else { KEYS };
        let (used, unused) = positions.split_at_checked(usize::from(len))?;
        let valid = used.iter().enumerate().all(|(at, set)| at == 0 && plus || *set != 0 && set & !rest == 0)
            && unused.iter().all(|set| *set == 0)
            && (open || len > u8::from(plus));
        valid.then_some(Pattern { positions, len, open })
    }
}

/// The only symbol of a set of one.
pub(crate) fn single(set: u16) -> Option<u8> {
    (set.count_ones() == 1).then(|| u8::try_from(set.trailing_zeros()).ok()).flatten()
}

/// The canonical spelling: `x` for any digit, a class as `[2-9]` or `[0-35]`, `*` for an open end.
impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        for set in self.positions() {
            if *set == DIGITS {
                f.write_char('x')?;
            } else if let Some(symbol) = single(*set) {
                f.write_char(char::from(symbol_byte(symbol)))?;
            } else {
                write_class(f, *set)?;
            }
        }
        if self.open { f.write_char('*') } else { Ok(()) }
    }
}

fn write_class(f: &mut fmt::Formatter<'_>, set: u16) -> fmt::Result {
    use fmt::Write as _;
    let has = |symbol: u8| set >> symbol & 1 == 1;
    let digit = |f: &mut fmt::Formatter<'_>, symbol| f.write_char(char::from(symbol_byte(symbol)));
    f.write_char('[')?;
    let mut symbol = 0;
    while symbol <= HASH {
        if !has(symbol) {
            symbol += 1;
            continue;
        }
        let mut end = symbol;
        while end < 9 && has(end + 1) && symbol <= 9 {
            end += 1;
        }
        digit(f, symbol)?;
        if end > symbol {
            // Two neighbours are as short without the hyphen.
            if end > symbol + 1 {
                f.write_char('-')?;
            }
            digit(f, end)?;
        }
        symbol = end + 1;
    }
    f.write_char(']')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }
    fn keys(text: &str) -> Pattern {
        Pattern::parse_keys(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }
    fn number(text: &str) -> Packed {
        Packed::parse(text).unwrap()
    }

    #[test]
    fn spellings_are_canonical() {
        for (text, canonical) in [
            ("+1312*", "+1312*"),
            ("+1312555xxxx", "+1312555xxxx"),
            ("[2-9]xx", "[2-9]xx"),
            ("911", "911"),
            ("+*", "+*"),
            ("*97", "*97"),
            ("*9*", "*9*"),
            ("+1[0-9]5", "+1x5"),
            ("+1[5]5", "+155"),
            ("+1[975310]*", "+1[013579]*"),
            ("+1[2-4]", "+1[2-4]"),
            ("[12]0", "[12]0"),
            ("[1-35-79]0", "[1-35-79]0"),
            ("+123456789012345*", "+123456789012345"),
        ] {
            assert_eq!(pattern(text).to_string(), canonical, "{text}");
            assert_eq!(pattern(canonical), pattern(text));
        }
        for text in ["1", "1xx", "*9", "12#", "*", "#", "xxxx", "[1-3]x", "[0-9*#]", "1*", "[*#]"] {
            assert_eq!(keys(text).to_string(), text);
        }
    }

    #[test]
    fn errors_say_where() {
        use PatternErrorKind as K;
        for (text, at, kind) in [
            ("", 0, K::Empty),
            ("x12", 0, K::Start),
            ("*", 0, K::Start),
            ("bob", 0, K::Start),
            ("+", 0, K::NothingAfterPlus),
            ("+1+2", 2, K::Plus),
            ("+1*2", 2, K::RestInside),
            ("+1 312", 2, K::Separator),
            ("+1312555XXXX", 8, K::UpperX),
            ("+1312!", 5, K::Character('!')),
            ("+1é", 2, K::Character('é')),
            ("12#", 2, K::Character('#')),
            ("12345678901234567", 16, K::TooLong),
            ("+1[2-9", 2, K::ClassOpen),
            ("+1[]", 3, K::ClassEmpty),
            ("+1[9-2]", 5, K::ClassRange),
            ("+1[-2]", 3, K::ClassRange),
            ("+1[2-]", 5, K::ClassRange),
            ("+1[1-2-3]", 6, K::ClassRange),
            ("+1[^2]", 3, K::ClassCharacter('^')),
            ("+1[2*]", 4, K::ClassCharacter('*')),
            ("+1[é]", 3, K::ClassCharacter('é')),
        ] {
            assert_eq!(Pattern::parse(text), Err(PatternError { at, kind }), "{text}");
        }
        assert_eq!(Pattern::parse_keys("+1"), Err(PatternError { at: 0, kind: K::Start }));
        assert_eq!(Pattern::parse_keys("[1-*]"), Err(PatternError { at: 3, kind: K::ClassRange }));
    }

    #[test]
    fn matching() {
        for (text, yes, no) in [
            ("+1312*", &["+1312", "+13125550100"][..], &["+131", "1312", "+1313"][..]),
            ("+1312555xxxx", &["+13125550100"], &["+1312555010", "+131255501001", "+13125560100"]),
            ("[2-9]xx", &["200", "999"], &["100", "20", "2000", "2*0"]),
            ("+1[2-9]*", &["+12", "+19005"], &["+11", "+1", "+10"]),
            ("911", &["911"], &["+911", "91", "9111"]),
            ("+*", &["+1"], &["1"]),
            ("9*", &["9", "9*1", "912"], &["8"]),
        ] {
            for each in yes {
                assert!(pattern(text).matches(number(each)), "{text} {each}");
            }
            for each in no {
                assert!(!pattern(text).matches(number(each)), "{text} {each}");
            }
        }
        assert!(keys("12#").matches(number("12#")) && keys("1xx").matches(number("199")) && !keys("1*").matches(number("12")));
        assert!(!Pattern::exact(Packed::EMPTY).matches(Packed::EMPTY));
    }

    #[test]
    fn special_forms() {
        assert_eq!(pattern("911").as_exact(), Some(number("911")));
        assert_eq!(pattern("+1312*").as_exact(), None);
        assert_eq!(pattern("+1312*").as_prefix(), Some(number("+1312")));
        assert_eq!(pattern("+131x*").as_prefix(), None);
        assert_eq!(pattern("911").as_prefix(), None);
        assert_eq!(Pattern::exact(number("+1312")), pattern("+1312"));
        assert_eq!(Pattern::prefix(number("+1312")), pattern("+1312*"));
        assert_eq!((pattern("+1312*").min_len(), pattern("+1312*").max_len(), pattern("911").max_len()), (5, 16, 3));
    }

    #[test]
    fn relations() {
        let covers = |a: &str, b: &str| pattern(a).covers(&pattern(b));
        assert!(covers("+1312*", "+1312555xxxx") && covers("+1312*", "+1312*") && covers("+1*", "+1[2-9]*") && covers("+13*", "+1312"));
        assert!(!covers("+1312555xxxx", "+1312*") && !covers("+1[2-9]*", "+1*") && !covers("911", "91x") && !covers("+1312*", "+131*"));
        let overlaps = |a: &str, b: &str| pattern(a).overlaps(&pattern(b));
        assert!(overlaps("+1312*", "+1[23]12") && overlaps("1x3", "12x") && overlaps("+1*", "+13*"));
        assert!(!overlaps("+1312*", "+1773*") && !overlaps("1xx", "1x") && !overlaps("+1312", "+13125"));
        let start = |a: &str, b: &str| keys(a).is_start_of(&keys(b));
        assert!(start("1", "12") && start("x", "0#") && start("1", "1xx"));
        assert!(!start("12", "1") && !start("1", "1") && !start("2", "12") && !start("*", "1x"));
        assert!(pattern("1*").is_start_of(&pattern("123")) && pattern("1").is_start_of(&pattern("1*")));
    }

    #[test]
    fn words_go_out_and_come_in() {
        for text in ["+1312*", "+1312555xxxx", "[2-9]xx", "911", "+*", "1234567890123456"] {
            assert_eq!(Pattern::from_words(&pattern(text).to_words()), Some(pattern(text)));
        }
        let mut words = pattern("911").to_words();
        for (place, value) in [(0, 0), (0, 1 << 13), (1, PLUS_SET), (5, 1), (16, 0), (16, 17), (16, 0x203), (16, 2)] {
            let good = words[place];
            words[place] = value;
            assert_eq!(Pattern::from_words(&words), None, "{place} {value}");
            words[place] = good;
        }
        let all = Pattern::prefix(Packed::EMPTY);
        assert_eq!(Pattern::from_words(&all.to_words()), Some(all));
        assert!(
            all.covers(&pattern("911"))
                && all.overlaps(&pattern("+1*"))
                && all.is_start_of(&pattern("12"))
                && !all.is_start_of(&pattern("1"))
        );
        let mut full = pattern("1234567890123456").to_words();
        full[16] |= 0x100;
        assert_eq!(Pattern::from_words(&full), None);
    }
}
