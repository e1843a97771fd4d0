//! Lists of numbers, written out or from CSV.
//!
//! The CSV has up to three columns: a number, a pattern or an address; a label; the last day on which the entry holds (`2026-12-31`). The first
//! row is a header if its first cell is no number. Numbers there are read as those of calls are: separators do not matter, and with a
//! `country` national numbers become E.164.

use std::collections::HashMap;
use std::hash::{Hash as _, Hasher as _};

use callroute_calendar::{Day, Zone};
use callroute_diagnostics::{Code, Place, Span};
use callroute_numbers::{Country, Party, Pattern, is_sip, read_party};
use callroute_syntax::tree;

use crate::data::{CsvReader, DataFile, MAX_FAULTS, OPEN_QUOTE, OPEN_QUOTE_HELP, STRAY_QUOTE, STRAY_QUOTE_HELP, record};
use crate::env::Env;
use crate::limits;
use crate::typed::{ListEntry, ListId, PhonePattern};
use crate::types::quote;

/// Columns that a list can have.
const COLUMNS: usize = 3;

impl Env<'_> {
    /// Fills a list.
    pub(crate) fn define_list(&mut self, id: ListId, name: Span, whole: Span, body: &tree::ListBody) {
        let entries = match body {
            tree::ListBody::Missing(_) => return,
            tree::ListBody::Entries(entries) => {
                if entries.is_empty() && !self.is_broken(whole) {
                    self.err(Code::EmptyTable, name, "this list has no entries");
                }
                self.list_entries(entries)
            }
            tree::ListBody::Csv(path) => self.list_csv(path).unwrap_or_default(),
        };
        let zone = if entries.iter().any(|entry| entry.until.is_some()) { self.default_zone(name, None) } else { None };
        if let Some(list) = self.program.lists.get_mut(id.index()) {
            list.entries = entries;
            list.zone = zone.unwrap_or(Zone::UTC);
        }
    }

    fn list_entries(&mut self, entries: &[tree::ListEntry]) -> Vec<ListEntry> {
        let mut seen: HashMap<PhonePattern, Place> = HashMap::new();
        let mut found = Vec::new();
        for entry in entries {
            let what = self.phone_pattern(&entry.pattern);
            let until = entry.until.as_ref().map(|date| self.full_day(date));
            let (Some(what), Some(until)) = (what, until.map_or(Some(None), |day| day.map(Some))) else { continue };
            let place = self.place(entry.pattern.span);
            match seen.get(&what) {
                Some(first) => {
                    let diagnostic = self
                        .diag(
                            Code::RepeatedEntry,
                            entry.pattern.span,
                            format!("{} is in this list already", quote(self.text(entry.pattern.span))),
                        )
                        .label(*first, "it stands here first")
                        .help("remove one of them; the later day counts if both have an `until`");
                    self.report(diagnostic);
                }
                None => {
                    seen.insert(what.clone(), place);
                }
            }
            found.push(ListEntry { what, label: entry.label.as_ref().map(|label| label.value.clone()), until });
        }
        found
    }

    fn list_csv(&mut self, path: &tree::Text) -> Option<Vec<ListEntry>> {
        let mut data = self.read_data(path, limits::DATA_BYTES)?;
        let text = std::mem::take(&mut data.text);
        let mut reader = CsvReader::new(&text);
        let (mut row, mut first, mut entries, mut buf): (_, _, Vec<ListEntry>, _) = (record(), true, Vec::new(), String::new());
        // A number in a few bytes, its entry, and where its row begins: a list may have millions.
        let mut keys: Vec<(u64, usize, u32)> = Vec::new();
        // What is wrong, and where; said once the file has its text back.
        let (mut faults, mut more) = (Vec::new(), 0u32);
        while reader.read(&mut row) {
            // A heading has no digits: what has some is a number gone wrong.
            let is_heading = std::mem::replace(&mut first, false) && !row.cell(0).contains(|char: char| char.is_ascii_digit());
            if let Some(span) = reader.stray_quote(&row) {
                note(&mut faults, &mut more, span, Fault::StrayQuote);
                continue;
            }
            let what = match read_entry(row.cell(0), self.program.country, &mut buf) {
                Ok(what) => what,
                Err(_) if is_heading => continue,
                Err(why) => {
                    note(&mut faults, &mut more, row.span_in(&text, 0), Fault::Number(why));
                    continue;
                }
            };
            let until = match row.cell(2) {
                "" => None,
                cell => match Day::parse(cell) {
                    Some(day) => Some(day),
                    None => {
                        note(&mut faults, &mut more, row.span_in(&text, 2), Fault::Day(cell.to_owned()));
                        continue;
                    }
                },
            };
            if entries.len() >= limits::ENTRIES {
                note(&mut faults, &mut more, row.span_in(&text, 0), Fault::TooMany);
                break;
            }
            let cells = row.filled();
            if cells > COLUMNS {
                note(&mut faults, &mut more, row.whole_in(&text), Fault::Cells(cells));
                continue;
            }
            if until.is_none() && Day::parse(row.cell(1)).is_some() {
                note(&mut faults, &mut more, row.span_in(&text, 1), Fault::DayAsLabel(row.cell(1).to_owned()));
                continue;
            }
            let label = Some(row.cell(1)).filter(|label| !label.is_empty()).map(str::to_owned);
            let mut hasher = std::hash::DefaultHasher::new();
            what.hash(&mut hasher);
            keys.push((hasher.finish(), entries.len(), row.start));
            entries.push(ListEntry { what, label, until });
        }
        if let Some(span) = reader.open_quote(&row) {
            faults.retain(|(at, _)| at.start < row.start);
            faults.push((span, Fault::OpenQuote));
        }
        for (at, cell) in repeated(keys, &entries) {
            let line = text.get(at as usize..).and_then(|rest| rest.lines().next()).unwrap_or("");
            let span = Span::new(at, at.saturating_add(u32::try_from(line.len()).unwrap_or(0)));
            note(&mut faults, &mut more, span, Fault::Repeated(cell));
        }
        faults.sort_by_key(|(at, _)| at.start);
        data.text = text;
        self.list_faults(&mut data, faults, more);
        if entries.is_empty() && !data.is_faulty() {
            let diagnostic = self.diag(Code::EmptyTable, path.span, format!("the file {} has no numbers", quote(&data.path)));
            self.report(diagnostic);
        }
        Some(entries)
    }

    fn list_faults(&mut self, data: &mut DataFile, faults: Vec<(Span, Fault)>, more: u32) {
        for (span, fault) in faults {
            match fault {
                Fault::Number(why) => self.data_fault(
                    data,
                    span,
                    Code::BadCell,
                    || why,
                    &["a row of a list is a number, a label and a last day, of which the last two may be missing"],
                ),
                Fault::Day(cell) => {
                    self.data_fault(
                        data,
                        span,
                        Code::BadCell,
                        || format!("{} is no date", quote(&cell)),
                        &["the third column is the last day: `2026-12-31`"],
                    );
                }
                Fault::Cells(cells) => self.data_fault(
                    data,
                    span,
                    Code::BadRow,
                    || format!("this row has {cells} cells, and a list has {COLUMNS} columns"),
                    &[
                        "a row of a list is a number, a label and a last day, of which the last two may be missing",
                        "a cell with a comma in it stands in quotes: `+14155550123,\"Chicago, IL\"`",
                    ],
                ),
                Fault::DayAsLabel(cell) => self.data_fault(
                    data,
                    span,
                    Code::BadCell,
                    || format!("{} stands where the label stands", quote(&cell)),
                    &["the last day is the third cell; an empty label is written too: `+14155550123,,2026-12-31`"],
                ),
                Fault::Repeated(number) => self.data_fault(
                    data,
                    span,
                    Code::RepeatedEntry,
                    || format!("{} is in this list already", quote(&number)),
                    &["remove one of them; the later day counts if both have a last day"],
                ),
                Fault::StrayQuote => self.data_fault(data, span, Code::BadCsv, || STRAY_QUOTE.to_owned(), &[STRAY_QUOTE_HELP]),
                Fault::OpenQuote => self.data_fault(data, span, Code::BadCsv, || OPEN_QUOTE.to_owned(), &[OPEN_QUOTE_HELP]),
                Fault::TooMany => {
                    self.data_fault(data, span, Code::TooManyRows, || format!("a list has at most {} entries", limits::ENTRIES), &[]);
                }
            }
        }
        data.count_silent(more);
        self.data_end(data);
    }
}

/// Keeps a fault; beyond what is ever said it is only counted.
fn note(faults: &mut Vec<(Span, Fault)>, more: &mut u32, span: Span, fault: Fault) {
    if faults.len() <= MAX_FAULTS as usize { faults.push((span, fault)) } else { *more = more.saturating_add(1) }
}

/// Of the entries that occur twice those behind the first: where they stand, and what they are.
fn repeated(mut keys: Vec<(u64, usize, u32)>, entries: &[ListEntry]) -> Vec<(u32, String)> {
    keys.sort_unstable();
    let mut found = Vec::new();
    let same = |a: usize, b: usize| entries.get(a).zip(entries.get(b)).is_some_and(|(a, b)| a.what == b.what);
    for pair in keys.windows(2) {
        if let [(first, a, _), (second, b, at)] = pair
            && first == second
            && same(*a, *b)
        {
            let what = entries.get(*b).map(|entry| match &entry.what {
                PhonePattern::Numbers(pattern) => pattern.to_string(),
                PhonePattern::Address(address) => address.clone(),
            });
            found.push((*at, what.unwrap_or_default()));
        }
    }
    found.sort_unstable();
    found
}

enum Fault {
    Number(String),
    Day(String),
    /// More cells than a list has columns.
    Cells(usize),
    /// A date in place of the label.
    DayAsLabel(String),
    /// An entry that an earlier row has.
    Repeated(String),
    TooMany,
    OpenQuote,
    /// A quote in the middle of a cell.
    StrayQuote,
}

/// Reads a number, a pattern or an address from data.
pub(crate) fn read_entry(cell: &str, country: Option<Country>, buf: &mut String) -> Result<PhonePattern, String> {
    let pattern_like = cell.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '['))
        && cell.contains(['x', '[', '*'])
        && !cell.contains([' ', '@', '/']);
    if pattern_like {
        return Pattern::parse(cell)
            .map(PhonePattern::Numbers)
            .map_err(|error| format!("{} is no pattern of numbers: {error}", quote(cell)));
    }
    buf.clear();
    match read_party(cell, country, buf).party {
        Party::Number(number) => Ok(PhonePattern::Numbers(Pattern::exact(number))),
        // Reading forgives everything, so a misspelled number would pass as an address.
        Party::Address(text) if is_sip(cell) => Ok(PhonePattern::Address(text.to_owned())),
        _ => Err(format!("{} is no telephone number", quote(cell))),
    }
}
