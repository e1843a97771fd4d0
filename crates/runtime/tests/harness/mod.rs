//! Plays calls against images made by hand, and writes answers in a line each.

#![allow(dead_code, reason = "shared by tests that each use a part")]

use std::fmt::Write as _;

use callroute_bytecode::image::Image;
use callroute_bytecode::{encode, verify};
use callroute_runtime::{Answer, Call, DialOutcome, Event, EventKind, Incoming, Instruction, LookupReply, Program, Spoken, Value};

/// Tuesday, 2026-04-21 09:32 in Chicago.
pub const MORNING: i64 = 1_776_781_920;

pub fn program(image: Image) -> Program {
    let program = Program::load(&encode(&image)).unwrap_or_else(|error| panic!("{error}"));
    let verified = Program::from_verified(verify(image).unwrap()).unwrap();
    assert_eq!(program.hash(), verified.hash());
    program
}

fn value(value: Value<'_>) -> String {
    match value {
        Value::Text(text) => format!("{text:?}"),
        Value::Number(number) => number.to_string(),
        Value::Flag(flag) => flag.to_string(),
        Value::Phone(phone) => phone.to_owned(),
        Value::Phones(phones) => format!("[{}]", phones.iter().collect::<Vec<_>>().join(" ")),
        Value::Duration(ms) => format!("{ms}ms"),
    }
}

/// An answer in one line.
pub fn show(answer: &Answer<'_>) -> String {
    let mut out = String::new();
    let option = |out: &mut String, name: &str, text: Option<&str>| {
        if let Some(text) = text {
            let _ = write!(out, " {name}={text}");
        }
    };
    let number = |out: &mut String, name: &str, number: Option<u64>| {
        if let Some(number) = number {
            let _ = write!(out, " {name}={number}");
        }
    };
    match answer.instruction() {
        Instruction::None => out.push_str("none"),
        Instruction::Play => out.push_str("play"),
        Instruction::Hangup(reason) => out = format!("hangup {}", reason.word()),
        Instruction::Redirect(redirect) => out = format!("redirect {} {}", redirect.to, redirect.code()),
        Instruction::Reject(reject) => {
            out = format!("reject {} {}", reject.code, reject.reason());
            option(&mut out, "text", reject.text);
        }
        Instruction::Voicemail(voicemail) => {
            out = format!("voicemail {}", voicemail.message);
            option(&mut out, "box", voicemail.mailbox);
            number(&mut out, "max", voicemail.max_duration_ms);
        }
        Instruction::Menu(menu) => {
            let choices = menu.choices().map(ToString::to_string).collect::<Vec<_>>().join(",");
            out = format!("menu {choices} max={} wait={}", menu.max_digits(), menu.timeout_ms());
            number(&mut out, "gap", menu.gap_ms());
            number(&mut out, "attempt", Some(menu.attempt().into()));
        }
        Instruction::Collect(collect) => {
            out =
                format!("collect {}-{} wait={} gap={}", collect.min_digits(), collect.max_digits(), collect.timeout_ms(), collect.gap_ms());
            option(&mut out, "ending", collect.ending());
            number(&mut out, "attempt", Some(collect.attempt().into()));
            if collect.secret() {
                out.push_str(" secret");
            }
        }
        Instruction::Lookup(lookup) => {
            out = format!("lookup {}", lookup.source());
            lookup.args().for_each(|(name, arg)| option(&mut out, name, Some(&value(arg))));
            number(&mut out, "within", lookup.timeout_ms());
        }
        Instruction::Action(action) => {
            out = format!("action {}", action.name());
            action.args().for_each(|(name, arg)| option(&mut out, name, Some(&value(arg))));
        }
        Instruction::Forward(forward) => {
            out = format!("forward {:?}", forward.kind());
            option(&mut out, "name", forward.name());
            option(&mut out, "number", forward.number());
            if forward.is_external() {
                out.push_str(" external");
            }
            for member in forward.members() {
                let _ = write!(out, " {}{}", if member.is_agent { "agent:" } else { "" }, member.address);
                number(&mut out, "after", member.delay_ms);
                number(&mut out, "for", member.timeout_ms);
                option(&mut out, "confirm", member.confirm);
            }
            if let Some(strategy) = forward.strategy() {
                let _ = write!(out, " {strategy:?}");
            }
            number(&mut out, "timeout", forward.timeout_ms());
            number(&mut out, "each", forward.member_timeout_ms());
            for (name, address) in forward.via() {
                let _ = write!(out, " via={}", address.unwrap_or(name));
            }
            option(&mut out, "caller_id", forward.caller_id());
            option(&mut out, "caller_name", forward.caller_name());
            option(&mut out, "announce", forward.announce());
            number(&mut out, "max_wait", forward.max_wait_ms());
            option(&mut out, "keys", forward.keys().next().map(|key| key.to_string()).as_deref());
        }
        _ => out.push('?'),
    }
    for prompt in answer.prompts() {
        let _ = match prompt.what {
            Spoken::Say(text) => write!(out, " | say {text}"),
            Spoken::Play(file) => write!(out, " | play {file}"),
        };
        if let Some(language) = prompt.language {
            let _ = write!(out, " ({language})");
        }
        if prompt.interruptible {
            out.push('*');
        }
    }
    answer.tags().for_each(|tag| {
        let _ = write!(out, " #{tag}");
    });
    if let Some(priority) = answer.priority() {
        let _ = write!(out, " !{priority}");
    }
    answer.warnings().for_each(|warning| {
        let _ = write!(out, " ? {warning}");
    });
    if answer.waiting() {
        out.push_str(" …");
    }
    out
}

/// A call in the making.
pub struct Caller<'p> {
    pub program: &'p Program,
    pub call: Call,
    pub now: i64,
    pub id: String,
    /// Each answer is given twice: once more from saved bytes.
    pub twice: bool,
}

impl<'p> Caller<'p> {
    pub fn new(program: &'p Program) -> Self {
        Self { program, call: Call::new(program), now: MORNING, id: "abc123xyz".to_owned(), twice: true }
    }

    pub fn event(&mut self, kind: EventKind<'_>) -> String {
        let event = Event { call_id: &self.id, timestamp: self.now, kind };
        let state = self.program.save(&self.call);
        let mut again = Call::new(self.program);
        self.program.restore(&mut again, &state).unwrap();
        let answer =
            self.program.decide(&mut self.call, &event).map(|answer| show(&answer)).unwrap_or_else(|error| format!("error: {error}"));
        assert!(self.call.steps() <= self.program.cost());
        if self.twice {
            let second =
                self.program.decide(&mut again, &event).map(|answer| show(&answer)).unwrap_or_else(|error| format!("error: {error}"));
            assert_eq!(answer, second, "from memory, and from bytes");
            assert_eq!(self.program.save(&self.call), self.program.save(&again));
        }
        answer
    }

    pub fn ring(&mut self, from: &str, to: &str) -> String {
        self.event(EventKind::Incoming(Incoming::new(from, to)))
    }

    pub fn start(&mut self) -> String {
        self.ring("+14155550123", "+13146523057")
    }

    pub fn press(&mut self, keys: &str) -> String {
        self.event(EventKind::Digits(keys))
    }

    pub fn outcome(&mut self, outcome: DialOutcome) -> String {
        self.event(EventKind::DialResult { outcome, contact: None, digits: None })
    }

    pub fn lookup(&mut self, reply: LookupReply<'_>) -> String {
        self.event(EventKind::Lookup(reply))
    }
}
