//! `callroute fmt`: files, folders, differences, standard input, and what it says.
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

const LAID_OUT: &str = "\
when hours(9-17 America/Chicago) <
  menu < 1 => group sales; 2 => agent support >
> else voicemail \"office_closed\"
";

#[test]
fn files_and_folders_are_formatted_once() {
    let folder = Folder::new("fmt-files");
    folder.write("a.route", FOUNDING).write("deep/b.route", LAID_OUT).write(".git/c.route", FOUNDING).write("d.txt", FOUNDING);
    let ran = folder.run(&["fmt"]);
    assert_eq!((ran.status, ran.out.as_str()), (0, ""));
    assert_eq!(ran.err, "formatted a.route\n2 scripts: 1 formatted, 1 unchanged\n");
    assert_eq!(folder.read("a.route"), LAID_OUT.as_bytes());
    assert_eq!(folder.read(".git/c.route"), FOUNDING.as_bytes());
    assert_eq!(folder.run(&["fmt", "a.route", "deep"]).err, "2 scripts: 0 formatted, 2 unchanged\n");
    folder.run(&["fmt", "gone.route"]).wrong("there is no file `gone.route`");
}

/// Neither hidden folders, nor packages, nor what can be made again, nor what `.gitignore` names, unless it is named itself.
#[test]
fn what_is_not_the_authors_is_left_alone() {
    let folder = Folder::new("fmt-ignored");
    folder
        .write("a.route", LAID_OUT)
        .write(".gitignore", "/made/\n*.old.route\n")
        .write("target/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n");
    let left = [".git/b.route", ".hidden.route", "deep/node_modules/b.route", "target/debug/b.route", "made/b.route", "deep/b.old.route"];
    for path in left {
        folder.write(path, FOUNDING);
    }
    for command in [&["fmt"][..], &["fmt", "."], &["check"], &["check", "--fix"], &["test"]] {
        let ran = folder.run(command);
        assert!(!ran.err.contains("b.") && !ran.out.contains("b."), "{command:?}: {}{}", ran.out, ran.err);
        assert!(ran.err.contains("1 script") || command == ["test"], "{command:?}: {}", ran.err);
    }
    for path in left {
        assert_eq!(folder.read(path), FOUNDING.as_bytes(), "{path}");
    }
    assert_eq!(
        folder.run(&["fmt", "made", "deep/b.old.route"]).err,
        "formatted deep/b.old.route\nformatted made/b.route\n2 scripts: 2 formatted, 0 unchanged\n"
    );
}

#[test]
fn check_shows_the_difference_and_changes_nothing() {
    let folder = Folder::new("fmt-check");
    folder.write("a.route", FOUNDING).write("b.route", LAID_OUT);
    let ran = folder.run(&["fmt", "--check"]);
    assert_eq!(ran.status, 1);
    assert_eq!(ran.err, "2 scripts: 1 would be formatted, 1 unchanged\n");
    assert_eq!(
        ran.out,
        "\
--- a.route
+++ a.route (formatted)
@@ -1 +1,3 @@
-when hours(9-17 America/Chicago) < menu < 1 => group sales; 2 => agent support > > else voicemail \"office_closed\"
+when hours(9-17 America/Chicago) <
+  menu < 1 => group sales; 2 => agent support >
+> else voicemail \"office_closed\"
"
    );
    assert_eq!(folder.read("a.route"), FOUNDING.as_bytes());
    let ran = folder.run(&["fmt", "--check", "b.route"]);
    assert_eq!((ran.status, ran.out.as_str(), ran.err.as_str()), (0, "", "1 script: 0 would be formatted, 1 unchanged\n"));
    let colourful = folder.run(&["fmt", "--check", "--color", "always"]);
    assert!(colourful.out.contains("\u{1b}[31m-when") && colourful.out.contains("\u{1b}[32m+>"), "{}", colourful.out);
    // What a script holds does not steer the terminal.
    folder.write("c.route", "say   \"a\" // \u{1b}[2J\n");
    let ran = folder.run(&["fmt", "--check", "--color", "always", "c.route"]);
    assert!(!ran.out.contains("\u{1b}[2J"), "{:?}", ran.out);
}

#[test]
fn standard_input_goes_to_standard_output() {
    let folder = Folder::new("fmt-stdin");
    assert_eq!(folder.run_with(&["fmt", "-"], FOUNDING, None).good(), LAID_OUT);
    assert_eq!(folder.run_with(&["fmt", "-"], "", None).good(), "");
    assert_eq!(folder.run_with(&["fmt", "--check", "-"], LAID_OUT, None).good(), "");
    let ran = folder.run_with(&["fmt", "--check", "-"], FOUNDING, None);
    assert_eq!(ran.status, 1);
    assert!(ran.out.starts_with("--- standard input\n+++ standard input (formatted)\n"), "{}", ran.out);
    folder.run(&["fmt", "-", "a.route"]).wrong("`-` is standard input, and stands alone");
    let ran = folder.run_with(&["fmt", "-"], b"hangup // caf\xe9\n", None);
    assert_eq!((ran.status, ran.out.as_str()), (1, ""));
    assert_eq!(ran.err, "callroute: standard input is not UTF-8, so it was left as it is\n");
}

#[test]
fn mistakes_stay_where_they_are_and_are_pointed_at() {
    let folder = Folder::new("fmt-mistakes");
    folder.write("a.route", "agent   ana=+13125550101\nwhen  tier  ==  gold   <hangup>\nmenu<1=>hangup;10=>repeat>\n");
    let ran = folder.run(&["fmt", "a.route"]);
    assert_eq!(ran.status, 0);
    assert_eq!(
        ran.err,
        "a.route:2:1: a part with mistakes stays as it is; `callroute check` says what is wrong\nformatted a.route\n\
         1 script: 1 formatted, 0 unchanged\n"
    );
    let text = String::from_utf8(folder.read("a.route")).unwrap();
    assert_eq!(text, "agent ana = +13125550101\nwhen  tier  ==  gold   <hangup>\nmenu < 1 => hangup; 10 => repeat >\n");
}

#[test]
fn what_cannot_be_read_or_written_is_said_and_the_rest_is_done() {
    let folder = Folder::new("fmt-unreadable");
    folder.write("a.route", FOUNDING).write("latin1.route", b"hangup // caf\xe9\n");
    let ran = folder.run(&["fmt"]);
    assert_eq!(ran.status, 1);
    assert_eq!(
        ran.err,
        "formatted a.route\ncallroute: `latin1.route` is not UTF-8, so it was left as it is\n\
         2 scripts: 1 formatted, 0 unchanged, 1 left as they are\n"
    );
    assert_eq!(folder.read("latin1.route"), b"hangup // caf\xe9\n");
    let huge = std::fs::File::create(folder.0.join("huge.route")).unwrap();
    huge.set_len(1 << 30).unwrap();
    let ran = folder.run(&["fmt", "huge.route"]);
    assert_eq!(ran.status, 1);
    assert!(ran.err.contains("`huge.route` has more than"), "{}", ran.err);
}

#[cfg(unix)]
#[test]
fn permissions_and_links_are_kept() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new("fmt-permissions");
    folder.write("a.route", FOUNDING).write("real/b.route", FOUNDING).write("c.route", FOUNDING);
    let set = |name: &str, mode| std::fs::set_permissions(folder.0.join(name), std::fs::Permissions::from_mode(mode)).unwrap();
    set("a.route", 0o640);
    set("c.route", 0o444);
    std::os::unix::fs::symlink("real/b.route", folder.0.join("b.route")).unwrap();
    let ran = folder.run(&["fmt", "a.route", "b.route", "c.route"]);
    assert_eq!(ran.status, 2, "{}", ran.err);
    assert!(ran.err.contains("`c.route` cannot be written: "), "{}", ran.err);
    assert_eq!(folder.read("c.route"), FOUNDING.as_bytes());
    assert_eq!(std::fs::metadata(folder.0.join("a.route")).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(std::fs::symlink_metadata(folder.0.join("b.route")).unwrap().is_symlink());
    assert_eq!(folder.read("real/b.route"), LAID_OUT.as_bytes());
    let left: Vec<_> = std::fs::read_dir(&folder.0)
        .unwrap()
        .flatten()
        .map(|entry| entry.file_name())
        .filter(|name| name.to_string_lossy().contains("tmp"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn of_many_scripts_each_is_told_of_in_its_turn() {
    // More than are worked on together.
    let folder = Folder::new("fmt-many");
    let name = |at: usize| format!("{at:03}.route");
    for at in 0..150 {
        match at % 3 {
            0 => folder.write(&name(at), FOUNDING),
            1 => folder.write(&name(at), format!("hangup  // {at} {}\n", "x".repeat(at * 100))),
            _ => folder.write(&name(at), b"hangup // \xe9\n"),
        };
    }
    let said: String = (0..150)
        .filter_map(|at| match at % 3 {
            0 => Some(format!("formatted {}\n", name(at))),
            1 => None,
            _ => Some(format!("callroute: `{}` is not UTF-8, so it was left as it is\n", name(at))),
        })
        .collect();
    let checked = folder.run(&["fmt", "--check"]);
    let headings: Vec<&str> = checked.out.lines().filter(|line| line.starts_with("--- ")).collect();
    assert_eq!(headings, (0..150).step_by(3).map(|at| format!("--- {}", name(at))).collect::<Vec<_>>());
    assert!(checked.err.ends_with("150 scripts: 50 would be formatted, 50 unchanged, 50 left as they are\n"), "{}", checked.err);
    let ran = folder.run(&["fmt"]);
    assert_eq!((ran.status, ran.err), (1, format!("{said}150 scripts: 50 formatted, 50 unchanged, 50 left as they are\n")));
}
