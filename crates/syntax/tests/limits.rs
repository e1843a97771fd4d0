//! Hostile sizes: what is too large, too deep or too much is refused at once, and cost grows with length, not faster.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

use std::time::Instant;

use callroute_diagnostics::{Code, FileId};
use callroute_syntax::limits::{MAX_DIAGNOSTICS, MAX_FILE_BYTES, MAX_NESTING, MAX_TOKENS};
use callroute_syntax::{parse, parse_bytes};

fn codes(source: &str) -> Vec<Code> {
    parse(source).diagnostics.iter().map(|d| d.code).collect()
}

#[test]
fn a_file_too_large_is_refused() {
    let mut bytes = vec![b' '; MAX_FILE_BYTES];
    assert!(parse_bytes(FileId(0), &bytes).diagnostics.is_empty());
    bytes.push(b' ');
    let parsed = parse_bytes(FileId(0), &bytes);
    assert_eq!(parsed.diagnostics.len(), 1);
    assert_eq!(parsed.diagnostics[0].code, Code::FileTooLarge);
    assert_eq!(parse(std::str::from_utf8(&bytes).unwrap()).diagnostics[0].code, Code::FileTooLarge);
}

#[test]
fn too_many_tokens_are_refused() {
    let parsed = parse(&"hangup ".repeat(MAX_TOKENS + 1));
    assert_eq!(parsed.diagnostics.len(), 1);
    assert_eq!(parsed.diagnostics[0].code, Code::TooComplex);
}

/// Brackets and quotes without end, of every kind: a file of them is one mistake or a few, and costs in proportion to its length.
#[test]
fn twenty_thousand_brackets_are_one_mistake() {
    for bracket in ["<", "{", "(", "when x <", "menu < 1 => ", "when (", "say (", "<{(", "x("] {
        let found = codes(&bracket.repeat(20_000));
        assert!(found.contains(&Code::TooDeep) || found.contains(&Code::Unclosed), "{bracket}: {found:?}");
        assert!(found.len() <= MAX_DIAGNOSTICS, "{bracket}");
    }
    let pieces = [
        ("<", ""),
        ("(", ""),
        ("<{(", ""),
        ("when x <", ""),
        (">", ""),
        (")", ""),
        ("\"", ""),
        ("'", ""),
        ("/*", ""),
        ("\\", ""),
        ("“", ""),
        ("‘", ""),
        ("<", "}"),
        ("  <\n", ">\n"),
        ("when ( ", " > a)"),
        ("* ", ""),
        ("1", ""),
        ("schedule s =\n", ">\n"),
    ];
    for (piece, after) in pieces {
        let text = |count: usize| format!("{}{}", piece.repeat(count), after.repeat(count));
        assert!(!codes(&text(4_000)).is_empty(), "{piece}");
        assert_proportionate(&text(1_000), &text(4_000), 10.0);
    }
}

/// The deepest nesting that is allowed is read, one more is refused at the very bracket, and the rest of the file is read.
#[test]
fn nesting_has_a_limit() {
    let nested = |depth: usize| format!("{}hangup{}", "when vip < ".repeat(depth), " >".repeat(depth));
    assert_eq!(codes(&nested(MAX_NESTING)), []);
    let source = format!("{}\ngrup a", nested(MAX_NESTING + 1));
    let parsed = parse(&source);
    let found: Vec<_> = parsed.diagnostics.iter().map(|d| d.code).collect();
    assert_eq!(found[0], Code::TooDeep);
    assert_eq!(found.last(), Some(&Code::UnknownStep));
    assert_eq!(parsed.diagnostics[0].place.span.start as usize, "when vip < ".len() * MAX_NESTING + "when vip ".len());
    let menus = |depth: usize| format!("{}hangup{}", "menu say \"x\" < 1 => ".repeat(depth), " > else hangup".repeat(depth));
    assert_eq!(codes(&menus(MAX_NESTING)), []);
    let parens = |depth: usize| format!("when {}vip{} < hangup >", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(codes(&parens(MAX_NESTING)), []);
    assert!(codes(&parens(MAX_NESTING + 1)).contains(&Code::TooDeep));
    let values = |depth: usize| format!("dial {}ext{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(codes(&values(MAX_NESTING)), []);
}

#[test]
fn chains_have_a_limit() {
    let chain = |length: usize| format!("{}hangup", "group a else ".repeat(length));
    assert_eq!(codes(&chain(MAX_NESTING - 1)), []);
    assert_eq!(codes(&chain(10_000)), [Code::TooDeep]);
    assert_eq!(codes(&format!("when {}vip < hangup >", "not ".repeat(MAX_NESTING))), []);
    assert_eq!(codes(&format!("when {}vip < hangup >", "not ".repeat(10_000))), [Code::TooDeep]);
    // Side by side is not deep.
    assert_eq!(codes(&format!("when vip{} < hangup >", " or vip and x".repeat(3_000))), []);
    assert_eq!(codes(&"when vip < hangup >\n".repeat(3_000)), []);
}

/// Limits hold on a small stack as well, such as that of a thread.
#[test]
fn a_small_stack_is_enough() {
    let worst = format!("{}hangup{}", "menu say \"x\" < 1 => ".repeat(MAX_NESTING), " > else hangup".repeat(MAX_NESTING));
    std::thread::Builder::new()
        .stack_size(2 * 1024 * 1024)
        .spawn(move || assert!(parse(&worst).diagnostics.is_empty()))
        .unwrap()
        .join()
        .unwrap();
}

#[test]
fn an_unterminated_text_ends_with_its_line() {
    let source = format!("say \"{}\nhangup", "a".repeat(100_000));
    assert_eq!(codes(&source), [Code::OpenText]);
    assert_eq!(parse(&source).tree.items.len(), 2);
}

fn time(source: &str) -> f64 {
    let started = Instant::now();
    std::hint::black_box(parse(source));
    started.elapsed().as_secs_f64()
}

/// The larger text, four times as much, takes less than `most` times as long. On a busy machine any one measurement can be
/// wrong, so the best of several counts; a square law, with sixteen times, would stand in all of them.
fn assert_proportionate(small: &str, large: &str, most: f64) {
    let (mut least_small, mut least_large) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..20 {
        least_small = least_small.min(time(small));
        least_large = least_large.min(time(large));
        if least_large < least_small * most + 0.02 {
            return;
        }
    }
    let shown: String = small.chars().take(40).collect();
    panic!("{shown:?} …: {least_small:.4}s, four times as much {least_large:.4}s");
}

/// Four times the text takes about four times as long: a square law would take sixteen times.
#[test]
fn cost_grows_with_length() {
    let shapes: &[(&str, &str, &str)] = &[
        ("", "when from is +1312* and hours(9-17 America/Chicago) < group sales for 20s else voicemail \"x\" >\n", ""),
        ("menu < ", "1 => group sales for 20s else voicemail \"x\"\n", ">"),
        ("list a = < ", "+13125550100 \"Ana\"; ", ">"),
        ("when vip", " or tier is gold and not x", "< hangup >"),
        ("", "foo bar baz < quux; 1 2 3 > ", ""),
        ("", "when ( ", ""),
        ("", "> ", ""),
        ("", "group a else ", ""),
        ("schedule s = < ", "mon thru fri 9-17, 18-20 ", ">"),
        ("", "say \"abc\n", ""),
        ("", "when x <\n", ""),
        ("x(", "a, ", ""),
        ("", "1, ", ""),
        ("", "/* x */ ", "hangup"),
        ("say \"", "{a} \\n ", "\""),
        ("", "   \n", "hangup"),
        ("dial +1", "-312", ""),
        ("switch x < ", "a, b, c, ", "d => hangup >"),
    ];
    for (before, piece, after) in shapes {
        let small = format!("{before}{}{after}", piece.repeat(400));
        let large = format!("{before}{}{after}", piece.repeat(1600));
        assert_proportionate(&small, &large, 10.0);
    }
}

/// Nesting costs no more than its length.
#[test]
fn cost_grows_with_nesting() {
    let shapes: &[(&str, &str)] = &[
        ("when vip < ", " >"),
        ("menu < 1 => ", " > else hangup"),
        ("when vip < menu { 1 => ", " } >"),
        ("foo < ", " >"),
        ("switch x < a => group b < busy => ", " > >"),
    ];
    for (open, close) in shapes {
        let nested = |depth: usize| format!("{}hangup{}", open.repeat(depth), close.repeat(depth));
        assert_proportionate(&nested(7), &nested(28), 12.0);
    }
    let parens = |depth: usize| format!("when {}vip{} < hangup >", "(".repeat(depth), ")".repeat(depth));
    assert_proportionate(&parens(15), &parens(60), 12.0);
}

/// What stands too deep is there: nothing is missing where it was left out.
#[test]
fn what_stands_too_deep_is_one_mistake() {
    let levels = MAX_NESTING + 2;
    for head in ["when from is 911 < ", "menu < 1 => ", "group a else < ", "when from is 911 <\n", "switch from < 911 => "] {
        let text = format!("{}hangup{}\n", head.repeat(levels), " >".repeat(levels));
        assert_eq!(codes(&text), [Code::TooDeep], "{head}");
    }
}
