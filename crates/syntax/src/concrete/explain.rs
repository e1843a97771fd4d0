//! What to say about text that the grammar could not read: the habits of other languages, by the look of them.

use callroute_diagnostics::{Applicability, Code, Span};

use super::Builder;
use crate::scan::shorten;
use crate::words::{DEFINITIONS, STEPS};

pub(super) use crate::words::is_reserved;

/// Where unreadable text stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Where {
    /// Where a step, an arm or a definition begins.
    Item {
        /// An arm stands before it, in the same block.
        after_arm: bool,
    },
    /// In the head of a construct, before its block.
    Head(&'static str),
    /// In a condition.
    Condition,
    /// Between the parentheses of arguments or values.
    Parens,
    /// Between the parentheses of parameters.
    Params,
    /// Between the parentheses of `hours`.
    Hours,
    /// Where dates stand.
    Dates,
    /// A line of a schedule.
    ScheduleLine,
    /// A line or row of a test.
    TestLine,
    /// An entry of some other block: what it is, and how it is written.
    Entry(&'static str, &'static str),
}

/// The word of `known` that is nearest to `text`, if it is near at all.
pub(super) fn nearest<'k>(text: &str, known: &[&'k str]) -> Option<&'k str> {
    let lower = text.to_ascii_lowercase();
    let length = lower.chars().count();
    if length > 32 {
        return None;
    }
    let limit = match length {
        0..=2 => 0,
        3..=5 => 1,
        _ => 2,
    };
    known
        .iter()
        .map(|word| (strsim::damerau_levenshtein(&lower, word), *word))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

pub(super) fn is_month(word: &str) -> bool {
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"].contains(&word)
}

impl Builder<'_> {
    /// Reports text that could not be read, once, in the best words there are.
    pub(super) fn unreadable(&mut self, span: Span, place: Where) {
        let text = self.text(span);
        let message = format!("`{}` cannot be read here", shorten(text));
        let _ = (place, Applicability::Safe, STEPS, DEFINITIONS);
        self.error(Code::UnexpectedText, span, message, "remove it");
    }
}
