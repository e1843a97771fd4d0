//! Conditions: which comparisons a value has, and what it is compared with.

use callroute_analysis::typed::Ty;

use super::{Completer, Picture};
use crate::lex::{Kind as Tok, Token};

/// The words that comparisons consist of.
const OPERATORS: &[&str] = &["is", "not", "in", "starts", "ends", "with", "contains", "above", "below", "at", "least", "most"];

/// The comparisons of values of a type; all of them if nothing is known of it.
fn comparisons(ty: Option<Ty>) -> &'static [&'static str] {
    match ty {
        None => {
            &["is", "is not", "in", "not in", "is missing", "starts with", "ends with", "contains", "above", "below", "at least", "at most"]
        }
        Some(Ty::Number | Ty::Duration) => &["is", "is not", "in", "not in", "is missing", "above", "below", "at least", "at most"],
        Some(Ty::Text | Ty::Digits | Ty::Enum(_)) => {
            &["is", "is not", "in", "not in", "is missing", "starts with", "ends with", "contains"]
        }
        Some(Ty::Flag) => &["is missing"],
        Some(_) => &["is", "is not", "in", "not in", "is missing"],
    }
}

impl Completer<'_> {
    /// Behind `when` and whatever follows it.
    pub(super) fn condition(&mut self) {
        let source = self.context.source;
        let line = &self.context.line;
        // Behind `hours(…)`, `in (…)` and anything else that has ended.
        if line.last().is_some_and(|token| token.kind == Tok::RightParen) {
            return self.words(&["and", "or"], 1);
        }
        let is = |token: &Token, words: &[&str]| words.iter().any(|word| token.is(source, word));
        let begin = line.iter().rposition(|token| is(token, &["when", "and", "or"])).map_or(0, |at| at.saturating_add(1));
        let question: Vec<Token> =
            line.get(begin..).unwrap_or_default().iter().skip_while(|token| token.is(source, "not")).copied().collect();
        let operator = question.iter().rposition(|token| is(token, OPERATORS));
        let subject = words(source, question.iter().take_while(|token| !is(token, OPERATORS)));
        let behind = operator.and_then(|at| question.get(at.saturating_add(1)..)).unwrap_or_default();
        match operator.and_then(|at| question.get(at)).map(|token| token.text(source).to_ascii_lowercase()) {
            _ if !behind.is_empty() => self.words(&["and", "or"], 1),
            None => {
                let ty = self.type_of(&subject);
                self.words(comparisons(ty), 1);
                if matches!(ty, None | Some(Ty::Flag)) {
                    self.words(&["and", "or"], 1);
                }
            }
            Some(word) => match word.as_str() {
                "starts" | "ends" => self.words(&["with"], 1),
                "at" => self.words(&["least", "most"], 1),
                "is" => self.right_side(&subject),
                "not" => self.side(&subject),
                "in" => {
                    self.names(callroute_analysis::names::Kind::List, 1);
                    self.side(&subject);
                }
                _ => self.values(1),
            },
        }
    }

    /// Behind `is`: what else may stand there than the other side.
    pub(super) fn right_side(&mut self, subject: &[String]) {
        self.words(&["not", "missing"], 3);
        self.side(subject);
    }

    /// What a value is compared with, or set to: the values of its enumeration, else what a value may be.
    pub(super) fn side(&mut self, subject: &[String]) {
        match subject {
            [side] if matches!(side.as_str(), "from" | "to") => {
                self.words(&["anonymous"], 1);
                self.number_patterns(3);
                self.values(2);
            }
            [word] if word == "language" => self.languages(),
            _ => match self.type_of(subject) {
                ty @ Some(Ty::Enum(_) | Ty::Flag) => self.values_of(ty),
                _ => self.values(2),
            },
        }
    }

    /// The values of a type that has few of them.
    pub(super) fn values_of(&mut self, ty: Option<Ty>) {
        match ty {
            Some(Ty::Enum(id)) => {
                let found = self.program().and_then(|program| program.enums.get(id.index()));
                for value in found.into_iter().flat_map(|found| &found.values) {
                    self.push(value, Picture::Value, "value", 1);
                }
            }
            Some(Ty::Flag) => self.words(&["true", "false"], 1),
            _ => {}
        }
    }

    /// The type of the value with these words: an input, a parameter, a row and its field.
    pub(super) fn type_of(&self, subject: &[String]) -> Option<Ty> {
        let program = self.program()?;
        match subject {
            [side] if matches!(side.as_str(), "from" | "to") => Some(Ty::Phone),
            [side, _] if matches!(side.as_str(), "from" | "to") => Some(Ty::Text),
            [word] if word == "language" => None,
            [word] if word == "priority" => Some(Ty::Number),
            [word] => program.vars.iter().find(|var| var.name.eq_ignore_ascii_case(word)).map(|var| var.ty),
            [.., owner, field] => {
                let fields = self.row_fields(owner)?;
                fields.iter().find(|found| found.name.eq_ignore_ascii_case(field)).map(|found| found.ty)
            }
            [] => None,
        }
    }

    /// The words of the value that stands in front of `in (`.
    pub(super) fn before_list(&self, callee: Token) -> Vec<String> {
        let source = self.context.source;
        let before: Vec<Token> = self.context.line.iter().take_while(|token| token.span.end <= callee.span.start).copied().collect();
        let begin = before.iter().rposition(|token| ["when", "and", "or"].iter().any(|word| token.is(source, word)));
        let subject = before.get(begin.map_or(0, |at| at.saturating_add(1))..).unwrap_or_default();
        words(source, subject.iter().filter(|token| !token.is(source, "not")))
    }
}

fn words<'t>(source: &str, tokens: impl Iterator<Item = &'t Token>) -> Vec<String> {
    tokens.filter(|token| token.kind == Tok::Word).map(|token| token.text(source).to_ascii_lowercase()).collect()
}
