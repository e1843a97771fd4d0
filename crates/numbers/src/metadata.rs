//! What the numbering plans of the world say about a number. The only module that names the library with libphonenumber's
//! metadata; it is never asked about `+` and digits on the way of a call.

use std::sync::LazyLock;

use rlibphonenumber::enums::Region;
use rlibphonenumber::{NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, PhoneNumberType, ValidationError};

use crate::country::Country;
use crate::packed::Packed;

/// What the numbering plan of its country says about the length of a number. Only lengths count: which ranges are in use
/// changes every week, and numbers kept for examples must pass.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub enum Plausibility {
    /// An internal or short number: no plan speaks about it.
    Internal,
    /// A number of this length exists.
    Possible,
    /// No country has this calling code.
    UnknownCallingCode,
    /// Every number of the country is longer. (Also one that can only be dialled within its town.)
    TooShort,
    /// Every number of the country is shorter.
    TooLong,
    /// The country has shorter and longer numbers, but none of this length.
    WrongLength,
}

fn region(country: Country) -> Option<Region> {
    Region::from_code(country.code()).ok()
}

/// The calling code at the start of a number, and how many digits it has.
fn calling_code(number: Packed) -> Option<(u16, u8)> {
    if !number.is_e164() {
        return None;
    }
    let mut code: u16 = 0;
    // Calling codes are prefix free: the first that exists is the one.
    for (digits, symbol) in (1..=3).zip(number.symbols().skip(1)) {
        code = code * 10 + u16::from(symbol);
        if code == 0 {
            return None;
        }
        if PHONE_NUMBER_UTIL.get_region_for_country_code(i32::from(code)).is_some() {
            return Some((code, digits));
        }
    }
    None
}

/// The library's form of an E.164 number, taken digit by digit: nothing is mended.
fn verbatim(number: Packed) -> Option<PhoneNumber> {
    let (code, digits) = calling_code(number)?;
    let national = number.symbols().skip(usize::from(digits) + 1);
    let zeros = national.clone().take_while(|symbol| *symbol == 0).count();
    let total = national.clone().count();
    let value = national.fold(0u64, |value, symbol| value * 10 + u64::from(symbol));
    // A number of zeros alone keeps one as its value.
    let leading = if zeros == total { zeros.saturating_sub(1) } else { zeros };
    Some(PhoneNumber {
        country_code: i32::from(code),
        national_number: value,
        italian_leading_zero: (leading > 0).then_some(true),
        number_of_leading_zeros: if leading > 1 { i32::try_from(leading).ok() } else { None },
        ..PhoneNumber::default()
    })
}

/// What the plan of its country says about a number.
#[must_use]
pub fn plausibility(number: Packed) -> Plausibility {
    if !number.has_plus() {
        return Plausibility::Internal;
    }
    let Some((_, digits)) = calling_code(number) else {
        // `+3`, `+35`: there is too little to name a country, but more digits could.
        let begins = PHONE_NUMBER_UTIL.get_supported_calling_codes().any(|code| {
            let code = format!("+{code}");
            Packed::parse(&code).is_some_and(|code| code.starts_with(number))
        });
        return if begins { Plausibility::TooShort } else { Plausibility::UnknownCallingCode };
    };
    if number.len() <= digits + 1 {
        return Plausibility::TooShort;
    }
    let Some(verbatim) = verbatim(number) else { return Plausibility::UnknownCallingCode };
    match PHONE_NUMBER_UTIL.is_possible_number_with_reason(&verbatim) {
        Ok(NumberLengthType::IsPossible) => Plausibility::Possible,
        Ok(NumberLengthType::IsPossibleLocalOnly) | Err(ValidationError::TooShort) => Plausibility::TooShort,
        Err(ValidationError::TooLong) => Plausibility::TooLong,
        Err(ValidationError::InvalidLength) => Plausibility::WrongLength,
        Err(ValidationError::InvalidCountryCode) => Plausibility::UnknownCallingCode,
    }
}

/// Whether a number is E.164 of a length that exists.
pub(crate) fn is_possible(number: Packed) -> bool {
    plausibility(number) == Plausibility::Possible
}

/// The E.164 number that a library's number is.
fn packed(number: &PhoneNumber) -> Option<Packed> {
    Packed::parse(&PHONE_NUMBER_UTIL.format(number, PhoneNumberFormat::E164))
}

/// Up to this length digits without a trunk prefix are an extension or a short code, except where the plan is small: in
/// countries with open plans `164020` would be a possible number of the public network, but nobody dials one like that.
const SHORT: u8 = 6;
/// A plan is small if no national number has this many digits.
const LARGE: usize = 10;

/// The E.164 number that digits without a plus are, dialled in a country: national with or without the trunk prefix,
/// international with the country's prefix for that, or with the country's own calling code in front. `None` for extensions,
/// emergency and short codes, and whatever is no possible full number there.
pub(crate) fn to_e164(number: Packed, country: Country) -> Option<Packed> {
    // No country has full numbers of three digits; all have emergency numbers of three.
    if number.len() <= 3 || number.has_plus() || !number.digits_from(0) {
        return None;
    }
    let mut buf = [0; 16];
    let parsed = PHONE_NUMBER_UTIL.parse(number.write(&mut buf), Some(region(country)?)).ok()?;
    if PHONE_NUMBER_UTIL.is_possible_number_with_reason(&parsed) != Ok(NumberLengthType::IsPossible) {
        return None;
    }
    let global = packed(&parsed)?;
    if number.len() > SHORT {
        return Some(global);
    }
    let (_, code_digits) = calling_code(global)?;
    let with_trunk_prefix = global.len() < number.len() + 1 + code_digits;
    (PHONE_NUMBER_UTIL.is_valid_number(&parsed) && (with_trunk_prefix || is_small(global, code_digits))).then_some(global)
}

/// Whether the plan of a number's country has no long numbers.
fn is_small(global: Packed, code_digits: u8) -> bool {
    let mut longer = global.prefix(code_digits + 1);
    let mut digits = 0;
    while let Some(next) = longer.push(2) {
        longer = next;
        digits += 1;
        if digits >= LARGE && is_possible(longer) {
            return false;
        }
    }
    true
}

/// What an E.164 number most likely was meant to be, if that is another one: without the trunk prefix in
/// `+4402079460000`.
#[must_use]
pub fn mended(number: Packed) -> Option<Packed> {
    if !number.is_e164() {
        return None;
    }
    let mut buf = [0; 16];
    let parsed = PHONE_NUMBER_UTIL.parse(number.write(&mut buf), None).ok()?;
    packed(&parsed).filter(|mended| *mended != number && is_possible(*mended))
}

/// The calling code of a country.
pub(crate) fn calling_code_of(country: Country) -> Option<u16> {
    PHONE_NUMBER_UTIL.get_country_code_for_region(region(country)?).and_then(|code| u16::try_from(code).ok())
}

/// The emergency numbers that are in use in many countries.
static EMERGENCY: LazyLock<[Option<Packed>; 3]> = LazyLock::new(|| ["112", "911", "999"].map(Packed::parse));

/// Whether it is one of the emergency numbers that handsets know everywhere: 112, 911, 999.
#[must_use]
pub fn is_emergency(number: Packed) -> bool {
    EMERGENCY.contains(&Some(number))
}

/// What a number or a prefix is, in a few words for people: `United States, toll-free`. `None` where nothing is known.
#[must_use]
pub fn describe(number: Packed) -> Option<String> {
    if is_emergency(number) {
        return Some("emergency number".to_owned());
    }
    let (code, _) = calling_code(number)?;
    if let Some(what) = beyond_countries(code) {
        return Some(what.to_owned());
    }
    if let Some((place, kind)) = known(number, code).or_else(|| of_area(number, code)) {
        return Some(format!("{place}{kind}"));
    }
    let mut countries = PHONE_NUMBER_UTIL.get_regions_for_country_calling_code(i32::from(code))?;
    let main = countries.next().and_then(country_of)?;
    Some(match countries.len() {
        0 => main.name().to_owned(),
        1 => format!("{} or {}", main.name(), countries.next().and_then(country_of)?.name()),
        others => format!("{} or one of {others} others with calling code {code}", main.name()),
    })
}

/// Where a whole number belongs, and of which kind it is.
fn known(number: Packed, code: u16) -> Option<(&'static str, &'static str)> {
    use PhoneNumberType::{FixedLine, FixedLineOrMobile, Mobile, Unknown};
    let parsed = verbatim(number)?;
    let country = PHONE_NUMBER_UTIL.get_region_for_number(&parsed).and_then(country_of)?;
    if !PHONE_NUMBER_UTIL.is_possible_number(&parsed) {
        return None;
    }
    let kind = PHONE_NUMBER_UTIL.get_number_type(&parsed);
    // The countries of calling code 1 share such numbers; the library names the first of them.
    let shared = code == 1 && !matches!(kind, FixedLine | FixedLineOrMobile | Mobile | Unknown);
    Some((if shared { "North America" } else { country.name() }, kind_text(kind)))
}

/// What every number with this beginning is, where the beginning says it: with calling code 1 the three digits behind it name an area of one
/// country, or a kind of numbers.
fn of_area(number: Packed, code: u16) -> Option<(&'static str, &'static str)> {
    /// With the plus: that of an area, and of a whole number.
    const AREA: usize = 5;
    const WHOLE: usize = 12;
    let text = number.to_string();
    let missing = WHOLE.checked_sub(text.len()).filter(|_| code == 1 && text.len() >= AREA)?;
    // Not every number that begins so can exist.
    let whole = ["2", "3", "4", "5", "6", "7", "8", "9"].into_iter().filter_map(|fill| {
        let number = Packed::parse(&format!("{text}{}", fill.repeat(missing)))?;
        known(number, code)
    });
    let found: Vec<_> = whole.collect();
    let (place, kind) = *found.first()?;
    let one_kind = found.iter().all(|(_, other)| *other == kind);
    found.iter().all(|(other, _)| *other == place).then_some((place, if one_kind { kind } else { "" }))
}

fn country_of(region: Region) -> Option<Country> {
    Country::parse(&region.as_region_str()).ok()
}

/// Calling codes of no country (ITU-T E.164, annexes).
fn beyond_countries(code: u16) -> Option<&'static str> {
    Some(match code {
        800 => "international freephone",
        808 => "international shared cost",
        870 => "Inmarsat, satellite",
        878 => "universal personal number",
        881 => "global mobile satellite network",
        882 | 883 => "international network",
        888 => "international telecommunications for humanitarian affairs",
        979 => "international premium rate",
        _ => return None,
    })
}

fn kind_text(kind: PhoneNumberType) -> &'static str {
    match kind {
        PhoneNumberType::FixedLine => ", fixed line",
        PhoneNumberType::Mobile => ", mobile",
        PhoneNumberType::FixedLineOrMobile => ", fixed line or mobile",
        PhoneNumberType::TollFree => ", toll-free",
        PhoneNumberType::PremiumRate => ", premium rate",
        PhoneNumberType::SharedCost => ", shared cost",
        PhoneNumberType::VoIP => ", VoIP",
        PhoneNumberType::PersonalNumber => ", personal number",
        PhoneNumberType::Pager => ", pager",
        PhoneNumberType::UAN => ", company number",
        PhoneNumberType::VoiceMail => ", voicemail access",
        PhoneNumberType::Unknown => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::country::Country;

    fn number(text: &str) -> Packed {
        Packed::parse(text).unwrap()
    }
    fn global(text: &str, country: &str) -> Option<String> {
        to_e164(number(text), Country::parse(country).unwrap()).map(|number| number.to_string())
    }

    #[test]
    fn plausible_numbers() {
        for text in [
            "+14155550123",
            "+16822306467",
            "+12125551234",
            "+13125550100",
            "+442079460000",
            "+390669800000",
            "+80012345678",
            "+4915112345678",
        ] {
            assert_eq!(plausibility(number(text)), Plausibility::Possible, "{text}");
        }
        for (text, expected) in [
            ("911", Plausibility::Internal),
            ("+1312555", Plausibility::TooShort),
            ("+5551234", Plausibility::TooShort),
            ("+1", Plausibility::TooShort),
            ("+3", Plausibility::TooShort),
            ("+131255501001", Plausibility::TooLong),
            ("+4402079460000", Plausibility::TooLong),
            ("+0", Plausibility::UnknownCallingCode),
            ("+0312", Plausibility::UnknownCallingCode),
            ("+9991234567", Plausibility::UnknownCallingCode),
            ("+210", Plausibility::UnknownCallingCode),
            ("+3761234567", Plausibility::WrongLength),
        ] {
            assert_eq!(plausibility(number(text)), expected, "{text}");
        }
        assert_eq!(mended(number("+4402079460000")), Some(number("+442079460000")));
        assert_eq!(mended(number("+442079460000")), None);
        assert_eq!(mended(number("+1312555")), None);
    }

    #[test]
    fn national_forms_become_global() {
        for text in ["3125551234", "13125551234", "01113125551234"] {
            assert_eq!(global(text, "US").as_deref(), Some("+13125551234"), "{text}");
        }
        assert_eq!(global("011442079460000", "US").as_deref(), Some("+442079460000"));
        assert_eq!(global("3005551234", "US").as_deref(), Some("+13005551234"), "possible although not in use");
        assert_eq!(global("02079460000", "GB").as_deref(), Some("+442079460000"));
        assert_eq!(global("0013125551234", "GB").as_deref(), Some("+13125551234"));
        assert_eq!(global("442079460000", "GB").as_deref(), Some("+442079460000"));
        assert_eq!(global("0669800000", "IT").as_deref(), Some("+390669800000"));
        assert_eq!(global("030123456", "DE").as_deref(), Some("+4930123456"));
        assert_eq!(global("200300", "FO").as_deref(), Some("+298200300"), "a small plan");
        assert_eq!(global("712345", "AD").as_deref(), Some("+376712345"));
        assert_eq!(global("5512345678", "MX").as_deref(), Some("+525512345678"));
    }

    #[test]
    fn short_numbers_stay() {
        for country in ["US", "GB", "DE", "AT", "IT", "FR", "ES", "MX", "BR", "IN", "JP", "AU", "CH", "SE", "FI", "NL", "IR"] {
            for text in ["911", "112", "999", "1", "0", "1001", "4101", "8001", "1640", "9601", "1110", "000", "100", "20301", "164020"] {
                assert_eq!(global(text, country), None, "{text} in {country}");
            }
        }
        // 00 is not the international prefix of the United States.
        for text in ["0013125551234", "5551234", "1312555", "442079460000", "*97", "12#", "0000000000000000"] {
            assert_eq!(global(text, "US"), None, "{text}");
        }
    }

    #[test]
    fn descriptions() {
        for (text, expected) in [
            ("+18005551234", Some("North America, toll-free")),
            ("+13125551234", Some("United States, fixed line or mobile")),
            ("+14165551234", Some("Canada, fixed line or mobile")),
            ("+1", Some("United States or one of 24 others with calling code 1")),
            ("+131", Some("United States or one of 24 others with calling code 1")),
            ("+1312", Some("United States, fixed line or mobile")),
            ("+131255", Some("United States, fixed line or mobile")),
            ("+1416", Some("Canada, fixed line or mobile")),
            ("+1876", Some("Jamaica")),
            ("+1800", Some("North America, toll-free")),
            ("+1000", Some("United States or one of 24 others with calling code 1")),
            ("+447400123456", Some("United Kingdom, mobile")),
            ("+4930123456", Some("Germany, fixed line")),
            ("+33", Some("France")),
            ("+7", Some("Russia or Kazakhstan")),
            ("+80012345678", Some("international freephone")),
            ("911", Some("emergency number")),
            ("4101", None),
            ("+999", None),
        ] {
            let found = describe(number(text));
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
