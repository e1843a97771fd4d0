//! What can be changed at a place by one click: the checker's fixes, and rewritings that keep what the script does.

use callroute_analysis::names::{Kind, NameKind, spell};
use callroute_calendar::{ScheduleTable, format_rfc3339};
use callroute_diagnostics::{Applicability, Code, Diagnostic, FileId, Place, Severity, Sources, Span, choose_edits};
use callroute_syntax::tree::{Arm, CondKind, DefKind, DialTarget, ExprKind, HoursArg, Item, Menu, Step, StepKind, Target};
use callroute_syntax::visit::{Event, Node, path_at, walk};

use crate::describe::Clock;
use crate::snapshot::{Snapshot, span_of};

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
    found
}

/// Every fix of the checker that is certain and touches only this file, in one change, as `check --fix` chooses them: texts and where they
/// go, in order, apart from each other.
#[must_use]
pub fn fix_all(snapshot: &Snapshot, file: FileId) -> Vec<(Place, String)> {
    let analysis = snapshot.analysis();
    let sources = Sources::new(analysis.files.iter().map(|file| (file.path.as_str(), file.text.as_str())));
    let inside = |diagnostic: &&Diagnostic| diagnostic.fix.iter().flat_map(|fix| &fix.edits).all(|edit| edit.place.file == file);
    let chosen = choose_edits(&sources, analysis.diagnostics.iter().filter(inside), Applicability::Safe);
    chosen.edits.into_iter().map(|edit| (edit.place, edit.text.clone())).collect()
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

/// The byte in front of the item that holds a place, where a new definition can stand.
fn before_item(snapshot: &Snapshot, place: Place) -> u32 {
    let items = snapshot.items(place.file);
    let around = items.iter().find(|item| span_of(item).contains(place.span));
    let at = around.map_or(0, |item| span_of(item).start);
    // In front of the comments that belong to it.
    let (source, mut at) = (snapshot.text(place.file), at);
    loop {
        let before = Span::new(0, at).text(source);
        let line = before.trim_end_matches([' ', '\t']).strip_suffix('\n').and_then(|before| before.lines().next_back());
        match line {
            Some(line) if line.trim_start().starts_with("//") && before.ends_with('\n') => {
                at = at.saturating_sub(u32::try_from(line.len().saturating_add(1)).unwrap_or(u32::MAX));
            }
            _ => return at,
        }
    }
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
        Some(end) => (end, format!("\n{text}")),
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
    let body: Vec<String> = selected.text(source).lines().map(|line| format!("  {}", line.trim_end())).collect();
    Some(Action {
        title: format!("Take these steps out into the flow `{name}`"),
        kind: ActionKind::Extract,
        edits: vec![(before, format!("flow {name} <\n{}\n>\n\n", body.join("\n"))), (place, format!("do {name}"))],
        mends: None,
        preferred: false,
    })
}

/// At a step of `main`: a test of the way that leads there, as far as it can be told from the blocks around it.
fn write_test(snapshot: &Snapshot, file: FileId, range: Span, clock: Clock) -> Option<Action> {
    if file != FileId(0) || snapshot.analysis().diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        return None;
    }
    let parse = snapshot.parse(file)?;
    let source = snapshot.text(file);
    let path = path_at(&parse.tree, range.start);
    if !matches!(path.get(1), Some(Node::Step(_))) {
        return None;
    }
    let step = path.iter().rev().find_map(|node| if let Node::Step(step) = node { Some(*step) } else { None })?;
    let expect = expectation(step, source)?;
    let mut way = Way { at: clock.now, from: "+14155550123".into(), given: Vec::new(), lines: Vec::new() };
    for (depth, node) in path.iter().enumerate() {
        let inner = path.get(depth.saturating_add(1)).map(Node::span);
        match (node, inner) {
            (Node::File(file), Some(inner)) => {
                let steps = file.items.iter().filter_map(|item| if let Item::Step(step) = item { Some(step) } else { None });
                steps.take_while(|step| step.span.end <= inner.start).for_each(|step| way.pass(snapshot, step, source));
            }
            (Node::Block(block), Some(inner)) => {
                block.steps.iter().take_while(|step| step.span.end <= inner.start).for_each(|step| way.pass(snapshot, step, source));
            }
            (Node::Step(around), Some(inner)) => {
                // Arms are two nodes below their step: step, arms, arm.
                match (path.get(depth.saturating_add(1)), path.get(depth.saturating_add(2))) {
                    (Some(Node::Arms(_)), Some(Node::Arm(arm))) => way.arm(around, arm, source),
                    _ => way.turn(snapshot, around, inner, source),
                }
            }
            _ => {}
        }
    }
    let title: String = expect.chars().filter(|c| !matches!(c, '"' | '\\' | '{' | '}')).collect();
    let mut text = format!("\n\ntest \"{title}\" <\n  at {}\n  from {}\n", format_rfc3339(way.at), way.from);
    for line in way.given.iter().chain(&way.lines) {
        text.push_str(&format!("  {line}\n"));
    }
    text.push_str(&format!("  expect {expect}\n>\n"));
    let end = u32::try_from(source.trim_end().len()).ok()?;
    Some(Action {
        title: "Write a test for the way to this step".into(),
        kind: ActionKind::Rewrite,
        edits: vec![(Place { file, span: Span::new(end, u32::try_from(source.len()).ok()?) }, text)],
        mends: None,
        preferred: false,
    })
}

/// What a test expects of a step; none for steps that give no instruction of their own.
fn expectation(step: &Step, source: &str) -> Option<String> {
    Some(match &step.kind {
        StepKind::Menu(_) => "menu".into(),
        StepKind::Collect(_) => "collect".into(),
        StepKind::Lookup(lookup) => format!("lookup {}", lookup.call.name.as_ref()?.text),
        StepKind::Dial(dial) => match &dial.target {
            DialTarget::Group(Some(Target::Name(name))) => format!("group {}", spell(&name.text, name.quoted)),
            DialTarget::Agent(Some(Target::Name(name))) => format!("agent {}", spell(&name.text, name.quoted)),
            DialTarget::Queue(Some(Target::Name(name))) => format!("queue {}", spell(&name.text, name.quoted)),
            DialTarget::Number(Some(number)) if matches!(number.kind, ExprKind::Phone(_) | ExprKind::Number(..)) => {
                format!("dial {}", number.span.text(source))
            }
            _ => return None,
        },
        StepKind::Voicemail(voicemail) => format!("voicemail {}", voicemail.message.as_ref()?.span.text(source)),
        StepKind::Hangup => "hangup".into(),
        StepKind::Reject(_) | StepKind::Redirect { .. } => step.span.text(source).lines().next()?.to_owned(),
        _ => return None,
    })
}

/// What must happen on the way to a step.
struct Way {
    at: i64,
    from: String,
    /// What look-ups answer; it stands before everything that happens.
    given: Vec<String>,
    lines: Vec<String>,
}

impl Way {
    /// Past a step: it does not take, and the call comes to the next one.
    fn pass(&mut self, snapshot: &Snapshot, step: &Step, source: &str) {
        match &step.kind {
            StepKind::When { cond, .. } => {
                if let CondKind::Hours(argument) = &cond.kind {
                    self.hours(snapshot, argument, cond.span, false);
                }
            }
            StepKind::Lookup(lookup) => self.look_up(snapshot, lookup, "missing", source),
            StepKind::Dial(_) => self.lines.push("outcome no-answer".into()),
            StepKind::Menu(_) | StepKind::Collect(_) => self.lines.extend(["timeout", "timeout", "timeout"].map(str::to_owned)),
            _ => {}
        }
    }

    fn look_up(&mut self, snapshot: &Snapshot, lookup: &callroute_syntax::tree::Lookup, answer: &str, source: &str) {
        let Some(name) = &lookup.call.name else { return };
        let program = snapshot.program();
        if program.is_none_or(|program| program.sources.iter().all(|found| found.name != name.text)) {
            // A table answers for itself.
            return;
        }
        let args = lookup.call.args.iter().map(|arg| match &arg.kind {
            ExprKind::From => self.from.as_str(),
            _ => arg.span.text(source),
        });
        let line = format!("given {}({}) = {answer}", name.text, args.collect::<Vec<_>>().join(", "));
        self.given.push(line);
    }

    /// Into a step by its block, or by its `else`.
    fn turn(&mut self, snapshot: &Snapshot, around: &Step, inner: Span, source: &str) {
        let by_else = around.otherwise.as_ref().is_some_and(|otherwise| otherwise.keyword.start <= inner.start);
        match &around.kind {
            StepKind::When { cond, .. } => match &cond.kind {
                CondKind::Hours(argument) => self.hours(snapshot, argument, cond.span, !by_else),
                CondKind::Compare { subject, right, .. } if matches!(subject.kind, ExprKind::From) && !by_else => {
                    if let callroute_syntax::tree::Right::One(value) = right
                        && matches!(value.kind, ExprKind::Phone(_))
                    {
                        self.from = value.span.text(source).to_owned();
                    }
                }
                _ => {}
            },
            StepKind::Menu(Menu { .. }) | StepKind::Collect(_) if by_else => {
                // Three tries are used up by silence.
                self.lines.extend(["timeout", "timeout", "timeout"].map(str::to_owned));
            }
            StepKind::Dial(_) if by_else => self.lines.push("outcome no-answer".into()),
            StepKind::Lookup(lookup) => self.look_up(snapshot, lookup, if by_else { "missing" } else { "< >" }, source),
            _ => {}
        }
    }

    /// Into an arm: the key, or the outcome.
    fn arm(&mut self, around: &Step, arm: &Arm, source: &str) {
        let Some(head) = arm.heads.first().map(|head| head.span.text(source)) else { return };
        match &around.kind {
            StepKind::Menu(_) if head.eq_ignore_ascii_case("timeout") => self.lines.push("timeout".into()),
            StepKind::Menu(_) => self.lines.push(format!("press {}", head.replace(['x', 'X'], "1"))),
            StepKind::Dial(_) => self.lines.push(format!("outcome {head}")),
            _ => {}
        }
    }

    /// A moment at which hours hold, or do not.
    fn hours(&mut self, snapshot: &Snapshot, argument: &HoursArg, cond: Span, wanted: bool) {
        let Some(program) = snapshot.program() else { return };
        let found = match argument {
            HoursArg::Named { name, .. } => program.schedules.iter().find(|found| found.name.as_deref() == Some(name.text.as_str())),
            HoursArg::Inline { .. } => program
                .schedules
                .iter()
                .find(|found| found.name.is_none() && found.place.file == FileId(0) && cond.contains(found.place.span)),
            HoursArg::Missing(_) => None,
        };
        let Some(found) = found.filter(|found| program.dates.check().is_ok() && found.schedule.check(&program.dates).is_ok()) else {
            return;
        };
        let table = ScheduleTable::new(&program.dates, &found.schedule);
        let open = table.open(callroute_calendar::local(found.schedule.zone, self.at));
        if open != wanted
            && let Some((at, _)) = table.next_change(self.at)
        {
            self.at = at;
        }
    }
}
