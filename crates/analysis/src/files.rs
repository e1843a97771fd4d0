//! Loading: the script, its imports, and data files.

use std::collections::BTreeMap;

use callroute_diagnostics::{Diagnostic, FileId, Span};
use callroute_syntax::tree;

/// Why a file could not be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FileError {
    /// There is no such file.
    NotFound,
    /// It is larger than the reader allows.
    TooLarge,
    /// It may not be read.
    Denied,
    /// Something else, in words.
    Other(String),
}

/// Reads what a script names: imports, CSV and ICS files.
pub trait Files {
    /// The content of `path`, which is already resolved relative to the importing file, with `/`, and never leaves the workspace root.
    ///
    /// # Errors
    /// When it cannot be read.
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError>;
}

/// There are no files.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _path: &str) -> Result<Vec<u8>, FileError> {
        Err(FileError::NotFound)
    }
}

/// Files in memory, for tests and editors.
#[derive(Clone, Debug, Default)]
pub struct MemoryFiles(pub BTreeMap<String, Vec<u8>>);

impl Files for MemoryFiles {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        self.0.get(path).cloned().ok_or(FileError::NotFound)
    }
}

/// A script, parsed.
#[derive(Debug)]
pub(crate) struct Unit {
    /// Its number.
    pub file: FileId,
    /// Its path from the workspace root.
    pub path: String,
    /// Its text.
    pub source: String,
    /// Its tree.
    pub tree: tree::File,
    /// Text that could not be read.
    pub unread: Vec<Span>,
}

/// The script and everything that it imports, each file once.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The main script first.
    pub units: Vec<Unit>,
    /// From parsing and importing.
    pub diagnostics: Vec<Diagnostic>,
    /// An import could not be read, so any name may be defined in it.
    pub incomplete: bool,
}

/// Loads and parses.
pub(crate) fn load(_path: &str, _source: &str, _files: &dyn Files) -> Loaded {
    todo!()
}
