//! Everything that is printed for people and for other programs, whole, as it was last looked at: `tests/golden`. (Tests, transcripts of the documents
//! and messages about mistakes are kept elsewhere.)
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

use common::{Folder, golden};

/// Menus, conditions, ringing, a second flow, a fault, a dead end, what is never reached.
const FLOWS: &str = r#"zone America/Chicago
fallback voicemail "front"
group sales = ring all for 25s < +13125550101; agent ana >
agent ana = +13125550102
when hours(mon-fri 9-17) <
  menu say "Press 1 for <sales>, 2 & 3 for \{more\}." tries 2 <
    1    => group sales < busy => voicemail "busy" > else voicemail "sales"
    2, 3 => go night
  >
  hangup
  tag "never"
>
group sales

flow night < split by call < 70% => voicemail "night"; 30% => reject busy > >

test "sales" < at 2026-04-21 09:32; press 1; expect group sales >
"#;

fn flows(name: &str) -> Folder {
    let folder = Folder::new(name);
    folder.write("flows.route", FLOWS);
    folder
}

#[test]
fn drawings() {
    let folder = flows("outputs-drawings");
    for (format, name) in [("svg", "graph.svg"), ("mermaid", "graph.mmd"), ("dot", "graph.dot")] {
        golden(name, &folder.run(&["graph", "flows.route", "--format", format]).good());
    }
    let way = ["--from", "+14155550123", "--at", "2026-04-21 09:32 America/Chicago", "--press", "1", "--outcome", "busy"];
    golden("graph-way.mmd", &folder.run(&[&["graph", "flows.route", "--format", "mermaid"], &way[..]].concat()).good());
    let page = folder.run(&[&["graph", "flows.route", "--format", "html"], &way[..]].concat()).good();
    let data = page.split("id=\"data\">").nth(1).unwrap().split("</script>").next().unwrap();
    let data: serde_json::Value = serde_json::from_str(data).unwrap();
    golden("graph-page.json", &format!("{data:#}\n"));
}

#[test]
fn what_is_wrong() {
    let folder = Folder::new("outputs-wrong");
    folder.write("bad.route", "zone US/Central\nagent ana = +13125550101\nagent anna\ntag \"a\", hangup\n");
    let ran = folder.run(&["check", "bad.route"]);
    golden("check.txt", &ran.err);
    let json: serde_json::Value = serde_json::from_str(&folder.run(&["check", "bad.route", "--format", "json"]).out).unwrap();
    golden("check.json", &format!("{json:#}\n"));
    golden("check.sarif", &folder.run(&["check", "bad.route", "--format", "sarif"]).out.replace(env!("CARGO_PKG_VERSION"), "VERSION"));
}

#[test]
fn coverage_for_programs() {
    let folder = flows("outputs-coverage");
    let json: serde_json::Value = serde_json::from_str(&folder.run(&["test", "--coverage", "--format", "json"]).good()).unwrap();
    golden("test-coverage.json", &format!("{json:#}\n").replace("\"seconds\": ", "\"seconds\":"));
}

#[test]
fn pages_of_the_manual() {
    let folder = Folder::new("outputs-manual");
    for command in ["test", "fmt", "graph", "call", "run", "check", "new"] {
        golden(&format!("man-{command}.1"), &folder.run(&["man", command]).good().replace(env!("CARGO_PKG_VERSION"), "VERSION"));
    }
}
