//! Names, types and lints: from the syntax tree to the typed program.
//!
//! [`analyse`] is the one way in. It parses a script, loads what the script names through [`Files`], gives every name and value its
//! meaning, and hands out a [`typed::Program`] if, and only if, nothing is wrong. What is wrong, and what is odd, is said in
//! [`Analysis::diagnostics`].
//!
//! The way of the work: `files` loads and parses; `declare` gives every definition its number, so that names may be used before they
//! are defined; `targets`, `lists`, `days`, `prompts`, `tables` … fill the definitions; `steps` fills the flows; `flow`, `reach` and `unused`
//! look at the whole. All of them speak through `env`, which resolves names and collects diagnostics.

mod cache;
mod env;
mod files;
pub mod limits;
pub mod mend;
pub mod names;
pub mod testing;
pub mod typed;

mod data;
mod days;
mod declare;
mod graph;
mod ics;
mod lists;
mod phones;
mod prompts;
mod records;
mod recur;
mod tables;
mod targets;
mod types;
mod unused;
mod zones;

mod blocks;
mod calendars;
mod conds;
mod cover;
mod dial;
mod facts;
mod flow;
mod gather;
mod lookups;
mod reach;
mod settle;
mod stale;
mod steps;
mod tests;
mod values;

use callroute_diagnostics::Diagnostic;

pub use blocks::blocks;
pub use cache::Cache;
pub use files::{FileError, Files, MemoryFiles, NoFiles, named_path};
pub use stale::stale;
use typed::{Program, SourceFile};

/// What is known of a script.
#[derive(Clone, Debug, Default)]
pub struct Analysis {
    /// What the script means; none if there is any error.
    pub program: Option<Program>,
    /// As far as the script could be understood, where [`Analysis::program`] is none: for editors, which must say something about broken
    /// scripts too. It has holes and is never to be compiled.
    pub sketch: Option<Program>,
    /// Everything to be said, by file, position and code, each once.
    pub diagnostics: Vec<Diagnostic>,
    /// The files by their number, the script first; also data files into which a diagnostic points.
    pub files: Vec<SourceFile>,
    /// Where every name is defined and used.
    pub names: names::NameIndex,
}

impl Analysis {
    /// The program, or what is known of it: for whoever only shows things.
    #[must_use]
    pub fn known(&self) -> Option<&Program> {
        self.program.as_ref().or(self.sketch.as_ref())
    }
}

/// Parses and checks the script `source`, whose own path is `path` (relative to the workspace, with `/`; imports are resolved against it).
#[must_use]
pub fn analyse(path: &str, source: &str, files: &dyn Files) -> Analysis {
    analyse_with(path, source, files, &mut Cache::new())
}

/// As [`analyse`], with the same outcome, and sooner if `cache` remembers the script as it was before a few edits.
#[must_use]
pub fn analyse_with(path: &str, source: &str, files: &dyn Files, cache: &mut Cache) -> Analysis {
    let loaded = files::load(path, source, files, cache.take());
    let mut env = env::Env::new(&loaded, files, &mut cache.memory);
    let work = declare::declare(&mut env);
    declare::define(&mut env, &work);
    steps::check(&mut env);
    unused::check(&mut env);
    declare::conclude(&mut env);
    let analysis = env.finish();
    cache.keep(loaded);
    analysis
}
