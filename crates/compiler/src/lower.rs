//! From steps to blocks.
//!
//! Blocks are made from the back to the front: a step is given the block at which the call goes on behind it, and gives the block
//! at which it begins itself. What a step's record holds is in `steps`, conditions are in `cond`, rules and switches in `rules`.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use callroute_analysis::typed::{
    Builtin, FlowId, GatherId, Operand, Program, PromptItem, SetValue, Settle, Step, StepKind, VarId, Voicemail,
};
use callroute_bytecode::image;
use callroute_bytecode::op::{Instr, Op};
use callroute_diagnostics::{Code, Diagnostic, Place};

use crate::falls::Falls;
use crate::graph::{BlockId, Blocks, End, Event};
use crate::pool::Pools;
use crate::reads::{self, Definitions, Reads, Usage};
use crate::records::Records;

/// How deep steps and conditions may stand in each other: the language's own limit on brackets, with room for `else`.
const MAX_DEPTH: u32 = 300;
/// The most blocks; more instructions than this would be refused anyway.
const MAX_BLOCKS: usize = 4_000_000;

/// A caller and a flow that it runs.
pub(crate) type CallPair = (FlowId, FlowId);

/// A flow that was begun.
#[derive(Clone, Copy, Debug)]
struct FlowBlocks {
    entry: BlockId,
    /// Where its steps end.
    exit: BlockId,
}

/// A menu or collect whose arms are being made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OpenGather {
    pub record: u32,
    pub block: BlockId,
    pub otherwise: BlockId,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Lower<'a> {
    pub program: &'a Program,
    pub definitions: &'a Definitions,
    pub usage: &'a Usage,
    pub pools: &'a mut Pools,
    pub blocks: Blocks,
    pub records: Records,
    pub falls: Falls<'a>,
    pub problems: Vec<Diagnostic>,
    /// Flows that are written out where they are run.
    inline: &'a HashSet<CallPair>,
    /// The flow whose steps are being made.
    flow: FlowId,
    flows: Vec<Option<FlowBlocks>>,
    /// Flows that were begun and have no steps yet.
    waiting: Vec<FlowId>,
    pub gathers: HashMap<GatherId, OpenGather>,
    full: bool,
}

/// The steps of a block that become something together.
enum Piece {
    /// Those that do not branch.
    Plain(Range<usize>),
    /// Rules that share a switch.
    Rules(Range<usize>),
    /// One that branches, or waits, or ends.
    One(usize),
}

impl<'a> Lower<'a> {
    /// Makes the blocks of `main` and of every flow that it can come to. Gives the block at which a call begins.
    pub fn program(
        program: &'a Program,
        definitions: &'a Definitions,
        usage: &'a Usage,
        pools: &'a mut Pools,
        inline: &'a HashSet<CallPair>,
    ) -> (Self, BlockId) {
        let mut lower = Self {
            program,
            definitions,
            usage,
            pools,
            blocks: Blocks::new(),
            records: Records::default(),
            falls: Falls::new(program),
            problems: Vec::new(),
            inline,
            flow: FlowId(0),
            flows: vec![None; program.flows.len()],
            waiting: Vec::new(),
            gathers: HashMap::new(),
            full: false,
        };
        let entry = lower.flow_blocks(FlowId(0)).entry;
        while let Some(flow) = lower.waiting.pop() {
            let Some(def) = program.flows.get(flow.index()) else { continue };
            let FlowBlocks { entry, exit } = lower.flow_blocks(flow);
            lower.flow = flow;
            let body = lower.steps(&def.body, exit, 0);
            lower.blocks.get_mut(entry).end = End::Goto(body);
        }
        (lower, entry)
    }

    /// The first and the last block of a flow.
    fn flow_blocks(&mut self, flow: FlowId) -> FlowBlocks {
        if let Some(Some(known)) = self.flows.get(flow.index()) {
            return *known;
        }
        let place = self.program.flows.get(flow.index()).map(|flow| flow.place).unwrap_or_default();
        let end = if flow == FlowId(0) { End::Stop(instr(Op::End, 0, 0)) } else { End::Return(flow) };
        let exit = self.blocks.add(Vec::new(), end, place);
        let entry = self.blocks.add(Vec::new(), End::Goto(exit), place);
        let made = FlowBlocks { entry, exit };
        if let Some(slot) = self.flows.get_mut(flow.index()) {
            *slot = Some(made);
            self.waiting.push(flow);
        }
        made
    }

    /// Whether it is time to stop; says so once.
    pub fn too_deep(&mut self, depth: u32) -> bool {
        let full = self.blocks.len() > MAX_BLOCKS;
        if (full || depth > MAX_DEPTH) && !self.full {
            self.full = true;
            self.problems.push(if full {
                Diagnostic::new(Code::ScriptTooLong, Place::default(), "this script is too long to be compiled")
                    .help("lists and tables of many rows belong into CSV files")
            } else {
                Diagnostic::new(Code::StepsTooDeep, Place::default(), "steps of this script stand too deep in each other")
                    .help("move inner steps into flows of their own, and run these by `do`")
            });
        }
        self.full
    }

    /// The steps, with `next` behind them.
    pub fn steps(&mut self, steps: &'a [Step], next: BlockId, depth: u32) -> BlockId {
        if self.too_deep(depth) {
            return next;
        }
        let steps = self.falls.reached(steps);
        let mut entry = next;
        for piece in self.pieces(steps).into_iter().rev() {
            entry = match piece {
                Piece::Plain(range) => self.plain(steps.get(range).unwrap_or_default(), entry),
                Piece::Rules(range) => self.rules(steps.get(range).unwrap_or_default(), entry, depth),
                Piece::One(at) => match steps.get(at) {
                    Some(step) => self.step(step, entry, depth),
                    None => entry,
                },
            };
        }
        entry
    }

    /// An optional block, or what comes instead.
    pub fn arm(&mut self, steps: Option<&'a Vec<Step>>, instead: BlockId, next: BlockId, depth: u32) -> BlockId {
        match steps {
            Some(steps) => self.steps(steps, next, depth + 1),
            None => instead,
        }
    }

    fn pieces(&mut self, steps: &'a [Step]) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut at = 0;
        while at < steps.len() {
            let rest = steps.get(at..).unwrap_or_default();
            let plain = rest.iter().take_while(|step| is_plain(step)).count();
            let rules = if plain == 0 { self.run_of_rules(rest) } else { 0 };
            let (piece, len) = match (plain, rules) {
                (0, 0 | 1) => (Piece::One(at), 1),
                (0, rules) => (Piece::Rules(at..at + rules), rules),
                (plain, _) => (Piece::Plain(at..at + plain), plain),
            };
            pieces.push(piece);
            at += len;
        }
        pieces
    }

    /// Steps that fall through, as one block.
    fn plain(&mut self, steps: &'a [Step], next: BlockId) -> BlockId {
        let mut instrs = Vec::new();
        let mut reads = Reads::default();
        let mut events = Vec::new();
        for step in steps {
            let mut write = None;
            let made = match &step.kind {
                StepKind::Say(item) => {
                    reads.prompt(self.definitions, item);
                    Some(instr(Op::Say, 0, self.prompt(item)))
                }
                StepKind::Tag(template) => {
                    reads.template(template);
                    Some(instr(Op::Tag, 0, self.pools.template(template)))
                }
                StepKind::Set { var, value } => {
                    write = Some(*var);
                    self.set(*var, value, &mut reads)
                }
                _ => None,
            };
            let Some(made) = made else { continue };
            instrs.push((made, step.place));
            events.extend(reads.vars.drain(..).map(Event::Read));
            events.extend(write.map(Event::Write));
        }
        if instrs.is_empty() {
            return next;
        }
        let place = steps.last().map(|step| step.place).unwrap_or_default();
        let block = self.blocks.add(events, End::Goto(next), place);
        self.blocks.get_mut(block).instrs = instrs;
        block
    }

    fn set(&mut self, var: VarId, value: &SetValue, reads: &mut Reads) -> Option<Instr> {
        let seen = self.usage.is_read(var) || Builtin::ALL.iter().any(|builtin| builtin.var() == var);
        if !seen {
            return None;
        }
        let to = self.pools.var(var);
        Some(match value {
            SetValue::Operand(operand) => {
                reads.operand(operand);
                instr(Op::Set, to, self.pools.operand(operand).0)
            }
            SetValue::Template(template) => match reads::constant_text(template) {
                Some(text) => instr(Op::Set, to, image::Operand::constant(self.pools.text(&text)).0),
                None => {
                    reads.template(template);
                    instr(Op::SetText, to, self.pools.template(template))
                }
            },
        })
    }

    pub fn prompt(&mut self, item: &PromptItem) -> u32 {
        self.pools.prompt(self.program, item)
    }

    /// A block with one record or jump at its end.
    pub fn end(&mut self, reads: Reads, end: End, place: Place) -> BlockId {
        self.blocks.add(reads.vars.into_iter().map(Event::Read).collect(), end, place)
    }

    /// A block in which an arm's values are written, on the way to the arm.
    pub fn written(&mut self, vars: impl IntoIterator<Item = VarId>, next: BlockId, place: Place) -> BlockId {
        let events: Vec<Event> = vars.into_iter().map(Event::Write).collect();
        if events.is_empty() { next } else { self.blocks.add(events, End::Goto(next), place) }
    }

    fn step(&mut self, step: &'a Step, next: BlockId, depth: u32) -> BlockId {
        let place = step.place;
        match &step.kind {
            StepKind::When { .. } => self.when(step, next, depth),
            StepKind::Switch { arms, otherwise, .. } => {
                let default = self.arm(otherwise.as_ref(), next, next, depth);
                let arms: Vec<_> = arms.iter().map(|arm| (&arm.cond, arm.body.as_slice())).collect();
                self.exclusive(&arms, default, next, place, depth)
            }
            StepKind::Menu(menu) => self.menu(menu, next, place, depth),
            StepKind::Collect(collect) => self.collect(collect, next, place, depth),
            StepKind::Repeat(id) => match self.gathers.get(id).copied() {
                Some(OpenGather { record, block, .. }) => self.end(Reads::default(), End::Repeat { record, gather: block }, place),
                None => next,
            },
            StepKind::Retry(id) => match self.gathers.get(id).copied() {
                Some(gather) => self.retry(gather, 0, place),
                None => next,
            },
            StepKind::Dial(dial) => self.dial(dial, next, place, depth),
            StepKind::Lookup(lookup) => self.lookup(lookup, next, place, depth),
            StepKind::TableLookup(lookup) => self.table_lookup(lookup, next, place, depth),
            StepKind::Split(split) => self.split(split, next, place, depth),
            StepKind::Voicemail(voicemail) => self.voicemail(voicemail, next, place, depth),
            StepKind::Settle(settle) => self.settle(settle, place),
            StepKind::Go { flow, args } => {
                let entry = self.flow_blocks(*flow).entry;
                let go = self.end(Reads::default(), End::Go(entry), place);
                self.assign(*flow, args, go, place)
            }
            StepKind::Do { flow, args } => self.call(*flow, args, next, place, depth),
            StepKind::Action { action, args, otherwise } => self.action(*action, args, otherwise.as_ref(), next, place, depth),
            StepKind::Say(_) | StepKind::Tag(_) | StepKind::Set { .. } => self.plain(std::slice::from_ref(step), next),
        }
    }

    pub fn retry(&mut self, gather: OpenGather, flag: u8, place: Place) -> BlockId {
        let OpenGather { record, block, otherwise } = gather;
        self.end(Reads::default(), End::Retry { record, gather: block, flag, otherwise }, place)
    }

    fn settle(&mut self, settle: &'a Settle, place: Place) -> BlockId {
        let mut reads = Reads::default();
        reads.settle(settle);
        let made = instr(Op::Settle, 0, self.pools.settle(settle));
        self.end(reads, End::Stop(made), place)
    }

    fn call(&mut self, flow: FlowId, args: &'a [Operand], next: BlockId, place: Place, depth: u32) -> BlockId {
        let caller = self.flow;
        let jump = if self.inline.contains(&(caller, flow))
            && let Some(def) = self.program.flows.get(flow.index())
        {
            self.flow = flow;
            let body = self.steps(&def.body, next, depth + 1);
            self.flow = caller;
            body
        } else {
            let FlowBlocks { entry, exit } = self.flow_blocks(flow);
            // `main` ends the call, unless somebody runs it.
            self.blocks.get_mut(exit).end = End::Return(flow);
            self.end(Reads::default(), End::Call { caller, callee: flow, entry, next }, place)
        };
        self.assign(flow, args, jump, place)
    }

    /// Gives a flow's parameters their values, those that it reads.
    fn assign(&mut self, flow: FlowId, args: &'a [Operand], next: BlockId, place: Place) -> BlockId {
        let Some(def) = self.program.flows.get(flow.index()) else { return next };
        let mut reads = Reads::default();
        let mut pairs = Vec::new();
        let mut written = Vec::new();
        for (param, arg) in def.params.iter().zip(args) {
            if let Some(number) = self.pools.kept(*param) {
                reads.operand(arg);
                pairs.push((number, self.pools.operand(arg)));
                written.push(*param);
            }
        }
        if pairs.is_empty() {
            return next;
        }
        let made = instr(Op::Assign, 0, self.pools.assign(pairs));
        let events = reads.vars.into_iter().map(Event::Read).chain(written.into_iter().map(Event::Write)).collect();
        let block = self.blocks.add(events, End::Goto(next), place);
        self.blocks.get_mut(block).instrs.push((made, place));
        block
    }

    pub fn voicemail(&mut self, voicemail: &'a Voicemail, next: BlockId, place: Place, depth: u32) -> BlockId {
        let mut reads = Reads::default();
        reads.voicemail(voicemail);
        if voicemail.full.is_none() && voicemail.failed.is_none() && voicemail.otherwise.is_none() {
            let made = instr(Op::Voicemail, 0, self.pools.settling_voicemail(voicemail));
            return self.end(reads, End::Stop(made), place);
        }
        let otherwise = self.arm(voicemail.otherwise.as_ref(), next, next, depth);
        let failed = self.arm(voicemail.failed.as_ref(), otherwise, next, depth);
        let full = self.arm(voicemail.full.as_ref(), otherwise, next, depth);
        let record = self.pools.voicemail(voicemail, Some([full, failed]));
        self.record_voicemail(record, reads, place)
    }
}

/// An instruction without a jump.
pub(crate) fn instr(op: Op, a: u16, b: u32) -> Instr {
    Instr { op, flag: 0, a, b, c: 0 }
}

fn is_plain(step: &Step) -> bool {
    matches!(step.kind, StepKind::Say(_) | StepKind::Tag(_) | StepKind::Set { .. })
}
