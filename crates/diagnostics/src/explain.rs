//! The pages of `docs/errors`, as they were when this was built.

use crate::Code;

include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// The page on a code, in Markdown. The letter may be in either case or missing: `E0204`, `e0204`, `0204` and `204` are the
/// same. `None` when there is no such code, or no page on it yet; [`find_code`] tells these apart.
#[must_use]
pub fn explain(code: &str) -> Option<&'static str> {
    let code = find_code(code)?.to_string();
    PAGES.binary_search_by(|(other, _)| (*other).cmp(code.as_str())).ok().and_then(|at| PAGES.get(at)).map(|(_, page)| *page)
}

/// The code that a person means; see [`explain`].
#[must_use]
pub fn find_code(text: &str) -> Option<Code> {
    let text = text.trim();
    let digits = text.strip_prefix(['E', 'W', 'H', 'e', 'w', 'h']).unwrap_or(text);
    if digits.is_empty() || digits.len() > 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: u16 = digits.parse().ok()?;
    Code::ALL.iter().copied().find(|code| code.number() == number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_however_they_are_written() {
        for text in ["E0101", "e0101", "0101", "101", " E101 "] {
            assert_eq!(find_code(text), Some(Code::UnexpectedText), "{text:?}");
        }
        for text in ["", "E", "E00101", "X0101", "E-101", "+101", "9999"] {
            assert_eq!(find_code(text), None, "{text:?}");
        }
    }

    #[test]
    fn numbers_are_unique() {
        let mut numbers: Vec<u16> = Code::ALL.iter().map(|code| code.number()).collect();
        numbers.sort_unstable();
        let all = numbers.len();
        numbers.dedup();
        assert_eq!(numbers.len(), all);
    }

    /// Holds from the first page on: then every code has one, and no page is left over.
    #[test]
    fn every_code_has_a_page() {
        if PAGES.is_empty() {
            return;
        }
        let missing: Vec<String> = Code::ALL.iter().map(ToString::to_string).filter(|code| explain(code).is_none()).collect();
        assert!(missing.is_empty(), "no page under docs/errors for {missing:?}");
        let orphans: Vec<&str> = PAGES.iter().map(|(code, _)| *code).filter(|code| explain(code).is_none()).collect();
        assert!(orphans.is_empty(), "pages of no code: {orphans:?}");
    }
}
