//! `--watch`: the tests again whenever a file changes.

use std::collections::HashSet;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

use super::{Command, files, show, test};
use crate::failure::{Failure, Outcome, say};

/// Editors write a file in several steps: so long nothing more must happen.
const QUIET: Duration = Duration::from_millis(80);

pub fn run(command: &Command) -> Outcome {
    let (sender, changes) = channel();
    let mut watcher: RecommendedWatcher = notify::recommended_watcher(move |event| {
        // Nobody listens any more: the command ends.
        let _ = sender.send(event);
    })
    .map_err(|error| Failure::wrong(format!("files cannot be watched: {error}")))?;
    let mut watched: HashSet<PathBuf> = HashSet::new();
    let here = [PathBuf::from(".")];
    for path in if command.paths.is_empty() { here.as_slice() } else { &command.paths } {
        let folder = if path.is_dir() { path.clone() } else { parent(path) };
        watch(&mut watcher, &mut watched, &folder)?;
    }
    loop {
        if io::stdout().is_terminal() {
            let _ = write!(io::stdout(), "\u{1b}[2J\u{1b}[H");
        }
        // What is wrong now may be right after the next change.
        match test(command) {
            Ok(results) => {
                for file in files(&results) {
                    watch(&mut watcher, &mut watched, &parent(&file))?;
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
        if !wait(&changes) {
            return Err(Failure::wrong("files are no longer watched"));
        }
    }
}

fn parent(file: &Path) -> PathBuf {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_path_buf(),
        _ => PathBuf::from("."),
    }
}

fn watch(watcher: &mut RecommendedWatcher, watched: &mut HashSet<PathBuf>, folder: &Path) -> Outcome {
    let resolved = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
    if watched.iter().any(|known| resolved.starts_with(known)) {
        return Ok(());
    }
    watcher
        .watch(&resolved, RecursiveMode::Recursive)
        .map_err(|error| Failure::wrong(format!("`{}` cannot be watched: {error}", folder.display())))?;
    watched.insert(resolved);
    Ok(())
}

/// Does it matter? Reading a file does not.
fn matters(event: &notify::Result<Event>) -> bool {
    match event {
        Err(_) => true,
        Ok(event) if matches!(event.kind, EventKind::Access(_)) => false,
        Ok(event) => event.paths.iter().any(|path| path.extension().is_some_and(|end| end == "route" || end == "csv" || end == "ics")),
    }
}

/// Until something has changed, and then nothing more for a moment. False when nothing can come any more.
fn wait(changes: &Receiver<notify::Result<Event>>) -> bool {
    loop {
        match changes.recv() {
            Ok(event) if matters(&event) => break,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
    loop {
        match changes.recv_timeout(QUIET) {
            Ok(_) => {}
            Err(RecvTimeoutError::Timeout) => return true,
            Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
}
