//! What an import says of errors in the files behind it: whoever looks at a script hears why it does not run, wherever the fault is.

use std::collections::{BTreeMap, BTreeSet};

use callroute_analysis::named_path;
use callroute_diagnostics::{Diagnostic, FileId, Place, Severity};
use callroute_ide::Snapshot;
use callroute_syntax::tree::{DefKind, Item};

/// An import behind which something is wrong.
pub(crate) struct BrokenImport {
    /// The path in its quotes.
    pub place: Place,
    pub message: String,
    /// The first error, and what it says.
    pub first: Place,
    pub first_message: String,
}

/// The imports of a script and of its files behind which errors are, in order.
pub(crate) fn broken<'d>(snapshot: &Snapshot, diagnostics: impl Iterator<Item = &'d Diagnostic>) -> Vec<BrokenImport> {
    let mut errors: BTreeMap<FileId, Vec<&Diagnostic>> = BTreeMap::new();
    for found in diagnostics.filter(|found| found.severity == Severity::Error) {
        errors.entry(found.place.file).or_default().push(found);
    }
    // Nearly always nothing is wrong, or only in the script itself.
    if errors.keys().all(|file| *file == FileId(0)) {
        return Vec::new();
    }
    let mut imports: BTreeMap<FileId, Vec<(Place, FileId)>> = BTreeMap::new();
    // Behind the scripts come data files.
    for (file, path) in snapshot.files().filter(|(_, path)| path.ends_with(".route")) {
        for item in snapshot.items(file) {
            let Item::Def(def) = item else { continue };
            let DefKind::Import(Some(text)) = &def.kind else { continue };
            if let Some(target) = named_path(path, &text.value).and_then(|path| snapshot.file(&path)) {
                imports.entry(file).or_default().push((Place { file, span: text.span }, target));
            }
        }
    }
    let all = imports.values().flatten();
    all.filter_map(|(place, target)| {
        let file = nearest(*target, place.file, &imports, &errors)?;
        let mut found = errors.get(&file)?.clone();
        found.sort_by_key(|found| found.place);
        let first = found.first()?;
        let name = snapshot.files().find(|(known, _)| *known == file)?.1;
        let message = match found.len() {
            1 => format!("`{name}` has an error: {}", first.message),
            count => format!("`{name}` has {count} errors, the first: {}", first.message),
        };
        Some(BrokenImport { place: *place, message, first: first.place, first_message: first.message.clone() })
    })
    .collect()
}

/// The first file with errors behind an import: the file itself, then those that it imports; not the one that the import stands in.
fn nearest(
    target: FileId,
    from: FileId,
    imports: &BTreeMap<FileId, Vec<(Place, FileId)>>,
    errors: &BTreeMap<FileId, Vec<&Diagnostic>>,
) -> Option<FileId> {
    let mut seen = BTreeSet::from([from, target]);
    let mut next = vec![target];
    while !next.is_empty() {
        if let Some(found) = next.iter().find(|file| errors.contains_key(file)) {
            return (*found != from).then_some(*found);
        }
        let behind = next.iter().filter_map(|file| imports.get(file)).flatten().map(|(_, file)| *file);
        next = behind.filter(|file| seen.insert(*file)).collect();
    }
    None
}
