//! Every question at every place of every script of the project, whole and cut, is answered without a panic, with spans that lie in the text.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

use std::path::{Path, PathBuf};

use callroute_analysis::{MemoryFiles, NoFiles, analyse};
use callroute_calendar::Zone;
use callroute_diagnostics::{FileId, Span};
use callroute_ide as ide;
use callroute_ide::{Clock, Snapshot};

const FILE: FileId = FileId(0);

fn clock() -> Clock {
    Clock { now: 1_795_000_000, zone: Some(Zone::parse("Europe/Berlin").unwrap()) }
}

fn scripts(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            scripts(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "route") {
            found.push(path);
        }
    }
}

fn all() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut found = Vec::new();
    for folder in ["tests/corpus", "tests/conformance", "examples"] {
        scripts(&root.join(folder), &mut found);
    }
    found.sort();
    found.iter().map(|path| std::fs::read_to_string(path).unwrap()).filter(|text| text.len() < 20_000).collect()
}

fn inside(text: &str, span: Span) {
    assert!(span.start <= span.end && span.end as usize <= text.len(), "{span:?} of {}", text.len());
    assert!(text.is_char_boundary(span.start as usize) && text.is_char_boundary(span.end as usize), "{span:?} cuts a character");
}

fn whole(snapshot: &Snapshot) {
    let text = snapshot.text(FILE).to_owned();
    let mut end = 0;
    for piece in ide::colours(snapshot, FILE, Span::new(0, u32::MAX)) {
        inside(&text, piece.span);
        assert!(piece.span.start >= end, "colours overlap at {:?}", piece.span);
        end = piece.span.end;
    }
    for symbol in ide::outline(snapshot, FILE) {
        inside(&text, symbol.span);
        assert!(symbol.span.contains(symbol.name_span), "{symbol:?}");
        assert!(!symbol.name.trim().is_empty(), "{symbol:?}");
    }
    ide::folds(snapshot, FILE).iter().for_each(|fold| inside(&text, fold.span));
    ide::lenses(snapshot, FILE).iter().for_each(|(span, _)| inside(&text, *span));
    ide::hints(snapshot, FILE, Span::new(0, u32::MAX)).iter().for_each(|hint| inside(&text, Span::at(hint.at)));
    ide::links(snapshot, FILE).iter().for_each(|(span, _)| inside(&text, *span));
    let mut last = 0;
    let mended = |text: &str| Some(analyse("main.route", text, &NoFiles));
    for (place, _) in ide::fix_all(snapshot, FILE, mended) {
        assert!(place.span.start >= last, "fixes overlap");
        last = place.span.end;
    }
}

fn at(snapshot: &Snapshot, offset: u32) {
    let text = snapshot.text(FILE);
    for item in ide::complete(snapshot, text, offset, &ide::NoFolders) {
        inside(text, item.replace);
        assert!(!item.insert.is_empty(), "{item:?}");
    }
    if let Some(hover) = ide::hover(snapshot, FILE, offset, clock()) {
        inside(text, hover.span);
        assert!(!hover.text.is_empty());
    }
    drop(ide::signature(snapshot, text, offset));
    drop(ide::references(snapshot, FILE, offset, true));
    if let Ok((span, name)) = ide::prepare_rename(snapshot, FILE, offset) {
        inside(text, span);
        assert!(ide::rename(snapshot, FILE, offset, "quite_new", |_| None).is_ok(), "{name}");
    }
    let mut inner: Option<Span> = None;
    for span in ide::selection(snapshot, FILE, offset) {
        inside(text, span);
        assert!(inner.is_none_or(|inner| span.contains(inner)));
        inner = Some(span);
    }
    for range in [Span::at(offset), Span::new(offset, offset.saturating_add(40))] {
        drop(ide::actions(snapshot, FILE, range, clock()));
    }
    if let Some(flow) = ide::flow_at(snapshot, FILE, offset) {
        drop(ide::incoming(snapshot, &flow));
        drop(ide::outgoing(snapshot, &flow));
    }
}

#[test]
fn every_place_of_every_script_can_be_asked_about() {
    for text in all() {
        let snapshot = Snapshot::of("main.route", &text, &NoFiles);
        whole(&snapshot);
        // Places all over the text, in characters or not, and both ends.
        for offset in (0..=text.len()).step_by(1.max(text.len() / 60)).chain([text.len(), text.len() + 1, u32::MAX as usize]) {
            at(&snapshot, u32::try_from(offset).unwrap());
        }
    }
}

#[test]
fn cut_scripts_too() {
    for text in all() {
        for cut in (0..text.len()).step_by(1.max(text.len() / 12)).filter(|cut| text.is_char_boundary(*cut)) {
            let snapshot = Snapshot::of("main.route", &text[..cut], &NoFiles);
            whole(&snapshot);
            at(&snapshot, u32::try_from(cut).unwrap());
            at(&snapshot, u32::try_from(cut / 2).unwrap());
        }
    }
}

#[test]
fn renaming_keeps_a_script_right() {
    let mut renamed = 0;
    for text in all() {
        let snapshot = Snapshot::of("main.route", &text, &NoFiles);
        if snapshot.analysis().program.is_none() {
            continue;
        }
        let definitions: Vec<_> = snapshot.analysis().names.definitions.iter().map(|found| found.place).collect();
        for place in definitions {
            let check = |texts: Vec<(FileId, String)>| Some(analyse("main.route", &texts.first()?.1, &NoFiles));
            let edits = match ide::rename(&snapshot, FILE, place.span.start, "quite_new", check) {
                Ok(edits) => edits,
                Err(error) => {
                    assert_eq!(error, ide::RenameError::Fixed, "{}", snapshot.text_at(place));
                    continue;
                }
            };
            let mut changed = text.clone();
            for (place, new) in edits.iter().rev() {
                changed.replace_range(place.span.start as usize..place.span.end as usize, new);
            }
            let after = Snapshot::of("main.route", &changed, &NoFiles);
            let errors: Vec<_> =
                after.analysis().diagnostics.iter().filter(|d| d.severity == callroute_diagnostics::Severity::Error).collect();
            assert!(after.analysis().program.is_some(), "{}: {errors:?}\n{changed}", snapshot.text_at(place));
            renamed += 1;
        }
    }
    assert!(renamed > 100, "only {renamed} names");
}

#[test]
fn names_of_other_files_are_asked_about_too() {
    let files = MemoryFiles([("shared.route".to_owned(), b"/// Friends.\nlist vip = < +13125550100 >\n".to_vec())].into());
    let text = "import \"shared.route\"\nwhen from in vip < hangup >\n";
    let snapshot = Snapshot::of("main.route", text, &files);
    let use_at = u32::try_from(text.find("vip").unwrap()).unwrap();
    assert!(ide::hover(&snapshot, FILE, use_at, clock()).unwrap().text.contains("Friends."));
    let (_, place) = ide::definition(&snapshot, FILE, use_at).unwrap();
    assert_eq!((place.file, snapshot.text_at(place)), (FileId(1), "vip"));
    assert_eq!(ide::outline(&snapshot, FileId(1)).len(), 1);
    assert!(ide::outline(&snapshot, FileId(7)).is_empty());
}
