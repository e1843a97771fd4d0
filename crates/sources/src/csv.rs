//! Files of comma-separated values: read as a whole, checked cell by cell, held in memory, and read again when they change. While the new state of a
//! file is faulty, the old one answers.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};
use std::time::{Duration, SystemTime};

use callroute_numbers::Country;
use callroute_workspace::read_limited;
use serde_json::{Map, Value};

use crate::binding;
use crate::error::{Faults, Trouble};
use crate::shape::{Kind, Shape};

/// How often a file is looked at. It must be the same two times in a row, for it may be being written.
const PERIOD: Duration = Duration::from_millis(500);
/// How many definitions of one source are known at a time; scripts that are reloaded bring new ones.
pub(crate) const MAX_SHAPES: usize = 8;
/// Between the parts of a key.
const SEPARATOR: char = '\u{1f}';

/// A file that answers.
pub(crate) struct Csv {
    name: String,
    path: PathBuf,
    binding: binding::Csv,
    country: Option<Country>,
    loaded: RwLock<Loaded>,
    /// Held while rows are read or indexed.
    seen: Mutex<Seen>,
}

/// What answers now.
#[derive(Clone)]
struct Loaded {
    /// Why there are none: the file has never been good.
    rows: Result<Arc<Rows>, Faults>,
    /// The newest definition first; without rows there is no index.
    indexes: Vec<(Arc<Shape>, Option<Arc<Index>>)>,
}

struct Rows {
    titles: csv::StringRecord,
    records: Vec<csv::StringRecord>,
}

/// Rows by key, for one definition.
struct Index {
    rows: HashMap<Box<str>, u32>,
    /// Where the fields are.
    columns: Vec<usize>,
}

/// States of the file.
#[derive(Default)]
struct Seen {
    /// The one that was read, whether it was good or not.
    read: Option<Stamp>,
    /// The last one.
    last: Option<Stamp>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    len: u64,
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let about = std::fs::metadata(path).ok()?;
        Some(Self { modified: about.modified().ok(), len: about.len() })
    }
}

impl Csv {
    /// Reads a file, and has it watched. One that is not there or faulty is told, and taken up when it is good: telephones must not fall silent
    /// because of a table.
    pub async fn open(name: &str, binding: &binding::Csv, base: &Path) -> Result<Arc<Self>, Faults> {
        let country = match &binding.country {
            None => None,
            Some(code) => Some(Country::parse(code).map_err(|_| format!("`{code}` is no country: write two letters such as US or DE"))?),
        };
        let (path, limit) = (base.join(&binding.path), binding.max_bytes);
        let seen = Stamp::of(&path);
        let rows = {
            let path = path.clone();
            blocking(move || Rows::read(&path, limit)).await?.map(Arc::new)
        };
        if let Err(why) = &rows {
            tracing::error!(source = name, %why, "the file cannot be used: look-ups in it fail, until it is mended");
        }
        let csv = Arc::new(Self {
            name: name.to_owned(),
            path,
            binding: binding.clone(),
            country,
            loaded: RwLock::new(Loaded { rows, indexes: Vec::new() }),
            seen: Mutex::new(Seen { read: seen, last: seen }),
        });
        let weak = Arc::downgrade(&csv);
        tokio::spawn(watch(weak));
        Ok(csv)
    }

    /// Do the rows give what a definition asks for? From now on they answer it.
    pub async fn check(self: &Arc<Self>, shape: Arc<Shape>) -> Result<(), Faults> {
        let csv = Arc::clone(self);
        blocking(move || {
            let _seen = csv.seen.lock().unwrap_or_else(PoisonError::into_inner);
            let mut loaded = csv.now();
            let known = loaded.indexes.iter().position(|(known, _)| *known == shape);
            let entry = match known {
                Some(known) => loaded.indexes.remove(known),
                None => {
                    let index = loaded.rows.as_ref().ok().map(|rows| csv.index(rows, &shape)).transpose()?;
                    (shape, index.map(Arc::new))
                }
            };
            let away = loaded.rows.as_ref().err().map(|why| Faults::unreachable(why.to_string()));
            loaded.indexes.insert(0, entry);
            loaded.indexes.truncate(MAX_SHAPES);
            csv.put(loaded);
            away.map_or(Ok(()), Err)
        })
        .await?
    }

    /// Are there rows?
    pub fn ready(&self) -> Result<(), String> {
        self.now().rows.map(drop).map_err(|why| why.to_string())
    }

    /// The row of a key. National numbers have become E.164 in it.
    pub fn ask(&self, shape: &Shape, args: &Map<String, Value>) -> Result<Option<Map<String, Value>>, Trouble> {
        let loaded = self.now();
        let Some((_, index)) = loaded.indexes.iter().find(|(known, _)| **known == *shape) else {
            return Err(Trouble::Failed("the definition of the script has not been checked".to_owned()));
        };
        let rows = loaded.rows.as_ref().map_err(|why| Trouble::Failed(why.to_string()))?;
        let Some(index) = index else { return Err(Trouble::Failed("the file has not been read".to_owned())) };
        let keys = shape.params.iter().map(|param| param.kind.key(args.get(&param.name)?, self.country));
        let Some(key) = join(keys) else { return Ok(None) };
        let Some(record) = index.rows.get(key.as_str()).and_then(|row| rows.records.get(usize::try_from(*row).ok()?)) else {
            return Ok(None);
        };
        let cells = shape.fields.iter().zip(&index.columns);
        Ok(Some(cells.map(|(field, column)| (field.name.clone(), cell(record, *column))).collect()))
    }

    /// Where national numbers of the file are at home.
    pub const fn country(&self) -> Option<Country> {
        self.country
    }

    fn now(&self) -> Loaded {
        self.loaded.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn put(&self, loaded: Loaded) {
        *self.loaded.write().unwrap_or_else(PoisonError::into_inner) = loaded;
    }

    /// Reads the file again, if it has changed and has come to rest.
    fn refresh(&self) {
        let stamp = Stamp::of(&self.path);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let at_rest = seen.last == stamp;
        seen.last = stamp;
        if !at_rest || seen.read == stamp {
            return;
        }
        seen.read = stamp;
        match self.read_again() {
            Ok(rows) => tracing::info!(source = self.name, file = %self.path.display(), rows, "read again"),
            Err(faults) => {
                let then = if self.ready().is_ok() { "its old rows go on to answer" } else { "look-ups in it fail, until it is mended" };
                tracing::error!(source = self.name, file = %self.path.display(), why = %faults, "the file has changed and is faulty: {then}");
            }
        }
    }

    fn read_again(&self) -> Result<usize, Faults> {
        let rows = Arc::new(Rows::read(&self.path, self.binding.max_bytes)?);
        let mut loaded = Loaded { rows: Ok(Arc::clone(&rows)), indexes: Vec::new() };
        for (shape, _) in self.now().indexes {
            let index = self.index(&rows, &shape)?;
            loaded.indexes.push((shape, Some(Arc::new(index))));
        }
        let count = rows.records.len();
        self.put(loaded);
        Ok(count)
    }

    fn index(&self, rows: &Rows, shape: &Shape) -> Result<Index, Faults> {
        let mut faults = Faults::default();
        let params: Vec<&str> = shape.params.iter().map(|param| param.name.as_str()).collect();
        for (option, named, known) in [
            ("key", self.binding.key.keys(), params),
            ("columns", self.binding.columns.keys(), shape.fields.iter().map(|field| field.name.as_str()).collect()),
        ] {
            for name in named.filter(|name| !known.contains(&name.as_str())) {
                let what = if option == "key" { "parameter" } else { "field" };
                faults.push(format!("`{option}` names `{name}`, and the script's source has no such {what}"));
            }
        }
        if shape.params.is_empty() {
            faults.push("the script's source has no parameters, so no row can be told from another".to_owned());
        }
        for param in shape.params.iter().filter(|param| param.kind == Kind::Phones) {
            faults.push(format!("the parameter `{}` is a list, and rows are found by single values", param.name));
        }
        let mut find = |name: &str, titles: &std::collections::BTreeMap<String, String>| {
            let title = titles.get(name).map_or(name, String::as_str);
            rows.column(title).map_err(|why| faults.push(why)).unwrap_or(usize::MAX)
        };
        let keys: Vec<usize> = shape.params.iter().map(|param| find(&param.name, &self.binding.key)).collect();
        let columns: Vec<usize> = shape.fields.iter().map(|field| find(&field.name, &self.binding.columns)).collect();
        faults.clone().done()?;

        let mut index = Index { rows: HashMap::with_capacity(rows.records.len()), columns };
        for (row, record) in rows.records.iter().enumerate() {
            for (column, place) in shape.params.iter().zip(&keys).chain(shape.fields.iter().zip(&index.columns)) {
                if let Err(found) = column.kind.read(cell(record, *place), self.country) {
                    faults.push(format!("{}: {found}, and must be {}", rows.place(record, *place), column.kind.form()));
                }
            }
            let parts = shape.params.iter().zip(&keys).map(|(param, place)| param.kind.key(&cell(record, *place), self.country));
            let Some(key) = join(parts) else {
                if keys.iter().any(|place| cell(record, *place).is_null()) {
                    faults.push(format!("line {}: there is nothing in the column of the key", line(record)));
                }
                continue;
            };
            let row = u32::try_from(row).map_err(|_| "the file has too many rows")?;
            if let Some(first) = index.rows.insert(key.into(), row) {
                let first = rows.records.get(usize::try_from(first).unwrap_or(usize::MAX)).map_or(0, line);
                faults
                    .push(format!("line {}: the key is the same as in line {first}, so it does not say which row is meant", line(record)));
            }
        }
        faults.done().map(|()| index)
    }
}

impl Rows {
    fn read(path: &Path, limit: u64) -> Result<Self, Faults> {
        let fault = |why: String| Faults::from(format!("{}: {why}", path.display()));
        let bytes = read_limited(path, limit)
            .map_err(|error| fault(error.to_string()))?
            .ok_or_else(|| fault(format!("the file has more than {limit} bytes; `max_bytes` says how many it may have")))?;
        let text = std::str::from_utf8(&bytes).map_err(|error| fault(format!("it is not UTF-8 from byte {} on", error.valid_up_to())))?;
        Self::parse(text.strip_prefix('\u{feff}').unwrap_or(text)).map_err(|faults| fault(faults.to_string()))
    }

    /// As tables of scripts are read: a comma, or a semicolon if the first line has one and no comma; white space around cells does not count.
    fn parse(text: &str) -> Result<Self, Faults> {
        let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
        let separator = if first.contains(';') && !first.contains(',') { b';' } else { b',' };
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).delimiter(separator).from_reader(text.as_bytes());
        let titles = reader.headers().map_err(|error| error.to_string())?.clone();
        if titles.iter().all(str::is_empty) {
            return Err("the file is empty; its first line must have the titles of the columns".into());
        }
        let mut rows = Self { titles, records: Vec::new() };
        let mut faults = Faults::default();
        for record in reader.records() {
            match record {
                Ok(record) if record.iter().all(str::is_empty) => {}
                Ok(mut record) => {
                    let position = record.position().map(|position| behind_blank_lines(position, text));
                    record.set_position(position);
                    rows.records.push(record);
                }
                Err(error) => match error.kind() {
                    csv::ErrorKind::UnequalLengths { pos, expected_len, len } => faults.push(format!(
                        "line {}: {len} cells, and the first line has {expected_len}; a cell with a separator in it must be in quotes",
                        pos.as_ref().map_or(0, |position| behind_blank_lines(position, text).line())
                    )),
                    _ => return Err(error.to_string().into()),
                },
            }
        }
        let last = rows.records.last();
        if text.bytes().filter(|byte| *byte == b'"').count() % 2 == 1
            && last.is_some_and(|record| record.iter().any(|cell| cell.contains('\n')))
        {
            faults.push(format!("line {}: a quote is never closed", last.map_or(0, line)));
        }
        faults.done().map(|()| rows)
    }

    /// Titles are compared without regard to ASCII case.
    fn column(&self, title: &str) -> Result<usize, String> {
        let mut found = self.titles.iter().enumerate().filter(|(_, known)| known.eq_ignore_ascii_case(title)).map(|(index, _)| index);
        match (found.next(), found.next()) {
            (Some(index), None) => Ok(index),
            (Some(_), Some(_)) => Err(format!("two columns have the title `{title}`")),
            (None, _) => {
                let known: Vec<String> = self.titles.iter().take(50).map(|title| format!("`{title}`")).collect();
                Err(format!("no column has the title `{title}`; there are {}", known.join(", ")))
            }
        }
    }

    fn place(&self, record: &csv::StringRecord, column: usize) -> String {
        format!("line {}, column `{}`", line(record), self.titles.get(column).unwrap_or_default())
    }
}

/// A cell; an empty one is no value.
fn cell(record: &csv::StringRecord, column: usize) -> Value {
    match record.get(column) {
        None | Some("") => Value::Null,
        Some(text) => text.into(),
    }
}

fn line(record: &csv::StringRecord) -> u64 {
    record.position().map_or(0, csv::Position::line)
}

/// Blank lines before a record count as part of it for the reader, but not for people.
fn behind_blank_lines(position: &csv::Position, text: &str) -> csv::Position {
    let rest = usize::try_from(position.byte()).ok().and_then(|at| text.get(at..)).unwrap_or_default();
    let blank = rest.bytes().take_while(|byte| matches!(byte, b'\r' | b'\n')).filter(|byte| *byte == b'\n').count();
    let mut position = position.clone();
    position.set_line(position.line().saturating_add(u64::try_from(blank).unwrap_or(0)));
    position
}

/// A key of several parts, if there are all.
fn join(parts: impl Iterator<Item = Option<String>>) -> Option<String> {
    let mut key = String::new();
    for part in parts {
        key.push_str(&part?);
        key.push(SEPARATOR);
    }
    Some(key)
}

/// Looks at the file until nobody needs it any more.
async fn watch(csv: Weak<Csv>) {
    loop {
        tokio::time::sleep(PERIOD).await;
        let Some(csv) = csv.upgrade() else { return };
        // A fault in it would be told by the runtime; the old rows remain.
        let _ = blocking(move || csv.refresh()).await;
    }
}

/// Does what may take a while where it holds nobody up.
pub(crate) async fn blocking<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> Result<R, String> {
    tokio::task::spawn_blocking(work).await.map_err(|error| format!("internal fault: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_as_spreadsheets_write_them() {
        for (text, titles, rows) in [
            ("a,b\r\n1,2\r\n", "a|b", "1|2"),
            ("a;b\n1,5;2\n\n;\n", "a|b", "1,5|2"),
            ("\"a\",\"b\"\n\"x, \"\"y\"\"\" , z \n", "a|b", "x, \"y\"|z"),
            ("a,b", "a|b", ""),
        ] {
            let found = Rows::parse(text).unwrap();
            let show = |record: &csv::StringRecord| record.iter().collect::<Vec<_>>().join("|");
            assert_eq!(show(&found.titles), titles, "{text}");
            assert_eq!(found.records.iter().map(show).collect::<Vec<_>>().join("/"), rows, "{text}");
        }
        for (text, why) in [
            ("", "the file is empty"),
            (
                "a,b\n1\n1,2,3\n",
                "line 2: 1 cells, and the first line has 2; a cell with a separator in it must be in quotes; line 3: 3 cells",
            ),
            ("a,b\n1,\"2\n3,4\n", "line 2: a quote is never closed"),
        ] {
            let found = Rows::parse(text).err().map(|faults| faults.to_string()).unwrap_or_default();
            assert!(found.contains(why), "{text}: {found}");
        }
    }
}
