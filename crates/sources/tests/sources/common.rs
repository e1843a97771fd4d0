//! What the tests of all kinds of sources need: bindings as they are written, definitions as scripts have them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use callroute_protocol::{Lookup, LookupResult};
use callroute_runtime::Program;
use callroute_sources::{Binding, BindingError, Sources};
use serde_json::{Value, json};

/// A new folder, gone with the test.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("callroute-sources-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Writes a file as a whole, as one should.
    pub fn put(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(self.0.join("being-written"), text).unwrap();
        std::fs::rename(self.0.join("being-written"), &path).unwrap();
        path
    }

    /// The sources of a TOML text.
    pub async fn open(&self, toml: &str) -> Result<Sources, BindingError> {
        let bindings: BTreeMap<String, Binding> =
            toml::from_str::<BTreeMap<String, BTreeMap<String, Binding>>>(toml).unwrap().remove("source").unwrap();
        Sources::open(&bindings, &self.0).await
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A script that has only definitions of sources, compiled.
pub fn program(sources: &str) -> Program {
    let script = format!("{sources}\nhangup");
    let analysis = callroute_analysis::analyse("a.route", &script, &callroute_analysis::NoFiles);
    let program = analysis.program.unwrap_or_else(|| panic!("{:?}", analysis.diagnostics));
    Program::load(&callroute_compiler::build(&program).unwrap()).unwrap()
}

/// Checks all definitions of a script.
pub async fn check(sources: &Sources, script: &str) -> Result<(), BindingError> {
    let program = program(script);
    for source in program.sources() {
        sources.check(&source).await?;
    }
    Ok(())
}

/// What is said against a script's definition; nothing if it is right.
pub async fn fault(sources: &Sources, script: &str) -> String {
    check(sources, script).await.err().map(|error| error.to_string()).unwrap_or_default()
}

pub fn lookup(args: Value, timeout_ms: Option<u64>) -> Lookup {
    Lookup { source: "crm".to_owned(), args: args.as_object().unwrap().clone(), timeout_ms }
}

/// Asks the source `crm`.
pub async fn ask(sources: &Sources, args: Value) -> Value {
    show(sources.ask(&lookup(args, None)).await.result)
}

/// Asks so many questions at a time, from 1 on, and sees that each gets its own answer: `owner N` for `+49N`.
pub async fn ask_many(sources: &Arc<Sources>, count: u32) {
    let asked: Vec<_> = (1..=count)
        .map(|index| {
            let sources = Arc::clone(sources);
            tokio::spawn(async move { ask(&sources, json!({"number": format!("+49{index}")})).await["owner"] == format!("owner {index}") })
        })
        .collect();
    for answer in asked {
        assert!(answer.await.unwrap());
    }
}

/// A row, or the word for what came instead.
pub fn show(result: LookupResult) -> Value {
    match result {
        LookupResult::Found(row) => Value::Object(row),
        LookupResult::Missing => "missing".into(),
        LookupResult::Failed => "failed".into(),
        LookupResult::Late => "late".into(),
    }
}
