//! Why a decision was made: what the machine did, step by step. Without a tracer this costs nothing.

use callroute_bytecode::op::Op;
use callroute_calendar::Zone;

/// One step of a decision.
#[derive(Clone, Copy, Debug)]
pub struct Step<'s> {
    /// The instruction; [`crate::Program::place`] says where in the script it comes from.
    pub address: u32,
    /// What it does.
    pub op: Op,
    /// The variable that was looked at or set.
    pub subject: Option<&'s str>,
    /// Its value. `None` when it is missing; of a secret it is `(secret)`.
    pub value: Option<&'s str>,
    /// The clock that was read: its zone, and seconds since 1970-01-01T00:00:00Z.
    pub clock: Option<(Zone, i64)>,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a step.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Outcome {
    /// A test: whether it holds.
    Holds(bool),
    /// A choice among several ways: this one, counted from 0; `None` when none matched.
    Chose(Option<u32>),
    /// It was done.
    Done,
    /// It was asked of the host, and the answer was given.
    Asked,
    /// It was over before it was asked.
    Skipped,
    /// This came of what was asked, in the words of a script: `busy`, `no-answer`, `found`, `late`, `full`, `timeout` (silence at a menu),
    /// `invalid`, `key`, `ok`, `failed` …
    Reported(&'static str),
}

/// Hears of every step.
pub trait Tracer {
    /// A step was taken.
    fn step(&mut self, step: &Step<'_>);
}

/// Inside the machine: a tracer, or nothing at all.
pub(crate) trait Trace {
    const ON: bool;
    fn step(&mut self, step: &Step<'_>);
}

impl Trace for () {
    const ON: bool = false;
    #[inline(always)]
    fn step(&mut self, _: &Step<'_>) {}
}

impl Trace for &mut dyn Tracer {
    const ON: bool = true;
    fn step(&mut self, step: &Step<'_>) {
        Tracer::step(*self, step);
    }
}
