//! What holds for any text: the parser ends, every place lies in the file, and children lie in their parents.
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

use callroute_diagnostics::{FileId, Span};
use callroute_syntax::limits::MAX_DIAGNOSTICS;
use callroute_syntax::visit::{Event, Node, walk};
use callroute_syntax::{Parse, parse, parse_bytes};
use common::{case, cases};
use proptest::prelude::*;

fn check_span(source: &str, span: Span, what: &str) {
    let (start, end) = (span.start as usize, span.end as usize);
    assert!(start <= end && end <= source.len(), "{what}: {span:?} is out of bounds in {source:?}");
    assert!(source.is_char_boundary(start) && source.is_char_boundary(end), "{what}: {span:?} splits a character in {source:?}");
}

/// Parses and checks everything that must hold.
fn check(source: &str) -> Parse {
    let parsed = parse(source);
    let mut stack: Vec<Span> = Vec::new();
    let mut errors = 0_usize;
    walk(&parsed.tree, &mut |event| match event {
        Event::Enter(node) => {
            let span = node.span();
            check_span(source, span, "node");
            if let Some(parent) = stack.last() {
                let debug = format!("{node:?}");
                assert!(
                    parent.contains(span),
                    "{span:?} `{}` outside of its parent {parent:?} in {source:?}: {}",
                    span.text(source),
                    &debug[..debug.len().min(120)]
                );
            }
            if let Node::Expr(expr) = node {
                errors += usize::from(matches!(expr.kind, callroute_syntax::tree::ExprKind::Error));
            }
            stack.push(span);
        }
        Event::Leave(_) => {
            stack.pop();
        }
    });
    assert!(errors == 0 || !parsed.diagnostics.is_empty(), "an error node without a diagnostic in {source:?}");
    let mut last = None;
    for diagnostic in &parsed.diagnostics {
        check_span(source, diagnostic.place.span, "diagnostic");
        assert!(
            last < Some(diagnostic.place.span.start),
            "two diagnostics at one place in {source:?}: {}",
            common::render(source, &parsed)
        );
        last = Some(diagnostic.place.span.start);
        for label in &diagnostic.labels {
            check_span(source, label.place.span, "label");
        }
        for edit in diagnostic.fix.iter().flat_map(|f| &f.edits) {
            check_span(source, edit.place.span, "edit");
        }
    }
    assert!(parsed.diagnostics.len() <= MAX_DIAGNOSTICS);
    let mut end = 0;
    for comment in &parsed.comments {
        check_span(source, comment.span, "comment");
        assert!(comment.span.start >= end, "comments overlap");
        end = comment.span.end;
    }
    parsed
}

fn corpus() -> Vec<common::Case> {
    ["accepted.txt", "refused.txt", "refused-later.txt", "mistakes.txt"].into_iter().flat_map(cases).collect()
}

fn samples() -> Vec<String> {
    ["the smallest script, as it stands", "a small office", "a schedule with every kind of line"]
        .into_iter()
        .map(|title| case("accepted.txt", title))
        .collect()
}

/// Words, texts, numbers and signs of a text, with the place of each.
fn tokens(source: &str) -> Vec<(usize, usize)> {
    let bytes = source.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        if bytes[at].is_ascii_whitespace() {
            at += 1;
            continue;
        }
        if bytes[at] == b'"' {
            at += 1;
            while at < bytes.len() && bytes[at] != b'"' {
                at += 1;
            }
            at = (at + 1).min(bytes.len());
        } else if bytes[at].is_ascii_alphanumeric() || bytes[at] == b'_' {
            while at < bytes.len() && (bytes[at].is_ascii_alphanumeric() || bytes[at] == b'_') {
                at += 1;
            }
        } else {
            at += source[at..].chars().next().unwrap().len_utf8();
        }
        tokens.push((start, at));
    }
    tokens
}

/// One of so many places; every one with `FULL=1`.
fn some(many: usize) -> usize {
    if std::env::var_os("FULL").is_some() { 1 } else { many }
}

#[test]
fn on_every_script_of_the_corpus() {
    for case in corpus() {
        check(&case.text);
    }
}

#[test]
fn on_every_prefix_and_suffix_of_the_samples() {
    for sample in samples() {
        for (at, _) in sample.char_indices().step_by(some(3)) {
            check(&sample[..at]);
            check(&sample[at..]);
        }
    }
}

#[test]
fn on_every_token_deleted_doubled_or_replaced() {
    for sample in samples() {
        for (start, end) in tokens(&sample).into_iter().step_by(some(3)) {
            check(&format!("{}{}", &sample[..start], &sample[end..]));
            check(&format!("{}{} {}", &sample[..end], &sample[start..end], &sample[end..]));
            for other in ["<", ">", "{", "}", "(", ")", "\"", ";", ",", "=>", "else", "when", "12", "+1*", "é"] {
                check(&format!("{}{other}{}", &sample[..start], &sample[end..]));
            }
        }
    }
}

/// A token left out of a good script costs few diagnostics: no cascade.
#[test]
fn a_missing_token_costs_few_diagnostics() {
    let mut worst = (0, String::new());
    let mut total = 0;
    let mut count = 0;
    for sample in samples() {
        for (start, end) in tokens(&sample) {
            let text = format!("{}{}", &sample[..start], &sample[end..]);
            let parsed = check(&text);
            let found = parsed.diagnostics.len();
            total += found;
            count += 1;
            if found > worst.0 {
                worst = (found, format!("without `{}`:\n{}\n{}", &sample[start..end], text, common::render(&text, &parsed)));
            }
        }
    }
    println!("{total} diagnostics for {count} deletions");
    assert!(worst.0 <= 3, "{} diagnostics {}", worst.0, worst.1);
    assert!(f64::from(total as u32) / f64::from(count) < 1.2, "{total} diagnostics for {count} deletions");
}

#[test]
fn on_any_bytes() {
    for bytes in [&b"\xFF\xFE"[..], b"say \"\xC3\"", b"\xEF\xBB\xBFhangup", b"", b"\0\0\0"] {
        let parsed = parse_bytes(FileId(3), bytes);
        for diagnostic in &parsed.diagnostics {
            assert!(diagnostic.place.span.end as usize <= bytes.len());
            assert_eq!(diagnostic.place.file, FileId(3));
        }
    }
    assert!(parse_bytes(FileId(0), b"\xEF\xBB\xBFhangup\r\n").diagnostics.is_empty(), "a byte order mark is no mistake");
    assert_eq!(parse_bytes(FileId(0), b"say \"\xC3\"").diagnostics[0].code, callroute_diagnostics::Code::NotUtf8);
}

const SOUP: &[&str] = &[
    "when ",
    "hours(",
    "on(",
    "9-17 ",
    "America/Chicago",
    ")",
    "(",
    "<",
    ">",
    "{",
    "}",
    "‹",
    "›",
    "（",
    "）",
    "｛",
    "＞",
    "menu ",
    "1",
    "=>",
    "->",
    " else ",
    "group ",
    "sales ",
    "agent ",
    "say ",
    "\"a{b}\"",
    "\"",
    "'",
    ";",
    ",",
    "\n",
    " ",
    "for 20s ",
    "until 17:15 ",
    "list ",
    "vip ",
    "= ",
    "+1312* ",
    "sip:a@b ",
    "dates ",
    "dec 24 ",
    "easter ",
    "mon-fri ",
    "closed ",
    "schedule ",
    "test ",
    "expect ",
    "given ",
    "from ",
    "to ",
    "is ",
    "in ",
    "not ",
    "and ",
    "or ",
    "// c\n",
    "/* c */",
    "/*",
    "lookup ",
    "crm(from) ",
    "as c ",
    "within 300ms ",
    "collect ",
    "4 digits ",
    "as pin ",
    "switch ",
    "tier ",
    "70% ",
    "split by call ",
    "flow ",
    "ring ",
    "all ",
    "in order ",
    "by weight ",
    "table ",
    "key prefix ",
    "region: text ",
    "2026-12-24 ",
    "T14:32:00Z ",
    "every 2 weeks ",
    "1st, 3rd mon of month ",
    "é",
    "“",
    "”",
    "–",
    "\u{a0}",
    "<<<<<<< x\n",
    "\\",
    "\t",
    "\r\n",
    "[2-9]",
    "*",
    "#",
    "x",
    "@",
    ".",
    ":",
    "if ",
    "== ",
    "&& ",
    "! ",
    "reject 486 ",
    "voicemail \"x\" ",
    "hangup ",
    "as ",
    "- ",
    "+ ",
    "0x1F ",
    "1m30s ",
];

/// So many cases; `PROPTEST_CASES` asks for more.
fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(100);
    ProptestConfig { cases, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn on_arbitrary_text(source in "\\PC{0,200}") {
        check(&source);
    }

    #[test]
    fn on_arbitrary_characters(source in proptest::collection::vec(any::<char>(), 0..120)) {
        check(&source.into_iter().collect::<String>());
    }

    #[test]
    fn on_soups_of_tokens(parts in proptest::collection::vec(proptest::sample::select(SOUP), 0..60)) {
        check(&parts.concat());
    }

    #[test]
    fn on_samples_with_pieces_exchanged(which in 0..3_usize, cuts in proptest::collection::vec((0.0..1.0_f64, 0..6_usize, proptest::sample::select(SOUP)), 1..6)) {
        let mut text = samples().swap_remove(which);
        for (place, length, piece) in cuts {
            let mut at = (place * text.len() as f64) as usize;
            while !text.is_char_boundary(at) { at -= 1; }
            let mut end = (at + length).min(text.len());
            while !text.is_char_boundary(end) { end += 1; }
            text.replace_range(at..end, piece);
        }
        check(&text);
    }
}
