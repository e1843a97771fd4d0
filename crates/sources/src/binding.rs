//! `[source.NAME]`: what stands in the configuration, and what of it is refused before anything is opened.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use callroute_calendar::read_duration;
use callroute_workspace::read_limited;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Deserializer, de};

/// The most bytes of a file with a secret.
const MAX_SECRET: u64 = 64 * 1024;
/// No question may take longer, whatever a script says: no telephone system waits so long.
pub(crate) const LONGEST: Duration = Duration::from_secs(30);
/// How long an answer may be kept.
const LONGEST_CACHE: Duration = Duration::from_secs(24 * 60 * 60);

/// One `[source.NAME]` of the configuration: who answers the questions of a script's `source NAME`.
#[derive(Clone, Deserialize, Debug)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Binding {
    /// A file of comma-separated values.
    Csv(Csv),
    /// A SQLite file.
    Sqlite(Sqlite),
    /// A PostgreSQL database.
    Postgres(Postgres),
    /// A web service that speaks JSON.
    Http(Http),
}

/// A file of comma-separated values, held in memory and read again when it changes.
#[derive(Clone, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Csv {
    pub(crate) path: PathBuf,
    /// Parameter to title; a parameter that is not here has its own name as title.
    #[serde(default)]
    pub(crate) key: BTreeMap<String, String>,
    /// Field to title.
    #[serde(default)]
    pub(crate) columns: BTreeMap<String, String>,
    /// For national numbers in the file.
    pub(crate) country: Option<String>,
    #[serde(default = "default_max_bytes")]
    pub(crate) max_bytes: u64,
}

/// A SQLite file, which is only read.
#[derive(Clone, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Sqlite {
    pub(crate) path: PathBuf,
    pub(crate) query: String,
    #[serde(default = "default_readers")]
    pub(crate) connections: usize,
    #[serde(default = "default_timeout")]
    pub(crate) timeout: Span,
    pub(crate) cache: Option<Span>,
    #[serde(default = "default_cache_entries")]
    pub(crate) cache_entries: usize,
}

/// A PostgreSQL database, which is only read.
#[derive(Clone, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Postgres {
    pub(crate) url: Secret,
    pub(crate) password: Option<Secret>,
    /// Certificates to be trusted instead of the system's.
    pub(crate) ca: Option<PathBuf>,
    pub(crate) query: String,
    #[serde(default = "default_connections")]
    pub(crate) connections: usize,
    #[serde(default = "default_timeout")]
    pub(crate) timeout: Span,
    pub(crate) cache: Option<Span>,
    #[serde(default = "default_cache_entries")]
    pub(crate) cache_entries: usize,
}

/// A web service that speaks JSON.
#[derive(Clone, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// `https://crm.example.com/customers/{number}`
    pub(crate) url: Secret,
    #[serde(default)]
    pub(crate) method: Method,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, Secret>,
    /// A token for `Authorization: Bearer`.
    pub(crate) bearer: Option<Secret>,
    /// Where the row lies in the answer: a JSON pointer (RFC 6901).
    #[serde(default)]
    pub(crate) row: String,
    /// Field to JSON pointer in the row; a field that is not here is the member of its name.
    #[serde(default)]
    pub(crate) fields: BTreeMap<String, String>,
    pub(crate) ca: Option<PathBuf>,
    #[serde(default = "default_requests")]
    pub(crate) connections: usize,
    #[serde(default = "default_timeout")]
    pub(crate) timeout: Span,
    #[serde(default = "default_max_body")]
    pub(crate) max_bytes: usize,
    pub(crate) cache: Option<Span>,
    #[serde(default = "default_cache_entries")]
    pub(crate) cache_entries: usize,
}

/// How a web service is asked.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, Debug, Default)]
pub enum Method {
    /// Arguments stand in the address.
    #[default]
    #[serde(rename = "GET")]
    Get,
    /// All arguments are sent as a JSON object, and may stand in the address.
    #[serde(rename = "POST")]
    Post,
}

const fn default_max_bytes() -> u64 {
    64 * 1024 * 1024
}

const fn default_readers() -> usize {
    4
}

const fn default_connections() -> usize {
    8
}

const fn default_requests() -> usize {
    32
}

const fn default_timeout() -> Span {
    Span(Duration::from_secs(1))
}

const fn default_cache_entries() -> usize {
    10_000
}

const fn default_max_body() -> usize {
    1024 * 1024
}

/// A duration as scripts write it: `500ms`, `30s`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Span(pub Duration);

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let ms = read_duration(text.trim()).ok_or_else(|| {
            de::Error::invalid_value(de::Unexpected::Str(&text), &"a duration in quotes, such as \"500ms\", \"30s\" or \"1m30s\"")
        })?;
        Ok(Self(Duration::from_millis(ms)))
    }
}

/// Something that is not to be seen: as it is, from a variable of the environment, or from a file. It does not print itself.
#[derive(Clone, Deserialize)]
#[serde(untagged, expecting = "a text, { env = \"NAME\" } or { file = \"PATH\" }")]
pub enum Secret {
    /// As it is.
    Plain(SecretString),
    /// Kept elsewhere.
    From(Origin),
}

/// Where a secret is kept.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// In a variable of the environment.
    Env(String),
    /// In a file; a line end at its end does not count.
    File(PathBuf),
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(_) => f.write_str("[not shown]"),
            Self::From(Origin::Env(name)) => write!(f, "env {name}"),
            Self::From(Origin::File(path)) => write!(f, "file {}", path.display()),
        }
    }
}

impl Secret {
    /// The secret itself.
    ///
    /// # Errors
    /// In words, when there is none where it should be.
    pub fn get(&self, base: &Path) -> Result<SecretString, String> {
        match self {
            Self::Plain(secret) if secret.expose_secret().trim().is_empty() => {
                Err("the secret is an empty text, which anybody could show".to_owned())
            }
            Self::Plain(secret) => Ok(secret.clone()),
            Self::From(Origin::Env(name)) => match std::env::var(name) {
                Ok(text) if !text.is_empty() => Ok(text.into()),
                Ok(_) => Err(format!("the environment variable {name} is empty")),
                Err(std::env::VarError::NotPresent) => Err(format!("the environment variable {name} is not set")),
                Err(std::env::VarError::NotUnicode(_)) => Err(format!("the environment variable {name} is not UTF-8")),
            },
            Self::From(Origin::File(path)) => {
                let path = base.join(path);
                let bytes = read_limited(&path, MAX_SECRET)
                    .map_err(|error| format!("the secret in {} cannot be read: {error}", path.display()))?
                    .ok_or_else(|| format!("{} is too large to be a secret", path.display()))?;
                let text = String::from_utf8(bytes).map_err(|_| format!("the secret in {} is not UTF-8", path.display()))?;
                match text.trim_end_matches(['\r', '\n']) {
                    "" => Err(format!("the secret in {} is empty", path.display())),
                    text => Ok(text.into()),
                }
            }
        }
    }

    /// [`Self::get`] for a moment, as a text.
    pub fn with<R>(&self, base: &Path, use_it: impl FnOnce(&str) -> R) -> Result<R, String> {
        Ok(use_it(self.get(base)?.expose_secret()))
    }
}

/// What is the same for all that are asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// How long a question may take of which the script does not say it.
    pub timeout: Duration,
    /// How long answers are kept, and how many.
    pub cache: Option<(Duration, usize)>,
}

impl Binding {
    /// Its limits.
    ///
    /// # Errors
    /// In words, when one is out of range.
    pub(crate) fn limits(&self) -> Result<Limits, String> {
        let (connections, timeout, cache, entries) = match self {
            Self::Csv(_) => (1, default_timeout(), None, default_cache_entries()),
            Self::Sqlite(sqlite) => (sqlite.connections, sqlite.timeout, sqlite.cache, sqlite.cache_entries),
            Self::Postgres(postgres) => (postgres.connections, postgres.timeout, postgres.cache, postgres.cache_entries),
            Self::Http(http) => (http.connections, http.timeout, http.cache, http.cache_entries),
        };
        if !(1..=1000).contains(&connections) {
            return Err(format!("`connections` is {connections}, and must be 1 to 1000"));
        }
        if timeout.0.is_zero() || timeout.0 > LONGEST {
            return Err(format!("`timeout` must be between 1ms and {}s", LONGEST.as_secs()));
        }
        if !(1..=1_000_000).contains(&entries) {
            return Err(format!("`cache_entries` is {entries}, and must be 1 to 1000000"));
        }
        if cache.is_some_and(|span| span.0.is_zero() || span.0 > LONGEST_CACHE) {
            return Err("`cache` must be between 1ms and 24h; leave it out to keep nothing".to_owned());
        }
        Ok(Limits { timeout: timeout.0, cache: cache.map(|span| (span.0, entries)) })
    }

    /// What answers, in one word.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Csv(_) => "csv",
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgres",
            Self::Http(_) => "http",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Binding, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_written_wrong_is_said() {
        for (text, why) in [
            ("path = 'a.csv'", "missing field `kind`"),
            ("kind = 'mysql'", "unknown variant `mysql`, expected one of `csv`, `sqlite`, `postgres`, `http`"),
            ("kind = 'csv'\npth = 'a.csv'", "unknown field `pth`, expected one of `path`"),
            ("kind = 'csv'", "missing field `path`"),
            ("kind = 'sqlite'\npath = 'a'\nquery = ''\ntimeout = 3", "invalid type: integer `3`, expected a string"),
            ("kind = 'sqlite'\npath = 'a'\nquery = ''\ntimeout = '3'", "such as \"500ms\""),
            ("kind = 'http'\nurl = 'x'\nmethod = 'PUT'", "expected `GET` or `POST`"),
            ("kind = 'postgres'\nquery = ''\nurl = { vault = 'x' }", "a text, { env = \"NAME\" } or { file = \"PATH\" }"),
        ] {
            let found = read(text).unwrap_err();
            assert!(found.contains(why), "{text}: {found}");
        }
        for (text, why) in [
            ("kind = 'sqlite'\npath = 'a'\nquery = ''\nconnections = 0", "`connections` is 0"),
            ("kind = 'sqlite'\npath = 'a'\nquery = ''\ntimeout = '1h'", "`timeout` must be"),
            ("kind = 'sqlite'\npath = 'a'\nquery = ''\ncache = '0s'", "`cache` must be"),
            ("kind = 'sqlite'\npath = 'a'\nquery = ''\ncache_entries = 100000000", "`cache_entries` is"),
        ] {
            let found = read(text).unwrap().limits().unwrap_err();
            assert!(found.contains(why), "{text}: {found}");
        }
    }

    #[test]
    fn secrets_do_not_print() {
        let text = "kind = 'http'\nurl = 'https://u:hunter2@x/'\nbearer = 'hunter2'\nheaders = { A = 'hunter2', B = { env = 'TOKEN' } }";
        let shown = format!("{:?}", read(text).unwrap());
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("env TOKEN"), "{shown}");
    }

    #[test]
    fn secrets_from_elsewhere() {
        let folder = std::env::temp_dir().join(format!("callroute-secrets-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("good"), "hunter2\n").unwrap();
        std::fs::write(folder.join("empty"), "\n").unwrap();
        std::fs::write(folder.join("large"), vec![b'x'; 70_000]).unwrap();
        let file = |name: &str| Secret::From(Origin::File(name.into())).get(&folder).map(|secret| secret.expose_secret().to_owned());
        assert_eq!(file("good").unwrap(), "hunter2");
        assert!(file("empty").unwrap_err().contains("is empty"));
        assert!(file("large").unwrap_err().contains("too large"));
        assert!(Secret::Plain(String::new().into()).get(&folder).unwrap_err().contains("empty"));
        assert!(file("none").unwrap_err().contains("cannot be read"));
        let env = |name: &str| Secret::From(Origin::Env(name.into())).get(&folder).map(|secret| secret.expose_secret().to_owned());
        assert!(!env("PATH").unwrap().is_empty());
        assert_eq!(env("CALLROUTE_NO_SUCH_NAME").unwrap_err(), "the environment variable CALLROUTE_NO_SUCH_NAME is not set");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
