//! One case: an incoming call, what happens to it line by line, and what must come of it.

use std::collections::HashMap;
use std::fmt::Write as _;

use callroute_analysis::blocks;
use callroute_analysis::testing::{Case, Expected, GivenLookup, Line, LineKind, LookupAnswer, Setup};
use callroute_analysis::typed::{Operand, Program, SourceId, Step, StepKind, Ty, VarKind};
use callroute_diagnostics::Place;
use callroute_protocol::{
    Action, Destination, DialOutcome, DialResult, Event, EventKind, IncomingCall, Instruction, LookupResult, Prompt, VoicemailOutcome,
    to_instruction, with_event,
};
use callroute_runtime as runtime;
use callroute_runtime::{Call, Expected as Waiting};
use serde::Serialize;
use serde_json::Map;

use crate::compare::{Difference, Ended, Now, compare};
use crate::coverage::Hits;
use crate::trace::{Line as TraceLine, Renderer, Way, clock, printable};
use crate::values;
use crate::words::{self, Vocabulary};

/// The call's id, unless a test gives one.
pub const DEFAULT_CALL: &str = "call-1";
/// When a call comes in whose test does not say, and whose script does not ask: 2000-01-01T00:00:00Z.
pub const DEFAULT_MOMENT: i64 = 946_684_800;

/// A test that did not pass.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// The line at fault: the expectation, or what happens.
    pub place: Place,
    /// What is wrong, in a sentence.
    pub message: String,
    /// What was expected, as it is written.
    pub expected: Option<String>,
    /// What is, in the language's words.
    pub actual: Option<String>,
    /// Where it is the right instruction, what differs.
    pub differences: Vec<Difference>,
    /// What to do, or to know.
    pub help: Vec<String>,
    /// The way that led there; empty where nobody listened.
    pub path: Vec<Turn>,
}

/// One event, and what the script did.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Turn {
    /// What happened: `a call from +14155550123`, `press 1`.
    pub event: String,
    /// Step by step.
    pub steps: Vec<TraceLine>,
    /// The instruction, in the language's words.
    pub answer: String,
}

/// Who listens while a case is played.
pub(crate) enum Ear<'e, 'p> {
    /// Nobody.
    None,
    /// What is reached.
    Hits(&'e mut Hits),
    /// The way, for people.
    Path(&'e mut Renderer<'p>, Vec<Turn>),
    /// The way, as places.
    Way(&'e mut Way<'p>),
}

/// Hears what the machine does in one answer.
struct Listener<'l, 'e, 'p> {
    ear: &'l mut Ear<'e, 'p>,
    clock: bool,
}

impl runtime::Tracer for Listener<'_, '_, '_> {
    fn step(&mut self, step: &runtime::Step<'_>) {
        self.clock |= step.clock.is_some();
        match self.ear {
            Ear::None => {}
            Ear::Hits(hits) => hits.step(step),
            Ear::Way(way) => way.step(step),
            Ear::Path(renderer, turns) => {
                if let (Some(line), Some(turn)) = (renderer.line(step), turns.last_mut()) {
                    turn.steps.push(line);
                }
            }
        }
    }
}

impl Failure {
    fn new(place: Place, message: impl Into<String>) -> Box<Self> {
        Box::new(Self {
            place,
            message: message.into(),
            expected: None,
            actual: None,
            differences: Vec::new(),
            help: Vec::new(),
            path: Vec::new(),
        })
    }

    fn help(mut self: Box<Self>, help: impl Into<String>) -> Box<Self> {
        self.help.push(help.into());
        self
    }
}

type Played<T> = Result<T, Box<Failure>>;

pub(crate) struct Player<'s, 'e, 'p> {
    program: &'s Program,
    machine: &'p runtime::Program,
    secrets: &'s Secrets,
    case: &'s Case,
    call_id: &'s str,
    call: Call,
    ear: Ear<'e, 'p>,
    /// Milliseconds since 1970-01-01T00:00:00Z.
    now: i64,
    /// The last instruction; `None` before the call.
    instruction: Option<Instruction>,
    ended: Option<Ended>,
    /// How often each of the given look-ups was asked.
    asked: HashMap<usize, usize>,
    /// Prompts and tags of instructions that were answered by the test itself.
    carried: (Vec<Prompt>, Vec<String>),
}

/// Which arguments of which sources are typed in secret.
#[derive(Default, Debug)]
pub struct Secrets(Vec<(SourceId, usize)>);

impl Secrets {
    /// Of a script.
    #[must_use]
    pub fn of(program: &Program) -> Self {
        let mut found = Vec::new();
        let mut open: Vec<&Step> = program.flows.iter().flat_map(|flow| &flow.body).collect();
        while let Some(step) = open.pop() {
            if let StepKind::Lookup(lookup) = &step.kind {
                for (at, arg) in lookup.args.iter().enumerate() {
                    if let Operand::Var(var) = arg
                        && program.vars.get(var.index()).is_some_and(|var| var.secret)
                    {
                        found.push((lookup.source, at));
                    }
                }
            }
            open.extend(blocks(step).into_iter().flatten());
        }
        Self(found)
    }

    /// Is this argument of this source one of them?
    #[must_use]
    pub fn hides(&self, program: &Program, source: &str, param: &str) -> bool {
        self.0.iter().any(|(id, at)| {
            program
                .sources
                .get(id.index())
                .is_some_and(|def| def.name == source && def.params.get(*at).is_some_and(|def| def.name == param))
        })
    }
}

/// What the words need to know of a checked script.
#[derive(Clone, Copy, Debug)]
pub struct Known<'k>(pub &'k Program, pub &'k Secrets);

impl Vocabulary for Known<'_> {
    fn is_secret(&self, source: &str, param: &str) -> bool {
        self.1.hides(self.0, source, param)
    }

    fn is_duration(&self, action: &str, param: &str) -> bool {
        let def = self.0.actions.iter().find(|def| def.name == action);
        def.is_some_and(|def| def.params.iter().any(|def| def.name == param && def.ty == Ty::Duration))
    }
}

/// The piece of a script under a place, on one line.
pub(crate) fn source_text(program: &Program, place: Place) -> String {
    let text = program.files.get(place.file.0 as usize).map_or("", |file| place.span.text(&file.text));
    let mut out = String::new();
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out += word;
    }
    printable(&out, 200)
}

impl<'s, 'e, 'p> Player<'s, 'e, 'p> {
    pub fn new(
        program: &'s Program,
        machine: &'p runtime::Program,
        secrets: &'s Secrets,
        case: &'s Case,
        call: Call,
        ear: Ear<'e, 'p>,
    ) -> Self {
        Self {
            program,
            machine,
            secrets,
            case,
            call_id: case.setup.call_id.as_deref().unwrap_or(DEFAULT_CALL),
            call,
            ear,
            now: case.setup.at.unwrap_or(DEFAULT_MOMENT).saturating_mul(1000),
            instruction: None,
            ended: None,
            asked: HashMap::new(),
            carried: Default::default(),
        }
    }

    /// Plays the case. Gives the memory back; a failure has its path if it was listened to.
    pub fn play(mut self) -> (Call, Played<()>) {
        let mut result = self.lines();
        if let (Ear::Path(_, turns), Err(failure)) = (self.ear, &mut result) {
            failure.path = turns;
        }
        (self.call, result)
    }

    fn lines(&mut self) -> Played<()> {
        self.begin()?;
        for line in &self.case.lines {
            self.line(line)?;
        }
        Ok(())
    }

    // ------------------------------------------------------------------------------------------------- events

    fn begin(&mut self) -> Played<()> {
        let Setup { from, to, language, inputs, headers, .. } = &self.case.setup;
        let mut attributes = Map::new();
        let mut all_headers = headers.clone();
        for (var, value) in inputs {
            match self.program.vars.get(var.index()).map(|var| &var.kind) {
                Some(VarKind::Input { header: Some(header), .. }) => all_headers.push((header.clone(), values::text(self.program, value))),
                Some(VarKind::Input { attribute, .. }) => {
                    attributes.insert(attribute.clone(), values::json(self.program, value));
                }
                _ => {}
            }
        }
        let call = IncomingCall { from: from.clone(), to: to.clone(), language: language.clone(), attributes, headers: all_headers };
        let mut heading = String::from("a call");
        let _ = match from {
            Some(from) => write!(heading, " from {}", printable(from, 80)),
            None => write!(heading, " from a withheld number"),
        };
        if let Some(to) = to {
            let _ = write!(heading, " to {}", printable(to, 80));
        }
        if let Some(at) = self.case.setup.at {
            let utc = callroute_calendar::Zone::parse("UTC").ok();
            if let Some(zone) = self.program.zone.or(utc) {
                let _ = write!(heading, ", {}", clock(zone, at, true));
            }
        }
        self.event(self.case.place, EventKind::IncomingCall(call), heading)
    }

    /// Sends an event and takes the answer.
    fn event(&mut self, place: Place, kind: EventKind, heading: String) -> Played<()> {
        let mut heading = heading;
        let mut kind = kind;
        loop {
            let event =
                Event { call_id: self.call_id.to_owned(), timestamp: self.now.div_euclid(1000), token: None, kind, warnings: Vec::new() };
            if let Ear::Path(_, turns) = &mut self.ear {
                turns.push(Turn { event: std::mem::take(&mut heading), steps: Vec::new(), answer: String::new() });
            }
            if let Ear::Hits(hits) = &mut self.ear {
                hits.begin();
            }
            // Whoever does not say what time it is must not be asked.
            let listens = self.case.setup.at.is_none() || !matches!(self.ear, Ear::None);
            let (machine, call) = (self.machine, &mut self.call);
            let mut listener = Listener { ear: &mut self.ear, clock: false };
            let answer = with_event(&event, |event| {
                let answer = if listens { machine.decide_traced(call, event, &mut listener) } else { machine.decide(call, event) };
                answer.map(|answer| to_instruction(&answer))
            });
            let clock = listener.clock;
            let mut instruction = answer.map_err(|error| Failure::new(place, error.to_string()))?;
            if clock && self.case.setup.at.is_none() {
                return Err(Failure::new(self.case.place, "the script asks what time it is, and the test does not say")
                    .help("write `at 2026-04-21 09:32 America/Chicago` at its top"));
            }
            let (prompts, tags) = std::mem::take(&mut self.carried);
            instruction.prompts.splice(0..0, prompts);
            instruction.tags.splice(0..0, tags);
            if let Ear::Path(_, turns) = &mut self.ear
                && let Some(turn) = turns.last_mut()
            {
                turn.answer = words::action_of(&instruction, &Known(self.program, self.secrets));
            }
            let fault = instruction.warnings.iter().find(|warning| warning.contains("has a fault")).cloned();
            if let Some(fault) = fault {
                return Err(Failure::new(place, fault));
            }
            let again = matches!(instruction.action, Action::Play {});
            if again {
                // Prompts that did not fit into one answer.
                self.carried = (instruction.prompts, instruction.tags);
                kind = EventKind::Played;
                heading = String::from("the prompts were played");
                continue;
            }
            if self.call.is_over() && self.ended.is_none() {
                self.ended = Some(Ended::Settled);
            }
            self.instruction = Some(instruction);
            return Ok(());
        }
    }

    fn waiting(&self) -> Option<Waiting> {
        if self.ended.is_some() { None } else { self.machine.expected(&self.call) }
    }

    fn action(&self) -> Option<&Action> {
        self.instruction.as_ref().map(|instruction| &instruction.action)
    }

    /// The instruction that is being carried out, in the language's words.
    fn words(&self) -> String {
        match (self.ended, &self.instruction) {
            (Some(Ended::Answered), _) => "somebody answered, and the call is over for the script".to_owned(),
            (Some(Ended::Recorded), _) => "a message was left, and the call is over".to_owned(),
            (Some(Ended::CallerHungUp), _) => "the caller hung up".to_owned(),
            (_, Some(instruction)) => words::action_of(instruction, &Known(self.program, self.secrets)),
            (_, None) => "no call".to_owned(),
        }
    }

    /// What the call waits for, and how a test says it.
    fn waits_for(&self) -> String {
        match self.waiting() {
            None => format!("the call waits for nothing more: {}", self.words()),
            Some(Waiting::Digits) => "the call waits for keys: `press 1`, or `timeout`".to_owned(),
            Some(Waiting::DialResult) => match self.action() {
                Some(Action::Forward(forward)) if matches!(forward.destination, Destination::Queue(_)) => {
                    "the call waits for how the queue ends: `outcome answered`, `busy`, `full`, `empty`, `timeout`, `unreachable`, or a key"
                        .to_owned()
                }
                _ => "the call waits for how the ringing ends: `outcome answered`, `busy`, `no-answer`, `declined`, `unreachable` or `redirected`"
                    .to_owned(),
            },
            Some(Waiting::VoicemailResult) => {
                "the call waits for how taking the message ends: `outcome recorded`, `full` or `failed`".to_owned()
            }
            Some(Waiting::Done) => "the call waits for how the action ends: `outcome ok` or `failed`".to_owned(),
            Some(Waiting::Played) => "the call waits for its prompts to be played".to_owned(),
            Some(Waiting::LookupResult) => format!("the call waits for the answer of {}", self.words()),
        }
    }

    // -------------------------------------------------------------------------------------------------- lines

    fn line(&mut self, line: &Line) -> Played<()> {
        let heading = source_text(self.program, line.place);
        match &line.kind {
            LineKind::Expect(expected) => self.expect(line, expected),
            LineKind::Wait(ms) => {
                self.answer_lookups()?;
                self.now = self.now.saturating_add(i64::try_from(*ms).unwrap_or(i64::MAX));
                Ok(())
            }
            LineKind::Hangup => {
                // Of a look-up of which nothing is given the caller does not wait for the answer.
                while self.waiting() == Some(Waiting::LookupResult) && !self.given().is_empty() {
                    self.answer_lookup()?;
                }
                if self.ended.is_some() {
                    return Err(self.misfit(line));
                }
                self.event(line.place, EventKind::Hangup, heading)?;
                self.ended = Some(Ended::CallerHungUp);
                Ok(())
            }
            LineKind::Press(keys) => {
                self.answer_lookups()?;
                match (self.waiting(), self.action()) {
                    (Some(Waiting::Digits), _) => self.event(line.place, EventKind::Digits(keys.clone()), heading),
                    (Some(Waiting::DialResult), Some(Action::Forward(forward))) if matches!(&forward.destination, Destination::Queue(queue) if !queue.keys.is_empty()) =>
                    {
                        let result = DialResult { outcome: DialOutcome::Key, contact: None, digits: Some(keys.clone()) };
                        self.event(line.place, EventKind::DialResult(result), heading)
                    }
                    _ => Err(self.misfit(line)),
                }
            }
            LineKind::Timeout => {
                self.answer_lookups()?;
                match self.waiting() {
                    Some(Waiting::Digits) => self.event(line.place, EventKind::Digits(String::new()), heading),
                    Some(Waiting::DialResult) => {
                        let result = DialResult { outcome: DialOutcome::Timeout, contact: None, digits: None };
                        self.event(line.place, EventKind::DialResult(result), heading)
                    }
                    _ => Err(self.misfit(line)),
                }
            }
            LineKind::Outcome(word, contact) => {
                self.answer_lookups()?;
                self.outcome(line, word, contact.as_ref().map(ToString::to_string), heading)
            }
        }
    }

    /// A line that says something nobody asked for.
    fn misfit(&self, line: &Line) -> Box<Failure> {
        let text = source_text(self.program, line.place);
        Failure::new(line.place, format!("`{text}` does not fit here")).help(self.waits_for())
    }

    fn outcome(&mut self, line: &Line, word: &str, contact: Option<String>, heading: String) -> Played<()> {
        let settled = self.ended == Some(Ended::Settled);
        let kind = match (self.waiting(), self.action(), word) {
            (Some(Waiting::DialResult), Some(Action::Forward(forward)), _) => {
                let queue = matches!(forward.destination, Destination::Queue(_));
                let outcome = match word {
                    "answered" => DialOutcome::Answered,
                    "busy" => DialOutcome::Busy,
                    "no-answer" => DialOutcome::NoAnswer,
                    "declined" => DialOutcome::Declined,
                    "unreachable" => DialOutcome::Unreachable,
                    "redirected" => DialOutcome::Redirected,
                    "timeout" => DialOutcome::Timeout,
                    "full" if queue => DialOutcome::Full,
                    "empty" if queue => DialOutcome::Empty,
                    _ => return Err(self.misfit(line)),
                };
                EventKind::DialResult(DialResult { outcome, contact, digits: None })
            }
            (Some(Waiting::VoicemailResult), _, "recorded") => EventKind::VoicemailResult(VoicemailOutcome::Recorded),
            (Some(Waiting::VoicemailResult), _, "full") => EventKind::VoicemailResult(VoicemailOutcome::Full),
            (Some(Waiting::VoicemailResult), _, "failed") => EventKind::VoicemailResult(VoicemailOutcome::Failed),
            (Some(Waiting::Done), _, "ok") => EventKind::Done(true),
            (Some(Waiting::Done), _, "failed") => EventKind::Done(false),
            // Nothing follows them, and they may be said all the same.
            (None, Some(Action::Voicemail(_)), "recorded") if settled => {
                self.ended = Some(Ended::Recorded);
                return Ok(());
            }
            (None, Some(Action::Voicemail(_)), "full" | "failed") | (None, Some(Action::Host(_)), "ok" | "failed") if settled => {
                return Ok(());
            }
            _ => return Err(self.misfit(line)),
        };
        let ended = match word {
            "answered" => Some(Ended::Answered),
            "recorded" => Some(Ended::Recorded),
            _ => None,
        };
        self.event(line.place, kind, heading)?;
        if ended.is_some() {
            self.ended = ended;
        }
        Ok(())
    }

    // ----------------------------------------------------------------------------------------------- look-ups

    /// Answers look-ups from what is given, for as long as some are asked.
    fn answer_lookups(&mut self) -> Played<()> {
        // Every answer uses up a turn of the call, whose number is limited.
        while self.waiting() == Some(Waiting::LookupResult) {
            self.answer_lookup()?;
        }
        Ok(())
    }

    /// What is given for the look-up that is being asked, with its place among all that is given.
    fn given(&self) -> Vec<(usize, &'s GivenLookup)> {
        let Some(Action::Lookup(lookup)) = self.action() else { return Vec::new() };
        let fits = |given: &GivenLookup| {
            let Some(source) = self.program.sources.get(given.source.index()).filter(|source| source.name == lookup.source) else {
                return false;
            };
            let mut pairs = source.params.iter().zip(&given.args);
            pairs.all(|(param, arg)| {
                let wanted = values::json(self.program, arg);
                lookup.args.get(&param.name) == Some(&wanted)
            })
        };
        self.case.setup.lookups.iter().enumerate().filter(|(_, given)| fits(given)).collect()
    }

    /// Answers the look-up that is being asked.
    fn answer_lookup(&mut self) -> Played<()> {
        let words = self.words();
        let fitting = self.given();
        let Some((first, _)) = fitting.first() else {
            let args = words.trim_start_matches("lookup ");
            return Err(Failure::new(self.case.place, format!("the script asks for {args}, and the test does not say what comes of it"))
                .help(format!("write `given {args} = < … >`, or `= missing`, `failed`, `late`")));
        };
        let times = self.asked.entry(*first).or_default();
        let at = (*times).min(fitting.len().saturating_sub(1));
        *times = times.saturating_add(1);
        let Some((_, given)) = fitting.get(at) else { return Ok(()) };
        let (result, said) = match &given.answer {
            LookupAnswer::Missing => (LookupResult::Missing, "no row"),
            LookupAnswer::Failed => (LookupResult::Failed, "a failure"),
            LookupAnswer::Late => (LookupResult::Late, "no answer in time"),
            LookupAnswer::Row(cells) => {
                let fields = self.program.sources.get(given.source.index()).map(|source| source.fields.as_slice()).unwrap_or_default();
                let mut row = Map::new();
                for (field, value) in cells {
                    if let Some(field) = fields.get(*field) {
                        row.insert(field.name.clone(), values::json(self.program, value));
                    }
                }
                (LookupResult::Found(row), "a row")
            }
        };
        if let Some(instruction) = &mut self.instruction {
            self.carried = (std::mem::take(&mut instruction.prompts), std::mem::take(&mut instruction.tags));
        }
        let heading = format!("{words} gives {said}");
        self.event(given.place, EventKind::LookupResult(result), heading)
    }

    // -------------------------------------------------------------------------------------------- expectations

    fn expect(&mut self, line: &Line, expected: &Expected) -> Played<()> {
        if !matches!(expected, Expected::Lookup(_)) {
            self.answer_lookups()?;
        } else {
            // Others may come first.
            while self.waiting() == Some(Waiting::LookupResult) && self.compare(expected).is_err() {
                self.answer_lookup()?;
            }
        }
        let Err(mismatch) = self.compare(expected) else { return Ok(()) };
        let text = source_text(self.program, line.place);
        // In a table only what is expected is written.
        let written = match text.split_once(' ') {
            Some((word, rest)) if word.eq_ignore_ascii_case("expect") => rest.to_owned(),
            _ => text,
        };
        let message = if mismatch.differences.is_empty() {
            match expected {
                Expected::Prompt(_) => "this is not played",
                Expected::Tag(_) => "this is no new tag",
                Expected::Ended(_) if self.ended.is_none() => "the call has not ended",
                _ => "another instruction than expected",
            }
            .to_owned()
        } else {
            let fields: Vec<String> = mismatch.differences.iter().map(|difference| format!("`{}`", difference.field)).collect();
            format!("the instruction differs in {}", fields.join(", "))
        };
        let mut failure = Failure::new(line.place, message);
        failure.expected = Some(written);
        failure.actual = Some(mismatch.actual);
        failure.differences = mismatch.differences;
        if self.waiting().is_some() && !matches!(expected, Expected::Prompt(_) | Expected::Tag(_)) {
            let waits = self.waits_for();
            failure = failure.help(waits);
        }
        Err(failure)
    }

    fn compare(&self, expected: &Expected) -> Result<(), crate::compare::Mismatch> {
        let Some(instruction) = &self.instruction else { return Err(Default::default()) };
        let now = Now { instruction: instruction.clone(), ended: self.ended, at: self.now.div_euclid(1000) };
        compare(self.program, expected, &now, || self.words())
    }
}
