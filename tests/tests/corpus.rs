//! The corpus: scripts, each with the diagnostics that it must get in its last lines (`// expect E0204 3:5-3:9 …`). To add a case, drop in a file and run
//! with `BLESS=1`; then read what was written.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

use std::path::Path;

use callroute_tests::disk;

/// The script without its expectations, and these.
fn parts(text: &str) -> (String, Vec<String>) {
    let is_expectation = |line: &&str| line.starts_with("// expect ");
    let script: String = text.lines().filter(|line| !is_expectation(line)).map(|line| format!("{line}\n")).collect();
    let expected = text.lines().filter(is_expectation).map(|line| line.trim_start_matches("// expect ").to_owned()).collect();
    (script, expected)
}

fn found(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let (script, _) = parts(&text);
    let folder = disk::Folder(path.parent().unwrap().to_path_buf());
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    disk::short(&callroute_analysis::analyse(&name, &script, &folder))
}

#[test]
fn every_script_gets_the_diagnostics_that_it_expects() {
    let mut wrong = String::new();
    let scripts = disk::scripts(&disk::root().join("tests/corpus"));
    assert!(!scripts.is_empty());
    for path in scripts {
        // Files that others import have no expectations of their own.
        if path.parent().unwrap().ends_with("shared") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let (script, expected) = parts(&text);
        let found = found(&path);
        if expected == found {
            continue;
        }
        if std::env::var_os("BLESS").is_some() {
            let tail: String = found.iter().map(|line| format!("// expect {line}\n")).collect();
            std::fs::write(&path, format!("{script}{tail}")).unwrap();
        } else {
            wrong +=
                &format!("\n{}\n  expected:\n    {}\n  found:\n    {}\n", path.display(), expected.join("\n    "), found.join("\n    "));
        }
    }
    assert!(wrong.is_empty(), "{wrong}\n(BLESS=1 writes what was found)");
}

#[test]
fn every_prefix_and_every_missing_line_is_survived() {
    for path in disk::scripts(&disk::root().join("tests/corpus")) {
        let text = std::fs::read_to_string(&path).unwrap();
        let folder = disk::Folder(path.parent().unwrap().to_path_buf());
        let lines: Vec<&str> = text.lines().collect();
        let step = (lines.len() / 12).max(1);
        for index in (0..lines.len()).step_by(step) {
            let without: Vec<&str> = lines.iter().enumerate().filter(|(at, _)| *at != index).map(|(_, line)| *line).collect();
            for text in [lines[..index].join("\n"), without.join("\n")] {
                let analysis = callroute_analysis::analyse("a.route", &text, &folder);
                assert_eq!(
                    analysis.program.is_none(),
                    analysis.diagnostics.iter().any(|d| d.severity == callroute_diagnostics::Severity::Error),
                    "{text}"
                );
                let shown = disk::short(&analysis);
                assert_eq!(shown.len(), analysis.diagnostics.len());
            }
        }
    }
}
