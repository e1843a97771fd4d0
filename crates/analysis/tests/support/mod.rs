//! What the tests of the analysis have in common.

use std::collections::BTreeMap;

use callroute_analysis::{Analysis, MemoryFiles, analyse};
use callroute_diagnostics::Diagnostic;

/// Analyses a script that stands at `main.route`, beside these files.
pub fn check_with(source: &str, files: &[(&str, &str)]) -> Analysis {
    let files: BTreeMap<String, Vec<u8>> = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
    analyse("main.route", source, &MemoryFiles(files))
}

/// The text under the primary place of a diagnostic.
pub fn under<'a>(analysis: &'a Analysis, diagnostic: &Diagnostic) -> &'a str {
    let file = analysis.files.get(diagnostic.place.file.0 as usize).unwrap_or_else(|| panic!("no file for {diagnostic:?}"));
    let span = diagnostic.place.span;
    file.text.get(span.start as usize..span.end as usize).unwrap_or_else(|| panic!("no text for {diagnostic:?}"))
}

/// Code and text under the place of every diagnostic.
pub fn found(analysis: &Analysis) -> Vec<(String, String)> {
    analysis.diagnostics.iter().map(|d| (d.code.to_string(), under(analysis, d).to_owned())).collect()
}

/// Asserts that a script gives exactly these diagnostics, and that what they say keeps to the rules.
#[track_caller]
pub fn expect_with(source: &str, files: &[(&str, &str)], expected: &[(&str, &str)]) -> Analysis {
    let analysis = check_with(source, files);
    let mut found = found(&analysis);
    let mut expected: Vec<(String, String)> = expected.iter().map(|(code, text)| ((*code).to_owned(), (*text).to_owned())).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected, "in\n{source}\n{:#?}", analysis.diagnostics);
    for diagnostic in &analysis.diagnostics {
        manners(&diagnostic.message);
        diagnostic.help.iter().for_each(|help| manners(help));
        diagnostic.labels.iter().for_each(|label| manners(&label.message));
    }
    let errors = analysis.diagnostics.iter().any(|d| d.severity == callroute_diagnostics::Severity::Error);
    assert_eq!(analysis.program.is_some(), !errors, "a program exactly when there is no error");
    analysis
}

/// The same without files.
#[track_caller]
pub fn expect(source: &str, expected: &[(&str, &str)]) -> Analysis {
    expect_with(source, &[], expected)
}

fn manners(message: &str) {
    assert!(!message.is_empty() && !message.contains('\n'), "one line: {message:?}");
    assert!(!message.ends_with('.') || message.ends_with("…"), "no full stop: {message:?}");
    assert!(!message.starts_with(|c: char| c.is_uppercase()), "lower case: {message:?}");
    assert_eq!(message.matches('`').count() % 2, 0, "backticks come in pairs: {message:?}");
}

/// Applies the fix of the only diagnostic with this code.
#[track_caller]
#[allow(dead_code, reason = "not every test file mends")]
pub fn mended(source: &str, code: &str) -> String {
    let analysis = check_with(source, &[]);
    let diagnostic = analysis
        .diagnostics
        .iter()
        .find(|d| d.code.to_string() == code)
        .unwrap_or_else(|| panic!("no {code}: {:#?}", analysis.diagnostics));
    let fix = diagnostic.fix.as_ref().unwrap_or_else(|| panic!("no fix: {diagnostic:#?}"));
    let mut text = source.to_owned();
    let mut edits = fix.edits.clone();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.place.span.start));
    for edit in edits {
        text.replace_range(edit.place.span.start as usize..edit.place.span.end as usize, &edit.text);
    }
    let after = check_with(&text, &[]);
    assert!(after.diagnostics.iter().all(|d| d.code.to_string() != code), "the fix does not mend: {text}");
    text
}
