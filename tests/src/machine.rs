//! The machine in every way in which a host can use it: in one piece of memory, through its bytes, through tokens; loaded from the image that was just
//! compiled, and from its bytes with the cold sections stripped.

use callroute_analysis::typed;
use callroute_protocol::{Keys, Session, parse_event, to_instruction, with_event};
use callroute_runtime::{Call, Program};
use serde_json::{Value, json};

/// A compiled script, loaded.
#[derive(Debug)]
pub struct Machine {
    program: Program,
    stripped: Program,
    keys: Keys,
}

/// How a call is kept between two events.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// In memory.
    Memory,
    /// As bytes, taken up by fresh memory, in the program without its cold sections.
    Bytes,
    /// As a token.
    Token,
}

impl Way {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Memory, Self::Bytes, Self::Token];
}

impl Machine {
    /// Compiles and loads.
    ///
    /// # Panics
    /// When the compiler refuses what the checker let pass, or the verifier what the compiler made.
    #[must_use]
    pub fn new(program: &typed::Program) -> Self {
        let bytes = callroute_compiler::build(program).unwrap_or_else(|faults| panic!("the compiler refuses: {faults:?}"));
        let again = callroute_compiler::build(program).unwrap_or_default();
        assert!(bytes == again, "the same script must give the same bytes");
        let stripped = callroute_bytecode::strip(&bytes).unwrap_or_else(|error| panic!("cannot be stripped: {error}"));
        let load = |bytes: &[u8]| Program::load(bytes).unwrap_or_else(|error| panic!("the verifier refuses: {error}"));
        let keys = Keys::new(&[[7; 32]]).unwrap_or_else(|error| panic!("{error}"));
        Self { program: load(&bytes), stripped: load(&stripped), keys }
    }

    /// The loaded program.
    #[must_use]
    pub const fn program(&self) -> &Program {
        &self.program
    }

    /// Begins to answer the events of one call.
    #[must_use]
    pub fn conversation(&self, way: Way) -> Conversation<'_> {
        let program = if way == Way::Bytes { &self.stripped } else { &self.program };
        Conversation { program, keys: &self.keys, way, call: Call::new(program), state: Vec::new(), token: Value::Null }
    }
}

/// One call.
#[derive(Debug)]
pub struct Conversation<'m> {
    program: &'m Program,
    keys: &'m Keys,
    way: Way,
    call: Call,
    state: Vec<u8>,
    token: Value,
}

impl Conversation<'_> {
    /// Answers an event; `continue` becomes `true`.
    ///
    /// # Panics
    /// When the machine refuses the event, or takes more steps than was proved.
    pub fn answer(&mut self, event: &Value) -> Value {
        let mut out = if self.way == Way::Token {
            let mut event = event.clone();
            if !self.token.is_null() {
                event["continue"] = self.token.clone();
            }
            let mut session = Session::new(self.program, self.keys);
            let answer = session.answer(&event.to_string(), 0).unwrap_or_else(|error| panic!("{error}: {event}"));
            let out = serde_json::to_value(&answer).unwrap_or_default();
            self.token = out.get("continue").cloned().unwrap_or_default();
            out
        } else {
            let event = parse_event(&event.to_string(), 0).unwrap_or_else(|error| panic!("{error}"));
            if self.way == Way::Bytes {
                self.call = Call::new(self.program);
                if !self.state.is_empty() {
                    self.program.restore(&mut self.call, &self.state).unwrap_or_else(|error| panic!("{error}"));
                }
            }
            let (program, call) = (self.program, &mut self.call);
            let out = with_event(&event, |event| {
                let answer = program.decide(call, event).unwrap_or_else(|error| panic!("{error}"));
                let mut out = serde_json::to_value(to_instruction(&answer)).unwrap_or_default();
                if answer.waiting() {
                    out["continue"] = json!(true);
                }
                out
            });
            assert!(
                self.call.steps() <= self.program.cost(),
                "{} steps, but at most {} were proved",
                self.call.steps(),
                self.program.cost()
            );
            if self.way == Way::Bytes {
                self.state = self.program.save(&self.call);
            }
            out
        };
        if let Some(map) = out.as_object_mut() {
            map.shift_remove("warnings");
            if map.contains_key("continue") {
                map.insert("continue".into(), json!(true));
            }
        }
        out
    }
}
