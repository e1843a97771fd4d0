//! Where every name is defined and used: what an editor asks for when it goes to a definition, renames, or completes.
//!
//! It is collected while the checker resolves names, so editors and checker can never be of two opinions. A name that could not be
//! resolved is not in it. It exists whether the script has errors or not.

use callroute_diagnostics::{FileId, Place, Span};

pub use crate::env::{Kind, spell};

/// What a defined name is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum NameKind {
    /// A definition at the top of a file.
    Defined(Kind),
    /// A target of the host, declared `extern` or used without a declaration: its first place counts as its definition.
    Extern(Kind),
    /// A parameter of a flow.
    Param,
    /// The row of a look-up, named by `as`.
    Row,
    /// Collected keys, named by `as`.
    Keys,
    /// A field of a source, a column of a table.
    Field,
    /// `contact` in an arm for `redirected`; its place is the arm's head, and it cannot be renamed.
    Contact,
}

/// A name and where it is defined.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Definition {
    /// What it names.
    pub kind: NameKind,
    /// The name.
    pub name: String,
    /// Where the name stands in its definition, quotes included.
    pub place: Place,
}

/// A place that names something.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Reference {
    /// Where the name stands, quotes included.
    pub place: Place,
    /// [`Definition::place`] of what it names.
    pub definition: Place,
}

/// All names of a script and of what it imports.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NameIndex {
    /// By place, each once.
    pub definitions: Vec<Definition>,
    /// By place, each once; definitions are not among them.
    pub references: Vec<Reference>,
}

impl NameIndex {
    /// In order, each once.
    pub(crate) fn new(mut definitions: Vec<Definition>, mut references: Vec<Reference>) -> Self {
        definitions.sort_unstable_by(|a, b| a.place.cmp(&b.place).then_with(|| a.kind.cmp(&b.kind)));
        definitions.dedup_by_key(|definition| definition.place);
        references.sort_unstable();
        references.dedup_by_key(|reference| reference.place);
        references.retain(|reference| reference.place != reference.definition);
        Self { definitions, references }
    }

    /// The definition whose name stands at this place.
    #[must_use]
    pub fn definition(&self, place: Place) -> Option<&Definition> {
        let at = self.definitions.binary_search_by_key(&place, |definition| definition.place).ok()?;
        self.definitions.get(at)
    }

    /// The name that a caret at `at` touches, as it stands there, and its definition.
    #[must_use]
    pub fn at(&self, file: FileId, at: u32) -> Option<(Span, &Definition)> {
        let touched = |place: Place| place.file == file && place.span.touches(at);
        // Names do not overlap, but two may touch: the one that begins here wins.
        let behind = self.references.partition_point(|r| (r.place.file, r.place.span.start) <= (file, at));
        let reference = self.references.get(..behind).and_then(<[_]>::last).filter(|r| touched(r.place));
        if let Some(reference) = reference {
            return Some((reference.place.span, self.definition(reference.definition)?));
        }
        let behind = self.definitions.partition_point(|d| (d.place.file, d.place.span.start) <= (file, at));
        let definition = self.definitions.get(..behind).and_then(<[_]>::last).filter(|d| touched(d.place))?;
        Some((definition.place.span, definition))
    }

    /// Every place that names what is defined here, without the definition, in order.
    pub fn uses(&self, definition: Place) -> impl Iterator<Item = Place> {
        self.references.iter().filter(move |reference| reference.definition == definition).map(|reference| reference.place)
    }

    /// Every definition of a kind, in order.
    pub fn of_kind(&self, kind: NameKind) -> impl Iterator<Item = &Definition> {
        self.definitions.iter().filter(move |definition| definition.kind == kind)
    }
}
