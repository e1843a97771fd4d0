//! A call made from options: each instruction gets the next reply that fits it.

use std::collections::VecDeque;

use callroute_protocol::{Action, DialOutcome, Event, EventKind, IncomingCall, Instruction, LookupResult, Session};
use callroute_runtime::{FieldType, Program};
use serde_json::{Map, Value};

use crate::failure::{Failure, Outcome, say, shown};
use crate::replies;
use crate::run::{CallOptions, CallerOptions};
use crate::trace::Watch;
use crate::when::now;

/// What an instruction waits for, in words.
const DIAL: &str = "`--outcome` answered, busy, no_answer, declined, unreachable, redirected=ADDRESS, a SIP status, or hangup; for a queue also full, empty, timeout, key=KEYS";
const VOICEMAIL: &str = "`--outcome` recorded, full or failed";
const ACTION: &str = "`--outcome` ok or failed";
const KEYS: &str = "keys: `--press`";

/// Replies that have not been used.
struct Replies {
    presses: VecDeque<String>,
    outcomes: VecDeque<String>,
    lookups: Vec<Source>,
}

/// What a source answers.
pub struct Source {
    pub name: String,
    asked: bool,
    pub results: VecDeque<LookupResult>,
}

/// What comes next.
enum Next {
    Event(EventKind),
    /// The instruction ends the call, and the reply says only how that went.
    Over,
    /// There is no reply that fits.
    Stop,
}

/// Takes the call through the script; gives every instruction to `print`.
pub fn run(
    command: &CallOptions,
    program: &Program,
    session: &mut Session<'_>,
    print: &mut dyn FnMut(Instruction) -> Outcome,
    mut trace: Option<&mut dyn Watch>,
) -> Outcome {
    let mut replies = Replies {
        presses: command.presses.iter().cloned().collect(),
        outcomes: command.outcomes.iter().cloned().collect(),
        lookups: lookups(&command.caller, program)?,
    };
    let at = command.caller.at.unwrap_or_else(now);
    let mut kind = EventKind::IncomingCall(incoming(&command.caller, program));
    let mut token = None;
    loop {
        let event = Event { call_id: command.caller.call_id.clone(), timestamp: at, token, kind, warnings: Vec::new() };
        let answer = match trace.as_deref_mut() {
            Some(trace) => {
                trace.heading(event.kind.name());
                session.answer_event_traced(&event, trace)
            }
            None => session.answer_event(&event),
        };
        let instruction = answer.map_err(|error| Failure::wrong(error.to_string()))?;
        token = instruction.token.clone();
        print(instruction.clone())?;
        match replies.next(&instruction)? {
            Next::Event(next) => kind = next,
            Next::Over => {
                print(Instruction::none())?;
                return replies.left_over("the call is over");
            }
            Next::Stop if token.is_some() => return replies.left_over(&format!("the call waits for {}", waits_for(&instruction.action))),
            Next::Stop => return replies.left_over(&format!("the call is over after `{}`", instruction.action.name())),
        }
    }
}

impl Replies {
    fn next(&mut self, instruction: &Instruction) -> Result<Next, Failure> {
        let waiting = instruction.token.is_some();
        Ok(match &instruction.action {
            Action::Forward(_) => self.outcome(instruction, |text| {
                let result = replies::dial(text)?;
                Some(if result.outcome == DialOutcome::Cancelled { EventKind::Hangup } else { EventKind::DialResult(result) })
            })?,
            Action::Voicemail(_) => self.outcome(instruction, |text| replies::voicemail(text).map(EventKind::VoicemailResult))?,
            Action::Host(_) => self.outcome(instruction, |text| replies::done(text).map(EventKind::Done))?,
            _ if !waiting => Next::Stop,
            Action::Menu(_) | Action::Collect(_) => match self.presses.pop_front() {
                Some(keys) => {
                    replies::keys(&keys).map_err(|message| Failure::wrong(format!("`--press {}`: {message}", shown(&keys))))?;
                    Next::Event(EventKind::Digits(keys))
                }
                None => Next::Stop,
            },
            Action::Lookup(lookup) => match self.lookups.iter_mut().find(|source| source.name == lookup.source) {
                Some(source) => {
                    source.asked = true;
                    replies::next(&mut source.results).map_or(Next::Stop, |result| Next::Event(EventKind::LookupResult(result)))
                }
                None => Next::Stop,
            },
            Action::Play {} => Next::Event(EventKind::Played),
            Action::Reject(_) | Action::Redirect(_) | Action::Hangup { .. } | Action::None {} => Next::Stop,
        })
    }

    /// The next outcome, as an event; `read` knows the words that fit.
    fn outcome(&mut self, instruction: &Instruction, read: impl FnOnce(&str) -> Option<EventKind>) -> Result<Next, Failure> {
        let Some(outcome) = self.outcomes.pop_front() else { return Ok(Next::Stop) };
        let event = if replies::word(&outcome) == "hangup" { Some(EventKind::Hangup) } else { read(&outcome) };
        let event = event.ok_or_else(|| misfit(&outcome, &instruction.action))?;
        Ok(if instruction.token.is_some() { Next::Event(event) } else { Next::Over })
    }

    /// A reply that nothing asked for is a mistake in the call.
    fn left_over(&self, why: &str) -> Outcome {
        let unused = self.lookups.iter().find(|source| !source.asked || source.results.len() > 1);
        let left = match (self.presses.front(), self.outcomes.front(), unused) {
            (Some(keys), _, _) => format!("--press {}", shown(keys)),
            (_, Some(outcome), _) => format!("--outcome {}", shown(outcome)),
            (_, _, Some(source)) => format!("--lookup {}=…", shown(&source.name)),
            (None, None, None) => return Ok(()),
        };
        Err(Failure::wrong(format!("nothing asked for `{left}`: {why}")))
    }
}

fn misfit(outcome: &str, action: &Action) -> Failure {
    Failure::wrong(format!("`--outcome {}` does not fit `{}`, which waits for {}", shown(outcome), action.name(), waits_for(action)))
}

fn waits_for(action: &Action) -> String {
    match action {
        Action::Forward(_) => DIAL.to_owned(),
        Action::Voicemail(_) => VOICEMAIL.to_owned(),
        Action::Host(_) => ACTION.to_owned(),
        Action::Lookup(lookup) => format!("an answer of `{0}`: `--lookup {0}=…`", lookup.source),
        Action::Menu(_) | Action::Collect(_) => KEYS.to_owned(),
        _ => "nothing".to_owned(),
    }
}

/// The call, from the options.
pub fn incoming(command: &CallerOptions, program: &Program) -> IncomingCall {
    let mut attributes = Map::new();
    for (name, text) in &command.attributes {
        let input = program.inputs().find(|input| !input.header && input.field.name == name);
        let value = match input.map(|input| input.field.ty) {
            // What looks like JSON is JSON, unless a text is wanted.
            Some(FieldType::Text | FieldType::OneOf(_) | FieldType::Phone | FieldType::Digits) => Value::String(text.clone()),
            Some(_) => serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone())),
            None => {
                let known: Vec<&str> = program.inputs().filter(|input| !input.header).map(|input| input.field.name).collect();
                let list = if known.is_empty() { "it has none".to_owned() } else { format!("it has `{}`", known.join("`, `")) };
                say(&format!("callroute: no input of the script is called `{}`; {list}", shown(name)));
                Value::String(text.clone())
            }
        };
        attributes.insert(name.clone(), value);
    }
    IncomingCall {
        from: command.from.clone(),
        to: command.to.clone(),
        language: command.language.clone(),
        attributes,
        headers: command.headers.clone(),
    }
}

/// What sources answer, from the options.
pub fn lookups(command: &CallerOptions, program: &Program) -> Result<Vec<Source>, Failure> {
    let mut sources: Vec<Source> = Vec::new();
    for (name, text) in &command.lookups {
        if !program.sources().any(|source| source.name == name) {
            let known: Vec<&str> = program.sources().map(|source| source.name).collect();
            let list = if known.is_empty() { "it has none".to_owned() } else { format!("it has `{}`", known.join("`, `")) };
            return Err(Failure::wrong(format!("the script has no source `{}`; {list}", shown(name))));
        }
        let result = replies::looked_up(text)
            .ok_or_else(|| Failure::wrong(format!("`--lookup {}={}` is not {}", shown(name), shown(text), replies::LOOKED_UP)))?;
        match sources.iter_mut().find(|source| source.name == *name) {
            Some(source) => source.results.push_back(result),
            None => sources.push(Source { name: name.clone(), asked: false, results: VecDeque::from([result]) }),
        }
    }
    Ok(sources)
}
