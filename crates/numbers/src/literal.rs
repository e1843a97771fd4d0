//! Numbers and addresses as they stand in a script: are they well formed, and can they exist? What comes in with a call is
//! read by [`crate::party`], which forgives everything; here nothing is forgiven, because there is somebody to ask.

use std::fmt;

use crate::metadata::{self, Plausibility, plausibility};
use crate::packed::{MAX_SYMBOLS, Packed, STAR};
use crate::party::{Party, in_context};
use crate::scan::{Scanned, Separators, scan};
use crate::sip::{AddressFault, SipUri, sip_scheme, strip_head};

/// A number or address that is well formed.
#[derive(Clone, Eq, PartialEq, Debug)]
pub enum Literal {
    /// A number: `+14155550123`, `911`, `*97`, `tel:+14155550123`.
    Number {
        /// Its symbols.
        number: Packed,
        /// Whether a number of this length exists.
        plausibility: Plausibility,
    },
    /// `sip:ana@example.com`, `sips:…`
    Address {
        /// The normalised text, without parameters. What is dialled is the text of the script, which may have some.
        text: String,
        /// The number that a caller with this address is compared as, if its user is one.
        number: Option<Packed>,
    },
}

impl Literal {
    /// What it is compared as.
    #[must_use]
    pub fn party(&self) -> Party<'_> {
        match self {
            Self::Number { number, .. } | Self::Address { number: Some(number), .. } => Party::Number(*number),
            Self::Address { text, number: None } => Party::Address(text),
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number { number, .. } => number.fmt(f),
            Self::Address { text, .. } => f.write_str(text),
        }
    }
}

/// Why a text is no number and no address.
#[derive(Clone, Eq, PartialEq, Debug)]
pub struct LiteralError {
    /// Where, in bytes from the start of the text.
    pub at: usize,
    /// What is wrong there.
    pub kind: LiteralErrorKind,
}

/// What can be wrong with a number or address.
#[derive(Clone, Eq, PartialEq, Debug)]
#[non_exhaustive]
pub enum LiteralErrorKind {
    /// There is no text.
    Empty,
    /// Separators inside a number; without them it is `fixed`.
    Separators {
        /// The number as it has to be written.
        fixed: String,
    },
    /// A plus and no digit after it.
    NothingAfterPlus,
    /// More than fifteen digits after a plus, or more than sixteen symbols.
    TooLong,
    /// A plus after the start.
    Plus,
    /// `*` after the start, or alone.
    Star,
    /// `#`, which is a key for menus.
    Hash,
    /// A character that no number has.
    Character(char),
    /// `ana@example.com`, which needs its scheme.
    Scheme {
        /// The address as it has to be written.
        fixed: String,
    },
    /// Neither a number nor an address.
    Neither,
    /// A SIP address with a fault.
    Address(AddressFault),
}

impl fmt::Display for LiteralErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the number is empty",
            Self::Separators { .. } => "a number is written without separators",
            Self::NothingAfterPlus => "no digit follows the `+`",
            Self::TooLong => "a number has at most 15 digits after a `+`, and 16 without one",
            Self::Plus => "`+` can only be the first character of a number",
            Self::Star => "`*` can only stand in front of a short number",
            Self::Hash => "`#` is a key of menus and cannot stand in a number",
            Self::Character(found) => return write!(f, "`{}` cannot stand in a number", found.escape_debug()),
            Self::Scheme { .. } => "an address begins with `sip:` or `sips:`",
            Self::Neither => "this is neither a number nor an address",
            Self::Address(fault) => fault.describe(),
        })
    }
}

impl fmt::Display for LiteralError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl std::error::Error for LiteralError {}

/// Judges a number or address as it stands in a script: `+14155550123`, `911`, `*97`, `sip:…`, `sips:…`, `tel:…`.
///
/// # Errors
/// Where and why it is not well formed. That a number is well formed and yet cannot exist is no error: see
/// [`Literal::Number`].
pub fn check_literal(text: &str) -> Result<Literal, LiteralError> {
    if let Some((secure, rest)) = sip_scheme(text) {
        let start = text.len() - rest.len();
        let fault = |fault| LiteralError { at: start, kind: LiteralErrorKind::Address(fault) };
        let uri = SipUri::parse(secure, rest).map_err(fault)?;
        if uri.is_too_long() {
            return Err(fault(AddressFault::TooLong));
        }
        let mut normal = String::new();
        uri.write(&mut normal);
        let number = match uri.number() {
            Scanned::Number { number, .. } => Some(number),
            _ => None,
        };
        return Ok(Literal::Address { text: normal, number });
    }
    match strip_head(text, "tel:") {
        Some(rest) => check_tel(text.len() - rest.len(), rest),
        None => check_number(text),
    }
}

fn literal(number: Packed) -> Literal {
    Literal::Number { number, plausibility: plausibility(number) }
}

/// A `tel:` URI, whose grammar allows separators and parameters.
fn check_tel(start: usize, rest: &str) -> Result<Literal, LiteralError> {
    let (subscriber, parameters) = rest.split_once(';').unwrap_or((rest, ""));
    let shifted = |error: LiteralError| LiteralError { at: start + error.at, ..error };
    // The strict reading comes first, for the place of a mistake; what it says of separators does not hold here.
    let number = match check_number(subscriber) {
        Ok(Literal::Number { number, .. }) => number,
        Ok(literal) => return Ok(literal),
        Err(error) => match scan(subscriber, Separators::Uri) {
            Scanned::Number { number, .. } if matches!(error.kind, LiteralErrorKind::Separators { .. }) => number,
            _ => return Err(shifted(error)),
        },
    };
    let context = parameters.split(';').find_map(|parameter| strip_head(parameter, "phone-context="));
    let global = match context.map(|context| scan(context, Separators::Uri)) {
        Some(Scanned::Number { number: context, .. }) if !number.has_plus() => in_context(context, number),
        _ => None,
    };
    Ok(literal(global.unwrap_or(number)))
}

fn check_number(text: &str) -> Result<Literal, LiteralError> {
    let fail = |at, kind| Err(LiteralError { at, kind });
    if text.is_empty() {
        return fail(0, LiteralErrorKind::Empty);
    }
    let plus = text.starts_with('+');
    let starts = |found: char| found.is_ascii_digit() || matches!(found, '+' | '*' | '(' | '#');
    if !text.starts_with(starts) {
        let address = format!("sip:{text}");
        // `ana@example.com`, but not a sentence with an at sign in it.
        let rest = address.get(4..).filter(|rest| rest.contains('@'));
        return match rest.map(|rest| SipUri::parse(false, rest)) {
            Some(Ok(_)) => fail(0, LiteralErrorKind::Scheme { fixed: address }),
            _ => fail(0, LiteralErrorKind::Neither),
        };
    }
    let mut number = Packed::EMPTY;
    for (at, found) in text.char_indices() {
        let symbol = match found {
            '0'..='9' => u8::try_from(found).ok().and_then(crate::packed::byte_symbol),
            '+' if at == 0 => Some(crate::packed::PLUS),
            '*' if at == 0 && text.len() > 1 => Some(STAR),
            '+' => return fail(at, LiteralErrorKind::Plus),
            '*' => return fail(at, LiteralErrorKind::Star),
            '#' => return fail(at, LiteralErrorKind::Hash),
            _ => None,
        };
        let Some(symbol) = symbol else {
            return match without_separators(text) {
                Some(fixed) => fail(at, LiteralErrorKind::Separators { fixed }),
                None => fail(at, LiteralErrorKind::Character(found)),
            };
        };
        match number.push(symbol) {
            Some(longer) => number = longer,
            None => return fail(at, LiteralErrorKind::TooLong),
        }
    }
    if plus && number.len() == 1 {
        return fail(0, LiteralErrorKind::NothingAfterPlus);
    }
    debug_assert!(number.len() <= MAX_SYMBOLS, "a packed number is never longer");
    Ok(literal(number))
}

/// The number without its separators: `+13125551234` for `+1 (312) 555-1234`, `+442079460000` for `+44 (0)20 7946 0000`.
/// `None` if the text is no number, or has no separators.
#[must_use]
pub fn without_separators(text: &str) -> Option<String> {
    match scan(text.trim(), Separators::Any) {
        Scanned::Number { number, optional_zero, separated: true } => {
            Some(optional_zero.then(|| metadata::mended(number)).flatten().unwrap_or(number).to_string())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use LiteralErrorKind as K;

    fn error(text: &str) -> (usize, K) {
        let error = check_literal(text).unwrap_err();
        (error.at, error.kind)
    }

    #[test]
    fn numbers() {
        for (text, normal, expected) in [
            ("+14155550123", "+14155550123", Plausibility::Possible),
            ("+16822306467", "+16822306467", Plausibility::Possible),
            ("+12125551234", "+12125551234", Plausibility::Possible),
            ("+1312", "+1312", Plausibility::TooShort),
            ("+141555501234", "+141555501234", Plausibility::TooLong),
            ("+9991234567", "+9991234567", Plausibility::UnknownCallingCode),
            ("911", "911", Plausibility::Internal),
            ("*97", "*97", Plausibility::Internal),
            ("1234567890123456", "1234567890123456", Plausibility::Internal),
            ("TEL:+1-415-555-0123;ext=5", "+14155550123", Plausibility::Possible),
            ("tel:1001;phone-context=example.com", "1001", Plausibility::Internal),
            ("tel:863-1234;phone-context=+1-914", "+19148631234", Plausibility::Possible),
            ("tel:911;phone-context=+1", "911", Plausibility::Internal),
        ] {
            let literal = check_literal(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(literal, Literal::Number { number: Packed::parse(normal).unwrap(), plausibility: expected }, "{text}");
            assert_eq!(literal.to_string(), normal);
        }
    }

    #[test]
    fn addresses() {
        for (text, normal, number) in [
            ("sip:ana@Example.com", "sip:ana@example.com", None),
            ("SIPS:Ana@example.com;transport=tls", "sips:Ana@example.com", None),
            ("sip:gw1.example.com", "sip:gw1.example.com", None),
            ("sip:+13125551234@carrier.example", "sip:+13125551234@carrier.example", Some("+13125551234")),
            ("sip:1001@pbx;user=phone", "sip:1001@pbx", Some("1001")),
            ("sip:1001@pbx", "sip:1001@pbx", None),
        ] {
            let literal = check_literal(text).unwrap();
            let number = number.map(|number| Packed::parse(number).unwrap());
            assert_eq!(literal, Literal::Address { text: normal.to_owned(), number }, "{text}");
            assert_eq!(literal.party(), number.map_or(Party::Address(normal), Party::Number));
        }
    }

    #[test]
    fn errors_say_where_and_how_to_mend() {
        let fixed = |fixed: &str| K::Separators { fixed: fixed.to_owned() };
        for (text, at, kind) in [
            ("", 0, K::Empty),
            ("+", 0, K::NothingAfterPlus),
            ("+1 (312) 555-1234", 2, fixed("+13125551234")),
            ("+1.312.555.0100", 2, fixed("+13125550100")),
            ("+44 (0)20 7946 0000", 3, fixed("+442079460000")),
            ("(312) 555-1234", 0, fixed("3125551234")),
            ("+1312x", 5, K::Character('x')),
            ("+1312é", 5, K::Character('é')),
            ("+1234567890123456", 16, K::TooLong),
            ("12345678901234567", 16, K::TooLong),
            ("1+2", 1, K::Plus),
            ("97*", 2, K::Star),
            ("*", 0, K::Star),
            ("12#", 2, K::Hash),
            ("#31", 0, K::Hash),
            ("ana@example.com", 0, K::Scheme { fixed: "sip:ana@example.com".to_owned() }),
            ("ana", 0, K::Neither),
            ("a b@c", 0, K::Neither),
            ("sip:ana@", 4, K::Address(AddressFault::NoHost)),
            ("sips:ana@b:x", 5, K::Address(AddressFault::Port)),
            ("tel:+1-800-FLOWERS", 6, K::Character('-')),
            ("tel:", 4, K::Empty),
        ] {
            assert_eq!(error(text), (at, kind), "{text}");
        }
        assert_eq!(error(&format!("sip:{}@b", "a".repeat(300))), (4, K::Address(AddressFault::TooLong)));
    }

    #[test]
    fn separators_are_removed() {
        assert_eq!(without_separators("+1 (312) 555-1234").as_deref(), Some("+13125551234"));
        assert_eq!(without_separators("+13125551234"), None);
        assert_eq!(without_separators("12-24 x"), None);
        assert_eq!(without_separators("-"), None);
    }
}
