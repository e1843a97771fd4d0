//! Telephone numbers, addresses, patterns and keys as they stand in a script.

use callroute_diagnostics::{Applicability, Code, Diagnostic, Span};
use callroute_numbers::{Literal, LiteralErrorKind, Packed, Party, Pattern, Plausibility, check_literal, describe, mended};
use callroute_syntax::tree::{self, ExprKind};

use crate::env::Env;
use crate::typed::{Phone, PhonePattern};
use crate::types::quote;

impl Env<'_> {
    /// A number or address as written; what is none is reported, and one that is odd warned of.
    pub fn phone(&mut self, spelling: &str, span: Span) -> Option<Phone> {
        let literal = self.literal(spelling, span)?;
        Some(match literal {
            Literal::Number { number, .. } => Phone::Number(number),
            Literal::Address { text, .. } => Phone::Address(with_parameters(text, spelling)),
        })
    }

    /// A number or address: [`ExprKind::Number`], [`ExprKind::Phone`] or a plain text; also in parentheses.
    pub fn phone_expr(&mut self, expr: &tree::Expr) -> Option<Phone> {
        let spelling = self.phone_spelling(expr)?;
        self.phone(&spelling, expr.span)
    }

    /// What stands right of `from is`, in lists, and in the arms of a switch over numbers: a number, a pattern or an address.
    pub fn phone_pattern(&mut self, expr: &tree::Expr) -> Option<PhonePattern> {
        if let ExprKind::Pattern(spelling) = &expr.kind {
            return self.number_pattern(spelling, expr.span).map(PhonePattern::Numbers);
        }
        let spelling = self.phone_spelling(expr)?;
        Some(match self.literal(&spelling, expr.span)?.party() {
            Party::Number(number) => PhonePattern::Numbers(Pattern::exact(number)),
            Party::Address(text) => PhonePattern::Address(text.to_owned()),
            // A literal is never withheld.
            Party::Withheld => return None,
        })
    }

    /// A pattern of numbers by its spelling.
    pub(crate) fn number_pattern(&mut self, spelling: &str, span: Span) -> Option<Pattern> {
        match Pattern::parse(spelling) {
            Ok(pattern) => Some(pattern),
            Err(error) => {
                let at = self.within(span, spelling, error.at);
                let diagnostic = self
                    .diag(Code::MalformedPattern, at, format!("{} is no pattern of numbers: {error}", quote(spelling)))
                    .help("in a pattern `x` is any digit, `[2-9]` one of several, and `*` at its end any rest: `+1312*`, `+1312555xxxx`");
                self.report(diagnostic);
                None
            }
        }
    }

    /// Keys: a menu's head, or what collected digits are compared with.
    pub fn key_pattern(&mut self, expr: &tree::Expr) -> Option<Pattern> {
        let spelling = match &expr.kind {
            ExprKind::Error => return None,
            ExprKind::Number(spelling, _) | ExprKind::Phone(spelling) | ExprKind::Pattern(spelling) => spelling.clone(),
            ExprKind::Text(template) => self.plain_text(template)?,
            ExprKind::Paren(inner) => return self.key_pattern(inner),
            _ => {
                let message = format!("expected keys of a telephone, found {}", crate::types::describe(expr));
                let diagnostic = self.diag(Code::MalformedKeys, expr.span, message).help(KEYS_HELP);
                self.report(diagnostic);
                return None;
            }
        };
        match Pattern::parse_keys(&spelling) {
            Ok(pattern) => Some(pattern),
            Err(error) => {
                let at = self.within(expr.span, &spelling, error.at);
                let diagnostic = self
                    .diag(Code::MalformedKeys, at, format!("{} cannot be pressed on a telephone: {error}", quote(&spelling)))
                    .help(KEYS_HELP);
                self.report(diagnostic);
                None
            }
        }
    }

    fn phone_spelling(&mut self, expr: &tree::Expr) -> Option<String> {
        match &expr.kind {
            ExprKind::Number(spelling, _) | ExprKind::Phone(spelling) => Some(spelling.clone()),
            ExprKind::Text(template) => self.plain_text(template),
            ExprKind::Paren(inner) => self.phone_spelling(inner),
            ExprKind::Error => None,
            ExprKind::Pattern(spelling) => {
                let diagnostic = self
                    .diag(
                        Code::MalformedNumber,
                        expr.span,
                        format!("{} is a pattern of numbers, and one number is wanted here", quote(spelling)),
                    )
                    .help("patterns stand in lists and after `from is`, `from in` and `switch from`");
                self.report(diagnostic);
                None
            }
            _ => {
                self.wrong_type(expr, crate::typed::Ty::Phone);
                None
            }
        }
    }

    fn literal(&mut self, spelling: &str, span: Span) -> Option<Literal> {
        match check_literal(spelling) {
            Ok(literal) => {
                if let Literal::Number { number, plausibility } = &literal
                    && !self.plausible(*number, *plausibility, span)
                {
                    return None;
                }
                Some(literal)
            }
            Err(error) => {
                let at = self.within(span, spelling, error.at);
                let shown = quote(spelling);
                let written = |text: &str| if self.text(span).starts_with('"') { format!("\"{text}\"") } else { text.to_owned() };
                let diagnostic = match &error.kind {
                    LiteralErrorKind::Separators { fixed } => self
                        .diag(Code::MalformedNumber, at, format!("a number is written without separators: {shown}"))
                        .fix(Applicability::Safe, format!("write `{fixed}`"), span, written(fixed)),
                    LiteralErrorKind::Scheme { fixed } => self
                        .diag(Code::MalformedAddress, span, format!("an address begins with `sip:` or `sips:`: {shown}"))
                        .fix(Applicability::Safe, format!("write `{fixed}`"), span, written(fixed)),
                    LiteralErrorKind::Address(_) => self.diag(Code::MalformedAddress, at, format!("{error}: {shown}")),
                    _ => self
                        .diag(Code::MalformedNumber, at, format!("{error}: {shown}"))
                        .help("a number is written as `+14155550123`, `911` or `*97`, an address as `sip:ana@example.com`"),
                };
                self.report(diagnostic);
                None
            }
        }
    }

    /// Judges an E.164 number. One that nobody can have is an error; one of an unusual length, a warning: numbering plans change, and
    /// short ones serve in laboratories.
    fn plausible(&mut self, number: Packed, plausibility: Plausibility, span: Span) -> bool {
        let country = || describe(number).map_or_else(String::new, |what| format!(" ({what})"));
        let (code, message) = match plausibility {
            Plausibility::Internal | Plausibility::Possible => return true,
            Plausibility::UnknownCallingCode => (Code::ImpossibleNumber, format!("no country has the calling code of `{number}`")),
            Plausibility::TooLong => (Code::ImpossibleNumber, format!("`{number}` is too long for a number of its country{}", country())),
            Plausibility::TooShort => (Code::OddNumber, format!("`{number}` is too short for a number of its country{}", country())),
            _ => (Code::OddNumber, format!("no number of its country is as long as `{number}`{}", country())),
        };
        let is_error = code == Code::ImpossibleNumber;
        let mut diagnostic = self.diag(code, span, message);
        diagnostic = match plausibility {
            Plausibility::TooShort => {
                diagnostic.help(format!("for all numbers that begin so write `{number}*`, where a pattern may stand"))
            }
            Plausibility::UnknownCallingCode => {
                diagnostic.help("after `+` stands the calling code of a country, without any `0` or `00` before it")
            }
            _ => diagnostic,
        };
        if let Some(better) = mended(number) {
            diagnostic = with_better(diagnostic, span, better, self.text(span).starts_with('"'));
        }
        self.report(diagnostic);
        !is_error
    }

    /// The character at byte `at` of a spelling that stands in `span`, where the two can be told to agree; else all of it.
    fn within(&self, span: Span, spelling: &str, at: usize) -> Span {
        if self.text(span) != spelling {
            return span;
        }
        let rest = spelling.get(at..).unwrap_or("");
        let Some(length) = rest.chars().next().map(char::len_utf8) else { return span };
        let start = span.start.saturating_add(u32::try_from(at).unwrap_or(0));
        if at == 0 { span } else { Span::new(start, start.saturating_add(u32::try_from(length).unwrap_or(1))) }
    }
}

const KEYS_HELP: &str = "keys are `0` to `9`, `*` and `#`; `x` is any digit, `[2-9]` one of several: `1xx`";

fn with_better(diagnostic: Diagnostic, span: Span, better: Packed, quoted: bool) -> Diagnostic {
    let text = if quoted { format!("\"{better}\"") } else { better.to_string() };
    diagnostic.help(format!("did you mean `{better}`?")).fix(Applicability::Maybe, format!("write `{better}`"), span, text)
}

/// A normalised address with the parameters of its spelling (`;transport=tls`): they say nothing about who it is, but much about
/// how it is reached.
fn with_parameters(mut normal: String, spelling: &str) -> String {
    let host = spelling.split_once('@').map_or(spelling, |(_, host)| host);
    if let Some(at) = host.find([';', '?']) {
        normal.push_str(host.get(at..).unwrap_or(""));
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_kept() {
        assert_eq!(with_parameters("sip:a@b".into(), "SIP:a@B;transport=tls?x=1"), "sip:a@b;transport=tls?x=1");
        assert_eq!(with_parameters("sip:a;x@b".into(), "sip:a;x@b"), "sip:a;x@b");
        assert_eq!(with_parameters("sip:gw".into(), "sip:gw;lr"), "sip:gw;lr");
    }
}
