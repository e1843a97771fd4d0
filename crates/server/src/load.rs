//! From a script's file to something that is served: checked, tested, compiled, and found sayable in its dialects.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use callroute_analysis::Analysis;
use callroute_bytecode::{encode, is_compiled, limits};
use callroute_diagnostics::{Color, Diagnostic, Human, Severity};
use callroute_dialects::Dialect;
use callroute_protocol::Instruction;
use callroute_runtime::Program;
use callroute_testing::{Suite, Verdict};
use callroute_workspace::Checked;
use http::HeaderMap;

use crate::metrics::Tally;

/// Tests that are told one by one when they fail.
const MAX_FAILURES: usize = 10;

/// A script as it is served. It never changes: a new version is a new one.
pub struct Served {
    /// Its name in addresses.
    pub name: String,
    /// The compiled script.
    pub program: Arc<Program>,
    /// Its bytes, for the folder of programs.
    pub bytes: Vec<u8>,
    /// The first sixteen hexadecimal digits of its hash: its version in answers, logs and metrics.
    pub version: String,
    /// What every answer says of the script: name and version, where a header can.
    pub headers: HeaderMap,
    /// The dialects in which it is asked, by name.
    pub dialects: BTreeMap<&'static str, Arc<dyn Dialect>>,
    /// What is answered where nothing else can be.
    pub fallback: Instruction,
    /// What deserves to be known, though it can be served.
    pub warnings: Vec<String>,
    /// The scripts that it was made from.
    pub files: Vec<PathBuf>,
    /// What it decided.
    pub decisions: Tally,
}

impl fmt::Debug for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Served").field("name", &self.name).field("version", &self.version).finish_non_exhaustive()
    }
}

/// Why a script is not served; whole lines, for people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LoadFault(pub Vec<String>);

impl fmt::Display for LoadFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for LoadFault {}

impl LoadFault {
    fn one(line: impl Into<String>) -> Self {
        Self(vec![line.into()])
    }
}

/// What came of reading a script.
pub struct Compiled {
    /// As a file.
    pub bytes: Vec<u8>,
    /// Ready to decide.
    pub program: Program,
    /// Warnings of the checker, for people.
    pub warnings: Vec<String>,
    /// The scripts that it was made from.
    pub files: Vec<PathBuf>,
}

/// Reads a script, checks it, runs its tests and compiles it; or reads a compiled one, which was tested by whoever built it.
///
/// # Errors
/// Everything that is wrong, at its place.
pub fn load(path: &Path) -> Result<Compiled, LoadFault> {
    let shown = path.display();
    let cannot = |error: std::io::Error| LoadFault::one(format!("`{shown}` cannot be read: {error}"));
    if path.extension().is_some_and(|extension| extension == "routec") {
        let bytes = callroute_workspace::read_limited(path, limits::FILE as u64).map_err(cannot)?;
        let bytes = bytes.ok_or_else(|| LoadFault::one(format!("`{shown}` is larger than a compiled script can be")))?;
        if !is_compiled(&bytes) {
            return Err(LoadFault::one(format!("`{shown}` is no compiled script; `callroute build` makes one")));
        }
        let program = Program::load(&bytes).map_err(|error| LoadFault::one(format!("`{shown}`: {error}")))?;
        return Ok(Compiled { bytes, program, warnings: Vec::new(), files: vec![path.to_path_buf()] });
    }
    let checked = Checked::read(path, &|_| ()).map_err(cannot)?;
    let Some(typed) = &checked.analysis.program else {
        return Err(LoadFault(said(&checked, &checked.analysis.diagnostics, Severity::Error)));
    };
    let image = callroute_compiler::compile(typed).map_err(|found| LoadFault(said(&checked, &found, Severity::Error)))?;
    let mut warnings = said(&checked, &checked.analysis.diagnostics, Severity::Warning);
    warnings.extend(said(&checked, &callroute_compiler::warnings(&image), Severity::Warning));
    let bytes = encode(&image);
    let unusable = |error: callroute_runtime::LoadError| LoadFault::one(format!("`{shown}`: {error}"));
    let suite = Suite::of(typed, &bytes).map_err(unusable)?;
    let failures = failures(&checked, &suite);
    if !failures.is_empty() {
        return Err(LoadFault(failures));
    }
    let program = Program::load(&bytes).map_err(unusable)?;
    Ok(Compiled { program, bytes, warnings, files: checked.resolved })
}

/// The tests that fail.
fn failures(checked: &Checked, suite: &Suite<'_>) -> Vec<String> {
    let sources = checked.sources();
    let mut memory = suite.memory();
    let mut lines = Vec::new();
    let mut failed = 0;
    for test in suite.tests() {
        for case in &test.cases {
            if let Verdict::Failed(_) = suite.run(case, &mut memory, None) {
                failed += 1;
                if lines.len() < MAX_FAILURES {
                    let at = sources.location(case.place);
                    lines.push(format!("{}:{}: the test {:?} fails", at.file, at.line, test.title));
                }
            }
        }
    }
    if failed > lines.len() {
        lines.push(format!("and {} more", failed - lines.len()));
    }
    if failed > 0 {
        lines.push("`callroute test` shows what is expected and what is".to_owned());
    }
    lines
}

/// Diagnostics in a line each.
fn said(checked: &Checked, diagnostics: &[Diagnostic], least: Severity) -> Vec<String> {
    let sources = checked.sources();
    let human = Human::new(&sources, Color::Off);
    diagnostics.iter().filter(|diagnostic| diagnostic.severity <= least).map(|diagnostic| human.short(diagnostic)).collect()
}

/// A fallback in the words of a script.
///
/// # Errors
/// When it is none.
pub fn fallback(text: &str) -> Result<Instruction, LoadFault> {
    fallback_program(text).map(|program| fallback_of(&program))
}

/// The same as a script that does nothing else.
///
/// # Errors
/// When it is none.
pub fn fallback_program(text: &str) -> Result<Program, LoadFault> {
    let script = format!("fallback {text}\nhangup\n");
    let analysis: Analysis = callroute_analysis::analyse("fallback", &script, &callroute_analysis::NoFiles);
    let wrong = |diagnostics: &[Diagnostic]| {
        let why = diagnostics.iter().find(|diagnostic| diagnostic.severity == Severity::Error);
        let why = why.map_or_else(String::new, |diagnostic| format!(": {}", diagnostic.message));
        LoadFault::one(format!(
            "`{text}` is no fallback{why}; write it as in a script: `voicemail \"front_desk\"`, `hangup`, `reject busy` or `redirect +13125550100`"
        ))
    };
    let typed = analysis.program.as_ref().ok_or_else(|| wrong(&analysis.diagnostics))?;
    let bytes = callroute_compiler::build(typed).map_err(|found| wrong(&found))?;
    Program::load(&bytes).map_err(|error| LoadFault::one(error.to_string()))
}

/// What a script says where nothing else can be said.
#[must_use]
pub fn fallback_of(program: &Program) -> Instruction {
    callroute_protocol::to_instruction(&program.fallback(&mut callroute_runtime::Call::new(program)))
}

/// The first sixteen hexadecimal digits of a script's hash.
#[must_use]
pub fn version(hash: &[u8]) -> String {
    hash.iter().take(8).flat_map(|byte| [byte >> 4, byte & 15]).filter_map(|half| char::from_digit(half.into(), 16)).collect()
}
