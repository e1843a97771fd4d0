//! The blocks of a typed step, to walk over them, and copies of blocks.

use std::collections::HashMap;

use callroute_diagnostics::{Code, Place, Span};

use crate::typed::{Block, Collect, Cond, Dial, GatherId, Lookup, Menu, Step, StepKind, TableLookup, Voicemail};
use crate::values::Builder;

/// Steps that copies of shared arms may add to a script.
const MAX_COPIED: usize = 50_000;

impl Cond {
    /// Where it stands, from its first question to its last.
    #[must_use]
    pub fn place(&self) -> Place {
        crate::reach::place_of(self)
    }
}

/// Every block of a step, in source order.
#[must_use]
pub fn blocks(step: &Step) -> Vec<&Block> {
    let mut found: Vec<&Block> = Vec::new();
    match &step.kind {
        StepKind::When { then, otherwise, .. } => {
            found.push(then);
            found.extend(otherwise);
        }
        StepKind::Switch { arms, otherwise, .. } => {
            found.extend(arms.iter().map(|arm| &arm.body));
            found.extend(otherwise);
        }
        StepKind::Menu(Menu { choices, timeout, invalid, otherwise, .. }) => {
            found.extend(choices.iter().map(|choice| &choice.body));
            found.extend([timeout, invalid, otherwise].into_iter().flatten());
        }
        StepKind::Collect(Collect { entered, timeout, invalid, otherwise, .. }) => {
            found.push(entered);
            found.extend([timeout, invalid, otherwise].into_iter().flatten());
        }
        StepKind::Dial(Dial { arms, otherwise, .. }) => {
            found.extend(arms.iter().map(|arm| &arm.body));
            found.extend(otherwise);
        }
        StepKind::Lookup(Lookup { found: row, missing, failed, late, otherwise, .. }) => {
            found.push(row);
            found.extend([missing, failed, late, otherwise].into_iter().flatten());
        }
        StepKind::TableLookup(TableLookup { found: row, missing, otherwise, .. }) => {
            found.push(row);
            found.extend([missing, otherwise].into_iter().flatten());
        }
        StepKind::Split(split) => found.extend(split.arms.iter().map(|arm| &arm.body)),
        StepKind::Voicemail(Voicemail { full, failed, otherwise, .. }) => found.extend([full, failed, otherwise].into_iter().flatten()),
        StepKind::Action { otherwise, .. } => found.extend(otherwise),
        StepKind::Repeat(_)
        | StepKind::Retry(_)
        | StepKind::Say(_)
        | StepKind::Settle(_)
        | StepKind::Go { .. }
        | StepKind::Do { .. }
        | StepKind::Tag(_)
        | StepKind::Set { .. } => {}
    }
    found
}

/// Every block of a step, to be changed.
fn blocks_mut(step: &mut Step) -> Vec<&mut Block> {
    let mut found: Vec<&mut Block> = Vec::new();
    match &mut step.kind {
        StepKind::When { then, otherwise, .. } => {
            found.push(then);
            found.extend(otherwise);
        }
        StepKind::Switch { arms, otherwise, .. } => {
            found.extend(arms.iter_mut().map(|arm| &mut arm.body));
            found.extend(otherwise);
        }
        StepKind::Menu(Menu { choices, timeout, invalid, otherwise, .. }) => {
            found.extend(choices.iter_mut().map(|choice| &mut choice.body));
            found.extend([timeout, invalid, otherwise].into_iter().flatten());
        }
        StepKind::Collect(Collect { entered, timeout, invalid, otherwise, .. }) => {
            found.push(entered);
            found.extend([timeout, invalid, otherwise].into_iter().flatten());
        }
        StepKind::Dial(Dial { arms, otherwise, .. }) => {
            found.extend(arms.iter_mut().map(|arm| &mut arm.body));
            found.extend(otherwise);
        }
        StepKind::Lookup(Lookup { found: row, missing, failed, late, otherwise, .. }) => {
            found.push(row);
            found.extend([missing, failed, late, otherwise].into_iter().flatten());
        }
        StepKind::TableLookup(TableLookup { found: row, missing, otherwise, .. }) => {
            found.push(row);
            found.extend([missing, otherwise].into_iter().flatten());
        }
        StepKind::Split(split) => found.extend(split.arms.iter_mut().map(|arm| &mut arm.body)),
        StepKind::Voicemail(Voicemail { full, failed, otherwise, .. }) => found.extend([full, failed, otherwise].into_iter().flatten()),
        StepKind::Action { otherwise, .. } => found.extend(otherwise),
        StepKind::Repeat(_)
        | StepKind::Retry(_)
        | StepKind::Say(_)
        | StepKind::Settle(_)
        | StepKind::Go { .. }
        | StepKind::Do { .. }
        | StepKind::Tag(_)
        | StepKind::Set { .. } => {}
    }
    found
}

/// The steps of a block, those in its blocks included.
fn count(block: &Block) -> usize {
    block.iter().map(|step| blocks(step).into_iter().map(count).sum::<usize>().saturating_add(1)).fold(0, usize::saturating_add)
}

impl Builder<'_, '_> {
    /// A copy of the body of an arm that has several heads, where every head has a block of its own: its menus and collects get
    /// numbers of their own. Copies of copies could grow without limit, so there is one for the whole script.
    pub fn copy(&mut self, block: &Block, span: Span) -> Block {
        let before = self.copied;
        self.copied = self.copied.saturating_add(count(block));
        if self.copied > MAX_COPIED {
            if before <= MAX_COPIED {
                let error = self
                    .env
                    .diag(Code::TooManySteps, span, "too many steps in arms that have several heads, one inside of the other")
                    .help("put the shared steps into a flow, and `do` it");
                self.env.report(error);
            }
            return Block::new();
        }
        let mut copy = block.clone();
        self.renumber(&mut copy, &mut HashMap::new());
        copy
    }

    fn renumber(&mut self, block: &mut Block, numbers: &mut HashMap<GatherId, GatherId>) {
        for step in block {
            match &mut step.kind {
                StepKind::Menu(Menu { id, .. }) | StepKind::Collect(Collect { id, .. }) => {
                    let new = self.new_gather();
                    numbers.insert(*id, new);
                    *id = new;
                }
                StepKind::Repeat(id) | StepKind::Retry(id) => {
                    if let Some(new) = numbers.get(id) {
                        *id = *new;
                    }
                }
                _ => {}
            }
            for inner in blocks_mut(step) {
                self.renumber(inner, numbers);
            }
        }
    }
}
