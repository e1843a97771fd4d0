//! What an editor writes between the words (inlay hints) and above them (code lenses).

use callroute_analysis::typed::Program;
use callroute_calendar::format_duration;
use callroute_diagnostics::{FileId, Place, Span};
use callroute_syntax::tree::{Block, Body, Def, DefKind, DialOptionKind, DialTarget, Item, Step, StepKind, Target};
use callroute_syntax::visit::{Event, Node, walk, walk_block};

use crate::describe::ring_time;
use crate::lex::{Kind as Tok, tokens};
use crate::snapshot::Snapshot;

/// A few words that are shown behind a place and are not in the text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hint {
    /// Behind this byte.
    pub at: u32,
    /// What is shown.
    pub label: String,
    /// What is said when one points at it.
    pub tooltip: String,
}

/// The hints of a range of a file: the zone in which hours are read, how long a group rings in all.
#[must_use]
pub fn hints(snapshot: &Snapshot, file: FileId, range: Span) -> Vec<Hint> {
    let Some(program) = snapshot.program() else { return Vec::new() };
    let mut found = Vec::new();
    for schedule in program.schedules.iter().filter(|schedule| schedule.place.file == file) {
        let span = schedule.place.span;
        let named = schedule.name.is_some();
        let written = if named { whole_text(snapshot, file, span) } else { span.text(snapshot.text(file)) };
        let zone = schedule.schedule.zone.name();
        // Not in a comment.
        let is_said =
            tokens(written).iter().filter(|token| token.kind != Tok::Comment).map(|token| token.text(written)).collect::<String>();
        if is_said.contains(zone) || !range.touches(span.end) || schedule.schedule.lines.is_empty() {
            continue;
        }
        // In place: in front of the closing parenthesis.
        let at = if named || !written.ends_with(')') { span.end } else { span.end.saturating_sub(1) };
        let tooltip = "the time zone in which these hours are read, from the `zone` of the file".to_owned();
        found.push(Hint { at, label: format!(" in {zone}"), tooltip });
    }
    for item in snapshot.items(file) {
        let Item::Def(def) = item else { continue };
        let DefKind::Group { name: Some(name), options, ring } = &def.kind else { continue };
        if !range.touches(def.span.start) && !range.touches(def.span.end) {
            continue;
        }
        let has_total = options.iter().any(|option| matches!(option.kind, DialOptionKind::For(_)));
        let typed = program.groups.iter().find(|group| group.place.file == file && group.place.span == name.span);
        if let (false, Some((block, _)), Some(ms)) = (has_total, ring.block, typed.and_then(|group| ring_time(&group.ring))) {
            let tooltip = "how long the group rings in all; `for` says otherwise".to_owned();
            found.push(Hint { at: block.start, label: format!("for {} ", format_duration(ms)), tooltip });
        }
    }
    steps(snapshot, program, file, range, &mut found);
    ways(snapshot, file, range, &mut found);
    found.sort_by_key(|hint| hint.at);
    found.dedup_by_key(|hint| hint.at);
    found
}

/// Steps that ring a group and say no time of their own: how long they ring.
fn steps(snapshot: &Snapshot, program: &Program, file: FileId, range: Span, found: &mut Vec<Hint>) {
    let Some(parse) = snapshot.parse(file) else { return };
    let names = &snapshot.analysis().names;
    walk(&parse.tree, &mut |event| {
        let Event::Enter(Node::Step(step)) = event else { return };
        let StepKind::Dial(dial) = &step.kind else { return };
        let has_time = dial.options.iter().any(|option| matches!(option.kind, DialOptionKind::For(_) | DialOptionKind::Until(_)));
        let DialTarget::Group(Some(Target::Name(name))) = &dial.target else { return };
        if has_time || !range.touches(step.span.start) {
            return;
        }
        // A test expects the ringing; it does not ring.
        if let Some(Def { kind: DefKind::Test(_), .. }) = snapshot.definition_around(Place { file, span: step.span }) {
            return;
        }
        let definition = names.at(file, name.span.start).map(|(_, definition)| definition.place);
        let group = program.groups.iter().find(|group| Some(group.place) == definition);
        if let Some(ms) = group.and_then(|group| ring_time(&group.ring)) {
            let tooltip = format!("the group `{}` rings this long in all", name.text);
            found.push(Hint { at: name.span.end, label: format!(" for {}", format_duration(ms)), tooltip });
        }
    });
}

/// Where a menu's key leads, when its arm goes to a flow: whom that flow rings, and how it ends, in order.
fn ways(snapshot: &Snapshot, file: FileId, range: Span, found: &mut Vec<Hint>) {
    let Some(parse) = snapshot.parse(file) else { return };
    let names = &snapshot.analysis().names;
    walk(&parse.tree, &mut |event| {
        let Event::Enter(Node::Step(Step { kind: StepKind::Menu(menu), .. })) = event else { return };
        for arm in menu.arms.iter().flat_map(|arms| &arms.arms).filter(|arm| range.touches(arm.span.start)) {
            let Body::Step(step) = &arm.body else { continue };
            let (StepKind::Go(call) | StepKind::Do(call)) = &step.kind else { continue };
            let Some(name) = &call.name else { continue };
            let Some((_, flow)) = names.at(file, name.span.start) else { continue };
            let Some(Def { kind: DefKind::Flow { body: Some(body), .. }, .. }) = snapshot.definition_around(flow.place) else { continue };
            let way = way_of(body, snapshot.text(flow.place.file));
            if !way.is_empty() {
                let tooltip = format!("what the flow `{}` does, in order", flow.name);
                found.push(Hint { at: step.span.end, label: format!(" → {}", way.join(", ")), tooltip });
            }
        }
    });
}

/// The steps of a flow that ring somebody or end the call, wherever they stand in it: at most three.
fn way_of(body: &Block, source: &str) -> Vec<String> {
    const MOST: usize = 3;
    let mut found: Vec<String> = Vec::new();
    walk_block(body, &mut |event| {
        let Event::Enter(Node::Step(step)) = event else { return };
        let words = match &step.kind {
            StepKind::Dial(_) | StepKind::Voicemail(_) => first_words(step.span.text(source), true),
            StepKind::Hangup | StepKind::Reject(_) | StepKind::Redirect { .. } | StepKind::Menu(_) | StepKind::Collect(_) => {
                first_words(step.span.text(source), false)
            }
            _ => return,
        };
        if !found.contains(&words) {
            found.push(words);
        }
    });
    if found.len() > MOST {
        found.truncate(MOST);
        found.push("…".into());
    }
    found
}

/// The word that a step begins with, and what stands behind it: a name, a text, a number, or something in parentheses.
fn first_words(step: &str, two: bool) -> String {
    let tokens: Vec<_> = tokens(step).into_iter().filter(|token| !matches!(token.kind, Tok::Comment | Tok::Line)).collect();
    let mut found = tokens.first().map_or_else(String::new, |token| token.text(step).to_owned());
    let mut rest = tokens.iter().skip(1).peekable();
    if !two || rest.peek().is_none_or(|token| matches!(token.kind, Tok::Open | Tok::Semicolon)) {
        return found;
    }
    found.push(' ');
    let in_parens = rest.peek().is_some_and(|token| token.kind == Tok::LeftParen);
    for token in rest {
        found.push_str(token.text(step));
        if !in_parens || token.kind == Tok::RightParen {
            break;
        }
    }
    found
}

/// The text of the definition whose name stands at a span.
fn whole_text(snapshot: &Snapshot, file: FileId, name: Span) -> &str {
    snapshot.definition_around(Place { file, span: name }).map_or("", |def| def.span.text(snapshot.text(file)))
}

/// Something that can be done with a piece of a script, shown above it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Lens {
    /// Run the test of this title.
    RunTest(String),
    /// Call the script in a terminal.
    TryCall,
    /// Show the picture of the call flow.
    ShowGraph,
}

/// The lenses of a file, with the words below them.
#[must_use]
pub fn lenses(snapshot: &Snapshot, file: FileId) -> Vec<(Span, Lens)> {
    let mut found = Vec::new();
    let mut has_steps = false;
    for item in snapshot.items(file) {
        match item {
            Item::Step(step) if !matches!(step.kind, StepKind::Error) && !std::mem::replace(&mut has_steps, true) => {
                found.push((step.head, Lens::TryCall));
                found.push((step.head, Lens::ShowGraph));
            }
            Item::Def(Def { kind: DefKind::Test(test), head, .. }) => {
                if let Some(title) = &test.title {
                    found.push((*head, Lens::RunTest(title.value.clone())));
                }
            }
            _ => {}
        }
    }
    found
}
