//! The second pass: operands of instructions, by their [`Field`] kinds.

use super::{At, Check, Checked, Rule, VerifyError};
use crate::image::*;
use crate::op::{Field, Instr, Op, bit, textual};

impl Check<'_> {
    pub(super) fn code(&mut self) -> Checked {
        let image = self.image;
        for (address, instr) in (0..).zip(&image.code) {
            self.at = At::Instr(address, instr.op);
            let [a, b, c] = instr.op.operands();
            self.field(a, instr.a.into(), instr, address)?;
            self.field(b, instr.b, instr, address)?;
            self.field(c, instr.c, instr, address)?;
            self.flag(instr)?;
            match instr.op {
                Op::Switch => self.switch(instr)?,
                Op::BrNumber => {
                    let right = self.operand(Operand(instr.b))?;
                    self.typed(right, bit(Ty::Number) | bit(Ty::Duration), "a number")?;
                }
                Op::BrFlagIs => {
                    let right = self.operand(Operand(instr.b))?;
                    self.same_type(right, Ty::Flag, "a flag")?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn flag(&self, instr: &Instr) -> Checked {
        let most = match instr.op {
            Op::BrNumber => 0b1001,
            Op::TableLookup => 0,
            op if op.next() == crate::op::Next::Branches => 1,
            Op::Retry => 1,
            _ => 0,
        };
        self.ensure(instr.flag <= most, "its flag has a bit that means nothing")
    }

    /// The variable of a switch must fit its kind.
    fn switch(&mut self, instr: &Instr) -> Checked {
        let ty = self.written(instr.a)?;
        let switch = usize::try_from(instr.b).ok().and_then(|index| self.image.switches.get(index));
        match switch.map(|switch| &switch.kind) {
            Some(SwitchKind::Phone { .. }) => self.typed(ty, bit(Ty::Phone) | bit(Ty::Phones) | bit(Ty::Text) | bit(Ty::Digits), "a phone"),
            Some(SwitchKind::Text { .. }) => self.typed(ty, textual(), "a text"),
            Some(SwitchKind::Enum { cases, .. }) => {
                let values = match ty {
                    Ty::Enum(id) => usize::try_from(id).ok().and_then(|id| self.image.enums.get(id)),
                    _ => None,
                };
                match values {
                    Some(values) => self.ensure(values.len() == cases.len(), "a switch must have a case for each value"),
                    None => self.fail(Rule::Type { wanted: "a value of an enumeration", found: ty }),
                }
            }
            None => Ok(()),
        }
    }

    fn field(&mut self, field: Field, value: u32, instr: &Instr, address: u32) -> Checked {
        let image = self.image;
        match field {
            Field::Unused => self.ensure(value == 0, "an operand that means nothing must be 0"),
            Field::Var => match instr.op {
                // The only ones that write.
                Op::Set => u16::try_from(value).map_or(Ok(()), |var| self.written(var).map(|_| ())),
                _ => self.read(value).map(|_| ()),
            },
            Field::Typed(mask) => {
                let ty = if instr.op == Op::SetText { self.written(instr.a)? } else { self.read(value)? };
                self.typed(ty, mask, "something else")
            }
            Field::Operand => self.operand(Operand(value)).map(|_| ()),
            Field::Jump => {
                self.target(value)?;
                if value > address { Ok(()) } else { Err(VerifyError { at: self.at, rule: Rule::Backward { target: value } }) }
            }
            Field::OptZone => value.checked_sub(1).map_or(Ok(()), |zone| self.index("zone", zone, image.zones.len())),
            Field::Zone => self.index("zone", value, image.zones.len()),
            Field::Schedule => self.reference(value, "schedule", image.schedules.len(), Ty::Schedule),
            Field::Dates => self.reference(value, "dates", image.dates.dates.len(), Ty::Dates),
            Field::EnumValue => match self.written(instr.a)? {
                Ty::Enum(id) => {
                    let values = usize::try_from(id).ok().and_then(|id| image.enums.get(id)).map_or(0, Vec::len);
                    self.index("value of an enumeration", value, values)
                }
                found => self.fail(Rule::Type { wanted: "a value of an enumeration", found }),
            },
            Field::PhoneTest => self.index("test of a phone", value, image.phone_tests.len()),
            Field::TextTest => self.index("test of a text", value, image.text_tests.len()),
            Field::EnumTest => self.index("test of an enumeration", value, image.enum_tests.len()),
            Field::LanguageTest => self.index("test of a language", value, image.language_tests.len()),
            Field::Switch => self.index("switch", value, image.switches.len()),
            Field::Split => self.index("split", value, image.splits.len()),
            Field::TableLookup => self.index("look-up in a table", value, image.table_lookups.len()),
            Field::Prompt => self.index("prompt", value, image.prompts.len()),
            Field::Template => self.index("text with values", value, image.templates.len()),
            Field::Assign => self.index("assignment", value, image.assigns.len()),
            Field::Gather => self.index("menu or collect", value, image.gathers.len()),
            Field::Dial => self.index("dial step", value, image.dials.len()),
            Field::Lookup => self.index("look-up", value, image.lookups.len()),
            Field::Voicemail => self.index("voicemail step", value, image.voicemails.len()),
            Field::Action => self.index("use of an action", value, image.actions.len()),
            Field::Settle => self.index("way to settle", value, image.settles.len()),
        }
    }
}
