//! An event comes in, an answer goes out: which of the two ways it takes, and what it must fit.

use std::fmt;

use callroute_bytecode::image::{DialTarget, Image, TargetKind, VarKind};
use callroute_bytecode::op::Op;
use callroute_numbers::{Parsed, Party, read_party};

use crate::answer::Answer;
use crate::call::{Call, Given, Phase, Reason, WarningOut};
use crate::convert::Origin;
use crate::event::{AttributeValue, DialOutcome, Event, EventKind, Incoming, LookupReply, VoicemailOutcome};
use crate::machine::{After, LANGUAGE, Machine, PRIORITY, record};
use crate::program::Program;
use crate::trace::{Outcome, Trace, Tracer};
use crate::value::{Fault, Value, constant};

/// What the script waits for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Expected {
    /// `digits`, after a `menu` or `collect`.
    Digits,
    /// `dial_result`, after a `forward`.
    DialResult,
    /// `voicemail_result`, after a `voicemail`.
    VoicemailResult,
    /// `played`, after a `play`.
    Played,
    /// `done`, after a host action.
    Done,
    /// `lookup_result`, after a `lookup`.
    LookupResult,
}

impl Expected {
    /// The event's name in the protocol.
    #[must_use]
    pub const fn event(self) -> &'static str {
        match self {
            Self::Digits => "digits",
            Self::DialResult => "dial_result",
            Self::VoicemailResult => "voicemail_result",
            Self::Played => "played",
            Self::Done => "done",
            Self::LookupResult => "lookup_result",
        }
    }
}

/// Why an event cannot be answered. The call stays as it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum DecideError {
    /// The first event of a call must be `incoming_call`.
    NotStarted {
        /// The name of the event that came.
        found: &'static str,
    },
    /// The script waits for another event.
    OutOfOrder {
        /// What it waits for.
        expected: Expected,
        /// The name of the event that came.
        found: &'static str,
    },
    /// The event belongs to another call than the state.
    OtherCall,
    /// The state belongs to another compiled script.
    OtherProgram,
}

impl fmt::Display for DecideError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted { found } => {
                write!(f, "the event is `{found}`, but the call has not begun; the first event of a call is `incoming_call`")
            }
            Self::OutOfOrder { expected, found } => {
                write!(f, "the event is `{found}`, but the instruction before it asks for `{}` (or `hangup`)", expected.event())
            }
            Self::OtherCall => f.write_str("the event has another `call_id` than the call that is continued"),
            Self::OtherProgram => f.write_str("the call was begun by another compiled script, and only that one can go on with it"),
        }
    }
}

impl std::error::Error for DecideError {}

/// What the script waits for at an address.
pub(crate) fn expected(image: &Image, address: u32, played: bool) -> Option<Expected> {
    if played {
        return Some(Expected::Played);
    }
    match usize::try_from(address).ok().and_then(|at| image.code.get(at))?.op {
        Op::Gather | Op::Repeat | Op::Retry => Some(Expected::Digits),
        Op::Dial => Some(Expected::DialResult),
        Op::Lookup => Some(Expected::LookupResult),
        Op::Voicemail => Some(Expected::VoicemailResult),
        Op::Action => Some(Expected::Done),
        _ => None,
    }
}

const fn fits(expected: Expected, kind: &EventKind<'_>) -> bool {
    matches!(
        (expected, kind),
        (Expected::Digits, EventKind::Digits(_))
            | (Expected::DialResult, EventKind::DialResult { .. })
            | (Expected::VoicemailResult, EventKind::VoicemailResult(_))
            | (Expected::Played, EventKind::Played)
            | (Expected::Done, EventKind::Done { .. })
            | (Expected::LookupResult, EventKind::Lookup(_))
    )
}

impl Program {
    /// Answers an event: the first of a call, or the next one.
    ///
    /// The answer depends on nothing but the program, the call's state and the event: the same three give the same answer.
    /// Where the state says that the call is over, and after `hangup`, the answer is [`crate::Instruction::None`].
    ///
    /// # Errors
    /// When the event does not fit: another call's, or not what the script waits for. The call stays as it was.
    pub fn decide<'c>(&'c self, call: &'c mut Call, event: &Event<'_>) -> Result<Answer<'c>, DecideError> {
        answer(self, call, event, ())?;
        Ok(Answer::new(self, call))
    }

    /// As [`Program::decide`], and tells a tracer of every step.
    ///
    /// # Errors
    /// As [`Program::decide`].
    pub fn decide_traced<'c>(&'c self, call: &'c mut Call, event: &Event<'_>, tracer: &mut dyn Tracer) -> Result<Answer<'c>, DecideError> {
        answer(self, call, event, tracer)?;
        Ok(Answer::new(self, call))
    }

    /// What the script says where nothing else can be said: its `fallback`, else [`Reason::Error`]. For hosts that got into trouble of
    /// their own and still owe the caller an answer. The call is over then, and everything that was known of it is forgotten, so
    /// values that the fallback names are missing.
    pub fn fallback<'c>(&'c self, call: &'c mut Call) -> Answer<'c> {
        call.reset(self);
        call.begin_answer();
        let mut machine = Machine::new(self, call, "", 0, ());
        machine.fallback(Reason::Error);
        machine.finish(Ok(()));
        Answer::new(self, call)
    }

    /// Does the script define a `fallback`?
    #[must_use]
    pub fn has_fallback(&self) -> bool {
        self.image().fallback.is_some()
    }

    /// What the call waits for; `None` before its first event and when it is over.
    #[must_use]
    pub fn expected(&self, call: &Call) -> Option<Expected> {
        match call.phase {
            Phase::Waiting { address, played } => expected(self.image(), address, played.is_some()),
            Phase::Fresh | Phase::Ended => None,
        }
    }

    /// The variables that are kept until the next event, in no special order, perhaps with repetitions.
    pub(crate) fn keeps(&self, address: u32, played: bool) -> Keeps<'_> {
        let image = self.image();
        let instr = usize::try_from(address).ok().and_then(|at| image.code.get(at));
        let index = instr.and_then(|instr| usize::try_from(instr.b).ok()).unwrap_or(usize::MAX);
        let live = match instr.map(|instr| instr.op) {
            Some(Op::Gather | Op::Repeat | Op::Retry) => self.gather_keeps.get(index),
            Some(Op::Dial) => image.dials.get(index).map(|dial| &dial.live),
            Some(Op::Lookup) => image.lookups.get(index).map(|lookup| &lookup.live),
            Some(Op::Voicemail) => image.voicemails.get(index).map(|step| &step.live),
            Some(Op::Action) => image.actions.get(index).map(|action| &action.live),
            _ => None,
        };
        match live {
            // Between prompts nothing is known of what is read later.
            None if played => Keeps::All,
            live => Keeps::These(live.map_or(&[], Vec::as_slice), &self.always),
        }
    }
}

/// Which variables are kept.
#[derive(Clone, Copy)]
pub(crate) enum Keeps<'p> {
    All,
    These(&'p [u16], &'p [u16]),
}

impl Keeps<'_> {
    pub fn holds(self, program: &Program, var: u16) -> bool {
        match self {
            Self::All => program.verified.reads(var) || var == PRIORITY,
            Self::These(live, always) => live.contains(&var) || always.contains(&var),
        }
    }
}

fn answer<T: Trace>(program: &Program, call: &mut Call, event: &Event<'_>, tracer: T) -> Result<(), DecideError> {
    if let EventKind::Incoming(incoming) = &event.kind {
        call.reset(program);
        call.id.set(event.call_id);
        call.turns = 1;
        let mut machine = Machine::new(program, call, event.call_id, event.timestamp, tracer);
        let result = machine.begin(incoming).and_then(|()| machine.run(program.image().entry, 0));
        machine.finish(result);
        return Ok(());
    }
    let found = event.kind.name();
    let hangup = matches!(event.kind, EventKind::Hangup | EventKind::DialResult { outcome: DialOutcome::Cancelled, .. });
    let (address, played) = match call.phase {
        Phase::Fresh if hangup => {
            call.reset(program);
            call.end();
            return Ok(());
        }
        Phase::Fresh => return Err(DecideError::NotStarted { found }),
        _ if call.program != program.id() => return Err(DecideError::OtherProgram),
        _ if !call.id.is(event.call_id) => return Err(DecideError::OtherCall),
        Phase::Ended => {
            call.begin_answer();
            return Ok(());
        }
        Phase::Waiting { address, played } => (address, played),
    };
    if hangup {
        call.begin_answer();
        call.end();
        return Ok(());
    }
    let image = program.image();
    // A call that waits at an address always waits for something.
    let expected = expected(image, address, played.is_some()).ok_or(DecideError::OtherProgram)?;
    if !fits(expected, &event.kind) {
        return Err(DecideError::OutOfOrder { expected, found });
    }
    keep(program, call, program.keeps(address, played.is_some()));
    call.begin_answer();
    call.turns = call.turns.saturating_add(1);
    let over = call.turns > image.turn_limit;
    let mut machine = Machine::new(program, call, event.call_id, event.timestamp, tracer);
    if over {
        machine.fallback(Reason::TurnLimit);
        machine.finish(Ok(()));
        return Ok(());
    }
    let result = machine.resume(address, played, &event.kind);
    machine.finish(result);
    Ok(())
}

/// Leaves all variables behind that are not kept, with their texts.
pub(crate) fn keep(program: &Program, call: &mut Call, keeps: Keeps<'_>) {
    call.kept.clear();
    let mut keep_one = |var: u16| {
        let value = call.vars.get_mut(usize::from(var)).map(std::mem::take).unwrap_or_default();
        let value = match value {
            // Also what is named twice: it is missing the second time.
            Value::Missing => return,
            Value::Text(text) => Value::Text(call.arena.keep(text)),
            Value::Address(text) => Value::Address(call.arena.keep(text)),
            Value::Phones(crate::value::Phones::Lines(text)) => Value::Phones(crate::value::Phones::Lines(call.arena.keep(text))),
            Value::Target(crate::value::TargetValue::Extern(text)) => {
                Value::Target(crate::value::TargetValue::Extern(call.arena.keep(text)))
            }
            other => other,
        };
        call.kept.push((var, value));
    };
    match keeps {
        Keeps::These(live, always) => live.iter().chain(always).for_each(|var| keep_one(*var)),
        Keeps::All => (0..).zip(&program.image().vars).filter(|(var, _)| keeps.holds(program, *var)).for_each(|(var, _)| keep_one(var)),
    }
    call.arena.turn();
    call.vars.fill(Value::Missing);
    for (var, value) in &call.kept {
        if let Some(slot) = call.vars.get_mut(usize::from(*var)) {
            *slot = *value;
        }
    }
}

/// Where a key pressed in a queue leads: the first whose pattern these keys are.
fn key_target(program: &Program, address: u32, digits: Option<&str>) -> Option<u32> {
    let image = program.image();
    let index = image.code.get(usize::try_from(address).ok()?)?.b;
    let dial = image.dials.get(usize::try_from(index).ok()?)?;
    let keys = callroute_numbers::Packed::parse(digits?)?;
    dial.keys.iter().find(|(pattern, _)| pattern.matches(keys)).map(|(_, target)| *target)
}

impl<T: Trace> Machine<'_, T> {
    /// After the last instruction, or a fault.
    fn finish(&mut self, result: Result<(), Fault>) {
        if let Err(Fault(what)) = result {
            self.warn(WarningOut::Fault(what));
            self.fallback(Reason::Error);
        }
        // Where nothing is to be done, nothing has a priority.
        if self.call.priority_set
            && !matches!(self.call.out.given, Given::None)
            && let (Value::Number(priority), _) = self.var(PRIORITY)
        {
            self.call.out.priority = Some(priority);
        }
    }

    // ------------------------------------------------------------------------------------------ the first event

    /// Reads from the event what the script reads of it, and no more.
    fn begin(&mut self, incoming: &Incoming<'_>) -> Result<(), Fault> {
        if self.program.reads_from {
            self.party(incoming.from, [0, 5, 6, 7])?;
        }
        if self.program.reads_to {
            self.party(incoming.to, [1, 8, 9, 10])?;
        }
        if self.program.verified.reads(LANGUAGE) {
            let own = incoming.language.filter(|language| !language.is_empty());
            if let Some(language) = own.or_else(|| incoming.headers.header("Accept-Language").and_then(best_language)) {
                let text = self.add(language)?;
                self.put(LANGUAGE, Value::Text(text));
            }
        }
        self.put(PRIORITY, Value::Number(0.0));
        let program = self.program;
        for var in &program.inputs {
            self.input(*var, incoming)?;
        }
        Ok(())
    }

    fn input(&mut self, var: u16, incoming: &Incoming<'_>) -> Result<(), Fault> {
        let Some(def) = self.image.vars.get(usize::from(var)) else { return Ok(()) };
        let VarKind::Input { name, header, default } = def.kind else { return Ok(()) };
        let name = constant(self.image, name);
        let raw = if header { incoming.headers.header(name).map(AttributeValue::Text) } else { incoming.attributes.get(name) };
        let mut value = match raw {
            Some(raw) => self.read(def.ty, raw, Origin::Input(var), incoming.attributes, name)?,
            None => Value::Missing,
        };
        if value == Value::Missing
            && let Some(default) = default
        {
            value = self.constant(default).0;
        }
        self.put(var, value);
        Ok(())
    }

    /// `from` or `to`: itself, and its user, host and name.
    fn party(&mut self, raw: Option<&str>, vars: [u16; 4]) -> Result<(), Fault> {
        let [party_var, ..] = vars;
        let raw = crate::value::cut(raw.unwrap_or_default());
        let call = &mut *self.call;
        let Parsed { party, user, host, name } = read_party(raw, self.image.country, &mut call.scratch);
        let value = match party {
            Party::Withheld => Value::Missing,
            Party::Number(number) => Value::Phone(number),
            Party::Address(address) => Value::Address(call.arena.add(address).0),
        };
        let mut put = |var: u16, value: Value| {
            if let Some(slot) = call.vars.get_mut(usize::from(var)) {
                *slot = value;
            }
        };
        put(party_var, value);
        for (var, part) in vars.into_iter().skip(1).zip([user, host, name]) {
            if let Some(part) = part
                && self.program.verified.reads(var)
            {
                put(var, Value::Text(call.arena.add(part).0));
            }
        }
        Ok(())
    }

    // ------------------------------------------------------------------------------------------ the other events

    fn resume(&mut self, address: u32, played: Option<u32>, event: &EventKind<'_>) -> Result<(), Fault> {
        let image = self.image;
        let instr = *record(&image.code, address)?;
        if let Some(heard) = played {
            return match instr.op {
                Op::Say => self.run(address, heard),
                _ => {
                    let after = self.prompt_gather(address, instr.b, heard)?;
                    self.after(after)
                }
            };
        }
        let after = match (instr.op, event) {
            (Op::Gather | Op::Repeat | Op::Retry, EventKind::Digits(digits)) => self.digits(address, instr.b, digits)?,
            (Op::Dial, EventKind::DialResult { outcome, contact, digits }) => {
                let dial = record(&image.dials, instr.b)?;
                if *outcome == DialOutcome::Answered {
                    self.trace(address, Op::Dial, None, Outcome::Reported("answered"));
                    self.call.end();
                    return Ok(());
                }
                if let Some(var) = dial.contact {
                    let contact = contact.map(|contact| self.read_phone(contact)).transpose()?.and_then(Result::ok);
                    self.put(var, contact.map_or(Value::Missing, crate::convert::phone_value));
                }
                let queue = matches!(dial.target, DialTarget::Target(TargetKind::Queue, _));
                After::Goes(match outcome {
                    DialOutcome::Key => match key_target(self.program, address, *digits) {
                        Some(target) => {
                            self.trace(address, Op::Dial, None, Outcome::Reported("key"));
                            self.call.reason = Reason::Unrouted;
                            target
                        }
                        // The caller has left the queue by a door that it does not have, and still wants an answer.
                        None => {
                            self.warn(WarningOut::Outcome(if queue {
                                "a key that the queue does not offer"
                            } else {
                                "a key, and no queue"
                            }));
                            self.outcome(address, dial, DialOutcome::Unreachable)
                        }
                    },
                    DialOutcome::Full | DialOutcome::Empty if !queue => {
                        self.warn(WarningOut::Outcome("that of a queue, and none was rung"));
                        self.outcome(address, dial, DialOutcome::Unreachable)
                    }
                    outcome => self.outcome(address, dial, *outcome),
                })
            }
            (Op::Voicemail, EventKind::VoicemailResult(outcome)) => {
                let step = record(&image.voicemails, instr.b)?;
                let word = match outcome {
                    VoicemailOutcome::Recorded => "recorded",
                    VoicemailOutcome::Full => "full",
                    VoicemailOutcome::Failed => "failed",
                };
                self.trace(address, Op::Voicemail, None, Outcome::Reported(word));
                match outcome {
                    VoicemailOutcome::Recorded => {}
                    VoicemailOutcome::Full => self.call.reason = Reason::Full,
                    VoicemailOutcome::Failed => self.call.reason = Reason::Unreachable,
                }
                match (outcome, step.outcomes) {
                    (VoicemailOutcome::Full, Some([full, _])) => After::Goes(full),
                    (VoicemailOutcome::Failed, Some([_, failed])) => After::Goes(failed),
                    (VoicemailOutcome::Recorded, _) | (_, None) => {
                        self.call.end();
                        return Ok(());
                    }
                }
            }
            (Op::Action, EventKind::Done { ok }) => {
                let action = record(&image.actions, instr.b)?;
                self.trace(address, Op::Action, None, Outcome::Reported(if *ok { "ok" } else { "failed" }));
                let settles = record(&image.action_defs, action.def)?.settles;
                match action.outcomes {
                    Some([done, _]) if *ok && !settles => After::Goes(done),
                    Some([_, failed]) if !*ok => After::Goes(failed),
                    _ => {
                        self.call.end();
                        return Ok(());
                    }
                }
            }
            (Op::Lookup, EventKind::Lookup(reply)) => {
                let lookup = record(&image.lookups, instr.b)?;
                let [found, missing, failed, late] = lookup.outcomes;
                let word = match reply {
                    LookupReply::Found(_) => "found",
                    LookupReply::Missing => "missing",
                    LookupReply::Failed => "failed",
                    LookupReply::Late => "late",
                };
                self.trace(address, Op::Lookup, None, Outcome::Reported(word));
                After::Goes(match reply {
                    LookupReply::Missing => missing,
                    LookupReply::Failed => failed,
                    LookupReply::Late => late,
                    LookupReply::Found(row) => {
                        let source = record(&image.sources, lookup.source)?;
                        for (var, field) in &lookup.row {
                            let (name, ty) = *record(&source.fields, *field)?;
                            let name = constant(image, name);
                            let origin = Origin::Field { source: lookup.source, field: *field };
                            let value = match row.get(name) {
                                Some(raw) => self.read(ty, raw, origin, *row, name)?,
                                None => Value::Missing,
                            };
                            self.put(*var, value);
                        }
                        found
                    }
                })
            }
            _ => return Err(Fault("the event does not fit")),
        };
        self.after(after)
    }

    fn after(&mut self, after: After) -> Result<(), Fault> {
        match after {
            After::Goes(next) => self.run(next, 0),
            After::Answered => Ok(()),
        }
    }
}

/// The language of an `Accept-Language` header with the highest q above 0; the first of equals; `*` is passed over.
fn best_language(header: &str) -> Option<&str> {
    let mut best: Option<(f64, &str)> = None;
    for item in crate::value::cut(header).split(',') {
        let mut parts = item.split(';');
        let range = parts.next().unwrap_or_default().trim();
        let q = parts.map(str::trim).find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        let Some(q) = q.map_or(Some(1.0), |q| q.trim().parse::<f64>().ok()) else { continue };
        if range.is_empty() || range == "*" || q.is_nan() || q <= 0.0 {
            continue;
        }
        if best.is_none_or(|(highest, _)| q > highest) {
            best = Some((q, range));
        }
    }
    best.map(|(_, range)| range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_by_weight() {
        for (header, language) in [
            ("es-MX,es;q=0.9,en;q=0.8", Some("es-MX")),
            ("en;q=0.5, de;q=0.7", Some("de")),
            ("*, fr;q=0.1", Some("fr")),
            ("fr;q=0.5,de;q=0.5", Some("fr")),
            ("fr;q=0", None),
            ("", None),
            ("fr;q=x, de;q=0.1", Some("de")),
            ("fr;q=NaN", None),
        ] {
            assert_eq!(best_language(header), language, "{header}");
        }
    }
}
