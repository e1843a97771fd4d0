//! The control-flow graph between the typed program and the code: basic blocks, what ends them, and their order.
//!
//! The code is laid out so that a jump within one answer goes forward. Edges behind a gather (menu or collect) are *soft*: an
//! event, or a key typed ahead, lies between. All others are *hard*, and the checker promises that every cycle has a soft edge.

use callroute_analysis::typed::{FlowId, VarId};
use callroute_bytecode::op::Instr;
use callroute_diagnostics::Place;

/// A block, by its number in [`Blocks`].
pub(crate) type BlockId = u32;

/// What happens to a variable, in the order of execution.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Event {
    Read(VarId),
    Write(VarId),
}

/// Instructions that run one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// Without those that jump.
    pub instrs: Vec<(Instr, Place)>,
    /// What the instructions and the end read and write; writes in front happen on the way into the block.
    pub events: Vec<Event>,
    /// How it ends.
    pub end: End,
    /// Where the end comes from.
    pub place: Place,
}

/// Which vector of [`crate::records::Records`] a record is in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Switch,
    Split,
    Gather,
    Dial,
    Lookup,
    Voicemail,
    Action,
}

/// How a block ends.
#[derive(Clone, Debug)]
pub(crate) enum End {
    Goto(BlockId),
    /// An instruction that jumps on the outcome in bit 0 of its flag.
    Branch {
        instr: Instr,
        yes: BlockId,
        no: BlockId,
    },
    /// An instruction that falls through, or jumps when there is no row.
    Table {
        instr: Instr,
        found: BlockId,
        missing: BlockId,
    },
    /// A record with targets of its own; they stand here too.
    Record {
        kind: Kind,
        record: u32,
        targets: Vec<BlockId>,
    },
    /// Asks a gather (the block that has it) again, without using a try.
    Repeat {
        record: u32,
        gather: BlockId,
    },
    /// Asks again with a try used; the flag as in the opcode.
    Retry {
        record: u32,
        gather: BlockId,
        flag: u8,
        otherwise: BlockId,
    },
    /// Runs a flow, and goes on.
    Call {
        caller: FlowId,
        callee: FlowId,
        entry: BlockId,
        next: BlockId,
    },
    /// Drops what waits.
    Go(BlockId),
    /// Back to whoever ran the flow.
    Return(FlowId),
    /// An instruction after which nothing comes.
    Stop(Instr),
}

impl End {
    /// Calls `each` with every hard successor. Those that had best stand right behind come last.
    pub fn hard(&self, mut each: impl FnMut(BlockId)) {
        match self {
            Self::Goto(next) | Self::Go(next) => each(*next),
            // Blocks are made from the back of the script to its front, so the younger one is written first.
            Self::Branch { yes, no, .. } => {
                each(*yes.min(no));
                each(*yes.max(no));
            }
            Self::Table { found, missing, .. } => {
                each(*missing);
                each(*found);
            }
            Self::Record { kind: Kind::Gather, .. } | Self::Repeat { .. } | Self::Return(_) | Self::Stop(_) => {}
            Self::Record { targets, .. } => targets.iter().rev().for_each(|target| each(*target)),
            Self::Retry { otherwise, .. } => each(*otherwise),
            Self::Call { entry, next, .. } => {
                each(*entry);
                each(*next);
            }
        }
    }

    /// Calls `each` with every soft successor.
    pub fn soft(&self, mut each: impl FnMut(BlockId)) {
        match self {
            Self::Record { kind: Kind::Gather, targets, .. } => targets.iter().for_each(|target| each(*target)),
            Self::Repeat { gather, .. } | Self::Retry { gather, .. } => each(*gather),
            _ => {}
        }
    }

    /// Changes every successor.
    fn map(&mut self, map: impl Fn(BlockId) -> BlockId) {
        let change = |block: &mut BlockId| *block = map(*block);
        match self {
            Self::Goto(next) | Self::Go(next) => change(next),
            Self::Branch { yes, no, .. } => {
                change(yes);
                change(no);
            }
            Self::Table { found, missing, .. } => {
                change(found);
                change(missing);
            }
            Self::Record { targets, .. } => targets.iter_mut().for_each(change),
            Self::Repeat { gather, .. } => change(gather),
            Self::Retry { gather, otherwise, .. } => {
                change(gather);
                change(otherwise);
            }
            Self::Call { entry, next, .. } => {
                change(entry);
                change(next);
            }
            Self::Return(_) | Self::Stop(_) => {}
        }
    }
}

/// All blocks.
#[derive(Debug)]
pub(crate) struct Blocks {
    list: Vec<Block>,
    /// What a number that nobody has stands for.
    none: Block,
}

impl Blocks {
    pub fn new() -> Self {
        Self { list: Vec::new(), none: Block { instrs: Vec::new(), events: Vec::new(), end: End::Goto(0), place: Place::default() } }
    }

    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// A new block.
    pub fn add(&mut self, events: Vec<Event>, end: End, place: Place) -> BlockId {
        self.list.push(Block { instrs: Vec::new(), events, end, place });
        u32::try_from(self.list.len() - 1).unwrap_or(u32::MAX)
    }

    pub fn get(&self, block: BlockId) -> &Block {
        self.list.get(block as usize).unwrap_or(&self.none)
    }

    pub fn get_mut(&mut self, block: BlockId) -> &mut Block {
        self.list.get_mut(block as usize).unwrap_or(&mut self.none)
    }

    pub fn iter(&self) -> impl Iterator<Item = (BlockId, &Block)> {
        (0..).zip(&self.list)
    }

    /// Leads every jump to a block that only jumps on to where that leads. Gives the new target of every block.
    pub fn thread(&mut self) -> Vec<BlockId> {
        let mut to: Vec<BlockId> = (0..).take(self.list.len()).collect();
        // A target is mostly made before what jumps to it, so that one pass sees it threaded already.
        for at in 0..self.list.len() {
            let Some(block) = self.list.get_mut(at) else { break };
            block.end.map(|target| follow(&to, target));
            if let End::Branch { yes, no, .. } = block.end
                && yes == no
            {
                block.end = End::Goto(yes);
            }
            if let End::Goto(next) = block.end
                && block.instrs.is_empty()
                && let Some(to) = to.get_mut(at)
            {
                *to = next;
            }
        }
        // What was made later than what jumps to it: the entries of flows.
        let last: Vec<BlockId> = (0..).take(to.len()).map(|block| follow(&to, block)).collect();
        for block in &mut self.list {
            block.end.map(|target| last.get(target as usize).copied().unwrap_or(target));
        }
        last
    }

    /// The blocks that can be reached from `entry`, in an order in which every hard edge leads forward.
    ///
    /// # Errors
    /// A cycle of hard edges: its blocks, each leading to the next, the last to the first.
    pub fn order(&self, entry: BlockId) -> Result<Vec<BlockId>, Vec<BlockId>> {
        // What begins an answer, in the order of the script.
        let roots = self.roots(entry);
        let mut state = vec![State::New; self.list.len()];
        let mut done = Vec::new();
        let mut path: Vec<(BlockId, Vec<BlockId>)> = Vec::new();
        // Reversed post-order: what is begun last comes first.
        for root in roots.into_iter().rev() {
            if let Some(state @ State::New) = state.get_mut(root as usize) {
                *state = State::Open;
                path.push((root, self.hard_reversed(root)));
            }
            while let Some((block, left)) = path.last_mut() {
                let Some(next) = left.pop() else {
                    done.push(*block);
                    if let Some(state) = state.get_mut(*block as usize) {
                        *state = State::Done;
                    }
                    path.pop();
                    continue;
                };
                match state.get_mut(next as usize) {
                    Some(state @ State::New) => {
                        *state = State::Open;
                        path.push((next, self.hard_reversed(next)));
                    }
                    Some(State::Open) => {
                        let cycle = path.iter().map(|(block, _)| *block).skip_while(|block| *block != next);
                        return Err(cycle.collect());
                    }
                    Some(State::Done) | None => {}
                }
            }
        }
        done.reverse();
        Ok(done)
    }

    fn hard_reversed(&self, block: BlockId) -> Vec<BlockId> {
        let mut list = Vec::new();
        self.get(block).end.hard(|next| list.push(next));
        // Taken from the back.
        list.reverse();
        list
    }

    /// `entry` and every block behind a soft edge that can be reached from it.
    fn roots(&self, entry: BlockId) -> Vec<BlockId> {
        let mut roots = vec![entry];
        let mut seen = vec![false; self.list.len()];
        let mut open = vec![entry];
        while let Some(block) = open.pop() {
            match seen.get_mut(block as usize) {
                Some(seen @ false) => *seen = true,
                _ => continue,
            }
            let end = &self.get(block).end;
            end.hard(|next| open.push(next));
            let first = open.len();
            // What asks again stands behind its gather, and so adds nothing.
            if let End::Record { kind: Kind::Gather, targets, .. } = end {
                roots.extend(targets);
                open.extend(targets);
            }
            if let Some(soft) = open.get_mut(first..) {
                soft.reverse();
            }
        }
        roots
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    New,
    Open,
    Done,
}

/// Where a chain of empty blocks ends. A circle of them ends somewhere: it is refused as a cycle later.
fn follow(to: &[BlockId], mut block: BlockId) -> BlockId {
    for _ in 0..to.len() {
        match to.get(block as usize) {
            Some(next) if *next != block => block = *next,
            _ => break,
        }
    }
    block
}
