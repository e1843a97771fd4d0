//! Times, dates, and the days of schedules and of `dates`. The lines of schedules are in `schedule_lines`.

use callroute_diagnostics::{Applicability, Code, Span};

use super::{Builder, Node, Rule, inside, part};
use crate::scan::shorten;
use crate::tree::{Date, DateKind, DateSpec, DayOffset, EveryUnit, Interval, MonthRange, Time, Weekday, WeekdayRange, Zone};

/// Where a description of days stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum In {
    /// `dates x = < … >`
    Dates,
    /// `on(…)`
    On,
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Mon),
    ("tue", Weekday::Tue),
    ("wed", Weekday::Wed),
    ("thu", Weekday::Thu),
    ("fri", Weekday::Fri),
    ("sat", Weekday::Sat),
    ("sun", Weekday::Sun),
];

/// Days of a month in the proleptic Gregorian calendar; February has 29 where the year is not said.
fn days_in(year: Option<u16>, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 => match year {
            Some(y) if !(y % 4 == 0 && (y % 100 != 0 || y % 400 == 0)) => 28,
            _ => 29,
        },
        _ => 31,
    }
}

impl Builder<'_> {
    pub(super) fn zone(&self, node: &Node<'_>) -> Zone {
        Zone { text: node.as_str().to_owned(), span: self.span(node) }
    }

    // ------------------------------------------------------------------------------------------------ times

    /// A time of day.
    pub(super) fn time(&mut self, node: &Node<'_>) -> Time {
        let span = self.span(node);
        self.time_text(node.as_str(), span)
    }

    pub(super) fn time_text(&mut self, text: &str, span: Span) -> Time {
        match read_time(text) {
            Ok(minutes) => Time { minutes, valid: true, span },
            Err(fault) => {
                let mut d = self.diagnostic(Code::BadTime, span, format!("`{}` is no time of day", shorten(text)));
                match fault {
                    TimeFault::Fixed(fixed) => {
                        d = d.help(format!("write `{fixed}`")).fix(Applicability::Safe, format!("write `{fixed}`"), span, fixed)
                    }
                    TimeFault::Hours => d = d.help("hours run from 0 to 24, and 24:00 is the end of the day"),
                    TimeFault::Minutes => d = d.help("minutes run from 00 to 59: `9:30`"),
                    TimeFault::Form => d = d.help("write `9`, `9:30`, `17:00`, `9am` or `5:30pm`"),
                }
                self.report(d);
                Time { minutes: 0, valid: false, span }
            }
        }
    }

    pub(super) fn interval(&mut self, node: Node<'_>) -> Interval {
        let span = self.span(&node);
        if let Some(fixed) = fixed_interval(node.as_str()) {
            let message = format!("`{}` are no times of day", shorten(self.text(span)));
            self.fixed(Code::BadTime, span, message, Applicability::Safe, fixed);
            let none = Time { minutes: 0, valid: false, span };
            return Interval { start: none, end: none, span };
        }
        let mut times = Vec::new();
        for child in node.into_inner() {
            match child.as_rule() {
                Rule::time => times.push(self.time(&child)),
                Rule::range_word => {
                    let here = self.span(&child);
                    let text = self.text(span);
                    let ends: Vec<&str> = text.split(child.as_str()).map(str::trim).collect();
                    let fixed = ends.join("-");
                    let d = self
                        .diagnostic(Code::RangeWord, here, format!("a range of hours is written with `-`, not `{}`", child.as_str()))
                        .help(format!("write `{fixed}`"))
                        .fix(Applicability::Safe, format!("write `{fixed}`"), span, fixed);
                    self.report(d);
                }
                _ => {}
            }
        }
        let none = Time { minutes: 0, valid: false, span };
        Interval { start: times.first().copied().unwrap_or(none), end: times.get(1).copied().unwrap_or(none), span }
    }

    // ------------------------------------------------------------------------------------------------ words

    fn month(&mut self, node: &Node<'_>) -> u8 {
        self.short_names(std::slice::from_ref(node));
        month_number(node.as_str())
    }

    /// Long names of days and months, alone or in a range.
    fn short_names(&mut self, nodes: &[Node<'_>]) -> bool {
        let (Some(first), Some(last)) = (nodes.first(), nodes.last()) else { return false };
        if nodes.iter().all(|n| n.as_str().len() == 3) {
            return false;
        }
        let span = self.span(first).to(self.span(last));
        let joined = if self.text(span).contains('&') { ", " } else { "-" };
        let fixed = nodes.iter().map(|n| short_name(n.as_str())).collect::<Vec<_>>().join(joined);
        self.fixed(Code::DayName, span, "the names of days and months have three letters", Applicability::Safe, fixed);
        true
    }

    /// Two days or months joined by `thru` and the like, or by their long names.
    fn range_form(&mut self, node: &Node<'_>, ends: &[Node<'_>]) {
        if let (Some(word), [day]) = (part(node, Rule::lost_word), ends) {
            let (here, day) = (self.span(&word), short_name(day.as_str()));
            let message = format!("`{}` leads to no day", word.as_str());
            self.error(Code::RangeWord, here, message, format!("write a range as `{day}-sun`, a list as `{day}, sun`"));
            return;
        }
        if self.short_names(ends) {
            return;
        }
        if let (Some(word), [first, last]) = (part(node, Rule::range_word), ends) {
            let here = self.span(&word);
            // `mon & fri` are two days, `mon thru fri` are five.
            let (what, sign) = if word.as_str().starts_with('&') { ("a list", ", ") } else { ("a range", "-") };
            let fixed = [first, last].map(|end| short_name(end.as_str())).join(sign);
            let whole = self.span(first).to(self.span(last));
            let message = format!("{what} of days is written with `{}`, not `{}`", sign.trim(), word.as_str());
            let d = self.diagnostic(Code::RangeWord, here, message).help(format!("write `{fixed}`")).fix(
                Applicability::Safe,
                format!("write `{fixed}`"),
                whole,
                fixed,
            );
            self.report(d);
        }
    }

    pub(super) fn month_range(&mut self, node: Node<'_>) -> MonthRange {
        let span = self.span(&node);
        let months: Vec<Node<'_>> = node.clone().into_inner().filter(|n| n.as_rule() == Rule::month).collect();
        self.range_form(&node, &months);
        let mut numbers = months.iter().map(|m| month_number(m.as_str()));
        let first = numbers.next().unwrap_or(1);
        MonthRange { first, last: numbers.next().unwrap_or(first), span }
    }

    pub(super) fn weekday_range(&mut self, node: Node<'_>) -> WeekdayRange {
        let span = self.span(&node);
        let days: Vec<Node<'_>> = node.clone().into_inner().filter(|n| n.as_rule() == Rule::weekday).collect();
        self.range_form(&node, &days);
        let mut days = days.iter().map(|d| weekday(d.as_str()));
        let first = days.next().unwrap_or(Weekday::Mon);
        WeekdayRange { first, last: days.next().unwrap_or(first), span }
    }

    // ------------------------------------------------------------------------------------------------ dates

    fn bad_date(span: Span) -> Date {
        Date { year: None, month: 1, day: 1, valid: false, span }
    }

    /// A date, by the node of rule `date`.
    pub(super) fn date(&mut self, node: &Node<'_>) -> Date {
        let span = self.span(node);
        let Some(inner) = inside(node) else { return Self::bad_date(span) };
        self.date_form(&inner)
    }

    pub(super) fn date_form(&mut self, inner: &Node<'_>) -> Date {
        let span = self.span(inner);
        match inner.as_rule() {
            Rule::iso_date => self.iso_date(inner.as_str(), span),
            Rule::slashed => {
                self.slashed(inner.as_str(), span);
                Self::bad_date(span)
            }
            Rule::yearly => self.yearly(inner, span),
            Rule::day_month => {
                let month = part(inner, Rule::month);
                let day: String = inner.as_str().chars().take_while(char::is_ascii_digit).collect();
                let lower = month.as_ref().map_or(String::new(), |m| m.as_str().to_ascii_lowercase());
                let short = lower.get(..3).unwrap_or("jan");
                let fixed = match part(inner, Rule::year_number) {
                    Some(year) => iso_text(year.as_str(), short, &day),
                    None => format!("{short} {day}"),
                };
                self.fixed(Code::DateForm, span, "the month stands before the day", Applicability::Safe, fixed);
                Self::bad_date(span)
            }
            _ => Self::bad_date(span),
        }
    }

    fn iso_date(&mut self, text: &str, span: Span) -> Date {
        let mut parts = text.split('-').map(|p| p.parse::<u16>().ok());
        let (year, month, day) = (parts.next().flatten(), parts.next().flatten(), parts.next().flatten());
        let (Some(year), Some(month), Some(day)) = (year, month.and_then(|m| u8::try_from(m).ok()), day.and_then(|d| u8::try_from(d).ok()))
        else {
            return Self::bad_date(span);
        };
        if text.len() != 10 {
            let fixed = format!("{year:04}-{month:02}-{day:02}");
            self.fixed(Code::DateForm, span, "a date has two digits for month and day", Applicability::Safe, fixed);
            return Self::bad_date(span);
        }
        let help = match () {
            () if year == 0 => "years run from 0001 to 9999".to_owned(),
            () if month == 0 || month > 12 => "months run from 01 to 12".to_owned(),
            () if day == 0 || day > days_in(Some(year), month) => {
                let name = MONTHS.get(usize::from(month.saturating_sub(1))).copied().unwrap_or("jan");
                format!("{name} {year} has {} days", days_in(Some(year), month))
            }
            () => return Date { year: Some(year), month, day, valid: true, span },
        };
        self.error(Code::BadDate, span, format!("the date `{text}` does not exist"), help);
        Self::bad_date(span)
    }

    fn yearly(&mut self, node: &Node<'_>, span: Span) -> Date {
        let before = self.diagnostics.len();
        let month = part(node, Rule::month).map_or(1, |m| self.month(&m));
        let name = MONTHS.get(usize::from(month.saturating_sub(1))).copied().unwrap_or("jan");
        let text = part(node, Rule::day_number).map_or(String::new(), |d| d.as_str().to_owned());
        let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
        let day = digits.parse::<u8>().unwrap_or(0);
        if self.diagnostics.len() > before {
            return Self::bad_date(span);
        }
        if let Some(year) = part(node, Rule::year_number) {
            self.fixed(
                Code::DateForm,
                span,
                "a date with its year is written in numbers",
                Applicability::Safe,
                iso_text(year.as_str(), name, &digits),
            );
            return Self::bad_date(span);
        }
        if digits.len() < text.len() {
            self.fixed(Code::DateForm, span, "the day of a date is a plain number", Applicability::Safe, format!("{name} {digits}"));
            return Self::bad_date(span);
        }
        if day == 0 || day > days_in(None, month) {
            self.error(
                Code::BadDate,
                span,
                format!("the date `{}` does not exist", self.text(span)),
                format!("{name} has {} days", days_in(None, month)),
            );
            return Self::bad_date(span);
        }
        Date { year: None, month, day, valid: true, span }
    }

    /// `12/24`, `04/21/2026`, `24.12.`: nobody can know which is the month.
    fn slashed(&mut self, text: &str, span: Span) {
        let numbers: Vec<u16> = text.split(['/', '.']).filter(|p| !p.is_empty()).filter_map(|p| p.parse().ok()).collect();
        let german = text.contains('.');
        let name = |m: u16| m.checked_sub(1).and_then(|m| MONTHS.get(usize::from(m))).copied();
        let fixed = match numbers.as_slice() {
            [y, m, d] if *y > 31 => name(*m).map(|_| format!("{y:04}-{m:02}-{d:02}")),
            [d, m, y] if *y > 999 && (german || *d > 12) => name(*m).map(|_| format!("{y:04}-{m:02}-{d:02}")),
            [m, d, y] if *y > 999 => name(*m).map(|_| format!("{y:04}-{m:02}-{d:02}")),
            [d, m] if german || *d > 12 => name(*m).map(|name| format!("{name} {d}")),
            [m, d] => name(*m).map(|name| format!("{name} {d}")),
            _ => None,
        };
        let mut d = self.diagnostic(Code::DateForm, span, format!("a date is not written `{text}`"));
        d = match fixed {
            Some(fixed) => {
                d.help(format!("write `{fixed}` if that is meant")).fix(Applicability::Maybe, format!("write `{fixed}`"), span, fixed)
            }
            None => d.help("write `2026-12-24`, or `dec 24` for every year"),
        };
        self.report(d);
    }

    fn offset(&mut self, node: &Node<'_>) -> Option<DayOffset> {
        let span = self.span(node);
        let digits = part(node, Rule::digits).map_or(String::new(), |d| d.as_str().to_owned());
        let minus = part(node, Rule::sign).is_some_and(|s| s.as_str() == "-");
        match (part(node, Rule::word_days), part(node, Rule::any_word)) {
            (Some(_), _) => {}
            (None, Some(word)) => {
                let here = self.span(&word);
                self.error(Code::BadOffset, here, format!("an offset counts days, not `{}`", word.as_str()), "write `+ 7 days`");
                return None;
            }
            (None, None) => {
                self.missing(
                    Code::MissingWord,
                    span,
                    "the word `days` is missing",
                    format!("write `{} {digits} days`", if minus { "-" } else { "+" }),
                );
                return None;
            }
        }
        match digits.parse::<i32>().ok().filter(|n| (1..=366).contains(n)) {
            Some(days) => Some(DayOffset { days: if minus { days.saturating_neg() } else { days }, span }),
            None => {
                self.error(
                    Code::BadOffset,
                    span,
                    format!("an offset of {} days is out of range", shorten(&digits)),
                    "offsets run from 1 to 366 days",
                );
                None
            }
        }
    }

    fn bare_spec(kind: DateKind, span: Span) -> DateSpec {
        DateSpec { kind, offset: None, observed: None, label: None, from: None, until: None, span }
    }

    /// Offset and `observed`, which stand behind any description of days.
    fn tail(&mut self, spec: &mut DateSpec, child: &Node<'_>) {
        let here = self.span(child);
        match child.as_rule() {
            Rule::offset => {
                let offset = self.offset(child);
                if spec.offset.is_some() {
                    self.repeated(here, here);
                }
                spec.offset = offset.or(spec.offset);
            }
            Rule::kw_observed => {
                if spec.observed.is_some() {
                    self.repeated(here, here);
                }
                spec.observed = Some(here);
            }
            _ => {}
        }
    }

    /// A description of days: one node of `day_item` or of `date_spec`.
    pub(super) fn spec(&mut self, node: Node<'_>) -> DateSpec {
        let span = self.span(&node);
        let mut spec = Self::bare_spec(DateKind::Error, span);
        match node.as_rule() {
            Rule::date_item => {
                let mut dates = Vec::new();
                for child in node.into_inner() {
                    if child.as_rule() == Rule::date { dates.push(self.date(&child)) } else { self.tail(&mut spec, &child) }
                }
                spec.kind = match dates.as_slice() {
                    [one] => DateKind::Date(*one),
                    [first, last, ..] => DateKind::Range(*first, *last),
                    [] => DateKind::Error,
                };
            }
            Rule::easter | Rule::named => {
                let easter = node.as_rule() == Rule::easter;
                for child in node.into_inner() {
                    match child.as_rule() {
                        Rule::name => spec.kind = DateKind::Named(self.word(&child)),
                        Rule::kw_easter => spec.kind = DateKind::Easter,
                        _ => self.tail(&mut spec, &child),
                    }
                }
                if !easter && let DateKind::Named(name) = &spec.kind {
                    let name = name.clone();
                    self.foreign_day(&mut spec, &name.text, name.span);
                }
            }
            Rule::nth => self.nth(node, &mut spec),
            Rule::every => self.every(node, &mut spec),
            Rule::bad_month_times => {
                let text = self.text(span);
                let month: String = text.chars().take_while(char::is_ascii_alphabetic).collect();
                let times: String = text.get(month.len()..).unwrap_or("").trim().to_owned();
                let (from, to) = times.split_once('-').unwrap_or((times.as_str(), ""));
                let days = |t: &str| t.parse::<u8>().is_ok_and(|d| (1..=31).contains(&d));
                let range = part(&node, Rule::month_range).is_some_and(|m| m.into_inner().count() > 1);
                let season = part(&node, Rule::month_range).map_or(month.clone(), |m| m.as_str().trim().to_owned());
                let times = part(&node, Rule::interval).map_or(times.clone(), |i| i.as_str().trim().to_owned());
                let mut d = if days(from) && days(to) && !range {
                    self.diagnostic(Code::MonthTimes, span, format!("`{text}` could be days or hours"))
                        .help(format!("for days write `{month} {from} to {month} {to}`"))
                } else {
                    self.diagnostic(Code::MonthTimes, span, "hours in a season need their days")
                };
                d = d.help(format!("for hours write `{season} daily {times}`, or name weekdays")).fix(
                    Applicability::Maybe,
                    format!("write `{season} daily {times}`"),
                    span,
                    format!("{season} daily {times}"),
                );
                self.report(d);
            }
            Rule::bad_month_day => {
                let text = node.as_str();
                let mut d = self.diagnostic(Code::DateForm, span, format!("`{text}` reads as hours, not as a date"));
                let (month, day) = text.split_once('-').unwrap_or((text, ""));
                let name = month.parse::<usize>().ok().and_then(|m| m.checked_sub(1)).and_then(|m| MONTHS.get(m));
                if let (Some(name), Ok(day)) = (name, day.parse::<u8>()) {
                    let fixed = format!("{name} {day}");
                    d = d.help(format!("write `{fixed}`")).fix(Applicability::Safe, format!("write `{fixed}`"), span, fixed);
                } else {
                    d = d.help("write `dec 24`");
                }
                self.report(d);
            }
            Rule::bad_weekly => {
                self.error(
                    Code::MixedDays,
                    span,
                    format!("`{}` is no date", shorten(self.text(span))),
                    "a weekday of a month is a date: `1st mon of jan`; weekly hours belong to a schedule",
                );
            }
            _ => {}
        }
        spec
    }

    /// `MO` and the like: the day by another name. Only such names as nobody gives to dates.
    fn foreign_day(&mut self, spec: &mut DateSpec, text: &str, span: Span) {
        let lower = text.to_ascii_lowercase();
        let meant = match lower.as_str() {
            "weekday" | "weekdays" | "workdays" | "workday" => "mon-fri",
            "weekend" | "weekends" => "sat-sun",
            "everyday" | "always" => "daily",
            "mo" if text != "mo" => "mon",
            "tu" if text != "tu" => "tue",
            "we" if text != "we" => "wed",
            "th" if text != "th" => "thu",
            "sa" if text != "sa" => "sat",
            "su" if text != "su" => "sun",
            "open" => {
                self.error(Code::UnknownWord, span, "`open` is no word of a schedule", "write the hours: `mon-fri 9-17`, `sat 0-24`");
                spec.kind = DateKind::Error;
                return;
            }
            _ => return,
        };
        self.fixed(Code::DayName, span, format!("`{text}` is written `{meant}`"), Applicability::Safe, meant);
        spec.kind = DateKind::Error;
    }

    fn nth(&mut self, node: Node<'_>, spec: &mut DateSpec) {
        let span = self.span(&node);
        let mut ordinals: Vec<(Option<u8>, Span)> = Vec::new();
        let mut weekday_here = None;
        let mut workday = false;
        let mut except = None;
        let mut except_told = None;
        let mut months = None;
        let mut of = None;
        let mut last = span;
        let mut bad = false;
        for child in node.into_inner() {
            let here = self.span(&child);
            match child.as_rule() {
                Rule::ordinal => {
                    let digits: String = child.as_str().chars().take_while(char::is_ascii_digit).collect();
                    let number = if digits.is_empty() { None } else { Some(digits.parse::<u8>().unwrap_or(0)) };
                    let suffix = child.as_str().get(digits.len()..).unwrap_or("").to_ascii_lowercase();
                    if let Some(n) = number.filter(|n| (1..=31).contains(n)) {
                        let right = ordinal_suffix(n);
                        if suffix != right {
                            self.fixed(
                                Code::BadOrdinal,
                                here,
                                format!("`{}` is spelt `{n}{right}`", child.as_str()),
                                Applicability::Safe,
                                format!("{n}{right}"),
                            );
                            bad = true;
                        }
                    }
                    ordinals.push((number, here));
                }
                Rule::spelt => {
                    let word = child.as_str();
                    let lower = word.to_ascii_lowercase();
                    let number = ["first", "second", "third", "fourth", "fifth"].iter().position(|spelt| *spelt == lower);
                    match number.and_then(|at| u8::try_from(at.saturating_add(1)).ok()) {
                        Some(n) => {
                            let fixed = format!("{n}{}", ordinal_suffix(n));
                            self.fixed(Code::BadOrdinal, here, format!("`{word}` is written `{fixed}`"), Applicability::Safe, fixed);
                        }
                        None => self.error(
                            Code::BadOrdinal,
                            here,
                            format!("`{word}` does not say which one"),
                            "write `1st mon of may`, `2nd`, `3rd`, `4th`, `5th` or `last`",
                        ),
                    }
                    bad = true;
                }
                Rule::weekday => {
                    self.short_names(std::slice::from_ref(&child));
                    weekday_here = Some((weekday(child.as_str()), here));
                }
                Rule::kw_workday => workday = true,
                Rule::kw_except => except_told = Some(here),
                Rule::name => except = Some(self.word(&child)),
                Rule::kw_of => of = Some(here),
                Rule::of_months => {
                    months = Some(
                        child.into_inner().filter(|n| n.as_rule() == Rule::month_range).map(|n| self.month_range(n)).collect::<Vec<_>>(),
                    )
                }
                _ => {
                    self.tail(spec, &child);
                    continue;
                }
            }
            last = here;
        }
        let limit = if workday { 23 } else { 5 };
        for (number, here) in &ordinals {
            if let Some(number) = number
                && (*number == 0 || *number > limit)
            {
                let what = if workday { "a month never has so many workdays" } else { "a weekday comes at most five times in a month" };
                self.error(Code::BadOrdinal, *here, format!("`{}` never occurs", self.text(*here)), what);
                bad = true;
            }
        }
        if bad {
            return;
        }
        if weekday_here.is_none() && !workday {
            self.missing(
                Code::MissingWord,
                ordinals.last().map_or(span, |o| o.1),
                "a weekday or `workday` is missing",
                "write `4th thu of nov` or `last workday of month`",
            );
            return;
        }
        if let (Some(here), None) = (except_told, &except) {
            self.missing(
                Code::MissingName,
                here,
                "the name of dates is missing after `except`",
                "write `last workday except us_holidays of month`",
            );
            return;
        }
        if let (Some(here), true) = (except_told, weekday_here.is_some()) {
            self.error(Code::MisplacedOption, here, "`except` belongs to `workday`", "write `last workday except us_holidays of month`");
            return;
        }
        let Some(months) = months else {
            let after = of.unwrap_or(last);
            let message = if of.is_some() { "a month is missing after `of`" } else { "of which month is missing" };
            self.missing(Code::MissingWord, after, message, "write `of nov`, or `of month` for every month");
            return;
        };
        spec.kind = match weekday_here {
            Some(weekday) => DateKind::Nth { ordinals, weekday, months },
            None => DateKind::Workday { ordinals, except, months },
        };
    }

    fn every(&mut self, node: Node<'_>, spec: &mut DateSpec) {
        let span = self.span(&node);
        let (mut n, mut unit, mut anchor, mut from) = (None, None, None, None);
        let (mut spelt, mut unit_end, mut told) = (None, span, false);
        let (mut months, mut weekdays) = (Vec::new(), Vec::new());
        let mut head = span;
        for child in node.into_inner() {
            let here = self.span(&child);
            match child.as_rule() {
                Rule::word_every => head = here,
                Rule::word_nth => spelt = Some((child.as_str().to_owned(), here)),
                Rule::digits => n = Some((child.as_str().parse::<u32>().ok().filter(|n| (1..=999).contains(n)), here)),
                Rule::unit => {
                    let lower = child.as_str().to_ascii_lowercase();
                    unit = Some(match lower.as_str() {
                        "day" | "days" => EveryUnit::Days,
                        "week" | "weeks" => EveryUnit::Weeks,
                        "month" | "months" => EveryUnit::Months,
                        _ => EveryUnit::Years,
                    });
                    head = here;
                    unit_end = here;
                }
                Rule::kw_from => from = Some(here),
                Rule::date => anchor = Some(self.date(&child)),
                Rule::month_range => months.push(self.month_range(child)),
                Rule::weekday_range => weekdays.push(self.weekday_range(child)),
                _ => {}
            }
        }
        let Some(unit) = unit else {
            self.missing(
                Code::MissingWord,
                n.map_or(head, |(_, s)| s),
                "what `every` counts is missing",
                "write `every 2 weeks from 2026-01-05`: days, weeks, months or years",
            );
            return;
        };
        if n.is_none() {
            self.every_without_number(unit, spelt, unit_end, anchor.is_some());
            told = true;
        }
        if let Some((None, here)) = n {
            self.error(Code::BadOffset, here, format!("`{}` is out of range", self.text(here)), "`every` counts from 1 to 999");
            return;
        }
        if anchor.is_none() && !told {
            self.missing(
                Code::MissingAnchor,
                from.unwrap_or(head),
                "`every` does not say from which date it counts",
                "write `every 2 weeks from 2026-01-05`",
            );
        }
        let n = n.and_then(|(n, _)| n).unwrap_or(1);
        spec.kind = DateKind::Every { n, unit, anchor, months, weekdays };
    }

    /// `every week`, `every other week`: what is meant is said whole, since mostly the first date is missing as well.
    fn every_without_number(&mut self, unit: EveryUnit, spelt: Option<(String, Span)>, unit_span: Span, anchored: bool) {
        let name = match unit {
            EveryUnit::Days => "day",
            EveryUnit::Weeks => "week",
            EveryUnit::Months => "month",
            EveryUnit::Years => "year",
        };
        let number = match spelt.as_ref().map(|(word, _)| word.to_ascii_lowercase()) {
            None => 1,
            Some(word) => match word.as_str() {
                "other" | "second" => 2,
                "third" => 3,
                "fourth" => 4,
                digits => digits.trim_end_matches(|c: char| c.is_ascii_alphabetic()).parse().unwrap_or(2),
            },
        };
        let fixed = format!("{number} {name}{}", if number == 1 { "" } else { "s" });
        let (code, span, message) = match &spelt {
            Some((word, here)) => (Code::UnknownWord, *here, format!("`every` counts in numbers, not with `{}`", shorten(word))),
            None => (Code::MissingValue, unit_span, "`every` says no number".to_owned()),
        };
        let d = self.diagnostic(code, span, message);
        let plain = match unit {
            EveryUnit::Days => Some("`daily 9-17` is open on all of them"),
            EveryUnit::Weeks => Some("a line without `every` holds each week: `mon 9-12`"),
            EveryUnit::Months | EveryUnit::Years => None,
        };
        let d = match plain.filter(|_| number == 1 && !anchored) {
            Some(plain) => d.help(plain),
            None => d,
        };
        let d = if anchored {
            d.help(format!("write `every {fixed}`")).fix(Applicability::Safe, format!("write `{fixed}`"), span.to(unit_span), fixed)
        } else {
            d.help(format!("write `every {fixed} from 2026-01-05`: the date says from when it counts"))
        };
        self.report(d);
    }

    /// An entry of `dates`, or a description in `on(…)`.
    pub(super) fn date_spec(&mut self, node: Node<'_>, place: In) -> DateSpec {
        let span = self.span(&node);
        let mut spec = Self::bare_spec(DateKind::Error, span);
        for child in node.into_inner() {
            let here = self.span(&child);
            match child.as_rule() {
                Rule::offset | Rule::kw_observed => self.tail(&mut spec, &child),
                Rule::date_label => {
                    let label = inside(&child).map(|n| self.plain(&n));
                    if place == In::On {
                        self.error(Code::MisplacedOption, here, "a label has no place here", "labels belong to the entries of `dates`");
                    }
                    spec.label = label;
                }
                Rule::line_from => spec.from = self.bound(&child, "from"),
                Rule::line_until => spec.until = self.bound(&child, "until"),
                _ => {
                    let core = self.spec(child);
                    spec = DateSpec { span, ..core };
                }
            }
        }
        spec
    }

    /// `from DATE` or `until DATE` at the end of a line.
    pub(super) fn bound(&mut self, node: &Node<'_>, word: &str) -> Option<Date> {
        let head = inside(node).map_or(self.span(node), |n| self.span(&n));
        let Some(date) = part(node, Rule::date) else {
            self.missing(Code::MissingValue, head, format!("a date is missing after `{word}`"), format!("write `{word} 2026-12-31`"));
            return None;
        };
        Some(self.date(&date))
    }
}

/// `0900-1700` as it must be written, where both ends can be mended.
fn fixed_interval(text: &str) -> Option<String> {
    let (start, end) = text.split_once('-')?;
    match (read_time(start.trim()), read_time(end.trim())) {
        (Err(TimeFault::Fixed(start)), Err(TimeFault::Fixed(end))) => Some(format!("{start}-{end}")),
        _ => None,
    }
}

/// The three letters of a day or month.
fn short_name(text: &str) -> String {
    text.get(..3).unwrap_or(text).to_ascii_lowercase()
}

fn month_number(text: &str) -> u8 {
    let short = short_name(text);
    MONTHS.iter().position(|m| *m == short).and_then(|n| u8::try_from(n.saturating_add(1)).ok()).unwrap_or(1)
}

fn weekday(text: &str) -> Weekday {
    let short = short_name(text);
    WEEKDAYS.iter().find(|(name, _)| *name == short).map_or(Weekday::Mon, |(_, day)| *day)
}

enum TimeFault {
    Fixed(String),
    Hours,
    Minutes,
    Form,
}

/// Minutes since midnight of `9`, `9:30`, `24:00`, `9am`, `5:30pm`.
fn read_time(text: &str) -> Result<u16, TimeFault> {
    let clock = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let half = text.get(clock.len()..).unwrap_or("").to_ascii_lowercase();
    let (hours, minutes, sign) = match clock.split_once([':', '.']) {
        Some((h, m)) => (h, Some(m), if clock.contains('.') { '.' } else { ':' }),
        None => (clock, None, ':'),
    };
    if minutes.is_none() && half.is_empty() && (hours.len() == 3 || hours.len() == 4) {
        let (h, m) = hours.split_at_checked(hours.len().saturating_sub(2)).unwrap_or((hours, ""));
        let fixed = format!("{}:{m}", h.trim_start_matches('0').parse::<u8>().unwrap_or(0));
        return Err(if read_time(&fixed).is_ok() { TimeFault::Fixed(fixed) } else { TimeFault::Form });
    }
    if hours.is_empty() || hours.len() > 2 {
        return Err(TimeFault::Form);
    }
    let hour: u16 = hours.parse().map_err(|_| TimeFault::Form)?;
    let minute: u16 = match minutes {
        None => 0,
        Some(m) if m.len() == 2 && m.bytes().all(|b| b.is_ascii_digit()) => m.parse().map_err(|_| TimeFault::Form)?,
        Some(_) => return Err(TimeFault::Form),
    };
    if minute > 59 {
        return Err(TimeFault::Minutes);
    }
    let hour = match half.as_str() {
        "" => hour,
        "am" | "pm" if hour == 0 || hour > 12 => return Err(TimeFault::Form),
        "am" => hour % 12,
        "pm" => (hour % 12).saturating_add(12),
        "h" | "uhr" => return Err(TimeFault::Fixed(clock.to_owned())),
        _ => return Err(TimeFault::Form),
    };
    if hour > 24 || (hour == 24 && minute > 0) {
        return Err(TimeFault::Hours);
    }
    if sign == '.' {
        return Err(TimeFault::Fixed(clock.replace('.', ":")));
    }
    Ok(hour.saturating_mul(60).saturating_add(minute))
}

fn ordinal_suffix(n: u8) -> &'static str {
    match (n % 10, n % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    }
}

/// `2026-12-24` from a year (with what stands before it), a month's name and a day.
fn iso_text(year: &str, month: &str, day: &str) -> String {
    let number = MONTHS.iter().position(|m| *m == month).map_or(1, |n| n.saturating_add(1));
    format!("{}-{number:02}-{:0>2}", year.trim_start_matches([',', ' ']), day)
}
