//! Time zones by name: which texts name one, and what to offer for those that do not. Nothing here reads a clock or a calendar.

use std::fmt;

use chrono_tz::{TZ_VARIANTS, Tz};

use crate::zone_names::{ABBREVIATIONS, ALIASES, CITIES, OFFSETS};

/// An IANA time zone.
#[derive(Copy, Clone, Eq, PartialEq, Hash, Debug)]
pub struct Zone(pub(crate) Tz);

/// Why a text names no zone that a script may use. [`nearest`] finds what to offer instead.
#[derive(Copy, Clone, Eq, PartialEq, Hash, Debug)]
pub enum ZoneError {
    /// A fixed offset from UTC: `+05:00`, `UTC+5`, `GMT-5`, `Etc/GMT+5` (whose sign is the other way round), `Z`.
    Offset,
    /// An abbreviation or a POSIX rule: `EST`, `CST`, `GMT`, `EST5EDT`, `CET-1CEST`.
    Posix,
    /// Nothing known; also names in the wrong case.
    Unknown,
}

impl fmt::Display for ZoneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Offset => "a fixed offset is no time zone: it does not follow daylight saving time",
            Self::Posix => "an abbreviation is no time zone: it means several, or only half of the year",
            Self::Unknown => "no time zone of that name",
        })
    }
}

impl std::error::Error for ZoneError {}

impl Zone {
    /// Coordinated Universal Time.
    pub const UTC: Self = Self(Tz::UTC);

    /// The zone of an IANA name, spelled as IANA spells it. An old name gives the zone that replaced it (see [`alias_of`]), so that equal
    /// zones compare equal; `Etc/UTC` gives [`Zone::UTC`].
    ///
    /// # Errors
    ///
    /// [`ZoneError`] for offsets, abbreviations and whatever is unknown.
    pub fn parse(text: &str) -> Result<Self, ZoneError> {
        if offset_minutes(text).is_some() {
            return Err(ZoneError::Offset);
        }
        if abbreviation(text).is_some() {
            return Err(ZoneError::Posix);
        }
        let name = match text {
            "Etc/UTC" => "UTC",
            _ => alias_of(text).unwrap_or(text),
        };
        name.parse().map(Self).map_err(|_| ZoneError::Unknown)
    }

    /// The IANA name: `America/Chicago`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name()
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The present name of an old one: `US/Central` gives `America/Chicago`. `None` for present names and for what is no zone.
#[must_use]
pub fn alias_of(text: &str) -> Option<&'static str> {
    let at = ALIASES.binary_search_by_key(&text, |&(old, _)| old).ok()?;
    ALIASES.get(at).map(|&(_, new)| new)
}

/// The names that a script should use, in alphabetical order by region: no old names, no abbreviations, no offsets.
pub fn zones() -> impl Iterator<Item = &'static str> {
    TZ_VARIANTS.iter().map(|tz| tz.name()).filter(|&name| is_current(name))
}

/// True for a name of the data that a script should use.
fn is_current(name: &str) -> bool {
    !name.starts_with("Etc/") && alias_of(name).is_none() && offset_minutes(name).is_none() && abbreviation(name).is_none()
}

/// Version of the IANA data: `2025b`.
#[must_use]
pub const fn tz_version() -> &'static str {
    chrono_tz::IANA_TZDB_VERSION
}

/// How many names [`nearest`] offers at most.
const OFFERS: usize = 3;
/// Longest text for which names are compared letter by letter.
const LONGEST: usize = 64;

/// Up to three zones that somebody who wrote `text` may have meant, the likeliest first; empty when nothing is near.
///
/// Knows abbreviations (`EST`), fixed offsets (`UTC+5`), a city or a country alone (`Chicago`, `Japan`), cities without a zone of their own
/// (`America/Boston`), the wrong region or case, and slips of the pen (`America/Chigaco`). Old names are never offered.
#[must_use]
pub fn nearest(text: &str) -> Vec<&'static str> {
    let text = text.trim();
    if let Some(minutes) = offset_minutes(text) {
        let found = OFFSETS.iter().find(|&&(offset, _)| offset == minutes);
        return found.map(|(_, zones)| zones.to_vec()).unwrap_or_default();
    }
    if let Some(zones) = abbreviation(text) {
        return zones.to_vec();
    }
    if text.is_empty() || text.len() > LONGEST {
        return Vec::new();
    }
    let wanted = folded(text);
    let city = last_part(&wanted);
    let mut scored: Vec<(usize, &'static str)> = Vec::new();
    if let Some(&(_, zone)) = CITIES.iter().find(|&&(name, _)| name == city) {
        scored.push((1, zone));
    }
    for tz in TZ_VARIANTS {
        let name = tz.name();
        let Some(zone) = alias_of(name).or_else(|| is_current(name).then_some(name)) else { continue };
        let name = folded(name);
        let by_name = near(&wanted, &name);
        // The right city in the wrong region, or with none.
        let by_city = near(city, last_part(&name)).map(|distance| distance * 2 + usize::from(wanted.contains('/')));
        if let Some(distance) = [by_name.map(|distance| distance * 2), by_city].into_iter().flatten().min() {
            scored.push((distance, zone));
        }
    }
    let best = scored.iter().map(|&(distance, _)| distance).min().unwrap_or(0);
    scored.retain(|&(distance, _)| distance <= best + 2);
    scored.sort_unstable();
    let mut offers: Vec<&'static str> = Vec::new();
    for (_, zone) in scored {
        if offers.len() < OFFERS && !offers.contains(&zone) {
            offers.push(zone);
        }
    }
    offers
}

/// In lower case, with `_` for blanks and hyphens.
fn folded(text: &str) -> String {
    text.chars().map(|c| if c == ' ' || c == '-' { '_' } else { c.to_ascii_lowercase() }).collect()
}

/// What follows the last `/`.
fn last_part(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// Edit distance, when it is small for the length: one slip in three letters, never more than three.
fn near(wanted: &str, name: &str) -> Option<usize> {
    let length = wanted.len().min(name.len());
    let limit = (length / 3).min(3);
    if wanted.len().abs_diff(name.len()) > limit {
        return None;
    }
    let distance = strsim::osa_distance(wanted, name);
    (distance <= limit).then_some(distance)
}

/// The zones meant by an abbreviation, or by the letters that a POSIX rule (`EST5EDT`) begins with.
fn abbreviation(text: &str) -> Option<&'static [&'static str]> {
    let upper = text.to_ascii_uppercase();
    let known = |name: &str| {
        let at = ABBREVIATIONS.binary_search_by_key(&name, |&(name, _)| name).ok()?;
        ABBREVIATIONS.get(at).map(|&(_, zones)| zones)
    };
    if let Some(zones) = known(&upper) {
        return Some(zones);
    }
    // std offset [dst …]: three letters or more, then an hour.
    let letters = upper.trim_start_matches(|c: char| c.is_ascii_uppercase());
    let name = upper.strip_suffix(letters)?;
    let hour = letters.strip_prefix(['+', '-']).unwrap_or(letters);
    let is_rule = (3..=5).contains(&name.len()) && hour.starts_with(|c: char| c.is_ascii_digit());
    is_rule.then(|| known(name).unwrap_or_default())
}

/// Minutes east of UTC, when `text` is a fixed offset. `Etc/GMT+5` is west of Greenwich, as POSIX has it; `UTC+5` is east.
fn offset_minutes(text: &str) -> Option<i32> {
    if text.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    if let Some(rest) = strip_prefix_ignore_case(text, "Etc/GMT") {
        return if rest.is_empty() { Some(0) } else { signed_minutes(rest).map(|minutes| -minutes) };
    }
    for prefix in ["UTC", "GMT", "UT"] {
        if let Some(minutes) = strip_prefix_ignore_case(text, prefix).and_then(signed_minutes) {
            return Some(minutes);
        }
    }
    if text.starts_with(['+', '-', '\u{2212}']) { signed_minutes(text) } else { None }
}

/// What follows `prefix`, which is ASCII.
fn strip_prefix_ignore_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    if head.eq_ignore_ascii_case(prefix) { text.get(prefix.len()..) } else { None }
}

/// `+5`, `-05`, `+0530`, `+05:30`, and `0` without a sign.
fn signed_minutes(text: &str) -> Option<i32> {
    if text == "0" {
        return Some(0);
    }
    let text = text.trim_start();
    let (sign, digits) = match text.strip_prefix('+') {
        Some(digits) => (1, digits),
        None => (-1, text.strip_prefix(['-', '\u{2212}'])?),
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some((hours, minutes)) => (hours, minutes),
        None if digits.len() == 4 => (digits.get(..2)?, digits.get(2..)?),
        None => (digits, "0"),
    };
    let number = |text: &str| -> Option<i32> {
        let fits = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        if fits { text.parse().ok() } else { None }
    };
    Some(sign * (number(hours)? * 60 + number(minutes)?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use chrono_tz::TZ_VARIANTS;

    use super::{Zone, ZoneError, alias_of, nearest, tz_version, zones};
    use crate::clock::local;
    use crate::zone_names::{ABBREVIATIONS, ALIASES, CITIES, OFFSETS};

    /// Every 40 days from 1970 to 2040.
    fn probes() -> impl Iterator<Item = i64> {
        (0..640).map(|step| step * 40 * 86_400)
    }

    #[test]
    fn names_are_exact() {
        assert_eq!(Zone::parse("America/Chicago").unwrap().name(), "America/Chicago");
        assert_eq!(Zone::parse("UTC"), Ok(Zone::UTC));
        assert_eq!(Zone::parse("Etc/UTC"), Ok(Zone::UTC));
        for text in
            ["america/chicago", "America/Chicago ", "", "Foo/Bar", "America/Chigaco", "America", "utc", "Chicago", "5", "America/Chicago\0"]
        {
            assert_eq!(Zone::parse(text), Err(ZoneError::Unknown), "{text:?}");
        }
    }

    #[test]
    fn offsets_and_abbreviations_are_told_apart() {
        for text in [
            "+05:00",
            "-6",
            "UTC+5",
            "UTC-05:30",
            "GMT-5",
            "GMT+0",
            "GMT0",
            "Etc/GMT+5",
            "Etc/GMT-14",
            "Etc/GMT",
            "Etc/GMT0",
            "Z",
            "utc+1",
            "+0530",
            "\u{2212}03:00",
        ] {
            assert_eq!(Zone::parse(text), Err(ZoneError::Offset), "{text}");
        }
        for text in [
            "EST",
            "EST5EDT",
            "CST6CDT",
            "MST7MDT",
            "PST8PDT",
            "MST",
            "HST",
            "CET",
            "EET",
            "MET",
            "WET",
            "GMT",
            "CST",
            "pst",
            "CET-1CEST",
            "XYZ3",
            "EST+5EDT,M3.2.0,M11.1.0",
        ] {
            assert_eq!(Zone::parse(text), Err(ZoneError::Posix), "{text}");
        }
    }

    #[test]
    fn every_name_of_the_data_is_a_zone_or_a_known_error() {
        for tz in TZ_VARIANTS {
            match Zone::parse(tz.name()) {
                Ok(zone) => assert!(zone.name() == tz.name() || alias_of(tz.name()) == Some(zone.name()) || tz.name() == "Etc/UTC", "{tz}"),
                Err(ZoneError::Offset) => assert!(tz.name().contains("GMT"), "{tz}"),
                Err(ZoneError::Posix) => assert!(!tz.name().contains('/'), "{tz}"),
                Err(ZoneError::Unknown) => panic!("{tz}"),
            }
        }
        let all: Vec<_> = zones().collect();
        assert!(all.len() > 400 && all.contains(&"UTC") && all.contains(&"Europe/Amsterdam") && all.contains(&"Europe/Kyiv"));
        for name in all {
            assert_eq!(Zone::parse(name).unwrap().name(), name);
        }
        assert_eq!(tz_version().len(), 5);
    }

    #[test]
    fn old_names_keep_the_time_of_the_new_ones() {
        assert!(ALIASES.is_sorted_by_key(|&(old, _)| old));
        for &(old, new) in ALIASES {
            assert_eq!(alias_of(new), None, "{old}");
            assert_eq!(Zone::parse(old).unwrap(), Zone::parse(new).unwrap());
            let (before, after) = (Zone(old.parse().unwrap()), Zone(new.parse().unwrap()));
            for unix in probes() {
                assert_eq!(local(before, unix), local(after, unix), "{old} {new} {unix}");
            }
        }
        assert_eq!(alias_of("US/Central"), Some("America/Chicago"));
        assert_eq!(alias_of("Europe/Kiev"), Some("Europe/Kyiv"));
        assert_eq!(alias_of("Europe/Amsterdam"), None);
        assert_eq!(alias_of("America/Chicago"), None);
    }

    #[test]
    fn tables_are_sorted_and_name_zones_that_scripts_should_use() {
        assert!(ABBREVIATIONS.is_sorted_by_key(|&(name, _)| name));
        assert!(CITIES.is_sorted_by_key(|&(name, _)| name));
        let offered = ABBREVIATIONS.iter().flat_map(|(_, zones)| zones.iter()).chain(OFFSETS.iter().flat_map(|(_, zones)| zones.iter()));
        for name in offered.chain(CITIES.iter().map(|(_, zone)| zone)) {
            assert!(zones().any(|zone| zone == *name), "{name}");
        }
        for (minutes, zones) in OFFSETS {
            for name in *zones {
                // 15 January and 15 July 2026: one of them is standard time.
                let zone = Zone::parse(name).unwrap();
                let offset =
                    |unix: i64| (i64::from(local(zone, unix).day.0) * 1440 + i64::from(local(zone, unix).minute) - unix / 60) as i32;
                assert!(offset(1_768_435_200) == *minutes || offset(1_784_073_600) == *minutes, "{name}");
            }
        }
    }

    #[test]
    fn what_people_write_finds_what_they_mean() {
        for (text, first) in [
            ("America/Chigaco", "America/Chicago"),
            ("america/chicago", "America/Chicago"),
            ("Chicago", "America/Chicago"),
            ("chicago", "America/Chicago"),
            ("New York", "America/New_York"),
            ("America/New-York", "America/New_York"),
            ("EST", "America/New_York"),
            ("EST5EDT", "America/New_York"),
            ("CST", "America/Chicago"),
            ("PST8PDT", "America/Los_Angeles"),
            ("CET", "Europe/Berlin"),
            ("GMT", "Europe/London"),
            ("UTC+1", "Europe/Berlin"),
            ("Etc/GMT+5", "America/New_York"),
            ("Etc/GMT-5", "Asia/Karachi"),
            ("UTC-5", "America/New_York"),
            ("+05:30", "Asia/Kolkata"),
            ("US/Centrl", "America/Chicago"),
            ("Eastern", "America/New_York"),
            ("America/Berlin", "Europe/Berlin"),
            ("America/Boston", "America/New_York"),
            ("Europe/Lodnon", "Europe/London"),
            ("japan", "Asia/Tokyo"),
            ("Munich", "Europe/Berlin"),
            ("utc", "UTC"),
            ("Z", "UTC"),
            ("Indianapolis", "America/Indiana/Indianapolis"),
            ("Calcutta", "Asia/Kolkata"),
        ] {
            assert_eq!(nearest(text).first(), Some(&first), "{text}: {:?}", nearest(text));
            assert!(nearest(text).len() <= 3);
        }
        for text in ["", "Foo/Bar", "x", "/", "Qwertyuiop", "é/ü", &"a".repeat(10_000), "UTC+99", "Etc/GMT+", "XYZ3"] {
            assert!(nearest(text).is_empty(), "{text}: {:?}", nearest(text));
        }
    }
}
