//! A call's state as bytes: plain data, compact, and proved when it comes back, because it may have been in anybody's hands.
//!
//! | | |
//! |---|---|
//! | 1 byte | version |
//! | 8 bytes | start of the program's hash |
//! | 8 bytes | FNV-1a of the call's id |
//! | 1 byte | 0 fresh, 1 over, 2 waits, 3 waits for `played`; with 4 the script has set a priority |
//! | number | address, and for 3 how many prompts were said |
//! | numbers | turns, reason |
//! | number, half bytes | keys typed ahead |
//! | number, numbers | addresses to return to |
//! | number, numbers | menus: number, tries used, tries in all, attempt, 1 if the last try failed |
//! | number, values | variables: number, kind, value |
//!
//! Numbers have 7 bits in a byte, the lowest first. Texts of the script are numbers; others have their length before them.

use std::fmt;

use callroute_bytecode::image::{Image, TargetKind, Ty};
use callroute_numbers::Packed;

use crate::call::{Call, Counter, Keys, MAX_COUNTERS, Phase, Reason};
use crate::decide::expected;
use crate::hash::fnv;
use crate::program::Program;
use crate::value::{MAX_PHONES, MAX_TEXT, Phones, TargetValue, Text, Value};

const VERSION: u8 = 1;
const PRIORITY_SET: u8 = 4;
/// The most bytes of a state.
const MAX_STATE: usize = crate::limits::STATE;
/// Bytes of [`state_head`].
pub const STATE_HEAD: usize = 17;
/// Most states have fewer bytes.
const COMMON_STATE: usize = 96;
/// The most bytes of a value of several phones.
const MAX_LINES: usize = MAX_PHONES * 512;

/// Why bytes are no state of a call of this program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum StateError {
    /// It is of another compiled script.
    OtherProgram {
        /// The first eight bytes of that script's hash.
        found: [u8; 8],
    },
    /// It is of another version of this library.
    Version {
        /// Its version.
        found: u8,
    },
    /// It is no state, or a damaged one.
    Damaged {
        /// What is wrong.
        what: &'static str,
    },
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherProgram { found } => {
                write!(f, "the call was begun by another compiled script (")?;
                found.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
                f.write_str("…), and only that one can go on with it")
            }
            Self::Version { found } => write!(f, "the call's state has version {found}, and this version knows {VERSION}"),
            Self::Damaged { what } => write!(f, "the call's state is damaged: {what}"),
        }
    }
}

impl std::error::Error for StateError {}

/// What the states of a call begin with, told from the first eight bytes of [`Program::hash`] and the id of the call: who keeps these beside a
/// state need not keep this part of it.
#[must_use]
pub fn state_head(program: [u8; 8], call_id: &str) -> [u8; STATE_HEAD] {
    let mut head = [VERSION; STATE_HEAD];
    let parts = program.into_iter().chain(fnv(&[call_id.as_bytes()]).to_le_bytes());
    head.iter_mut().skip(1).zip(parts).for_each(|(to, from)| *to = from);
    head
}

struct Out<'o>(&'o mut Vec<u8>);

impl Out<'_> {
    fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    fn number(&mut self, number: u64) {
        let mut rest = number;
        while rest >= 0x80 {
            // The low seven bits, and a mark that more follow.
            self.0.push(rest as u8 & 0x7F | 0x80);
            rest >>= 7;
        }
        self.0.push(rest as u8);
    }

    fn len(&mut self, len: usize) {
        self.number(u64::try_from(len).unwrap_or(u64::MAX));
    }

    fn text(&mut self, call: &Call, image: &Image, kind: u8, text: Text) {
        match text {
            Text::Const(id) => {
                self.byte(kind);
                self.number(id.into());
            }
            Text::Arena { .. } => {
                self.byte(kind + 1);
                let text = call.arena.get(image, text);
                self.len(text.len());
                self.0.extend_from_slice(text.as_bytes());
            }
        }
    }

    fn value(&mut self, call: &Call, image: &Image, value: Value) {
        match value {
            Value::Missing => self.byte(0),
            Value::Text(text) => self.text(call, image, 1, text),
            Value::Address(text) => self.text(call, image, 3, text),
            Value::Phones(Phones::Const(id)) => {
                self.byte(5);
                self.number(id.into());
            }
            Value::Phones(Phones::Lines(text)) => self.text(call, image, 5, text),
            Value::Target(TargetValue::Extern(text)) => self.text(call, image, 7, text),
            Value::Target(TargetValue::Defined(id)) => {
                self.byte(9);
                self.number(id.into());
            }
            Value::Number(number) => {
                self.byte(10);
                self.0.extend_from_slice(&number.to_bits().to_le_bytes());
            }
            Value::Flag(flag) => self.byte(if flag { 12 } else { 11 }),
            Value::Phone(number) => {
                self.byte(13);
                self.0.extend_from_slice(&number.bits().to_le_bytes());
            }
            Value::Duration(ms) => {
                self.byte(14);
                self.number(ms);
            }
            Value::Enum(index) => {
                self.byte(15);
                self.number(index.into());
            }
            Value::Index(index) => {
                self.byte(16);
                self.number(index.into());
            }
        }
    }
}

type Read<R> = Result<R, StateError>;

const fn damaged<R>(what: &'static str) -> Read<R> {
    Err(StateError::Damaged { what })
}

struct In<'i>(&'i [u8]);

impl<'i> In<'i> {
    fn byte(&mut self) -> Read<u8> {
        let Some((byte, rest)) = self.0.split_first() else { return damaged("it is cut") };
        self.0 = rest;
        Ok(*byte)
    }

    fn array(&mut self) -> Read<[u8; 8]> {
        let Some((bytes, rest)) = self.0.split_first_chunk() else { return damaged("it is cut") };
        self.0 = rest;
        Ok(*bytes)
    }

    fn number(&mut self) -> Read<u64> {
        let mut number = 0u64;
        for place in 0..10 {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7F);
            // The tenth byte has room for one bit, and no number has needless bytes at its end.
            if place == 9 && byte > 1 || place > 0 && byte == 0 {
                return damaged("a number is not in its form");
            }
            number |= bits << (7 * place);
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        damaged("a number is not in its form")
    }

    fn short<N: TryFrom<u64>>(&mut self, what: &'static str) -> Read<N> {
        match N::try_from(self.number()?) {
            Ok(number) => Ok(number),
            Err(_) => damaged(what),
        }
    }

    fn below(&mut self, len: usize, what: &'static str) -> Read<u32> {
        let index: u32 = self.short(what)?;
        if usize::try_from(index).is_ok_and(|index| index < len) { Ok(index) } else { damaged(what) }
    }

    fn text(&mut self, call: &mut Call, most: usize) -> Read<Text> {
        let len: usize = self.short("a text is too long")?;
        let Some((bytes, rest)) = self.0.split_at_checked(len).filter(|_| len <= most) else { return damaged("a text is too long") };
        let Ok(text) = std::str::from_utf8(bytes) else { return damaged("a text is not UTF-8") };
        self.0 = rest;
        let mark = call.arena.mark();
        call.arena.push(text);
        Ok(call.arena.since(mark))
    }

    fn constant(&mut self, image: &Image) -> Read<Text> {
        self.below(image.strings.len(), "a text does not exist").map(Text::Const)
    }

    /// A value of a type.
    fn value(&mut self, call: &mut Call, image: &Image, ty: Ty) -> Read<Value> {
        let wrong = damaged("a value has the wrong type");
        let kind = self.byte()?;
        Ok(match (kind, ty) {
            (1, Ty::Text | Ty::Digits) => Value::Text(self.constant(image)?),
            (2, Ty::Text | Ty::Digits) => Value::Text(self.text(call, MAX_LINES)?),
            (3, Ty::Phone) => Value::Address(self.constant(image)?),
            (4, Ty::Phone) => Value::Address(self.text(call, MAX_TEXT)?),
            (5, Ty::Phones) => {
                let id = self.below(image.consts.len(), "a constant does not exist")?;
                match usize::try_from(id).ok().and_then(|id| image.consts.get(id)) {
                    Some(callroute_bytecode::image::Const::Phones(_)) => Value::Phones(Phones::Const(id)),
                    _ => return wrong,
                }
            }
            (6, Ty::Phones) => Value::Phones(Phones::Lines(self.text(call, MAX_LINES)?)),
            (7, Ty::Group | Ty::Agent | Ty::Queue | Ty::Trunk) => Value::Target(TargetValue::Extern(self.constant(image)?)),
            (8, Ty::Group | Ty::Agent | Ty::Queue | Ty::Trunk) => Value::Target(TargetValue::Extern(self.text(call, MAX_TEXT)?)),
            (9, Ty::Group | Ty::Agent | Ty::Queue | Ty::Trunk) => {
                let kind = match ty {
                    Ty::Group => TargetKind::Group,
                    Ty::Agent => TargetKind::Agent,
                    Ty::Queue => TargetKind::Queue,
                    _ => TargetKind::Trunk,
                };
                Value::Target(TargetValue::Defined(self.below(targets(image, kind), "a target does not exist")?))
            }
            (10, Ty::Number) => {
                let number = f64::from_bits(u64::from_le_bytes(self.array()?));
                if !number.is_finite() {
                    return damaged("a number is not finite");
                }
                Value::Number(number)
            }
            (11, Ty::Flag) => Value::Flag(false),
            (12, Ty::Flag) => Value::Flag(true),
            (13, Ty::Phone) => match Packed::from_bits(u64::from_le_bytes(self.array()?)) {
                Some(number) if !number.is_empty() => Value::Phone(number),
                _ => return damaged("a telephone number is none"),
            },
            (14, Ty::Duration) => Value::Duration(self.number()?),
            (15, Ty::Enum(id)) => {
                let values = usize::try_from(id).ok().and_then(|id| image.enums.get(id)).map_or(0, Vec::len);
                Value::Enum(self.below(values, "a value of an enumeration does not exist")?)
            }
            (16, Ty::Schedule) => Value::Index(self.below(image.schedules.len(), "a schedule does not exist")?),
            (16, Ty::Dates) => Value::Index(self.below(image.dates.dates.len(), "dates do not exist")?),
            (16, Ty::List) => Value::Index(self.below(image.lists.len(), "a list does not exist")?),
            _ => return wrong,
        })
    }
}

fn targets(image: &Image, kind: TargetKind) -> usize {
    match kind {
        TargetKind::Group => image.groups.len(),
        TargetKind::Agent => image.agents.len(),
        TargetKind::Queue => image.queues.len(),
        TargetKind::Trunk => image.trunks.len(),
    }
}

impl Program {
    /// The state of a call as bytes, for a host that keeps nothing between two events: exactly what a later step can read. What
    /// callers typed is readable in it: a host that gives it away seals it first.
    #[must_use]
    pub fn save(&self, call: &Call) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(COMMON_STATE);
        self.save_into(call, &mut bytes);
        bytes
    }

    /// As [`Program::save`], into a buffer that is used again. It is cleared first.
    pub fn save_into(&self, call: &Call, bytes: &mut Vec<u8>) {
        bytes.clear();
        let image = self.image();
        let mut out = Out(bytes);
        out.byte(VERSION);
        out.0.extend_from_slice(&call.program.to_le_bytes());
        out.0.extend_from_slice(&call.id.hash().to_le_bytes());
        let set = if call.priority_set { PRIORITY_SET } else { 0 };
        let (address, played) = match call.phase {
            Phase::Fresh => return out.byte(set),
            Phase::Ended => return out.byte(1 | set),
            Phase::Waiting { address, played } => (address, played),
        };
        out.byte(if played.is_some() { 3 } else { 2 } | set);
        out.number(address.into());
        if let Some(said) = played {
            out.number(said.into());
        }
        out.number(call.turns.into());
        out.byte(call.reason as u8);
        out.len(call.ahead.as_slice().len());
        for pair in call.ahead.as_slice().chunks(2) {
            out.byte(pair.iter().rev().fold(0, |byte, key| byte << 4 | key & 0xF));
        }
        out.len(call.stack.len());
        call.stack.iter().for_each(|back| out.number((*back).into()));
        // A menu that was just asked for the first time needs no counter, unless it counts by a variable.
        let counters = || {
            call.counters.iter().filter(|counter| {
                let gather = usize::try_from(counter.gather).ok().and_then(|gather| image.gathers.get(gather));
                counter.used > 0 || counter.attempt > 1 || counter.failed || gather.is_none_or(|gather| gather.tries.as_var().is_some())
            })
        };
        out.len(counters().count());
        for counter in counters() {
            out.number(counter.gather.into());
            out.byte(counter.used);
            out.byte(counter.tries);
            out.number(counter.attempt.into());
            out.byte(counter.failed.into());
        }
        let keeps = self.keeps(address, played.is_some());
        let kept = || (0u16..).zip(&call.vars).filter(|(var, value)| **value != Value::Missing && keeps.holds(self, *var));
        out.len(kept().count());
        for (var, value) in kept() {
            out.number(var.into());
            out.value(call, image, *value);
        }
    }

    /// Brings a call back to the state that the bytes hold. Whatever they are, a call that goes on from them stays within the
    /// bounds that were proved for the program.
    ///
    /// # Errors
    /// When the bytes are no state of a call of this program. The call is then as if no event had come in.
    pub fn restore(&self, call: &mut Call, bytes: &[u8]) -> Result<(), StateError> {
        let result = self.read_state(call, bytes);
        if result.is_err() {
            call.reset(self);
        }
        result
    }

    fn read_state(&self, call: &mut Call, bytes: &[u8]) -> Result<(), StateError> {
        call.reset(self);
        if bytes.len() > MAX_STATE {
            return damaged("it is too long");
        }
        let image = self.image();
        let mut from = In(bytes);
        match from.byte()? {
            VERSION => {}
            found => return Err(StateError::Version { found }),
        }
        let found = from.array()?;
        if u64::from_le_bytes(found) != self.id() {
            return Err(StateError::OtherProgram { found });
        }
        call.id.set_hash(u64::from_le_bytes(from.array()?));
        let kind = from.byte()?;
        call.priority_set = kind & PRIORITY_SET != 0;
        match kind & !PRIORITY_SET {
            0 => return from.end(),
            1 => {
                call.phase = Phase::Ended;
                return from.end();
            }
            2 | 3 => {}
            _ => return damaged("its kind is unknown"),
        }
        let address = from.below(image.code.len(), "its address does not exist")?;
        let played = if kind & 1 == 1 { Some(from.short("the number of prompts is too large")?) } else { None };
        if !self.verified.is_suspension(address) || expected(image, address, played.is_some()).is_none() {
            return damaged("nothing waits at its address");
        }
        if played.is_some() && matches!(expected(image, address, false), Some(waits) if waits != crate::Expected::Digits) {
            return damaged("nothing is played at its address");
        }
        call.phase = Phase::Waiting { address, played };
        call.turns = from.short("the number of turns is too large")?;
        if call.turns == 0 || call.turns > image.turn_limit {
            return damaged("the number of turns is out of range");
        }
        call.reason = match Reason::ALL.get(usize::from(from.byte()?)) {
            Some(reason) => *reason,
            None => return damaged("its reason is unknown"),
        };
        self.read_keys(call, &mut from)?;
        self.read_stack(call, &mut from)?;
        self.read_counters(call, &mut from)?;
        let keeps = self.keeps(address, played.is_some());
        let mut next = 0;
        for _ in 0..from.below(image.vars.len() + 1, "there are too many variables")? {
            let var: u16 = from.short("a variable does not exist")?;
            let Some(def) = image.vars.get(usize::from(var)).filter(|_| var >= next && keeps.holds(self, var)) else {
                return damaged("it holds a variable that is not kept here");
            };
            next = var.saturating_add(1);
            let value = from.value(call, image, def.ty)?;
            if let Some(slot) = call.vars.get_mut(usize::from(var)) {
                *slot = value;
            }
        }
        from.end()
    }

    fn read_keys(&self, call: &mut Call, from: &mut In<'_>) -> Result<(), StateError> {
        let mut left = from.below(Keys::AHEAD + 1, "there are too many keys")?;
        while left > 0 {
            let byte = from.byte()?;
            for key in [byte & 0xF, byte >> 4].into_iter().take(usize::try_from(left).unwrap_or(2)) {
                if key > callroute_numbers::HASH && key != crate::call::NO_KEY {
                    return damaged("a key is none");
                }
                call.ahead.push(key);
                left -= 1;
            }
        }
        Ok(())
    }

    fn read_stack(&self, call: &mut Call, from: &mut In<'_>) -> Result<(), StateError> {
        let most = usize::try_from(self.verified.max_stack()).unwrap_or(0);
        for _ in 0..from.below(most + 1, "too many flows wait")? {
            let back = from.below(self.image().code.len(), "a flow returns to nowhere")?;
            if !self.verified.is_return_point(back) {
                return damaged("a flow returns to where none was called");
            }
            call.stack.push(back);
        }
        Ok(())
    }

    fn read_counters(&self, call: &mut Call, from: &mut In<'_>) -> Result<(), StateError> {
        for _ in 0..from.below(MAX_COUNTERS + 1, "there are too many menus")? {
            let gather = from.below(self.image().gathers.len(), "a menu does not exist")?;
            let (used, tries) = (from.byte()?, from.byte()?);
            let attempt = from.short("a menu was asked too often")?;
            let failed = match from.byte()? {
                0 => false,
                1 => true,
                _ => return damaged("a menu's tries are wrong"),
            };
            if !(1..=100).contains(&tries) || attempt == 0 || call.counters.iter().any(|counter| counter.gather == gather) {
                return damaged("a menu's tries are wrong");
            }
            call.counters.push(Counter { gather, used, tries, attempt, failed });
        }
        Ok(())
    }
}

impl In<'_> {
    fn end(&self) -> Read<()> {
        if self.0.is_empty() { Ok(()) } else { damaged("something follows it") }
    }
}
