//! The telephone: one call, what it waits for, and everything that happened so far. It knows no terminal.

use std::collections::VecDeque;

use callroute_analysis::typed::VarKind;
use callroute_calendar::Zone;
use callroute_protocol::{
    Action, DialOutcome, DialResult, Event, EventKind, IncomingCall, Instruction, Lookup, LookupResult, Seconds, Session, Spoken,
};
use callroute_runtime::{Program, Step, Tracer};
use callroute_testing::trace::{Line, Renderer, clock};
use callroute_testing::{Known, Secrets, expectation, marks, values, words};
use serde_json::Value;

use super::ringing::{self, Member};
use crate::program::Source;
use crate::replies;
use crate::workspace::Names;

/// The last second of the year 9999: no clock goes on after it.
const LAST_MOMENT: i64 = 253_402_300_799;

/// What is known of the call before it begins.
pub struct Caller {
    pub call_id: String,
    pub incoming: IncomingCall,
}

/// Something that happened, for people.
pub enum Entry {
    /// What came from outside: `press 1`, `busy`.
    Event(String),
    /// A line of the script, and why.
    Line(Line),
    /// What the caller hears.
    Hears(String),
    /// What the telephone system was told.
    Does(String),
    /// What is wrong, or noteworthy.
    Note(String),
}

/// What the call waits for.
#[derive(Clone, PartialEq, Debug)]
pub enum State {
    /// Keys: how many at most, the key that ends them, what can be chosen, seconds until silence counts.
    Keys { most: usize, ending: Option<char>, choices: Vec<String>, wait: u64, secret: bool },
    /// Somebody rings; whether it is a queue, and listens for keys.
    Ringing { whom: String, members: Vec<Member>, queue: bool, keys: bool, limit: Option<u64> },
    /// A message is taken.
    Voicemail { what: String },
    /// The host does something.
    Action { what: String },
    /// A source is asked.
    Lookup { source: String, what: String },
    /// The call is over; how.
    Over(String),
}

/// What was done, as lines of a `test` block need it.
pub enum Deed {
    /// A key, an outcome, `timeout`, `wait 40s`, `hangup`.
    Drive(String),
    /// What the script answered.
    Expect(String),
    /// A source's answer: `crm(+1…)`, and `missing`.
    Given(String, String),
}

/// A telephone with one call.
pub struct Phone<'p> {
    source: &'p Source,
    /// What nobody is to see of the script.
    secrets: Secrets,
    session: Session<'p>,
    renderer: Renderer<'p>,
    names: Names,
    pub caller: Caller,
    pub zone: Zone,
    /// When the call came in.
    pub began: i64,
    /// The clock, in seconds since 1970-01-01T00:00:00Z.
    pub now: i64,
    /// When what it waits for began.
    pub since: i64,
    /// When the last event was.
    last_event: i64,
    token: Option<String>,
    lookups: Vec<(String, VecDeque<LookupResult>)>,
    pub state: State,
    pub log: Vec<Entry>,
    pub deeds: Vec<Deed>,
    /// Digits that nobody is to see were pressed, and stand in what was done.
    pub secret: bool,
    /// What was played and tagged on the way to the next instruction that a test can see.
    marks: Vec<String>,
    /// Of the look-up that is waited for, as a test writes it.
    asked: String,
    waiting: bool,
}

/// Renders the steps of one answer.
struct Tracing<'r, 'p> {
    renderer: &'r mut Renderer<'p>,
    lines: Vec<Line>,
}

impl Tracer for Tracing<'_, '_> {
    fn step(&mut self, step: &Step<'_>) {
        self.lines.extend(self.renderer.line(step));
    }
}

impl<'p> Phone<'p> {
    pub fn new(
        source: &'p Source,
        program: &'p Program,
        session: Session<'p>,
        caller: Caller,
        now: i64,
        zone: Zone,
        lookups: Vec<(String, VecDeque<LookupResult>)>,
    ) -> Self {
        Self {
            source,
            secrets: Secrets::of(&source.typed),
            session,
            renderer: Renderer::new(program),
            names: Names::of(&source.checked),
            caller,
            zone,
            began: now,
            now,
            since: now,
            last_event: now,
            token: None,
            lookups,
            state: State::Over("has not begun".to_owned()),
            log: Vec::new(),
            deeds: Vec::new(),
            secret: false,
            marks: Vec::new(),
            asked: String::new(),
            waiting: false,
        }
    }

    /// The call comes in.
    pub fn start(&mut self) {
        let from = self.caller.incoming.from.clone().unwrap_or_else(|| "nobody known".to_owned());
        self.log.push(Entry::Event(format!("a call from {from}")));
        self.send(EventKind::IncomingCall(self.caller.incoming.clone()));
    }

    /// `Tuesday 2026-04-21 09:32 in America/Chicago`
    pub fn clock(&self) -> String {
        clock(self.zone, self.now, true)
    }

    /// Seconds since what it waits for began.
    pub fn elapsed(&self) -> u64 {
        u64::try_from(self.now.saturating_sub(self.since)).unwrap_or(0)
    }

    /// Is the call over?
    pub const fn is_over(&self) -> bool {
        matches!(self.state, State::Over(_))
    }

    /// Moves the clock on.
    pub fn wait(&mut self, seconds: u64) {
        self.now = self.now.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX)).min(LAST_MOMENT);
    }

    /// What the clock has passed since the last event is part of a test.
    fn note_time(&mut self) {
        let passed = self.now.saturating_sub(self.last_event);
        if passed > 0 {
            let ms = u64::try_from(passed).unwrap_or(0).saturating_mul(1000);
            self.deeds.push(Deed::Drive(format!("wait {}", words::duration(Seconds(ms)))));
        }
        self.last_event = self.now;
    }

    fn drive(&mut self, text: impl Into<String>) {
        self.note_time();
        let text = text.into();
        self.deeds.push(Deed::Drive(text));
    }

    /// The caller presses keys.
    pub fn press(&mut self, keys: &str) -> Result<(), String> {
        let (secret, queue) = match &self.state {
            State::Keys { secret, .. } => (*secret, false),
            State::Ringing { keys: true, .. } => (false, true),
            _ => return Err(format!("nobody listens for keys: {}", self.waits_for())),
        };
        replies::keys(keys)?;
        let shown = if secret { "•".repeat(keys.len()) } else { keys.to_owned() };
        self.log.push(Entry::Event(format!("the caller presses {shown}")));
        self.secret |= secret;
        self.drive(format!("press {keys}"));
        if queue {
            self.ended_ringing(DialResult { outcome: DialOutcome::Key, contact: None, digits: Some(keys.to_owned()) });
        } else {
            self.send(EventKind::Digits(keys.to_owned()));
        }
        Ok(())
    }

    /// Time runs out: nothing is pressed, nobody answers.
    pub fn timeout(&mut self) -> Result<(), String> {
        match &self.state {
            State::Keys { .. } => {
                self.log.push(Entry::Event("nothing is pressed".to_owned()));
                self.drive("timeout");
                self.send(EventKind::Digits(String::new()));
                Ok(())
            }
            State::Ringing { queue: true, .. } => self.outcome("timeout"),
            State::Ringing { .. } => self.outcome("no-answer"),
            _ => Err(format!("nothing runs out: {}", self.waits_for())),
        }
    }

    /// How ringing, a message or a host action ends, in the language's words.
    pub fn outcome(&mut self, text: &str) -> Result<(), String> {
        match &self.state {
            State::Ringing { queue, .. } => {
                if replies::word(text) == "redirected" {
                    return Err("say where to: `redirected sip:ana@example.com`".to_owned());
                }
                let mut result = replies::dial(text).ok_or_else(|| self.does_not_fit(text))?;
                result.outcome = match (result.outcome, queue) {
                    (DialOutcome::NoAnswer, true) => DialOutcome::Timeout,
                    (DialOutcome::Full | DialOutcome::Empty | DialOutcome::Timeout, false) => return Err(self.does_not_fit(text)),
                    (outcome, _) => outcome,
                };
                if let Some(keys) = &result.digits {
                    return self.press(keys);
                }
                let word = replies::dial_word(result.outcome).ok_or_else(|| self.does_not_fit(text))?;
                self.log.push(Entry::Event(word.replace('-', " ")));
                let contact = result.contact.as_ref().map(|contact| format!(" to {}", values::address(contact))).unwrap_or_default();
                self.drive(format!("outcome {word}{contact}"));
                self.ended_ringing(result);
                Ok(())
            }
            State::Voicemail { .. } => {
                let outcome = replies::voicemail(text).ok_or_else(|| self.does_not_fit(text))?;
                self.ended(text, EventKind::VoicemailResult(outcome));
                Ok(())
            }
            State::Action { .. } => {
                let done = replies::done(text).ok_or_else(|| self.does_not_fit(text))?;
                self.ended(text, EventKind::Done(done));
                Ok(())
            }
            State::Lookup { .. } => self.look_up(text),
            State::Keys { .. } | State::Over(_) => Err(self.does_not_fit(text)),
        }
    }

    fn ended_ringing(&mut self, result: DialResult) {
        let answered = result.outcome == DialOutcome::Answered;
        self.reply(EventKind::DialResult(result), if answered { "answered" } else { "not answered" });
        if answered {
            self.ended_as("answered");
        }
    }

    /// A message was taken, or something done; the word says how.
    fn ended(&mut self, word: &str, event: EventKind) {
        let word = replies::word(word);
        self.log.push(Entry::Event(word.clone()));
        self.drive(format!("outcome {word}"));
        self.reply(event, &word);
        if word == "recorded" {
            self.ended_as("recorded");
        }
    }

    /// No instruction says it: the call has ended well.
    fn ended_as(&mut self, word: &str) {
        self.deeds.push(Deed::Expect(format!("ended {word}")));
    }

    /// What a source answers: `missing`, `failed`, `late`, or a row in JSON.
    pub fn look_up(&mut self, text: &str) -> Result<(), String> {
        let result = replies::looked_up(text).ok_or_else(|| format!("answer {}", replies::LOOKED_UP))?;
        self.note_found(&result);
        self.send(EventKind::LookupResult(result));
        Ok(())
    }

    fn note_found(&mut self, result: &LookupResult) {
        let text = match result {
            LookupResult::Missing => "missing".to_owned(),
            LookupResult::Failed => "failed".to_owned(),
            LookupResult::Late => "late".to_owned(),
            LookupResult::Found(row) => {
                let fields: Vec<String> =
                    row.iter().filter_map(|(name, value)| Some(format!("{name}: {}", self.field(name, value)?))).collect();
                format!("< {} >", fields.join("; "))
            }
        };
        self.log.push(Entry::Event(format!("the source answers {text}")));
        self.deeds.push(Deed::Given(self.asked.clone(), text));
    }

    /// What is asked, as a test writes it.
    fn question(&self, lookup: &Lookup) -> String {
        let typed = &self.source.typed;
        let params = typed.sources.iter().find(|known| known.name == lookup.source).map_or(&[][..], |source| &source.params);
        let written = params.iter().filter_map(|param| values::written(typed, param.ty, lookup.args.get(&param.name)?));
        format!("{}({})", lookup.source, written.collect::<Vec<_>>().join(", "))
    }

    /// A value of the row that was asked for, as a test writes it; nothing of what the script does not know, or what is none of the field's type.
    fn field(&self, name: &str, value: &Value) -> Option<String> {
        let typed = &self.source.typed;
        let State::Lookup { source, .. } = &self.state else { return None };
        let source = typed.sources.iter().find(|known| known.name == *source)?;
        let field = source.fields.iter().find(|field| field.name == name)?;
        values::written(typed, field.ty, value)
    }

    /// An attribute as a test gives it: `tier = gold`.
    pub fn input(&self, name: &str, value: &Value) -> Option<String> {
        let typed = &self.source.typed;
        let is_input = |kind: &VarKind| matches!(kind, VarKind::Input { attribute, header: None, .. } if attribute == name);
        let var = typed.vars.iter().find(|var| is_input(&var.kind))?;
        Some(format!("{} = {}", var.name, values::written(typed, var.ty, value)?))
    }

    /// The caller hangs up.
    pub fn hang_up(&mut self) {
        if self.is_over() {
            return;
        }
        self.log.push(Entry::Event("the caller hangs up".to_owned()));
        self.drive("hangup");
        self.ended_as("hangup");
        self.state = State::Over("the caller hung up".to_owned());
    }

    /// What can be done now, in words.
    pub fn waits_for(&self) -> String {
        match &self.state {
            State::Keys { choices, most, .. } if choices.is_empty() => format!("the script waits for up to {most} keys"),
            State::Keys { choices, .. } => format!("the menu waits for {}", choices.join(", ")),
            State::Ringing { whom, .. } => format!("{whom} rings"),
            State::Voicemail { what } => format!("a message is taken: {what}"),
            State::Action { what } => format!("the telephone system does {what}"),
            State::Lookup { what, .. } => format!("a source is asked: {what}"),
            State::Over(how) => format!("the call is over, {how}"),
        }
    }

    /// The words that fit now.
    pub fn fitting(&self) -> &'static str {
        match &self.state {
            State::Keys { .. } => "keys such as 1 or 12#, timeout, hangup",
            State::Ringing { queue: true, keys: true, .. } => "answered, full, empty, timeout, unreachable, keys, hangup",
            State::Ringing { queue: true, .. } => "answered, full, empty, timeout, unreachable, hangup",
            State::Ringing { .. } => "answered, busy, no-answer, declined, unreachable, redirected ADDRESS, hangup",
            State::Voicemail { .. } => "recorded, full, failed, hangup",
            State::Action { .. } => "ok, failed, hangup",
            State::Lookup { .. } => "missing, failed, late, or a row in JSON",
            State::Over(_) => "nothing",
        }
    }

    fn does_not_fit(&self, text: &str) -> String {
        format!("`{text}` does not fit: {}; what fits is {}", self.waits_for(), self.fitting())
    }

    /// What comes back to an instruction: an event, if anything is left to decide.
    fn reply(&mut self, kind: EventKind, how: &str) {
        if self.waiting {
            self.send(kind);
        } else {
            self.state = State::Over(how.to_owned());
        }
    }

    fn send(&mut self, kind: EventKind) {
        let mut kind = kind;
        // Prompts alone are answered at once; a script has a limit of turns.
        loop {
            // A test has no time to wait in while a source is asked: what passed meanwhile passes after it.
            if !matches!(kind, EventKind::LookupResult(_)) {
                self.last_event = self.now;
            }
            let event =
                Event { call_id: self.caller.call_id.clone(), timestamp: self.now, token: self.token.take(), kind, warnings: Vec::new() };
            let mut tracing = Tracing { renderer: &mut self.renderer, lines: Vec::new() };
            let answer = self.session.answer_event_traced(&event, &mut tracing);
            for mut line in tracing.lines {
                self.names.set(&mut line);
                self.log.push(Entry::Line(line));
            }
            let instruction = match answer {
                Ok(instruction) => instruction,
                Err(error) => {
                    self.log.push(Entry::Note(error.to_string()));
                    self.state = State::Over(error.to_string());
                    return;
                }
            };
            self.since = self.now;
            self.token.clone_from(&instruction.token);
            self.waiting = instruction.token.is_some();
            self.tell(&instruction);
            match self.take(&instruction) {
                Some(next) => kind = next,
                None => return,
            }
        }
    }

    /// Writes down what an instruction says.
    fn tell(&mut self, instruction: &Instruction) {
        self.log.extend(instruction.warnings.iter().cloned().map(Entry::Note));
        for prompt in &instruction.prompts {
            let heard = match &prompt.what {
                Spoken::Say(text) => format!("“{text}”"),
                Spoken::Play(file) => format!("♪ {file}"),
            };
            self.log.push(Entry::Hears(heard));
        }
        self.log.extend(instruction.tags.iter().map(|tag| Entry::Note(format!("tag {tag}"))));
        let does = self.words(instruction);
        if !matches!(instruction.action, Action::Play {}) {
            self.log.push(Entry::Does(does));
        }
    }

    fn words(&self, instruction: &Instruction) -> String {
        words::action_of(instruction, &Known(&self.source.typed, &self.secrets))
    }

    /// Writes down what a test can expect of an instruction. What is played and tagged before a look-up is answered belongs to what follows.
    fn expect(&mut self, instruction: &Instruction) {
        let typed = &self.source.typed;
        for mark in marks(typed, instruction) {
            if !self.marks.contains(&mark) {
                self.marks.push(mark);
            }
        }
        self.deeds.extend(expectation(typed, instruction).map(Deed::Expect));
        if !matches!(instruction.action, Action::Lookup(_) | Action::Play {}) {
            self.deeds.extend(self.marks.drain(..).map(Deed::Expect));
        }
    }

    /// The state that an instruction leads to; or the event that answers it at once.
    fn take(&mut self, instruction: &Instruction) -> Option<EventKind> {
        let words = self.words(instruction);
        self.expect(instruction);
        self.state = match &instruction.action {
            Action::Menu(menu) => State::Keys {
                most: menu.max_digits as usize,
                ending: None,
                choices: menu.choices.clone(),
                wait: menu.timeout.0 / 1000,
                secret: false,
            },
            Action::Collect(collect) => State::Keys {
                most: collect.max_digits as usize,
                ending: collect.ending.and_then(|key| key.chars().next()),
                choices: Vec::new(),
                wait: collect.timeout.0 / 1000,
                secret: collect.secret,
            },
            Action::Forward(forward) => {
                use callroute_protocol::Destination as To;
                State::Ringing {
                    whom: words::destination(&forward.destination),
                    members: ringing::members(&self.source.typed, forward),
                    queue: matches!(forward.destination, To::Queue(_)),
                    keys: matches!(&forward.destination, To::Queue(queue) if !queue.keys.is_empty()),
                    limit: forward.timeout.map(|Seconds(ms)| ms / 1000),
                }
            }
            // Without a way to go on from there the call has ended with it.
            Action::Voicemail(_) | Action::Host(_) if !self.waiting => State::Over(words),
            Action::Voicemail(_) => State::Voicemail { what: words },
            Action::Host(_) => State::Action { what: words },
            Action::Lookup(lookup) => {
                let what = words;
                self.asked = self.question(lookup);
                let known = self.lookups.iter_mut().find(|(name, _)| *name == lookup.source);
                let answer = known.and_then(|(_, results)| replies::next(results));
                self.state = State::Lookup { source: lookup.source.clone(), what };
                let answer = answer?;
                self.note_found(&answer);
                return Some(EventKind::LookupResult(answer));
            }
            Action::Play {} if self.waiting => return Some(EventKind::Played),
            Action::Play {} | Action::None {} => State::Over("nothing is left to do".to_owned()),
            Action::Reject(_) | Action::Redirect(_) | Action::Hangup { .. } => State::Over(words),
        };
        None
    }
}
