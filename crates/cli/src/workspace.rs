//! Scripts that were named on the command line, checked, with their paths as people should see them.

use std::io;
use std::path::{Path, PathBuf};

use callroute_analysis::{Analysis, FileError, Files};
use callroute_diagnostics::{Diagnostic, FileId, Sources};
use callroute_syntax::limits::MAX_FILE_BYTES;
use callroute_workspace::Workspace;
pub use callroute_workspace::read_limited;

use crate::failure::{Failure, shown};
use crate::progress;

/// A script that has been read and checked.
pub struct Checked {
    /// What was found.
    pub analysis: Analysis,
    /// Paths of the analysis' files as people should see them.
    pub paths: Vec<String>,
    /// The same files, resolved.
    pub resolved: Vec<PathBuf>,
}

impl Checked {
    /// Adds what only the compiler can say: limits that the script breaks, and how much a waiting call keeps.
    #[must_use]
    pub fn with_compiler(mut self) -> Self {
        let found = self.analysis.program.as_ref().map(callroute_compiler::diagnose).unwrap_or_default();
        self.analysis.diagnostics.extend(found);
        self
    }

    /// A file of the workspace, which is how compiled scripts know it, as people should see it.
    pub fn shown_path(&self, file: &str) -> Option<&str> {
        let at = self.analysis.files.iter().position(|known| known.path == file)?;
        self.paths.get(at).map(String::as_str)
    }

    /// What diagnostics point into.
    pub fn sources(&self) -> Sources<'_> {
        let texts = self.analysis.files.iter().map(|file| file.text.as_str());
        Sources::new(self.paths.iter().map(String::as_str).zip(texts))
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
    let bytes = read_limited(path, MAX_FILE_BYTES as u64).map_err(|error| cannot_read(path, &error))?;
    check_bytes(path, bytes)
}

/// Checks the content of a script that has been read; `None`: it is too large.
pub fn check_bytes(path: &Path, bytes: Option<Vec<u8>>) -> Result<Checked, Failure> {
    let name = path.display().to_string();
    let here = std::env::current_dir().and_then(|here| here.canonicalize()).unwrap_or_default();
    // A pipe has no place of its own; what it imports stands in this folder.
    let resolved = match path.canonicalize() {
        Ok(resolved) if resolved.is_file() => resolved,
        _ => here.join(path.file_name().unwrap_or(path.as_os_str())),
    };
    let refused = |text: String, diagnostics: Vec<Diagnostic>| {
        let file = callroute_analysis::typed::SourceFile { path: name.clone(), text };
        let analysis = Analysis { diagnostics, files: vec![file], ..Analysis::default() };
        Checked { analysis, paths: vec![name.clone()], resolved: vec![resolved.clone()] }
    };
    let Some(bytes) = bytes else {
        return Ok(refused(String::new(), vec![callroute_syntax::too_large(FileId(0))]));
    };
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let diagnostics = callroute_syntax::parse_bytes(FileId(0), error.as_bytes()).diagnostics;
            // The first byte that is no UTF-8 has the same offset in this text.
            return Ok(refused(String::from_utf8_lossy(error.as_bytes()).into_owned(), diagnostics));
        }
    };
    let workspace = Workspace::of(&resolved);
    let analysis = callroute_analysis::analyse(&workspace.inside(&resolved), &text, &Told(&workspace));
    let resolved: Vec<PathBuf> = analysis.files.iter().map(|file| workspace.outside(&file.path)).collect();
    let mut paths: Vec<String> = resolved.iter().map(|file| file.strip_prefix(&here).unwrap_or(file).display().to_string()).collect();
    if let Some(first) = paths.first_mut() {
        *first = name;
    }
    Ok(Checked { analysis, paths, resolved })
}

/// Files of a workspace; whoever waits is told what is read.
struct Told<'w>(&'w Workspace);

impl Files for Told<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        progress::note(path);
        self.0.read(path)
    }
}
