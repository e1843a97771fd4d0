//! SQLite files, which are only read. Questions run on threads of their own, a few at a time; one that takes too long is ended inside of SQLite.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use rusqlite::limits::Limit;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, Statement};
use serde_json::{Map, Value};
use tokio::sync::Semaphore;

use crate::binding;
use crate::csv::blocking;
use crate::error::{Faults, Trouble};
use crate::shape::{Column, Kind, Shape};

/// The most bytes of a text or row in the file that is looked at.
const MAX_LENGTH: i32 = 1024 * 1024;
/// Instructions of SQLite between two looks at the clock.
const STEPS: i32 = 2000;

/// A file that answers.
pub(crate) struct Sqlite {
    shared: Arc<Shared>,
    slots: Arc<Semaphore>,
}

struct Shared {
    path: PathBuf,
    query: String,
    idle: Mutex<Vec<(Connection, Identity)>>,
}

/// Which file a path is: a file that was put in the place of another one is opened anew.
type Identity = Option<(u64, u64)>;

#[cfg(unix)]
fn identity(path: &Path) -> Identity {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(path).ok().map(|about| (about.dev(), about.ino()))
}

#[cfg(not(unix))]
fn identity(_: &Path) -> Identity {
    None
}

impl Sqlite {
    /// Opens the file once, to see that it is one. One that is not there is told, and opened when it is.
    pub async fn open(name: &str, binding: &binding::Sqlite, base: &Path) -> Result<Self, Faults> {
        let shared = Arc::new(Shared { path: base.join(&binding.path), query: binding.query.clone(), idle: Mutex::new(Vec::new()) });
        let sqlite = Self { shared, slots: Arc::new(Semaphore::new(binding.connections)) };
        if let Err(why) = sqlite.ready().await {
            tracing::error!(source = name, why, "the file cannot be used: look-ups in it fail, until it is mended");
        }
        Ok(sqlite)
    }

    /// Can the file be read?
    pub async fn ready(&self) -> Result<(), String> {
        self.on_thread(|shared| {
            let fault = |error: rusqlite::Error| format!("{}: {error}", shared.path.display());
            shared.with(|connection| connection.query_row("select count(*) from sqlite_schema", [], |_| Ok(()))).map_err(fault)
        })
        .await?
    }

    /// Does the query give what a definition asks for?
    pub async fn check(&self, shape: Arc<Shape>) -> Result<(), Faults> {
        self.on_thread(move |shared| {
            shared.with(|connection| {
                let statement = connection.prepare(&shared.query)?;
                Ok(check(&statement, &shape))
            })
        })
        .await?
        .map_err(|error| match error.sqlite_error_code() {
            // The query has not even been looked at.
            Some(ErrorCode::CannotOpen | ErrorCode::NotADatabase) => Faults::unreachable(format!("the file cannot be used: {error}")),
            _ => format!("the query cannot be used: {error}").into(),
        })?
    }

    /// The first row.
    pub async fn ask(&self, shape: Arc<Shape>, args: Map<String, Value>, until: Instant) -> Result<Option<Map<String, Value>>, Trouble> {
        let answer = self.on_thread(move |shared| {
            if Instant::now() >= until {
                return Err(Trouble::Late("all connections were busy".to_owned()));
            }
            let row = shared.with(|connection| {
                connection.progress_handler(STEPS, Some(move || Instant::now() >= until))?;
                connection.busy_timeout(until.saturating_duration_since(Instant::now()))?;
                let row = first(connection, &shared.query, &shape, &args);
                connection.progress_handler(0, None::<fn() -> bool>)?;
                row
            });
            row.map_err(|error| match error.sqlite_error_code() {
                Some(ErrorCode::OperationInterrupted | ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                    Trouble::Late("the query took too long".to_owned())
                }
                // A message may quote what stands in the file.
                Some(code) => Trouble::Failed(format!("SQLite says {code:?}")),
                None => Trouble::Failed(error.to_string()),
            })
        });
        answer.await.map_err(Trouble::Failed)?
    }

    async fn on_thread<R: Send + 'static>(&self, work: impl FnOnce(&Shared) -> R + Send + 'static) -> Result<R, String> {
        let slot = Arc::clone(&self.slots).acquire_owned().await.map_err(|error| error.to_string())?;
        let shared = Arc::clone(&self.shared);
        blocking(move || {
            // Held as long as the thread runs, also when nobody waits for it any more.
            let _slot = slot;
            work(&shared)
        })
        .await
    }
}

impl Shared {
    /// A connection that is free, or a new one.
    fn with<R>(&self, use_it: impl FnOnce(&Connection) -> rusqlite::Result<R>) -> rusqlite::Result<R> {
        let now = identity(&self.path);
        let idle = {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.retain(|(_, known)| *known == now);
            idle.pop()
        };
        let connection = match idle {
            Some((connection, _)) => connection,
            None => {
                let connection =
                    Connection::open_with_flags(&self.path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
                connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, MAX_LENGTH)?;
                connection
            }
        };
        let result = use_it(&connection);
        // One that has had a fault is not trusted any more.
        if result.is_ok() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push((connection, now));
        }
        result
    }
}

/// The name of a parameter in the query, which must be written `:name`.
fn named<'s>(statement: &'s Statement<'_>, index: usize) -> Option<&'s str> {
    statement.parameter_name(index)?.strip_prefix(':')
}

fn check(statement: &Statement<'_>, shape: &Shape) -> Result<(), Faults> {
    let mut faults = Faults::default();
    if !statement.readonly() {
        faults.push("the query changes the database, and sources are only read".to_owned());
    }
    let mut used: Vec<String> = Vec::new();
    for index in 1..=statement.parameter_count() {
        match named(statement, index) {
            Some(name) => used.push(name.to_owned()),
            None => faults.push("parameters of the query have names: `:number`".to_owned()),
        }
    }
    check_params(&used, shape, &mut faults);
    let columns = statement.columns();
    for field in &shape.fields {
        match columns.iter().find(|column| column.name().eq_ignore_ascii_case(&field.name)) {
            None => faults.push(no_column(field, columns.iter().map(rusqlite::Column::name))),
            Some(column) => {
                if let Some(declared) = column.decl_type().filter(|declared| !suits(&field.kind, declared)) {
                    faults.push(wrong_type(field, declared));
                }
            }
        }
    }
    faults.done()
}

/// What is said of parameters that do not fit, for every database.
pub(crate) fn check_params(used: &[String], shape: &Shape, faults: &mut Faults) {
    for name in used.iter().filter(|name| shape.params.iter().all(|param| param.name != **name)) {
        let known: Vec<String> = shape.params.iter().map(|param| format!("`:{}`", param.name)).collect();
        faults.push(format!("the query asks with `:{name}`, and the script's source has only {}", known.join(", ")));
    }
    for param in shape.params.iter().filter(|param| !used.contains(&param.name)) {
        faults.push(format!("the query does not ask with `:{}`, which the script gives", param.name));
    }
}

/// What is said of a column that is not there, for every database.
pub(crate) fn no_column<'c>(field: &Column, columns: impl Iterator<Item = &'c str>) -> String {
    let columns: Vec<String> = columns.take(50).map(|name| format!("`{name}`")).collect();
    format!("the query gives no column `{}`, which the script asks for; it gives {}", field.name, columns.join(", "))
}

/// What is said of a column of a wrong type, for every database.
pub(crate) fn wrong_type(field: &Column, found: &str) -> String {
    format!(
        "the column `{}` is {found}, and the script asks for {}: {}; `cast(… as …)` in the query can change it",
        field.name,
        field.kind,
        field.kind.form()
    )
}

/// Can a column that is declared so give values of a type? By the rules of SQLite's affinities; any value can stand in any column, so each one is
/// looked at when it comes.
fn suits(kind: &Kind, declared: &str) -> bool {
    let declared = declared.to_ascii_uppercase();
    let has = |words: &[&str]| words.iter().any(|word| declared.contains(word));
    if has(&["CHAR", "CLOB", "TEXT"]) {
        return *kind != Kind::Number;
    }
    match kind {
        Kind::Phone | Kind::Phones => !has(&["INT", "REAL", "FLOA", "DOUB", "NUM", "DEC", "BOOL", "BLOB"]),
        Kind::Flag => !has(&["REAL", "FLOA", "DOUB", "BLOB"]),
        Kind::Text | Kind::OneOf(_) | Kind::Number | Kind::Duration => !has(&["BLOB", "BOOL"]),
    }
}

fn first(connection: &Connection, query: &str, shape: &Shape, args: &Map<String, Value>) -> rusqlite::Result<Option<Map<String, Value>>> {
    let mut statement = connection.prepare_cached(query)?;
    for index in 1..=statement.parameter_count() {
        let value = named(&statement, index).and_then(|name| args.get(name)).cloned().unwrap_or_default();
        statement.raw_bind_parameter(index, argument(value))?;
    }
    let mut rows = statement.raw_query();
    let Some(row) = rows.next()? else { return Ok(None) };
    // Only now, for the schema may have changed since the statement was prepared.
    let columns = row.as_ref().column_names();
    let mut found = Map::new();
    for field in &shape.fields {
        let place = columns.iter().position(|name| name.eq_ignore_ascii_case(&field.name));
        let place = place.ok_or_else(|| rusqlite::Error::InvalidColumnName(field.name.clone()))?;
        found.insert(field.name.clone(), value(row.get_ref(place)?));
    }
    Ok(Some(found))
}

fn argument(value: Value) -> ToSqlOutput<'static> {
    use rusqlite::types::Value as Owned;
    ToSqlOutput::Owned(match value {
        Value::Null => Owned::Null,
        Value::Bool(flag) => Owned::Integer(flag.into()),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Owned::Integer(whole),
            None => Owned::Real(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(text) => Owned::Text(text),
        // For `json_each`.
        other => Owned::Text(other.to_string()),
    })
}

fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => number.into(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into(),
        // No field takes an object, so it is said what it is not.
        ValueRef::Blob(_) => Value::Object(Map::new()),
    }
}
