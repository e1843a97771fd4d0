//! [`Call`]: the memory of one call, made to be used again.

use callroute_bytecode::image::Ty;

use crate::hash::fnv;
use crate::program::Program;
use crate::value::{Arena, Phone, Text, Value};

/// The reason with which a call is hung up: that of the last thing that failed since the caller last made a valid choice.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Reason {
    /// Nothing failed, or not since the caller's last valid choice; the script just ended.
    #[default]
    Unrouted,
    /// All were busy.
    Busy,
    /// Nobody answered.
    NoAnswer,
    /// Declined.
    Declined,
    /// Nobody could be reached.
    Unreachable,
    /// The queue was full.
    Full,
    /// Nobody was logged in to the queue.
    Empty,
    /// The wait in the queue was too long.
    Timeout,
    /// The caller pressed nothing.
    NoInput,
    /// The caller pressed something else.
    InvalidInput,
    /// The call had too many turns.
    TurnLimit,
    /// The compiled script has a fault.
    Error,
}

impl Reason {
    pub(crate) const ALL: [Self; 12] = [
        Self::Unrouted,
        Self::Busy,
        Self::NoAnswer,
        Self::Declined,
        Self::Unreachable,
        Self::Full,
        Self::Empty,
        Self::Timeout,
        Self::NoInput,
        Self::InvalidInput,
        Self::TurnLimit,
        Self::Error,
    ];

    /// As in a script's tests: `no-answer`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unrouted => "unrouted",
            Self::Busy => "busy",
            Self::NoAnswer => "no-answer",
            Self::Declined => "declined",
            Self::Unreachable => "unreachable",
            Self::Full => "full",
            Self::Empty => "empty",
            Self::Timeout => "timeout",
            Self::NoInput => "no-input",
            Self::InvalidInput => "invalid-input",
            Self::TurnLimit => "turn-limit",
            Self::Error => "error",
        }
    }

    /// As in JSON: `no_answer`.
    #[must_use]
    pub const fn json(self) -> &'static str {
        match self {
            Self::NoAnswer => "no_answer",
            Self::NoInput => "no_input",
            Self::InvalidInput => "invalid_input",
            Self::TurnLimit => "turn_limit",
            other => other.word(),
        }
    }
}

/// Where a call is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Phase {
    /// No event has come in.
    #[default]
    Fresh,
    /// An instruction was given, and the next event goes on at this address.
    Waiting {
        address: u32,
        /// The instruction was `play`, because there were too many prompts; so many of those at the address were said.
        played: Option<u32>,
    },
    /// Nothing more to do.
    Ended,
}

/// How far a menu or collect has got.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Counter {
    pub gather: u32,
    /// Tries used up.
    pub used: u8,
    /// Tries in all, 1 to 100.
    pub tries: u8,
    /// How often it was asked.
    pub attempt: u16,
    /// The last input was silence or wrong: its try is counted.
    pub failed: bool,
}

/// The most gathers whose counters are remembered at a time; the oldest is forgotten first, and begins anew.
pub(crate) const MAX_COUNTERS: usize = crate::limits::COUNTERS;

/// The symbol of what is no key. It matches nothing.
pub(crate) const NO_KEY: u8 = 15;

/// Keys, as the symbols of `callroute_numbers`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Keys {
    symbols: [u8; Keys::MOST],
    len: u8,
}

impl Default for Keys {
    fn default() -> Self {
        Self { symbols: [NO_KEY; Self::MOST], len: 0 }
    }
}

impl Keys {
    /// What one event can bring, with what was typed ahead before.
    pub const MOST: usize = 64;
    /// What is remembered for the next menu.
    pub const AHEAD: usize = callroute_bytecode::limits::TYPED_AHEAD;

    pub fn push(&mut self, symbol: u8) -> bool {
        match self.symbols.get_mut(usize::from(self.len)) {
            Some(slot) => {
                *slot = symbol;
                self.len += 1;
                true
            }
            None => false,
        }
    }

    /// Adds what an event brings. False when there was no room for all of it.
    pub fn push_text(&mut self, digits: &str) -> bool {
        digits.chars().all(|key| {
            self.push(match key {
                '0'..='9' => key as u8 - b'0',
                '*' => callroute_numbers::STAR,
                '#' => callroute_numbers::HASH,
                _ => NO_KEY,
            })
        })
    }

    pub fn as_slice(&self) -> &[u8] {
        self.symbols.get(..usize::from(self.len)).unwrap_or_default()
    }

    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What is left after the first keys, as much as is remembered.
    pub fn after(&self, taken: usize) -> (Self, bool) {
        let mut rest = Self::default();
        let left = self.as_slice().get(taken..).unwrap_or_default();
        left.iter().take(Self::AHEAD).for_each(|symbol| {
            rest.push(*symbol);
        });
        (rest, left.len() <= Self::AHEAD)
    }
}

/// A prompt of an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PromptOut {
    pub text: Text,
    pub say: bool,
    pub language: Option<u32>,
    pub interruptible: bool,
}

/// Somebody who rings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MemberOut {
    pub address: Text,
    pub external: bool,
    pub weight: u16,
    pub after: Option<u64>,
    pub ring_for: Option<u64>,
    pub confirm: Option<u32>,
}

/// A trunk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ViaOut {
    pub name: Text,
    pub address: Option<Text>,
}

/// What is worth telling the host.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum WarningOut {
    /// An input had the wrong type.
    Input { var: u16, found: &'static str },
    /// A field of a row had the wrong type.
    Field { source: u32, field: u32, found: &'static str },
    /// A text was cut.
    Cut,
    /// Too many tags.
    Tags,
    /// Too many keys.
    Keys,
    /// An outcome that what was rung cannot have.
    Outcome(&'static str),
    /// A fault.
    Fault(&'static str),
}

/// Who is rung.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Whom {
    Number(Text),
    /// A group written in place, or several numbers.
    Unnamed,
    Group(Text),
    Agent(Text),
    Queue(Text),
}

/// The numbers of a `forward`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ForwardOut {
    pub dial: u32,
    pub whom: Whom,
    pub external: bool,
    pub strategy: Option<callroute_bytecode::image::Strategy>,
    /// The queue's record, if it is a defined one.
    pub queue: Option<u32>,
    pub max_wait: Option<u64>,
    pub announce_position: Option<u64>,
    pub timeout: Option<u64>,
    pub member_timeout: Option<u64>,
    pub caller_id: Option<Text>,
    pub caller_name: Option<Text>,
    pub announce: Option<Text>,
    pub confirm: Option<Text>,
    pub music: Option<Text>,
}

/// The instruction given.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Given {
    #[default]
    None,
    Forward(ForwardOut),
    Menu {
        gather: u32,
        wait: u64,
        gap: Option<u64>,
        attempt: u16,
    },
    Collect {
        gather: u32,
        wait: u64,
        gap: u64,
        attempt: u16,
    },
    Play,
    Voicemail {
        message: Text,
        mailbox: Option<Text>,
        max_duration: Option<u64>,
    },
    Reject {
        code: u16,
        text: Option<Text>,
    },
    Redirect {
        to: Text,
        permanent: bool,
    },
    Hangup(Reason),
    Lookup {
        lookup: u32,
        within: Option<u64>,
    },
    Action {
        def: u32,
    },
}

/// The answer, as plain data.
#[derive(Clone, Default, Debug)]
pub(crate) struct Out {
    pub given: Given,
    pub waiting: bool,
    pub priority: Option<f64>,
    pub prompts: Vec<PromptOut>,
    pub tags: Vec<Text>,
    pub warnings: Vec<WarningOut>,
    pub members: Vec<MemberOut>,
    pub via: Vec<ViaOut>,
    pub headers: Vec<(u32, Text)>,
    pub args: Vec<(u32, Value, Ty)>,
}

impl Out {
    fn clear(&mut self) {
        self.given = Given::None;
        self.waiting = false;
        self.priority = None;
        self.prompts.clear();
        self.tags.clear();
        self.warnings.clear();
        self.members.clear();
        self.via.clear();
        self.headers.clear();
        self.args.clear();
    }
}

/// Whose call it is: the id itself, which is sooner compared than hashed, or its hash, where it is long or came out of a state.
#[derive(Clone, Default, Debug)]
pub(crate) struct CallId {
    text: String,
    hash: Option<u64>,
}

impl CallId {
    /// The most bytes of an id that is kept as it is.
    const SHORT: usize = 128;

    pub fn set(&mut self, id: &str) {
        self.text.clear();
        self.hash = (id.len() > Self::SHORT).then(|| fnv(&[id.as_bytes()]));
        if self.hash.is_none() {
            self.text.push_str(id);
        }
    }

    pub fn set_hash(&mut self, hash: u64) {
        self.text.clear();
        self.hash = Some(hash);
    }

    pub fn is(&self, id: &str) -> bool {
        self.hash.map_or_else(|| self.text == id, |hash| hash == fnv(&[id.as_bytes()]))
    }

    /// FNV-1a of the id.
    pub fn hash(&self) -> u64 {
        self.hash.unwrap_or_else(|| fnv(&[self.text.as_bytes()]))
    }
}

/// The memory of one call: its variables and where it is. Use it for as many calls as you like, one after the other: a decision
/// allocates nothing once its buffers have grown. It remembers which program it was used with; an `incoming_call` starts anew.
#[derive(Clone, Default, Debug)]
pub struct Call {
    /// [`Program::id`], once a call has started.
    pub(crate) program: u64,
    pub(crate) id: CallId,
    pub(crate) phase: Phase,
    pub(crate) vars: Vec<Value>,
    pub(crate) arena: Arena,
    pub(crate) stack: Vec<u32>,
    pub(crate) counters: Vec<Counter>,
    pub(crate) ahead: Keys,
    pub(crate) turns: u16,
    pub(crate) reason: Reason,
    pub(crate) priority_set: bool,
    pub(crate) out: Out,
    /// Instructions that the last answer took.
    pub(crate) steps: u64,
    // Memory for what is soon over.
    pub(crate) scratch: String,
    pub(crate) kept: Vec<(u16, Value)>,
    pub(crate) values: Vec<Value>,
    pub(crate) phones: Vec<Phone>,
}

impl Call {
    /// Memory for calls of this program.
    #[must_use]
    pub fn new(program: &Program) -> Self {
        let mut call = Self::default();
        call.reset(program);
        call
    }

    /// As if it were new, but for the memory that it has.
    pub fn reset(&mut self, program: &Program) {
        self.program = program.id();
        self.id.set_hash(0);
        self.phase = Phase::Fresh;
        self.vars.clear();
        self.vars.resize(program.image().vars.len(), Value::Missing);
        self.arena.clear();
        self.stack.clear();
        self.counters.clear();
        self.ahead = Keys::default();
        self.turns = 0;
        self.reason = Reason::Unrouted;
        self.priority_set = false;
        self.begin_answer();
    }

    pub(crate) fn begin_answer(&mut self) {
        self.out.clear();
        self.steps = 0;
    }

    /// Nothing more to do: what was kept is dropped, the answer stays.
    pub(crate) fn end(&mut self) {
        self.phase = Phase::Ended;
        self.stack.clear();
        self.counters.clear();
        self.ahead = Keys::default();
    }

    /// Whether nothing is left to do for the script: whatever comes in is answered with nothing.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.phase == Phase::Ended
    }

    /// How many instructions the last answer took: never more than [`Program::cost`].
    #[must_use]
    pub const fn steps(&self) -> u64 {
        self.steps
    }
}
