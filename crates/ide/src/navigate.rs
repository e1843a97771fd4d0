//! From a name to its definition and to all its uses; renaming; links of imports; who calls which flow.

use std::collections::HashMap;

use callroute_analysis::Analysis;
use callroute_analysis::names::{Definition, Kind, NameKind};
use callroute_diagnostics::{Code, Diagnostic, Edit, FileId, Place, Severity, Span, apply_edits};
use callroute_syntax::tree::{DefKind, Item};
use callroute_syntax::visit::{Event, Node, walk};
use callroute_syntax::words;

use crate::snapshot::{Snapshot, span_of};

/// Where what stands here is defined: the place of its name.
#[must_use]
pub fn definition(snapshot: &Snapshot, file: FileId, at: u32) -> Option<(Span, Place)> {
    let (span, definition) = snapshot.analysis().names.at(file, at)?;
    Some((span, definition.place))
}

/// Every place that names what stands here, in order; with the definition, if asked for.
#[must_use]
pub fn references(snapshot: &Snapshot, file: FileId, at: u32, with_definition: bool) -> Vec<Place> {
    let names = &snapshot.analysis().names;
    let Some((_, found)) = names.at(file, at) else { return Vec::new() };
    places_of(snapshot, found, with_definition)
}

fn places_of(snapshot: &Snapshot, found: &Definition, with_definition: bool) -> Vec<Place> {
    let mut places: Vec<Place> = snapshot.analysis().names.uses(found.place).collect();
    if with_definition {
        places.push(found.place);
    }
    places.sort_unstable();
    places.dedup();
    places
}

/// Why something cannot be renamed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RenameError {
    /// No name stands there.
    Nothing,
    /// The name is the language's own.
    Fixed,
    /// The new name is none.
    NotAName(String),
    /// Another thing of the kind has the new name.
    Taken(String),
}

impl std::fmt::Display for RenameError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Nothing => f.write_str("no name stands here"),
            Self::Fixed => f.write_str("this name is the language's own and cannot be changed"),
            Self::NotAName(why) => f.write_str(why),
            Self::Taken(what) => write!(f, "{what}"),
        }
    }
}

impl std::error::Error for RenameError {}

/// The name that would be renamed: where it stands, and the name itself.
///
/// # Errors
/// Where there is nothing to rename.
pub fn prepare_rename(snapshot: &Snapshot, file: FileId, at: u32) -> Result<(Span, String), RenameError> {
    let (span, definition) = snapshot.analysis().names.at(file, at).ok_or(RenameError::Nothing)?;
    if definition.kind == NameKind::Contact {
        return Err(RenameError::Fixed);
    }
    Ok((span, definition.name.clone()))
}

/// May a name of this kind be written in quotes?
const fn may_be_quoted(kind: NameKind) -> bool {
    matches!(kind, NameKind::Defined(Kind::Group | Kind::Agent | Kind::Queue | Kind::Trunk) | NameKind::Extern(_))
}

/// Gives what stands here another name: the places and the text for each, in order. `check` is given the new texts of the files that change,
/// and checks the script with them; none if it cannot.
///
/// # Errors
/// Where there is nothing to rename, or the new name cannot be.
pub fn rename(
    snapshot: &Snapshot,
    file: FileId,
    at: u32,
    new_name: &str,
    check: impl FnOnce(Vec<(FileId, String)>) -> Option<Analysis>,
) -> Result<Vec<(Place, String)>, RenameError> {
    prepare_rename(snapshot, file, at)?;
    let names = &snapshot.analysis().names;
    let (_, found) = names.at(file, at).ok_or(RenameError::Nothing)?;
    let new_name = new_name.trim();
    let bare = new_name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(new_name);
    let written = check_name(bare, found.kind)?;
    let same_space = |other: &&Definition| other.name == bare && other.place != found.place && other.kind == found.kind;
    // Fields, rows and the like have their own small spaces, which the checker watches over.
    if let (NameKind::Defined(kind), Some(other)) = (found.kind, names.definitions.iter().find(same_space)) {
        return Err(RenameError::Taken(format!("there is already {} `{}`", kind.a_noun(), other.name)));
    }
    let column = bound_column(snapshot, found, bare);
    let text = |place: Place| match &column {
        Some(column) if place == found.place => format!("{written} = {column}"),
        _ => written.clone(),
    };
    let edits: Vec<Edit> = places_of(snapshot, found, true).into_iter().map(|place| Edit { place, text: text(place) }).collect();
    let texts = apply_edits(&snapshot.analysis().sources(), &edits.iter().collect::<Vec<_>>());
    if let Some(why) = check(texts).and_then(|after| spoilt(snapshot.analysis(), &after, &edits, bare)) {
        return Err(RenameError::Taken(why));
    }
    Ok(edits.into_iter().map(|edit| (edit.place, edit.text)).collect())
}

/// The heading of its column in the table's file, for a field that has it for its name alone: with another name it must be said.
fn bound_column(snapshot: &Snapshot, found: &Definition, new_name: &str) -> Option<String> {
    let DefKind::Table(table) = &snapshot.definition_around(found.place)?.kind else { return None };
    let field = table.fields.iter().find(|field| field.name.as_ref().is_some_and(|name| name.span == found.place.span))?;
    // Headings are found in any case of their letters.
    let says = table.csv.is_some() && field.column.is_none() && !found.name.eq_ignore_ascii_case(new_name);
    says.then(|| format!("\"{}\"", found.name))
}

/// What a new name makes wrong: an error that was not there, a value that can no longer be reached, a name that means something else.
fn spoilt(before: &Analysis, after: &Analysis, edits: &[Edit], new_name: &str) -> Option<String> {
    let counts = |found: &Diagnostic| found.severity == Severity::Error || found.code == Code::NameHides;
    let count = |analysis: &Analysis, code: Code| analysis.diagnostics.iter().filter(|found| counts(found) && found.code == code).count();
    let all = |analysis: &Analysis| analysis.diagnostics.iter().filter(|found| counts(found)).count();
    let worse = |found: &&Diagnostic| counts(found) && count(after, found.code) > count(before, found.code);
    if let Some(found) = after.diagnostics.iter().find(worse) {
        return Some(format!("`{new_name}` cannot be its name here: {}", found.message));
    }
    // Where something stands when the edits are made.
    let moved = |place: Place| {
        let passed = edits.iter().filter(|edit| edit.place.file == place.file && edit.place.span.start < place.span.start);
        let start = passed.fold(i64::from(place.span.start), |at, edit| {
            let grown = i64::try_from(edit.text.len()).unwrap_or(0).saturating_sub(i64::from(edit.place.span.len()));
            at.saturating_add(grown)
        });
        (place.file, u32::try_from(start).unwrap_or(u32::MAX))
    };
    let start = |place: Place| (place.file, place.span.start);
    let now: HashMap<_, _> = after.names.references.iter().map(|found| (start(found.place), start(found.definition))).collect();
    let same = before.names.references.iter().all(|found| now.get(&moved(found.place)) == Some(&moved(found.definition)));
    // What was unknown may have become known by this.
    let more = now.len() > before.names.references.len() && all(after) >= all(before);
    (!same || more).then(|| format!("`{new_name}` cannot be its name here: something else has it already"))
}

/// How a name of a kind is written.
fn check_name(name: &str, kind: NameKind) -> Result<String, RenameError> {
    let mut chars = name.chars();
    let plain = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
        && !name.ends_with('-')
        && !name.contains("--");
    if name.trim().is_empty() {
        return Err(RenameError::NotAName("a name cannot be empty".into()));
    }
    let reserved = words::is_reserved(name) && kind != NameKind::Field;
    let option = words::OPTIONS.iter().any(|word| word.eq_ignore_ascii_case(name))
        && matches!(kind, NameKind::Defined(Kind::Action | Kind::Source | Kind::Table | Kind::Prompt));
    if plain && !reserved && !option {
        return Ok(name.to_owned());
    }
    if may_be_quoted(kind) && !name.contains('\n') {
        return Ok(format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"")));
    }
    Err(RenameError::NotAName(if reserved || option {
        format!("`{name}` is a word of the language")
    } else {
        format!("`{name}` is no name: a letter or `_`, then letters, digits, `_`, and `-` between them")
    }))
}

/// The paths that a file names (imports, CSV and ICS files), where they stand in their quotes, as they are written.
#[must_use]
pub fn links(snapshot: &Snapshot, file: FileId) -> Vec<(Span, String)> {
    let mut found = Vec::new();
    for item in snapshot.items(file) {
        let Item::Def(def) = item else { continue };
        let text = match &def.kind {
            DefKind::Import(Some(text)) => text,
            DefKind::List { body: callroute_syntax::tree::ListBody::Csv(text), .. }
            | DefKind::Dates { body: callroute_syntax::tree::DatesBody::Ics(text), .. } => text,
            DefKind::Table(table) => match &table.csv {
                Some(text) => text,
                None => continue,
            },
            _ => continue,
        };
        found.push((text.span, text.value.clone()));
    }
    found
}

/// A flow, or the steps of the file itself, for call hierarchies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FlowItem {
    /// Its name; `main` for the steps of the script itself.
    pub name: String,
    /// The whole of it.
    pub place: Place,
    /// Where its name stands.
    pub name_place: Place,
}

/// The flow that the caret is on: at its name, wherever that stands.
#[must_use]
pub fn flow_at(snapshot: &Snapshot, file: FileId, at: u32) -> Option<FlowItem> {
    let (_, found) = snapshot.analysis().names.at(file, at)?;
    (found.kind == NameKind::Defined(Kind::Flow)).then(|| flow_item(snapshot, found))
}

fn flow_item(snapshot: &Snapshot, found: &Definition) -> FlowItem {
    let span = snapshot.definition_around(found.place).map_or(found.place.span, |def| def.span);
    FlowItem { name: found.name.clone(), place: Place { file: found.place.file, span }, name_place: found.place }
}

/// The flow of this name whose name stands at the place, however it was found.
fn flow_of(snapshot: &Snapshot, name_place: Place) -> Option<&Definition> {
    snapshot.analysis().names.definition(name_place).filter(|found| found.kind == NameKind::Defined(Kind::Flow))
}

/// Who goes to a flow, and from where: each caller with the places in it.
#[must_use]
pub fn incoming(snapshot: &Snapshot, flow: &FlowItem) -> Vec<(FlowItem, Vec<Place>)> {
    let mut found: Vec<(FlowItem, Vec<Place>)> = Vec::new();
    for place in snapshot.analysis().names.uses(flow.name_place) {
        let Some(caller) = caller_at(snapshot, place) else { continue };
        match found.iter_mut().find(|(known, _)| *known == caller) {
            Some((_, places)) => places.push(place),
            None => found.push((caller, vec![place])),
        }
    }
    found
}

/// The flow whose steps hold a place. Tests are none.
fn caller_at(snapshot: &Snapshot, place: Place) -> Option<FlowItem> {
    match snapshot.definition_around(place) {
        Some(def) => {
            let DefKind::Flow { name: Some(name), .. } = &def.kind else { return None };
            flow_of(snapshot, Place { file: place.file, span: name.span }).map(|found| flow_item(snapshot, found))
        }
        None => main_of(snapshot, place.file),
    }
}

/// The steps of a script as a flow.
fn main_of(snapshot: &Snapshot, file: FileId) -> Option<FlowItem> {
    let step = snapshot.items(file).iter().find(|item| matches!(item, Item::Step(_)))?;
    let place = Place { file, span: span_of(step) };
    Some(FlowItem { name: "main".into(), place, name_place: place })
}

/// Where a flow goes, and from which places.
#[must_use]
pub fn outgoing(snapshot: &Snapshot, flow: &FlowItem) -> Vec<(FlowItem, Vec<Place>)> {
    let names = &snapshot.analysis().names;
    let mut found: Vec<(FlowItem, Vec<Place>)> = Vec::new();
    let is_main = flow.name == "main" && flow_of(snapshot, flow.name_place).is_none();
    for reference in &names.references {
        let inside = if is_main {
            reference.place.file == flow.place.file && snapshot.definition_around(reference.place).is_none()
        } else {
            reference.place.file == flow.place.file && flow.place.span.contains(reference.place.span)
        };
        let Some(target) = flow_of(snapshot, reference.definition).filter(|_| inside) else { continue };
        let target = flow_item(snapshot, target);
        match found.iter_mut().find(|(known, _)| *known == target) {
            Some((_, places)) => places.push(reference.place),
            None => found.push((target, vec![reference.place])),
        }
    }
    found
}

/// What else could be selected around a caret: ever larger pieces, innermost first.
#[must_use]
pub fn selection(snapshot: &Snapshot, file: FileId, at: u32) -> Vec<Span> {
    let Some(parse) = snapshot.parse(file) else { return Vec::new() };
    let mut spans: Vec<Span> = Vec::new();
    walk(&parse.tree, &mut |event| {
        if let Event::Enter(node) = event
            && node.span().touches(at)
            && !matches!(node, Node::Mark(_))
        {
            spans.push(node.span());
        }
    });
    if let Some(word) = crate::hover::word_at(snapshot.text(file), at) {
        spans.push(word);
    }
    spans.sort_by_key(|span| (span.len(), span.start));
    spans.dedup();
    // Each must hold the one before: nodes that only touch the caret from its other side are left out.
    let mut kept: Vec<Span> = Vec::new();
    for span in spans {
        if kept.last().is_none_or(|inner| span.contains(*inner) && span != *inner) {
            kept.push(span);
        }
    }
    kept
}
