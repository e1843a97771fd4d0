//! What the server is told: its TOML file, and the command line over it. Reading it touches only the files that it names as secrets.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use callroute_dialects::Settings;
use serde::Deserialize;

use callroute_sources::Secret;

/// Where the server listens when nobody says otherwise: on this machine alone.
pub const LISTEN: &str = "127.0.0.1:8080";

/// The TOML file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Config {
    /// Address and port.
    pub listen: Option<SocketAddr>,
    /// The address under which platforms reach the server, for callbacks and signatures: `https://route.example.com`.
    pub public: Option<String>,
    /// The keys that seal `continue`, in base64, separated by commas or white space: the first seals, all open.
    pub keys: Option<Secret>,
    /// A folder for compiled scripts, so that calls end on the script that they began with.
    pub programs: Option<PathBuf>,
    /// What is answered when nothing else can be and the script has no `fallback`, in the words of a script: `voicemail "front_desk"`.
    pub fallback: Option<String>,
    /// Serve beyond this machine although requests need no secret.
    pub open: bool,
    /// Secrets that requests carry as `Authorization: Bearer …`, or as the password of `Basic`; any of them is good.
    pub bearer: Vec<Secret>,
    /// Scripts that change are taken up by themselves.
    pub watch: bool,
    /// Logs.
    pub log: Log,
    /// Limits.
    pub limits: Limits,
    /// Scripts, in order: the first answers where no other is meant.
    pub script: Vec<Script>,
    /// Settings of dialects, for all scripts.
    pub dialect: BTreeMap<String, Dialect>,
    /// Bindings of `source` definitions.
    pub source: BTreeMap<String, callroute_sources::Binding>,
}

/// A script.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Script {
    /// Its file, `.route` or `.routec`.
    pub file: PathBuf,
    /// Its name in addresses; else that of its file without the ending.
    #[serde(default)]
    pub name: Option<String>,
    /// Numbers and patterns: calls to these that come to an address without a script's name are answered by this script.
    #[serde(default, rename = "for")]
    pub numbers: Vec<String>,
    /// Dialects in which it is asked; `json` when there is none.
    #[serde(default)]
    pub dialects: Vec<String>,
}

/// Settings of a dialect, and where its secrets come from.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Dialect {
    /// Secrets with which the platform signs; several while they are being changed.
    #[serde(default)]
    pub secrets: Vec<Secret>,
    /// Everything else.
    #[serde(flatten)]
    pub settings: Settings,
}

/// Logs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Log {
    /// `text` or `json`.
    pub format: LogFormat,
    /// `error`, `warn`, `info`, `debug`, `trace`, or a filter as `callroute_server=debug`.
    pub level: String,
    /// Log callers' and called numbers too.
    pub numbers: bool,
}

/// How logs look.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Text, level: "info".to_owned(), numbers: false }
    }
}

/// Limits on what clients can take. Every one of them has a default that is good for telephone platforms.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Limits {
    /// Bytes of a request's body.
    pub body: usize,
    /// Bytes of a request's head.
    pub head: usize,
    /// Seconds until the head of a request must have come: after a client has connected, and after each answer.
    pub head_seconds: u64,
    /// Seconds until a request must be answered, its body and its look-ups included.
    pub request_seconds: u64,
    /// Requests that are answered at the same time; more are told to come back.
    pub requests: usize,
    /// Connections; more wait.
    pub connections: usize,
    /// Seconds between `/readyz` saying that the server stops and its refusing connections: as long as a balancer needs to notice.
    pub drain_seconds: u64,
    /// Seconds for which requests may go on when the server stops.
    pub stop_seconds: u64,
    /// Hours for which a call may go on after an answer: the life of `continue`.
    pub call_hours: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 1 << 20,
            head: 32 << 10,
            head_seconds: 10,
            request_seconds: 10,
            requests: 4096,
            connections: 16_384,
            drain_seconds: 0,
            stop_seconds: 20,
            call_hours: 4,
        }
    }
}

impl Limits {
    /// [`Limits::request_seconds`]
    #[must_use]
    pub const fn request(&self) -> Duration {
        Duration::from_secs(self.request_seconds)
    }
}

/// Why the configuration cannot be used.
#[derive(Debug)]
pub struct ConfigError(pub String);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Reads the TOML file. Its relative paths start from its folder.
    ///
    /// # Errors
    /// When it cannot be read, or something in it is wrong; with the place.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let shown = path.display();
        let bytes = callroute_workspace::read_limited(path, 1 << 20)
            .map_err(|error| ConfigError(format!("`{shown}` cannot be read: {error}")))?
            .ok_or_else(|| ConfigError(format!("`{shown}` is larger than a MiB, which no configuration is")))?;
        let text = String::from_utf8(bytes).map_err(|_| ConfigError(format!("`{shown}` is not UTF-8")))?;
        let mut config = Self::parse(&text).map_err(|error| ConfigError(format!("`{shown}`: {error}")))?;
        let base = path.parent().unwrap_or(Path::new(""));
        for script in &mut config.script {
            script.file = base.join(&script.file);
        }
        config.programs = config.programs.map(|folder| base.join(folder));
        Ok(config)
    }

    /// Reads the text of a TOML file.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        // The library says the line, shows it, and points at the place.
        toml::from_str(text).map_err(|error| ConfigError(error.to_string().trim_end().to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_file_is_read() {
        let text = r#"
            listen = "127.0.0.1:9000"
            public = "https://route.example.com"
            keys = { env = "CALLROUTE_KEY" }
            fallback = 'voicemail "front_desk"'
            bearer = [{ file = "bearer.txt" }, "plain"]

            [[script]]
            file = "office.route"
            for = ["+13146523057", "+1312*"]
            dialects = ["json"]

            [dialect.twiml]
            media = "https://media.example.com"
            secrets = [{ env = "TWILIO_AUTH_TOKEN" }]
            targets = { "agent support" = ["sip:support@example.com"] }

            [limits]
            requests = 10
        "#;
        let config = Config::parse(text).unwrap();
        assert_eq!(config.script[0].numbers, ["+13146523057", "+1312*"]);
        assert_eq!(config.limits.requests, 10);
        assert_eq!(config.limits.body, 1 << 20);
        assert_eq!(config.dialect["twiml"].secrets.len(), 1);
        assert_eq!(config.dialect["twiml"].settings.media.as_deref(), Some("https://media.example.com"));
        assert!(!format!("{config:?}").contains("plain"), "secrets are not for logs");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (text, says) in [
            ("lisen = 3", "unknown field `lisen`"),
            ("listen = 3", "line 1"),
            ("[limits]\nbody = -1", "line 2"),
            ("[[script]]\nname = \"a\"", "missing field `file`"),
            ("listen = \"nowhere\"", "line 1"),
        ] {
            let error = Config::parse(text).unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
