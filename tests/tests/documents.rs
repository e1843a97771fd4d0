//! The code blocks of the documents run: every `route` block is a script that can be compiled, every `route error` block one that is refused.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

use callroute_analysis::NoFiles;
use callroute_diagnostics::Severity;
use callroute_tests::disk;

/// Blocks between fences: info string, first line, text.
fn blocks(markdown: &str) -> Vec<(String, usize, String)> {
    let mut out: Vec<(String, usize, String)> = Vec::new();
    let mut open = false;
    for (index, line) in markdown.lines().enumerate() {
        if let Some(info) = line.strip_prefix("```") {
            if !open {
                out.push((info.trim().to_owned(), index + 2, String::new()));
            }
            open = !open;
        } else if open {
            let block = out.last_mut().unwrap();
            block.2 += line;
            block.2 += "\n";
        }
    }
    out
}

#[test]
fn scripts_in_documents_are_right() {
    let mut wrong = String::new();
    let mut count = 0;
    for entry in std::fs::read_dir(disk::root().join("docs")).unwrap().flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let mut prelude = String::new();
        for (info, line, block) in blocks(&text) {
            let (kind, script) = match info.as_str() {
                "route prelude" => {
                    prelude.clone_from(&block);
                    (true, block)
                }
                "route" => (true, format!("{prelude}{block}")),
                "route error" => (false, format!("{prelude}{block}")),
                _ => continue,
            };
            count += 1;
            let analysis = callroute_analysis::analyse("document.route", &script, &NoFiles);
            let errors: Vec<String> = analysis
                .diagnostics
                .iter()
                .filter(|d| d.severity == Severity::Error)
                .map(|d| format!("{} {}", d.code, d.message))
                .collect();
            if kind && !errors.is_empty() {
                wrong += &format!("{}:{line} is refused: {}\n", path.display(), errors.join("; "));
            } else if !kind && errors.is_empty() {
                wrong += &format!("{}:{line} is not refused\n", path.display());
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(count > 20, "only {count} blocks were found");
}

#[test]
fn the_founding_line_gets_no_error_and_no_warning() {
    let script = "when hours(9-17 America/Chicago) < menu < 1 => group sales; 2 => agent support > > else voicemail \"office_closed\"";
    let tight = "when hours(9-17 America/Chicago)<menu<1=>group sales;2=>agent support>>else voicemail\"office_closed\"";
    let lines =
        "when\nhours(9-17 America/Chicago)\n<\nmenu\n<\n1 => group sales\n2 => agent support\n>\n>\nelse\nvoicemail\n\"office_closed\"\n";
    let braces = "when hours(9-17 America/Chicago) { menu { 1 => group sales; 2 => agent support } } else voicemail \"office_closed\"";
    for text in [script, tight, lines, braces] {
        let analysis = callroute_analysis::analyse("first.route", text, &NoFiles);
        let said: Vec<_> = analysis.diagnostics.iter().filter(|d| d.severity != Severity::Hint).collect();
        assert!(said.is_empty(), "{text}\n{said:#?}");
        assert!(analysis.program.is_some());
    }
}

#[test]
fn twenty_mistakes_get_twenty_diagnostics() {
    let path = disk::root().join("tests/corpus/twenty-mistakes.route");
    let (source, analysis) = disk::analyse(&path);
    let marked: Vec<u32> = source
        .lines()
        .enumerate()
        .filter(|(_, line)| line.contains("// mistake"))
        .map(|(index, _)| u32::try_from(index).unwrap() + 1)
        .collect();
    assert_eq!(marked.len(), 20);
    let sources = callroute_diagnostics::Sources::new(analysis.files.iter().map(|file| (file.path.as_str(), file.text.as_str())));
    let errors: Vec<_> = analysis.diagnostics.iter().filter(|d| d.severity != Severity::Hint).collect();
    let lines: Vec<u32> = errors.iter().map(|d| sources.location(d.place).line).collect();
    assert_eq!(lines, marked, "{:#?}", disk::short(&analysis));
    let codes: std::collections::BTreeSet<String> = errors.iter().map(|d| d.code.to_string()).collect();
    assert!(codes.len() >= 18, "different mistakes, different codes: {codes:?}");
    for code in codes {
        assert!(callroute_diagnostics::explain(&code).is_some(), "{code} is not explained");
    }
}
