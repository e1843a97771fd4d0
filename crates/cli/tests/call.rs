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
    let note = long.replace('\\', "\\\\").replace('"', "\\\"").replace('{', "\\{").replace('}', "\\}");
    for line in [format!("  expect tag \"{note} 1m30s500ms\"\n"), "  expect tag \"ana 1s500ms\"\n".to_owned()] {
        assert!(script.contains(&line), "{line:?} is not in\n{script}");
    }
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

/// Everything that a test can expect, in one script.
const ALL: &str = r#"zone America/Chicago

source crm(number: phone) = < tier: one of gold, silver >
source check(pin: text) = < good: flag >
action park(slot: text, wait: duration)
trunk one = sip:gw1.example.com
trunk two = sip:gw2.example.com
agent ana = +16822306467
agent ben = in order < sip:ben@example.com; +12125551234 >
group sales = ring all for 25s < agent ana; +12125550000 after 10s for 5s >
queue desk = ring longest idle max wait 2m < agent ana >
prompt hi = < en "Hi {from}."; play "hi.wav" >

say "You are {from} \{x\}."
say hi
tag "seen {from}"
lookup crm(from) as customer < when customer.tier is gold < tag "gold" > >
menu say "Press 1 for sales." <
  1 => group sales for 20s caller name "X \{z\}" announce "A call" <
    redirected => redirect (contact)
  > else voicemail "sales {b" box "24x7" for 2m
  2 => queue desk < full => park("7 {x", 90s) else hangup > else reject busy "Sorry \{a\}"
  3 => collect 4 digits say "PIN" as pin secret <
    lookup check(pin) as found < when found.good < say "Good." > >
  >
  4 => ring all for 15s caller id +13125550199 header "X-A" "v {q}" <
    agent ana
    +12125550000 after 5s for 5s confirm 1
  > else hangup
  5 => dial sip:x@example.com via one, two for 10s music "m" record codecs opus, pcmu media relay
    else hangup
  6 => ring by weight < 70% agent ana; 30% +12125550000 > else redirect sip:a@b.example permanent
  7 => ring in order each 7s < agent ben; +12125550000 > else hangup
  8 => voicemail "v" < full => hangup >
> else voicemail "front"
"#;

#[test]
fn a_saved_test_expects_all_that_happened() {
    for (typed, expected, changes) in [
        (
            "missing\n1\nwait 12s\nno-answer\n",
            vec![
                "expect lookup crm",
                "expect menu",
                "expect say \"You are +14155550123 \\{x\\}.\"",
                "expect say \"Hi +14155550123.\"",
                "expect play \"hi.wav\"",
                "expect tag \"seen +14155550123\"",
                "expect say \"Press 1 for sales.\"",
                "press 1",
                "expect group sales for 20s caller name \"X \\{z\\}\" announce \"A call\"",
                "wait 12s",
                "outcome no-answer",
                "expect voicemail \"sales {b\" box \"24x7\" for 2m",
            ],
            vec![
                ("say hi", "say \"Hi.\""),
                ("tag \"seen ", "tag \"met "),
                ("You are", "You were"),
                ("for 20s", "for 21s"),
                ("A call", "Call"),
                ("24x7", "25x7"),
                ("for 2m", "for 3m"),
                ("else voicemail \"sales {b\" box", "else voicemail \"sales\" box"),
                ("lookup crm(from) as customer < when customer.tier is gold < tag \"gold\" > >", ""),
            ],
        ),
        (
            "{\"tier\":\"gold\"}\n2\nunreachable\n",
            vec!["expect tag \"gold\"", "expect queue desk for 2m", "expect reject busy \"Sorry \\{a\\}\""],
            vec![("tag \"gold\"", "tag \"rich\""), ("Sorry", "Regret"), ("reject busy", "reject declined")],
        ),
        (
            "late\n2\nfull\nok\n",
            vec!["expect park(\"7 {x\", 1m30s)", "outcome ok", "expect ended full"],
            vec![("90s", "91s"), ("full =>", "timeout =>")],
        ),
        (
            "failed\n3\n1234\n{\"good\":true}\n",
            vec!["given check(\"1234\") = < good: true >", "expect collect", "expect lookup check", "expect say \"Good.\""],
            vec![("say \"Good.\"", "say \"Fine.\"")],
        ),
        (
            "missing\n4\nunreachable\n",
            vec![
                "expect ring all for 15s caller id +13125550199 header \"X-A\" \"v {q}\" <",
                "  +16822306467",
                "  +12125550000 after 5s for 5s confirm 1",
                ">",
                "outcome unreachable",
                "expect ended unreachable",
            ],
            vec![
                ("agent ana = +16822306467", "agent ana = +16822306468"),
                ("after 5s", "after 6s"),
                ("for 15s", "for 16s"),
                ("v {q}", "v"),
            ],
        ),
        (
            "missing\n5\nanswered\n",
            vec![
                "expect dial \"sip:x@example.com\" via one, two for 10s music \"m\" record codecs opus, pcmu",
                "    media relay",
                "outcome answered",
                "expect ended answered",
            ],
            vec![("via one, two", "via two, one"), (" record codecs", " codecs"), (" media relay", ""), ("sip:x@", "sip:y@")],
        ),
        (
            "missing\n6\nbusy\n",
            vec!["expect ring by weight for 30s < ", "expect redirect \"sip:a@b.example\" permanent"],
            vec![(" permanent", "")],
        ),
        (
            "missing\n7\nbusy\n",
            vec!["expect ring in order each 7s for 21s < \"sip:ben@example.com\"; +12125551234; +12125550000 >", "expect ended busy"],
            vec![("else hangup\n  8", "else reject\n  8"), ("each 7s", "each 8s")],
        ),
        ("missing\n8\nrecorded\n", vec!["outcome recorded", "expect ended recorded"], vec![("voicemail \"v\"", "voicemail \"w\"")]),
        (
            "missing\n1\nredirected sip:ana@example.com;a=b\n",
            vec!["outcome redirected to \"sip:ana@example.com;a=b\"", "expect redirect \"sip:ana@example.com\""],
            vec![],
        ),
        // Who hangs up while a source is asked has not waited for its answer.
        ("hangup\n", vec!["expect lookup crm", "hangup", "expect ended hangup"], vec![]),
    ] {
        let folder = Folder::new("call_saved");
        folder.write("all.route", ALL);
        assert_eq!(folder.run(&["fmt", "--check", "all.route"]).status, 0, "the script is not laid out");
        let ran = folder.run_with(&["call", "all.route", "--at", AT], format!("{typed}by hand\n"), None);
        assert_eq!(ran.status, 0, "{typed:?}\n{}\n{}", ran.out, ran.err);
        assert_eq!(ran.err.contains("secret digits"), typed.contains("1234"), "{}", ran.err);
        let script = String::from_utf8(folder.read("all.route")).unwrap();
        for line in expected {
            let whole = script.contains(&format!("\n  {line}\n")) || line.ends_with(' ') && script.contains(&format!("\n  {line}"));
            assert!(whole, "{typed:?}: {line:?} is not in\n{script}");
        }
        assert!(script.starts_with(&format!("{ALL}\ntest \"by hand\" <\n")), "{script}");
        for args in [["fmt", "--check", "all.route"].as_slice(), &["test", "all.route"]] {
            let ran = folder.run(args);
            assert_eq!(ran.status, 0, "{args:?}\n{}\n{}\n{script}", ran.out, ran.err);
        }
        let (body, test) = script.split_at(ALL.len());
        for (old, new) in changes {
            assert!(body.contains(old), "{old:?}");
            folder.write("all.route", format!("{}{test}", body.replacen(old, new, 1)));
            let ran = folder.run(&["test", "all.route"]);
            assert!(ran.status == 1 && ran.out.contains("FAIL "), "{typed:?} does not notice {old:?} => {new:?}\n{}{}", ran.out, ran.err);
        }
    }
}

#[test]
fn a_saved_test_fits_into_its_script() {
    let save = |script: &str| {
        let folder = Folder::new("call_fits");
        folder.write("end.route", script);
        let ran = folder.run_with(&["call", "end.route", "--at", AT, "--from", "Restricted"], "ends\n", None);
        assert_eq!(ran.status, 0, "{}{}", ran.out, ran.err);
        (folder.run(&["test", "end.route"]).status, String::from_utf8(folder.read("end.route")).unwrap())
    };
    let test = "\ntest \"ends\" <\n  at 2026-04-21 14:32 UTC\n  from \"Restricted\"\n  expect ended unrouted\n>\n";
    for (script, saved) in [
        ("hangup\n", format!("hangup\n{test}")),
        ("hangup", format!("hangup\n{test}")),
        ("hangup\n\n\n", format!("hangup\n{test}")),
        ("", test.trim_start().to_owned()),
        // Nobody has laid it out, so that it stays as it is.
        ("when  from is +12  <hangup>\n", format!("when  from is +12  <hangup>\n{test}")),
        ("hangup\r\n", format!("hangup\n{test}").replace('\n', "\r\n")),
        (
            "when from is +12 {\n  hangup\n}\n",
            format!("when from is +12 {{\n  hangup\n}}\n{test}").replace("\"ends\" <", "\"ends\" {").replace("\n>\n", "\n}\n"),
        ),
    ] {
        assert_eq!(save(script), (0, saved), "{script:?}");
    }
}

/// A question can be asked again and be answered otherwise; the last answer stays.
#[test]
fn answers_are_given_in_the_order_in_which_they_came() {
    let folder = Folder::new("call_answers");
    let script = "source crm(number: phone) = < tier: text >\nflow ask <\n  lookup crm(from) as row < tag row.tier >\n>\n";
    let script = script.replace("tag row.tier", "tag \"{row.tier}\"");
    folder.write("ask.route", format!("{script}do ask\ndo ask\ndo ask\ndo ask\n"));
    let ran = folder.run_with(&["call", "ask.route"], "{\"tier\":\"a\"}\nmissing\n{\"tier\":\"a\"}\n{\"tier\":\"a\"}\nfour\n", None);
    assert_eq!(ran.status, 0, "{}{}", ran.out, ran.err);
    let script = String::from_utf8(folder.read("ask.route")).unwrap();
    let given: Vec<&str> = script.lines().filter_map(|line| line.trim().strip_prefix("given crm(+14155550123) = ")).collect();
    assert_eq!(given, ["< tier: \"a\" >", "missing", "< tier: \"a\" >"], "{script}");
    assert_eq!(folder.run(&["test", "ask.route"]).status, 0, "{script}");
}

#[test]
fn who_rings_when_is_said() {
    let folder = Folder::new("call_ringing");
    folder.write(
        "ring.route",
        "agent ana = +16822306467\nagent ben = +12125551234\ngroup sales = ring all for 20s < agent ana for 15s; +12125550000 after 10s; agent ben after 30s >\n\
         queue desk = ring longest idle < agent ana >\n\
         menu < 1 => group sales else hangup; 2 => ring in order each 10s for 15s < agent ana; agent ben; +12125550000 > else hangup; 3 => queue desk >\n",
    );
    for (typed, lines) in [
        (
            "1\nwait 12s\nwait 5s\nwait 5s\n",
            [
                ".. ana (+16822306467) rings for 15s\n",
                ".. +12125550000 rings in 10s, for 10s\n",
                ".. ben (+12125551234) never rings: the time is over before\n",
                "\n> wait 12s\n-- it is Tuesday 2026-04-21 14:32:12 in UTC\n.. ana (+16822306467) has been ringing for 12s of 15s\n.. +12125550000 has been ringing for 2s of 10s\n",
                ".. ana (+16822306467) has rung\n",
                ".. the time is over: `timeout` says so to the script\n",
            ]
            .as_slice(),
        ),
        (
            "2\n",
            &[
                ".. ana (+16822306467) rings for 10s\n",
                ".. ben (+12125551234) rings in 10s, for 5s\n",
                ".. +12125550000 never rings: the time is over before\n",
            ],
        ),
        ("3\n", &[".. ana (+16822306467) rings when the telephone system chooses so\n"]),
        ("wait 40s\n", &["> wait 40s\n-- it is Tuesday 2026-04-21 14:32:40 in UTC\n"]),
    ] {
        let ran = folder.run_with(&["call", "ring.route", "--at", AT], typed, None);
        for line in lines {
            assert!(ran.out.contains(line), "{line:?} is not in\n{}", ran.out);
        }
    }
    let mut terminal = Terminal::open(&folder, &["call", "ring.route", "--at", AT], false);
    terminal.sees("the menu waits for");
    terminal.keys("1++");
    let screen = terminal.sees("group sales rings for 20 s of 20 s");
    assert!(screen.contains("ana over") && screen.contains("+12125550000 over") && screen.contains("ben never"), "{screen}");
    terminal.ends("q");
    let mut terminal = Terminal::open(&folder, &["call", "ring.route", "--at", AT], false);
    terminal.sees("the menu waits for");
    terminal.keys("2");
    let screen = terminal.sees("▸ ana 0 of 10 s");
    assert!(screen.contains("  ben in 10 s"), "{screen}");
    terminal.keys("+");
    let screen = terminal.sees("▸ ben 0 of 5 s");
    assert!(screen.contains("  ana over"), "{screen}");
    terminal.ends("q");
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
    terminal.sees("has a test \"by hand\" now");
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

/// Where the screen has no room the call is questions and answers, and nothing is garbled.
#[cfg(unix)]
#[test]
fn a_terminal_that_is_too_small_gets_questions() {
    let folder = folder("call_small");
    let args = ["call", "office.route", "--at", AT, "--lookup", "crm=missing"];
    for (term, size, why) in [
        ("dumb", (80, 24), "can only show one line after the other"),
        ("xterm", (79, 24), "needs 80 columns and 24 lines, and the terminal has 79 and 24"),
        ("xterm", (80, 23), "needs 80 columns and 24 lines, and the terminal has 80 and 23"),
    ] {
        let mut terminal = Terminal::open_as(&folder, &args, false, term, size);
        terminal.sees("> ");
        assert!(terminal.written.contains(why), "{why:?} is not in\n{}", terminal.written);
        assert!(!terminal.written.contains('\u{1b}'), "{:?}", terminal.written);
        terminal.keys("hangup\r");
        terminal.sees("the caller hung up");
        terminal.ends("\r");
    }
    // It can be made smaller while the call goes on.
    let mut terminal = Terminal::open(&folder, &args, false);
    terminal.sees("the menu waits for");
    terminal.resize((60, 20));
    terminal.sees("The screen needs 80 columns and 24 lines; these are 60 and");
    terminal.resize((90, 30));
    terminal.sees("the menu waits for");
    terminal.ends("q");
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
