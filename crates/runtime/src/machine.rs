//! The loop: one instruction after the other, until an answer is given. Execution only goes forward, so that it ends; the
//! verifier has proved it, and worked out how long it can take at most.

use callroute_bytecode::image::{Image, Operand, Settle, Ty};
use callroute_bytecode::limits;
use callroute_bytecode::op::{Instr, Op};
use callroute_calendar::Local;

use crate::call::{Call, Given, Phase, Reason, WarningOut};
use crate::program::Program;
use crate::trace::{Outcome, Step, Trace};
use crate::value::{Fault, Value, constant};

/// The most tags of one answer.
const MAX_TAGS: usize = crate::limits::TAGS;
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
    pub local: Option<(usize, Local)>,
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
            return self.tracer.step(&Step { address: at, op, subject: None, value: None, clock: None, outcome });
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
        self.tracer.step(&Step { address: at, op, subject: name, value, clock: None, outcome });
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
                self.trace(at, op, None, Outcome::Done);
                next
            }
            Op::Call => {
                if self.call.stack.len() >= usize::try_from(limits::STACK).unwrap_or(usize::MAX) {
                    return Err(Fault("too many flows wait for each other"));
                }
                self.call.stack.push(at + 1);
                self.trace(at, op, None, Outcome::Done);
                After::Goes(c)
            }
            Op::Return => {
                self.trace(at, op, None, Outcome::Done);
                match self.call.stack.pop() {
                    Some(back) => After::Goes(back),
                    None => self.settle_with(Given::Hangup(self.call.reason)),
                }
            }
            Op::Go => {
                self.call.stack.clear();
                self.call.counters.clear();
                self.trace(at, op, None, Outcome::Done);
                After::Goes(c)
            }
            Op::End => {
                self.trace(at, op, None, Outcome::Done);
                self.settle_with(Given::Hangup(self.call.reason))
            }
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
            self.trace(at, Op::Lookup, None, Outcome::Reported("missing"));
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
}
