//! Every fix that `check --fix` would apply unasked, each alone: afterwards what it mends is gone, and on the lines that it touches is no error that was not
//! there before (but one that is mended in its turn). Over all scripts of the corpus, and the examples of the pages of errors.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

use callroute_analysis::{Files, MemoryFiles, analyse};
use callroute_diagnostics::{Applicability, Code, Diagnostic, FileId, Fix, Sources, apply_fixes, spoilt};
use callroute_tests::disk;

/// A script under a name, with the files that it reads.
struct Case<'f> {
    name: String,
    text: String,
    files: &'f dyn Files,
}

/// Where a text was changed: the same place before and after.
struct Change {
    start: u32,
    end_before: u32,
    end_after: u32,
}

/// What a fix changes, from its first edit to its last one.
fn change(fix: &Fix) -> Change {
    let edits = &fix.edits;
    let start = edits.iter().map(|edit| edit.place.span.start).min().unwrap();
    let end_before = edits.iter().map(|edit| edit.place.span.end).max().unwrap();
    let grown: i64 = edits.iter().map(|edit| edit.text.len() as i64 - i64::from(edit.place.span.end - edit.place.span.start)).sum();
    Change { start, end_before, end_after: u32::try_from(i64::from(end_before) + grown).unwrap() }
}

/// What is wrong with the safe fixes of a script, and how many there are.
fn look(case: &Case<'_>, wrong: &mut String) -> usize {
    let before = analyse(&case.name, &case.text, case.files);
    let sources = Sources::new(before.files.iter().map(|file| (file.path.as_str(), file.text.as_str())));
    let mut tried = 0;
    for diagnostic in before.diagnostics.iter().filter(|d| d.place.file == FileId(0)) {
        if diagnostic.fix.as_ref().is_none_or(|fix| fix.applicability != Applicability::Safe) {
            continue;
        }
        tried += 1;
        let fix = diagnostic.fix.as_ref().unwrap();
        let fixed = apply_fixes(&sources, std::slice::from_ref(diagnostic), Applicability::Safe);
        let [(FileId(0), text)] = fixed.texts.as_slice() else {
            *wrong += &format!("--- {}\n{}: its fix cannot be applied\n", case.name, diagnostic.message);
            continue;
        };
        let after = analyse(&case.name, text, case.files);
        let Change { start, end_before, end_after } = change(fix);
        let sources_after = Sources::new(after.files.iter().map(|file| (file.path.as_str(), file.text.as_str())));
        let spoilt = !spoilt((&sources, &before.diagnostics), &[fix], (&sources_after, &after.diagnostics)).is_empty();
        let same = |d: &&Diagnostic| d.code == diagnostic.code && d.severity == diagnostic.severity && d.message == diagnostic.message;
        let gone = after.diagnostics.iter().filter(same).count() < before.diagnostics.iter().filter(same).count();
        if !gone || spoilt {
            let lines = |text: &str, start: u32, end: u32| {
                let from = text[..start as usize].rfind('\n').map_or(0, |at| at + 1);
                let to = text[end as usize..].find('\n').map_or(text.len(), |at| end as usize + at);
                text[from..to].to_owned()
            };
            *wrong += &format!(
                "--- {} ({} {})\n{}\n->\n{}\n    {}\n",
                case.name,
                diagnostic.code,
                diagnostic.message,
                lines(&case.text, start, end_before),
                lines(text, start, end_after),
                if gone { "and something else is wrong" } else { "and it is still wrong" },
            );
        }
    }
    tried
}

#[test]
fn of_the_corpus() {
    let (mut wrong, mut tried) = (String::new(), 0);
    for path in disk::scripts(&disk::root().join("tests/corpus")) {
        let folder = disk::Folder(path.parent().unwrap().to_path_buf());
        let text = std::fs::read_to_string(&path).unwrap();
        tried += look(&Case { name: path.file_name().unwrap().to_string_lossy().into_owned(), text, files: &folder }, &mut wrong);
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(tried > 20, "{tried}");
}

#[test]
fn of_the_pages_of_errors() {
    let (mut wrong, mut tried) = (String::new(), 0);
    for code in Code::ALL {
        let page = std::fs::read_to_string(disk::root().join(format!("docs/errors/{code}.md"))).unwrap();
        let mut files = MemoryFiles::default();
        for (info, text) in disk::blocks(&page) {
            match info.strip_prefix("file ") {
                Some(name) => {
                    files.0.insert(name.to_owned(), text.into_bytes());
                }
                None if info.starts_with("route") => {
                    tried += look(&Case { name: format!("{code}.route"), text, files: &files }, &mut wrong)
                }
                None => {}
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(tried > 20, "{tried}");
}
