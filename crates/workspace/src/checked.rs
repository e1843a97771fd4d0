//! Scripts that somebody named, read and checked, with their paths as people should see them.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use callroute_analysis::{Analysis, FileError, Files};
use callroute_calendar::Day;
use callroute_diagnostics::{Diagnostic, FileId, Sources};
use callroute_syntax::limits::MAX_FILE_BYTES;

use crate::{Workspace, read_limited};

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
    /// As [`Checked::read`], with other texts for some of the files, by their resolved paths.
    ///
    /// # Errors
    /// What keeps us from the script's content.
    pub fn read_over(path: &Path, mut texts: HashMap<PathBuf, String>, note: &dyn Fn(&str)) -> io::Result<Self> {
        let bytes = match texts.remove(&path.canonicalize()?) {
            Some(text) => Some(text.into_bytes()),
            None => read_limited(path, MAX_FILE_BYTES as u64)?,
        };
        Ok(Self::with_texts(path, bytes, &texts, note))
    }

    /// Reads and checks a script. What is wrong with its content is said in the diagnostics; `note` is told of each file that it
    /// reads besides.
    ///
    /// # Errors
    /// What keeps us from its content.
    pub fn read(path: &Path, note: &dyn Fn(&str)) -> io::Result<Self> {
        Ok(Self::of_bytes(path, read_limited(path, MAX_FILE_BYTES as u64)?, note))
    }

    /// Checks the content of a script that has been read; `None`: it is too large.
    #[must_use]
    pub fn of_bytes(path: &Path, bytes: Option<Vec<u8>>, note: &dyn Fn(&str)) -> Self {
        Self::with_texts(path, bytes, &HashMap::new(), note)
    }

    /// As [`Checked::of_bytes`]; files that it imports and have a text here, by their resolved paths, are read from there and not from disk.
    fn with_texts(path: &Path, bytes: Option<Vec<u8>>, texts: &HashMap<PathBuf, String>, note: &dyn Fn(&str)) -> Self {
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
            Self { analysis, paths: vec![name.clone()], resolved: vec![resolved.clone()] }
        };
        let Some(bytes) = bytes else {
            return refused(String::new(), vec![callroute_syntax::too_large(FileId(0))]);
        };
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let diagnostics = callroute_syntax::parse_bytes(FileId(0), error.as_bytes()).diagnostics;
                // The first byte that is no UTF-8 has the same offset in this text.
                return refused(String::from_utf8_lossy(error.as_bytes()).into_owned(), diagnostics);
            }
        };
        let workspace = Workspace::of(&resolved);
        let analysis = callroute_analysis::analyse(&workspace.inside(&resolved), &text, &Told { workspace: &workspace, texts, note });
        let resolved: Vec<PathBuf> = analysis.files.iter().map(|file| workspace.outside(&file.path)).collect();
        let mut paths: Vec<String> = resolved.iter().map(|file| file.strip_prefix(&here).unwrap_or(file).display().to_string()).collect();
        if let Some(first) = paths.first_mut() {
            *first = name;
        }
        Self { analysis, paths, resolved }
    }

    /// Adds what only the compiler can say: limits that the script breaks, and how much a waiting call keeps.
    #[must_use]
    pub fn with_compiler(mut self) -> Self {
        let found = self.analysis.program.as_ref().map(callroute_compiler::diagnose).unwrap_or_default();
        self.analysis.diagnostics.extend(found);
        self
    }

    /// Adds what is past on this day, or soon will be; see [`callroute_analysis::stale`].
    #[must_use]
    pub fn with_today(mut self, today: Day) -> Self {
        let found = self.analysis.program.as_ref().map(|program| callroute_analysis::stale(program, today)).unwrap_or_default();
        self.analysis.diagnostics.extend(found);
        self
    }

    /// What diagnostics point into.
    pub fn sources(&self) -> Sources<'_> {
        let texts = self.analysis.files.iter().map(|file| file.text.as_str());
        Sources::new(self.paths.iter().map(String::as_str).zip(texts))
    }
}

/// Files of a workspace, some of them with texts of their own; whoever waits is told what is read.
struct Told<'w> {
    workspace: &'w Workspace,
    texts: &'w HashMap<PathBuf, String>,
    note: &'w dyn Fn(&str),
}

impl Files for Told<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        (self.note)(path);
        match self.texts.get(&self.workspace.outside(path)) {
            Some(text) => Ok(text.clone().into_bytes()),
            None => self.workspace.read(path),
        }
    }
}
