//! One walk over the steps of a flow, as a call takes them: what can never run, conditions that are decided already, calls that go on
//! where nobody expects it, and the ways from a flow's start to its jumps on which nobody waits.

use callroute_diagnostics::{Code, Diagnostic, LineIndex, Place};

use crate::blocks::blocks;
use crate::calendars::Calendars;
use crate::facts::{Facts, Stamp};
use crate::steps::is_unknown_step;
use crate::typed::{Block, Cond, FlowId, Program, Step, StepKind, SwitchArm, Voicemail};

/// What a caller of a flow needs to know of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Summary {
    /// Its end can be reached.
    pub falls: bool,
    /// Its end can be reached without waiting for the caller.
    pub falls_free: bool,
    /// Its end can be reached without any failure.
    pub falls_quiet: bool,
    /// The call may wait in it for an event.
    pub suspends: bool,
    /// It may `set` something.
    pub sets: bool,
}

impl Summary {
    /// Of a flow of which nothing is known: nothing is concluded from it.
    pub const UNKNOWN: Summary = Summary { falls: true, falls_free: false, falls_quiet: false, suspends: true, sets: true };
}

/// A jump to another flow, or its running.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Jump {
    pub to: FlowId,
    /// `go` rather than `do`.
    pub go: bool,
    pub place: Place,
}

/// The most dials of a flow that are remembered for those who run it.
const MAX_FALLS: usize = 16;

/// What the walk found.
#[derive(Debug)]
pub(crate) struct Walked {
    pub summary: Summary,
    /// Jumps that can be reached without waiting for the caller.
    pub free: Vec<Jump>,
    /// The last step, where the flow's end is reached and nothing has failed.
    pub undecided: Option<Place>,
    /// Dials by which the flow's end is reached when nobody answers: who runs the flow goes on then.
    pub unanswered: Vec<Place>,
    pub diagnostics: Vec<Diagnostic>,
}

/// What holds on the way to a step.
#[derive(Clone, Copy, Debug)]
struct State {
    /// The step can be reached.
    reached: bool,
    /// On some way nobody has waited for the caller at a menu or collect.
    free: bool,
    /// On some way nothing has failed.
    quiet: bool,
    now: Stamp,
}

/// Where the call goes on after a block, when it is not settled in it.
#[derive(Clone, Copy, Debug)]
enum After {
    /// At this step.
    Step(Place),
    /// Nowhere: a menu plays again.
    Nothing,
    /// The flow ends.
    End,
}

struct Walker<'p> {
    program: &'p Program,
    summaries: &'p [Summary],
    /// Of each flow what [`Walked::unanswered`] says.
    unanswered: &'p [Vec<Place>],
    falls: Vec<Place>,
    lines: &'p [LineIndex],
    facts: Facts<'p>,
    /// The last stamp given out, for both of its parts.
    last: u32,
    free: Vec<Jump>,
    suspends: bool,
    sets: bool,
    diagnostics: Vec<Diagnostic>,
    /// Steps that are looked at a second time say nothing again.
    depth: u32,
}

/// Walks over a flow. What is known of calendars goes from one flow to the next.
pub(crate) fn walk(
    program: &Program,
    flow: FlowId,
    summaries: &[Summary],
    unanswered: &[Vec<Place>],
    lines: &[LineIndex],
    calendars: Calendars,
) -> (Walked, Calendars) {
    let mut walker = Walker {
        program,
        summaries,
        unanswered,
        falls: Vec::new(),
        lines,
        facts: Facts::new(program, calendars),
        last: 1,
        free: Vec::new(),
        suspends: false,
        sets: false,
        diagnostics: Vec::new(),
        depth: 0,
    };
    let empty = Block::new();
    let body = program.flows.get(flow.index()).map_or(&empty, |flow| &flow.body);
    let start = State { reached: true, free: true, quiet: true, now: Stamp { event: 1, version: 1 } };
    let end = walker.block(body, start, After::End);
    let walked = Walked {
        summary: Summary {
            falls: end.reached,
            falls_free: end.reached && end.free,
            falls_quiet: end.reached && end.quiet,
            suspends: walker.suspends,
            sets: walker.sets,
        },
        free: walker.free,
        undecided: body.last().filter(|_| end.reached && end.quiet).map(|step| step.place),
        unanswered: walker.falls,
        diagnostics: walker.diagnostics,
    };
    (walked, walker.facts.into_calendars())
}

impl State {
    fn dead(self) -> State {
        State { reached: false, ..self }
    }

    fn failed(self) -> State {
        State { quiet: false, ..self }
    }
}

impl<'p> Walker<'p> {
    fn fresh(&mut self) -> u32 {
        self.last = self.last.saturating_add(1);
        self.last
    }

    /// The call waits for an event: the clock goes on.
    fn suspended(&mut self, state: State) -> State {
        self.suspends = true;
        State { now: Stamp { event: self.fresh(), ..state.now }, ..state }
    }

    /// Something may have been set.
    fn set(&mut self, state: State) -> State {
        self.sets = true;
        State { now: Stamp { version: self.fresh(), ..state.now }, ..state }
    }

    /// Two ways come together.
    fn join(&mut self, a: State, b: State) -> State {
        if !a.reached {
            return b;
        }
        if !b.reached {
            return a;
        }
        State {
            reached: true,
            free: a.free || b.free,
            quiet: a.quiet || b.quiet,
            now: Stamp {
                event: if a.now.event == b.now.event { a.now.event } else { self.fresh() },
                version: if a.now.version == b.now.version { a.now.version } else { self.fresh() },
            },
        }
    }

    fn warn(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Steps in order. What is learnt among them is forgotten at their end.
    fn block(&mut self, steps: &'p Block, mut state: State, after: After) -> State {
        if !state.reached {
            return state;
        }
        let mark = self.facts.mark();
        self.depth = self.depth.saturating_add(1);
        for (at, step) in steps.iter().enumerate() {
            let next = steps.get(at.saturating_add(1));
            let goes_on = next.map_or(after, |next| After::Step(next.place));
            self.falls_out(step, next.is_none(), goes_on);
            state = self.step(step, state, goes_on);
            if state.reached {
                continue;
            }
            if let Some(next) = next {
                let what =
                    if matches!(step.kind, StepKind::Go { .. }) { "this always leaves the flow" } else { "this always settles the call" };
                self.warn(
                    Diagnostic::new(Code::NeverRuns, next.place, "this step can never run")
                        .label(step.place, what)
                        .help("leave it out, or put it where it can be reached"),
                );
            }
            break;
        }
        self.depth = self.depth.saturating_sub(1);
        self.facts.undo(mark);
        state
    }

    /// A block that need not be there; without it the call goes on.
    fn optional(&mut self, block: Option<&'p Block>, state: State, after: After) -> State {
        block.map_or(state, |block| self.block(block, state, after))
    }

    fn step(&mut self, step: &'p Step, state: State, after: After) -> State {
        if is_unknown_step(&step.kind) {
            let state = self.suspended(state);
            let state = self.set(state);
            return State { free: false, quiet: false, ..state };
        }
        match &step.kind {
            StepKind::When { cond, then, otherwise } => self.when(cond, then, otherwise.as_ref(), state, after),
            StepKind::Switch { arms, otherwise, .. } => self.switch(arms, otherwise.as_ref(), state, after),
            StepKind::Menu(menu) => {
                // An arm may set something before the menu plays again.
                let state = self.suspended(state);
                let state = self.set(State { free: false, ..state });
                let mut out = state.dead();
                for choice in &menu.choices {
                    let chosen = self.block(&choice.body, state, after);
                    out = self.join(out, chosen);
                }
                for arm in [&menu.timeout, &menu.invalid].into_iter().flatten() {
                    self.block(arm, state.failed(), After::Nothing);
                }
                let otherwise = self.optional(menu.otherwise.as_ref(), state.failed(), after);
                self.join(out, otherwise)
            }
            StepKind::Collect(collect) => {
                let state = self.suspended(state);
                let state = self.set(State { free: false, ..state });
                let out = self.block(&collect.entered, state, after);
                for arm in [&collect.timeout, &collect.invalid].into_iter().flatten() {
                    self.block(arm, state.failed(), After::Nothing);
                }
                let otherwise = self.optional(collect.otherwise.as_ref(), state.failed(), after);
                self.join(out, otherwise)
            }
            StepKind::Dial(dial) => {
                let state = self.suspended(state).failed();
                let mut out = state.dead();
                for arm in &dial.arms {
                    let arm = self.block(&arm.body, state, after);
                    out = self.join(out, arm);
                }
                // With all outcomes it has nothing to do; whoever writes it all the same is on the safe side.
                if dial.covers_all() && dial.otherwise.is_none() {
                    return out;
                }
                let otherwise = self.optional(dial.otherwise.as_ref(), state, after);
                self.join(out, otherwise)
            }
            StepKind::Lookup(lookup) => {
                let state = self.suspended(state);
                let mut out = self.block(&lookup.found, state, after);
                let arms = [&lookup.missing, &lookup.failed, &lookup.late];
                for arm in arms.into_iter().flatten() {
                    let arm = self.block(arm, state, after);
                    out = self.join(out, arm);
                }
                if arms.into_iter().all(Option::is_some) {
                    return out;
                }
                let otherwise = self.optional(lookup.otherwise.as_ref(), state, after);
                self.join(out, otherwise)
            }
            StepKind::TableLookup(lookup) => {
                let found = self.block(&lookup.found, state, after);
                let missing = match &lookup.missing {
                    Some(missing) => self.block(missing, state, after),
                    None => self.optional(lookup.otherwise.as_ref(), state, after),
                };
                self.join(found, missing)
            }
            StepKind::Split(split) => {
                let mut out = state.dead();
                for arm in &split.arms {
                    let arm = self.block(&arm.body, state, after);
                    out = self.join(out, arm);
                }
                // Without arms there was an error.
                if split.arms.is_empty() { state } else { out }
            }
            StepKind::Voicemail(voicemail) => self.voicemail(voicemail, state, after),
            StepKind::Settle(_) | StepKind::Repeat(_) | StepKind::Retry(_) => state.dead(),
            StepKind::Go { flow, .. } => {
                self.jump(Jump { to: *flow, go: true, place: step.place }, state);
                state.dead()
            }
            StepKind::Do { flow, .. } => {
                self.jump(Jump { to: *flow, go: false, place: step.place }, state);
                let flow = self.summaries.get(flow.index()).copied().unwrap_or(Summary::UNKNOWN);
                let mut out = state;
                if flow.suspends {
                    out = self.suspended(out);
                }
                if flow.sets {
                    out = self.set(out);
                }
                State { reached: flow.falls, free: state.free && flow.falls_free, quiet: state.quiet && flow.falls_quiet, ..out }
            }
            StepKind::Set { .. } => self.set(state),
            StepKind::Action { action, otherwise, .. } => {
                let settles = self.program.actions.get(action.index()).is_some_and(|action| action.settles);
                let state = self.suspended(state);
                let done = if settles { state.dead() } else { state };
                match otherwise {
                    None => done,
                    Some(otherwise) => {
                        let failed = self.block(otherwise, state.failed(), after);
                        self.join(done, failed)
                    }
                }
            }
            StepKind::Say(_) | StepKind::Tag(_) => state,
        }
    }

    fn jump(&mut self, jump: Jump, state: State) {
        if state.free {
            self.free.push(jump);
        }
    }

    fn voicemail(&mut self, voicemail: &'p Voicemail, state: State, after: After) -> State {
        let arms = [&voicemail.full, &voicemail.failed];
        if voicemail.otherwise.is_none() && arms.into_iter().all(Option::is_none) {
            return state.dead();
        }
        let state = self.suspended(state).failed();
        let mut out = state.dead();
        for arm in arms.into_iter().flatten() {
            let arm = self.block(arm, state, after);
            out = self.join(out, arm);
        }
        if arms.into_iter().all(Option::is_some) {
            return out;
        }
        let otherwise = self.optional(voicemail.otherwise.as_ref(), state, after);
        self.join(out, otherwise)
    }

    // --------------------------------------------------------------------------------------- conditions

    fn when(&mut self, cond: &'p Cond, then: &'p Block, otherwise: Option<&'p Block>, state: State, after: After) -> State {
        let known = self.facts.known(cond, state.now);
        self.report_known(cond, known, otherwise.is_some());
        if known.is_none()
            && let Some(earlier) = self.facts.taken_by_hours(cond, state.now)
        {
            let warning =
                Diagnostic::new(Code::PartlyTaken, place_of(cond), "on some of these days the hours above are open, and this is not asked")
                    .label(earlier, "these hours come first")
                    .help("ask for the dates first, or write them into the schedule: `us_holidays closed`");
            self.warn(warning);
        }
        let yes = self.branch(cond, true, then, known.is_some_and(|(holds, _)| !holds), state, after);
        let no = match otherwise {
            Some(block) => self.branch(cond, false, block, known.is_some_and(|(holds, _)| holds), state, after),
            None => state,
        };
        // What settles on one side leaves the other as known.
        if !yes.reached && no.reached {
            self.facts.assume(cond, false, state.now);
        } else if yes.reached && !no.reached {
            self.facts.assume(cond, true, state.now);
        }
        self.join(yes, no)
    }

    fn branch(&mut self, cond: &'p Cond, holds: bool, block: &'p Block, never: bool, state: State, after: After) -> State {
        let mark = self.facts.mark();
        // Inside of what never runs, nothing more is said of conditions.
        self.facts.muted += u32::from(never);
        self.facts.assume(cond, holds, state.now);
        let out = self.block(block, state, after);
        self.facts.muted -= u32::from(never);
        self.facts.undo(mark);
        out
    }

    fn switch(&mut self, arms: &'p [SwitchArm], otherwise: Option<&'p Block>, state: State, after: After) -> State {
        let mut out = state.dead();
        let mut all_settle = true;
        for arm in arms {
            let known = self.facts.known(&arm.cond, state.now);
            if let Some((false, _)) = known {
                self.report_known(&arm.cond, known, false);
            }
            let end = self.branch(&arm.cond, true, &arm.body, matches!(known, Some((false, _))), state, after);
            all_settle &= !end.reached;
            out = self.join(out, end);
        }
        let rest = self.optional(otherwise, state, after);
        if all_settle && rest.reached {
            for arm in arms {
                self.facts.assume(&arm.cond, false, state.now);
            }
        }
        self.join(out, rest)
    }

    fn report_known(&mut self, cond: &Cond, known: crate::facts::Known, has_else: bool) {
        let Some((holds, evidence)) = known else { return };
        let place = place_of(cond);
        let evidence = evidence.filter(|evidence| *evidence != place);
        let mut warning = if holds {
            let warning = Diagnostic::new(Code::AlwaysTrue, place, "this condition is always true here");
            if has_else { warning.help("its `else` can never run") } else { warning.help("the `when` can be left out, and its steps kept") }
        } else {
            Diagnostic::new(Code::NeverTrue, place, "this condition is never true here").help(if evidence.is_some() {
                "move it above the earlier rule if it is meant to come first, or leave it out"
            } else {
                "its parts contradict each other"
            })
        };
        if let Some(evidence) = evidence {
            warning = warning.label(evidence, "this has decided it already");
        }
        self.warn(warning);
    }

    // -------------------------------------------------------------------------------------------- hints

    /// An unanswered dial at the end of a block, or of a flow that is run by `do`, after which the call goes on outside of it.
    fn falls_out(&mut self, step: &Step, last: bool, after: After) {
        match (&step.kind, after) {
            (StepKind::Dial(dial), _) if !last || dial.otherwise.is_some() || dial.covers_all() => {}
            // What follows it directly is no surprise.
            (StepKind::Dial(_), After::Step(place)) if self.depth > 1 => self.goes_on_below(step.place, place),
            (StepKind::Dial(_), After::End) => self.fall(step.place),
            (StepKind::Do { flow, .. }, After::Step(place)) => {
                for dial in self.unanswered.get(flow.index()).into_iter().flatten() {
                    self.goes_on_below(*dial, place);
                }
            }
            (StepKind::Do { flow, .. }, After::End) => {
                for dial in self.unanswered.get(flow.index()).into_iter().flatten() {
                    self.fall(*dial);
                }
            }
            _ => {}
        }
    }

    fn fall(&mut self, dial: Place) {
        if self.falls.len() < MAX_FALLS && !self.falls.contains(&dial) {
            self.falls.push(dial);
        }
    }

    fn goes_on_below(&mut self, dial: Place, place: Place) {
        let line = self.lines.get(place.file.0 as usize).map(|lines| lines.line_at(place.span.start).saturating_add(1));
        let line = line.map_or_else(|| "below".to_owned(), |line| format!("line {line}"));
        let hint = Diagnostic::new(Code::FallsOut, dial, format!("if nobody answers, the call goes on to {line}"))
            .label(place, "the call goes on with this step")
            .help("say what is to happen with `else`, such as `else hangup`, if that is not meant");
        self.warn(hint);
    }
}

/// Where a condition stands.
pub(crate) fn place_of(cond: &Cond) -> Place {
    match cond {
        Cond::Atom(_, place) => *place,
        Cond::Not(inner) => place_of(inner),
        Cond::And(parts) | Cond::Or(parts) => {
            let mut places = parts.iter().map(place_of);
            let first = places.next().unwrap_or_default();
            places.fold(first, |all, next| Place { file: all.file, span: all.span.to(next.span) })
        }
    }
}

/// Every jump of a block, reached or not.
pub(crate) fn jumps(block: &Block, found: &mut Vec<Jump>) {
    for step in block {
        match &step.kind {
            StepKind::Go { flow, .. } => found.push(Jump { to: *flow, go: true, place: step.place }),
            StepKind::Do { flow, .. } => found.push(Jump { to: *flow, go: false, place: step.place }),
            _ => {}
        }
        for inner in blocks(step) {
            jumps(inner, found);
        }
    }
}
