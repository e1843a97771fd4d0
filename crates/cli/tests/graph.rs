//! `callroute graph`: pictures by file ending, of chosen flows, with the way of a call.
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

use common::{FOUNDING, Folder};

const FLOWS: &str = "when from is anonymous < go night >\nmenu < 1 => do day > else hangup\nflow day < agent ana else voicemail \"day\" >\nflow night < voicemail \"night\" >\n";

#[test]
fn the_ending_of_the_file_says_what_is_written() {
    let folder = Folder::new("graph_endings");
    folder.write("first.route", FOUNDING);
    for (file, start) in
        [("a.svg", "<svg "), ("a.html", "<!doctype html>"), ("a.mmd", "flowchart TD"), ("a.dot", "digraph \"first.route\"")]
    {
        let ran = folder.run(&["graph", "first.route", "-o", file]);
        assert_eq!((ran.status, ran.out.as_str()), (0, ""), "{}", ran.err);
        assert_eq!(ran.err, format!("{file}: 7 boxes\n"));
        assert!(String::from_utf8(folder.read(file)).unwrap().starts_with(start), "{file}");
    }
    assert!(folder.run(&["graph", "first.route"]).good().starts_with("<svg "));
    assert!(folder.run(&["graph", "first.route", "--format", "mermaid", "-o", "-"]).good().starts_with("flowchart TD"));
}

#[test]
fn flows_are_chosen_by_name() {
    let folder = Folder::new("graph_flows");
    folder.write("flows.route", FLOWS);
    let all = folder.run(&["graph", "flows.route", "--format", "dot"]).good();
    assert!(all.contains("label=\"day\"") && all.contains("label=\"night\""), "{all}");
    let one = folder.run(&["graph", "flows.route", "--format", "dot", "--flow", "night"]).good();
    assert!(!one.contains("label=\"day\"") && one.contains("label=\"night\""), "{one}");
    folder.run(&["graph", "flows.route", "--flow", "nihgt"]).wrong("the script has no flow `nihgt`; it has `main`, `day`, `night`");
}

#[test]
fn a_call_shows_its_way() {
    let folder = Folder::new("graph_way");
    folder.write("flows.route", FLOWS);
    let bold = |args: &[&str]| -> Vec<String> {
        let out = folder.run(&[&["graph", "flows.route", "--format", "dot"], args].concat()).good();
        let lines = out.lines().filter(|line| line.contains("penwidth=3") && !line.contains("->"));
        lines.filter_map(|line| line.split('"').nth(1)).map(str::to_owned).collect()
    };
    assert_eq!(bold(&[]), [""; 0]);
    assert_eq!(bold(&["--from", "anonymous"]), ["A call comes in", "Caller withheld?", "→ night", "Start", "Voicemail\\ngreeting night"]);
    assert_eq!(
        bold(&["--from", "+14155550123", "--press", "1", "--outcome", "busy"]),
        ["A call comes in", "Menu\\n3 tries", "→ day", "Caller withheld?", "Start", "Ring ana", "Voicemail\\ngreeting day"]
    );
    let page = folder.run(&["graph", "flows.route", "--format", "html", "--from", "anonymous"]).good();
    assert!(page.contains(r#""calls":{"chosen":{"name":"from anonymous","nodes":["0-0""#), "{page}");
    folder.run(&["graph", "flows.route", "--from", "anonymous", "--press", "1"]).wrong("nothing asked for `--press 1`");
}

/// The box between two tries is passed, though no step stands for it.
#[test]
fn a_way_has_no_gap_at_the_tries() {
    let folder = Folder::new("graph_gap");
    folder.write("tries.route", "menu \"Hi\" tries 2 < 1 => hangup; timeout => say \"Hallo?\" > else voicemail \"late\"\n");
    let drawn = folder.run(&["graph", "tries.route", "--format", "dot", "--press", "", "--press", ""]).good();
    let bold: Vec<&str> = drawn.lines().filter(|line| line.contains("penwidth=3")).collect();
    let (arrows, boxes): (Vec<&str>, Vec<&str>) = bold.into_iter().partition(|line| line.contains("->"));
    for title in ["Menu", "Hallo?", "Asks again", "late"] {
        assert!(boxes.iter().any(|line| line.contains(title)), "{title}\n{drawn}");
    }
    // In, to what is said, to the box between, to the end.
    assert_eq!(arrows.len(), 4, "{drawn}");
}

#[test]
fn names_of_the_script_stay_as_they_are() {
    let folder = Folder::new("graph_names");
    folder.write(
        "names.route",
        "source crm(number: phone) = < tier: one of gold, silver >\ninput is_new = flag\n\
         lookup crm(from) as c < found => when c.tier is gold < when is_new < hangup > >; missing => hangup >\n\
         lookup crm(from) as d < when d.tier is gold < hangup > >\n",
    );
    let drawn = folder.run(&["graph", "names.route", "--format", "dot"]).good();
    for text in ["\"c.tier is gold?\"", "\"is_new?\"", "\"not found\""] {
        assert!(drawn.contains(text), "{text} is not in\n{drawn}");
    }
    assert!(!drawn.contains("unknown"), "{drawn}");
}

/// What the page knows of calls.
fn calls(page: &str) -> serde_json::Value {
    let (_, rest) = page.split_once(r#"<script type="application/json" id="data">"#).unwrap();
    let (json, _) = rest.split_once("</script>").unwrap();
    serde_json::from_str::<serde_json::Value>(json).unwrap()["calls"].clone()
}

#[test]
fn the_page_offers_the_ways_of_tests() {
    let folder = Folder::new("graph_tests");
    let tests = r#"test "withheld" < from anonymous; expect voicemail "night" >
test "day & <night>" for from, press, expect <
  +14155550123, 1, agent ana
  +14155550124, 1, agent ana
  +14155550125, 2, agent ana
  anonymous, 1, voicemail "night"
>
"#;
    folder.write("flows.route", format!("{FLOWS}{tests}"));
    let page = |args: &[&str]| folder.run(&[&["graph", "flows.route", "--format", "html"], args].concat()).good();
    let all = calls(&page(&[]));
    let names: Vec<&str> = all["tests"].as_array().unwrap().iter().map(|call| call["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["withheld", "day & <night>, rows 1, 2", "day & <night>, row 3 (fails)", "day & <night>, row 4 (fails)"]);
    assert_eq!((all["chosen"].is_null(), all["left_out"].as_u64()), (true, Some(0)));
    // The same call, chosen on the command line, goes the same way, and is not part of another's.
    let chosen = calls(&page(&["--from", "anonymous"]));
    assert_eq!(chosen["chosen"]["nodes"], all["tests"][0]["nodes"]);
    assert_eq!(chosen["tests"], all["tests"]);
    assert!(all["tests"][1]["nodes"].as_array().unwrap().len() > 3, "{all}");
    // A flow that a call does not pass does not offer it.
    let night = calls(&page(&["--flow", "night"]));
    let names: Vec<&str> = night["tests"].as_array().unwrap().iter().map(|call| call["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["withheld", "day & <night>, row 4 (fails)"]);
}

#[test]
fn a_page_offers_only_so_many_ways() {
    let folder = Folder::new("graph_many");
    let mut script = String::from("menu < 1 => hangup; 2 => agent ana > else voicemail \"none\"\n");
    for i in 0..230 {
        script += &format!(
            "test \"t{i}\" < from +1312555{i:04}; press {}; expect {} >\n",
            1 + i % 2,
            if i % 2 == 0 { "hangup" } else { "agent ana" }
        );
    }
    folder.write("many.route", script);
    let page = folder.run(&["graph", "many.route", "--format", "html"]).good();
    let calls = calls(&page);
    assert_eq!((calls["tests"].as_array().unwrap().len(), calls["left_out"].as_u64()), (200, Some(30)));
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    let folder = Folder::new("graph_refused");
    folder.write("first.route", FOUNDING).write("bad.route", "hangupp");
    assert_eq!(folder.run(&["build", "first.route"]).status, 0);
    folder.run(&["graph", "first.routec"]).wrong("a picture is made from the script itself");
    folder.run(&["graph", "first.route", "-o", "first.route"]).wrong("`first.route` would be a script");
    folder.run(&["graph", "first.route", "-o", "first.png"]).wrong("`first.png` does not end as one of what can be drawn: .svg, .html");
    assert!(!folder.0.join("first.png").exists());
    assert_eq!(folder.run(&["graph", "first.route", "-o", "picture.txt", "--format", "dot"]).status, 0);
    assert!(folder.read("picture.txt").starts_with(b"digraph"));
    assert_eq!(folder.run(&["graph", "first.route", "-o", "picture"]).status, 0);
    assert!(folder.read("picture").starts_with(b"<svg"));
    folder.run(&["graph", "none.route"]).wrong("there is no file `none.route`");
    let ran = folder.run(&["graph", "bad.route"]);
    assert_eq!(ran.status, 1);
    assert!(ran.err.contains("`hangup`"), "{}", ran.err);
    let large: String = (0..2000).map(|i| format!("when from is +1312555{i:04} < voicemail \"b{i}\" >\n")).collect();
    folder.write("large.route", large);
    folder.run(&["graph", "large.route"]).wrong("draw one flow with `--flow NAME`");
}

/// Who says nothing once is asked again; and a flow that no call comes to is drawn pale, as a step is.
#[test]
fn tries_and_flows_that_nothing_runs() {
    let folder = Folder::new("graph-tries");
    folder.write(
        "main.route",
        "menu \"Hi\" tries 2 < 1 => hangup; timeout => say \"Hallo?\"; invalid => reject > else voicemail \"v\"\n\
         menu \"Once\" tries 1 < 1 => hangup; timeout => say \"Bye\" >\n\
         flow nobody < do last >\nflow last < reject >\n",
    );
    let drawn = folder.run(&["graph", "main.route", "--format", "mermaid"]).good();
    let id = |text: &str| {
        let line = drawn.lines().find(|line| line.contains(text)).unwrap_or_else(|| panic!("{text} is not in {drawn}"));
        line.trim().split(['[', '(', '>']).next().unwrap().to_owned()
    };
    let (says, again, mail) = (id("Hallo?"), id("Asks again"), id("greeting v"));
    for arrow in [format!("{says} --> {again}"), format!("{again} -->|\"no try left\"| {mail}")] {
        assert!(drawn.contains(&arrow), "{arrow} is not in {drawn}");
    }
    assert_eq!(drawn.matches("Asks again").count(), 1, "a menu of one try asks no second time: {drawn}");
    let pale = |text: &str| drawn.lines().any(|line| line.contains(text) && line.ends_with(":::unreachable"));
    assert!(pale("Start") && pale("→ last") && !pale("Hallo?"), "{drawn}");
    // Flows of a file that others import are somebody's.
    folder.write("shared.route", "flow night < voicemail \"night\" >\n");
    assert!(!folder.run(&["graph", "shared.route", "--format", "mermaid"]).good().contains(":::unreachable"));
}
