//! What a telephone system is told to do: the JSON vocabulary, field for field. Fields that do not apply are absent.

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

/// The answer to one event.
#[derive(Clone, PartialEq, Serialize, Debug)]
pub struct Instruction {
    /// What to do.
    #[serde(flatten)]
    pub action: Action,
    /// What is played first, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub prompts: Vec<Prompt>,
    /// Tags since the last instruction.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The call's priority, once set; higher first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<serde_json::Number>,
    /// What was wrong with the event, and what was made of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// What the next event must bring back; absent when nothing is left to do.
    #[serde(rename = "continue", skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

impl Instruction {
    /// Nothing to do.
    #[must_use]
    pub const fn none() -> Self {
        Self { action: Action::None {}, prompts: Vec::new(), tags: Vec::new(), priority: None, warnings: Vec::new(), token: None }
    }
}

/// What to do.
#[derive(Clone, PartialEq, Serialize, Debug)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// Ring somebody.
    Forward(Box<Forward>),
    /// Ask for one of several choices.
    Menu(Menu),
    /// Ask for digits.
    Collect(Collect),
    /// Only play the prompts.
    Play {},
    /// Take a message.
    Voicemail(Voicemail),
    /// Refuse the call.
    Reject(Reject),
    /// Send the caller's system elsewhere.
    Redirect(Redirect),
    /// End the call.
    Hangup {
        /// Why, from a closed list: `busy`, `no_answer`, `declined`, `unreachable`, `full`, `empty`, `timeout`, `no_input`,
        /// `invalid_input`, `turn_limit`, `error`, `unrouted`.
        reason: &'static str,
    },
    /// Ask a source; only for hosts that answer look-ups themselves.
    Lookup(Lookup),
    /// Nothing to do.
    None {},
    /// An action of the host's own.
    #[serde(untagged)]
    Host(HostAction),
}

impl Action {
    /// Its name in JSON.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Forward(_) => "forward",
            Self::Menu(_) => "menu",
            Self::Collect(_) => "collect",
            Self::Play {} => "play",
            Self::Voicemail(_) => "voicemail",
            Self::Reject(_) => "reject",
            Self::Redirect(_) => "redirect",
            Self::Hangup { .. } => "hangup",
            Self::Lookup(_) => "lookup",
            Self::None {} => "none",
            Self::Host(action) => &action.action,
        }
    }
}

/// Milliseconds, written as seconds: `20`, `0.5`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Seconds(pub u64);

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_multiple_of(1000) { serializer.serialize_u64(self.0 / 1000) } else { serializer.serialize_f64(self.0 as f64 / 1000.0) }
    }
}

/// Ring somebody.
#[derive(Clone, PartialEq, Serialize, Debug)]
pub struct Forward {
    /// Whom.
    pub destination: Destination,
    /// How long in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Seconds>,
    /// How long each member.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member_timeout: Option<Seconds>,
    /// When each member starts to ring, after the first moment; as long as `members`, absent if all start at once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub delays: Vec<Seconds>,
    /// How long each member rings at most, null for those without a limit of their own; as long as `members`, absent if none
    /// has one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub member_timeouts: Vec<Option<Seconds>>,
    /// The key that each member must press, null for those that need none; as long as `members`, absent if none needs one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub confirms: Vec<Option<String>>,
    /// Addresses of trunks in order, or the name of one that only the host knows; the next one is tried only when one is
    /// unreachable.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub via: Vec<String>,
    /// Whose number is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller_id: Option<String>,
    /// Whose name is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller_name: Option<String>,
    /// Said to whoever answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub announce: Option<String>,
    /// The key that whoever answers must press.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirm: Option<String>,
    /// Played to the caller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub music: Option<String>,
    /// Record the conversation: true or absent.
    #[serde(skip_serializing_if = "is_false")]
    pub record: bool,
    /// Headers of the outgoing call, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<Header>,
    /// In order of preference.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub codecs: Vec<String>,
    /// `relay` or absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media: Option<&'static str>,
}

/// A header.
#[derive(Clone, PartialEq, Eq, Serialize, Debug)]
pub struct Header {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// Whom to ring.
#[derive(Clone, PartialEq, Serialize, Debug)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Destination {
    /// Several at a time or one after the other.
    RingGroup(Members),
    /// One person.
    Agent(Members),
    /// A queue.
    Queue(Queue),
    /// One number or address.
    Number {
        /// Whom.
        number: String,
    },
}

/// Who is rung, and how.
#[derive(Clone, PartialEq, Eq, Serialize, Debug, Default)]
pub struct Members {
    /// Absent for a group written in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Dialable addresses in order, `agent:NAME` for an agent that only the host knows; absent for a name that only the host
    /// knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members: Option<Vec<String>>,
    /// `simultaneous`, `sequential`, `round_robin`, `random`, `weighted`, `longest_idle`; with `random` and `weighted` the
    /// members are in the order drawn. Absent with `members`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<&'static str>,
}

/// A queue.
#[derive(Clone, PartialEq, Serialize, Debug, Default)]
pub struct Queue {
    /// Its name, members and strategy.
    #[serde(flatten)]
    pub members: Members,
    /// How long a caller waits at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_wait: Option<Seconds>,
    /// How many callers wait at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u32>,
    /// Music on hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub music: Option<String>,
    /// How often callers are told their position.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub announce_position: Option<Seconds>,
    /// Send callers away when nobody is logged in: true or absent.
    #[serde(skip_serializing_if = "is_false")]
    pub leave_when_empty: bool,
    /// Keys and patterns that callers may press while they wait.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
}

/// Ask for one of several choices.
#[derive(Clone, PartialEq, Serialize, Debug)]
pub struct Menu {
    /// Keys and patterns.
    pub choices: Vec<String>,
    /// Keys of the longest choice.
    pub max_digits: u32,
    /// Time to the first key.
    pub timeout: Seconds,
    /// Time between keys; absent where no choice is the start of another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap: Option<Seconds>,
    /// How often this question was put, from 1; a `repeat` counts here, though it uses no try.
    pub attempt: u32,
}

/// Ask for digits.
#[derive(Clone, PartialEq, Serialize, Debug)]
pub struct Collect {
    /// Fewest.
    pub min_digits: u32,
    /// Most.
    pub max_digits: u32,
    /// The key that ends the input early.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ending: Option<&'static str>,
    /// Time to the first key.
    pub timeout: Seconds,
    /// Time between keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap: Option<Seconds>,
    /// How often this question was put, from 1; a `repeat` counts here, though it uses no try.
    pub attempt: u32,
    /// Not to be logged: true or absent.
    #[serde(skip_serializing_if = "is_false")]
    pub secret: bool,
}

/// Take a message.
#[derive(Clone, PartialEq, Eq, Serialize, Debug)]
pub struct Voicemail {
    /// The greeting to use.
    pub message: String,
    /// The mailbox.
    #[serde(rename = "box", skip_serializing_if = "Option::is_none")]
    pub mailbox: Option<String>,
    /// How long a message may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_duration: Option<Seconds>,
}

/// Refuse the call.
#[derive(Clone, PartialEq, Eq, Serialize, Debug)]
pub struct Reject {
    /// `busy`, `declined` or `unavailable`: the nearest to the status.
    pub reason: &'static str,
    /// SIP status, 300 to 699.
    pub code: u16,
    /// Reason phrase.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Send the caller's system elsewhere.
#[derive(Clone, PartialEq, Eq, Serialize, Debug)]
pub struct Redirect {
    /// A number or address.
    pub to: String,
    /// 302, or 301 for good.
    pub code: u16,
}

/// Ask a source.
#[derive(Clone, PartialEq, Serialize, Debug)]
pub struct Lookup {
    /// Its name.
    pub source: String,
    /// Arguments by name.
    pub args: Map<String, Value>,
    /// How long to wait; absent: the host's own limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
}

/// An action of the host's own.
#[derive(Clone, PartialEq, Serialize, Debug)]
pub struct HostAction {
    /// Its name, never that of another action.
    pub action: String,
    /// Arguments by name; a missing one is absent.
    pub args: Map<String, Value>,
}

/// Something to be heard.
#[derive(Clone, PartialEq, Eq, Serialize, Debug)]
pub struct Prompt {
    /// What.
    #[serde(flatten)]
    pub what: Spoken,
    /// A BCP 47 tag, where one is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// A key stops it: true or absent.
    #[serde(skip_serializing_if = "is_false")]
    pub interruptible: bool,
}

/// A text or a recording.
#[derive(Clone, PartialEq, Eq, Serialize, Debug)]
#[serde(rename_all = "snake_case")]
pub enum Spoken {
    /// To be spoken.
    Say(String),
    /// A recording's name.
    Play(String),
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}
