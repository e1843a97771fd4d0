//! What is known at a place of a script because earlier rules have settled it: after `when from in blocked < reject >` the caller is
//! not on that list. Conditions that this decides are worth a warning.
//!
//! Knowledge is added and taken back as the walk enters and leaves blocks. What depends on the clock holds until the caller is waited
//! for; what depends on a value that `set` can change holds until the next `set`. Everything costs a few look-ups per condition, so
//! that ten thousand rules are no burden; comparisons of whole calendars are few by a budget.

use std::collections::{HashMap, HashSet};

use callroute_calendar::{DatesId, Zone};
use callroute_diagnostics::Place;

use crate::calendars::Calendars;
use crate::conds::is_unknown;
use crate::cover::{Cover, operand_key, text_key};
use crate::typed::{
    Atom, Builtin, Cond, Const, NumberOp, Operand, PhoneItem, PhonePattern, Program, Ref, ScheduleId, TextItem, TextOp, VarId, VarKind,
};
use crate::values::HOLE;

/// Facts of one kind that are looked through, latest first.
const MAX_RECENT: usize = 8;
/// Values that are compared each with each.
const MAX_PAIRS: usize = 32;
/// Entries of lists that are remembered one by one, in one analysis.
const MAX_LISTED: usize = 20_000;

/// When something became known: it holds as long as what it depends on stays the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Stamp {
    /// The event being answered: the clock stands still during it.
    pub event: u32,
    /// Changes with every `set`.
    pub version: u32,
}

/// Something known: is it so, since where, since when.
#[derive(Clone, Copy, Debug)]
struct Fact {
    holds: bool,
    place: Place,
    stamp: Stamp,
}

/// What a fact is about: the same for equal conditions. Most of them hold no text of their own, for there are many and they are looked up often.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Key<'p> {
    Hours(ScheduleId, Zone),
    /// Of a schedule that a flow was given.
    HoursOf(VarId, Option<Zone>),
    On(Ref<DatesId>, Zone),
    /// Of the caller, `missing` and `anonymous` are one.
    Missing(VarId),
    Flag(VarId, bool),
    Phones(VarId, &'p [PhoneItem]),
    Phone(VarId, &'p PhoneItem),
    /// One value of a closed set, as [`value_keys`] spells it.
    Value(VarId, String),
    /// Any of several.
    Values(VarId, Vec<String>),
    /// Whatever else, spelt.
    Spelt(VarId, String),
}

/// What to take back.
enum Undo<'p> {
    Exact(Key<'p>, Option<Fact>),
    Pattern((VarId, u32), &'p callroute_numbers::Pattern),
    Phone,
    Number,
    Set,
    Hours,
}

/// A phone that is known to be one of these.
type KnownPhone<'p> = (VarId, &'p [PhoneItem], Fact);
/// A value that is known to be one of these, by their keys.
type KnownSet = (VarId, HashSet<String>, Fact);

/// See the module.
pub(crate) struct Facts<'p> {
    program: &'p Program,
    exact: HashMap<Key<'p>, Fact>,
    /// By variable, and by version where it can be set: patterns that it is known not to match.
    not_phones: HashMap<(VarId, u32), Cover>,
    phones: Vec<KnownPhone<'p>>,
    sets: Vec<KnownSet>,
    numbers: Vec<(VarId, NumberOp, f64, Fact)>,
    hours: Vec<(ScheduleId, Zone, Fact)>,
    log: Vec<Undo<'p>>,
    /// Above zero nothing is decided: inside of what never runs.
    pub muted: u32,
    calendars: Calendars,
    listed: usize,
}

/// What a condition is known to be, and by which earlier one.
pub(crate) type Known = Option<(bool, Option<Place>)>;

impl<'p> Facts<'p> {
    pub fn new(program: &'p Program, calendars: Calendars) -> Self {
        Facts {
            program,
            exact: HashMap::new(),
            not_phones: HashMap::new(),
            phones: Vec::new(),
            sets: Vec::new(),
            numbers: Vec::new(),
            hours: Vec::new(),
            log: Vec::new(),
            muted: 0,
            calendars,
            listed: MAX_LISTED,
        }
    }

    /// What is known of calendars, for the next flow.
    pub fn into_calendars(self) -> Calendars {
        self.calendars
    }

    /// A mark to come back to.
    pub fn mark(&self) -> usize {
        self.log.len()
    }

    /// Takes back what was added since the mark.
    pub fn undo(&mut self, mark: usize) {
        while self.log.len() > mark {
            match self.log.pop() {
                None => break,
                Some(Undo::Exact(key, Some(fact))) => drop(self.exact.insert(key, fact)),
                Some(Undo::Exact(key, None)) => drop(self.exact.remove(&key)),
                Some(Undo::Pattern(var, pattern)) => {
                    if let Some(cover) = self.not_phones.get_mut(&var) {
                        cover.remove(pattern);
                    }
                }
                Some(Undo::Phone) => drop(self.phones.pop()),
                Some(Undo::Number) => drop(self.numbers.pop()),
                Some(Undo::Set) => drop(self.sets.pop()),
                Some(Undo::Hours) => drop(self.hours.pop()),
            }
        }
    }

    // ------------------------------------------------------------------------------------------ learning

    /// From here on the condition holds, or does not.
    pub fn assume(&mut self, cond: &'p Cond, holds: bool, now: Stamp) {
        match cond {
            Cond::Atom(atom, place) => self.learn(atom, Fact { holds, place: *place, stamp: now }),
            Cond::Not(inner) => self.assume(inner, !holds, now),
            Cond::And(parts) if holds => parts.iter().for_each(|part| self.assume(part, true, now)),
            Cond::Or(parts) if !holds => parts.iter().for_each(|part| self.assume(part, false, now)),
            _ => {}
        }
    }

    fn note(&mut self, key: Key<'p>, fact: Fact) {
        let before = self.exact.insert(key.clone(), fact);
        self.log.push(Undo::Exact(key, before));
    }

    fn learn(&mut self, atom: &'p Atom, fact: Fact) {
        let Some(var) = subject(atom) else {
            if let Some(key) = self.key(atom) {
                self.note(key, fact);
            }
            if let Atom::Hours(Ref::Id(id), zone) = atom
                && let Some(zone) = self.zone_of(*id, *zone)
            {
                self.hours.push((*id, zone, fact));
                self.log.push(Undo::Hours);
            }
            return;
        };
        if var == HOLE {
            return;
        }
        if let Some(key) = self.key(atom) {
            self.note(key, fact);
        }
        let withheld = matches!(atom, Atom::Phone(_, items) if items.iter().any(|item| !matches!(item, PhoneItem::Pattern(_))));
        if fact.holds && !withheld && !matches!(atom, Atom::Missing(_)) {
            self.note(Key::Missing(var), Fact { holds: false, ..fact });
        }
        match atom {
            Atom::Phone(_, items) if fact.holds => {
                self.phones.push((var, items, fact));
                self.log.push(Undo::Phone);
            }
            Atom::Phone(_, items) => {
                for item in items {
                    self.not_phone(var, item, fact);
                }
            }
            Atom::Flag(_) => self.note(Key::Flag(var, false), Fact { holds: false, ..fact }),
            Atom::FlagIs(_, Operand::Const(Const::Flag(value))) if fact.holds => {
                self.note(Key::Flag(var, *value), fact);
                self.note(Key::Flag(var, !*value), Fact { holds: false, ..fact });
            }
            Atom::Number(_, op, operands) if *op != NumberOp::Is || fact.holds => {
                if let [Operand::Const(Const::Number(value))] = operands.as_slice() {
                    self.numbers.push((var, *op, *value, fact));
                    self.log.push(Undo::Number);
                }
            }
            _ => {}
        }
        if let Some(keys) = value_keys(atom) {
            if fact.holds {
                self.sets.push((var, keys.into_iter().collect(), fact));
                self.log.push(Undo::Set);
            } else {
                for key in keys {
                    self.note(Key::Value(var, key), fact);
                }
            }
        }
    }

    fn not_phone(&mut self, var: VarId, item: &'p PhoneItem, fact: Fact) {
        self.note(Key::Phone(var, item), fact);
        let slot = (var, if self.changes(var) { fact.stamp.version } else { 0 });
        match item {
            PhoneItem::Pattern(PhonePattern::Numbers(pattern)) => self.not_pattern(slot, pattern, fact.place),
            PhoneItem::List(Ref::Id(id)) => {
                let program = self.program;
                let Some(list) = program.lists.get(id.index()) else { return };
                if list.entries.len() > self.listed {
                    return;
                }
                self.listed -= list.entries.len();
                for entry in list.entries.iter().filter(|entry| entry.until.is_none()) {
                    if let PhonePattern::Numbers(pattern) = &entry.what {
                        self.not_pattern(slot, pattern, fact.place);
                    }
                }
            }
            _ => {}
        }
    }

    fn not_pattern(&mut self, slot: (VarId, u32), pattern: &'p callroute_numbers::Pattern, place: Place) {
        if self.not_phones.entry(slot).or_default().add(pattern, place) {
            self.log.push(Undo::Pattern(slot, pattern));
        }
    }

    // ------------------------------------------------------------------------------------------ deciding

    /// Is the condition known to hold, or not to?
    pub fn known(&mut self, cond: &'p Cond, now: Stamp) -> Known {
        if self.muted > 0 { None } else { self.decide(cond, now) }
    }

    fn decide(&mut self, cond: &'p Cond, now: Stamp) -> Known {
        match cond {
            _ if is_unknown(cond) => None,
            Cond::Atom(atom, _) => self.decide_atom(atom, now),
            Cond::Not(inner) => self.decide(inner, now).map(|(holds, place)| (!holds, place)),
            Cond::And(parts) => self.decide_parts(parts, false, now),
            Cond::Or(parts) => self.decide_parts(parts, true, now),
        }
    }

    /// Parts of which one that is `decisive` decides the whole; each is judged knowing that those before it did not.
    fn decide_parts(&mut self, parts: &'p [Cond], decisive: bool, now: Stamp) -> Known {
        let mark = self.mark();
        let mut all = true;
        let mut evidence = None;
        for part in parts {
            match self.decide(part, now) {
                Some((holds, place)) if holds == decisive => {
                    self.undo(mark);
                    return Some((decisive, place));
                }
                Some((_, place)) => evidence = evidence.or(place),
                None => {
                    all = false;
                    self.assume(part, !decisive, now);
                }
            }
        }
        self.undo(mark);
        all.then_some((!decisive, evidence))
    }

    /// Does a fact about this still hold?
    fn valid(&self, fact: &Fact, atom: &Atom, now: Stamp) -> bool {
        (!self.by_clock(atom) || fact.stamp.event == now.event)
            && (subject(atom).is_none_or(|var| !self.changes(var)) || fact.stamp.version == now.version)
    }

    fn exactly(&self, key: &Key<'p>, atom: &Atom, now: Stamp) -> Option<Fact> {
        self.exact.get(key).copied().filter(|fact| self.valid(fact, atom, now))
    }

    fn decide_atom(&mut self, atom: &'p Atom, now: Stamp) -> Known {
        if let Some(key) = self.key(atom)
            && let Some(fact) = self.exactly(&key, atom, now)
        {
            return Some((fact.holds, Some(fact.place)));
        }
        match atom {
            Atom::Hours(Ref::Id(id), zone) => return self.decide_hours(*id, *zone, now),
            Atom::On(..) | Atom::Hours(..) => return None,
            _ => {}
        }
        let var = subject(atom).filter(|var| *var != HOLE)?;
        let positive = !matches!(atom, Atom::Missing(_) | Atom::Language(..));
        let withheld = matches!(atom, Atom::Phone(_, items) if items.iter().any(|item| !matches!(item, PhoneItem::Pattern(_))));
        if positive
            && !withheld
            && let Some(fact) = self.exactly(&Key::Missing(var), atom, now).filter(|fact| fact.holds)
        {
            return Some((false, Some(fact.place)));
        }
        match atom {
            Atom::Phone(_, items) => self.decide_phone(var, items, atom, now),
            Atom::Number(_, op, operands) => match operands.as_slice() {
                [Operand::Const(Const::Number(value))] => self.decide_number(var, *op, *value, atom, now),
                _ => self.decide_set(var, atom, now),
            },
            _ => self.decide_set(var, atom, now),
        }
    }

    fn decide_phone(&mut self, var: VarId, items: &'p [PhoneItem], atom: &'p Atom, now: Stamp) -> Known {
        let slot = (var, if self.changes(var) { now.version } else { 0 });
        let mut evidence = None;
        let none_left = items.iter().all(|item| {
            let place = self.exactly(&Key::Phone(var, item), atom, now).filter(|fact| !fact.holds).map(|fact| fact.place);
            let place = place.or_else(|| match item {
                PhoneItem::Pattern(PhonePattern::Numbers(pattern)) => self.not_phones.get(&slot)?.find(pattern).map(|hit| hit.place()),
                _ => None,
            });
            evidence = evidence.or(place);
            place.is_some()
        });
        if none_left && !items.is_empty() {
            return Some((false, evidence));
        }
        if items.len() > MAX_PAIRS {
            return None;
        }
        let patterns = |items: &[PhoneItem]| -> Option<Vec<callroute_numbers::Pattern>> {
            items
                .iter()
                .map(|item| match item {
                    PhoneItem::Pattern(PhonePattern::Numbers(pattern)) => Some(*pattern),
                    _ => None,
                })
                .collect()
        };
        for (_, known, fact) in self.phones.iter().rev().filter(|(known, ..)| *known == var).take(MAX_RECENT) {
            if !self.valid(fact, atom, now) || known.len() > MAX_PAIRS {
                continue;
            }
            let same = |item: &PhoneItem| items.contains(item);
            if known.iter().all(same) {
                return Some((true, Some(fact.place)));
            }
            let Some(known) = patterns(known) else { continue };
            if items.iter().all(|item| matches!(item, PhoneItem::Anonymous)) {
                return Some((false, Some(fact.place)));
            }
            let Some(asked) = patterns(items) else { continue };
            if known.iter().all(|known| asked.iter().any(|asked| asked.covers(known))) {
                return Some((true, Some(fact.place)));
            }
            if !known.iter().any(|known| asked.iter().any(|asked| asked.overlaps(known))) {
                return Some((false, Some(fact.place)));
            }
        }
        None
    }

    /// Values of a closed set: enumerations, texts, numbers.
    fn decide_set(&mut self, var: VarId, atom: &Atom, now: Stamp) -> Known {
        let keys = value_keys(atom)?;
        let mut evidence = None;
        let none_left = keys.iter().all(|key| {
            let fact = self.exactly(&Key::Value(var, key.clone()), atom, now).filter(|fact| !fact.holds);
            evidence = evidence.or(fact.map(|fact| fact.place));
            fact.is_some()
        });
        if none_left && !keys.is_empty() {
            return Some((false, evidence));
        }
        for (_, known, fact) in self.sets.iter().rev().filter(|(known, ..)| *known == var).take(MAX_RECENT) {
            if !self.valid(fact, atom, now) {
                continue;
            }
            let shared = keys.iter().filter(|key| known.contains(*key)).count();
            if shared == 0 {
                return Some((false, Some(fact.place)));
            }
            if shared == known.len() {
                return Some((true, Some(fact.place)));
            }
        }
        None
    }

    /// Numbers on a line: what earlier comparisons leave, against what is asked.
    fn decide_number(&mut self, var: VarId, op: NumberOp, value: f64, atom: &Atom, now: Stamp) -> Known {
        if op == NumberOp::Is
            && let Some(known) = self.decide_set(var, atom, now)
        {
            return Some(known);
        }
        let mut left = Range::ALL;
        let mut present = None;
        let mut evidence = None;
        for (_, op, bound, fact) in self.numbers.iter().rev().filter(|(known, ..)| *known == var).take(MAX_RECENT) {
            if !self.valid(fact, atom, now) {
                continue;
            }
            if fact.holds {
                present = present.or(Some(fact.place));
            }
            let range = Range::of(*op, *bound);
            left = left.and(if fact.holds { range } else { range.opposite() });
            evidence = evidence.or(Some(fact.place));
        }
        let asked = Range::of(op, value);
        if left.and(asked).is_empty() {
            return Some((false, evidence));
        }
        (present.is_some() && left.and(asked) == left).then_some((true, evidence))
    }

    fn decide_hours(&mut self, id: ScheduleId, zone: Option<Zone>, now: Stamp) -> Known {
        let zone = self.zone_of(id, zone)?;
        let recent: Vec<(ScheduleId, Fact)> = self
            .hours
            .iter()
            .rev()
            .take(MAX_RECENT)
            .filter(|(_, known, fact)| *known == zone && fact.stamp.event == now.event)
            .map(|(id, _, fact)| (*id, *fact))
            .collect();
        recent.into_iter().find_map(|(known, fact)| {
            let (wide, narrow) = if fact.holds { (id, known) } else { (known, id) };
            let decided = self.calendars.covers(self.program, wide, narrow);
            decided.then_some((fact.holds, Some(fact.place)))
        })
    }

    /// Hours that an earlier rule has settled and that hold part of these dates: `when hours(9-17) …` above `when on(holidays) …`.
    pub fn taken_by_hours(&mut self, cond: &Cond, now: Stamp) -> Option<Place> {
        let Cond::Atom(Atom::On(Ref::Id(dates), zone), _) = cond else { return None };
        if self.muted > 0 {
            return None;
        }
        let (schedule, _, fact) = self
            .hours
            .iter()
            .rev()
            .take(MAX_RECENT)
            .find(|(_, known, fact)| known == zone && fact.stamp.event == now.event && !fact.holds)
            .copied()?;
        self.calendars.meets(self.program, schedule, *dates).then_some(fact.place)
    }

    // ---------------------------------------------------------------------------------------------- keys

    fn zone_of(&self, id: ScheduleId, zone: Option<Zone>) -> Option<Zone> {
        zone.or_else(|| self.program.schedules.get(id.index()).map(|schedule| schedule.schedule.zone))
    }

    /// Can `set` change it?
    fn changes(&self, var: VarId) -> bool {
        match self.program.vars.get(var.index()).map(|var| &var.kind) {
            Some(VarKind::Input { .. }) => true,
            Some(VarKind::Builtin(builtin)) => matches!(builtin, Builtin::Language | Builtin::Priority | Builtin::CallerName),
            _ => false,
        }
    }

    /// Does the answer depend on what time it is?
    fn by_clock(&self, atom: &Atom) -> bool {
        match atom {
            Atom::Hours(..) | Atom::On(..) => true,
            Atom::Phone(_, items) => items.iter().any(|item| match item {
                PhoneItem::List(Ref::Id(id)) => self
                    .program
                    .lists
                    .get(id.index())
                    .is_some_and(|list| list.entries.iter().take(MAX_LISTED).any(|entry| entry.until.is_some())),
                PhoneItem::List(Ref::Var(_)) => true,
                _ => false,
            }),
            _ => false,
        }
    }

    /// What a fact about this atom is about; none where something could not be read.
    fn key(&self, atom: &'p Atom) -> Option<Key<'p>> {
        let join = |parts: Vec<String>| parts.join(" ");
        Some(match atom {
            Atom::Hours(Ref::Id(id), zone) => Key::Hours(*id, self.zone_of(*id, *zone)?),
            Atom::Hours(Ref::Var(var), zone) => Key::HoursOf(*var, *zone),
            Atom::On(dates, zone) => Key::On(*dates, *zone),
            Atom::Phone(var, items) if items.len() <= MAX_PAIRS => Key::Phones(*var, items),
            Atom::Text(var, TextOp::Is, _) | Atom::Enum(var, _) | Atom::Number(var, NumberOp::Is, _) => {
                let mut keys = value_keys(atom)?;
                keys.sort_unstable();
                Key::Values(*var, keys)
            }
            Atom::Text(var, op, items) => Key::Spelt(*var, format!("{op:?} {}", join(items.iter().map(text_key).collect()))),
            Atom::Number(var, op, operands) => Key::Spelt(*var, format!("{op:?} {}", join(operands.iter().map(operand_key).collect()))),
            Atom::Flag(var) => Key::Flag(*var, true),
            Atom::FlagIs(var, Operand::Const(Const::Flag(value))) => Key::Flag(*var, *value),
            Atom::FlagIs(var, operand) => Key::Spelt(*var, format!("flag {operand:?}")),
            Atom::Missing(var) => Key::Missing(*var),
            Atom::Language(var, items) => Key::Spelt(*var, format!("language {}", join(items.iter().map(text_key).collect()))),
            Atom::Phone(..) => return None,
        })
    }
}

/// What an atom looks at, if it is a variable.
fn subject(atom: &Atom) -> Option<VarId> {
    match atom {
        Atom::Hours(..) | Atom::On(..) => None,
        Atom::Phone(var, _)
        | Atom::Text(var, ..)
        | Atom::Enum(var, _)
        | Atom::Number(var, ..)
        | Atom::Flag(var)
        | Atom::FlagIs(var, _)
        | Atom::Missing(var)
        | Atom::Language(var, _) => Some(*var),
    }
}

/// The keys of the values that a question for equality names, if all of them are constants.
fn value_keys(atom: &Atom) -> Option<Vec<String>> {
    let constants = |operands: &[Operand]| -> Option<Vec<String>> {
        operands.iter().map(|operand| matches!(operand, Operand::Const(_)).then(|| operand_key(operand))).collect()
    };
    match atom {
        Atom::Enum(_, operands) | Atom::Number(_, NumberOp::Is, operands) => constants(operands),
        Atom::Text(_, TextOp::Is, items) => items.iter().map(|item| matches!(item, TextItem::Const(_)).then(|| text_key(item))).collect(),
        _ => None,
    }
}

/// A stretch of the number line.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Range {
    low: f64,
    low_in: bool,
    high: f64,
    high_in: bool,
}

impl Range {
    const ALL: Range = Range { low: f64::NEG_INFINITY, low_in: false, high: f64::INFINITY, high_in: false };

    fn of(op: NumberOp, value: f64) -> Range {
        match op {
            NumberOp::Is => Range { low: value, low_in: true, high: value, high_in: true },
            NumberOp::Above => Range { low: value, ..Range::ALL },
            NumberOp::AtLeast => Range { low: value, low_in: true, ..Range::ALL },
            NumberOp::Below => Range { high: value, ..Range::ALL },
            NumberOp::AtMost => Range { high: value, high_in: true, ..Range::ALL },
        }
    }

    /// What is left outside; a single number taken out leaves all, for want of a hole.
    fn opposite(self) -> Range {
        match (self.low.is_finite(), self.high.is_finite()) {
            (true, false) => Range { high: self.low, high_in: !self.low_in, ..Range::ALL },
            (false, true) => Range { low: self.high, low_in: !self.high_in, ..Range::ALL },
            _ => Range::ALL,
        }
    }

    fn and(self, other: Range) -> Range {
        let (low, low_in) = match self.low.partial_cmp(&other.low) {
            Some(std::cmp::Ordering::Greater) => (self.low, self.low_in),
            Some(std::cmp::Ordering::Equal) => (self.low, self.low_in && other.low_in),
            _ => (other.low, other.low_in),
        };
        let (high, high_in) = match self.high.partial_cmp(&other.high) {
            Some(std::cmp::Ordering::Less) => (self.high, self.high_in),
            Some(std::cmp::Ordering::Equal) => (self.high, self.high_in && other.high_in),
            _ => (other.high, other.high_in),
        };
        Range { low, low_in, high, high_in }
    }

    fn is_empty(self) -> bool {
        self.low > self.high || self.low == self.high && !(self.low_in && self.high_in)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        let above = Range::of(NumberOp::Above, 5.0);
        let most = Range::of(NumberOp::AtMost, 5.0);
        assert_eq!(above.opposite(), most);
        assert!(above.and(most).is_empty());
        assert!(!Range::of(NumberOp::AtLeast, 5.0).and(most).is_empty());
        assert!(Range::of(NumberOp::Is, 4.0).and(above).is_empty());
        assert_eq!(Range::of(NumberOp::Is, 4.0).opposite(), Range::ALL);
        assert_eq!(Range::of(NumberOp::Above, 7.0).and(above), Range::of(NumberOp::Above, 7.0));
    }
}
