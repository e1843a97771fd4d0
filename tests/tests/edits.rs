//! A script that is edited in an editor is analysed as if it were new, whatever was analysed before. `FULL=1` makes many more edits.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

use callroute_analysis::{Analysis, Cache, Files, analyse, analyse_with};
use callroute_tests::disk::{self, Folder};
use callroute_tests::generate::{Dice, script};

/// What people type, and what breaks everything behind it.
const TYPED: &[&str] = &[
    "a",
    "1",
    " ",
    "\n",
    ";",
    "<",
    ">",
    "{",
    "}",
    "(",
    ")",
    "\"",
    "=",
    "=>",
    "//",
    "/*",
    "*/",
    "é",
    "+1312",
    "sales",
    "agent nobody\n",
    "\nwhen from is +13125550100 < hangup >\n",
    "\nlist more = < +1312* >\n",
    "\nschedule s = < mon-fri 9-17; dec 25 closed >\n",
    "\ndates d = < dec 25; easter + 1 day >\n",
    "\nflow f < go f >\n",
    "\nimport \"nothing.route\"\n",
    "zone UTC\n",
    "country GB\n",
    "else hangup",
    "hours(mon-fri 9-17, sat 9-12)",
    "\nwhen hours(mon-fri 8-18) < hangup >\nwhen hours(mon-fri 9-17) < hangup >\nwhen on(dec 25) < hangup >\n",
    "\nwhen hours(mon-fri 8-18) < hangup >\nwhen hours(mon-fri 9-17) < hangup >\nwhen on(dec 25) < hangup >\n",
    "mon-fri 9-17\nmon closed\n",
    "group sales = ring all < +16822306467 >\n",
];

fn floor(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn edited(dice: &mut Dice, text: &str) -> String {
    let at = floor(text, dice.below(text.len() + 1));
    let taken = match dice.below(6) {
        0..3 => 0,
        3 | 4 => 1 + dice.below(3),
        _ => dice.below(80),
    };
    let end = floor(text, at + taken).max(at);
    let typed = if dice.chance(75) { dice.pick(TYPED) } else { "" };
    format!("{}{typed}{}", &text[..at], &text[end..])
}

fn check(text: &str, files: &dyn Files, cache: &mut Cache, what: &str) {
    let fresh = analyse("main.route", text, files);
    let again = analyse_with("main.route", text, files, cache);
    assert_eq!(again.diagnostics, fresh.diagnostics, "{what}\n{text}");
    let all = |analysis: &Analysis| format!("{:?}", (&analysis.program, &analysis.sketch, &analysis.names, &analysis.files));
    let (fresh, again) = (all(&fresh), all(&again));
    if again != fresh {
        let first = again.bytes().zip(fresh.bytes()).position(|(again, fresh)| again != fresh).unwrap_or_default();
        let near =
            |said: &str| String::from_utf8_lossy(&said.as_bytes()[first.saturating_sub(200)..(first + 200).min(said.len())]).into_owned();
        panic!("{what}: after an edit\n{}\n\nas new\n{}\n\n{text}", near(&again), near(&fresh));
    }
}

#[test]
fn an_edited_script_is_analysed_like_a_new_one() {
    let full = std::env::var_os("FULL").is_some();
    let root = disk::root();
    let mut scripts: Vec<(String, Folder, String)> = Vec::new();
    for folder in ["examples", "tests/corpus", "tests/conformance"] {
        for path in disk::scripts(&root.join(folder)) {
            let text = std::fs::read_to_string(&path).unwrap();
            scripts.push((path.display().to_string(), Folder(path.parent().unwrap().to_owned()), text));
        }
    }
    scripts.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(scripts.len() > 20, "{}", scripts.len());
    for seed in 0..if full { 200 } else { 4 } {
        scripts.push((format!("seed {seed}"), Folder(root.clone()), script(seed)));
    }
    let mut dice = Dice::new(41);
    // One for all of them: what is left of another script does no harm.
    let mut cache = Cache::new();
    for (name, files, script) in &scripts {
        let mut text = script.clone();
        check(&text, files, &mut cache, name);
        for _ in 0..if full { 100 } else { 3 } {
            // From time to time all is well again.
            text = if dice.chance(20) { script.clone() } else { edited(&mut dice, &text) };
            check(&text, files, &mut cache, name);
        }
    }
}

#[test]
fn an_editor_gets_at_what_was_read() {
    let mut cache = Cache::new();
    assert!(cache.parse("main.route").is_none());
    let files = disk::Folder(disk::root().join("examples"));
    for text in ["hangup", "hangup; hangup", "hangup <"] {
        let _ = analyse_with("./main.route", text, &files, &mut cache);
        assert_eq!(cache.parse("main.route"), Some(&callroute_syntax::parse(text)));
    }
    let _ = analyse_with("other.route", "hangup", &files, &mut cache);
    assert!(cache.parse("main.route").is_none() && cache.parse("./other.route").is_some());
}
