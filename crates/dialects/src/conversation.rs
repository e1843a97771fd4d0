//! [`Conversation`]: one request's way from the event through the script to an instruction that a dialect can say.

use callroute_protocol::{AnswerError, Event, EventKind, Instruction, Keys, Lookup, LookupResult, Opened, Session};
use callroute_runtime::Program;

use crate::dialect::Dialect;

/// What comes next.
#[derive(Clone, PartialEq, Debug)]
pub enum Step {
    /// The platform is told this.
    Say(Box<Instruction>),
    /// A source must be asked first; [`Conversation::looked_up`] goes on.
    Lookup(Lookup),
}

/// One request. It holds nothing longer than that: what the next one needs is in the instruction's `continue`.
pub struct Conversation<'p> {
    session: Session<'p>,
    dialect: &'p dyn Dialect,
    event: Event,
    /// What was said together with look-ups that are answered here: it is said with the instruction that comes of them.
    before: Vec<Instruction>,
}

impl<'p> Conversation<'p> {
    /// Answers an event. `lifetime`: how many seconds the next one may take; `opened`: what was in the event's `continue`, if it had one; of
    /// which script that is was looked at by whoever chose `program`.
    ///
    /// # Errors
    /// When the token is not one of this script, or the event does not fit.
    pub fn begin(
        program: &'p Program,
        keys: &'p Keys,
        lifetime: i64,
        dialect: &'p dyn Dialect,
        event: Event,
        opened: Option<&Opened>,
    ) -> Result<(Self, Step), AnswerError> {
        let mut this = Self { session: Session::new(program, keys).with_lifetime(lifetime), dialect, event, before: Vec::new() };
        if !matches!(this.event.kind, EventKind::IncomingCall(_)) {
            let Some(opened) = opened else {
                // Says what is missing, or that nothing is left to do.
                let instruction = this.session.answer_event(&this.event)?;
                return Ok((this, Step::Say(Box::new(instruction))));
            };
            this.session.take_up(opened)?;
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

    /// What is said where nothing else can be: see [`Session::fallback`].
    pub fn fallback(&mut self) -> Instruction {
        self.session.fallback()
    }

    fn decide(&mut self) -> Result<Step, AnswerError> {
        let (mut instruction, waiting) = self.session.decide(&self.event)?;
        if let callroute_protocol::Action::Lookup(lookup) = &instruction.action {
            let lookup = lookup.clone();
            self.before.push(instruction);
            return Ok(Step::Lookup(lookup));
        }
        self.join(&mut instruction);
        if waiting {
            instruction.token = Some(self.session.seal(&self.event, &[])?);
        }
        let _ = self.dialect;
        Ok(Step::Say(Box::new(instruction)))
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
