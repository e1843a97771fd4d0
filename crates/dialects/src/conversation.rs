//! [`Conversation`]: one request's way from the event through the script to an instruction that a dialect can say.

use callroute_protocol::{Action, AnswerError, Event, EventKind, Instruction, KeyError, Lookup, LookupResult, Opened, Session, TokenError};

use crate::dialect::{Dialect, Unsayable};
use crate::legs::{Call, Legs, Ringing, legs};

/// What comes next.
#[derive(Clone, PartialEq, Debug)]
pub enum Step {
    /// The platform is told this.
    Say(Box<Instruction>),
    /// The script wants what the platform cannot do: what is left is [`Conversation::fallback`]. Mostly found before, by
    /// [`crate::check`].
    Cannot(Unsayable),
    /// A source must be asked first; [`Conversation::looked_up`] goes on.
    Lookup(Lookup),
}

/// One request. It holds nothing longer than that: what the next one needs is in the instruction's `continue`.
pub struct Conversation<'p> {
    session: Session<'p>,
    dialect: &'p dyn Dialect,
    event: Box<Event>,
    /// What was said together with look-ups that are answered here: it is said with the instruction that comes of them.
    before: Vec<Instruction>,
}

impl<'p> Conversation<'p> {
    /// Answers an event in a new session. `opened`: what was in the event's `continue`, if it had one; of which script that is was looked at by
    /// whoever chose the session's.
    ///
    /// # Errors
    /// When the token is not one of this script, or the event does not fit.
    pub fn begin(
        session: Session<'p>,
        dialect: &'p dyn Dialect,
        event: Box<Event>,
        opened: Option<&Opened>,
    ) -> Result<(Self, Step), AnswerError> {
        let mut this = Self { session, dialect, event, before: Vec::new() };
        if !matches!(this.event.kind, EventKind::IncomingCall(_)) {
            let Some(opened) = opened else {
                // Says what is missing, or that nothing is left to do.
                let instruction = this.session.answer_event(&this.event)?;
                return Ok((this, Step::Say(Box::new(instruction))));
            };
            this.session.take_up(opened)?;
            if !opened.rider.is_empty()
                && let EventKind::DialResult(result) = &this.event.kind
            {
                let legs = Legs::from_rider(&opened.rider).ok_or(AnswerError::Token(TokenError::State))?;
                match legs.after(result.clone(), this.event.timestamp) {
                    Ringing::Over(result) => this.event.kind = EventKind::DialResult(result),
                    Ringing::Leg { leg, rest, comes_back } => {
                        let mut instruction = Box::new(Instruction { action: Action::Forward(leg), ..Instruction::none() });
                        instruction.warnings.clone_from(&this.event.warnings);
                        let step = this.say(instruction, rest.as_deref(), comes_back)?;
                        return Ok((this, step));
                    }
                }
            }
        }
        let step = this.decide()?;
        Ok((this, step))
    }

    /// Goes on after a look-up, in the same request.
    ///
    /// # Errors
    /// When no look-up was asked for.
    pub fn looked_up(&mut self, result: LookupResult) -> Result<Step, AnswerError> {
        self.event.kind = EventKind::LookupResult(result);
        self.event.warnings.clear();
        self.decide()
    }

    /// Gives a look-up to the platform, for those that answer them themselves ([`Dialect::answers_lookups`]).
    ///
    /// # Errors
    /// When the token cannot be sealed.
    pub fn leave(&mut self) -> Result<Instruction, AnswerError> {
        let token = self.session.seal(&self.event, &[])?;
        let mut instruction = self.before.pop().unwrap_or_else(Instruction::none);
        self.join(&mut instruction);
        Ok(Instruction { token: Some(token), ..instruction })
    }

    /// Its session, when nothing more is to be said.
    pub fn into_session(self) -> Session<'p> {
        self.session
    }

    /// What is said where nothing else can be: see [`Session::fallback`].
    pub fn fallback(&mut self) -> Instruction {
        self.session.fallback()
    }

    fn decide(&mut self) -> Result<Step, AnswerError> {
        // Each round is a turn of the call, of which the script has a limit.
        loop {
            let (mut instruction, waiting) = self.session.decide(&self.event)?;
            match &instruction.action {
                Action::Lookup(lookup) => {
                    let lookup = lookup.clone();
                    self.before.push(*instruction);
                    return Ok(Step::Lookup(lookup));
                }
                Action::Forward(forward) => {
                    let Some(settings) = self.dialect.settings() else { return self.say(instruction, None, waiting) };
                    let call = Call { id: &self.event.call_id, now: self.event.timestamp, waiting };
                    let (ringing, unknown) = match legs(forward, self.dialect, settings, &call) {
                        Ok(ringing) => ringing,
                        Err(unsayable) => return Ok(Step::Cannot(unsayable)),
                    };
                    instruction.warnings.extend(unknown);
                    match ringing {
                        Ringing::Leg { leg, rest, comes_back } => {
                            instruction.action = Action::Forward(leg);
                            return self.say(instruction, rest.as_deref(), comes_back);
                        }
                        // Nobody can be rung: the script hears so at once, as it does of a computed target that nobody knows.
                        Ringing::Over(result) => {
                            self.before.push(*instruction);
                            self.event.kind = EventKind::DialResult(result);
                            self.event.warnings.clear();
                        }
                    }
                }
                _ => return self.say(instruction, None, waiting),
            }
        }
    }

    /// Says it, with a `continue` if an event must follow.
    fn say(&mut self, mut instruction: Box<Instruction>, rest: Option<&Legs>, comes_back: bool) -> Result<Step, AnswerError> {
        self.join(&mut instruction);
        if comes_back {
            let rider = rest.map(Legs::to_rider).unwrap_or_default();
            match self.session.seal(&self.event, &rider) {
                Ok(token) => instruction.token = Some(token),
                Err(AnswerError::Seal(error @ KeyError::Rider(_))) => return Ok(Step::Cannot(Unsayable(error.to_string()))),
                Err(error) => return Err(error),
            }
        }
        Ok(Step::Say(instruction))
    }

    /// Puts what was said before look-ups in front.
    fn join(&mut self, instruction: &mut Instruction) {
        for before in self.before.drain(..).rev() {
            instruction.prompts.splice(0..0, before.prompts);
            instruction.tags.splice(0..0, before.tags);
            instruction.warnings.splice(0..0, before.warnings);
        }
    }
}
