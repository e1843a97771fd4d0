//! Look-ups: what the `source` definitions of scripts ask is answered from CSV files, SQLite, PostgreSQL and web services, as a server's
//! configuration binds them.
//!
//! [`Sources::open`] reads the bindings, [`Sources::check`] says when a script is loaded whether they give what it asks for, and [`Sources::ask`]
//! answers: within a time, and always with an outcome. Nothing is ever written to a source; arguments are bound or encoded, and never become part of a
//! query or of another address. Neither secrets, nor the values of a row, nor arguments are put into words, logs or errors.
//!
//! This crate reads files, the environment (for secrets) and the network. It needs a tokio runtime with time.

mod binding;
mod cache;
mod csv;
mod error;
mod http;
mod placeholders;
mod postgres;
mod shape;
mod sqlite;
mod tls;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use callroute_protocol::{Lookup, LookupResult};
use callroute_runtime::SourceInfo;
use serde_json::{Map, Value};

pub use binding::{Binding, Csv, Http, Method, Origin, Postgres, Secret, Sqlite};
pub use error::BindingError;

use crate::binding::{LONGEST, Limits};
use crate::cache::Kept;
use crate::csv::MAX_SHAPES;
use crate::error::{Faults, Trouble};
use crate::shape::Shape;

/// What came of a question.
#[derive(Clone, PartialEq, Debug)]
pub struct Answered {
    /// For the event that follows.
    pub result: LookupResult,
    /// It was still known from an earlier question.
    pub cached: bool,
    /// Why it failed or was late, or what of the row could not be used. It never holds a value.
    pub why: Option<String>,
}

impl Answered {
    const fn new(result: LookupResult, why: Option<String>) -> Self {
        Self { result, cached: false, why }
    }
}

/// All bound sources. To be shared in an `Arc`.
pub struct Sources {
    entries: BTreeMap<String, Entry>,
}

impl std::fmt::Debug for Sources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.entries.iter().map(|(name, entry)| (name, entry.kind))).finish()
    }
}

struct Entry {
    kind: &'static str,
    limits: Limits,
    kept: Option<Kept>,
    backend: Backend,
    /// What scripts ask of it; the newest first.
    shapes: RwLock<Vec<Arc<Shape>>>,
}

enum Backend {
    Csv(Arc<csv::Csv>),
    Sqlite(sqlite::Sqlite),
    Postgres(postgres::Postgres),
    Http(http::Http),
}

impl Sources {
    /// Reads secrets and CSV files, opens SQLite files and makes pools. Paths that are relative start from `base`, the folder of the configuration.
    /// Databases and web services are not asked yet: a server comes up while they are still starting. Nor is a file that is not there, or faulty, a
    /// reason not to come up: its look-ups fail until it is mended.
    ///
    /// # Errors
    /// When a secret, a certificate or an option cannot be used; the first one is said.
    pub async fn open(bindings: &BTreeMap<String, Binding>, base: &Path) -> Result<Self, BindingError> {
        let mut entries = BTreeMap::new();
        for (name, binding) in bindings {
            let entry = Entry::open(name, binding, base).await.map_err(|faults| BindingError::new(name, faults))?;
            entries.insert(name.clone(), entry);
        }
        Ok(Self { entries })
    }

    /// Is there a binding of this name?
    #[must_use]
    pub fn is_bound(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    /// Says whether a binding gives what a script's definition asks for, by names and types; to be asked whenever a script is loaded. Only definitions
    /// that were checked are answered. Two scripts that ask one source should define it alike: where the arguments are the same, the definition that
    /// was checked last says how values are read.
    ///
    /// # Errors
    /// When the script must be refused; or, with [`BindingError::is_unreachable`], when the source does not answer at the moment. Then the definition is
    /// known all the same, and each row is checked as it comes.
    pub async fn check(&self, source: &SourceInfo<'_>) -> Result<(), BindingError> {
        let error = |faults| BindingError::new(source.name, faults);
        let Some(entry) = self.entries.get(source.name) else {
            let known: Vec<String> = self.entries.keys().take(50).map(|name| format!("`{name}`")).collect();
            let known = if known.is_empty() { "no source is bound".to_owned() } else { format!("bound are {}", known.join(", ")) };
            return Err(error(
                format!("the script asks it, and nothing is bound to it: add [source.{}] to the configuration ({known})", source.name)
                    .into(),
            ));
        };
        let shape = Arc::new(Shape::from(source));
        let checked = entry.check(&shape).await;
        if checked.as_ref().map_or_else(Faults::is_unreachable, |()| true) {
            entry.remember(shape);
        }
        checked.map_err(error)
    }

    /// Asks. The time of the look-up holds, else that of the binding, and never more than 30 seconds. Whatever happens is an outcome, and
    /// [`Answered::why`] says why it failed or was late.
    pub async fn ask(&self, lookup: &Lookup) -> Answered {
        let start = Instant::now();
        match self.entries.get(&lookup.source) {
            Some(entry) => entry.ask(lookup, start).await,
            None => Answered::new(LookupResult::Failed, Some("nothing is bound to it".to_owned())),
        }
    }

    /// For each source: could it answer now? Databases are asked for a sign of life, within seconds. Web services are not: they are taken to be there.
    pub async fn ready(&self) -> Vec<(String, Result<(), String>)> {
        let mut found = Vec::new();
        for (name, entry) in &self.entries {
            let ready = match &entry.backend {
                Backend::Http(_) => Ok(()),
                Backend::Csv(csv) => csv.ready(),
                Backend::Sqlite(sqlite) => {
                    let asked = tokio::time::timeout(LONGEST, sqlite.ready()).await;
                    asked.unwrap_or_else(|_| Err("all connections are busy".to_owned()))
                }
                Backend::Postgres(postgres) => postgres.ready().await,
            };
            found.push((name.clone(), ready));
        }
        found
    }
}

impl Entry {
    async fn open(name: &str, binding: &Binding, base: &Path) -> Result<Self, Faults> {
        let limits = binding.limits()?;
        let backend = match binding {
            Binding::Csv(binding) => Backend::Csv(csv::Csv::open(name, binding, base).await?),
            Binding::Sqlite(binding) => Backend::Sqlite(sqlite::Sqlite::open(name, binding, base).await?),
            Binding::Postgres(binding) => Backend::Postgres(postgres::Postgres::open(binding, base)?),
            Binding::Http(binding) => Backend::Http(http::Http::open(binding, base)?),
        };
        let kept = limits.cache.map(|(live, entries)| Kept::new(live, entries));
        Ok(Self { kind: binding.kind(), limits, kept, backend, shapes: RwLock::default() })
    }

    async fn check(&self, shape: &Arc<Shape>) -> Result<(), Faults> {
        match &self.backend {
            Backend::Csv(csv) => csv.check(Arc::clone(shape)).await,
            Backend::Sqlite(sqlite) => sqlite.check(Arc::clone(shape)).await,
            Backend::Postgres(postgres) => postgres.check(shape).await,
            Backend::Http(http) => http.check(shape),
        }
    }

    fn remember(&self, shape: Arc<Shape>) {
        let mut shapes = self.shapes.write().unwrap_or_else(PoisonError::into_inner);
        shapes.retain(|known| *known != shape);
        shapes.insert(0, shape);
        shapes.truncate(MAX_SHAPES);
    }

    async fn ask(&self, lookup: &Lookup, start: Instant) -> Answered {
        let shape = {
            let shapes = self.shapes.read().unwrap_or_else(PoisonError::into_inner);
            shapes.iter().find(|shape| shape.fits(&lookup.args)).cloned()
        };
        let Some(shape) = shape else {
            return Answered::new(LookupResult::Failed, Some("the definition of the script has not been checked".to_owned()));
        };
        if lookup.args.values().any(Value::is_null) {
            return Answered::new(LookupResult::Missing, None);
        }
        let key = self.kept.as_ref().map(|_| key(&shape, &lookup.args));
        if let Some((kept, key)) = self.kept.as_ref().zip(key.as_ref())
            && let Some(result) = kept.get(key)
        {
            return Answered { result, cached: true, why: None };
        }
        let limit = lookup.timeout_ms.map_or(self.limits.timeout, Duration::from_millis).min(LONGEST);
        let answered = match tokio::time::timeout(limit, self.row(&shape, &lookup.args, limit, start)).await {
            Ok(Ok(Some(row))) => {
                let why = (!row.faults.is_empty()).then(|| format!("{}; taken as missing", row.faults.join("; ")));
                Answered::new(LookupResult::Found(row.values), why)
            }
            Ok(Ok(None)) => Answered::new(LookupResult::Missing, None),
            Ok(Err(Trouble::Failed(why))) => Answered::new(LookupResult::Failed, Some(why)),
            Ok(Err(Trouble::Late(why))) => Answered::new(LookupResult::Late, Some(why)),
            Err(_) => Answered::new(LookupResult::Late, Some(format!("no answer within {}ms", limit.as_millis()))),
        };
        if let Some((kept, key)) = self.kept.as_ref().zip(key) {
            kept.put(key, &answered.result);
        }
        answered
    }

    async fn row(
        &self,
        shape: &Arc<Shape>,
        args: &Map<String, Value>,
        limit: Duration,
        start: Instant,
    ) -> Result<Option<shape::Row>, Trouble> {
        let (raw, country) = match &self.backend {
            Backend::Csv(csv) => (csv.ask(shape, args)?, csv.country()),
            Backend::Sqlite(sqlite) => {
                let until = start.checked_add(limit).unwrap_or(start);
                (sqlite.ask(Arc::clone(shape), args.clone(), until).await?, None)
            }
            Backend::Postgres(postgres) => (postgres.ask(shape, args).await?, None),
            Backend::Http(http) => (http.ask(shape, args).await?, None),
        };
        raw.map(|raw| shape.row(raw, country)).transpose().map_err(Trouble::Failed)
    }
}

/// What an answer is kept under: the definition, and the arguments in its order.
fn key(shape: &Arc<Shape>, args: &Map<String, Value>) -> String {
    let values: Vec<&Value> = shape.params.iter().filter_map(|param| args.get(&param.name)).collect();
    format!("{:?} {}", shape.fields, serde_json::to_string(&values).unwrap_or_default())
}
