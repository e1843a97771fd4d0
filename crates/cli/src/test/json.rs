//! The report as one JSON object.

use callroute_diagnostics::FileId;
use callroute_testing::PointKind;
use serde_json::{Value, json};

use super::{Results, Script, total};
use crate::failure::Failure;

pub fn text(results: &Results) -> Result<String, Failure> {
    let scripts: Vec<Value> = results.scripts.iter().map(script).collect();
    let mut all = json!({
        "scripts": scripts,
        "diagnostics": serde_json::to_value(&results.report.records).unwrap_or_default(),
        "passed": results.passed,
        "failed": results.failed,
        "at_fault": results.broken,
        "left_out": results.left_out,
        "seconds": results.time.as_secs_f64(),
    });
    if results.scripts.iter().any(|script| script.coverage.is_some())
        && let Some(object) = all.as_object_mut()
    {
        let (all, covered) = total(results);
        object.insert("coverage".to_owned(), json!({"points": all, "covered": covered}));
    }
    serde_json::to_string(&all).map_err(|error| Failure::wrong(format!("the report cannot be written as JSON: {error}")))
}

fn script(script: &Script) -> Value {
    let sources = script.checked.sources();
    let path = |file: usize| script.checked.paths.get(file).cloned().unwrap_or_default();
    let mut cases = Vec::new();
    for test in script.tests.iter().flatten() {
        for case in &test.cases {
            let mut value = json!({
                "name": test.title,
                "file": path(test.file),
                "line": case.line,
                "status": if case.fault.is_none() { "passed" } else { "failed" },
                "seconds": case.time.as_secs_f64(),
            });
            let Some(object) = value.as_object_mut() else { continue };
            if test.table {
                object.insert("row".to_owned(), json!(case.row));
            }
            if let Some(fault) = &case.fault {
                let location = sources.location(fault.place);
                let place = json!({
                    "file": location.file,
                    "line": location.line,
                    "column": location.column,
                    "end_line": location.end_line,
                    "end_column": location.end_column,
                });
                let failure = json!({
                    "message": fault.message,
                    "at": place,
                    "expected": fault.expected,
                    "actual": fault.actual,
                    "differences": fault.differences,
                    "help": fault.help,
                    "path": fault.path,
                });
                object.insert("failure".to_owned(), failure);
            }
            cases.push(value);
        }
    }
    let mut value = json!({"file": path(0), "at_fault": script.tests.is_none(), "cases": cases});
    if let (Some(object), Some(coverage)) = (value.as_object_mut(), &script.coverage) {
        let files: Vec<Value> = (0..)
            .zip(&script.checked.paths)
            .filter_map(|(at, path)| {
                let (all, covered) = coverage.of(FileId(at));
                let missed: Vec<Value> = coverage
                    .points
                    .iter()
                    .filter(|point| point.place.file == FileId(at) && point.count == 0 && point.kind != PointKind::Flow)
                    .map(|point| {
                        let location = sources.location(point.place);
                        json!({"line": location.line, "column": location.column, "what": point.label})
                    })
                    .collect();
                (all > 0).then(|| json!({"file": path, "points": all, "covered": covered, "missed": missed}))
            })
            .collect();
        object.insert("coverage".to_owned(), json!(files));
    }
    value
}
