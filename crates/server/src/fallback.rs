//! The fallback as a document that a platform, or any static web address, keeps for the time when the server cannot be reached at all.

use std::fmt;
use std::path::Path;

use crate::config::{Config, LISTEN, Script};
use crate::load::{Compiled, LoadFault};
use crate::reload::{name_of, serve};

/// Why there is no such document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FallbackError {
    /// The TOML file cannot be used; what is wrong with it.
    Config(String),
    /// The script cannot be served in this dialect, or the platform cannot be told its fallback.
    Script(LoadFault),
}

impl fmt::Display for FallbackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(why) => f.write_str(why),
            Self::Script(fault) => fault.fmt(f),
        }
    }
}

impl std::error::Error for FallbackError {}

/// What a server with this TOML file would answer for the script where nothing else can be, and what deserves to be known of the script in
/// that dialect. Secrets of the TOML file are not read: none is needed to write.
///
/// # Errors
/// See [`FallbackError`].
pub fn fallback_document(
    config: Option<&Path>,
    file: &Path,
    dialect: &str,
    compiled: Compiled,
) -> Result<(String, Vec<String>), FallbackError> {
    let (mut config, base) = match config {
        Some(path) => {
            let config = Config::read(path).map_err(|error| FallbackError::Config(error.to_string()))?;
            (config, path.parent().unwrap_or(Path::new("")))
        }
        None => (Config::default(), Path::new("")),
    };
    if let Some(text) = &config.fallback {
        crate::load::fallback(text).map_err(|fault| FallbackError::Config(format!("`fallback`: {fault}")))?;
    }
    config.dialect.values_mut().for_each(|dialect| dialect.secrets.clear());
    let whole = |path: &Path| path.canonicalize().ok();
    let same = |script: &&Script| whole(&script.file).is_some_and(|known| Some(known) == whole(file));
    let name = config.script.iter().find(same).and_then(|script| script.name.clone());
    let script = Script { file: file.to_path_buf(), name, numbers: Vec::new(), dialects: vec![dialect.to_owned()] };
    let public = config.public.clone().unwrap_or_else(|| format!("http://{LISTEN}"));
    let served = serve(&config, base, public.trim_end_matches('/'), &script, &name_of(&script), compiled).map_err(FallbackError::Script)?;
    let one = |why: String| FallbackError::Script(LoadFault(vec![why]));
    let dialect = served.dialects.get(dialect).ok_or_else(|| one(format!("there is no dialect `{dialect}`")))?;
    let response = dialect.write(&served.fallback).map_err(|why| one(format!("the platform cannot be told the fallback: {why}")))?;
    Ok((response.body, served.warnings))
}
