//! Waiting for scripts to change on disk, for `test --watch` and for servers.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

/// Editors write a file in several steps: so long nothing more must happen.
const QUIET: Duration = Duration::from_millis(80);

/// Folders whose scripts, lists and calendars are watched. What happens in them is told to its [`Changes`].
#[derive(Debug)]
pub struct Watch {
    watcher: RecommendedWatcher,
    folders: HashSet<PathBuf>,
}

/// What happens in the folders of a [`Watch`], for as long as that lives.
#[derive(Debug)]
pub struct Changes(Receiver<notify::Result<Event>>);

impl Watch {
    /// Watches nothing yet.
    ///
    /// # Errors
    /// When the system cannot watch files.
    pub fn new() -> io::Result<(Self, Changes)> {
        let (sender, changes) = channel();
        // When nobody listens any more there is nobody to tell.
        let watcher = notify::recommended_watcher(move |event| {
            let _ = sender.send(event);
        })
        .map_err(io::Error::other)?;
        Ok((Self { watcher, folders: HashSet::new() }, Changes(changes)))
    }

    /// Watches a folder, and all that is in it.
    ///
    /// # Errors
    /// When it cannot be watched.
    pub fn folder(&mut self, folder: &Path) -> io::Result<()> {
        let resolved = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
        if self.folders.iter().any(|known| resolved.starts_with(known)) {
            return Ok(());
        }
        self.watcher.watch(&resolved, RecursiveMode::Recursive).map_err(io::Error::other)?;
        self.folders.insert(resolved);
        Ok(())
    }

    /// Watches the folder that a file stands in: editors replace files, so the file itself would be lost.
    ///
    /// # Errors
    /// As [`Watch::folder`].
    pub fn folder_of(&mut self, file: &Path) -> io::Result<()> {
        match file.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => self.folder(folder),
            _ => self.folder(Path::new(".")),
        }
    }
}

impl Changes {
    /// Waits until something has changed, and then nothing more for a moment. False when nothing can come any more.
    pub fn wait(&self) -> bool {
        loop {
            match self.0.recv() {
                Ok(event) if matters(&event) => break,
                Ok(_) => {}
                Err(_) => return false,
            }
        }
        loop {
            match self.0.recv_timeout(QUIET) {
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => return true,
                Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
    }
}

/// Does it matter? Reading a file does not.
fn matters(event: &notify::Result<Event>) -> bool {
    match event {
        Err(_) => true,
        Ok(event) if matches!(event.kind, EventKind::Access(_)) => false,
        Ok(event) => event
            .paths
            .iter()
            .any(|path| path.extension().is_some_and(|end| end == "route" || end == "routec" || end == "csv" || end == "ics")),
    }
}
