//! Static tables, from CSV or written in place.
//!
//! The CSV has a header. Its first column is the key; the others are found by their titles, without regard to case. Cells: numbers with a
//! point, flags as `true`/`false`, `yes`/`no` or `1`/`0`, durations as in scripts, several telephone numbers separated by semicolons, commas or
//! spaces, values of a `one of` as they are. An empty cell is missing.

use std::collections::HashMap;

use callroute_calendar::read_duration;
use callroute_diagnostics::{Applicability, Code, Span};
use callroute_numbers::{Country, Packed, Party, is_sip, read_party};
use callroute_syntax::tree::{self, ExprKind, TableKey};

use crate::data::{CsvReader, DataFile, OPEN_QUOTE, OPEN_QUOTE_HELP, Record, STRAY_QUOTE, STRAY_QUOTE_HELP, record};
use crate::env::Env;
use crate::limits;
use crate::typed::{Cell, Const, EnumId, Phone, Table, TableId, TableKeys, Ty};
use crate::types::{one_line, quote};

/// A table's rows while they are read.
#[derive(Default)]
struct Rows {
    cells: Vec<Cell>,
    strings: HashMap<Box<str>, u32>,
    phones: Vec<Vec<Phone>>,
    buf: String,
}

impl Rows {
    fn string(&mut self, text: &str) -> u32 {
        if let Some(index) = self.strings.get(text) {
            return *index;
        }
        let index = u32::try_from(self.strings.len()).unwrap_or(u32::MAX);
        self.strings.insert(text.into(), index);
        index
    }

    fn phone_cell(&mut self, phone: &Phone) -> Cell {
        match phone {
            Phone::Number(number) => Cell::Phone(*number),
            Phone::Address(text) => Cell::Address(self.string(text)),
        }
    }

    fn phones_cell(&mut self, phones: Vec<Phone>) -> Cell {
        let index = u32::try_from(self.phones.len()).unwrap_or(u32::MAX);
        self.phones.push(phones);
        Cell::Phones(index)
    }

    fn constant(&mut self, value: Const) -> Option<Cell> {
        Some(match value {
            Const::Text(text) => Cell::Text(self.string(&text)),
            Const::Number(number) => Cell::Number(number),
            Const::Flag(flag) => Cell::Flag(flag),
            Const::Phone(phone) => self.phone_cell(&phone),
            Const::Phones(phones) => self.phones_cell(phones),
            Const::Duration(millis) => Cell::Duration(millis),
            Const::Enum(_, value) => Cell::Enum(value),
            _ => return None,
        })
    }

    /// Puts the rows into the table.
    fn finish(self, table: &mut Table, keys: TableKeys) {
        let mut strings = vec![String::new(); self.strings.len()];
        for (text, index) in self.strings {
            if let Some(slot) = strings.get_mut(index as usize) {
                *slot = text.into_string();
            }
        }
        table.keys = keys;
        table.cells = self.cells;
        table.strings = strings;
        table.phones = self.phones;
    }
}

/// Something wrong in the data; said when the file has its text back.
struct Fault {
    span: Span,
    code: Code,
    message: String,
    help: &'static str,
}

/// The most faults that are kept with their words; the rest are only counted.
const KEPT: usize = 21;

impl Env<'_> {
    /// Fills a table whose columns are known.
    pub(crate) fn define_table(&mut self, id: TableId, name: Span, whole: Span, def: &tree::TableDef) {
        let columns: Vec<(String, Ty)> = self
            .program
            .tables
            .get(id.index())
            .map(|table| table.fields.iter().map(|field| (field.name.clone(), field.ty)).collect())
            .unwrap_or_default();
        if columns.len() != def.fields.len() {
            // A column was reported; without it the rows make no sense.
            return;
        }
        let Some((key, _)) = def.key else { return };
        if let Some(path) = &def.csv {
            self.table_csv(id, path, key, &columns, def);
        } else if let Some(rows) = &def.rows {
            if rows.is_empty() && !self.is_broken(whole) {
                self.err(Code::EmptyTable, name, "this table has no rows");
            }
            self.table_rows(id, rows, key, &columns);
        }
    }

    // -------------------------------------------------------------------------------------------- in place

    fn table_rows(&mut self, id: TableId, rows: &[tree::TableRow], key: TableKey, columns: &[(String, Ty)]) {
        let mut found = Rows::default();
        let (mut numbers, mut texts): (Vec<Packed>, Vec<String>) = (Vec::new(), Vec::new());
        let mut all_numbers = true;
        let mut seen: HashMap<String, Span> = HashMap::new();
        for row in rows {
            if row.values.len() != columns.len() {
                let message =
                    format!("this row has {}, and the table {}", count(row.values.len(), "value"), count(columns.len(), "column"));
                let diagnostic = self
                    .diag(Code::BadRow, row.span, message)
                    .help("after the key a row gives the value of every column, separated by commas");
                self.report(diagnostic);
                continue;
            }
            let Some((number, text)) = self.row_key(&row.key, key) else { continue };
            if let Some(first) = seen.get(&text.to_ascii_lowercase()) {
                let first = self.place(*first);
                let diagnostic = self
                    .diag(Code::RepeatedKey, row.key.span, format!("the key {} occurs twice", quote(&text)))
                    .label(first, "its first row")
                    .help("remove one of the rows");
                self.report(diagnostic);
                continue;
            }
            seen.insert(text.to_ascii_lowercase(), row.key.span);
            all_numbers &= number.is_some();
            numbers.extend(number);
            texts.push(text);
            for (value, (_, ty)) in row.values.iter().zip(columns) {
                let cell = if matches!(value.kind, ExprKind::Missing) {
                    Some(Cell::Missing)
                } else {
                    self.constant(value, *ty).and_then(|value| found.constant(value))
                };
                // What is wrong was reported; the cell keeps its place.
                found.cells.push(cell.unwrap_or(Cell::Missing));
            }
        }
        let keys = if all_numbers || key == TableKey::Prefix { TableKeys::Numbers(numbers) } else { TableKeys::Texts(texts) };
        if let Some(table) = self.program.tables.get_mut(id.index()) {
            found.finish(table, keys);
        }
    }

    /// The key of a row: as a number, if it is one, and as it is compared.
    fn row_key(&mut self, expr: &tree::Expr, key: TableKey) -> Option<(Option<Packed>, String)> {
        let spelling = match &expr.kind {
            ExprKind::Error => return None,
            ExprKind::Paren(inner) => return self.row_key(inner, key),
            ExprKind::Number(spelling, _) | ExprKind::Phone(spelling) => spelling.clone(),
            ExprKind::Text(template) => self.plain_text(template)?,
            ExprKind::Pattern(spelling) if key == TableKey::Prefix && spelling.ends_with('*') => {
                let text = spelling.trim_end_matches('*').to_owned();
                let diagnostic = self.diag(Code::BadKey, expr.span, format!("a prefix stands without `*`: {}", quote(spelling))).fix(
                    Applicability::Safe,
                    format!("write `{text}`"),
                    expr.span,
                    text,
                );
                self.report(diagnostic);
                return None;
            }
            _ => String::new(),
        };
        let number = Packed::parse(&spelling);
        match (key, number) {
            (TableKey::Prefix, Some(number)) => Some((Some(number), number.to_string())),
            (TableKey::Exact, Some(number)) => Some((Some(number), number.to_string())),
            (TableKey::Exact, None) if !spelling.is_empty() => match expr.kind {
                ExprKind::Text(_) => Some((None, spelling)),
                _ => match self.phone(&spelling, expr.span)? {
                    Phone::Number(number) => Some((Some(number), number.to_string())),
                    Phone::Address(text) => Some((None, text)),
                },
            },
            _ => {
                let (wanted, help) = match key {
                    TableKey::Prefix => ("a prefix of numbers", "write the digits with which the numbers begin: `+1312`"),
                    TableKey::Exact => ("a key", "a key is a number, an address or a text"),
                };
                let diagnostic =
                    self.diag(Code::BadKey, expr.span, format!("expected {wanted}, found {}", crate::types::describe(expr))).help(help);
                self.report(diagnostic);
                None
            }
        }
    }

    // ------------------------------------------------------------------------------------------------- CSV

    fn table_csv(&mut self, id: TableId, path: &tree::Text, key: TableKey, columns: &[(String, Ty)], def: &tree::TableDef) {
        let Some(mut data) = self.read_data(path, limits::DATA_BYTES) else { return };
        let text = std::mem::take(&mut data.text);
        let mut faults: Vec<Fault> = Vec::new();
        let mut more = 0u32;
        let keys = self.csv_rows(id, &text, key, columns, def, path, &mut faults, &mut more);
        data.text = text;
        let any = !faults.is_empty();
        for fault in faults {
            self.data_fault(&mut data, fault.span, fault.code, || fault.message, &[fault.help]);
        }
        data.count_silent(more);
        self.data_end(&mut data);
        if let (Some(keys), false) = (keys, any) {
            self.judge_keys(&keys, path, &data, key);
        }
    }

    /// Reads header and rows into the table, and gives its keys' number and whether one begins with a plus.
    #[expect(clippy::too_many_arguments, reason = "one call, and a struct for it would say no more")]
    fn csv_rows(
        &mut self,
        id: TableId,
        text: &str,
        key: TableKey,
        columns: &[(String, Ty)],
        def: &tree::TableDef,
        path: &tree::Text,
        faults: &mut Vec<Fault>,
        more: &mut u32,
    ) -> Option<KeyFacts> {
        let mut reader = CsvReader::new(text);
        let mut header = record();
        if !reader.read(&mut header) {
            let diagnostic = self.diag(Code::BadCsv, path.span, "the file is empty").help("its first line names the columns");
            self.report(diagnostic);
            return None;
        }
        if header.cells.len() > limits::COLUMNS {
            let message = format!("the file {} has more than {} columns", quote(&path.value), limits::COLUMNS);
            let diagnostic = self.diag(Code::TooManyRows, path.span, message).help("leave out the columns that no call needs");
            self.report(diagnostic);
            return None;
        }
        let places = self.csv_columns(&header, columns, def)?;
        let numbers = key == TableKey::Prefix || all_numbers(text, self.program.country);
        let mut facts = KeyFacts { rows: 0, plus: false, longest: 0 };
        let mut found = Rows::default();
        let (mut number_keys, mut text_keys): (Vec<Packed>, Vec<String>) = (Vec::new(), Vec::new());
        let (mut seen_numbers, mut seen_texts): (HashMap<u64, u32>, HashMap<String, u32>) = (HashMap::new(), HashMap::new());
        let mut fault = |span: Span, code: Code, message: &dyn Fn() -> String, help: &'static str| {
            if faults.len() < KEPT {
                faults.push(Fault { span, code, message: message(), help });
            } else {
                *more = more.saturating_add(1);
            }
        };
        let titled = header.filled();
        let mut row = record();
        while reader.read(&mut row) {
            if let Some(span) = reader.stray_quote(&row) {
                fault(span, Code::BadCsv, &|| STRAY_QUOTE.to_owned(), STRAY_QUOTE_HELP);
                continue;
            }
            let filled = row.filled();
            if filled > header.cells.len() {
                let message = || format!("this row has {}, and the header {}", count(filled, "cell"), count(header.cells.len(), "column"));
                fault(row.whole_in(text), Code::BadRow, &message, "a cell with a comma in it stands in quotes: `\"Chicago, IL\"`");
                continue;
            }
            if row.cells.len() < titled {
                let message = || format!("this row has {}, and the header {}", count(row.cells.len(), "cell"), count(titled, "column"));
                fault(row.whole_in(text), Code::BadRow, &message, "an empty cell is written too: `+1312,,4`");
                continue;
            }
            if facts.rows >= limits::ROWS || found.cells.len() >= limits::CELLS {
                fault(
                    row.whole_in(text),
                    Code::TooManyRows,
                    &|| format!("a table has at most {} rows and {} cells", limits::ROWS, limits::CELLS),
                    "split it",
                );
                break;
            }
            let cell = row.cell(0);
            let first = if numbers {
                let Some(number) = read_key(cell, key, self.program.country, &mut found.buf) else {
                    fault(
                        row.span_in(text, 0),
                        Code::BadKey,
                        &|| format!("{} is no prefix of numbers", quote(cell)),
                        "a prefix is made of digits, with a `+` in front: `+1312`",
                    );
                    continue;
                };
                facts.plus |= number.has_plus();
                facts.longest = facts.longest.max(number.len());
                number_keys.push(number);
                seen_numbers.insert(number.bits(), row.start)
            } else if cell.is_empty() {
                fault(row.whole_in(text), Code::BadKey, &|| "this row has no key".to_owned(), "the key stands in the first column");
                continue;
            } else {
                text_keys.push(cell.to_owned());
                seen_texts.insert(cell.to_ascii_lowercase(), row.start)
            };
            if let Some(first) = first {
                fault(
                    row.span_in(text, 0),
                    Code::RepeatedKey,
                    &|| format!("the key {} is on line {} already", quote(cell), line_of(text, first)),
                    "remove one of the rows",
                );
            }
            facts.rows += 1;
            for (place, (_, ty)) in places.iter().zip(columns) {
                let cell = row.cell(*place);
                let values = enum_values(&self.program.enums, *ty);
                match read_cell(cell, *ty, values, self.program.country, &mut found) {
                    Some(value) => found.cells.push(value),
                    None => {
                        found.cells.push(Cell::Missing);
                        let title = header.cell(*place);
                        let message = || format!("{} in the column {} is not {}", quote(cell), quote(title), self.ty_name(*ty));
                        fault(row.span_in(text, *place), Code::BadCell, &message, cell_help(*ty));
                    }
                }
            }
        }
        let last = if row.end > 0 { &row } else { &header };
        if let Some(span) = reader.open_quote(last) {
            // What was found in a row that swallowed all others is no fault of its own.
            faults.retain(|fault| fault.span.start < last.start);
            faults.push(Fault { span, code: Code::BadCsv, message: OPEN_QUOTE.to_owned(), help: OPEN_QUOTE_HELP });
        }
        if let Some(table) = self.program.tables.get_mut(id.index()) {
            found.finish(table, if numbers { TableKeys::Numbers(number_keys) } else { TableKeys::Texts(text_keys) });
        }
        Some(facts)
    }

    /// Finds the columns by their titles.
    fn csv_columns(&mut self, header: &Record, columns: &[(String, Ty)], def: &tree::TableDef) -> Option<Vec<usize>> {
        let mut places = Vec::new();
        for (field, (name, _)) in def.fields.iter().zip(columns) {
            let title = field.column.as_ref().map_or(name.as_str(), |column| column.value.trim());
            let span = field.column.as_ref().map(|column| column.span).or(field.name.as_ref().map(|name| name.span)).unwrap_or(field.span);
            let mut found = header.cells.iter().enumerate().filter(|(_, cell)| cell.eq_ignore_ascii_case(title)).map(|(index, _)| index);
            match (found.next(), found.next()) {
                (Some(place), None) => places.push(place),
                (Some(_), Some(_)) => {
                    let diagnostic = self
                        .diag(Code::MissingColumn, span, format!("the file has two columns named {}", quote(title)))
                        .help("rename one of them in the file");
                    self.report(diagnostic);
                }
                _ => {
                    const SHOWN: usize = 10;
                    let titles: Vec<String> = header.cells.iter().take(SHOWN).map(quote).collect();
                    let mut diagnostic = self
                        .diag(Code::MissingColumn, span, format!("the file has no column {}", quote(title)))
                        .help(format!("its columns are {}{}", titles.join(", "), if header.cells.len() > SHOWN { " …" } else { "" }));
                    if let Some(near) = self.nearest(title, header.cells.iter()) {
                        let text = format!("\"{}\"", near.replace('\\', "\\\\").replace('"', "\\\""));
                        let text = if field.column.is_some() { text } else { format!("{title} = {text}") };
                        diagnostic = diagnostic.help(format!("did you mean {}?", quote(&near))).fix(
                            Applicability::Maybe,
                            format!("write `{}`", one_line(&text)),
                            span,
                            text,
                        );
                    }
                    self.report(diagnostic);
                }
            }
        }
        (places.len() == columns.len()).then_some(places)
    }

    fn judge_keys(&mut self, facts: &KeyFacts, path: &tree::Text, data: &DataFile, key: TableKey) {
        /// Shorter ones may well be internal numbers.
        const INTERNAL: u8 = 2;
        let shown = quote(&data.path);
        if facts.rows == 0 {
            let diagnostic = self.diag(Code::EmptyTable, path.span, format!("the file {shown} has no rows"));
            self.report(diagnostic);
        } else if key == TableKey::Prefix && !facts.plus && facts.longest > INTERNAL {
            let diagnostic = self
                .diag(Code::KeysWithoutPlus, path.span, format!("no prefix in {shown} begins with `+`"))
                .help("numbers of calls are compared in E.164, `+13125550100`: write `+1312`; without it only internal numbers match");
            self.report(diagnostic);
        }
    }
}

/// What is known of the keys of a table.
struct KeyFacts {
    rows: usize,
    plus: bool,
    longest: u8,
}

/// `1 value`, `2 values`.
fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

fn line_of(text: &str, at: u32) -> usize {
    text.get(..at as usize).map_or(1, |before| before.bytes().filter(|byte| *byte == b'\n').count() + 1)
}

/// Is every key a number? Then they are compared as numbers are.
fn all_numbers(text: &str, country: Option<Country>) -> bool {
    let mut reader = CsvReader::new(text);
    let (mut row, mut buf) = (record(), String::new());
    reader.read(&mut row);
    while reader.read(&mut row) {
        if read_key(row.cell(0), TableKey::Exact, country, &mut buf).is_none() {
            return false;
        }
    }
    true
}

fn read_key(cell: &str, key: TableKey, country: Option<Country>, buf: &mut String) -> Option<Packed> {
    if let Some(number) = Packed::parse(cell).filter(|number| number.has_plus() || key == TableKey::Prefix || country.is_none()) {
        return Some(number);
    }
    match key {
        // A prefix is no number yet, so no country's rules apply to it.
        TableKey::Prefix => Packed::parse(&cell.replace([' ', '-', '(', ')', '.'], "")),
        TableKey::Exact => match read_phone(cell, country, buf)? {
            Phone::Number(number) => Some(number),
            Phone::Address(_) => None,
        },
    }
}

fn read_phone(cell: &str, country: Option<Country>, buf: &mut String) -> Option<Phone> {
    if let Some(number) = Packed::parse(cell).filter(|number| number.is_e164()) {
        return Some(Phone::Number(number));
    }
    buf.clear();
    match read_party(cell, country, buf).party {
        Party::Number(number) => Some(Phone::Number(number)),
        Party::Address(text) if is_sip(cell) => Some(Phone::Address(text.to_owned())),
        _ => None,
    }
}

fn enum_values(enums: &[crate::typed::Enumeration], ty: Ty) -> &[String] {
    match ty {
        Ty::Enum(EnumId(id)) => enums.get(id as usize).map_or(&[], |found| &found.values),
        _ => &[],
    }
}

/// Reads a cell; none if it is not of the type.
fn read_cell(cell: &str, ty: Ty, values: &[String], country: Option<Country>, rows: &mut Rows) -> Option<Cell> {
    if cell.is_empty() {
        return Some(Cell::Missing);
    }
    Some(match ty {
        Ty::Number => Cell::Number(read_number(cell)?),
        Ty::Flag => Cell::Flag(match cell.to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => true,
            "false" | "no" | "0" => false,
            _ => return None,
        }),
        Ty::Duration => Cell::Duration(read_duration(cell)?),
        Ty::Enum(_) => {
            Cell::Enum(values.iter().position(|value| value.eq_ignore_ascii_case(cell)).and_then(|index| u32::try_from(index).ok())?)
        }
        Ty::Phone => {
            let phone = read_phone(cell, country, &mut rows.buf)?;
            rows.phone_cell(&phone)
        }
        Ty::Phones => {
            // A number may hold spaces, several may be separated by them: the stricter separators come first.
            let parts: Vec<&str> = if cell.contains([';', ',', '|']) { cell.split([';', ',', '|']).collect() } else { vec![cell] };
            let whole: Option<Vec<Phone>> = parts
                .iter()
                .map(|part| part.trim())
                .filter(|part| !part.is_empty())
                .map(|part| read_phone(part, country, &mut rows.buf))
                .collect();
            let phones = match whole {
                Some(phones) => phones,
                None => cell
                    .split(' ')
                    .filter(|part| !part.is_empty())
                    .map(|part| read_phone(part, country, &mut rows.buf))
                    .collect::<Option<Vec<_>>>()?,
            };
            rows.phones_cell(phones)
        }
        _ => Cell::Text(rows.string(cell)),
    })
}

fn cell_help(ty: Ty) -> &'static str {
    match ty {
        Ty::Number => "numbers are written with a point and without separators: `1234.5`",
        Ty::Flag => "a flag is `true` or `false`, `yes` or `no`, `1` or `0`",
        Ty::Duration => "a duration is written as `500ms`, `20s`, `5m`, `1h` or `1m30s`",
        Ty::Phone | Ty::Phones => "a telephone number is `+14155550123`, an address `sip:ana@example.com`; several are separated by `;`",
        _ => "mend the cell, or the type of its column",
    }
}

/// A decimal number, without exponent.
fn read_number(cell: &str) -> Option<f64> {
    let digits = cell.strip_prefix(['-', '+']).unwrap_or(cell);
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') || digits.bytes().any(|byte| !byte.is_ascii_digit() && byte != b'.') {
        return None;
    }
    cell.parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells() {
        assert_eq!(read_number("12.5"), Some(12.5));
        assert_eq!(read_number("-1"), Some(-1.0));
        for text in ["", "1,5", "1e5", "inf", "NaN", "0x1", "--1", ".", "1.2.3"] {
            assert_eq!(read_number(text), None, "{text}");
        }
    }

    #[test]
    fn several_numbers_in_a_cell() {
        let mut rows = Rows::default();
        for (cell, expected) in [
            ("+14155550123", 1),
            ("+1 (415) 555-0123", 1),
            ("+14155550123; 4101", 2),
            ("+14155550123 +14155550124", 1),
            ("4101, sip:a@b", 2),
        ] {
            assert!(read_cell(cell, Ty::Phones, &[], None, &mut rows).is_some() || expected == 1, "{cell}");
        }
        assert_eq!(rows.phones.first().map(Vec::len), Some(1));
    }
}
