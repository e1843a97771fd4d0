//! Days: what follows the words of one that has begun (`last mon of may`, `every 2 weeks`).

use super::{Completer, MONTHS};
use crate::context::Inside;
use crate::lex::{Kind as Tok, Token};

const WEEKDAYS: &[&str] = &["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const ORDINALS: &[&str] = &["1st", "2nd", "3rd", "4th", "5th", "last"];

impl Completer<'_> {
    /// A day that has begun, where days stand; false: none has.
    pub(super) fn day_goes_on(&mut self) -> bool {
        let source = self.context.source;
        let asked =
            self.context.call().and_then(|(callee, _)| callee).is_some_and(|token| token.is(source, "on") || token.is(source, "hours"));
        if !asked && !matches!(self.context.inside(), Some(Inside::Dates | Inside::Schedule)) {
            return false;
        }
        let mut back = self.context.line.iter().rev();
        let (Some(last), before) = (back.next(), back.next()) else { return false };
        let is = |token: &Token, words: &[&str]| words.iter().any(|word| token.text(source).eq_ignore_ascii_case(word));
        let behind = |words: &[&str]| before.is_some_and(|token| is(token, words));
        if is(last, ORDINALS) {
            self.words(WEEKDAYS, 1);
            self.words(&["workday"], 2);
        } else if is(last, &["of"]) {
            self.words(MONTHS, 1);
            self.words(&["month"], 2);
        } else if behind(ORDINALS) && last.kind == Tok::Word {
            self.words(&["of"], 1);
        } else if behind(&["every"]) && last.kind == Tok::Literal {
            self.words(&["days", "weeks", "months", "years"], 1);
        } else {
            // A number is wanted behind `every`.
            return is(last, &["every"]);
        }
        true
    }
}
