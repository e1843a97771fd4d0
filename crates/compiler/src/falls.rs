//! Whether steps can let the call go on behind them. What stands behind those that cannot never runs, and is left out.

use callroute_analysis::typed::{Dial, Flow, FlowId, Outcome, Program, Step, StepKind};

/// How deep flows are looked into: deeper ones are taken to let the call go on.
const MAX_DEPTH: u32 = 64;

/// How ringing can end, in the order of [`callroute_bytecode::image::Dial::outcomes`].
pub(crate) const OUTCOMES: [Outcome; 8] = [
    Outcome::Busy,
    Outcome::NoAnswer,
    Outcome::Declined,
    Outcome::Unreachable,
    Outcome::Redirected,
    Outcome::Full,
    Outcome::Empty,
    Outcome::Timeout,
];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Answer {
    Unknown,
    /// Being found out.
    Open,
    Falls,
    Settles,
}

/// Remembers the answers for flows.
#[derive(Debug)]
pub(crate) struct Falls<'a> {
    program: &'a Program,
    flows: Vec<Answer>,
}

impl<'a> Falls<'a> {
    pub fn new(program: &'a Program) -> Self {
        Self { program, flows: vec![Answer::Unknown; program.flows.len()] }
    }

    /// The steps up to and with the first that never lets the call go on.
    pub fn reached(&mut self, steps: &'a [Step]) -> &'a [Step] {
        let end = steps.iter().position(|step| !self.step(step, 0)).map_or(steps.len(), |at| at + 1);
        steps.get(..end).unwrap_or(steps)
    }

    /// Whether the call can go on behind these steps.
    pub fn steps(&mut self, steps: &[Step]) -> bool {
        self.steps_at(steps, 0)
    }

    fn steps_at(&mut self, steps: &[Step], depth: u32) -> bool {
        depth > MAX_DEPTH || steps.iter().all(|step| self.step(step, depth + 1))
    }

    fn all<'s>(&mut self, bodies: impl IntoIterator<Item = &'s Vec<Step>>, depth: u32) -> bool {
        bodies.into_iter().any(|body| self.steps_at(body, depth))
    }

    /// Whether the call goes on behind a missing arm (it does), or behind the arm's steps.
    fn arm(&mut self, body: Option<&Vec<Step>>, depth: u32) -> bool {
        body.is_none_or(|body| self.steps_at(body, depth))
    }

    fn step(&mut self, step: &Step, depth: u32) -> bool {
        match &step.kind {
            StepKind::When { then, otherwise, .. } => self.arm(otherwise.as_ref(), depth) || self.steps_at(then, depth),
            StepKind::Switch { arms, otherwise, .. } => {
                self.arm(otherwise.as_ref(), depth) || self.all(arms.iter().map(|arm| &arm.body), depth)
            }
            // The arms for silence and wrong keys end in asking again.
            StepKind::Menu(menu) => {
                self.arm(menu.otherwise.as_ref(), depth) || self.all(menu.choices.iter().map(|choice| &choice.body), depth)
            }
            StepKind::Collect(collect) => self.arm(collect.otherwise.as_ref(), depth) || self.steps_at(&collect.entered, depth),
            StepKind::Dial(dial) => self.dial(dial, depth),
            StepKind::Lookup(lookup) => {
                let rest = [&lookup.missing, &lookup.failed, &lookup.late];
                let uncovered = rest.iter().any(|arm| arm.is_none()) && self.arm(lookup.otherwise.as_ref(), depth);
                uncovered || self.steps_at(&lookup.found, depth) || self.all(rest.into_iter().flatten(), depth)
            }
            StepKind::TableLookup(lookup) => {
                let missing = lookup.missing.as_ref().or(lookup.otherwise.as_ref());
                self.steps_at(&lookup.found, depth) || self.arm(missing, depth)
            }
            StepKind::Split(split) => self.all(split.arms.iter().map(|arm| &arm.body), depth),
            StepKind::Voicemail(voicemail) => {
                let arms = [&voicemail.full, &voicemail.failed];
                let asked = voicemail.otherwise.is_some() || arms.iter().any(|arm| arm.is_some());
                let uncovered = arms.iter().any(|arm| arm.is_none()) && self.arm(voicemail.otherwise.as_ref(), depth);
                asked && (uncovered || self.all(arms.into_iter().flatten(), depth))
            }
            StepKind::Action { action, otherwise, .. } => {
                let settles = self.program.actions.get(action.index()).is_some_and(|action| action.settles);
                !settles || otherwise.as_ref().is_some_and(|body| self.steps_at(body, depth))
            }
            StepKind::Do { flow, .. } => self.flow(*flow, depth),
            StepKind::Repeat(_) | StepKind::Retry(_) | StepKind::Settle(_) | StepKind::Go { .. } => false,
            StepKind::Say(_) | StepKind::Tag(_) | StepKind::Set { .. } => true,
        }
    }

    fn dial(&mut self, dial: &Dial, depth: u32) -> bool {
        // Outcomes that such a target does not have count too: what a host says against its own word still goes somewhere.
        let covered = |outcome: &Outcome| dial.arms.iter().any(|arm| arm.heads.contains(outcome));
        let uncovered = !OUTCOMES.iter().all(covered) && self.arm(dial.otherwise.as_ref(), depth);
        uncovered || self.all(dial.arms.iter().map(|arm| &arm.body), depth)
    }

    fn flow(&mut self, id: FlowId, depth: u32) -> bool {
        match self.flows.get(id.index()) {
            Some(Answer::Unknown) => {}
            Some(Answer::Settles) => return false,
            Some(Answer::Open | Answer::Falls) | None => return true,
        }
        self.note(id, Answer::Open);
        let program = self.program;
        let falls = program.flows.get(id.index()).is_none_or(|Flow { body, .. }| self.steps_at(body, depth + 1));
        self.note(id, if falls { Answer::Falls } else { Answer::Settles });
        falls
    }

    fn note(&mut self, id: FlowId, answer: Answer) {
        if let Some(slot) = self.flows.get_mut(id.index()) {
            *slot = answer;
        }
    }
}
