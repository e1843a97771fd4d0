//! Whatever is put in: the command ends soon, in little memory, with words that say what is wrong and where, and with the exit status of the protocol: 1 when
//! the script is at fault, 2 when the call was wrong.
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

use std::time::{Duration, Instant};

use common::{EVENT, FOUNDING, Folder, Ran, lines};
use serde_json::{Value, json};

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// The script is at fault: exit status 1, nothing on standard output, no panic, and each of these is said.
#[track_caller]
fn at_fault(ran: Ran, said: &[&str]) {
    assert_eq!((ran.status, ran.out.as_str()), (1, ""), "{}", ran.err);
    for part in said {
        assert!(ran.err.contains(part), "{part:?} is not in\n{}", ran.err);
    }
    assert!(!ran.err.contains("panicked") && !ran.err.contains('\0') && !ran.err.contains('\u{1b}'), "{}", ran.err);
}

/// Runs the command with so much memory that it can address, in MiB, and no more than so many seconds.
#[cfg(unix)]
fn bounded(folder: &Folder, args: &[&str], memory: usize, seconds: u64, input: Option<&std::path::Path>) -> Ran {
    let mut command = std::process::Command::new("sh");
    command.current_dir(&folder.0).env_remove("CALLROUTE_KEY").arg("-c").arg(format!("ulimit -v {}; exec \"$0\" \"$@\"", memory * 1024));
    command.arg(env!("CARGO_BIN_EXE_callroute")).args(args);
    command.stdin(input.map_or_else(std::process::Stdio::null, |path| std::fs::File::open(folder.0.join(path)).unwrap().into()));
    let started = Instant::now();
    let ran = Ran::of(command.output().unwrap());
    assert!(started.elapsed() < Duration::from_secs(seconds), "{args:?} took {:?}", started.elapsed());
    ran
}

/// A gigabyte of holes.
fn gigabyte(folder: &Folder, name: &str, begins: &[u8]) {
    folder.write(name, begins);
    std::fs::OpenOptions::new().append(true).open(folder.0.join(name)).unwrap().set_len(1 << 30).unwrap();
}

// --------------------------------------------------------------------------------------------------------- scripts

#[test]
fn scripts_that_are_no_text() {
    let folder = Folder::new("bad-text");
    folder
        .write("latin1.route", b"hangup\nsay \"caf\xe9\"\n")
        .write("utf16.route", b"\xff\xfeh\0a\0n\0g\0u\0p\0")
        .write("nul.route", "say \"a\0b\"\nhang\0up\n")
        .write("cut.route", b"say \"\xf0\x9f\x98")
        .write("image.route", b"\x89PNG\r\n\x1a\n\0\0\0");
    for command in ["check", "run", "build", "inspect"] {
        let run = |name: &str| folder.run(&[command, name]);
        at_fault(
            run("latin1.route"),
            &["E0004", "latin1.route:2:9", "the byte 0xE9 on line 2, byte 16 of the file", "save it as UTF-8", "1 error"],
        );
        at_fault(run("utf16.route"), &["E0004", "utf16.route:1:1", "it begins with the mark of UTF-16", "not as UTF-16"]);
        at_fault(run("nul.route"), &["nul.route:1:7", "a control character (U+0000) has no place in a text", "nul.route:2:5"]);
        at_fault(run("cut.route"), &["cut.route:1:6", "the byte 0xF0 on line 1"]);
        at_fault(run("image.route"), &["image.route:1:1", "the byte 0x89 on line 1, byte 1 of the file"]);
    }
    // No fault: a mark of UTF-8. Nothing at all is odd.
    folder.write("mark.route", "\u{feff}hangup\r\n").write("empty.route", "").write("blank.route", "\n \t\r\n// nothing\n");
    for name in ["mark.route", "empty.route", "blank.route"] {
        let ran = folder.run(&["check", name, "--deny", "warnings"]);
        let odd = name != "mark.route";
        assert_eq!((ran.status, ran.err.contains("W0005")), (i32::from(odd), odd), "{name}");
        assert_eq!(lines(&folder.run(&["run", name]).good()), [json!({"action":"hangup","reason":"unrouted"})], "{name}");
    }
}

#[test]
fn scripts_that_cannot_be_read() {
    let folder = Folder::new("bad-files");
    folder.write("folder.route/x.txt", "");
    for command in ["run", "build", "inspect"] {
        folder.run(&[command, "none.route"]).wrong("callroute: there is no file `none.route`");
        folder.run(&[command, "folder.route"]).wrong("callroute: `folder.route` is a folder, not a file");
        folder.run(&[command, "none\u{1b}[31m.route"]).wrong("there is no file `none\\u{1b}[31m.route`");
    }
    folder.run(&["check", "none.route"]).wrong("callroute: there is no file `none.route`");
    folder.run(&["check", "folder.route"]).wrong("there is no `.route` file in `folder.route` or below it");
    #[cfg(target_os = "linux")]
    for command in ["check", "run"] {
        // It can be opened, and not be read.
        folder.run(&[command, "/proc/self/mem"]).wrong("callroute: `/proc/self/mem` cannot be read: ");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        folder.write("secret.route", "hangup");
        let secret = folder.0.join("secret.route");
        std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o000)).unwrap();
        // For the superuser there are no such limits.
        if std::fs::read(&secret).is_err() {
            folder.run(&["check", "secret.route"]).wrong("callroute: `secret.route` may not be read");
        }
    }
}

#[cfg(unix)]
#[test]
fn scripts_from_a_pipe() {
    let folder = Folder::new("pipes");
    folder.write("shared.route", "agent ana = +13125550101\n");
    let ran = folder.run_with(&["run", "/dev/stdin", "--at", "2026-04-21T14:32:00Z"], "import \"shared.route\"\nagent ana\n", None);
    assert_eq!(lines(&ran.good())[0]["destination"]["members"], json!(["+13125550101"]));
    let ran = folder.run_with(&["check", "/dev/stdin"], b"say \"\xff", None);
    at_fault(ran, &["E0004", "/dev/stdin:1:6"]);
}

#[cfg(unix)]
#[test]
fn a_gigabyte_is_refused_unread() {
    use std::path::Path;
    let folder = Folder::new("gigabytes");
    gigabyte(&folder, "huge.route", b"");
    gigabyte(&folder, "huge.csv", b"");
    gigabyte(&folder, "huge.ics", b"");
    gigabyte(&folder, "huge.routec", b"\x89RTC\r\n\x1a\n\x00\x01\x00\x01");
    gigabyte(&folder, "other.routec", b"hello");
    gigabyte(&folder, "events", b"");
    folder
        .write("list.route", "list l = csv \"huge.csv\"\nwhen from in l < reject >\nhangup\n")
        .write("table.route", "table t = csv \"huge.csv\" key prefix < a: text >\nlookup t(from) as r < tag (r.a) >\nhangup\n")
        .write("dates.route", "zone UTC\ndates d = ics \"huge.ics\"\nwhen on(d) < reject >\nhangup\n")
        .write("import.route", "import \"huge.route\"\nhangup\n")
        .write("endless.route", "list l = csv \"endless.csv\"\nwhen from in l < reject >\nhangup\n")
        .write("first.route", FOUNDING);
    let run = |args: &[&str], said: &[&str]| at_fault(bounded(&folder, args, 256, 20, None), said);
    for command in ["check", "run", "build"] {
        run(
            &[command, "huge.route"],
            &["E0001", "huge.route:1:1", "the script is larger than 16 MiB", "put long lists and tables into CSV files"],
        );
        run(&[command, "import.route"], &["E0001", "import.route:1:8", "the file `huge.route` is larger than 16 MiB"]);
        run(&[command, "list.route"], &["E0001", "list.route:1:14", "the file `huge.csv` is larger than 512 MiB"]);
        run(&[command, "table.route"], &["E0001", "table.route:1:15", "the file `huge.csv` is larger than 512 MiB"]);
        run(&[command, "dates.route"], &["E0001", "dates.route:2:15", "the file `huge.ics` is larger than 16 MiB"]);
    }
    for command in ["run", "inspect"] {
        run(&[command, "huge.routec"], &["callroute: `huge.routec`: the compiled script has 1073741824 bytes where 0 should be"]);
        run(
            &[command, "other.routec"],
            &["callroute: `other.routec`: this is no compiled script; a compiled script is made with `callroute build"],
        );
    }
    // Also when it comes by another way.
    let piped = |name: &str, args: &[&str]| bounded(&folder, args, 256, 60, Some(Path::new(name)));
    at_fault(piped("huge.route", &["check", "/dev/stdin"]), &["E0001", "the script is larger than 16 MiB"]);
    at_fault(piped("huge.route", &["run", "/dev/stdin"]), &["E0001", "the script is larger than 16 MiB"]);
    at_fault(bounded(&folder, &["check", "/dev/zero"], 256, 20, None), &["E0001"]);
    let ran = piped("events", &["run", "first.route", "--event", "-"]);
    assert_eq!(ran.status, 2, "{}", ran.err);
    assert_eq!(ran.err, "callroute: line 1: the event is larger than 1024 KiB\n");
    // Larger than what may be read, just so.
    let edge = std::fs::File::create(folder.0.join("edge.route")).unwrap();
    edge.set_len((16 << 20) + 1).unwrap();
    run(&["check", "edge.route"], &["E0001"]);
}

#[test]
fn scripts_without_end() {
    let folder = Folder::new("endless");
    let shapes: &[(&str, String, &[&str])] = &[
        ("brackets", "<".repeat(100_000), &["E0002", "more than 64 deep"]),
        ("braces", "{".repeat(100_000), &["E0002"]),
        ("parens", "when ".to_owned() + &"(".repeat(100_000), &["E0002"]),
        ("closers", ">".repeat(100_000), &["E0106"]),
        ("text", format!("say \"{}", "a".repeat(1_000_000)), &["E0102", "text.route:1:5", "this text is never closed"]),
        ("comment", format!("hangup /* {}", "a\n".repeat(100_000)), &["E0103", "comment.route:1:8"]),
        ("block", "hangup\nwhen vip <\n  hangup\n".to_owned(), &["E0104", "block.route:2:10"]),
        ("word", "a".repeat(1_000_000), &["word.route:1:1"]),
        ("digits", format!("dial +{}", "1".repeat(1_000_000)), &["E0420", "digits.route:1:22"]),
        ("else", "group a else ".repeat(20_000) + "hangup", &["E0002"]),
    ];
    for (name, text, said) in shapes {
        let name = format!("{name}.route");
        folder.write(&name, text);
        let started = Instant::now();
        let ran = folder.run(&["check", &name]);
        assert!(ran.err.len() < 300_000, "{name}: {} bytes of messages", ran.err.len());
        at_fault(ran, said);
        assert!(started.elapsed() < Duration::from_secs(60), "{name} took {:?}", started.elapsed());
    }
}

#[test]
fn imports_that_lead_nowhere() {
    let folder = Folder::new("bad-imports");
    folder
        .write("sub/self.route", "import \"self.route\"\nhangup\n")
        .write("sub/a.route", "import \"b.route\"\nhangup\n")
        .write("sub/b.route", "import \"c.route\"\n")
        .write("sub/c.route", "import \"a.route\"\n")
        .write("sub/latin1.csv", b"+1\xe9\n")
        .write("sub/latin1.route", b"agent ana = \xe9\n")
        .write("sub/folder.route/x", "")
        .write("sub/data.csv", "+1\n");
    at_fault(folder.run(&["check", "sub/self.route"]), &["E0804", "sub/self.route:1:8", "`self.route` imports itself"]);
    at_fault(
        folder.run(&["check", "sub/a.route"]),
        &["E0804", "sub/c.route:1:8", "importing `a.route` closes a circle of imports", "sub/a.route:1:8", "sub/b.route:1:8", "1 error"],
    );
    for (path, said) in [
        ("../../../etc/passwd", "`../../../etc/passwd` lies outside of the workspace"),
        ("/etc/passwd", "`/etc/passwd` is an absolute path"),
        ("C:\\\\x.route", "is an absolute path"),
        ("a\\\\b.route", "has a backslash in it"),
        ("https://example.com/x.route", "is an address, no file"),
        ("", "the path is empty"),
        ("none.route", "there is no file `sub/none.route`"),
        ("folder.route", "the file `sub/folder.route` cannot be read: it is a folder"),
        ("latin1.route", "the file `sub/latin1.route` is not UTF-8: the byte 0xE9 on line 1, byte 13"),
        ("data.csv", "`data.csv` is no script"),
    ] {
        folder.write("sub/main.route", format!("import \"{path}\"\nhangup\n"));
        at_fault(folder.run(&["check", "sub/main.route"]), &[said, "sub/main.route:1:8", "1 error"]);
    }
    // A chain that is too long is refused where it becomes so, and not by a full stack.
    for n in 0..150 {
        folder.write(&format!("chain/f{n}.route"), format!("import \"f{}.route\"\n", n + 1));
    }
    folder.write("chain/f150.route", "agent ana = +13125550101\n");
    at_fault(folder.run(&["check", "chain/f0.route"]), &["E0806", "nested 100 deep"]);
}

// ------------------------------------------------------------------------------------------------------------- data

const TABLE: &str = "table areas = csv \"areas.csv\" key prefix < region: text; cost: number >\nlookup areas(from) as r < tag \"{r.region} {r.cost}\" >\nhangup\n";
const LIST: &str = "list l = csv \"l.csv\"\nwhen from in l < reject >\nhangup\n";

#[test]
fn tables_with_wrong_rows() {
    let folder = Folder::new("bad-tables");
    folder.write("t.route", TABLE);
    for (csv, said) in [
        ("p,region,cost\n+1,us,5\n+44,uk,five\n", ["E0812", "areas.csv:3:8", "`five` in the column `cost` is not a number"]),
        // Quoted line ends do not disturb the count of lines.
        ("p,region,cost\n+1,\"u\ns\",5\n+44,uk,five\n", ["E0812", "areas.csv:4:8", "`five` in the column `cost` is not a number"]),
        ("p,region,cost\r\n\r\n+1,us,5\r\n+44,uk,NaN\r\n", ["E0812", "areas.csv:4:8", "`NaN` in the column `cost` is not a number"]),
        ("p,region,cost\n+1,us,5\n+44,uk,5,6,7\n", ["E0813", "areas.csv:3:1", "this row has 5 cells, and the header 3 columns"]),
        ("p,region,cost\n+1,us,5\n+44,uk\n", ["E0813", "areas.csv:3:1", "this row has 2 cells, and the header 3 columns"]),
        ("p,region,cost\n+1,us,5\n+1,uk,6\n", ["E0815", "areas.csv:3:1", "the key `+1` is on line 2 already"]),
        ("p,region,cost\n+1,us,5\nChicago,uk,6\n", ["E0814", "areas.csv:3:1", "`Chicago` is no prefix of numbers"]),
        ("p,region,cost\n+1,us,5\n,uk,6\n", ["E0814", "areas.csv:3:1", "`` is no prefix of numbers"]),
        ("p,region\n+1,us\n", ["E0811", "t.route:1:58", "the file has no column `cost`"]),
        ("+1,us,5\n+44,uk,6\n", ["E0811", "t.route:1:44", "the file has no column `region`"]),
        ("p,region,cost,COST\n+1,us,5,6\n", ["E0811", "t.route:1:58", "the file has two columns named `cost`"]),
        ("", ["E0810", "t.route:1:19", "the file is empty"]),
        ("\u{feff}\n\n", ["E0810", "t.route:1:19", "the file is empty"]),
        ("p,region,cost\n+1,\"us,5\n+44,uk,6\n", ["E0810", "areas.csv:2:4", "this quote is never closed"]),
        ("p,region,cost\n+1,u\0s,5\n", ["E0004", "t.route:1:19", "the file `areas.csv` is not UTF-8: the byte 0x00 on line 2"]),
    ] {
        folder.write("areas.csv", csv);
        at_fault(folder.run(&["check", "t.route"]), &said);
    }
    folder.write("areas.csv", b"p,region,cost\n+1,us,5\n+33,caf\xe9,6\n");
    at_fault(
        folder.run(&["check", "t.route"]),
        &["E0004", "the byte 0xE9 on line 3, byte 30 of the file", "in a spreadsheet: \"CSV UTF-8\""],
    );
    folder.write("areas.csv", b"\xff\xfep\0,\0");
    at_fault(folder.run(&["check", "t.route"]), &["E0004", "it begins with the mark of UTF-16"]);
    folder.write("areas.csv", format!("p,{}region,cost\n", "x,".repeat(20_000)));
    at_fault(folder.run(&["check", "t.route"]), &["E0818", "has more than 10000 columns"]);
    // Twenty are shown, the rest is counted.
    folder.write("areas.csv", format!("p,region,cost\n{}", (0..5_000).map(|n| format!("+1{n},x,y\n")).collect::<String>()));
    at_fault(folder.run(&["check", "t.route"]), &["4980 more faults from here on are not shown", "21 errors"]);
    // Empty cells are missing values, a mark and semicolons are what spreadsheets write.
    folder.write("areas.csv", "\u{feff}p;region;cost\r\n+1;\"u;\"\"s\";\r\n");
    let out = folder.run(&["run", "t.route", "--from", "+13125550100"]).good();
    assert_eq!(lines(&out)[0]["tags"], json!(["u;\"s "]));
    folder.write("areas.csv", "p,region,cost\n");
    assert!(folder.run(&["check", "t.route"]).err.contains("W0817"));
}

#[test]
fn lists_with_wrong_rows() {
    let folder = Folder::new("bad-lists");
    folder.write("l.route", LIST);
    for (csv, said) in [
        ("number\n+1900*\nbob\n", ["E0812", "l.csv:3:1", "`bob` is no telephone number"]),
        ("+1900*\n+1312[,x\n", ["E0812", "l.csv:2:1", "`+1312[` is no pattern of numbers"]),
        ("zone\n+1900*,\"a\nb\",tomorrow\n", ["E0812", "l.csv:3:4", "`tomorrow` is no date"]),
        ("+1900*\n+1901*,\"abc\n+1902*\n", ["E0810", "l.csv:2:8", "this quote is never closed"]),
    ] {
        folder.write("l.csv", csv);
        at_fault(folder.run(&["check", "l.route"]), &said);
    }
    folder.write("l.csv", "bob\n".repeat(300_000));
    let ran = folder.run(&["check", "l.route"]);
    at_fault(ran, &["299979 more faults from here on are not shown", "21 errors"]);
    folder.write("l.csv", "");
    assert!(folder.run(&["check", "l.route"]).err.contains("W0817"));
    std::fs::remove_file(folder.0.join("l.csv")).unwrap();
    at_fault(folder.run(&["check", "l.route"]), &["E0801", "l.route:1:14", "there is no file `l.csv`"]);
    std::fs::create_dir(folder.0.join("l.csv")).unwrap();
    at_fault(folder.run(&["check", "l.route"]), &["E0802", "l.route:1:14", "the file `l.csv` cannot be read: it is a folder"]);
}

#[test]
fn calendars_that_are_not_understood() {
    let folder = Folder::new("bad-calendars");
    folder.write("d.route", "zone UTC\ndates d = ics \"d.ics\"\nwhen on(d) < reject >\nhangup\n");
    let event = |lines: &str| format!("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n{lines}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
    for (ics, said) in [
        ("hello\n".to_owned(), ["E0566", "d.ics:1:1", "a line outside of any calendar"]),
        (String::new(), ["E0566", "d.ics:1:1", "the file is no calendar"]),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260101\n".to_owned(), ["E0566", "d.ics:2:1", "`BEGIN:VEVENT` is never ended"]),
        ("BEGIN:VCALENDAR\nEND:VEVENT\n".to_owned(), ["E0566", "d.ics:2:1", "`END:VEVENT` closes nothing"]),
        ("BEGIN:X\n".repeat(100), ["E0566", "d.ics:1:1", "outside of any calendar"]),
        (format!("BEGIN:VCALENDAR\n{}", "BEGIN:X\n".repeat(100_000)), ["E0566", "d.ics:17:1", "components are nested too deeply"]),
        (event("DTSTART:20260101\0"), ["E0004", "d.route:2:15", "the byte 0x00 on line 3"]),
    ] {
        folder.write("d.ics", ics);
        at_fault(folder.run(&["check", "d.route"]), &said);
    }
    for (lines, place, said) in [
        ("DTSTART:2026", "d.ics:3:1", "`2026` is no date"),
        ("DTSTART:20260230", "d.ics:3:1", "`20260230` is no date"),
        ("DTSTART:20260101\nRRULE:FREQ=HOURLY", "d.ics:4:1", "it repeats `HOURLY`, and only days are counted here"),
        ("DTSTART:20260101\nRRULE:FREQ=DAILY;BYHOUR=3", "d.ics:4:1", "the part `BYHOUR` is not understood"),
        ("DTSTART:20260101\nRRULE:FREQ=YEARLY;BYDAY=é1", "d.ics:4:1", "`BYDAY=é1` is out of range"),
        ("DTSTART:20260101\nRRULE:FREQ=DAILY;COUNT=99999999999", "d.ics:4:1", "`COUNT=99999999999` is out of range"),
        ("DTSTART:20260101\nRRULE:INTERVAL=2", "d.ics:4:1", "it does not say how often it repeats"),
        ("DTSTART:20260101\nRRULE:nonsense", "d.ics:4:1", "`nonsense` is no part of a rule"),
        ("DTSTART:20260101\nRRULE:FREQ=DAILY\nRRULE:FREQ=DAILY", "d.ics:5:1", "it has two rules"),
        ("DTSTART:20260101\nEXRULE:FREQ=DAILY", "d.ics:4:1", "`EXRULE` is not understood"),
        ("DTSTART:20260101\nRECURRENCE-ID;RANGE=THISANDFUTURE:20260101", "d.ics:4:1", "`RANGE=THISANDFUTURE` is not understood"),
        ("DTSTART:20260101\nRDATE:20260102,x", "d.ics:4:1", "`x` is no date"),
        ("DTSTART:20260101\nDURATION:P1X", "d.ics:4:1", "`P1X` is no duration"),
        ("DTSTART:20260101\nDTEND:20250101", "d.ics:2:1", "it ends before it starts"),
        ("DTSTART:20260101\nDTEND:20990101", "d.ics:2:1", "it is longer than ten years"),
        ("SUMMARY:x", "d.ics:2:1", "it has no start"),
    ] {
        folder.write("d.ics", event(lines));
        let ran = folder.run(&["check", "d.route"]);
        assert_eq!(ran.status, 0, "{}", ran.err);
        for part in ["W0567", place, &format!("this event is left out: {said}")] {
            assert!(ran.err.contains(part), "{part:?} is not in\n{}", ran.err);
        }
    }
    let long = format!("DTSTART:20260101\nRRULE:FREQ=DAILY;BYMONTHDAY={}", ["31"; 5_000].join(","));
    folder.write("d.ics", event(&long));
    assert!(folder.run(&["check", "d.route"]).err.contains("a part of its rule has more than 1000 values"));
}

/// Calendars that would take minutes to be spelled out.
#[test]
fn calendars_that_are_too_much() {
    let folder = Folder::new("long-calendars");
    folder.write("d.route", "zone UTC\ndates d = ics \"d.ics\"\nwhen on(d) < reject >\nhangup\n");
    let calendar = |events: &str| format!("BEGIN:VCALENDAR\n{events}END:VCALENDAR\n");
    let overlapping = "BEGIN:VEVENT\nDTSTART:20260101\nDTEND:20350101\nRRULE:FREQ=DAILY\nEND:VEVENT\n".repeat(500);
    let named: String = (0..100).map(|n| format!("BEGIN:VEVENT\nSUMMARY:{n}\nDTSTART:20260101\nRRULE:FREQ=DAILY\nEND:VEVENT\n")).collect();
    for (events, said) in [(overlapping, "has too many events that repeat for too long"), (named, "names more than 200000 days")] {
        folder.write("d.ics", calendar(&events));
        let started = Instant::now();
        at_fault(folder.run(&["check", "d.route"]), &["E0565", "d.route:2:15", "the calendar `d.ics`", said]);
        assert!(started.elapsed() < Duration::from_secs(60), "{said}: {:?}", started.elapsed());
    }
}

// --------------------------------------------------------------------------------------------------- compiled files

/// Where the sections of a compiled file begin.
fn sections(bytes: &[u8]) -> Vec<usize> {
    let half = |at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    (0..half(20)).map(|index| word(24 + 12 * index + 4)).collect()
}

#[test]
fn compiled_files_that_are_none() {
    let folder = Folder::new("bad-compiled");
    folder.write("office.route", FOUNDING);
    folder.run(&["build", "office.route"]);
    let good = folder.read("office.routec");
    let refused = |bytes: &[u8], said: &str| {
        folder.write("bad.routec", bytes);
        for command in ["run", "inspect"] {
            at_fault(folder.run(&[command, "bad.routec"]), &[&format!("callroute: `bad.routec`: {said}")]);
        }
    };
    let with = |changes: &[(usize, u8)]| {
        let mut bytes = good.clone();
        changes.iter().for_each(|(at, byte)| bytes[*at] = *byte);
        bytes
    };
    refused(b"", "this is no compiled script; a compiled script is made with `callroute build SCRIPT -o FILE.routec`");
    refused(FOUNDING.as_bytes(), "this is no compiled script");
    refused(b"\x7fELF\x02\x01\x01", "this is no compiled script");
    refused(b"\x89RTC\r\n", "the compiled script is cut: it has 6 of 24 bytes; copy it again, or compile the script again");
    // What transfers as text do to it.
    let text = String::from_utf8_lossy(&good).into_owned().into_bytes();
    let unix: Vec<u8> =
        good.iter().enumerate().filter(|(at, byte)| **byte != b'\r' || good.get(at + 1) != Some(&b'\n')).map(|(_, b)| *b).collect();
    let windows: Vec<u8> = good.iter().flat_map(|byte| if *byte == b'\n' { vec![b'\r', b'\n'] } else { vec![*byte] }).collect();
    for damaged in [text, unix, windows] {
        refused(&damaged, "the compiled script was changed by a transfer as text; transfer it as binary, or compile the script again");
    }
    refused(&with(&[(9, 2)]), "the compiled script has format 2.0, and this version reads 1.0; use a newer version");
    refused(&with(&[(9, 0)]), "the compiled script has the old format 0.0, and this version reads 1.0; compile the script again");
    refused(&with(&[(11, 9)]), "the script is in version 9.0 of the language, and this version knows 1.0; use a newer version");
    refused(&with(&[(10, 1)]), "the script is in version 1.1 of the language, and this version knows 1.0");
    refused(&with(&[(40, good[40] ^ 1)]), "the compiled script is damaged: its checksum is wrong; copy it again");
    refused(
        &[good.as_slice(), b"\n"].concat(),
        &format!("the compiled script has {} bytes where {} should be", good.len() + 1, good.len()),
    );
    for cut in sections(&good).into_iter().chain((0..good.len()).step_by(97)).filter(|cut| *cut > 8) {
        let expected = if cut < 24 { 24 } else { good.len() };
        refused(&good[..cut], &format!("the compiled script is cut: it has {cut} of {expected} bytes"));
    }
}

/// CRC-32 (IEEE), bit by bit.
fn crc(bytes: &[u8]) -> u32 {
    let shift = |sum: u32| if sum & 1 == 1 { sum >> 1 ^ 0xEDB8_8320 } else { sum >> 1 };
    !bytes.iter().fold(!0, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), |sum, _| shift(sum)))
}

/// Every byte of a small compiled file, changed, with the checksum mended: refused with words, or a script that runs.
#[test]
fn compiled_files_with_a_changed_byte() {
    let folder = Folder::new("flipped");
    folder.write("small.route", "menu < 1 => hangup >\n");
    folder.run(&["build", "small.route", "--strip"]);
    let good = folder.read("small.routec");
    let step = if std::env::var_os("CASES").is_some() { 1 } else { 5 };
    let (mut refused, mut ran) = (0, 0);
    for at in (0..good.len()).step_by(step) {
        let mut bytes = good.clone();
        bytes[at] ^= 0x41;
        if bytes.len() > 16 {
            let sum = crc(&bytes[16..]);
            bytes[12..16].copy_from_slice(&sum.to_le_bytes());
        }
        folder.write("flip.routec", bytes);
        let out = folder.run(&["run", "flip.routec", "--at", "2026-04-21T14:32:00Z"]);
        assert!(!out.err.contains("panicked"), "byte {at}: {}", out.err);
        match out.status {
            0 => ran += 1,
            1 => {
                refused += 1;
                assert!(out.out.is_empty() && out.err.starts_with("callroute: `flip.routec`: "), "byte {at}: {}", out.err);
            }
            other => panic!("byte {at}: status {other}: {}", out.err),
        }
    }
    assert!(refused > 20 && ran > 0, "{refused} refused, {ran} ran");
}

// ----------------------------------------------------------------------------------------------------------- events

/// What a line of events gets: its error without `line N: `, or the instruction.
fn answers(folder: &Folder, script: &str, input: impl AsRef<[u8]>) -> Vec<Result<Value, String>> {
    let ran = folder.run_with(&["run", script, "--event", "-"], input, Some(KEY));
    let answers: Vec<Result<Value, String>> = lines(&ran.out)
        .into_iter()
        .map(|answer| match answer["error"].as_str() {
            Some(error) => {
                assert!(ran.err.contains(&format!("callroute: {error}\n")), "{error} is not in {}", ran.err);
                let number = answer["line"].as_u64().unwrap();
                Err(error.strip_prefix(&format!("line {number}: ")).unwrap().to_owned())
            }
            None => Ok(answer),
        })
        .collect();
    assert_eq!(ran.status, if answers.iter().any(Result::is_err) { 2 } else { 0 }, "{}", ran.err);
    answers
}

#[test]
fn events_that_are_none() {
    let folder = Folder::new("bad-events");
    folder.write("first.route", FOUNDING);
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for (line, said) in [
        ("{\"event\":", "the event is not JSON: EOF while parsing a value at column 9"),
        ("event=incoming_call", "the event is not JSON: expected value at column 1"),
        ("{'event':'hangup'}", "the event is not JSON: key must be a string at column 2"),
        ("[{\"event\":\"hangup\"}]", "the event is a list, not a JSON object such as {\"event\":\"incoming_call\"}"),
        ("\"hangup\"", "the event is a text, not a JSON object"),
        ("null", "the event is a plain value, not a JSON object"),
        ("{}", "the event has no field `event` that says what happened: one of `incoming_call`, `digits`,"),
        ("{\"event\":5}", "the event has no field `event` that says what happened"),
        ("{\"event\":\"Incoming_Call\"}", "there is no event \"Incoming_Call\"; the events are `incoming_call`,"),
        ("{\"event\":\"\\u0000\\u001b[31m\"}", "there is no event \"\\0\\u{1b}[31m\""),
        ("{\"event\":\"\\ud800\"}", "the event has no field `event`"),
        (&format!("{{\"event\":{deep}}}"), "the event has no field `event`"),
        (&deep, "the event is a list, not a JSON object"),
        (
            "{\"event\":\"digits\",\"digits\":\"1\",\"call_id\":\"c\"}",
            "the event `digits` needs the `continue` of the instruction that it answers",
        ),
        ("{\"event\":\"played\",\"call_id\":\"c\",\"continue\":7}", "`continue` is no text that an instruction of ours carried"),
    ] {
        match answers(&folder, "first.route", line).as_slice() {
            [Err(error)] => assert!(error.starts_with(said), "{said:?}: {error}"),
            other => panic!("{line}: {other:?}"),
        }
    }
    let bytes = [b"{\"event\":\"hang".as_slice(), b"\xff", b"up\"}"].concat();
    assert_eq!(answers(&folder, "first.route", bytes), [Err("the event is not UTF-8".to_owned())]);
}

/// What can be answered is, and what was wrong is named.
#[test]
fn events_with_odd_fields() {
    let folder = Folder::new("odd-events");
    folder.write("odd.route", "input n = number\ninput t = text\nwhen n above 3 < reject >\nvoicemail \"x\"\n");
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    for (fields, said) in [
        ("\"from\":{\"a\":1}", "`from` is an object, not a text; it counts as missing"),
        ("\"from\":4155550123", "`from` is a number, not a text; it is taken as \"4155550123\""),
        ("\"from\":\"\\ud800\"", "`from` cannot be read (unexpected end of hex escape); it counts as missing"),
        ("\"from\":1e999", "`from` cannot be read (number out of range); it counts as missing"),
        (&format!("\"from\":{deep}"), "`from` cannot be read (recursion limit exceeded); it counts as missing"),
        ("\"attributes\":[]", "`attributes` is a list, not an object; it counts as missing"),
        ("\"attributes\":{\"n\":\"many\"}", "`n`"),
        ("\"attributes\":{\"n\":[[[1]]]}", "`n`"),
        ("\"headers\":{\"X\":{}}", "the header \"X\" is an object, not a text; it counts as missing"),
        ("\"from\":\"+1\",\"from\":\"+2\"", "`from` is given more than once; the last one counts"),
    ] {
        let event = format!("{{\"event\":\"incoming_call\",\"call_id\":\"c\",\"timestamp\":0,{fields}}}\n");
        match answers(&folder, "odd.route", event).as_slice() {
            [Ok(answer)] => {
                assert_eq!(answer["action"], "voicemail", "{answer}");
                assert_eq!(answer["warnings"].as_array().map(Vec::len), Some(1), "{answer}");
                assert!(answer["warnings"][0].as_str().unwrap().contains(said), "{said:?}: {answer}");
            }
            other => panic!("{fields}: {other:?}"),
        }
    }
    for stamp in ["\"2026-02-30T00:00:00Z\"", "\"noon\"", "1e300", "[]", "-1e18", "99999999999999999999999999"] {
        let answer = answers(&folder, "odd.route", format!("{{\"event\":\"incoming_call\",\"call_id\":\"c\",\"timestamp\":{stamp}}}"));
        let Ok(answer) = &answer[0] else { panic!("{answer:?}") };
        assert!(answer["warnings"][0].as_str().unwrap().contains("the time of receipt is used"), "{answer}");
    }
    // A number beyond all measure is a number.
    let answer =
        answers(&folder, "odd.route", "{\"event\":\"incoming_call\",\"call_id\":\"c\",\"timestamp\":0,\"attributes\":{\"n\":1e308}}");
    assert_eq!(answer[0].as_ref().unwrap()["action"], "reject");
}

/// A later event of the sample's call.
fn later(kind: &str, token: &Value, more: &Value) -> Value {
    let mut event = json!({"event": kind, "call_id": "abc123xyz", "timestamp": "2026-04-21T14:32:07Z", "continue": token});
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    event
}

#[test]
fn events_out_of_order() {
    let folder = Folder::new("order");
    folder.write("first.route", FOUNDING).write("other.route", FOUNDING.replace("sales", "service"));
    let first = answers(&folder, "first.route", EVENT).remove(0).unwrap();
    let token = &first["continue"];
    let text = token.as_str().unwrap();
    let digits = json!({"digits": "1"});
    let ask = |script: &str, event: &Value| answers(&folder, script, event.to_string()).remove(0);
    let refused = |script: &str, event: &Value, said: &str| match ask(script, event) {
        Err(error) => assert!(error.starts_with(said), "{said:?}: {error}"),
        Ok(answer) => panic!("{event} was answered: {answer}"),
    };

    // Not what was asked for.
    let expected = |kind: &str| format!("the event is `{kind}`, but the instruction before it asks for `digits` (or `hangup`)");
    for (kind, more) in [
        ("dial_result", json!({"outcome": "busy"})),
        ("voicemail_result", json!({"outcome": "full"})),
        ("played", json!({})),
        ("done", json!({"outcome": "ok"})),
        ("lookup_result", json!({"result": "missing"})),
    ] {
        refused("first.route", &later(kind, token, &more), &expected(kind));
    }
    // Twice: the same answer twice; also the first event.
    let twice = format!("{0}\n{0}\n", later("digits", token, &digits));
    let both = answers(&folder, "first.route", twice);
    assert!(both[0] == both[1] && both[0].as_ref().unwrap()["destination"]["name"] == "sales", "{both:?}");
    let again = answers(&folder, "first.route", format!("{EVENT}\n{EVENT}"));
    let plain = |answer: &Result<Value, String>| {
        let mut answer = answer.clone().unwrap();
        answer.as_object_mut().unwrap().remove("continue").unwrap();
        answer
    };
    assert_eq!(plain(&again[0]), plain(&again[1]));
    // After the end there is no `continue`, and what ends a call needs none.
    assert!(both[0].as_ref().unwrap().get("continue").is_none());
    refused(
        "first.route",
        &later("dial_result", &Value::Null, &json!({"outcome": "busy"})),
        "the event `dial_result` needs the `continue`",
    );
    assert_eq!(ask("first.route", &later("hangup", &Value::Null, &json!({}))), Ok(json!({"action":"none"})));

    // Of another call, of another script, too old.
    let mut other = later("digits", token, &digits);
    other["call_id"] = json!("other");
    refused("first.route", &other, "`continue` belongs to another call than `call_id` says");
    refused("other.route", &later("digits", token, &digits), "`continue` belongs to another script, or to another version of this one");
    let mut late = later("digits", token, &digits);
    late["timestamp"] = json!("2026-04-21T18:32:01Z");
    refused("first.route", &late, "`continue` expired 1 seconds before the event's timestamp");
    // Changed by one character, anywhere; cut; of another key; nonsense.
    for at in (0..text.len()).step_by(11) {
        let mut changed = text.as_bytes().to_vec();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let event = later("digits", &json!(String::from_utf8(changed).unwrap()), &digits);
        match ask("first.route", &event) {
            Err(error) => assert!(
                ["`continue` has been changed on its way", "`continue` is no text", "`continue` was sealed with a key"]
                    .iter()
                    .any(|said| error.starts_with(said)),
                "character {at}: {error}"
            ),
            Ok(answer) => panic!("character {at} was not looked at: {answer}"),
        }
        refused(
            "first.route",
            &later("digits", &json!(&text[..at]), &digits),
            if at == 0 { "the event `digits` needs" } else { "`continue` " },
        );
    }
    refused(
        "first.route",
        &later("digits", &json!("x".repeat(600_000)), &digits),
        "`continue` is no text that an instruction of ours carried",
    );
    refused(
        "first.route",
        &later("digits", &json!("v4.local.é\u{0}"), &digits),
        "`continue` is no text that an instruction of ours carried",
    );
    let ran = folder.run_with(
        &["run", "first.route", "--event", "-"],
        later("digits", token, &digits).to_string(),
        Some("IAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
    );
    ran.wrong("`continue` was sealed with a key that is not known here");
    // Keys that no telephone has.
    for keys in [json!("x"), json!("1\u{0}"), json!("é"), json!("1".repeat(100_000))] {
        assert!(ask("first.route", &later("digits", token, &json!({"digits": keys}))).is_ok());
    }
}
