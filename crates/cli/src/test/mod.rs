//! `callroute test`: runs the tests that stand in scripts.

mod human;
mod json;
mod junit;
mod watch;

use std::collections::HashSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use callroute_diagnostics::Severity;
use callroute_testing::{Coverage, Failure as Fault, Hits, Suite, Verdict};
use clap::{Args, ValueEnum};

use crate::failure::{Failure, Outcome, SCRIPT_AT_FAULT, say, shown};
use crate::progress::Progress;
use crate::report::Report;
use crate::terminal::When;
use crate::workspace::{self, Checked, Names};
use crate::{discover, parallel};

/// Run the tests that stand in scripts.
///
/// Every `test` block is a call on the real machine, with the clock, the answers of look-ups and all that happens in it as the test says. What
/// it expects and does not get is shown beside what is, with the way that led there, line by line.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  callroute test                          all tests of the scripts in this folder and below
  callroute test office.route --watch     again whenever a file changes
  callroute test --filter holiday         tests with `holiday` in their title
  callroute test --coverage               and what no test reaches
  callroute test --lcov cover.info --format junit > tests.xml

Tests of an imported file run with the script that imports it. Exit status: 0 all passed, 1 a test failed or a script is at \
fault, 2 the call was wrong. Scripts without tests are no fault; a --filter that fits no test is one.")]
pub struct Command {
    /// Scripts, and folders that are searched for `*.route`; without any: this folder
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Only tests whose title has this in it, whatever its case; may be repeated
    #[arg(long = "filter", value_name = "NAME")]
    filters: Vec<String>,
    /// Run again whenever a script, list or calendar changes
    #[arg(long, conflicts_with = "format")]
    watch: bool,
    /// How to say it, on standard output
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Show the steps, arms, `else` branches and outcomes that no test reaches
    #[arg(long)]
    coverage: bool,
    /// Write the coverage to a file, as lcov does; `-` is standard output, and the results go to standard error
    #[arg(long, value_name = "FILE")]
    lcov: Option<PathBuf>,
    /// Say only what failed
    #[arg(long, short)]
    quiet: bool,
    /// Whether to use colours
    #[arg(long, value_enum, default_value_t)]
    color: When,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Human,
    /// One JSON object
    Json,
    /// JUnit's XML, for build servers
    Junit,
}

/// What came of one test: of each of its cases that ran.
struct Ran {
    title: String,
    /// A table: its cases are rows.
    table: bool,
    /// Which file it stands in.
    file: usize,
    cases: Vec<RanCase>,
}

/// What came of one case.
struct RanCase {
    /// From 1.
    row: usize,
    /// Its line.
    line: u32,
    time: Duration,
    fault: Option<Box<Fault>>,
}

/// What came of one script.
struct Script {
    checked: Checked,
    /// `None`: it was at fault, and was not tested.
    tests: Option<Vec<Ran>>,
    /// What is covered; only where it was asked for.
    coverage: Option<Coverage>,
}

/// What came of all.
struct Results {
    scripts: Vec<Script>,
    /// Everything that is wrong with the scripts themselves.
    report: Report,
    passed: usize,
    failed: usize,
    /// Scripts that could not be tested.
    broken: usize,
    /// Tests that a filter left out.
    left_out: usize,
    time: Duration,
}

impl Command {
    fn progress(&self, doing: &str, total: usize, things: &'static str) -> Progress {
        if self.quiet { Progress::none() } else { Progress::begin(self.color.color(), doing, total, things) }
    }
}

impl RanCase {
    /// The test's title, with the row of a table.
    fn name(&self, test: &Ran) -> String {
        if test.table { format!("{}, row {}", test.title, self.row) } else { test.title.clone() }
    }
}

pub fn run(command: &Command) -> Outcome {
    if command.watch {
        return watch::run(command);
    }
    let results = test(command)?;
    show(command, &results)
}

/// Says what came of it; the status.
fn show(command: &Command, results: &Results) -> Outcome {
    let tracefile_only = command.lcov.as_ref().is_some_and(|path| path.as_os_str() == "-");
    let mut out: Box<dyn Write> = if tracefile_only { Box::new(io::stderr().lock()) } else { Box::new(io::stdout().lock()) };
    match command.format {
        Format::Human => human::write(&mut out, results, command)?,
        Format::Json => writeln!(out, "{}", json::text(results)?)?,
        Format::Junit => writeln!(out, "{}", junit::text(results)?.trim_end())?,
    }
    out.flush()?;
    drop(out);
    if let Some(path) = &command.lcov {
        write_lcov(path, results)?;
    }
    let none = results.passed + results.failed == 0;
    if none && !command.filters.is_empty() && results.broken == 0 {
        say(&format!(
            "callroute: no test has `{}` in its title",
            command.filters.iter().map(|filter| shown(filter)).collect::<Vec<_>>().join("` or `")
        ));
        return Err(Failure::Status(SCRIPT_AT_FAULT));
    }
    if results.failed > 0 || results.broken > 0 { Err(Failure::Status(SCRIPT_AT_FAULT)) } else { Ok(()) }
}

/// Writes the tracefile; `-` is standard output. Where no script was tested there is nothing to say, and what an earlier run said stays.
fn write_lcov(path: &Path, results: &Results) -> Outcome {
    let name = shown(&path.display().to_string());
    let mut text = String::new();
    for script in &results.scripts {
        if let (Some(program), Some(coverage)) = (&script.checked.analysis.program, &script.coverage) {
            let path = |file: callroute_diagnostics::FileId| script.checked.paths.get(file.0 as usize).cloned().unwrap_or_default();
            text += &callroute_testing::lcov(program, coverage, path);
        }
    }
    if results.broken > 0 && results.scripts.iter().all(|script| script.coverage.is_none()) {
        say(&format!("callroute: no script could be tested, so `{name}` was not written"));
        return Ok(());
    }
    if path.as_os_str() == "-" {
        io::stdout().lock().write_all(text.as_bytes())?;
        return Ok(());
    }
    crate::write::replace(path, text.as_bytes()).map_err(|error| Failure::wrong(format!("`{name}` cannot be written: {error}")))
}

/// Cases that one thread takes at a time.
const SHARE: usize = 32;

/// One share of the work.
struct Job {
    script: usize,
    test: usize,
    cases: std::ops::Range<usize>,
}

/// Reads, checks, compiles and runs.
fn test(command: &Command) -> Result<Results, Failure> {
    let start = Instant::now();
    let found = discover::find(&command.paths)?;
    let mut all: Vec<(bool, Checked)> = Vec::new();
    let progress = command.progress("checking", found.len(), "scripts");
    let check = |(path, _): &(PathBuf, bool)| {
        let checked = workspace::check(path);
        progress.step();
        checked
    };
    for (checked, (_, named)) in parallel::map(&found, check).into_iter().zip(&found) {
        all.push((*named, checked?));
    }
    drop(progress);
    discover::leave_out_imported(&mut all);
    let mut report = Report::default();
    let human = command.format == Format::Human;
    let show = human.then(|| command.color.color());
    for (_, checked) in &all {
        report.add(checked, Severity::Error, show);
    }
    let mut scripts: Vec<Checked> = all.into_iter().map(|(_, checked)| checked).collect();
    let compiled = parallel::map(&scripts, |checked| checked.analysis.program.as_ref().map(callroute_compiler::build));
    let mut images: Vec<Vec<u8>> = Vec::new();
    for (checked, compiled) in scripts.iter_mut().zip(compiled) {
        images.push(match compiled {
            Some(Ok(bytes)) => bytes,
            None => Vec::new(),
            // What only the compiler can find.
            Some(Err(diagnostics)) => {
                checked.analysis.program = None;
                checked.analysis.diagnostics.extend(diagnostics);
                report.add(checked, Severity::Error, show);
                Vec::new()
            }
        });
    }
    let with_hits = command.coverage || command.lcov.is_some();
    let (tests, coverage, left_out) = {
        let pairs: Vec<(&Checked, &Vec<u8>)> = scripts.iter().zip(&images).collect();
        let suites: Vec<Option<Suite<'_>>> = parallel::map(&pairs, |(checked, image)| {
            let program = checked.analysis.program.as_ref()?;
            match Suite::of(program, image) {
                Ok(suite) => Some(suite),
                Err(error) => {
                    say(&format!("callroute: `{}`: {error}", shown(checked.paths.first().map_or("", String::as_str))));
                    None
                }
            }
        });
        play(command, &scripts, &suites, with_hits)
    };
    let mut results = Results { scripts: Vec::new(), report, passed: 0, failed: 0, broken: 0, left_out, time: Duration::ZERO };
    for ((checked, tests), coverage) in scripts.into_iter().zip(tests).zip(coverage) {
        match &tests {
            None => results.broken += 1,
            Some(tests) => {
                let cases = tests.iter().flat_map(|test| &test.cases);
                let failed = cases.clone().filter(|case| case.fault.is_some()).count();
                results.failed += failed;
                results.passed += cases.count() - failed;
            }
        }
        results.scripts.push(Script { checked, tests, coverage });
    }
    results.time = start.elapsed();
    Ok(results)
}

/// The job, how long it took, what is at fault, and which of the test's cases.
type Done = (usize, Duration, Option<Box<Fault>>, usize);
/// Tests of each script, their coverage, and how many cases were left out.
type Played = (Vec<Option<Vec<Ran>>>, Vec<Option<Coverage>>, usize);

/// Runs all cases of all scripts, on all cores.
fn play(command: &Command, scripts: &[Checked], suites: &[Option<Suite<'_>>], with_hits: bool) -> Played {
    let filters: Vec<String> = command.filters.iter().map(|filter| filter.to_lowercase()).collect();
    let wanted = |title: &str| filters.is_empty() || filters.iter().any(|filter| title.to_lowercase().contains(filter));
    let mut left_out = 0;
    let mut jobs = Vec::new();
    let mut ran: Vec<Option<Vec<Ran>>> = Vec::new();
    let mut places: Vec<Vec<Option<usize>>> = Vec::new();
    for (script, (suite, checked)) in suites.iter().zip(scripts).enumerate() {
        let sources = checked.sources();
        let Some(suite) = suite else {
            ran.push(None);
            places.push(Vec::new());
            continue;
        };
        let (mut tests, mut place) = (Vec::new(), Vec::new());
        for (index, test) in suite.tests().iter().enumerate() {
            if !wanted(&test.title) {
                left_out += test.cases.len();
                place.push(None);
                continue;
            }
            place.push(Some(tests.len()));
            let file = test.place.file.0 as usize;
            let cases = test.cases.iter().enumerate().map(|(row, case)| RanCase {
                row: row + 1,
                line: sources.location(case.place).line,
                time: Duration::ZERO,
                fault: None,
            });
            tests.push(Ran { title: test.title.clone(), table: test.table, file, cases: cases.collect() });
            for start in (0..test.cases.len()).step_by(SHARE) {
                jobs.push(Job { script, test: index, cases: start..(start + SHARE).min(test.cases.len()) });
            }
        }
        ran.push(Some(tests));
        places.push(place);
    }
    let total: usize = jobs.iter().map(|job| job.cases.len()).sum();
    let next = AtomicUsize::new(0);
    let gathered: Mutex<Vec<Done>> = Mutex::new(Vec::with_capacity(total));
    let hits: Mutex<Vec<Hits>> = Mutex::new(suites.iter().map(|_| Hits::default()).collect());
    let progress = command.progress("testing", total, "cases");
    std::thread::scope(|scope| {
        for _ in 0..parallel::threads(jobs.len()) {
            scope.spawn(|| {
                let mut own_hits: Vec<Hits> = if with_hits { suites.iter().map(|_| Hits::default()).collect() } else { Vec::new() };
                let mut memory = (usize::MAX, callroute_runtime::Call::default());
                let mut own = Vec::new();
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(job) = jobs.get(at) else { break };
                    let Some(Some(suite)) = suites.get(job.script) else { continue };
                    if memory.0 != job.script {
                        memory = (job.script, suite.memory());
                    }
                    let Some(test) = suite.tests().get(job.test) else { continue };
                    for row in job.cases.clone() {
                        let Some(case) = test.cases.get(row) else { continue };
                        let start = Instant::now();
                        let verdict = suite.run(case, &mut memory.1, own_hits.get_mut(job.script));
                        let fault = match verdict {
                            Verdict::Passed => None,
                            Verdict::Failed(fault) => Some(fault),
                        };
                        own.push((at, start.elapsed(), fault, row));
                        progress.step();
                    }
                }
                if let Ok(mut all) = gathered.lock() {
                    all.append(&mut own);
                }
                if let Ok(mut all) = hits.lock() {
                    all.iter_mut().zip(&own_hits).for_each(|(all, own)| all.add(own));
                }
            });
        }
    });
    drop(progress);
    let names: Vec<Names> = scripts.iter().map(Names::of).collect();
    for (job, time, fault, row) in gathered.into_inner().unwrap_or_default() {
        let Some(job) = jobs.get(job) else { continue };
        let index = places.get(job.script).and_then(|place| place.get(job.test)).copied().flatten();
        let tests = ran.get_mut(job.script).and_then(Option::as_mut);
        let case = index.and_then(|index| tests?.get_mut(index)).and_then(|test| test.cases.get_mut(row));
        if let Some(case) = case {
            case.time = time;
            case.fault = fault;
            if let Some(names) = names.get(job.script) {
                case.fault.iter_mut().flat_map(|fault| &mut fault.path).flat_map(|turn| &mut turn.steps).for_each(|step| names.set(step));
            }
        }
    }
    let hits = hits.into_inner().unwrap_or_default();
    let coverage = suites
        .iter()
        .zip(scripts)
        .zip(&hits)
        .map(|((suite, checked), hits)| {
            let suite = suite.as_ref().filter(|_| with_hits)?;
            Some(Coverage::new(suite.program(), suite.machine(), &checked.analysis.diagnostics, hits))
        })
        .collect();
    (ran, coverage, left_out)
}

/// How much of everything is covered. A file that several scripts import counts for each of them, as its steps run for each.
fn total(results: &Results) -> (usize, usize) {
    let totals = results.scripts.iter().filter_map(|script| script.coverage.as_ref()).map(Coverage::total);
    totals.fold((0, 0), |(all, covered), (more, reached)| (all + more, covered + reached))
}

/// Files whose changes matter.
fn files(results: &Results) -> HashSet<PathBuf> {
    results.scripts.iter().flat_map(|script| script.checked.resolved.iter().cloned()).collect()
}
