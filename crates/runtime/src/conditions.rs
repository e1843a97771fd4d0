//! Questions about clocks, phones, texts, numbers and languages. Every positive test of a missing value is false.

use callroute_bytecode::image::{NumberOp, Operand, PhoneSet, PhoneTest, SwitchKind, TextItem, TextOp, Ty};
use callroute_bytecode::op::Op;
use callroute_calendar::Local;
use callroute_numbers::index::{IndexRef, TextIndexRef};

use crate::machine::{Machine, record};
use crate::trace::{Outcome, Step, Trace};
use crate::value::{Fault, Phone, Value, constant};

impl<T: Trace> Machine<'_, T> {
    fn clock(&mut self, table: usize) -> Result<Local, Fault> {
        match self.local {
            Some((known, local)) if known == table => Ok(local),
            _ => {
                let local = self.program.zone_table(table).ok_or(Fault("a clock does not exist"))?.local(self.now);
                self.local = Some((table, local));
                Ok(local)
            }
        }
    }

    /// An index that an operand names, or a variable holds. `None` when the variable is missing.
    fn reference(&self, operand: u32) -> Option<usize> {
        let index = match Operand(operand).as_var() {
            None => operand,
            Some(var) => match u16::try_from(var).map(|var| self.var(var)) {
                Ok((Value::Index(index), _)) => index,
                _ => return None,
            },
        };
        usize::try_from(index).ok()
    }

    pub fn hours(&mut self, zone: u16, schedule: u32) -> Result<bool, Fault> {
        let Some(index) = self.reference(schedule) else { return Ok(false) };
        let clock = match zone.checked_sub(1) {
            Some(zone) => self.program.zones.get(usize::from(zone)),
            None => self.program.schedule_zones.get(index),
        };
        let local = self.clock(*clock.ok_or(Fault("a schedule has no zone"))?)?;
        Ok(self.program.schedules.get(index).ok_or(Fault("a schedule does not exist"))?.open(local))
    }

    pub fn on(&mut self, zone: u16, dates: u32) -> Result<bool, Fault> {
        let Some(index) = self.reference(dates) else { return Ok(false) };
        let clock = *self.program.zones.get(usize::from(zone)).ok_or(Fault("a zone does not exist"))?;
        let day = self.clock(clock)?.day;
        Ok(self.program.dates.get(index).ok_or(Fault("dates do not exist"))?.contains(day))
    }

    /// Tells the tracer what the clock showed.
    pub fn trace_clock(&mut self, at: u32, op: Op, holds: bool) {
        let zone = self.local.and_then(|(table, _)| self.program.zone_table(table)).map(callroute_calendar::ZoneTable::zone);
        let clock = zone.map(|zone| (zone, self.now));
        self.tracer.step(&Step { address: at, op, subject: None, value: None, clock, outcome: Outcome::Holds(holds) });
    }

    // ----------------------------------------------------------------------------------------------------- tests

    fn in_set(&self, set: &PhoneSet, phone: Phone) -> Result<Option<u32>, Fault> {
        let damaged = Fault("an index is damaged");
        match phone {
            Phone::Number(number) if !set.numbers.is_empty() => Ok(IndexRef::new(&set.numbers).map_err(|_| damaged)?.first_match(number)),
            Phone::Address(text) if !set.addresses.is_empty() => {
                Ok(TextIndexRef::new(&set.addresses).map_err(|_| damaged)?.get(self.text(text)))
            }
            _ => Ok(None),
        }
    }

    fn on_list(&mut self, index: usize, phone: Phone) -> Result<bool, Fault> {
        let list = self.image.lists.get(index).ok_or(Fault("a list does not exist"))?;
        for group in &list.groups {
            if let Some(until) = group.until {
                let clock = *self.program.list_zones.get(index).ok_or(Fault("a list has no zone"))?;
                if self.clock(clock)?.day > until {
                    continue;
                }
            }
            if self.in_set(&group.set, phone)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn same_phone(&self, one: Phone, other: Phone) -> bool {
        match (one, other) {
            (Phone::Number(one), Phone::Number(other)) => one == other,
            (Phone::Address(one), Phone::Address(other)) => self.text(one) == self.text(other),
            _ => false,
        }
    }

    pub fn phone_test(&mut self, var: u16, index: u32) -> Result<bool, Fault> {
        let test = record(&self.image.phone_tests, index)?;
        let (value, ty) = self.var(var);
        self.load_as_phones(value, ty)?;
        if self.call.phones.is_empty() {
            return Ok(test.anonymous);
        }
        // Other phones are loaded while these are looked at.
        let mut phones = std::mem::take(&mut self.call.phones);
        let result = self.any_phone(&phones, test);
        std::mem::swap(&mut phones, &mut self.call.phones);
        result
    }

    fn any_phone(&mut self, phones: &[Phone], test: &PhoneTest) -> Result<bool, Fault> {
        for phone in phones {
            if let Some(set) = &test.set
                && self.in_set(set, *phone)?.is_some()
            {
                return Ok(true);
            }
            for list in &test.lists {
                if let Some(list) = self.reference(*list)
                    && self.on_list(list, *phone)?
                {
                    return Ok(true);
                }
            }
            for var in &test.vars {
                let (value, ty) = self.var(*var);
                self.load_as_phones(value, ty)?;
                if self.call.phones.iter().any(|other| self.same_phone(*phone, *other)) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    pub fn text_test(&mut self, var: u16, index: u32) -> Result<bool, Fault> {
        let test = record(&self.image.text_tests, index)?;
        let (value, ty) = self.var(var);
        let Some(text) = self.as_text(value, ty)? else { return Ok(false) };
        if !test.index.is_empty() {
            let index = TextIndexRef::new(&test.index).map_err(|_| Fault("an index is damaged"))?;
            if index.get(self.text(text)).is_some() {
                return Ok(true);
            }
        }
        for item in &test.items {
            let holds = match item {
                TextItem::Str(other) => compare_texts(test.op, self.text(text), constant(self.image, *other)),
                TextItem::Var(other) => {
                    let (value, ty) = self.var(*other);
                    match self.as_text(value, ty)? {
                        Some(other) => compare_texts(test.op, self.text(text), self.text(other)),
                        None => false,
                    }
                }
                TextItem::Keys(pattern) => callroute_numbers::Packed::parse(self.text(text)).is_some_and(|keys| pattern.matches(keys)),
            };
            if holds {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub fn enum_test(&mut self, var: u16, index: u32) -> Result<bool, Fault> {
        let (value, ty) = self.var(var);
        let Value::Enum(number) = value else { return Ok(false) };
        for item in record(&self.image.enum_tests, index)? {
            let (other, other_ty) = self.operand(*item);
            let holds = match other {
                Value::Enum(other) if other_ty == ty => other == number,
                Value::Missing => false,
                _ => match (self.as_text(value, ty)?, self.as_text(other, other_ty)?) {
                    (Some(one), Some(other)) => self.text(one).eq_ignore_ascii_case(self.text(other)),
                    _ => false,
                },
            };
            if holds {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub fn compare(&self, var: u16, other: Operand, op: u8) -> bool {
        let number = |(value, _): (Value, Ty)| match value {
            Value::Number(number) => Some(number),
            Value::Duration(ms) => Some(ms as f64),
            _ => None,
        };
        let (Some(left), Some(right)) = (number(self.var(var)), number(self.operand(other))) else { return false };
        const IS: u8 = NumberOp::Is as u8;
        const ABOVE: u8 = NumberOp::Above as u8;
        const BELOW: u8 = NumberOp::Below as u8;
        const AT_LEAST: u8 = NumberOp::AtLeast as u8;
        match op {
            IS => left == right,
            ABOVE => left > right,
            BELOW => left < right,
            AT_LEAST => left >= right,
            _ => left <= right,
        }
    }

    pub fn language_test(&mut self, var: u16, index: u32) -> Result<bool, Fault> {
        let (Value::Text(language), _) = self.var(var) else { return Ok(false) };
        for item in record(&self.image.language_tests, index)? {
            let holds = match item {
                TextItem::Str(range) => in_range(constant(self.image, *range), self.text(language)),
                TextItem::Var(range) => {
                    let (value, ty) = self.var(*range);
                    match self.as_text(value, ty)? {
                        Some(range) => in_range(self.text(range), self.text(language)),
                        None => false,
                    }
                }
                TextItem::Keys(_) => false,
            };
            if holds {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub fn case(&mut self, var: u16, kind: &SwitchKind) -> Result<Option<u32>, Fault> {
        let (value, ty) = self.var(var);
        match kind {
            SwitchKind::Phone { set, anonymous } => {
                self.load_as_phones(value, ty)?;
                if self.call.phones.is_empty() {
                    return Ok(*anonymous);
                }
                let mut first: Option<u32> = None;
                for index in 0..self.call.phones.len() {
                    let Some(phone) = self.call.phones.get(index).copied() else { break };
                    let case = self.in_set(set, phone)?;
                    first = match (first, case) {
                        (Some(first), Some(case)) => Some(first.min(case)),
                        (first, case) => first.or(case),
                    };
                }
                Ok(first)
            }
            SwitchKind::Text { index, missing } => match self.as_text(value, ty)? {
                None => Ok(*missing),
                Some(_) if index.is_empty() => Ok(None),
                Some(text) => Ok(TextIndexRef::new(index).map_err(|_| Fault("an index is damaged"))?.get(self.text(text))),
            },
            SwitchKind::Enum { cases, missing } => match value {
                Value::Enum(number) => {
                    Ok(usize::try_from(number).ok().and_then(|number| cases.get(number)).and_then(|case| case.checked_sub(1)))
                }
                _ => Ok(*missing),
            },
        }
    }

    /// A number from 0 to 9,999 that is always the same for the same call, or caller.
    pub fn draw(&mut self, by_from: bool, label: u32) -> Result<u64, Fault> {
        let label = constant(self.image, label).as_bytes();
        if by_from {
            let (value, ty) = self.var(0);
            if let Some(text) = self.as_text(value, ty)? {
                return Ok(crate::hash::fnv(&[label, &[0], self.text(text).as_bytes()]) % 10_000);
            }
        }
        Ok(crate::hash::fnv(&[label, &[0], self.call_id.as_bytes()]) % 10_000)
    }
}

/// Without regard to ASCII case.
fn compare_texts(op: TextOp, text: &str, other: &str) -> bool {
    let (text, other) = (text.as_bytes(), other.as_bytes());
    match op {
        TextOp::Is => text.eq_ignore_ascii_case(other),
        TextOp::StartsWith => text.get(..other.len()).is_some_and(|start| start.eq_ignore_ascii_case(other)),
        TextOp::EndsWith => {
            text.len().checked_sub(other.len()).and_then(|start| text.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case(other))
        }
        TextOp::Contains => other.is_empty() || text.windows(other.len()).any(|window| window.eq_ignore_ascii_case(other)),
    }
}

/// RFC 4647 basic filtering.
fn in_range(range: &str, tag: &str) -> bool {
    range == "*"
        || tag.get(..range.len()).is_some_and(|start| start.eq_ignore_ascii_case(range))
            && matches!(tag.as_bytes().get(range.len()), None | Some(b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_compare_without_case() {
        use TextOp::{Contains, EndsWith, Is, StartsWith};
        for (op, text, other, holds) in [
            (Is, "Gold", "gOLD", true),
            (Is, "gold", "golden", false),
            (StartsWith, "Sales-EU", "sales", true),
            (StartsWith, "sa", "sales", false),
            (EndsWith, "pbx.Example.com", "example.COM", true),
            (EndsWith, "com", "example.com", false),
            (Contains, "xxGOLDxx", "gold", true),
            (Contains, "anything", "", true),
            (Contains, "go", "gold", false),
        ] {
            assert_eq!(compare_texts(op, text, other), holds, "{text} {op:?} {other}");
        }
    }

    #[test]
    fn ranges_of_languages() {
        for (range, tag, holds) in [
            ("es", "es-MX", true),
            ("es", "ES", true),
            ("es-mx", "es", false),
            ("e", "es", false),
            ("*", "de", true),
            ("de-de", "de-DE-1996", true),
        ] {
            assert_eq!(in_range(range, tag), holds, "{range} {tag}");
        }
    }
}
