//! [`Country`]: whose dialling rules apply to numbers without a plus.

use std::fmt;

use crate::countries::COUNTRIES;
use crate::metadata;
use crate::packed::Packed;

/// A country or territory with a numbering plan, by its ISO 3166 alpha-2 code.
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct Country {
    /// Its place in [`COUNTRIES`], which is in the order of the codes.
    row: u8,
}

/// A code that names no country with a numbering plan.
#[derive(Clone, Eq, PartialEq, Debug)]
pub struct UnknownCountry {
    /// The countries that were most likely meant, best first, at most three.
    pub nearest: Vec<Country>,
}

impl fmt::Display for UnknownCountry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this is no ISO 3166 code of a country")
    }
}

impl std::error::Error for UnknownCountry {}

impl Country {
    /// The country with this alpha-2 code, in upper case: `US`, `GB`, `DE`.
    ///
    /// # Errors
    /// The countries that may have been meant: by lower case, by a code of three letters, by habit (`UK`), by name.
    pub fn parse(text: &str) -> Result<Country, UnknownCountry> {
        Country::by_code(text).ok_or_else(|| UnknownCountry { nearest: nearest(text) })
    }

    fn by_code(code: &str) -> Option<Country> {
        let row = COUNTRIES.binary_search_by_key(&code, |(alpha2, ..)| alpha2).ok()?;
        u8::try_from(row).ok().map(|row| Country { row })
    }

    /// Every country, in the order of their codes.
    pub fn all() -> impl Iterator<Item = Country> {
        COUNTRIES.iter().filter_map(|(code, ..)| Country::by_code(code))
    }

    fn entry(self) -> (&'static str, &'static str, &'static str) {
        // The row came from the table, so that the default is never seen.
        COUNTRIES.get(usize::from(self.row)).copied().unwrap_or_default()
    }

    /// Its ISO 3166 alpha-2 code.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.entry().0
    }

    /// Its name in English.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.entry().2
    }

    /// Its calling code, 1 to 999: 1 for the United States.
    #[must_use]
    pub fn calling_code(self) -> u16 {
        metadata::calling_code_of(self).unwrap_or_default()
    }

    /// Gets the numbering plan ready. That takes some milliseconds, which otherwise the first national number would wait;
    /// a host calls it when it loads a script.
    pub fn prepare(self) {
        // Any number does; this one is long enough to be compared with every rule.
        let _ = Packed::parse("2025550100").and_then(|number| metadata::to_e164(number, self));
    }

    /// The two letters of its code as a number, for a compiled script: `0x5553` for `US`.
    #[must_use]
    pub fn to_u16(self) -> u16 {
        match self.code().as_bytes() {
            [first, second] => u16::from_be_bytes([*first, *second]),
            _ => 0,
        }
    }

    /// The country of such a number.
    #[must_use]
    pub fn from_u16(code: u16) -> Option<Country> {
        Country::by_code(std::str::from_utf8(&code.to_be_bytes()).ok()?)
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Country({})", self.code())
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// What people write for a country that is no code of ISO 3166.
const HABITS: [(&str, &str); 14] = [
    ("UK", "GB"),
    ("EN", "GB"),
    ("England", "GB"),
    ("Great Britain", "GB"),
    ("Scotland", "GB"),
    ("Wales", "GB"),
    ("America", "US"),
    ("United States of America", "US"),
    ("Holland", "NL"),
    ("Deutschland", "DE"),
    ("EL", "GR"),
    ("SP", "ES"),
    ("JAP", "JP"),
    ("Korea", "KR"),
];

fn nearest(text: &str) -> Vec<Country> {
    // Nothing so long is near to any name; and the work below stays bounded.
    if text.is_empty() || text.len() > 64 {
        return Vec::new();
    }
    let is = |other: &str| text.eq_ignore_ascii_case(other);
    let exact = COUNTRIES.iter().find(|(alpha2, alpha3, name)| is(alpha2) || is(alpha3) || is(name)).map(|(alpha2, ..)| *alpha2);
    let habit = || HABITS.iter().find(|(habit, _)| is(habit)).map(|(_, code)| *code);
    if let Some(country) = exact.or_else(habit).and_then(Country::by_code) {
        return vec![country];
    }
    // Two letters are near to everything; names are worth a guess, and so are calling codes.
    let digits = text.strip_prefix('+').unwrap_or(text);
    if let Ok(code) = digits.parse::<u16>() {
        return Country::all().filter(|country| country.calling_code() == code).take(3).collect();
    }
    let lower = text.to_lowercase();
    let mut found: Vec<(usize, Country)> = Country::all()
        .map(|country| (strsim::damerau_levenshtein(&lower, &country.name().to_lowercase()), country))
        .filter(|(distance, country)| *distance <= country.name().len().min(lower.len()) / 3)
        .collect();
    found.sort_unstable();
    found.into_iter().map(|(_, country)| country).take(3).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rlibphonenumber::PHONE_NUMBER_UTIL;

    #[test]
    fn the_table_is_that_of_the_metadata() {
        let ours: Vec<String> = Country::all().map(|country| country.code().to_owned()).collect();
        let mut theirs: Vec<String> = PHONE_NUMBER_UTIL.get_supported_regions().map(|region| region.to_string()).collect();
        theirs.sort_unstable();
        assert_eq!(ours, theirs);
        assert!(COUNTRIES.len() <= 256);
        assert!(COUNTRIES.iter().all(|(alpha2, alpha3, name)| alpha2.len() == 2 && alpha3.len() == 3 && !name.is_empty()));
        let mut alpha3: Vec<_> = COUNTRIES.iter().map(|(_, alpha3, _)| alpha3).collect();
        alpha3.sort_unstable();
        alpha3.dedup();
        assert_eq!(alpha3.len(), COUNTRIES.len());
    }

    #[test]
    fn codes_go_out_and_come_in() {
        for country in Country::all() {
            assert_eq!(Country::parse(country.code()), Ok(country));
            assert_eq!(Country::from_u16(country.to_u16()), Some(country));
            assert!((1..=999).contains(&country.calling_code()), "{country}");
        }
        assert_eq!(Country::from_u16(0), None);
        assert_eq!(Country::from_u16(0xFFFF), None);
        let us = Country::parse("US").unwrap();
        assert_eq!((us.name(), us.calling_code(), us.to_u16()), ("United States", 1, 0x5553));
    }

    #[test]
    fn the_nearest_are_offered() {
        for (text, expected) in [
            ("us", &["US"][..]),
            ("USA", &["US"]),
            ("UK", &["GB"]),
            ("germany", &["DE"]),
            ("Germny", &["DE"]),
            ("Untied States", &["US"]),
            ("+49", &["DE"]),
            ("XX", &[]),
            ("", &[]),
            ("Ö", &[]),
        ] {
            let nearest = Country::parse(text).unwrap_err().nearest;
            assert_eq!(nearest.iter().map(|country| country.code()).collect::<Vec<_>>(), expected, "{text}");
        }
        assert!(Country::parse(&"x".repeat(100_000)).unwrap_err().nearest.is_empty());
    }
}
