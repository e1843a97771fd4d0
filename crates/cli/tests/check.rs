//! `callroute check`, `build`, `inspect`, `explain`: outputs, exit statuses, bad inputs.
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

use std::process::Stdio;

use common::{FOUNDING, Folder, Ran, lines};
use serde_json::json;

#[test]
fn the_founding_script_is_clean() {
    let folder = Folder::new("clean");
    folder.write("first.route", FOUNDING);
    let ran = folder.run(&["check", "first.route", "--deny", "warnings"]);
    assert_eq!((ran.status, ran.out.as_str(), ran.err.as_str()), (0, "", "1 script checked: no errors, no warnings\n"));
    let out = folder.run(&["check", "first.route", "--format", "json"]).good();
    assert_eq!(lines(&out)[0], json!({"diagnostics":[],"errors":0,"warnings":0}));
}

#[test]
fn faults_are_shown_to_people_and_machines() {
    let folder = Folder::new("faults");
    folder.write("lines/bad.route", "zone America/Chicago\n\nagent ana = +13125550101\nagent anna\nfoo bar\n");
    let ran = folder.run(&["check", "lines"]);
    assert_eq!((ran.status, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains("error[E0200]: ") && ran.err.contains("lines/bad.route:4:7"), "{}", ran.err);
    assert!(ran.err.contains("lines/bad.route:5:1"), "{}", ran.err);
    assert!(!ran.err.contains('\u{1b}'), "no colours in a pipe");

    let ran = folder.run(&["check", "lines/bad.route", "--format", "json"]);
    assert_eq!((ran.status, ran.err.as_str()), (1, ""));
    let report = &lines(&ran.out)[0];
    let first = report["diagnostics"].as_array().unwrap().iter().find(|one| one["code"] == "E0200").unwrap();
    assert_eq!((&first["severity"], &first["file"]), (&json!("error"), &json!("lines/bad.route")));
    assert_eq!((&first["line"], &first["column"], &first["end_line"], &first["end_column"]), (&json!(4), &json!(7), &json!(4), &json!(11)));
    assert_eq!(report["errors"], json!(2));

    let ran = folder.run(&["check", "lines/bad.route", "--format", "sarif"]);
    assert_eq!((ran.status, ran.err.as_str()), (1, ""));
    let log: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "lines/bad.route");
}

#[test]
fn colours_are_the_callers_choice() {
    let folder = Folder::new("colours");
    folder.write("bad.route", "foo bar\n");
    let has = |ran: Ran| ran.err.contains('\u{1b}');
    assert!(!has(folder.run(&["check", "bad.route"])));
    assert!(has(folder.run(&["check", "bad.route", "--color", "always"])));
    assert!(!has(folder.run(&["check", "bad.route", "--color", "never"])));
    let refused = folder.command().args(["check", "bad.route", "--color", "always"]).env("NO_COLOR", "1").output().unwrap();
    assert!(has(Ran::of(refused)), "an explicit wish is stronger than NO_COLOR");
    folder.run(&["check", "bad.route", "--color", "pink"]).wrong("pink");
}

#[test]
fn warnings_count_where_they_are_denied() {
    let folder = Folder::new("warnings");
    folder.write("odd.route", "agent ana = +13125550101\nagent ben = +13125550102\nagent ana\n");
    let ran = folder.run(&["check", "odd.route"]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert!(ran.err.contains("W0203") && ran.err.ends_with("1 script checked: 1 warning\n"), "{}", ran.err);
    let ran = folder.run(&["check", "odd.route", "--deny", "warnings"]);
    assert_eq!(ran.status, 1);
    assert!(ran.err.ends_with("1 script checked: 1 warning, and warnings are denied\n"), "{}", ran.err);
    assert_eq!(folder.run(&["check", "odd.route", "--deny", "warnings", "--format", "json"]).status, 1);
}

#[test]
fn folders_are_searched() {
    let folder = Folder::new("folders");
    folder.write("a.route", FOUNDING).write("deep/er/b.route", FOUNDING).write(".hidden/c.route", "foo").write("d.txt", "foo");
    assert_eq!(folder.run(&["check"]).err, "2 scripts checked: no errors, no warnings\n");
    assert_eq!(folder.run(&["check", "deep", ".", "a.route", "./a.route"]).err, "2 scripts checked: no errors, no warnings\n");
    folder.write("none/x.txt", "");
    folder
        .run(&["check", "none", "gone.route", "a.route"])
        .wrong("there is no `.route` file in `none` or below it\ncallroute: there is no file `gone.route`");
    folder.write("a.routec", "x");
    folder.run(&["check", "a.routec"]).wrong("`a.routec` is a compiled script; `callroute inspect` shows what is in it");
}

#[cfg(unix)]
#[test]
fn imports_are_read_beside_the_script_and_never_outside_of_the_workspace() {
    let folder = Folder::new("imports");
    folder
        .write("inside/main.route", "import \"shared/days.route\"\nzone America/Chicago\nwhen on(days) < hangup >\nvoicemail \"x\"\n")
        .write("inside/shared/days.route", "dates days = < jan 1; feb 31 >\n")
        .write("secret.route", "dates days = < jan 1 >\n")
        .write("inside/callroute.toml", "")
        .write("inside/out.route", "import \"../secret.route\"\nhangup\n")
        .write("inside/link.route", "import \"linked.route\"\nhangup\n");
    std::os::unix::fs::symlink(folder.0.join("secret.route"), folder.0.join("inside/linked.route")).unwrap();
    // What is wrong in an import is said once, at its place, and the import is not checked again on its own.
    let ran = folder.run(&["check", "inside/main.route", "inside/shared"]);
    assert_eq!(ran.status, 1);
    assert_eq!(ran.err.matches("error[").count(), 1, "{}", ran.err);
    assert!(ran.err.contains("inside/shared/days.route:1:23"), "{}", ran.err);
    for script in ["inside/out.route", "inside/link.route"] {
        let ran = folder.run(&["check", script]);
        assert_eq!(ran.status, 1, "{script}");
        assert!(ran.err.contains("workspace"), "{script}: {}", ran.err);
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    let folder = Folder::new("unreadable");
    folder
        .write("latin1.route", b"hangup // caf\xe9\n")
        .write("nul.route", b"hangup\0\n")
        .write("bom.route", format!("\u{feff}{FOUNDING}"));
    let ran = folder.run(&["check", "latin1.route"]);
    assert_eq!(ran.status, 1);
    assert!(ran.err.contains("E0004") && ran.err.contains("latin1.route:1:14"), "{}", ran.err);
    let ran = folder.run(&["check", "nul.route"]);
    assert_eq!(ran.status, 1, "{}", ran.err);
    assert!(!ran.err.contains('\0'));
    // A gigabyte is refused before it is read: the file has holes only, but reading it would take a while.
    let huge = std::fs::File::create(folder.0.join("huge.route")).unwrap();
    huge.set_len(1 << 30).unwrap();
    for command in ["check", "run"] {
        let started = std::time::Instant::now();
        let ran = folder.run(&[command, "huge.route"]);
        assert_eq!(ran.status, 1);
        assert!(ran.err.contains("E0001"), "{}", ran.err);
        assert!(started.elapsed() < std::time::Duration::from_secs(5));
    }
    #[cfg(unix)]
    let endless = folder.run(&["check", "/dev/zero"]);
    #[cfg(unix)]
    assert_eq!(endless.status, 1, "{}", endless.err);
    #[cfg(unix)]
    assert!(endless.err.contains("E0001"), "{}", endless.err);
}

#[test]
fn fixes_that_are_certain_are_applied() {
    let folder = Folder::new("fixes");
    folder.write("old.route", "zone US/Central\nwhen hours(9-17) < agent ana > else hangup\n");
    let before = folder.run(&["check", "old.route", "--format", "json"]);
    let report = &lines(&before.out)[0];
    let safe = report["diagnostics"].as_array().unwrap().iter().filter(|one| one["fix"]["applicability"] == "safe").count();
    assert!(safe > 0, "{report}");
    let ran = folder.run(&["check", "old.route", "--diff"]);
    assert_eq!(
        ran.out,
        "--- old.route\n+++ old.route (fixed)\n@@ -1,2 +1,2 @@\n-zone US/Central\n+zone America/Chicago\n when hours(9-17) < agent ana > else hangup\n"
    );
    assert!(folder.read("old.route").starts_with(b"zone US/Central"));
    assert_eq!(folder.run(&["check", "old.route", "--diff", "--color", "always"]).out.matches("\u{1b}[32m").count(), 1);
    let ran = folder.run(&["check", "old.route", "--fix"]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert!(ran.err.starts_with("fixed old.route\n"), "{}", ran.err);
    assert_eq!(folder.read("old.route"), b"zone America/Chicago\nwhen hours(9-17) < agent ana > else hangup\n");
}

/// What stands in a day's way shows only when its month is right: both are mended in one run, and the difference shows the end of it.
#[test]
fn a_fix_that_another_one_needs_first_is_applied_too() {
    let folder = Folder::new("fixes-in-turn");
    folder.write("lib.route", "dates off = < december 25th >\n");
    folder.write("main.route", "zone UTC\nimport \"lib.route\"\ndates own = < january 1st >\nwhen on(off) or on(own) < hangup >\nhangup\n");
    let ran = folder.run(&["check", "--diff", "main.route"]);
    assert!(ran.out.contains("+dates own = < jan 1 >\n"), "{}", ran.out);
    assert!(ran.out.contains("-dates off = < december 25th >\n+dates off = < dec 25 >\n"), "{}", ran.out);
    assert!(folder.read("lib.route").starts_with(b"dates off = < december 25th >"), "it only shows");
    let ran = folder.run(&["check", "--fix", "main.route"]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    let fixed: Vec<&str> = ran.err.lines().filter(|line| line.starts_with("fixed ")).collect();
    assert_eq!(fixed, ["fixed main.route", "fixed lib.route"], "each once: {}", ran.err);
    assert_eq!(folder.read("lib.route"), b"dates off = < dec 25 >\n");
    assert_eq!(folder.run(&["check", "--diff", "main.route"]).out, "");
}

#[test]
fn what_several_scripts_import_is_mended_once() {
    let folder = Folder::new("fixes-shared");
    folder.write("lib.route", "zone US/Central\nagent ana = +13125550101\nlist spam = < +1900*, +1976* >\n");
    for name in ["a", "b", "c"] {
        folder.write(
            &format!("{name}.route"),
            "import \"lib.route\"\nwhen hours(9-17) and from not in spam < agent ana > else hangup\ntag \"a\", hangup\n",
        );
    }
    let ran = folder.run(&["check", "--diff"]);
    let headings: Vec<&str> = ran.out.lines().filter(|line| line.starts_with("--- ")).collect();
    assert_eq!(headings, ["--- a.route", "--- lib.route", "--- b.route", "--- c.route"], "{}", ran.out);
    let ran = folder.run(&["check", "--fix"]);
    let fixed: Vec<&str> = ran.err.lines().filter(|line| line.starts_with("fixed ")).collect();
    assert_eq!(fixed, ["fixed a.route", "fixed lib.route", "fixed b.route", "fixed c.route"], "{}", ran.err);
    assert!(folder.read("lib.route").starts_with(b"zone America/Chicago\n"));
    assert_eq!(folder.run(&["check", "--diff"]).out, "");
}

#[test]
fn nobody_listening_is_no_fault() {
    let folder = Folder::new("check-pipe");
    folder.write("bad.route", "foo bar\n".repeat(400));
    for args in [&["check", "bad.route", "--format", "json"][..], &["check", "bad.route"], &["explain"], &["inspect", "first.route"]] {
        folder.write("first.route", FOUNDING);
        let mut child = folder.command().args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop((child.stdout.take(), child.stderr.take()));
        let status = child.wait().unwrap().code();
        assert!(matches!(status, Some(0 | 1)), "{args:?}: {status:?}");
    }
}

#[test]
fn what_is_built_runs() {
    let folder = Folder::new("build");
    folder.write("office.route", FOUNDING);
    let ran = folder.run(&["build", "office.route"]);
    assert_eq!((ran.status, ran.out.as_str()), (0, ""), "{}", ran.err);
    assert!(ran.err.starts_with("office.routec: "), "{}", ran.err);
    let bytes = folder.read("office.routec");
    folder.run(&["build", "office.route", "-o", "again.routec"]);
    assert_eq!(bytes, folder.read("again.routec"), "the same script gives the same bytes");
    folder.run(&["build", "office.route", "--strip", "-o", "small.routec"]);
    assert!(folder.read("small.routec").len() < bytes.len());
    let piped = folder.command().args(["build", "office.route", "-o", "-"]).output().unwrap();
    assert_eq!(piped.stdout, bytes);
    let at = ["--at", "2026-04-21T14:32:00Z", "--press", "2"];
    let source = folder.run(&[&["run", "office.route"], &at[..]].concat()).good();
    for file in ["office.routec", "small.routec"] {
        assert_eq!(folder.run(&[&["run", file], &at[..]].concat()).good(), source);
    }
    // A token of the one is good for the other: they are the same script.
    folder.run(&["build", "office.route", "-o", "office.route"]).wrong("is the script itself");
    folder.run(&["build", "office.route", "-o", "none/x.routec"]).wrong("`none/x.routec` cannot be written");
    folder.write("bad.route", "foo\n");
    assert_eq!(folder.run(&["build", "bad.route"]).status, 1);
    assert!(!folder.0.join("bad.routec").exists());
    assert!(std::fs::read_dir(&folder.0).unwrap().all(|entry| !entry.unwrap().file_name().to_string_lossy().ends_with(".tmp")));
}

#[test]
fn the_fallback_is_written_for_the_platform_to_keep() {
    let folder = Folder::new("fallback");
    folder.write(
        "own.route",
        "fallback voicemail \"front\"\nmenu < 1 => group sales > else hangup\ngroup sales = ring all < +13125550100; +13125550101 >\n",
    );
    folder.write("plain.route", "dial +13125550100\n");
    folder.write(
        "serve.toml",
        "public = \"https://route.example.com\"\nfallback = \"reject busy\"\n[[script]]\nfile = \"own.route\"\n\
         [dialect.twiml]\nsecrets = [{ env = \"NOT_SET_HERE\" }]\ngreetings = { front = \"Please leave a message.\" }\n",
    );
    let build = |script: &str, more: &[&str]| folder.run(&[&["build", script, "--fallback", "-", "--dialect"], more].concat());
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    // The script's own, else the configuration's, else the end.
    assert_eq!(json(&build("own.route", &["json", "--config", "serve.toml"]).good())["message"], "front");
    assert_eq!(json(&build("plain.route", &["json", "--config", "serve.toml"]).good())["reason"], "busy");
    assert_eq!(json(&build("plain.route", &["json"]).good())["action"], "hangup");
    // In the platform's words, with the settings that it is served with; secrets are not needed.
    let twiml = build("own.route", &["twiml", "--config", "serve.toml"]).good();
    assert!(twiml.contains("<Response>") && twiml.contains("Please leave a message."), "{twiml}");
    let bare = build("own.route", &["twiml"]);
    assert_eq!((bare.status, bare.err.contains("`front`"), bare.err.contains("with `--config`")), (1, true, true), "{}", bare.err);
    // Only the fallback is written, unless the compiled file is asked for as well.
    let said = folder.run(&["build", "own.route", "--fallback", "keep.json", "--dialect", "json"]);
    assert_eq!((said.status, said.out.as_str()), (0, ""), "{}", said.err);
    assert!(said.err.contains("keep.json: the fallback in the dialect `json`"), "{}", said.err);
    assert!(!folder.0.join("own.routec").exists());
    assert_eq!(folder.run(&["build", "own.route", "-o", "own.routec", "--fallback", "keep.json", "--dialect", "json"]).status, 0);
    assert!(folder.0.join("own.routec").exists());
    // It is what the server would answer, from the compiled file as well.
    assert_eq!(build("own.routec", &["json"]).good().as_bytes(), folder.read("keep.json"));

    folder.run(&["build", "own.route", "--fallback", "x"]).wrong("--dialect");
    folder.run(&["build", "own.route", "--dialect", "json"]).wrong("--fallback");
    build("own.route", &["sip"]).wrong("'sip'");
    build("own.route", &["json", "--config", "none.toml"]).wrong("`none.toml` cannot be read");
    folder.run(&["build", "own.route", "--fallback", "own.route", "--dialect", "json"]).wrong("is the script itself");
    folder.write("wrong.toml", "fallback = \"voicemial\"\n");
    let refused = build("plain.route", &["json", "--config", "wrong.toml"]);
    assert_eq!((refused.status, refused.err.contains("`voicemial` is no fallback")), (2, true), "{}", refused.err);
    // Who cannot be told the script is not told its fallback either.
    let refused = build("own.route", &["rtjson"]);
    assert_eq!((refused.status, refused.err.contains("`gateway`")), (1, true), "{}", refused.err);
}

#[test]
fn damaged_files_are_refused() {
    let folder = Folder::new("damaged");
    folder.write("office.route", FOUNDING);
    folder.run(&["build", "office.route"]);
    let bytes = folder.read("office.routec");
    for (name, bytes) in [
        ("cut.routec", bytes[..bytes.len() / 2].to_vec()),
        ("flip.routec", bytes.iter().enumerate().map(|(at, byte)| if at == bytes.len() / 2 { byte ^ 1 } else { *byte }).collect()),
        ("text.routec", bytes.iter().copied().filter(|byte| *byte != b'\r').collect()),
        ("empty.routec", Vec::new()),
    ] {
        folder.write(name, bytes);
        for command in ["run", "inspect"] {
            let ran = folder.run(&[command, name]);
            assert_eq!((ran.status, ran.out.as_str()), (1, ""), "{command} {name}: {}", ran.err);
            assert!(ran.err.starts_with(&format!("callroute: `{name}`: ")), "{}", ran.err);
        }
    }
}

#[test]
fn inspect_shows_what_is_inside() {
    let folder = Folder::new("inspect");
    folder.write(
        "office.route",
        "source crm(number: phone) = < tier: one of gold, silver >\ninput vip = flag default false\naction park(slot: text)\n\
         when vip < park(\"1\") >\nlookup crm(from) as row < when row.tier is gold < group gold > >\nvoicemail \"x\"\n",
    );
    folder.run(&["build", "office.route"]);
    let source = folder.run(&["inspect", "office.route"]).good();
    assert_eq!(source, folder.run(&["inspect", "office.routec"]).good());
    for part in
        ["group gold", "crm(number: phone)", "tier: one of gold, silver", "vip: flag", "park(slot: text)", "office.route:5", "voicemail"]
    {
        assert!(source.contains(part), "{part:?} is not in\n{source}");
    }
    folder.run(&["build", "office.route", "--strip", "-o", "small.routec"]);
    let stripped = folder.run(&["inspect", "small.routec"]).good();
    assert!(!stripped.contains("office.route:5"), "{stripped}");
}

#[test]
fn codes_are_explained() {
    let folder = Folder::new("explain");
    let out = folder.run(&["explain", "e0200"]).good();
    assert!(out.contains("E0200"), "{out}");
    assert_eq!(folder.run(&["explain", "200"]).good(), out);
    let all = folder.run(&["explain"]).good();
    assert!(all.lines().count() > 50 && all.starts_with("E0001  the file is too large\n"), "{all}");
    folder.run(&["explain", "E9999"]).wrong("there is no code `E9999`; `callroute explain` lists them all");
    folder.run(&["explain", "\u{1b}[31m"]).wrong("there is no code `\\u{1b}[31m`");
}

#[test]
fn the_version_and_the_help_say_what_one_needs() {
    let folder = Folder::new("help");
    let version = folder.run(&["--version"]).good();
    assert!(version.starts_with("callroute ") && version.contains("(language 1.0, time zone data 20"), "{version}");
    for command in ["check", "run", "build", "inspect", "explain"] {
        let help = folder.run(&[command, "--help"]).good();
        assert!(help.contains("Examples:\n  callroute "), "{help}");
    }
    assert_eq!(folder.run(&[]).status, 2);
}

#[test]
fn a_fix_that_would_spoil_its_line_is_left_out() {
    let folder = Folder::new("fix-spoils");
    let script = "zone America/Chicago\ninput tier = one of gold, silver, none default none\nschedule office = < mon-fri 9-17 >\n\
         when from in +1 312 555 1234, +1 630 555 0000 < hangup >\nwhen tier in gold, silver < hangup >\n\
         when hours office in Asia/Tokyo < hangup >\nwhen hours(office) < queue until 17:15 else hangup >\nwhen hours office < hangup >\n";
    folder.write("a.route", script);
    assert_eq!(folder.run(&["check", "--fix", "a.route"]).status, 1);
    // Only the last line is mended: nobody knows where the parentheses end in the others, and `17=>15` would be no arm.
    let wanted = script.replace("hours office <", "hours (office) <");
    assert_eq!(String::from_utf8(folder.read("a.route")).unwrap(), wanted);
}

/// Scenarios S30 and S35: a list of movable feasts runs out, a closure is over.
#[test]
fn what_is_past_or_runs_out_is_said_on_the_day() {
    let folder = Folder::new("stale");
    folder.write(
        "main.route",
        "zone Europe/London\n\
         dates good_friday = < 2026-04-03; 2027-03-26; 2028-04-14 >\n\
         dates summer = < 2026-08-10 to 2026-08-14 >\n\
         dates away = < good_friday; summer >\n\
         list blocked = < +442071838750 until 2026-08-31; +442071838751 >\n\
         schedule office = < mon-fri 9-17; 2026-08-10 to 2026-08-14 closed; jun 1 9-12 until 2027-01-01 >\n\
         when on(away) < voicemail \"away\" >\n\
         when from in blocked or on(2028-12-24) < hangup >\n\
         when hours(office) < voicemail \"open\" >\n\
         voicemail \"closed\"\n",
    );
    let said = |today: &str| {
        let ran = folder.run(&["check", "--today", today, "--format", "json", "main.route"]);
        let found: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        let found = found["diagnostics"].as_array().unwrap().clone();
        found.iter().map(|found| format!("{} {}", found["code"].as_str().unwrap(), found["message"].as_str().unwrap())).collect::<Vec<_>>()
    };
    assert_eq!(said("2026-08-14"), [""; 0]);
    // Where the day ends later it is not over yet.
    assert_eq!(said("2026-08-15"), [""; 0]);
    let closure = ["H0570 `summer` ended on 2026-08-14", "H0570 this line ended on 2026-08-14"];
    assert_eq!(said("2026-08-16"), closure);
    assert_eq!(said("2026-09-02"), [closure[0], "H0570 an entry of `blocked` holds until 2026-08-31 only, and that is past", closure[1]]);
    let runs_out = |list: &[String]| list.iter().filter(|line| line.starts_with("W0569")).cloned().collect::<Vec<_>>();
    assert_eq!(runs_out(&said("2028-01-15")), [""; 0]);
    assert_eq!(runs_out(&said("2028-01-16")), ["W0569 `good_friday` has no date after 2028-04-14"]);
    let late = said("2029-03-30");
    assert_eq!(runs_out(&late), ["W0569 `good_friday` has no date after 2028-04-14: all of it is past"]);
    assert!(late.contains(&"H0570 this ended on 2028-12-24".to_owned()), "{late:?}");
    assert!(late.contains(&"H0570 this line ended on 2027-01-01".to_owned()), "{late:?}");
    assert_eq!(folder.run(&["check", "--today", "2029-03-30", "--deny", "warnings", "main.route"]).status, 1);
    assert!(folder.run(&["check", "--today", "2029-3-30"]).err.contains("`2029-3-30` is no day such as `2026-12-24`"));
}

/// Each is imported by another one, and yet nothing of it is left out.
#[test]
fn scripts_that_import_each_other_are_checked() {
    let folder = Folder::new("circle");
    folder.write("a.route", "import \"b.route\"\nlist one = < 911 >\n");
    folder.write("b.route", "import \"a.route\"\nlist two = < 912 >\nhangpu\n");
    folder.write("c.route", "hangup\n");
    let ran = folder.run(&["check"]);
    assert_eq!(ran.status, 1, "{}", ran.err);
    for part in ["E0804", "`hangpu`", "2 scripts checked"] {
        assert!(ran.err.contains(part), "{}", ran.err);
    }
}
