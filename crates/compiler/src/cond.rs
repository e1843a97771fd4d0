//! Conditions: branches that jump as soon as the answer is known.

use callroute_analysis::typed::{Atom, Cond, NumberOp, Operand, PhoneItem, Ref, TextItem, VarId};
use callroute_bytecode::image;
use callroute_bytecode::op::{Instr, Op};
use callroute_diagnostics::Place;

use crate::graph::{BlockId, End, Event};
use crate::index::Phones;
use crate::lower::Lower;
use crate::reads::{self, Reads};

/// Marks an operand as a variable.
const VAR: u32 = 1 << 31;

/// A part of an `and` or `or`.
enum Part<'a> {
    Cond(&'a Cond),
    /// Atoms of one kind about one variable, any of which must hold; whether the opposite is asked.
    Any(Vec<&'a Atom>, Place, bool),
}

impl Lower<'_> {
    /// Goes to `yes` if the condition holds, else to `no`. Gives the block at which that begins.
    pub(crate) fn cond(&mut self, cond: &Cond, yes: BlockId, no: BlockId, depth: u32) -> BlockId {
        if self.too_deep(depth) {
            return no;
        }
        match cond {
            Cond::Not(inner) => self.cond(inner, no, yes, depth + 1),
            Cond::And(all) => {
                let mut entry = yes;
                for part in parts(all, true).into_iter().rev() {
                    entry = self.part(part, entry, no, depth);
                }
                entry
            }
            Cond::Or(all) => {
                let mut entry = no;
                for part in parts(all, false).into_iter().rev() {
                    entry = self.part(part, yes, entry, depth);
                }
                entry
            }
            Cond::Atom(atom, place) => self.atoms(&[atom], *place, yes, no),
        }
    }

    fn part(&mut self, part: Part<'_>, yes: BlockId, no: BlockId, depth: u32) -> BlockId {
        match part {
            Part::Cond(cond) => self.cond(cond, yes, no, depth + 1),
            Part::Any(atoms, place, false) => self.atoms(&atoms, place, yes, no),
            Part::Any(atoms, place, true) => self.atoms(&atoms, place, no, yes),
        }
    }

    /// Asks whether any of these holds; they are of one kind and about one variable.
    fn atoms(&mut self, atoms: &[&Atom], place: Place, yes: BlockId, no: BlockId) -> BlockId {
        let Some(first) = atoms.first() else { return no };
        let mut reads = Reads::default();
        atoms.iter().for_each(|atom| reads.atom(atom));
        let (op, a, b) = match first {
            Atom::Hours(schedule, zone) => {
                let zone = zone.map_or(0, |zone| self.pools.zone(zone) + 1);
                (Op::BrHours, u16::try_from(zone).unwrap_or(u16::MAX), self.reference(schedule, |id| id.0))
            }
            Atom::On(dates, zone) => {
                let zone = self.pools.zone(*zone);
                (Op::BrOn, u16::try_from(zone).unwrap_or(u16::MAX), self.reference(dates, |id| *id))
            }
            Atom::Phone(var, _) => {
                let items = atoms.iter().filter_map(|atom| if let Atom::Phone(_, items) = atom { Some(items) } else { None }).flatten();
                let Some(test) = self.phone_test(items) else { return no };
                (Op::BrPhone, self.pools.var(*var), test)
            }
            Atom::Text(var, op, _) => {
                let items = text_items(atoms);
                if items.is_empty() {
                    return no;
                }
                (Op::BrText, self.pools.var(*var), self.pools.text_test(*op, &items))
            }
            Atom::Language(var, _) => {
                let items = text_items(atoms);
                if items.is_empty() {
                    return no;
                }
                (Op::BrLanguage, self.pools.var(*var), self.pools.language_test(&items))
            }
            Atom::Enum(var, _) => {
                let operands = operands(atoms);
                match operands.as_slice() {
                    [] => return no,
                    [one] if reads::enum_value(one).is_some() => {
                        (Op::BrEnumIs, self.pools.var(*var), reads::enum_value(one).unwrap_or_default())
                    }
                    many => (Op::BrEnumIn, self.pools.var(*var), self.pools.enum_test(many)),
                }
            }
            Atom::Number(var, op, _) => return self.numbers(*var, *op, &operands(atoms), place, yes, no),
            Atom::Flag(var) => (Op::BrFlag, self.pools.var(*var), 0),
            Atom::FlagIs(var, operand) => (Op::BrFlagIs, self.pools.var(*var), self.pools.operand(operand).0),
            Atom::Missing(var) => (Op::BrMissing, self.pools.var(*var), 0),
        };
        let instr = Instr { op, flag: 0, a, b, c: 0 };
        self.branch(instr, reads.vars, place, yes, no)
    }

    /// Compares with one after the other.
    fn numbers(&mut self, var: VarId, op: NumberOp, operands: &[&Operand], place: Place, yes: BlockId, no: BlockId) -> BlockId {
        let op = match op {
            NumberOp::Is => image::NumberOp::Is,
            NumberOp::Above => image::NumberOp::Above,
            NumberOp::Below => image::NumberOp::Below,
            NumberOp::AtLeast => image::NumberOp::AtLeast,
            NumberOp::AtMost => image::NumberOp::AtMost,
        };
        let mut entry = no;
        for operand in operands.iter().rev() {
            let mut reads = Reads::default();
            reads.var(var);
            reads.operand(operand);
            let b = self.pools.operand(operand).0;
            let instr = Instr { op: Op::BrNumber, flag: (op as u8) << 1, a: self.pools.var(var), b, c: 0 };
            entry = self.branch(instr, reads.vars, place, yes, entry);
        }
        entry
    }

    fn branch(&mut self, instr: Instr, reads: Vec<VarId>, place: Place, yes: BlockId, no: BlockId) -> BlockId {
        self.blocks.add(reads.into_iter().map(Event::Read).collect(), End::Branch { instr, yes, no }, place)
    }

    fn reference<T>(&self, of: &Ref<T>, id: impl Fn(&T) -> u32) -> u32 {
        match of {
            Ref::Id(known) => id(known),
            Ref::Var(var) => VAR | u32::from(self.pools.var(*var)),
        }
    }

    fn phone_test<'a>(&mut self, items: impl Iterator<Item = &'a PhoneItem>) -> Option<u32> {
        let mut test = image::PhoneTest::default();
        let mut phones = Phones::new();
        let mut any = false;
        for item in items {
            any = true;
            match item {
                PhoneItem::Pattern(pattern) => phones.push(pattern, 0),
                PhoneItem::Anonymous => test.anonymous = true,
                PhoneItem::List(list) => test.lists.push(self.reference(list, |id| id.0)),
                PhoneItem::Var(var) => test.vars.push(self.pools.var(*var)),
            }
        }
        if !phones.is_empty() {
            test.set = Some(phones.build());
        }
        any.then(|| self.pools.phone_test(test))
    }
}

fn text_items<'a>(atoms: &[&'a Atom]) -> Vec<&'a TextItem> {
    let items = |atom: &&'a Atom| if let Atom::Text(_, _, items) | Atom::Language(_, items) = atom { items.as_slice() } else { &[] };
    atoms.iter().flat_map(items).collect()
}

fn operands<'a>(atoms: &[&'a Atom]) -> Vec<&'a Operand> {
    let operands = |atom: &&'a Atom| if let Atom::Enum(_, all) | Atom::Number(_, _, all) = atom { all.as_slice() } else { &[] };
    atoms.iter().flat_map(operands).collect()
}

/// Joins neighbours that ask the same thing of the same variable into one test: with `or` what is asked, with `and` its
/// opposite (`from is not A and from is not B`).
fn parts(all: &[Cond], opposite: bool) -> Vec<Part<'_>> {
    let mut parts: Vec<Part<'_>> = Vec::new();
    for cond in all {
        let atom = match (cond, opposite) {
            (Cond::Atom(atom, place), false) => Some((atom, *place)),
            (Cond::Not(inner), true) => match &**inner {
                Cond::Atom(atom, place) => Some((atom, *place)),
                _ => None,
            },
            _ => None,
        };
        match (atom, parts.last_mut()) {
            (Some((atom, place)), Some(Part::Any(atoms, whole, _))) if atoms.last().is_some_and(|last| joins(last, atom)) => {
                atoms.push(atom);
                if whole.file == place.file {
                    whole.span = whole.span.to(place.span);
                }
            }
            (Some((atom, place)), _) => parts.push(Part::Any(vec![atom], place, opposite)),
            (None, _) => parts.push(Part::Cond(cond)),
        }
    }
    parts
}

/// Whether one test can ask both.
fn joins(one: &Atom, other: &Atom) -> bool {
    match (one, other) {
        (Atom::Phone(one, _), Atom::Phone(other, _)) => one == other,
        (Atom::Text(one, op, _), Atom::Text(other, other_op, _)) => one == other && op == other_op,
        (Atom::Enum(one, _), Atom::Enum(other, _)) => one == other,
        (Atom::Language(one, _), Atom::Language(other, _)) => one == other,
        _ => false,
    }
}
