//! The graph of flows: which runs which, circles that never wait for the caller, recursion, flows that nothing runs, and the order
//! in which the flows are walked over ([`crate::reach`]).

use std::collections::HashSet;

use callroute_diagnostics::{Applicability, Code, Diagnostic, LineIndex, Place};

use callroute_syntax::tree::Item;

use crate::calendars::Calendars;
use crate::env::Env;
use crate::graph::circles;
use crate::reach::{Jump, Summary, Walked, jumps, walk};
use crate::typed::{FlowId, Program};

/// The most steps of a circle that a diagnostic shows.
const MAX_SHOWN: usize = 12;

/// Checks everything about flows as wholes.
pub(crate) fn check(env: &mut Env<'_>) {
    let errors = env.has_errors();
    let called: HashSet<&String> = env.names.flows.entries().filter(|(_, flow)| flow.used).map(|(name, _)| name).collect();
    let calendars = Calendars::new(env.calendar_sound, std::mem::take(&mut env.memory.questions));
    let (mut found, calendars) = judge(&env.program, calendars);
    env.memory.questions = calendars.into_remembered();
    found.retain(|diagnostic| {
        let name = diagnostic.place.span.text(source(env, diagnostic.place)).trim_matches('"');
        match diagnostic.code {
            Code::FlowRecursion | Code::EndlessCycle => true,
            // A call of it may stand in a step that could not be read.
            Code::UnusedFlow => !(errors && called.contains(&name.to_owned()) || env.may_be_unread(name)),
            // What seems to be missing may only be unread.
            Code::Undecided => env.loaded.units.iter().all(|unit| unit.unread.is_empty()),
            _ => !(is_broken(env, diagnostic.place) || diagnostic.labels.iter().any(|label| is_broken(env, label.place))),
        }
    });
    for mut diagnostic in found {
        if diagnostic.code == Code::UnusedFlow
            && let Some(whole) = env.whole_definition(diagnostic.place.span)
        {
            diagnostic = diagnostic.fix(Applicability::Maybe, "remove the definition", whole, "");
        }
        env.report(diagnostic);
    }
}

fn source<'a>(env: &Env<'a>, place: Place) -> &'a str {
    env.loaded.units.get(place.file.0 as usize).map_or("", |unit| unit.source())
}

/// Has the parser found fault with something in the definition or step at the top of the file that holds this place?
fn is_broken(env: &Env<'_>, place: Place) -> bool {
    let Some(unit) = env.loaded.units.get(place.file.0 as usize) else { return false };
    let item = |item: &Item| match item {
        Item::Def(def) => def.span,
        Item::Step(step) => step.span,
        Item::Error(span) => *span,
    };
    let at = unit.tree().items.partition_point(|found| item(found).end < place.span.end);
    let Some(span) = unit.tree().items.get(at).map(item) else { return false };
    let first = unit.unread.partition_point(|unread| unread.start < span.start);
    unit.unread.get(first).is_some_and(|unread| unread.start <= span.end)
}

fn judge(program: &Program, mut calendars: Calendars) -> (Vec<Diagnostic>, Calendars) {
    let lines: Vec<LineIndex> = program.files.iter().map(|file| LineIndex::new(&file.text)).collect();
    let all: Vec<Vec<Jump>> = program
        .flows
        .iter()
        .map(|flow| {
            let mut found = Vec::new();
            jumps(&flow.body, &mut found);
            found
        })
        .collect();
    let mut diagnostics = Vec::new();
    let runs: Vec<Vec<Jump>> = all.iter().map(|jumps| jumps.iter().filter(|jump| !jump.go).copied().collect()).collect();
    recursion(program, &runs, &mut diagnostics);

    let mut summaries = vec![Summary::UNKNOWN; program.flows.len()];
    let mut free: Vec<Vec<Jump>> = vec![Vec::new(); program.flows.len()];
    let mut undecided: Vec<Option<Place>> = vec![None; program.flows.len()];
    let mut unanswered: Vec<Vec<Place>> = vec![Vec::new(); program.flows.len()];
    for flow in inner_first(&runs) {
        let id = FlowId(u32::try_from(flow).unwrap_or(u32::MAX));
        let walked = walk(program, id, &summaries, &unanswered, &lines, calendars);
        let Walked { summary, free: found, undecided: end, unanswered: falls, diagnostics: mut said } = walked.0;
        set(&mut unanswered, flow, falls);
        calendars = walked.1;
        diagnostics.append(&mut said);
        set(&mut summaries, flow, summary);
        set(&mut free, flow, found);
        set(&mut undecided, flow, end);
    }
    // A flow that is run in several places falls out into each of them; one hint says enough.
    let mut hinted: HashSet<Place> = HashSet::new();
    diagnostics.retain(|found| found.code != Code::FallsOut || hinted.insert(found.place));
    endless(program, &free, &mut diagnostics);
    ends(&all, &undecided, &mut diagnostics);
    unused(program, &all, &mut diagnostics);
    (diagnostics, calendars)
}

fn set<T>(slots: &mut [T], at: usize, value: T) {
    if let Some(slot) = slots.get_mut(at) {
        *slot = value;
    }
}

fn edges(jumps: &[Vec<Jump>]) -> Vec<Vec<usize>> {
    jumps.iter().map(|jumps| jumps.iter().map(|jump| jump.to.index()).collect()).collect()
}

/// Flows in an order in which those that a flow runs come before it; among circles in any.
fn inner_first(runs: &[Vec<Jump>]) -> Vec<usize> {
    let mut order = Vec::with_capacity(runs.len());
    let mut seen = vec![false; runs.len()];
    for start in 0..runs.len() {
        let mut way: Vec<(usize, usize)> = Vec::new();
        if seen.get(start) == Some(&false) {
            set(&mut seen, start, true);
            way.push((start, 0));
        }
        while let Some((flow, next)) = way.last_mut() {
            match runs.get(*flow).and_then(|jumps| jumps.get(*next)) {
                Some(jump) => {
                    *next = next.saturating_add(1);
                    let to = jump.to.index();
                    if seen.get(to) == Some(&false) {
                        set(&mut seen, to, true);
                        way.push((to, 0));
                    }
                }
                None => {
                    order.push(*flow);
                    way.pop();
                }
            }
        }
    }
    order
}

fn name(program: &Program, flow: usize) -> String {
    crate::types::quote(program.flows.get(flow).map_or("", |flow| flow.name.as_str()))
}

/// The steps of a circle.
fn steps_of(circle: &[(usize, usize)], jumps: &[Vec<Jump>]) -> Vec<Jump> {
    circle.iter().filter_map(|(flow, edge)| jumps.get(*flow)?.get(*edge).copied()).collect()
}

/// Labels the other steps of a circle.
fn with_steps(mut diagnostic: Diagnostic, program: &Program, steps: &[Jump]) -> Diagnostic {
    for (at, jump) in steps.iter().enumerate().skip(1).take(MAX_SHOWN) {
        let end = if at + 1 == steps.len() { ", and so on" } else { "" };
        diagnostic = diagnostic.label(jump.place, format!("then to {}{end}", name(program, jump.to.index())));
    }
    diagnostic
}

fn recursion(program: &Program, runs: &[Vec<Jump>], diagnostics: &mut Vec<Diagnostic>) {
    for circle in circles(&edges(runs)) {
        let steps = steps_of(&circle, runs);
        let (Some(first), Some((start, _))) = (steps.first(), circle.first()) else { continue };
        let message = if steps.len() == 1 {
            format!("the flow {} runs itself", name(program, *start))
        } else {
            format!("the flow {} runs itself by way of others", name(program, *start))
        };
        let diagnostic = Diagnostic::new(Code::FlowRecursion, first.place, message)
            .help("`do` comes back to where it was, so it would never end; to start a flow again, `go` to it after a menu");
        diagnostics.push(with_steps(diagnostic, program, &steps));
    }
}

fn endless(program: &Program, free: &[Vec<Jump>], diagnostics: &mut Vec<Diagnostic>) {
    for circle in circles(&edges(free)) {
        let steps = steps_of(&circle, free);
        // A circle of `do` alone is recursion, which was said.
        if !steps.iter().any(|jump| jump.go) {
            continue;
        }
        let (Some(first), Some((start, _))) = (steps.first(), circle.first()) else { continue };
        let diagnostic = Diagnostic::new(
            Code::EndlessCycle,
            first.place,
            format!("from here the call comes back to {} without waiting for the caller", name(program, *start)),
        )
        .help("every way around must wait at a `menu` or `collect`; otherwise the call would turn in a circle until its turns are used up");
        diagnostics.push(with_steps(diagnostic, program, &steps));
    }
}

/// Hints at ends that a call can reach with nothing decided: of `main`, and of flows that are jumped to.
fn ends(all: &[Vec<Jump>], undecided: &[Option<Place>], diagnostics: &mut Vec<Diagnostic>) {
    let mut ends_call = vec![false; undecided.len()];
    set(&mut ends_call, 0, true);
    for jump in all.iter().flatten().filter(|jump| jump.go) {
        set(&mut ends_call, jump.to.index(), true);
    }
    for place in undecided.iter().zip(ends_call).filter_map(|(place, ends)| place.filter(|_| ends)) {
        diagnostics.push(
            Diagnostic::new(Code::Undecided, place, "after this step a call can end with nothing decided; it is hung up as `unrouted`")
                .help("end with a step that settles it, such as `voicemail \"front_desk\"`, or with `hangup` if that is meant"),
        );
    }
}

fn unused(program: &Program, all: &[Vec<Jump>], diagnostics: &mut Vec<Diagnostic>) {
    // A file without steps is there to be imported.
    let Some(main) = program.flows.first().filter(|main| !main.body.is_empty()) else { return };
    let mut used = vec![false; program.flows.len()];
    let mut work = vec![0usize];
    while let Some(flow) = work.pop() {
        if used.get(flow) != Some(&false) {
            continue;
        }
        set(&mut used, flow, true);
        work.extend(all.get(flow).into_iter().flatten().map(|jump| jump.to.index()));
    }
    for (flow, used) in program.flows.iter().zip(used) {
        if !used && flow.place.file == main.place.file {
            diagnostics.push(
                Diagnostic::new(Code::UnusedFlow, flow.place, format!("the flow {} is never run", crate::types::quote(&flow.name)))
                    .help("run it with `do` or `go`, or leave it out"),
            );
        }
    }
}
