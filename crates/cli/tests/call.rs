//! `callroute call`: as questions and answers, and as a screen in a real terminal.
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
mod terminal;

use common::Folder;
use terminal::Terminal;

const SCRIPT: &str = r#"zone America/Chicago
source crm(number: phone) = < tier: one of gold, silver >
action park(slot: text)
group sales = ring all for 25s < +16822306467; +12125551234 >
queue desk = ring longest idle max wait 2m < +13125550101 >
lookup crm(from) as customer < when customer.tier is gold < tag "gold" > >
menu say "Press 1 for sales, 2 to queue." <
  1 => group sales < redirected => redirect (contact) > else voicemail "sales"
  2 => queue desk < full => park("7") else hangup >
  4 => queue desk < 1 => voicemail "desk" > else hangup
  3 => collect 4 digits say "PIN" as pin secret < say "Thank you."; hangup >
> else voicemail "front"
"#;

const AT: &str = "2026-04-21T14:32:00Z";

fn folder(name: &str) -> Folder {
    let folder = Folder::new(name);
    folder.write("office.route", SCRIPT);
    folder
}

#[test]
fn questions_and_answers_end_in_a_test_that_passes() {
    for (name, typed, says) in [
        ("busy", "missing\n1\nbusy\nsales is busy\n", "`group sales` is busy"),
        ("gold", "{\"tier\":\"gold\"}\n1\nredirected sip:ana@example.com\nredirected\n", "!! tag gold"),
        ("full", "late\n2\nfull\nfailed\nparked\n", "=> park(\"7\")"),
        ("key", "missing\n4\n1\nby key\n", "=> voicemail \"desk\""),
        ("silent", "failed\ntimeout\n9\nwait 1m3s\ntimeout\nnobody there\n", "=> voicemail \"front\""),
        ("pin", "missing\n3\n1234\npin\n", "• • • •"),
        ("gone", "missing\nhangup\ngone\n", "the caller hung up"),
    ] {
        let folder = folder(&format!("call_{name}"));
        let ran = folder.run_with(&["call", "office.route", "--at", AT], typed, None);
        assert_eq!(ran.status, 0, "{name}\n{}\n{}", ran.out, ran.err);
        assert!(ran.out.replace("••••", "• • • •").contains(says), "{name}: {says:?} is not in\n{}", ran.out);
        if name == "pin" {
            assert!(!ran.out.contains("1234"), "a secret is shown\n{}", ran.out);
        }
        assert!(ran.err.contains("has a test"), "{name}\n{}\n{}", ran.out, ran.err);
        let tested = folder.run(&["test", "office.route"]);
        let script = String::from_utf8(folder.read("office.route")).unwrap();
        assert_eq!(tested.status, 0, "{name}\n{}\n{}\n{script}", tested.out, tested.err);
        assert!(script.starts_with(SCRIPT) && script.contains("\ntest \""), "{script}");
        assert!(script.contains("  at 2026-04-21 09:32 America/Chicago\n"), "{script}");
        assert_eq!(script.contains("  wait 63s\n") || script.contains("  wait 1m3s\n"), name == "silent", "{script}");
    }
}

/// A value of every type there is, as an attribute and in a row.
const TYPES: &str = r#"input note = text
input waiting = number default 0
input vip = flag
input back = phone
input pause = duration
input tier = one of gold, silver
source crm(number: phone) = < owner: text; level: one of gold, silver; contacts: phones; since: number; open: flag; pause: duration; back: phone >
when tier is gold and vip and waiting is 5 and back is +14155550199 < tag "{note} {pause}" >
lookup crm(from) as customer <
  when customer.level is gold and customer.open and customer.since is 2019 < tag "{customer.owner} {customer.pause}" >
  when customer.contacts is not missing < dial (customer.contacts) >
>
hangup
"#;

#[test]
fn what_is_known_of_a_call_is_saved_as_its_type() {
    let folder = Folder::new("call_types");
    folder.write("types.route", TYPES);
    let long = "é\"\\{x}".repeat(80);
    let row = r#"crm={"owner":"ana","level":"GOLD","contacts":["+14155550101","sip:ana@example.com"],"since":2019,"open":true,"pause":1.5,"back":"4101","other":1}"#;
    let mut args = vec!["call", "types.route", "--at", AT, "--lookup", row];
    let note = format!("note={long}");
    for given in [note.as_str(), "waiting=5", "vip=true", "back=+14155550199", "pause=90.5", "tier=Gold", "nobody=1"] {
        args.extend(["--attribute", given]);
    }
    let ran = folder.run_with(&args, "busy\nall types\n", None);
    assert_eq!(ran.status, 0, "{}\n{}", ran.out, ran.err);
    let script = String::from_utf8(folder.read("types.route")).unwrap();
    for line in [
        "given waiting = 5\n",
        "given vip = true\n",
        "given back = +14155550199\n",
        "given pause = 1m30s500ms\n",
        "given tier = gold\n",
        r#"given crm(+14155550123) = < owner: "ana"; level: gold; contacts: "+14155550101, sip:ana@example.com"; since: 2019; open: true; pause: 1s500ms; back: 4101 >"#,
    ] {
        assert!(script.contains(line), "{line:?} is not in\n{script}");
    }
    // What the call said is what the test expects, with every word of it.
    let expected = script.replace(
        "  expect ring",
        &format!(
            "  expect tag \"{} 1m30s500ms\"\n  expect tag \"ana 1s500ms\"\n  expect ring",
            long.replace('\\', "\\\\").replace('"', "\\\"").replace('{', "\\{").replace('}', "\\}")
        ),
    );
    assert_ne!(expected, script);
    folder.write("types.route", expected);
    let tested = folder.run(&["test", "types.route"]);
    assert_eq!(tested.status, 0, "{}\n{}", tested.out, tested.err);
    // What is none of its type counts as missing, and is none in the test either.
    folder.write("types.route", TYPES);
    let row = r#"crm={"owner":5,"level":"bronze","contacts":7,"since":"x"}"#;
    let ran =
        folder.run_with(&["call", "types.route", "--lookup", row, "--attribute", "waiting=x", "--attribute", "tier=bronze"], "odd\n", None);
    assert_eq!(ran.status, 0, "{}\n{}", ran.out, ran.err);
    let script = String::from_utf8(folder.read("types.route")).unwrap();
    assert!(script.contains("given crm(+14155550123) = < owner: \"5\" >") && !script.contains("given waiting"), "{script}");
    let tested = folder.run(&["test", "types.route"]);
    assert_eq!(tested.status, 0, "{}\n{}", tested.out, tested.err);
}

#[test]
fn what_does_not_fit_is_said_and_nothing_is_lost() {
    let folder = folder("call_misfits");
    let ran = folder.run_with(&["call", "office.route", "--at", AT], "dance\nmissing\nbusy\nwait long\n1x\n1\nredirected\nfull\n", None);
    assert_eq!(ran.status, 2, "{}", ran.out);
    for words in [
        "answer `missing`, `failed`, `late`, or a row",
        "`busy` does not fit: the menu waits for 1, 2, 4, 3",
        "`long` is no time to wait",
        "say where to",
    ] {
        assert!(ran.out.contains(words), "{words:?} is not in\n{}", ran.out);
    }
    assert!(ran.out.ends_with("here the call was left: group sales rings\n"), "{}", ran.out);
    for (typed, words) in
        [("4\npress 1a\n", "there is no key `a`"), ("2\npress 1\n", "nobody listens for keys"), ("2\nkey=1\n", "nobody listens")]
    {
        let ran = folder.run_with(&["call", "office.route", "--at", AT], format!("missing\n{typed}"), None);
        assert_eq!(ran.status, 2, "{}", ran.out);
        assert!(ran.out.contains(words), "{words:?} is not in\n{}", ran.out);
    }
    assert_eq!(folder.read("office.route"), SCRIPT.as_bytes());
    // Not saved.
    let ran = folder.run_with(&["call", "office.route", "--at", AT], "missing\nhangup\n\n", None);
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert_eq!(folder.read("office.route"), SCRIPT.as_bytes());
    folder.run(&["call", "office.routec"]).wrong("is a compiled script");
    folder.run(&["call", "none.route"]).wrong("there is no file `none.route`");
}

#[test]
fn the_screen_is_a_telephone() {
    let folder = folder("call_screen");
    let mut terminal = Terminal::open(&folder, &["call", "office.route", "--at", AT, "--lookup", "crm={\"tier\":\"gold\"}"], true);
    let screen = terminal.sees("the menu waits for 1, 2, 4, 3");
    for text in [
        "Tuesday 2026-04-21 09:32 in America/Chicago",
        "[1]  [2]  [3]",
        "“Press 1 for sales, 2 to queue.”",
        "tag gold",
        "from +14155550123",
    ] {
        assert!(screen.contains(text), "{text:?} is not on\n{screen}");
    }
    terminal.keys("1");
    let screen = terminal.sees("group sales rings for 0 s of 25 s");
    assert!(screen.contains("ringing:") && screen.contains("+12125551234"), "{screen}");
    // The clock goes on, and the ringing ends by itself.
    terminal.keys("++r");
    terminal.sees("⇒ voicemail \"sales\"");
    terminal.keys("b");
    terminal.sees("`b` does nothing now");
    terminal.keys("s");
    terminal.sees("save as a test called");
    terminal.keys("by hand\r");
    terminal.sees("saved;");
    terminal.ends("q");
    let tested = folder.run(&["test", "office.route", "--filter", "by hand"]);
    assert_eq!(tested.status, 0, "{}{}", tested.out, tested.err);
}

#[test]
fn the_screen_works_without_colour_and_with_every_key() {
    let folder = folder("call_keys");
    let mut terminal = Terminal::open(&folder, &["call", "office.route", "--at", AT], false);
    terminal.sees("a source is asked: lookup crm(+14155550123)");
    // Any other letter begins a row, and what follows is its text.
    terminal.keys("zqx");
    terminal.sees("qx_");
    terminal.keys("\u{1b}");
    terminal.sees("m missing");
    // As Enter does.
    terminal.keys("\rno row");
    terminal.sees("no row_");
    terminal.keys("\u{1b}");
    terminal.sees("m missing");
    // With Ctrl or Alt they are no letters.
    terminal.keys("\u{c}\u{6}\u{1b}m");
    terminal.sees("a source is asked: lookup crm(+14155550123)");
    terminal.keys("m");
    terminal.sees("the menu waits");
    terminal.keys("t");
    terminal.sees("the clock:");
    terminal.keys("nonsense\r");
    terminal.sees("not a timestamp");
    // Ctrl-U takes away what was typed. A time alone is the next one that comes, in the zone that is shown.
    terminal.keys("\u{15}9:40\r");
    terminal.sees("Tuesday 2026-04-21 09:40 in America/Chicago");
    terminal.keys("t9:39\r");
    terminal.sees("Wednesday 2026-04-22 09:39 in America/Chicago");
    terminal.keys("t2026-04-22 9:00\r");
    terminal.sees("the clock goes on only");
    terminal.keys("\u{1b}");
    terminal.sees("0-9 * # press");
    terminal.keys("3");
    terminal.sees("up to 4 keys");
    terminal.keys("12");
    let screen = terminal.sees("••_");
    assert!(!screen.contains("12_"), "{screen}");
    terminal.keys("34");
    terminal.sees("the call is over");
    terminal.ends("\u{3}");
}

/// `BLESS=1` writes the picture of the documents anew.
#[test]
fn the_picture_of_the_documents_is_the_screen() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let office = Folder(root.join("examples/office"));
    let mut terminal = Terminal::open(&office, &["call", "office.route", "--at", "2026-04-21 09:32 America/Chicago"], true);
    terminal.sees("the menu waits for 1, 2");
    terminal.keys("1");
    terminal.sees("group sales rings for 0 s of 25 s");
    terminal.keys("+");
    terminal.sees("group sales rings for 10 s of 25 s");
    terminal.settle();
    let drawn = terminal::picture::svg(terminal.screen.screen(), "callroute call office.route");
    terminal.ends("q");
    let path = root.join("docs/pictures/call.svg");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &drawn).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == drawn, "docs/pictures/call.svg is not what the screen shows now; BLESS=1 writes it anew");
}

/// The screen is cleared before the tests run, and not after what is wrong has been said.
#[test]
fn watched_tests_say_on_the_screen_what_is_wrong() {
    let folder = Folder::new("watch_screen");
    folder.write("main.route", "hangup\ntest \"ends\" <\n  expect hangup\n>\n");
    let mut terminal = Terminal::open(&folder, &["test", "--watch", "main.route"], false);
    terminal.sees("1 case passed");
    folder.write("main.route", "hang\ntest \"ends\" <\n  expect hangup\n>\n");
    let screen = terminal.sees("no test was run");
    assert!(screen.contains("error[E0111]") && screen.contains("hang") && !screen.contains("1 case passed"), "{screen}");
    folder.write("main.route", "hangup\ntest \"ends\" <\n  expect hangup\n>\n");
    let screen = terminal.sees("1 case passed");
    assert!(!screen.contains("E0111"), "{screen}");
    terminal.keys("\u{3}");
}
