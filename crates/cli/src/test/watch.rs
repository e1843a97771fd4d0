//! `--watch`: the tests again whenever a file changes.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use callroute_workspace::Watch;

use super::{Command, files, show, test};
use crate::failure::{Failure, Outcome, say};

pub fn run(command: &Command) -> Outcome {
    let (mut watch, changes) = Watch::new().map_err(|error| Failure::wrong(format!("files cannot be watched: {error}")))?;
    let cannot = |path: &Path, error: io::Error| Failure::wrong(format!("`{}` cannot be watched: {error}", path.display()));
    let here = [PathBuf::from(".")];
    for path in if command.paths.is_empty() { here.as_slice() } else { &command.paths } {
        let watched = if path.is_dir() { watch.folder(path) } else { watch.folder_of(path) };
        watched.map_err(|error| cannot(path, error))?;
    }
    loop {
        if io::stdout().is_terminal() {
            // At once, or it would wipe out what is said on standard error in the meantime.
            let mut screen = io::stdout();
            let _ = write!(screen, "\u{1b}[2J\u{1b}[H").and_then(|()| screen.flush());
        }
        // What is wrong now may be right after the next change.
        match test(command) {
            Ok(results) => {
                for file in files(&results) {
                    watch.folder_of(&file).map_err(|error| cannot(&file, error))?;
                }
                match show(command, &results) {
                    Ok(()) | Err(Failure::Status(_)) => {}
                    Err(other) => return Err(other),
                }
            }
            Err(Failure::Wrong(message)) => say(&format!("callroute: {message}")),
            Err(other) => return Err(other),
        }
        say("waiting for a change; Ctrl-C ends");
        if !changes.wait() {
            return Err(Failure::wrong("files are no longer watched"));
        }
    }
}
