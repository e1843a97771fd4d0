//! Scripts are read at the start, when their files change, and when somebody asks for it. One that is at fault is not taken up: what was
//! served before goes on.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use callroute_diagnostics::{FileId, Place, Sources, Span};
use callroute_dialects::{Dialect, Finding, Settings, Severity};
use callroute_numbers::Pattern;
use callroute_runtime::Program;
use secrecy::ExposeSecret as _;

use crate::App;
use crate::config::{Config, Script};
use crate::load::{Compiled, LoadFault, Served, fallback_of, load, version};
use crate::metrics::{Reload, Tally, Version};
use crate::store::Generation;

/// What it means when the folder of programs cannot be written.
pub(crate) const NOT_KEPT: &str =
    "compiled scripts cannot be kept in the folder of programs: a call that is under way may not survive a restart";

/// What came of reading one script.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Its name.
    pub script: String,
    /// The version that is served now, if one is.
    pub version: Option<String>,
    /// The version is another one than before.
    pub changed: bool,
    /// Why the file is not taken up.
    pub fault: Option<LoadFault>,
    /// What deserves to be known.
    pub warnings: Vec<String>,
}

impl Outcome {
    /// For whoever asked.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        let result = match (&self.fault, self.changed) {
            (Some(_), _) => "refused",
            (None, true) => "changed",
            (None, false) => "same",
        };
        serde_json::json!({
            "script": self.script,
            "version": self.version,
            "result": result,
            "faults": self.fault.as_ref().map(|fault| fault.0.clone()).unwrap_or_default(),
            "warnings": self.warnings,
        })
    }
}

/// The name of a script in addresses.
#[must_use]
pub fn name_of(script: &Script) -> String {
    let stem = || script.file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    script.name.clone().unwrap_or_else(stem)
}

/// Reads all scripts and takes up those that are good.
pub(crate) async fn reload(app: &Arc<App>) -> Vec<Outcome> {
    let _one_at_a_time = app.reloading.lock().await;
    let before = app.store.now().clone();
    let mut scripts: Vec<Arc<Served>> = Vec::new();
    let mut numbers: Vec<(Pattern, usize)> = Vec::new();
    let mut outcomes = Vec::new();
    for script in &app.config.script {
        let name = name_of(script);
        let old = before.named(&name);
        let (served, fault) = match read(app, script, &name).await {
            Ok(served) => (Some(Arc::new(served)), None),
            Err(fault) => (old.cloned().or_else(|| last(app, script, &name)), Some(fault)),
        };
        let changed = match (&served, old) {
            (Some(new), Some(old)) => new.version != old.version,
            (Some(_), None) => true,
            (None, _) => false,
        };
        let result = match (&fault, changed) {
            (Some(_), _) => "refused",
            (None, true) => "changed",
            (None, false) => "same",
        };
        app.metrics.reloads.get_or_create(&Reload { script: name.clone(), result }).inc();
        let version = served.as_ref().map(|served| served.version.clone());
        let warnings = served.as_ref().filter(|_| fault.is_none()).map(|served| served.warnings.clone()).unwrap_or_default();
        if let Some(served) = served {
            let index = scripts.len();
            numbers.extend(script.numbers.iter().filter_map(|text| Pattern::parse(text).ok()).map(|pattern| (pattern, index)));
            scripts.push(served);
        }
        outcomes.push(Outcome { script: name, version, changed, fault, warnings });
    }
    app.metrics.versions.clear();
    for script in &scripts {
        let label = Version { script: script.name.clone(), version: script.version.clone() };
        app.metrics.versions.get_or_create(&label).set(1);
    }
    let keep = Duration::from_secs(u64::from(app.limits.call_hours) * 3600 + 3600);
    let store = Arc::clone(&app.store);
    let generation = Generation { serial: 0, scripts, numbers };
    let put = tokio::task::spawn_blocking(move || store.put(generation, keep)).await;
    if let Ok(Err(error)) = put {
        tracing::error!(%error, "{NOT_KEPT}");
    }
    for outcome in &outcomes {
        tell(outcome, before.serial > 0);
    }
    outcomes
}

fn tell(outcome: &Outcome, again: bool) {
    let version = outcome.version.as_deref();
    for warning in &outcome.warnings {
        tracing::warn!(script = outcome.script, "{warning}");
    }
    match &outcome.fault {
        Some(fault) => {
            for line in &fault.0 {
                tracing::error!(script = outcome.script, "{line}");
            }
            match version {
                Some(version) => {
                    tracing::error!(script = outcome.script, version, "the script is refused; the version before it goes on being served")
                }
                None => tracing::error!(script = outcome.script, "the script is refused, and none was served before"),
            }
        }
        None if outcome.changed => {
            tracing::info!(script = outcome.script, version, "the script is served{}", if again { " from now on" } else { "" })
        }
        None => tracing::debug!(script = outcome.script, version, "the script has not changed"),
    }
}

/// What the server before this one served last, when it starts with a script that is at fault: telephones must not fall silent because a machine
/// is started again.
fn last(app: &App, script: &Script, name: &str) -> Option<Arc<Served>> {
    let bytes = app.store.last(name)?;
    let program = Program::load(&bytes).ok()?;
    let compiled = Compiled { bytes, program, warnings: Vec::new(), files: vec![script.file.clone()] };
    serve(&app.config, &app.base, &app.public, script, name, compiled).ok().map(Arc::new)
}

async fn read(app: &Arc<App>, script: &Script, name: &str) -> Result<Served, LoadFault> {
    let file = script.file.clone();
    let compiled = tokio::task::spawn_blocking(move || std::panic::catch_unwind(|| load(&file)));
    let compiled = match compiled.await {
        Ok(Ok(compiled)) => compiled?,
        _ => return Err(LoadFault(vec![format!("the checker has a fault with `{}`; it was caught", script.file.display())])),
    };
    let mut served = serve(&app.config, &app.base, &app.public, script, name, compiled)?;
    for source in served.program.sources() {
        if app.sources.is_bound(source.name) {
            match app.sources.check(&source).await {
                Ok(()) => {}
                // It may still be starting; look-ups fail until then, and the script says what happens.
                Err(error) if error.is_unreachable() => served.warnings.push(error.to_string()),
                Err(error) => return Err(LoadFault(vec![error.to_string()])),
            }
        } else if served.dialects.values().any(|dialect| !dialect.answers_lookups()) {
            return Err(LoadFault(vec![format!(
                "the script asks the source `{}`, which no `[source.{}]` binds; only a host that speaks the dialect `json` can answer it itself",
                source.name, source.name
            )]));
        }
    }
    Ok(served)
}

/// Makes a compiled script one that is served, if its dialects can say what it asks for.
///
/// # Errors
/// What they cannot, and what is wrong with their settings.
pub fn serve(config: &Config, base: &Path, public: &str, script: &Script, name: &str, compiled: Compiled) -> Result<Served, LoadFault> {
    let Compiled { bytes, program, mut warnings, files } = compiled;
    let mut faults = Vec::new();
    let dialects = speakers(config, base, public, script, name).map_err(LoadFault)?;
    let common = match &config.fallback {
        Some(text) if !program.has_fallback() => Some(crate::load::fallback_program(text)?),
        _ => None,
    };
    let fallback = fallback_of(common.as_ref().unwrap_or(&program));
    for (wanted, dialect) in &dialects {
        let mut found = |finding: &Finding<'_>, line: String| {
            if finding.severity == Severity::Error { faults.push(line) } else { warnings.push(line) }
        };
        for finding in callroute_dialects::check(&program, dialect.as_ref()) {
            found(&finding, line_of(&finding, wanted));
        }
        for finding in common.iter().flat_map(|common| callroute_dialects::check(common, dialect.as_ref())) {
            found(&finding, format!("`fallback`: {}: in the dialect `{wanted}`, {}", finding.severity, finding.message));
        }
        // What is told where nothing else can be must be sayable itself.
        if let (true, Err(why)) = (faults.is_empty(), dialect.write(&fallback)) {
            faults.push(format!("in the dialect `{wanted}`, the fallback cannot be told: {why}"));
        }
    }
    if !faults.is_empty() {
        return Err(LoadFault(faults));
    }
    let version = version(&program.hash());
    let headers = crate::http::headers_of(name, &version);
    Ok(Served {
        name: name.to_owned(),
        program: Arc::new(program),
        bytes,
        version,
        headers,
        dialects,
        fallback,
        warnings,
        files,
        decisions: Tally::default(),
    })
}

/// The dialects in which a script is asked.
///
/// # Errors
/// What is wrong with their names and settings.
pub(crate) fn speakers(
    config: &Config,
    base: &Path,
    public: &str,
    script: &Script,
    name: &str,
) -> Result<BTreeMap<&'static str, Arc<dyn Dialect>>, Vec<String>> {
    let mut faults = Vec::new();
    let mut dialects = BTreeMap::new();
    let json = ["json".to_owned()];
    for wanted in if script.dialects.is_empty() { json.as_slice() } else { &script.dialects } {
        let dialect = settings(config, base, public, name, wanted)
            .and_then(|settings| callroute_dialects::dialect(wanted, settings).map_err(|error| error.to_string()));
        match dialect {
            Ok(dialect) => drop(dialects.insert(dialect.name(), Arc::from(dialect))),
            Err(why) => faults.push(why),
        }
    }
    if faults.is_empty() { Ok(dialects) } else { Err(faults) }
}

/// `office.route:12:5: warning: the dialect `twiml` …`
fn line_of(finding: &Finding<'_>, dialect: &str) -> String {
    let message = format!("{}: in the dialect `{dialect}`, {}", finding.severity, finding.message);
    let Some(place) = finding.place else { return message };
    let sources = Sources::new([(place.path, place.text)]);
    let at = sources.location(Place { file: FileId(0), span: Span { start: place.start, end: place.end } });
    format!("{}:{}:{}: {message}", at.file, at.line, at.column)
}

/// The settings of a dialect for one script.
fn settings(config: &Config, base: &Path, public: &str, script: &str, dialect: &str) -> Result<Settings, String> {
    let given = config.dialect.get(dialect).cloned().unwrap_or_default();
    let mut settings = given.settings;
    if !settings.address.is_empty() {
        return Err(format!(
            "`address` under `[dialect.{dialect}]`: the server makes it of `public`, the script's name and the dialect's; set `public` to the \
             address under which platforms reach the server, and leave it out"
        ));
    }
    settings.address = format!("{public}/{script}/{dialect}");
    for secret in &given.secrets {
        let secret = secret.get(base).map_err(|why| format!("`[dialect.{dialect}]`: {why}"))?;
        settings.secrets.push(secret.expose_secret().to_owned());
    }
    Ok(settings)
}
