//! `callroute graph`: the call flow as a picture.

use std::io::{self, Write as _};
use std::path::PathBuf;

use callroute_diagnostics::{Code, Place};
use callroute_graph::{Chart, MAX_WAYS, Theme, TooLarge, Ways};
use callroute_protocol::{Keys, Session};
use callroute_runtime::Program;
use callroute_testing::Suite;
use callroute_testing::trace::Way;
use clap::{Args, ValueEnum};

use crate::failure::{Failure, Outcome, say, shown};
use crate::program::Source;
use crate::run::CallOptions;
use crate::terminal::When;
use crate::trace::Watch;
use crate::{drive, program};

/// Draw the call flow of a script: menus with their keys, who rings, what happens when nobody answers, where calls end.
///
/// With --from, --at, --press and the other options of `run`, the way of that call is shown in the picture.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  callroute graph office.route -o office.svg
  callroute graph office.route -o office.html           one page with zoom, search, sources, and the ways of its tests
  callroute graph office.route --format mermaid         for a wiki or a merge request
  callroute graph office.route --format dot | dot -Tpdf -o office.pdf
  callroute graph company.route -o menu.svg --flow main_menu
  callroute graph office.route -o path.svg --from +14155550123 --at '2026-04-21 09:32 America/Chicago' --press 1

Boxes with a dashed red border are ends where nothing was decided; pale ones are never reached.")]
pub struct Command {
    /// The script
    #[arg(value_name = "SCRIPT")]
    script: PathBuf,
    /// Where to write; without it, or with `-`: standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// What to write; without it, what the ending of the output file says, else SVG
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// For which background a picture is made
    #[arg(long, value_enum, default_value_t)]
    theme: ThemeOption,
    /// Draw only this flow; `main` is the script's own steps
    #[arg(long = "flow", value_name = "NAME")]
    flows: Vec<String>,
    #[command(flatten, next_help_heading = "The way of a call")]
    call: CallOptions,
    /// Whether to use colours in messages
    #[arg(long, value_enum, default_value_t)]
    color: When,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Format {
    /// A picture
    Svg,
    /// One page that needs nothing else
    Html,
    /// Text that GitHub, GitLab and many wikis draw
    Mermaid,
    /// For Graphviz
    Dot,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
enum ThemeOption {
    /// As whoever looks at it has set
    #[default]
    Auto,
    /// White
    Light,
    /// Nearly black
    Dark,
}

pub fn run(command: &Command) -> Outcome {
    let format = match command.format {
        Some(format) => format,
        None => ending(command)?,
    };
    let why = "a picture is made from the script itself";
    let Source { typed, checked, compiled } = program::source(&command.script, command.color.color(), why)?;
    let unreachable: Vec<Place> = checked
        .analysis
        .diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.code == Code::NeverRuns)
        .map(|diagnostic| diagnostic.place)
        .collect();
    let title = command.script.file_name().unwrap_or(command.script.as_os_str()).to_string_lossy().into_owned();
    let mut chart = callroute_graph::flow_chart(&typed, &title, &unreachable);
    let suite = Suite::of(&typed, &compiled).map_err(|error| program::refused(&command.script, &error))?;
    let mut ways = Ways::default();
    if let Some(name) = command.call.name() {
        let places = way(command, suite.machine())?;
        if !chart.follow(&places) {
            say("callroute: the call passes no box of the picture");
        }
        ways.chosen = Some((name, places));
    }
    keep(&mut chart, &command.flows)?;
    let theme = match command.theme {
        ThemeOption::Auto => Theme::Auto,
        ThemeOption::Light => Theme::Light,
        ThemeOption::Dark => Theme::Dark,
    };
    let text = match format {
        Format::Svg => callroute_graph::svg(&chart, theme).map_err(too_large)?,
        Format::Html => {
            let mut files = typed.files.clone();
            for (file, path) in files.iter_mut().zip(&checked.paths) {
                file.path.clone_from(path);
            }
            (ways.tests, ways.left_out) = ways_of_tests(&suite);
            callroute_graph::html(&chart, &files, &ways).map_err(too_large)?
        }
        Format::Mermaid => callroute_graph::mermaid(&chart),
        Format::Dot => callroute_graph::dot(&chart),
    };
    match command.output.as_ref().filter(|output| output.as_os_str() != "-") {
        Some(output) => {
            let shown_path = shown(&output.display().to_string());
            if output.extension().is_some_and(|extension| extension == "route") {
                return Err(Failure::wrong(format!(
                    "`{shown_path}` would be a script; name a file that ends in .svg, .html, .mmd or .dot"
                )));
            }
            crate::write::replace(output, text.as_bytes())
                .map_err(|error| Failure::wrong(format!("`{shown_path}` cannot be written: {error}")))?;
            say(&format!("{shown_path}: {} boxes", chart.node_count()));
        }
        None => {
            let mut out = io::stdout().lock();
            out.write_all(text.as_bytes())?;
            out.flush()?;
        }
    }
    Ok(())
}

fn too_large(error: TooLarge) -> Failure {
    Failure::wrong(format!("{error}; draw one flow with `--flow NAME`, or let Graphviz do it with `--format dot`"))
}

/// What the ending of the output file says. Without a file or an ending it is a picture.
fn ending(command: &Command) -> Result<Format, Failure> {
    let Some((output, ending)) = command.output.as_ref().and_then(|output| Some((output, output.extension()?))) else {
        return Ok(Format::Svg);
    };
    Ok(match ending.to_string_lossy().to_ascii_lowercase().as_str() {
        "svg" => Format::Svg,
        "html" | "htm" => Format::Html,
        "mmd" | "mermaid" => Format::Mermaid,
        "dot" | "gv" => Format::Dot,
        // Has words of its own.
        "route" => Format::Svg,
        _ => {
            return Err(Failure::wrong(format!(
                "`{}` does not end as one of what can be drawn: .svg, .html, .mmd (Mermaid) or .dot (Graphviz); `--format` says what goes into a \
                 file with another name",
                shown(&output.display().to_string())
            )));
        }
    })
}

/// Leaves out all flows but these.
fn keep(chart: &mut Chart, names: &[String]) -> Outcome {
    if names.is_empty() {
        return Ok(());
    }
    for name in names {
        if !chart.clusters.iter().any(|cluster| cluster.name == *name) {
            let known: Vec<&str> = chart.clusters.iter().map(|cluster| cluster.name.as_str()).collect();
            return Err(Failure::wrong(format!("the script has no flow `{}`; it has `{}`", shown(name), known.join("`, `"))));
        }
    }
    chart.retain(|cluster| names.contains(&cluster.name));
    Ok(())
}

/// The places that the call of the command line comes by.
fn way(command: &Command, program: &Program) -> Result<Vec<Place>, Failure> {
    let keys = Keys::random().map_err(|error| Failure::wrong(error.to_string()))?;
    let mut way = Way::new(program);
    drive::run(&command.call, program, &mut Session::new(program, &keys), &mut |_| Ok(()), Some(&mut way))?;
    Ok(way.places)
}

impl Watch for Way<'_> {
    fn heading(&mut self, _: &str) {}
}

/// The ways of the script's tests, and how many cases are not among them. Rows of a test that go the same way are one.
fn ways_of_tests(suite: &Suite<'_>) -> (Vec<(String, Vec<Place>)>, usize) {
    let mut ways: Vec<(String, Vec<Place>)> = Vec::new();
    let mut left_out = 0_usize;
    let mut memory = suite.memory();
    for test in suite.tests() {
        // Ways of this test, with their rows.
        let mut own: Vec<(Vec<Place>, Vec<usize>, bool)> = Vec::new();
        for (case, row) in test.cases.iter().zip(1..) {
            if ways.len().saturating_add(own.len()) >= MAX_WAYS {
                left_out = left_out.saturating_add(1);
                continue;
            }
            let (places, passed) = suite.way(case, &mut memory);
            match own.iter_mut().find(|(known, _, so)| *known == places && *so == passed) {
                Some((_, rows, _)) => rows.push(row),
                None => own.push((places, vec![row], passed)),
            }
        }
        for (places, rows, passed) in own {
            let fails = if passed { "" } else { " (fails)" };
            let rows = if test.table { format!(", {}", rows_in_words(&rows)) } else { String::new() };
            ways.push((format!("{}{rows}{fails}", shown(&test.title)), places));
        }
    }
    (ways, left_out)
}

/// `row 3`, `rows 1, 3, 4 and 9 more`
fn rows_in_words(rows: &[usize]) -> String {
    const MOST: usize = 4;
    let first: Vec<String> = rows.iter().take(MOST).map(usize::to_string).collect();
    let more = rows.len().saturating_sub(MOST);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("row{} {}{more}", if rows.len() == 1 { "" } else { "s" }, first.join(", "))
}
