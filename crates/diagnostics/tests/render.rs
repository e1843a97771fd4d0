//! What people and machines are shown.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

use callroute_diagnostics::{
    Applicability, Code, Color, Diagnostic, Edit, Encoding, FileId, Human, Place, Position, Record, Sources, Span, json, sarif,
};
use proptest::prelude::*;

fn at(file: u32, start: u32, end: u32) -> Place {
    Place { file: FileId(file), span: Span { start, end } }
}

fn find(text: &str, what: &str) -> Place {
    let start = text.find(what).unwrap() as u32;
    at(0, start, start + what.len() as u32)
}

/// Compares with a file; `BLESS=1` writes it.
fn golden(name: &str, shown: &str) {
    let path = format!("{}/tests/golden/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, shown).unwrap();
    }
    assert_eq!(shown, std::fs::read_to_string(&path).unwrap(), "\n{shown}");
}

const SCRIPT: &str = "zone America/Chicago\n\nwhen hours(9-17) < group saels >\nelse voicemail \"café ☎\" // späť\n";

fn sample() -> Diagnostic {
    Diagnostic::new(Code::UnexpectedText, find(SCRIPT, "saels"), "no group is named `saels`")
        .label(find(SCRIPT, "voicemail"), "this one is fine")
        .help("the nearest name is `sales`")
        .fix(Applicability::Safe, "write `sales`", find(SCRIPT, "saels").span, "sales")
}

#[test]
fn golden_full() {
    let sources = Sources::new([("sales.route", SCRIPT)]);
    let shown = Human::new(&sources, Color::Off).full(&sample());
    golden("full", &shown);
    assert!(!shown.contains('\u{1b}'));
    let coloured = Human::new(&sources, Color::On).full(&sample());
    assert!(coloured.contains("\u{1b}["));
    let mut plain = String::new();
    let mut rest = coloured.as_str();
    while let Some(escape) = rest.find('\u{1b}') {
        plain.push_str(&rest[..escape]);
        rest = &rest[escape + rest[escape..].find('m').unwrap() + 1..];
    }
    plain.push_str(rest);
    let trimmed: String = plain.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    assert_eq!(trimmed, shown);
}

#[test]
fn golden_short() {
    let sources = Sources::new([("sales.route", SCRIPT)]);
    assert_eq!(Human::new(&sources, Color::Off).short(&sample()), "sales.route:3:26: error[E0101]: no group is named `saels`");
}

#[test]
fn golden_without_labels_and_at_the_end() {
    let sources = Sources::new([("a.route", "hangup\n")]);
    let diagnostic = Diagnostic::new(Code::UnexpectedText, at(0, 7, 7), "a step is missing");
    let shown = Human::new(&sources, Color::Off).full(&diagnostic);
    golden("end", &shown);
}

#[test]
fn golden_two_files_and_many_labels() {
    let other = "group a = < 1 >\ngroup a = < 2 >\n";
    let sources = Sources::new([("main.route", SCRIPT), ("shared/groups.route", other)]);
    let mut diagnostic = Diagnostic::new(Code::UnexpectedText, find(SCRIPT, "hours"), "many places").label(at(1, 6, 7), "first here");
    for n in 0..11 {
        diagnostic = diagnostic.label(at(1, 22, 23), format!("number {n}"));
    }
    let shown = Human::new(&sources, Color::Off).full(&diagnostic);
    golden("many", &shown);
}

#[test]
fn golden_long_line() {
    let text = format!("hangup\n{} oops {}", "é".repeat(5000), "x".repeat(5000));
    let sources = Sources::new([("long.route", text.as_str())]);
    let shown = Human::new(&sources, Color::Off).full(&Diagnostic::new(Code::UnexpectedText, find(&text, "oops"), "text that is no step"));
    golden("long", &shown);
}

#[test]
fn a_span_over_many_lines_is_shown_by_its_first() {
    let text = "when < \n".to_owned() + &"say \"x\"\n".repeat(5000);
    let sources = Sources::new([("a.route", text.as_str())]);
    let shown = Human::new(&sources, Color::Off).full(&Diagnostic::new(Code::UnexpectedText, at(0, 0, text.len() as u32), "m"));
    assert!(shown.lines().count() < 10, "{shown}");
}

#[test]
fn golden_json() {
    let sources = Sources::new([("sales.route", SCRIPT)]);
    let plain = Diagnostic::new(Code::NotUtf8, at(0, 0, 4), "a \"quote\"\n");
    let records = [Record::new(&sources, &sample()), Record::new(&sources, &plain)];
    assert_eq!(
        json(&records),
        concat!(
            r#"{"diagnostics":[{"code":"E0101","severity":"error","message":"no group is named `saels`","file":"sales.route","#,
            r#""line":3,"column":26,"end_line":3,"end_column":31,"#,
            r#""labels":[{"file":"sales.route","line":4,"column":6,"end_line":4,"end_column":15,"message":"this one is fine"}],"#,
            r#""help":["the nearest name is `sales`"],"#,
            r#""fix":{"title":"write `sales`","applicability":"safe","#,
            r#""edits":[{"file":"sales.route","line":3,"column":26,"end_line":3,"end_column":31,"text":"sales"}]}},"#,
            r#"{"code":"E0004","severity":"error","message":"a \"quote\"�","file":"sales.route","#,
            r#""line":1,"column":1,"end_line":1,"end_column":5,"labels":[],"help":[]}],"errors":2,"warnings":0}"#,
        )
    );
    assert_eq!(json(&[]), r#"{"diagnostics":[],"errors":0,"warnings":0}"#);
}

#[test]
fn columns_are_characters() {
    let text = "😀é\tx";
    let sources = Sources::new([("a.route", text)]);
    let record = Record::new(&sources, &Diagnostic::new(Code::UnexpectedText, find(text, "x"), "m"));
    assert_eq!((record.at.line, record.at.column, record.at.end_column), (1, 4, 5));
}

#[test]
fn sarif_has_rules_places_and_fixes() {
    let sources = Sources::new([("my scripts/sales.route", SCRIPT)]);
    let log: serde_json::Value = serde_json::from_str(&sarif(&[Record::new(&sources, &sample())], "1.2.3")).unwrap();
    assert_eq!(log["version"], "2.1.0");
    assert_eq!(log["$schema"], "https://json.schemastore.org/sarif-2.1.0.json");
    let run = &log["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let rule = &run["tool"]["driver"]["rules"][0];
    assert_eq!(rule["id"], "E0101");
    assert_eq!(rule["defaultConfiguration"]["level"], "error");
    let result = &run["results"][0];
    assert_eq!(result["ruleId"], "E0101");
    assert_eq!(result["ruleIndex"], 0);
    assert_eq!(result["level"], "error");
    assert_eq!(result["message"]["text"], "no group is named `saels`\nhelp: the nearest name is `sales`");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "my%20scripts/sales.route");
    assert_eq!(place["region"], serde_json::json!({"startLine":3,"startColumn":26,"endLine":3,"endColumn":31}));
    assert_eq!(result["relatedLocations"][0]["message"]["text"], "this one is fine");
    let change = &result["fixes"][0]["artifactChanges"][0];
    assert_eq!(change["replacements"][0]["insertedContent"]["text"], "sales");
    let empty: serde_json::Value = serde_json::from_str(&sarif(&[], "1")).unwrap();
    assert_eq!(empty["runs"][0]["results"], serde_json::json!([]));
}

#[test]
fn nothing_of_the_source_acts_on_the_terminal() {
    let evil = "say \u{1b}]0;owned\u{7}\u{1b}[2J \u{9b}31m \u{202e}desrever\u{2066} \u{85} \u{2028}x\u{200b}\0\u{7f}\u{e0041} here\n";
    let path = "a\u{1b}[31m\nb.route";
    let sources = Sources::new([(path, evil)]);
    let diagnostic = Diagnostic::new(Code::UnexpectedText, find(evil, "here"), evil)
        .label(find(evil, "say"), "\u{1b}[5mblink\u{9b}")
        .help("\u{1b}c\r\nreset")
        .fix(Applicability::Maybe, "\u{1b}c", Span::at(0), "x");
    let mut human = Human::new(&sources, Color::Off);
    for shown in [human.full(&diagnostic), human.short(&diagnostic)] {
        let bad: Vec<char> = shown
            .chars()
            .filter(|&c| (c.is_control() && c != '\n') || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}' | '\u{200b}' | '\u{e0041}'))
            .collect();
        assert!(bad.is_empty(), "{bad:?} in\n{shown}");
        assert!(shown.contains("a\\u{1b}[31m\\nb.route:1:"), "{shown}");
    }
    // The line of the place is the first, although the text holds separators that some count as line ends.
    assert!(human.full(&diagnostic).contains("here"));
}

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-z <>;]{0,12}",
        Just("\n".to_owned()),
        Just("\r\n".to_owned()),
        Just("\r".to_owned()),
        Just("\t".to_owned()),
        Just("é☎😀".to_owned()),
        Just("\u{2028}\u{85}\u{b}\u{c}\u{1b}[1m".to_owned()),
        Just("👩\u{200d}👩\u{200d}👧".to_owned()),
        Just("x".repeat(500)),
        any::<String>(),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn place() -> impl Strategy<Value = Place> {
    let offset = prop_oneof![0u32..80, 0u32..2000, Just(u32::MAX), any::<u32>()];
    (prop_oneof![Just(0u32), Just(1), Just(2), any::<u32>()], offset.clone(), offset).prop_map(|(file, start, end)| at(file, start, end))
}

/// So many cases; `PROPTEST_CASES` asks for more.
fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(300);
    ProptestConfig { cases, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn hostile_spans_are_always_shown(a in text(), b in text(), main in place(), labels in prop::collection::vec((place(), ".{0,9}"), 0..5),
        message in any::<String>(), edit in place())
    {
        let files = [("one.route", a.as_str()), ("dir/two.route", b.as_str())];
        let sources = Sources::new(files);
        let mut diagnostic = Diagnostic::new(Code::TooDeep, main, message)
            .fix_edits(Applicability::Maybe, "t", vec![Edit { place: edit, text: "x".to_owned() }]);
        for (place, message) in labels {
            diagnostic = diagnostic.label(place, message);
        }
        let name = match main.file.0 { 0 => "one.route".to_owned(), 1 => "dir/two.route".to_owned(), n => format!("<file {n}>") };
        let record = Record::new(&sources, &diagnostic);
        prop_assert_eq!(&record.at.file, &name);
        let place = format!("{}:{}:{}", name, record.at.line, record.at.column);
        for color in [Color::Off, Color::On] {
            let mut human = Human::new(&sources, color);
            let full = human.full(&diagnostic);
            prop_assert!(full.contains(&place), "{:?} not in\n{}", place, full);
            prop_assert!(full.contains("E0002"));
            prop_assert!(full.ends_with('\n'));
            if color == Color::Off {
                prop_assert!(!full.chars().any(|c| c.is_control() && c != '\n'), "{:?}", full);
            }
            let short = human.short(&diagnostic);
            prop_assert!(short.starts_with(&place) && short.contains("E0002") && !short.contains('\n'));
        }
        let document = json(std::slice::from_ref(&record));
        prop_assert!(serde_json::from_str::<serde_json::Value>(&document).is_ok());
        prop_assert!(serde_json::from_str::<serde_json::Value>(&sarif(&[record], "0")).is_ok());
        let _ = callroute_diagnostics::apply_fixes(&sources, &[diagnostic], Applicability::Maybe);
    }

    #[test]
    fn positions_go_there_and_back(text in text(), offset in 0u32..3000, line in 0u32..20, column in 0u32..700) {
        let sources = Sources::new([("a", text.as_str())]);
        let index = sources.index(FileId(0)).unwrap();
        for encoding in [Encoding::Chars, Encoding::Utf16, Encoding::Utf8] {
            let position = index.position(&text, offset, encoding);
            let back = index.offset(&text, position, encoding);
            prop_assert!(text.is_char_boundary(back as usize));
            prop_assert!(back <= offset.min(text.len() as u32));
            let wild = index.offset(&text, Position { line, column }, encoding);
            prop_assert!(text.is_char_boundary(wild as usize));
            let no_further = index.position(&text, wild, encoding) <= Position { line, column };
            prop_assert!(no_further);
        }
    }
}
