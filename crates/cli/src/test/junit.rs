//! The report as JUnit's XML: a suite for each script, a case for each test or row.

use std::fmt::Write as _;

use callroute_testing::Failure as Fault;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{Results, Script};
use crate::failure::Failure;

pub fn text(results: &Results) -> Result<String, Failure> {
    let mut report = Report::new("callroute");
    report.set_time(results.time);
    for script in &results.scripts {
        report.add_test_suite(suite(script, results));
    }
    report.to_string().map_err(|error| Failure::wrong(format!("the report cannot be written as XML: {error}")))
}

fn suite(script: &Script, results: &Results) -> TestSuite {
    let path = script.checked.paths.first().cloned().unwrap_or_default();
    let mut suite = TestSuite::new(path.as_str());
    let Some(tests) = &script.tests else {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        let first = results.report.records.iter().find(|record| record.at.file == path);
        status.set_message(first.map_or_else(|| "the script is at fault".to_owned(), |record| record.message.clone()));
        suite.add_test_case(TestCase::new("the script can be tested", status));
        return suite;
    };
    let sources = script.checked.sources();
    for test in tests {
        for case in &test.cases {
            let status = match &case.fault {
                None => TestCaseStatus::success(),
                Some(fault) => {
                    let location = sources.location(fault.place);
                    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                    status.set_message(format!("{}:{}: {}", location.file, location.line, fault.message));
                    status.set_type("expectation");
                    status.set_description(description(fault));
                    status
                }
            };
            let mut made = TestCase::new(case.name(test), status);
            made.set_classname(path.as_str());
            made.set_time(case.time);
            made.extra.insert("file".into(), script.checked.paths.get(test.file).cloned().unwrap_or_default().into());
            made.extra.insert("line".into(), case.line.to_string().into());
            suite.add_test_case(made);
        }
    }
    suite
}

fn description(fault: &Fault) -> String {
    let mut out = String::new();
    if let (Some(expected), Some(actual)) = (&fault.expected, &fault.actual) {
        let _ = write!(out, "expected  {expected}\nactual    {actual}\n");
    }
    for difference in &fault.differences {
        let _ = writeln!(out, "{}: expected {}, actual {}", difference.field, difference.expected, difference.actual);
    }
    for help in &fault.help {
        let _ = writeln!(out, "note: {help}");
    }
    for turn in &fault.path {
        let _ = writeln!(out, "{}", turn.event);
        for step in &turn.steps {
            let _ = writeln!(out, "  {step}");
        }
        if !turn.answer.is_empty() {
            let _ = writeln!(out, "  => {}", turn.answer);
        }
    }
    out
}
