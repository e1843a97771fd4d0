//! The files that the editor has open, as it sees them, on top of those on disk.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use callroute_analysis::{FileError, Files};
use callroute_diagnostics::{Encoding, LineIndex, Position};
use callroute_ide::{Entry, Folders};
use callroute_workspace::Workspace;
use tower_lsp::lsp_types::{self as lsp, TextDocumentContentChangeEvent, Url};

/// An open file.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub uri: Url,
    pub version: i32,
    pub text: String,
    /// Resolved, where it exists; a document without a file has a path that nothing else has.
    pub path: PathBuf,
}

/// All open files, by their paths.
#[derive(Default, Debug)]
pub(crate) struct Documents {
    by_path: HashMap<PathBuf, Document>,
}

/// The resolved path of a document. What has no file (`untitled:…`) gets one that cannot exist.
pub(crate) fn path_of(uri: &Url) -> PathBuf {
    match uri.to_file_path() {
        Ok(path) => path.canonicalize().unwrap_or(path),
        Err(()) => PathBuf::from("/\u{0}").join(uri.as_str()),
    }
}

impl Documents {
    pub fn open(&mut self, uri: Url, version: i32, text: String) {
        let path = path_of(&uri);
        self.by_path.insert(path.clone(), Document { uri, version, text, path });
    }

    pub fn close(&mut self, uri: &Url) -> Option<Document> {
        self.by_path.remove(&path_of(uri))
    }

    pub fn get(&self, path: &Path) -> Option<&Document> {
        self.by_path.get(path)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Document> {
        self.by_path.values()
    }

    /// Applies edits in their order. False: the document is not open.
    pub fn change(&mut self, uri: &Url, version: i32, changes: Vec<TextDocumentContentChangeEvent>, encoding: Encoding) -> bool {
        let Some(document) = self.by_path.get_mut(&path_of(uri)) else { return false };
        document.version = version;
        for change in changes {
            match change.range {
                None => document.text = change.text,
                Some(range) => splice(&mut document.text, range, &change.text, encoding),
            }
        }
        true
    }
}

/// Replaces a range, whatever it is: ends that lie outside are moved inside, and a range that ends before it begins is empty.
fn splice(text: &mut String, range: lsp::Range, with: &str, encoding: Encoding) {
    let lines = LineIndex::new(text);
    let offset = |position: lsp::Position| {
        let position = Position { line: position.line, column: position.character };
        usize::try_from(lines.offset(text, position, encoding)).unwrap_or(usize::MAX).min(text.len())
    };
    let (start, end) = (offset(range.start), offset(range.end));
    let end = end.max(start);
    if text.is_char_boundary(start) && text.is_char_boundary(end) {
        text.replace_range(start..end, with);
    }
}

/// Reads open files as the editor has them, and all others from disk.
pub(crate) struct Overlay<'a> {
    pub workspace: &'a Workspace,
    pub documents: &'a Documents,
    /// Files with other texts than they have: what would be if they were changed so.
    pub instead: &'a [(PathBuf, String)],
}

impl Files for Overlay<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        let file = self.workspace.outside(path);
        let instead = self.instead.iter().find(|(changed, _)| *changed == file);
        match (instead, self.documents.get(&file)) {
            (Some((_, text)), _) => Ok(text.as_bytes().to_vec()),
            (None, Some(document)) => Ok(document.text.clone().into_bytes()),
            _ => self.workspace.read(path),
        }
    }
}

/// The folders around a script, as far as they are in its workspace: nothing outside of it can be named.
pub(crate) struct Around<'a> {
    pub workspace: &'a Workspace,
    /// The folder of the script.
    pub folder: &'a Path,
}

/// The most entries of a folder that are offered.
const MAX_ENTRIES: usize = 1_000;

impl Folders for Around<'_> {
    fn list(&self, folder: &str) -> Vec<Entry> {
        let inside = self.folder.join(folder).canonicalize().ok().filter(|folder| folder.starts_with(self.workspace.root()));
        let Some(entries) = inside.and_then(|folder| std::fs::read_dir(folder).ok()) else { return Vec::new() };
        let entry = |entry: std::fs::DirEntry| {
            let folder = entry.path().is_dir();
            Some(Entry { name: entry.file_name().into_string().ok()?, folder })
        };
        entries.flatten().filter_map(entry).take(MAX_ENTRIES).collect()
    }
}
