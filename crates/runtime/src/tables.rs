//! Look-ups in static tables, whose bytes are used where they lie. A cell that is not what it should be is a fault.

use callroute_bytecode::image::{Table, Ty};
use callroute_numbers::index::{IndexRef, TextIndexRef};

use crate::machine::{Machine, record};
use crate::trace::Trace;
use crate::value::{Fault, MAX_PHONES, Phone, Phones, Value, cut};

impl<T: Trace> Machine<'_, T> {
    pub fn table_lookup(&mut self, index: u32) -> Result<bool, Fault> {
        let lookup = record(&self.image.table_lookups, index)?;
        let table = record(&self.image.tables, lookup.table)?;
        let damaged = Fault("a table is damaged");
        let (key, ty) = self.operand(lookup.key);
        if table.index.is_empty() {
            return Ok(false);
        }
        let row = if table.text_keys {
            let Some(key) = self.as_text(key, ty)? else { return Ok(false) };
            TextIndexRef::new(&table.index).map_err(|_| damaged)?.get(self.text(key))
        } else {
            let Some(Phone::Number(number)) = self.as_phone(key, ty)? else { return Ok(false) };
            let index = IndexRef::new(&table.index).map_err(|_| damaged)?;
            if table.prefix { index.longest_prefix(number) } else { index.exact(number) }
        };
        let Some(row) = row else { return Ok(false) };
        if row >= table.rows {
            return Err(damaged);
        }
        for (var, column) in &lookup.row {
            let value = self.cell(table, row, *column).ok_or(damaged)?;
            self.put(*var, value?);
        }
        Ok(true)
    }

    /// A cell. `None` when it is damaged.
    fn cell(&mut self, table: &Table, row: u32, column: u32) -> Option<Result<Value, Fault>> {
        let column = usize::try_from(column).ok()?;
        let at = usize::try_from(row).ok()?.checked_mul(table.columns.len())?.checked_add(column)?.checked_mul(9)?;
        let [kind, data @ ..] = *table.cells.get(at..)?.first_chunk::<9>()?;
        let bits = u64::from_le_bytes(data);
        // Offset and length of a text.
        let bytes = || {
            let (start, len) = (usize::try_from(bits & 0xFFFF_FFFF).ok()?, usize::try_from(bits >> 32).ok()?);
            table.texts.get(start..start.checked_add(len)?)
        };
        let text = || std::str::from_utf8(bytes()?).ok();
        Some(match (kind, table.columns.get(column)?) {
            (0, _) => Ok(Value::Missing),
            (1, Ty::Text) => self.add(text()?).map(Value::Text),
            (2, Ty::Number) => Ok(Value::Number(Some(f64::from_bits(bits)).filter(|number| number.is_finite())?)),
            (3, Ty::Flag) if bits <= 1 => Ok(Value::Flag(bits == 1)),
            (4, Ty::Phone) => Ok(Value::Phone(callroute_numbers::Packed::from_bits(bits)?)),
            (5, Ty::Phone) => self.add(text()?).map(Value::Address),
            (6, Ty::Phones) => {
                // Pieces, each behind its length.
                let mut pieces = bytes()?;
                if let Err(fault) = self.call.arena.room() {
                    return Some(Err(fault));
                }
                let mark = self.call.arena.mark();
                for _ in 0..MAX_PHONES {
                    let Some((len, rest)) = pieces.split_first_chunk::<4>() else { break };
                    let (piece, rest) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*len)).ok()?)?;
                    self.call.arena.push(cut(std::str::from_utf8(piece).ok()?));
                    self.call.arena.push("\n");
                    pieces = rest;
                }
                Ok(Value::Phones(Phones::Lines(self.call.arena.since(mark))))
            }
            (7, Ty::Duration) => Ok(Value::Duration(bits)),
            (8, Ty::Enum(id)) => {
                let values = usize::try_from(*id).ok().and_then(|id| self.image.enums.get(id))?;
                let value = u32::try_from(bits).ok()?;
                usize::try_from(value).ok().filter(|value| *value < values.len())?;
                Ok(Value::Enum(value))
            }
            _ => return None,
        })
    }
}
