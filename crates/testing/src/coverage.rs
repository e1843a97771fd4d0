//! Which steps, arms, `else` branches and outcomes the tests of a script reach.
//!
//! What can be reached comes from the typed program ([`crate::Point`]); what is reached is heard from the machine while tests run ([`Hits`]). The two meet
//! in the places of instructions. Where the compiler made one look-up of several rules, the place that the call went on to says which of
//! them held.

use std::collections::HashMap;

use callroute_analysis::typed::Program;
use callroute_bytecode::op::Op;
use callroute_diagnostics::{Diagnostic, FileId, Place};
use callroute_runtime as runtime;
use callroute_runtime::{Outcome, Step};

use crate::points::{Chain, Point, PointKind, Points, When};
use crate::trace::place;

/// What the machine did, counted. Hits of several threads can be added.
#[derive(Clone, Default, Debug)]
pub struct Hits {
    steps: HashMap<(u32, Op, Outcome), u64>,
    /// From one step of an answer to the next.
    ways: HashMap<(u32, u32), u64>,
    last: Option<u32>,
}

impl Hits {
    /// An answer begins.
    pub(crate) fn begin(&mut self) {
        self.last = None;
    }

    /// A step was taken.
    pub(crate) fn step(&mut self, step: &Step<'_>) {
        let count = self.steps.entry((step.address, step.op, step.outcome)).or_default();
        *count = count.saturating_add(1);
        if let Some(last) = self.last.replace(step.address) {
            let count = self.ways.entry((last, step.address)).or_default();
            *count = count.saturating_add(1);
        }
    }

    /// Adds what another thread heard.
    pub fn add(&mut self, other: &Self) {
        for (step, count) in &other.steps {
            let own = self.steps.entry(*step).or_default();
            *own = own.saturating_add(*count);
        }
        for (way, count) in &other.ways {
            let own = self.ways.entry(*way).or_default();
            *own = own.saturating_add(*count);
        }
    }
}

/// What is covered of a script and the files that it imports.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Coverage {
    /// By file and place.
    pub points: Vec<Point>,
}

impl Coverage {
    /// What these hits cover. `diagnostics` are the checker's: what it knows to be unreachable is left out.
    #[must_use]
    pub fn new(program: &Program, machine: &runtime::Program, diagnostics: &[Diagnostic], hits: &Hits) -> Self {
        let mut points = Points::new(program, machine, diagnostics);
        let code = &machine.verified().image().code;
        let mut gathers = HashMap::new();
        for (address, instr) in (0..).zip(code).filter(|(_, instr)| instr.op == Op::Gather) {
            gathers.entry(instr.b).or_insert(address);
        }
        let reader = Reader { machine, spans: &mut points, gathers };
        reader.read(hits);
        Self { points: points.finish() }
    }

    /// How many points a file has, and how many are covered.
    #[must_use]
    pub fn of(&self, file: FileId) -> (usize, usize) {
        count(self.points.iter().filter(|point| point.place.file == file))
    }

    /// How many points there are, and how many are covered.
    #[must_use]
    pub fn total(&self) -> (usize, usize) {
        count(self.points.iter())
    }
}

/// Of all, in per cent with one digit, rounded down: 100 means all. Nothing to cover is covered.
#[must_use]
pub fn percent((all, covered): (usize, usize)) -> String {
    if all == 0 || all == covered {
        return "100%".to_owned();
    }
    let tenths = covered.saturating_mul(1000) / all;
    format!("{}.{}%", tenths / 10, tenths % 10)
}

fn count<'p>(points: impl Iterator<Item = &'p Point>) -> (usize, usize) {
    points
        .filter(|point| point.kind != PointKind::Flow)
        .fold((0, 0), |(all, covered), point| (all + 1, covered + usize::from(point.count > 0)))
}

struct Reader<'r, 'p> {
    machine: &'r runtime::Program,
    spans: &'r mut Points<'p>,
    /// Where each menu or collect is asked first, by its number.
    gathers: HashMap<u32, u32>,
}

impl Reader<'_, '_> {
    fn place(&self, address: u32) -> Option<Place> {
        place(self.machine, address)
    }

    fn read(self, hits: &Hits) {
        // A fixed order, so that the same hits give the same counts: what is added up comes before what only says how many there were at least.
        let mut steps: Vec<_> = hits.steps.iter().collect();
        let least = |outcome: &Outcome| !matches!(outcome, Outcome::Asked | Outcome::Done | Outcome::Skipped);
        steps.sort_unstable_by_key(|((address, op, outcome), count)| (*address, *op as u8, least(outcome), **count));
        for ((address, op, outcome), count) in steps {
            let Some(place) = self.place(*address) else { continue };
            match (op, outcome) {
                (Op::Gather | Op::Repeat | Op::Retry, Outcome::Chose(Some(case))) => {
                    if let Some(gather) = self.gather(*address) {
                        // Decided by keys typed ahead it was never asked.
                        self.spans.at_least(gather, *count);
                        self.spans.case(gather, *case, *count);
                    }
                }
                (Op::Gather | Op::Repeat | Op::Retry, Outcome::Reported(word)) => {
                    if let Some(gather) = self.gather(*address) {
                        self.spans.at_least(gather, *count);
                        self.spans.reported(gather, word, *count);
                    }
                }
                // Asked again, at the end of an arm: a step only where the author has written it.
                (Op::Repeat, _) | (Op::Gather, Outcome::Asked) => self.spans.step(place, *count),
                (Op::Retry, _) => self.spans.at_least(place, *count),
                (_, Outcome::Reported(word)) => self.spans.reported(place, word, *count),
                (Op::TableLookup, Outcome::Holds(found)) => {
                    self.spans.step(place, *count);
                    self.spans.reported(place, if *found { "found" } else { "missing" }, *count);
                }
                (Op::Split, Outcome::Chose(Some(arm))) => {
                    self.spans.step(place, *count);
                    self.spans.case(place, *arm, *count);
                }
                (_, Outcome::Holds(_)) => self.spans.asked(place, *count),
                _ => self.spans.step(place, *count),
            }
        }
        let mut ways: Vec<_> = hits.ways.iter().collect();
        ways.sort_unstable();
        // Of each look at several rules, how often each of them held, and at last how often none did.
        let mut looks: HashMap<Place, Vec<u64>> = HashMap::new();
        for ((from, to), count) in ways {
            let (Some(place), Some(next)) = (self.place(*from), self.place(*to)) else { continue };
            let op = self.machine.verified().image().code.get(*from as usize).map(|instr| instr.op);
            match op {
                Some(Op::Switch) => match self.spans.run(place) {
                    Some(run) => {
                        let held = looks.entry(place).or_insert_with(|| vec![0; run.len() + 1]);
                        if let Some(held) = held.get_mut(holds(run, next).unwrap_or(run.len())) {
                            *held = held.saturating_add(*count);
                        }
                    }
                    None => self.decided(place, next, *count, true),
                },
                Some(
                    Op::BrHours
                    | Op::BrOn
                    | Op::BrPhone
                    | Op::BrText
                    | Op::BrEnumIs
                    | Op::BrEnumIn
                    | Op::BrNumber
                    | Op::BrFlag
                    | Op::BrFlagIs
                    | Op::BrMissing
                    | Op::BrLanguage,
                ) => self.decided(place, next, *count, false),
                _ => {}
            }
        }
        for (place, held) in &looks {
            if let Some(run) = self.spans.run(*place) {
                self.rules(run, held);
            }
        }
    }

    /// Rules that share one look at a variable: those in front of the one that held did not.
    fn rules(&self, run: &[When], held: &[u64]) {
        let mut calls = held.iter().fold(0_u64, |calls, held| calls.saturating_add(*held));
        for (when, held) in run.iter().zip(held) {
            self.spans.step(when.step, calls);
            self.spans.held(when.step, true, *held);
            self.spans.held(when.step, false, calls.saturating_sub(*held));
            // Behind a rule that has let the call go on the others are passed at once: none of them can hold as well.
            if !when.falls {
                calls = calls.saturating_sub(*held);
            }
        }
    }

    /// A condition is left: it held if the call went on in its block.
    fn decided(&self, place: Place, next: Place, count: u64, shared: bool) {
        let Some(mut chain) = self.spans.when_at(place) else { return };
        if !shared && inside(chain.when.step, next) {
            // Its next part.
            return;
        }
        loop {
            let held = chain.when.then.is_some_and(|then| inside(then, next));
            self.spans.held(chain.when.step, held, count);
            let Chain { otherwise: Some(behind), .. } = chain else { return };
            if held || !shared || inside(behind, next) {
                return;
            }
            // One look decided several of `when … else when …`.
            let Some(following) = self.spans.when_at(behind) else { return };
            self.spans.step(behind, count);
            chain = following;
        }
    }

    /// The menu or collect of an instruction that asks it.
    fn gather(&self, address: u32) -> Option<Place> {
        let index = self.machine.verified().image().code.get(address as usize)?.b;
        self.place(*self.gathers.get(&index)?)
    }
}

/// Which of these rules led here.
fn holds(run: &[When], next: Place) -> Option<usize> {
    let at = run.partition_point(|when| when.step.span.start <= next.span.start).checked_sub(1)?;
    run.get(at)?.then.is_some_and(|then| inside(then, next)).then_some(at)
}

fn inside(outer: Place, inner: Place) -> bool {
    outer.file == inner.file && outer.span.contains(inner.span)
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn a_hundred_means_all() {
        for (all, covered, text) in [(0, 0, "100%"), (3, 3, "100%"), (3, 2, "66.6%"), (10_000, 9_999, "99.9%"), (3, 0, "0.0%")] {
            assert_eq!(percent((all, covered)), text);
        }
    }
}
