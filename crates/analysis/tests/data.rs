//! CSV: lists and tables, and faults in them at their very lines.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

mod support;

use callroute_analysis::typed::{Cell, PhonePattern, TableKeys};
use support::{expect, expect_with};

#[test]
fn lists() {
    expect("list l = < +1312*; +1312*; 911 \"x\" until 2026-12-31 >\nzone UTC", &[("W0427", "+1312*")]);
    expect("list l = < 911 until 2026-12-31 >", &[("E0554", "l")]);
    let csv = "\u{feff}number;label;until\r\n+1 (500) 555-0199;\"spam; really\";2026-12-31\r\n\r\n+1900*\r\n3125550100;Ana\r\nsip:bob@Example.com\r\n";
    let text = "zone UTC\ncountry US\nlist l = csv \"l.csv\"\nwhen from in l < hangup >\nreject";
    let program = expect_with(text, &[("l.csv", csv)], &[]).program.unwrap();
    let shown: Vec<String> = program.lists[0]
        .entries
        .iter()
        .map(|e| match &e.what {
            PhonePattern::Numbers(pattern) => pattern.to_string(),
            PhonePattern::Address(text) => text.clone(),
        })
        .collect();
    assert_eq!(shown, ["+15005550199", "+1900*", "+13125550100", "sip:bob@example.com"]);
    assert_eq!(program.lists[0].entries[0].label.as_deref(), Some("spam; really"));
    assert!(program.lists[0].entries[0].until.is_some());
}

#[test]
fn faults_in_lists_stand_at_their_lines() {
    let csv = "number,label,until\n+15005550199,x,2026-12-31\nhello,\n+1900,y,31.12.2026\n";
    let analysis = expect_with("list l = csv \"l.csv\"", &[("l.csv", csv)], &[("E0812", "hello"), ("E0812", "31.12.2026"), ("E0554", "l")]);
    assert_eq!(analysis.files.len(), 2);
    assert_eq!(analysis.files[1].path, "l.csv");
    assert_eq!(analysis.diagnostics.last().unwrap().labels[0].message, "the file is read here");
    let many: String = (0..100).map(|n| format!("bad{n}\n")).collect();
    let analysis = support::check_with("list l = csv \"l.csv\"", &[("l.csv", &format!("+1900*\n{many}"))]);
    assert_eq!(analysis.diagnostics.len(), 21);
    assert_eq!(analysis.diagnostics[20].message, "80 more faults from here on are not shown");
    expect("list l = csv \"gone.csv\"", &[("E0801", "\"gone.csv\"")]);
    expect_with("list l = csv \"l.csv\"", &[("l.csv", "number\n")], &[("W0817", "\"l.csv\"")]);
}

#[test]
fn rows_of_lists_that_say_too_much() {
    let text = "zone UTC\nlist l = csv \"l.csv\"\nwhen from in l < hangup >\nreject";
    let csv = "+14155550100,Ana,2026-12-31,more,,\n+14155550101,2026-12-31\n+14155550102,2026-01-01,2026-12-31\n+14155550103,Ben,,,\n";
    expect_with(text, &[("l.csv", csv)], &[("E0813", "+14155550100,Ana,2026-12-31,more,,"), ("E0812", "2026-12-31")]);
    let csv = "+14155550100,Ana\n+1312*\n(415) 555-0100,x\n+1 415 555 0100,Ben\n+1312*,y\nsip:ana@example.com\nsip:ana@EXAMPLE.com\n";
    let twice = [("W0427", "+1 415 555 0100,Ben"), ("W0427", "+1312*,y"), ("W0427", "sip:ana@EXAMPLE.com")];
    let analysis = expect_with(text, &[("l.csv", csv)], &twice);
    assert_eq!(analysis.program.unwrap().lists[0].entries.len(), 7);
    let many: String = (0..100).map(|_| "+14155550100\n").collect();
    let analysis = support::check_with(text, &[("l.csv", &many)]);
    assert_eq!(analysis.diagnostics.len(), 21);
    assert!(analysis.diagnostics.iter().all(|d| d.code.to_string() == "W0427"));
}

/// What is missing is said once.
#[test]
fn look_ups_without_parentheses() {
    expect("source crm(number: phone) = < tier: text > lookup crm as c < tag (c.tier) > hangup", &[("E0118", "")]);
    expect("table t = key exact < r: text > < \"x\" \"y\" > lookup t as c < tag (c.r) > hangup", &[("E0118", "")]);
}

#[test]
fn folders_are_no_files() {
    expect("list l = csv \".\"\nlist m = csv \"lists/\"", &[("E0800", "\".\""), ("E0800", "\"lists/\"")]);
}

const AREAS: &str = "prefix,Region,Cost per min,tier,since\n+1,us,5,gold,20s\n+1312,\"chicago, il\",4.5,,1m30s\n+44,uk,,Silver,\n";

#[test]
fn tables() {
    let text = "table areas = csv \"areas.csv\" key prefix < region: text; cost = \"Cost per min\": number; tier: one of gold, silver; since: duration >\n\
                lookup areas(from) as a < tag \"{a.region}\" >\nhangup";
    let program = expect_with(text, &[("areas.csv", AREAS)], &[]).program.unwrap();
    let table = &program.tables[0];
    assert!(matches!(&table.keys, TableKeys::Numbers(keys) if keys.len() == 3 && keys[1].to_string() == "+1312"));
    assert_eq!(table.strings, ["us", "chicago, il", "uk"]);
    assert_eq!(&table.cells[4..8], [Cell::Text(1), Cell::Number(4.5), Cell::Missing, Cell::Duration(90_000)]);
    assert_eq!(table.cells[10], Cell::Enum(1));
}

#[test]
fn faults_in_tables() {
    let bad = "prefix,Region,Cost per min,tier,since\n+1,us,x,gold,20s\n+1312,us,4,bronze,\n+1,again,4,gold,1s\nhello,us,4,gold,1s\n+2,a,b,c,d,e,f\n";
    let text = "table areas = csv \"areas.csv\" key prefix < region: text; cost = \"Cost per min\": number; tier: one of gold, silver; since: duration >";
    let analysis = expect_with(
        text,
        &[("areas.csv", bad)],
        &[("E0812", "x"), ("E0812", "bronze"), ("E0815", "+1"), ("E0814", "hello"), ("E0813", "+2,a,b,c,d,e,f")],
    );
    assert!(
        analysis.diagnostics.iter().any(|d| d.message == "`bronze` in the column `tier` is not one of `gold`, `silver`"),
        "{:#?}",
        analysis.diagnostics
    );
    assert!(analysis.diagnostics.iter().any(|d| d.message == "the key `+1` is on line 2 already"));
    expect_with("table t = csv \"t.csv\" key exact < regio: text >", &[("t.csv", AREAS)], &[("E0811", "regio")]);
    expect_with("table t = csv \"t.csv\" key prefix < region: text >", &[("t.csv", "p,region\n1312,x\n")], &[("W0816", "\"t.csv\"")]);
    expect_with("table t = csv \"t.csv\" key prefix < region: text >", &[("t.csv", "p,region\n")], &[("W0817", "\"t.csv\"")]);
    expect_with("table t = csv \"t.csv\" key prefix < region: text >", &[("t.csv", "")], &[("E0810", "\"t.csv\"")]);
}

/// The reader would drop such quotes, or take them for letters, and nobody would know.
#[test]
fn quotes_stand_around_whole_cells() {
    let text = "table t = csv \"t.csv\" key prefix < region: text >\nlookup t(from) as r < tag \"{r.region}\" >\nhangup";
    let bad = "p,region\n+1,\"us\"x\n+44, \"uk\"\n+49,\"de\" \n+33,5\" pipe\n+41,\"say \"\"hello\"\"\"\n";
    let analysis = expect_with(text, &[("t.csv", bad)], &[("E0810", "\""), ("E0810", "\"")]);
    let at: Vec<u32> = analysis.diagnostics.iter().map(|diagnostic| diagnostic.place.span.start).collect();
    assert_eq!(at, ["p,region\n+1,".len() as u32, "p,region\n+1,\"us\"x\n+44, ".len() as u32]);
    let good = bad.replace("\"us\"x", "us").replace(", \"uk\"", ",uk");
    let program = expect_with(text, &[("t.csv", &good)], &[]).program.unwrap();
    assert_eq!(program.tables[0].strings, ["us", "uk", "de", "5\" pipe", "say \"hello\""]);
    expect_with("list l = csv \"l.csv\"\nwhen from in l < hangup >\nreject", &[("l.csv", "+1312*,\"a\"b\n")], &[("E0810", "\"")]);
}

/// As when the end of a file got lost.
#[test]
fn rows_that_end_early() {
    let text =
        "table t = csv \"t.csv\" key prefix < region: text; cost: number >\nlookup t(from) as r < tag \"{r.region}{r.cost}\" >\nhangup";
    expect_with(text, &[("t.csv", "p,region,cost,,\n+1,us,5\n+44,,\n+49,de\n")], &[("E0813", "+49,de")]);
}

/// Only a heading is passed over.
#[test]
fn a_first_number_that_is_wrong() {
    let text = "list l = csv \"l.csv\"\nwhen from in l < hangup >\nreject";
    expect_with(text, &[("l.csv", "+1415555O123,Ana\n+14155550124,Ben\n")], &[("E0812", "+1415555O123")]);
    expect_with(text, &[("l.csv", "Caller ID,Name\n+14155550124,Ben\n")], &[]);
}

#[test]
fn tables_in_place() {
    let text = "table a = key prefix < region: text; cost: number > < +1 \"us\", 5; +1312 \"chicago\", 4 >\n\
                table b = key exact < r: text > < \"x\" \"y\"; \"z\" \"w\" >\n\
                lookup a(from) as r < tag \"{r.region}\" > lookup b(\"x\") as s < tag \"{s.r}\" > hangup";
    let program = expect(text, &[]).program.unwrap();
    assert!(matches!(&program.tables[1].keys, TableKeys::Texts(keys) if keys == &["x", "z"]));
    expect("table a = key prefix < r: text > < +1 \"us\"; +1 \"ca\" >", &[("E0815", "+1")]);
    expect("table a = key prefix < r: text; n: number > < +1 \"us\" >", &[("E0813", "+1 \"us\"")]);
    expect("table a = key prefix < n: number > < +1 \"us\" >", &[("E0391", "\"us\"")]);
    expect("table a = key prefix < n: number > < \"hello\" 5 >", &[("E0814", "\"hello\"")]);
}

#[test]
fn a_million_rows() {
    let mut csv = String::from("prefix,region,cost\n");
    for n in 0..200_000u32 {
        csv.push_str(&format!("+1{:07},r{},{}\n", n, n % 500, n % 7));
    }
    let started = std::time::Instant::now();
    let text =
        "table t = csv \"t.csv\" key prefix < region: text; cost: number >\nlookup t(from) as r < tag \"{r.region}{r.cost}\" >\nhangup";
    let program = expect_with(text, &[("t.csv", &csv)], &[]).program.unwrap();
    assert_eq!(program.tables[0].cells.len(), 400_000);
    assert_eq!(program.tables[0].strings.len(), 500);
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}
