//! The texts that diagnostics point into, with what is worked out of them only once per run.

use std::sync::OnceLock;

use crate::line_index::snap;
use crate::{Encoding, FileId, LineIndex, Place, Span};

/// The files of one compilation, by [`FileId`].
#[derive(Debug, Default)]
pub struct Sources<'a> {
    files: Vec<Source<'a>>,
}

/// One file.
#[derive(Debug)]
struct Source<'a> {
    path: &'a str,
    text: &'a str,
    index: OnceLock<LineIndex>,
}

/// A place as people count it: lines and columns from 1, columns in characters.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Location {
    /// The file's path, or `<file N>` for a file that does not exist.
    pub file: String,
    /// Line of the first character.
    pub line: u32,
    /// Column of the first character.
    pub column: u32,
    /// Line of the end.
    pub end_line: u32,
    /// Column just after the last character.
    pub end_column: u32,
}

impl<'a> Sources<'a> {
    /// Paths and texts in the order of their [`FileId`]s.
    pub fn new(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self { files: files.into_iter().map(|(path, text)| Source { path, text, index: OnceLock::new() }).collect() }
    }

    /// The path, if there is such a file.
    #[must_use]
    pub fn path(&self, file: FileId) -> Option<&'a str> {
        self.files.get(file.0 as usize).map(|source| source.path)
    }

    /// The text; empty if there is no such file.
    #[must_use]
    pub fn text(&self, file: FileId) -> &'a str {
        self.files.get(file.0 as usize).map_or("", |source| source.text)
    }

    /// The lines of a file, if there is such a file.
    #[must_use]
    pub fn index(&self, file: FileId) -> Option<&LineIndex> {
        self.files.get(file.0 as usize).map(|source| source.index.get_or_init(|| LineIndex::new(source.text)))
    }

    /// The span clamped to the text and moved outwards to borders of characters.
    #[must_use]
    pub fn clamp(&self, place: Place) -> Span {
        let text = self.text(place.file);
        let start = snap(text, place.span.start);
        let mut end = place.span.end.min(u32::try_from(text.len()).unwrap_or(u32::MAX));
        while !text.is_char_boundary(end as usize) {
            end += 1;
        }
        Span::new(start, end)
    }

    /// The place as people count it.
    #[must_use]
    pub fn location(&self, place: Place) -> Location {
        let span = self.clamp(place);
        let Some(index) = self.index(place.file) else {
            return Location { file: format!("<file {}>", place.file.0), line: 1, column: 1, end_line: 1, end_column: 1 };
        };
        let text = self.text(place.file);
        let start = index.position(text, span.start, Encoding::Chars);
        let end = index.position(text, span.end, Encoding::Chars);
        Location {
            file: self.path(place.file).unwrap_or_default().to_owned(),
            line: start.line.saturating_add(1),
            column: start.column.saturating_add(1),
            end_line: end.line.saturating_add(1),
            end_column: end.column.saturating_add(1),
        }
    }
}
