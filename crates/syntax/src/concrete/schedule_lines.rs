//! The lines of schedules: days, and what holds on them. What stands behind a line and is none of its own belongs to that line's mistake.
//! Times and days themselves are in `schedules`.

use callroute_diagnostics::{Applicability, Code, Span};

use super::explain::Where;
use super::{Builder, Node, Rule, part};
use crate::scan::shorten;
use crate::tree::{DateSpec, Days, LineWhat, MonthRange, ScheduleLine, WeekdayRange};

/// What a line of a schedule names as its days.
enum DayItem {
    Months(Vec<MonthRange>, Option<WeekdayRange>, Option<Span>),
    Spec(DateSpec),
}

impl Builder<'_> {
    /// A line of a schedule, or of hours in place (whose first line may leave out its days).
    pub(super) fn schedule_line(&mut self, node: Node<'_>, in_place: bool) -> ScheduleLine {
        self.line_and_rest(node, in_place, None)
    }

    /// A line, and what stands behind it and is no line of its own.
    fn line_and_rest(&mut self, node: Node<'_>, in_place: bool, rest: Option<Span>) -> ScheduleLine {
        let span = self.span(&node);
        let before = self.diagnostics.len();
        let (mut days, mut what, mut from, mut until) = (None, None, None, None);
        let mut last = span;
        for child in node.into_inner() {
            let here = self.span(&child);
            match child.as_rule() {
                Rule::days => {
                    days = Some(self.days(child));
                    last = here;
                }
                Rule::comma_before_hours => {
                    let comma = self.sign_at(here.start);
                    self.needless_comma(comma, "hours stand directly behind their days, without a comma");
                }
                Rule::line_what => what = Some(self.line_what(child, here)),
                Rule::line_from => from = self.bound(&child, "from"),
                Rule::line_until => until = self.bound(&child, "until"),
                _ => {}
            }
        }
        let clean = self.diagnostics.len() == before;
        if let (Some(rest), true) = (rest, clean) {
            self.rest_of_line(span, last, what.as_ref(), rest);
        }
        let clean = clean && rest.is_none();
        let what = what.unwrap_or_else(|| {
            let at = Span::at(last.end);
            if clean {
                self.error(
                    Code::MissingTimes,
                    at,
                    "a line says neither hours nor `closed`",
                    "write `mon-fri 9-17` or `us_holidays closed`",
                );
            }
            LineWhat::Missing(at)
        });
        if days.is_none() && !in_place && clean {
            let d = self
                .diagnostic(Code::MissingDays, span, "a line does not say its days")
                .help("write `mon-fri 9-17`, or `daily 9-17` for every day")
                .fix(Applicability::Maybe, "insert `daily`", Span::at(span.start), "daily ");
            self.report(d);
        }
        if let (Some(Days::Weekly { months, weekdays, daily: false, span }), LineWhat::Hours(_)) = (&days, &what)
            && weekdays.is_empty()
            && !months.is_empty()
            && clean
        {
            let span = *span;
            let d = self
                .diagnostic(Code::MonthTimes, span, "hours in a season need their days")
                .help("write `jun-aug mon-fri 8-14`, or `jun-aug daily 8-14`")
                .fix(Applicability::Maybe, "insert `daily`", Span::at(span.end), " daily");
            self.report(d);
        }
        ScheduleLine { days, what, from, until, span }
    }

    fn line_what(&mut self, node: Node<'_>, span: Span) -> LineWhat {
        let mut hours = Vec::new();
        let mut stray = None;
        for child in node.into_inner() {
            let here = self.span(&child);
            if let Some(stray) = stray.take() {
                let (text, times) = (self.text(stray), self.text(here));
                let code = if text.starts_with(|c: char| c.is_ascii_alphabetic()) { Code::ForeignWord } else { Code::ForeignOperator };
                let d = self
                    .diagnostic(code, stray, format!("hours stand directly behind their days, without `{text}`"))
                    .help(format!("write `mon-fri {times}`"))
                    .fix(Applicability::Safe, format!("remove `{text}`"), Span::new(stray.start, here.start), self.gap_before(stray.start));
                self.report(d);
            }
            match child.as_rule() {
                Rule::stray_word => stray = Some(here),
                Rule::kw_closed => return LineWhat::Closed(span),
                Rule::interval => hours.push(self.interval(child)),
                _ => {}
            }
        }
        LineWhat::Hours(hours)
    }

    /// A blank, unless one stands before `at`.
    pub(super) fn gap_before(&self, at: u32) -> &'static str {
        let before = self.source.get(..at as usize).unwrap_or("");
        if before.ends_with(char::is_whitespace) { "" } else { " " }
    }

    fn days(&mut self, node: Node<'_>) -> Days {
        let span = self.span(&node);
        let before = self.diagnostics.len();
        let items: Vec<DayItem> = node
            .into_inner()
            .map(|child| {
                if !matches!(child.as_rule(), Rule::weekly_days | Rule::weekly_months) {
                    return DayItem::Spec(self.spec(child));
                }
                let (mut months, mut weekday, mut daily) = (Vec::new(), None, None);
                for part in child.into_inner() {
                    match part.as_rule() {
                        Rule::month_range => months.push(self.month_range(part)),
                        Rule::weekday_range => weekday = Some(self.weekday_range(part)),
                        Rule::kw_daily => daily = Some(self.span(&part)),
                        _ => {}
                    }
                }
                DayItem::Months(months, weekday, daily)
            })
            .collect();
        let weekly = items.iter().filter(|i| matches!(i, DayItem::Months(..))).count();
        if weekly == items.len() {
            let (mut all_months, mut all_days, mut any_daily) = (Vec::new(), Vec::new(), false);
            for item in items {
                if let DayItem::Months(months, weekday, daily) = item {
                    if !months.is_empty() && (!all_days.is_empty() || any_daily) && self.diagnostics.len() == before {
                        self.error(Code::MixedDays, span, "one line names one season", "write a line for each season");
                    }
                    all_months.extend(months);
                    all_days.extend(weekday);
                    any_daily |= daily.is_some();
                }
            }
            if any_daily && !all_days.is_empty() && self.diagnostics.len() == before {
                self.error(Code::MixedDays, span, "`daily` names every day already", "remove the other days, or `daily`");
            }
            return Days::Weekly { months: all_months, weekdays: all_days, daily: any_daily, span };
        }
        if weekly > 0 && self.diagnostics.len() == before {
            self.error(Code::MixedDays, span, "weekdays and dates are mixed in one line", "write a line for each");
        }
        let specs: Vec<DateSpec> = items
            .into_iter()
            .filter_map(|item| match item {
                DayItem::Spec(spec) => Some(spec),
                DayItem::Months(..) => None,
            })
            .collect();
        Days::Dates(specs)
    }

    /// Is `next`, behind the part of a line that ends at `end`, no line of its own, and in the same line of the text?
    fn continues_line(&self, end: u32, next: &Node<'_>, whole: bool) -> bool {
        let start = self.span(next).start;
        let between = self.source.get(end as usize..start as usize).unwrap_or("\n");
        between.bytes().all(|byte| matches!(byte, b' ' | b'\t'))
            && match next.as_rule() {
                Rule::schedule_line => !is_whole_line(next),
                Rule::junk => !whole,
                _ => false,
            }
    }

    /// Says of what stands behind a line why it cannot.
    fn rest_of_line(&mut self, line: Span, days: Span, what: Option<&LineWhat>, rest: Span) {
        let text = self.text(rest);
        let lower = text.to_ascii_lowercase();
        let days = shorten(self.text(days));
        let is_time = text.starts_with(|c: char| c.is_ascii_digit());
        match what {
            Some(LineWhat::Closed(_)) if is_time => {
                let help = format!("write `{days} closed` or `{days} {}`", shorten(text));
                self.error(Code::UnexpectedText, rest, "a line says either hours or `closed`, not both", help);
            }
            Some(LineWhat::Hours(_)) if lower == "closed" => {
                let help = format!("write `{days} closed`, or remove the word");
                self.error(Code::UnexpectedText, rest, "a line says either hours or `closed`, not both", help);
            }
            Some(LineWhat::Hours(_)) if is_time => {
                let at = Span::at(line.end);
                let d = self
                    .diagnostic(Code::MissingDays, rest, "a comma is missing between the hours of a line")
                    .help(format!("write `{}, {}`", shorten(self.text(line)), shorten(text)))
                    .fix(Applicability::Safe, "insert `,`", at, ",");
                self.report(d);
            }
            Some(LineWhat::Closed(_)) => {
                let d = self
                    .diagnostic(Code::UnexpectedText, rest, format!("`{}` cannot stand behind `closed`", shorten(text)))
                    .help(format!("`{days} closed` means all day"));
                let d = if matches!(lower.as_str(), "all day" | "allday" | "all-day" | "whole day" | "the whole day") {
                    d.fix(Applicability::Safe, format!("remove `{text}`"), Span::new(line.end, rest.end), "")
                } else {
                    d
                };
                self.report(d);
            }
            Some(_) => self.error(
                Code::UnexpectedText,
                rest,
                format!("`{}` cannot stand behind the hours of a line", shorten(text)),
                "a line ends with its hours, or with `from 2026-01-01` or `until 2026-12-31`",
            ),
            None if matches!(lower.as_str(), "off" | "shut" | "holiday" | "none" | "free" | "close") => {
                self.fixed(Code::UnknownWord, rest, format!("`{text}` is no word of a schedule"), Applicability::Safe, "closed");
            }
            None if matches!(lower.as_str(), "open" | "all day" | "allday" | "all-day" | "24h" | "open all day") => {
                let help = format!("write the hours: `{days} 9-17`, `{days} 0-24` for all day");
                self.error(Code::UnknownWord, rest, format!("`{text}` is no word of a schedule"), help);
            }
            None => self.error(
                Code::MissingTimes,
                rest,
                format!("`{}` is neither hours nor `closed`", shorten(text)),
                format!("write `{days} 9-17` or `{days} closed`"),
            ),
        }
    }

    /// The lines of a schedule.
    pub(super) fn schedule_block(&mut self, node: Node<'_>) -> Vec<ScheduleLine> {
        let mut lines = Vec::new();
        let mut children = node.into_inner().peekable();
        while let Some(child) = children.next() {
            match child.as_rule() {
                Rule::schedule_line => {
                    let mut rest: Option<Span> = None;
                    let mut end = self.span(&child).end;
                    let mut whole = is_whole_line(&child);
                    while let Some(next) = children.next_if(|next| self.continues_line(end, next, whole)) {
                        let here = self.span(&next);
                        rest = Some(rest.map_or(here, |rest| rest.to(here)));
                        end = here.end;
                        whole = false;
                    }
                    lines.push(self.line_and_rest(child, false, rest));
                }
                Rule::comma => self.comma_in_block(&child),
                _ => {
                    let span = self.span(&child);
                    self.unreadable(span, Where::ScheduleLine);
                }
            }
        }
        lines
    }
}

/// Does a line say both its days and what holds on them?
fn is_whole_line(node: &Node<'_>) -> bool {
    node.as_rule() == Rule::schedule_line && part(node, Rule::days).is_some() && part(node, Rule::line_what).is_some()
}
