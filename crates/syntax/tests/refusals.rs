//! What is said about every script that is refused: one mistake, one diagnostic, at its place.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, missing_docs, reason = "tests")]

mod common;

use callroute_syntax::parse;
use common::{cases, render};

#[test]
fn what_is_said() {
    let mut out = String::new();
    for case in cases("refused.txt") {
        let parsed = parse(&case.text);
        out.push_str(&format!("===== {}\n{}\n{}\n", case.title, case.text.trim_end(), render(&case.text, &parsed)));
    }
    insta::assert_snapshot!("refused", out);
}
