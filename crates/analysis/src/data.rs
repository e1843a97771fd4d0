//! Data files, CSV and ICS: reading them, and pointing into them. What is wrong in the data is said at its very line, so a file becomes one of
//! the analysis' files with the first diagnostic about it.

use callroute_diagnostics::{Code, Diagnostic, FileId, Place, Span};
use callroute_syntax::tree;

use crate::env::Env;
use crate::files::{not_utf8, resolve, too_large, unreadable};
use crate::typed::SourceFile;

/// The most faults of one data file that are said one by one.
pub(crate) const MAX_FAULTS: u32 = 20;

/// What is said of a quote that is never closed.
pub(crate) const OPEN_QUOTE: &str = "this quote is never closed, so everything behind it is one cell";
/// What is said of a quote that neither begins nor ends its cell.
pub(crate) const STRAY_QUOTE: &str = "a cell in quotes has something in front of its first quote, or behind its last";
/// How that is mended.
pub(crate) const STRAY_QUOTE_HELP: &str =
    "in quotes stands the whole cell, without a space before them: `+1312,\"Chicago, IL\",4`; quotes inside of it are doubled";
/// How that is mended.
pub(crate) const OPEN_QUOTE_HELP: &str = "a cell in quotes ends with a quote, and quotes inside of it are doubled: `\"say \"\"hello\"\"\"`";

/// A data file while it is read.
pub(crate) struct DataFile {
    /// Its path from the workspace root.
    pub path: String,
    /// Its text, without a byte order mark.
    pub text: String,
    /// Where the script names it.
    pub named: Place,
    /// Its number, once something points into it.
    file: Option<FileId>,
    /// Bytes of a byte order mark that `text` lacks.
    mark: u32,
    faults: u32,
    warnings_only: bool,
    /// Where the first fault stands that is not said, and what it is.
    silent: Option<(Span, Code)>,
}

impl DataFile {
    /// Was anything wrong with it?
    pub fn is_faulty(&self) -> bool {
        self.faults > 0
    }

    /// Counts further faults that nobody will say.
    pub fn count_silent(&mut self, more: u32) {
        self.faults = self.faults.saturating_add(more);
    }
}

impl Env<'_> {
    /// Reads a data file of at most `limit` bytes that the current script names; what fails is reported.
    pub(crate) fn read_data(&mut self, path: &tree::Text, limit: usize) -> Option<DataFile> {
        let named = self.place(path.span);
        let base = self.loaded.units.get(self.file.0 as usize).map_or("", |unit| unit.path.as_str());
        let resolved = match resolve(base, &path.value) {
            Ok(resolved) => resolved,
            Err(fault) => {
                self.report(fault.diagnostic(named, &path.value));
                return None;
            }
        };
        let bytes = match self.reader.read(&resolved) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.report(unreadable(named, &resolved, &error));
                return None;
            }
        };
        if bytes.len() > limit {
            self.report(too_large(named, &resolved, limit));
            return None;
        }
        // UTF-16 without its mark is UTF-8 full of NUL.
        if bytes.contains(&0) {
            self.report(not_utf8(named, &resolved, &bytes));
            return None;
        }
        match String::from_utf8(bytes) {
            Ok(mut text) => {
                // Spreadsheets put one there.
                let mark = text.starts_with('\u{feff}');
                if mark {
                    text.remove(0);
                }
                Some(DataFile {
                    path: resolved,
                    text,
                    named,
                    file: None,
                    mark: if mark { 3 } else { 0 },
                    faults: 0,
                    warnings_only: true,
                    silent: None,
                })
            }
            Err(error) => {
                self.report(not_utf8(named, &resolved, error.as_bytes()));
                None
            }
        }
    }

    /// A place in a data file.
    pub(crate) fn data_place(&mut self, data: &mut DataFile, span: Span) -> Place {
        let file = data.file.unwrap_or_else(|| self.data_file_id(data));
        data.file = Some(file);
        let moved = Span::new(span.start.saturating_add(data.mark), span.end.saturating_add(data.mark));
        Place { file, span: moved }
    }

    fn data_file_id(&mut self, data: &DataFile) -> FileId {
        let known = self.data_files.iter().position(|file| file.path == data.path);
        let index = known.unwrap_or(self.data_files.len());
        if known.is_none() {
            let text = if data.mark > 0 { format!("\u{feff}{}", data.text) } else { data.text.clone() };
            self.data_files.push(SourceFile { path: data.path.clone(), text });
        }
        FileId(u32::try_from(self.loaded.units.len().saturating_add(index)).unwrap_or(u32::MAX))
    }

    /// Says what is wrong at `span` of a data file, and which definition reads it; beyond a limit it only counts.
    pub(crate) fn data_fault(&mut self, data: &mut DataFile, span: Span, code: Code, message: impl FnOnce() -> String, help: &[&str]) {
        data.faults = data.faults.saturating_add(1);
        if data.faults > MAX_FAULTS {
            data.silent.get_or_insert((span, code));
            return;
        }
        data.warnings_only &= code.severity() != callroute_diagnostics::Severity::Error;
        let place = self.data_place(data, span);
        let mut diagnostic = Diagnostic::new(code, place, message()).label(data.named, "the file is read here");
        for help in help {
            diagnostic = diagnostic.help(*help);
        }
        self.report(diagnostic);
    }

    /// Warns of something in a calendar that is passed over; it counts as the faults do.
    pub(crate) fn data_remark(&mut self, data: &mut DataFile, span: Span, message: String) {
        self.data_fault(data, span, Code::CalendarIgnored, || message, &[]);
    }

    /// Ends the reading of a data file: says how many faults were only counted.
    pub(crate) fn data_end(&mut self, data: &mut DataFile) {
        let Some((span, silent)) = data.silent else { return };
        let place = self.data_place(data, span);
        let more = data.faults.saturating_sub(MAX_FAULTS);
        let message = format!(
            "{more} more fault{} from here on {} not shown",
            if more == 1 { "" } else { "s" },
            if more == 1 { "is" } else { "are" }
        );
        let code = if data.warnings_only { silent } else { Code::TooManyFaults };
        self.report(Diagnostic::new(code, place, message).label(data.named, "the file is read here"));
    }
}

/// A record of a CSV file.
pub(crate) struct Record {
    /// Its cells, without white space around them.
    pub cells: csv::StringRecord,
    /// Its first byte.
    pub start: u32,
    /// Its last line's end.
    pub end: u32,
}

impl Record {
    /// The cell, trimmed; empty when the record is too short.
    pub fn cell(&self, index: usize) -> &str {
        self.cells.get(index).unwrap_or("")
    }

    /// How many cells it has, up to the last one that is not empty.
    pub fn filled(&self) -> usize {
        self.cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()).last().map_or(0, |(last, _)| last.saturating_add(1))
    }

    /// Where a cell stands, as exactly as it can be told: quoted cells are searched for in the record's text.
    pub fn span_in(&self, file: &str, index: usize) -> Span {
        let text = Span::new(self.start, self.end).text(file);
        let separator = self.separator(text);
        // The byte at which the cell begins, counted by separators outside of quotes.
        let (mut at, mut cell, mut quoted) = (0usize, 0usize, false);
        let mut found: Option<(usize, usize)> = None;
        for (position, byte) in text.bytes().enumerate() {
            if byte == b'"' {
                quoted = !quoted;
            }
            if (byte == separator || matches!(byte, b'\n' | b'\r')) && !quoted {
                if cell == index {
                    found = Some((at, position));
                    break;
                }
                if byte != separator && position > 0 {
                    break;
                }
                cell = cell.saturating_add(1);
                at = position.saturating_add(1);
            }
        }
        if found.is_none() && cell == index {
            found = Some((at, text.len()));
        }
        let Some((from, to)) = found else { return Span::new(self.start, self.start.saturating_add(line_length(text))) };
        let inner = text.get(from..to).unwrap_or("");
        let from = from.saturating_add(inner.len().saturating_sub(inner.trim_start().len()));
        let length = inner.trim().len();
        let start = self.start.saturating_add(u32::try_from(from).unwrap_or(0));
        Span::new(start, start.saturating_add(u32::try_from(length).unwrap_or(0)))
    }

    /// All of it, without the end of the line.
    pub fn whole_in(&self, file: &str) -> Span {
        let text = Span::new(self.start, self.end).text(file);
        let length = u32::try_from(text.trim_end().len()).unwrap_or(0);
        Span::new(self.start, self.start.saturating_add(length))
    }

    fn separator(&self, text: &str) -> u8 {
        if self.cells.len() > 1 && !text.contains(',') { b';' } else { b',' }
    }
}

fn line_length(text: &str) -> u32 {
    u32::try_from(text.lines().next().unwrap_or("").len()).unwrap_or(0)
}

/// Reads CSV (RFC 4180): quotes, doubled quotes inside them, any line end, blank lines passed over, white space around cells dropped. The
/// separator is a comma, or a semicolon if the first line has one and no comma, as spreadsheets write it in half of Europe.
pub(crate) struct CsvReader<'t> {
    reader: csv::Reader<&'t [u8]>,
    text: &'t str,
    separator: u8,
}

impl<'t> CsvReader<'t> {
    /// A reader at the beginning.
    pub fn new(text: &'t str) -> Self {
        let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
        let separator = if first.contains(';') && !first.contains(',') { b';' } else { b',' };
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(csv::Trim::All)
            .delimiter(separator)
            .from_reader(text.as_bytes());
        Self { reader, text, separator }
    }

    /// The quote that opens the last cell, if that is never closed: then the rest of the file, which is that cell, was meant to be rows.
    pub fn open_quote(&self, last: &Record) -> Option<Span> {
        let text = self.text.get(last.start as usize..)?;
        // Where a quoted cell begins; a quote inside of a cell without quotes is a letter like others.
        let (mut open, mut fresh) = (None, true);
        let mut bytes = text.bytes().enumerate().peekable();
        while let Some((at, byte)) = bytes.next() {
            match (open, byte) {
                (Some(_), b'"') if bytes.next_if(|(_, next)| *next == b'"').is_none() => (open, fresh) = (None, false),
                (Some(_), _) => {}
                (None, b'"') if fresh => open = Some(at),
                (None, byte) => fresh = byte == self.separator || matches!(byte, b'\r' | b'\n') || fresh && byte.is_ascii_whitespace(),
            }
        }
        let start = last.start.saturating_add(u32::try_from(open?).ok()?);
        Some(Span::new(start, start.saturating_add(1)))
    }

    /// A quoted cell of this record that has something before or behind its quotes. The reader would take such quotes for letters, or
    /// drop them, and the cell for something that nobody wrote.
    pub fn stray_quote(&self, record: &Record) -> Option<Span> {
        let text = self.text.get(record.start as usize..record.end as usize)?;
        if !text.contains('"') {
            return None;
        }
        let separates = |byte: u8| byte == self.separator || matches!(byte, b'\r' | b'\n');
        let mut bytes = text.bytes().enumerate().peekable();
        // Where the cell's first quote is, and whether only white space was before it.
        let (mut blank, mut spaced) = (true, false);
        while let Some((at, byte)) = bytes.next() {
            if separates(byte) {
                (blank, spaced) = (true, false);
            } else if byte == b'"' && blank {
                let closed = loop {
                    match bytes.next() {
                        Some((_, b'"')) if bytes.next_if(|(_, next)| *next == b'"').is_none() => break true,
                        Some(_) => {}
                        None => break false,
                    }
                };
                let clean = loop {
                    match bytes.next_if(|(_, next)| !separates(*next)) {
                        Some((_, next)) if next.is_ascii_whitespace() => {}
                        Some(_) => break false,
                        None => break true,
                    }
                };
                // What is never closed is said elsewhere.
                if closed && (spaced || !clean) {
                    let start = record.start.saturating_add(u32::try_from(at).ok()?);
                    return Some(Span::new(start, start.saturating_add(1)));
                }
                blank = false;
            } else {
                let white = byte.is_ascii_whitespace();
                spaced |= white;
                blank &= white;
            }
        }
        None
    }

    /// The next record that is not blank. `record` is reused, so that a million rows need no million allocations.
    pub fn read(&mut self, record: &mut Record) -> bool {
        loop {
            match self.reader.read_record(&mut record.cells) {
                Ok(true) => {
                    // The reader counts blank lines before a record as its own.
                    let start = record.cells.position().map_or(0, |position| usize::try_from(position.byte()).unwrap_or(usize::MAX));
                    let rest = self.text.get(start..).unwrap_or("");
                    let blank = rest.len().saturating_sub(rest.trim_start_matches(['\r', '\n']).len());
                    record.start = u32::try_from(start.saturating_add(blank)).unwrap_or(u32::MAX);
                    record.end = u32::try_from(self.reader.position().byte()).unwrap_or(u32::MAX);
                    if record.cells.iter().any(|cell| !cell.is_empty()) {
                        return true;
                    }
                }
                // The text is UTF-8 and lengths may differ, so nothing else can be wrong with it.
                Ok(false) | Err(_) => return false,
            }
        }
    }
}

/// An empty record.
pub(crate) fn record() -> Record {
    Record { cells: csv::StringRecord::new(), start: 0, end: 0 }
}
