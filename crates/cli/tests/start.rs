//! What helps a beginner along: `callroute new`, completions, manual pages.
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

use common::{Folder, golden, lines};

#[test]
fn a_new_folder_passes_at_once() {
    let folder = Folder::new("new");
    for (name, zone) in [("berlin", Some("Europe/Berlin")), ("own", None), ("deep/er", Some("UTC"))] {
        let mut args = vec!["new", name];
        args.extend(zone.iter().flat_map(|zone| ["--zone", zone]));
        let ran = folder.run(&args);
        assert_eq!((ran.status, ran.out.as_str()), (0, ""), "{}", ran.err);
        let script = format!("{name}/{}.route", name.rsplit('/').next().unwrap());
        assert!(ran.err.contains(&format!("callroute run {script} --event {name}/event.json")), "{}", ran.err);
        let text = String::from_utf8(folder.read(&script)).unwrap();
        assert!(zone.is_none_or(|zone| text.contains(&format!("zone {zone}\n")) && !text.contains("Chicago")), "{text}");
        let ran = folder.run(&["check", "--deny", "warnings", &script]);
        assert_eq!(ran.status, 0, "{}", ran.err);
        let answers = lines(&folder.run(&["run", &script, "--event", &format!("{name}/event.json")]).out);
        assert_eq!(answers.len(), 1);
        assert!(answers[0].get("error").is_none(), "{answers:?}");
    }
}

/// What is offered can be copied into a shell as it stands.
#[cfg(unix)]
#[test]
fn commands_that_are_offered_work() {
    let folder = Folder::new("new_quoted");
    for name in ["my office", "it's", "grün", "$HOME", "a(b)&c;d"] {
        let ran = folder.run(&["new", name, "--zone", "UTC"]);
        assert_eq!(ran.status, 0, "{}", ran.err);
        let offered: Vec<&str> = ran.err.lines().filter_map(|line| line.strip_prefix("  callroute ")).collect();
        assert_eq!(offered.len(), 3, "{}", ran.err);
        for command in offered {
            let mut shell = std::process::Command::new("sh");
            shell.current_dir(&folder.0).args(["-c", &format!("\"$0\" {command}"), env!("CARGO_BIN_EXE_callroute")]);
            let out = shell.output().unwrap();
            assert!(out.status.success(), "{command}: {}", String::from_utf8_lossy(&out.stderr));
        }
    }
}

#[test]
fn manual_pages_have_headings_and_say_what_repeats() {
    let folder = Folder::new("man_pages");
    let page = folder.run(&["man", "test"]).good();
    for text in ["[\\fIPATH\\fR]...", ".SH \"EXAMPLES\"\n.nf\n  callroute test", ".SH NOTES\n.PP\nTests of an imported file"] {
        assert!(page.contains(text), "{text:?} is not in\n{page}");
    }
    assert!(!page.contains("EXTRA") && !page.contains("[\\fIPATH\\fR]\n"), "{page}");
    let main = folder.run(&["man"]).good();
    assert!(main.contains(".SH \"START WITH\"") && main.find("SH VERSION") > main.find("SH NOTES"), "{main}");
}

#[test]
fn nothing_is_written_over() {
    let folder = Folder::new("new_twice");
    assert_eq!(folder.run(&["new", "office"]).status, 0);
    folder.write("office/event.json", "mine");
    folder.run(&["new", "office"]).wrong("`office` has a file `office.route` already; nothing was written");
    folder.write("half/event.json", "mine");
    folder.run(&["new", "half"]).wrong("`half` has a file `event.json` already");
    assert!(!folder.0.join("half/half.route").exists());
    assert_eq!(folder.read("office/event.json"), b"mine");
    // The zone of whoever calls, if it is one.
    for (zone, written) in [("Asia/Tokyo", Some("zone Asia/Tokyo\n")), (":Europe/Rome", Some("zone Europe/Rome\n")), ("nowhere", None)] {
        let _ = std::fs::remove_dir_all(folder.0.join("zoned"));
        assert!(folder.command().args(["new", "zoned"]).env("TZ", zone).output().unwrap().status.success());
        let script = String::from_utf8(folder.read("zoned/zoned.route")).unwrap();
        assert!(script.contains(written.unwrap_or("\nzone ")), "{zone}: {script}");
    }
    folder.run(&["new", "x", "--zone", "Mars/Olympus"]).wrong("Mars/Olympus");
    folder.write("file", "").run(&["new", "file"]).wrong("`file` is a file, and a new folder is wanted");
}

/// The commands that the help names.
fn commands(help: &str) -> Vec<&str> {
    let commands: Vec<&str> = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(commands.len() > 7, "{commands:?}");
    commands
}

/// What one reads who asks for help: a change of any of it is seen.
#[test]
fn the_help_of_every_command_is_as_it_was_read() {
    let folder = Folder::new("help-of-all");
    let help = folder.run(&["--help"]).good();
    golden("help/callroute.txt", &help);
    for command in commands(&help).into_iter().filter(|command| *command != "help") {
        let long = folder.run(&[command, "--help"]).good();
        assert_eq!(folder.run(&["help", command]).good(), long, "{command}");
        golden(&format!("help/{command}.txt"), &long);
    }
}

#[test]
fn completions_and_pages_name_every_command() {
    let folder = Folder::new("manual");
    let page = folder.run(&["man"]).good();
    assert!(page.contains(".TH callroute 1"), "{page}");
    let help = folder.run(&["help"]).good();
    let commands = commands(&help);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let text = folder.run(&["completions", shell]).good();
        golden(&format!("completions/{shell}"), &text);
        for command in &commands {
            assert!(text.contains(command), "{shell} does not know `{command}`");
        }
    }
    for command in commands.iter().filter(|command| **command != "help") {
        assert!(page.contains(&format!("callroute\\-{command}(1)")), "{page}");
        let own = folder.run(&["man", command]).good();
        assert!(own.contains(&format!(".TH callroute-{command} 1")), "{own}");
    }
    folder.run(&["man", "dance"]).wrong("there is no command `dance`; there are `check`");
}
