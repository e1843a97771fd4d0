//! A text that is edited is read as if it were new, whatever the edits.
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

use callroute_syntax::{Document, parse};
use common::{case, cases};
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// What is typed: signs that open and close, words that begin something, heads of arms, and what only looks like it.
const TYPED: &[&str] = &[
    "a",
    " ",
    "\n",
    "\n\n",
    "\t",
    ";",
    ",",
    "<",
    ">",
    "{",
    "}",
    "(",
    ")",
    "\"",
    "'",
    "=",
    "=>",
    "->",
    ":",
    "//",
    "///",
    "/*",
    "*/",
    "// c\n",
    "/// doc\n",
    "/* c */",
    "\\",
    "é",
    "“",
    "–",
    "\u{a0}",
    "\r\n",
    "sip:a@b",
    "sip:a//b",
    "sip:x/*y",
    "+1312",
    "+1312*",
    "1",
    "9-17",
    "else ",
    " else hangup",
    "when ",
    "if ",
    "when x is 1 ",
    "x > 5 <",
    "group sales",
    "agent ana = +16822306467\n",
    "agent ana\n",
    "+16822306467\n",
    "\nlist vip = < +1312* >\n",
    "\nflow f <\n",
    "\n>\n",
    "flow ",
    "schedule s = <\n",
    "mon-fri 9-17\n",
    "dates d = < dec 25 >",
    "1 => hangup\n",
    "foo,\n",
    "foo,\nbar,\n",
    "foo(",
    "foo (a, b) x",
    "busy, no-answer => ",
    "say \"a\"",
    "say \"a",
    "test \"t\" <",
    "hangup\n",
    "hangup",
    "zone ",
    "zone UTC\n",
    "limit turns 5\n",
    "menu < 1 => hangup >",
    "as x",
    "<<<<<<< a\n",
    "=======\n",
    "\u{FEFF}",
    "\0",
    "[",
    "*",
    "#",
    "x",
    "<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<",
];

/// One edit: where, how much is taken away, and what is put in.
#[derive(Clone, Debug)]
struct Edit {
    at: Index,
    taken: usize,
    typed: Typed,
}

#[derive(Clone, Debug)]
enum Typed {
    Nothing,
    Text(&'static str),
    /// A piece of the text itself: from here, so long.
    Copied(Index, usize),
    /// The edit before is taken back.
    Undo,
}

fn edit() -> impl Strategy<Value = Edit> {
    let typed = prop_oneof![
        2 => Just(Typed::Nothing),
        6 => select(TYPED).prop_map(Typed::Text),
        1 => (any::<Index>(), 0..200_usize).prop_map(|(from, length)| Typed::Copied(from, length)),
        2 => Just(Typed::Undo),
    ];
    let taken = prop_oneof![4 => Just(0_usize), 4 => 1..3_usize, 2 => 3..60_usize, 1 => 60..1000_usize];
    (any::<Index>(), taken, typed).prop_map(|(at, taken, typed)| Edit { at, taken, typed })
}

fn floor(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn edited(text: &str, before: &str, edit: &Edit) -> String {
    let at = floor(text, edit.at.index(text.len() + 1));
    let end = floor(text, at + edit.taken).max(at);
    let typed = match edit.typed {
        Typed::Nothing => "",
        Typed::Text(typed) => typed,
        Typed::Copied(from, length) => {
            let from = floor(text, from.index(text.len() + 1));
            &text[from..floor(text, from + length).max(from)]
        }
        Typed::Undo => return before.to_owned(),
    };
    format!("{}{typed}{}", &text[..at], &text[end..])
}

fn same(document: &Document, text: &str) {
    let fresh = parse(text);
    assert_eq!(document.source(), text);
    if document.parse() != &fresh {
        // A part at a time, for a message that can be read.
        assert_eq!(document.parse().diagnostics, fresh.diagnostics, "{text}");
        assert_eq!(document.parse().comments, fresh.comments, "{text}");
        for (one, other) in document.parse().tree.items.iter().zip(&fresh.tree.items) {
            assert_eq!(one, other, "{text}");
        }
        panic!("not the same: {text}");
    }
}

/// Scripts of the corpus one below the other, from some place on, so many.
fn scripts() -> impl Strategy<Value = String> {
    let all: Vec<String> = ["accepted.txt", "refused.txt", "mistakes.txt"]
        .into_iter()
        .flat_map(cases)
        .map(|case| case.text)
        .filter(|text| text.len() < 2000)
        .collect();
    (any::<Index>(), 1..16_usize, any::<bool>()).prop_map(move |(from, count, scattered)| {
        let from = from.index(all.len());
        let step = if scattered { 37 } else { 1 };
        (0..count).map(|number| all[(from + number * step) % all.len()].as_str()).collect::<Vec<_>>().join("\n")
    })
}

/// How many series of edits; `PROPTEST_CASES` asks for more.
fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(24);
    ProptestConfig { cases, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_series_of_edits_is_as_good_as_a_new_text(script in scripts(), edits in proptest::collection::vec(edit(), 1..12)) {
        let mut text = script.clone();
        let mut before = script.clone();
        let mut document = Document::new(script);
        same(&document, &text);
        for (number, edit) in edits.iter().enumerate() {
            // Whoever still looks at what was read before sees no change.
            let held = (number % 2 == 0).then(|| (document.shared(), parse(&text)));
            let after = edited(&text, &before, edit);
            before = std::mem::replace(&mut text, after);
            document.update(text.clone());
            same(&document, &text);
            if let Some((held, fresh)) = held {
                prop_assert_eq!(&*held, &fresh);
            }
        }
    }
}

/// Each token of an office taken out, one after the other, and put back.
#[test]
fn every_line_of_an_office_taken_out_and_put_back() {
    let office = case("accepted.txt", "a small office");
    let mut document = Document::new(office.clone());
    let mut start = 0;
    for line in office.split_inclusive('\n') {
        let without = format!("{}{}", &office[..start], &office[start + line.len()..]);
        document.update(without.clone());
        same(&document, &without);
        document.update(office.clone());
        same(&document, &office);
        start += line.len();
    }
}

/// What looks far ahead, or back, where an edit far away changes what is read.
#[test]
fn edits_that_are_felt_far_away() {
    let filler = "agent ana = +16822306467\nagent ben = +12125551234\nlist vip = < +1312* >\n".repeat(5);
    let heads = "foo,\n".repeat(60);
    let scripts = [
        // A list of heads is one arm, or many mistakes.
        (format!("{filler}{heads}hangup\n{filler}"), format!("{filler}{heads}bar => hangup\n{filler}")),
        (format!("{filler}{heads}"), format!("{filler}{heads}=> hangup")),
        (
            format!("{filler}group sales x = 1 y = 2 z = 3\n{filler}"),
            format!("{filler}group sales x = 1 y = 2 z = 3\n< busy => hangup >{filler}"),
        ),
        (format!("{filler}agent ana\n+16822306467\n{filler}"), format!("{filler}agent ana +16822306467\n{filler}")),
        (
            format!("{filler}/// one\n/// two\nflow f < hangup >\n{filler}"),
            format!("{filler}/// one\n\n/// two\nflow f < hangup >\n{filler}"),
        ),
        (
            format!("{filler}hangup\n/// two\nflow f < hangup >\n{filler}"),
            format!("{filler}hangup /* */\n/// two\nflow f < hangup >\n{filler}"),
        ),
        (format!("{filler}say \"a\"\n{filler}"), format!("{filler}say \"a\n{filler}")),
        (format!("{filler}flow f <\n  say \"a\"\n>\n{filler}"), format!("{filler}flow f <\n  say \"a\"\n\n{filler}")),
        (format!("{filler}x\n{filler}"), format!("{filler}x (\n{filler}")),
        (format!("{filler}x\n{filler}"), format!("{filler}/* x\n{filler}")),
        (format!("x{filler}"), filler.clone()),
        (filler.clone(), String::new()),
        (format!("{filler}x"), format!("{filler}hangup // the end")),
    ];
    for (one, other) in scripts {
        let mut document = Document::new(one.clone());
        for text in [&other, &one, &other] {
            document.update(text.clone());
            same(&document, text);
        }
    }
}
