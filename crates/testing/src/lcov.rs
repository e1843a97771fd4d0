//! Coverage as a tracefile of lcov, which build servers and editors read (`man geninfo`).

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;

use callroute_analysis::typed::Program;
use callroute_diagnostics::{FileId, LineIndex, Place};

use crate::coverage::Coverage;
use crate::points::{Point, PointKind};

/// One record for each file that has something to reach. `path` gives the file's path.
#[must_use]
pub fn lcov(program: &Program, coverage: &Coverage, path: impl Fn(FileId) -> String) -> String {
    let mut out = String::new();
    for (at, source) in (0..).zip(&program.files) {
        let file = FileId(at);
        let points: Vec<&Point> = coverage.points.iter().filter(|point| point.place.file == file).collect();
        if points.is_empty() {
            continue;
        }
        let index = LineIndex::new(&source.text);
        let line = |point: &Point| index.line_at(point.place.span.start).saturating_add(1);
        // A line break would begin another record.
        let _ = writeln!(out, "TN:\nSF:{}", path(file).replace(['\n', '\r'], "?"));
        let flows: Vec<&&Point> = points.iter().filter(|point| point.kind == PointKind::Flow).collect();
        let name = |point: &Point| point.label.trim_start_matches("flow ").to_owned();
        for flow in &flows {
            let _ = writeln!(out, "FN:{},{}", line(flow), name(flow));
        }
        for flow in &flows {
            let _ = writeln!(out, "FNDA:{},{}", flow.count, name(flow));
        }
        let _ = writeln!(out, "FNF:{}\nFNH:{}", flows.len(), flows.iter().filter(|flow| flow.count > 0).count());
        let branches: Vec<&&Point> = points.iter().filter(|point| point.kind == PointKind::Branch).collect();
        let reached: HashSet<Place> =
            points.iter().filter(|point| point.kind == PointKind::Step && point.count > 0).map(|point| point.place).collect();
        let mut of_step: BTreeMap<u32, u32> = BTreeMap::new();
        let block = |point: &Point| point.step.span.start;
        for branch in &branches {
            let number = of_step.entry(block(branch)).or_default();
            // `-`: the step itself was never reached.
            let taken = if branch.count > 0 || reached.contains(&branch.step) { branch.count.to_string() } else { "-".to_owned() };
            let _ = writeln!(out, "BRDA:{},{},{number},{taken}", line(branch), block(branch));
            *number = number.saturating_add(1);
        }
        let _ = writeln!(out, "BRF:{}\nBRH:{}", branches.len(), branches.iter().filter(|branch| branch.count > 0).count());
        let mut lines: BTreeMap<u32, u64> = BTreeMap::new();
        for point in points.iter().filter(|point| point.kind == PointKind::Step) {
            let count = lines.entry(line(point)).or_default();
            *count = (*count).max(point.count);
        }
        for (line, count) in &lines {
            let _ = writeln!(out, "DA:{line},{count}");
        }
        let _ = writeln!(out, "LF:{}\nLH:{}\nend_of_record", lines.len(), lines.values().filter(|count| **count > 0).count());
    }
    out
}
