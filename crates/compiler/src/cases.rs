//! Conditions as cases of an indexed switch: which ones are that simple, and which runs of rules can share one.
//!
//! A test that asks whether one variable is one of some constants is a set of [`Key`]s. Rules that stand one after the other and
//! look at the same variable become one switch: ten thousand of them cost one look into an index.

use std::collections::{BTreeMap, HashSet};

use callroute_analysis::typed::{Atom, Cond, ListId, PhoneItem, PhonePattern, Program, Ref, TextItem, TextOp, Ty, VarId};
use callroute_numbers::{Packed, Pattern};

use crate::reads;

/// The most entries of a list that are written out in a switch; a longer one stays a test of its own.
const MAX_LIST: usize = 4096;

/// How a switch looks at its variable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Look {
    Phone,
    Text,
    Enum,
}

/// One value, or one set of values, that a case takes.
#[derive(Clone, Debug)]
pub(crate) enum Key<'a> {
    Number(Pattern),
    Address(&'a str),
    Text(&'a str),
    Value(u32),
    /// No value; for a phone: withheld.
    Missing,
}

/// A condition that is true of these values, and of no others.
#[derive(Debug)]
pub(crate) struct Cases<'a> {
    pub var: VarId,
    pub look: Look,
    pub keys: Vec<Key<'a>>,
}

/// The condition as cases, if it is that simple.
pub(crate) fn cases<'a>(program: &'a Program, cond: &'a Cond) -> Option<Cases<'a>> {
    match cond {
        Cond::Atom(atom, _) => of_atom(program, atom),
        Cond::Or(all) => {
            let mut whole: Option<Cases<'a>> = None;
            for cond in all {
                let Cond::Atom(atom, _) = cond else { return None };
                let more = of_atom(program, atom)?;
                match &mut whole {
                    None => whole = Some(more),
                    Some(cases) if (cases.var, cases.look) == (more.var, more.look) => cases.keys.extend(more.keys),
                    Some(_) => return None,
                }
            }
            whole
        }
        Cond::Not(_) | Cond::And(_) => None,
    }
}

fn of_atom<'a>(program: &'a Program, atom: &'a Atom) -> Option<Cases<'a>> {
    match atom {
        Atom::Phone(var, items) => {
            let mut keys = Vec::with_capacity(items.len());
            for item in items {
                match item {
                    PhoneItem::Pattern(pattern) => keys.push(phone_key(pattern)),
                    PhoneItem::Anonymous => keys.push(Key::Missing),
                    PhoneItem::List(Ref::Id(list)) => of_list(program, *list, &mut keys)?,
                    PhoneItem::List(Ref::Var(_)) | PhoneItem::Var(_) => return None,
                }
            }
            Some(Cases { var: *var, look: Look::Phone, keys })
        }
        Atom::Text(var, TextOp::Is, items) => {
            let key = |item: &'a TextItem| if let TextItem::Const(text) = item { Some(Key::Text(text)) } else { None };
            Some(Cases { var: *var, look: Look::Text, keys: items.iter().map(key).collect::<Option<_>>()? })
        }
        Atom::Enum(var, operands) => {
            let keys = operands.iter().map(|operand| reads::enum_value(operand).map(Key::Value)).collect::<Option<_>>()?;
            Some(Cases { var: *var, look: Look::Enum, keys })
        }
        Atom::Missing(var) => {
            let look = match program.vars.get(var.index())?.ty {
                Ty::Phone => Look::Phone,
                Ty::Text | Ty::Digits => Look::Text,
                Ty::Enum(_) => Look::Enum,
                _ => return None,
            };
            Some(Cases { var: *var, look, keys: vec![Key::Missing] })
        }
        _ => None,
    }
}

fn phone_key(pattern: &PhonePattern) -> Key<'_> {
    match pattern {
        PhonePattern::Numbers(pattern) => Key::Number(*pattern),
        PhonePattern::Address(address) => Key::Address(address),
    }
}

/// A short list without days is as good as its entries.
fn of_list<'a>(program: &'a Program, list: ListId, keys: &mut Vec<Key<'a>>) -> Option<()> {
    let entries = &program.lists.get(list.index())?.entries;
    if entries.len() > MAX_LIST || entries.iter().any(|entry| entry.until.is_some()) {
        return None;
    }
    keys.extend(entries.iter().map(|entry| phone_key(&entry.what)));
    Some(())
}

/// What rules took that let the call go on to the rules behind them.
///
/// Such a rule ends in its switch, while the author's next rules would have been tried too. That is the same only as long as
/// none of them takes anything that it took.
#[derive(Default, Debug)]
pub(crate) struct Taken {
    /// Patterns by their literal start.
    numbers: BTreeMap<u64, Vec<Pattern>>,
    texts: HashSet<String>,
    addresses: HashSet<String>,
    values: HashSet<u32>,
    missing: bool,
    /// Comparisons that may still be made: a run stays cheap to find, or ends.
    budget: u64,
}

/// Comparisons granted to a run, and to every key in it.
const BUDGET: u64 = 64;

impl Taken {
    pub fn add(&mut self, keys: &[Key<'_>]) {
        for key in keys {
            match key {
                Key::Number(pattern) => self.numbers.entry(pattern.literal_start().bits()).or_default().push(*pattern),
                Key::Address(address) => {
                    self.addresses.insert((*address).to_owned());
                }
                Key::Text(text) => {
                    self.texts.insert(text.to_ascii_lowercase());
                }
                Key::Value(value) => {
                    self.values.insert(*value);
                }
                Key::Missing => self.missing = true,
            }
        }
    }

    /// Whether some key takes what was taken already. Says so too when that is too much work to find out.
    pub fn overlaps(&mut self, keys: &[Key<'_>]) -> bool {
        keys.iter().any(|key| {
            self.budget = self.budget.saturating_add(BUDGET);
            match key {
                Key::Number(pattern) => self.overlaps_number(pattern),
                Key::Address(address) => self.addresses.contains(*address),
                Key::Text(text) => self.texts.contains(&text.to_ascii_lowercase()),
                Key::Value(value) => self.values.contains(value),
                Key::Missing => self.missing,
            }
        })
    }

    fn overlaps_number(&mut self, pattern: &Pattern) -> bool {
        let start = pattern.literal_start();
        let mut budget = self.budget;
        let mut any = |patterns: &[Pattern]| {
            patterns.iter().any(|taken| {
                budget = budget.saturating_sub(1);
                budget == 0 || taken.overlaps(pattern)
            })
        };
        // Two patterns can only meet where one's literal start begins the other's.
        let shorter = (0..start.len()).filter_map(|len| self.numbers.get(&start.prefix(len).bits()));
        let longer = self.numbers.range(first_with(start)..=start.bits()).map(|(_, patterns)| patterns);
        let found = shorter.chain(longer).any(|patterns| any(patterns));
        self.budget = budget;
        found
    }
}

/// The bits of the smallest packed number that starts so. The largest is `start` itself, as what follows is padded with ones.
fn first_with(start: Packed) -> u64 {
    let used = u32::from(start.len()) * 4;
    if used >= 64 { start.bits() } else { start.bits() & !(u64::MAX >> used) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Key<'static> {
        Key::Number(Pattern::parse(text).unwrap())
    }

    fn overlap(taken: &[&str], new: &str) -> bool {
        let mut all = Taken::default();
        let keys: Vec<Key<'_>> = taken.iter().map(|text| number(text)).collect();
        all.add(&keys);
        all.overlaps(&[number(new)])
    }

    #[test]
    fn what_overlaps() {
        assert!(overlap(&["+14155550100"], "+1415*"));
        assert!(overlap(&["+1415*"], "+14155550100"));
        assert!(overlap(&["+1415*"], "+1*"));
        assert!(overlap(&["+1[2-4]15*"], "+1415*"));
        assert!(overlap(&["+1415555xxxx"], "+14155550100"));
        assert!(overlap(&["911", "+1415*"], "911"));
        assert!(!overlap(&["+14155550100"], "+14155550101"));
        assert!(!overlap(&["+1415*"], "+1416*"));
        assert!(!overlap(&["+1415"], "+14155550100"));
        assert!(!overlap(&["+1[2-3]15*"], "+1415*"));
        assert!(!overlap(&["+1415555xxxx"], "+1415555"));
    }

    #[test]
    fn ten_thousand_that_fall_through_are_found_fast() {
        let mut taken = Taken::default();
        for i in 0..10_000 {
            let key = [number(&format!("+1415555{i:04}"))];
            assert!(!taken.overlaps(&key));
            taken.add(&key);
        }
        assert!(taken.overlaps(&[number("+14155559999")]));
    }
}
