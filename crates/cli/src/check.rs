//! `callroute check`: everything that is wrong with scripts, for people and for machines.

use std::collections::HashSet;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use callroute_analysis::mend::ROUNDS;
use callroute_calendar::Day;
use callroute_diagnostics::{FileId, Severity, json, sarif};
use clap::{Args, ValueEnum};

use crate::failure::{Failure, Outcome, SCRIPT_AT_FAULT, say, shown};
use crate::progress::Progress;
use crate::report::Report;
use crate::terminal::When;
use crate::workspace::{self, Checked};
use crate::{diff, discover, parallel, when};

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
    /// Apply the fixes that are certainly meant, and those that show then, until there is none; then check again
    #[arg(long)]
    fix: bool,
    /// Show what --fix would change, as a unified diff on standard output, and change nothing
    #[arg(long, conflicts_with_all = ["fix", "format"])]
    diff: bool,
    /// The day on which dates may be past or run out soon, as `2026-12-24`; without it: this day
    #[arg(long, value_name = "DATE", value_parser = when::day)]
    today: Option<Day>,
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
    let today = command.today.unwrap_or_else(when::today);
    let scripts = discover::find(&command.paths)?;
    let progress = Progress::begin(command.color.color(), "checking", scripts.len(), "scripts");
    let mut all: Vec<(bool, Checked)> = Vec::new();
    if command.fix {
        // One after the other: what one script has mended in a file that several import the next one finds mended.
        for (path, named) in &scripts {
            let first = workspace::check(path)?;
            let mended = Mended::of(path, &first)?;
            mended.write()?;
            all.push((*named, mended.checked.unwrap_or(first).with_compiler().with_today(today)));
            progress.step();
        }
    } else {
        let checked = parallel::map(&scripts, |(path, _)| {
            let checked = workspace::check(path)?;
            let fixes = if command.diff { Mended::of(path, &checked)?.fixes() } else { Vec::new() };
            progress.step();
            Ok::<_, Failure>((checked.with_compiler().with_today(today), fixes))
        });
        let mut told = HashSet::new();
        for (checked, (_, named)) in checked.into_iter().zip(&scripts) {
            let (checked, fixes) = checked?;
            // Of a file that several import the same is said once.
            for fixes in fixes.into_iter().filter(|fixes| told.insert(fixes.clone())) {
                diff::show(&fixes, command.color)?;
            }
            all.push((*named, checked));
        }
    }
    drop(progress);
    discover::leave_out_imported(&mut all);
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

/// A file as it was, and as it is to be.
#[derive(Clone)]
struct Change {
    resolved: PathBuf,
    shown: String,
    old: String,
    new: String,
}

/// A script with the safe fixes applied to it, and to the scripts that it imports.
struct Mended {
    /// As it is then: nothing more can be mended in it, or what can was tried [`ROUNDS`] times. None where nothing was mended at all.
    checked: Option<Checked>,
    changes: Vec<Change>,
}

impl Mended {
    /// Mends in memory; what is on disk stays as it is.
    fn of(path: &Path, first: &Checked) -> Result<Self, Failure> {
        let mut mended = Self { checked: None, changes: Vec::new() };
        for _ in 0..ROUNDS {
            let checked = mended.checked.as_ref().unwrap_or(first);
            let Some((better, changes)) = Self::round(path, checked, &mended.changes)? else { break };
            mended = Self { checked: Some(better), changes };
        }
        Ok(mended)
    }

    /// Applies what can be applied at once. A fix behind which another mistake comes to light is left out: it may have been none, and its author shall see
    /// the place as he wrote it.
    fn round(path: &Path, checked: &Checked, changes: &[Change]) -> Result<Option<(Checked, Vec<Change>)>, Failure> {
        let check = |texts: Vec<(FileId, String)>| {
            let mut new = changes.to_vec();
            for (file, text) in texts {
                Self::change(checked, file, text, &mut new);
            }
            let texts = new.iter().map(|change| (change.resolved.clone(), change.new.clone())).collect();
            workspace::check_with(path, texts).map(|better| (better, new))
        };
        let mended = checked.analysis.mend(|_| true, check, |(better, _)| &better.analysis)?;
        Ok(mended.map(|(_, better)| better))
    }

    fn change(checked: &Checked, file: FileId, new: String, changes: &mut Vec<Change>) {
        let at = file.0 as usize;
        let (Some(source), Some(resolved), Some(path)) = (checked.analysis.files.get(at), checked.resolved.get(at), checked.paths.get(at))
        else {
            return;
        };
        match changes.iter_mut().find(|change| change.resolved == *resolved) {
            Some(change) => change.new = new,
            None => changes.push(Change { resolved: resolved.clone(), shown: shown(path), old: source.text.clone(), new }),
        }
    }

    /// What is changed: a difference for each file.
    fn fixes(&self) -> Vec<String> {
        self.changes.iter().map(|change| diff::text(&change.shown, "fixed", &change.old, &change.new)).collect()
    }

    /// Writes what is changed, and says so.
    fn write(&self) -> Result<(), Failure> {
        for change in &self.changes {
            crate::write::replace(&change.resolved, change.new.as_bytes())
                .map_err(|error| Failure::wrong(format!("`{}` cannot be written: {error}", change.shown)))?;
            say(&format!("fixed {}", change.shown));
        }
        Ok(())
    }
}
