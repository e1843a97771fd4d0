//! Layouts to look at: `cases/NAME.txt` holds a script, a line of dashes, and the script as it is laid out. To add one, write the script and run with `BLESS=1`;
//! then read what was written.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

use callroute_diagnostics::Span;
use callroute_format::{Edit, format, format_range};

const RULE: &str = "\n----------------------------------------------------------------------------------------------------\n";

#[test]
fn scripts_are_laid_out_as_written_down() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut wrong = String::new();
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let text = std::fs::read_to_string(entry.path()).unwrap();
        let (source, expected) = text.split_once(RULE).unwrap_or((text.trim_end_matches('\n'), ""));
        let source = format!("{source}\n");
        let found = format(&source).unwrap().text;
        assert_eq!(format(&found).unwrap().text, found, "{}", entry.path().display());
        count += 1;
        if found == expected {
            continue;
        }
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(entry.path(), format!("{}{RULE}{found}", source.strip_suffix('\n').unwrap())).unwrap();
        } else {
            wrong += &format!("\n===== {}\n{found}", entry.path().display());
        }
    }
    assert!(count > 10);
    assert!(wrong.is_empty(), "{wrong}\n(BLESS=1 writes what was found)");
}

#[test]
fn line_ends_and_the_byte_order_mark() {
    let text = |source: &str| format(source).unwrap().text;
    assert_eq!(text(""), "");
    assert_eq!(text(" \n\t\r\n"), "");
    assert_eq!(text("hangup"), "hangup\n");
    assert_eq!(text("\u{feff}hangup"), "hangup\n");
    // All of them, or none.
    assert_eq!(text("say  \"a\"\r\n/* b\r\n   c */\r\nhangup\r\n"), "say \"a\"\r\n/* b\r\n   c */\r\nhangup\r\n");
    assert_eq!(text("say  \"a\"\r\n/* b\r\n   c */\nhangup\r\n"), "say \"a\"\n/* b\n   c */\nhangup\n");
    assert_eq!(text("foo   bar\r\nsay  \"a\"\r\n"), "foo   bar\r\nsay \"a\"\r\n");
    assert_eq!(text("// a  \n//\t\n///  b \nhangup // c \t\n"), "// a\n//\n///  b\nhangup  // c\n");
}

#[test]
fn a_range_is_laid_out_alone() {
    let source = "zone   UTC\n\n// both\n  group   a   =   ring all<+1>   // here  \n\nagent   b=+2;  hangup\n";
    let at = |word: &str| u32::try_from(source.find(word).unwrap()).unwrap();
    let range = |from: u32, to: u32| format_range(source, Span::new(from, to)).unwrap();
    let apply = |edit: Edit| {
        let mut text = source.to_owned();
        text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
        text
    };
    assert_eq!(
        apply(range(at("ring"), at("ring")).unwrap()),
        "zone   UTC\n\n// both\ngroup a = ring all < +1 >  // here\n\nagent   b=+2;  hangup\n"
    );
    assert_eq!(
        apply(range(at("both"), at("b=")).unwrap()),
        "zone   UTC\n\n// both\ngroup a = ring all < +1 >  // here\n\nagent b = +2;  hangup\n"
    );
    assert_eq!(range(at("hangup"), at("hangup") + 6), None);
    assert_eq!(apply(range(0, u32::MAX).unwrap()), format(source).unwrap().text);
    assert_eq!(format_range("", Span::at(0)).unwrap(), None);
    assert_eq!(format_range("// only\n", Span::new(0, 99)).unwrap(), None);
}

#[test]
fn what_it_costs_grows_with_the_text() {
    // By the clock, so generous: what is quadratic would take a hundred times as long.
    let shapes: [&dyn Fn(usize) -> String; 8] = [
        &|n| "when from is +13125550101 < group a for 20s; say \"x\" > else hangup // c\n".repeat(n),
        &|n| "hangup; ".repeat(n),
        &|n| "/* c */ ".repeat(n),
        &|n| format!("list a = < {} >", "+1312* \"label\"; ".repeat(n)),
        &|n| format!("when from in ({} +1) < hangup >", "+1312*, ".repeat(n)),
        &|n| format!("menu <\n{}>", "  1 => hangup /* a */ // b\n\n".repeat(n)),
        &|n| "say \"a\"\r\n/* b\r\n c */\r\n".repeat(n),
        &|n| {
            format!(
                "table t = key exact < {} > < {} >",
                "a: text; ".repeat(n),
                format!("\"k\" {} \"x\"; \"l\" \"y\"; ", "\"v\", ".repeat(n)).repeat(3)
            )
        },
    ];
    for (number, shape) in shapes.iter().enumerate() {
        let time = |n: usize| {
            let text = shape(n);
            let start = std::time::Instant::now();
            let formatted = format(&text).unwrap();
            assert!(!formatted.text.is_empty());
            start.elapsed().as_secs_f64()
        };
        let (small, large) = (time(100).max(0.002), time(1000));
        assert!(large < small * 40.0, "shape {number}: {small} s became {large} s");
    }
}

#[test]
fn nesting_is_bounded_and_cheap() {
    for depth in [1, 10, 31, 32, 33, 63, 64, 65, 200] {
        let text = format!("{}hangup{}", "when vip < ".repeat(depth), " >".repeat(depth));
        let formatted = format(&text).unwrap();
        assert_eq!(format(&formatted.text).unwrap().text, formatted.text, "{depth}");
        assert_eq!(formatted.broken.is_empty(), depth <= 64, "{depth}");
    }
}
