//! `callroute check`: everything that is wrong with scripts, for people and for machines.

use std::collections::HashSet;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use callroute_diagnostics::{Applicability, Severity, apply_fixes, json, sarif};
use clap::{Args, ValueEnum};

use crate::failure::{Failure, Outcome, SCRIPT_AT_FAULT, say, shown};
use crate::report::Report;
use crate::terminal::When;
use crate::workspace::{self, Checked};

/// Check scripts, and say everything that is wrong with them in one run.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  callroute check                         all scripts in this folder and below
  callroute check office.route            one script, with everything that it imports
  callroute check --deny warnings lines/  as a build server would
  callroute check --format json | jq '.diagnostics[].message'

A script that another checked script imports is checked as part of that one. Exit status: 0 nothing wrong, 1 a script \
is at fault, 2 the call was wrong.")]
pub struct Command {
    /// Scripts, and folders that are searched for `*.route`; without any: this folder
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// How to say it: to people on standard error, or as one JSON object or a SARIF 2.1.0 log on standard output
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Let warnings count as faults
    #[arg(long, value_name = "WHAT", value_enum)]
    deny: Option<Deny>,
    /// Apply the fixes that are certainly meant, then check again
    #[arg(long)]
    fix: bool,
    /// Whether to use colours
    #[arg(long, value_enum, default_value_t)]
    color: When,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
enum Format {
    /// With the piece of source
    #[default]
    Human,
    /// One JSON object
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Deny {
    /// Warnings too make the exit status 1
    Warnings,
}

pub fn run(command: &Command) -> Outcome {
    let scripts = find(&command.paths)?;
    let mut all: Vec<(bool, Checked)> = Vec::new();
    for (path, named) in scripts {
        let mut checked = workspace::check(&path)?;
        if command.fix && fix(&checked)? {
            checked = workspace::check(&path)?;
        }
        all.push((named, checked));
    }
    // Found by searching, and imported by another: it has been checked there.
    let imported: HashSet<PathBuf> = all.iter().flat_map(|(_, checked)| checked.resolved.iter().skip(1).cloned()).collect();
    all.retain(|(named, checked)| *named || checked.resolved.first().is_none_or(|path| !imported.contains(path)));
    let show = (command.format == Format::Human).then(|| command.color.color());
    let mut report = Report::default();
    for (_, checked) in &all {
        report.add(checked, Severity::Hint, show);
    }
    let mut out = io::stdout().lock();
    let denied = command.deny == Some(Deny::Warnings) && report.warnings > 0;
    match command.format {
        Format::Human => {
            let scripts = all.len();
            let note = if denied { ", and warnings are denied" } else { "" };
            say(&format!("{scripts} script{} checked: {}{note}", if scripts == 1 { "" } else { "s" }, report.summary()));
        }
        Format::Json => writeln!(out, "{}", json(&report.records))?,
        Format::Sarif => writeln!(out, "{}", sarif(&report.records, env!("CARGO_PKG_VERSION")))?,
    }
    out.flush()?;
    if report.errors > 0 || denied { Err(Failure::Status(SCRIPT_AT_FAULT)) } else { Ok(()) }
}

/// The scripts to check, each once, and whether it was named itself. Everything that is wrong with the paths is said at once.
fn find(paths: &[PathBuf]) -> Result<Vec<(PathBuf, bool)>, Failure> {
    let here = [PathBuf::from(".")];
    let mut found: Vec<(PathBuf, bool)> = Vec::new();
    let mut wrong: Vec<String> = Vec::new();
    for path in if paths.is_empty() { here.as_slice() } else { paths } {
        let about = match path.metadata() {
            Ok(about) => about,
            Err(error) => {
                match workspace::cannot_read(path, &error) {
                    Failure::Wrong(message) => wrong.push(message),
                    other => return Err(other),
                }
                continue;
            }
        };
        if !about.is_dir() {
            if path.extension().is_some_and(|extension| extension == "routec") {
                let path = shown(&path.display().to_string());
                wrong.push(format!("`{path}` is a compiled script; `callroute inspect` shows what is in it"));
            } else {
                found.push((path.clone(), true));
            }
            continue;
        }
        let before = found.len();
        search(path, &mut found).map_err(|error| workspace::cannot_read(path, &error))?;
        if found.len() == before {
            wrong.push(format!("there is no `.route` file in `{}` or below it", shown(&path.display().to_string())));
        }
    }
    if !wrong.is_empty() {
        return Err(Failure::Wrong(wrong.join("\ncallroute: ")));
    }
    let mut seen = HashSet::new();
    // What is named stays although it was found before.
    found.sort_by_key(|(_, named)| !named);
    found.retain(|(path, _)| seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone())));
    found.sort();
    Ok(found)
}

/// All `*.route` files below a folder, without hidden folders and without following symbolic links to folders.
fn search(folder: &Path, found: &mut Vec<(PathBuf, bool)>) -> io::Result<()> {
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            let path = entry.path();
            let path = path.strip_prefix("./").map(Path::to_path_buf).unwrap_or(path);
            if entry.file_type()?.is_dir() {
                if !entry.file_name().to_string_lossy().starts_with('.') {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "route") && path.is_file() {
                found.push((path, false));
            }
        }
    }
    Ok(())
}

/// Applies the safe fixes of a script and of the scripts that it imports. True when a file was changed.
fn fix(checked: &Checked) -> Result<bool, Failure> {
    let sources = checked.sources();
    let fixed = apply_fixes(&sources, &checked.analysis.diagnostics, Applicability::Safe);
    let changed = !fixed.texts.is_empty();
    for (file, text) in fixed.texts {
        let (Some(path), Some(shown_path)) = (checked.resolved.get(file.0 as usize), checked.paths.get(file.0 as usize)) else { continue };
        crate::write::replace(path, text.as_bytes())
            .map_err(|error| Failure::wrong(format!("`{}` cannot be written: {error}", shown(shown_path))))?;
        say(&format!("fixed {}", shown(shown_path)));
    }
    Ok(changed)
}
