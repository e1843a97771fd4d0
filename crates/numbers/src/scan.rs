//! Reading a number out of text with separators. It knows characters, not countries and not URIs.

use crate::packed::{PLUS, Packed, STAR, byte_symbol};

/// Which characters between the digits are passed over.
#[derive(Copy, Clone, Eq, PartialEq)]
pub(crate) enum Separators {
    /// The visual separators of RFC 3966: `-`, `.`, `(`, `)`; and `%2B` is a plus.
    Uri,
    /// What people, spreadsheets and address books write.
    Any,
}

/// What a text was read as.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub(crate) enum Scanned {
    /// A number.
    Number {
        /// Its symbols.
        number: Packed,
        /// Whether the trunk prefix was written in parentheses after the calling code, as in `+44 (0)20 7946 0000`.
        optional_zero: bool,
        /// Whether there was any separator.
        separated: bool,
    },
    /// It would be a number, but has more than 16 symbols.
    TooLong,
    /// It is no number.
    Other,
}

fn separates(found: char, separators: Separators) -> bool {
    match found {
        '-' | '.' | '(' | ')' => true,
        // Besides spaces and hyphens in their variants: the invisible marks that address books put around numbers.
        ' ' | '\t' | '/' | '\u{A0}' | '\u{2000}'..='\u{2015}' | '\u{202A}'..='\u{202F}' | '\u{2060}' | '\u{2212}' | '\u{FEFF}' => {
            separators == Separators::Any
        }
        _ => false,
    }
}

/// Reads a number. Linear in the text.
pub(crate) fn scan(text: &str, separators: Separators) -> Scanned {
    let mut number = Packed::EMPTY;
    let mut too_long = false;
    let (mut optional_zero, mut separated) = (false, false);
    let mut chars = text.chars();
    while let Some(found) = chars.next() {
        let rest = chars.as_str();
        // After a calling code of one to three digits.
        if found == '(' && rest.starts_with("0)") && number.has_plus() && (2..=4).contains(&number.len()) {
            optional_zero = true;
        }
        let found = match rest.get(..2) {
            Some("2B" | "2b") if found == '%' && separators == Separators::Uri => {
                chars.nth(1);
                '+'
            }
            _ => found,
        };
        if separates(found, separators) {
            separated = true;
            continue;
        }
        let Some(symbol) = u8::try_from(found).ok().and_then(byte_symbol) else { return Scanned::Other };
        match number.push(symbol) {
            Some(longer) => number = longer,
            None if symbol == PLUS || symbol >= STAR && number.has_plus() => return Scanned::Other,
            None => too_long = true,
        }
    }
    match number.len() {
        _ if too_long => Scanned::TooLong,
        0 => Scanned::Other,
        1 if number.has_plus() => Scanned::Other,
        _ => Scanned::Number { number, optional_zero, separated },
    }
}

/// The most bytes of a text that came from outside and was no number.
pub(crate) const MAX_TEXT: usize = 256;
/// What ends a text that was cut, so that it equals no address that anybody wrote.
const CUT: char = '…';

/// Appends a text, made harmless: control characters are replaced, and what would make `buf` longer than `start` plus
/// [`MAX_TEXT`] bytes is cut off, with a mark in its place.
pub(crate) fn push_sane(buf: &mut String, start: usize, text: impl Iterator<Item = char>) {
    let limit = start.saturating_add(MAX_TEXT);
    for found in text {
        let found = if found.is_control() { char::REPLACEMENT_CHARACTER } else { found };
        if buf.len() + found.len_utf8() + CUT.len_utf8() > limit {
            // All that is left may still fit where the mark would have stood, but one rule is easier to know.
            buf.push(CUT);
            return;
        }
        buf.push(found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, separators: Separators) -> Option<String> {
        match scan(text, separators) {
            Scanned::Number { number, .. } => Some(number.to_string()),
            _ => None,
        }
    }

    #[test]
    fn separators_are_passed_over() {
        for text in [
            "+13125551234",
            "+1 (312) 555-1234",
            "+1.312.555.1234",
            "+1/312/555 1234",
            "\u{202A}+1\u{A0}312\u{2011}555\u{2212}1234\u{202C}",
        ] {
            assert_eq!(read(text, Separators::Any).as_deref(), Some("+13125551234"), "{text}");
        }
        assert_eq!(read("%2b1-312-555.1234", Separators::Uri).as_deref(), Some("+13125551234"));
        assert_eq!(read("+1 312", Separators::Uri), None);
        assert_eq!(read("%2b1", Separators::Any), None);
        assert_eq!(read("*31#", Separators::Any).as_deref(), Some("*31#"));
    }

    #[test]
    fn what_is_no_number() {
        for text in ["", "+", "-", "()", "++1", "1+2", "+1*2", "bob", "+١٣", "＋1", "%", "%2", "%2Bé", "1-800-FLOWERS"] {
            assert_eq!(scan(text, Separators::Any), Scanned::Other, "{text}");
            assert_eq!(scan(text, Separators::Uri), Scanned::Other, "{text}");
        }
        assert_eq!(scan("1234 5678 9012 3456 7", Separators::Any), Scanned::TooLong);
        assert_eq!(scan("+1234567890123456", Separators::Any), Scanned::TooLong);
        assert_eq!(scan("12345678901234567x", Separators::Any), Scanned::Other);
    }

    #[test]
    fn the_optional_zero_is_seen() {
        for (text, seen) in [("+44 (0)20 7946 0000", true), ("+44 020 7946 0000", false), ("(0)20 7946", false), ("+1 (312) 5(0)5", false)]
        {
            assert!(matches!(scan(text, Separators::Any), Scanned::Number { optional_zero, .. } if optional_zero == seen), "{text}");
        }
    }

    #[test]
    fn sane_text_is_bounded() {
        let mut buf = String::from("name");
        push_sane(&mut buf, 4, "é\n".repeat(10_000).chars());
        assert!(buf.len() <= 4 + MAX_TEXT && buf.ends_with('…') && buf.starts_with("nameé\u{FFFD}é"));
    }
}
