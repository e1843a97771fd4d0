//! Loading: the script and everything that it imports, parsed, each file once; and the paths of data files.
//! What the definitions in them mean is not its business.

use std::collections::{BTreeMap, HashMap};

use callroute_diagnostics::{Code, Diagnostic, FileId, Place, Span};
use callroute_syntax::{Document, tree};

use crate::cache::Cache;
use crate::limits;

/// Why a file could not be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FileError {
    /// There is no such file.
    NotFound,
    /// It is larger than the reader allows, which is so many bytes; see [`limits`] and [`callroute_syntax::limits`].
    TooLarge(usize),
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
    /// Its text and its tree.
    pub document: Document,
    /// Text in it that could not be read.
    pub unread: Vec<Span>,
}

impl Unit {
    /// Its text.
    pub fn source(&self) -> &str {
        self.document.source()
    }

    /// Its tree.
    pub fn tree(&self) -> &tree::File {
        &self.document.parse().tree
    }
}

/// The script and everything that it imports, each file once.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// The main script first, then in the order of the imports.
    pub units: Vec<Unit>,
    /// From parsing and importing.
    pub diagnostics: Vec<Diagnostic>,
    /// An import could not be read, so any name may be defined in it.
    pub incomplete: bool,
}

/// Loads and parses; what was read before helps.
pub(crate) fn load(path: &str, source: &str, files: &dyn Files, read: HashMap<String, Document>) -> Loaded {
    let mut loader = Loader { files, read, loaded: Loaded::default(), known: HashMap::new(), stack: Vec::new(), bytes: 0 };
    loader.add(normal(path), source.to_owned());
    loader.run();
    loader.loaded
}

/// The path of the main script as all others are written.
pub(crate) fn normal(path: &str) -> String {
    let path = path.replace('\\', "/");
    path.strip_prefix("./").map(str::to_owned).unwrap_or(path)
}

struct Loader<'a> {
    files: &'a dyn Files,
    /// Scripts as they were before, by their paths.
    read: HashMap<String, Document>,
    loaded: Loaded,
    known: HashMap<String, FileId>,
    /// The files being imported, the main one first, each with its imports still to be followed.
    stack: Vec<Open>,
    bytes: usize,
}

struct Open {
    file: FileId,
    /// In reverse order; the text and where it stands.
    imports: Vec<tree::Text>,
    /// What this file has imported itself, and where.
    seen: HashMap<FileId, Span>,
    /// Where the import stands that is being followed.
    at: Span,
}

impl Loader<'_> {
    fn add(&mut self, path: String, source: String) {
        let file = FileId(u32::try_from(self.loaded.units.len()).unwrap_or(u32::MAX));
        self.bytes = self.bytes.saturating_add(source.len());
        let document = Cache::document(&mut self.read, &path, source);
        let parsed = document.parse();
        let mut unread: Vec<Span> = parsed.tree.items.iter().filter_map(unread_item).collect();
        for mut diagnostic in parsed.diagnostics.iter().cloned() {
            move_to(&mut diagnostic, file);
            unread.push(diagnostic.place.span);
            self.loaded.diagnostics.push(diagnostic);
        }
        unread.sort_unstable();
        let mut imports: Vec<tree::Text> = parsed.tree.items.iter().filter_map(import_of).cloned().collect();
        imports.reverse();
        self.known.insert(path.clone(), file);
        self.loaded.units.push(Unit { file, path, document, unread });
        self.stack.push(Open { file, imports, seen: HashMap::new(), at: Span::default() });
    }

    fn run(&mut self) {
        while let Some(open) = self.stack.last_mut() {
            let Some(text) = open.imports.pop() else {
                self.stack.pop();
                continue;
            };
            open.at = text.span;
            let file = open.file;
            self.import(file, &text);
        }
    }

    fn import(&mut self, from: FileId, text: &tree::Text) {
        let place = Place { file: from, span: text.span };
        let base = self.loaded.units.get(from.0 as usize).map_or("", |unit| unit.path.as_str());
        let path = match resolve(base, &text.value) {
            Ok(path) => path,
            Err(why) => return self.fail(why.diagnostic(place, &text.value)),
        };
        if let Some(extension) = path.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase())
            && matches!(extension.as_str(), "csv" | "ics" | "json" | "txt")
        {
            let help = match extension.as_str() {
                "csv" => "numbers are read by `list … = csv \"…\"`, tables by `table … = csv \"…\"`",
                "ics" => "a calendar is read by `dates … = ics \"…\"`",
                _ => "only `.route` files can be imported",
            };
            return self.fail(Diagnostic::new(Code::NotImportable, place, format!("`{}` is no script", text.value)).help(help));
        }
        if let Some(&file) = self.known.get(&path) {
            return self.import_known(file, place, text);
        }
        if self.stack.len() >= limits::IMPORT_DEPTH || self.loaded.units.len() >= limits::FILES || self.bytes > limits::SOURCE_BYTES {
            let message = format!("importing `{}` makes too much of it", text.value);
            let help = format!(
                "at most {} files, nested {} deep, of {} MiB together",
                limits::FILES,
                limits::IMPORT_DEPTH,
                limits::SOURCE_BYTES >> 20
            );
            return self.fail(Diagnostic::new(Code::TooManyImports, place, message).help(help));
        }
        let bytes = match self.files.read(&path) {
            Ok(bytes) => bytes,
            Err(error) => return self.fail(unreadable(place, &path, &error)),
        };
        match String::from_utf8(bytes) {
            Ok(source) => {
                if let Some(open) = self.stack.last_mut() {
                    open.seen.insert(FileId(u32::try_from(self.loaded.units.len()).unwrap_or(u32::MAX)), text.span);
                }
                self.add(path, source);
            }
            Err(error) => self.fail(not_utf8(place, &path, error.as_bytes())),
        }
    }

    /// A file that was read before: fine, unless it is one of those that are being imported, or was imported here before.
    fn import_known(&mut self, file: FileId, place: Place, text: &tree::Text) {
        if let Some(from) = self.stack.iter().position(|open| open.file == file) {
            let message = if from + 1 == self.stack.len() {
                format!("`{}` imports itself", text.value)
            } else {
                format!("importing `{}` closes a circle of imports", text.value)
            };
            let mut diagnostic = Diagnostic::new(Code::ImportCycle, place, message);
            for open in self.stack.iter().skip(from).take(self.stack.len() - from - 1) {
                diagnostic = diagnostic.label(Place { file: open.file, span: open.at }, "the way here leads through this import");
            }
            // The definitions are all there, so nothing is unsure.
            self.loaded.diagnostics.push(diagnostic.help("move what both need into a third file"));
            return;
        }
        let Some(open) = self.stack.last_mut() else { return };
        if let Some(first) = open.seen.insert(file, text.span) {
            let first = Place { file: place.file, span: first };
            self.loaded.diagnostics.push(
                Diagnostic::new(Code::ImportTwice, place, format!("`{}` is imported already", text.value))
                    .label(first, "the import that counts")
                    .help("remove this line"),
            );
        }
    }

    fn fail(&mut self, diagnostic: Diagnostic) {
        self.loaded.diagnostics.push(diagnostic);
        self.loaded.incomplete = true;
    }
}

fn unread_item(item: &tree::Item) -> Option<Span> {
    match item {
        tree::Item::Error(span) => Some(*span),
        tree::Item::Def(def) if matches!(def.kind, tree::DefKind::Error) => Some(def.span),
        tree::Item::Step(step) if matches!(step.kind, tree::StepKind::Error) => Some(step.span),
        _ => None,
    }
}

fn import_of(item: &tree::Item) -> Option<&tree::Text> {
    match item {
        tree::Item::Def(tree::Def { kind: tree::DefKind::Import(text), .. }) => text.as_ref(),
        _ => None,
    }
}

/// The parser knows one file only; this puts what it said into the right one.
fn move_to(diagnostic: &mut Diagnostic, file: FileId) {
    diagnostic.place.file = file;
    for label in &mut diagnostic.labels {
        label.place.file = file;
    }
    for edit in diagnostic.fix.iter_mut().flat_map(|fix| &mut fix.edits) {
        edit.place.file = file;
    }
}

/// What can be wrong with a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum PathFault {
    Empty,
    Absolute,
    Outside,
    Backslash,
    Url,
    Folder,
}

impl PathFault {
    /// The diagnostic for it.
    pub fn diagnostic(self, place: Place, path: &str) -> Diagnostic {
        let shown = crate::types::quote(path);
        let (message, help) = match self {
            Self::Empty => ("the path is empty".to_owned(), "name a file, relative to this one"),
            Self::Absolute => {
                (format!("{shown} is an absolute path"), "write the path relative to this file, so that the script works elsewhere too")
            }
            Self::Outside => (format!("{shown} lies outside of the workspace"), "only files of the workspace can be read; copy it in"),
            Self::Backslash => (format!("{shown} has a backslash in it"), "write `/` between folders, on every system"),
            Self::Folder => (format!("{shown} is a folder, no file"), "name a file in it: `lists/blocked.csv`"),
            Self::Url => (format!("{shown} is an address, no file"), "only files of the workspace can be read; download it first"),
        };
        let diagnostic = Diagnostic::new(Code::BadPath, place, message).help(help);
        match self {
            Self::Backslash => {
                let text = format!("\"{}\"", path.replace('\\', "/").replace('"', "\\\""));
                let title = format!("write `{text}`");
                let span = place.span;
                diagnostic.fix(callroute_diagnostics::Applicability::Maybe, title, span, text)
            }
            _ => diagnostic,
        }
    }
}

/// Resolves `path`, written in the file `base`, to a path from the workspace root.
pub(crate) fn resolve(base: &str, path: &str) -> Result<String, PathFault> {
    if path.trim().is_empty() {
        return Err(PathFault::Empty);
    }
    if path.contains("://") {
        return Err(PathFault::Url);
    }
    if path.rsplit(['/', '\\']).next().is_some_and(|last| matches!(last.trim(), "" | "." | "..")) && !path.starts_with('/') {
        return Err(PathFault::Folder);
    }
    let mut chars = path.chars();
    let drive = matches!((chars.next(), chars.next()), (Some(letter), Some(':')) if letter.is_ascii_alphabetic());
    if path.starts_with(['/', '\\']) || drive {
        return Err(PathFault::Absolute);
    }
    if path.contains('\\') {
        return Err(PathFault::Backslash);
    }
    let absolute = base.starts_with('/');
    let mut parts: Vec<&str> = base.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                // A part of the base that is itself `..` cannot be undone by name.
                if parts.pop().is_none_or(|part| part == "..") {
                    return Err(PathFault::Outside);
                }
            }
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    Ok(if absolute { format!("/{joined}") } else { joined })
}

/// The path from the workspace root of what the file `base` names `path`; none where nothing can be named so.
#[must_use]
pub fn named_path(base: &str, path: &str) -> Option<String> {
    resolve(base, path).ok()
}

/// The diagnostic for a file that could not be read.
pub(crate) fn unreadable(place: Place, path: &str, error: &FileError) -> Diagnostic {
    let shown = crate::types::quote(path);
    match error {
        FileError::NotFound => Diagnostic::new(Code::FileNotFound, place, format!("there is no file {shown}"))
            .help("paths are relative to the file that names them"),
        FileError::TooLarge(limit) => too_large(place, path, *limit),
        FileError::Denied => Diagnostic::new(Code::FileUnreadable, place, format!("the file {shown} may not be read")),
        FileError::Other(why) => {
            Diagnostic::new(Code::FileUnreadable, place, format!("the file {shown} cannot be read: {}", crate::types::one_line(why)))
        }
    }
}

/// The diagnostic for a file that is larger than it may be.
pub(crate) fn too_large(place: Place, path: &str, limit: usize) -> Diagnostic {
    Diagnostic::new(Code::FileTooLarge, place, format!("the file {} is larger than {} MiB", crate::types::quote(path), limit >> 20))
        .help("leave out what no call needs, or let a database answer: `source … = < … >`")
}

/// The diagnostic for a file that is not UTF-8.
pub(crate) fn not_utf8(place: Place, path: &str, bytes: &[u8]) -> Diagnostic {
    let what = callroute_syntax::not_utf8(bytes);
    Diagnostic::new(Code::NotUtf8, place, format!("the file {} is not UTF-8: {}", crate::types::quote(path), what.message))
        .help(format!("{} (in a spreadsheet: \"CSV UTF-8\")", what.help))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_and_stay_inside() {
        for (base, path, expected) in [
            ("main.route", "a.csv", Ok("a.csv")),
            ("main.route", "./a.csv", Ok("a.csv")),
            ("x/main.route", "a.csv", Ok("x/a.csv")),
            ("x/y/main.route", "../a//b.csv", Ok("x/a/b.csv")),
            ("./x/main.route", "../a.csv", Ok("a.csv")),
            ("/abs/main.route", "a.csv", Ok("/abs/a.csv")),
            ("x/main.route", "../../a.csv", Err(PathFault::Outside)),
            ("main.route", "a/../../b", Err(PathFault::Outside)),
            ("../main.route", "../b", Err(PathFault::Outside)),
            ("main.route", "/etc/passwd", Err(PathFault::Absolute)),
            ("main.route", "C:/x", Err(PathFault::Absolute)),
            ("main.route", "a\\b", Err(PathFault::Backslash)),
            ("main.route", "https://example.com/a.csv", Err(PathFault::Url)),
            ("main.route", " ", Err(PathFault::Empty)),
            ("main.route", ".", Err(PathFault::Folder)),
            ("x/main.route", "..", Err(PathFault::Folder)),
            ("main.route", "lists/", Err(PathFault::Folder)),
        ] {
            assert_eq!(resolve(base, path).as_deref().map_err(|e| *e), expected, "{base} {path}");
        }
    }
}
