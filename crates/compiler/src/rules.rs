//! Rules and switches: what looks at the same variable again and again looks at it once.

use callroute_analysis::typed::{Cond, Step, StepKind, Ty, VarId};
use callroute_bytecode::image::{Switch, SwitchKind};
use callroute_diagnostics::Place;

use crate::cases::{Cases, Key, Look, Taken, cases};
use crate::graph::{BlockId, End, Kind};
use crate::index::{self, Phones};
use crate::lower::Lower;
use crate::reads::Reads;
use crate::records::{self, Targets};

/// A condition and what runs when it holds.
type Arm<'a> = (&'a Cond, &'a [Step]);

/// A `when` without `else`.
fn rule(step: &Step) -> Option<Arm<'_>> {
    match &step.kind {
        StepKind::When { cond, then, otherwise: None } => Some((cond, then)),
        _ => None,
    }
}

impl<'a> Lower<'a> {
    /// How many of these steps, from the first, are rules that can share a switch.
    ///
    /// A rule whose steps may let the call go on ends in the switch as a whole; so no later rule of the run may take what it took,
    /// and its steps must not be able to change what is looked at.
    pub(crate) fn run_of_rules(&mut self, steps: &'a [Step]) -> usize {
        let mut first: Option<(VarId, Look)> = None;
        let mut taken = Taken::default();
        let mut len = 0;
        for (cond, body) in steps.iter().map_while(rule) {
            let Some(Cases { var, look, keys }) = cases(self.program, cond) else { break };
            if first.is_some_and(|first| first != (var, look)) || taken.overlaps(&keys) {
                break;
            }
            first = Some((var, look));
            len += 1;
            if self.falls.steps(body) {
                if self.usage.is_set(var) {
                    break;
                }
                taken.add(&keys);
            }
        }
        len
    }

    /// Rules that share a switch.
    pub(crate) fn rules(&mut self, steps: &'a [Step], next: BlockId, depth: u32) -> BlockId {
        let arms: Vec<Arm<'a>> = steps.iter().filter_map(rule).collect();
        let cases: Vec<Cases<'a>> = arms.iter().filter_map(|(cond, _)| cases(self.program, cond)).collect();
        let place = whole(steps);
        self.switch(&arms, &cases, next, next, place, depth)
    }

    /// `when … else when … else …`, however long.
    pub(crate) fn when(&mut self, step: &'a Step, next: BlockId, depth: u32) -> BlockId {
        let mut arms: Vec<Arm<'a>> = Vec::new();
        let mut last = step;
        let mut default = next;
        while let StepKind::When { cond, then, otherwise } = &last.kind {
            arms.push((cond, then));
            match otherwise.as_deref() {
                Some([only]) if matches!(only.kind, StepKind::When { .. }) => last = only,
                Some(steps) => {
                    default = self.steps(steps, next, depth + 1);
                    break;
                }
                None => break,
            }
        }
        self.exclusive(&arms, default, next, step.place, depth)
    }

    /// Runs the first arm whose condition holds, or goes to `default`.
    pub(crate) fn exclusive(&mut self, arms: &[Arm<'a>], default: BlockId, next: BlockId, place: Place, depth: u32) -> BlockId {
        let program = self.program;
        let mut runs: Vec<(usize, Vec<Cases<'a>>)> = Vec::new();
        for (at, (cond, _)) in arms.iter().enumerate() {
            let cases = cases(program, cond);
            match (cases, runs.last_mut()) {
                (Some(cases), Some((_, run))) if run.last().is_some_and(|last| (last.var, last.look) == (cases.var, cases.look)) => {
                    run.push(cases)
                }
                (Some(cases), _) => runs.push((at, vec![cases])),
                (None, _) => runs.push((at, Vec::new())),
            }
        }
        let mut entry = default;
        for (at, run) in runs.into_iter().rev() {
            let len = run.len().max(1);
            let arms = arms.get(at..at + len).unwrap_or_default();
            entry = match arms {
                [(cond, body)] => {
                    let body = self.steps(body, next, depth + 1);
                    self.cond(cond, body, entry, depth + 1)
                }
                many => self.switch(many, &run, entry, next, place, depth),
            };
        }
        entry
    }

    /// One look at a variable decides between all arms.
    fn switch(&mut self, arms: &[Arm<'a>], cases: &[Cases<'a>], default: BlockId, next: BlockId, place: Place, depth: u32) -> BlockId {
        let Some((var, look)) = cases.first().map(|first| (first.var, first.look)) else { return default };
        let mut targets = Vec::with_capacity(arms.len());
        for (_, body) in arms.iter().rev() {
            targets.push(self.steps(body, next, depth + 1));
        }
        targets.reverse();
        let switch = Switch { kind: self.look(var, look, cases), targets, default };
        let mut reads = Reads::default();
        reads.var(var);
        self.switch_block(var, switch, reads, place)
    }

    fn switch_block(&mut self, var: VarId, mut switch: Switch, reads: Reads, place: Place) -> BlockId {
        let targets = switch.targets();
        let subject = self.pools.var(var);
        let record = records::add(&mut self.records.switches, Some(switch));
        self.records.subjects.push(subject);
        self.end(reads, End::Record { kind: Kind::Switch, record, targets }, place)
    }

    fn look(&self, var: VarId, look: Look, cases: &[Cases<'a>]) -> SwitchKind {
        let keys = (0u32..).zip(cases).flat_map(|(case, cases)| cases.keys.iter().map(move |key| (case, key)));
        // The first case that takes a value has it.
        let missing = keys.clone().find(|(_, key)| matches!(key, Key::Missing)).map(|(case, _)| case);
        match look {
            Look::Phone => {
                let mut set = Phones::new();
                for (case, key) in keys {
                    match key {
                        Key::Number(pattern) => set.number(*pattern, case),
                        Key::Address(address) => set.address(address, case),
                        Key::Text(_) | Key::Value(_) | Key::Missing => {}
                    }
                }
                SwitchKind::Phone { set: set.build(), anonymous: missing }
            }
            Look::Text => {
                let texts = keys.filter_map(|(case, key)| if let Key::Text(text) = key { Some((*text, case)) } else { None });
                SwitchKind::Text { index: index::texts(texts).into(), missing }
            }
            Look::Enum => {
                // One place for each value of the enumeration, also for those that no case takes.
                let values = match self.program.vars.get(var.index()).map(|var| var.ty) {
                    Some(Ty::Enum(id)) => self.program.enums.get(id.index()).map_or(0, |enumeration| enumeration.values.len()),
                    _ => 0,
                };
                let mut by_value = vec![0; values];
                for (case, key) in keys {
                    let Key::Value(value) = key else { continue };
                    if let Some(slot @ 0) = by_value.get_mut(*value as usize) {
                        *slot = case + 1;
                    }
                }
                SwitchKind::Enum { cases: by_value, missing }
            }
        }
    }
}

/// From the first step to the last.
fn whole(steps: &[Step]) -> Place {
    let place = |step: Option<&Step>| step.map(|step| step.place).unwrap_or_default();
    let (first, last) = (place(steps.first()), place(steps.last()));
    if first.file == last.file { Place { file: first.file, span: first.span.to(last.span) } } else { first }
}
