//! Durations as scripts write them: `500ms`, `20s`, `1m30s`.

use std::fmt::Write as _;

/// Units in falling order, with their milliseconds.
const UNITS: [(&str, u64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

/// Puts so many milliseconds behind what is there: `1h30m`; nothing is `0s`.
pub fn write_duration(out: &mut String, ms: u64) {
    if ms == 0 {
        out.push_str("0s");
    }
    let mut rest = ms;
    for (unit, size) in UNITS {
        if rest >= size {
            // Writing to a text cannot fail.
            let _ = write!(out, "{}{unit}", rest / size);
            rest %= size;
        }
    }
}

/// [`write_duration`] as a text of its own.
#[must_use]
pub fn format_duration(ms: u64) -> String {
    let mut out = String::new();
    write_duration(&mut out, ms);
    out
}

/// Milliseconds of a duration: units in falling order, each once. `None` where it is none, or longer than 64 bits can say.
#[must_use]
pub fn read_duration(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut total = 0u64;
    let mut last = u64::MAX;
    while !rest.is_empty() {
        let digits = rest.find(|found: char| !found.is_ascii_digit())?;
        let (number, after) = rest.split_at_checked(digits)?;
        let unit_len = after.find(|found: char| found.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(unit_len)?;
        let size = UNITS.iter().find(|(name, _)| *name == unit)?.1;
        if size >= last {
            return None;
        }
        last = size;
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(size)?)?;
        rest = after;
    }
    (last != u64::MAX).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_as_in_a_script() {
        for (text, ms) in [
            ("0s", 0),
            ("20s", 20_000),
            ("1m30s", 90_000),
            ("500ms", 500),
            ("1s500ms", 1500),
            ("1h", 3_600_000),
            ("25h", 90_000_000),
            ("2h3m4s5ms", 7_384_005),
        ] {
            assert_eq!(read_duration(text), Some(ms), "{text}");
            assert_eq!(format_duration(ms), text);
        }
        assert_eq!(read_duration(&format_duration(u64::MAX)), Some(u64::MAX));
        for text in ["", "5", "s", "5x", "1s1m", "1s2s", "-5s", "1.5s", "99999999999999999999s", "9999999999999999h"] {
            assert_eq!(read_duration(text), None, "{text}");
        }
    }
}
