//! What is said about every script that is refused: one mistake, one diagnostic, at its place.
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

use callroute_diagnostics::{Code, Diagnostic};
use callroute_syntax::parse;
use common::{Case, apply, cases, render};

fn said(cases: &[Case]) -> String {
    let mut out = String::new();
    for case in cases {
        let parsed = parse(&case.text);
        out.push_str(&format!("===== {}\n{}\n{}\n", case.title, case.text.trim_end(), render(&case.text, &parsed)));
    }
    out
}

#[test]
fn what_is_said_of_refused_scripts() {
    insta::assert_snapshot!("refused", said(&cases("refused.txt")));
}

#[test]
fn what_is_said_of_mistakes() {
    insta::assert_snapshot!("mistakes", said(&cases("mistakes.txt")));
}

#[test]
fn one_mistake_one_diagnostic() {
    let mut failures = String::new();
    for case in cases("mistakes.txt") {
        let wanted: usize = case.title.split(' ').next().unwrap().parse().unwrap();
        let parsed = parse(&case.text);
        if parsed.diagnostics.len() != wanted {
            failures.push_str(&format!("--- {}\n{}\n{}", case.title, case.text, render(&case.text, &parsed)));
        }
    }
    for case in cases("refused.txt") {
        let parsed = parse(&case.text);
        if parsed.diagnostics.len() != 1 {
            failures.push_str(&format!("--- {}\n{}\n{}", case.title, case.text, render(&case.text, &parsed)));
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

/// After a fix its diagnostic is gone, and no other has come in its place: with a safe one nothing is said that was not said before.
#[test]
fn fixes_mend() {
    let mut failures = String::new();
    for case in cases("refused.txt").into_iter().chain(cases("mistakes.txt")) {
        let parsed = parse(&case.text);
        for (index, diagnostic) in parsed.diagnostics.iter().enumerate() {
            let Some(fix) = &diagnostic.fix else { continue };
            let mended = apply(&case.text, fix);
            let after = parse(&mended);
            let safe = fix.applicability == callroute_diagnostics::Applicability::Safe;
            let said = |diagnostics: &[Diagnostic], code: Code| diagnostics.iter().filter(|d| d.code == code).count();
            let new = after.diagnostics.iter().any(|d| said(&after.diagnostics, d.code) > said(&parsed.diagnostics, d.code));
            let gone = if safe {
                !new && said(&after.diagnostics, diagnostic.code) < said(&parsed.diagnostics, diagnostic.code)
            } else {
                after.diagnostics.get(index) != Some(diagnostic)
            };
            if !gone {
                failures.push_str(&format!(
                    "--- {} ({:?})\n{}->\n{mended}{}",
                    case.title,
                    fix.applicability,
                    case.text,
                    render(&mended, &after)
                ));
            }
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

/// Messages are lower case, of one line, without a full stop; help is there.
#[test]
fn messages_have_one_style() {
    for case in cases("refused.txt").into_iter().chain(cases("mistakes.txt")) {
        for diagnostic in parse(&case.text).diagnostics {
            let message = &diagnostic.message;
            assert!(!message.ends_with('.') && !message.contains('\n'), "{message}");
            assert!(!message.starts_with(char::is_uppercase), "{message}");
            assert_eq!(message.matches('`').count() % 2, 0, "{message}");
            assert!(!diagnostic.help.is_empty() || diagnostic.fix.is_some(), "no help for: {message}");
            for help in &diagnostic.help {
                assert!(!help.contains('\n') && !help.ends_with('.'), "{help}");
            }
        }
    }
}
