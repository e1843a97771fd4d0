//! Conditions: what stands between `when` and its block.

use callroute_diagnostics::{Applicability, Code, Span};

use super::explain::Where;
use super::values::Braces;
use super::{Builder, Node, Rule, inside};
use crate::limits::MAX_NESTING;
use crate::scan::shorten;
use crate::tree::{CompareOp, Cond, CondKind, Expr, ExprKind, HoursArg, Right, Zone};

impl Builder<'_> {
    /// A condition, `or` at its top.
    pub(super) fn cond(&mut self, node: Node<'_>) -> Cond {
        self.joined(node, Rule::and_cond, Rule::or_op, "||", "or")
    }

    /// Conditions joined by one word.
    fn joined(&mut self, node: Node<'_>, part: Rule, joiner: Rule, foreign: &str, word: &str) -> Cond {
        let span = self.span(&node);
        let mut parts: Vec<Cond> = Vec::new();
        let mut waiting: Option<Span> = None;
        for child in node.into_inner() {
            let here = self.span(&child);
            if child.as_rule() == joiner {
                if let Some(before) = waiting {
                    self.unfinished(before, word, &mut parts);
                }
                if child.as_str() == foreign {
                    self.fixed(Code::ForeignOperator, here, format!("`{foreign}` is written `{word}`"), Applicability::Safe, word);
                }
                waiting = Some(here);
            } else if child.as_rule() == part {
                waiting = None;
                let cond = if part == Rule::and_cond {
                    self.joined(child, Rule::not_cond, Rule::and_op, "&&", "and")
                } else {
                    self.negated(child)
                };
                let cond = self.repeated_value(cond, parts.last(), word);
                parts.push(cond);
            }
        }
        if let Some(before) = waiting {
            self.unfinished(before, word, &mut parts);
        }
        match parts.len() {
            0 => Cond { kind: CondKind::Error, span },
            1 => parts.pop().unwrap_or(Cond { kind: CondKind::Error, span }),
            _ if part == Rule::and_cond => Cond { kind: CondKind::Or(parts), span },
            _ => Cond { kind: CondKind::And(parts), span },
        }
    }

    fn unfinished(&mut self, after: Span, word: &str, parts: &mut Vec<Cond>) {
        let at = self.missing(
            Code::MissingCondition,
            after,
            format!("a condition is missing after `{word}`"),
            "finish the condition, or remove the word",
        );
        parts.push(Cond { kind: CondKind::Error, span: at });
    }

    /// `from is +1312* or +1773*`: the second value is no condition.
    fn repeated_value(&mut self, cond: Cond, before: Option<&Cond>, word: &str) -> Cond {
        let CondKind::Flag(value) = &cond.kind else { return cond };
        if !is_literal(value) {
            return cond;
        }
        if before.is_none() && word == "and" {
            // It may stand behind an `or`.
            return cond;
        }
        let list = before.and_then(last_comparison);
        let span = cond.span;
        match list {
            Some((first, subject, op, right)) => {
                let (subject, right) = (self.text(subject), self.text(right));
                let operator = if op == CompareOp::IsNot || op == CompareOp::NotIn { "not in" } else { "in" };
                let fixed = format!("{subject} {operator} ({right}, {})", self.text(span));
                let d = self
                    .diagnostic(
                        Code::RepeatedValue,
                        span,
                        format!("a value is no condition; several values stand in a list, without `{word}`"),
                    )
                    .help(format!("write `{fixed}`"))
                    .fix(Applicability::Maybe, format!("write `{fixed}`"), first.to(span), fixed);
                self.report(d);
            }
            None => self.error(
                Code::RepeatedValue,
                span,
                "a value is no condition",
                "compare it with something: `from is +14155550123`, `from in (+1312*, +1773*)`",
            ),
        }
        Cond { kind: CondKind::Error, span }
    }

    fn negated(&mut self, node: Node<'_>) -> Cond {
        let span = self.span(&node);
        let mut nots = Vec::new();
        let mut cond = None;
        for child in node.into_inner() {
            let here = self.span(&child);
            match child.as_rule() {
                Rule::not_op => {
                    if child.as_str() == "!" {
                        let d = self.diagnostic(Code::ForeignOperator, here, "`!` is written `not`").help("write `not`").fix(
                            Applicability::Safe,
                            "write `not`",
                            here,
                            "not ",
                        );
                        self.report(d);
                    }
                    nots.push(here);
                }
                _ => cond = Some(self.primary(child)),
            }
        }
        let mut cond = match cond {
            Some(cond) => cond,
            None => {
                let last = nots.last().copied().unwrap_or(span);
                let at = self.missing(
                    Code::MissingCondition,
                    last,
                    "a condition is missing after `not`",
                    "finish the condition, or remove the word",
                );
                return Cond { kind: CondKind::Error, span: at };
            }
        };
        if nots.len() > MAX_NESTING {
            self.error(
                Code::TooDeep,
                span,
                format!("`not` is repeated more than {MAX_NESTING} times"),
                "two of them cancel each other out",
            );
            return Cond { kind: CondKind::Error, span };
        }
        for not in nots.into_iter().rev() {
            let whole = not.to(cond.span);
            cond = Cond { kind: CondKind::Not(Box::new(cond)), span: whole };
        }
        cond
    }

    fn primary(&mut self, node: Node<'_>) -> Cond {
        let span = self.span(&node);
        match node.as_rule() {
            Rule::cond_paren => self.cond_paren(node),
            Rule::hours => self.hours(node),
            Rule::on_dates => self.on_dates(node),
            Rule::compare => self.compare(node),
            _ => Cond { kind: CondKind::Error, span },
        }
    }

    fn cond_paren(&mut self, node: Node<'_>) -> Cond {
        let span = self.span(&node);
        let mut inner = None;
        for child in node.into_inner() {
            let here = self.span(&child);
            match child.as_rule() {
                Rule::cond => inner = Some(self.cond(child)),
                _ => {
                    self.unreadable(here, Where::Condition);
                    inner.get_or_insert(Cond { kind: CondKind::Error, span: here });
                }
            }
        }
        let inner = inner.unwrap_or_else(|| {
            let at = Span::at(span.start.saturating_add(1));
            self.error(Code::MissingCondition, at, "a condition is missing between the parentheses", "write `(vip or tier is gold)`");
            Cond { kind: CondKind::Error, span: at }
        });
        Cond { kind: CondKind::Paren(Box::new(inner)), span }
    }

    fn compare(&mut self, node: Node<'_>) -> Cond {
        let span = self.span(&node);
        let mut subject = None;
        let mut op = None;
        let mut right = None;
        for child in node.into_inner() {
            match child.as_rule() {
                Rule::subject => subject = Some(self.value(&child, Braces::Plain)),
                Rule::operator => op = Some(child),
                Rule::operand => right = inside(&child),
                _ => {}
            }
        }
        let subject = subject.unwrap_or(Self::error_expr(span));
        let Some(op) = op else {
            if self.calls_something(&subject) {
                return Cond { kind: CondKind::Error, span };
            }
            // What stands there in place of a comparison is reported as unreadable, and says enough.
            if !is_literal(&subject) && self.word_follows(subject.span.end) {
                return Cond { kind: CondKind::Error, span };
            }
            if matches!(subject.kind, ExprKind::From | ExprKind::To) {
                let word = self.text(subject.span).to_ascii_lowercase();
                self.missing(
                    Code::MissingCondition,
                    subject.span,
                    format!("`{word}` alone is no condition"),
                    format!("compare it: `{word} is +14155550123`, `{word} in vip`"),
                );
                return Cond { kind: CondKind::Error, span };
            }
            return Cond { kind: CondKind::Flag(subject), span };
        };
        let op_span = self.span(&op);
        if let (ExprKind::Name(name), Some(node)) = (&subject.kind, right.as_ref())
            && ["now", "time", "today", "date", "day"].iter().any(|word| name.text.eq_ignore_ascii_case(word))
            && ["hours", "on"].iter().any(|word| node.as_str().trim().eq_ignore_ascii_case(word))
        {
            // `now in hours(…)`
            let asked = self.span(node);
            let before = Span::new(subject.span.start, asked.start);
            let word = self.text(asked).to_ascii_lowercase();
            let d = self
                .diagnostic(Code::ForeignWord, subject.span.to(asked), format!("`{word}(…)` is a condition of its own"))
                .help(format!("write `when {word}(…) < … >`, or `when not {word}(…) < … >`"))
                .fix(Applicability::Maybe, format!("remove `{}`", self.text(before).trim()), before, "");
            self.report(d);
            return Cond { kind: CondKind::Error, span };
        }
        let Some(operator) = self.operator(&op, op_span, &subject, right.as_ref()) else {
            return Cond { kind: CondKind::Error, span };
        };
        if is_literal(&subject) {
            let text = self.text(subject.span);
            self.error(
                Code::ValueExpected,
                subject.span,
                format!("`{text}` cannot be asked about"),
                "to the left stands what is looked at: `from is +14155550123`, `tier is gold`",
            );
            return Cond { kind: CondKind::Error, span };
        }
        let right = self.right(operator, right, op_span);
        Cond { kind: CondKind::Compare { subject, op: operator, op_span, right }, span }
    }

    /// `len(from)`, `from.startswith("+1")`: says that nothing is called in a condition, and what is written instead.
    fn calls_something(&mut self, subject: &Expr) -> bool {
        let rest = self.source.get(subject.span.end as usize..).unwrap_or("").trim_start_matches([' ', '\t']);
        if let ExprKind::Name(name) = &subject.kind
            && name.text.eq_ignore_ascii_case("header")
            && rest.starts_with('"')
        {
            let help = "write `input verstat = text from header \"X-Verstat\"`, and ask for `verstat`";
            self.error(Code::ForeignWord, subject.span, "a header is read by an `input`", help);
            return true;
        }
        let called = match &subject.kind {
            ExprKind::Name(name) => name.text.as_str(),
            ExprKind::Field(_, part) => part.text.as_str(),
            _ => return false,
        };
        if !self.source.get(subject.span.end as usize..).is_some_and(|rest| rest.starts_with('(')) {
            return false;
        }
        let help = match called.to_ascii_lowercase().replace('_', "").as_str() {
            "startswith" | "beginswith" | "hasprefix" => "write `from is +1312*`, or `tier starts with \"…\"`",
            "endswith" | "hassuffix" => "write `tier ends with \"…\"`",
            "contains" | "includes" | "indexof" | "has" => "write `tier contains \"…\"`",
            "equals" | "eq" => "write `tier is gold`",
            "open" | "isopen" | "time" | "between" | "now" => "write `hours(office)` or `hours(mon-fri 9-17 America/Chicago)`",
            "isin" | "in" | "isholiday" | "holiday" => "write `from in vip`, or `on(us_holidays)`",
            _ => "a condition compares: `from in vip`, `tier is gold`, `waiting above 3`; or it asks `hours(…)` or `on(…)`",
        };
        self.error(Code::ForeignWord, subject.span, format!("there is no `{}(…)` in a condition", shorten(called)), help);
        true
    }

    /// Does a word stand behind `at`, on the same line, that neither joins conditions nor begins a step?
    fn word_follows(&self, at: u32) -> bool {
        let rest = self.source.get(at as usize..).unwrap_or("").trim_start_matches([' ', '\t']);
        let word = rest.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or("");
        !word.is_empty() && !super::explain::is_reserved(word)
    }

    fn operator(&mut self, node: &Node<'_>, span: Span, subject: &Expr, right: Option<&Node<'_>>) -> Option<CompareOp> {
        let rules: Vec<Rule> = node.clone().into_inner().map(|n| n.as_rule()).collect();
        let words = |n: &Node<'_>| inside(n).map(|n| n.into_inner().count()).unwrap_or(0);
        Some(match rules.as_slice() {
            [Rule::kw_is] => CompareOp::Is,
            [Rule::kw_is, Rule::kw_not] => CompareOp::IsNot,
            [Rule::kw_is, .., Rule::kw_in] => {
                let (op, word) = if rules.contains(&Rule::kw_not) { (CompareOp::NotIn, "not in") } else { (CompareOp::In, "in") };
                let message = format!("`{}` is written `{word}`", self.text(span).to_ascii_lowercase());
                self.fixed(Code::ForeignOperator, span, message, Applicability::Safe, word);
                op
            }
            [Rule::kw_in] => CompareOp::In,
            [Rule::kw_not, Rule::kw_in] => CompareOp::NotIn,
            [Rule::op_contains] => CompareOp::Contains,
            [Rule::op_above] => CompareOp::Above,
            [Rule::op_below] => CompareOp::Below,
            [kind @ (Rule::op_starts | Rule::op_ends)] => {
                let word = if *kind == Rule::op_starts { "starts" } else { "ends" };
                if words(node) < 2 {
                    let at = Span::at(span.end);
                    let d = self
                        .diagnostic(Code::MissingWord, at, format!("the word `with` is missing after `{word}`"))
                        .help(format!("write `{word} with \"…\"`"))
                        .fix(Applicability::Safe, "insert `with`", at, " with");
                    self.report(d);
                }
                if *kind == Rule::op_starts { CompareOp::StartsWith } else { CompareOp::EndsWith }
            }
            [Rule::op_at] => {
                let which = inside(node).and_then(|n| n.into_inner().nth(1)).map(|n| n.as_rule());
                match which {
                    Some(Rule::word_least) => CompareOp::AtLeast,
                    Some(Rule::word_most) => CompareOp::AtMost,
                    _ => {
                        self.missing(
                            Code::MissingWord,
                            span,
                            "`at` wants `least` or `most` behind it",
                            "write `at least 3` or `at most 3`",
                        );
                        return None;
                    }
                }
            }
            _ => return self.foreign_operator(span, subject, right),
        })
    }

    /// `==`, `!=`, `=`, `<`, `>` …
    fn foreign_operator(&mut self, span: Span, subject: &Expr, right: Option<&Node<'_>>) -> Option<CompareOp> {
        let sign = self.text(span);
        let (op, words) = match sign {
            "==" | "=" | "===" => (CompareOp::Is, "is"),
            "!=" | "!==" | "<>" => (CompareOp::IsNot, "is not"),
            ">" => (CompareOp::Above, "above"),
            "<" => (CompareOp::Below, "below"),
            ">=" => (CompareOp::AtLeast, "at least"),
            "<=" => (CompareOp::AtMost, "at most"),
            _ => {
                self.error(
                    Code::ForeignOperator,
                    span,
                    format!("`{sign}` is no comparison"),
                    "comparisons are words: `is`, `is not`, `in`, `above`, `below`, `at least`, `at most`",
                );
                return None;
            }
        };
        let tight = |at: u32, before: bool| {
            let neighbour =
                if before { self.text(Span::new(at.saturating_sub(1), at)) } else { self.text(Span::new(at, at.saturating_add(1))) };
            !neighbour.is_empty() && !neighbour.trim().is_empty()
        };
        let fixed = format!("{}{words}{}", if tight(span.start, true) { " " } else { "" }, if tight(span.end, false) { " " } else { "" });
        let example = right.map_or(String::new(), |r| format!(" {}", self.text(self.span(r))));
        let d = self
            .diagnostic(Code::ForeignOperator, span, format!("`{sign}` is written `{words}`"))
            .help(format!("write `{} {words}{example}`", self.text(subject.span)))
            .fix(Applicability::Safe, format!("write `{words}`"), span, fixed);
        self.report(d);
        Some(op)
    }

    fn right(&mut self, op: CompareOp, node: Option<Node<'_>>, op_span: Span) -> Right {
        let list = matches!(op, CompareOp::In | CompareOp::NotIn);
        let Some(node) = node else {
            if list && let Some((span, inside)) = self.square_brackets(op_span.end) {
                let message = "the values of a list stand in parentheses, not in `[ … ]`";
                self.fixed(Code::MissingParens, span, message, Applicability::Safe, format!("({inside})"));
                return Right::Missing(Span::at(op_span.end));
            }
            let help =
                if list { "write a list or the name of one: `in (gold, silver)`, `in vip`" } else { "write the value to compare with" };
            return Right::Missing(self.missing(
                Code::MissingValue,
                op_span,
                format!("a value is missing after `{}`", self.text(op_span).to_ascii_lowercase()),
                help,
            ));
        };
        let span = self.span(&node);
        if node.as_rule() == Rule::many {
            let values = self.many(node);
            if list {
                return Right::Many(values, span);
            }
            return match <[Expr; 1]>::try_from(values) {
                Ok([value]) => {
                    let kind = if matches!(value.kind, ExprKind::Error) { ExprKind::Error } else { ExprKind::Paren(Box::new(value)) };
                    Right::One(Expr { kind, span })
                }
                Err(values) => {
                    if !values.iter().any(|v| matches!(v.kind, ExprKind::Error)) && !values.is_empty() {
                        let word = if op == CompareOp::IsNot { "not in" } else { "in" };
                        let d = self
                            .diagnostic(Code::RepeatedValue, op_span, format!("a list is compared with `{word}`"))
                            .help(format!("write `{word} {}`", self.text(span)))
                            .fix(Applicability::Safe, format!("write `{word}`"), op_span, word);
                        self.report(d);
                    }
                    Right::Many(values, span)
                }
            };
        }
        let value = self.right_value(&node);
        if !list {
            return Right::One(value);
        }
        match value.kind {
            ExprKind::Name(name) => Right::Named(name),
            ExprKind::Error => Right::Many(vec![value], span),
            _ => {
                self.unparenthesised(span, "the values behind `in` stand in parentheses");
                Right::Many(vec![value], span)
            }
        }
    }

    fn many(&mut self, node: Node<'_>) -> Vec<Expr> {
        let span = self.span(&node);
        let mut values: Vec<Expr> = Vec::new();
        for child in node.into_inner() {
            let here = self.span(&child);
            if child.as_rule() == Rule::right_value {
                values.push(self.right_value(&child));
                continue;
            }
            let text = self.text(here);
            let word = text.split_whitespace().next().unwrap_or("");
            if word.eq_ignore_ascii_case("or") || word.eq_ignore_ascii_case("and") {
                let word_end = here.start.saturating_add(u32::try_from(word.len()).unwrap_or(0));
                let d = self
                    .diagnostic(Code::RepeatedValue, Span::new(here.start, word_end), "the values of a list stand behind commas")
                    .help("write `(gold, silver)`")
                    .fix(Applicability::Maybe, "write a comma", Span::new(values.last().map_or(here.start, |v| v.span.end), word_end), ",");
                self.report(d);
            } else {
                self.unreadable(here, Where::Parens);
            }
            values.push(Self::error_expr(here));
        }
        if values.is_empty() {
            let at = Span::at(span.start.saturating_add(1));
            self.error(Code::MissingValue, at, "a value is missing between the parentheses", "write the values: `(gold, silver)`");
        }
        values
    }

    // ------------------------------------------------------------------------------------------------ hours and dates

    fn hours(&mut self, node: Node<'_>) -> Cond {
        let span = self.span(&node);
        let mut head = span;
        let mut arg = None;
        for child in node.into_inner() {
            let here = self.span(&child);
            match child.as_rule() {
                Rule::kw_hours => head = here,
                Rule::name => {
                    self.unparenthesised(here, "what `hours` asks about stands in parentheses");
                    arg = Some(HoursArg::Named { name: self.word(&child), zone: None });
                }
                _ => arg = Some(self.hours_args(child)),
            }
        }
        let arg = arg.unwrap_or_else(|| {
            HoursArg::Missing(self.missing(
                Code::MissingParens,
                head,
                "`hours` asks about nothing",
                "write `hours(office)` or `hours(mon-fri 9-17 America/Chicago)`",
            ))
        });
        Cond { kind: CondKind::Hours(arg), span }
    }

    fn hours_args(&mut self, node: Node<'_>) -> HoursArg {
        let span = self.span(&node);
        let mut arg = None;
        let mut told = false;
        let mut odd = None;
        for child in node.into_inner() {
            let here = self.span(&child);
            match child.as_rule() {
                Rule::hours_named => arg = Some(self.hours_named(child)),
                Rule::hours_inline => arg = Some(self.hours_inline(child)),
                _ => {
                    if arg.is_some() && !told && is_odd_zone(self.text(here)) {
                        odd = Some(Zone { text: self.text(here).to_owned(), span: here });
                    } else if !std::mem::replace(&mut told, true) {
                        self.hours_junk(here, arg.is_some(), span);
                    }
                }
            }
        }
        if let (Some(HoursArg::Inline { zone: zone @ None, .. }), Some(odd)) = (&mut arg, odd) {
            *zone = Some(odd);
        }
        arg.unwrap_or_else(|| {
            let at = Span::at(span.start.saturating_add(1));
            if !told {
                self.error(
                    Code::MissingValue,
                    at,
                    "`hours` asks about nothing",
                    "write `hours(office)` or `hours(mon-fri 9-17 America/Chicago)`",
                );
            }
            HoursArg::Missing(at)
        })
    }

    fn hours_named(&mut self, node: Node<'_>) -> HoursArg {
        let span = self.span(&node);
        let mut name = None;
        let mut zone = None;
        let mut word = None;
        for child in node.into_inner() {
            match child.as_rule() {
                Rule::name | Rule::taken => name = Some(self.word(&child)),
                Rule::kw_in => word = Some(self.span(&child)),
                Rule::any_zone => zone = Some(self.zone(&child)),
                _ => {}
            }
        }
        if let (Some(word), None) = (word, &zone) {
            self.missing(Code::ZonePlace, word, "a zone is missing after `in`", "write `hours(office in America/Phoenix)`");
        }
        match name {
            Some(name) => HoursArg::Named { name, zone },
            None => HoursArg::Missing(Span::at(span.end)),
        }
    }

    fn hours_inline(&mut self, node: Node<'_>) -> HoursArg {
        let span = self.span(&node);
        let mut lines = Vec::new();
        let mut zone = None;
        let mut word = None;
        for child in node.into_inner() {
            match child.as_rule() {
                Rule::comma => {
                    let here = self.span(&child);
                    self.needless_comma(here, "the zone stands behind the hours without a comma");
                }
                Rule::hours_line => {
                    let in_place = lines.is_empty();
                    lines.push(self.schedule_line(child, in_place));
                }
                Rule::kw_in => word = Some(self.span(&child)),
                Rule::sure_zone => zone = Some(self.zone(&child)),
                _ => {}
            }
        }
        if let (Some(word), Some(_)) = (word, &zone) {
            // Written for a name; harmless to read, but there is one way to say it.
            let named = lines.is_empty();
            if !named {
                let d = self
                    .diagnostic(Code::ZonePlace, word, "hours in place take their zone without `in`")
                    .help("write `hours(9-17 America/Chicago)`")
                    .fix(
                        Applicability::Safe,
                        "remove `in`",
                        Span::new(word.start, zone.as_ref().map_or(word.end, |z: &Zone| z.span.start)),
                        "",
                    );
                self.report(d);
            }
        }
        if lines.is_empty() { HoursArg::Missing(span) } else { HoursArg::Inline { lines, zone } }
    }

    /// What stands between the parentheses of `hours` and is neither days, times nor zone.
    fn hours_junk(&mut self, span: Span, begun: bool, whole: Span) {
        let text = self.text(span);
        let first = text.split_whitespace().next().unwrap_or(text);
        let is_zone = first.starts_with(|c: char| c.is_ascii_alphabetic()) && first.len() > 2;
        if !begun && first.contains('/') {
            let rest = text.get(first.len()..).unwrap_or("").trim();
            let mut d =
                self.diagnostic(Code::ZonePlace, span, "the zone stands behind the hours").help("write `hours(9-17 America/Chicago)`");
            if rest.starts_with(|c: char| c.is_ascii_digit()) {
                let fixed = format!("{rest} {first}");
                d = d.fix(Applicability::Safe, format!("write `{fixed}`"), span, fixed);
            }
            self.report(d);
        } else if begun && is_zone && first == text {
            let before = self.text(Span::new(whole.start, span.start));
            if before.trim_end().ends_with(|c: char| c.is_ascii_alphabetic()) && first.contains('/') {
                let fixed = format!("in {first}");
                self.fixed(Code::ZonePlace, span, "a schedule is read in another zone with `in`", Applicability::Safe, fixed);
            } else {
                self.not_a_zone(span);
            }
        } else {
            self.unreadable(span, Where::Hours);
        }
    }

    /// A word where a zone must have a slash.
    fn not_a_zone(&mut self, span: Span) {
        let text = self.text(span);
        self.error(
            Code::ZonePlace,
            span,
            format!("`{text}` is no zone here"),
            "name a zone by region and city, such as `America/Chicago`, or `UTC`",
        );
    }

    fn on_dates(&mut self, node: Node<'_>) -> Cond {
        let span = self.span(&node);
        let mut head = span;
        let mut dates = Vec::new();
        let mut zone = None;
        let mut told = false;
        for child in node.into_inner() {
            let here = self.span(&child);
            match child.as_rule() {
                Rule::kw_on => head = here,
                Rule::name => {
                    self.unparenthesised(here, "the dates of `on` stand in parentheses");
                    told = true;
                }
                _ => {
                    for part in child.into_inner() {
                        let here = self.span(&part);
                        match part.as_rule() {
                            Rule::date_spec => dates.push(self.date_spec(part, super::schedules::In::On)),
                            Rule::sure_zone => zone = Some(self.zone(&part)),
                            Rule::kw_in => {
                                told = true;
                                self.error(Code::ZonePlace, here, "the zone stands without `in`", "write `on(us_holidays Asia/Tokyo)`");
                            }
                            _ if std::mem::replace(&mut told, true) => {}
                            _ => {
                                let word = self.text(here);
                                if !dates.is_empty() && zone.is_none() && is_odd_zone(word) {
                                    zone = Some(Zone { text: word.to_owned(), span: here });
                                    continue;
                                }
                                if !dates.is_empty()
                                    && !word.contains(char::is_whitespace)
                                    && word.starts_with(|c: char| c.is_ascii_alphabetic())
                                {
                                    self.not_a_zone(here);
                                } else {
                                    self.unreadable(here, Where::Dates);
                                }
                            }
                        }
                    }
                    if dates.is_empty() && !std::mem::replace(&mut told, true) {
                        let at = Span::at(here.start.saturating_add(1));
                        self.error(Code::MissingValue, at, "`on` asks about no dates", "write `on(us_holidays)` or `on(dec 25)`");
                    }
                }
            }
        }
        if dates.is_empty() {
            if !told {
                self.missing(Code::MissingParens, head, "`on` asks about no dates", "write `on(us_holidays)` or `on(dec 25)`");
            }
            return Cond { kind: CondKind::Error, span };
        }
        Cond { kind: CondKind::On { dates, zone }, span }
    }
}

/// Offsets and abbreviations: no zone has such a name, and the analysis knows what to offer for it.
fn is_odd_zone(text: &str) -> bool {
    let one_word = text.len() <= 16 && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b':'));
    let offset = text.bytes().any(|b| b.is_ascii_digit()) && text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '+' | '-'));
    let abbreviation = (2..=5).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_uppercase());
    one_word && (offset || abbreviation)
}

/// A number, text or the like: nothing that could be asked about.
fn is_literal(value: &Expr) -> bool {
    matches!(
        value.kind,
        ExprKind::Text(_) | ExprKind::Number(..) | ExprKind::Phone(_) | ExprKind::Pattern(_) | ExprKind::Duration(_) | ExprKind::Percent(_)
    )
}

/// The last comparison of a condition: the whole, its subject, its operator, its right side.
fn last_comparison(cond: &Cond) -> Option<(Span, Span, CompareOp, Span)> {
    match &cond.kind {
        CondKind::Compare { subject, op, right: Right::One(value), .. } => Some((cond.span, subject.span, *op, value.span)),
        CondKind::Or(parts) | CondKind::And(parts) => last_comparison(parts.last()?),
        _ => None,
    }
}
