//! Steps that wait for an event, or look something up: their records.

use callroute_analysis::typed::{
    self, ActionId, Builtin, Collect, Dial, DialTarget, Lookup, Menu, Operand, Outcome, PromptItem, Split, Step, TableLookup, VarId,
};
use callroute_bytecode::image::{self, Choice, Gather, GatherKind, TargetKind};
use callroute_bytecode::op::Op;
use callroute_diagnostics::Place;

use crate::falls::OUTCOMES;
use crate::graph::{BlockId, End, Kind};
use crate::lower::{Lower, OpenGather, instr};
use crate::reads::Reads;
use crate::records::{self, Targets};

/// The parts of a menu and of a collect that are the same.
struct Asking<'a> {
    id: typed::GatherId,
    prompts: &'a [PromptItem],
    wait: &'a Operand,
    gap: &'a Operand,
    tries: &'a Operand,
    timeout: Option<&'a Vec<Step>>,
    invalid: Option<&'a Vec<Step>>,
    otherwise: Option<&'a Vec<Step>>,
}

impl<'a> Lower<'a> {
    fn record<T: Targets>(
        &mut self,
        mut record: T,
        to: impl FnOnce(&mut records::Records) -> &mut Vec<Option<T>>,
        kind: Kind,
        reads: Reads,
        place: Place,
    ) -> BlockId {
        let targets = record.targets();
        let record = records::add(to(&mut self.records), Some(record));
        self.end(reads, End::Record { kind, record, targets }, place)
    }

    pub(crate) fn record_voicemail(&mut self, record: image::Voicemail, reads: Reads, place: Place) -> BlockId {
        self.record(record, |records| &mut records.voicemails, Kind::Voicemail, reads, place)
    }

    pub(crate) fn menu(&mut self, menu: &'a Menu, next: BlockId, place: Place, depth: u32) -> BlockId {
        let Menu { id, prompts, wait, gap, tries, choices, timeout, invalid, otherwise } = menu;
        let asking = Asking {
            id: *id,
            prompts,
            wait,
            gap,
            tries,
            timeout: timeout.as_ref(),
            invalid: invalid.as_ref(),
            otherwise: otherwise.as_ref(),
        };
        self.gather(&asking, next, place, depth, |lower| {
            let mut made = Vec::with_capacity(choices.len());
            for choice in choices.iter().rev() {
                let body = lower.steps(&choice.body, next, depth + 1);
                let capture = choice.capture.and_then(|var| lower.pools.kept(var).map(|number| (var, number)));
                let target = lower.written(capture.map(|(var, _)| var), body, choice.place);
                made.push(Choice { patterns: choice.patterns.clone(), capture: capture.map(|(_, number)| number), target });
            }
            made.reverse();
            GatherKind::Menu(made)
        })
    }

    pub(crate) fn collect(&mut self, collect: &'a Collect, next: BlockId, place: Place, depth: u32) -> BlockId {
        let Collect { id, min, max, prompts, wait, gap, tries, ending, var, secret, entered, timeout, invalid, otherwise } = collect;
        let asking = Asking {
            id: *id,
            prompts,
            wait,
            gap,
            tries,
            timeout: timeout.as_ref(),
            invalid: invalid.as_ref(),
            otherwise: otherwise.as_ref(),
        };
        self.gather(&asking, next, place, depth, |lower| {
            let body = lower.steps(entered, next, depth + 1);
            let entered = lower.written([*var], body, place);
            GatherKind::Collect { min: *min, max: *max, ending: *ending, secret: *secret, var: lower.pools.var(*var), entered }
        })
    }

    /// A menu or collect. Its block stands alone, because it may be entered again; `arms` makes what it asks for, and can already
    /// ask again.
    fn gather(
        &mut self,
        asking: &Asking<'a>,
        next: BlockId,
        place: Place,
        depth: u32,
        arms: impl FnOnce(&mut Self) -> GatherKind,
    ) -> BlockId {
        let otherwise = self.arm(asking.otherwise, next, next, depth);
        let mut reads = Reads::default();
        reads.operands([asking.wait, asking.gap, asking.tries]);
        for item in asking.prompts {
            reads.prompt(self.definitions, item);
        }
        let record = records::add(&mut self.records.gathers, None);
        let block = self.end(reads, End::Record { kind: Kind::Gather, record, targets: Vec::new() }, place);
        let gather = OpenGather { record, block, otherwise };
        let outer = self.gathers.insert(asking.id, gather);
        // The machine counted the try when it came to the arm.
        let silence = |lower: &mut Self, arm: Option<&'a Vec<Step>>| {
            let arm = arm?;
            let again = lower.retry(gather, 1, place);
            Some(lower.steps(arm, again, depth + 1))
        };
        let invalid = silence(self, asking.invalid);
        let timeout = silence(self, asking.timeout);
        let kind = arms(self);
        match outer {
            Some(outer) => self.gathers.insert(asking.id, outer),
            None => self.gathers.remove(&asking.id),
        };
        let mut made = Gather {
            kind,
            prompts: asking.prompts.iter().map(|item| self.prompt(item)).collect(),
            wait: self.pools.operand(asking.wait),
            gap: self.pools.operand(asking.gap),
            tries: self.pools.operand(asking.tries),
            timeout,
            invalid,
            otherwise,
            live: Vec::new(),
        };
        self.blocks.get_mut(block).end = End::Record { kind: Kind::Gather, record, targets: made.targets() };
        if let Some(slot) = self.records.gathers.get_mut(record as usize) {
            *slot = Some(made);
        }
        block
    }

    pub(crate) fn dial(&mut self, dial: &'a Dial, next: BlockId, place: Place, depth: u32) -> BlockId {
        let mut reads = Reads::default();
        reads.dial(self.definitions, dial);
        let otherwise = self.arm(dial.otherwise.as_ref(), next, next, depth);
        let mut outcomes = [otherwise; 8];
        let mut keys = Vec::new();
        let contact = dial.contact.and_then(|var| self.pools.kept(var).map(|number| (var, number)));
        for arm in dial.arms.iter().rev() {
            let body = self.steps(&arm.body, next, depth + 1);
            for head in arm.heads.iter().rev() {
                match head {
                    Outcome::Key(pattern) => keys.push((*pattern, body)),
                    Outcome::Redirected => {
                        let body = self.written(contact.map(|(var, _)| var), body, arm.place);
                        set_outcome(&mut outcomes, head, body);
                    }
                    _ => set_outcome(&mut outcomes, head, body),
                }
            }
        }
        keys.reverse();
        let options = &dial.options;
        let target = self.dial_target(&dial.target);
        let pools = &mut *self.pools;
        let made = image::Dial {
            target,
            ring_for: pools.opt_operand(options.ring_for.as_ref()),
            until: options.until.map(|(minutes, zone)| (minutes, pools.zone(zone))),
            caller_id: pools.opt_operand(options.caller_id.as_ref()),
            caller_name: pools.opt_template(options.caller_name.as_ref()),
            announce: pools.opt_template(options.announce.as_ref()),
            confirm: pools.opt_template(options.confirm.as_ref()),
            music: pools.opt_template(options.music.as_ref()),
            record: options.record,
            headers: options.headers.iter().map(|(name, value)| (pools.string(name), pools.template(value))).collect(),
            codecs: options.codecs.iter().map(|codec| pools.string(codec)).collect(),
            media_relay: options.media_relay,
            outcomes,
            keys,
            contact: contact.map(|(_, number)| number),
            live: Vec::new(),
        };
        self.record(made, |records| &mut records.dials, Kind::Dial, reads, place)
    }

    fn dial_target(&mut self, target: &DialTarget) -> image::DialTarget {
        let pools = &mut *self.pools;
        match target {
            DialTarget::Group(target) => image::DialTarget::Target(TargetKind::Group, pools.target_ref(target, |id| id.0)),
            DialTarget::Agent(target) => image::DialTarget::Target(TargetKind::Agent, pools.target_ref(target, |id| id.0)),
            DialTarget::Queue(target) => image::DialTarget::Target(TargetKind::Queue, pools.target_ref(target, |id| id.0)),
            DialTarget::Number { to, via } => {
                image::DialTarget::Number(pools.operand(to), via.iter().map(|trunk| pools.target_ref(trunk, |id| id.0)).collect())
            }
        }
    }

    /// The fields of a row that anybody reads: variable, its number, column.
    fn row(&self, row: &[VarId]) -> Vec<(VarId, u16, u32)> {
        (0..).zip(row).filter_map(|(column, var)| self.pools.kept(*var).map(|number| (*var, number, column))).collect()
    }

    pub(crate) fn lookup(&mut self, lookup: &'a Lookup, next: BlockId, place: Place, depth: u32) -> BlockId {
        let mut reads = Reads::default();
        reads.operands(&lookup.args);
        reads.operands(&lookup.within);
        let otherwise = self.arm(lookup.otherwise.as_ref(), next, next, depth);
        let late = self.arm(lookup.late.as_ref(), otherwise, next, depth);
        let failed = self.arm(lookup.failed.as_ref(), otherwise, next, depth);
        let missing = self.arm(lookup.missing.as_ref(), otherwise, next, depth);
        let row = self.row(&lookup.row);
        let found = self.steps(&lookup.found, next, depth + 1);
        let found = self.written(row.iter().map(|(var, ..)| *var), found, place);
        let made = image::Lookup {
            source: lookup.source.0,
            args: lookup.args.iter().map(|arg| self.pools.operand(arg)).collect(),
            within: self.pools.opt_operand(lookup.within.as_ref()),
            row: row.into_iter().map(|(_, number, column)| (number, column)).collect(),
            outcomes: [found, missing, failed, late],
            live: Vec::new(),
        };
        self.record(made, |records| &mut records.lookups, Kind::Lookup, reads, place)
    }

    pub(crate) fn table_lookup(&mut self, lookup: &'a TableLookup, next: BlockId, place: Place, depth: u32) -> BlockId {
        let mut reads = Reads::default();
        reads.operand(&lookup.key);
        let missing = lookup.missing.as_ref().or(lookup.otherwise.as_ref());
        let missing = self.arm(missing, next, next, depth);
        let row = self.row(&lookup.row);
        let found = self.steps(&lookup.found, next, depth + 1);
        let found = self.written(row.iter().map(|(var, ..)| *var), found, place);
        let made = image::TableLookup {
            table: lookup.table.0,
            key: self.pools.operand(&lookup.key),
            row: row.into_iter().map(|(_, number, column)| (number, column)).collect(),
        };
        let record = records::add(&mut self.records.table_lookups, Some(made));
        self.end(reads, End::Table { instr: instr(Op::TableLookup, 0, record), found, missing }, place)
    }

    pub(crate) fn split(&mut self, split: &'a Split, next: BlockId, place: Place, depth: u32) -> BlockId {
        let mut reads = Reads::default();
        if split.by_from {
            reads.var(Builtin::From.var());
        }
        let mut arms = Vec::with_capacity(split.arms.len());
        for arm in split.arms.iter().rev() {
            let body = self.steps(&arm.body, next, depth + 1);
            arms.push((arm.share, body));
        }
        let mut border = 0u32;
        let mut made = Vec::with_capacity(arms.len());
        for (share, body) in arms.into_iter().rev() {
            border = border.saturating_add(share);
            // An arm of no share is never chosen, and borders must rise.
            if share > 0 {
                made.push((u16::try_from(border).unwrap_or(u16::MAX), body));
            }
        }
        let made = image::Split { by_from: split.by_from, label: self.pools.string(&split.label), arms: made };
        self.record(made, |records| &mut records.splits, Kind::Split, reads, place)
    }

    pub(crate) fn action(
        &mut self,
        action: ActionId,
        args: &'a [Operand],
        otherwise: Option<&'a Vec<Step>>,
        next: BlockId,
        place: Place,
        depth: u32,
    ) -> BlockId {
        let mut reads = Reads::default();
        reads.operands(args);
        let settles = self.program.actions.get(action.index()).is_some_and(|action| action.settles);
        let args = args.iter().map(|arg| self.pools.operand(arg)).collect();
        let outcomes = match (settles, otherwise) {
            (true, None) => None,
            // Done is done: the call is over, and nothing is gone to.
            (true, Some(_)) => Some([self.arm(otherwise, next, next, depth); 2]),
            (false, _) => Some([next, self.arm(otherwise, next, next, depth)]),
        };
        let made = image::Action { def: action.0, args, outcomes, live: Vec::new() };
        self.record(made, |records| &mut records.actions, Kind::Action, reads, place)
    }
}

fn set_outcome(outcomes: &mut [BlockId; 8], head: &Outcome, target: BlockId) {
    if let Some(slot) = OUTCOMES.iter().position(|outcome| outcome == head).and_then(|at| outcomes.get_mut(at)) {
        *slot = target;
    }
}
