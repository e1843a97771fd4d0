//! The report for people.

use std::io::{self, Write};
use std::time::Duration;

use callroute_diagnostics::{Color, FileId, Place, Sources};
use callroute_testing::coverage::percent;
use callroute_testing::trace::printable;
use callroute_testing::{Failure as Fault, Paint, Turn, listing};
use unicode_width::UnicodeWidthStr as _;

use super::{Command, Ran, RanCase, Results, Script, total};
use crate::failure::shown;

/// Failed cases of one script that are shown in full; the others are counted.
const MOST: usize = 20;
/// Turns of a call that are shown: the last ones.
const TURNS: usize = 12;
/// Steps of a turn that are shown: the last ones.
const STEPS: usize = 40;

struct Painter(bool);

impl Painter {
    fn paint(&self, paint: Paint, text: &str) -> String {
        let code = match paint {
            _ if !self.0 || text.trim().is_empty() => return text.to_owned(),
            Paint::Plain => return text.to_owned(),
            Paint::Good => "32",
            Paint::Bad => "31",
            Paint::Faint => "2",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

pub fn write(out: &mut impl Write, results: &Results, command: &Command) -> io::Result<()> {
    let painter = Painter(command.color.color_of_output() == Color::On);
    for script in &results.scripts {
        self::script(out, script, &painter, command.quiet)?;
    }
    if command.coverage {
        coverage(out, results, &painter)?;
    }
    writeln!(out, "{}", summary(results, &painter))
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn script(out: &mut impl Write, script: &Script, painter: &Painter, quiet: bool) -> io::Result<()> {
    let path = shown(script.checked.paths.first().map_or("", String::as_str));
    let Some(tests) = &script.tests else {
        return writeln!(out, "{path}\n  {}  the script is at fault, and was not tested\n", painter.paint(Paint::Bad, "FAULT"));
    };
    if tests.is_empty() {
        return Ok(());
    }
    let failed = |test: &Ran| test.cases.iter().filter(|case| case.fault.is_some()).count();
    let any = tests.iter().any(|test| failed(test) > 0);
    if !quiet || any {
        writeln!(out, "{path}")?;
    }
    for test in tests {
        let (all, failed) = (test.cases.len(), failed(test));
        if quiet && failed == 0 {
            continue;
        }
        let word = if failed == 0 { painter.paint(Paint::Good, "ok  ") } else { painter.paint(Paint::Bad, "FAIL") };
        let rows = match (test.table, failed) {
            (false, _) => String::new(),
            (true, 0) => painter.paint(Paint::Faint, &format!("  ({})", count(all, "row"))),
            (true, failed) => format!("  ({failed} of {} failed)", count(all, "row")),
        };
        writeln!(out, "  {word}  {}{rows}", shown(&test.title))?;
    }
    if !quiet || any {
        writeln!(out)?;
    }
    let sources = script.checked.sources();
    let mut said = 0_usize;
    for test in tests {
        for case in test.cases.iter().filter(|case| case.fault.is_some()) {
            said += 1;
            if said <= MOST
                && let Some(fault) = &case.fault
            {
                failure(out, &sources, test, case, fault, painter)?;
            }
        }
    }
    if said > MOST {
        writeln!(out, "and {} more failed\n", said - MOST)?;
    }
    Ok(())
}

/// The line with its piece underlined.
fn excerpt(out: &mut impl Write, sources: &Sources<'_>, place: Place, painter: &Painter) -> io::Result<()> {
    let location = sources.location(place);
    let index = usize::try_from(location.line.saturating_sub(1)).unwrap_or(0);
    let line = sources.text(place.file).lines().nth(index).unwrap_or_default();
    let text = sources.text(place.file);
    let before = line.chars().take(usize::try_from(location.column.saturating_sub(1)).unwrap_or(0)).collect::<String>();
    let column = printable(&before, 160).width();
    let shown = printable(&line.replace('\t', " "), 160);
    // Of what goes on over several lines the first is shown.
    let piece = place.span.text(text).lines().next().unwrap_or_default();
    let length = printable(piece, 160).width().max(1);
    let number = location.line.to_string();
    let bar = painter.paint(Paint::Faint, "│");
    writeln!(out, "  {number} {bar} {shown}")?;
    let marks = painter.paint(Paint::Bad, &"^".repeat(length));
    writeln!(out, "  {} {bar} {}{marks}", " ".repeat(number.len()), " ".repeat(column))
}

fn failure(out: &mut impl Write, sources: &Sources<'_>, test: &Ran, case: &RanCase, fault: &Fault, painter: &Painter) -> io::Result<()> {
    let location = sources.location(fault.place);
    let word = painter.paint(Paint::Bad, "FAIL");
    writeln!(out, "{word}  {}:{}: {}", shown(&location.file), location.line, shown(&case.name(test)))?;
    writeln!(out, "  {}", fault.message)?;
    excerpt(out, sources, fault.place, painter)?;
    if let (Some(expected), Some(actual)) = (&fault.expected, &fault.actual) {
        writeln!(out, "  expected  {}", painter.paint(Paint::Good, expected))?;
        writeln!(out, "  actual    {}", painter.paint(Paint::Bad, actual))?;
    }
    if !fault.differences.is_empty() {
        let widest = |width: usize, text: &str| width.max(text.chars().count());
        let field = fault.differences.iter().fold(0, |width, difference| widest(width, &difference.field));
        let expected = fault.differences.iter().fold("expected".len(), |width, difference| widest(width, &difference.expected));
        writeln!(out, "  {}  {}  actual", pad("", field), pad("expected", expected))?;
        for difference in &fault.differences {
            let left = painter.paint(Paint::Good, &pad(&difference.expected, expected));
            writeln!(out, "  {}  {left}  {}", pad(&difference.field, field), painter.paint(Paint::Bad, &difference.actual))?;
        }
    }
    for help in &fault.help {
        writeln!(out, "  note: {help}")?;
    }
    if !fault.path.is_empty() {
        writeln!(out, "  the way there:")?;
        let skipped = fault.path.len().saturating_sub(TURNS);
        if skipped > 0 {
            writeln!(out, "    {}", painter.paint(Paint::Faint, &format!("… {}", count(skipped, "turn"))))?;
        }
        for turn in fault.path.iter().skip(skipped) {
            self::turn(out, turn, painter)?;
        }
    }
    writeln!(out)
}

fn pad(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(text.chars().count());
    format!("{text}{}", " ".repeat(missing))
}

fn turn(out: &mut impl Write, turn: &Turn, painter: &Painter) -> io::Result<()> {
    writeln!(out, "    {}", turn.event)?;
    let skipped = turn.steps.len().saturating_sub(STEPS);
    if skipped > 0 {
        writeln!(out, "      {}", painter.paint(Paint::Faint, &format!("… {}", count(skipped, "step"))))?;
    }
    for step in turn.steps.iter().skip(skipped) {
        writeln!(out, "      {} {}", painter.paint(Paint::Faint, &step.place()), step.says())?;
    }
    if turn.answer.is_empty() { Ok(()) } else { writeln!(out, "      => {}", turn.answer) }
}

fn coverage(out: &mut impl Write, results: &Results, painter: &Painter) -> io::Result<()> {
    for script in &results.scripts {
        let (Some(program), Some(coverage)) = (&script.checked.analysis.program, &script.coverage) else { continue };
        for (at, path) in (0..).zip(&script.checked.paths).take(program.files.len()) {
            let file = FileId(at);
            if coverage.of(file).0 == 0 {
                continue;
            }
            write!(out, "{}", listing(program, coverage, file, path, |paint, text| painter.paint(paint, text)))?;
        }
    }
    let untested = match results.broken {
        0 => String::new(),
        broken => format!("; {} at fault, not counted", count(broken, "script")),
    };
    let (all, covered) = total(results);
    if all == 0 {
        let why = if results.broken > 0 && results.broken == results.scripts.len() {
            "no script could be tested"
        } else {
            "there is nothing to reach"
        };
        return writeln!(out, "coverage  none: {why}\n");
    }
    let paint = if all == covered { Paint::Good } else { Paint::Bad };
    writeln!(
        out,
        "coverage  {}  ({covered} of {all} steps, arms, branches and outcomes{untested})\n",
        painter.paint(paint, &percent((all, covered)))
    )
}

fn time(time: Duration) -> String {
    format!("{:.2}s", time.as_secs_f64())
}

fn summary(results: &Results, painter: &Painter) -> String {
    let Results { passed, failed, broken, left_out, .. } = results;
    let mut out = if passed + failed == 0 && *broken > 0 {
        return painter.paint(Paint::Bad, &format!("{} at fault, no test was run", count(*broken, "script")));
    } else if passed + failed == 0 && *left_out > 0 {
        "no case was run".to_owned()
    } else if passed + failed == 0 {
        let scripts = count(results.scripts.len(), "script");
        format!("no tests found in {scripts}; a test is written `test \"…\" < from +14155550123; expect group sales >`")
    } else if *failed == 0 {
        painter.paint(Paint::Good, &format!("{} passed", count(*passed, "case")))
    } else {
        format!("{}, {passed} passed", painter.paint(Paint::Bad, &format!("{} failed", count(*failed, "case"))))
    };
    if *broken > 0 {
        out += &format!(", {} at fault", count(*broken, "script"));
    }
    if *left_out > 0 {
        out += &format!(", {left_out} left out");
    }
    if passed + failed > 0 {
        out += &format!(" in {}", time(results.time));
    }
    out
}
