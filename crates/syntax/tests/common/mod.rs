//! What the tests of this crate share: the corpus, and a plain rendering of diagnostics.
#![allow(dead_code, reason = "each test file uses a part of it")]

use callroute_syntax::Parse;

pub struct Case {
    pub title: String,
    pub text: String,
}

/// The scripts of one corpus file.
pub fn cases(name: &str) -> Vec<Case> {
    let path = format!("{}/tests/corpus/{name}", env!("CARGO_MANIFEST_DIR"));
    let file = std::fs::read_to_string(path).unwrap();
    let cases: Vec<Case> = file
        .split("\n===== ")
        .skip(1)
        .map(|part| {
            let (title, text) = part.split_once('\n').unwrap();
            Case { title: title.to_owned(), text: text.to_owned() }
        })
        .collect();
    assert!(!cases.is_empty(), "{name} holds no cases");
    cases
}

/// The script of this title.
pub fn case(file: &str, title: &str) -> String {
    cases(file).into_iter().find(|c| c.title == title).unwrap_or_else(|| panic!("no case `{title}`")).text
}

/// Every diagnostic, on a line each: code, place as `line:column-end`, the marked text, message, help, fix.
pub fn render(source: &str, parsed: &Parse) -> String {
    let mut out = String::new();
    for d in &parsed.diagnostics {
        let (start, end) = (d.place.span.start as usize, d.place.span.end as usize);
        let line = source[..start].matches('\n').count() + 1;
        let column = start - source[..start].rfind('\n').map_or(0, |n| n + 1) + 1;
        out.push_str(&format!("{} {line}:{column} [{}] {}\n", d.code, &source[start..end].escape_debug(), d.message));
        for label in &d.labels {
            out.push_str(&format!("    at [{}]: {}\n", label.place.span.text(source).escape_debug(), label.message));
        }
        for help in &d.help {
            out.push_str(&format!("    help: {help}\n"));
        }
        if let Some(fix) = &d.fix {
            out.push_str(&format!("    fix ({:?}): {}\n", fix.applicability, fix.title));
        }
    }
    out
}

/// A text with the fix of a diagnostic applied.
pub fn apply(source: &str, fix: &callroute_diagnostics::Fix) -> String {
    let mut edits = fix.edits.clone();
    edits.sort_by_key(|e| std::cmp::Reverse(e.place.span.start));
    let mut text = source.to_owned();
    for edit in edits {
        text.replace_range(edit.place.span.start as usize..edit.place.span.end as usize, &edit.text);
    }
    text
}
