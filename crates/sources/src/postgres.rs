//! PostgreSQL, which is only read.
//!
//! The query is wrapped so that the database itself gives the first row as JSON, and nothing where that would be too large: whatever its types, and
//! however large a row is, what travels is one short text. Arguments travel as texts beside the query, and the database reads them as the types that
//! it expects. A connection whose question nobody waits for any more is closed and its question cancelled; it never goes back to the others.

use std::path::Path;
use std::time::Duration;

use bytes::BytesMut;
use deadpool_postgres::{Hook, HookError, Manager, Object, Pool, PoolError};
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value};
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{Format, IsNull, ToSql, Type};
use tokio_postgres::{Config, Error};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::binding::{self, LONGEST};
use crate::error::{Faults, Trouble, chain};
use crate::placeholders::Query;
use crate::shape::{Kind, MAX_ROW, Shape, too_large};
use crate::sqlite::{check_params, no_column, wrong_type};
use crate::tls;

/// How long a connection may take to be made, or to say that it is there.
const CONNECT: Duration = Duration::from_secs(5);
/// How often a question is asked anew when its connection breaks, before it has failed.
const TRIES: u32 = 3;

/// A database that answers.
pub(crate) struct Postgres {
    pool: Pool,
    tls: MakeRustlsConnect,
    query: Query,
    /// The query in its wrapping.
    wrapped: String,
}

impl Postgres {
    /// Reads the address; asks nothing yet.
    pub fn open(binding: &binding::Postgres, base: &Path) -> Result<Self, Faults> {
        let query = Query::read(&binding.query).map_err(|why| format!("the query: {why}"))?;
        let mut config: Config = binding
            .url
            .with(base, str::parse)?
            .map_err(|error: Error| format!("`url` is no address such as postgres://user@host/database: {}", chain(&error)))?;
        if let Some(password) = &binding.password {
            config.password(password.get(base)?.expose_secret());
        }
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err("`url` names no host".into());
        }
        // What travels over a network is enciphered, or it is said that it need not be; what stays on the machine need not be.
        if config.get_ssl_mode() == SslMode::Prefer {
            config.ssl_mode(if config.get_hosts().iter().all(is_local) { SslMode::Disable } else { SslMode::Require });
        }
        if config.get_application_name().is_none() {
            config.application_name("callroute");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT);
        }
        let ca = binding.ca.as_ref().map(|path| base.join(path));
        let tls = MakeRustlsConnect::new(tls::client(ca.as_deref())?);
        let pool = Pool::builder(Manager::new(config, tls.clone()))
            .max_size(binding.connections)
            .post_create(Hook::async_fn(|client, _| {
                Box::pin(async move {
                    // Nothing runs on for long after the last one has stopped waiting, even if a cancellation gets lost.
                    let setup = format!("set default_transaction_read_only = on; set statement_timeout = {}", LONGEST.as_millis());
                    client.batch_execute(&setup).await.map_err(HookError::Backend)
                })
            }))
            .build()
            .map_err(|error| error.to_string())?;
        let wrapped = format!(
            "select case when octet_length(j) <= {MAX_ROW} then j end, octet_length(j) from (select to_jsonb(r)::text as j from (\n{}\n) r limit 1) s",
            query.sql
        );
        Ok(Self { pool, tls, query, wrapped })
    }

    /// Does the database answer?
    pub async fn ready(&self) -> Result<(), String> {
        let asked = async {
            let client = Held::get(self).await.map_err(|error| pool_words(&error))?;
            let answer = client.object()?.simple_query("").await;
            answer.map(|_| client.give_back()).map_err(|error| words(&error))
        };
        tokio::time::timeout(CONNECT, asked).await.unwrap_or_else(|_| Err("the database does not answer in time".to_owned()))
    }

    /// Does the query give what a definition asks for?
    pub async fn check(&self, shape: &Shape) -> Result<(), Faults> {
        let asked = async {
            let client = match Held::get(self).await {
                Ok(client) => client,
                Err(PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error))) if !is_away(&error) => {
                    return Err(format!("the database refuses: {}", words(&error)).into());
                }
                Err(error) => return Err(Faults::unreachable(format!("the database cannot be reached: {}", pool_words(&error)))),
            };
            let prepared = async {
                let plain = client.object()?.prepare(&self.query.sql).await.map_err(Words::from)?;
                client.object()?.prepare(&self.wrapped).await.map_err(|error| {
                    // By itself it can be used, so it is none that gives rows to another one.
                    let Words { away, text } = Words::from(error);
                    Words {
                        away,
                        text: format!(
                            "{text}; it must be one `select` (or `with`, `values`, `table`) that changes nothing, for sources are only read"
                        ),
                    }
                })?;
                Ok::<_, Words>(plain)
            };
            let statement = match prepared.await {
                Ok(statement) => statement,
                Err(Words { away: true, text }) => return Err(Faults::unreachable(format!("the database has gone away: {text}"))),
                Err(Words { text, .. }) => return Err(format!("the query cannot be used: {text}").into()),
            };
            client.give_back();
            let mut faults = Faults::default();
            check_params(&self.query.params, shape, &mut faults);
            for (name, ty) in self.query.params.iter().zip(statement.params()) {
                if let Some(param) = shape.params.iter().find(|param| param.name == *name).filter(|param| !takes(ty, &param.kind)) {
                    faults.push(format!("the query compares `:{name}` with {}, and the script gives {}", ty.name(), param.kind));
                }
            }
            for field in &shape.fields {
                match statement.columns().iter().find(|column| column.name() == field.name) {
                    None => faults.push(no_column(field, statement.columns().iter().map(tokio_postgres::Column::name))),
                    Some(column) if !gives(column.type_(), &field.kind) => faults.push(wrong_type(field, column.type_().name())),
                    Some(_) => {}
                }
            }
            faults.done()
        };
        let late = || Err(Faults::unreachable("the database does not answer in time".to_owned()));
        tokio::time::timeout(CONNECT, asked).await.unwrap_or_else(|_| late())
    }

    /// The first row. When nobody waits for it any more, it may just be dropped.
    pub async fn ask(&self, shape: &Shape, args: &Map<String, Value>) -> Result<Option<Map<String, Value>>, Trouble> {
        let values: Vec<Argument> = self.query.params.iter().map(|name| Argument::new(args.get(name))).collect();
        if values.iter().any(|value| value.0.as_ref().is_some_and(|text| text.contains('\0'))) {
            // No text in PostgreSQL has this character, so no row has this key.
            return Ok(None);
        }
        let mut last = String::new();
        for _ in 0..TRIES {
            let client = Held::get(self).await.map_err(|error| Trouble::Failed(pool_words(&error)))?;
            match self.once(&client, &values).await {
                Ok(found) => {
                    client.give_back();
                    return found.map(|row| complete(shape, row)).transpose().map_err(Trouble::Failed);
                }
                Err(Words { away: true, text }) => last = text,
                Err(Words { text, .. }) => {
                    client.give_back();
                    return Err(Trouble::Failed(text));
                }
            }
        }
        Err(Trouble::Failed(last))
    }

    async fn once(&self, client: &Held<'_>, values: &[Argument]) -> Result<Option<Map<String, Value>>, Words> {
        let object = client.object()?;
        let statement = object.prepare_cached(&self.wrapped).await?;
        let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| -> &(dyn ToSql + Sync) { value }).collect();
        let Some(row) = object.query_opt(&statement, &values).await? else { return Ok(None) };
        let size: i32 = row.try_get(1)?;
        let Some(text) = row.try_get::<_, Option<&str>>(0)? else { return Err(too_large(usize::try_from(size).unwrap_or(0)).into()) };
        match serde_json::from_str(text) {
            Ok(Value::Object(row)) => Ok(Some(row)),
            Ok(_) | Err(_) => Err("the database gave a row that is no JSON object".to_owned().into()),
        }
    }
}

/// All columns must be there, also while the definition could not be checked because the database was away.
fn complete(shape: &Shape, row: Map<String, Value>) -> Result<Map<String, Value>, String> {
    match shape.fields.iter().find(|field| !row.contains_key(&field.name)) {
        Some(field) => Err(no_column(field, row.keys().map(String::as_str))),
        None => Ok(row),
    }
}

fn is_local(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback()),
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

/// A connection that is in use. Unless it is given back it is closed, and what it was asked is cancelled.
struct Held<'p> {
    object: Option<Object>,
    tls: &'p MakeRustlsConnect,
}

impl<'p> Held<'p> {
    async fn get(from: &'p Postgres) -> Result<Self, PoolError> {
        Ok(Self { object: Some(from.pool.get().await?), tls: &from.tls })
    }

    fn object(&self) -> Result<&Object, String> {
        self.object.as_ref().ok_or_else(|| "internal fault: the connection is given back".to_owned())
    }

    fn give_back(mut self) {
        self.object = None;
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let Some(object) = self.object.take() else { return };
        let client = Object::take(object);
        if client.is_closed() {
            return;
        }
        let (token, tls) = (client.cancel_token(), self.tls.clone());
        // Outside of a runtime, which is ending, there is nobody left who could do it; closing the connection is then enough.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let cancelled = tokio::time::timeout(CONNECT, token.cancel_query(tls)).await;
                if !matches!(cancelled, Ok(Ok(()))) {
                    tracing::debug!("a question that came too late could not be cancelled");
                }
                drop(client);
            });
        }
    }
}

/// An argument, as PostgreSQL reads it from text.
#[derive(Debug)]
struct Argument(Option<String>);

impl Argument {
    fn new(value: Option<&Value>) -> Self {
        Self(match value {
            None | Some(Value::Null | Value::Object(_)) => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(Value::Array(list)) => Some(array(list)),
            Some(other) => Some(other.to_string()),
        })
    }
}

/// `{"a","b"}`
fn array(list: &[Value]) -> String {
    let items: Vec<String> = list
        .iter()
        .map(|item| {
            let text = item.as_str().map_or_else(|| item.to_string(), str::to_owned);
            format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
        })
        .collect();
    format!("{{{}}}", items.join(","))
}

impl ToSql for Argument {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match &self.0 {
            None => Ok(IsNull::Yes),
            Some(text) => {
                out.extend_from_slice(text.as_bytes());
                Ok(IsNull::No)
            }
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    tokio_postgres::types::to_sql_checked!();
}

/// What a type of the database is like.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Like {
    Text,
    Number,
    Flag,
    List,
    Json,
    Interval,
    /// Dates, identifiers and the like: they have a form as text.
    Other,
}

fn like(ty: &Type) -> Like {
    use tokio_postgres::types::Kind as Of;
    match ty.kind() {
        Of::Domain(base) => return like(base),
        Of::Array(_) => return Like::List,
        Of::Enum(_) => return Like::Text,
        _ => {}
    }
    match ty.name() {
        "text" | "varchar" | "bpchar" | "char" | "name" | "citext" | "unknown" => Like::Text,
        "int2" | "int4" | "int8" | "float4" | "float8" | "numeric" | "oid" => Like::Number,
        "bool" => Like::Flag,
        "json" | "jsonb" => Like::Json,
        "interval" => Like::Interval,
        _ => Like::Other,
    }
}

/// Can a column of this type give values of a field's type?
fn gives(ty: &Type, kind: &Kind) -> bool {
    match like(ty) {
        Like::Json => true,
        Like::Text => !matches!(kind, Kind::Number | Kind::Flag),
        Like::Number => matches!(kind, Kind::Text | Kind::Number | Kind::Duration | Kind::OneOf(_)),
        Like::Flag => *kind == Kind::Flag,
        Like::List => *kind == Kind::Phones,
        Like::Interval | Like::Other => matches!(kind, Kind::Text | Kind::OneOf(_)),
    }
}

/// Can an argument of a script's type be compared with this type? Texts can be read as nearly everything.
fn takes(ty: &Type, kind: &Kind) -> bool {
    match like(ty) {
        Like::Number => matches!(kind, Kind::Number | Kind::Duration | Kind::Text | Kind::OneOf(_)),
        Like::Flag => matches!(kind, Kind::Flag | Kind::Text | Kind::OneOf(_)),
        Like::List => *kind == Kind::Phones,
        Like::Text => *kind != Kind::Phones,
        Like::Interval => !matches!(kind, Kind::Phone | Kind::Phones | Kind::Flag),
        Like::Json | Like::Other => *kind != Kind::Phones,
    }
}

/// A fault, and whether it lies with the connection.
struct Words {
    away: bool,
    text: String,
}

impl From<Error> for Words {
    fn from(error: Error) -> Self {
        Self { away: is_away(&error), text: words(&error) }
    }
}

impl From<String> for Words {
    fn from(text: String) -> Self {
        Self { away: false, text }
    }
}

/// Is the database not there, or going, or coming?
fn is_away(error: &Error) -> bool {
    match error.code() {
        Some(code) => {
            let going = [SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN, SqlState::CANNOT_CONNECT_NOW, SqlState::TOO_MANY_CONNECTIONS];
            going.contains(code) || code.code().starts_with("08")
        }
        None => error.is_closed() || has_io(error),
    }
}

fn has_io(error: &Error) -> bool {
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        // A certificate that is not trusted comes as an input fault, and waiting does not mend it.
        if let Some(io) = cause.downcast_ref::<std::io::Error>() {
            return io.kind() != std::io::ErrorKind::InvalidData;
        }
        next = cause.source();
    }
    false
}

/// A fault in words. The message of a fault in the data is left out, since it quotes values.
fn words(error: &Error) -> String {
    let Some(fault) = error.as_db_error() else {
        let text = chain(error);
        let hint = if text.contains("certificate") {
            "; `ca` names the file with the certificate to trust, and `sslmode=disable` in `url` does without on a network that is trusted"
        } else if text.contains("does not support TLS") {
            "; `sslmode=disable` in `url` does without, on a network that is trusted"
        } else {
            ""
        };
        return format!("{text}{hint}");
    };
    let code = fault.code().code();
    // Connections, rights, names and syntax, resources, operators and system.
    let is_harmless = ["08", "25", "28", "3D", "3F", "42", "53", "57", "58"].iter().any(|class| code.starts_with(class));
    if is_harmless { format!("{} (SQLSTATE {code})", fault.message()) } else { format!("SQLSTATE {code}, whose message may quote data") }
}

fn pool_words(error: &PoolError) -> String {
    match error {
        PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => words(error),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn arguments_as_text() {
        for (value, text) in [
            (json!("'; drop table x; --"), Some("'; drop table x; --")),
            (json!(12.5), Some("12.5")),
            (json!(true), Some("true")),
            (json!(["+1", "a\"b\\c", "{}"]), Some(r#"{"+1","a\"b\\c","{}"}"#)),
            (Value::Null, None),
        ] {
            assert_eq!(Argument::new(Some(&value)).0.as_deref(), text, "{value}");
        }
    }

    #[test]
    fn what_is_wrong_with_an_address() {
        let open = |text: &str| {
            let binding: binding::Postgres = toml::from_str(text).unwrap();
            Postgres::open(&binding, Path::new("/")).err().map(|faults| faults.to_string())
        };
        for (text, why) in [
            ("url = 'postgres://u:hunter2@h:port/d'\nquery = 'select 1'", "`url` is no address"),
            ("url = 'postgres://'\nquery = 'select 1'", "names no host"),
            ("url = 'postgres://h'\nquery = 'select $1'", "the query: parameters have names"),
            ("url = { env = 'CALLROUTE_NONE' }\nquery = 'select 1'", "is not set"),
            ("url = 'postgres://h'\nca = 'no/such/file'\nquery = 'select 1'", "the certificates in /no/such/file"),
        ] {
            let found = open(text).unwrap_or_default();
            assert!(found.contains(why), "{text}: {found}");
            assert!(!found.contains("hunter2"), "{found}");
        }
        assert_eq!(open("url = 'postgres://h'\nquery = 'select 1'"), None);
    }
}
