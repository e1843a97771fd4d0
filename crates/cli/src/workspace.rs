//! Scripts on disk: reading them within limits, and finding what they import without ever leaving their workspace.
//!
//! The workspace of a script is the nearest folder above it that holds `.git` or `callroute.toml`, else the script's own folder.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use callroute_analysis::{Analysis, FileError, Files, limits};
use callroute_diagnostics::{Diagnostic, FileId, Sources};
use callroute_syntax::limits::MAX_FILE_BYTES;

use crate::failure::{Failure, shown};

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

    /// What diagnostics point into.
    pub fn sources(&self) -> Sources<'_> {
        let texts = self.analysis.files.iter().map(|file| file.text.as_str());
        Sources::new(self.paths.iter().map(String::as_str).zip(texts))
    }
}

/// Reads a file up to a limit. `Ok(None)`: it is larger. Devices and pipes are read like files, up to the limit.
pub fn read_limited(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let file = File::open(path)?;
    let about = file.metadata()?;
    if about.is_dir() {
        return Err(io::Error::from(io::ErrorKind::IsADirectory));
    }
    if about.len() > limit {
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(about.len()).unwrap_or(0));
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
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
    let root = root_of(&resolved);
    let inside = resolved.strip_prefix(&root).unwrap_or(&resolved);
    let analysis = callroute_analysis::analyse(&slashed(inside), &text, &Folder { root: root.clone() });
    let resolved: Vec<PathBuf> = analysis.files.iter().map(|file| root.join(&file.path)).collect();
    let mut paths: Vec<String> = resolved.iter().map(|file| file.strip_prefix(&here).unwrap_or(file).display().to_string()).collect();
    if let Some(first) = paths.first_mut() {
        *first = name;
    }
    Ok(Checked { analysis, paths, resolved })
}

/// The workspace of a script whose path is resolved.
fn root_of(script: &Path) -> PathBuf {
    let own = script.parent().unwrap_or(Path::new("/"));
    let marked = own.ancestors().find(|folder| folder.join(".git").exists() || folder.join("callroute.toml").exists());
    marked.unwrap_or(own).to_path_buf()
}

/// A path with `/` on every system.
fn slashed(path: &Path) -> String {
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// Files of a workspace.
struct Folder {
    /// Resolved.
    root: PathBuf,
}

impl Files for Folder {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        let error = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => FileError::NotFound,
            io::ErrorKind::PermissionDenied => FileError::Denied,
            io::ErrorKind::IsADirectory => FileError::Other("it is a folder".to_owned()),
            _ => FileError::Other(error.to_string()),
        };
        // A symbolic link must not lead out either.
        let resolved = self.root.join(path).canonicalize().map_err(error)?;
        if !resolved.starts_with(&self.root) {
            return Err(FileError::Other("it lies outside of the workspace".to_owned()));
        }
        let limit = match resolved.extension().and_then(|extension| extension.to_str()) {
            Some("route") => MAX_FILE_BYTES,
            Some("ics") => limits::CALENDAR_BYTES,
            _ => limits::DATA_BYTES,
        };
        read_limited(&resolved, limit as u64).map_err(error)?.ok_or(FileError::TooLarge(limit))
    }
}
