//! Calendars in iCalendar files (RFC 5545): which days their events name.
//!
//! Events of whole days and of hours count alike: every day that one touches is named. The days are those of the event's own zone, as they
//! stand in the file; a moment in UTC is read in the calendar's zone (`X-WR-TIMEZONE`), else in the script's. Cancelled events name nothing. An
//! event that is not understood is left out with a warning at its line.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use callroute_calendar::{DatesEntry, DatesId, Day, DayRule, Zone, local, to_unix};
use callroute_diagnostics::{Code, Span};
use callroute_syntax::tree;

use crate::data::DataFile;
use crate::env::{Env, FileZone};
use crate::limits;
use crate::recur::Rule;
use crate::types::{one_line, quote};

/// The most names of events that are kept apart.
const MAX_LABELS: usize = 1_000;

/// A content line, unfolded.
struct ContentLine {
    /// Its first physical line.
    span: Span,
    /// In capitals.
    name: String,
    /// Names in capitals.
    parameters: Vec<(String, String)>,
    value: String,
}

impl ContentLine {
    fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

/// An event while it is read.
#[derive(Default)]
struct Event {
    span: Span,
    uid: String,
    label: Option<String>,
    start: Option<Moment>,
    end: Option<Moment>,
    duration: Option<i32>,
    rule: Option<(String, Span)>,
    added: Vec<Day>,
    removed: Vec<Day>,
    /// The instance that it replaces.
    replaces: Option<Day>,
    cancelled: bool,
    /// Why it is left out.
    fault: Option<(Span, String)>,
}

/// A day, and whether the time on it is midnight (an end then belongs to the day before).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Moment {
    day: Day,
    midnight: bool,
}

impl Env<'_> {
    /// Fills dates from a calendar.
    pub(crate) fn dates_ics(&mut self, id: DatesId, path: &tree::Text) {
        let Some(mut data) = self.read_data(path, limits::CALENDAR_BYTES) else { return };
        let text = std::mem::take(&mut data.text);
        let lines = unfold(&text);
        let zone = lines
            .iter()
            .find(|line| line.name == "X-WR-TIMEZONE")
            .and_then(|line| Zone::parse(&line.value).ok())
            .or_else(|| match (self.file_zones.get(self.file.0 as usize), self.file_zones.first()) {
                (Some(FileZone::Zone(zone)), _) | (_, Some(FileZone::Zone(zone))) => Some(*zone),
                _ => None,
            })
            .unwrap_or(Zone::UTC);
        let read = events(&lines, zone);
        data.text = text;
        match read {
            Err((span, why)) => {
                self.data_fault(
                    &mut data,
                    span,
                    Code::BadCalendarFile,
                    || why,
                    &["a calendar is an iCalendar file: it begins with `BEGIN:VCALENDAR`"],
                );
            }
            Ok(events) => {
                let mut faults = Vec::new();
                let days = days_of(&events, zone, &mut faults);
                for (span, why) in faults {
                    self.data_remark(&mut data, span, format!("this event is left out: {why}"));
                }
                match days {
                    Ok(days) => self.calendar_days(id, path, &data, days),
                    Err(why) => {
                        let message = format!("the calendar {} {why}", quote(&data.path));
                        let diagnostic = self
                            .diag(Code::TooMuchCalendar, path.span, message)
                            .help("leave out events that no call needs, and let rules end: `UNTIL=20301231`");
                        self.report(diagnostic);
                    }
                }
            }
        }
        self.data_end(&mut data);
    }

    fn calendar_days(&mut self, id: DatesId, path: &tree::Text, data: &DataFile, days: NamedDays) {
        let total: usize = days.values().map(BTreeSet::len).sum();
        // Where an event is left out, that was said, and why.
        if total == 0 && !data.is_faulty() {
            let diagnostic = self.diag(Code::NoSuchDay, path.span, format!("the calendar {} names no day", quote(&data.path)));
            self.report(diagnostic);
        }
        let (mut entries, mut labels) = (Vec::new(), Vec::new());
        for (label, days) in days {
            entries.push(DatesEntry::from(DayRule::Days(days.into_iter().collect())));
            labels.push(label);
        }
        self.set_dates(id, entries, labels);
    }
}

/// Takes the lines apart: a line that begins with white space continues the one before.
fn unfold(text: &str) -> Vec<ContentLine> {
    let mut lines: Vec<(Span, String)> = Vec::new();
    let mut at = 0usize;
    for raw in text.split('\n') {
        let line = raw.strip_suffix('\r').unwrap_or(raw);
        let start = u32::try_from(at).unwrap_or(u32::MAX);
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(rest), Some((_, before))) => before.push_str(rest),
            _ if line.trim().is_empty() => {}
            _ => lines.push((Span::new(start, start.saturating_add(u32::try_from(line.len()).unwrap_or(0))), line.to_owned())),
        }
        at = at.saturating_add(raw.len()).saturating_add(1);
    }
    lines.into_iter().map(|(span, line)| content_line(span, &line)).collect()
}

/// `NAME;PARAMETER=value;PARAMETER="quoted: value":VALUE`
fn content_line(span: Span, line: &str) -> ContentLine {
    let mut quoted = false;
    let mut cuts = Vec::new();
    let mut colon = line.len();
    for (at, c) in line.char_indices() {
        match c {
            '"' => quoted = !quoted,
            ';' if !quoted => cuts.push(at),
            ':' if !quoted => {
                colon = at;
                break;
            }
            _ => {}
        }
    }
    let head = line.get(..colon).unwrap_or(line);
    let value = line.get(colon.saturating_add(1)..).unwrap_or("").trim().to_owned();
    let name = head.get(..cuts.first().copied().unwrap_or(colon)).unwrap_or(head).trim().to_ascii_uppercase();
    let mut parameters = Vec::new();
    for (index, cut) in cuts.iter().enumerate() {
        let end = cuts.get(index.saturating_add(1)).copied().unwrap_or(colon);
        if let Some((name, value)) = line.get(cut.saturating_add(1)..end).and_then(|part| part.split_once('=')) {
            parameters.push((name.trim().to_ascii_uppercase(), value.trim().trim_matches('"').to_owned()));
        }
    }
    ContentLine { span, name, parameters, value }
}

/// The events of a calendar; components inside of them (alarms) and beside them (zones, tasks) are passed over.
fn events(lines: &[ContentLine], zone: Zone) -> Result<Vec<Event>, (Span, String)> {
    let mut events = Vec::new();
    let mut open: Vec<(String, Span)> = Vec::new();
    let mut event = Event::default();
    let mut any = false;
    for line in lines {
        let component = line.value.to_ascii_uppercase();
        match line.name.as_str() {
            "BEGIN" => {
                if open.is_empty() && component != "VCALENDAR" {
                    return Err((line.span, format!("a component {} outside of any calendar", quote(&line.value))));
                }
                // Calendars are two or three deep; more is nonsense, or hostile.
                if open.len() >= 16 {
                    return Err((line.span, "components are nested too deeply".into()));
                }
                any = true;
                if component == "VEVENT" && open.len() == 1 {
                    event = Event { span: line.span, ..Event::default() };
                }
                open.push((component, line.span));
            }
            "END" => match open.pop() {
                Some((begun, _)) if begun == component => {
                    if component == "VEVENT" && open.len() == 1 {
                        events.push(std::mem::take(&mut event));
                    }
                }
                _ => return Err((line.span, format!("`END:{}` closes nothing", one_line(&line.value)))),
            },
            _ if open.is_empty() => return Err((line.span, "a line outside of any calendar".into())),
            _ if open.len() == 2 && open.last().is_some_and(|(name, _)| name == "VEVENT") => property(&mut event, line, zone),
            _ => {}
        }
    }
    match open.last() {
        Some((name, span)) => Err((*span, format!("`BEGIN:{}` is never ended", one_line(name)))),
        None if !any => Err((Span::default(), "the file is no calendar".into())),
        None => Ok(events),
    }
}

fn property(event: &mut Event, line: &ContentLine, zone: Zone) {
    let mut fail = |why: String| {
        event.fault.get_or_insert((line.span, why));
    };
    match line.name.as_str() {
        "UID" => event.uid.clone_from(&line.value),
        "SUMMARY" => event.label = Some(unescape(&line.value)).filter(|label| !label.trim().is_empty()),
        "STATUS" => event.cancelled = line.value.eq_ignore_ascii_case("CANCELLED"),
        "RRULE" if event.rule.is_some() => fail("it has two rules".into()),
        "RRULE" => event.rule = Some((line.value.clone(), line.span)),
        "EXRULE" => fail("`EXRULE` is not understood".into()),
        "DTSTART" | "DTEND" => match moment(&line.value, zone) {
            Some(found) if line.name == "DTSTART" => event.start = Some(found),
            Some(found) => event.end = Some(found),
            None => fail(format!("{} is no date", quote(&line.value))),
        },
        "DURATION" => match duration_days(&line.value) {
            Some(days) => event.duration = Some(days),
            None => fail(format!("{} is no duration", quote(&line.value))),
        },
        "RECURRENCE-ID" => match moment(&line.value, zone) {
            Some(_) if line.parameter("RANGE").is_some() => fail("`RANGE=THISANDFUTURE` is not understood".into()),
            Some(found) => event.replaces = Some(found.day),
            None => fail(format!("{} is no date", quote(&line.value))),
        },
        "RDATE" | "EXDATE" => {
            for value in line.value.split(',') {
                // A period is a start and an end; only the start is an instance.
                let start = value.split('/').next().unwrap_or(value);
                match moment(start, zone) {
                    Some(found) if line.name == "RDATE" => event.added.push(found.day),
                    Some(found) => event.removed.push(found.day),
                    None => fail(format!("{} is no date", quote(value))),
                }
            }
        }
        _ => {}
    }
}

/// Days by the name of what is on them.
type NamedDays = BTreeMap<Option<String>, BTreeSet<Day>>;

/// The days of all events, by their names; or what is too much.
fn days_of(events: &[Event], zone: Zone, faults: &mut Vec<(Span, String)>) -> Result<NamedDays, String> {
    let mut replaced: HashMap<&str, HashSet<Day>> = HashMap::new();
    for event in events {
        if let Some(day) = event.replaces {
            replaced.entry(&event.uid).or_default().insert(day);
        }
    }
    let mut found = NamedDays::new();
    let mut work = limits::CALENDAR_WORK;
    let mut total = 0usize;
    for event in events {
        if let Some((span, why)) = &event.fault {
            faults.push((*span, why.clone()));
            continue;
        }
        let Some(start) = event.start else {
            faults.push((event.span, "it has no start".into()));
            continue;
        };
        if event.cancelled {
            continue;
        }
        let length = match (event.end, event.duration) {
            (Some(end), _) => end.day.0.saturating_sub(start.day.0).saturating_sub(i32::from(end.midnight && end.day > start.day)),
            (None, Some(days)) => days.saturating_sub(1).max(0),
            (None, None) => 0,
        };
        if !(0..=limits::EVENT_DAYS).contains(&length) {
            faults.push((event.span, if length < 0 { "it ends before it starts".into() } else { "it is longer than ten years".into() }));
            continue;
        }
        let mut starts = match &event.rule {
            None => vec![start.day],
            Some((text, span)) => match Rule::parse(text, |value| moment(value, zone).map(|moment| moment.day)) {
                Ok(rule) => rule.days(start.day, &mut work),
                Err(why) => {
                    faults.push((*span, why));
                    continue;
                }
            },
        };
        starts.extend(&event.added);
        let gone: HashSet<Day> = event.removed.iter().copied().collect();
        let others = if event.replaces.is_none() { replaced.get(event.uid.as_str()) } else { None };
        let label = if found.len() >= MAX_LABELS && !found.contains_key(&event.label) { None } else { event.label.clone() };
        let days = found.entry(label).or_default();
        for start in starts {
            if gone.contains(&start) || others.is_some_and(|others| others.contains(&start)) {
                continue;
            }
            for offset in 0..=length {
                // To note a day costs about as much as to look at a few.
                work = work.saturating_sub(4);
                let day = start.plus(offset);
                // Beyond the calendar there are no days.
                if (1..=9999).contains(&day.ymd().0) && days.insert(day) {
                    total = total.saturating_add(1);
                }
            }
            if total > limits::CALENDAR_DAYS {
                return Err(format!("names more than {} days", limits::CALENDAR_DAYS));
            }
            if work == 0 {
                break;
            }
        }
        if work == 0 {
            return Err("has too many events that repeat for too long".to_owned());
        }
    }
    found.retain(|_, days| !days.is_empty());
    Ok(found)
}

/// `20261225`, `20261225T090000`, `20261225T090000Z`: the day on its own clock, or on that of `zone` for a moment in UTC.
fn moment(text: &str, zone: Zone) -> Option<Moment> {
    let text = text.trim();
    let (date, time) = match text.split_once(['T', 't']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    if date.len() != 8 || !date.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let day = Day::from_ymd(date.get(..4)?.parse().ok()?, date.get(4..6)?.parse().ok()?, date.get(6..)?.parse().ok()?)?;
    let Some(time) = time else { return Some(Moment { day, midnight: true }) };
    let (clock, utc) = match time.strip_suffix(['Z', 'z']) {
        Some(clock) => (clock, true),
        None => (time, false),
    };
    if clock.len() != 6 || !clock.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (hour, minute, second): (u16, u16, u8) =
        (clock.get(..2)?.parse().ok()?, clock.get(2..4)?.parse().ok()?, clock.get(4..)?.parse().ok()?);
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    if !utc {
        return Some(Moment { day, midnight: hour == 0 && minute == 0 && second == 0 });
    }
    let (unix, _) = to_unix(Zone::UTC, day, hour.saturating_mul(60).saturating_add(minute), second.min(59));
    let reading = local(zone, unix);
    Some(Moment { day: reading.day, midnight: reading.minute == 0 && reading.second == 0 })
}

/// The whole days of a duration such as `P1D`, `P2W`, `PT8H`: how many it touches from midnight on.
fn duration_days(text: &str) -> Option<i32> {
    let mut rest = text.trim().trim_start_matches('+').strip_prefix(['P', 'p'])?;
    let mut seconds = 0i64;
    let mut in_time = false;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(['T', 't']) {
            in_time = true;
            rest = after;
            continue;
        }
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = rest.split_at_checked(digits)?;
        let mut chars = after.chars();
        let unit = match (chars.next()?.to_ascii_uppercase(), in_time) {
            ('W', false) => 7 * 86_400,
            ('D', false) => 86_400,
            ('H', true) => 3_600,
            ('M', true) => 60,
            ('S', true) => 1,
            _ => return None,
        };
        seconds = seconds.checked_add(number.parse::<i64>().ok()?.checked_mul(unit)?)?;
        rest = chars.as_str();
    }
    i32::try_from(seconds.checked_add(86_399)? / 86_400).ok()
}

/// A text of a calendar without its escapes.
fn unescape(text: &str) -> String {
    let mut plain = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n' | 'N') => plain.push(' '),
                Some(other) => plain.push(other),
                None => {}
            },
            c if c.is_control() => plain.push(' '),
            c => plain.push(c),
        }
    }
    plain
}
