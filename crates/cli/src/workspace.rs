//! Scripts that were named on the command line, checked, and what is said of those that cannot be read.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use callroute_testing::trace::Line;
pub use callroute_workspace::{Checked, read_limited};

use crate::failure::{Failure, shown};
use crate::progress;

/// Files by their paths in the workspace, which is how compiled scripts know them, and as people should see them.
#[derive(Default)]
pub struct Names(HashMap<String, String>);

impl Names {
    /// Of a script and the files that it imports.
    pub fn of(checked: &Checked) -> Self {
        Self(checked.analysis.files.iter().map(|file| file.path.clone()).zip(checked.paths.iter().cloned()).collect())
    }

    /// Gives a line of a trace the name that people know.
    pub fn set(&self, line: &mut Line) {
        if let Some(file) = &mut line.file
            && let Some(name) = self.0.get(file.as_str())
        {
            file.clone_from(name);
        }
    }
}

/// What is wrong with a path that was given, in words.
pub fn cannot_read(path: &Path, error: &io::Error) -> Failure {
    let path = shown(&path.display().to_string());
    Failure::Wrong(match error.kind() {
        io::ErrorKind::NotFound => format!("there is no file `{path}`"),
        io::ErrorKind::PermissionDenied => format!("`{path}` may not be read"),
        io::ErrorKind::IsADirectory => format!("`{path}` is a folder, not a file"),
        _ => format!("`{path}` cannot be read: {error}"),
    })
}

/// Reads and checks a script. What is wrong with its content is said in the diagnostics; an error is only what keeps us from
/// its content.
pub fn check(path: &Path) -> Result<Checked, Failure> {
    Checked::read(path, &progress::note).map_err(|error| cannot_read(path, &error))
}

/// As [`check`], with other texts for some of the files, by their resolved paths.
pub fn check_with(path: &Path, texts: HashMap<PathBuf, String>) -> Result<Checked, Failure> {
    Checked::read_over(path, texts, &progress::note).map_err(|error| cannot_read(path, &error))
}

/// Checks the content of a script that has been read; `None`: it is too large.
pub fn check_bytes(path: &Path, bytes: Option<Vec<u8>>) -> Checked {
    Checked::of_bytes(path, bytes, &progress::note)
}
