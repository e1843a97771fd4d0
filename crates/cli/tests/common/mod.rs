//! Running the real command in a folder of its own.
#![allow(dead_code, reason = "not every test file uses all of it")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A folder for one test, emptied first, which is its own workspace.
pub struct Folder(pub PathBuf);

/// What a command did.
pub struct Ran {
    pub status: i32,
    pub out: String,
    pub err: String,
}

impl Folder {
    pub fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        std::fs::write(path.join("callroute.toml"), "").unwrap();
        Self(path)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> &Self {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.0.join(name)).unwrap()
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_callroute"));
        command.current_dir(&self.0).env_remove("CALLROUTE_KEY").env_remove("NO_COLOR");
        command
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        Ran::of(self.command().args(args).stdin(Stdio::null()).output().unwrap())
    }

    pub fn run_with(&self, args: &[&str], input: impl AsRef<[u8]>, key: Option<&str>) -> Ran {
        let mut command = self.command();
        if let Some(key) = key {
            command.env("CALLROUTE_KEY", key);
        }
        let mut child = command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // It may stop reading early.
        let _ = child.stdin.take().unwrap().write_all(input.as_ref());
        Ran::of(child.wait_with_output().unwrap())
    }
}

impl Ran {
    pub fn of(output: Output) -> Self {
        Self {
            status: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// It went well, and said nothing of any fault.
    #[track_caller]
    pub fn good(self) -> String {
        assert_eq!((self.status, self.err.as_str()), (0, ""), "{}", self.out);
        self.out
    }

    /// The call was wrong, and this is what was said.
    #[track_caller]
    pub fn wrong(self, message: &str) -> String {
        assert_eq!(self.status, 2, "{}\n{}", self.out, self.err);
        assert!(self.err.contains(message), "{message:?} is not in {:?}", self.err);
        self.out
    }
}

/// How long things took is left out.
pub fn timeless(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    // `in 0.01s`, `time="0.002"`, `"seconds":0.1`
    while let Some((at, start)) =
        ["in ", "time=\"", "\"seconds\":"].iter().filter_map(|start| rest.find(start).map(|at| (at, *start))).min()
    {
        let number = &rest[at + start.len()..];
        let end = number.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | 'e' | '-')).unwrap_or(number.len());
        out += &rest[..at + start.len()];
        let is_time = start != "in " || number[..end].contains('.') && number[end..].starts_with('s');
        out += if is_time && end > 0 { "0.00" } else { &number[..end] };
        rest = &number[end..];
    }
    out + rest
}

/// What is printed is what is kept in `tests/golden`; `BLESS=1` writes it anew.
#[track_caller]
pub fn golden(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    let found = timeless(found);
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &found).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == found, "{name} differs; expected\n{kept}\nfound\n{found}");
}

pub fn lines(text: &str) -> Vec<serde_json::Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))).collect()
}

pub const FOUNDING: &str =
    "when hours(9-17 America/Chicago) < menu < 1 => group sales; 2 => agent support > > else voicemail \"office_closed\"\n";
pub const EVENT: &str =
    r#"{"event":"incoming_call","from":"+14155550123","to":"+13146523057","timestamp":"2026-04-21T14:32:00Z","call_id":"abc123xyz"}"#;
