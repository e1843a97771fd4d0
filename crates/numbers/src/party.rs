//! Who calls and who is called: the raw text of an event becomes a [`Party`]. What a script says about numbers is in
//! [`crate::literal`].

use std::ops::Range;

use crate::country::Country;
use crate::metadata;
use crate::packed::Packed;
use crate::scan::{Scanned, Separators, push_sane, scan};
use crate::sip::{SipUri, number_in_spite, sip_scheme, strip_head};

/// A party of a call after normalisation: what `from` and `to` are compared as.
#[derive(Clone, Copy, Eq, PartialEq, Debug)]
pub enum Party<'a> {
    /// The caller's number is not known, or is not to be known.
    Withheld,
    /// A number: E.164, or an internal or short one.
    Number(Packed),
    /// Any other address: `sip:ana@example.com`; or what could not be read, at most 256 bytes of it and without control
    /// characters.
    Address(&'a str),
}

impl Party<'_> {
    /// Whether it can be rung: a number, or an address of the form that SIP has. What is withheld cannot, nor a text that only
    /// could not be read.
    #[must_use]
    pub fn can_be_rung(&self) -> bool {
        match self {
            Self::Withheld => false,
            Self::Number(_) => true,
            Self::Address(address) => ["sip:", "sips:"].iter().any(|scheme| address.starts_with(scheme)),
        }
    }
}

/// A party, and the parts that its text had.
#[derive(Clone, Copy, Eq, PartialEq, Debug)]
pub struct Parsed<'a> {
    /// What it is compared as.
    pub party: Party<'a>,
    /// The user of a SIP address, as written.
    pub user: Option<&'a str>,
    /// The host of a SIP address, in lower case and without the port.
    pub host: Option<&'a str>,
    /// The display name.
    pub name: Option<&'a str>,
}

/// What an event says when a number is withheld.
const WITHHELD: [&str; 4] = ["anonymous", "restricted", "unavailable", "unknown"];
/// The same words (and `BLOCKED`, `UNKNOWN`) as they are spelled on the keys of a telephone, which some networks send as
/// if they were numbers: ANONYMOUS, RESTRICTED, UNAVAILABLE, UNKNOWN, BLOCKED.
/// Packed.
const WITHHELD_KEYS: [u64; 5] =
    [0x2666_9668_7FFF_FFFF, 0x7378_7428_33FF_FFFF, 0x8628_2452_253F_FFFF, 0x8656_696F_FFFF_FFFF, 0x2562_533F_FFFF_FFFF];

/// Reads the raw text of `from` or `to`.
///
/// With a `country`, national and international forms of dialling become E.164; without it only separators are removed.
/// Total on every text. `buf` is cleared and holds what had to be rewritten: a caller that keeps it allocates nothing once
/// it has grown, which it does to less than 1 KiB. (Bringing a national number to E.164 does allocate; `+` and digits does
/// not.)
pub fn read_party<'a>(raw: &str, country: Option<Country>, buf: &'a mut String) -> Parsed<'a> {
    buf.clear();
    if let Some(number) = Packed::parse(raw) {
        let party = match number_kind(Scanned::Number { number, optional_zero: false, separated: false }, country) {
            Some(Kind::Number(number)) => Party::Number(number),
            _ => Party::Withheld,
        };
        return Parsed { party, user: None, host: None, name: None };
    }
    let (name, address) = split_name(raw.trim());
    write_name(buf, name);
    let name_end = buf.len();
    let found = Found::read(address, country, buf);
    let text: &'a str = buf;
    let part = |range: Range<usize>| text.get(range).filter(|part| !part.is_empty());
    Parsed {
        party: match found.party {
            Kind::Withheld => Party::Withheld,
            Kind::Number(number) => Party::Number(number),
            Kind::Address => Party::Address(text.get(name_end..).unwrap_or_default()),
        },
        user: found.user.and_then(part),
        host: found.host.and_then(part),
        name: part(0..name_end),
    }
}

/// Splits `"Name" <address>`, `Name <address>` and `<address>`. The name may still have its quotes.
fn split_name(text: &str) -> (&str, &str) {
    if let Some(inside) = text.strip_prefix('"') {
        let mut escaped = false;
        let end = inside.find(|found| {
            let ends = found == '"' && !escaped;
            escaped = found == '\\' && !escaped;
            ends
        });
        let Some((name, after)) = end.and_then(|end| inside.split_at_checked(end)) else { return ("", text) };
        let address = after.strip_prefix('"').unwrap_or(after).trim();
        return match address.strip_prefix('<') {
            Some(address) => (name, up_to(address, '>')),
            // A text that is quoted as a whole is what it says.
            None if address.is_empty() => ("", name),
            None => (name, address),
        };
    }
    match text.split_once('<') {
        Some((name, address)) => (name.trim(), up_to(address, '>')),
        None => ("", text),
    }
}

fn up_to(text: &str, end: char) -> &str {
    text.split_once(end).map_or(text, |(before, _)| before).trim()
}

/// Writes a display name without the backslashes of a quoted one.
fn write_name(buf: &mut String, name: &str) {
    let mut escaped = false;
    let plain = name.chars().filter(|found| {
        escaped = *found == '\\' && !escaped;
        !escaped
    });
    push_sane(buf, 0, plain);
}

enum Kind {
    Withheld,
    Number(Packed),
    /// Its text is in the buffer, after the name.
    Address,
}

/// A party whose texts are places in the buffer.
struct Found {
    party: Kind,
    user: Option<Range<usize>>,
    host: Option<Range<usize>>,
}

impl From<Kind> for Found {
    fn from(party: Kind) -> Self {
        Found { party, user: None, host: None }
    }
}

impl Found {
    fn read(address: &str, country: Option<Country>, buf: &mut String) -> Found {
        if let Some((secure, rest)) = sip_scheme(address) {
            return Found::sip(secure, rest, country, buf).unwrap_or_else(|| other(address, buf));
        }
        if let Some(rest) = strip_head(address, "tel:") {
            return tel(rest, country).map_or_else(|| other(address, buf), Found::from);
        }
        let number = up_to(address, ';');
        if is_withheld(number) || number.is_empty() {
            return Kind::Withheld.into();
        }
        if let Some(kind) = number_kind(scan(number, Separators::Any), country) {
            return kind.into();
        }
        // An address without its scheme.
        if let Some(address) = address.split_whitespace().next().filter(|address| address.contains('@'))
            && let Some(found) = Found::sip(false, address, country, buf)
        {
            return found;
        }
        other(number, buf)
    }

    fn sip(secure: bool, rest: &str, country: Option<Country>, buf: &mut String) -> Option<Found> {
        // Without angle brackets, what comes after a space is no part of the URI.
        let rest = rest.split_whitespace().next().unwrap_or_default();
        if rest.is_empty() {
            return Some(Kind::Withheld.into());
        }
        let uri = match SipUri::parse(secure, rest) {
            Ok(uri) if !uri.is_too_long() => uri,
            Ok(uri) => return number_kind(uri.number(), country).map(Found::from),
            Err(_) => return number_kind(number_in_spite(rest), country).map(Found::from),
        };
        let start = buf.len();
        let host = uri.write(buf);
        let user = uri.user.map(|user| {
            let end = host.start.saturating_sub(1);
            end.saturating_sub(user.len()).max(start)..end
        });
        let withheld = uri.user.is_some_and(is_withheld);
        let party = match number_kind(uri.number(), country) {
            Some(kind) => kind,
            None if withheld || uri.host_is_anonymous() => Kind::Withheld,
            None => Kind::Address,
        };
        match (user, &party) {
            // A number in the host's place is the user, and there is no host.
            (None, Kind::Number(_)) => Some(Found { party, user: Some(host), host: None }),
            (user, _) => Some(Found { party, user, host: Some(host) }),
        }
    }
}

/// What could not be read, made harmless.
fn other(text: &str, buf: &mut String) -> Found {
    let start = buf.len();
    push_sane(buf, start, text.chars());
    Kind::Address.into()
}

fn is_withheld(text: &str) -> bool {
    let word = text.strip_prefix('+').unwrap_or(text);
    WITHHELD.iter().any(|withheld| word.eq_ignore_ascii_case(withheld))
}

/// A `tel:` URI (RFC 3966) after its scheme.
fn tel(rest: &str, country: Option<Country>) -> Option<Kind> {
    let (subscriber, parameters) = rest.split_once(';').unwrap_or((rest, ""));
    let subscriber = subscriber.trim();
    if subscriber.is_empty() || is_withheld(subscriber) {
        return Some(Kind::Withheld);
    }
    let scanned = scan(subscriber, Separators::Uri);
    if let Scanned::Number { number: local, .. } = scanned
        && !local.has_plus()
        && let Some(context) = parameters.split(';').find_map(|parameter| strip_head(parameter.trim(), "phone-context="))
        && let Scanned::Number { number: context, .. } = scan(context, Separators::Uri)
        && let Some(global) = in_context(context, local)
    {
        return Some(Kind::Number(global));
    }
    number_kind(scanned, country)
}

/// A local number in the context of a global prefix. The two are joined only where that gives a number of possible
/// length: `911` in the context `+1` stays `911`.
pub(crate) fn in_context(context: Packed, local: Packed) -> Option<Packed> {
    let global = local.symbols().try_fold(context, Packed::push).filter(|global| global.is_e164())?;
    metadata::is_possible(global).then_some(global)
}

/// A number, after the rules for withheld and national ones; `None` if it is no number that fits.
fn number_kind(scanned: Scanned, country: Option<Country>) -> Option<Kind> {
    let Scanned::Number { number, optional_zero, .. } = scanned else { return None };
    if WITHHELD_KEYS.contains(&number.without_plus().bits()) {
        return Some(Kind::Withheld);
    }
    let global = match country {
        // `+` and digits is final, and costs no look at the metadata.
        _ if number.has_plus() && !optional_zero => None,
        _ if number.has_plus() => metadata::mended(number),
        Some(country) => metadata::to_e164(number, country),
        None => None,
    };
    Some(Kind::Number(global.unwrap_or(number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The party as text: `withheld`, or the number or address.
    fn party(raw: &str, country: Option<&str>) -> String {
        let country = country.map(|code| Country::parse(code).unwrap());
        match read_party(raw, country, &mut String::new()).party {
            Party::Withheld => "withheld".to_owned(),
            Party::Number(number) => format!("number {number}"),
            Party::Address(address) => address.to_owned(),
        }
    }

    #[test]
    fn what_can_be_rung() {
        let rings = |raw: &str| read_party(raw, None, &mut String::new()).party.can_be_rung();
        for raw in ["+14155550123", "911", "sip:ana@example.com", "SIPS:ana@example.com", "ana@example.com", "tel:+14155550123"] {
            assert!(rings(raw), "{raw}");
        }
        for raw in ["foo", "", "anonymous", "tel:foo", "+1415x", "ana example"] {
            assert!(!rings(raw), "{raw}");
        }
    }

    #[test]
    fn withheld_in_every_form() {
        for raw in [
            "",
            "  ",
            "anonymous",
            "Anonymous",
            "RESTRICTED",
            "Unavailable",
            "unknown",
            " unknown ",
            "+anonymous",
            "\"anonymous\"",
            "<>",
            "<anonymous>",
            "\"Ana\" <>",
            "sip:anonymous@anonymous.invalid",
            "sip:Anonymous@example.com:5060;transport=udp",
            "\"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=1",
            "Anonymous <sips:ANONYMOUS@host>",
            "sip:restricted@host",
            "sip:x7@anonymous.invalid",
            "anonymous@host",
            "sip:",
            "tel:",
            "tel:anonymous",
            "+266696687",
            "+7378742833",
            "+86282452253",
            "+8656696",
            "+2562533",
            "266696687",
            "7378742833",
            "86282452253",
            "8656696",
            "2562533",
            "sip:+266696687@carrier",
            "sip:266696687@carrier;user=phone",
            "tel:+266696687",
            "+2 (666) 966-87",
        ] {
            for country in [None, Some("US"), Some("DE")] {
                assert_eq!(party(raw, country), "withheld", "{raw}");
            }
        }
        for (raw, expected) in [
            ("+12665550100", "number +12665550100"),
            ("+2666966870", "number +2666966870"),
            ("sip:266696687@pbx", "sip:266696687@pbx"),
            ("anonymouse", "anonymouse"),
            ("sip:anonymous2@host", "sip:anonymous2@host"),
            ("\"Anonymous\" <sip:+12665550100@host>", "number +12665550100"),
            ("sip:+12665550100@anonymous.invalid", "number +12665550100"),
        ] {
            assert_eq!(party(raw, None), expected, "{raw}");
        }
    }

    #[test]
    fn numbers_in_the_united_states() {
        for raw in [
            "+1 (312) 555-1234",
            "13125551234",
            "3125551234",
            "(312) 555-1234",
            "tel:+13125551234",
            "sip:+13125551234@carrier;user=phone",
            "+13125551234",
            "01113125551234",
            "tel:3125551234",
            "tel:+1-312-555-1234;ext=9",
            "TEL:312.555.1234;phone-context=+1",
            "sip:3125551234@carrier;user=phone",
            "sip:%2B13125551234@carrier",
            "sip:+1-312.555(1234)@carrier",
            "SIPS:+13125551234;npdi@CARRIER:5061",
            "<tel:+13125551234>",
            "sip:+13125551234",
            "\"Ana\" <sip:+13125551234:secret@10.0.0.1:5060;transport=udp?x=y>;tag=a",
            "+13125551234;ext=3",
            "sip:+13125551234@[2001:db8::1]",
            "+13125551234@carrier",
            "sip:+13125551234@carrier tag=x",
        ] {
            assert_eq!(party(raw, Some("US")), "number +13125551234", "{raw}");
        }
    }

    #[test]
    fn numbers_that_stay() {
        for (raw, country, expected) in [
            ("0013125551234", Some("US"), "number 0013125551234"),
            ("1001", Some("US"), "number 1001"),
            ("911", Some("US"), "number 911"),
            ("112", Some("DE"), "number 112"),
            ("999", Some("GB"), "number 999"),
            ("+1312555", Some("US"), "number +1312555"),
            ("+1 312 555", None, "number +1312555"),
            ("*97", Some("US"), "number *97"),
            ("*31#", None, "number *31#"),
            ("3125551234", None, "number 3125551234"),
            ("(312) 555-1234", None, "number 3125551234"),
            ("+44 (0)20 7946 0000", None, "number +442079460000"),
            ("+4402079460000", None, "number +4402079460000"),
            ("tel:911;phone-context=+1", Some("US"), "number 911"),
            ("tel:863-1234;phone-context=+1-914", None, "number +19148631234"),
            ("tel:1001;phone-context=example.com", Some("US"), "number 1001"),
            ("sip:1001@pbx;user=phone", Some("US"), "number 1001"),
            ("0000000000000000", Some("US"), "number 0000000000000000"),
        ] {
            assert_eq!(party(raw, country), expected, "{raw}");
        }
    }

    #[test]
    fn addresses() {
        for (raw, expected) in [
            ("sip:ana@example.com", "sip:ana@example.com"),
            ("SIP:Ana.Gómez@EXAMPLE.com:5060;transport=tcp", "sip:Ana.Gómez@example.com:5060"),
            ("\"Ana \\\"G\\\" Gómez\" <sips:Ana@Example.COM>;tag=9", "sips:Ana@example.com"),
            ("ana@Example.com", "sip:ana@example.com"),
            ("sip:Example.com", "sip:example.com"),
            ("sip:1001@pbx.local", "sip:1001@pbx.local"),
            ("sip:user=phone@host", "sip:user=phone@host"),
            // What cannot be read stays what it is.
            ("bob", "bob"),
            ("1-800-FLOWERS", "1-800-FLOWERS"),
            ("+١٣١٢٥٥٥٠١٠٠", "+١٣١٢٥٥٥٠١٠٠"),
            ("12345678901234567", "12345678901234567"),
            ("+1234567890123456", "+1234567890123456"),
            ("sip:a@b@c", "sip:a@b@c"),
            ("sip:@host", "sip:@host"),
            ("tel:1-800-FLOWERS", "tel:1-800-FLOWERS"),
            ("a\u{0}b\u{1b}[31m", "a\u{FFFD}b\u{FFFD}[31m"),
            ("+", "+"),
            ("\"unclosed <sip:a@b>", "\"unclosed <sip:a@b>"),
        ] {
            for country in [None, Some("US")] {
                assert_eq!(party(raw, country), expected, "{raw}");
            }
        }
    }

    #[test]
    fn the_parts() {
        let parts = |raw: &str| {
            let mut buf = String::new();
            let parsed = read_party(raw, None, &mut buf);
            [parsed.name, parsed.user, parsed.host].map(|part| part.unwrap_or("-").to_owned())
        };
        for (raw, expected) in [
            ("\"Ana \\\"G\\\" \\\\ Gómez\" <sip:Ana:secret@Example.COM:5060>", ["Ana \"G\" \\ Gómez", "Ana", "example.com"]),
            ("Ana Gómez <sip:+13125550100@carrier>", ["Ana Gómez", "+13125550100", "carrier"]),
            ("<sip:example.com>", ["-", "-", "example.com"]),
            ("sip:anonymous@anonymous.invalid", ["-", "anonymous", "anonymous.invalid"]),
            ("sip:+13125550100", ["-", "+13125550100", "-"]),
            ("+13125550100", ["-", "-", "-"]),
            ("\"Ana\" <+13125550100>", ["Ana", "-", "-"]),
            ("bob", ["-", "-", "-"]),
            ("", ["-", "-", "-"]),
        ] {
            assert_eq!(parts(raw), expected, "{raw}");
        }
    }

    #[test]
    fn long_text_is_cut_and_marked() {
        for raw in [
            "x".repeat(10_000),
            format!("sip:{}@host", "é".repeat(10_000)),
            format!("\"{}\" <{}>", "n\\".repeat(9000), "y".repeat(9000)),
            "1".repeat(10_000),
        ] {
            let mut buf = String::new();
            let parsed = read_party(&raw, Country::parse("US").ok(), &mut buf);
            let Party::Address(address) = parsed.party else { panic!("{raw}") };
            assert!(address.len() <= 256 && address.ends_with('…'));
            assert!(parsed.name.is_none_or(|name| name.len() <= 256));
        }
    }

    #[test]
    fn a_fault_elsewhere_does_not_hide_the_number() {
        for raw in
            ["sip:+13125550100@ho%st", "sip:+13125550100@", "sip:+13125550100@a@b", "sip:+13125550100:x@host:99999", "+13125550100@h!"]
        {
            assert_eq!(party(raw, None), "number +13125550100", "{raw}");
        }
        assert_eq!(party(&format!("sip:+13125550100@{}", "h".repeat(10_000)), None), "number +13125550100");
        assert_eq!(party(&format!("sip:+13125550100;x={}@host", "h".repeat(10_000)), None), "number +13125550100");
        assert_eq!(party("sip:266696687@ho%st", None), "sip:266696687@ho%st");
    }

    #[test]
    fn the_buffer_is_reused() {
        let mut buf = String::with_capacity(1024);
        let start = buf.as_ptr();
        for raw in ["\"Ana\" <sip:Ana@Example.com>", "+13125550100", "", "garbage", &"z".repeat(5000)] {
            read_party(raw, None, &mut buf);
            assert_eq!((buf.as_ptr(), buf.capacity()), (start, 1024));
        }
    }
}
