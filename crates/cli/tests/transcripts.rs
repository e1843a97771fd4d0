//! Transcripts run as they stand: `calls.txt` beside each example. A line `$ callroute …` is run in the file's folder, and what follows, up to an empty
//! line, a comment or the next command, is what it prints. `BLESS=1` writes what it printed; then read it.
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

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::Folder;

#[test]
fn the_examples_do_what_their_transcripts_say() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    // A folder without a script shows something else than calls.
    let has_script = |folder: &PathBuf| {
        let mut files = std::fs::read_dir(folder).unwrap();
        files.any(|entry| entry.unwrap().path().extension().is_some_and(|extension| extension == "route"))
    };
    let folders = std::fs::read_dir(examples).unwrap().map(|entry| entry.unwrap().path()).filter(has_script);
    let mut files: Vec<PathBuf> = folders.map(|folder| folder.join("calls.txt")).collect();
    files.sort();
    assert!(files.len() >= 7, "{files:?}");
    let mut wrong = String::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap_or_else(|_| panic!("{} is missing", file.display()));
        let (found, commands) = run(&text, file.parent().unwrap());
        assert!(commands > 0, "{} runs nothing", file.display());
        if found == text {
            continue;
        }
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&file, found).unwrap();
        } else {
            let at = text.lines().zip(found.lines()).position(|(a, b)| a != b).unwrap_or(0);
            let line = |text: &str| text.lines().nth(at).unwrap_or("").to_owned();
            wrong += &format!("{}:{}\n  expected: {}\n  found:    {}\n", file.display(), at + 1, line(&text), line(&found));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}(BLESS=1 writes what was found)");
}

#[test]
fn the_examples_have_no_faults() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let out = Command::new(env!("CARGO_BIN_EXE_callroute")).args(["check", "--deny", "warnings"]).arg(examples).output().unwrap();
    assert!(out.status.success(), "{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
}

/// `docs/tools.md`: in blocks marked `console`, a line `$ callroute …` is run in a copy of `docs/samples`, and what follows, up to the next command or the end of the
/// block, is what it prints. How long something took is always `0.01s`.
#[test]
fn the_tools_say_what_their_document_shows() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let text = std::fs::read_to_string(docs.join("tools.md")).unwrap();
    let folder = Folder::new("transcripts");
    for entry in std::fs::read_dir(docs.join("samples")).unwrap().map(|entry| entry.unwrap()) {
        folder.write(entry.file_name().to_str().unwrap(), std::fs::read(entry.path()).unwrap());
    }
    let mut found = String::new();
    let mut commands = 0;
    let mut inside = false;
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        found += line;
        found += "\n";
        if line.starts_with("```") {
            inside = line == "```console";
        }
        let Some(line) = line.strip_prefix("$ ").filter(|_| inside) else { continue };
        // `printf '1\nbusy\n' | callroute …` types lines.
        let (typed, command) = match line.split_once(" | ") {
            Some((typed, command)) => (typed.strip_prefix("printf '").unwrap().strip_suffix('\'').unwrap().replace("\\n", "\n"), command),
            None => (String::new(), line),
        };
        let command = command.strip_prefix("callroute ").unwrap();
        commands += 1;
        while lines.next_if(|line| !line.starts_with("```") && !line.starts_with("$ ")).is_some() {}
        let mut run = folder.command();
        run.args(words(command)).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut run = run.spawn().unwrap();
        // Whoever does not listen has ended.
        let _ = run.stdin.take().unwrap().write_all(typed.as_bytes());
        let result = run.wait_with_output().unwrap();
        let printed = String::from_utf8(result.stdout).unwrap() + &String::from_utf8(result.stderr).unwrap();
        for line in printed.lines() {
            let timed = line.rsplit_once(" in ").filter(|(_, time)| time.strip_suffix('s').is_some_and(|time| time.parse::<f64>().is_ok()));
            found += &timed.map_or_else(|| line.to_owned(), |(what, _)| format!("{what} in 0.01s"));
            found += "\n";
        }
    }
    assert!(commands > 0);
    if found != text {
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(docs.join("tools.md"), &found).unwrap();
        } else {
            panic!("docs/tools.md differs (BLESS=1 writes what was found); found\n{found}");
        }
    }
}

/// The transcript with what the commands really print, and how many there are.
fn run(text: &str, folder: &Path) -> (String, usize) {
    let mut out = String::new();
    let mut commands = 0;
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        out += line;
        out += "\n";
        let Some(command) = line.strip_prefix("$ callroute ") else { continue };
        commands += 1;
        while lines.next_if(|line| !line.is_empty() && !line.starts_with('#') && !line.starts_with("$ ")).is_some() {}
        let result = Command::new(env!("CARGO_BIN_EXE_callroute")).args(words(command)).current_dir(folder).output().unwrap();
        out += &String::from_utf8(result.stdout).unwrap();
        out += &String::from_utf8(result.stderr).unwrap();
        if !result.status.success() {
            out += &format!("exit status {}\n", result.status.code().unwrap_or(-1));
        }
    }
    (out, commands)
}

/// Words as a shell makes them: at spaces, with single quotes.
fn words(text: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => out.push(String::new()),
            c => out.last_mut().unwrap().push(c),
        }
    }
    out
}
