//! What can be changed at a place by one click: the checker's fixes, and rewritings that keep what the script does.

use callroute_analysis::Analysis;
use callroute_analysis::names::{Kind, NameKind};
use callroute_diagnostics::{Applicability, Code, Diagnostic, FileId, Fix, Place, Span};
use callroute_syntax::tree::{CondKind, DefKind, HoursArg, Item, Step, StepKind};
use callroute_syntax::visit::{Event, Node, path_at, walk};

use crate::describe::Clock;
use crate::snapshot::{Snapshot, span_of};
use crate::way::write_test;

/// What kind of change it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ActionKind {
    /// It mends what a diagnostic says.
    Fix,
    /// It rewrites, and keeps what the script does.
    Rewrite,
    /// It takes steps out into a flow.
    Extract,
}

/// A change that is offered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Action {
    /// What it does, in a few words.
    pub title: String,
    /// What kind of change.
    pub kind: ActionKind,
    /// The texts and where they go; places do not overlap.
    pub edits: Vec<(Place, String)>,
    /// Index of the diagnostic that it mends, in [`callroute_analysis::Analysis::diagnostics`].
    pub mends: Option<usize>,
    /// It is surely what is wanted.
    pub preferred: bool,
}

/// Everything that is offered for a selection, or a caret, in a file.
#[must_use]
pub fn actions(snapshot: &Snapshot, file: FileId, range: Span, clock: Clock) -> Vec<Action> {
    let mut found = Vec::new();
    for (index, diagnostic) in snapshot.analysis().diagnostics.iter().enumerate() {
        let span = diagnostic.place.span;
        if diagnostic.place.file != file || span.start > range.end || range.start > span.end {
            continue;
        }
        found.extend(fix_of(diagnostic, index));
        found.extend(declare(snapshot, diagnostic, index));
    }
    found.extend(add_fallback(snapshot, file, range));
    found.extend(name_hours(snapshot, file, range));
    found.extend(extract_flow(snapshot, file, range));
    found.extend(write_test(snapshot, file, range, clock));
    // What comes into a file ends its lines as the file does.
    for (place, text) in found.iter_mut().flat_map(|action| &mut action.edits).filter(|(_, text)| text.contains('\n')) {
        let source = snapshot.text(place.file);
        if source.find('\n').is_some_and(|at| source.get(..at).is_some_and(|line| line.ends_with('\r'))) {
            *text = text.replace("\r\n", "\n").replace('\n', "\r\n");
        }
    }
    found
}

/// Every fix of the checker that is certain and touches only this file, in one change, as `check --fix` chooses them: texts and where they
/// go, in order, apart from each other. `check` checks the script with another text for this file.
#[must_use]
pub fn fix_all(snapshot: &Snapshot, file: FileId, mut check: impl FnMut(&str) -> Option<Analysis>) -> Vec<(Place, String)> {
    let inside = |fix: &Fix| fix.edits.iter().all(|edit| edit.place.file == file);
    let check = |texts: Vec<(FileId, String)>| texts.first().and_then(|(_, text)| check(text)).ok_or(());
    let Ok(Some((edits, _))) = snapshot.analysis().mend(inside, check, |after| after) else { return Vec::new() };
    edits.into_iter().map(|edit| (edit.place, edit.text.clone())).collect()
}

fn fix_of(diagnostic: &Diagnostic, index: usize) -> Option<Action> {
    let fix = diagnostic.fix.as_ref()?;
    Some(Action {
        title: capital(&fix.title),
        kind: ActionKind::Fix,
        edits: fix.edits.iter().map(|edit| (edit.place, edit.text.clone())).collect(),
        mends: Some(index),
        preferred: fix.applicability == Applicability::Safe,
    })
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// The byte in front of the item that holds a place, or comes first behind its beginning, where a new definition can stand: in front of the
/// comments that belong to the item, which stand on the lines right above it.
fn before_item(snapshot: &Snapshot, place: Place) -> u32 {
    let (Some(parse), Some(lines)) = (snapshot.parse(place.file), snapshot.lines(place.file)) else { return 0 };
    let source = snapshot.text(place.file);
    let items = &parse.tree.items;
    let around = items.iter().find(|item| span_of(item).contains(place.span));
    let around = around.or_else(|| items.iter().find(|item| span_of(item).end > place.span.start));
    let mut at = around.map_or(0, |item| span_of(item).start);
    let start = at;
    for comment in parse.comments.iter().rev().skip_while(|comment| comment.span.end > start).map(|comment| comment.span) {
        let (first, last) = (lines.line_at(comment.start), lines.line_at(comment.end));
        let blank = |start, end| Span::new(start, end).text(source).trim().is_empty();
        let own_line = blank(lines.line(source, first).start, comment.start);
        if !own_line || !blank(comment.end, at) || last.saturating_add(1) != lines.line_at(at) {
            break;
        }
        at = comment.start;
    }
    let line = lines.line(source, lines.line_at(at)).start;
    if Span::new(line, at).text(source).trim().is_empty() { line } else { at }
}

/// Behind a place, and behind the comment that ends its line.
fn behind_line(snapshot: &Snapshot, file: FileId, end: u32) -> u32 {
    let (Some(parse), Some(lines)) = (snapshot.parse(file), snapshot.lines(file)) else { return end };
    let next = parse.comments.iter().map(|comment| comment.span).find(|span| span.start >= end);
    let on_line = |span: &Span| {
        lines.line_at(span.start) == lines.line_at(end) && Span::new(end, span.start).text(snapshot.text(file)).trim().is_empty()
    };
    next.filter(on_line).map_or(end, |span| span.end)
}

/// For an unknown name: the definition that it lacks, and its declaration as the host's.
fn declare(snapshot: &Snapshot, diagnostic: &Diagnostic, index: usize) -> Vec<Action> {
    if diagnostic.code != Code::UnknownName {
        return Vec::new();
    }
    let source = snapshot.text(diagnostic.place.file);
    let written = diagnostic.place.span.text(source);
    let noun = diagnostic.message.strip_prefix("unknown ").and_then(|rest| rest.split(' ').next()).unwrap_or_default();
    let definition = match noun {
        "agent" => format!("agent {written} = +1"),
        "group" => format!("group {written} = ring all < +1 >"),
        "queue" => format!("queue {written} = ring all < +1 >"),
        "trunk" => format!("trunk {written} = sip:gw.example.com"),
        "flow" => format!("flow {written} <\n  hangup\n>"),
        "prompt" => format!("prompt {written} = < en \"\" >"),
        "schedule" => format!("schedule {written} = < mon-fri 9-17 >"),
        "list" => format!("list {written} = < +1 >"),
        "dates" => format!("dates {written} = < jan 1 >"),
        _ => return Vec::new(),
    };
    let at = Place { file: diagnostic.place.file, span: Span::at(before_item(snapshot, diagnostic.place)) };
    let action = |title: String, text: String| Action {
        title,
        kind: ActionKind::Fix,
        edits: vec![(at, format!("{text}\n\n"))],
        mends: Some(index),
        preferred: false,
    };
    let mut found = vec![action(format!("Define the {noun} {written}"), definition)];
    if matches!(noun, "agent" | "group" | "queue" | "trunk") {
        found.push(action(format!("Leave the {noun} {written} to the host"), format!("extern {noun} {written}")));
    }
    found
}

/// A script with steps and without a `fallback`: one at its beginning, behind the settings.
fn add_fallback(snapshot: &Snapshot, file: FileId, range: Span) -> Option<Action> {
    if file != FileId(0) {
        return None;
    }
    let items = snapshot.items(file);
    let has = |wanted: fn(&DefKind) -> bool| items.iter().any(|item| matches!(item, Item::Def(def) if wanted(&def.kind)));
    let has_steps = items.iter().any(|item| matches!(item, Item::Step(_)));
    if !has_steps || has(|kind| matches!(kind, DefKind::Fallback(_))) {
        return None;
    }
    // Offered at the top of the file and on a step of `main`, not in every definition.
    let on_step = items.iter().any(|item| matches!(item, Item::Step(step) if step.head.start <= range.end && range.start <= step.head.end));
    let on_setting = items.iter().any(|item| matches!(item, Item::Def(def) if is_setting(&def.kind) && def.span.touches(range.start)));
    if !on_step && !on_setting && range.start != 0 {
        return None;
    }
    let behind = items.iter().rev().find_map(|item| match item {
        Item::Def(def) if is_setting(&def.kind) => Some(def.span.end),
        _ => None,
    });
    let text = "fallback voicemail \"front_desk\"";
    let (at, text) = match behind {
        Some(end) => (behind_line(snapshot, file, end), format!("\n{text}")),
        None => (
            items.first().map_or(0, |item| before_item(snapshot, Place { file, span: Span::at(span_of(item).start) })),
            format!("{text}\n\n"),
        ),
    };
    Some(Action {
        title: "Add a fallback for when nothing else can be answered".into(),
        kind: ActionKind::Rewrite,
        edits: vec![(Place { file, span: Span::at(at) }, text)],
        mends: None,
        preferred: false,
    })
}

const fn is_setting(kind: &DefKind) -> bool {
    matches!(kind, DefKind::Zone(_) | DefKind::Country(_) | DefKind::LimitTurns(_) | DefKind::Import(_))
}

/// A name that no definition of a kind has yet: `base`, `base_2` …
fn free_name(snapshot: &Snapshot, kind: Kind, base: &str) -> String {
    let names = &snapshot.analysis().names;
    let taken = |name: &str| names.of_kind(NameKind::Defined(kind)).any(|definition| definition.name == name);
    let numbered = (2..10_000).map(|number| format!("{base}_{number}"));
    std::iter::once(base.to_owned()).chain(numbered).find(|name| !taken(name)).unwrap_or_else(|| base.to_owned())
}

/// `hours(9-17 America/Chicago)` becomes a schedule with a name.
fn name_hours(snapshot: &Snapshot, file: FileId, range: Span) -> Option<Action> {
    let parse = snapshot.parse(file)?;
    let source = snapshot.text(file);
    let path = path_at(&parse.tree, range.start);
    let (span, lines, zone) = path.iter().rev().find_map(|node| match node {
        Node::Cond(cond) => match &cond.kind {
            CondKind::Hours(HoursArg::Inline { lines, zone }) => Some((cond.span, lines, zone)),
            _ => None,
        },
        _ => None,
    })?;
    if lines.is_empty() {
        return None;
    }
    let name = free_name(snapshot, Kind::Schedule, "opening_hours");
    let zone = zone.as_ref().map_or_else(String::new, |zone| format!("in {} ", zone.text));
    let lines: Vec<String> = lines
        .iter()
        .map(|line| {
            let text = line.span.text(source).trim();
            if line.days.is_some() { text.to_owned() } else { format!("daily {text}") }
        })
        .collect();
    let place = Place { file, span };
    let before = Place { file, span: Span::at(before_item(snapshot, place)) };
    let definition = format!("schedule {name} = {zone}< {} >\n\n", lines.join("; "));
    Some(Action {
        title: format!("Turn these hours into the schedule `{name}`"),
        kind: ActionKind::Extract,
        edits: vec![(before, definition), (place, format!("hours({name})"))],
        mends: None,
        preferred: false,
    })
}

/// Whole steps that are selected become a flow, and `do` takes their place.
fn extract_flow(snapshot: &Snapshot, file: FileId, range: Span) -> Option<Action> {
    if range.is_empty() {
        return None;
    }
    let source = snapshot.text(file);
    let text = range.text(source);
    let blank = u32::try_from(text.len().saturating_sub(text.trim_start().len())).ok()?;
    let start = range.start.saturating_add(blank);
    let end = range.end.saturating_sub(
        u32::try_from(text.len().saturating_sub(text.trim_end_matches(|c: char| c.is_whitespace() || c == ';').len())).ok()?,
    );
    let selected = Span::new(start, end.max(start));
    let parse = snapshot.parse(file)?;
    let is_whole = |steps: &[&Step]| {
        let inside: Vec<&&Step> = steps.iter().filter(|step| selected.contains(step.span)).collect();
        matches!((inside.first(), inside.last()), (Some(first), Some(last)) if first.span.start == selected.start && last.span.end == selected.end)
    };
    let top: Vec<&Step> = parse.tree.items.iter().filter_map(|item| if let Item::Step(step) = item { Some(step) } else { None }).collect();
    let mut whole = is_whole(&top);
    let mut bound = parse.tree.items.iter().any(|item| matches!(item, Item::Def(def) if selected.contains(def.span) || (def.span.contains(selected) && !matches!(def.kind, DefKind::Flow { .. } ))));
    walk(&parse.tree, &mut |event| match event {
        Event::Enter(Node::Block(block)) => whole |= is_whole(&block.steps.iter().collect::<Vec<_>>()),
        Event::Enter(Node::Step(step)) => {
            whole |= is_whole(&[step]);
            // `repeat` and `retry` belong to the menu around them.
            bound |= selected.contains(step.span) && matches!(step.kind, StepKind::Repeat | StepKind::Retry | StepKind::Error);
        }
        _ => {}
    });
    // Rows, keys and parameters that come from outside would be unknown in a flow of its own.
    let names = &snapshot.analysis().names;
    let local = |kind| matches!(kind, NameKind::Row | NameKind::Keys | NameKind::Param | NameKind::Contact);
    bound |= names.references.iter().filter(|reference| reference.place.file == file && selected.contains(reference.place.span)).any(
        |reference| names.definition(reference.definition).is_some_and(|found| local(found.kind) && !selected.contains(found.place.span)),
    );
    if !whole || bound {
        return None;
    }
    let name = free_name(snapshot, Kind::Flow, "new_flow");
    let place = Place { file, span: selected };
    let before = Place { file, span: Span::at(before_item(snapshot, place)) };
    // The first step stands where the selection begins; the lines below it are as far in as its line is.
    let line = source.get(..usize::try_from(selected.start).ok()?)?.lines().next_back().unwrap_or_default();
    let indent = line.len().saturating_sub(line.trim_start().len());
    let moved = |line: &str| {
        let blank = line.len().saturating_sub(line.trim_start().len());
        format!("  {}", line.get(blank.min(indent)..).unwrap_or_default().trim_end()).trim_end().to_owned()
    };
    let body: Vec<String> = selected.text(source).lines().map(moved).collect();
    Some(Action {
        title: format!("Take these steps out into the flow `{name}`"),
        kind: ActionKind::Extract,
        edits: vec![(before, format!("flow {name} <\n{}\n>\n\n", body.join("\n"))), (place, format!("do {name}"))],
        mends: None,
        preferred: false,
    })
}
