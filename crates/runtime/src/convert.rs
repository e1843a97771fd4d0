//! How a value of one type is read as another, and written. What cannot be converted is missing.

use std::fmt::Write as _;

use callroute_bytecode::const_ty;
use callroute_bytecode::image::{Const, Operand, TemplatePart, Ty};
use callroute_calendar::{read_duration, write_duration};
use callroute_numbers::{Packed, Party, read_party};

use crate::call::WarningOut;
use crate::event::{AttributeValue, Attributes};
use crate::machine::Machine;
use crate::trace::Trace;
use crate::value::{Fault, MAX_PHONES, Phone, Phones, TargetValue, Text, Value, constant};

/// The most warnings of one answer.
const MAX_WARNINGS: usize = crate::limits::WARNINGS;

/// Where a value from outside comes from.
#[derive(Clone, Copy)]
pub(crate) enum Origin {
    Input(u16),
    Field { source: u32, field: u32 },
}

/// Why a text from outside is no phone.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoPhone {
    /// It says that the number is withheld.
    Withheld,
    /// It is neither a number nor an address.
    Unreadable,
}

impl<T: Trace> Machine<'_, T> {
    pub fn warn(&mut self, warning: WarningOut) {
        let warnings = &mut self.call.out.warnings;
        if warnings.len() < MAX_WARNINGS && !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }

    #[inline]
    pub fn text(&self, text: Text) -> &str {
        self.call.arena.get(self.image, text)
    }

    /// Copies a text from outside.
    pub fn add(&mut self, text: &str) -> Result<Text, Fault> {
        self.call.arena.room()?;
        let (text, cut) = self.call.arena.add(text);
        if cut {
            self.warn(WarningOut::Cut);
        }
        Ok(text)
    }

    // ------------------------------------------------------------------------------------------------- reading

    #[inline]
    pub fn var(&self, var: u16) -> (Value, Ty) {
        let index = usize::from(var);
        let value = self.call.vars.get(index).copied().unwrap_or_default();
        let ty = self.image.vars.get(index).map_or(Ty::Text, |var| var.ty);
        (value, ty)
    }

    pub fn put(&mut self, var: u16, value: Value) {
        if let Some(slot) = self.call.vars.get_mut(usize::from(var)) {
            *slot = value;
        }
    }

    pub fn constant(&self, id: u32) -> (Value, Ty) {
        let Some(value) = usize::try_from(id).ok().and_then(|id| self.image.consts.get(id)) else { return (Value::Missing, Ty::Text) };
        (constant_value(value, id), const_ty(value))
    }

    #[inline]
    pub fn operand(&self, operand: Operand) -> (Value, Ty) {
        match operand.as_var() {
            Some(var) => u16::try_from(var).map_or((Value::Missing, Ty::Text), |var| self.var(var)),
            None => self.constant(operand.0),
        }
    }

    /// Milliseconds.
    pub fn duration(&self, operand: Option<Operand>) -> Option<u64> {
        match self.operand(operand?) {
            (Value::Duration(ms), _) => Some(ms),
            _ => None,
        }
    }

    pub fn number(&self, operand: Operand) -> Option<f64> {
        match self.operand(operand) {
            (Value::Number(number), _) => Some(number),
            _ => None,
        }
    }

    // ------------------------------------------------------------------------------------------------- as text

    /// A value as text; `None` when it is missing.
    pub fn as_text(&mut self, value: Value, ty: Ty) -> Result<Option<Text>, Fault> {
        match value {
            Value::Missing => Ok(None),
            Value::Text(text) | Value::Address(text) | Value::Target(TargetValue::Extern(text)) => Ok(Some(text)),
            Value::Enum(index) => Ok(Some(Text::Const(self.enum_text(ty, index)))),
            _ => {
                self.call.arena.room()?;
                let mark = self.call.arena.mark();
                self.write(value, ty);
                Ok(Some(self.call.arena.since(mark)))
            }
        }
    }

    fn enum_text(&self, ty: Ty, index: u32) -> u32 {
        let Ty::Enum(id) = ty else { return u32::MAX };
        let values = usize::try_from(id).ok().and_then(|id| self.image.enums.get(id));
        values.and_then(|values| values.get(usize::try_from(index).ok()?)).copied().unwrap_or(u32::MAX)
    }

    /// Writes a value at the end of the arena: a number without needless zeros, a phone as it is dialled, a duration as in a
    /// script. A missing one is nothing.
    pub fn write(&mut self, value: Value, ty: Ty) {
        let image = self.image;
        match value {
            Value::Missing | Value::Index(_) => {}
            Value::Text(text) | Value::Address(text) | Value::Target(TargetValue::Extern(text)) => self.call.arena.push_text(image, text),
            Value::Number(number) => write_number(self.call.arena.buffer(), number),
            Value::Flag(flag) => self.call.arena.push(if flag { "true" } else { "false" }),
            Value::Phone(number) => self.call.arena.push(number.write(&mut [0; 16])),
            Value::Duration(ms) => write_duration(self.call.arena.buffer(), ms),
            Value::Enum(index) => {
                let text = Text::Const(self.enum_text(ty, index));
                self.call.arena.push_text(image, text);
            }
            Value::Phones(_) => {
                self.load_phones(value);
                for index in 0..self.call.phones.len() {
                    if index > 0 {
                        self.call.arena.push(", ");
                    }
                    if let Some(phone) = self.call.phones.get(index).copied() {
                        self.write_phone(phone);
                    }
                }
            }
            Value::Target(TargetValue::Defined(id)) => {
                let index = usize::try_from(id).unwrap_or(usize::MAX);
                let name = match ty {
                    Ty::Group => image.groups.get(index).and_then(|ring| ring.name),
                    Ty::Agent => image.agents.get(index).and_then(|ring| ring.name),
                    Ty::Queue => image.queues.get(index).and_then(|queue| queue.ring.name),
                    Ty::Trunk => image.trunks.get(index).map(|(name, _)| *name),
                    _ => None,
                };
                self.call.arena.push(name.map_or("", |name| constant(image, name)));
            }
        }
    }

    fn write_phone(&mut self, phone: Phone) {
        match phone {
            Phone::Number(number) => self.call.arena.push(number.write(&mut [0; 16])),
            Phone::Address(text) => self.call.arena.push_text(self.image, text),
        }
    }

    /// A phone as it is dialled.
    pub fn phone_text(&mut self, phone: Phone) -> Result<Text, Fault> {
        match phone {
            Phone::Address(text) => Ok(text),
            Phone::Number(_) => {
                self.call.arena.room()?;
                let mark = self.call.arena.mark();
                self.write_phone(phone);
                Ok(self.call.arena.since(mark))
            }
        }
    }

    /// A text with values in it.
    pub fn template(&mut self, id: u32) -> Result<Text, Fault> {
        let parts = usize::try_from(id).ok().and_then(|id| self.image.templates.get(id)).ok_or(Fault("a text does not exist"))?;
        match parts.as_slice() {
            [] => return Ok(Text::EMPTY),
            [TemplatePart::Str(text)] => return Ok(Text::Const(*text)),
            _ => self.call.arena.room()?,
        }
        let mark = self.call.arena.mark();
        for part in parts {
            match part {
                TemplatePart::Str(text) => self.call.arena.push(constant(self.image, *text)),
                TemplatePart::Var(var) => {
                    let (value, ty) = self.var(*var);
                    self.write(value, ty);
                }
            }
            self.call.arena.room()?;
        }
        if self.call.arena.cut_since(mark) {
            self.warn(WarningOut::Cut);
        }
        Ok(self.call.arena.since(mark))
    }

    pub fn template_of(&mut self, id: Option<u32>) -> Result<Option<Text>, Fault> {
        id.map(|id| self.template(id)).transpose()
    }

    // ------------------------------------------------------------------------------------------------ as phones

    /// Reads a text from outside as a phone. What is neither a number nor an address must not be dialled.
    pub fn read_phone(&mut self, raw: &str) -> Result<Result<Phone, NoPhone>, Fault> {
        let party = read_party(crate::value::cut(raw), self.image.country, &mut self.call.scratch).party;
        let why = if party == Party::Withheld { NoPhone::Withheld } else { NoPhone::Unreadable };
        if !party.can_be_rung() {
            return Ok(Err(why));
        }
        Ok(party_phone(party, &mut self.call.arena)?.ok_or(why))
    }

    /// A value as one phone.
    pub fn as_phone(&mut self, value: Value, ty: Ty) -> Result<Option<Phone>, Fault> {
        match value {
            Value::Phone(number) => Ok(Some(Phone::Number(number))),
            Value::Address(text) => Ok(Some(Phone::Address(text))),
            Value::Text(text) => {
                // Keys and numbers without ornament need no further look.
                if ty == Ty::Digits
                    && let Some(number) = Packed::parse(self.text(text))
                {
                    return Ok(Some(Phone::Number(number)));
                }
                let call = &mut *self.call;
                let party = read_party(call.arena.get(self.image, text), self.image.country, &mut call.scratch).party;
                party_phone(party, &mut call.arena)
            }
            _ => Ok(None),
        }
    }

    /// Puts all phones of a value into the call's list of phones.
    pub fn load_phones(&mut self, value: Value) {
        let call = &mut *self.call;
        call.phones.clear();
        match value {
            Value::Phone(number) => call.phones.push(Phone::Number(number)),
            Value::Address(text) => call.phones.push(Phone::Address(text)),
            Value::Phones(Phones::Const(id)) => {
                let Some(Const::Phones(ids)) = usize::try_from(id).ok().and_then(|id| self.image.consts.get(id)) else { return };
                for id in ids {
                    match usize::try_from(*id).ok().and_then(|id| self.image.consts.get(id)) {
                        Some(Const::Phone(bits)) => call.phones.extend(Packed::from_bits(*bits).map(Phone::Number)),
                        Some(Const::Address(text)) => call.phones.push(Phone::Address(Text::Const(*text))),
                        _ => {}
                    }
                }
            }
            Value::Phones(Phones::Lines(text)) => {
                let Text::Arena { start, .. } = text else { return };
                let mut at = start;
                for line in call.arena.get(self.image, text).split('\n').filter(|line| !line.is_empty()).take(MAX_PHONES) {
                    // A line is a number in its plain form, or an address.
                    let len = u32::try_from(line.len()).unwrap_or(0);
                    call.phones.push(match Packed::parse(line) {
                        Some(number) => Phone::Number(number),
                        None => Phone::Address(Text::Arena { start: at, len }),
                    });
                    at = at.saturating_add(len).saturating_add(1);
                }
            }
            _ => {}
        }
    }

    /// As [`Machine::load_phones`], also reading a text as a phone.
    pub fn load_as_phones(&mut self, value: Value, ty: Ty) -> Result<(), Fault> {
        if let Value::Text(_) = value {
            let phone = self.as_phone(value, ty)?;
            self.call.phones.clear();
            self.call.phones.extend(phone);
        } else {
            self.load_phones(value);
        }
        Ok(())
    }

    /// One phone as a value of several.
    fn one_of_several(&mut self, phone: Phone) -> Result<Value, Fault> {
        self.call.arena.room()?;
        let mark = self.call.arena.mark();
        self.write_phone(phone);
        self.call.arena.push("\n");
        Ok(Value::Phones(Phones::Lines(self.call.arena.since(mark))))
    }

    // ---------------------------------------------------------------------------------------------- conversions

    /// A value of one type as another.
    pub fn convert(&mut self, value: Value, from: Ty, to: Ty) -> Result<Value, Fault> {
        if from == to || value == Value::Missing {
            return Ok(value);
        }
        Ok(match to {
            Ty::Text | Ty::Digits => match self.as_text(value, from)? {
                Some(text) => Value::Text(text),
                None => Value::Missing,
            },
            Ty::Phone => match value {
                Value::Text(_) => self.as_phone(value, from)?.map_or(Value::Missing, phone_value),
                _ => Value::Missing,
            },
            Ty::Phones => match self.as_phone(value, from)? {
                Some(phone) => self.one_of_several(phone)?,
                None => Value::Missing,
            },
            Ty::Enum(id) => match value {
                Value::Enum(_) | Value::Text(_) => match self.as_text(value, from)? {
                    Some(text) => self.enum_value(id, self.text(text)),
                    None => Value::Missing,
                },
                _ => Value::Missing,
            },
            _ => Value::Missing,
        })
    }

    fn enum_value(&self, id: u32, text: &str) -> Value {
        let values = usize::try_from(id).ok().and_then(|id| self.image.enums.get(id));
        let found = values.and_then(|values| values.iter().position(|value| constant(self.image, *value).eq_ignore_ascii_case(text)));
        found.and_then(|found| u32::try_from(found).ok()).map_or(Value::Missing, Value::Enum)
    }

    /// Reads a value from outside as a type. Numbers, flags and durations are also read from text; a duration's number is in
    /// seconds. What does not fit is missing, with a warning that says where; a withheld number is missing without one.
    pub fn read(&mut self, ty: Ty, raw: AttributeValue<'_>, origin: Origin, from: &dyn Attributes, name: &str) -> Result<Value, Fault> {
        let value = match (ty, raw) {
            (_, AttributeValue::Null) => return Ok(Value::Missing),
            (Ty::Text | Ty::Digits, AttributeValue::Text(text)) => Value::Text(self.add(text)?),
            (Ty::Number, AttributeValue::Number(number)) if number.is_finite() => Value::Number(number),
            (Ty::Number, AttributeValue::Text(text)) => read_number(text).map_or(Value::Missing, Value::Number),
            (Ty::Flag, AttributeValue::Flag(flag)) => Value::Flag(flag),
            (Ty::Flag, AttributeValue::Text(text)) => match text.trim() {
                text if text.eq_ignore_ascii_case("true") => Value::Flag(true),
                text if text.eq_ignore_ascii_case("false") => Value::Flag(false),
                _ => Value::Missing,
            },
            (Ty::Duration, AttributeValue::Number(seconds)) if (0.0..=1e9).contains(&seconds) => {
                Value::Duration((seconds * 1000.0).round() as u64)
            }
            (Ty::Duration, AttributeValue::Text(text)) => read_duration(text.trim()).map_or(Value::Missing, Value::Duration),
            (Ty::Phone, AttributeValue::Text(text)) => match self.read_phone(text)? {
                Ok(phone) => phone_value(phone),
                Err(NoPhone::Withheld) => return Ok(Value::Missing),
                Err(NoPhone::Unreadable) => Value::Missing,
            },
            (Ty::Phones, AttributeValue::List(len)) => self.read_phones(from, name, len)?,
            (Ty::Enum(id), AttributeValue::Text(text)) => self.enum_value(id, text),
            _ => Value::Missing,
        };
        if value == Value::Missing {
            let found = raw.kind();
            self.warn(match origin {
                Origin::Input(var) => WarningOut::Input { var, found },
                Origin::Field { source, field } => WarningOut::Field { source, field, found },
            });
        }
        Ok(value)
    }

    /// All must be phones.
    fn read_phones(&mut self, from: &dyn Attributes, name: &str, len: usize) -> Result<Value, Fault> {
        if len > MAX_PHONES {
            self.warn(WarningOut::Cut);
        }
        self.call.phones.clear();
        for index in 0..len.min(MAX_PHONES) {
            let phone = match from.item(name, index) {
                Some(AttributeValue::Text(text)) => self.read_phone(text)?.ok(),
                _ => None,
            };
            match phone {
                Some(phone) => self.call.phones.push(phone),
                None => return Ok(Value::Missing),
            }
        }
        self.write_lines()
    }

    /// Several phones in lines, wherever they are.
    pub fn lines(&mut self, value: Value) -> Result<Value, Fault> {
        if let Value::Phones(Phones::Lines(_)) = value {
            return Ok(value);
        }
        self.load_phones(value);
        self.write_lines()
    }

    /// The call's list of phones as a value.
    fn write_lines(&mut self) -> Result<Value, Fault> {
        self.call.arena.room()?;
        let mark = self.call.arena.mark();
        for index in 0..self.call.phones.len() {
            if let Some(phone) = self.call.phones.get(index).copied() {
                self.write_phone(phone);
                self.call.arena.push("\n");
            }
        }
        Ok(Value::Phones(Phones::Lines(self.call.arena.since(mark))))
    }
}

/// A constant as a value; several phones stay where they are.
fn constant_value(value: &Const, id: u32) -> Value {
    use callroute_bytecode::image::TargetRef;
    match value {
        Const::Text(text) => Value::Text(Text::Const(*text)),
        Const::Number(number) => Value::Number(*number),
        Const::Flag(flag) => Value::Flag(*flag),
        Const::Phone(bits) => Packed::from_bits(*bits).map_or(Value::Missing, Value::Phone),
        Const::Address(text) => Value::Address(Text::Const(*text)),
        Const::Phones(_) => Value::Phones(Phones::Const(id)),
        Const::Duration(ms) => Value::Duration(*ms),
        Const::Enum(_, index) => Value::Enum(*index),
        Const::Target(_, TargetRef::Defined(id)) => Value::Target(TargetValue::Defined(*id)),
        Const::Target(_, TargetRef::Extern(name)) => Value::Target(TargetValue::Extern(Text::Const(*name))),
        // No constant has a variable in it.
        Const::Target(_, TargetRef::Var(_)) => Value::Missing,
        Const::Schedule(id) | Const::Dates(id) | Const::List(id) => Value::Index(*id),
    }
}

pub(crate) const fn phone_value(phone: Phone) -> Value {
    match phone {
        Phone::Number(number) => Value::Phone(number),
        Phone::Address(text) => Value::Address(text),
    }
}

fn party_phone(party: Party<'_>, arena: &mut crate::value::Arena) -> Result<Option<Phone>, Fault> {
    Ok(match party {
        Party::Withheld => None,
        Party::Number(number) => Some(Phone::Number(number)),
        Party::Address(address) => {
            arena.room()?;
            Some(Phone::Address(arena.add(address).0))
        }
    })
}

/// A number in text: digits with a sign and a fraction.
fn read_number(text: &str) -> Option<f64> {
    text.trim().parse::<f64>().ok().filter(|number| number.is_finite())
}

/// Without needless zeros.
pub(crate) fn write_number(out: &mut String, number: f64) {
    // There is no negative zero for people.
    let number = if number == 0.0 { 0.0 } else { number };
    // Writing to a text cannot fail.
    let _ = write!(out, "{number}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_people() {
        for (number, text) in [(5.0, "5"), (-0.0, "0"), (12.5, "12.5"), (-1.0, "-1")] {
            let mut out = String::new();
            write_number(&mut out, number);
            assert_eq!(out, text);
        }
        assert_eq!((read_number(" 95 "), read_number("inf"), read_number("x")), (Some(95.0), None, None));
    }
}
