//! Values: words, texts with insertions, fields, and what stands in parentheses.

use callroute_diagnostics::{Applicability, Code, Span};
use pest::Parser as _;

use super::explain::Where;
use super::{Builder, Node, RouteParser, Rule, inside, part};
use crate::scan::shorten;
use crate::tree::{Call, Expr, ExprKind, Name, Target, Template, TemplatePart, Text};

/// Do braces in a text insert values?
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Braces {
    /// They do.
    Insert,
    /// A brace is a brace.
    Plain,
}

/// What form of value an option wants.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Want {
    /// `20s`
    Duration,
    /// `3`
    Count,
}

impl Builder<'_> {
    /// A value, by the node that wraps it.
    pub(super) fn value(&mut self, node: &Node<'_>, braces: Braces) -> Expr {
        match inside(node) {
            Some(inner) => self.atom(&inner, braces),
            None => Expr { kind: ExprKind::Error, span: self.span(node) },
        }
    }

    pub(super) fn error_expr(span: Span) -> Expr {
        Expr { kind: ExprKind::Error, span }
    }

    /// A value, by the node of its form.
    pub(super) fn atom(&mut self, node: &Node<'_>, braces: Braces) -> Expr {
        let span = self.span(node);
        let text = node.as_str();
        let kind = match node.as_rule() {
            Rule::string => ExprKind::Text(self.template(node, braces)),
            Rule::uri => ExprKind::Phone(text.to_owned()),
            Rule::messy | Rule::messy_local => self.messy(text, span),
            Rule::percent => self.percent(text, span).map_or(ExprKind::Error, ExprKind::Percent),
            Rule::duration => self.duration(text, span).map_or(ExprKind::Error, ExprKind::Duration),
            Rule::decimal | Rule::digits => ExprKind::Number(text.to_owned(), text.parse().unwrap_or(0.0)),
            Rule::phone => ExprKind::Phone(text.to_owned()),
            Rule::channel => {
                let user = text.split('/').nth(1).unwrap_or("ana").split('@').next().unwrap_or("ana");
                let help = format!("an address is written `sip:{}@example.com`", shorten(user));
                self.error(Code::ForeignWord, span, format!("`{}` is a channel of Asterisk", shorten(text)), help);
                ExprKind::Error
            }
            Rule::bare_host => {
                self.fixed(Code::UnquotedText, span, "an address begins with `sip:`", Applicability::Maybe, format!("sip:{text}"));
                ExprKind::Error
            }
            Rule::pattern => self.pattern(text, span),
            Rule::keys => ExprKind::Pattern(text.to_owned()),
            Rule::bad_number => self.bad_number(text, span),
            Rule::field => return self.field_expr(node),
            Rule::flag => ExprKind::Flag(text.eq_ignore_ascii_case("true")),
            Rule::kw_from => ExprKind::From,
            Rule::kw_to => ExprKind::To,
            Rule::name | Rule::any_word | Rule::right_word => ExprKind::Name(self.word(node)),
            Rule::odd_name => {
                self.odd_name(text, span);
                ExprKind::Error
            }
            Rule::paren => return self.paren(node),
            _ => ExprKind::Error,
        };
        Expr { kind, span }
    }

    /// A value to the right of a comparison, or as a test's answer, where `missing` and `anonymous` mean themselves.
    pub(super) fn right_value(&mut self, node: &Node<'_>) -> Expr {
        let mut value = self.value(node, Braces::Plain);
        if let ExprKind::Name(name) = &value.kind {
            let text = name.text.as_str();
            if text.eq_ignore_ascii_case("missing") {
                value.kind = ExprKind::Missing;
            } else if text.eq_ignore_ascii_case("anonymous") {
                value.kind = ExprKind::Anonymous;
            } else if text == "_" || text.eq_ignore_ascii_case("default") {
                let message = format!("`{text}` is no value");
                self.error(
                    Code::UnknownWord,
                    value.span,
                    message,
                    "name a value; what holds for all others belongs after the block: `… > else hangup`",
                );
                value.kind = ExprKind::Error;
            }
        }
        value
    }

    fn field_expr(&mut self, node: &Node<'_>) -> Expr {
        let span = self.span(node);
        let mut parts = node.clone().into_inner();
        match (parts.next(), parts.next()) {
            (Some(row), Some(field)) => Expr { kind: ExprKind::Field(self.word(&row), self.word(&field)), span },
            _ => Self::error_expr(span),
        }
    }

    fn paren(&mut self, node: &Node<'_>) -> Expr {
        let span = self.span(node);
        let mut value: Option<Expr> = None;
        for child in node.clone().into_inner() {
            match child.as_rule() {
                Rule::value => value = Some(self.value(&child, Braces::Plain)),
                _ => {
                    let junk = self.span(&child);
                    let several = self.text(Span::new(span.start, junk.start)).trim_end().ends_with(',');
                    if several && !value.as_ref().is_some_and(|value| matches!(value.kind, ExprKind::Error)) {
                        self.error(
                            Code::WrongList,
                            junk,
                            "one value stands in these parentheses",
                            "what else a step is told has a word of its own: `voicemail \"office_closed\" box \"100\"`",
                        );
                    } else if !several {
                        self.unreadable(junk, Where::Parens);
                    }
                    value = Some(Self::error_expr(junk));
                }
            }
        }
        let value = value.unwrap_or_else(|| {
            let at = Span::at(span.start.saturating_add(1));
            self.error(
                Code::MissingValue,
                at,
                "a value is missing between the parentheses",
                "write a parameter, a field or collected digits: `(customer.owner)`",
            );
            Self::error_expr(at)
        });
        Expr { kind: ExprKind::Paren(Box::new(value)), span }
    }

    /// A number, duration or count behind an option's word.
    pub(super) fn quantity(&mut self, node: Option<Node<'_>>, after: Span, what: &str, want: Want) -> Option<Expr> {
        let example = if want == Want::Duration { "20s" } else { "3" };
        let Some(node) = node else {
            let noun = if want == Want::Duration { "a duration" } else { "a number" };
            self.missing(Code::MissingValue, after, format!("{noun} is missing after `{what}`"), format!("write `{what} {example}`"));
            return None;
        };
        let value = part(&node, Rule::value)?;
        let stray = part(&node, Rule::stray_unit);
        let mut expr = self.value(&value, Braces::Plain);
        if let Some(unit) = stray {
            let whole = expr.span.to(self.span(&unit));
            let first = unit.as_str().to_ascii_lowercase();
            let plain = match first.as_str() {
                "ms" => "ms",
                word if word.starts_with('s') => "s",
                word if word.starts_with('m') => "m",
                _ => "h",
            };
            let fixed = format!("{}{plain}", self.text(expr.span));
            let kind = self.quietly(|b| b.duration(&fixed, whole)).map_or(ExprKind::Error, ExprKind::Duration);
            self.fixed(
                Code::BadDuration,
                whole,
                "a duration is written without a space between number and unit",
                Applicability::Safe,
                fixed,
            );
            return Some(Expr { kind, span: whole });
        }
        // Whatever else stands there is judged by the analysis, which knows what it is.
        if let (ExprKind::Number(digits, _), Want::Duration) = (&expr.kind, want) {
            let fixed = format!("{digits}s");
            let d = self
                .diagnostic(Code::BadDuration, expr.span, format!("the duration `{digits}` has no unit"))
                .help(format!("write `{fixed}` for seconds, `{digits}m` for minutes"))
                .fix(Applicability::Maybe, format!("write `{fixed}`"), expr.span, fixed);
            self.report(d);
            expr.kind = ExprKind::Error;
        }
        Some(expr)
    }

    /// A text behind an option's word; `what` is the word.
    pub(super) fn text_value(&mut self, node: Option<Node<'_>>, after: Span, what: &str, braces: Braces) -> Option<Expr> {
        let Some(node) = node else {
            self.missing(Code::MissingValue, after, format!("a text is missing after `{what}`"), format!("write `{what} \"…\"`"));
            return None;
        };
        Some(self.value(&node, braces))
    }

    /// A target: a name, or a value in parentheses.
    pub(super) fn target(&mut self, node: &Node<'_>) -> Option<Target> {
        let inner = inside(node)?;
        let span = self.span(&inner);
        Some(match inner.as_rule() {
            Rule::paren => Target::Value(self.paren(&inner)),
            Rule::string | Rule::name => Target::Name(self.any_name(&inner)),
            Rule::field => {
                let fixed = format!("({})", self.text(span));
                self.fixed(Code::UnquotedText, span, "a value in place of a name stands in parentheses", Applicability::Safe, fixed);
                Target::Value(self.field_expr(&inner))
            }
            _ => {
                self.odd_name(inner.as_str(), span);
                Target::Name(Name { text: inner.as_str().to_owned(), span, quoted: true })
            }
        })
    }

    /// A name that may be quoted.
    pub(super) fn any_name(&mut self, node: &Node<'_>) -> Name {
        match node.as_rule() {
            Rule::string => {
                let text = self.plain(node);
                if text.value.trim().is_empty() {
                    self.error(Code::BadName, text.span, "a name cannot be empty", "write the name between the quotes");
                }
                Name { text: text.value, span: text.span, quoted: true }
            }
            Rule::odd_name => {
                let span = self.span(node);
                self.odd_name(node.as_str(), span);
                Name { text: node.as_str().to_owned(), span, quoted: true }
            }
            _ => self.word(node),
        }
    }

    /// A name that may not be quoted, and is none.
    pub(super) fn taken_name(&mut self, node: &Node<'_>) -> Name {
        let span = self.span(node);
        let text = node.as_str();
        if super::explain::is_reserved(text) {
            let help = format!("choose another name, such as `{text}_1`");
            self.error(Code::ReservedName, span, format!("`{text}` is a reserved word"), help);
        } else {
            let help = "a name is an ASCII letter or `_`, then letters, digits, `_` and `-`";
            self.error(Code::BadName, span, format!("`{}` cannot be a name here", shorten(text)), help);
        }
        Name { text: text.to_owned(), span, quoted: true }
    }

    fn odd_name(&mut self, text: &str, span: Span) {
        if super::explain::is_reserved(text) {
            let fixed = format!("\"{text}\"");
            let d = self
                .diagnostic(Code::ReservedName, span, format!("`{text}` is a reserved word"))
                .help(format!("choose another name, or quote it: `{fixed}`"))
                .fix(Applicability::Maybe, format!("write `{fixed}`"), span, fixed);
            return self.report(d);
        }
        let fixed = format!("\"{text}\"");
        let message = format!("the name `{}` must be quoted", shorten(text));
        let d = self
            .diagnostic(Code::BadName, span, message)
            .help("a name without quotes is an ASCII letter or `_`, then letters, digits, `_` and `-`")
            .fix(Applicability::Safe, format!("write `{fixed}`"), span, fixed);
        self.report(d);
    }

    /// `name(arg, …)`
    pub(super) fn call(&mut self, node: Node<'_>) -> Call {
        let mut call = Call { name: None, args: Vec::new(), parens: None };
        for child in node.into_inner() {
            match child.as_rule() {
                Rule::name => call.name = Some(self.word(&child)),
                Rule::args => {
                    call.parens = Some(self.span(&child));
                    call.args = self.args(child);
                }
                _ => {}
            }
        }
        call
    }

    pub(super) fn args(&mut self, node: Node<'_>) -> Vec<Expr> {
        let mut args = Vec::new();
        for child in node.into_inner() {
            if child.as_rule() == Rule::value {
                args.push(self.value(&child, Braces::Plain));
            } else {
                let junk = self.span(&child);
                self.unreadable(junk, Where::Parens);
                match args.last_mut() {
                    // What is glued to a value has spoilt it.
                    Some(last) if self.text(Span::new(last.span.end, junk.start)).trim().is_empty() => last.kind = ExprKind::Error,
                    _ => args.push(Self::error_expr(junk)),
                }
            }
        }
        args
    }

    // ------------------------------------------------------------------------------------------------ texts

    /// The characters between the quotes, escapes resolved.
    pub(super) fn unescape(&mut self, node: &Node<'_>) -> String {
        let template = self.template(node, Braces::Plain);
        match template.parts.into_iter().next() {
            Some(TemplatePart::Text(text)) => text,
            _ => String::new(),
        }
    }

    /// A text in quotes, cut into its parts.
    pub(super) fn template(&mut self, node: &Node<'_>, braces: Braces) -> Template {
        let span = self.span(node);
        let raw = node.as_str();
        let body = raw.strip_prefix('"').unwrap_or(raw);
        let body = body.strip_suffix('"').unwrap_or(body);
        // Positions inside count in the copy; the file's are found for each.
        let base = self.in_copy(node.as_span().start()).saturating_add(1);
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut rest = body;
        while let Some(character) = rest.chars().next() {
            let at = base.saturating_add(body.len().saturating_sub(rest.len()));
            let after = rest.get(character.len_utf8()..).unwrap_or("");
            rest = match character {
                '\\' => self.escape(after, at, &mut text, braces),
                '{' if braces == Braces::Insert => {
                    let (value, rest) = self.insertion(after, at);
                    if let Some(value) = value {
                        if !text.is_empty() {
                            parts.push(TemplatePart::Text(std::mem::take(&mut text)));
                        }
                        parts.push(TemplatePart::Value(value));
                    }
                    rest
                }
                '}' if braces == Braces::Insert => {
                    let here = self.copy_span(at, at.saturating_add(1));
                    self.error(Code::BadInsertion, here, "this `}` closes nothing", "write `\\}` for a brace");
                    after
                }
                other => {
                    text.push(other);
                    after
                }
            };
        }
        if !text.is_empty() {
            parts.push(TemplatePart::Text(text));
        }
        Template { parts, span }
    }

    fn copy_span(&self, start: usize, end: usize) -> Span {
        let map = |at: usize| self.scan.source_offset(u32::try_from(at).unwrap_or(u32::MAX));
        Span::new(self.boundary(map(start), false), self.boundary(map(end), true))
    }

    /// One escape; `after` begins behind the backslash, which stands at `at` in the copy. Gives what is left.
    fn escape<'t>(&mut self, after: &'t str, at: usize, text: &mut String, braces: Braces) -> &'t str {
        let Some(character) = after.chars().next() else { return after };
        let rest = after.get(character.len_utf8()..).unwrap_or("");
        match character {
            '"' | '\\' => text.push(character),
            'n' => text.push('\n'),
            't' => text.push('\t'),
            '{' | '}' if braces == Braces::Insert => text.push(character),
            'u' => return self.unicode_escape(rest, at, text),
            other => {
                let here = self.copy_span(at, at.saturating_add(1).saturating_add(other.len_utf8()));
                let help = if matches!(other, '{' | '}') {
                    "braces need no backslash in this text".to_owned()
                } else {
                    "escapes are `\\\"`, `\\\\`, `\\n`, `\\t` and `\\u{…}`; write `\\\\` for a backslash".to_owned()
                };
                let d = self.diagnostic(Code::BadEscape, here, format!("`\\{other}` is no escape")).help(help).fix(
                    Applicability::Maybe,
                    "double the backslash",
                    Span::at(here.start),
                    "\\",
                );
                self.report(d);
                text.push(other);
            }
        }
        rest
    }

    fn unicode_escape<'t>(&mut self, rest: &'t str, at: usize, text: &mut String) -> &'t str {
        let digits = rest.strip_prefix('{').and_then(|r| r.split_once('}')).map(|(digits, _)| digits).filter(|d| d.len() <= 6);
        let character = digits.and_then(|d| u32::from_str_radix(d, 16).ok()).and_then(char::from_u32);
        let length = digits.map_or(0, |d| d.len().saturating_add(2));
        match character {
            Some(character) => text.push(character),
            None => {
                let here = self.copy_span(at, at.saturating_add(2).saturating_add(length));
                self.error(
                    Code::BadEscape,
                    here,
                    "this escape names no character",
                    "write `\\u{e9}`: a Unicode number in one to six hexadecimal digits",
                );
            }
        }
        rest.get(length..).unwrap_or("")
    }

    /// `{expr}`; `after` begins behind the brace, which stands at `at` in the copy. Gives what is left.
    fn insertion<'t>(&mut self, after: &'t str, at: usize) -> (Option<Expr>, &'t str) {
        if let Some((inner, rest)) = after.strip_prefix('{').and_then(|inner| inner.split_once("}}"))
            && !inner.contains(['{', '}', '\\'])
            && RouteParser::parse(Rule::inserted, inner).is_ok()
        {
            let here = self.copy_span(at, at.saturating_add(inner.len()).saturating_add(4));
            let fixed = format!("{{{}}}", inner.trim());
            self.fixed(Code::BadInsertion, here, "a value is inserted with one brace on each side", Applicability::Safe, fixed);
            return (None, rest);
        }
        let Some(end) = after.find(['}', '{', '\\']).filter(|&n| after.get(n..).is_some_and(|r| r.starts_with('}'))) else {
            let here = self.copy_span(at, at.saturating_add(1));
            self.error(Code::BadInsertion, here, "this `{` is never closed", "write `{name}` to insert a value, `\\{` for a brace");
            return (None, after);
        };
        let inner = after.get(..end).unwrap_or("");
        let rest = after.get(end.saturating_add(1)..).unwrap_or("");
        let here = self.copy_span(at, at.saturating_add(end).saturating_add(2));
        if let Ok(mut pairs) = RouteParser::parse(Rule::inserted, inner)
            && let Some(node) = pairs.next().and_then(|p| inside(&p))
        {
            let start = at.saturating_add(1).saturating_add(node.as_span().start());
            let kind = match node.as_rule() {
                Rule::kw_from => ExprKind::From,
                Rule::kw_to => ExprKind::To,
                Rule::field => {
                    let mut names = node.clone().into_inner().map(|n| {
                        let from = start.saturating_add(n.as_span().start().saturating_sub(node.as_span().start()));
                        Name {
                            text: n.as_str().to_owned(),
                            span: self.copy_span(from, from.saturating_add(n.as_str().len())),
                            quoted: false,
                        }
                    });
                    match (names.next(), names.next()) {
                        (Some(row), Some(field)) => ExprKind::Field(row, field),
                        _ => ExprKind::Error,
                    }
                }
                _ => ExprKind::Name(Name {
                    text: node.as_str().to_owned(),
                    span: self.copy_span(start, start.saturating_add(node.as_str().len())),
                    quoted: false,
                }),
            };
            let span = self.copy_span(start, start.saturating_add(node.as_str().len()));
            return (Some(Expr { kind, span }), rest);
        }
        let message = if inner.trim().is_empty() {
            "nothing is to be inserted here".to_owned()
        } else {
            format!("`{}` cannot be inserted", shorten(inner.trim()))
        };
        self.error(
            Code::BadInsertion,
            here,
            message,
            "a name or a field can be inserted: `{tier}`, `{customer.name}`; write `\\{` for a brace",
        );
        (None, rest)
    }

    /// A text that must be plain.
    pub(super) fn required_text(&mut self, node: Option<Node<'_>>, after: Span, message: &str, help: &str) -> Option<Text> {
        match node {
            Some(node) => Some(self.plain(&node)),
            None => {
                self.missing(Code::MissingValue, after, message, help);
                None
            }
        }
    }
}
