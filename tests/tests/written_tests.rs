//! The tests that an editor writes for the way to a step are what the author would have written: they are right, and they pass.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

use callroute_diagnostics::{FileId, Span};
use callroute_ide::{Clock, Snapshot, actions};
use callroute_syntax::visit::{Event, Node, walk};
use callroute_testing::{Suite, Verdict};
use callroute_tests::disk;

/// Of all steps of the examples for which a test is offered, in hundredths: the rest depend on a share, on what a text contains, on the
/// rows of a table, or on a flow that is run before them.
const PASS: usize = 85;

#[test]
fn tests_that_are_written_for_a_step_pass() {
    let clock = Clock { now: 1_795_000_000, zone: None };
    let (mut offered, mut failed) = (0, Vec::new());
    for path in disk::scripts(&disk::root().join("examples")) {
        let text = std::fs::read_to_string(&path).unwrap();
        let files = disk::Folder(path.parent().unwrap().to_path_buf());
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let snapshot = Snapshot::of(&name, &text, &files);
        let mut starts = Vec::new();
        walk(&snapshot.parse(FileId(0)).unwrap().tree, &mut |event| {
            if let Event::Enter(Node::Step(step)) = event {
                starts.push(step.span.start);
            }
        });
        for start in starts {
            let found = actions(&snapshot, FileId(0), Span::at(start), clock);
            let Some(action) = found.iter().find(|action| action.title.starts_with("Write a test")) else { continue };
            offered += 1;
            let (place, new) = &action.edits[0];
            let mut with = text.clone();
            with.replace_range(place.span.start as usize..place.span.end as usize, new);
            let analysis = callroute_analysis::analyse(&name, &with, &files);
            let Some(program) = analysis.program.as_ref() else {
                failed.push(format!("{name}: {:?}{new}", analysis.diagnostics));
                continue;
            };
            let suite = Suite::new(program).unwrap();
            let written = program.tests.iter().max_by_key(|test| (test.place.file == FileId(0), test.place.span.start)).unwrap();
            if let Verdict::Failed(failure) = suite.run(&written.cases[0], &mut suite.memory(), None) {
                failed.push(format!("{name}: {}: {:?}{new}", failure.message, failure.actual));
            }
        }
    }
    assert!(offered > 30, "{offered}");
    assert!(failed.len() * 100 <= offered * (100 - PASS), "{} of {offered} fail\n{}", failed.len(), failed.join("\n"));
}
