//! Which variables must be kept at a suspension: those that a later step may read before it writes them.
//!
//! For each variable by itself, backwards from where it is read, so the work grows with the stretches of the program on which
//! variables are in use, and not with blocks times variables. A flow's end leads to all continuations of all its callers.

use callroute_analysis::typed::{FlowId, VarId};
use callroute_diagnostics::{Code, Diagnostic, Place};

use crate::graph::{BlockId, Blocks, End, Event};
use crate::pool::Pools;
use crate::records::Records;

/// The most work, in visits of a block for a variable.
const MAX_WORK: u64 = 200_000_000;
/// The most variables kept, added up over all suspensions.
const MAX_KEPT: u64 = 8_000_000;

/// Finds what is kept at every suspension, and writes it into the records. `always` is read whatever happens, `never` has
/// no value whatever happens.
pub(crate) fn live(
    blocks: &Blocks,
    records: &mut Records,
    pools: &Pools,
    always: &[VarId],
    never: &[VarId],
    flows: usize,
) -> Result<(), Box<Diagnostic>> {
    let before = predecessors(blocks, flows);
    let ends = blocks.len();
    let (mut exposed, written) = local(blocks, pools);
    for var in always {
        if let Err(at) = exposed.binary_search_by_key(var, |(var, _)| *var) {
            exposed.insert(at, (*var, Vec::new()));
        }
    }
    let mut seen = vec![0u32; ends];
    let (mut work, mut kept) = (0u64, 0u64);
    let suspensions: Vec<BlockId> = blocks.iter().filter(|(_, block)| matches!(block.end, End::Record { .. })).map(|(id, _)| id).collect();
    for (round, (var, readers)) in (1u32..).zip(&exposed) {
        let Some(number) = pools.kept(*var) else { continue };
        if never.contains(var) {
            continue;
        }
        // Blocks at whose beginning the variable is in use.
        let mut open: Vec<BlockId> = readers.clone();
        let everywhere: &[BlockId] = if always.contains(var) { &suspensions } else { &[] };
        let mut at_end: Vec<BlockId> = everywhere.to_vec();
        loop {
            let end = match at_end.pop() {
                Some(end) => end,
                None => match open.pop() {
                    Some(block) => {
                        at_end.extend(before.of(block));
                        continue;
                    }
                    None => break,
                },
            };
            work = work.saturating_add(1);
            match seen.get_mut(end as usize) {
                Some(seen) if *seen != round => *seen = round,
                _ => continue,
            }
            if let End::Record { kind, record, .. } = blocks.get(end).end
                && let Some(live) = records.live(kind, record)
            {
                live.push(number);
                kept = kept.saturating_add(1);
            }
            if written.get(end as usize).is_none_or(|written| written.binary_search(var).is_err()) {
                open.push(end);
            }
        }
        if work > MAX_WORK || kept > MAX_KEPT {
            let message = "this script keeps too many values while a call waits";
            let help = "split it into scripts of their own, or use fewer inputs";
            return Err(Box::new(Diagnostic::new(Code::TooMuchKept, Place::default(), message).help(help)));
        }
    }
    Ok(())
}

/// For each variable that some block reads before it writes it, in order: those blocks; and for each block what it writes.
#[expect(clippy::type_complexity, reason = "two lists that are made together")]
fn local(blocks: &Blocks, pools: &Pools) -> (Vec<(VarId, Vec<BlockId>)>, Vec<Vec<VarId>>) {
    let mut reads: Vec<(VarId, BlockId)> = Vec::new();
    let mut all_written = Vec::with_capacity(blocks.len());
    for (id, block) in blocks.iter() {
        let mut written: Vec<VarId> = Vec::new();
        let mut sorted = true;
        for event in &block.events {
            match event {
                Event::Write(var) => {
                    sorted &= written.last().is_none_or(|last| last < var);
                    written.push(*var);
                }
                Event::Read(var) => {
                    if !sorted {
                        written.sort_unstable();
                        written.dedup();
                        sorted = true;
                    }
                    if written.binary_search(var).is_err() && pools.kept(*var).is_some() {
                        reads.push((*var, id));
                    }
                }
            }
        }
        written.sort_unstable();
        written.dedup();
        all_written.push(written);
    }
    reads.sort_unstable();
    reads.dedup();
    let mut exposed: Vec<(VarId, Vec<BlockId>)> = Vec::new();
    for (var, block) in reads {
        match exposed.last_mut() {
            Some((last, readers)) if *last == var => readers.push(block),
            _ => exposed.push((var, vec![block])),
        }
    }
    (exposed, all_written)
}

/// Where each block can be entered from: `from[starts[block]..starts[block + 1]]`.
struct Predecessors {
    starts: Vec<usize>,
    from: Vec<BlockId>,
}

impl Predecessors {
    fn of(&self, block: BlockId) -> &[BlockId] {
        let at = block as usize;
        match (self.starts.get(at), self.starts.get(at.saturating_add(1))) {
            (Some(start), Some(end)) => self.from.get(*start..*end).unwrap_or_default(),
            _ => &[],
        }
    }
}

fn predecessors(blocks: &Blocks, flows: usize) -> Predecessors {
    let mut continuations: Vec<Vec<BlockId>> = vec![Vec::new(); flows];
    for (_, block) in blocks.iter() {
        if let End::Call { callee, next, .. } = &block.end
            && let Some(list) = continuations.get_mut(callee.index())
        {
            list.push(*next);
        }
    }
    // Callers of a flow by the thousand times ends of it: one end per flow keeps this small.
    let returns = |flow: FlowId| continuations.get(flow.index()).map(Vec::as_slice).unwrap_or_default();
    let mut edges: Vec<(BlockId, BlockId)> = Vec::new();
    for (id, block) in blocks.iter() {
        match &block.end {
            // The continuation follows the callee's end, not the call.
            End::Call { entry, .. } => edges.push((*entry, id)),
            End::Return(flow) => edges.extend(returns(*flow).iter().map(|next| (*next, id))),
            end => {
                end.hard(|next| edges.push((next, id)));
                end.soft(|next| edges.push((next, id)));
                // A gather may be asked again, and then reads its own values once more.
                if let End::Record { kind: crate::graph::Kind::Gather, .. } = end {
                    edges.push((id, id));
                }
            }
        }
    }
    edges.sort_unstable();
    edges.dedup();
    let mut starts = Vec::with_capacity(blocks.len().saturating_add(1));
    let mut at = 0;
    for block in 0..=u32::try_from(blocks.len()).unwrap_or(u32::MAX) {
        while edges.get(at).is_some_and(|(to, _)| *to < block) {
            at += 1;
        }
        starts.push(at);
    }
    Predecessors { starts, from: edges.into_iter().map(|(_, from)| from).collect() }
}
