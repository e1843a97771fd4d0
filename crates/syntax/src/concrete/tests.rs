//! Tests in the language: what happens in a call, and what is expected.

use callroute_diagnostics::{Applicability, Code, Span};

use super::explain::Where;
use super::values::{Braces, Want};
use super::{Builder, Node, Rule, inside, part};
use crate::scan::shorten;
use crate::tree::{Expectation, Expr, ExprKind, GivenResult, Name, StepKind, TestBody, TestDef, TestLine, TestLineKind, TestTime, Time};

impl Builder<'_> {
    pub(super) fn def_test(&mut self, node: Node<'_>) -> TestDef {
        let (mut title, mut body) = (None, None);
        let mut last = self.span(&node);
        for child in node.into_inner() {
            let span = self.span(&child);
            match child.as_rule() {
                Rule::string => title = Some(self.plain(&child)),
                Rule::test_block => body = Some(TestBody::Lines(self.test_lines(child))),
                Rule::test_table => body = Some(self.test_table(child)),
                _ => {}
            }
            last = span;
        }
        if title.is_none() {
            let at = self.source.get(last.start as usize..).map_or(last, |_| last);
            self.missing(
                Code::MissingValue,
                if body.is_some() { Span::at(at.start) } else { at },
                "a test has no title",
                "write `test \"sales does not pick up\" < … >`",
            );
        }
        let told = title.is_none();
        let body = body.unwrap_or_else(|| {
            if told {
                return TestBody::Missing(Span::at(last.end));
            }
            TestBody::Missing(self.missing(
                Code::MissingBlock,
                last,
                "the lines of the test are missing",
                "write `test \"…\" < from +14155550123; expect group sales >`",
            ))
        });
        TestDef { title, body }
    }

    fn test_lines(&mut self, node: Node<'_>) -> Vec<TestLine> {
        let mut lines = Vec::new();
        let mut children = node.into_inner().peekable();
        while let Some(child) = children.next() {
            let span = self.span(&child);
            match child.as_rule() {
                Rule::test_line => lines.push(self.test_line(child)),
                Rule::comma => self.comma_in_block(&child),
                _ => {
                    self.unreadable(span, Where::TestLine);
                    // `assert group sales`: the step belongs to what was not understood.
                    if let Some(next) = children.next_if(|next| self.is_step_behind(span.end, next)) {
                        drop(self.quietly(|b| b.test_line(next)));
                    }
                    lines.push(TestLine { kind: TestLineKind::Error, span });
                }
            }
        }
        lines
    }

    fn is_step_behind(&self, end: u32, next: &Node<'_>) -> bool {
        let gap = self.source.get(end as usize..self.span(next).start as usize).unwrap_or("\n");
        next.as_rule() == Rule::test_line
            && inside(next).is_some_and(|first| first.as_rule() == Rule::test_step)
            && gap.bytes().all(|byte| matches!(byte, b' ' | b'\t'))
    }

    fn test_line(&mut self, node: Node<'_>) -> TestLine {
        let span = self.span(&node);
        let mut parts = node.into_inner();
        let Some(first) = parts.next() else { return TestLine { kind: TestLineKind::Error, span } };
        let word = self.span(&first);
        let mut second = parts.next();
        if let Some(sign) = second.as_ref().filter(|second| second.as_rule() == Rule::stray_eq).map(|sign| self.span(sign)) {
            let (text, sign_text) = (self.text(word).to_ascii_lowercase(), self.text(sign));
            let gap = self.gap_before(sign.start);
            let rest = self.source.get(sign.end as usize..).unwrap_or("");
            let blank = if gap.is_empty() { rest.len().saturating_sub(rest.trim_start_matches([' ', '\t']).len()) } else { 0 };
            let gap = if rest.starts_with([' ', '\t']) { "" } else { gap };
            let whole = Span::new(sign.start, sign.end.saturating_add(u32::try_from(blank).unwrap_or(0)));
            let d = self
                .diagnostic(Code::ForeignOperator, sign, format!("`{text}` takes no `{sign_text}` in a test"))
                .help(format!("write `{text} …`"))
                .fix(Applicability::Safe, format!("remove `{sign_text}`"), whole, gap);
            self.report(d);
            second = parts.next();
        }
        let kind = match first.as_rule() {
            Rule::kw_expect => TestLineKind::Expect(self.expectation(second, word)),
            Rule::word_at => match second {
                Some(moment) => TestLineKind::At(self.moment(&moment)),
                None => self.bad_line(
                    word,
                    "a moment is missing after `at`",
                    "write `at 2026-04-21T14:32:00Z` or `at 2026-04-21 09:32 America/Chicago`",
                ),
            },
            Rule::kw_from | Rule::kw_to => {
                let from = first.as_rule() == Rule::kw_from;
                match second {
                    Some(value) if from => TestLineKind::From(self.right_value(&value)),
                    Some(value) => TestLineKind::To(self.right_value(&value)),
                    None => self.bad_line(word, "a number is missing", "write `from +14155550123` or `from anonymous`"),
                }
            }
            Rule::word_language => match second {
                Some(tag) => TestLineKind::Language(self.word(&tag)),
                None => self.bad_line(word, "a language is missing", "write `language es`"),
            },
            Rule::given => self.given(first),
            Rule::kw_press => match second {
                Some(keys) if !keys.as_str().contains(['x', '[']) => TestLineKind::Press(keys.as_str().to_owned()),
                Some(keys) => {
                    let here = self.span(&keys);
                    self.error(
                        Code::ValueExpected,
                        here,
                        format!("`{}` cannot be pressed", keys.as_str()),
                        "write the keys: `press 1`, `press 12#`",
                    );
                    TestLineKind::Error
                }
                None => self.bad_line(word, "the keys are missing after `press`", "write `press 1`"),
            },
            Rule::word_timeout => TestLineKind::Timeout,
            Rule::kw_outcome => match second {
                Some(outcome) if outcome.as_rule() == Rule::contact => {
                    self.bad_line(word, "an outcome is missing", "write `outcome redirected to +14155550123`")
                }
                Some(outcome) => {
                    let outcome = self.word(&outcome);
                    match parts.next().map(|contact| (self.span(&contact), part(&contact, Rule::pvalue))) {
                        None => TestLineKind::Outcome(outcome, None),
                        Some((_, Some(value))) => TestLineKind::Outcome(outcome, Some(self.right_value(&value))),
                        Some((to, None)) => self.bad_line(to, "a number is missing", "write `outcome redirected to +14155550123`"),
                    }
                }
                None => self.bad_line(word, "an outcome is missing", "write `outcome no-answer`"),
            },
            Rule::kw_hangup => TestLineKind::Hangup,
            Rule::kw_wait => match self.quantity(second, word, "wait", Want::Duration) {
                Some(duration) => TestLineKind::Wait(duration),
                None => TestLineKind::Error,
            },
            _ => {
                let head = inside(&first).and_then(|step| inside(&step)).and_then(|base| inside(&base)).map_or(word, |n| self.span(&n));
                let d = self
                    .diagnostic(Code::BadTestLine, head, "a test holds no steps")
                    .help("write what is expected: `expect group sales`")
                    .fix(Applicability::Maybe, "insert `expect`", Span::at(word.start), "expect ");
                self.report(d);
                TestLineKind::Error
            }
        };
        TestLine { kind, span }
    }

    fn bad_line(&mut self, after: Span, message: &str, help: &str) -> TestLineKind {
        self.missing(Code::BadTestLine, after, message, help);
        TestLineKind::Error
    }

    fn expectation(&mut self, node: Option<Node<'_>>, after: Span) -> Expectation {
        let Some(node) = node else {
            return Expectation::Missing(self.missing(
                Code::BadTestLine,
                after,
                "what is expected is missing",
                "write a step (`expect group sales`), `menu`, `collect`, `lookup crm` or `ended busy`",
            ));
        };
        let mut parts = node.into_inner();
        let Some(first) = parts.next() else { return Expectation::Missing(after) };
        let span = self.span(&first);
        match first.as_rule() {
            Rule::kw_menu => Expectation::Menu,
            Rule::kw_collect => Expectation::Collect,
            Rule::kw_lookup => match parts.next() {
                Some(name) => Expectation::Lookup(self.word(&name)),
                None => Expectation::Missing(self.missing(
                    Code::BadTestLine,
                    span,
                    "the name of a source is missing",
                    "write `expect lookup crm`",
                )),
            },
            Rule::kw_ended => match parts.next() {
                Some(reason) => Expectation::Ended(self.word(&reason)),
                None => Expectation::Missing(self.missing(Code::BadTestLine, span, "the reason is missing", "write `expect ended busy`")),
            },
            _ => {
                let step = self.base(first);
                let good = matches!(
                    step.kind,
                    StepKind::Dial(_)
                        | StepKind::Voicemail(_)
                        | StepKind::Hangup
                        | StepKind::Reject(_)
                        | StepKind::Redirect { .. }
                        | StepKind::Action(_)
                        | StepKind::Say(_)
                        | StepKind::Play(_)
                        | StepKind::Tag(_)
                        | StepKind::Error
                );
                if !good {
                    self.error(
                        Code::BadTestLine,
                        step.head,
                        format!("`{}` is no instruction that a call could get", self.text(step.head).to_ascii_lowercase()),
                        "expect a dial step, voicemail, reject, redirect, hangup, say, play, tag, an action, `menu`, `collect`, `lookup NAME` or `ended REASON`",
                    );
                }
                Expectation::Step(Box::new(step))
            }
        }
    }

    // ------------------------------------------------------------------------------------------------ given

    fn given(&mut self, node: Node<'_>) -> TestLineKind {
        let help = "write `given tier = gold`, `given header \"X-Tier\" = \"gold\"` or `given crm(+14155550123) = missing`";
        let mut word = self.span(&node);
        let mut eq = false;
        let mut header = false;
        let mut texts = Vec::new();
        let (mut call, mut row, mut value) = (None, None, None);
        for child in node.into_inner() {
            let here = self.span(&child);
            match child.as_rule() {
                Rule::kw_given => {
                    word = here;
                    continue;
                }
                Rule::kw_header => header = true,
                Rule::string => texts.push(self.plain(&child)),
                Rule::call => call = Some(self.call(child)),
                Rule::eq => eq = true,
                Rule::given_row => row = Some(self.given_row(child)),
                Rule::pvalue => value = Some(self.right_value(&child)),
                _ => {}
            }
            word = here;
        }
        if header {
            let mut texts = texts.into_iter();
            return match (texts.next(), texts.next(), eq) {
                (Some(name), Some(value), true) => TestLineKind::GivenHeader(name, value),
                _ => self.bad_line(word, "a header and its value are missing", help),
            };
        }
        let Some(call) = call else { return self.bad_line(word, "what is given is missing", help) };
        if !eq {
            return self.bad_line(word, "`=` is missing", help);
        }
        if call.parens.is_none() {
            let Some(name) = call.name else { return TestLineKind::Error };
            return match value {
                Some(value) => TestLineKind::GivenInput(name, value),
                None => self.bad_line(word, "a value is missing after `=`", help),
            };
        }
        let result = match (row, value) {
            (Some(row), _) => GivenResult::Row(row),
            (None, Some(value)) => match self.result_word(value) {
                Some(word) => GivenResult::Word(word),
                None => return TestLineKind::Error,
            },
            (None, None) => GivenResult::Missing(self.missing(Code::BadTestLine, word, "what the look-up answers is missing", help)),
        };
        TestLineKind::GivenLookup(call, result)
    }

    /// `missing`, `failed`, `late`.
    fn result_word(&mut self, value: Expr) -> Option<Name> {
        match value.kind {
            ExprKind::Missing => return Some(Name { text: "missing".to_owned(), span: value.span, quoted: false }),
            ExprKind::Name(name) if ["failed", "late"].iter().any(|w| name.text.eq_ignore_ascii_case(w)) => {
                return Some(Name { text: name.text.to_ascii_lowercase(), ..name });
            }
            ExprKind::Error => return None,
            _ => {}
        }
        self.error(
            Code::UnknownWord,
            value.span,
            format!("a look-up does not answer `{}`", shorten(self.text(value.span))),
            "write a row `< tier: gold >`, or `missing`, `failed`, `late`",
        );
        None
    }

    fn given_row(&mut self, node: Node<'_>) -> Vec<(Name, Expr)> {
        let mut fields = Vec::new();
        for child in node.into_inner() {
            let span = self.span(&child);
            match child.as_rule() {
                Rule::given_field => {
                    let name = part(&child, Rule::any_word).map(|n| self.word(&n));
                    let value = part(&child, Rule::pvalue).map(|n| self.right_value(&n));
                    match (name, value) {
                        (Some(name), Some(value)) => fields.push((name, value)),
                        _ => {
                            self.missing(Code::MissingValue, span, "the value of a field is missing", "write `tier: gold`");
                        }
                    }
                }
                Rule::comma => self.comma_in_block(&child),
                _ => self.unreadable(span, Where::Entry("a field", "a field is a name and a value: `tier: gold`")),
            }
        }
        fields
    }

    // ------------------------------------------------------------------------------------------------ moments

    fn moment(&mut self, node: &Node<'_>) -> TestTime {
        let span = self.span(node);
        let (mut date, mut clock, mut zone) = (None, None, None);
        for child in node.clone().into_inner() {
            let here = self.span(&child);
            match child.as_rule() {
                Rule::instant => {
                    return match instant(child.as_str()) {
                        Some(seconds) => TestTime::Instant(seconds),
                        None => {
                            self.error(
                                Code::BadMoment,
                                here,
                                format!("`{}` is no moment", child.as_str()),
                                "write it as in RFC 3339: `2026-04-21T14:32:00Z`",
                            );
                            TestTime::Error
                        }
                    };
                }
                Rule::iso_date | Rule::slashed => date = Some(self.date_form(&child)),
                Rule::clock => clock = Some(self.clock(&child)),
                Rule::sure_zone => zone = Some(self.zone(&child)),
                _ => {}
            }
        }
        match (date, clock) {
            (Some(date), Some((time, second))) if date.valid && time.valid => TestTime::Local { date, time, second, zone },
            (Some(date), None) if date.valid => {
                self.missing(Code::BadMoment, span, "the time of day is missing", "write `at 2026-04-21 09:32 America/Chicago`");
                TestTime::Error
            }
            _ => TestTime::Error,
        }
    }

    /// `09:32` or `09:32:15`.
    fn clock(&mut self, node: &Node<'_>) -> (Time, u8) {
        let span = self.span(node);
        let text = node.as_str();
        if text.matches(':').count() == 2
            && let Some((clock, seconds)) = text.rsplit_once(':')
            && let Some(second) = seconds.parse::<u8>().ok().filter(|s| *s < 60 && seconds.len() == 2)
        {
            return (self.time_text(clock, span), second);
        }
        (self.time_text(text, span), 0)
    }

    // ------------------------------------------------------------------------------------------------ tables

    fn test_table(&mut self, node: Node<'_>) -> TestBody {
        let mut columns: Vec<Name> = Vec::new();
        let mut rows = None;
        let mut last = self.span(&node);
        for child in node.into_inner() {
            let here = self.span(&child);
            match child.as_rule() {
                Rule::columns => columns = child.into_inner().filter_map(|c| inside(&c)).map(|n| self.word(&n)).collect(),
                Rule::table_block => rows = Some(child),
                _ => {}
            }
            last = here;
        }
        let mut good = true;
        if columns.is_empty() {
            self.missing(
                Code::MissingName,
                last,
                "the columns are missing after `for`",
                "write `test \"edges\" for at, expect < …, …; … >`",
            );
            good = false;
        }
        for (index, column) in columns.iter().enumerate() {
            let is_last = index.saturating_add(1) == columns.len();
            let known = ["at", "from", "to", "language", "press", "outcome", "expect"].iter().any(|w| column.text.eq_ignore_ascii_case(w));
            let expect = column.text.eq_ignore_ascii_case("expect");
            if expect && !is_last {
                self.error(Code::BadTestLine, column.span, "`expect` is the last column", "move it to the end");
                good = false;
                break;
            } else if is_last && !expect && known {
                self.error(Code::BadTestLine, column.span, "the last column is `expect`", "write `for at, expect < … >`");
                good = false;
            } else if !known {
                // Another word is an input, as in `given tier = …`.
                continue;
            }
        }
        let Some(block) = rows else {
            if good {
                self.missing(
                    Code::MissingBlock,
                    last,
                    "the rows are missing",
                    "write `test \"edges\" for at, expect < 2026-03-06T14:59:59Z, voicemail \"closed\" >`",
                );
            }
            return TestBody::Table { columns, rows: Vec::new() };
        };
        let mut built = Vec::new();
        let mut number: usize = 0;
        let mut children = block.into_inner().peekable();
        while let Some(child) = children.next() {
            let mut span = self.span(&child);
            match child.as_rule() {
                Rule::case_row => {
                    number = number.saturating_add(1);
                    let cells: Vec<Node<'_>> = child.into_inner().filter(|n| n.as_rule() == Rule::cell).collect();
                    let mut count = cells.len();
                    while let Some(torn) = children.next_if(|next| self.is_torn_off(&cells, span, next)) {
                        span = span.to(self.span(&torn));
                        // The first of these is what the last cell before them lacks.
                        count = count.saturating_add(torn.into_inner().count()).saturating_sub(1);
                    }
                    if good && count != columns.len() {
                        let cells = if count == 1 { "1 cell" } else { &format!("{count} cells") };
                        let message = format!("row {number} has {cells}, and the table has {} columns", columns.len());
                        self.error(
                            Code::BadTestLine,
                            span,
                            message,
                            "separate the cells of a row with commas, and rows with `;` or line ends",
                        );
                        good = false;
                    }
                    if !good {
                        continue;
                    }
                    let row: Vec<TestLine> =
                        cells.into_iter().zip(columns.iter()).map(|(cell, column)| self.cell(&cell, &column.clone())).collect();
                    built.push(row);
                }
                Rule::comma => self.comma_in_block(&child),
                _ => {
                    self.unreadable(span, Where::TestLine);
                    good = false;
                }
            }
        }
        TestBody::Table { columns, rows: built }
    }

    /// `voicemail "a", 5`: too many cells, of which the last two read like a row of their own, and leave `voicemail` without its text.
    fn is_torn_off(&self, cells: &[Node<'_>], row: Span, next: &Node<'_>) -> bool {
        let wants = |cell: &Node<'_>| {
            ["voicemail", "say", "play", "tag", "dial", "group", "agent", "queue", "redirect"]
                .iter()
                .any(|word| cell.as_str().trim().eq_ignore_ascii_case(word))
        };
        next.as_rule() == Rule::case_row
            && cells.last().is_some_and(wants)
            && self
                .source
                .get(row.end as usize..self.span(next).start as usize)
                .is_some_and(|gap| gap.bytes().all(|b| matches!(b, b' ' | b'\t')))
    }

    fn cell(&mut self, node: &Node<'_>, column: &Name) -> TestLine {
        let span = self.span(node);
        let Some(inner) = inside(node) else { return TestLine { kind: TestLineKind::Error, span } };
        let word = column.text.to_ascii_lowercase();
        let value = |b: &mut Self, inner: &Node<'_>| match inner.as_rule() {
            Rule::pvalue => Some(b.right_value(inner)),
            Rule::keys => Some(b.atom(inner, Braces::Plain)),
            _ => None,
        };
        let kind = match word.as_str() {
            "at" if inner.as_rule() == Rule::moment => Some(TestLineKind::At(self.moment(&inner))),
            "expect" if inner.as_rule() == Rule::expectation => Some(TestLineKind::Expect(self.expectation(Some(inner.clone()), span))),
            "from" => value(self, &inner).map(TestLineKind::From),
            "to" => value(self, &inner).map(TestLineKind::To),
            "press" if inner.as_rule() == Rule::word_timeout => Some(TestLineKind::Timeout),
            "press" => {
                let text = inner.as_str().trim();
                (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'*' || b == b'#'))
                    .then(|| TestLineKind::Press(text.to_owned()))
            }
            "language" | "outcome" => match value(self, &inner).map(|v| v.kind) {
                Some(ExprKind::Name(name)) if word == "language" => Some(TestLineKind::Language(name)),
                Some(ExprKind::Name(name)) => Some(TestLineKind::Outcome(name, None)),
                _ if inner.as_rule() == Rule::word_timeout && word == "outcome" => Some(TestLineKind::Outcome(self.word(&inner), None)),
                _ => None,
            },
            "at" | "expect" => None,
            _ => value(self, &inner).map(|v| TestLineKind::GivenInput(column.clone(), v)),
        };
        let kind = kind.unwrap_or_else(|| {
            self.error(
                Code::BadTestLine,
                span,
                format!("`{}` does not fit the column `{}`", shorten(self.text(span)), column.text),
                "write what would stand behind that word on a line of its own",
            );
            TestLineKind::Error
        });
        TestLine { kind, span }
    }
}

/// Seconds since 1970-01-01T00:00:00Z of an RFC 3339 text, leap seconds as the second before.
fn instant(text: &str) -> Option<i64> {
    let (date, rest) = text.split_at_checked(10)?;
    let mut numbers = date.split('-').map(|n| n.parse::<i64>().ok());
    let (year, month, day) = (numbers.next()??, numbers.next()??, numbers.next()??);
    let rest = rest.get(1..)?;
    let zone_at = rest.find(['Z', 'z', '+', '-'])?;
    let (clock, zone) = rest.split_at_checked(zone_at)?;
    let (clock, fraction) = clock.split_once('.').map_or((clock, None), |(c, f)| (c, Some(f)));
    if fraction.is_some_and(|f| f.is_empty() || !f.bytes().all(|b| b.is_ascii_digit())) {
        return None;
    }
    let two = |n: Option<&str>| n.filter(|n| n.len() == 2).and_then(|n| n.parse::<i64>().ok());
    let mut fields = clock.split(':');
    let (hour, minute, second) = (two(fields.next())?, two(fields.next())?, two(fields.next())?);
    if fields.next().is_some() || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let offset = if zone.eq_ignore_ascii_case("z") {
        0
    } else {
        let (hours, minutes) = zone.get(1..)?.split_once(':')?;
        let (hours, minutes) = (two(Some(hours))?, two(Some(minutes))?);
        if hours > 23 || minutes > 59 {
            return None;
        }
        let seconds = hours.checked_mul(3600)?.checked_add(minutes.checked_mul(60)?)?;
        if zone.starts_with('-') { seconds.checked_neg()? } else { seconds }
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return None,
    };
    if year == 0 || day < 1 || day > last {
        return None;
    }
    // Days since the epoch by the civil calendar, counting years from March.
    let y = if month <= 2 { year.checked_sub(1)? } else { year };
    let era = y.div_euclid(400);
    let year_of_era = y.rem_euclid(400);
    let shifted = (month.checked_add(9)?) % 12;
    let day_of_year = (shifted.checked_mul(153)?.checked_add(2)?) / 5;
    let day_of_year = day_of_year.checked_add(day)?.checked_sub(1)?;
    let day_of_era =
        year_of_era.checked_mul(365)?.checked_add(year_of_era / 4)?.checked_sub(year_of_era / 100)?.checked_add(day_of_year)?;
    let days = era.checked_mul(146_097)?.checked_add(day_of_era)?.checked_sub(719_468)?;
    let seconds = hour.checked_mul(3600)?.checked_add(minute.checked_mul(60)?)?.checked_add(second.min(59))?;
    days.checked_mul(86_400)?.checked_add(seconds)?.checked_sub(offset)
}
