//! [`serve`]: from the configuration to a listening server, and to its end.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use callroute_numbers::Pattern;
use callroute_protocol::Keys;
use callroute_sources::Sources;
use callroute_workspace::Watch;
use secrecy::ExposeSecret as _;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, Semaphore};

use crate::auth::{Bearers, demands_signatures};
use crate::config::{Config, LISTEN, LogFormat, Script};
use crate::metrics::Metrics;
use crate::reload::{name_of, reload};
use crate::store::Store;
use crate::{App, http, log};

/// No limit in seconds is longer: a moment that lies so far ahead can be told.
const MAX_SECONDS: u64 = 24 * 3600;

/// How often the files of what is served are told to be in use; by less than [`Store::put`] keeps them beyond the life of a call.
const TOUCH: Duration = Duration::from_secs(20 * 60);

/// What the command line says; it wins over the TOML file.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The TOML file.
    pub config: Option<PathBuf>,
    /// Scripts besides those of the TOML file.
    pub scripts: Vec<PathBuf>,
    /// Address and port.
    pub listen: Option<SocketAddr>,
    /// The address under which platforms reach the server.
    pub public: Option<String>,
    /// Dialects for the scripts of the command line.
    pub dialects: Vec<String>,
    /// Take up changes of scripts by themselves.
    pub watch: bool,
    /// Serve beyond this machine without secrets.
    pub open: bool,
    /// Only look whether everything is right, and end.
    pub check: bool,
    /// The level of logs.
    pub log: Option<String>,
    /// How logs look.
    pub log_format: Option<LogFormat>,
    /// What [`Keys::from_base64`] reads, from the environment.
    pub key: Option<String>,
    /// Whether logs may be coloured.
    pub colour: bool,
}

/// Why the server does not start.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ServeError {
    /// A script is at fault; it was said in the log.
    Script,
    /// Something else; what to do about it.
    Wrong(String),
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Script => f.write_str("a script is at fault"),
            Self::Wrong(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for ServeError {}

pub(crate) fn wrong(why: impl fmt::Display) -> ServeError {
    ServeError::Wrong(why.to_string())
}

/// Serves until the process is told to stop (SIGTERM, SIGINT).
///
/// # Errors
/// When it cannot start. Whatever happens later is no reason to stop.
pub fn serve(options: Options) -> Result<(), ServeError> {
    let (config, base) = configure(&options)?;
    // Its thread writes what is left when it is dropped.
    let _logging = log::start(&config.log, options.colour)?;
    // With one processor there is nobody to share work with, nor to keep it from.
    let mut runtime = match std::thread::available_parallelism() {
        Ok(one) if one.get() == 1 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    let runtime = runtime.enable_all().build();
    let runtime = runtime.map_err(|error| wrong(format!("the server cannot start its threads: {error}")))?;
    runtime.block_on(run(config, base, &options)).map_err(|error| match error {
        // The last of what is said.
        ServeError::Script if options.check => {
            tracing::error!("not everything is right: what is wrong stands above");
            ServeError::Script
        }
        ServeError::Script => {
            tracing::error!("the server does not start: what is wrong stands above");
            ServeError::Script
        }
        ServeError::Wrong(why) if options.check => ServeError::Wrong(why),
        ServeError::Wrong(why) => ServeError::Wrong(format!("the server does not start: {why}")),
    })
}

/// Puts the command line over the TOML file, and looks whether it makes sense.
fn configure(options: &Options) -> Result<(Config, PathBuf), ServeError> {
    let mut config = match &options.config {
        Some(path) => Config::read(path).map_err(wrong)?,
        None => Config::default(),
    };
    let base = options.config.as_deref().and_then(Path::parent).unwrap_or(Path::new("")).to_path_buf();
    for file in &options.scripts {
        config.script.push(Script { file: file.clone(), name: None, numbers: Vec::new(), dialects: options.dialects.clone() });
    }
    config.listen = options.listen.or(config.listen);
    config.public = options.public.clone().or(config.public);
    config.watch |= options.watch;
    config.open |= options.open;
    if let Some(level) = &options.log {
        config.log.level.clone_from(level);
    }
    if let Some(format) = options.log_format {
        config.log.format = format;
    }
    validate(&config).map_err(ServeError::Wrong)?;
    Ok((config, base))
}

fn validate(config: &Config) -> Result<(), String> {
    if config.script.is_empty() {
        return Err("there is no script to serve; name one, or write `[[script]]` with its `file` into the TOML file".to_owned());
    }
    if let Some(public) = &config.public {
        let rest = public.strip_prefix("https://").or_else(|| public.strip_prefix("http://"));
        if rest.is_none_or(|rest| rest.trim_matches('/').is_empty() || rest.contains(['?', '#', ' '])) {
            return Err(format!(
                "`public` is {public:?}, and must be the address under which platforms reach the server, such as `https://route.example.com`"
            ));
        }
    }
    let mut names: Vec<String> = Vec::new();
    let mut numbers: Vec<(Pattern, String)> = Vec::new();
    for script in &config.script {
        let name = name_of(script);
        let file = script.file.display();
        let good = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)) && !name.starts_with('.');
        if !good {
            return Err(format!(
                "`{name}` cannot be the name of `{file}` in addresses: give it a `name` of letters, digits, `-`, `_` and `.`"
            ));
        }
        if http::RESERVED.contains(&name.as_str()) || callroute_dialects::NAMES.contains(&name.as_str()) {
            return Err(format!("`{name}` is an address of the server's own: give `{file}` another `name`"));
        }
        if names.contains(&name) {
            return Err(format!("two scripts are named `{name}`: give `{file}` another `name`"));
        }
        for number in &script.numbers {
            let pattern = Pattern::parse(number)
                .map_err(|_| format!("`{number}` in the `for` of `{name}` is no number or pattern such as `+13125550100` or `+1312*`"))?;
            if let Some((_, other)) = numbers.iter().find(|(known, _)| *known == pattern) {
                return Err(format!("`{number}` is in the `for` of `{other}` and of `{name}`: leave it to one of them"));
            }
            numbers.push((pattern, name.clone()));
        }
        if let Some(dialect) = script.dialects.iter().find(|dialect| !callroute_dialects::NAMES.contains(&dialect.as_str())) {
            return Err(format!(
                "the script `{name}` is asked in the dialect `{dialect}`, and there is no such; the dialects are `{}`",
                callroute_dialects::NAMES.join("`, `")
            ));
        }
        names.push(name);
    }
    for name in config.dialect.keys() {
        if !callroute_dialects::NAMES.contains(&name.as_str()) {
            return Err(format!("there is no dialect `{name}`; the dialects are `{}`", callroute_dialects::NAMES.join("`, `")));
        }
    }
    let limits = &config.limits;
    for (name, value) in [
        ("body", limits.body),
        ("head", limits.head),
        ("requests", limits.requests),
        ("connections", limits.connections),
        ("head-seconds", usize::try_from(limits.head_seconds).unwrap_or(0)),
        ("request-seconds", usize::try_from(limits.request_seconds).unwrap_or(0)),
        ("call-hours", usize::try_from(limits.call_hours).unwrap_or(0)),
    ] {
        if value == 0 {
            return Err(format!("`{name}` under `[limits]` is 0: nothing could be answered"));
        }
    }
    let seconds = [limits.head_seconds, limits.request_seconds, limits.drain_seconds, limits.stop_seconds];
    if seconds.iter().any(|seconds| *seconds > MAX_SECONDS) {
        return Err(format!("a number of seconds under `[limits]` is larger than {MAX_SECONDS}, a day"));
    }
    if limits.requests > Semaphore::MAX_PERMITS || limits.connections > Semaphore::MAX_PERMITS || limits.call_hours > 24 * 365 {
        return Err("a number under `[limits]` is too large".to_owned());
    }
    Ok(())
}

async fn run(config: Config, base: PathBuf, options: &Options) -> Result<(), ServeError> {
    let listen = match config.listen {
        Some(listen) => listen,
        None => LISTEN.parse().map_err(wrong)?,
    };
    let app = Arc::new(prepare(config, base, listen, options).await?);
    settled(&app)?;
    let outcomes = reload(&app).await;
    // One that is at fault can still be served as it was served last.
    if outcomes.iter().any(|outcome| outcome.version.is_none() || (options.check && outcome.fault.is_some())) {
        return Err(ServeError::Script);
    }
    let open = app.config.open;
    if !listen.ip().is_loopback() && !open {
        guarded(&app)?;
    }
    if options.check {
        let away: Vec<String> = app
            .sources
            .ready()
            .await
            .into_iter()
            .filter_map(|(source, state)| state.err().map(|why| format!("`{source}`: {why}")))
            .collect();
        if away.is_empty() {
            tracing::info!("everything is right");
        } else {
            let why = away.join("; ");
            tracing::warn!(why, "everything is right but sources that cannot be asked now: their look-ups fail until they can");
        }
        return Ok(());
    }
    let listener = TcpListener::bind(listen).await.map_err(|error| wrong(format!("`{listen}` cannot be listened to: {error}")))?;
    let bound = listener.local_addr().unwrap_or(listen);
    for script in &app.store.now().scripts {
        for dialect in script.dialects.keys() {
            let path = if *dialect == "json" { script.name.clone() } else { format!("{}/{dialect}", script.name) };
            tracing::info!(script = script.name, "{dialect} at http://{bound}/{path}");
        }
    }
    // Whoever starts the server with port 0 reads here which one it is.
    tracing::info!(address = %bound, "listening");
    let watching = app.config.watch.then(|| watch(&app));
    signals(&app)?;
    let stop = {
        let app = Arc::clone(&app);
        async move {
            stop_signal().await;
            tracing::info!("stopping: requests that are under way are answered");
            app.stopping.store(true, Ordering::Relaxed);
            // A balancer that asks `/readyz` has so long to send others elsewhere.
            tokio::time::sleep(Duration::from_secs(app.limits.drain_seconds)).await;
        }
    };
    let touching = touch(&app);
    http::accept(Arc::clone(&app), listener, stop).await;
    touching.abort();
    drop(watching);
    // Whatever is served after it, calls that are under way come back for what was served last.
    let store = Arc::clone(&app.store);
    if let Ok(Err(error)) = tokio::task::spawn_blocking(move || store.touch()).await {
        tracing::error!(%error, "{}", crate::reload::NOT_KEPT);
    }
    tracing::info!("stopped");
    Ok(())
}

/// Everything but the scripts.
async fn prepare(config: Config, base: PathBuf, listen: SocketAddr, options: &Options) -> Result<App, ServeError> {
    let keys = match (&config.keys, &options.key) {
        (_, Some(text)) => Keys::from_base64(text).map_err(|error| wrong(format!("`CALLROUTE_KEY`: {error}")))?,
        (Some(secret), None) => {
            let text = secret.get(&base).map_err(|why| wrong(format!("`keys`: {why}")))?;
            Keys::from_base64(text.expose_secret()).map_err(|error| wrong(format!("`keys`: {error}")))?
        }
        (None, None) => {
            tracing::warn!(
                "no key is set, so one was made: calls that are under way do not survive a restart, and no second copy can answer them; \
                 set `CALLROUTE_KEY` or `keys` to what `openssl rand -base64 32` prints"
            );
            Keys::random().map_err(wrong)?
        }
    };
    let mut secrets = Vec::new();
    for secret in &config.bearer {
        secrets.push(secret.get(&base).map_err(|why| wrong(format!("`bearer`: {why}")))?);
    }
    let bearers = Bearers::new(secrets.iter().map(|secret| secret.expose_secret()));
    let sources = Sources::open(&config.source, &base).await.map_err(wrong)?;
    let store = Store::new(config.programs.clone()).map_err(|error| wrong(format!("the folder of `programs` cannot be made: {error}")))?;
    let fallback = match &config.fallback {
        Some(text) => crate::load::fallback(text).map_err(|fault| wrong(format!("`fallback`: {fault}")))?,
        None => crate::load::fallback("hangup").map_err(wrong)?,
    };
    let public = config.public.clone().unwrap_or_else(|| format!("http://{listen}"));
    let metrics = Metrics::default();
    metrics.started.set(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64()));
    Ok(App {
        public: public.trim_end_matches('/').to_owned(),
        limits: config.limits.clone(),
        log_numbers: config.log.numbers,
        keys,
        bearers,
        beyond: !listen.ip().is_loopback() && !config.open,
        sources,
        store: Arc::new(store),
        metrics,
        fallback,
        answering: AtomicUsize::new(0),
        large_bodies: Semaphore::new(http::LARGE_BODIES),
        unready: Mutex::new(None),
        reloading: Mutex::new(()),
        stopping: AtomicBool::new(false),
        config,
        base,
    })
}

/// Looks at the settings of all dialects, and says what of the configuration deserves to be known.
fn settled(app: &App) -> Result<(), ServeError> {
    let config = &app.config;
    let mut called_back = false;
    for script in &config.script {
        let speakers = crate::reload::speakers(config, &app.base, &app.public, script, &name_of(script));
        called_back |= speakers.map_err(|faults| wrong(faults.join("; ")))?.values().any(|dialect| dialect.calls_back());
    }
    if called_back && config.public.is_none() {
        tracing::warn!(
            "`public` is not set: platforms are told to call back at {}, which only programs on this machine reach; \
             set it to the address under which platforms reach the server, such as `https://route.example.com`",
            app.public
        );
    }
    if config.open {
        tracing::warn!("`open` is set: whoever reaches this address can ask the server, and its `/metrics` and `/-/reload`");
    }
    Ok(())
}

/// Refuses to answer strangers.
fn guarded(app: &App) -> Result<(), ServeError> {
    if !app.bearers.is_empty() {
        return Ok(());
    }
    for script in &app.store.now().scripts {
        for (name, dialect) in &script.dialects {
            if !demands_signatures(dialect.as_ref()) {
                return Err(wrong(format!(
                    "whoever reaches this address could ask `{}` in the dialect `{name}`, for nothing is demanded of requests: \
                     set `bearer`{}; or listen on 127.0.0.1 behind something that demands it; or say `open = true` if it must be so",
                    script.name,
                    if callroute_dialects::SIGNING.contains(name) {
                        format!(", or `secrets` under `[dialect.{name}]`, with which the platform signs")
                    } else {
                        String::new()
                    }
                )));
            }
        }
    }
    Ok(())
}

/// Reads scripts again when their files change, for as long as what it gives lives.
fn watch(app: &Arc<App>) -> Option<tokio::task::AbortHandle> {
    let (sender, mut changes) = tokio::sync::mpsc::channel::<()>(1);
    let (mut watch, files) = match Watch::new() {
        Ok(both) => both,
        Err(error) => {
            tracing::error!(%error, "files cannot be watched: ask for a reload with SIGHUP or `POST /-/reload`");
            return None;
        }
    };
    folders(app, &mut watch);
    std::thread::spawn(move || {
        while files.wait() {
            match sender.try_send(()) {
                // One that waits already stands for this one too.
                Ok(()) | Err(tokio::sync::mpsc::error::TrySendError::Full(())) => {}
                Err(tokio::sync::mpsc::error::TrySendError::Closed(())) => break,
            }
        }
    });
    let app = Arc::clone(app);
    let task = tokio::spawn(async move {
        while changes.recv().await.is_some() {
            reload(&app).await;
            // It may import what stands elsewhere.
            folders(&app, &mut watch);
        }
    });
    Some(task.abort_handle())
}

/// Says again and again which programs are served, so that no copy of the server takes them for forgotten.
fn touch(app: &Arc<App>) -> tokio::task::JoinHandle<()> {
    let app = Arc::clone(app);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(TOUCH).await;
            let store = Arc::clone(&app.store);
            if let Ok(Err(error)) = tokio::task::spawn_blocking(move || store.touch()).await {
                tracing::error!(%error, "{}", crate::reload::NOT_KEPT);
            }
        }
    })
}

/// Watches the folders of all scripts, and of what they import.
fn folders(app: &App, watch: &mut Watch) {
    let now = app.store.now();
    let imported = now.scripts.iter().flat_map(|script| &script.files);
    for file in app.config.script.iter().map(|script| &script.file).chain(imported) {
        if let Err(error) = watch.folder_of(file) {
            tracing::error!(%error, file = %file.display(), "its folder cannot be watched");
        }
    }
}

/// SIGHUP reads scripts again.
#[cfg(unix)]
fn signals(app: &Arc<App>) -> Result<(), ServeError> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut hangups = signal(SignalKind::hangup()).map_err(wrong)?;
    let app = Arc::clone(app);
    tokio::spawn(async move {
        while hangups.recv().await.is_some() {
            let outcomes = reload(&app).await;
            if outcomes.iter().all(|outcome| outcome.fault.is_none() && !outcome.changed) {
                tracing::info!("SIGHUP: the scripts were read again, and nothing has changed");
            }
        }
    });
    Ok(())
}

#[cfg(not(unix))]
fn signals(_: &Arc<App>) -> Result<(), ServeError> {
    Ok(())
}

#[cfg(unix)]
async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        },
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

#[cfg(not(unix))]
async fn stop_signal() {
    let _ = tokio::signal::ctrl_c().await;
}
