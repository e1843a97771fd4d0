//! The loop: one instruction after the other, until an answer is given. Execution only goes forward, so that it ends; the
//! verifier has proved it, and worked out how long it can take at most.

use callroute_bytecode::image::{Image, NumberOp, Operand, Prompt, Settle, SwitchKind, TextItem, TextOp, Ty};
use callroute_bytecode::limits;
use callroute_bytecode::op::{Instr, Op};
use callroute_calendar::Local;
use callroute_numbers::index::{IndexRef, TextIndexRef};

use crate::call::{Call, Given, Phase, PromptOut, Reason, WarningOut};
use crate::program::Program;
use crate::trace::{Outcome, Step, Trace};
use crate::value::{Fault, Phone, Text, Value, constant};

/// The most tags of one answer.
const MAX_TAGS: usize = 64;
/// The variables `language` and `priority`.
pub(crate) const LANGUAGE: u16 = 2;
pub(crate) const PRIORITY: u16 = 3;

/// One answer in the making.
pub(crate) struct Machine<'m, T> {
    pub program: &'m Program,
    pub image: &'m Image,
    pub call: &'m mut Call,
    pub call_id: &'m str,
    pub now: i64,
    pub tracer: T,
    /// The last reading of a clock, and which.
    local: Option<(usize, Local)>,
}

/// What follows an instruction.
pub(crate) enum After {
    /// Another one.
    Goes(u32),
    /// The answer is given.
    Answered,
}

pub(crate) fn record<R>(records: &[R], index: u32) -> Result<&R, Fault> {
    usize::try_from(index).ok().and_then(|index| records.get(index)).ok_or(Fault("a record does not exist"))
}

impl<'m, T: Trace> Machine<'m, T> {
    pub fn new(program: &'m Program, call: &'m mut Call, call_id: &'m str, now: i64, tracer: T) -> Self {
        Self { program, image: program.image(), call, call_id, now, tracer, local: None }
    }

    // --------------------------------------------------------------------------------------------------- answers

    /// Gives an instruction after which the script waits.
    pub fn ask(&mut self, given: Given, address: u32, played: Option<u32>) -> After {
        self.call.out.given = given;
        self.call.out.waiting = true;
        self.call.phase = Phase::Waiting { address, played };
        After::Answered
    }

    /// Gives the last instruction.
    pub fn settle_with(&mut self, given: Given) -> After {
        self.call.out.given = given;
        self.call.end();
        After::Answered
    }

    pub fn settle(&mut self, index: u32) -> Result<After, Fault> {
        let given = match record(&self.image.settles, index)? {
            Settle::Hangup => Given::Hangup(self.call.reason),
            Settle::Reject(code, text) => {
                let code = self.number(*code).filter(|code| (300.0..=699.0).contains(code) && code.fract() == 0.0).unwrap_or(603.0);
                // In range by the line above.
                Given::Reject { code: code as u16, text: self.template_of(*text)? }
            }
            Settle::Redirect(to, permanent) => {
                let (value, ty) = self.operand(*to);
                match self.as_phone(value, ty)? {
                    Some(phone) => Given::Redirect { to: self.phone_text(phone)?, permanent: *permanent },
                    None => Given::Hangup(Reason::Unreachable),
                }
            }
            Settle::Voicemail(id) => self.voicemail(*id)?,
        };
        Ok(self.settle_with(given))
    }

    /// What is answered when nothing else can be.
    pub fn fallback(&mut self, reason: Reason) {
        self.call.reason = reason;
        let settled = self.image.fallback.map(|fallback| self.settle(fallback));
        if !matches!(settled, Some(Ok(_))) {
            self.settle_with(Given::Hangup(reason));
        }
    }

    fn voicemail(&mut self, index: u32) -> Result<Given, Fault> {
        let step = record(&self.image.voicemails, index)?;
        Ok(Given::Voicemail {
            message: self.template(step.message)?,
            mailbox: self.template_of(step.mailbox)?,
            max_duration: self.duration(step.max_duration),
        })
    }

    // ---------------------------------------------------------------------------------------------------- the loop

    /// Runs from an address until an answer is given. `said` prompts of the first instruction were heard already.
    pub fn run(&mut self, start: u32, said: u32) -> Result<(), Fault> {
        let image = self.image;
        let mut at = start;
        let mut said = said;
        loop {
            let Some(instr) = usize::try_from(at).ok().and_then(|at| image.code.get(at)).copied() else {
                return Err(Fault("execution left the code"));
            };
            self.call.steps += 1;
            if self.call.steps > self.program.cost() {
                return Err(Fault("execution took longer than was proved"));
            }
            match self.step(at, instr, said)? {
                After::Goes(next) => at = next,
                After::Answered => return Ok(()),
            }
            said = 0;
        }
    }

    #[inline]
    fn branch(&mut self, at: u32, instr: Instr, subject: Option<u16>, holds: bool) -> After {
        if T::ON {
            self.trace(at, instr.op, subject, Outcome::Holds(holds));
        }
        After::Goes(if holds == (instr.flag & 1 == 1) { instr.c } else { at + 1 })
    }

    /// Tells the tracer, with the value of a variable.
    pub fn trace(&mut self, at: u32, op: Op, subject: Option<u16>, outcome: Outcome) {
        if !T::ON {
            return;
        }
        let Some(var) = subject else {
            return self.tracer.step(&Step { address: at, op, subject: None, value: None, outcome });
        };
        let (value, ty) = self.var(var);
        let secret = self.image.vars.get(usize::from(var)).is_some_and(|var| var.secret);
        let mark = self.call.arena.mark();
        if secret {
            self.call.arena.push("(secret)");
        } else {
            self.write(value, ty);
        }
        let text = self.call.arena.since(mark);
        let name = self.image.vars.get(usize::from(var)).map(|var| constant(self.image, var.name));
        let value = (value != Value::Missing).then(|| self.call.arena.get(self.image, text));
        self.tracer.step(&Step { address: at, op, subject: name, value, outcome });
        self.call.arena.truncate(mark);
    }

    fn step(&mut self, at: u32, instr: Instr, said: u32) -> Result<After, Fault> {
        let image = self.image;
        let Instr { op, a, b, c, .. } = instr;
        let next = After::Goes(at + 1);
        Ok(match op {
            Op::Goto => After::Goes(c),
            Op::BrHours => {
                let holds = self.hours(a, b)?;
                if T::ON {
                    self.trace_clock(at, op, holds);
                }
                After::Goes(if holds == (instr.flag & 1 == 1) { c } else { at + 1 })
            }
            Op::BrOn => {
                let holds = self.on(a, b)?;
                if T::ON {
                    self.trace_clock(at, op, holds);
                }
                After::Goes(if holds == (instr.flag & 1 == 1) { c } else { at + 1 })
            }
            Op::BrPhone => {
                let holds = self.phone_test(a, b)?;
                self.branch(at, instr, Some(a), holds)
            }
            Op::BrText => {
                let holds = self.text_test(a, b)?;
                self.branch(at, instr, Some(a), holds)
            }
            Op::BrEnumIs => {
                let holds = self.var(a).0 == Value::Enum(b);
                self.branch(at, instr, Some(a), holds)
            }
            Op::BrEnumIn => {
                let holds = self.enum_test(a, b)?;
                self.branch(at, instr, Some(a), holds)
            }
            Op::BrNumber => {
                let holds = self.compare(a, Operand(b), instr.flag >> 1);
                self.branch(at, instr, Some(a), holds)
            }
            Op::BrFlag => {
                let holds = self.var(a).0 == Value::Flag(true);
                self.branch(at, instr, Some(a), holds)
            }
            Op::BrFlagIs => {
                let holds = match (self.var(a).0, self.operand(Operand(b)).0) {
                    (Value::Flag(left), Value::Flag(right)) => left == right,
                    _ => false,
                };
                self.branch(at, instr, Some(a), holds)
            }
            Op::BrMissing => {
                let holds = self.var(a).0 == Value::Missing;
                self.branch(at, instr, Some(a), holds)
            }
            Op::BrLanguage => {
                let holds = self.language_test(a, b)?;
                self.branch(at, instr, Some(a), holds)
            }
            Op::Switch => {
                let switch = record(&image.switches, b)?;
                let case = self.case(a, &switch.kind)?;
                if T::ON {
                    self.trace(at, op, Some(a), Outcome::Chose(case));
                }
                let target = case.and_then(|case| switch.targets.get(usize::try_from(case).ok()?));
                After::Goes(target.copied().unwrap_or(switch.default))
            }
            Op::Split => {
                let split = record(&image.splits, b)?;
                let drawn = self.draw(split.by_from, split.label)?;
                let arm = split.arms.iter().position(|(border, _)| drawn < u64::from(*border));
                if T::ON {
                    self.trace(at, op, None, Outcome::Chose(arm.and_then(|arm| u32::try_from(arm).ok())));
                }
                After::Goes(arm.and_then(|arm| split.arms.get(arm)).ok_or(Fault("a split has no arm"))?.1)
            }
            Op::TableLookup => {
                let found = self.table_lookup(b)?;
                if T::ON {
                    self.trace(at, op, None, Outcome::Holds(found));
                }
                if found { next } else { After::Goes(c) }
            }
            Op::Say => match self.say(b, false, &mut 0, said)? {
                None => {
                    self.trace(at, op, None, Outcome::Done);
                    next
                }
                Some(said) => self.play_first(at, said),
            },
            Op::Tag => {
                let tag = self.template(b)?;
                if self.call.out.tags.len() < MAX_TAGS {
                    self.call.out.tags.push(tag);
                } else {
                    self.warn(WarningOut::Tags);
                }
                self.trace(at, op, None, Outcome::Done);
                next
            }
            Op::Set => {
                let (value, from) = self.operand(Operand(b));
                let value = self.convert(value, from, self.var(a).1)?;
                self.put(a, value);
                if a == PRIORITY {
                    self.call.priority_set = true;
                }
                self.trace(at, op, Some(a), Outcome::Done);
                next
            }
            Op::SetText => {
                let text = self.template(b)?;
                self.put(a, Value::Text(text));
                self.trace(at, op, Some(a), Outcome::Done);
                next
            }
            Op::Assign => {
                self.assign(b)?;
                next
            }
            Op::Call => {
                if self.call.stack.len() >= usize::try_from(limits::STACK).unwrap_or(usize::MAX) {
                    return Err(Fault("too many flows wait for each other"));
                }
                self.call.stack.push(at + 1);
                After::Goes(c)
            }
            Op::Return => match self.call.stack.pop() {
                Some(back) => After::Goes(back),
                None => self.settle_with(Given::Hangup(self.call.reason)),
            },
            Op::Go => {
                self.call.stack.clear();
                self.call.counters.clear();
                After::Goes(c)
            }
            Op::End => self.settle_with(Given::Hangup(self.call.reason)),
            Op::Gather => self.gather(at, b)?,
            Op::Repeat => self.repeat(at, b)?,
            Op::Retry => self.retry(at, instr)?,
            Op::Dial => self.dial(at, b)?,
            Op::Lookup => self.lookup(at, b)?,
            Op::Voicemail => {
                let given = self.voicemail(b)?;
                self.trace(at, op, None, Outcome::Asked);
                if record(&image.voicemails, b)?.outcomes.is_some() { self.ask(given, at, None) } else { self.settle_with(given) }
            }
            Op::Action => self.action(at, b)?,
            Op::Settle => {
                self.trace(at, op, None, Outcome::Done);
                self.settle(b)?
            }
        })
    }

    /// Too many prompts for one answer: those are played first, and it goes on behind them.
    pub fn play_first(&mut self, at: u32, said: u32) -> After {
        self.ask(Given::Play, at, Some(said))
    }

    fn assign(&mut self, index: u32) -> Result<(), Fault> {
        let pairs = record(&self.image.assigns, index)?;
        // All values are taken before any is written.
        let mut values = std::mem::take(&mut self.call.values);
        values.clear();
        for (var, value) in pairs {
            let (value, from) = self.operand(*value);
            values.push(self.convert(value, from, self.var(*var).1)?);
        }
        for ((var, _), value) in pairs.iter().zip(&values) {
            self.put(*var, *value);
            if *var == PRIORITY {
                self.call.priority_set = true;
            }
        }
        self.call.values = values;
        Ok(())
    }

    fn action(&mut self, at: u32, index: u32) -> Result<After, Fault> {
        let action = record(&self.image.actions, index)?;
        let def = record(&self.image.action_defs, action.def)?;
        self.args(&def.params, &action.args)?;
        self.trace(at, Op::Action, None, Outcome::Asked);
        let given = Given::Action { def: action.def };
        Ok(if action.outcomes.is_some() { self.ask(given, at, None) } else { self.settle_with(given) })
    }

    fn lookup(&mut self, at: u32, index: u32) -> Result<After, Fault> {
        let lookup = record(&self.image.lookups, index)?;
        let source = record(&self.image.sources, lookup.source)?;
        self.args(&source.params, &lookup.args)?;
        if self.call.out.args.len() < source.params.len() {
            self.call.out.args.clear();
            self.trace(at, Op::Lookup, None, Outcome::Skipped);
            let [_, missing, _, _] = lookup.outcomes;
            return Ok(After::Goes(missing));
        }
        self.trace(at, Op::Lookup, None, Outcome::Asked);
        Ok(self.ask(Given::Lookup { lookup: index, within: self.duration(lookup.within) }, at, None))
    }

    /// Works out arguments. Missing ones are left out.
    fn args(&mut self, params: &[(u32, Ty)], args: &[Operand]) -> Result<(), Fault> {
        self.call.out.args.clear();
        for ((name, ty), arg) in params.iter().zip(args) {
            let (value, from) = self.operand(*arg);
            let value = self.convert(value, from, *ty)?;
            let value = match value {
                Value::Missing => continue,
                // As it is dialled, or written.
                Value::Phone(_) | Value::Target(_) | Value::Enum(_) => match self.as_text(value, *ty)? {
                    Some(text) => Value::Text(text),
                    None => continue,
                },
                Value::Phones(_) => self.lines(value)?,
                other => other,
            };
            self.call.out.args.push((*name, value, *ty));
        }
        Ok(())
    }

    // --------------------------------------------------------------------------------------------------- prompts

    /// Queues a prompt, but for the first of its pieces that were heard already. `count` is the number of pieces so far. When
    /// the answer is full, the number of pieces that are in it or were heard.
    pub fn say(&mut self, index: u32, interruptible: bool, count: &mut u32, heard: u32) -> Result<Option<u32>, Fault> {
        let prompt = record(&self.image.prompts, index)?;
        match prompt {
            Prompt::Say(template) => self.speak(*template, true, None, interruptible, count, heard),
            Prompt::Play(file) => self.speak(*file, false, None, interruptible, count, heard),
            Prompt::Named(entries) => {
                let best = self.best_language(entries.iter().filter_map(|entry| entry.language));
                for entry in entries {
                    let fits = match (entry.language, best) {
                        (None, _) => true,
                        (Some(language), Some(best)) => language == best || constant(self.image, language) == constant(self.image, best),
                        (Some(_), None) => false,
                    };
                    if fits && let Some(full) = self.speak(entry.what, entry.say, entry.language, interruptible, count, heard)? {
                        return Ok(Some(full));
                    }
                }
                Ok(None)
            }
        }
    }

    fn speak(
        &mut self,
        what: u32,
        say: bool,
        language: Option<u32>,
        interruptible: bool,
        count: &mut u32,
        heard: u32,
    ) -> Result<Option<u32>, Fault> {
        if *count >= heard {
            if self.call.out.prompts.len() >= limits::PROMPTS {
                return Ok(Some(*count));
            }
            let text = if say { self.template(what)? } else { Text::Const(what) };
            self.call.out.prompts.push(PromptOut { text, say, language, interruptible });
        }
        *count += 1;
        Ok(None)
    }

    /// Of the languages of a prompt the one for this call (RFC 4647 lookup), else the first.
    fn best_language(&self, tags: impl Iterator<Item = u32> + Clone) -> Option<u32> {
        if let (Value::Text(language), _) = self.var(LANGUAGE) {
            let mut range = self.text(language);
            loop {
                let found = tags.clone().find(|tag| constant(self.image, *tag).eq_ignore_ascii_case(range));
                if found.is_some() {
                    return found;
                }
                let Some((shorter, _)) = range.rsplit_once('-') else { break };
                // A single letter or digit only introduces what follows it.
                range = match shorter.rsplit_once('-') {
                    Some((before, single)) if single.len() == 1 => before,
                    _ => shorter,
                };
            }
        }
        let mut tags = tags;
        tags.next()
    }

    // ---------------------------------------------------------------------------------------------------- clocks

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

    fn hours(&mut self, zone: u16, schedule: u32) -> Result<bool, Fault> {
        let Some(index) = self.reference(schedule) else { return Ok(false) };
        let clock = match zone.checked_sub(1) {
            Some(zone) => self.program.zones.get(usize::from(zone)),
            None => self.program.schedule_zones.get(index),
        };
        let local = self.clock(*clock.ok_or(Fault("a schedule has no zone"))?)?;
        Ok(self.program.schedules.get(index).ok_or(Fault("a schedule does not exist"))?.open(local))
    }

    fn on(&mut self, zone: u16, dates: u32) -> Result<bool, Fault> {
        let Some(index) = self.reference(dates) else { return Ok(false) };
        let clock = *self.program.zones.get(usize::from(zone)).ok_or(Fault("a zone does not exist"))?;
        let day = self.clock(clock)?.day;
        Ok(self.program.dates.get(index).ok_or(Fault("dates do not exist"))?.contains(day))
    }

    /// Tells the tracer what the clock showed.
    fn trace_clock(&mut self, at: u32, op: Op, holds: bool) {
        let zone = self.local.and_then(|(table, _)| self.program.zone_table(table)).map(callroute_calendar::ZoneTable::zone);
        let reading = zone.map(|zone| callroute_calendar::format_local(zone, self.now));
        let step = Step { address: at, op, subject: None, value: reading.as_deref(), outcome: Outcome::Holds(holds) };
        self.tracer.step(&step);
    }

    // ----------------------------------------------------------------------------------------------------- tests

    fn in_set(&self, set: &callroute_bytecode::image::PhoneSet, phone: Phone) -> Result<Option<u32>, Fault> {
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

    fn phone_test(&mut self, var: u16, index: u32) -> Result<bool, Fault> {
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

    fn any_phone(&mut self, phones: &[Phone], test: &callroute_bytecode::image::PhoneTest) -> Result<bool, Fault> {
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

    fn text_test(&mut self, var: u16, index: u32) -> Result<bool, Fault> {
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

    fn enum_test(&mut self, var: u16, index: u32) -> Result<bool, Fault> {
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

    fn compare(&self, var: u16, other: Operand, op: u8) -> bool {
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

    fn language_test(&mut self, var: u16, index: u32) -> Result<bool, Fault> {
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

    fn case(&mut self, var: u16, kind: &SwitchKind) -> Result<Option<u32>, Fault> {
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
    fn draw(&mut self, by_from: bool, label: u32) -> Result<u64, Fault> {
        let label = constant(self.image, label).as_bytes();
        if by_from {
            let (value, ty) = self.var(0);
            if let Some(text) = self.as_text(value, ty)? {
                return Ok(crate::hash::fnv(&[label, &[0], self.text(text).as_bytes()]) % 10_000);
            }
        }
        Ok(crate::hash::fnv(&[label, &[0], self.call_id.as_bytes()]) % 10_000)
    }

    // ---------------------------------------------------------------------------------------------------- tables

    fn table_lookup(&mut self, index: u32) -> Result<bool, Fault> {
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
    fn cell(&mut self, table: &callroute_bytecode::image::Table, row: u32, column: u32) -> Option<Result<Value, Fault>> {
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
                for _ in 0..crate::value::MAX_PHONES {
                    let Some((len, rest)) = pieces.split_first_chunk::<4>() else { break };
                    let (piece, rest) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*len)).ok()?)?;
                    self.call.arena.push(crate::value::cut(std::str::from_utf8(piece).ok()?));
                    self.call.arena.push("\n");
                    pieces = rest;
                }
                Ok(Value::Phones(crate::value::Phones::Lines(self.call.arena.since(mark))))
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
