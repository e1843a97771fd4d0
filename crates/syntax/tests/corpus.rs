//! Every script of the corpus is accepted or refused as its file says.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

mod common;

use callroute_syntax::parse;
use common::{cases, render};

#[test]
fn accepted_scripts_are_read_without_a_diagnostic() {
    let mut failures = String::new();
    for case in cases("accepted.txt") {
        let parsed = parse(&case.text);
        if !parsed.diagnostics.is_empty() {
            failures.push_str(&format!("\n--- {}\n{}", case.title, render(&case.text, &parsed)));
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn refused_scripts_have_a_diagnostic() {
    let silent: Vec<String> = cases("refused.txt")
        .into_iter()
        .filter(|case| parse(&case.text).diagnostics.is_empty())
        .map(|case| format!("{}: {}", case.title, case.text))
        .collect();
    assert!(silent.is_empty(), "accepted, but must be refused: {silent:#?}");
}

#[test]
fn what_only_the_analysis_can_refuse_is_well_formed() {
    for case in cases("refused-later.txt") {
        let parsed = parse(&case.text);
        assert!(parsed.diagnostics.is_empty(), "{}\n{}", case.title, render(&case.text, &parsed));
    }
}
