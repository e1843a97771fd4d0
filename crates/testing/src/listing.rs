//! Coverage as a listing: the lines of the script, how often each was reached, and what was not, underlined.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use callroute_analysis::typed::Program;
use callroute_diagnostics::{Encoding, FileId, LineIndex};
use unicode_width::UnicodeWidthStr as _;

use crate::coverage::{Coverage, percent};
use crate::points::{Point, PointKind};
use crate::trace::printable;

/// Characters of a line that are shown.
const WIDTH: usize = 160;
/// Lines around those that can be reached; the others are left out.
const CONTEXT: u32 = 1;

/// What the parts of a listing are, for colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Paint {
    /// As it is.
    Plain,
    /// Reached.
    Good,
    /// Not reached.
    Bad,
    /// Beside the point.
    Faint,
}

/// The listing of one file, line by line; the first line says how much of it is covered. `paint` colours a piece of text. Lines of which
/// nothing can be reached have no mark, or are left out; of a file where all is reached only the first line is given.
#[must_use]
pub fn listing(program: &Program, coverage: &Coverage, file: FileId, path: &str, paint: impl Fn(Paint, &str) -> String) -> String {
    let Some(source) = program.files.get(file.0 as usize) else { return String::new() };
    let counts = coverage.of(file);
    let (all, covered) = counts;
    let paint_total = if all == covered { Paint::Good } else { Paint::Bad };
    let mut out = format!("{}  {}  ({covered} of {all})\n", printable(path, 200), paint(paint_total, &percent(counts)));
    if all == covered {
        return out;
    }
    let index = LineIndex::new(&source.text);
    let points: Vec<&Point> = coverage.points.iter().filter(|point| point.place.file == file && point.kind != PointKind::Flow).collect();
    let width = index.lines().to_string().len().max(4);
    let lines = by_line(&points, &index);
    let near = |line: u32| lines.range(line.saturating_sub(CONTEXT)..=line.saturating_add(CONTEXT)).next().is_some();
    let mut left_out = false;
    for line in 0..index.lines() {
        if !near(line) {
            if !left_out {
                let _ = writeln!(out, "{}", paint(Paint::Faint, &format!("{:>width$}", "⋮")));
            }
            left_out = true;
            continue;
        }
        left_out = false;
        let span = index.line(&source.text, line);
        let text = span.text(&source.text).trim_end();
        let here = lines.get(&line).map_or(&[][..], Vec::as_slice);
        let missed: Vec<&&Point> = here.iter().filter(|point| point.count == 0).collect();
        let count = here.iter().filter(|point| point.kind == PointKind::Step).map(|point| point.count).max();
        let count = count.or_else(|| here.iter().map(|point| point.count).max());
        let mark = match count {
            None => paint(Paint::Faint, &format!("{:>7}", "")),
            Some(0) => paint(Paint::Bad, &format!("{:>6}!", "0")),
            Some(count) if missed.is_empty() => paint(Paint::Good, &format!("{count:>6}×")),
            Some(count) => paint(Paint::Bad, &format!("{count:>6}!")),
        };
        let number = paint(Paint::Faint, &format!("{:>width$}", line.saturating_add(1)));
        let shown = printable(&text.replace('\t', "    "), WIDTH);
        let _ = writeln!(out, "{number} {mark} {bar} {shown}", bar = paint(Paint::Faint, "│"));
        // One underlining for each piece, with all that is missed of it.
        let mut pieces: Vec<(usize, usize, Vec<&str>)> = Vec::new();
        for point in missed {
            let before = source.text.get(span.start as usize..point.place.span.start as usize).unwrap_or_default();
            let column = printable(&start(before).replace('\t', "    "), WIDTH).width();
            let piece = start(point.place.span.text(&source.text)).lines().next().unwrap_or_default();
            let length = piece.width().clamp(1, WIDTH.saturating_sub(column).max(1));
            match pieces.iter_mut().find(|(known, ..)| *known == column) {
                // A step that never runs takes none of its ways either.
                Some((_, _, labels)) if labels.contains(&"never runs") => {}
                Some((_, known, labels)) => {
                    *known = (*known).max(length);
                    if !labels.contains(&point.label.as_str()) {
                        labels.push(&point.label);
                    }
                }
                None => pieces.push((column, length, vec![&point.label])),
            }
        }
        for (column, length, labels) in pieces {
            let space = " ".repeat(column);
            let line = format!("{} {}", "^".repeat(length), labels.join(", "));
            let _ = writeln!(out, "{:>width$} {:>7} {} {space}{}", "", "", paint(Paint::Faint, "│"), paint(Paint::Bad, &line));
        }
    }
    out
}

/// What may be shown of a text. All of a script can stand on one line, and be underlined in thousands of places.
fn start(text: &str) -> &str {
    text.char_indices().nth(WIDTH + 1).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

/// Points by the lines in which they begin.
fn by_line<'p>(points: &[&'p Point], index: &LineIndex) -> BTreeMap<u32, Vec<&'p Point>> {
    let mut lines: BTreeMap<u32, Vec<&Point>> = BTreeMap::new();
    for point in points {
        lines.entry(index.line_at(point.place.span.start)).or_default().push(point);
    }
    lines
}

/// Whoever can be reached but never is, in one line each: `office.route:12:5: never false`.
#[must_use]
pub fn missed(program: &Program, coverage: &Coverage, path: impl Fn(FileId) -> String) -> Vec<String> {
    let mut indexes: Vec<Option<LineIndex>> = program.files.iter().map(|_| None).collect();
    let mut out = Vec::new();
    for point in coverage.points.iter().filter(|point| point.count == 0 && point.kind != PointKind::Flow) {
        let at = point.place.file.0 as usize;
        let (Some(file), Some(slot)) = (program.files.get(at), indexes.get_mut(at)) else { continue };
        let index = slot.get_or_insert_with(|| LineIndex::new(&file.text));
        let position = index.position(&file.text, point.place.span.start, Encoding::Chars);
        let (line, column) = (position.line.saturating_add(1), position.column.saturating_add(1));
        out.push(format!("{}:{line}:{column}: {}", path(point.place.file), point.label));
    }
    out
}
