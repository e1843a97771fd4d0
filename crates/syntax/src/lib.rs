//! The grammar, the syntax tree and the total parser of the `.route` language.
//!
//! [`parse`] turns any text into a [`tree::File`]: what cannot be read becomes an error node and a diagnostic, and the rest
//! of the file is read all the same. It knows the form of the language and the worth of its literals (a time is a time, a
//! date exists); names, types, zones and telephone numbers are the business of the analysis.

pub mod limits;
pub mod tree;
pub mod visit;
pub mod words;

mod concrete;
mod document;
mod scan;
mod shift;

use callroute_diagnostics::{Code, Diagnostic, FileId, Place, Span};

pub use document::Document;
pub use scan::{Comment, CommentKind};

/// What a text was read as.
#[derive(Clone, PartialEq, Debug)]
pub struct Parse {
    /// The tree, errors included.
    pub tree: tree::File,
    /// Every comment, in order.
    pub comments: Vec<Comment>,
    /// What was wrong, in order of place, at most one for each place and [`limits::MAX_DIAGNOSTICS`] in all.
    pub diagnostics: Vec<Diagnostic>,
}

impl Parse {
    /// Nothing was wrong: the tree has no error node and no part that had to be there is missing.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.diagnostics.is_empty()
    }
}

/// Parses the main script of a compilation.
#[must_use]
pub fn parse(source: &str) -> Parse {
    parse_file(FileId(0), source)
}

/// Parses one file of a compilation. Total: any text has a tree.
#[must_use]
pub fn parse_file(file: FileId, source: &str) -> Parse {
    document::read(file, source).0
}

/// Parses a file as it was read from a disk: it may be too large, or not be UTF-8.
#[must_use]
pub fn parse_bytes(file: FileId, bytes: &[u8]) -> Parse {
    if bytes.len() > limits::MAX_FILE_BYTES {
        return refused(bytes.len(), too_large(file));
    }
    match std::str::from_utf8(bytes) {
        Ok(source) => parse_file(file, source),
        Err(error) => {
            let at = u32::try_from(error.valid_up_to()).unwrap_or(u32::MAX);
            let length = error.error_len().unwrap_or(1);
            let span = Span::new(at, at.saturating_add(u32::try_from(length).unwrap_or(1)).min(whole(bytes.len()).end));
            let what = not_utf8(bytes);
            let message = format!("the file is not UTF-8: {}", what.message);
            refused(bytes.len(), Diagnostic::new(Code::NotUtf8, Place { file, span }, message).help(what.help))
        }
    }
}

/// What keeps bytes from being a text, in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotUtf8 {
    /// Which byte, and where.
    pub message: String,
    /// What to do.
    pub help: &'static str,
}

/// Says why bytes are no text in UTF-8: for scripts, and for the files that scripts name.
#[must_use]
pub fn not_utf8(bytes: &[u8]) -> NotUtf8 {
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return NotUtf8 { message: "it begins with the mark of UTF-16".to_owned(), help: "save it as UTF-8, not as UTF-16 or \"Unicode\"" };
    }
    let good = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
    let at = bytes.iter().take(good).position(|byte| *byte == 0).unwrap_or(good);
    let byte = bytes.get(at).copied().unwrap_or(0);
    let line = bytes.iter().take(at).filter(|byte| **byte == b'\n').count().saturating_add(1);
    let message = format!("the byte {byte:#04X} on line {line}, byte {} of the file, makes no sense", at.saturating_add(1));
    let help = if byte == 0 { "save it as UTF-8; NUL bytes come from UTF-16, or the file is no text at all" } else { "save it as UTF-8" };
    NotUtf8 { message, help }
}

/// The diagnostic for a script that is larger than [`limits::MAX_FILE_BYTES`], for whoever does not even read one.
#[must_use]
pub fn too_large(file: FileId) -> Diagnostic {
    let place = Place { file, span: Span::at(0) };
    Diagnostic::new(Code::FileTooLarge, place, format!("the script is larger than {} MiB", limits::MAX_FILE_BYTES >> 20))
        .help("put long lists and tables into CSV files: `list blocked = csv \"blocked.csv\"`")
}

fn whole(length: usize) -> Span {
    Span::new(0, u32::try_from(length).unwrap_or(u32::MAX))
}

/// A text that is not read.
fn refused(length: usize, diagnostic: Diagnostic) -> Parse {
    let tree = tree::File { items: vec![tree::Item::Error(whole(length))], span: whole(length) };
    Parse { tree, comments: Vec::new(), diagnostics: vec![diagnostic] }
}
