//! [`Session`]: an event comes in as JSON, an instruction goes out; between two events nothing is remembered but the token.

use std::fmt;

use callroute_runtime::{Call, DecideError, Program, StateError, Tracer};

use crate::convert::{to_instruction, with_event};
use crate::event::{Event, EventKind};
use crate::instruction::Instruction;
use crate::parse::{EventError, parse_event};
use crate::token::{DEFAULT_LIFETIME, KeyError, Keys, Opened, TokenError};

/// Why an event got no instruction. Nothing was decided.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum AnswerError {
    /// It is no event.
    Event(EventError),
    /// Its `continue` cannot be used.
    Token(TokenError),
    /// It has no `continue`; the name of the event.
    NoToken(&'static str),
    /// It does not fit what was asked.
    Decide(DecideError),
    /// The answer cannot be sealed.
    Seal(KeyError),
}

impl fmt::Display for AnswerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(error) => error.fmt(f),
            Self::Token(error) => error.fmt(f),
            Self::NoToken(event) => write!(
                f,
                "the event `{event}` needs the `continue` of the instruction that it answers; where that had none, nothing was left to decide"
            ),
            Self::Decide(error) => error.fmt(f),
            Self::Seal(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for AnswerError {}

/// Answers events of calls that go through one script. It holds nothing of any call, only memory to be used again, so any
/// number of sessions with the same keys, in one process or in many, can answer the events of one call in turn.
#[derive(Debug)]
pub struct Session<'p> {
    program: &'p Program,
    keys: &'p Keys,
    lifetime: i64,
    seals: bool,
    /// In a place of its own: it is large, and sessions are moved.
    call: Box<Call>,
}

impl<'p> Session<'p> {
    /// Tokens of this session are valid for [`DEFAULT_LIFETIME`].
    #[must_use]
    pub fn new(program: &'p Program, keys: &'p Keys) -> Self {
        Self::with_memory(program, keys, Box::default())
    }

    /// As [`Session::new`], in memory that may have served other calls, of other scripts too.
    #[must_use]
    pub fn with_memory(program: &'p Program, keys: &'p Keys, mut call: Box<Call>) -> Self {
        call.reset(program);
        Self { program, keys, lifetime: DEFAULT_LIFETIME, seals: true, call }
    }

    /// Its memory, for [`Session::with_memory`].
    #[must_use]
    pub fn into_memory(self) -> Box<Call> {
        self.call
    }

    /// Makes tokens valid for so many seconds after the event that is answered.
    #[must_use]
    pub const fn with_lifetime(mut self, seconds: i64) -> Self {
        self.lifetime = seconds;
        self
    }

    /// Leaves `continue` out of all instructions, for who wants to know only how calls begin: sealing is most of the work.
    #[must_use]
    pub const fn without_tokens(mut self) -> Self {
        self.seals = false;
        self
    }

    /// Answers an event in JSON. `now` is the time of receipt, in seconds since 1970-01-01T00:00:00Z; it only serves events that
    /// do not say when they happened.
    ///
    /// # Errors
    ///
    /// See [`AnswerError`].
    pub fn answer(&mut self, json: &str, now: i64) -> Result<Instruction, AnswerError> {
        let event = parse_event(json, now).map_err(AnswerError::Event)?;
        self.answer_event(&event)
    }

    /// As [`Session::answer`], and tells a tracer of every step.
    ///
    /// # Errors
    ///
    /// See [`AnswerError`].
    pub fn answer_traced(&mut self, json: &str, now: i64, tracer: &mut dyn Tracer) -> Result<Instruction, AnswerError> {
        let event = parse_event(json, now).map_err(AnswerError::Event)?;
        self.answer_event_traced(&event, tracer)
    }

    /// Answers an event that has been read.
    ///
    /// # Errors
    ///
    /// See [`AnswerError`].
    pub fn answer_event(&mut self, event: &Event) -> Result<Instruction, AnswerError> {
        self.answer_with(event, None)
    }

    /// As [`Session::answer_event`], and tells a tracer of every step.
    ///
    /// # Errors
    ///
    /// See [`AnswerError`].
    pub fn answer_event_traced(&mut self, event: &Event, tracer: &mut dyn Tracer) -> Result<Instruction, AnswerError> {
        self.answer_with(event, Some(tracer))
    }

    fn answer_with(&mut self, event: &Event, tracer: Option<&mut dyn Tracer>) -> Result<Instruction, AnswerError> {
        if !matches!(event.kind, EventKind::IncomingCall(_)) {
            let Some(token) = &event.token else {
                if event.ends_call() {
                    return Ok(Instruction { warnings: event.warnings.clone(), ..Instruction::none() });
                }
                return Err(AnswerError::NoToken(event.kind.name()));
            };
            let opened = self.keys.open(token, &event.call_id, event.timestamp).map_err(AnswerError::Token)?;
            self.take_up(&opened)?;
        }
        let (mut instruction, waiting) = self.decide_with(event, tracer)?;
        if waiting && self.seals {
            instruction.token = Some(self.seal(event, &[])?);
        }
        Ok(*instruction)
    }

    /// Takes up the state of a call from an opened token, so that [`Session::decide`] goes on with it.
    ///
    /// # Errors
    ///
    /// When it is of another script, or no state that this one can be in.
    pub fn take_up(&mut self, opened: &Opened) -> Result<(), AnswerError> {
        let error = if !self.program.hash().starts_with(&opened.script) {
            TokenError::OtherScript
        } else {
            match self.program.restore(&mut self.call, &opened.state) {
                Ok(()) => return Ok(()),
                Err(StateError::OtherProgram { .. }) => TokenError::OtherScript,
                Err(StateError::Version { .. }) => TokenError::Version,
                Err(_) => TokenError::State,
            }
        };
        Err(AnswerError::Token(error))
    }

    /// Decides on an event of the call that this session has in memory: an `incoming_call`, or what follows the last decision or
    /// [`Session::take_up`]. The token of the event is not looked at, and none is made: that is [`Session::seal`]'s business, if
    /// the second value says that an event must follow.
    ///
    /// # Errors
    ///
    /// When the event does not fit what the call waits for.
    pub fn decide(&mut self, event: &Event) -> Result<(Box<Instruction>, bool), AnswerError> {
        self.decide_with(event, None)
    }

    fn decide_with(&mut self, event: &Event, tracer: Option<&mut dyn Tracer>) -> Result<(Box<Instruction>, bool), AnswerError> {
        let (program, call) = (self.program, &mut self.call);
        let (mut instruction, waiting) = with_event(event, |event| {
            let answer = match tracer {
                Some(tracer) => program.decide_traced(call, event, tracer),
                None => program.decide(call, event),
            };
            answer.map(|answer| (Box::new(to_instruction(&answer)), answer.waiting())).map_err(AnswerError::Decide)
        })?;
        if !event.warnings.is_empty() {
            instruction.warnings.splice(0..0, event.warnings.iter().cloned());
        }
        Ok((instruction, waiting))
    }

    /// The `continue` of the call as it stands after the event that was answered last, with a rider ([`Opened::rider`]).
    ///
    /// # Errors
    ///
    /// When it cannot be sealed.
    pub fn seal(&self, event: &Event, rider: &[u8]) -> Result<String, AnswerError> {
        let state = self.program.save(&self.call);
        let expiry = event.timestamp.saturating_add(self.lifetime);
        self.keys.seal(&self.program.hash(), &event.call_id, expiry, &state, rider).map_err(AnswerError::Seal)
    }

    /// What the script says where nothing else can be said: its `fallback`, else a hangup with the reason `error`. The call is over
    /// then.
    pub fn fallback(&mut self) -> Instruction {
        to_instruction(&self.program.fallback(&mut self.call))
    }
}
