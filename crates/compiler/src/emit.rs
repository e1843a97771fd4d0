//! From blocks in order to instructions: jumps where the next block is not the one that follows, records into the image,
//! targets from blocks to addresses, and where every instruction comes from.

use callroute_bytecode::image::{Image, SpanEntry};
use callroute_bytecode::op::{Instr, Op};
use callroute_diagnostics::Place;

use crate::graph::{BlockId, Blocks, End, Kind};
use crate::lower::instr;
use crate::records::{Records, map_targets};

/// What stands for the address of a block that is not in the code; no jump leads there.
const NOWHERE: u32 = u32::MAX;

struct Emit<'a> {
    blocks: &'a Blocks,
    image: &'a mut Image,
    records: Records,
    /// By gather record in the making: 1 + its index in the image.
    gathers: Vec<u32>,
    /// Instructions whose `c` is still a block.
    jumps: Vec<usize>,
}

/// Writes the code of the blocks in `order`. `threaded` leads from a block to where it really goes.
pub(crate) fn emit(blocks: &Blocks, order: &[BlockId], threaded: &[BlockId], entry: BlockId, records: Records, image: &mut Image) {
    let mut addresses = vec![NOWHERE; blocks.len()];
    let gathers = vec![0; records.gathers.len()];
    let mut emit = Emit { blocks, image, records, gathers, jumps: Vec::new() };
    for (at, id) in order.iter().enumerate() {
        let block = blocks.get(*id);
        if let Some(address) = addresses.get_mut(*id as usize) {
            *address = emit.here();
        }
        for (instr, place) in &block.instrs {
            emit.put(*instr, *place);
        }
        emit.end(&block.end, order.get(at + 1).copied(), block.place);
    }
    let Emit { image, jumps, .. } = emit;
    let address = |block: BlockId| {
        let block = threaded.get(block as usize).copied().unwrap_or(block);
        addresses.get(block as usize).copied().unwrap_or(NOWHERE)
    };
    for jump in jumps {
        if let Some(instr) = image.code.get_mut(jump) {
            instr.c = address(instr.c);
        }
    }
    map_targets(image, address);
    image.entry = address(entry);
}

impl Emit<'_> {
    fn here(&self) -> u32 {
        u32::try_from(self.image.code.len()).unwrap_or(NOWHERE)
    }

    fn put(&mut self, instr: Instr, place: Place) {
        let entry = SpanEntry { address: self.here(), file: place.file.0, start: place.span.start, end: place.span.end };
        let same = |last: &SpanEntry| (last.file, last.start, last.end) == (entry.file, entry.start, entry.end);
        if !self.image.spans.last().is_some_and(same) {
            self.image.spans.push(entry);
        }
        self.image.code.push(instr);
    }

    /// An instruction that jumps to a block.
    fn jump(&mut self, instr: Instr, to: BlockId, place: Place) {
        self.jumps.push(self.image.code.len());
        self.put(Instr { c: to, ..instr }, place);
    }

    /// Goes to a block, by doing nothing if it follows.
    fn go_on(&mut self, to: BlockId, next: Option<BlockId>, place: Place) {
        if next == Some(to) {
            return;
        }
        let block = self.blocks.get(to);
        match &block.end {
            // An end costs no more than the jump to it.
            end @ (End::Stop(_) | End::Return(_) | End::Go(_)) if block.instrs.is_empty() => self.end(end, None, block.place),
            _ => self.jump(instr(Op::Goto, 0, 0), to, place),
        }
    }

    fn gather(&mut self, record: u32) -> u32 {
        match self.gathers.get(record as usize) {
            Some(0) => {
                let index = self.records.give(Kind::Gather, record, self.image);
                if let Some(slot) = self.gathers.get_mut(record as usize) {
                    *slot = index.saturating_add(1);
                }
                index
            }
            Some(known) => known - 1,
            None => NOWHERE,
        }
    }

    fn end(&mut self, end: &End, next: Option<BlockId>, place: Place) {
        match end {
            End::Goto(to) => self.go_on(*to, next, place),
            End::Branch { instr, yes, no } => {
                // The flag says on which answer to jump; the other one goes on.
                let (flag, jump, other) = if next == Some(*yes) { (0, *no, *yes) } else { (1, *yes, *no) };
                self.jump(Instr { flag: instr.flag | flag, ..*instr }, jump, place);
                self.go_on(other, next, place);
            }
            End::Table { instr, found, missing } => {
                let record = self.records.give_table(instr.b, self.image);
                self.jump(Instr { b: record, ..*instr }, *missing, place);
                self.go_on(*found, next, place);
            }
            End::Record { kind, record, .. } => {
                let made = match kind {
                    Kind::Switch => {
                        let subject = self.records.subjects.get(*record as usize).copied().unwrap_or(u16::MAX);
                        instr(Op::Switch, subject, self.records.give(Kind::Switch, *record, self.image))
                    }
                    Kind::Gather => instr(Op::Gather, 0, self.gather(*record)),
                    other => instr(operation(*other), 0, self.records.give(*other, *record, self.image)),
                };
                self.put(made, place);
            }
            End::Repeat { record, .. } => {
                let record = self.gather(*record);
                self.put(instr(Op::Repeat, 0, record), place);
            }
            End::Retry { record, flag, otherwise, .. } => {
                let record = self.gather(*record);
                self.jump(Instr { flag: *flag, ..instr(Op::Retry, 0, record) }, *otherwise, place);
            }
            End::Call { entry, next: behind, .. } => {
                self.jump(instr(Op::Call, 0, 0), *entry, place);
                self.go_on(*behind, next, place);
            }
            End::Go(to) => self.jump(instr(Op::Go, 0, 0), *to, place),
            End::Return(_) => self.put(instr(Op::Return, 0, 0), place),
            End::Stop(made) => self.put(*made, place),
        }
    }
}

fn operation(kind: Kind) -> Op {
    match kind {
        Kind::Switch => Op::Switch,
        Kind::Split => Op::Split,
        Kind::Gather => Op::Gather,
        Kind::Dial => Op::Dial,
        Kind::Lookup => Op::Lookup,
        Kind::Voicemail => Op::Voicemail,
        Kind::Action => Op::Action,
    }
}
