//! `callroute fmt`: scripts in the canonical layout. What that is lies in its library; here are files, differences and words.

use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use callroute_diagnostics::{Encoding, LineIndex};
use callroute_format::Formatted;
use callroute_syntax::limits::MAX_FILE_BYTES;
use clap::Args;

use crate::failure::{CALLED_WRONG, Failure, Outcome, SCRIPT_AT_FAULT, say, shown};
use crate::progress::Progress;
use crate::terminal::When;
use crate::workspace::{cannot_read, read_limited};
use crate::{diff, discover, parallel};

/// Bring scripts into the canonical layout.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  callroute fmt                   all scripts in this folder and below
  callroute fmt office.route      one script
  callroute fmt --check           say what would change, and change nothing
  callroute fmt - < a.route       from standard input to standard output

Only white space, `;`, the kind of brackets and the case of the language's own words change; comments stay where they are. \
What is wrong in a script stays as it is, and the rest is laid out around it. Exit status: 0 done, 1 with --check: a script \
is not in the canonical layout; or a script could not be laid out, 2 the call was wrong.")]
pub struct Command {
    /// Scripts, and folders that are searched for `*.route`; without any: this folder. `-` is standard input
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Change nothing; print the differences, and fail if there are any
    #[arg(long)]
    check: bool,
    /// Whether to use colours for the differences
    #[arg(long, value_enum, default_value_t)]
    color: When,
}

/// Scripts whose outcomes are kept until they are told of, in their order.
const TOGETHER: usize = 64;

/// What became of the scripts.
#[derive(Default)]
struct Tally {
    changed: usize,
    unchanged: usize,
    /// Left as they are, with a reason given.
    left: usize,
    /// The status that this asks for.
    status: u8,
}

/// What became of one script, and what is to be said of it.
#[derive(Default)]
struct Done {
    changed: bool,
    /// It was left as it is, and the status that this asks for.
    left: Option<u8>,
    /// For standard error.
    says: Vec<String>,
    /// For standard output.
    diff: String,
}

impl Done {
    fn left(status: u8, says: Vec<String>) -> Self {
        Self { left: Some(status), says, ..Self::default() }
    }
}

impl Tally {
    fn add(&mut self, done: &Done) {
        let count = match done.left {
            Some(_) => &mut self.left,
            None if done.changed => &mut self.changed,
            None => &mut self.unchanged,
        };
        *count = count.saturating_add(1);
        self.status = self.status.max(done.left.unwrap_or(0));
    }
}

pub fn run(command: &Command) -> Outcome {
    if command.paths.iter().any(|path| path.as_os_str() == "-") {
        if command.paths.len() > 1 {
            return Err(Failure::wrong("`-` is standard input, and stands alone"));
        }
        return standard_input(command);
    }
    let mut tally = Tally::default();
    let scripts = discover::find(&command.paths)?;
    let progress = Progress::begin(command.color.color(), "formatting", scripts.len(), "scripts");
    for some in scripts.chunks(TOGETHER) {
        let all = parallel::map(some, |(path, _)| {
            let done = one(command, path);
            progress.step();
            done
        });
        for done in all {
            tally.add(&done);
            done.says.iter().for_each(|line| say(line));
            diff::show(&done.diff, command.color)?;
        }
    }
    drop(progress);
    let count = tally.changed.saturating_add(tally.unchanged).saturating_add(tally.left);
    let what = if command.check { "would be formatted" } else { "formatted" };
    let left = if tally.left > 0 { format!(", {} left as they are", tally.left) } else { String::new() };
    say(&format!("{count} script{}: {} {what}, {} unchanged{left}", plural(count), tally.changed, tally.unchanged));
    match tally.status {
        0 if command.check && tally.changed > 0 => Err(Failure::Status(SCRIPT_AT_FAULT)),
        0 => Ok(()),
        status => Err(Failure::Status(status)),
    }
}

fn one(command: &Command, path: &Path) -> Done {
    let name = shown(&path.display().to_string());
    let source = match read(path) {
        Ok(source) => source,
        Err((status, message)) => return Done::left(status, vec![format!("callroute: {message}")]),
    };
    let mut says = Vec::new();
    let Some(formatted) = lay_out(&name, &source, &mut says) else { return Done::left(SCRIPT_AT_FAULT, says) };
    if formatted.text == source {
        return Done { says, ..Done::default() };
    }
    if command.check {
        return Done { changed: true, left: None, says, diff: diff::text(&name, "formatted", &source, &formatted.text) };
    }
    let read_only = path.metadata().is_ok_and(|about| about.permissions().readonly());
    let written = if read_only {
        Err(io::Error::from(io::ErrorKind::PermissionDenied))
    } else {
        crate::write::replace(path, formatted.text.as_bytes())
    };
    match written {
        Ok(()) => {
            says.push(format!("formatted {name}"));
            Done { changed: true, says, ..Done::default() }
        }
        Err(error) => {
            says.push(format!("callroute: `{name}` cannot be written: {error}"));
            Done::left(CALLED_WRONG, says)
        }
    }
}

fn standard_input(command: &Command) -> Outcome {
    let mut bytes = Vec::new();
    let limit = (MAX_FILE_BYTES as u64).saturating_add(1);
    io::stdin()
        .lock()
        .take(limit)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::wrong(format!("standard input cannot be read: {error}")))?;
    let source = text_of("standard input", (bytes.len() <= MAX_FILE_BYTES).then_some(bytes)).map_err(|(_, message)| {
        say(&format!("callroute: {message}"));
        Failure::Status(SCRIPT_AT_FAULT)
    })?;
    let mut says = Vec::new();
    let formatted = lay_out("standard input", &source, &mut says);
    says.iter().for_each(|line| say(line));
    let Some(formatted) = formatted else { return Err(Failure::Status(SCRIPT_AT_FAULT)) };
    if command.check {
        if formatted.text == source {
            return Ok(());
        }
        diff::show(&diff::text("standard input", "formatted", &source, &formatted.text), command.color)?;
        return Err(Failure::Status(SCRIPT_AT_FAULT));
    }
    let mut out = io::stdout().lock();
    out.write_all(formatted.text.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// Formats, and notes what is to be said about it.
fn lay_out(name: &str, source: &str, says: &mut Vec<String>) -> Option<Formatted> {
    let place = |at: u32| {
        let place = LineIndex::new(source).position(source, at, Encoding::Chars);
        format!("{name}:{}:{}", place.line.saturating_add(1), place.column.saturating_add(1))
    };
    match callroute_format::format(source) {
        Ok(formatted) => {
            if let Some(first) = formatted.broken.first() {
                let count = formatted.broken.len();
                let (parts, stay) = if count == 1 { ("a part", "stays as it is") } else { ("parts", "stay as they are") };
                let number = if count == 1 { String::new() } else { format!("{count} ") };
                let place = place(first.start);
                says.push(format!("{place}: {number}{parts} with mistakes {stay}; `callroute check` says what is wrong"));
            }
            Some(formatted)
        }
        Err(error) => {
            says.push(format!(
                "{}: {error}, so the script was left as it is; this is a fault of callroute: please report it, with the script",
                place(error.span.start)
            ));
            None
        }
    }
}

/// A script's text, or the status and the words for what keeps us from it.
fn read(path: &Path) -> Result<String, (u8, String)> {
    match read_limited(path, MAX_FILE_BYTES as u64) {
        Ok(bytes) => text_of(&format!("`{}`", shown(&path.display().to_string())), bytes),
        Err(error) => match cannot_read(path, &error) {
            Failure::Wrong(message) => Err((CALLED_WRONG, message)),
            _ => Err((CALLED_WRONG, error.to_string())),
        },
    }
}

fn text_of(name: &str, bytes: Option<Vec<u8>>) -> Result<String, (u8, String)> {
    let bytes = bytes.ok_or_else(|| (SCRIPT_AT_FAULT, format!("{name} has more than {MAX_FILE_BYTES} bytes, which are the limit")))?;
    String::from_utf8(bytes).map_err(|_| (SCRIPT_AT_FAULT, format!("{name} is not UTF-8, so it was left as it is")))
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}
