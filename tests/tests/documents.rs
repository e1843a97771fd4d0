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

/// Every limit there is: where it is defined, what it counts, and the code with which it is said.
#[rustfmt::skip]
fn limits() -> Vec<(&'static str, &'static str, u64, &'static str, &'static str)> {
    use callroute_analysis::limits as analysis;
    use callroute_bytecode::limits as bytecode;
    use callroute_runtime::limits as runtime;
    use callroute_syntax::limits as syntax;
    macro_rules! limit {
        ($layer:ident :: $name:ident, $what:literal, $code:literal) => {
            (stringify!($layer), stringify!($name), u64::try_from($layer::$name).unwrap(), $what, $code)
        };
    }
    vec![
        limit!(syntax::MAX_FILE_BYTES, "bytes of a script", "E0001"),
        limit!(syntax::MAX_NESTING, "brackets inside each other; `not` repeated; `else` chained", "E0002"),
        limit!(syntax::MAX_TOKENS, "words, literals and signs of a script", "E0003"),
        limit!(syntax::MAX_DIAGNOSTICS, "diagnostics of the parser for one script; the rest is said once these are mended", "-"),
        limit!(analysis::DATA_BYTES, "bytes of a CSV file", "E0001"),
        limit!(analysis::CALENDAR_BYTES, "bytes of a calendar", "E0001"),
        limit!(analysis::FILES, "scripts that import each other", "E0806"),
        limit!(analysis::IMPORT_DEPTH, "imports inside each other", "E0806"),
        limit!(analysis::SOURCE_BYTES, "bytes of these scripts together", "E0806"),
        limit!(analysis::ENTRIES, "entries of a list from a CSV file", "E0818"),
        limit!(analysis::ROWS, "rows of a table from a CSV file", "E0818"),
        limit!(analysis::COLUMNS, "columns of a CSV file", "E0818"),
        limit!(analysis::CELLS, "cells of a table", "E0818"),
        limit!(analysis::CALENDAR_WORK, "days that the rules of a calendar look at", "E0565"),
        limit!(analysis::CALENDAR_DAYS, "days that a calendar names", "E0565"),
        limit!(analysis::EVENT_DAYS, "days of one event of a calendar; a longer one is left out", "W0567"),
        limit!(analysis::RULE_VALUES, "values in one part of the rule of a calendar's event; one with more is left out", "W0567"),
        limit!(analysis::VALUES, "inputs, fields and parameters of a script", "E0258"),
        limit!(analysis::DURATION, "milliseconds of a duration: a day", "E0309"),
        limit!(bytecode::CODE, "instructions", "E0020"),
        limit!(bytecode::VARS, "inputs, fields and parameters that steps read", "E0022"),
        limit!(bytecode::STACK, "flows that run each other with `do`", "E0025"),
        limit!(bytecode::TURNS, "turns of a call; 100 unless said otherwise", "E0208"),
        limit!(bytecode::COST, "work of one answer, in units of about an instruction", "E0024"),
        limit!(bytecode::MEMBERS, "members of a group, agent or queue", "E0026"),
        limit!(bytecode::GATHER_PROMPTS, "prompts of a menu or collect", "E0026"),
        limit!(bytecode::ENUM_VALUES, "values of an enumeration", "E0026"),
        limit!(bytecode::FIELDS, "columns of a table, fields of a source, parameters", "E0026"),
        limit!(bytecode::TEXT, "bytes of a text in a script", "E0026"),
        limit!(bytecode::DIGITS, "digits of a collect", "E0606"),
        limit!(bytecode::FILE, "bytes of a compiled script; a larger one is refused", "-"),
        limit!(bytecode::SECTIONS, "sections of a compiled script; a file with more is refused", "-"),
        limit!(bytecode::PROMPTS, "prompts of one answer; the script goes on after `played`", "-"),
        limit!(bytecode::TYPED_AHEAD, "keys typed ahead that are remembered; the rest is dropped", "warning"),
        limit!(runtime::TEXT, "bytes of a text in a call; the rest is cut off", "warning"),
        limit!(runtime::PHONES, "phones of one value in a call; the rest is cut off", "warning"),
        limit!(runtime::TAGS, "new tags of one answer; the rest is dropped", "warning"),
        limit!(runtime::WARNINGS, "warnings of one answer", "-"),
        limit!(runtime::COUNTERS, "menus whose tries are remembered at a time; the oldest begins anew", "-"),
        limit!(runtime::TEXTS, "bytes of all texts of one answer; beyond that `fallback` is answered", "warning"),
        limit!(runtime::STATE, "bytes of the state of a call", "-"),
    ]
}

/// `1,000,000`, and bytes as `16 MiB`.
fn shown(value: u64, what: &str) -> String {
    let bytes = what.starts_with("bytes");
    for (size, unit) in [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")] {
        if bytes && value >= size && value.is_multiple_of(size) {
            return format!("{} {unit}", value / size);
        }
    }
    let digits = value.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[test]
fn every_limit_stands_in_the_reference() {
    let root = disk::root();
    let limits = limits();
    let mut table = "| at most | what | code |\n|--:|---|---|\n".to_owned();
    for (_, _, value, what, code) in &limits {
        let code = match *code {
            "-" => "",
            "warning" => "a warning",
            code => {
                assert!(root.join(format!("docs/errors/{code}.md")).exists(), "{code}");
                code
            }
        };
        table += &format!("| {} | {what} | {code} |\n", shown(*value, what));
    }
    let reference = std::fs::read_to_string(root.join("docs/language.md")).unwrap();
    assert!(reference.contains(&table), "docs/language.md must have this table of limits:\n\n{table}");
    // None is left out.
    for layer in ["syntax", "analysis", "bytecode", "runtime"] {
        let source = std::fs::read_to_string(root.join(format!("crates/{layer}/src/limits.rs"))).unwrap();
        let defined: Vec<&str> = source.lines().filter_map(|line| line.strip_prefix("pub const ")?.split(':').next()).collect();
        assert!(!defined.is_empty());
        for name in defined {
            assert!(limits.iter().any(|limit| (limit.0, limit.1) == (layer, name)), "{layer}::{name} is in no row");
        }
    }
}
