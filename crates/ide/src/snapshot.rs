//! A script with everything that it imports, checked: what every question of an editor is answered from. It never changes.

use std::sync::{Arc, OnceLock};

use callroute_analysis::{Analysis, Files, analyse, typed::Program};
use callroute_diagnostics::{FileId, LineIndex, Place, Span};
use callroute_syntax::tree::{Def, Item};
use callroute_syntax::{Parse, parse};

/// See the module.
#[derive(Debug)]
pub struct Snapshot {
    analysis: Analysis,
    parses: Vec<OnceLock<Arc<Parse>>>,
    lines: Vec<OnceLock<LineIndex>>,
}

impl Snapshot {
    /// From what the checker has found.
    #[must_use]
    pub fn new(analysis: Analysis) -> Self {
        let count = analysis.files.len();
        Self {
            analysis,
            parses: std::iter::repeat_with(OnceLock::new).take(count).collect(),
            lines: std::iter::repeat_with(OnceLock::new).take(count).collect(),
        }
    }

    /// From what the checker has found, and the trees that it has made.
    #[must_use]
    pub fn with_trees(analysis: Analysis, tree: impl Fn(&str) -> Option<Arc<Parse>>) -> Self {
        let trees: Vec<_> = analysis.files.iter().map(|file| tree(&file.path)).collect();
        let mut snapshot = Self::new(analysis);
        for (slot, tree) in snapshot.parses.iter_mut().zip(trees) {
            if let Some(tree) = tree {
                *slot = OnceLock::from(tree);
            }
        }
        snapshot
    }

    /// Lets the trees go: they are made anew when somebody asks for them. For one that is kept beside its successor.
    #[must_use]
    pub fn without_trees(self) -> Self {
        Self::new(self.analysis)
    }

    /// Checks a script; see [`analyse`].
    #[must_use]
    pub fn of(path: &str, source: &str, files: &dyn Files) -> Self {
        Self::new(analyse(path, source, files))
    }

    /// What the checker has found.
    #[must_use]
    pub const fn analysis(&self) -> &Analysis {
        &self.analysis
    }

    /// The program, or what is known of it.
    #[must_use]
    pub fn program(&self) -> Option<&Program> {
        self.analysis.known()
    }

    /// Every file by its number, the script first; behind the scripts come data files into which a diagnostic points.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &str)> {
        (0..).map(FileId).zip(self.analysis.files.iter().map(|file| file.path.as_str()))
    }

    /// The file of this path.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<FileId> {
        self.files().find(|(_, known)| *known == path).map(|(file, _)| file)
    }

    /// The text of a file; empty if there is no such file.
    #[must_use]
    pub fn text(&self, file: FileId) -> &str {
        self.analysis.files.get(file.0 as usize).map_or("", |file| file.text.as_str())
    }

    /// The text at a place.
    #[must_use]
    pub fn text_at(&self, place: Place) -> &str {
        place.span.text(self.text(place.file))
    }

    /// Where the lines of a file begin.
    #[must_use]
    pub fn lines(&self, file: FileId) -> Option<&LineIndex> {
        self.lines.get(file.0 as usize).map(|lines| lines.get_or_init(|| LineIndex::new(self.text(file))))
    }

    /// The tree of a file with its comments.
    #[must_use]
    pub fn parse(&self, file: FileId) -> Option<&Parse> {
        self.parses.get(file.0 as usize).map(|found| &**found.get_or_init(|| Arc::new(parse(self.text(file)))))
    }

    /// The items of a file.
    #[must_use]
    pub fn items(&self, file: FileId) -> &[Item] {
        self.parse(file).map_or(&[], |parse| parse.tree.items.as_slice())
    }

    /// The definition at the top of a file that holds this place.
    #[must_use]
    pub fn definition_around(&self, place: Place) -> Option<&Def> {
        let items = self.items(place.file);
        let at = items.partition_point(|item| span_of(item).end < place.span.start);
        items.get(at..)?.iter().take_while(|item| span_of(item).start <= place.span.start).find_map(|item| match item {
            Item::Def(def) if def.span.contains(place.span) => Some(def),
            _ => None,
        })
    }
}

/// Where an item stands.
#[must_use]
pub fn span_of(item: &Item) -> Span {
    match item {
        Item::Def(def) => def.span,
        Item::Step(step) => step.span,
        Item::Error(span) => *span,
    }
}
