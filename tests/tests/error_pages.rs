//! The pages under `docs/errors`: one for each code, whose first example (`route fails`) must get that code and no other error, and whose second
//! (`route mended`) must not. Files that an example reads stand in blocks `file NAME`, before it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

use callroute_analysis::{MemoryFiles, analyse};
use callroute_calendar::Day;
use callroute_diagnostics::{Code, Severity};
use callroute_tests::disk;

/// Codes whose example would be too large for a page; what gives them is tested where the limit stands.
const WITHOUT_EXAMPLE: &[Code] = &[
    Code::FileTooLarge,
    Code::TooDeep,
    Code::TooComplex,
    Code::NotUtf8,
    Code::TooManyValues,
    Code::TooManySteps,
    Code::TooManyImports,
    Code::TooManyRows,
    Code::TooManyFaults,
    Code::TooMuchCalendar,
    Code::FileUnreadable,
    // What the compiler refuses; the analysis knows nothing of it.
    Code::ScriptTooLong,
    Code::StepsTooDeep,
    Code::TooManyVariables,
    Code::TooMuchKept,
    Code::AnswerTooCostly,
    Code::CallsTooDeep,
    Code::TooManyParts,
    Code::CompilerFault,
];

#[test]
fn every_code_has_a_page_and_no_page_is_left_over() {
    let folder = disk::root().join("docs/errors");
    let mut pages: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.path().file_stem().map(|stem| stem.to_string_lossy().into_owned()))
        .collect();
    pages.sort();
    let mut codes: Vec<String> = Code::ALL.iter().map(ToString::to_string).collect();
    codes.sort();
    let missing: Vec<_> = codes.iter().filter(|code| !pages.contains(code)).collect();
    let left_over: Vec<_> = pages.iter().filter(|page| !codes.contains(page)).collect();
    assert!(missing.is_empty() && left_over.is_empty(), "without a page: {missing:?}; without a code: {left_over:?}");
}

#[test]
fn examples_fail_and_are_mended() {
    let mut wrong = String::new();
    for code in Code::ALL {
        let path = disk::root().join(format!("docs/errors/{code}.md"));
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        if !text.starts_with(&format!("# {code} {}\n", code.title())) {
            wrong += &format!("{code}: the page does not begin with `# {code} {}`\n", code.title());
        }
        let mut files = MemoryFiles::default();
        let (mut fails, mut mended) = (0, 0);
        for (info, script) in disk::blocks(&text) {
            if let Some(name) = info.strip_prefix("file ") {
                files.0.insert(name.to_owned(), script.into_bytes());
                continue;
            }
            let mut analysis = analyse("example.route", &script, &files);
            let compiled = analysis.program.as_ref().map(callroute_compiler::diagnose).unwrap_or_default();
            analysis.diagnostics.extend(compiled);
            let stale = analysis.program.as_ref().map(|program| callroute_analysis::stale(program, Day::parse("2026-11-29").unwrap()));
            analysis.diagnostics.extend(stale.unwrap_or_default());
            let found: Vec<Code> = analysis.diagnostics.iter().map(|d| d.code).collect();
            let others: Vec<_> = analysis
                .diagnostics
                .iter()
                .filter(|d| d.severity == Severity::Error && d.code != *code)
                .map(|d| format!("{} {}", d.code, d.message))
                .collect();
            match info.as_str() {
                "route fails" => {
                    fails += 1;
                    if !found.contains(code) || !others.is_empty() {
                        wrong += &format!("{code}: the failing example gets {}\n", disk::short(&analysis).join("; "));
                    }
                }
                "route mended" => {
                    mended += 1;
                    if found.contains(code) || !others.is_empty() {
                        wrong += &format!("{code}: the mended example gets {}\n", disk::short(&analysis).join("; "));
                    }
                }
                _ => {}
            }
        }
        if (fails == 0 || mended == 0) && !WITHOUT_EXAMPLE.contains(code) {
            wrong += &format!("{code}: an example is missing\n");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}
