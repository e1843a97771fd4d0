//! Names, imports, settings, numbers, zones: what the analysis says of definitions.
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

use support::{check_with, expect, expect_with, mended};

#[test]
fn the_smallest_script_is_clean() {
    let text = r#"when hours(9-17 America/Chicago) < menu < 1 => group sales; 2 => agent support > > else voicemail "office_closed""#;
    let analysis = expect(text, &[]);
    let program = analysis.program.unwrap();
    let externs: Vec<&str> = program.externs.iter().map(|e| e.name.as_str()).collect();
    assert_eq!(externs, ["sales", "support"]);
    let spread = text.replace(' ', "\n");
    assert!(check_with(&spread, &[]).program.is_some());
}

#[test]
fn the_longer_sample_is_clean() {
    let text = r#"
zone America/Chicago

/// Rings both desks at once.
group sales = ring all for 25s < +16822306467; +12125551234 >
agent support = sip:support@example.com
list blocked = csv "blocked.csv"
dates us_holidays = < jan 1 observed; 4th thu of nov; dec 25 observed >
schedule office = < mon-fri 9-17; us_holidays closed >

when from in blocked < reject declined >
when on(us_holidays) < voicemail "holiday" >
when hours(office) <
  menu say "Press 1 for sales, 2 for support." <
    1 => group sales else voicemail "sales"
    2 => agent support for 20s else voicemail "support"
  > else voicemail "front_desk"
>
voicemail "office_closed"
"#;
    let analysis = expect_with(text, &[("blocked.csv", "number,label\n+15005550199,spam\n+1900*\n")], &[]);
    let program = analysis.program.unwrap();
    assert_eq!(program.lists[0].entries.len(), 2);
    assert!(program.externs.is_empty());
}

#[test]
fn unknown_names_are_said_once_with_the_nearest() {
    let text = "group sales = < +14155550123 >\ngroup sals else group sals else group sales else hangup";
    let analysis = expect(text, &[("E0200", "sals")]);
    let diagnostic = &analysis.diagnostics[0];
    assert_eq!(diagnostic.message, "unknown group `sals`");
    assert_eq!(diagnostic.help, ["did you mean `sales`?"]);
    assert_eq!(diagnostic.labels.len(), 2, "the definition, and the second use");
    assert_eq!(diagnostic.fix.as_ref().unwrap().edits[0].text, "sales");
    expect("agent ana = +14155550123\nagent ana else group ana else agent kim else hangup", &[("E0200", "kim")]);
    expect("when from in nobody < hangup >\nhangup", &[("E0200", "nobody")]);
    expect("dates a = < jan 1 >\nschedule s = in UTC < b closed; mon 9-12 >\ngroup x = < +14155550123 >", &[("E0200", "b")]);
}

#[test]
fn external_names_are_left_to_the_host_kind_by_kind() {
    let text = "extern group sales\nagent ana = +14155550123\ngroup sales else group slaes else queue anything else agent ana else hangup";
    let analysis = expect(text, &[("E0200", "slaes")]);
    assert!(analysis.diagnostics[0].help[0].contains("sales"));
    let text = "extern group sales\ngroup sales else queue \"24x7\" else hangup";
    let program = expect(text, &[]).program.unwrap();
    let names: Vec<&str> = program.externs.iter().map(|e| e.name.as_str()).collect();
    assert_eq!(names, ["sales", "24x7"]);
}

#[test]
fn definitions_are_unique_in_their_kind() {
    expect("agent bob = +14155550123\ngroup bob = < +14155550124 >\nflow bob < hangup >", &[]);
    expect("agent bob = +14155550123\nagent bob = +14155550124", &[("E0201", "bob")]);
    expect("extern group a\nextern group a\nqueue q = < agent \"x\" >", &[]);
    expect("extern group a\ngroup a = < +14155550123 >", &[("E0201", "a")]);
    expect("flow main < hangup >", &[("E0201", "main")]);
    expect("table t = key exact < r: text > < 1 \"a\" >\nsource t(n: phone) = < a: text >", &[("E0201", "t")]);
    expect("source s(n: phone, n: text) = < a: text; b: text; a: number >", &[("E0209", "n"), ("E0209", "a")]);
    expect("input tier = one of gold, silver, Gold", &[("E0210", "Gold")]);
    expect("input language = text", &[("E0202", "language")]);
}

#[test]
fn settings_stand_once() {
    expect("zone UTC\nzone America/Chicago", &[("E0206", "zone")]);
    expect("country US\ncountry GB", &[("E0206", "country")]);
    expect("country XX", &[("E0426", "XX")]);
    expect("limit turns 0", &[("E0208", "0")]);
    expect("limit turns 10001", &[("E0208", "10001")]);
    assert_eq!(expect("limit turns 20\nhangup", &[]).program.unwrap().turn_limit, 20);
    assert_eq!(expect("hangup", &[]).program.unwrap().turn_limit, 100);
}

#[test]
fn what_nothing_uses_is_warned_of() {
    let text = "group a = < +14155550123 >\nagent b = +14155550124\nlist l = < +1* >\ninput i = flag\naction x()\nhangup";
    expect(text, &[("W0203", "a"), ("W0203", "b"), ("W0203", "l"), ("W0203", "i"), ("W0203", "x")]);
    // A file of definitions is there to be imported.
    expect("group a = < +14155550123 >\nlist l = < +1* >", &[]);
    // Used by another definition.
    expect("agent b = +14155550124\ngroup a = < agent b >\ngroup a else hangup", &[]);
    assert_eq!(mended("list l = < +1* >\nhangup", "W0203").trim(), "hangup");
}

#[test]
fn imports_bring_definitions() {
    let shared = (
        "shared/h.route",
        "zone America/Chicago\ndates hol = < dec 25 >\nschedule office = < mon-fri 9-17; hol closed >\ngroup unused = < +14155550123 >",
    );
    let analysis = expect_with("import \"shared/h.route\"\nzone UTC\nwhen hours(office) < hangup >\nreject", &[shared], &[]);
    let program = analysis.program.unwrap();
    assert_eq!(program.files.len(), 2);
    assert_eq!(program.schedules[0].schedule.zone.name(), "America/Chicago", "a file's own zone comes first");
    assert_eq!(program.zone.unwrap().name(), "UTC");

    // Relative to the importing file, each file once.
    let nested = [
        ("a/one.route", "import \"two.route\"\nimport \"../three.route\""),
        ("a/two.route", "list l = < +1* >"),
        ("three.route", "import \"a/two.route\""),
    ];
    expect_with("import \"a/one.route\"\nimport \"a/two.route\"\nwhen from in l < hangup >\nreject", &nested, &[]);

    expect_with("import \"a.route\"", &[("a.route", "hangup\nsay \"x\"")], &[("E0205", "hangup")]);
    expect_with("import \"a.route\"", &[("a.route", "country US\nlimit turns 5")], &[("E0207", "country"), ("E0207", "limit")]);
    expect_with("import \"a.route\"\nagent x = +14155550123", &[("a.route", "agent x = +14155550124")], &[("E0201", "x")]);
}

#[test]
fn imports_that_fail() {
    // One mistake, one diagnostic: whatever the file would have defined is not missed.
    expect("import \"gone.route\"\nwhen hours(office) < group sales else hangup >\nhangup", &[("E0801", "\"gone.route\"")]);
    expect("import \"../up.route\"", &[("E0800", "\"../up.route\"")]);
    expect("import \"/etc/passwd\"", &[("E0800", "\"/etc/passwd\"")]);
    expect("import \"https://example.com/a.route\"", &[("E0800", "\"https://example.com/a.route\"")]);
    expect("import \"a.csv\"", &[("E0803", "\"a.csv\"")]);
    expect_with("import \"a.route\"\nimport \"./a.route\"", &[("a.route", "")], &[("W0805", "\"./a.route\"")]);
    expect_with("import \"main.route\"", &[], &[("E0804", "\"main.route\"")]);
    let circle = [("a.route", "import \"b.route\""), ("b.route", "import \"c.route\""), ("c.route", "import \"a.route\"")];
    let analysis = expect_with("import \"a.route\"\nhangup", &circle, &[("E0804", "\"a.route\"")]);
    assert_eq!(analysis.diagnostics[0].labels.len(), 2, "the way round");
    let analysis = callroute_analysis::analyse(
        "m.route",
        "import \"a.route\"",
        &callroute_analysis::MemoryFiles([("a.route".to_owned(), vec![0xff])].into()),
    );
    assert_eq!(analysis.diagnostics[0].code.to_string(), "E0004");
}

#[test]
fn zones() {
    expect("zone America/Chigaco", &[("E0550", "America/Chigaco")]);
    assert_eq!(mended("zone America/Chigaco", "E0550"), "zone America/Chicago");
    expect("zone US/Central", &[("W0553", "US/Central")]);
    assert_eq!(mended("zone US/Central", "W0553"), "zone America/Chicago");
    expect("zone EST5EDT", &[("E0552", "EST5EDT")]);
    expect("zone Etc/GMT+5", &[("E0551", "Etc/GMT+5")]);
    expect(
        "schedule a = < mon 9-12 >\nschedule b = < mon 9-12 >\nwhen on(dec 25) < say \"x\" >\nhangup",
        &[("E0554", "a"), ("W0203", "a"), ("W0203", "b")],
    );
    // A wrong zone of the file is one mistake.
    expect("zone Foo/Bar\nschedule a = < mon 9-12 >", &[("E0550", "Foo/Bar")]);
}

#[test]
fn numbers() {
    expect("agent a = +1 (312) 555-1234", &[("E0400", "+1 (312) 555-1234")]);
    expect("agent a = +9991234567", &[("E0421", "+9991234567")]);
    expect("agent a = +131255501001", &[("E0421", "+131255501001")]);
    expect("agent a = +1312555", &[("W0422", "+1312555")]);
    expect("agent a = +4402079460000", &[("E0421", "+4402079460000")]);
    assert_eq!(mended("agent a = +4402079460000", "E0421"), "agent a = +442079460000");
    expect("agent a = sip:@example.com", &[("E0423", "@")]);
    expect("agent a = \"sip:ana@exa mple.com\"", &[("E0423", "\"sip:ana@exa mple.com\"")]);
    expect("trunk t = +14155550123", &[("E0423", "+14155550123")]);
    let program = expect("agent a = \"sip:Ana@Example.com;transport=tls\"", &[]).program.unwrap();
    assert!(format!("{:?}", program.agents[0].ring.members[0].who).contains("sip:Ana@example.com;transport=tls"));
}
