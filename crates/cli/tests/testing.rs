//! `callroute test`: what it says of tests that pass and fail, in every format, and what no script can make it do. What it says is kept in `golden`;
//! `BLESS=1` writes what was found: then read it.
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

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use common::{Folder, golden, timeless};
use serde_json::Value;

/// A script with something of everything.
const SCRIPT: &str = r#"zone America/Chicago
group sales = ring all for 25s < +13125550101; agent ana >
agent ana = +13125550102
queue desk = ring longest idle max wait 1m < agent ana >
trunk carrier = sip:gw.example.com
source crm(number: phone, pin: text) = < tier: one of gold, silver; owner: text >
action park(slot: text, wait: duration)
input tier = one of gold, silver
schedule office = < mon-fri 9-17 >

when tier is gold < reject busy "no gold today" >
when hours(office) <
  say "Hello."
  menu "Choose." tries 1 <
    1 => group sales for 20s < busy => voicemail "busy" box sales > else voicemail "sales" for 2m
    2 => collect 4 digits as pin secret < lookup crm(from, pin) as row < tag "found"; agent (row.owner) > else redirect +13125550109 >
    3 => queue desk < 9 => < tag "left"; hangup >; full => redirect sip:full@example.com permanent >
    4 => park("lot 1", 30s) else dial +13125550103 via carrier caller id +13125550100 announce "Parking failed."
    5 => ring in order each 10s < +13125550104; +13125550105 >
  >
>
voicemail "closed"
"#;

/// A test that begins in office hours.
fn open(title: &str, lines: &str) -> String {
    format!("test \"{title}\" <\n  at 2026-04-21 09:32\n  from +14155550123\n  {}\n>\n", lines.replace("; ", "\n  "))
}

const SHUT: &str = "test \"closed\" < at 2026-04-25 10:02; from +14155550123; expect voicemail \"closed\" >\n";

#[test]
fn tests_that_pass_say_little() {
    let folder = Folder::new("tests-pass");
    let good = [
        open("sales", "expect menu; expect say \"Hello.\"; expect say \"Choose.\"; press 1; expect group sales for 20s; outcome busy; expect voicemail \"busy\" box sales; outcome recorded; expect ended recorded"),
        open("nobody at sales", "press 1; outcome no-answer; expect voicemail \"sales\" for 2m"),
        open("pin", "given crm(+14155550123, \"1234\") = < tier: gold; owner: \"ana\" >; press 2; press 1234; expect lookup crm; expect tag \"found\"; expect agent ana; outcome answered; expect ended answered"),
        open("wrong pin", "given crm(+14155550123, \"1234\") = missing; press 2; press 1234; expect redirect +13125550109"),
        open("queue", "press 3; expect queue desk; press 9; expect tag \"left\"; expect ended unrouted"),
        open("queue full", "press 3; outcome full; expect redirect sip:full@example.com permanent"),
        open("parked", "press 4; expect park(\"lot 1\", 30s); outcome ok; expect voicemail \"closed\""),
        open("not parked", "press 4; outcome failed; expect dial +13125550103 via carrier caller id +13125550100 announce \"Parking failed.\""),
        open("in order", "press 5; expect ring in order each 10s < +13125550104; +13125550105 >; hangup; expect ended hangup"),
        "test \"gold\" < given tier = gold; expect reject busy; expect reject 486 \"no gold today\" >\n".to_owned(),
        SHUT.to_owned(),
    ]
    .concat();
    folder.write("all.route", format!("{SCRIPT}{good}"));
    let ran = folder.run(&["test"]);
    assert_eq!((ran.status, ran.err.as_str()), (0, ""), "{}", ran.out);
    golden("test-pass.txt", &ran.out);
    let quiet = folder.run(&["test", "--quiet"]).good();
    assert_eq!(timeless(&quiet), "11 cases passed in 0.00s\n");
    let covered = folder.run(&["test", "--coverage", "--lcov", "cover.info", "--quiet"]).good();
    golden("test-coverage.txt", &covered);
    golden("test-coverage.info", &String::from_utf8(folder.read("cover.info")).unwrap());
}

#[test]
fn every_kind_of_failure_says_what_was_expected_what_is_and_why() {
    let folder = Folder::new("tests-fail");
    let bad = [
        open("another target", "press 1; expect agent ana"),
        open("another time", "press 1; expect group sales for 30s confirm 1"),
        open("another message", "press 1; outcome busy; expect voicemail \"bussy\" box support"),
        open("another ending", "press 3; press 9; expect ended busy"),
        open("not ended", "expect ended busy"),
        open("another prompt", "expect say \"Good morning.\""),
        open("no prompt", "press 1; expect say \"Good morning.\""),
        open("no tag", "expect tag \"x\""),
        open("another tag", "press 3; press 9; expect tag \"right\""),
        open("another source", "press 2; expect lookup crm"),
        open("another argument", "press 4; expect park(\"lot 2\", 1m)"),
        open("other members", "press 5; expect ring all < +13125550104; +13125550106 >"),
        open(
            "other trunks and texts",
            "press 4; outcome failed; expect dial +13125550103 caller id +13125550101 announce \"x\" record header \"X-A\" \"v\"",
        ),
        open("another number", "press 4; outcome failed; expect dial +13125550199"),
        open("another status", "expect reject 404"),
        open("another redirection", "press 3; outcome full; expect redirect sip:empty@example.com"),
        open("a driver is missing", "expect menu; expect group sales"),
        open("keys where it rings", "press 1; press 2; expect menu"),
        open("an outcome where keys are wanted", "outcome busy; expect menu"),
        open("full is for queues", "press 1; outcome full; expect menu"),
        open("after the end", "press 1; outcome answered; press 1; expect menu"),
        open("nothing given", "press 2; press 1234; expect hangup"),
        open("a secret is never shown", "given crm(+14155550123, \"1234\") = missing; press 2; press 1234; expect hangup"),
        "test \"no time\" < from +14155550123; expect menu >\n".to_owned(),
        "test \"the wrong hours\" < at 2026-04-25 10:02; from +14155550123; expect menu >\n".to_owned(),
        "test \"rows\" for at, press, expect <\n  2026-04-21 09:32, 1, group sales\n  2026-04-21 09:32, 5, group sales\n>\n".to_owned(),
    ]
    .concat();
    folder.write("all.route", format!("{SCRIPT}{bad}"));
    let ran = folder.run(&["test", "--filter", "a", "--filter", "s", "--filter", "t"]);
    assert_eq!(ran.status, 1);
    golden("test-fail-first.txt", &ran.out);
    for filter in ["other trunks", "full is", "after the end", "nothing given", "secret", "no time", "wrong hours", "rows"] {
        let ran = folder.run(&["test", "--filter", filter]);
        assert_eq!(ran.status, 1, "{filter}");
        golden(&format!("test-fail-{}.txt", filter.replace(' ', "-")), &ran.out);
        assert!(
            !filter.contains("secret") || !ran.out.split("the way there").nth(1).unwrap().contains("lookup crm(+14155550123, \"1234\")")
        );
    }
    let json = folder.run(&["test", "--format", "json", "--coverage", "--filter", "rows"]);
    assert_eq!(json.status, 1);
    let value: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((value["passed"].as_u64(), value["failed"].as_u64(), value["left_out"].as_u64()), (Some(1), Some(1), Some(25)));
    let cases = value["scripts"][0]["cases"].as_array().unwrap();
    assert_eq!(cases[1]["failure"]["expected"], "group sales");
    assert_eq!(cases[1]["failure"]["actual"], "ring in order each 10s for 20s < +13125550104; +13125550105 >");
    assert!(value["scripts"][0]["coverage"][0]["missed"].as_array().unwrap().iter().any(|missed| missed["what"] == "never true"));
    golden("test-fail.json", &json.out);
    let junit = folder.run(&["test", "--format", "junit", "--filter", "rows"]);
    assert_eq!(junit.status, 1);
    golden("test-fail.xml", &junit.out);
}

#[test]
fn scripts_at_fault_are_said_and_the_others_run() {
    let folder = Folder::new("tests-fault");
    folder.write("good.route", format!("{SCRIPT}{SHUT}"));
    folder.write("bad.route", "test \"x\" for at, expect <\n  2026-04-21T14:32:00Z, hangup, 5\n>\nagent (nobody)\n");
    let ran = folder.run(&["test"]);
    assert_eq!(ran.status, 1);
    assert!(ran.err.contains("row 1 has 3 cells, and the table has 2 columns") && ran.err.contains("nobody"), "{}", ran.err);
    assert!(
        ran.out.contains("FAULT") && ran.out.contains("ok    closed") && ran.out.contains("1 case passed, 1 script at fault"),
        "{}",
        ran.out
    );
    let junit = folder.run(&["test", "--format", "junit"]);
    assert!(junit.status == 1 && junit.out.contains("<error message="), "{}", junit.out);
    let json: Value = serde_json::from_str(&folder.run(&["test", "--format", "json"]).out).unwrap();
    assert_eq!((json["at_fault"].as_u64(), json["passed"].as_u64()), (Some(1), Some(1)));
    assert!(!json["diagnostics"].as_array().unwrap().is_empty());
    folder.run(&["test", "nowhere.route"]).wrong("there is no file `nowhere.route`");
}

/// What was not tested is not covered.
#[test]
fn scripts_at_fault_have_no_coverage() {
    let folder = Folder::new("tests-fault-coverage");
    folder.write("bad.route", "agent (nobody)\n");
    folder.write("cover.info", "as it was\n");
    let ran = folder.run(&["test", "--coverage", "--lcov", "cover.info"]);
    assert_eq!(ran.status, 1);
    assert!(ran.out.contains("coverage  none: no script could be tested\n") && !ran.out.contains('%'), "{}", ran.out);
    assert!(ran.err.contains("no script could be tested, so `cover.info` was not written"), "{}", ran.err);
    assert_eq!(folder.read("cover.info"), b"as it was\n");
    folder.write("good.route", "hangup\ntest \"ends\" <\n  expect hangup\n>\n");
    let ran = folder.run(&["test", "--coverage"]);
    assert!(ran.out.contains("(1 of 1 steps, arms, branches and outcomes; 1 script at fault, not counted)"), "{}", ran.out);
    let empty = Folder::new("tests-nothing-to-reach");
    empty.write("names.route", "flow unused < hangup >\n");
    assert!(empty.run(&["test", "--coverage"]).good().contains("coverage  none: there is nothing to reach\n"));
}

#[test]
fn the_tracefile_can_go_to_standard_output() {
    let folder = Folder::new("tests-lcov-out");
    folder.write("good.route", "hangup\ntest \"ends\" <\n  expect hangup\n>\n");
    for format in ["human", "json"] {
        let ran = folder.run(&["test", "--lcov", "-", "--format", format]);
        assert_eq!(ran.status, 0, "{}", ran.err);
        assert!(ran.out.starts_with("TN:\nSF:good.route\n") && ran.out.ends_with("end_of_record\n"), "{}", ran.out);
        assert!(ran.err.contains("passed"), "{}", ran.err);
        assert!(!folder.0.join("-").exists());
    }
}

#[test]
fn no_tests_and_no_test_that_fits() {
    let folder = Folder::new("tests-none");
    folder.write("a.route", "hangup\n");
    let ran = folder.run(&["test"]).good();
    assert!(ran.starts_with("no tests found in 1 script"), "{ran}");
    let ran = folder.run(&["test", "--filter", "ż"]);
    assert_eq!(ran.status, 1);
    assert!(ran.err.contains("no test has `ż` in its title"), "{}", ran.err);
}

#[test]
fn tests_of_an_imported_file_run_with_the_script() {
    let folder = Folder::new("tests-import");
    folder.write("main.route", "import \"parts/flow.route\"\ngo night(\"a\")\n");
    folder.write(
        "parts/flow.route",
        "flow night(box: text) < when from is anonymous < reject >; voicemail \"night\" box (box) >\ntest \"żółw 🐢 at \\\"night\\\"\" < from +13125550101; expect voicemail \"day\" box b >\n",
    );
    let ran = folder.run(&["test", "--coverage"]);
    assert_eq!(ran.status, 1);
    golden("test-import.txt", &ran.out);
}

#[test]
fn a_script_that_never_ends_is_ended_by_its_turns() {
    let folder = Folder::new("tests-endless");
    let presses = "press 1\n".repeat(60);
    folder.write("a.route", format!("limit turns 50\nmenu < 1 => repeat >\ntest \"endless\" < {presses} expect menu >\ntest \"its limit\" < {} expect ended turn-limit >\n", "press 1\n".repeat(50)));
    let ran = folder.run(&["test"]);
    assert_eq!(ran.status, 1);
    assert!(ran.out.contains("`press 1` does not fit here") && ran.out.contains("ok    its limit"), "{}", ran.out);
    // A look-up that is asked again and again is answered again and again, for as long as the call may last.
    folder.write(
        "a.route",
        "limit turns 2000\nsource s(n: phone) = < a: text >\nmenu tries 1 < 1 => go ask >\nflow ask < lookup s(from) as row < menu tries 100 < 1 => go ask; 2 => lookup s(from) as again < repeat > else repeat > > else hangup >\n\
         test \"asks\" < from +13125550101; given s(+13125550101) = < a: \"x\" >; press 12222222222; expect menu >\n",
    );
    let ran = folder.run(&["test"]);
    assert_eq!(ran.status, 0, "{}{}", ran.out, ran.err);
}

#[test]
fn ten_thousand_rows_are_run() {
    let folder = Folder::new("tests-many");
    let mut text = format!("{SCRIPT}test \"many\" for at, press, expect <\n");
    for row in 0..10_000 {
        text += &format!("  2026-04-21 {:02}:{:02}, 1, group sales\n", 9 + row % 8, row % 60);
    }
    text += ">\n";
    for test in 0..2_000 {
        text += &format!("test \"closed {test}\" < at 2026-04-25 10:02; expect voicemail \"closed\" >\n");
    }
    folder.write("many.route", text);
    let start = Instant::now();
    let out = folder.run(&["test", "--quiet", "--coverage"]);
    assert_eq!(out.status, 0, "{}", out.err);
    assert!(out.out.contains("12000 cases passed"), "{}", out.out);
    // Far more than it takes, even without optimisation on a busy machine.
    assert!(start.elapsed() < Duration::from_secs(120), "{:?}", start.elapsed());
    let failing = folder.run(&["test", "--filter", "closed", "--filter", "nobody"]);
    assert_eq!(failing.status, 0);
}

#[test]
fn many_failures_are_counted_not_all_shown() {
    let folder = Folder::new("tests-many-bad");
    let rows: String = (0..200).map(|_| "  2026-04-25 10:02, menu\n").collect();
    folder.write("many.route", format!("{SCRIPT}test \"many\" for at, expect <\n{rows}>\n"));
    let ran = folder.run(&["test"]);
    assert_eq!(ran.status, 1);
    assert!(ran.out.contains("and 180 more failed") && ran.out.contains("many  (200 of 200 rows failed)"), "{}", ran.out);
}

#[test]
fn colours_are_for_terminals() {
    let folder = Folder::new("tests-colour");
    folder.write("a.route", format!("{SCRIPT}{SHUT}"));
    assert!(!folder.run(&["test", "--coverage"]).out.contains('\u{1b}'));
    assert!(folder.run(&["test", "--coverage", "--color", "always"]).out.contains("\u{1b}[32m"));
}

#[test]
fn a_change_runs_the_tests_again() {
    let folder = Folder::new("tests-watch");
    folder.write("a.route", "voicemail \"one\"\ntest \"x\" < expect voicemail \"one\" >\n");
    let mut child = folder.command().args(["test", "--watch"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (sender, lines) = std::sync::mpsc::channel();
    let (out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    std::thread::spawn(move || BufReader::new(out).lines().map_while(Result::ok).for_each(|line| drop(sender.send(line))));
    std::thread::spawn(move || std::io::copy(&mut err, &mut std::io::sink()));
    let wait_for = |part: &str| {
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match lines.recv_timeout(left) {
                Ok(line) if line.contains(part) => return,
                Ok(_) => {}
                Err(_) => panic!("`{part}` never came"),
            }
        }
    };
    wait_for("1 case passed");
    // It says so before it looks again: whatever changes from now on is seen.
    folder.write("a.route", "voicemail \"two\"\ntest \"x\" < expect voicemail \"one\" >\n");
    wait_for("actual    voicemail \"two\"");
    wait_for("1 case failed");
    // What cannot be read now may be right after the next change.
    folder.write("a.route", "voicemail <\n");
    wait_for("1 script at fault");
    folder.write("b.route", "hangup\ntest \"new\" < expect hangup >\n").write("a.route", "hangup\n");
    wait_for("ok    new");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn the_examples_are_covered_wholly() {
    let folder = Folder::new("tests-examples");
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let out = folder.run(&["test", examples.to_str().unwrap(), "--format", "json", "--coverage"]);
    assert_eq!(out.status, 0, "{}{}", out.out, out.err);
    let value: Value = serde_json::from_str(&out.out).unwrap();
    for script in value["scripts"].as_array().unwrap() {
        assert!(!script["cases"].as_array().unwrap().is_empty(), "{} has no tests", script["file"]);
        for file in script["coverage"].as_array().unwrap() {
            assert_eq!(file["missed"], serde_json::json!([]), "{}", file["file"]);
        }
    }
    assert!(value["coverage"]["points"].as_u64().unwrap() > 150);
}
